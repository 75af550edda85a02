"""How far several judges, or several runs, come to the same. Knows numbers and labels only; reads no run.

What cannot be had from the numbers given, such as agreement beyond chance where nothing varies, is nan, never 0 or 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise, product
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Labels = NDArray[np.int64]
Level = Literal["nominal", "ordinal", "interval", "ratio"]
"""What may be said of two values: that they differ, which is more, by how much, and by what share."""

RESIDUAL = "residual"
"""What `variance_components` calls the variance that no factor takes up."""

_NOTHING = 1e-10
"""A share of a sum of squares that is rounding and no variation."""


def krippendorff(units: ArrayLike, level: Level) -> float:
    """Krippendorff's alpha: 1 where raters agree, 0 where they agree as chance would have it, below 0 where less.

    alpha = 1 - D_o / D_e, with D_o = sum_ck o_ck d_ck / n and D_e = sum_ck n_c n_k d_ck / (n (n - 1)): o_ck counts the
    pairs of values c and k within units, each unit's divided by its number of values less one; n_c are its sums and n
    their sum (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability": the coincidence matrix for any number of
    observers, metric and missing data). d_ck is 0 or 1, or (sum_g n_g - (n_c + n_k) / 2)^2 with g from c to k, or (c -
    k)^2, or ((c - k) / (c + k))^2, by level. A unit with fewer than two values pairs nothing and is passed over.

    Args:
        units: values by rater and unit, raters x units, nan where there is none. Nominal values are any numbers.
        level: what differences between values mean.

    Returns:
        At most 1; nan where no unit has two values, or all that are paired are equal.

    Raises:
        ValueError: not a table, an unknown level, or a value below 0 on the ratio level, which has its zero at 0.
    """
    table = _table(units)
    if level not in ("nominal", "ordinal", "interval", "ratio"):
        raise ValueError(f"level {level!r}: nominal, ordinal, interval or ratio")
    table = table[:, (~np.isnan(table)).sum(axis=0) > 1]
    if not table.size:
        return float("nan")
    values, places = np.unique(table[~np.isnan(table)], return_inverse=True)
    if level == "ratio" and values[0] < 0:
        raise ValueError(f"{values[0]:g}: the ratio level has no value below 0")
    counts = np.zeros((table.shape[1], len(values)))
    np.add.at(counts, (np.nonzero(~np.isnan(table))[1], places), 1.0)
    share = 1.0 / (counts.sum(axis=1) - 1.0)
    coincidences = counts.T @ (counts * share[:, None]) - np.diag(share @ counts)
    sums = counts.sum(axis=0)  # of a row of coincidences: m_u values each meet m_u - 1 others
    apart = _apart(values, sums, level)
    expected = float(sums @ apart @ sums) / (sums.sum() - 1.0)
    return float(1.0 - (coincidences * apart).sum() / expected) if expected > 0 else float("nan")


def _apart(values: Array, sums: Array, level: Level) -> Array:
    """Squared difference of every two values, V x V. Ordinal: how many values lie between their middles."""
    if level == "nominal":
        return 1.0 - np.eye(len(values))
    places = np.cumsum(sums) - sums / 2.0 if level == "ordinal" else values
    difference = places[:, None] - places[None, :]
    if level == "ratio":
        both = values[:, None] + values[None, :]
        difference = difference / np.where(both > 0, both, 1.0)
    found: Array = difference**2
    return found


class Intraclass(NamedTuple):
    """The six intraclass correlations of Shrout and Fleiss (1979), by the number that they give the form.

    `one`: every target has judges of its own. `two`: the same judges, drawn from many, judged all, and their levels
    count. `three`: the same judges, and no others are of interest. Each for one judge, and `_mean` for the mean of all.
    """

    one: float
    two: float
    three: float
    one_mean: float
    two_mean: float
    three_mean: float


def intraclass(table: ArrayLike) -> Intraclass:
    """ICC(1,1), ICC(2,1), ICC(3,1), ICC(1,k), ICC(2,k) and ICC(3,k) (Shrout and Fleiss 1979).

    From mean squares between targets (B), within targets (W), between judges (J) and of what is left (E): (B - W) / (B
    + (k - 1) W), (B - E) / (B + (k - 1) E + k (J - E) / n), (B - E) / (B + (k - 1) E); (B - W) / B, (B - E) / (B +
    (J - E) / n), (B - E) / B (Psychological Bulletin 86:420-428). They may come out below 0.

    Args:
        table: ratings, n targets x k judges, without gaps.

    Returns:
        All nan with fewer than two targets or judges; one of them nan where it would be 0 / 0.

    Raises:
        ValueError: not a table, or with a gap.
    """
    ratings = _table(table)
    if not np.isfinite(ratings).all():
        raise ValueError("intraclass correlations want every target judged by every judge")
    n, k = ratings.shape
    if n < 2 or k < 2:
        return Intraclass(*[float("nan")] * 6)
    centred = ratings - ratings.mean()
    targets, judges = centred.mean(axis=1, keepdims=True), centred.mean(axis=0, keepdims=True)
    b = k * float((targets**2).sum()) / (n - 1)
    w = float(((centred - targets) ** 2).sum()) / (n * (k - 1))
    j = n * float((judges**2).sum()) / (k - 1)
    e = float(((centred - targets - judges) ** 2).sum()) / ((n - 1) * (k - 1))
    least = _NOTHING * max(b, w, j, e) + np.finfo(float).eps * float((ratings**2).max())

    def ratio(above: float, below: float) -> float:
        return above / below if below > least else float("nan")

    return Intraclass(
        one=ratio(b - w, b + (k - 1) * w),
        two=ratio(b - e, b + (k - 1) * e + k * (j - e) / n),
        three=ratio(b - e, b + (k - 1) * e),
        one_mean=ratio(b - w, b),
        two_mean=ratio(b - e, b + (j - e) / n),
        three_mean=ratio(b - e, b),
    )


def variance_components(values: ArrayLike, factors: Mapping[str, ArrayLike]) -> dict[str, float]:
    """Variance that random factors and a residual add to a value, by MINQUE (Rao 1971, J. Multivariate Anal. 1:257).

    y = mu + sum_i Z_i u_i + e. With V_i = Z_i Z_i' and P = V^-1 - V^-1 1 1' V^-1 / (1' V^-1 1), the components s solve
    sum_j tr(P V_i P V_j) s_j = y' P V_i P y, the residual being V_0 = I. V = I + sum_i V_i: all are held to be alike
    beforehand (prior weights 1; Searle, Casella and McCulloch 1992, chapter 11), for where the residual is held to be
    all, as in MINQUE(0), it is poorly told on unbalanced data. Factors may be crossed or nested, cells empty or filled
    unevenly. On balanced data these are the ANOVA estimators; before they are cut off at 0 they are unbiased on any.
    What two factors do together is no component: it is in the residual.

    Args:
        values: shape N.
        factors: whole numbers that name the level of each value, shape N, by name of factor.

    Returns:
        Variance by factor, then `residual`, in the unit of the values squared. An estimate below 0 is given as 0, so
        the sum may exceed the variance of the values. nan where the values cannot tell a component from the others,
        such as of a factor with one level, or two whose levels change together.

    Raises:
        ValueError: a factor that has not N levels or is called `residual`, or a value that is not finite.
    """
    y = np.asarray(values, dtype=np.float64)
    if y.ndim != 1 or not np.isfinite(y).all():
        raise ValueError(f"variance components want N finite values, not shape {y.shape}")
    for name, level in factors.items():
        if name == RESIDUAL or np.shape(level) != y.shape:
            raise ValueError(f"factor {name!r}: of shape {np.shape(level)}, for {len(y)} values")
    names = [*factors, RESIDUAL]
    if len(y) < 2:
        return dict.fromkeys(names, float("nan"))
    levels = [np.unique(np.asarray(level), return_inverse=True)[1].astype(np.int64) for level in factors.values()]
    found = _solved(*_equations(y - y.mean(), levels))
    # nan stays nan, as maximum passes it on
    return {name: float(np.maximum(s, 0.0)) for name, s in zip(names, found, strict=True)}


def _equations(centred: Array, factors: Sequence[Labels]) -> tuple[Array, Array]:
    """Traces and squares of MINQUE, the residual last, without a table of N x N.

    With Z all Z_i side by side, less the means of its columns, and A = Z'Z, the inverse of I + ZZ' (Woodbury 1950)
    gives Z'PZ = A (I + A)^-1, PZ = Z (I + A)^-1 and Py = y - Z (I + A)^-1 Z'y.
    """
    ends = [0, *np.cumsum([int(level.max()) + 1 for level in factors], dtype=np.int64).tolist()]
    size, places = ends[-1], [slice(*pair) for pair in pairwise(ends)]
    columns = [level + end for level, end in zip(factors, ends[:-1], strict=True)]
    a = np.zeros((size, size))
    for one, other in product(columns, columns):
        np.add.at(a, (one, other), 1.0)
    a -= np.outer(np.diag(a), np.diag(a)) / len(centred)
    inverse = np.linalg.inv(np.eye(size) + a)
    within, sums = a @ inverse, np.zeros(size)
    for column in columns:
        sums += np.bincount(column, centred, size)
    effects, alone = inverse @ sums, np.diag(inverse @ within)
    left = centred.copy()
    for column in columns:
        left -= effects[column]
    traces = np.zeros((len(places) + 1, len(places) + 1))
    traces[-1, -1] = len(centred) - 1 - 2 * np.trace(within) + (within * within.T).sum()
    for i, place in enumerate(places):
        traces[i, :-1] = [(within[place, other] ** 2).sum() for other in places]
        traces[i, -1] = traces[-1, i] = alone[place].sum()
    squares = [*((effects[place] ** 2).sum() for place in places), left.var() * len(left)]
    return traces, np.array(squares)


def _solved(traces: Array, squares: Array) -> Array:
    """Those unknowns that the equations settle; nan for the others."""
    # a trace of 0 up to rounding belongs to a factor with one level, which has no equation
    scale = np.sqrt(np.maximum(np.diag(traces), 0.0))
    there = scale > np.sqrt(_NOTHING)
    scale = np.where(there, scale, 1.0)
    even = np.where(np.outer(there, there), traces / np.outer(scale, scale), 0.0)
    sizes, vectors = np.linalg.eigh(even)
    kept = vectors[:, sizes > _NOTHING]
    settled = np.isclose((kept**2).sum(axis=1), 1.0, atol=1e-8)
    solution = kept @ ((kept.T @ (squares / scale)) / sizes[sizes > _NOTHING]) / scale
    return np.where(settled, solution, np.nan)


def benjamini_hochberg(p: ArrayLike, level: float) -> NDArray[np.bool_]:
    """Which of m hypotheses are rejected, so that at most a share `level` of those rejected is expected to be true.

    The k smallest p-values, k the largest i with p_(i) <= i level / m (Benjamini and Hochberg 1995, procedure 1).

    Args:
        p: p-values of independent tests, shape m.
        level: the false discovery rate, 0 to 1.

    Returns:
        Shape m, true where rejected.

    Raises:
        ValueError: a p-value or the level is not in 0 to 1.
    """
    given = np.asarray(p, dtype=np.float64)
    if given.ndim != 1 or not ((given >= 0) & (given <= 1)).all():
        raise ValueError("p-values are m numbers from 0 to 1")
    if not 0 <= level <= 1:
        raise ValueError(f"level {level}: a share from 0 to 1")
    order = np.argsort(given, kind="stable")
    below = np.nonzero(given[order] <= np.arange(1, len(given) + 1) * level / max(len(given), 1))[0]
    rejected = np.zeros(len(given), dtype=np.bool_)
    rejected[order[: below[-1] + 1 if len(below) else 0]] = True
    return rejected


def flip_rate(statuses: Sequence[Sequence[str | None]]) -> Array:
    """Of each unit, the share of pairs of replicates that say something else of it: the chance that one more run flips.

    Args:
        statuses: labels by replicate and unit, replicates x units, "" or None where there is none.

    Returns:
        Shape units, 0 to 1; nan where fewer than two replicates say anything.

    Raises:
        ValueError: replicates of unequal length.
    """
    found = []
    for unit in zip(*statuses, strict=True):
        differ = [one != other for one, other in combinations([s for s in unit if s], 2)]
        found.append(sum(differ) / len(differ) if differ else float("nan"))
    return np.array(found, dtype=np.float64)


def van_der_eijk(counts: ArrayLike) -> float:
    """Agreement A in ratings on an ordered scale: 1 all in one category, 0 spread evenly, -1 half at either end.

    The counts are taken apart into layers, each of one height over the categories that it covers. A = sum of the
    layers' A_i by their share of all ratings, A_i = U (1 - (S - 1) / (K - 1)) for S of K categories covered. U = ((K -
    2) TU - (K - 1) TDU) / ((K - 2) (TU + TDU)), TU of the layer's triples of categories in order being 110 or 011 and
    TDU 101; U = 1 where there is no such triple (van der Eijk 2001, Quality & Quantity 35:325, U: equation 2).

    Args:
        counts: ratings, or shares of them, in each of K categories in order.

    Returns:
        -1 to 1; nan where nothing is counted.

    Raises:
        ValueError: fewer than three categories, or a count that is not 0 or more.
    """
    left = np.array(counts, dtype=np.float64)
    if left.ndim != 1 or len(left) < 3 or not ((left >= 0) & np.isfinite(left)).all():
        raise ValueError("agreement is of counts, 0 or more, in three categories or more")
    total, found = float(left.sum()), 0.0
    if not total:
        return float("nan")
    while left.any():
        covered = left > 0
        height = left[covered].min()
        found += height * covered.sum() / total * _layer(covered)
        left[covered] -= height  # the lowest comes out as exactly 0, so each turn ends a category
    return found


def _layer(covered: NDArray[np.bool_]) -> float:
    """A_i of one layer."""
    size = len(covered)
    triples = [(bool(a), bool(b), bool(c)) for a, b, c in combinations(covered, 3)]
    one_peak = triples.count((True, True, False)) + triples.count((False, True, True))
    two_peaks = triples.count((True, False, True))
    many = one_peak + two_peaks
    unimodality = ((size - 2) * one_peak - (size - 1) * two_peaks) / ((size - 2) * many) if many else 1.0
    return float(unimodality * (1.0 - (covered.sum() - 1) / (size - 1)))


def _table(given: ArrayLike) -> Array:
    found = np.asarray(given, dtype=np.float64)
    if found.ndim != 2:
        raise ValueError(f"a table has two dimensions, not {found.ndim}")
    return found
