"""Simulated against human change: each class where it is planted, what intervals cannot tell, and real people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliberation.analysis.calibration import CLASSES, by_lot, classify, summary
from deliberation.analysis.humans import one_room
from deliberation.analysis.opinion import Shift, shift
from deliberation.analysis.parties import mean_party_gap, party_gap
from deliberation.analysis.synthetic_items import synthetic_items
from deliberation.errors import ConfigError, DataError
from deliberation.randomness import stream
from deliberation.settings import Settings

NAN = float("nan")


def moved(*net: float, error: float = 0.01, clusters: int = 41) -> Shift:
    """Change by item, all equally sure: with 40 degrees of freedom an interval reaches 1.684 errors to either side."""
    size = np.full(len(net), clusters)
    return Shift(np.array(net), np.full(len(net), error), size, 10 * size)


def classes(human: Shift, simulated: Shift, margin: float = 0.05) -> list[str]:
    names = [str(i) for i in range(len(human.net))]
    return classify(human, simulated, items=names, margin=margin)["class"].tolist()


@pytest.mark.parametrize(
    ("human", "simulated", "wanted"),
    [
        (0.10, 0.11, "match"),
        (0.01, -0.01, "match"),  # both next to nothing, in whatever direction
        (0.10, 0.25, "overshoot"),
        (0.00, 0.20, "overshoot"),  # people stayed and the simulated moved
        (-0.10, -0.25, "overshoot"),
        (0.25, 0.15, "undershoot"),
        (-0.25, -0.15, "undershoot"),
        (0.10, -0.10, "reversal"),
        (-0.03, 0.04, "overshoot"),  # people as good as stayed
        (-0.08, 0.08, "reversal"),
        (0.15, 0.00, "rigidity"),
        (-0.15, 0.02, "rigidity"),
        (0.10, 0.14, "undecided"),  # differs surely, but by no more than the margin
        (0.05, 0.09, "undecided"),
    ],
)
def test_each_class_is_found_where_it_is_planted(human: float, simulated: float, wanted: str) -> None:
    assert classes(moved(human), moved(simulated)) == [wanted]


def test_what_intervals_cannot_tell_is_undecided() -> None:
    assert classes(moved(0.1, error=0.2), moved(-0.1)) == ["undecided"]
    assert classes(moved(0.1, 0.1, error=NAN), moved(0.1, -0.3)) == ["undecided"] * 2
    assert classes(moved(NAN), moved(0.1)) == ["undecided"]


def test_the_interval_of_the_difference_is_welchs() -> None:
    human, simulated = moved(0.1, error=0.03, clusters=5), moved(0.3, error=0.04, clusters=9)
    row = classify(human, simulated, items=["x"]).iloc[0]
    # freedom (.0009 + .0016)^2 / (.0009^2 / 4 + .0016^2 / 8) = 11.96; t.95 = 1.7828
    assert row["difference"] == pytest.approx(0.2)
    assert row["difference_high"] == pytest.approx(0.2 + 1.7828 * 0.05, abs=1e-4)
    assert row["human_low"] == pytest.approx(0.1 - 2.1318 * 0.03, abs=1e-5)


@given(st.lists(st.tuples(st.floats(-0.4, 0.4), st.floats(-0.4, 0.4), st.floats(1e-4, 0.1)), min_size=1, max_size=6))
def test_a_scale_turned_round_changes_no_class(items: list[tuple[float, float, float]]) -> None:
    human, simulated, error = (np.array(part) for part in zip(*items, strict=True))
    size = np.full(len(items), 20)
    one = classes(Shift(human, error, size, size), Shift(simulated, error, size, size))
    other = classes(Shift(-human, error, size, size), Shift(-simulated, error, size, size))
    assert one == other
    assert set(one) <= set(CLASSES)


@given(st.floats(-0.4, 0.4), st.floats(1e-4, 0.1))
def test_the_same_change_is_a_match_or_undecided_and_never_a_failure(change: float, error: float) -> None:
    assert classes(moved(change, error=error), moved(change, error=error))[0] in {"match", "undecided"}


def test_a_summary_counts_every_class_and_says_whether_a_match_could_be_found() -> None:
    human, simulated = moved(0.1, 0.1, 0.2, -0.1), moved(0.1, -0.1, 0.0, -0.3)
    found = summary(classify(human, simulated, items=list("abcd")))
    assert found.counts == {"match": 1, "overshoot": 1, "undershoot": 0, "reversal": 1, "rigidity": 1, "undecided": 0}
    assert found.human == pytest.approx(0.125)
    assert found.simulated == pytest.approx(0.125)
    assert found.signs_alike == pytest.approx(2 / 3)  # of the three on which both moved
    assert found.correlation == pytest.approx(np.corrcoef(human.net, simulated.net)[0, 1])
    assert found.could_match == 1
    few = classify(moved(0.1, error=0.05), moved(0.1, error=0.05), items=["a"])
    assert summary(few).could_match == 0


def test_an_item_that_nobody_answered_leaves_the_others_their_figures() -> None:
    change, nobody = np.array([0.1, 0.3, np.nan]), np.array([9, 9, 0])
    one = Shift(change, np.array([0.01, 0.01, np.nan]), nobody, nobody)
    found = summary(classify(one, one, items=["a", "b", "c"]))
    assert (found.items, found.counts["undecided"]) == (3, 1)
    assert (found.human, found.simulated, found.correlation) == pytest.approx((0.2, 0.2, 1.0))


def test_a_true_matching_stands_out_from_matchings_by_lot() -> None:
    truth = stream(1, "truth").normal(0, 0.15, 30)
    human, simulated = moved(*truth), moved(*truth)
    lot = by_lot(human, simulated, seed=1, matchings=50)
    assert summary(classify(human, simulated, items=[str(i) for i in range(30)])).counts["match"] == 30
    assert lot.counts["match"] < 12
    assert lot.counts["reversal"] > 5
    assert sum(lot.counts.values()) == pytest.approx(30)
    assert lot.as_high == pytest.approx(1 / 51)


def test_items_that_do_not_fit_or_no_margin_are_refused() -> None:
    with pytest.raises(DataError, match="1 items, 2 human and 2 simulated"):
        classify(moved(0.1, 0.2), moved(0.1, 0.2), items=["a"])
    with pytest.raises(DataError, match="margin 0"):
        classify(moved(0.1), moved(0.1), items=["a"], margin=0)
    with pytest.raises(DataError, match="matchings 0"):
        by_lot(moved(0.1), moved(0.1), seed=1, matchings=0)


def test_a_gap_between_parties_is_that_of_their_means_and_narrows_when_they_meet() -> None:
    before = np.array([[0.2], [0.4], [0.8], [1.0], [0.5]])
    after = np.array([[0.4], [0.4], [0.6], [0.8], [0.0]])
    party = ["D", "D", "R", "R", "I"]
    row = party_gap(before, after, party, ["a", "b", "a", "b", "a"], items=["x"], pair=("D", "R")).iloc[0]
    assert row["first"] == pytest.approx(0.3 - 0.9)
    assert row["last"] == pytest.approx(0.4 - 0.7)
    assert row["narrowing"] == pytest.approx(0.3)
    assert (row["one"], row["other"]) == (2, 2)
    # influences: D .1 and -.1 (half of the change from its mean), R 0 and 0; by group .05 and -.05, sqrt(2 * .005)
    assert row["narrowing_se"] == pytest.approx(np.sqrt(2 * (0.05**2 + 0.05**2)))
    turned = party_gap(1 - before, 1 - after, party, ["a", "b", "a", "b", "a"], items=["x"], pair=("D", "R")).iloc[0]
    assert turned["narrowing"] == pytest.approx(0.3)


def test_one_who_answered_once_is_in_neither_gap() -> None:
    before, after = np.array([[0.0], [0.4], [1.0]]), np.array([[0.0], [NAN], [1.0]])
    row = party_gap(before, after, ["D", "D", "R"], ["a", "b", "c"], items=["x"], pair=("D", "R")).iloc[0]
    assert row["first"] == -1
    assert row["one"] == 1


def test_all_items_together_are_surer_than_one_and_their_mean() -> None:
    draw = stream(4, "gap")
    party = ["D", "R"] * 40
    side = np.where(np.array(party) == "D", 1.0, -1.0)[:, None]
    before = 0.5 + 0.2 * side + 0.1 * draw.standard_normal((80, 12))
    after = 0.5 + 0.1 * side + 0.1 * draw.standard_normal((80, 12))
    group, items = np.repeat(np.arange(10), 8).tolist(), [str(i) for i in range(12)]
    table = party_gap(before, after, party, group, items=items, pair=("D", "R"))
    found = mean_party_gap(before, after, party, group, items=items, pair=("D", "R"))
    assert found.narrowing == pytest.approx(table["narrowing"].mean())
    assert found.low < 0.2 < found.high
    assert found.error < table["narrowing_se"].mean() / 2
    assert found.narrowed == found.surely == 1
    assert mean_party_gap(before, before, party, group, items=items, pair=("D", "R")).narrowing == 0


def test_a_party_of_nobody_or_arrays_that_do_not_fit_are_refused() -> None:
    answers = np.zeros((2, 1))
    with pytest.raises(DataError, match="party 'Green': nobody"):
        party_gap(answers, answers, ["D", "R"], ["a", "b"], items=["x"], pair=("D", "Green"))
    with pytest.raises(DataError, match="1 parties"):
        party_gap(answers, answers, ["D"], ["a", "b"], items=["x"])


def test_simulated_people_answer_every_item_twice_and_the_same_way_each_time() -> None:
    settings = Settings.bundled(assemblies=3, members=4, procedure="talk_only")
    texts = {"Q1": "Should the state build more ferries?", "Q2": "Should the state sell its ferries?"}
    found, again = (synthetic_items(texts, settings) for _ in range(2))
    assert found.items == ("Q1", "Q2")
    assert found.before.shape == found.after.shape == (12, 2)
    assert found.group.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert all(found.segment)
    assert (found.before != found.after).any()
    assert np.array_equal(found.after, again.after)
    alone = synthetic_items({"Q2": texts["Q2"]}, settings)
    assert np.array_equal(alone.after[:, 0], found.after[:, 1])  # items know nothing of each other
    assert not np.array_equal(found.before[:, 0], found.before[:, 1])


def test_items_or_procedures_that_allow_no_change_are_refused() -> None:
    settings = Settings.bundled(assemblies=2, members=4, procedure="plain_poll")
    texts = {"Q1": "Should the state build more ferries?", "Q2": "should the state build more ferries"}
    with pytest.raises(ConfigError, match="1 polls"):
        synthetic_items(texts, settings)
    with pytest.raises(DataError, match="another has the same wording"):
        synthetic_items(texts)
    with pytest.raises(DataError, match="position 'favour': one of decline"):
        synthetic_items({"Q1": texts["Q1"]}, position="favour")
    with pytest.raises(DataError, match="no item"):
        synthetic_items({})


def test_the_parties_of_one_room_came_nearer_on_most_items(shared: Path) -> None:
    room = one_room(shared / "america_in_one_room" / "cleaned_dataset.csv")
    found = mean_party_gap(room.before, room.after, room.party, room.group.tolist(), items=room.items)
    assert (found.first, found.last) == pytest.approx((0.300, 0.232), abs=0.001)
    assert 0.05 < found.low < found.high < 0.09
    assert found.narrowed == 0.875


def test_half_the_groups_of_one_room_seldom_fail_the_other_half(shared: Path) -> None:
    """Real people held against real people: what is called wrong here is so by chance, and no direction is reversed."""
    room = one_room(shared / "america_in_one_room" / "cleaned_dataset.csv")
    draw, wrong = stream(7, "halves"), []
    for _ in range(10):
        half = np.isin(room.group, draw.permutation(np.unique(room.group))[:20])
        one, other = (shift(room.before[h], room.after[h], room.group[h].tolist()) for h in (half, ~half))
        found = summary(classify(one, other, items=room.items))
        assert found.counts["reversal"] == 0
        assert found.correlation is not None
        assert found.correlation > 0.8
        wrong.append(sum(found.counts[name] for name in ("overshoot", "undershoot", "rigidity")) / found.items)
    assert np.mean(wrong) < 0.1
