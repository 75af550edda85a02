"""How opinion changes: means, spread, polarisation and consensus before and after, on plain arrays and on polls.

It says what changed and how surely, with the assembly as the unit; what changed it is told by contrasts of runs, not
here. Rows are people throughout. An answer that is missing is nan and stays missing: it is never no change.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deliberation.analysis.measures import Array, agreement, pairs
from deliberation.specification.agreement import van_der_eijk

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.90
"""How sure an interval of change is."""

KEYS = ("run", "question", "position")
"""What a row of `opinion_change` is of."""

Groups = Sequence[Hashable] | NDArray[np.int64] | NDArray[np.str_]
"""A label for each person, such as an assembly's id, or run and assembly as a tuple; labels that can be sorted."""

_LOWEST, _HIGHEST = 1, 7


class Shift(NamedTuple):
    """Mean change by item, each of shape J, with the cluster as the unit.

    `net`: mean change. `error`: its standard error, nan with fewer than two clusters. `clusters`: how many it rests on.
    `people`: how many answered twice.
    """

    net: Array
    error: Array
    clusters: NDArray[np.int64]
    people: NDArray[np.int64]

    def interval(self, level: float = LEVEL) -> tuple[Array, Array]:
        """Lower and upper end of Student's interval of the change, G - 1 degrees of freedom for G clusters."""
        reach = reach_of(level, self.clusters - 1) * self.error
        return self.net - reach, self.net + reach


def reach_of(level: float, freedom: ArrayLike) -> Array:
    """How many standard errors an interval of Student's t reaches to either side; nan with no degree of freedom."""
    from scipy.special import stdtrit

    df = np.asarray(freedom, dtype=np.float64)
    found: Array = np.where(df > 0, stdtrit(np.where(df > 0, df, 1.0), (1.0 + level) / 2.0), np.nan)
    return found


def net_change(before: Array, after: Array) -> Array:
    """Mean change by item, J, of those who answered the item twice (n x J; Luskin, Fishkin and Jowell 2002)."""
    return _mean(after - before, axis=0)


def gross_change(before: Array, after: Array, *, axis: int = 0) -> Array:
    """Mean absolute change by item, J, or by person with `axis=1` (Luskin, Fishkin and Jowell 2002).

    Where net change is small and gross change is not, changes cancel out.
    """
    return _mean(np.abs(after - before), axis=axis)


def switched(before: Array, after: Array, *, middle: float) -> Array:
    """Share by item, J, of those who end on the other side of the middle than they began; the middle is on neither."""
    crossed = ((before - middle) * (after - middle) < 0).astype(np.float64)
    return _mean(np.where(np.isnan(before + after), np.nan, crossed), axis=0)


def shift(before: Array, after: Array, cluster: Groups) -> Shift:
    """Mean change by item with a standard error that lets the members of a cluster depend on each other.

    error^2 = G / (G - 1) sum_g (sum_{i in g} (d_i - mean d))^2 / n^2 (Liang and Zeger 1986, for a mean); with clusters
    of one size it is the standard error of the clusters' means.

    Args:
        before: n x J, nan where an answer is missing.
        after: the same people afterwards.
        cluster: whom each talked with, n.
    """
    change = after - before
    there = ~np.isnan(change)
    people = there.sum(axis=0)
    net = _mean(change, axis=0)
    errors, clusters = clustered(np.where(there, change - net, 0.0) / np.maximum(people, 1), there, cluster)
    return Shift(net, errors, clusters, people)


def clustered(influence: Array, there: NDArray[np.bool_], cluster: Groups) -> tuple[Array, NDArray[np.int64]]:
    """Standard error by item of an estimate from each person's influence on it, n x J, and how many clusters it has."""
    code = _codes(cluster, len(influence))
    number = int(code.max(initial=-1)) + 1
    sums, present = np.zeros((number, influence.shape[1])), np.zeros((number, influence.shape[1]))
    np.add.at(sums, code, influence)
    np.add.at(present, code, there.astype(np.float64))
    clusters = (present > 0).sum(axis=0)
    scale = np.where(clusters > 1, clusters / np.maximum(clusters - 1, 1), np.nan)
    errors: Array = np.sqrt(scale * (sums**2).sum(axis=0))
    return errors, clusters


def homogenisation(before: Array, after: Array, group: Groups) -> Array:
    """Fall of the standard deviation within each group, G x J, groups in sorted order; above 0 they grew alike.

    SD over those who answered twice, n - 1 below (H in Luskin, Sood, Fishkin and Hahn 2022, British Journal of
    Political Science); nan where fewer than two did.
    """
    return np.stack([_spread(x) - _spread(y) for x, y in _by_group(before, after, group)])


def polarisation(before: Array, after: Array, group: Groups, *, middle: float) -> Array:
    """Movement of each group's mean away from the middle of the scale, G x J; below 0 it moved towards it.

    sign(mean before - middle) (mean after - mean before) (P in Luskin, Sood, Fishkin and Hahn 2022).
    """
    found = []
    for x, y in _by_group(before, after, group):
        first, last = _mean(x, axis=0), _mean(y, axis=0)
        found.append(np.sign(first - middle) * (last - first))
    return np.stack(found)


def esteban_ray(values: ArrayLike, *, width: float, alpha: float = 1.0) -> float:
    """Polarisation K sum_ij p_i^(1 + alpha) p_j |y_i - y_j| (Esteban and Ray 1994, Econometrica 62:819, theorem 1).

    p_i is the share of people at y_i. K = 2^(1 + alpha) / width, so that 1 is half the people at either end and 0 all
    in one place. It needs values that people share: on a scale of few levels it is what it is meant to be.

    Args:
        values: of shape n; nan is left out.
        width: from one end of the scale to the other.
        alpha: how much it counts that people are many in one place, above 0 and up to 1.6.

    Returns:
        nan where nobody answered.

    Raises:
        ValueError: alpha is outside its range, or the width is not above 0.
    """
    if not 0 < alpha <= 1.6:
        raise ValueError(f"alpha {alpha:g}: above 0 and up to 1.6")
    if width <= 0:
        raise ValueError(f"width {width:g}: above 0")
    kept = _kept(values)
    if not len(kept):
        return float("nan")
    places, counts = np.unique(kept, return_counts=True)
    share = counts / len(kept)
    apart = np.abs(places[:, None] - places[None, :])
    return float(2.0 ** (1.0 + alpha) / width * (share ** (1.0 + alpha) @ apart @ share))


def bimodality(values: ArrayLike) -> float:
    """Sarle's coefficient (g^2 + 1) / (k + 3 (n - 1)^2 / ((n - 2) (n - 3))), above 5/9 for more than one camp.

    g is the skewness and k the excess kurtosis of a sample, unbiased under normality (Pfister et al. 2013, Frontiers in
    Psychology 4:700). A uniform distribution has 5/9. Strong skew raises it too: read it with van der Eijk's A.

    Returns:
        nan with fewer than four values, or where all are equal.
    """
    from scipy.stats import kurtosis, skew

    kept = _kept(values)
    n = len(kept)
    if n < 4 or np.ptp(kept) == 0:
        return float("nan")
    g, k = float(skew(kept, bias=False)), float(kurtosis(kept, bias=False))
    return (g**2 + 1.0) / (k + 3.0 * (n - 1) ** 2 / ((n - 2) * (n - 3)))


def level_agreement(values: ArrayLike, *, levels: Sequence[int]) -> float:
    """Van der Eijk's A of ratings on these levels, in order: 1 all on one, -1 half at either end; nan where none."""
    kept = np.rint(_kept(values))
    return van_der_eijk([int((kept == level).sum()) for level in levels])


def between_share(values: Array, group: Groups) -> Array:
    """Share eta^2 of an item's variance that lies between groups, J; nan where nothing varies.

    Chance alone gives (G - 1) / (n - 1): compare before with after, or groups with groups drawn by lot.
    """
    code = _codes(group, len(values))
    between, total = np.zeros(values.shape[1]), np.zeros(values.shape[1])
    everyone = _mean(values, axis=0)
    for g in range(int(code.max(initial=-1)) + 1):
        inside = values[code == g]
        there = (~np.isnan(inside)).sum(axis=0)
        between += np.where(there > 0, there * (_mean(inside, axis=0) - everyone) ** 2, 0.0)
        total += np.nansum((inside - everyone) ** 2, axis=0)
    found: Array = np.where(total > 0, between / np.where(total > 0, total, 1.0), np.nan)
    return found


def consensus(values: Array) -> float:
    """Mean Spearman correlation of two people's orders of the items, n x J, of those who answered all.

    nan with fewer than two such people.
    """
    whole = values[~np.isnan(values).any(axis=1)]
    return float(pairs(agreement(whole)).mean()) if len(whole) > 1 else float("nan")


def opinion_change(polls: pd.DataFrame, *, by: str | None = None, alpha: float = 1.0) -> pd.DataFrame:
    """First and last poll side by side: a row for each run, question and position, and each group with `by`.

    Ratings are put on 0..1. Everything is of those polled twice, so that first and last are of the same people; where
    nobody was, `first` and its like are of all who were polled and whatever needs a second poll is null, never 0.
    Spread, Esteban and Ray's index, bimodality and van der Eijk's A are over all people of the row, whatever their
    assembly. `consensus` is of people and not of positions: see `consensus`.

    Args:
        polls: a frame with the columns of `frames.polls`; ratings 1 to 7.
        by: another column, such as `group`; those of whom it is not known make no row.
        alpha: of Esteban and Ray's index.

    Returns:
        Keys `run, question, position` (and `by`), then `first, last` (means), `net, net_se, net_low, net_high` (mean
        change, standard error with the assembly as the unit, 90% interval), `gross`, `switched` (share that crossed the
        middle), and `sd_`, `er_`, `bimodality_`, `agreement_` each with `first` and `last`; `n` polled twice, `asked`,
        `assemblies` of those polled twice; `simulated` where the polls say so.

    Raises:
        ValueError: a column is missing; names it.
    """
    import pandas as pd

    keys = [*KEYS, *([by] if by else [])]
    missing = [c for c in (*keys, "assembly", "member", "poll", "last", "rating") if c not in polls.columns]
    if missing:
        raise ValueError(f"polls have no column {missing[0]!r}")
    said = [name for name in ("simulated",) if name in polls.columns]
    rows = []
    for values, part in polls.dropna(subset=keys).groupby(keys, sort=False):
        of = {name: part[name].iloc[0] for name in said}
        rows.append({**dict(zip(keys, values, strict=True)), **_change(*_twice(part), alpha=alpha), **of})
    columns = [*keys, *_change(np.zeros(0), np.zeros(0), np.zeros(0, dtype=str), alpha=alpha), *said]
    whole = {**dict.fromkeys(("n", "asked", "assemblies"), "int64"), "simulated": "bool"}
    kinds = {c: "str" if c in keys else whole.get(c, "float64") for c in columns}
    return pd.DataFrame(rows, columns=columns).astype(kinds)


def _twice(polls: pd.DataFrame) -> tuple[Array, Array, NDArray[np.str_]]:
    """First and last rating on 0..1 of everybody polled, the last nan after one poll alone, and their assemblies."""
    who = ["assembly", "member"]
    first = polls[polls["poll"] == 0].set_index(who)["rating"]
    last = polls[polls["last"] & (polls["poll"] > 0)].set_index(who)["rating"].reindex(first.index)
    width = _HIGHEST - _LOWEST
    before, after = ((x.to_numpy(dtype=np.float64, na_value=np.nan) - _LOWEST) / width for x in (first, last))
    return before, after, first.index.get_level_values("assembly").to_numpy(dtype=str)


def _change(before: Array, after: Array, assembly: NDArray[np.str_], *, alpha: float) -> dict[str, Any]:
    both = ~np.isnan(before + after)
    asked, assemblies = int((~np.isnan(before)).sum()), len(set(assembly[both]))
    if both.any():
        before, after, assembly = before[both], after[both], assembly[both]
    x, y = before[:, None], after[:, None]
    moved = shift(x, y, assembly.tolist())
    low, high = (float(end[0]) for end in moved.interval())
    found = {
        "first": _one(_mean(x, axis=0)), "last": _one(_mean(y, axis=0)), "net": _one(moved.net),
        "net_se": _one(moved.error), "net_low": low, "net_high": high,
        "gross": _one(gross_change(x, y)), "switched": _one(switched(x, y, middle=0.5)),
    }  # fmt: skip
    levels = range(_LOWEST, _HIGHEST + 1)
    measures: dict[str, Callable[[Array], float]] = {
        "sd": lambda v: _one(_spread(v[:, None])),
        "er": lambda v: esteban_ray(v, width=1.0, alpha=alpha),
        "bimodality": bimodality,
        "agreement": lambda v: level_agreement(v * (_HIGHEST - _LOWEST) + _LOWEST, levels=levels),
    }
    for name, measure in measures.items():
        found |= {f"{name}_first": measure(before), f"{name}_last": measure(after)}
    return {**found, "n": int(both.sum()), "asked": asked, "assemblies": assemblies}


def _one(values: Array) -> float:
    return float(values[0])


def _kept(values: ArrayLike) -> Array:
    given = np.asarray(values, dtype=np.float64).ravel()
    return given[~np.isnan(given)]


def _mean(values: Array, *, axis: int) -> Array:
    """Mean of what is there; nan where nothing is, without a warning."""
    count = (~np.isnan(values)).sum(axis=axis)
    found: Array = np.where(count > 0, np.nansum(values, axis=axis) / np.maximum(count, 1), np.nan)
    return found


def _spread(values: Array) -> Array:
    """Standard deviation by column of what is there, n - 1 below; nan with fewer than two."""
    count = (~np.isnan(values)).sum(axis=0)
    squares = np.nansum((values - _mean(values, axis=0)) ** 2, axis=0)
    found: Array = np.where(count > 1, np.sqrt(squares / np.maximum(count - 1, 1)), np.nan)
    return found


def _codes(group: Groups, people: int) -> NDArray[np.int64]:
    """The place of each person's label among all labels in order."""
    labels: list[Any] = list(group)
    if len(labels) != people:
        raise ValueError(f"{len(labels)} labels of groups for {people} people")
    try:
        order = {label: place for place, label in enumerate(sorted(set(labels)))}
    except TypeError as error:
        raise ValueError(f"labels of groups have no order: {error}") from error
    return np.array([order[label] for label in labels], dtype=np.int64)


def _by_group(before: Array, after: Array, group: Groups) -> list[tuple[Array, Array]]:
    """Answers of each group, nan where one of the two is missing."""
    code, both = _codes(group, len(before)), ~np.isnan(before + after)
    x, y = np.where(both, before, np.nan), np.where(both, after, np.nan)
    return [(x[code == g], y[code == g]) for g in range(int(code.max(initial=-1)) + 1)]
