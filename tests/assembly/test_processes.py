"""Phases and procedures: who hears what, who is asked what, and what comes of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from byhand import Answer, by_hand, synthetic
from pydantic import ValidationError

from deliberation.assembly import seating
from deliberation.assembly.sitting import Proceedings, Sitting, deliberate
from deliberation.models.requests import Request
from deliberation.models.tasks import Facilitate, Rank, Speak, Vote
from deliberation.people.sortition import Draw
from deliberation.randomness import stream
from deliberation.records.events import (
    Answered,
    Asked,
    Event,
    Facilitated,
    Polled,
    Proposed,
    Seated,
    Spoke,
    Testified,
    Voted,
)
from deliberation.records.people import Panel
from deliberation.settings import Settings
from deliberation.settings.procedure import Procedure
from deliberation.specification.drafts import drafts_of
from deliberation.study.stages import roster_of


def panel_of(settings: Settings) -> Panel:
    draw = Draw(settings.panel, members=settings.members, seed=7, seats=settings.procedure.seats)
    return next(draw.panels([("a-1", settings.question.id)]))


def held(settings: Settings, answer: Answer | None = None) -> tuple[list[Event], list[Request]]:
    """One sitting by hand: its events, and everything that was asked."""
    sitting = Sitting(roster_of(settings, panel_of(settings)), settings.procedure, settings.witness, 2)
    return _by_hand(deliberate(sitting), answer or synthetic(settings))


def _by_hand(proceedings: Proceedings, answer: Answer) -> tuple[list[Event], list[Request]]:
    batches: list[tuple[Request, ...]] = []
    events = by_hand(proceedings, answer, batches)
    return events, [request for batch in batches for request in batch]


def study(**changes: Any) -> Settings:
    return Settings.bundled(**{"members": 6, "assemblies": 3, "truth": 0, **changes})


def with_phases(*phases: dict[str, Any], **changes: Any) -> Settings:
    procedure = Procedure.model_validate(
        {
            "id": "mine", "title": "Mine", "source": "a test", "phases": phases,
            "ratification": [{"kind": "ballot", "name": "ratification"}],
        }
    )  # fmt: skip
    return study(**changes).model_copy(update={"procedure": procedure})


OPINIONS = {"kind": "statements", "name": "opinions"}
STOCK = {"kind": "stock", "name": "stock"}


def test_members_meet_as_many_others_as_rounds_allow() -> None:
    """12 people, 4 tables of 3, 4 rounds: 8 others can be met; the best known schedule reaches all of them."""
    met = np.zeros((12, 12), dtype=bool)
    for round_ in range(4):
        met |= seating.together(seating.mixed(stream(1, "seats", round_), 4, met), 12)
    assert met.sum(axis=1).min() >= 7
    assert met.sum() / 12 >= 7.6


@pytest.mark.parametrize("tables", [2, 3, 5])
def test_a_mixed_seating_seats_everybody_once_and_evenly(tables: int) -> None:
    met = np.zeros((11, 11), dtype=bool)
    for round_ in range(5):
        seats = seating.mixed(stream(3, "seats", round_), tables, met)
        assert sorted(i for table in seats for i in table.tolist()) == list(range(11))
        assert max(map(len, seats)) - min(map(len, seats)) <= 1
        met |= seating.together(seats, 11)


def test_what_is_said_to_the_clerk_nobody_else_hears() -> None:
    events, asked = held(with_phases(OPINIONS, {"kind": "poll", "name": "poll"}))
    said = [e for e in events if isinstance(e, Spoke)]
    assert len(said) == 6
    assert {e.to for e in said} == {"clerk"}
    for request in asked:
        if request.address.phase == "poll":
            heard = {e.speaker for e in request.view.events if isinstance(e, Spoke)}
            assert heard <= {request.address.speaker}


def test_statements_are_asked_for_all_at_once() -> None:
    settings = with_phases(OPINIONS)
    first = next(deliberate(Sitting(roster_of(settings, panel_of(settings)), settings.procedure, settings.witness, 2)))
    assert len(first.requests) == 6


def test_an_assistant_answers_its_own_member_in_confidence() -> None:
    events, asked = held(with_phases({"kind": "assistance", "name": "help", "questions": 2}, OPINIONS))
    answers = [e for e in events if isinstance(e, Answered)]
    assert len(answers) == 12
    for event in answers:
        assert event.role == "assistant"
        assert event.speaker == f"assistant-{event.to}"
    for request in asked:
        if request.address.phase == "opinions":
            me = request.address.speaker
            private = [e for e in request.view.events if isinstance(e, Asked | Answered)]
            assert {e.speaker for e in private} == {me, f"assistant-{me}"}


def test_opposed_witnesses_tell_what_helps_their_side_and_rebut_what_the_other_left_out() -> None:
    phases = [{"kind": k, "name": k.replace("_", "-")} for k in ("testimony", "rebuttal")]
    events, _ = held(with_phases(*phases, witness="opposed"))
    testified = [e for e in events if isinstance(e, Testified) and e.phase == "testimony"]
    rebutted = [e for e in events if isinstance(e, Testified) and e.phase == "rebuttal"]
    assert {e.speaker for e in testified} == {"witness-for", "witness-against"} == {e.speaker for e in rebutted}
    for event in rebutted:
        [other] = [e for e in testified if e.speaker != event.speaker]
        assert event.refs[0] == other.id
        assert not set(event.points) & set(other.points)
        assert event.marks == ()


def test_a_single_witness_has_nobody_to_rebut() -> None:
    events, _ = held(with_phases({"kind": "testimony", "name": "t"}, {"kind": "rebuttal", "name": "r"}))
    assert [e.phase for e in events if isinstance(e, Testified)] == ["t"]


def test_a_lying_witness_is_marked_on_the_record_and_members_are_told() -> None:
    from deliberation.models.prompts import render

    settings = with_phases({"kind": "testimony", "name": "t"}, OPINIONS, witness="false_claims")
    events, asked = held(settings)
    [lie] = [e for e in events if isinstance(e, Testified)]
    assert {mark.problem for mark in lie.marks} >= {"contradicted"}
    last = asked[-1]
    assert "checked against the exhibits" in "".join(render(settings.prompts, last).record)


def test_an_inert_testimony_is_as_long_as_a_neutral_one() -> None:
    lengths = {}
    for witness in ("neutral", "inert"):
        events, _ = held(with_phases({"kind": "testimony", "name": "t"}, OPINIONS, witness=witness))
        [said] = [e for e in events if isinstance(e, Testified)]
        lengths[witness] = len(said.text.split())
        assert bool(said.points) == (witness == "neutral")
    assert lengths["inert"] == pytest.approx(lengths["neutral"], rel=0.2)


def test_the_facilitator_calls_on_those_who_have_said_less() -> None:
    tables = {"kind": "tables", "name": "tables", "rounds": 1, "turns": 2, "order": "facilitator"}
    settings = with_phases(tables)
    panel = panel_of(settings)
    wanted = [p.id for p in reversed(panel.members)]
    mind = synthetic(settings)

    def answer(request: Request) -> str:
        if isinstance(request.task, Facilitate):
            return json.dumps({"text": "Please go on.", "points": [], "refs": wanted})
        return mind(request)

    events, _ = held(settings, answer)
    assert [e.speaker for e in events if isinstance(e, Spoke)] == [*wanted, *wanted]
    assert [e.refs for e in events if isinstance(e, Facilitated)] == [tuple(wanted)] * 2


def test_everybody_has_the_floor_equally_often_and_no_longer_than_allowed() -> None:
    tables = {"kind": "tables", "name": "tables", "tables": 2, "rounds": 3, "turns": 2, "words": 5}
    settings = with_phases(tables)

    def answer(request: Request) -> str:
        long = isinstance(request.task, Speak) and request.repeat == 0
        return json.dumps({"text": "one two three four five six" if long else "I agree.", "points": [], "refs": []})

    events, asked = held(settings, answer)
    assert set(Counter(e.speaker for e in events if isinstance(e, Spoke)).values()) == {6}
    again = [r for r in asked if r.repeat == 1]
    assert len(again) == 36
    assert all(r.error is not None and "at most 5 words, not 6" in r.error for r in again)


def test_tables_by_group_seat_those_of_one_group() -> None:
    settings = with_phases({"kind": "tables", "name": "caucus", "rounds": 1, "seating": "group", "group": "gender"})
    panel = panel_of(settings)
    gender = {p.id: p.attributes["gender"] for p in panel.members}
    events, _ = held(settings)
    seated = [e.members for e in events if isinstance(e, Seated) and e.table]
    assert sorted(len({gender[m] for m in members}) for members in seated) == [1, 1]


def voting(**choices: str) -> Callable[[Request], dict[str, Any] | None]:
    """Votes by the beginning of a clause's text; support where none is named."""

    def answer(request: Request) -> dict[str, Any] | None:
        if not isinstance(request.task, Vote):
            return None
        marks = []
        for paper in request.task.slate:
            choice = next((c for start, c in choices.items() if start in paper.clause.text), "support")
            marks.append({"clause": paper.clause.id, "choice": choice, "rating": 4, "reason": "so", "points": []})
        return {"ballots": marks}

    return answer


def sequential(*, carried: bool) -> list[Event]:
    settings = with_phases(
        OPINIONS,
        {"kind": "stock", "name": "principle", "positions": [1]},
        {"kind": "ballot", "name": "first", "of": ["principle"]},
        {"kind": "stock", "name": "circumstances", "norm": "may", "positions": [2, 3]},
        {"kind": "ballot", "name": "second", "of": ["circumstances"], "only_if": {"ballot": "first", "carried": False}},
    )
    votes, mind = voting(**({} if carried else {"should": "oppose"})), synthetic(settings)
    return held(settings, lambda r: json.dumps(votes(r)) if votes(r) else mind(r))[0]


def test_a_later_ballot_is_held_only_if_the_earlier_came_out_as_it_must() -> None:
    assert {e.phase for e in sequential(carried=False) if isinstance(e, Voted)} == {"first", "second"}
    events = sequential(carried=True)
    assert {e.phase for e in events if isinstance(e, Voted)} == {"first"}
    [said] = [e for e in events if isinstance(e, Facilitated) and e.phase == "second"]
    assert said.text == "second is not held, for first was carried."
    assert len(said.leaves) == 2


def test_what_was_not_carried_leaves_the_table_and_the_ledger_can_say_why() -> None:
    events = sequential(carried=False)
    gone = {d.clause.norm: d.gone for d in drafts_of("a-1", events) if d.gone}
    assert gone == {"should": "left the table in its assembly: first: 0 of 1 carried."}


def test_only_those_who_opposed_what_was_carried_file_a_minority_statement() -> None:
    settings = with_phases(
        OPINIONS, STOCK, {"kind": "ballot", "name": "vote"}, {"kind": "minority", "name": "minority", "each": 5}
    )
    panel, mind = panel_of(settings), synthetic(settings)
    dissenters = {p.id for p in panel.members[:2]}

    def answer(request: Request) -> str:
        votes = voting(**({"should": "oppose"} if request.address.speaker in dissenters else {}))(request)
        return json.dumps(votes) if votes else mind(request)

    events, _ = held(settings, answer)
    filed = [e for e in events if isinstance(e, Spoke) and e.purpose == "minority"]
    proposals = {e.id for e in events if isinstance(e, Proposed)}
    assert {e.speaker for e in filed} == dissenters
    assert len(filed) == 2 * len(settings.question.positions)
    assert all(e.to == "clerk" and set(e.refs) <= proposals and e.refs for e in filed)


def test_a_weighty_vote_carries_against_many() -> None:
    settings = with_phases(
        OPINIONS,
        {"kind": "stock", "name": "stock", "positions": [1]},
        {"kind": "ballot", "name": "vote", "of": ["stock"]},
    )
    panel = panel_of(settings)
    heavy = panel.members[0].id
    mind = synthetic(settings)

    def answer(request: Request) -> str:
        votes = voting(**({} if request.address.speaker == heavy else {"should": "oppose"}))(request)
        return json.dumps(votes) if votes else mind(request)

    roster = roster_of(settings, panel.model_copy(update={"weights": {heavy: 9.0}}))
    events, _ = _by_hand(deliberate(Sitting(roster, settings.procedure, settings.witness, 2)), answer)
    [said] = [e for e in events if isinstance(e, Facilitated) and e.phase == "vote"]
    assert said.text == "vote: 1 of 1 carried."


def test_who_is_outvoted_by_weight_is_a_minority_too() -> None:
    settings = with_phases(
        OPINIONS, {"kind": "stock", "name": "stock", "positions": [1]}, {"kind": "ballot", "name": "vote"},
        {"kind": "minority", "name": "minority", "each": 9},
    )  # fmt: skip
    panel, mind = panel_of(settings), synthetic(settings)
    heavy = panel.members[0].id

    def answer(request: Request) -> str:
        votes = voting(**({} if request.address.speaker == heavy else {"should": "oppose"}))(request)
        return json.dumps(votes) if votes else mind(request)

    roster = roster_of(settings, panel.model_copy(update={"weights": {heavy: 9.0}}))
    events, _ = _by_hand(deliberate(Sitting(roster, settings.procedure, settings.witness, 2)), answer)
    filed = {e.speaker for e in events if isinstance(e, Spoke) and e.purpose == "minority"}
    assert filed == {p.id for p in panel.members[1:]}


def test_a_selection_by_ranking_keeps_what_schulze_puts_first() -> None:
    settings = with_phases(OPINIONS, STOCK, {"kind": "selection", "name": "choice", "rule": "schulze", "keep": 1})
    favoured, mind = settings.question.positions[2].action, synthetic(settings)

    def answer(request: Request) -> str:
        if not isinstance(request.task, Rank):
            return mind(request)
        order = sorted(request.task.options, key=lambda p: (favoured not in p.clause.text, p.clause.id))
        return json.dumps({"ranking": [[p.clause.id] for p in order]})

    events, _ = held(settings, answer)
    [said] = [e for e in events if isinstance(e, Facilitated) and e.phase == "choice"]
    kept = {e.clause.text for e in events if isinstance(e, Proposed) and e.clause.id not in said.leaves}
    assert len(kept) == 1
    assert favoured in kept.pop()


def test_a_slate_speaks_for_everybody_once() -> None:
    events, _ = held(study(procedure="statement_slate", members=10, question="disputed_politics"))
    told = [e for e in events if isinstance(e, Facilitated) and "joins the slate" in e.text]
    names = [n for e in told for n in e.text.partition("speaks for ")[2].rstrip(".").split(", ")]
    assert len(told) == 5
    assert len(names) == len(set(names)) == 10


@pytest.mark.parametrize(
    "procedure",
    [
        "lab_decree", "public_input", "parliament", "citizens_assembly", "collective_dialogue", "mediated_caucus",
        "statement_slate", "extrapolated", "extrapolated_sham", "sequential_assembly", "reasoned_assembly",
    ],
)  # fmt: skip
@pytest.mark.parametrize("question", ["surveillance", "scarce_resources"])
def test_every_process_brings_clauses_to_the_vote_without_a_failure(procedure: str, question: str) -> None:
    events, _ = held(study(procedure=procedure, question=question, members=8))
    assert not [e for e in events if e.kind == "failed"]
    assert [d for d in drafts_of("a-1", events) if d.gone is None]
    assert len({e.phase for e in events if isinstance(e, Polled)}) >= 2


@pytest.mark.parametrize(
    ("phases", "named"),
    [
        ([{"kind": "slate", "name": "s", "size": 3}], "phase 's' needs statements before it"),
        (
            [OPINIONS, {"kind": "statements", "name": "c", "purpose": "critique"}],
            "phase 'c' needs drafting or slate or stock",
        ),
        ([OPINIONS, {"kind": "drafting", "name": "d", "clauses": 1}], "phase 'd' needs tables before it"),
        (
            [OPINIONS, {"kind": "drafting", "name": "d", "clauses": 1, "source": "statements", "by": "table"}],
            "cannot draft",
        ),
        ([STOCK, {"kind": "ballot", "name": "b", "of": ["nothing"]}], "phase 'b': no phase 'nothing' before it tables"),
        (
            [STOCK, {"kind": "ballot", "name": "b", "only_if": {"ballot": "stock", "carried": True}}],
            "no ballot 'stock' is held before it",
        ),
        ([{"kind": "tables", "name": "t", "rounds": 1, "facilitated": False, "order": "facilitator"}], "there is none"),
    ],
)
def test_an_order_of_the_day_that_cannot_be_walked_is_named(phases: list[dict[str, Any]], named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        with_phases(*phases)
