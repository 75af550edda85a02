from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deliberation.specification.bridging import bridging
from deliberation.specification.votes import (
    Votes,
    by_assembly,
    by_group,
    consensus_less,
    group_aware,
    median_ratings,
    shares,
    tallies,
)

MARKS = {"+": 1, "-": -1, "0": 0, "?": -2}


@dataclasses.dataclass(frozen=True)
class Cast:
    """One string a voter, one sign a clause."""

    rows: Sequence[str]
    weights: Sequence[float] = ()
    groups: Sequence[int] = ()
    assemblies: Sequence[int] = ()
    ratings: Sequence[Sequence[int]] = ()

    def votes(self) -> Votes:
        n = len(self.rows)
        marks = np.array([[MARKS[sign] for sign in row] for row in self.rows], dtype=np.int8)
        groups = np.array(self.groups or [-1] * n, dtype=np.int64)
        return Votes(
            marks, np.array(self.weights or [1.0] * n), groups,
            tuple(f"g{number}" for number in range(int(groups.max(initial=-1)) + 1)),
            np.array(self.assemblies or [0] * n, dtype=np.int64),
            np.array(self.ratings, dtype=np.int8) if len(self.ratings) else np.zeros_like(marks),
        )  # fmt: skip


@st.composite
def casts(draw: st.DrawFn) -> Votes:
    n, m = draw(st.integers(1, 9)), draw(st.integers(1, 4))

    def each(values: st.SearchStrategy[object]) -> list[object]:
        return draw(st.lists(values, min_size=n, max_size=n))

    return Cast(
        rows=["".join(r) for r in each(st.lists(st.sampled_from("+-0?"), min_size=m, max_size=m))],  # type: ignore[arg-type]
        weights=each(st.sampled_from([1.0, 2.0, 3.0])),  # type: ignore[arg-type]
        groups=each(st.integers(-1, 2)),  # type: ignore[arg-type]
        assemblies=each(st.integers(0, 2)),  # type: ignore[arg-type]
        ratings=each(st.lists(st.integers(0, 7), min_size=m, max_size=m)),  # type: ignore[arg-type]
    ).votes()


def rows_of(votes: Votes, rows: np.ndarray) -> Votes:
    return votes._replace(
        marks=votes.marks[rows], weights=votes.weights[rows], groups=votes.groups[rows],
        assemblies=votes.assemblies[rows], ratings=votes.ratings[rows],
    )  # fmt: skip


def verdicts(votes: Votes) -> list[np.ndarray]:
    """What all rules here say of each clause."""
    forms = [group_aware(votes, form) for form in ("product", "geometric", "minimum")]
    parts = [shares(votes, below) for below in ("decided", "voted", "seated")]
    return [*tallies(votes), *parts, *forms, consensus_less(votes, 1), median_ratings(votes)]


def same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return all(a == pytest.approx(b, rel=1e-9, nan_ok=True) for a, b in zip(one, other, strict=True))


def test_the_three_denominators() -> None:
    votes = Cast(["+", "+", "+", "-", "0", "?", "?", "?"]).votes()
    assert [float(c[0]) for c in tallies(votes)] == [3, 1, 1, 3]
    assert shares(votes, "decided") == pytest.approx(3 / 4)
    assert shares(votes, "voted") == pytest.approx(3 / 5)
    assert shares(votes, "seated") == pytest.approx(3 / 8)


def test_a_share_of_nobody_is_no_number() -> None:
    votes = Cast(["0?", "0?"]).votes()
    assert np.isnan(shares(votes, "decided")).all()
    assert shares(votes, "voted")[0] == 0
    assert np.isnan(shares(votes, "voted")[1])
    assert (shares(votes, "seated") == 0).all()


def test_a_mark_that_means_nothing_is_an_error_that_names_it() -> None:
    votes = Cast(["+"]).votes()
    with pytest.raises(ValueError, match="not 5"):
        tallies(votes._replace(marks=np.array([[5]], dtype=np.int8)))


def test_group_aware_consensus_by_hand() -> None:
    """Small et al. (2021): (1 + A) / (2 + N). Group 0: 3 of 4 with a pass, 4/6; group 1: 1 of 2, 2/4."""
    votes = Cast(["+", "+", "+", "0", "+", "-", "+"], groups=[0, 0, 0, 0, 1, 1, -1]).votes()
    assert group_aware(votes, "product") == pytest.approx(4 / 6 * 2 / 4)
    assert group_aware(votes, "geometric") == pytest.approx((4 / 6 * 2 / 4) ** 0.5)
    assert group_aware(votes, "minimum") == pytest.approx(2 / 4)
    found = by_group(votes)
    assert (found.support.ravel().tolist(), found.decided.ravel().tolist(), found.voted.ravel().tolist()) == (
        [3, 1], [3, 2], [4, 2],
    )  # fmt: skip


def test_without_groups_all_are_one() -> None:
    votes = Cast(["+", "+", "-"]).votes()
    for form in ("product", "geometric", "minimum"):
        assert group_aware(votes, form) == pytest.approx(3 / 5)


def test_a_group_that_nobody_is_in_is_none_and_one_that_saw_nothing_is_at_one_half() -> None:
    votes = Cast(["+", "?"], groups=[0, 2]).votes()
    assert votes.group_names == ("g0", "g1", "g2")
    assert group_aware(votes, "product") == pytest.approx(2 / 3 * 1 / 2)


def test_the_product_shrinks_with_the_number_of_groups_and_the_geometric_mean_does_not() -> None:
    """Groups of 8 of 10, so that each is at 9/12."""
    for groups in (2, 5):
        votes = Cast(["+"] * 8 * groups + ["-"] * 2 * groups, groups=list(range(groups)) * 10).votes()
        assert group_aware(votes, "product") == pytest.approx(0.75**groups)
        assert group_aware(votes, "geometric") == pytest.approx(0.75)


def test_equal_weights_are_worth_themselves_and_unequal_ones_less() -> None:
    """Kish (1965)."""
    rows, places = ["+", "+", "-", "0", "+"], [0, 0, 0, 0, 1]
    for weight in (1.0, 0.1, 3.0):
        found = by_assembly(Cast(rows, weights=[weight] * 5, assemblies=places).votes())
        assert found.support.ravel().tolist() == [2, 1]
        assert found.decided.ravel().tolist() == [3, 1]
    found = by_assembly(Cast(rows, weights=[4, 1, 1, 9, 2], assemblies=places).votes())
    assert found.decided.ravel() == pytest.approx([36 / 18, 1], abs=1e-9)
    assert found.support.ravel() == pytest.approx([36 / 18 * 5 / 6, 1], abs=1e-9)


def test_an_assembly_in_which_nobody_decided_is_worth_nothing() -> None:
    found = by_assembly(Cast(["+", "0"], assemblies=[0, 2]).votes())
    assert found.decided.ravel().tolist() == [1, 0, 0]


def test_consensus_less_one_lets_one_member_stand_aside_in_each_assembly() -> None:
    rows = ["+++?", "++0?", "+--?", "+--?", "+++?", "0-+?"]
    votes = Cast(rows, assemblies=[0, 0, 0, 1, 1, 1]).votes()
    # against, by assembly: first clause 0 and 0, second 1 and 2, third 1 and 1
    assert consensus_less(votes, 0)[:3].tolist() == [1, 0, 0]
    assert consensus_less(votes, 1)[:3].tolist() == [1, 0.5, 1]
    assert consensus_less(votes, 2)[:3].tolist() == [1, 1, 1]
    assert np.isnan(consensus_less(votes, 1)[3])


def test_consensus_needs_a_supporter_and_asks_only_assemblies_that_voted() -> None:
    votes = Cast(["0+", "0?", "?+"], assemblies=[0, 1, 2]).votes()
    assert consensus_less(votes, 1).tolist() == [0, 1]


def test_a_member_counts_by_weight_over_the_mean_of_their_assembly() -> None:
    equal = Cast(["+", "+", "-"], weights=[0.1] * 3).votes()
    assert consensus_less(equal, 1) == 1
    heavy = Cast(["+", "+", "-"], weights=[1, 1, 4]).votes()  # twice the mean
    assert consensus_less(heavy, 1) == 0
    assert consensus_less(heavy, 2) == 1


def test_the_median_rating_is_the_lower_one_and_weighted() -> None:
    """Majority grades of Balinski and Laraki (2007)."""
    votes = Cast(["+++"] * 4, ratings=[[3, 0, 2], [5, 0, 0], [6, 0, 7], [7, 0, 0]]).votes()
    assert median_ratings(votes).tolist() == pytest.approx([5, np.nan, 2], nan_ok=True)
    assert median_ratings(votes._replace(weights=np.array([4.0, 1, 1, 1])))[0] == 3


@settings(max_examples=60, deadline=None)
@given(casts(), st.randoms())
def test_neither_the_order_of_voters_nor_of_clauses_matters(votes: Votes, chance: object) -> None:
    rows, columns = list(range(len(votes.weights))), list(range(votes.marks.shape[1]))
    chance.shuffle(rows)  # type: ignore[attr-defined]
    chance.shuffle(columns)  # type: ignore[attr-defined]
    assert same(verdicts(rows_of(votes, np.array(rows))), verdicts(votes))
    moved = votes._replace(marks=votes.marks[:, columns], ratings=votes.ratings[:, columns])
    assert same(verdicts(moved), [each[columns] for each in verdicts(votes)])


@settings(max_examples=60, deadline=None)
@given(casts())
def test_a_voter_of_weight_w_is_w_voters(votes: Votes) -> None:
    """But for consensus less k, whose heads are heads, and for votes' worth."""
    many = rows_of(votes, np.repeat(np.arange(len(votes.weights)), votes.weights.astype(int)))
    many = many._replace(weights=np.ones(len(many.weights)))
    one, other = verdicts(votes), verdicts(many)
    assert same([*one[:-2], one[-1]], [*other[:-2], other[-1]])


@settings(max_examples=60, deadline=None)
@given(casts())
def test_more_support_never_harms(votes: Votes) -> None:
    better = votes._replace(marks=votes.marks.copy())
    better.marks[0] = np.where(votes.marks[0] == -2, -2, 1)
    for below in ("decided", "voted", "seated"):
        one, other = shares(votes, below), shares(better, below)
        assert (np.isnan(one) | (other >= one - 1e-12)).all()
    for form in ("product", "geometric", "minimum"):
        assert (group_aware(better, form) >= group_aware(votes, form) - 1e-12).all()


def planted(voters: int, seed: int) -> Votes:
    """Two sides; four kinds of three clauses: all like it, nobody does, the one side does, the other does."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    likes = np.repeat(np.array([[0.9, 0.1, 0.9, 0.1], [0.9, 0.1, 0.1, 0.9]]), 3, axis=1)
    side = np.arange(voters) % 2
    marks = np.where(draw.random((voters, 12)) < likes[side], 1, -1).astype(np.int8)
    marks[draw.random((voters, 12)) < 0.3] = -2
    nobody = np.full(voters, -1, dtype=np.int64)
    return Votes(marks, np.ones(voters), nobody, (), np.zeros(voters, dtype=np.int64), np.zeros_like(marks))


def test_bridging_tells_what_both_sides_like_from_what_one_side_does() -> None:
    fit = bridging(planted(600, 1))
    bridge, disliked, partisan = fit.clauses[:3], fit.clauses[3:6], fit.clauses[6:]
    assert bridge.min() > partisan.max() + 0.2
    assert partisan.min() > disliked.max() + 0.2
    assert np.abs(fit.clause_factors[:6]).max() < 0.1
    assert np.abs(fit.clause_factors[6:]).min() > 0.5
    assert np.sign(fit.clause_factors[6:]).tolist() in ([1] * 3 + [-1] * 3, [-1] * 3 + [1] * 3)
    assert fit.rounds < 500


def penalised(votes: Votes, fit: tuple[float, np.ndarray, np.ndarray, np.ndarray, np.ndarray]) -> float:
    mean, h, g, f, e = fit
    seen = votes.marks != -2
    error = (votes.marks + 1) / 2 - (mean + h[:, None] + g + f[:, None] * e)
    each = error**2 + 0.15 * (mean**2 + h[:, None] ** 2 + g**2) + 0.03 * (f[:, None] ** 2 + e**2)
    return float((votes.weights[:, None] * each)[seen].sum())


def test_bridging_ends_where_no_single_number_can_be_bettered() -> None:
    """The formula, written out a second time: moving any parameter either way costs more."""
    votes = planted(40, 2)
    fit = bridging(votes)
    found = (fit.mean, fit.voters, fit.clauses, fit.voter_factors, fit.clause_factors)
    least = penalised(votes, found)
    for part in range(1, 5):
        for place in range(len(found[part])):  # type: ignore[arg-type]
            for step in (-1e-3, 1e-3):
                moved = [np.array(each) for each in found]
                moved[part][place] += step
                assert penalised(votes, tuple(moved)) > least  # type: ignore[arg-type]
    assert penalised(votes, (fit.mean + 1e-3, *found[1:])) > least < penalised(votes, (fit.mean - 1e-3, *found[1:]))


def test_bridging_takes_a_voter_of_weight_two_for_two_and_no_notice_of_the_order() -> None:
    votes = planted(60, 3)
    heavy = votes._replace(weights=np.where(np.arange(60) < 20, 2.0, 1.0))
    twice = rows_of(votes, np.r_[np.arange(60), np.arange(20)])
    mixed = rows_of(heavy, np.arange(60)[::-1])
    for other in (twice, mixed):
        assert bridging(other).clauses == pytest.approx(bridging(heavy).clauses, abs=1e-5)
        assert bridging(other).clause_factors == pytest.approx(bridging(heavy).clause_factors, abs=1e-5)
    turned = bridging(heavy._replace(marks=heavy.marks[:, ::-1]))
    assert turned.clauses[::-1] == pytest.approx(bridging(heavy).clauses, abs=1e-5)


def test_bridging_says_nothing_of_what_nobody_saw_nor_of_who_saw_nothing() -> None:
    fit = bridging(Cast(["+?-", "-?+", "???"]).votes())
    assert np.isnan(fit.clauses).tolist() == [False, True, False]
    assert np.isnan(fit.voters).tolist() == [False, False, True]
    same_all = bridging(Cast(["++", "++"]).votes())
    assert same_all.clause_factors.tolist() == [0, 0]
