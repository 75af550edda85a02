from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from byhand import by_hand

from deliberation.cli import main
from deliberation.errors import DataError, UnreadableReply
from deliberation.models.clerical import Divide, Entail, Relate
from deliberation.models.requests import Request, Roster
from deliberation.models.tasks import Draft as DraftTask
from deliberation.records.base import clause_id
from deliberation.records.events import CLERICAL, Divided, Entailed, Event, Failed, Proposed, Related, Spoke
from deliberation.records.files import sha256
from deliberation.records.folder import RunFolder
from deliberation.records.specification import Clause, ClauseSource, Norm, Relation
from deliberation.settings import Distillation, Settings
from deliberation.specification import clerk
from deliberation.specification.distil import Distilled, Findings, content_words, distil
from deliberation.specification.drafts import Draft, drafts_of

QUESTION = Settings.bundled().question
ROSTER = Roster.of(
    assembly=clerk.NAME, seed=1, idea="", question=QUESTION, members=(), dossier=QUESTION.dossier
)  # fmt: skip
EVERY = Distillation(id="every", neighbours=50, alike=0.0)
REST, BREAK, NOT_REST = "The assistant should rest.", "The assistant should take a break.", "The assistant should not rest."  # fmt: skip
BOTH = "The assistant should rest and must say so, provided that it may stop."


def clause(text: str, norm: Norm = "should", *quotes: str, when: tuple[str, ...] = ()) -> Clause:
    sources = tuple(ClauseSource(event=f"e-a-1-{n}", quote=quote, stance="for") for n, quote in enumerate(quotes))
    return Clause(
        id=clause_id(QUESTION.id, text), question=QUESTION.id, norm=norm, text=text, rationale="so", sources=sources,
        applies_when=when,
    )  # fmt: skip


def drafts(*texts: str, quotes: Sequence[str] = ("we want that",)) -> list[Draft]:
    """One draft of each text from an assembly of its own; a text that says "not" is of such a norm."""
    made = [clause(text, "should_not" if " not " in text else "should", *quotes) for text in texts]
    return [Draft(f"a-{n}", f"e-a-{n}-9", one, None, None, None) for n, one in enumerate(made)]


@dataclass
class Scripted:
    """A clerk who says what it is told to, and remembers what it was asked."""

    relations: Mapping[frozenset[str], Relation] = field(default_factory=dict)
    parts: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    verdicts: Mapping[str, str] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)

    def __call__(self, request: Request) -> str:
        self.asked.append(request)
        match request.task:
            case Divide(clause=one):
                return json.dumps({"parts": self.parts.get(one.text, []), "why": "as told"})
            case Relate(clause=one, others=others):
                said = {o.id: self.relations.get(frozenset({one.text, o.text}), "different") for o in others}
                return json.dumps({"relations": {id_: {"relation": r, "why": "as told"} for id_, r in said.items()}})
            case Entail(clause=one):
                return json.dumps({"verdict": self.verdicts.get(one.text, "entailed"), "why": "as told"})
            case other:
                raise AssertionError(other)

    def of(self, kind: type[Any]) -> list[Any]:
        return [request.task for request in self.asked if isinstance(request.task, kind)]


class Judged(NamedTuple):
    events: list[Event]
    found: Distilled

    @property
    def texts(self) -> set[str]:
        return {c.text for c in self.found.clauses}


def judged(given: Sequence[Draft], answer: Any, how: Distillation = EVERY) -> Judged:
    events = by_hand(clerk.review(ROSTER, given, how, attempts=2, merge=True), answer)
    return Judged(events, distil(QUESTION.id, given, limit=50, findings=Findings.of(events), how=how))


def two(one: str, other: str, relation: Relation) -> dict[frozenset[str], Relation]:
    return {frozenset({one, other}): relation}


def test_two_wordings_judged_the_same_are_one_clause_and_the_ledger_names_the_judgement() -> None:
    given = drafts(REST, BREAK, REST)
    events, found = judged(given, Scripted(two(REST, BREAK, "same")))
    [kept] = found.clauses
    [judgement] = [e for e in events if isinstance(e, Related)]
    [row] = [row for row in found.ledger if row.action == "merged"]
    assert kept.text == REST
    assert (row.clause, row.into) == (clause_id(QUESTION.id, BREAK), kept.id)
    assert judgement.id in row.why


@pytest.mark.parametrize("relation", ["contradicts", "narrower", "broader", "different"])
def test_whatever_is_judged_otherwise_stays_apart(relation: Relation) -> None:
    assert judged(drafts(REST, BREAK), Scripted(two(REST, BREAK, relation))).texts == {REST, BREAK}


def test_a_clause_is_not_its_own_negation_even_if_the_clerk_says_so() -> None:
    assert judged(drafts(REST, NOT_REST), Scripted(two(REST, NOT_REST, "same"))).texts == {REST, NOT_REST}


def test_a_chain_of_equals_does_not_lead_to_the_contrary() -> None:
    """A = B and B = C are judged, and C is the negation of A: B stands with one of them, never with both."""
    script = Scripted({**two(REST, BREAK, "same"), **two(BREAK, NOT_REST, "same")})
    assert len(judged(drafts(REST, BREAK, NOT_REST), script).found.clauses) == 2


def test_a_chain_of_equals_does_not_lead_over_a_judgement_to_the_contrary() -> None:
    pause = "The assistant should pause."
    script = Scripted({**two(REST, BREAK, "same"), **two(BREAK, pause, "same"), **two(REST, pause, "contradicts")})
    assert len(judged(drafts(REST, BREAK, pause), script).found.clauses) == 2


PARTS = [
    {"norm": "should", "text": "The assistant should rest.", "applies_when": [], "exceptions": []},
    {
        "norm": "must", "text": "The assistant must say so, provided that it may stop.",
        "applies_when": ["it may stop"], "exceptions": [],
    },
]  # fmt: skip


def test_parts_have_ids_rows_and_sources_of_their_own() -> None:
    whole = Draft("a-1", "e-a-1-9", clause(BOTH, "should", "let it rest", when=("it may stop",)), None, 0.8, None)
    events, found = judged([whole], Scripted(parts={BOTH: PARTS}))
    assert {c.id for c in found.clauses} == {clause_id(QUESTION.id, str(p["text"])) for p in PARTS}
    assert {c.norm for c in found.clauses} == {"should", "must"}
    assert all(c.sources == whole.clause.sources and c.merged_from == (whole.clause.id,) for c in found.clauses)
    rows = {(row.action, row.clause): row for row in found.ledger}
    parts = {c.id for c in found.clauses}
    assert {(action, id_) for action, id_ in rows} == {("split", whole.clause.id), *(("kept", id_) for id_ in parts)}
    assert {row.into for row in found.ledger if row.action == "split"} == parts
    assert all(row.event == "e-a-1-9" for row in found.ledger)
    [divided] = [e for e in events if isinstance(e, Divided)]
    assert {p.id for p in divided.parts} == parts


def test_a_part_is_one_with_an_equal_clause_of_another_assembly() -> None:
    given = [Draft("a-1", "e-a-1-9", clause(BOTH, when=("it may stop",)), None, None, None), *drafts(REST)]
    assert judged(given, Scripted(parts={BOTH: PARTS})).texts == {REST, str(PARTS[1]["text"])}


def test_only_a_text_with_two_norms_or_sentences_is_asked_about_and_no_condition_counts() -> None:
    within = clause("The assistant should rest, provided that it may stop.", "should", when=("it may stop",))
    assert clerk.may_say_several_things(clause(BOTH))
    assert clerk.may_say_several_things(clause("The assistant should rest. It should say so."))
    assert not clerk.may_say_several_things(within)
    assert not clerk.may_say_several_things(clause(REST))


def test_contradictions_are_put_to_the_panels_with_the_judgement() -> None:
    events, found = judged(drafts(REST, NOT_REST, BREAK), Scripted(two(REST, NOT_REST, "contradicts")))
    [contest] = found.contests
    [judgement] = [e for e in events if isinstance(e, Related) and e.relation == "contradicts"]
    assert contest.kind == "conflict"
    assert set(contest.options) == {clause_id(QUESTION.id, REST), clause_id(QUESTION.id, NOT_REST)}
    assert contest.why == f"as told ({judgement.id})"


def test_wordings_of_one_clause_are_put_to_the_panels_the_canonical_one_first() -> None:
    _, found = judged(drafts(REST, BREAK, REST), Scripted(two(REST, BREAK, "same")))
    [contest] = found.contests
    assert contest.kind == "wording"
    assert contest.options == (clause_id(QUESTION.id, REST), clause_id(QUESTION.id, BREAK))
    assert [w.text for w in found.wordings] == [BREAK]


def test_what_the_clerk_says_unreadably_is_recorded_as_failed_and_changes_nothing() -> None:
    given = [Draft("a-1", "e-a-1-9", clause(BOTH, "should", "q q q"), None, None, None), *drafts(REST, BREAK)]
    events, found = judged(given, lambda _: '{"relations": "all alike"}')
    failed = [e for e in events if isinstance(e, Failed)]
    assert {e.task for e in failed} == {"divide", "relate", "entail"}
    assert all(e.attempts == 2 and e.text == '{"relations": "all alike"}' for e in failed)
    assert not [e for e in events if e.kind in CLERICAL]
    assert found == distil(QUESTION.id, given, limit=50, how=EVERY)


def test_each_pair_is_proposed_once_and_never_a_clause_beside_itself() -> None:
    texts = [f"The assistant should count to {n}." for n in ("two", "three", "four", "five", "six")]
    script = Scripted()
    judged(drafts(*texts), script)
    pairs = [(task.clause.text, other.text) for task in script.of(Relate) for other in task.others]
    assert len(pairs) == len({frozenset(pair) for pair in pairs}) == 10
    assert all(len(set(pair)) == 2 for pair in pairs)


def test_no_clause_is_set_beside_more_than_so_many_nor_beside_what_is_nothing_like_it() -> None:
    texts = [f"The assistant should count to {n}." for n in ("two", "three", "four", "five", "six")]
    script = Scripted()
    judged(drafts(*texts), script, EVERY.model_copy(update={"neighbours": 2, "widest": 0}))
    assert max(len(task.others) for task in script.of(Relate)) == 2
    odd = Scripted()
    judged(drafts(REST, "Any model must never lie"), odd, EVERY.model_copy(update={"alike": 0.2, "widest": 0}))
    assert not odd.of(Relate)


def test_those_proposed_most_widely_are_set_beside_each_other_whatever_their_words() -> None:
    script = Scripted()
    judged(drafts(REST, "Any model must never lie"), script, EVERY.model_copy(update={"alike": 1.0, "widest": 2}))
    [task] = script.of(Relate)
    assert len(task.others) == 1


def test_the_likeness_of_two_texts_is_the_cosine_of_their_words_by_rarity() -> None:
    """Two texts of two words, one shared: log 2 in both and log 3 in one, so cos = log2^2 / (log2^2 + log3^2)."""
    assert content_words("say it") == ("say",)
    [[], [(place, alike)]] = clerk.neighbours(["speak kindly", "speak plainly"], EVERY)
    assert place == 0
    assert alike == pytest.approx(0.4805 / (0.4805 + 1.2069), abs=1e-4)


def test_sources_are_checked_once_for_all_wordings_of_a_clause_with_the_quotes_of_all() -> None:
    given = [*drafts(REST, quotes=("let it rest",)), *drafts(BREAK, quotes=("a break is due",))]
    script = Scripted(two(REST, BREAK, "same"))
    events, _ = judged(given, script)
    [task] = script.of(Entail)
    assert {s.quote for s in task.clause.sources} == {"let it rest", "a break is due"}
    [verdict] = [e for e in events if isinstance(e, Entailed)]
    assert verdict.refs == ("e-a-1-0",)


@pytest.mark.parametrize("verdict", ["not_entailed", "contradicted"])
def test_a_clause_that_its_sources_do_not_bear_out_is_dropped_with_the_reason_where_so_set(verdict: str) -> None:
    script = Scripted(verdicts={REST: verdict})
    kept = judged(drafts(REST, BREAK), script)
    assert kept.texts == {REST, BREAK}
    strict = judged(drafts(REST, BREAK), script, EVERY.model_copy(update={"unsupported": "dropped"}))
    assert strict.texts == {BREAK}
    [row] = [row for row in strict.found.ledger if row.action == "dropped"]
    assert row.why == f"its sources do not bear it out ({verdict.replace('_', ' ')}): as told"
    assert row.into is None


def test_every_judgement_rests_on_the_words_shown_alone() -> None:
    """What was judged before is in nobody's view, so no answer can follow another."""
    script = Scripted(two(REST, BREAK, "same"), {BOTH: PARTS})
    judged([*drafts(REST, BREAK, NOT_REST), Draft("a-9", "e-a-9-9", clause(BOTH), None, None, None)], script)
    assert {type(request.task) for request in script.asked} == {Divide, Relate, Entail}
    assert len({request.view.digest for request in script.asked}) == 1
    assert all(request.view.events == () for request in script.asked)


def test_peoples_own_words_are_neither_split_nor_merged() -> None:
    given = [*drafts(REST, BREAK), Draft("a-9", "e-a-9-9", clause(BOTH), None, None, None)]
    script = Scripted(two(REST, BREAK, "same"), {BOTH: PARTS})
    events = by_hand(clerk.review(ROSTER, given, EVERY, attempts=1, merge=False), script)
    assert not script.of(Divide)
    found = distil(QUESTION.id, given, limit=50, merge=False, findings=Findings.of(events), how=EVERY)
    assert {c.text for c in found.clauses} == {REST, BREAK, BOTH}


SAID = "What weighs with me is that it can do harm."


def sitting(quote: str) -> list[Event]:
    common = {"assembly": "a-1", "phase": "p", "round": 0, "table": None}
    one = clause(REST).model_copy(update={"sources": (ClauseSource(event="e-a-1-1", quote=quote, stance="for"),)})
    spoke = {"id": "e-a-1-1", "seq": 1, **common, "speaker": "p-1", "role": "member", "text": SAID}
    drafted = {"id": "e-a-1-2", "seq": 2, **common, "speaker": "clerk", "role": "clerk", "text": REST}
    return [Spoke.model_validate(spoke), Proposed.model_validate({**drafted, "clause": one, "meaning": None})]


def test_a_quote_that_stands_word_for_word_is_taken_and_one_letter_more_or_less_is_refused() -> None:
    assert len(drafts_of("a-1", sitting(SAID))) == 1
    assert len(drafts_of("a-1", sitting("that it can  do harm"))) == 1  # white space is no word
    for altered in (SAID.replace("can", "cab"), SAID.replace("harm", "harms"), SAID.replace("What", "what")):
        with pytest.raises(DataError, match=rf"{clause_id(QUESTION.id, REST)} quotes e-a-1-1, which does not say"):
            drafts_of("a-1", sitting(altered))


def test_a_clause_cannot_rest_on_an_event_that_is_not_there() -> None:
    with pytest.raises(DataError, match=r"c-\w+ rests on e-a-1-1, which its assembly's transcript does not hold"):
        drafts_of("a-1", sitting(SAID)[1:])


def test_a_drafter_who_alters_one_letter_of_a_quote_is_refused() -> None:
    task = DraftTask(3, ("p-1",), frozenset({"k"}), {"e-a-1-1": SAID})
    reply = {
        "norm": "should", "text": REST, "rationale": "so",
        "sources": [{"event": "e-a-1-1", "quote": "that it can do harm", "stance": "for"}],
    }  # fmt: skip
    assert task.read(json.dumps({"clauses": [reply]})).clauses
    reply["sources"] = [{"event": "e-a-1-1", "quote": "that it can do harn", "stance": "for"}]
    with pytest.raises(UnreadableReply, match=r"word for word in e-a-1-1"):
        task.read(json.dumps({"clauses": [reply]}))


@pytest.fixture
def altered(run: RunFolder, tmp_path: Path) -> RunFolder:
    """A finished run in whose transcript one letter of a sentence that a clause quotes was changed."""
    shutil.copytree(run.path, tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    [panel, *_] = folder.panels()
    path = folder.transcript(panel.assembly)
    event = next(d.clause.sources[0].event for d in drafts_of(panel.assembly, folder.events(panel.assembly)))
    lines = path.read_text().splitlines(keepends=True)
    [at] = [n for n, line in enumerate(lines) if json.loads(line)["id"] == event]
    plain = json.loads(lines[at])
    plain["text"] = plain["text"][:-2] + ("x" if plain["text"][-2] != "x" else "y") + plain["text"][-1:]
    lines[at] = json.dumps(plain, ensure_ascii=False, separators=(",", ":")) + "\n"
    path.write_text("".join(lines))
    return folder


def test_a_transcript_with_one_letter_changed_is_refused_by_its_hash_before_anything_is_ruled(
    altered: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    [panel, *_] = altered.panels()
    before = (altered.path / "rulings.jsonl").read_bytes()
    assert main(["rule", str(altered.path)]) != 0
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"{panel.assembly}.jsonl" in said
    assert (altered.path / "rulings.jsonl").read_bytes() == before


def test_even_with_a_hash_to_match_a_changed_quote_is_refused_by_clause_and_event(
    altered: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = altered.manifest()
    hashes = {name: sha256(altered.path / name) for name in manifest.content.files}
    content = manifest.content.model_copy(update={"files": hashes})
    altered.write_manifest(manifest.model_copy(update={"content": content}))
    assert main(["rule", str(altered.path)]) != 0
    said = capsys.readouterr().err
    [panel, *_] = altered.panels()
    assert said.count("\n") == 1
    assert f"quotes e-{panel.assembly}-" in said
    assert "which does not say" in said
