"""The gap between two parties, or any two sorts of people, before and after they talked, item by item. Plain arrays.

Narrowing is a change and no effect: only a control group, or the same people asked again without talk, tells how much
of it the talk did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deliberation.analysis.measures import Array
from deliberation.analysis.opinion import LEVEL, Groups, clustered, reach_of
from deliberation.errors import DataError
from deliberation.records.base import Record

if TYPE_CHECKING:
    import pandas as pd

PARTIES = ("Democrat", "Republican")
"""Whose gap is measured, unless it is said."""


class MeanGap(Record):
    """Gap between two parties, mean over items of its size, before and after, and how far it narrowed with interval.

    `narrowed`: share of items on which it is smaller afterwards. `surely`: on which the interval is above 0.
    """

    items: int
    first: float
    last: float
    narrowing: float
    error: float
    low: float
    high: float
    narrowed: float
    surely: float


def party_gap(  # noqa: PLR0913  two polls, who, and whom they talked with
    before: Array, after: Array, party: Sequence[str], cluster: Groups, *, items: Sequence[str],
    pair: tuple[str, str] = PARTIES, level: float = LEVEL,
) -> pd.DataFrame:  # fmt: skip
    """The gap between two parties by item, before and after, and how far it narrowed, with the small group as the unit.

    gap = mean of the first party - mean of the second, of those who answered the item twice; narrowing = sign(gap
    before) (gap before - gap after): above 0 where they came nearer, and also where the gap turned round, in which case
    it may have grown (see `first` and `last`). Errors are those of `opinion.shift`, summed over both parties within
    each group. Gaps that were large before partly by chance shrink by chance: without a control group, narrowing is no
    effect of the talk alone.

    Args:
        before: n x J on any scale, nan where an answer is missing.
        after: of the same people.
        party: of each, n; others than the pair are passed over.
        cluster: whom each talked with, n.
        items: names, J.
        pair: the two parties.
        level: of the intervals.

    Returns:
        A row for each item: item; first, last (gaps) and narrowing, each also with `_low` and `_high`; narrowing_se;
        one, other: how many of each party answered twice.

    Raises:
        DataError: arrays do not fit each other, or nobody is of one of the parties.
    """
    import pandas as pd

    found = _gaps(before, after, party, pair, items)
    columns: dict[str, Array] = {}
    for name, (value, influence) in found.gaps.items():
        error, clusters = clustered(influence, found.there, cluster)
        reach = reach_of(level, clusters - 1) * error
        columns |= {name: value, f"{name}_low": value - reach, f"{name}_high": value + reach}
        if name == "narrowing":
            columns["narrowing_se"] = error
    return pd.DataFrame({"item": list(items), **columns, "one": found.sizes[0], "other": found.sizes[1]}).astype(
        {"item": "str"}
    )


def mean_party_gap(  # noqa: PLR0913  as of `party_gap`
    before: Array, after: Array, party: Sequence[str], cluster: Groups, *, items: Sequence[str],
    pair: tuple[str, str] = PARTIES, level: float = LEVEL,
) -> MeanGap:  # fmt: skip
    """The gaps of all items together; people who answer one item answer others, so errors are of their sum.

    Args and errors as of `party_gap`.
    """
    found = _gaps(before, after, party, pair, items)
    first, last, narrowing = (found.gaps[name][0] for name in ("first", "last", "narrowing"))
    told = ~np.isnan(narrowing)
    influence = found.gaps["narrowing"][1][:, told].mean(axis=1, keepdims=True)
    error, clusters = clustered(influence, np.asarray(found.there.any(axis=1, keepdims=True)), cluster)
    value, reach = float(narrowing[told].mean()), float((reach_of(level, clusters - 1) * error)[0])
    table = party_gap(before, after, party, cluster, items=items, pair=pair, level=level)
    return MeanGap(
        items=int(told.sum()),
        first=float(np.abs(first[told]).mean()),
        last=float(np.abs(last[told]).mean()),
        narrowing=value,
        error=float(error[0]),
        low=value - reach,
        high=value + reach,
        narrowed=float((np.abs(last[told]) < np.abs(first[told])).mean()),
        surely=float((table["narrowing_low"].to_numpy()[told] > 0).mean()),
    )


class _Gaps(NamedTuple):
    """`first`, `last`, `narrowing`: value by item, and each person's influence on it, n x J."""

    gaps: Mapping[str, tuple[Array, Array]]
    there: NDArray[np.bool_]
    sizes: tuple[NDArray[np.int64], NDArray[np.int64]]


def _gaps(before: Array, after: Array, party: Sequence[str], pair: tuple[str, str], items: Sequence[str]) -> _Gaps:
    if before.shape != after.shape or len(party) != len(before) or len(items) != before.shape[1]:
        raise DataError(f"answers {before.shape} and {after.shape}, {len(party)} parties, {len(items)} items")
    both = ~np.isnan(before + after)
    inside = [both & (np.asarray(party) == name)[:, None] for name in pair]
    for name, who in zip(pair, inside, strict=True):
        if not who.any():
            raise DataError(f"party {name!r}: nobody of it answered twice")
    found = {name: _gap(values, inside) for name, values in (("first", before), ("last", after))}
    (first, of_first), (last, of_last) = found["first"], found["last"]
    found["narrowing"] = (np.sign(first) * (first - last), np.sign(first) * (of_first - of_last))
    one, other = (who.sum(axis=0) for who in inside)
    return _Gaps(found, inside[0] | inside[1], (one, other))


def _gap(values: Array, inside: Sequence[NDArray[np.bool_]]) -> tuple[Array, Array]:
    gap, influence = np.zeros(values.shape[1]), np.zeros(values.shape)
    for sign, who in zip((1.0, -1.0), inside, strict=True):
        count = who.sum(axis=0)
        mean = np.where(count > 0, np.where(who, values, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan)
        gap += sign * mean
        influence += sign * np.where(who, values - mean, 0.0) / np.maximum(count, 1)
    return gap, influence
