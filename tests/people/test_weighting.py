from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliberation.people.raking import Margin, effective, rake, trimmed


def test_raking_leaves_a_table_that_has_its_margins_already() -> None:
    start = np.array([0.1, 0.2, 0.3, 0.4])
    rows, columns = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    found = rake(start, [Margin(rows, np.array([0.3, 0.7])), Margin(columns, np.array([0.4, 0.6]))])
    assert found.weights == pytest.approx(start)
    assert found.misfit < 1e-9


def test_raking_keeps_the_odds_ratio() -> None:
    """What Deming and Stephan's method (1940) keeps of a 2 x 2 table is its cross-product ratio."""
    start = np.array([10.0, 20.0, 30.0, 5.0])
    rows, columns = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    found = rake(start, [Margin(rows, np.array([0.5, 0.5])), Margin(columns, np.array([0.2, 0.8]))]).weights
    assert found[0] + found[1] == pytest.approx(0.5)
    assert found[0] + found[2] == pytest.approx(0.2)
    assert found[0] * found[3] / (found[1] * found[2]) == pytest.approx(10 * 5 / (20 * 30))


def test_a_class_that_nobody_is_in_shows_as_misfit() -> None:
    found = rake(np.ones(3), [Margin(np.array([0, 0, 1]), np.array([0.4, 0.4, 0.2]))])
    assert found.misfit == pytest.approx(0.2)


@given(st.lists(st.floats(0.01, 100.0), min_size=3, max_size=40), st.floats(1.5, 6.0))
def test_trimmed_weights_keep_their_mean_and_none_is_above_the_cap(weights: list[float], cap: float) -> None:
    found, cut = trimmed(np.array(weights), cap)
    assert found.mean() == pytest.approx(1.0)
    assert found.max() <= cap * (1 + 1e-9)
    assert cut <= (found >= cap * (1 - 1e-9)).sum()
    assert effective(found) >= effective(np.array(weights)) - 1e-6


def test_equal_weights_are_worth_their_number_and_one_that_counts_alone_is_worth_one() -> None:
    assert effective(np.ones(9)) == pytest.approx(9.0)
    assert effective(np.array([1e9, 1.0, 1.0])) == pytest.approx(1.0, abs=1e-6)
