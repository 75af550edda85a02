from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from byhand import by_hand
from chatting import chat, settings_for
from loopback import Provider, provider

from deliberation.analysis.lineage import lineage, trace
from deliberation.assembly.transcript import read_events
from deliberation.cli import main
from deliberation.errors import BudgetExhausted, RunError
from deliberation.models.open import open_answerer
from deliberation.models.requests import Reply, Request, Roster
from deliberation.records.base import clause_id
from deliberation.records.events import Entailed, Event, Failed, Proposed, Related
from deliberation.records.folder import DISTILLATION, RunFolder
from deliberation.records.manifest import Manifest
from deliberation.records.specification import Clause, ClauseSource
from deliberation.settings import Budget, Settings, read_settings
from deliberation.specification import clerk
from deliberation.specification.drafts import Draft
from deliberation.study import resume_study, rule_again, run_study, stored_settings
from deliberation.study.imports import import_record
from deliberation.study.polis import read_polis
from deliberation.study.transcripts import read_transcript

Content = Callable[[Path], dict[str, bytes]]
CLERICAL = {"divide", "relate", "entail"}


def study(**distillation: Any) -> Settings:
    """A small study that distils in another way."""
    how = {**Settings.bundled().distillation.model_dump(), "id": "tried", **distillation}
    return Settings.bundled(assemblies=3, members=6, truth=0, distillation=how)


class Listening:
    """The study's own public, and a list of what it was asked."""

    def __init__(self, settings: Settings) -> None:
        self._inner = open_answerer(settings)
        self.identity = self._inner.identity
        self.dismiss, self.mark, self.aclose = self._inner.dismiss, self._inner.mark, self._inner.aclose
        self.asked: list[Request] = []

    async def answer(self, requests: Sequence[Request]) -> AsyncIterator[tuple[int, Reply]]:
        self.asked += requests
        async for place, reply in self._inner.answer(requests):
            yield place, reply

    def tasks(self) -> set[str]:
        return {request.task.kind for request in self.asked}


def test_what_the_clerk_judged_lies_in_the_run_and_in_its_manifest(run: RunFolder) -> None:
    record = list(run.distillation())
    assert DISTILLATION in run.manifest().content.files
    assert record[-1].kind == "closed"
    assert {event.kind for event in record} <= {"divided", "related", "entailed", "closed"}
    assert {event.origin for event in record[:-1]} == {"synthetic"}
    judged = {event.clause for event in record if isinstance(event, Entailed)}
    assert {c.id for c in run.clauses()} <= judged
    assert any(isinstance(event, Related) for event in record)
    assert [event.seq for event in record] == list(range(len(record)))


def test_a_budget_that_ends_while_the_clerk_judges_is_carried_on_from_byte_by_byte(
    run: RunFolder, small: Settings, tmp_path: Path, content: Content
) -> None:
    ear = Listening(small)
    run_study(small, tmp_path / "whole", answerer=ear)
    clerical = [n for n, request in enumerate(ear.asked) if request.task.kind in CLERICAL]
    enough = clerical[len(clerical) // 2]
    path = tmp_path / "run"
    with pytest.raises(BudgetExhausted):
        run_study(small.model_copy(update={"budget": Budget(calls=enough)}), path)
    assert RunFolder(path).manifest().circumstances.status == "budget_exhausted"
    assert not (path / "clauses.jsonl").exists()
    resume_study(small, path)
    assert content(path) == content(tmp_path / "whole") == content(run.path)


@pytest.mark.parametrize("source", ["afterwards", "both"])
def test_clauses_found_in_transcripts_have_events_of_their_own_and_quote_what_was_said(
    source: str, tmp_path: Path
) -> None:
    run_study(study(source=source), tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    drafted, found = set[str](), set[str]()
    for panel in folder.panels():
        own = {e.id: e for e in folder.events(panel.assembly)}
        events = list(read_events(folder.found(panel.assembly)))
        assert not own.keys() & {e.id for e in events}
        proposed = [e for e in events if isinstance(e, Proposed)]
        assert proposed
        for event in proposed:
            assert all(source.quote in own[source.event].text for source in event.clause.sources)
        drafted |= {e.id for e in own.values() if isinstance(e, Proposed)}
        found |= {e.id for e in proposed}
    used = {row.event for row in folder.ledger()}
    assert found <= used
    assert bool(used & drafted) == (source == "both")
    assert any(name.endswith(".found.jsonl") for name in folder.manifest().content.files)


def test_a_clause_found_afterwards_leads_back_to_who_said_so(tmp_path: Path) -> None:
    run_study(study(source="afterwards"), tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    clause = folder.clauses()[0]
    nodes = {node.id for node in trace(lineage(folder), clause.id).rests_on}
    assert {source.event for source in clause.sources} <= nodes
    assert any("-found-" in name for name in nodes)


def test_distilling_by_words_asks_the_clerk_nothing(tmp_path: Path) -> None:
    words = Settings.bundled(assemblies=3, members=6, truth=0, distillation="words")
    ear = Listening(words)
    run_study(words, tmp_path / "run", answerer=ear)
    assert not ear.tasks() & CLERICAL
    assert not (tmp_path / "run" / DISTILLATION).exists()
    assert RunFolder(tmp_path / "run").contests() == []


def test_distilling_otherwise_makes_a_folder_beside_and_leaves_the_run_alone(
    run: RunFolder, tmp_path: Path, content: Content
) -> None:
    shutil.copytree(run.path, tmp_path / "run")
    for number, how in enumerate(("words", "afterwards", "strict"), start=1):
        other = Settings.bundled(assemblies=3, members=6, truth=40, distillation=how)
        manifest, path = rule_again(other, tmp_path / "run")
        assert path != tmp_path / "run"
        assert len(list(tmp_path.glob("run_rule-*"))) == number
        assert stored_settings(path).distillation.id == how
        assert manifest.content.files.keys() >= ({DISTILLATION} if how != "words" else set())
        assert (DISTILLATION in manifest.content.files) == (how != "words")
        assert rule_again(other, tmp_path / "run") == (manifest, path)
    assert content(tmp_path / "run") == content(run.path)


@pytest.fixture
def server(key: str) -> Iterator[Provider]:
    with provider() as state:
        yield state


@pytest.fixture
def imported(tmp_path: Path) -> Path:
    """A transcript of three people, imported as a run."""
    said = {
        "Ann": "The assistant should say how sure it is.",
        "Bo": "A wrong answer can do real harm to people.",
        "Cy": "It must not give a diagnosis.",
    }
    rows = [{"speaker": name, "text": text, "time": "", "role": "member"} for name, text in said.items()]
    (tmp_path / "talk.json").write_text(json.dumps(rows))
    import_record(read_transcript(tmp_path / "talk.json", question="How far should it go?"), tmp_path / "talk")
    return tmp_path / "talk"


def by_chat(path: Path, server: Provider) -> tuple[Manifest, Path]:
    """An imported run, in whose transcript a chat model looks for clauses."""
    settings = stored_settings(path)
    how = {**settings.distillation.model_dump(), "id": "found", "source": "afterwards", "clerk": chat(server)}
    return rule_again(read_settings({**settings.model_dump(mode="json"), "distillation": how}), path)


def test_a_chat_model_finds_clauses_in_a_transcript_of_people(
    imported: Path, server: Provider, content: Content, capsys: pytest.CaptureFixture[str]
) -> None:
    before = content(imported)
    manifest, path = by_chat(imported, server)
    folder = RunFolder(path)
    [clause] = folder.clauses()
    [panel] = folder.panels()
    said = {e.id: e.text for e in folder.events(panel.assembly)}
    assert all(source.quote in said[source.event] for source in clause.sources)
    assert [r.status for r in folder.rulings()] == ["no_ruling"]  # nobody in the record voted on it
    assert not manifest.content.simulated
    assert manifest.circumstances.usage.calls >= 2
    assert main(["trace", clause.id, str(path)]) == 0
    assert "Ann" in capsys.readouterr().out
    assert content(imported) == before


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        (["distillation=afterwards"], "nobody in an imported record can be asked"),
        (
            ["distillation=afterwards", "distillation.clerk=synthetic"],
            "the synthetic clerk drafts from an argument map",
        ),
    ],
)
def test_who_cannot_find_clauses_in_a_transcript_of_people_is_told_so_in_a_line(
    changes: list[str], named: str, imported: Path, content: Content, capsys: pytest.CaptureFixture[str]
) -> None:
    before = content(imported)
    assert main(["rule", str(imported), *changes]) != 0
    said = capsys.readouterr().err
    assert named in said
    assert said.count("\n") == 1
    assert content(imported) == before


COMMENTS = """\
timestamp,datetime,comment-id,author-id,agrees,disagrees,moderated,comment-body
1000,x,0,7,2,1,1,"It should ask a person first."
1001,x,1,8,1,0,0,It should first ask the person.
"""
VOTES = "timestamp,datetime,comment-id,voter-id,vote\n2000,x,0,7,1\n2001,x,0,8,-1\n2002,x,1,7,-1\n2003,x,1,8,1\n"


def test_what_people_wrote_can_be_judged_and_is_never_merged_for_they_voted_on_their_own_words(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "comments.csv").write_text(COMMENTS)
    (tmp_path / "in" / "votes.csv").write_text(VOTES)
    import_record(read_polis(tmp_path / "in"), tmp_path / "talk")
    settings = stored_settings(tmp_path / "talk")
    how = {**settings.distillation.model_dump(), "clerk": "synthetic"}
    _, path = rule_again(read_settings({**settings.model_dump(mode="json"), "distillation": how}), tmp_path / "talk")
    folder = RunFolder(path)
    [related] = [event for event in folder.distillation() if isinstance(event, Related)]
    assert related.relation == "same"
    assert [c.text for c in folder.clauses()] == [c.text for c in RunFolder(tmp_path / "talk").clauses()]
    assert len(folder.clauses()) == 2
    assert len(list(folder.ballots())) == 4


def test_nobody_looks_for_clauses_where_nobody_can(imported: Path) -> None:
    settings = stored_settings(imported)
    how = {**settings.distillation.model_dump(), "id": "found", "source": "both"}
    with pytest.raises(RunError, match=r"name who judges as distillation\.clerk"):
        rule_again(read_settings({**settings.model_dump(mode="json"), "distillation": how}), imported)


QUESTION = Settings.bundled().question
TEXTS = (
    "The assistant should say how sure it is and must say why.",
    "The assistant should say how sure it is.",
)


def judged_by_chat(settings: Settings) -> list[Event]:
    """Two drafts judged by a chat model."""
    source = ClauseSource(event="e-a-1-1", quote="one ought to know how sure it is", stance="for")
    drafts = [
        Draft(
            "a-1", f"e-a-1-{n}",
            Clause(
                id=clause_id(QUESTION.id, text), question=QUESTION.id, norm="should", text=text, rationale="so",
                sources=(source,),
            ),
            None, None, None,
        )
        for n, text in enumerate(TEXTS, start=2)
    ]  # fmt: skip
    roster = Roster.of(
        assembly=clerk.NAME, seed=1, idea="", question=QUESTION, members=(), dossier=QUESTION.dossier
    )  # fmt: skip
    answerer = open_answerer(settings)

    def answer(request: Request) -> str:
        async def once() -> str:
            try:
                return [reply.text async for _, reply in answerer.answer([request])][0]
            finally:
                await answerer.aclose()

        return asyncio.run(once())

    return by_hand(clerk.review(roster, drafts, settings.distillation, attempts=2, merge=True), answer)


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
@pytest.mark.parametrize("structured", ["schema", "shared"])
def test_a_chat_model_judges_each_clause_under_a_strict_schema_of_its_own(
    structured: str, kind: str, server: Provider
) -> None:
    """In the shared mode too: these calls begin like no others, so there is nothing to share."""
    events = judged_by_chat(settings_for(server, kind, structured=structured))
    schemas = [schema_in(body) for body in server.bodies]
    asked = {tuple(sorted(schema["properties"])) for schema in schemas}
    assert asked == {("parts", "why"), ("relations",), ("position", "stance", "verdict", "why")}
    for schema in schemas:
        closed(schema)
    [related] = [event for event in events if isinstance(event, Related)]
    assert {related.clause, related.other} == {clause_id(QUESTION.id, text) for text in TEXTS}


def test_a_chat_model_that_divides_a_clause_into_one_part_is_asked_again_and_told_why(server: Provider) -> None:
    """The provider on loopback always gives one part."""
    events = judged_by_chat(settings_for(server))
    [failed] = [event for event in events if isinstance(event, Failed)]
    assert (failed.task, failed.attempts) == ("divide", 2)
    divided = [body for body in server.bodies if "parts" in schema_in(body)["properties"]]
    assert len(divided) == 2
    assert "two parts or more" not in json.dumps(divided[0])
    assert "two parts or more" in json.dumps(divided[1])


def schema_in(body: dict[str, Any]) -> dict[str, Any]:
    if "output_config" in body:
        found: dict[str, Any] = body["output_config"]["format"]["schema"]
        return found
    held: dict[str, Any] = body["response_format"]["json_schema"]
    assert held["strict"]
    found = held["schema"]
    return found


def closed(schema: dict[str, Any]) -> None:
    """Every object in it names all its properties and allows no others, as strict schemas must."""
    if schema.get("type") == "object":
        assert schema["additionalProperties"] is False
        assert sorted(schema["required"]) == sorted(schema["properties"])
        for part in schema["properties"].values():
            closed(part)
    elif schema.get("type") == "array":
        closed(schema["items"])
    for part in schema.get("anyOf", ()):
        closed(part)
