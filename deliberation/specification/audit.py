"""Who could say that chosen clauses leave them out: violations of justified representation. Knows numbers only.

`approve`: n voters x m columns; `weights`: n, not negative, a voter of weight w counting as w equal voters; `chosen`:
columns of the committee. A coalition whose weight is l times a seat's share of all deserves l columns of its own. Each
violation names the clause and the coalition: it is the minority report. None found is a guarantee of the axiom.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Approvals = NDArray[np.bool_]

_CLOSE = 1e-12


class Violation(NamedTuple):
    """A column that a coalition deserves and did not get.

    `members`: rows of those who approve `clause` and have fewer than `level` chosen columns; `weight`: theirs; `quota`:
    weight of all / seats, of which theirs is at least `level` times.
    """

    clause: int
    level: int
    members: NDArray[np.int64]
    weight: float
    quota: float


def justified_representation(
    approve: Approvals, weights: Array, chosen: list[int], *, seats: int | None = None
) -> list[Violation]:
    """Columns that a whole seat's share approves of whom nobody has a chosen one: where JR fails (level 1).

    JR: for no c is the weight of {i: c in A_i, A_i and W disjoint} at least (sum w) / k (Aziz, Brill, Conitzer, Elkind,
    Freeman and Walsh 2017, Soc. Choice Welf. 48). At most one for each column, the heaviest coalition
    first, then by column.

    Args:
        approve: n x m.
        weights: n.
        chosen: columns of the committee W.
        seats: k, where fewer than k were chosen; otherwise as many as were.

    Raises:
        ValueError: there are no seats, or fewer than chosen columns.
    """
    return _violations(approve, weights, chosen, seats=seats, most=1)


def ejr_plus(approve: Approvals, weights: Array, chosen: list[int], *, seats: int | None = None) -> list[Violation]:
    """Columns not chosen that l shares approve of whom nobody has l chosen ones: where EJR+ fails, l the largest.

    EJR+: for no c outside W and no l is the weight of {i: c in A_i, |A_i and W| < l} at least l (sum w) / k (Brill and
    Peters 2023, EC). Implies EJR, PJR and JR. Order, arguments and errors as for JR.
    """
    return _violations(approve, weights, chosen, seats=seats, most=None)


def _violations(
    approve: Approvals, weights: Array, chosen: list[int], *, seats: int | None, most: int | None
) -> list[Violation]:
    k = len(chosen) if seats is None else seats
    if k < 1 or k < len(chosen):
        raise ValueError(f"{len(chosen)} columns were chosen for {k} seats")
    quota = float(weights.sum()) / k
    has = approve[:, chosen].sum(axis=1)
    levels = np.arange(1, (most or k) + 1)
    found = []
    for column in np.flatnonzero(approve.any(axis=0)):
        if column in chosen:
            continue
        approvers = np.flatnonzero(approve[:, column])
        # weight of the approvers with fewer than 1, 2, ... chosen columns
        below = np.cumsum(np.bincount(has[approvers], weights=weights[approvers], minlength=k + 1))[: len(levels)]
        failed = np.flatnonzero((below >= levels * quota * (1 - _CLOSE)) & (below > 0))
        if len(failed):
            level = int(levels[failed[-1]])
            members = approvers[has[approvers] < level]
            found.append(Violation(int(column), level, members, float(below[failed[-1]]), quota))
    return sorted(found, key=lambda violation: (-violation.weight, violation.clause))
