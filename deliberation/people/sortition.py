"""Draw panels from a pool under quotas. Knows nothing of models.

The plain draw: everybody in the pool gets a random number, and of all panels that meet the quotas the one with the
largest sum is seated (a random-cost integer programme, solved exactly by HiGHS). It never falls back on another method.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deliberation.errors import QuotaError
from deliberation.people.pool import Pool, shares
from deliberation.randomness import stream
from deliberation.records.people import Panel, QuotaReport
from deliberation.settings import PanelSettings

METHOD = "random-cost draw (integer programme)"


class Quota(NamedTuple):
    """At least `low` and at most `high` seats for people with this value of this attribute."""

    attribute: str
    value: str
    low: int
    high: int


def quotas(settings: PanelSettings, members: int) -> tuple[Quota, ...]:
    """The quotas of a panel: stated bounds, else proportion, rounded either way, give or take `slack` seats.

    Raises:
        QuotaError: the bounds of one attribute cannot add up to the number of seats.
    """
    found: list[Quota] = []
    for attribute in settings.balance:
        if attribute not in settings.quotas:
            for value, share in shares(settings.population, attribute).items():
                low = max(0, math.floor(share * members) - settings.slack)
                found.append(Quota(attribute, value, low, math.ceil(share * members) + settings.slack))
    for attribute, bounds in settings.quotas.items():
        found.extend(Quota(attribute, value, low, high) for value, (low, high) in bounds.items())
        _check_sum(settings, attribute, members, found)
    return tuple(found)


def _check_sum(settings: PanelSettings, attribute: str, members: int, found: list[Quota]) -> None:
    low = sum(q.low for q in found if q.attribute == attribute)
    if low > members:
        raise QuotaError(f"quotas of {attribute!r} need at least {low} seats, but members={members}")
    stated = settings.quotas[attribute]
    high = sum(q.high for q in found if q.attribute == attribute)
    if set(stated) == set(shares(settings.population, attribute)) and high < members:
        raise QuotaError(f"quotas of {attribute!r} allow at most {high} seats, but members={members}")


class Draw:
    """Draws one panel after another from a pool; nobody is seated twice.

    Args:
        settings: the pool's population and quotas.
        members: seats on each panel.
        seed: the study's seed.

    Raises:
        QuotaError: the quotas cannot be met by any panel; names them.
    """

    def __init__(self, settings: PanelSettings, *, members: int, seed: int) -> None:
        self._settings = settings
        self._members = members
        self._seed = seed
        self.quotas = quotas(settings, members)
        self.pool = Pool(settings.population, settings.pool, seed)
        self._rows = self._indicators()
        self._free = np.ones(settings.pool, dtype=bool)

    def panels(self, addresses: list[tuple[str, str]]) -> Iterator[Panel]:
        """One panel for each (assembly, question), in order; a panel depends on those before it.

        Raises:
            QuotaError: those not yet seated cannot fill another panel.
        """
        for number, (assembly, question) in enumerate(addresses):
            seated = self._seat(number)
            self._free[seated] = False
            yield Panel(
                assembly=assembly,
                question=question,
                method=METHOD,
                pool=self._settings.pool,
                members=self.pool.panel(int(i) for i in seated),
                quotas=self._report(seated),
            )

    def _indicators(self) -> NDArray[np.bool_]:
        columns = {a: np.array(self.pool.column(a)) for a in {q.attribute for q in self.quotas}}
        rows = [columns[q.attribute] == q.value for q in self.quotas]
        return np.array(rows, dtype=bool).reshape(len(rows), self._settings.pool)

    def _seat(self, number: int) -> NDArray[np.int64]:
        from scipy.optimize import Bounds, LinearConstraint, milp

        free = np.flatnonzero(self._free)
        luck = stream(self._seed, "sortition", self._settings.population.id, number).random(len(free))
        near = self._nearest(free, luck)
        seats = np.vstack([np.ones((1, len(near))), self._rows[:, near].astype(float)])
        low = [self._members, *(q.low for q in self.quotas)]
        high = [self._members, *(q.high for q in self.quotas)]
        solved = milp(
            -luck[np.searchsorted(free, near)],
            constraints=LinearConstraint(seats, low, high),
            bounds=Bounds(0, 1),
            integrality=np.ones(len(near), dtype=np.int64),
            options={"mip_rel_gap": 0.0},
        )
        if solved.x is None:
            raise QuotaError(self._why_not(free, number))
        return near[solved.x > 0.5]

    def _nearest(self, free: NDArray[np.int64], luck: NDArray[np.float64]) -> NDArray[np.int64]:
        """Only the luckiest of each type can be in the best panel: at most one seat's worth each."""
        types = np.zeros(len(free), dtype=np.int64)
        for row in self._rows[:, free]:
            _, types = np.unique(types * 2 + row, return_inverse=True)
        order = np.lexsort((-luck, types))
        first = np.r_[True, types[order][1:] != types[order][:-1]]
        start = np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
        rank = np.arange(len(order)) - start
        return np.sort(free[order[rank < self._members]])

    def _why_not(self, free: NDArray[np.int64], number: int) -> str:
        for quota, row in zip(self.quotas, self._rows[:, free], strict=True):
            if row.sum() < quota.low:
                return (
                    f"quota {quota.attribute}={quota.value} wants at least {quota.low}, but only {row.sum()} such "
                    f"people are left in panel.pool={self._settings.pool} for panel {number + 1}"
                )
        if len(free) < self._members:
            return f"only {len(free)} people are left in panel.pool={self._settings.pool} for panel {number + 1}"
        stated = ", ".join(f"{q.attribute}={q.value} [{q.low}, {q.high}]" for q in self.quotas)
        return f"no panel of members={self._members} meets the quotas together: {stated}"

    def _report(self, seated: NDArray[np.int64]) -> tuple[QuotaReport, ...]:
        counts = self._rows[:, seated].sum(axis=1)
        return tuple(
            QuotaReport(attribute=q.attribute, value=q.value, low=q.low, high=q.high, seated=int(n))
            for q, n in zip(self.quotas, counts, strict=True)
        )
