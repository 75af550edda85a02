"""How cases are settled by what panels made of their responses."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from deliberation.records.agenda import Case, Response
from deliberation.records.base import new_id
from deliberation.records.specification import CaseRuling, Judgment
from deliberation.settings import Settings
from deliberation.specification.cases import apart, case_rulings, place, relied_on


def case(id_: str, responses: str = "xy") -> Case:
    return Case(id=id_, prompt="What now?", responses=tuple(Response(id=r, position="wait", text=r) for r in responses))


QUESTION = Settings.bundled().question


def judgments(
    *assemblies: Sequence[str], of: str = "k", weights: Sequence[float] = (1.0,), clauses: Sequence[str] = ()
) -> list[Judgment]:
    """One list of orders such as `x>y=z` an assembly; weights, and clauses as letters, are taken in turn."""
    return [
        Judgment(
            id=new_id("j", of, a, m), assembly=f"a-{a}", member=f"p-{a}-{m}", case=of,
            ranking=tuple(tuple(tied.split("=")) for tied in order.split(">")),
            clauses=tuple(f"c-{letter}" for letter in (clauses[m % len(clauses)] if clauses else "")),
            weight=weights[m % len(weights)], event=f"e-{of}-{a}-{m}",
        )
        for a, orders in enumerate(assemblies)
        for m, order in enumerate(orders)
    ]  # fmt: skip


def settled(
    found: Sequence[Judgment], *cases: Case, adopted: Sequence[str] = (), confidence: float = 0.95
) -> list[CaseRuling]:
    question = QUESTION.model_copy(update={"cases": cases or (case("k"),)})
    return case_rulings(question, found, adopted, confidence=confidence)


def test_the_share_is_of_those_who_ranked_two_apart_and_the_margin_its_distance_from_evens() -> None:
    """Two of three put y first, one ties: 2/3, and 2 (2/3) - 1 = 1/3."""
    [found] = settled(judgments(*[["y>x", "y>x", "x>y", "x=y"]] * 4))
    [pair] = found.pairs
    assert (pair.first, pair.second) == ("y", "x")
    assert (pair.share, pair.margin) == (0.666667, 0.333333)
    assert (pair.judges, pair.level) == (12, 0.9)


def test_the_interval_is_the_textbook_beta_where_each_assembly_has_one_judge() -> None:
    """mu | y ~ Beta(1 + y, 1 + n - y) (Laplace 1774)."""
    [found] = settled(judgments(*[["x>y"]] * 9, *[["y>x"]] * 3))
    [pair] = found.pairs
    assert pair.interval == pytest.approx(beta(10, 4).interval(0.9), abs=0.005)
    [other] = settled(judgments(*[["x>y"]] * 9, *[["y>x"]] * 3), confidence=0.9)
    assert other.pairs[0].level == 0.8
    assert other.pairs[0].interval == pytest.approx(beta(10, 4).interval(0.8), abs=0.005)


def test_every_two_responses_are_compared() -> None:
    found = judgments(*[["x>y>z", "x>z>y", "y>x>z"]] * 4)
    [ruling] = settled(found, case("k", "xyz"))
    assert [(p.first, p.second, p.share) for p in ruling.pairs] == [
        ("x", "y", 0.666667), ("x", "z", 1.0), ("y", "z", 0.666667),
    ]  # fmt: skip


def test_as_many_either_way_have_no_margin_and_the_first_response_is_named_first() -> None:
    [found] = settled(judgments(*[["x>y", "y>x"]] * 4))
    assert [(p.first, p.share, p.margin) for p in found.pairs] == [("x", 0.5, 0.0)]


def test_where_all_tie_or_nobody_judged_there_is_no_pair() -> None:
    for found in (judgments(*[["x=y"] * 3] * 3), [], judgments(*[["x>y"]] * 3, of="another")):
        [ruling] = settled(found)
        assert (ruling.case, ruling.pairs, ruling.decided_by) == ("k", (), ())
    assert settled([], case("k"), case("l"))[1].case == "l"


def test_weights_count_and_judges_are_counted_by_head() -> None:
    [found] = settled(judgments(*[["x>y", "y>x"]] * 4, weights=(1.0, 3.0)))
    [pair] = found.pairs
    assert (pair.first, pair.share, pair.margin, pair.judges) == ("y", 0.75, 0.5, 8)


def test_only_adopted_clauses_that_a_fifth_of_the_winners_name_decide() -> None:
    """Ten put x first: all name a, two name b, one names c; nine put y first, and name d."""
    named = [*["ab"] * 2, "ac", *["a"] * 7, *["d"] * 9]
    orders = ["x>y"] * 10 + ["y>x"] * 9
    found = judgments(orders, clauses=named)
    [every] = settled(found, adopted=["c-a", "c-b", "c-c", "c-d"])
    assert every.pairs[0].clauses == every.decided_by == ("c-a", "c-b")
    [some] = settled(found, adopted=["c-b", "c-d"])
    assert some.decided_by == ("c-b",)
    [none] = settled(found, adopted=["c-d"])
    assert (none.decided_by, none.pairs[0].first) == ((), "x")  # undecided, however clear the preference


def test_a_fifth_is_a_fifth_of_any_number() -> None:
    """Of five, ten, ... judges the fifth that is just reached: no rounding takes it away."""
    for judges in range(5, 300, 5):
        named = [("a" if m < judges // 5 else "") + ("b" if m < judges // 5 - 1 else "") for m in range(judges)]
        assert relied_on(judgments(["x>y"] * judges, clauses=named)) == ("c-a",)


def test_a_case_is_decided_by_what_any_of_its_pairs_rests_on() -> None:
    """x over y and z by a; y over z by all that those name who say so, of whom half are of another mind on x."""
    found = judgments(*[["x>y>z", "y>z>x", "x>y=z"]] * 3, clauses=["a", "b", "c"])
    [ruling] = settled(found, case("k", "xyz"), adopted=["c-a", "c-b"])
    assert ruling.decided_by == ("c-a", "c-b")
    assert {(p.first, p.second): p.clauses for p in ruling.pairs} == {
        ("x", "y"): ("c-a",), ("x", "z"): ("c-a",), ("y", "z"): ("c-a", "c-b"),
    }  # fmt: skip


def test_a_response_that_a_judgment_does_not_name_stands_after_all() -> None:
    [found] = judgments(["x"])
    assert (place(found, "x"), place(found, "y")) == (0, 1)
    assert apart(("y", "x"), [found]) == ([], [found])


def test_cases_of_other_questions_and_their_order_do_not_matter() -> None:
    mine, others = judgments(*[["x>y"]] * 3), judgments(*[["y>x"]] * 3, of="l")
    both = settled([*others, *mine], case("k"), case("l"))
    assert [r.case for r in both] == ["k", "l"]
    assert both[0] == settled(mine)[0]
    assert both[1].pairs[0].first == "y"


@given(st.lists(st.sampled_from(["x>y", "y>x", "x=y"]), min_size=1, max_size=9))
def test_shares_and_margins_by_hand(orders: list[str]) -> None:
    [found] = settled(judgments(*[[order] for order in orders]))
    yes, no = orders.count("x>y"), orders.count("y>x")
    if not yes + no:
        assert found.pairs == ()
        return
    [pair] = found.pairs
    most = max(yes, no)
    assert pair.first == ("x" if yes >= no else "y")
    assert math.isclose(pair.share, most / (yes + no), abs_tol=1e-6)
    assert math.isclose(pair.margin, (2 * most - yes - no) / (yes + no), abs_tol=1e-6)
    assert pair.interval[0] <= pair.interval[1]
    assert pair.margin >= 0
