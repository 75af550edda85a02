"""What to change where quotas cannot be met together: the least, in seats over all bounds. Draws nobody."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deliberation.people.lottery import Kinds


def smallest_relaxation(kinds: Kinds) -> NDArray[np.int64]:
    """By how many seats each quota must give way so that some panel meets all of them, Q.

    Negative: the lower bound falls by so many; positive: the upper bound rises; all 0 where a panel meets them as they
    are. Of several relaxations with the least sum, the one that spreads over fewer quotas need not be found.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    types, quotas = len(kinds.people), len(kinds.low)
    if not quotas:
        return np.zeros(0, dtype=np.int64)
    # unknowns: people seated of each type, then how far each lower bound falls and each upper bound rises
    within, gives, none = kinds.within.astype(np.float64), np.eye(quotas), np.zeros((quotas, quotas))
    rows = np.vstack(
        [
            np.r_[np.ones(types), np.zeros(2 * quotas)],
            np.hstack([within, gives, none]),
            np.hstack([within, none, -gives]),
        ]
    )
    low = np.r_[kinds.seats, kinds.low, np.full(quotas, -np.inf)]
    high = np.r_[kinds.seats, np.full(quotas, np.inf), kinds.high]
    solved = milp(
        np.r_[np.zeros(types), np.ones(2 * quotas)],
        constraints=LinearConstraint(rows, low, high),
        bounds=Bounds(0, np.r_[kinds.people, np.full(2 * quotas, kinds.seats)]),
        integrality=np.ones(types + 2 * quotas, dtype=np.int64),
        options={"mip_rel_gap": 0.0},
    )
    found: Any = solved.x
    moved: NDArray[np.int64] = np.rint(found[types:]).astype(np.int64)
    return moved[quotas:] - moved[:quotas]
