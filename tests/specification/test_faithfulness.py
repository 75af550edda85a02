"""Whether objections are on record, counted by hand."""

from __future__ import annotations

from collections.abc import Sequence

from deliberation.records.base import new_id
from deliberation.records.events import Entailed
from deliberation.records.specification import (
    Ballot,
    Choice,
    Clause,
    ClauseSource,
    Dissent,
    Faithfulness,
    Ruling,
    Support,
)
from deliberation.specification.faithfulness import Said, faithfulness


def clause(id_: str, *against: str) -> Clause:
    """A clause with one sentence for it and these events' sentences against it."""
    sources = (("e-for", "for"), *((event, "against") for event in against))
    return Clause(
        id=id_, question="q-x", norm="should", text=f"It should be {id_}.", rationale="so",
        sources=tuple(ClauseSource.model_validate({"event": e, "quote": "so", "stance": s}) for e, s in sources),
    )  # fmt: skip


def ruling(id_: str, *dissent: tuple[str, Sequence[str]]) -> Ruling:
    """A ruling that publishes these reasons, each with the events of those who gave it."""
    return Ruling(
        id=new_id("r", id_), clause=id_, question="q-x", status="adopted", rule="majority", support=None, interval=None,
        level=None, turnout=1.0, groups={}, stability=None, sensitivity={}, why="",
        dissent=tuple(Dissent(reason=reason, share=0.1, members=(), sources=tuple(e)) for reason, e in dissent),
    )  # fmt: skip


def vote(
    member: str, clause_: str, *, rating: int | None = None, choice: Choice = "oppose", group: str = "old",
    weight: float = 1.0, event: str | None = None, reason: str = "no",
) -> Ballot:  # fmt: skip
    return Ballot(
        id=new_id("b", member, clause_), assembly="a-0", member=member, clause=clause_, choice=choice, rating=rating,
        reason=reason, weight=weight, group=group, event=f"e-{member}-{clause_}" if event is None else event,
    )  # fmt: skip


def said(speaker: str, *points: tuple[str, int]) -> Said:
    return Said(speaker, frozenset(points))


def entailed(clause_: str, verdict: Support) -> Entailed:
    return Entailed.model_validate(
        {
            "id": f"e-{clause_}", "seq": 0, "assembly": "a-0", "phase": "distil", "round": 0, "table": None,
            "speaker": "clerk", "role": "clerk", "text": "", "origin": "synthetic", "clause": clause_, "verdict": verdict,
        }
    )  # fmt: skip


def of(clauses: Sequence[Clause], rulings: Sequence[Ruling], ballots: Sequence[Ballot], **said_: Said) -> Faithfulness:
    return faithfulness(clauses, rulings, ballots, [], {f"e-{k.replace('_', '-')}": v for k, v in said_.items()})


def test_an_objection_is_on_record_where_its_vote_is_among_the_dissent() -> None:
    found = of(
        [clause("c-a")], [ruling("c-a", ("it is dear", ["e-p1-c-a"]))],
        [vote("p1", "c-a"), vote("p2", "c-a"), vote("p3", "c-a", choice="support"), vote("p4", "c-a", choice="abstain")],
    )  # fmt: skip
    assert (found.objectors, found.objections_on_record) == (2, 0.5)
    assert (found.by_group, found.minorities_weighted) == ({"old": 0.5}, 0.5)


def test_an_objection_is_on_record_where_a_sentence_against_makes_its_point_or_is_its_own() -> None:
    """p1 said the sentence; p2 makes its point; p3 makes the contrary point; p4 makes none."""
    found = of(
        [clause("c-a", "e-x")], [ruling("c-a")], [vote(f"p{n}", "c-a") for n in range(1, 5)],
        x=said("p1", ("cost", 1)), p2_c_a=said("p2", ("cost", 1), ("speed", 1)), p3_c_a=said("p3", ("cost", -1)),
    )  # fmt: skip
    assert (found.objectors, found.objections_on_record) == (4, 0.5)


def test_a_sentence_in_favour_puts_no_objection_on_record() -> None:
    found = of([clause("c-a")], [ruling("c-a")], [vote("p1", "c-a")], **{"for": said("p1", ("cost", 1))})
    assert found.objections_on_record == 0.0


def test_everybody_counts_once_with_the_clause_rated_lowest() -> None:
    """p1 rated a 3 and b 1: only b, which is not on record; p2 a 1 and b 3: only a, which is."""
    clauses, rulings = (
        [clause("c-a"), clause("c-b")],
        [ruling("c-a", ("dear", ["e-p1-c-a", "e-p2-c-a"])), ruling("c-b")],
    )
    ballots = [
        vote("p1", "c-a", rating=3), vote("p1", "c-b", rating=1), vote("p2", "c-a", rating=1), vote("p2", "c-b", rating=3),
    ]  # fmt: skip
    for order in (1, -1):
        found = of(clauses, rulings, ballots[::order])
        assert (found.objectors, found.objections_on_record) == (2, 0.5)


def test_of_objections_rated_alike_the_first_clause_counts_and_no_rating_is_the_middle_one() -> None:
    clauses, rulings = (
        [clause("c-a"), clause("c-b")],
        [ruling("c-a", ("dear", ["e-p1-c-a", "e-p2-c-a"])), ruling("c-b")],
    )
    alike = of(clauses, rulings, [vote("p1", "c-b", rating=2), vote("p1", "c-a", rating=2)])
    assert alike.objections_on_record == 1.0
    unrated = of(clauses, rulings, [vote("p2", "c-a"), vote("p2", "c-b", rating=3)])
    assert unrated.objections_on_record == 0.0


def test_shares_are_by_weight_and_small_groups_count_as_much_as_large_ones() -> None:
    """Old: 3 of 4 by weight; young: 0 of 1; together 3 of 5, and the mean of groups 3/8. Nobody's group is left out."""
    ballots = [
        vote("p1", "c-a", weight=3.0), vote("p2", "c-a"), vote("p3", "c-a", group="young"),
        vote("p4", "c-a", group="none", weight=5.0),
    ]  # fmt: skip
    found = of([clause("c-a")], [ruling("c-a", ("dear", ["e-p1-c-a"]))], ballots)
    assert found.objections_on_record == 0.3
    assert found.by_group == {"old": 0.75, "young": 0.0}
    assert found.minorities_weighted == 0.375


def test_where_nobody_objects_there_is_no_share() -> None:
    found = of([clause("c-a")], [ruling("c-a")], [vote("p1", "c-a", choice="support")])
    assert (found.objectors, found.objections_on_record, found.minorities_weighted) == (0, None, None)
    assert found.by_group == {}


def test_an_objection_to_a_clause_that_is_not_put_to_the_vote_is_none() -> None:
    assert of([clause("c-a")], [ruling("c-a")], [vote("p1", "c-z")]).objectors == 0


def test_verdicts_on_sources_are_counted_the_last_of_each_clause_and_those_without_one() -> None:
    clauses = [clause("c-a", "e-1"), clause("c-b"), clause("c-c"), clause("c-d", "e-1", "e-2")]
    clerk = [
        entailed("c-a", "partly"),
        entailed("c-b", "entailed"),
        entailed("c-a", "entailed"),
        entailed("c-z", "entailed"),
    ]
    found = faithfulness(clauses, [ruling(c.id) for c in clauses], [], clerk, {})
    assert found.sources == {"entailed": 2}
    assert (found.unjudged, found.quotes) == (2, 7)


def test_opposition_without_a_reason_is_no_objection() -> None:
    """As in a Polis conversation, where people only vote: nobody said why."""
    found = of([clause("c-a")], [ruling("c-a", ("", ["e-p1-c-a"]))], [vote("p1", "c-a", reason="")])
    assert (found.objectors, found.objections_on_record) == (0, None)


def test_an_objection_without_an_event_is_not_on_record_because_another_such_is() -> None:
    """As in a file of ballots: p1's reason is published and p2's is not."""
    record = ruling("c-a").model_copy(
        update={"dissent": (Dissent(reason="dear", share=0.1, members=("p1",), sources=("",)),)}
    )
    found = of([clause("c-a")], [record], [vote("p1", "c-a", event=""), vote("p2", "c-a", event="", reason="slow")])
    assert found.objections_on_record == 0.5
