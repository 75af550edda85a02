from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliberation.assembly.rules import bridging, most_spoken_for, schulze, share_of

# Schulze (2011), the example of 45 voters and five alternatives: E beats A beats C beats B beats D.
FORTY_FIVE = [
    (5, "ACBED"), (5, "ADECB"), (8, "BEDAC"), (3, "CABED"), (7, "CAEBD"), (2, "CBADE"), (7, "DCEBA"), (8, "EBADC"),
]  # fmt: skip


def profile(blocs: list[tuple[int, str]]) -> tuple[list[list[list[str]]], list[float]]:
    rankings = [[[name] for name in order] for number, order in blocs for _ in range(number)]
    return rankings, [1.0] * len(rankings)


def test_schulze_orders_the_forty_five_voters_as_he_does() -> None:
    rankings, weights = profile(FORTY_FIVE)
    assert schulze(rankings, list("ABCDE"), weights) == list("EACBD")


def test_weights_count_as_that_many_voters() -> None:
    rankings = [[[name] for name in order] for _, order in FORTY_FIVE]
    assert schulze(rankings, list("ABCDE"), [float(n) for n, _ in FORTY_FIVE]) == list("EACBD")


def test_a_tie_falls_to_the_order_in_which_options_come() -> None:
    rankings, weights = profile([(1, "AB"), (1, "BA")])
    assert schulze(rankings, ["B", "A"], weights) == ["B", "A"]
    assert schulze(rankings, ["A", "B"], weights) == ["A", "B"]


@given(st.lists(st.permutations(list("ABCD")), min_size=1, max_size=9))
def test_who_beats_every_other_comes_first(orders: list[list[str]]) -> None:
    """The Condorcet criterion."""
    rankings = [[[name] for name in order] for order in orders]
    found = schulze(rankings, list("ABCD"), [1.0] * len(orders))
    for one in "ABCD":
        beats = all(
            sum(o.index(one) < o.index(other) for o in orders) * 2 > len(orders) for other in "ABCD" if other != one
        )
        if beats:
            assert found[0] == one


@given(st.lists(st.permutations(list("ABCD")), min_size=1, max_size=9))
def test_names_do_not_matter(orders: list[list[str]]) -> None:
    """Neutrality, ties aside: renaming the options renames the result."""
    other = dict(zip("ABCD", "DCBA", strict=True))
    one = schulze([[[n] for n in o] for o in orders], list("ABCD"), [1.0] * len(orders))
    two = schulze([[[other[n]] for n in o] for o in orders], [other[n] for n in "ABCD"], [1.0] * len(orders))
    assert two == [other[n] for n in one]


def test_bridging_prefers_what_both_groups_like_to_what_one_loves() -> None:
    votes = [("loved", "g1", True, 1.0)] * 10 + [("loved", "g2", False, 1.0)] * 10
    votes += [("liked", "g1", True, 1.0)] * 7 + [("liked", "g1", False, 1.0)] * 3
    votes += [("liked", "g2", True, 1.0)] * 7 + [("liked", "g2", False, 1.0)] * 3
    assert bridging(votes, ["loved", "liked"]) == ["liked", "loved"]


def test_what_nobody_voted_on_is_taken_to_be_near_one_half() -> None:
    votes = [("bad", "g", False, 1.0)] * 5 + [("good", "g", True, 1.0)] * 5
    assert bridging(votes, ["bad", "unseen", "good"]) == ["good", "unseen", "bad"]


def test_a_place_on_a_slate_speaks_for_its_share() -> None:
    assert [share_of(n, 5) for n in (10, 11, 12, 3)] == [2, 3, 3, 1]


def test_a_small_group_that_loves_something_outweighs_a_large_one_that_is_lukewarm() -> None:
    """n = 6 and k = 3: two members are a share; they give 7, everybody gives the other 5."""
    ratings = {
        "theirs": {"a": 7, "b": 7, "c": 1, "d": 1, "e": 1, "f": 1},
        "ours": dict.fromkeys("abcdef", 5),
    }
    luck = {member: float(place) for place, member in enumerate("abcdef")}
    best, friends = most_spoken_for(ratings, ["ours", "theirs"], share=2, luck=luck)
    assert (best, friends) == ("theirs", ["a", "b"])
    best, friends = most_spoken_for(
        {o: {m: r for m, r in given.items() if m not in friends} for o, given in ratings.items()},
        ["ours", "theirs"], share=2, luck=luck,
    )  # fmt: skip
    assert (best, friends) == ("ours", ["c", "d"])


@pytest.mark.parametrize("share", [1, 3])
def test_ties_among_friends_fall_to_luck(share: int) -> None:
    luck = {"a": 2.0, "b": 0.0, "c": 1.0}
    _, friends = most_spoken_for({"x": dict.fromkeys("abc", 4)}, ["x"], share=share, luck=luck)
    assert friends == ["b", "c", "a"][:share]
