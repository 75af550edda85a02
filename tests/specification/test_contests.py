"""What panels chose where only one clause can stand, and what it does to rulings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from deliberation.records.base import new_id
from deliberation.records.events import Ranked
from deliberation.records.specification import Ballot, Clause, Contest, Ruling
from deliberation.settings import Aggregation, Settings
from deliberation.specification.contests import Vote, contest_of, settled, votes_of
from deliberation.specification.rulings import rule

BUNDLED = Settings.bundled().aggregation.model_dump()
A, B, C = "c-a", "c-b", "c-c"


def ranking(order: str) -> tuple[tuple[str, ...], ...]:
    """`a>b=c` as tied options in order."""
    return tuple(tuple(f"c-{name}" for name in tied.split("=")) for tied in order.split(">"))


def votes(*assemblies: Sequence[str], weights: Sequence[float] = (1.0,)) -> list[Vote]:
    """One list of orders an assembly; weights are taken in turn."""
    return [
        Vote(f"a-{a}", f"p-{a}-{m}", ranking(order), weights[m % len(weights)])
        for a, orders in enumerate(assemblies)
        for m, order in enumerate(orders)
    ]


def between(options: Sequence[str] = (A, B), kind: str = "conflict") -> Contest:
    return contest_of(kind, options, "q-x", "they cannot both be followed")


def test_a_clear_preference_stands() -> None:
    found = settled(between(), votes(*[["a>b"] * 11 + ["b>a"]] * 6), confidence=0.95)
    assert found.order == (A, B)
    assert found.stands == A
    assert found.first_by == {"schulze": A, "ranked_pairs": A, "borda": A}
    assert found.share == pytest.approx(11 / 12, abs=1e-6)
    assert (found.rankings, found.level) == (72, 0.9)
    assert found.interval is not None
    assert 0.5 < found.interval[0] < 11 / 12 < found.interval[1] <= 1


def test_with_one_vote_an_assembly_a_preference_is_as_sure_as_the_textbook_beta() -> None:
    """Laplace's rule: nine of eleven prefer the first, mu | y ~ Beta(10, 3); it stands at .95 and not at .99."""
    cast = votes(*[["b>a"]] * 9, *[["a>b"]] * 2)
    sure = beta(10, 3).sf(0.5)
    assert 0.95 < sure < 0.99
    found = settled(between(), cast, confidence=0.95)
    assert (found.order, found.stands) == ((B, A), B)
    assert found.interval == pytest.approx(beta(10, 3).interval(0.9), abs=0.005)
    assert settled(between(), cast, confidence=0.99).stands is None


def test_where_nobody_could_be_asked_a_contest_stays_as_it_is() -> None:
    assert settled(between(), [], confidence=0.95) == between()


def test_where_all_tie_nobody_preferred_anything_and_nothing_stands() -> None:
    found = settled(between((A, B, C), "wording"), votes(*[["a=b=c"] * 4] * 5), confidence=0.95)
    assert (found.share, found.interval, found.stands) == (None, None, None)
    assert found.order == (A, B, C)  # as the options come
    assert found.rankings == 20


def test_as_many_either_way_is_a_tie_and_nothing_stands() -> None:
    found = settled(between(), votes(*[["a>b", "b>a"]] * 50), confidence=0.95)
    assert (found.share, found.stands) == (0.5, None)


def test_of_three_wordings_in_a_circle_none_stands() -> None:
    """Condorcet's circle, as often each way: every option is unbeaten."""
    circle = ["a>b>c", "b>c>a", "c>a>b"] * 4
    found = settled(between((A, B, C), "wording"), votes(*[circle] * 8), confidence=0.95)
    assert found.share == pytest.approx(2 / 3, abs=1e-6)
    assert found.stands is None


def test_of_three_wordings_the_one_that_surely_beats_each_other_stands() -> None:
    found = settled(
        between((B, A, C), "wording"), votes(*[["a>b>c"] * 5 + ["a>c>b"] * 5 + ["b>a>c"]] * 8), confidence=0.95
    )
    assert (found.order[0], found.stands) == (A, A)


def test_a_wording_that_hardly_beats_the_last_of_the_order_does_not_surely_stand() -> None:
    """All put a before b, and half of them and one more a before c; b, which nobody has first, comes second."""
    panels = [["a>b>c"] * 6 + ["c>a>b"] * 6] * 7 + [["a>b>c"] * 7 + ["c>a>b"] * 5]
    found = settled(between((A, B, C), "wording"), votes(*panels), confidence=0.95)
    assert found.order[0] == A
    assert found.stands is None


def test_a_wording_that_another_surely_beats_does_not_surely_stand() -> None:
    """A circle of which one link is weaker: Schulze's first is beaten by the last, and is surely before the second."""
    panels = [["a>b>c"] * 5 + ["b>c>a"] * 4 + ["c>a>b"] * 3] * 40
    found = settled(between((A, B, C), "wording"), votes(*panels), confidence=0.95)
    assert found.order[0] == A
    assert found.stands is None


def test_weights_count_as_so_many_members() -> None:
    even = settled(between(), votes(*[["a>b", "b>a"]] * 8), confidence=0.95)
    tilted = settled(between(), votes(*[["a>b", "b>a"]] * 8, weights=(3.0, 1.0)), confidence=0.95)
    assert (even.share, tilted.share) == (0.5, 0.75)
    assert tilted.order == (A, B)
    thrice = settled(between(), votes(*[["a>b", "b>a"]] * 8, weights=(2.0,)), confidence=0.95)
    assert thrice == even


def test_members_of_one_assembly_say_less_than_as_many_of_several() -> None:
    alone = settled(between(), votes(["a>b"] * 9 + ["b>a"]), confidence=0.95)
    several = settled(between(), votes(*[["a>b"]] * 9, ["b>a"]), confidence=0.95)
    assert alone.share == several.share == 0.9
    assert alone.interval is not None
    assert several.interval is not None
    assert alone.interval[0] < several.interval[0]
    assert (alone.stands, several.stands) == (None, A)


def test_who_ties_the_two_says_nothing_of_them() -> None:
    with_ = settled(between(), votes(*[["a>b", "a>b", "b>a", "a=b"]] * 5), confidence=0.95)
    without = settled(between(), votes(*[["a>b", "a>b", "b>a"]] * 5), confidence=0.95)
    assert (with_.share, with_.interval) == (without.share, without.interval)
    assert (with_.rankings, without.rankings) == (20, 15)


@given(st.lists(st.sampled_from(["a>b", "b>a", "a=b"]), min_size=1, max_size=12))
def test_two_options_that_change_names_change_places(orders: list[str]) -> None:
    """Neutrality, short of a tie, which goes to the option that comes first."""
    turned = [order.translate(str.maketrans("ab", "ba")) for order in orders]
    one = settled(between(), votes(*[[o] for o in orders]), confidence=0.9)
    other = settled(between((B, A)), votes(*[[o] for o in turned]), confidence=0.9)
    names = {A: B, B: A, None: None}
    assert (other.stands, other.share, other.interval) == (names[one.stands], one.share, one.interval)
    assert other.order == tuple(names[o] for o in one.order)


def event(member: str, order: str, seq: int) -> Ranked:
    return Ranked(
        id=f"e-{seq}", seq=seq, assembly="a-0", phase="votes", round=0, table=None, speaker=member, role="member",
        text="", origin="synthetic", ranking=ranking(order),
    )  # fmt: skip


def test_of_several_rankings_of_a_member_the_last_counts_and_those_of_other_options_do_not() -> None:
    events = [event("p-1", "a>b", 0), event("p-2", "a>b>c", 1), event("p-3", "b>a", 2), event("p-1", "b>a", 3)]
    found = votes_of(events, between(), {"p-3": 2.0})
    assert found == [Vote("a-0", "p-1", ranking("b>a"), 1.0), Vote("a-0", "p-3", ranking("b>a"), 2.0)]


# --- what rulings make of it


def clause(id_: str) -> Clause:
    return Clause(id=id_, question="q-x", norm="should", text=f"It should be {id_}.", rationale="so")


def ruled(
    contests: Sequence[Contest], signs: dict[str, str], *, blocking: tuple[str, ...] = ("conflict",), **how: Any
) -> dict[str, Ruling]:
    by = Aggregation.model_validate({**BUNDLED, "blocking": blocking, **how})
    ballots = [
        Ballot(
            id=new_id("b", id_, a, m), assembly=f"a-{a}", member=f"p-{a}-{m}", clause=id_,
            choice="support" if sign == "+" else "oppose", rating=None, reason="", weight=1.0, group="x", event="",
        )
        for id_, row in signs.items() for a in range(10) for m, sign in enumerate(row)
    ]  # fmt: skip
    found = rule([clause(id_) for id_ in signs], ballots, {}, by, run="run-x", seed=1, contests=contests)
    return {r.clause: r for r in found}


def decided(*orders: str, options: Sequence[str] = (A, B), kind: str = "conflict") -> Contest:
    return settled(between(options, kind), votes(*[orders] * 10), confidence=0.95)


YES, NO = "++++++++++++", "------------"


def test_of_two_contradicting_clauses_that_would_both_be_adopted_only_the_preferred_stands() -> None:
    found = ruled([decided("a>b", "a>b", "a>b")], {A: YES, B: YES})
    assert (found[A].status, found[A].codes) == ("adopted", ())
    assert (found[B].status, found[B].codes) == ("contested", ("conflict",))
    assert found[B].why.startswith(f"stopped, for it contradicts {A}, which would be adopted too: ")


def test_where_it_is_not_sure_which_is_preferred_neither_stands() -> None:
    for contest in (decided("a>b", "b>a"), decided("a=b"), between()):
        found = ruled([contest], {A: YES, B: YES})
        assert {r.status for r in found.values()} == {"contested"}
        assert {r.codes for r in found.values()} == {("conflict",)}


def test_a_contest_with_a_clause_that_is_not_adopted_changes_nothing() -> None:
    """Also where the panels prefer the one that they reject."""
    found = ruled([decided("b>a", "b>a", "b>a")], {A: YES, B: NO})
    assert (found[A].status, found[A].codes) == ("adopted", ())
    assert (found[B].status, found[B].codes) == ("rejected", ())
    gone = ruled([decided("b>a", options=(A, B))], {A: YES})
    assert gone[A].status == "adopted"


def test_a_conflict_is_said_and_changes_nothing_where_it_does_not_block() -> None:
    found = ruled([decided("a>b", "a>b", "a>b")], {A: YES, B: YES}, blocking=())
    assert (found[B].status, found[B].codes) == ("adopted", ("conflict",))


def test_a_wording_that_does_not_surely_stand_first_is_tied_and_blocks_only_where_it_is_to() -> None:
    tied = decided("a>b", "b>a", kind="wording")
    found = ruled([tied], {A: YES})
    assert (found[A].status, found[A].codes) == ("adopted", ("wording_tied",))
    assert ruled([tied], {A: YES}, blocking=("wording_tied",))[A].status == "contested"
    sure = decided("a>b", "a>b", "a>b", kind="wording")
    assert ruled([sure], {A: YES})[A].codes == ()
    unasked = between(kind="wording")
    assert ruled([unasked], {A: YES})[A].codes == ()


def test_a_clause_that_loses_to_two_others_loses_once() -> None:
    contests = [decided("a>b", "a>b", "a>b"), decided("c>b", "c>b", "c>b", options=(B, C))]
    found = ruled(contests, {A: YES, B: YES, C: YES})
    assert [found[id_].status for id_ in (A, B, C)] == ["adopted", "contested", "adopted"]
    assert found[B].codes == ("conflict",)
