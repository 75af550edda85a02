"""Seats that are not filled by lot: a body of like minds, and one that is elected by parties. Meets no quota.

They are here to be compared with sortition, as models of who sits on a company's board or in a parliament.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from deliberation.errors import QuotaError
from deliberation.people.pool import OUTLOOKS, Pool, outlook

METHODS = {
    "like_minded": "like-minded: one drawn at random and those nearest to it in values",
    "parties": "elected: parties by outlook, seats alike, votes weighted by the parties' shares of the pool",
}
"""How each names itself in the records."""

Rows = NDArray[np.int64]

_CANDIDATES = 5
"""Who stands for each seat of a party."""


def chosen(
    how: Literal["like_minded", "parties"], pool: Pool, members: int, luck: NDArray[np.float64], seated: Rows
) -> tuple[Rows, dict[int, float]]:
    """Who sits, and how much the vote of each counts where not 1.

    Args:
        how: which body.
        pool: the people.
        members: seats.
        luck: a random number for each person.
        seated: how often each has sat before; those who sat least come first.
    """
    profiles = pool.profiles
    if how == "like_minded":
        return _like_minded(profiles, members, luck - seated), {}
    return _parties(pool, profiles, members, luck - seated)


def _like_minded(profiles: NDArray[np.float64], members: int, luck: NDArray[np.float64]) -> Rows:
    first = int(np.argmax(luck))
    apart = np.linalg.norm(profiles - profiles[first], axis=1)
    order = np.lexsort((-luck, apart, np.ceil(-luck)))  # those who sat before come last
    others = [int(i) for i in order if i != first]
    return np.sort(np.array([first, *others[: members - 1]], dtype=np.int64))


def _parties(
    pool: Pool, profiles: NDArray[np.float64], members: int, luck: NDArray[np.float64]
) -> tuple[Rows, dict[int, float]]:
    """Every party elects of its candidates, drawn by lot, those nearest to what its voters hold on average."""
    party = np.array([OUTLOOKS.index(outlook(pool.population, profile)) for profile in profiles])
    votes = np.bincount(party, minlength=len(OUTLOOKS)) / pool.size
    standing = [p for p in np.argsort(-votes, kind="stable") if votes[p] > 0][:members]
    found: list[int] = []
    weights: dict[int, float] = {}
    for place, p in enumerate(standing):
        seats = members // len(standing) + (place < members % len(standing))
        own = np.flatnonzero(party == p)
        candidates = own[np.argsort(-luck[own], kind="stable")[: _CANDIDATES * seats]]
        if len(candidates) < seats:
            raise QuotaError(f"the party of {OUTLOOKS[p]} has {len(candidates)} people in the pool for {seats} seats")
        apart = np.linalg.norm(profiles[candidates] - profiles[own].mean(axis=0), axis=1)
        elected = [int(i) for i in candidates[np.argsort(apart, kind="stable")[:seats]]]
        found += elected
        weights |= {i: round(float(votes[p]) / votes[standing].sum() * members / len(elected), 6) for i in elected}
    return np.sort(np.array(found, dtype=np.int64)), weights
