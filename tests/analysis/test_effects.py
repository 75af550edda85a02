"""Estimates and tests of arms: against scipy, against examples worked by hand, and by simulating small studies."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from deliberation.analysis.effects import (
    Difference,
    bootstrap,
    d_z,
    difference_here,
    difference_over_questions,
    hedges_correction,
    hedges_g,
    holm,
)
from deliberation.analysis.measures import Array
from deliberation.randomness import stream

STUDIES = 400
BEFORE = np.array([0.4, 0.5, 0.3, 0.6, 0.5])
AFTER = np.array([0.5, 0.7, 0.3, 0.7, 0.8])


class Study(NamedTuple):
    arm: list[Array]
    control: list[Array]


def study(number: int, *, effect: float, unlike: float, questions: int = 5, assemblies: int = 12) -> Study:
    """Pairs of assemblies on some questions; `unlike`: how far the effect differs from question to question."""
    draw = stream(number, "study")
    arm, control = [], []
    for _ in range(questions):
        own = draw.normal(0.5, 0.2) + draw.normal(0.0, 0.1, assemblies)  # what a question and a panel have in common
        moved = effect + draw.normal(0.0, unlike)
        control.append(own + draw.normal(0.0, 0.05, assemblies))
        arm.append(own + moved + draw.normal(0.0, 0.05, assemblies))
    return Study(arm, control)


def within_error(share: float, of: float) -> bool:
    """Whether a share of `STUDIES` is what it should be, to three standard errors."""
    return bool(abs(share - of) < 3.0 * np.sqrt(of * (1.0 - of) / STUDIES))


def test_one_question_of_pairs_is_the_paired_t_test() -> None:
    found, told = difference_here([AFTER], [BEFORE], paired=True), stats.ttest_rel(AFTER, BEFORE)
    assert found.value == pytest.approx(0.14)
    assert found.p() == pytest.approx(told.pvalue)
    assert found.interval(0.95) == pytest.approx(tuple(told.confidence_interval(0.95)))


def test_one_question_without_pairs_is_welchs_test() -> None:
    other = np.array([0.2, 0.9, 0.4])
    found, told = difference_here([AFTER], [other], paired=False), stats.ttest_ind(AFTER, other, equal_var=False)
    assert found.p() == pytest.approx(told.pvalue)
    assert found.df == pytest.approx(told.df)


def test_over_questions_each_question_is_one_observation() -> None:
    one = study(1, effect=0.1, unlike=0.05)
    found = difference_over_questions(one.arm, one.control)
    means = [x.mean() - y.mean() for x, y in zip(one.arm, one.control, strict=True)]
    assert found.df == 4
    assert found.p() == pytest.approx(stats.ttest_1samp(means, 0.0).pvalue)


def test_a_question_with_more_assemblies_counts_no_more_than_another() -> None:
    arm, control = [np.full(40, 0.2), np.array([0.6])], [np.zeros(40), np.zeros(1)]
    assert difference_over_questions(arm, control).value == pytest.approx(0.4)


@pytest.mark.parametrize("values", [[0.5, 0.5, 0.5], [0.7]])
def test_what_does_not_vary_or_stands_alone_is_not_judged(values: list[float]) -> None:
    found = difference_here([np.array(values)], [np.zeros(len(values))], paired=True)
    assert not found.known
    assert np.isnan(found.p())
    assert np.isnan(found.p_outside(0.1))


def test_what_arithmetic_leaves_over_is_no_finding() -> None:
    found = difference_over_questions([np.array([0.1 + 0.2]), np.array([0.3])], [np.zeros(1), np.zeros(1)])
    assert not found.known


def test_intervals_over_questions_cover_what_holds_over_questions() -> None:
    held = []
    for number in range(STUDIES):
        one = study(number, effect=0.05, unlike=0.1)
        low, high = difference_over_questions(one.arm, one.control).interval(0.95)
        held.append(low <= 0.05 <= high)
    assert within_error(float(np.mean(held)), 0.95)


def test_what_holds_for_these_questions_is_claimed_of_others_too_often() -> None:
    found = []
    for number in range(STUDIES):
        one = study(number, effect=0.0, unlike=0.1)
        here = difference_here(one.arm, one.control, paired=True)
        over = difference_over_questions(one.arm, one.control)
        found.append((here.p() < 0.05, over.p() < 0.05))
    here_, over_ = np.mean(found, axis=0)
    assert here_ > 0.4
    assert within_error(float(over_), 0.05)


@pytest.mark.parametrize("paired", [True, False])
def test_arms_that_do_the_same_are_told_apart_in_one_of_twenty_studies(*, paired: bool) -> None:
    found = []
    for number in range(STUDIES):
        one, other = (study(n, effect=0.0, unlike=0.0, questions=1) for n in (number, number + STUDIES))
        control = one.control if paired else [other.control[0] - other.control[0].mean() + one.arm[0].mean()]
        if not paired:  # fresh assemblies on the same question
            draw = stream(number, "fresh")
            one = Study([draw.normal(0.5, 0.1, 12)], one.control)
            control = [draw.normal(0.5, 0.2, 20)]
        found.append(difference_here(one.arm, control, paired=paired).p() < 0.05)
    assert within_error(float(np.mean(found)), 0.05)


def test_a_difference_at_the_bound_is_called_the_same_in_one_of_twenty_studies_at_most() -> None:
    found = []
    for number in range(STUDIES):
        one = study(number, effect=0.03, unlike=0.0)
        found.append(difference_here(one.arm, one.control, paired=True).p_outside(0.03) < 0.05)
    assert within_error(float(np.mean(found)), 0.05)


@given(value=st.floats(-0.2, 0.2), error=st.floats(0.001, 0.2), df=st.integers(1, 60), bound=st.floats(0.01, 0.3))
def test_sameness_is_shown_just_where_the_narrower_interval_lies_within_bounds(
    value: float, error: float, df: int, bound: float
) -> None:
    found = Difference(value, error, float(df))
    low, high = found.interval(0.90)
    if min(abs(high - bound), abs(low + bound)) > 1e-9:
        assert (found.p_outside(bound) < 0.05) == (-bound < low and high < bound)


def test_the_bootstrap_agrees_with_the_t_interval_where_questions_are_many() -> None:
    one = study(3, effect=0.1, unlike=0.1, questions=60)
    low, high = bootstrap(one.arm, one.control, paired=True, draw=stream(0, "boot"), times=2000)
    told = difference_over_questions(one.arm, one.control).interval(0.95)
    assert (low, high) == pytest.approx(told, abs=0.01)


def test_a_question_drawn_twice_by_the_bootstrap_has_its_assemblies_drawn_twice() -> None:
    # questions that do not differ: the mean over both has half the variance of one question's mean, 1 / 4 s^2 / n
    arm = [np.tile([0.0, 1.0], 20)] * 2
    low, high = bootstrap(arm, [np.zeros(40)] * 2, paired=True, draw=stream(0, "boot"), level=0.9, times=20_000)
    assert (high - low) / 2 == pytest.approx(1.645 * np.sqrt(0.25 / 40 / 2), rel=0.06)


def test_effect_sizes_are_as_worked_by_hand() -> None:
    # differences .1 .2 0 .1 .3: mean .14, SD .1140; SDs of the arms .2 and .1140
    assert d_z([AFTER], [BEFORE]) == pytest.approx(0.14 / 0.1140175, rel=1e-5)
    average = (np.sqrt(0.04) + np.sqrt(0.013)) / 2
    assert hedges_g([AFTER], [BEFORE], paired=True) == pytest.approx(0.14 / average * hedges_correction(4))
    pooled = np.sqrt((4 * 0.04 + 4 * 0.013) / 8)
    assert hedges_g([AFTER], [BEFORE], paired=False) == pytest.approx(0.14 / pooled * hedges_correction(8))


def test_the_correction_for_small_samples_is_that_of_hedges_table() -> None:
    assert hedges_correction(2) == pytest.approx(0.5642, abs=1e-4)
    assert hedges_correction(10) == pytest.approx(0.9228, abs=1e-4)
    assert hedges_correction(50) == pytest.approx(1 - 3 / (4 * 50 - 1), abs=1e-4)


def test_how_far_questions_lie_apart_is_no_part_of_an_effect_size() -> None:
    far = [AFTER, AFTER + 10.0], [BEFORE, BEFORE + 10.0]
    assert d_z(*far) == pytest.approx(d_z([AFTER, AFTER], [BEFORE, BEFORE]))


@given(p=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=12))
def test_holm_lies_between_no_correction_and_bonferroni(p: list[float]) -> None:
    found = holm(p)
    assert (found >= np.array(p)).all()
    assert (found <= np.minimum(1.0, len(p) * np.array(p)) + 1e-12).all()
    assert found[int(np.argmin(p))] == pytest.approx(min(1.0, len(p) * min(p)))
