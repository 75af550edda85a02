"""The Deliberative Reason Index: on groups whose link of reasons and preferences is planted, and on real ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deliberation.analysis import measures, reasons
from deliberation.analysis.humans import mini_publics
from deliberation.analysis.measures import Array
from deliberation.errors import DataError
from deliberation.randomness import stream

NAN = float("nan")


def camps(strength: float, people: int = 20, seed: int = 1) -> tuple[Array, Array]:
    """Two camps with reasons and preferences of their own; `strength` 0: nobody's preferences follow from anything."""
    draw = stream(seed, "camps")
    side = np.where(np.arange(people) % 2, 1.0, -1.0)[:, None]
    considerations = side * draw.standard_normal(15) + draw.standard_normal((people, 15))
    follows = strength * side * np.arange(7.0) + draw.standard_normal((people, 7))
    return considerations, follows


def test_who_agrees_on_reasons_as_on_choices_has_the_highest_index_of_both_kinds() -> None:
    considerations, _ = camps(0)
    found = reasons.reason_index(considerations, considerations, seed=1, shuffles=50)
    assert found.plain == pytest.approx(1)
    assert found.adjusted < 1  # pairs that agree on nothing are discounted
    assert measures.adjusted_dri_of(np.array([0.5, -0.9]), np.array([0.5, -0.9])) == pytest.approx(1)


def test_the_adjustment_is_nothing_for_pairs_with_signal_and_the_least_for_pairs_without() -> None:
    q, r = np.array([0.9, -0.4, 0.2]), np.array([0.1, 0.3, -0.1])
    assert measures.adjusted_dri_of(q, r) == pytest.approx(measures.dri_of(q, r))
    assert measures.adjusted_dri_of(np.zeros(3), np.zeros(3)) == pytest.approx(1 - 2 * 2**0.5)
    # q = .1, r = 0: d = .1 / sqrt 2, signal .5, D = 1 - (1 - d) / 2; index = 1 - 2 sqrt 2 D
    d = 0.1 / 2**0.5
    assert measures.adjusted_dri_of(np.array([0.1]), np.array([0.0])) == pytest.approx(
        1 - 2 * 2**0.5 * (1 - (1 - d) / 2)
    )


def test_consensus_alone_has_a_high_index_and_nothing_beyond_its_null() -> None:
    draw = stream(2, "consensus")
    considerations = np.arange(20.0) + draw.standard_normal((12, 20))
    preferences = np.arange(6.0) + 0.3 * draw.standard_normal((12, 6))
    found = reasons.reason_index(considerations, preferences, seed=1, shuffles=200)
    assert found.plain > 0.85
    assert abs(found.excess_plain) < 0.01
    assert found.p_plain > 0.05


def test_a_planted_link_is_beyond_the_null_and_no_link_is_not() -> None:
    linked, none = (reasons.reason_index(*camps(s), seed=1, shuffles=200) for s in (2.0, 0.0))
    assert linked.excess_plain > 0.2
    assert linked.excess_adjusted > 0.2
    assert linked.p_plain == linked.p_adjusted == pytest.approx(1 / 201)
    assert abs(none.excess_plain) < 0.05
    assert none.p_plain > 0.05


def test_under_no_link_p_values_are_as_often_small_as_they_say() -> None:
    found = [reasons.reason_index(*camps(0, people=10, seed=s), seed=s, shuffles=39).p_plain for s in range(120)]
    assert np.mean(np.array(found) <= 0.2) == pytest.approx(0.2, abs=0.1)
    assert min(found) >= 1 / 40


def test_noise_has_the_plain_index_and_the_adjusted_one_that_were_measured_elsewhere() -> None:
    """30 people at random, 40 considerations: plain .21 with 6 preferences and .55 with 20, adjusted -.03 and .08."""
    draw = stream(5, "noise")
    for preferences, plain, adjusted in ((6, 0.21, -0.03), (20, 0.55, 0.08)):
        tables = [(draw.standard_normal((30, 40)), draw.standard_normal((30, preferences))) for _ in range(10)]
        found = [reasons.reason_index(*table, seed=1, shuffles=1) for table in tables]
        assert np.mean([f.plain for f in found]) == pytest.approx(plain, abs=0.03)
        assert np.mean([f.adjusted for f in found]) == pytest.approx(adjusted, abs=0.03)


def test_the_mean_over_shuffles_comes_to_the_exact_null() -> None:
    table = camps(1.0, people=9)
    found = reasons.reason_index(*table, seed=3, shuffles=4000)
    assert found.null_plain == pytest.approx(reasons.exact_null(*table), abs=0.01)
    adjusted = reasons.exact_null(*table, measures.adjusted_dri_parts)
    assert found.null_adjusted == pytest.approx(adjusted, abs=0.01)


def test_who_left_something_out_is_left_out_and_what_nobody_answered_is_dropped() -> None:
    considerations, preferences = camps(1.0, people=8)
    whole = reasons.reason_index(considerations[:6], preferences[:6], seed=1, shuffles=20)
    gaps = considerations.copy()
    gaps[6, 0] = NAN
    alike = preferences.copy()
    alike[7] = 4.0  # who rates all alike orders nothing
    wide = np.concatenate([gaps, np.full((8, 3), NAN)], axis=1)
    found = reasons.reason_index(wide, alike, seed=1, shuffles=20)
    assert found == whole.model_copy(update={"left_out": 2})


def test_only_the_order_of_answers_counts() -> None:
    considerations, preferences = camps(1.0)
    one = reasons.reason_index(considerations, preferences, seed=1, shuffles=10)
    other = reasons.reason_index(np.exp(considerations), 3 * preferences - 1, seed=1, shuffles=10)
    assert one.plain == pytest.approx(other.plain)
    assert one.plain == pytest.approx(measures.dri(considerations, preferences))


def test_too_few_people_or_tables_of_others_are_refused() -> None:
    considerations, preferences = camps(1.0)
    with pytest.raises(DataError, match="2 of 2 people"):
        reasons.reason_index(considerations[:2], preferences[:2], seed=1)
    with pytest.raises(DataError, match="one row a person"):
        reasons.reason_index(considerations, preferences[1:], seed=1)
    with pytest.raises(DataError, match="0 of 20 people"):
        reasons.reason_index(np.full((20, 3), NAN), preferences, seed=1)
    with pytest.raises(DataError, match="shuffles 0"):
        reasons.reason_index(considerations, preferences, seed=1, shuffles=0)
    with pytest.raises(DataError, match="20 people before and 19 after"):
        reasons.reason_change((considerations, preferences), (considerations[1:], preferences[1:]), seed=1)


def test_no_change_is_surely_none_and_a_link_that_comes_is_found() -> None:
    before, after = camps(0.0), camps(2.0)
    none = reasons.reason_change(before, before, seed=1, shuffles=20)
    assert none.plain.value == none.plain.error == none.excess_adjusted.high == 0
    found = reasons.reason_change(before, after, seed=1, shuffles=20)
    assert found.plain.value == pytest.approx(found.after.plain - found.before.plain)
    assert found.excess_plain.low > 0
    assert found.excess_adjusted.low > 0


def test_a_change_of_three_people_has_no_error_and_is_refused() -> None:
    before, after = camps(0.0, people=3), camps(2.0, people=3)
    assert reasons.reason_index(*before, seed=1, shuffles=5).people == 3
    with pytest.raises(DataError, match="3 of 3 people"):
        reasons.reason_change(before, after, seed=1)


def test_the_jackknife_is_that_of_leaving_each_person_out_in_turn() -> None:
    before, after = camps(0.5, people=7), camps(1.0, people=7, seed=2)
    found = reasons.reason_change(before, after, seed=1, shuffles=5)

    def excess(rows: list[int]) -> float:
        one, other = (measures.dri(c[rows], p[rows]) - reasons.exact_null(c[rows], p[rows]) for c, p in (before, after))
        return other - one

    left_out = np.array([excess([j for j in range(7) if j != i]) for i in range(7)])
    assert found.excess_plain.value == pytest.approx(excess(list(range(7))))
    assert found.excess_plain.error == pytest.approx(np.sqrt(6 / 7 * ((left_out - left_out.mean()) ** 2).sum()))


def test_in_24_real_mini_publics_most_of_the_rise_is_that_of_the_null(shared: Path) -> None:
    publics = mini_publics(shared / "deliberative_reason_index" / "human_data.csv")
    found = [reasons.reason_change(one.before, one.after, seed=7, shuffles=50) for one in publics]
    means = {
        name: np.mean([[getattr(c.before, name), getattr(c.after, name)] for c in found], axis=0)
        for name in ("plain", "null_plain", "adjusted")
    }
    assert means["plain"] == pytest.approx([0.292, 0.394], abs=0.001)
    assert np.mean([c.plain.value > 0 for c in found]) == 0.75
    assert means["null_plain"] == pytest.approx([0.183, 0.27], abs=0.005)
    assert means["adjusted"] == pytest.approx([0.246, 0.363], abs=0.001)
    beyond = [c.excess_plain.value for c in found]
    assert np.mean(beyond) == pytest.approx(0.013, abs=0.002)
    assert np.std(beyond, ddof=1) / np.sqrt(24) == pytest.approx(0.015, abs=0.002)
