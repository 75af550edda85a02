"""Every task reads its legal answers and refuses all others; one contract drives every task through every answerer."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from deliberation.errors import AnswererError, UnreadableReply
from deliberation.models.chat.schemas import schema_of
from deliberation.models.journal import Journal, Kept
from deliberation.models.legal import says_its_scope
from deliberation.models.open import open_answerer
from deliberation.models.prompts import TASKS, render
from deliberation.models.requests import Address, Answerer, Request, Roster, View, journal_key
from deliberation.models.scripted import Replaying, Scripted
from deliberation.models.tasks import (
    Amend,
    Answer,
    Ask,
    Divide,
    Draft,
    Entail,
    Exemplify,
    Explain,
    Facilitate,
    Judge,
    Paper,
    Poll,
    Rank,
    Rebut,
    Recall,
    Recognise,
    Relate,
    Speak,
    Task,
    Testify,
    Vote,
    Weigh,
)
from deliberation.people.pool import Pool
from deliberation.records.base import clause_id
from deliberation.records.events import Event, Opened, Point, Seated, Spoke
from deliberation.records.specification import NORM_WORDS, Clause, ClauseSource, Meaning, sentence
from deliberation.settings import Settings

SETTINGS = Settings.bundled()
QUESTION = SETTINGS.question
POOL = Pool(SETTINGS.panel.population, 10, 1)
MEMBERS = tuple(POOL.persona(i) for i in range(4))
ROSTER = Roster.of(
    assembly="a-1", seed=1, idea="kind", question=QUESTION, members=MEMBERS, dossier=QUESTION.dossier
)  # fmt: skip
MAP = frozenset(c.id for c in QUESTION.considerations)
FIRST = QUESTION.considerations[0]


def _event(kind: type[Any], seq: int, **fields: Any) -> Event:
    common = {"assembly": "a-1", "phase": "tables", "round": 1, "table": None, "speaker": "chair", "role": "chair"}
    return kind(id=f"e-a-1-{seq}", seq=seq, **{**common, "text": "words", **fields})  # type: ignore[no-any-return]


EVENTS: tuple[Event, ...] = (
    _event(Opened, 0, question=QUESTION.id, procedure="p"),
    _event(Seated, 1, table="table-1", members=tuple(m.id for m in MEMBERS)),
    _event(
        Spoke, 2, speaker=MEMBERS[1].id, role="member", table="table-1", text="It can do harm.",
        points=(Point(consideration=FIRST.id, stance=1),),
    ),
)  # fmt: skip
VIEW = View(ROSTER, EVENTS, "00" * 16, EVENTS, "00" * 16)


def paper(norm: Any, position: int, *conditions: str) -> Paper:
    option = QUESTION.positions[position]
    text = sentence(norm, option.action, conditions)
    clause = Clause(
        id=clause_id(QUESTION.id, text), question=QUESTION.id, norm=norm, text=text, rationale="because",
        sources=(ClauseSource(event="e-a-1-2", quote="It can do harm.", stance="for"),),
    )  # fmt: skip
    return Paper(clause, Meaning(option=option.id, modality=norm, conditions=()))


SLATE = (paper("should", 0), paper("must_not", 1), paper("may", 2))
POSITIONS = tuple(p.id for p in QUESTION.positions)
NAMES = {m.id: m.name for m in MEMBERS}
ONE_OF_EACH: tuple[tuple[Task, str], ...] = (
    (Poll(QUESTION.positions), "member"),
    (Weigh(QUESTION.considerations), "member"),
    (Testify(QUESTION.dossier.exhibits, MAP, SETTINGS.witness), "witness"),
    (Ask(MAP), "member"),
    (
        Answer(
            "Is it so?", (Point(consideration=FIRST.id, stance=1),), QUESTION.dossier.exhibits, MAP, SETTINGS.witness
        ),
        "witness",
    ),
    (
        Rebut(
            {"e-a-1-2": (Point(consideration=FIRST.id, stance=-1),)}, QUESTION.dossier.exhibits, MAP, SETTINGS.witness
        ),
        "witness",
    ),
    (
        Explain("Is it so?", (Point(consideration=FIRST.id, stance=1),), QUESTION.dossier.exhibits, MAP),
        "assistant",
    ),
    (Facilitate(NAMES), "facilitator"),
    (Facilitate(NAMES, calls=True), "facilitator"),
    (Speak(MAP, ("e-a-1-2",)), "member"),
    (Speak(MAP, ("e-a-1-2",), purpose="report"), "member"),
    (Speak(MAP, (), purpose="stance_only"), "member"),
    (Speak(MAP, (), purpose="opinion"), "member"),
    (Speak(MAP, (), purpose="critique", about=SLATE), "member"),
    (Speak(MAP, (), purpose="minority", about=SLATE[:1]), "member"),
    (Speak(MAP, (), purpose="reflection"), "member"),
    (Speak(MAP, (), purpose="wish"), "member"),
    (Speak(MAP, (), purpose="sham"), "member"),
    (Draft(3, POSITIONS, MAP, {"e-a-1-2": "It can do harm."}), "clerk"),
    (Draft(3, POSITIONS, MAP, {"e-a-1-2": "It can do harm."}, "group"), "clerk"),
    (Draft(3, POSITIONS, MAP, {"e-a-1-2": "It can do harm."}, "revise", SLATE), "clerk"),
    (Draft(3, POSITIONS, MAP, {"e-a-1-2": "It can do harm."}, "own"), "member"),
    (Amend(SLATE, POSITIONS, MAP), "member"),
    (Vote(SLATE, MAP), "member"),
    (Rank(SLATE[:2]), "member"),
    (Judge(QUESTION.cases[0], SLATE), "member"),
    (Recall(QUESTION.positions, ("age", "gender")), "member"),
    (Draft(3, POSITIONS, MAP, {"e-a-1-2": "It can do harm."}, "record"), "clerk"),
    (Divide(SLATE[0].clause), "clerk"),
    (Relate(SLATE[0].clause, tuple(paper.clause for paper in SLATE[1:])), "clerk"),
    (Entail(SLATE[0].clause, POSITIONS), "clerk"),
    (Exemplify(SLATE[0].clause, QUESTION.cases, 3), "clerk"),
    (Recognise(tuple(p.clause for p in SLATE), "May I?", ("Yes, you may.", "No, you may not.")), "clerk"),
)


def request(task: Task, role: Any) -> Request:
    persona = MEMBERS[0] if role == "member" else None
    speaker = persona.id if persona else {"facilitator": "facilitator-table-1"}.get(role, role)
    return Request(Address("a-1", "tables", 1, "", speaker, task.kind, ""), role, persona, task, VIEW)


def answered(answerer: Answerer, one: Request) -> str:
    async def ask() -> str:
        return [reply.text async for _, reply in answerer.answer([one])][0]

    return asyncio.run(ask())


def test_there_is_one_of_each_task_in_these_tests() -> None:
    assert {type(task) for task, _ in ONE_OF_EACH} == set(TASKS)


@pytest.mark.parametrize(("task", "role"), ONE_OF_EACH, ids=lambda x: getattr(x, "kind", x))
def test_every_task_goes_through_synthetic_script_and_journal_alike(task: Task, role: str, tmp_path: Path) -> None:
    one = request(task, role)
    synthetic = open_answerer(SETTINGS)
    text = answered(synthetic, one)
    reading = task.read(text)
    assert reading == task.read(answered(Scripted(lambda _: text), one))
    key = journal_key(one, synthetic.identity)
    with Journal(tmp_path / "calls.sqlite", durable=False) as journal:
        from deliberation.models.requests import Reply

        journal.keep([Kept(Reply(text, key), str(synthetic.identity))])
    with Journal(tmp_path / "calls.sqlite", durable=False) as journal:
        assert task.read(journal.recall([key])[key].text) == reading
    with pytest.raises(AnswererError, match="a-1/tables/1"):
        answered(Replaying(synthetic.identity), one)


@pytest.mark.parametrize(("task", "role"), ONE_OF_EACH, ids=lambda x: getattr(x, "kind", x))
def test_every_task_has_its_words(task: Task, role: str) -> None:
    words = render(SETTINGS.prompts, request(task, role))
    assert QUESTION.text in words.rules
    assert words.own
    assert "$" not in words.own


@pytest.mark.parametrize(("task", "role"), ONE_OF_EACH, ids=lambda x: getattr(x, "kind", x))
@pytest.mark.parametrize("reply", ["", "I agree.", "null", "[]", "{}x", '{"colour": "red"}'])
def test_no_task_takes_nonsense_for_an_answer(task: Task, role: str, reply: str) -> None:
    with pytest.raises(UnreadableReply) as caught:
        task.read(reply)
    assert caught.value.reply == reply
    assert caught.value.wanted


VOTE = {"choice": "support", "rating": 5, "reason": "so", "points": []}
ILLEGAL: tuple[tuple[Task, Any, str], ...] = (
    (Poll(QUESTION.positions), {"ratings": dict.fromkeys(POSITIONS[1:], 4)}, "each position"),
    (Poll(QUESTION.positions), {"ratings": dict.fromkeys(POSITIONS, 8)}, "less than or equal to 7"),
    (Poll(QUESTION.positions), {"ratings": [{"position": POSITIONS[0], "rating": 3}] * 4}, "each position once"),
    (Poll(QUESTION.positions), {"ratings": [{"of": POSITIONS[0], "rating": 3}]}, "each position once"),
    (Weigh(QUESTION.considerations), {"ratings": {FIRST.id: 4}}, "each consideration"),
    (Weigh(QUESTION.considerations), {"ratings": dict.fromkeys(MAP, 0)}, "greater than or equal to 1"),
    (Weigh(QUESTION.considerations), {"ratings": [{"consideration": FIRST.id, "rating": 3}] * 2}, "each consideration"),
    (Weigh(QUESTION.considerations[:1]), {"ratings": [{"position": FIRST.id, "rating": 3}]}, "each consideration"),
    (Rank(SLATE[:3], places=2), {"ranking": [[SLATE[0].clause.id]]}, "exactly 2"),
    (Rank(SLATE[:3], places=2), {"ranking": [[SLATE[0].clause.id], [SLATE[0].clause.id]]}, "exactly 2"),
    (Poll(QUESTION.positions), {"ratings": dict.fromkeys(POSITIONS, True)}, "valid integer"),
    (Speak(MAP, ()), {"text": "so", "points": [{"consideration": FIRST.id, "stance": True}]}, "stance"),
    (Speak(MAP, ()), {"text": "so", "points": [{"consideration": "unheard-of", "stance": 1}]}, "unheard-of"),
    (Speak(MAP, ()), {"text": "so", "refs": ["e-a-1-2"]}, "events to reply to"),
    (Speak(MAP, ()), {"text": ""}, "at least 1 character"),
    (Testify(QUESTION.dossier.exhibits, MAP, SETTINGS.witness), {"text": "so", "refs": ["x-invented"]}, "x-invented"),
    (Facilitate({"p-1": "Jo", "p-2": "Al"}, calls=True), {"text": "so", "refs": ["p-1"]}, "each member in refs"),
    (Speak(MAP, (), words=3), {"text": "one two three four"}, "at most 3 words, not 4"),
    (Facilitate({"p-1": "Jo"}), {"text": "so", "points": [{"consideration": FIRST.id, "stance": 1}]}, "no points"),
    (Vote(SLATE, MAP), {"ballots": [{"clause": SLATE[0].clause.id, **VOTE}]}, "each clause"),
    (Vote(SLATE[:1], MAP), {"ballots": [{"clause": SLATE[0].clause.id, **VOTE, "choice": "missing"}]}, "abstain"),
    (Vote(SLATE[:1], MAP), {"ballots": [{"clause": SLATE[0].clause.id, **VOTE}] * 2}, "each clause"),
    (Rank(SLATE[:2]), {"ranking": [[SLATE[0].clause.id]]}, "each wording"),
    (Rank(SLATE[:2]), {"ranking": {SLATE[0].clause.id: 1}}, "each wording"),
    (Rank(SLATE[:2]), {"ranking": {SLATE[0].clause.id: 1, SLATE[1].clause.id: True}}, "as a number"),
    (Rank(SLATE[:2]), {"ranking": [[], [SLATE[0].clause.id], [SLATE[1].clause.id]]}, "at least 1 item"),
    (Judge(QUESTION.cases[0]), {"ranking": [["r1"], ["r2"], ["r3"], ["r9"]]}, "each response"),
    (Judge(QUESTION.cases[0]), {"ranking": [["r1", "r2"], ["r3", "r4"]], "clauses": ["c-none"]}, "c-none"),
    (Recall(QUESTION.positions, ("age",)), {"ratings": dict.fromkeys(POSITIONS, 4), "facts": {}}, "each fact"),
    (Amend(SLATE, POSITIONS, MAP), {"clause": "c-none", "text": "The assistant may rest."}, "c-none"),
)


@pytest.mark.parametrize(("task", "reply", "wanted"), ILLEGAL)
def test_an_answer_outside_the_offer_is_refused_with_what_was_wanted(task: Task, reply: Any, wanted: str) -> None:
    with pytest.raises(UnreadableReply) as caught:
        task.read(json.dumps(reply))
    assert wanted in caught.value.wanted


def test_a_draft_must_quote_word_for_word() -> None:
    task = Draft(3, POSITIONS, MAP, {"e-a-1-2": "It can do harm."})
    source = {"event": "e-a-1-2", "quote": "It can do no harm.", "stance": "for"}
    clause = {"norm": "should", "text": "The assistant should rest.", "rationale": "so", "sources": [source]}
    with pytest.raises(UnreadableReply, match="word for word"):
        task.read(json.dumps({"clauses": [clause]}))
    for short in ("", "harm", "do harm."):
        clause["sources"] = [{**source, "quote": short}]
        with pytest.raises(UnreadableReply, match="at least"):
            task.read(json.dumps({"clauses": [clause]}))
    clause["sources"] = [{**source, "quote": "can do harm"}]
    assert len(task.read(json.dumps({"clauses": [clause]})).clauses) == 1


@pytest.mark.parametrize(
    ("norm", "text", "when", "unless", "wanted"),
    [
        ("must", "The assistant should rest.", (), (), "'must'"),
        ("should", "The assistant should not rest.", (), (), "'should'"),
        ("must_not", "The assistant must rest.", (), (), "'must not'"),
        ("may", "The assistant may not rest.", (), (), "'may'"),
        ("should", "The assistant should rest.", ("it is night",), (), "'it is night'"),
        ("should", "The assistant should rest.", (), ("it is day",), "'it is day'"),
    ],
)
def test_a_clause_whose_text_does_not_say_its_norm_and_scope_is_refused(
    norm: Any, text: str, when: tuple[str, ...], unless: tuple[str, ...], wanted: str
) -> None:
    """Its id is made of the text, and people vote on the text: two clauses with one text must mean one thing."""
    task = Draft(3, POSITIONS, MAP, {"e-a-1-2": "It can do harm."})
    source = {"event": "e-a-1-2", "quote": "It can do harm.", "stance": "for"}
    clause = {"norm": norm, "text": text, "applies_when": when, "exceptions": unless, "rationale": "so"}
    with pytest.raises(UnreadableReply, match=wanted):
        task.read(json.dumps({"clauses": [{**clause, "sources": [source]}]}))


def test_a_sentence_made_of_its_parts_says_its_scope() -> None:
    for norm in NORM_WORDS:
        text = sentence(norm, "rest", ("it is night", "all is quiet"), ("it is asked to stay",))
        says_its_scope("", text, norm, ("it is night", "all is quiet"), ("it is asked to stay",))


def test_the_journal_key_moves_with_everything_that_an_answer_may_rest_on() -> None:
    one = request(Ask(MAP), "member")
    synthetic = open_answerer(SETTINGS).identity
    keys = {
        journal_key(one, synthetic),
        journal_key(one, synthetic._replace(version="2")),
        journal_key(one._replace(repeat=1), synthetic),
        journal_key(one._replace(address=one.address._replace(round=2)), synthetic),
        journal_key(one._replace(view=VIEW._replace(digest="11" * 16)), synthetic),
        journal_key(one._replace(view=VIEW._replace(record_digest="11" * 16)), synthetic),
        journal_key(request(Vote(SLATE, MAP), "member"), synthetic),
        journal_key(request(Vote(SLATE[::-1], MAP), "member"), synthetic),
    }
    assert len(keys) == 8


def test_the_key_of_a_speaker_without_the_whole_room_ignores_what_it_could_not_hear() -> None:
    one = request(Ask(MAP), "member")
    script = Scripted(lambda _: "").identity
    elsewhere = one._replace(view=VIEW._replace(record_digest="11" * 16))
    assert journal_key(one, script) == journal_key(elsewhere, script)


def test_there_is_a_schema_for_every_task() -> None:
    assert {type(task) for task, _ in ONE_OF_EACH} == set(TASKS)
    for task, _ in ONE_OF_EACH:
        assert strict(schema_of(task))


def strict(schema: Any) -> bool:
    """The subset of JSON Schema that strict modes accept: closed objects with every property required, no empty enum."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            assert schema["additionalProperties"] is False
            assert schema["required"] == list(schema["properties"])
        assert schema.get("enum") != []
        return all(strict(part) for part in schema.values())
    return all(strict(part) for part in schema) if isinstance(schema, list) else True


def test_replies_by_name_say_the_same_as_lists() -> None:
    first, second = (paper.clause.id for paper in SLATE[:2])
    tied = Rank(SLATE[:2]).read(json.dumps({"ranking": {second: 1, first: 1}}))
    assert tied.ranking == ((second, first),)
    assert Rank(SLATE[:2]).read(json.dumps({"ranking": {first: 2, second: 1}})).ranking == ((second,), (first,))
    marks = {"ballots": {first: VOTE}}
    assert Vote(SLATE[:1], MAP).read(json.dumps(marks)) == Vote(SLATE[:1], MAP).read(
        json.dumps({"ballots": [{"clause": first, **VOTE}]})
    )
    listed = {"ratings": [{"position": p, "rating": 4} for p in POSITIONS]}
    assert Poll(QUESTION.positions).read(json.dumps(listed)).ratings == dict.fromkeys(POSITIONS, 4)
