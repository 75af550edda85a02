"""Simulated against human change, item by item, on plain arrays and tables.

It says whether a simulated public moved as people did. It does not choose which simulated item stands for which human
one: the caller matches them, and a match by lot can only agree by chance (`synthetic_items`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from deliberation.analysis.measures import Array
from deliberation.analysis.opinion import LEVEL, Shift, reach_of
from deliberation.errors import DataError
from deliberation.randomness import stream
from deliberation.records.base import Record

if TYPE_CHECKING:
    import pandas as pd

CLASSES = ("match", "overshoot", "undershoot", "reversal", "rigidity", "undecided")
"""What simulated change can be beside human change; see `classify`."""

MARGIN = 0.05
"""Differences up to this, on 0..1, do not matter: half a level of the finest scale people answered on, 0 to 10."""


class Summary(Record):
    """All items together.

    `counts`: items by class. `correlation`: of simulated with human change over items, null where one of them does not
    vary; noise in either makes it smaller. `human`, `simulated`: mean absolute change, which noise makes larger.
    `signs_alike`: of the items on which both surely differ from 0, the share on which both have one sign; null if none.
    `could_match`: share of items whose interval is narrow enough for a match, were there no difference at all. Where it
    is small, few matches say that there are too few groups and nothing of the public.
    """

    items: int
    could_match: float
    counts: dict[str, int]
    correlation: float | None
    human: float
    simulated: float
    signs_alike: float | None


class ByLot(Record):
    """What matching items by lot would give: mean count of each class, and of |correlation|, over so many matchings.

    `as_high`: share of matchings whose correlation is at least that of the matching given, (b + 1) / (m + 1); null
    where there is none.
    """

    counts: dict[str, float]
    correlation: float | None
    as_high: float | None
    matchings: int


class _Interval(NamedTuple):
    value: float
    low: float
    high: float

    def within(self, margin: float) -> bool:
        return -margin < self.low and self.high < margin

    def sure(self) -> bool:
        return self.low > 0 or self.high < 0

    def moves(self, margin: float) -> bool:
        return self.sure() and not self.within(margin)

    def differs(self, margin: float) -> bool:
        return self.sure() and abs(self.value) > margin


def classify(
    human: Shift, simulated: Shift, *, items: Sequence[str], margin: float = MARGIN, level: float = LEVEL
) -> pd.DataFrame:
    """Each item's simulated change beside the human one, and what it is (after Wali and Tayyab 2026).

    They name match, overshoot, reversal and rigidity; undershoot is added, for a public that moves too little is not
    one that does not move, and undecided, for intervals often cannot tell. The first that holds, h being human change,
    s simulated change and d = s - h, each with its interval (Student's; of d with Welch's degrees of freedom):

    - match: the interval of d lies within the margin of 0 (equivalence; two one-sided tests, Schuirmann 1987).
    - reversal: h and s both move, in opposite directions.
    - rigidity: h moves, s stays, and s differs from h.
    - overshoot: h moves, s differs from h and goes further its way; or h stays, s moves and differs from h.
    - undershoot: h moves, s differs from h and goes less far.
    - undecided: all else, and every item without an interval.

    It stays if its interval lies within the margin of 0, and moves if its interval leaves out 0 and it does not stay.
    "s differs from h": the interval of d leaves out 0 and |d| is above the margin. Each item is judged by itself: of
    48, some are wrongly called different at any level.

    Args:
        human: change of people by item, on 0..1 (`opinion.shift`).
        simulated: of the simulated on the same items in the same order.
        items: their names.
        margin: what does not matter, on 0..1.
        level: of all intervals.

    Returns:
        A row for each item: item; human, simulated, difference, each also with `_low` and `_high`; class.

    Raises:
        DataError: not the same number of items in all, or the margin is not above 0.
    """
    import pandas as pd

    if not len(items) == len(human.net) == len(simulated.net):
        raise DataError(f"{len(items)} items, {len(human.net)} human and {len(simulated.net)} simulated changes")
    if not margin > 0:
        raise DataError(f"margin {margin:g}: above 0")
    columns: dict[str, Array] = {}
    parts = {"human": human.interval(level), "simulated": simulated.interval(level)}
    values = {"human": human.net, "simulated": simulated.net, "difference": simulated.net - human.net}
    parts["difference"] = _apart(human, simulated, level)
    for name, value in values.items():
        columns |= {name: value, f"{name}_low": parts[name][0], f"{name}_high": parts[name][1]}
    judged = []
    for i in range(len(items)):
        h, x, d = (_Interval(float(values[n][i]), float(parts[n][0][i]), float(parts[n][1][i])) for n in values)
        judged.append(class_of(h, x, d, margin))
    return pd.DataFrame({"item": list(items), **columns, "class": judged}).astype({"item": "str", "class": "str"})


def class_of(human: _Interval, simulated: _Interval, difference: _Interval, margin: float) -> str:
    """The class of one item: see `classify`."""
    if not np.isfinite([*human, *simulated, *difference]).all():
        return "undecided"
    if difference.within(margin):
        return "match"
    if human.moves(margin) and simulated.moves(margin) and human.value * simulated.value < 0:
        return "reversal"
    return _distance(human, simulated, difference, margin) if difference.differs(margin) else "undecided"


def _distance(human: _Interval, simulated: _Interval, difference: _Interval, margin: float) -> str:
    """What change that differs is, where it is no reversal."""
    if human.within(margin):
        return "overshoot" if simulated.moves(margin) else "undecided"
    if not human.moves(margin):
        return "undecided"
    if simulated.within(margin):
        return "rigidity"
    return "overshoot" if difference.value * human.value > 0 else "undershoot"


def summary(table: pd.DataFrame, *, margin: float = MARGIN) -> Summary:
    """All rows of `classify` together, at least one; `margin` as it was there."""
    told = table.dropna(subset=["human", "simulated"])
    human, simulated = (told[name].to_numpy(dtype=np.float64) for name in ("human", "simulated"))
    counts = table["class"].value_counts()
    varied = len(told) > 1 and human.std() > 0 and simulated.std() > 0
    moved = np.all([(told[f"{n}_low"] > 0) | (told[f"{n}_high"] < 0) for n in ("human", "simulated")], axis=0)
    narrow = (table["difference_high"] - table["difference_low"]) / 2.0 < margin
    return Summary(
        items=len(table),
        could_match=float(narrow.mean()),
        counts={name: int(counts.get(name, 0)) for name in CLASSES},
        correlation=float(np.corrcoef(human, simulated)[0, 1]) if varied else None,
        human=float(np.abs(human).mean()),
        simulated=float(np.abs(simulated).mean()),
        signs_alike=float((human * simulated > 0)[moved].mean()) if moved.any() else None,
    )


def by_lot(
    human: Shift, simulated: Shift, *, seed: int, matchings: int = 200, margin: float = MARGIN, level: float = LEVEL
) -> ByLot:
    """What is found where it is drawn by lot which simulated item stands for which human one.

    Classes beyond these counts, or a correlation that few matchings reach, tell of the matching and not of how far both
    publics happen to move.

    Raises:
        DataError: as of `classify`, or no matching.
    """
    if matchings < 1:
        raise DataError(f"matchings {matchings}: at least 1")
    items, draw = [str(i) for i in range(len(human.net))], stream(seed, "matched-by-lot")
    given = summary(classify(human, simulated, items=items, margin=margin, level=level), margin=margin).correlation
    found = []
    for _ in range(matchings):
        order = draw.permutation(len(items))
        drawn = Shift(simulated.net[order], simulated.error[order], simulated.clusters[order], simulated.people[order])
        found.append(summary(classify(human, drawn, items=items, margin=margin, level=level), margin=margin))
    met = [one.correlation for one in found if one.correlation is not None]
    higher = None if given is None else (sum(one >= given for one in met) + 1) / (matchings + 1)
    return ByLot(
        counts={name: float(np.mean([one.counts[name] for one in found])) for name in CLASSES},
        correlation=float(np.abs(met).mean()) if met else None,
        as_high=higher,
        matchings=matchings,
    )


def _apart(human: Shift, simulated: Shift, level: float) -> tuple[Array, Array]:
    """Interval of simulated less human change (Welch 1947)."""
    v1, v2 = human.error**2, simulated.error**2
    below = v1**2 / np.maximum(human.clusters - 1, 1) + v2**2 / np.maximum(simulated.clusters - 1, 1)
    # without any error there is nothing to be unsure of, and no degrees of freedom are needed to say so
    freedom = np.where(below > 0, (v1 + v2) ** 2 / np.where(below > 0, below, 1.0), 1.0)
    reach = reach_of(level, freedom) * np.sqrt(v1 + v2)
    difference = simulated.net - human.net
    return difference - reach, difference + reach
