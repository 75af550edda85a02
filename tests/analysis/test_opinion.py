"""Change of opinion: on cases worked by hand, on limits that are known, and on properties that hold for any ratings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from deliberation.analysis import opinion
from deliberation.analysis.measures import Array
from deliberation.randomness import stream

NAN = float("nan")
RATINGS = arrays(np.float64, st.tuples(st.integers(4, 12), st.just(2)), elements=st.integers(1, 7).map(float))


def column(*values: float) -> Array:
    return np.array(values, dtype=np.float64)[:, None]


def polls(rows: list[tuple[str, str, int, bool, int]], **more: Any) -> pd.DataFrame:
    """One position of one question: assembly, member, poll, last, rating."""
    frame = pd.DataFrame(rows, columns=["assembly", "member", "poll", "last", "rating"])
    return frame.assign(run="run-1", question="q-x", position="p", **more)


def test_changes_that_cancel_out_are_gross_and_not_net() -> None:
    before, after = column(1, 3, 5, 7), column(3, 1, 7, 5)
    assert opinion.net_change(before, after)[0] == 0
    assert opinion.gross_change(before, after)[0] == 2
    assert opinion.gross_change(before, after, axis=1).tolist() == [2, 2, 2, 2]


def test_whoever_lacks_an_answer_counts_as_missing_and_not_as_unchanged() -> None:
    before, after = column(1, 4, NAN, 2), column(3, NAN, 5, 2)
    assert opinion.net_change(before, after)[0] == 1  # of two people
    assert opinion.gross_change(before, after, axis=1)[0] == 2
    assert np.isnan(opinion.gross_change(before, after, axis=1)[[1, 2]]).all()
    assert np.isnan(opinion.net_change(column(NAN), column(1))[0])
    assert opinion.shift(before, after, ["a", "a", "b", "b"]).people.tolist() == [2]


def test_switchers_cross_the_middle_and_do_not_stop_on_it() -> None:
    before, after = column(1, 7, 1, 4, 3), column(7, 1, 4, 1, NAN)
    assert opinion.switched(before, after, middle=4)[0] == 0.5  # two of the four who answered twice


def test_with_equal_groups_the_error_is_that_of_the_groups_means() -> None:
    draw = stream(3, "opinion")
    before, after = draw.random((40, 3)), draw.random((40, 3))
    group = np.repeat(np.arange(8), 5)
    means = np.stack([(after - before)[group == g].mean(axis=0) for g in range(8)])
    found = opinion.shift(before, after, group.tolist())
    assert found.error == pytest.approx(means.std(axis=0, ddof=1) / np.sqrt(8))
    low, high = found.interval(0.9)
    assert (high - low) / 2 == pytest.approx(1.894579 * found.error)  # t with 7 degrees of freedom, table
    assert found.clusters.tolist() == [8, 8, 8]


def test_people_who_move_together_make_change_less_sure_than_people_who_move_apart() -> None:
    change = column(*([0.3] * 5 + [0.0] * 5))
    before = np.zeros((10, 1))
    together = opinion.shift(before, change, ["a"] * 5 + ["b"] * 5)
    apart = opinion.shift(before, change, [str(i) for i in range(10)])
    assert together.error[0] > 2 * apart.error[0]


def test_one_assembly_alone_gives_no_error() -> None:
    found = opinion.shift(column(1, 2), column(2, 4), ["a", "a"])
    assert found.net[0] == 1.5
    assert np.isnan(found.error[0])
    assert np.isnan(found.interval()).all()


def test_homogenisation_is_the_fall_of_spread_and_polarisation_the_way_outwards() -> None:
    before = column(1, 3, 5, 5)
    after = column(2, 2, 5, 7)
    assert opinion.homogenisation(before, after, ["a", "a", "b", "b"])[:, 0] == pytest.approx([2**0.5, -(2**0.5)])
    # group a stays at 2, below the middle; group b moves from 5 to 6, away from 4
    assert opinion.polarisation(before, after, ["a", "a", "b", "b"], middle=4)[:, 0].tolist() == [0, 1]
    assert opinion.polarisation(before, after, ["a", "a", "b", "b"], middle=8)[1, 0] == -1


def test_two_camps_are_more_polarised_than_one_and_than_an_even_spread() -> None:
    camps, one, even = [1.0] * 7 + [7.0] * 7, [4.0] * 14, [1.0, 2, 3, 4, 5, 6, 7] * 2
    assert opinion.esteban_ray(camps, width=6) == pytest.approx(1)
    assert opinion.esteban_ray(one, width=6) == 0
    assert 0 < opinion.esteban_ray(even, width=6) < 0.5
    levels = range(1, 8)
    agreed = [opinion.level_agreement(x, levels=levels) for x in (camps, even, one)]
    assert agreed == pytest.approx([-1, 0, 1])
    assert opinion.bimodality(camps) > 5 / 9 > opinion.bimodality(stream(1, "bell").standard_normal(4000))


def test_esteban_and_rays_index_of_three_people_is_the_one_worked_by_hand() -> None:
    # shares 2/3 at 0 and 1/3 at 1, alpha 1: 4 (4/9 * 1/3 + 1/9 * 2/3) = 8/9
    assert opinion.esteban_ray([0, 0, 1], width=1) == pytest.approx(8 / 9)
    # alpha .5: 2^1.5 ((2/3)^1.5 / 3 + (1/3)^1.5 * 2/3)
    wanted = 2**1.5 * ((2 / 3) ** 1.5 / 3 + (1 / 3) ** 1.5 * 2 / 3)
    assert opinion.esteban_ray([0, 0, 1, NAN], width=1, alpha=0.5) == pytest.approx(wanted)
    assert np.isnan(opinion.esteban_ray([NAN], width=1))
    for alpha in (0, 1.7):
        with pytest.raises(ValueError, match="alpha"):
            opinion.esteban_ray([0, 1], width=1, alpha=alpha)
    with pytest.raises(ValueError, match="width 0"):
        opinion.esteban_ray([0, 1], width=0)


def test_a_uniform_distribution_has_the_bimodality_of_five_ninths() -> None:
    assert opinion.bimodality(np.linspace(0, 1, 20001)) == pytest.approx(5 / 9, abs=1e-3)
    assert np.isnan(opinion.bimodality([1, 1, 1, 1, 1]))
    assert np.isnan(opinion.bimodality([1, 2, 3]))


def test_the_share_between_groups_is_that_of_the_analysis_of_variance() -> None:
    values = column(1, 3, 5, 7)
    # means 2 and 6 around 4: between 4 * 2^2 = 16, within 4 * 1 = 4
    assert opinion.between_share(values, ["a", "a", "b", "b"])[0] == pytest.approx(16 / 20)
    assert opinion.between_share(values, ["a", "b", "b", "a"])[0] == 0
    assert np.isnan(opinion.between_share(column(2, 2), ["a", "b"])[0])


@given(RATINGS)
def test_what_is_turned_round_is_as_polarised_as_before(ratings: Array) -> None:
    turned = 8 - ratings
    group = ["a", "b"] * 6
    for one, other in zip(ratings.T, turned.T, strict=True):
        assert opinion.esteban_ray(one, width=6) == pytest.approx(opinion.esteban_ray(other, width=6))
        assert opinion.bimodality(one) == pytest.approx(opinion.bimodality(other), nan_ok=True)
    assert opinion.between_share(ratings, group[: len(ratings)]) == pytest.approx(
        opinion.between_share(turned, group[: len(ratings)]), nan_ok=True
    )


@given(RATINGS, st.integers(0, 5))
def test_gross_change_is_never_less_than_net_change_and_the_order_of_people_is_nothing(
    ratings: Array, seed: int
) -> None:
    draw = stream(seed, "after")
    after = draw.permutation(ratings)
    group = ["a", "b", "c"] * 4
    net, gross = opinion.net_change(ratings, after), opinion.gross_change(ratings, after)
    assert (gross >= np.abs(net) - 1e-12).all()
    order = draw.permutation(len(ratings))
    one = opinion.shift(ratings, after, group[: len(ratings)])
    other = opinion.shift(ratings[order], after[order], [group[i] for i in order])
    assert one.net == pytest.approx(other.net, abs=1e-12)
    assert one.error == pytest.approx(other.error, abs=1e-12)


def test_a_frame_of_polls_gives_first_and_last_of_those_polled_twice() -> None:
    frame = polls(
        [
            ("a-1", "p-1", 0, False, 1), ("a-1", "p-1", 1, False, 7), ("a-1", "p-1", 2, True, 4),
            ("a-1", "p-2", 0, False, 4), ("a-1", "p-2", 1, True, 4),
            ("a-2", "p-3", 0, False, 7), ("a-2", "p-3", 1, True, 1),
            ("a-2", "p-4", 0, True, 7),
        ]
    )  # fmt: skip
    (row,) = opinion.opinion_change(frame).to_dict("records")
    assert (row["n"], row["asked"], row["assemblies"]) == (3, 4, 2)
    assert row["first"] == pytest.approx(0.5)  # 1, 4 and 7; who was polled once is not among them
    assert row["last"] == pytest.approx((0.5 + 0.5 + 0.0) / 3)
    assert row["net"] == pytest.approx(row["last"] - row["first"])
    assert row["gross"] == pytest.approx((0.5 + 0 + 1) / 3)
    assert row["switched"] == pytest.approx(1 / 3)
    assert row["sd_first"] == pytest.approx(0.5)
    assert row["net_low"] < row["net"] < row["net_high"]


def test_without_a_second_poll_change_is_null_and_never_nothing() -> None:
    frame = polls([("a-1", f"p-{i}", 0, True, 1 + i) for i in range(5)])
    row = opinion.opinion_change(frame).iloc[0]
    assert row["first"] == pytest.approx(2 / 6)
    assert row["sd_first"] > 0
    assert (row["n"], row["asked"], row["assemblies"]) == (0, 5, 0)
    later = [name for name in row.index if name.startswith(("last", "net")) or name.endswith("_last")]
    assert row[[*later, "gross", "switched"]].isna().all()


def test_by_group_each_group_has_its_own_row_and_those_of_no_group_have_none() -> None:
    rows = [("a-1", f"p-{i}", poll, bool(poll), 1 + i + poll * (i % 2)) for i in range(5) for poll in range(2)]
    frame = polls(rows, group=[g for g in ("even", "odd", "even", "odd", None) for _ in range(2)])
    found = opinion.opinion_change(frame, by="group").set_index("group")
    assert found.index.tolist() == ["even", "odd"]
    assert found["net"].tolist() == pytest.approx([0, 1 / 6])
    assert found["n"].tolist() == [2, 2]


def test_rows_of_several_runs_and_positions_keep_their_order_and_columns() -> None:
    one = polls([("a-1", "p-1", 0, False, 2), ("a-1", "p-1", 1, True, 3)])
    frame = pd.concat([one.assign(run="run-2"), one.assign(position="o"), one], ignore_index=True)
    found = opinion.opinion_change(frame)
    assert found[["run", "position"]].to_numpy().tolist() == [["run-2", "p"], ["run-1", "o"], ["run-1", "p"]]
    assert list(opinion.opinion_change(frame.iloc[:0]).columns) == list(found.columns)
    with pytest.raises(ValueError, match="'group'"):
        opinion.opinion_change(frame, by="group")


def test_whoever_lacks_an_answer_is_no_part_of_consensus() -> None:
    alike = np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [1.0, 2.0, np.nan]])
    assert opinion.consensus(alike) == pytest.approx(1)
    assert np.isnan(opinion.consensus(alike[1:]))


def test_groups_may_be_named_by_run_and_assembly() -> None:
    before, after = np.zeros((4, 1)), np.array([[0.0], [1.0], [2.0], [3.0]])
    named = opinion.shift(before, after, [("r", 1), ("r", 1), ("s", 1), ("s", 1)])
    assert named.error == opinion.shift(before, after, ["a", "a", "b", "b"]).error
    assert named.clusters == [2]


@pytest.mark.parametrize(("labels", "told"), [(["a", "b"], "2 labels of groups for 4"), (["a", None] * 2, "no order")])
def test_groups_that_are_not_known_of_everybody_are_refused(labels: list[str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        opinion.shift(np.zeros((4, 1)), np.ones((4, 1)), labels)
