from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliberation.assembly.rules import beatpaths, pairwise, schulze
from deliberation.specification.orders import borda, condorcet_winner, ranked_pairs, schulze_winners

Profile = tuple[list[list[list[str]]], list[float]]
RULES: list[Callable[..., list[str]]] = [schulze, ranked_pairs, borda]
each_rule = pytest.mark.parametrize("rule", RULES)
orders = st.lists(st.permutations(list("ABCD")), min_size=1, max_size=9)

# Schulze (2011), the example of 45 voters and five alternatives
FORTY_FIVE = [
    (5, "ACBED"), (5, "ADECB"), (8, "BEDAC"), (3, "CABED"), (7, "CAEBD"), (2, "CBADE"), (7, "DCEBA"), (8, "EBADC"),
]  # fmt: skip
# Memphis, Nashville, Chattanooga, Knoxville: the capital of Tennessee, in per cent of voters
TENNESSEE = [(42, "MNCK"), (26, "NCKM"), (15, "CKNM"), (17, "KCNM")]


def profile(blocs: list[tuple[int, str]]) -> Profile:
    return [[[name] for name in order] for _, order in blocs], [float(number) for number, _ in blocs]


def strict(found: list[list[str]]) -> Profile:
    return [[[name] for name in order] for order in found], [1.0] * len(found)


def renamed(rankings: list[list[list[str]]], names: dict[str, str]) -> list[list[list[str]]]:
    return [[[names[name] for name in tied] for tied in ranking] for ranking in rankings]


def test_rules_differ_on_schulzes_forty_five_voters() -> None:
    """Paths of 25 from E to A and 24 back: E by beatpaths; ranked pairs locks what leads to A (both in Schulze 2011)."""
    rankings, weights = profile(FORTY_FIVE)
    strength = beatpaths(pairwise(rankings, list("ABCDE"), weights))
    assert (strength[4, 0], strength[0, 4]) == (25, 24)
    assert schulze(rankings, list("ABCDE"), weights) == list("EACBD")
    assert schulze_winners(rankings, list("ABCDE"), weights) == ["E"]
    assert ranked_pairs(rankings, list("ABCDE"), weights)[0] == "A"
    assert condorcet_winner(rankings, list("ABCDE"), weights) is None


def test_the_capital_of_tennessee() -> None:
    """Nashville beats each; Borda points of N, C, M, K: 194, 173, 126, 107."""
    rankings, weights = profile(TENNESSEE)
    assert condorcet_winner(rankings, list("MNCK"), weights) == "N"
    assert schulze(rankings, list("MNCK"), weights) == list("NCKM")
    assert ranked_pairs(rankings, list("MNCK"), weights) == list("NCKM")
    assert borda(rankings, list("MNCK"), weights) == list("NCMK")
    assert pairwise(rankings, list("MNCK"), weights).sum(axis=1).tolist() == [126, 194, 173, 107]


def test_ranked_pairs_drops_the_weakest_link_of_a_circle() -> None:
    """A over B by 7, B over C by 6, C over A by 5."""
    rankings, weights = profile([(4, "ABC"), (3, "CAB"), (2, "BCA")])
    assert ranked_pairs(rankings, list("CBA"), weights) == list("ABC")


@each_rule
def test_a_tie_falls_to_the_order_of_the_options(rule: Callable[..., list[str]]) -> None:
    """Also where weights are no binary fractions, so that .1 + .2 and .3 differ in their last digit."""
    rankings = [[["A"], ["B"]], [["A"], ["B"]], [["B"], ["A"]]]
    for options in ("AB", "BA"):
        assert rule(rankings, list(options), [0.1, 0.2, 0.3]) == list(options)
        assert set(schulze_winners(rankings, list(options), [0.1, 0.2, 0.3])) == {"A", "B"}


def test_equal_links_of_a_circle_are_locked_in_the_order_of_the_options() -> None:
    """Each option beats the next by 2 to 1: of A-B, B-C, C-A the first two in order are locked."""
    rankings, weights = profile([(1, "ABC"), (1, "BCA"), (1, "CAB")])
    assert ranked_pairs(rankings, list("ABC"), weights) == list("ABC")
    assert ranked_pairs(rankings, list("BCA"), weights) == list("BCA")
    assert schulze_winners(rankings, list("BCA"), weights) == list("BCA")


def test_options_tied_by_a_member_share_places_and_those_left_out_come_last() -> None:
    """A, B tied above C: 1.5, 1.5, 0. Two members who put C first and leave out the others: 2 each, and .5."""
    rankings = [[["A", "B"], ["C"]], [["C"]], [["C"]]]
    assert borda(rankings, list("ABC"), [1, 1, 1]) == list("CAB")
    assert borda(rankings, list("ABC"), [4, 1, 1]) == list("ABC")
    tied = [[["A", "B"], ["C"]], [["C"], ["A", "B"]]]
    assert borda(tied, list("CBA"), [1, 1]) == list("CBA")


@each_rule
def test_nobody_voting_leaves_the_order_of_the_options(rule: Callable[..., list[str]]) -> None:
    assert rule([], list("BAC"), []) == list("BAC")
    assert schulze_winners([], list("BAC"), []) == list("BAC")
    assert condorcet_winner([], ["A"], []) == "A"
    assert condorcet_winner([], list("AB"), []) is None


@given(orders)
def test_who_beats_every_other_comes_first_by_two_of_the_three(found: list[list[str]]) -> None:
    """The Condorcet criterion; Borda's count fails it, but never puts such an option last."""
    rankings, weights = strict(found)
    winner = condorcet_winner(rankings, list("ABCD"), weights)
    if winner is not None:
        assert schulze(rankings, list("ABCD"), weights)[0] == winner
        assert ranked_pairs(rankings, list("ABCD"), weights)[0] == winner
        assert schulze_winners(rankings, list("ABCD"), weights) == [winner]
        assert borda(rankings, list("ABCD"), weights)[-1] != winner


@given(orders, st.randoms(), st.permutations(list("ABCD")))
def test_neither_the_order_of_members_nor_names_matter(found: list[list[str]], chance: object, to: list[str]) -> None:
    rankings, weights = strict(found)
    names = dict(zip("ABCD", to, strict=True))
    options = [names[name] for name in "ABCD"]
    mixed = list(rankings)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    for rule in (*RULES, schulze_winners):
        before = rule(rankings, list("ABCD"), weights)
        assert rule(mixed, list("ABCD"), weights) == before
        assert rule(renamed(rankings, names), options, weights) == [names[name] for name in before]


@given(orders, st.lists(st.integers(1, 3), min_size=9, max_size=9), st.sampled_from([1.0, 0.1, 1 / 3]))
def test_a_member_of_weight_w_is_w_members(found: list[list[str]], numbers: list[int], unit: float) -> None:
    weighted, weights = strict(found)[0], [unit * number for number in numbers[: len(found)]]
    many, ones = strict([order for order, number in zip(found, numbers, strict=False) for _ in range(number)])
    for rule in (*RULES, schulze_winners):
        assert rule(weighted, list("ABCD"), weights) == rule(many, list("ABCD"), ones)


@given(orders, st.sampled_from("ABCD"), st.data())
def test_moving_up_in_a_ranking_never_harms(found: list[list[str]], name: str, data: st.DataObject) -> None:
    """Monotonicity: by Borda nobody that stood below comes above; by Schulze and ranked pairs who was first stays so."""
    member = data.draw(st.integers(0, len(found) - 1))
    place = found[member].index(name)
    better = [list(order) for order in found]
    better[member].insert(data.draw(st.integers(0, place)), better[member].pop(place))
    before, after = strict(found), strict(better)
    options = list("ABCD")
    assert borda(*_with(after, options)).index(name) <= borda(*_with(before, options)).index(name)
    if name in schulze_winners(*_with(before, options)):
        assert name in schulze_winners(*_with(after, options))
    if ranked_pairs(*_with(before, options))[0] == name:
        assert ranked_pairs(*_with(after, options))[0] == name


def _with(cast: Profile, options: list[str]) -> tuple[list[list[list[str]]], list[str], list[float]]:
    return cast[0], options, cast[1]


@given(orders, orders)
def test_an_order_is_one_of_all_options_and_its_first_is_a_potential_winner(
    found: list[list[str]], others: list[list[str]]
) -> None:
    rankings, weights = strict(found + others)
    for rule in RULES:
        assert sorted(rule(rankings, list("ABCD"), weights)) == list("ABCD")
    winners = schulze_winners(rankings, list("ABCD"), weights)
    assert schulze(rankings, list("ABCD"), weights)[0] in winners


def test_pairs_are_counted_as_they_stand() -> None:
    prefer = pairwise([[["A"], ["B", "C"]], [["C"]]], list("ABC"), [2.0, 3.0])
    assert np.array_equal(prefer, [[0, 2, 2], [0, 0, 0], [3, 3, 0]])
