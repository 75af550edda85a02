"""Measures of talk: textbook values, and what each is there to notice."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from handtalk import joined, panels, polls, question, turn, turns, witness
from hypothesis import given
from hypothesis import strategies as st

from deliberation.analysis import estimates, talk, uptake
from deliberation.errors import DataError
from deliberation.randomness import stream

TWO = {"ann": "red", "bob": "blue"}
MAP = {"cost": [1.0, -1.0], "trust": [-0.5, 0.5], "habit": [0.2, -0.2], "law": [0.0, 0.0]}


def test_one_who_speaks_alone_is_as_unequal_as_can_be() -> None:
    said = turns(*[turn("ann", text="one two three") for _ in range(3)])
    [found] = talk.equality(said, panels({**TWO, "cleo": None, "dan": None})).to_dict("records")
    assert found["gini_turns"] == pytest.approx(3 / 4)
    assert found["gini_words"] == pytest.approx(3 / 4)
    assert found["entropy_words"] == 0
    assert found["silent"] == 3 / 4


def test_turns_may_be_equal_where_words_are_not() -> None:
    said = turns(turn("ann", text="a b c"), turn("bob", text="a"))
    [found] = talk.equality(said, panels(TWO)).to_dict("records")
    assert found["gini_turns"] == 0
    assert found["entropy_turns"] == pytest.approx(1)
    assert found["gini_words"] == pytest.approx(0.25)  # 1 and 3: sum |x_i - x_j| / (2 n^2 mean) = 4 / 16
    assert found["entropy_words"] == pytest.approx(-(0.25 * np.log2(0.25) + 0.75 * np.log2(0.75)))


def test_what_is_said_to_the_clerk_or_to_oneself_is_no_turn() -> None:
    said = turns(turn("ann"), turn("bob", purpose="minority"), turn("bob", purpose="reflection"), witness())
    found = talk.participation(said, panels(TWO)).set_index("member")
    assert found["turns"].to_dict() == {"ann": 1, "bob": 0}


def test_where_nobody_speaks_equality_is_null_and_not_0() -> None:
    summary = talk.talk_summary(turns(witness()), panels(TWO)).set_index("measure")
    for measure in ("gini_words", "entropy_turns", "silent", "arguments", "uptake"):
        assert summary["value"].isna()[measure]
        assert summary.loc[measure, "n"] == 0


def test_a_group_with_half_the_seats_and_three_quarters_of_the_words_has_a_ratio_of_one_and_a_half() -> None:
    said = turns(turn("ann", text="a b c"), turn("bob", text="a"))
    found = talk.shares(said, panels(TWO)).set_index("group")
    assert found.loc["red", "words_ratio"] == pytest.approx(1.5)
    assert found.loc["blue", "words_ratio"] == pytest.approx(0.5)
    assert found["turns_ratio"].tolist() == [1, 1]


def test_seats_of_no_known_group_count_among_all() -> None:
    said = turns(turn("ann", text="a b"), turn("bob", text="a b"))
    found = talk.shares(said, panels({**TWO, "cleo": None, "dan": None}))
    assert found["seats"].tolist() == [0.25, 0.25]
    assert found["group"].tolist() == ["blue", "red"]


def test_a_repertoire_counts_distinct_reasons_for_ones_own_side_and_for_the_other() -> None:
    held = polls({"ann": [{"go": 7, "stay": 1}]})
    said = turns(
        turn("ann", [("cost", 1), ("cost", 1)]), turn("ann", [("trust", -1)]), turn("ann", [("habit", -1), ("law", 1)])
    )
    [found] = talk.repertoire(said, held, question(MAP)).to_dict("records")
    assert (found["arguments"], found["perspectives"], found["turns"]) == (4, 4, 3)
    assert (found["own"], found["other"]) == (2, 1)  # the law speaks for neither


def test_sides_of_who_was_not_polled_are_null() -> None:
    [found] = talk.repertoire(turns(turn("bob", [("cost", 1)])), polls({}), question(MAP)).to_dict("records")
    assert np.isnan(found["own"])
    assert found["arguments"] == 1


def test_turns_on_another_question_are_refused_by_name() -> None:
    with pytest.raises(DataError, match="q-y"):
        talk.talk_summary(turns(turn("ann", question="q-y")), panels(TWO), question=question(MAP))


def test_four_arguments_equally_common_are_an_effective_number_of_four() -> None:
    said = turns(*[turn("ann", [(name, 1)]) for name in MAP])
    [found] = talk.diversity(said, question=question(MAP)).to_dict("records")
    assert found["hill_1"] == pytest.approx(4)
    assert found["hill_2"] == pytest.approx(4)
    assert found["coverage"] == 1


def test_the_same_argument_for_and_against_is_one_argument_and_two_perspectives() -> None:
    [found] = talk.diversity(turns(turn("ann", [("cost", 1)]), turn("bob", [("cost", -1)]))).to_dict("records")
    assert (found["arguments"], found["perspectives"]) == (1, 2)
    assert np.isnan(found["coverage"])


def test_points_that_nobody_noted_are_no_lack_of_diversity() -> None:
    assert talk.diversity(turns(turn("ann"), turn("bob"))).empty


def test_rarefaction_is_the_mean_over_all_ways_to_draw_turns() -> None:
    from itertools import combinations

    speeches = [{"a", "b"}, {"a"}, {"c"}, {"a", "d"}]
    present = [sum(name in s for s in speeches) for name in "abcd"]
    for m in range(1, 5):
        drawn = [len(set().union(*some)) for some in combinations(speeches, m)]
        assert talk.rarefied(present, 4, m) == pytest.approx(np.mean(drawn))
    assert np.isnan(talk.rarefied(present, 4, 5))
    # half of very many turns miss an argument of two turns once in four times
    assert talk.rarefied([2], 100_000, 50_000) == pytest.approx(0.75, abs=1e-4)


@given(st.lists(st.lists(st.sampled_from("abcde"), min_size=1, max_size=3), min_size=1, max_size=8))
def test_the_curve_rises_to_all_that_was_said(speeches: list[list[str]]) -> None:
    said = turns(*[turn("ann", [(name, 1) for name in names]) for names in speeches])
    curve = talk.rarefaction(said)["arguments"].to_numpy()
    assert curve[-1] == pytest.approx(len({name for names in speeches for name in names}))
    assert (np.diff(curve) >= -1e-9).all()
    assert (np.diff(curve, 2) <= 1e-9).all()  # ever fewer are new


def test_assemblies_are_compared_at_the_turns_of_the_shortest() -> None:
    long = [turn("ann", [(name, 1)], assembly="a-2") for name in MAP]
    found = talk.diversity(turns(turn("ann", [("cost", 1)]), *long))
    assert found["rarefied"].tolist() == [1, 1]


def test_an_argument_that_another_voices_later_is_taken_up() -> None:
    said = turns(
        witness([("cost", 1)]), turn("ann", [("cost", 1), ("law", 1)]), turn("ann", [("law", 1)]),
        turn("bob", [("cost", -1)], table="table-2"), turn("bob", [("habit", 1)]),
    )  # fmt: skip
    found = uptake.introductions(said, panels(TWO)).set_index("consideration")
    assert found["voiced"].to_dict() == {"cost": True, "law": False, "habit": False}
    assert found["witness"].to_dict() == {"cost": True, "law": False, "habit": False}
    assert found.loc["cost", "group"] == "red"
    assert found.loc["cost", "adopters"] == 1


def test_who_was_at_another_table_did_not_hear_it() -> None:
    apart = turns(turn("ann", [("cost", 1)]), turn("bob", [("cost", 1)], table="table-2"))
    together = turns(turn("ann", [("cost", 1)]), turn("bob", [("cost", 1)]))
    assert uptake.introductions(apart, panels(TWO))["heard"].tolist() == [False]
    assert uptake.introductions(together, panels(TWO))["heard"].tolist() == [True]
    seat = pd.DataFrame(
        [("run-1", "a-1", "tables", 1, "table-1", "bob")],
        columns=["run", "assembly", "phase", "round", "table", "member"],
    )
    assert uptake.introductions(apart, panels(TWO), seated=seat)["heard"].tolist() == [True]


def test_a_reply_to_where_it_was_voiced_cites_it() -> None:
    said = turns(turn("ann", [("cost", 1)]), turn("bob", [("law", 1)], refs=("e-a-1-100", "x-exhibit")))
    found = uptake.introductions(said, panels(TWO)).set_index("consideration")
    assert found["cited"].to_dict() == {"cost": True, "law": False}
    assert found["voiced"].to_dict() == {"cost": False, "law": False}


def overheard(*, fair: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Thirty assemblies of six: blue repeats what red says, and nobody what blue says; or anybody what anybody says."""
    said, seats = [], []
    for number in range(30):
        assembly, draw = f"a-{number}", stream(3, "overheard", number)
        people = {f"p{k}": "red" if k < 3 else "blue" for k in range(6)}
        seats.append(panels(people, assembly=assembly))
        for k in range(6):
            said.append(turn(f"p{k}", [(f"c{k}", 1)], assembly=assembly))
            if draw.random() < 0.5 if fair else k < 3:
                said.append(turn(f"p{(k + 1) % 6}", [(f"c{k}", 1)], assembly=assembly))
    return turns(*said), joined(*seats)


def test_a_group_that_is_not_listened_to_stands_out_from_exchangeable_speakers() -> None:
    found = uptake.uptake(*overheard(fair=False), permutations=199).set_index("group")
    assert found["rate"].to_dict() == {"blue": 0, "red": 1}
    assert found["introduced"].to_dict() == {"blue": 90, "red": 90}
    assert found["expected"].to_numpy() == pytest.approx(0.5, abs=0.02)
    assert found["p"].tolist() == [1 / 200, 1 / 200]
    assert found.loc["red", "ratio"] == pytest.approx(2, abs=0.1)


def test_speakers_who_are_listened_to_alike_do_not() -> None:
    found = uptake.uptake(*overheard(fair=True), permutations=199)
    assert (found["p"] > 0.05).all()
    assert (found["low"] < found["expected"]).all()
    assert (found["expected"] < found["high"]).all()


def test_an_unknown_kind_of_uptake_is_refused() -> None:
    with pytest.raises(ValueError, match="applauded"):
        uptake.uptake(*overheard(fair=True), measure="applauded")


def test_a_ratio_is_pooled_and_its_interval_is_of_assemblies() -> None:
    found = estimates.ratio([1, 3], [2, 4])
    assert found.value == pytest.approx(4 / 6)
    error = np.sqrt(2 / 1 * ((1 - 2 * 4 / 6) ** 2 + (3 - 4 * 4 / 6) ** 2)) / 6
    assert found.high is not None
    assert found.high - 4 / 6 == pytest.approx(6.313752 * error)  # t, .95, 1 degree of freedom
    assert found.n == 2


def test_the_interval_of_a_mean_is_students() -> None:
    from scipy import stats

    values = [0.2, 0.5, 0.9, 0.4]
    found = estimates.mean(values)
    wanted = stats.t.interval(0.9, 3, loc=np.mean(values), scale=stats.sem(values))
    assert (found.low, found.high) == pytest.approx(wanted)


def test_one_assembly_or_several_alike_leave_the_interval_open() -> None:
    assert estimates.mean([0.4]).low is None
    assert estimates.ratio([0, 0], [5, 7]) == estimates.Estimate(value=0, low=None, high=None, n=2)
    assert estimates.mean([float("nan")]) == estimates.NOTHING


def test_a_slope_within_people_is_not_moved_by_differences_between_them() -> None:
    x, y = [0, 1, 2, 10, 11, 12], [5, 6.1, 6.9, -20, -19, -18]
    found = estimates.slope(x, y, ["a"] * 3 + ["b"] * 3, ["one"] * 3 + ["two"] * 3)
    assert found.value == pytest.approx((1.9 + 2) / 4)
    assert found.n == 2
    assert estimates.slope([1, 1], [0, 1], ["a", "a"], ["one", "one"]) == estimates.NOTHING


def test_assemblies_in_which_x_does_not_vary_make_a_slope_no_surer() -> None:
    x, y, who, room = [0, 1, 0, 1, 0, 1], [0, 1, 0, 2, 0, 4], list("aabbcc"), list("112233")
    found = estimates.slope(x, y, who, room)
    idle = [f"idle {k}" for k in range(20)]
    assert estimates.slope([*x, *[7] * 20], [*y, *range(20)], [*who, *idle], [*room, *idle]) == found
