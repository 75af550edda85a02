"""What else the votes show that a ruling should own to: groups on opposite sides, two camps, the slate's own order.

Signs, not verdicts: each is said beside a ruling and changes it only where the settings say so. Arrays only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deliberation.records.specification import Code
from deliberation.specification.agreement import benjamini_hochberg, van_der_eijk
from deliberation.specification.counting import Counted, GroupCounts
from deliberation.specification.uncertainty import Evidence
from deliberation.specification.votes import OPPOSE, SUPPORT, Array

_SIDE = 0.9
"""How probable it must be that a group's majority is on a side."""
_LEVELS = 7
_LEAST_RATINGS = 10
_ORDER = 0.05
"""Expected share of clauses falsely called order-sensitive."""


def doubts(found: Counted, told: Sequence[GroupCounts]) -> list[tuple[Code, ...]]:
    """The signs of each clause, in a fixed order."""
    moved = _order_sensitive(found)
    codes: list[tuple[Code, ...]] = []
    for clause in range(len(found.clauses)):
        own: list[Code] = []
        if any(_split(counts, clause) for counts in told):
            own.append("split_by_group")
        if _polarised(found, clause):
            own.append("polarised")
        if moved[clause]:
            own.append("order_sensitive")
        codes.append(tuple(own))
    return codes


def _split(counts: GroupCounts, clause: int) -> bool:
    """Whether the majority of one group is surely for a clause, and of another surely against it."""
    support, decided = counts.support[:, :, clause], counts.decided[:, :, clause]
    share = support.sum(axis=0) / np.maximum(decided.sum(axis=0), 1e-12)
    there = decided.sum(axis=0) > 0
    if not (there & (share < 0.5)).any() or not (there & (share > 0.5)).any():
        return False
    sure = [
        Evidence.of(support[:, g], decided[:, g]).posterior().at_least(0.5) for g in np.flatnonzero(there)
    ]  # fmt: skip
    return max(sure) >= _SIDE and min(sure) <= 1.0 - _SIDE


def _polarised(found: Counted, clause: int) -> bool:
    """Whether ratings agree less than if all seven were as frequent (agreement A < 0: van der Eijk 2001)."""
    ratings = found.votes.ratings[:, clause]
    if (ratings > 0).sum() < _LEAST_RATINGS:
        return False
    counts = np.bincount(ratings, weights=found.votes.weights, minlength=_LEVELS + 1)[1:]
    return bool(van_der_eijk(counts) < 0)


def _order_sensitive(found: Counted) -> NDArray[np.bool_]:
    """Clauses whose support depends on where they stood on the slate, which was drawn by lot for every voter; m.

    In each assembly the slope of support (1, 0) on place, by least squares; over assemblies a t test of its mean
    against 0; over clauses the procedure of Benjamini and Hochberg (1995).
    """
    from scipy.special import stdtr  # the distribution alone: all of scipy.stats takes a second to load

    size = len(found.clauses)
    p = np.ones(size)
    for clause in range(size):
        slopes = _slopes(found, clause)
        if len(slopes) < 3:
            continue
        if slopes.std(ddof=1) < 1e-9:  # all alike: no t test, but as many signs are alike by chance so often
            p[clause] = 2.0 ** (1 - len(slopes)) if abs(slopes[0]) > 1e-9 else 1.0
            continue
        statistic = slopes.mean() / (slopes.std(ddof=1) / np.sqrt(len(slopes)))
        p[clause] = 2.0 * stdtr(len(slopes) - 1, -abs(statistic))
    return benjamini_hochberg(p, _ORDER)


def _slopes(found: Counted, clause: int) -> Array:
    marks, places = found.votes.marks[:, clause], found.places[:, clause]
    told = ((marks == SUPPORT) | (marks == OPPOSE)) & ~np.isnan(places)
    slopes = []
    for assembly in range(len(found.assemblies)):
        rows = told & (found.votes.assemblies == assembly)
        place = places[rows] - places[rows].mean() if rows.any() else places[rows]
        if (scale := float((place**2).sum())) > 0:
            slopes.append(float((place * (marks[rows] == SUPPORT)).sum()) / scale)
    return np.array(slopes)
