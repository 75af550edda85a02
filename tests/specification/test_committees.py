from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from deliberation.specification.audit import ejr_plus, justified_representation
from deliberation.specification.committees import equal_shares, pav, pav_score, sequential_pav, sequential_phragmen

Rule = Callable[[np.ndarray, np.ndarray, int], list[int]]
RULES: list[Rule] = [pav, sequential_pav, equal_shares, sequential_phragmen]
IN_ORDER: list[Rule] = [sequential_pav, sequential_phragmen]
each_rule = pytest.mark.parametrize("rule", RULES)


class Profile(NamedTuple):
    approve: np.ndarray
    weights: np.ndarray


def profile(blocs: list[tuple[int, str]], names: str) -> Profile:
    """So many voters who approve of the columns of these names."""
    rows = [[name in approved for name in names] for number, approved in blocs for _ in range(number)]
    return Profile(np.array(rows), np.ones(len(rows)))


def named(chosen: list[int], names: str) -> str:
    return "".join(names[column] for column in chosen)


@st.composite
def profiles(draw: st.DrawFn) -> tuple[Profile, int]:
    n, m = draw(st.integers(1, 9)), draw(st.integers(1, 6))
    approve = draw(st.lists(st.lists(st.booleans(), min_size=m, max_size=m), min_size=n, max_size=n))
    weights = draw(st.lists(st.sampled_from([1.0, 2.0, 3.0]), min_size=n, max_size=n))
    return Profile(np.array(approve), np.array(weights)), draw(st.integers(1, min(m, 4)))


# Lackner and Skowron (2023), Multi-Winner Voting with Approval Preferences, examples 1 and 12
TWELVE = profile([(3, "ab"), (3, "ac"), (2, "ad"), (1, "bcf"), (1, "e"), (1, "f"), (1, "g")], "abcdefg")
EIGHT = profile([(3, "cd"), (2, "ab"), (2, "ac"), (1, "bd")], "abcd")


@each_rule
def test_parties_get_the_seats_that_dhondt_gives_them(rule: Rule) -> None:
    """60, 30 and 10 of 100 voters, 10 seats: 6, 3 and 1 (Brill, Laslier and Skowron 2018: apportionment)."""
    approve = np.repeat(np.repeat(np.eye(3, dtype=bool), 10, axis=1), [60, 30, 10], axis=0)
    chosen = rule(approve, np.ones(100), 10)
    assert np.bincount(np.array(chosen) // 10).tolist() == [6, 3, 1]


def test_the_books_twelve_voters_by_equal_shares() -> None:
    """Only a can be bought, for 1/8 each; b and c are tied for the second seat, and b is the earlier."""
    assert named(equal_shares(*TWELVE, 4), "abcdefg") == "abcd"


def test_the_books_eight_voters() -> None:
    assert named(equal_shares(*EIGHT, 3), "abcd") == "cad"
    assert named(sequential_phragmen(*EIGHT, 3), "abcd") == "cbd"


def test_a_seat_that_nobody_approves_anything_for_is_left_empty() -> None:
    approve = np.array([[True, False, True, False]] * 3)
    for rule in RULES:
        assert sorted(rule(approve, np.ones(3), 3)) == [0, 2]
        assert rule(np.zeros((3, 2), dtype=bool), np.ones(3), 2) == []
        assert rule(approve, np.zeros(3), 2) == []
        assert rule(np.zeros((0, 2), dtype=bool), np.zeros(0), 2) == []


@each_rule
def test_seats_that_there_cannot_be_are_an_error_that_names_them(rule: Rule) -> None:
    for seats in (0, -1, 8):
        with pytest.raises(ValueError, match=f"from 1 to the number of columns, 7, not {seats}"):
            rule(*TWELVE, seats)


@each_rule
def test_a_tie_falls_to_the_earlier_column(rule: Rule) -> None:
    """Weights that are no binary fractions: .1 + .2 and .3 are tied."""
    approve = np.array([[True, False], [True, False], [False, True]])
    assert rule(approve, np.array([0.1, 0.2, 0.3]), 1) == [0]
    assert rule(approve[:, ::-1], np.array([0.1, 0.2, 0.3]), 1) == [0]


@each_rule
def test_those_who_approve_nothing_have_their_share_of_the_seats(rule: Rule) -> None:
    """Two seats; nobody else is there to claim the second, so who is there gets both."""
    approve = np.array([[True, True, False]] * 2 + [[False, False, False]] * 2)
    assert sorted(rule(approve, np.ones(4), 2)) == [0, 1]


@settings(max_examples=60, deadline=None)
@given(profiles(), st.randoms())
def test_the_order_of_voters_does_not_matter(given_: tuple[Profile, int], chance: object) -> None:
    (approve, weights), seats = given_
    rows = list(range(len(weights)))
    chance.shuffle(rows)  # type: ignore[attr-defined]
    for rule in RULES:
        assert rule(approve[rows], weights[rows], seats) == rule(approve, weights, seats)


@settings(max_examples=60, deadline=None)
@given(profiles(), st.permutations(range(6)), st.integers(0, 2**32))
def test_names_of_columns_do_not_matter(given_: tuple[Profile, int], names: list[int], seed: int) -> None:
    """Ties aside: weights are drawn, and no two columns are alike."""
    (approve, _), seats = given_
    weights = np.random.Generator(np.random.Philox(key=seed)).uniform(1, 2, len(approve))
    assume(len(np.unique(approve, axis=1).T) == approve.shape[1])
    order = [place for place in names if place < approve.shape[1]]
    for rule in RULES:
        moved = [order[column] for column in rule(approve[:, order], weights, seats)]
        assert sorted(moved) == sorted(rule(approve, weights, seats))
        assert rule is pav or moved == rule(approve, weights, seats)


@settings(max_examples=60, deadline=None)
@given(profiles(), st.sampled_from([1.0, 0.1, 1 / 3]))
def test_a_voter_of_weight_w_is_w_voters_and_the_unit_does_not_matter(given_: tuple[Profile, int], unit: float) -> None:
    (approve, weights), seats = given_
    many = np.repeat(approve, weights.astype(int), axis=0)
    for rule in RULES:
        assert rule(approve, unit * weights, seats) == rule(many, np.ones(len(many)), seats)


@settings(max_examples=60, deadline=None)
@given(profiles())
def test_more_seats_only_add_columns_to_sequential_rules(given_: tuple[Profile, int]) -> None:
    (approve, weights), seats = given_
    for rule in IN_ORDER:
        more = rule(approve, weights, approve.shape[1])
        assert rule(approve, weights, seats) == more[:seats]


@settings(max_examples=60, deadline=None)
@given(profiles())
def test_exact_pav_is_the_first_of_the_best_that_brute_force_finds(given_: tuple[Profile, int]) -> None:
    (approve, weights), seats = given_
    approved = np.flatnonzero(approve.any(axis=0)).tolist()
    all_ = [list(c) for c in combinations(approved, min(seats, len(approved)))]
    scores = [pav_score(approve, weights, chosen) for chosen in all_]
    first = next(chosen for chosen, score in zip(all_, scores, strict=True) if score >= max(scores) - 1e-9)
    found = pav(approve, weights, seats)
    assert found == first
    assert max(scores) >= pav_score(approve, weights, sequential_pav(approve, weights, seats)) - 1e-9


def test_exact_pav_of_columns_that_are_all_alike_takes_the_first() -> None:
    assert pav(np.ones((5, 12), dtype=bool), np.ones(5), 4) == [0, 1, 2, 3]


def test_sequential_pav_is_not_exact_pav() -> None:
    """Greedy takes the column that most like and then cannot serve both halves of the rest."""
    two = profile([(3, "ab"), (3, "ac"), (2, "b"), (2, "c")], "abc")
    assert named(sequential_pav(*two, 2), "abc") == "ab"
    assert named(pav(*two, 2), "abc") == "bc"


@settings(max_examples=60, deadline=None)
@given(profiles())
def test_what_each_rule_promises_holds(given_: tuple[Profile, int]) -> None:
    """EJR+ by exact PAV and equal shares (Brill and Peters 2023); JR by all, sequential PAV up to five seats."""
    (approve, weights), seats = given_
    for rule in RULES:
        chosen = rule(approve, weights, seats)
        assert justified_representation(approve, weights, chosen, seats=seats) == []
        if rule in (pav, equal_shares):
            assert ejr_plus(approve, weights, chosen, seats=seats) == []


@settings(max_examples=100, deadline=None)
@given(profiles(), st.data())
def test_audits_find_what_brute_force_over_coalitions_finds(given_: tuple[Profile, int], data: st.DataObject) -> None:
    """The definitions, coalition by coalition."""
    (approve, weights), seats = given_
    columns = st.sets(st.integers(0, approve.shape[1] - 1), min_size=seats, max_size=seats)
    chosen = sorted(data.draw(columns))
    has = approve[:, chosen].sum(axis=1)
    voters = range(len(weights))
    worst: dict[int, int] = {}
    for size in voters:
        for group in map(list, combinations(voters, size + 1)):
            for level in range(1, seats + 1):
                if weights[group].sum() * seats >= level * weights.sum() - 1e-9 and (has[group] < level).all():
                    for column in np.flatnonzero(approve[group].all(axis=0)):
                        if column not in chosen:
                            worst[int(column)] = max(worst.get(int(column), 0), level)
    assert {v.clause: v.level for v in ejr_plus(approve, weights, chosen)} == worst
    unheard = justified_representation(approve, weights, chosen)
    assert {v.clause for v in unheard} <= set(worst)
    assert bool(unheard) == any(
        weights[approve[:, c] & (has == 0)].sum() * seats >= weights.sum() - 1e-9 and (approve[:, c] & (has == 0)).any()
        for c in range(approve.shape[1])
    )


def test_the_most_approved_columns_leave_out_the_minorities_and_the_audit_says_whom() -> None:
    """Aziz et al. (2017): approval voting fails JR. 60, 30 and 10 of 100, all 10 seats to the largest party."""
    approve = np.repeat(np.repeat(np.eye(3, dtype=bool), 10, axis=1), [60, 30, 10], axis=0)
    found = ejr_plus(approve, np.ones(100), list(range(10)))
    assert [v.clause for v in found] == list(range(10, 30))
    assert [(v.level, v.weight, v.quota) for v in found] == [(3, 30, 10)] * 10 + [(1, 10, 10)] * 10
    assert found[0].members.tolist() == list(range(60, 90))
    unheard = justified_representation(approve, np.ones(100), list(range(10)))
    assert [(v.clause, v.level, v.weight) for v in unheard[::10]] == [(10, 1, 30), (20, 1, 10)]


def test_a_committee_can_give_everybody_something_and_still_fail_ejr_plus() -> None:
    """Four of six deserve two of three seats and have one each."""
    approve = profile([(4, "abx"), (2, "yz")], "abxyz").approve
    chosen = [2, 3, 4]
    assert justified_representation(approve, np.ones(6), chosen) == []
    [a, b] = ejr_plus(approve, np.ones(6), chosen)
    assert (a.clause, a.level, a.weight, a.quota, a.members.tolist()) == (0, 2, 4, 2, [0, 1, 2, 3])
    assert b.clause == 1


def test_an_audit_of_no_seats_or_too_few_is_an_error() -> None:
    approve, weights = TWELVE
    for chosen, seats in (([], None), ([0, 1], 1)):
        with pytest.raises(ValueError, match="columns were chosen for"):
            ejr_plus(approve, weights, chosen, seats=seats)


def test_ten_thousand_ballots_of_few_kinds_cost_no_more_than_the_kinds() -> None:
    """Exact PAV of pooled votes that repeat: 12 kinds."""
    twelve = np.repeat(TWELVE.approve, 1000, axis=0)
    assert pav(twelve, np.ones(len(twelve)), 4) == pav(*TWELVE, 4)
