"""Figures of runs as tidy rows, with intervals whose unit is the assembly. Knows nothing of what they measure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from deliberation.analysis import validity
from deliberation.analysis.opinion import LEVEL, reach_of
from deliberation.records.base import Record

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "run": "str", "measure": "str", "group": "str", "value": "float64", "low": "float64", "high": "float64",
    "n": "int64", "unit": "str",
}  # fmt: skip
"""Columns of a summary: `n` counts what `unit` names; `group` is null where a figure is of all."""

Bounds = tuple[float, float]
SHARE: Bounds = (0.0, 1.0)
POSITIVE: Bounds = (0.0, float("inf"))
ANY: Bounds = (float("-inf"), float("inf"))

Row = dict[str, Any]


class Estimate(Record):
    """A figure, its interval, and how many assemblies it is from; null where they cannot tell it."""

    value: float | None
    low: float | None
    high: float | None
    n: int


NOTHING = Estimate(value=None, low=None, high=None, n=0)
"""What there is to say where nothing was seen."""


def ratio(over: ArrayLike, under: ArrayLike, *, bounds: Bounds = ANY, level: float = LEVEL) -> Estimate:
    """sum(over) / sum(under), and Student's interval with A - 1 degrees of freedom for A assemblies.

    R = sum y / sum x; error^2 = A / (A - 1) sum (y - R x)^2 / (sum x)^2, which lets all that happens in one assembly
    hang together (Cochran 1977, Sampling Techniques, chapter 6). Where all assemblies are alike, such as
    all at 0, they do not tell how far another may be off, and the interval is null.

    Args:
        over: what is counted in each assembly, A.
        under: what it is counted of, A; an assembly where that is 0 or nan has nothing to say, and is left out.
        bounds: what the figure cannot lie outside of; the interval is cut there.
        level: of the interval.

    >>> ratio([1, 3], [4, 4]).value
    0.5
    """
    y, x = np.asarray(over, dtype=np.float64), np.asarray(under, dtype=np.float64)
    kept = np.isfinite(y) & np.isfinite(x) & (x != 0)
    y, x = y[kept], x[kept]
    number = len(y)
    if not number:
        return NOTHING
    value = float(y.sum() / x.sum())
    off = np.abs(y - value * x)
    if number < 2 or off.max() <= 1e-12 * np.abs(y).max():
        return Estimate(value=value, low=None, high=None, n=number)
    error = float(np.sqrt(number / (number - 1) * (off**2).sum()) / abs(x.sum()))
    reach = float(reach_of(level, number - 1)) * error
    low, high = max(bounds[0], value - reach), min(bounds[1], value + reach)
    return Estimate(value=value, low=low, high=high, n=number)


def mean(values: ArrayLike, *, bounds: Bounds = ANY, level: float = LEVEL) -> Estimate:
    """The mean of one value from each assembly, and its interval; nan is left out.

    >>> mean([1.0, float("nan"), 3.0]).n
    2
    """
    y = np.asarray(values, dtype=np.float64)
    return ratio(y, np.ones(len(y)), bounds=bounds, level=level)


def slope(x: ArrayLike, y: ArrayLike, who: ArrayLike, assembly: ArrayLike, *, level: float = LEVEL) -> Estimate:
    """Slope of y on x within people, as `validity.slope`, with an interval whose unit is the assembly.

    Differences between people are taken out first; then errors are summed by assembly, times A / (A - 1). As in
    `ratio`, assemblies that have nothing to say, for x does not vary within any of their people, are not among the A.

    Args:
        x: shape N.
        y: shape N.
        who: names of people, shape N; of those in two assemblies, another in each.
        assembly: where they sat, shape N.
        level: of the interval.

    Returns:
        null where x does not vary within any person.
    """
    people = np.unique(np.asarray(who), return_inverse=True)[1]
    rooms = np.unique(np.asarray(assembly), return_inverse=True)[1].astype(np.int64)
    count = np.maximum(np.bincount(people), 1)
    dx, dy = (np.asarray(v, dtype=np.float64) for v in (x, y))
    dx, dy = (v - np.bincount(people, v)[people] / count[people] for v in (dx, dy))
    number = len(np.unique(rooms[np.abs(dx) > 1e-12]))
    if not number:
        return NOTHING
    beta, z = validity.slope(dx, dy, rooms)
    if z == 0 or number < 2:
        return Estimate(value=beta, low=None, high=None, n=number)
    reach = float(reach_of(level, number - 1)) * abs(beta / z) * float(np.sqrt(number / (number - 1)))
    return Estimate(value=beta, low=beta - reach, high=beta + reach, n=number)


def row(run: str, measure: str, found: Estimate, *, group: str | None = None) -> Row:
    """One row of a summary."""
    return {"run": run, "measure": measure, "group": group, **found.model_dump(), "unit": "assembly"}


def means(frame: pd.DataFrame, measures: dict[str, Bounds], *, runs: Iterable[str]) -> list[Row]:
    """One row for each run and measure from a frame with a row an assembly, or with `group`, one a group in it.

    A run of which the frame says nothing has its rows all the same, of nulls, unless they would be of groups.
    """
    rows = []
    for run in runs:
        own = frame[frame["run"] == run]
        parts = list(own.groupby("group", sort=True)) if "group" in own else [(None, own)]
        for group, part in parts:
            name = None if group is None else str(group)
            rows += [row(run, m, mean(part[m], bounds=limit), group=name) for m, limit in measures.items()]
    return rows


def summary(rows: Iterable[Row]) -> pd.DataFrame:
    """Rows as a frame with the columns of `COLUMNS`, sorted by run as they came, then by measure."""
    import pandas as pd

    found = pd.DataFrame(list(rows), columns=list(COLUMNS)).astype(COLUMNS)
    order = {run: place for place, run in enumerate(found["run"].unique())}
    place = found["run"].map(order).astype("int64")
    return found.assign(place=place).sort_values(["place", "measure", "group"], ignore_index=True)[list(COLUMNS)]
