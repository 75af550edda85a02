"""Agreement on textbook examples whose answers are printed there, and what must hold of any data."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from deliberation.randomness import stream
from deliberation.specification.agreement import (
    Level,
    benjamini_hochberg,
    flip_rate,
    intraclass,
    krippendorff,
    van_der_eijk,
    variance_components,
)

NONE = math.nan
LEVELS: tuple[Level, ...] = ("nominal", "ordinal", "interval", "ratio")

OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NONE, NONE, NONE],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NONE, 3],
    [NONE, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NONE],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NONE],
]
"""Krippendorff 2011: four observers, twelve units, some missing."""

JUDGES = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
"""Shrout and Fleiss 1979, table 2: six targets, four judges."""

MYOCARDIAL = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0,
]  # fmt: skip
"""Benjamini and Hochberg 1995, section 3.2: fifteen p-values of one trial."""


@pytest.mark.parametrize(("level", "printed"), [*zip(LEVELS, (0.743, 0.815, 0.849, 0.797), strict=True)])
def test_alpha_is_krippendorffs_own(level: Level, printed: float) -> None:
    assert krippendorff(OBSERVERS, level) == pytest.approx(printed, abs=5e-4)


@st.composite
def tables(draw: st.DrawFn) -> NDArray[np.float64]:
    raters, units = draw(st.integers(2, 4)), draw(st.integers(2, 7))
    cell = st.sampled_from([0.0, 1.0, 2.0, 5.0, NONE])
    return np.array(draw(st.lists(st.lists(cell, min_size=units, max_size=units), min_size=raters, max_size=raters)))


def by_pairs(table: NDArray[np.float64]) -> float:
    """Nominal alpha from its definition: pairs within units against pairs of all values that have one to pair with."""
    units = [column[~np.isnan(column)] for column in table.T]
    units = [u for u in units if len(u) > 1]
    every = np.concatenate(units) if units else np.array([])
    n = len(every)
    within = sum(sum(a != b for a in u for b in u) / (len(u) - 1) for u in units)
    among = sum(float(a != b) for a in every for b in every)
    return 1 - within / n / (among / (n * (n - 1))) if among else NONE


@given(tables())
def test_alpha_is_what_its_definition_by_pairs_gives(table: NDArray[np.float64]) -> None:
    assert krippendorff(table, "nominal") == pytest.approx(by_pairs(table), nan_ok=True)


@given(tables(), st.sampled_from(LEVELS), st.integers(0, 2**32))
def test_neither_who_rates_nor_the_order_of_units_changes_alpha(
    table: NDArray[np.float64], level: Level, seed: int
) -> None:
    draw = stream(seed, "order")
    mixed = table[draw.permutation(len(table))][:, draw.permutation(table.shape[1])]
    found = krippendorff(table, level)
    assert krippendorff(mixed, level) == pytest.approx(found, nan_ok=True)
    assert math.isnan(found) or found <= 1


@given(tables(), st.permutations([0.0, 1.0, 2.0, 5.0]))
def test_nominal_values_are_names_only(table: NDArray[np.float64], names: list[float]) -> None:
    renamed = np.select([table == v for v in (0.0, 1.0, 2.0, 5.0)], names, default=NONE)
    assert krippendorff(renamed, "nominal") == pytest.approx(krippendorff(table, "nominal"), nan_ok=True)


@given(tables(), st.sampled_from(("nominal", "ordinal")))
def test_the_ordinal_level_knows_order_alone(table: NDArray[np.float64], level: Level) -> None:
    assert krippendorff(np.exp(table) * 3, level) == pytest.approx(krippendorff(table, level), nan_ok=True)


@given(tables())
def test_the_interval_level_knows_neither_zero_nor_unit(table: NDArray[np.float64]) -> None:
    found = krippendorff(table, "interval")
    assert krippendorff(table * -4.0 + 7.0, "interval") == pytest.approx(found, nan_ok=True)


@given(st.lists(st.integers(0, 9), min_size=2, max_size=9).filter(lambda v: len(set(v)) > 1), st.sampled_from(LEVELS))
def test_perfect_agreement_is_one(values: list[int], level: Level) -> None:
    assert krippendorff([values, values, values], level) == 1.0


def test_raters_who_always_differ_agree_less_than_by_chance() -> None:
    assert krippendorff([[0, 1, 0, 1], [1, 0, 1, 0]], "nominal") < 0


@pytest.mark.parametrize("table", [[[1, 1], [1, 1]], [[1, NONE], [NONE, 2]], [[], []], [[NONE], [NONE]]])
def test_alpha_is_undefined_where_nothing_varies_or_nothing_pairs(table: list[list[float]]) -> None:
    assert math.isnan(krippendorff(table, "nominal"))


def test_alpha_refuses_what_it_cannot_mean() -> None:
    with pytest.raises(ValueError, match="ratio level has no value below 0"):
        krippendorff([[-1, 2], [1, 2]], "ratio")
    with pytest.raises(ValueError, match="two dimensions"):
        krippendorff([1.0, 2.0], "nominal")
    with pytest.raises(ValueError, match="level 'scale'"):
        krippendorff([[1.0]], "scale")  # type: ignore[arg-type]  # what an untyped caller may give


def test_the_six_intraclass_correlations_are_the_printed_ones() -> None:
    assert [round(value, 2) for value in intraclass(JUDGES)] == [0.17, 0.29, 0.71, 0.44, 0.62, 0.91]


def test_a_judge_who_is_stricter_throughout_is_consistent_and_does_not_agree() -> None:
    found = intraclass([[1, 3], [2, 4], [3, 5], [4, 6]])
    assert found.three == pytest.approx(1.0)
    assert found.two < 0.6


@given(st.integers(0, 2**32), st.integers(2, 6), st.integers(2, 6))
def test_the_mean_of_judges_follows_spearman_and_brown(seed: int, targets: int, judges: int) -> None:
    """ICC(.,k) = k ICC / (1 + (k - 1) ICC) for the first and third form (Shrout and Fleiss 1979)."""
    found = intraclass(stream(seed, "icc").normal(size=(targets, judges)))
    for one, mean in ((found.one, found.one_mean), (found.three, found.three_mean)):
        assert judges * one / (1 + (judges - 1) * one) == pytest.approx(mean)


@pytest.mark.parametrize("table", [[[1, 2, 3]], [[1], [2]], [[0.1, 0.1], [0.1, 0.1], [0.1, 0.1]]])
def test_an_intraclass_correlation_of_too_little_is_undefined(table: list[list[float]]) -> None:
    assert all(math.isnan(value) for value in intraclass(table))


def test_an_intraclass_correlation_wants_no_gap() -> None:
    with pytest.raises(ValueError, match="every judge"):
        intraclass([[1.0, NONE], [2.0, 3.0]])


def crossed(seed: int, rows: int, columns: int) -> tuple[NDArray[np.float64], dict[str, NDArray[np.int64]]]:
    """Row effects of variance 4, column effects of 1, errors of 0.25."""
    draw = stream(seed, "crossed")
    row, column = np.divmod(np.arange(rows * columns), columns)
    values = draw.normal(0, 2, rows)[row] + draw.normal(0, 1, columns)[column] + draw.normal(0, 0.5, len(row))
    return values, {"row": row, "column": column}


def anova(values: NDArray[np.float64], rows: int, columns: int) -> list[float]:
    """The estimators of the balanced two-way layout: (MSA - MSE) / b, (MSB - MSE) / a, MSE (Searle et al. 1992)."""
    table = values.reshape(rows, columns) - values.mean()
    a, b = table.mean(axis=1, keepdims=True), table.mean(axis=0, keepdims=True)
    error = float(((table - a - b) ** 2).sum()) / ((rows - 1) * (columns - 1))
    by_row = columns * float((a**2).sum()) / (rows - 1)
    by_column = rows * float((b**2).sum()) / (columns - 1)
    return [(by_row - error) / columns, (by_column - error) / rows, error]


@given(st.integers(0, 2**32), st.integers(2, 7), st.integers(2, 7))
def test_components_of_a_balanced_layout_are_those_of_its_analysis_of_variance(
    seed: int, rows: int, columns: int
) -> None:
    values, factors = crossed(seed, rows, columns)
    wanted = dict(zip((*factors, "residual"), anova(values, rows, columns), strict=True))
    found = variance_components(values, factors)
    assert found == pytest.approx({name: max(0.0, value) for name, value in wanted.items()}, abs=1e-9)


def test_components_of_the_printed_judges_give_the_printed_correlation() -> None:
    """ICC(2,1) is the targets' variance over the sum of the three, where none is cut off at 0."""
    targets, judges = np.divmod(np.arange(24), 4)
    found = variance_components(np.ravel(JUDGES).astype(float), {"target": targets, "judge": judges})
    assert found["target"] / sum(found.values()) == pytest.approx(intraclass(JUDGES).two)


def test_components_of_a_layout_with_holes_are_right_in_the_mean() -> None:
    kept = stream(1, "holes").random(60) < 0.6
    found = []
    for seed in range(400):
        values, factors = crossed(seed, 10, 6)
        found.append(list(variance_components(values[kept], {k: v[kept] for k, v in factors.items()}).values()))
    error = np.std(found, axis=0) / math.sqrt(len(found))
    assert (np.abs(np.mean(found, axis=0) - [4.0, 1.0, 0.25]) < 3.5 * error).all()


def test_components_agree_with_the_estimating_equations_in_full_matrices() -> None:
    """Rao 1971 with prior weights 1: tr(P V_i P V_j) s = y' P V_i P y, nothing simplified."""
    values, factors = crossed(3, 5, 4)
    kept = np.array([0, 1, 2, 3, 5, 6, 8, 11, 12, 13, 15, 16, 19])
    values, n = values[kept], len(kept)
    matrices = [(level[kept][:, None] == level[kept][None, :]).astype(float) for level in factors.values()]
    matrices.append(np.eye(n))
    inverse = np.linalg.inv(np.sum(matrices, axis=0))
    p = inverse - inverse @ np.ones((n, n)) @ inverse / inverse.sum()
    traces = [[np.trace(p @ one @ p @ other) for other in matrices] for one in matrices]
    wanted = np.linalg.solve(traces, [values @ p @ one @ p @ values for one in matrices])
    found = variance_components(values, {name: level[kept] for name, level in factors.items()})
    assert list(found.values()) == pytest.approx(np.maximum(wanted, 0.0))


def test_what_cannot_be_told_apart_is_undefined_and_the_rest_is_as_before() -> None:
    values, factors = crossed(1, 5, 4)
    alone = variance_components(values, factors)
    found = variance_components(values, {**factors, "again": factors["row"] + 9, "constant": factors["row"] * 0})
    assert {name for name, value in found.items() if math.isnan(value)} == {"row", "again", "constant"}
    assert found["column"] == pytest.approx(alone["column"])
    assert found["residual"] == pytest.approx(alone["residual"])


def test_components_of_nothing_are_undefined() -> None:
    for values in ([], [0.5]):
        found = variance_components(values, {"row": np.zeros(len(values), dtype=int)})
        assert all(math.isnan(value) for value in found.values())


def test_a_factor_without_a_level_for_every_value_is_refused() -> None:
    for factors in ({"row": [0]}, {"residual": [0, 1]}):
        with pytest.raises(ValueError, match="factor"):
            variance_components([1.0, 2.0], factors)
    with pytest.raises(ValueError, match="finite"):
        variance_components([1.0, NONE], {})


def test_benjamini_and_hochberg_reject_four_of_their_fifteen() -> None:
    assert benjamini_hochberg(MYOCARDIAL, 0.05).tolist() == [True] * 4 + [False] * 11


def test_a_large_p_value_is_carried_by_a_smaller_bar_further_up() -> None:
    """It steps up: .03 alone is above its own bar of .0125, but .04 at rank four is below .05."""
    assert benjamini_hochberg([0.03, 0.035, 0.039, 0.04], 0.05).all()


@given(st.lists(st.floats(0, 1), max_size=20), st.floats(0, 1), st.floats(0, 1), st.randoms())
def test_the_higher_the_level_the_more_is_rejected_and_order_is_of_no_account(
    p: list[float], one: float, other: float, chance: object
) -> None:
    low, high = sorted((one, other))
    strict, lax = benjamini_hochberg(p, low), benjamini_hochberg(p, high)
    assert (lax | ~strict).all()
    order = list(range(len(p)))
    chance.shuffle(order)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert benjamini_hochberg([p[i] for i in order], low).tolist() == strict[order].tolist()


@pytest.mark.parametrize(("p", "level"), [([0.5, 1.5], 0.05), ([NONE], 0.05), ([0.5], 2.0)])
def test_what_is_no_probability_is_refused(p: list[float], level: float) -> None:
    with pytest.raises(ValueError, match="0 to 1"):
        benjamini_hochberg(p, level)


def test_flips_are_counted_over_pairs_of_those_who_said_something() -> None:
    first, second = ["adopted", "adopted", "adopted", ""], ["adopted", "contested", None, None]
    runs: list[list[str | None]] = [[*first], second, ["adopted", "rejected", "contested", "rejected"]]
    found = flip_rate(runs)
    assert found[:3].tolist() == [0.0, 1.0, 1.0]
    assert math.isnan(found[3])
    assert flip_rate([["a"], ["a"], ["b"]]).tolist() == [pytest.approx(2 / 3)]


@given(st.lists(st.sampled_from("ab"), min_size=2, max_size=8))
def test_a_flip_rate_is_gini_simpsons_index_without_replacement(labels: list[str]) -> None:
    n = len(labels)
    wanted = 1 - sum(labels.count(x) * (labels.count(x) - 1) for x in "ab") / (n * (n - 1))
    assert flip_rate([[x] for x in labels])[0] == pytest.approx(wanted)


def test_replicates_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        flip_rate([["a", "b"], ["a"]])


def test_van_der_eijks_agreement_is_that_of_the_published_example() -> None:
    """The example of the R package agrmt's documentation: .6113333."""
    assert van_der_eijk([30, 40, 210, 130, 530, 50, 10]) == pytest.approx(0.6113333, abs=1e-7)


@given(st.integers(3, 9), st.integers(1, 100))
def test_agreement_is_one_together_none_when_even_and_minus_one_at_both_ends(size: int, number: int) -> None:
    for place in range(size):
        assert van_der_eijk([number * (k == place) for k in range(size)]) == pytest.approx(1.0)
    assert van_der_eijk([number] * size) == pytest.approx(0.0)
    assert van_der_eijk([number, *[0] * (size - 2), number]) == pytest.approx(-1.0)


@given(st.lists(st.integers(0, 50), min_size=3, max_size=8).filter(any), st.integers(1, 9))
def test_agreement_knows_neither_direction_nor_number(counts: list[int], times: int) -> None:
    found = van_der_eijk(counts)
    assert -1 - 1e-9 <= found <= 1 + 1e-9
    assert van_der_eijk(counts[::-1]) == pytest.approx(found)
    assert van_der_eijk([times * n for n in counts]) == pytest.approx(found)


def test_agreement_of_nobody_is_undefined_and_of_two_categories_refused() -> None:
    assert math.isnan(van_der_eijk([0, 0, 0]))
    for counts in ([1, 2], [1, -1, 3], [1, NONE, 3]):
        with pytest.raises(ValueError, match="three categories"):
            van_der_eijk(counts)
