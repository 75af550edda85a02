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
        self._type, self._most = self._types()

    def panels(self, addresses: list[tuple[str, str]], *, alike: int = 1) -> Iterator[Panel]:
        """One panel for each (assembly, question), in order; a panel depends on those before it.

        Args:
            addresses: whom the panels are for.
            alike: draw the make-up (how many of each type) anew only for every so many panels, and fill the others with
                other people of the same types. Each panel is still drawn as any other is, given its make-up; only their
                make-ups are no longer independent. Saves time where many are drawn to average over.

        Raises:
            QuotaError: those not yet seated cannot fill another panel.
        """
        drawn = np.empty(0, dtype=np.int64)
        for number, (assembly, question) in enumerate(addresses):
            drawn = self._seat(number) if number % alike == 0 else self._others(drawn, number)
            self._free[drawn] = False
            yield Panel(
                assembly=assembly,
                question=question,
                method=METHOD,
                pool=self._settings.pool,
                members=self.pool.panel(int(i) for i in drawn),
                quotas=self._report(drawn),
            )

    def _others(self, seated: NDArray[np.int64], number: int) -> NDArray[np.int64]:
        """Other people of the same types, the luckiest of each."""
        free = np.flatnonzero(self._free)
        luck = stream(self._seed, "sortition", self._settings.population.id, number).random(len(free))
        found = []
        for type_, wanted in zip(*np.unique(self._type[seated], return_counts=True), strict=True):
            same = np.flatnonzero(self._type[free] == type_)
            if len(same) < wanted:
                raise QuotaError(
                    f"only {len(same)} people like those seated are left in panel.pool={self._settings.pool}"
                )
            found.append(free[same[np.argsort(-luck[same])[:wanted]]])
        return np.sort(np.concatenate(found))

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
            options={
                "mip_rel_gap": 0.0,
                "presolve": False,
            },
        )
        if solved.x is None:
            raise QuotaError(self._why_not(free, number))
        return near[solved.x > 0.5]

    def _nearest(self, free: NDArray[np.int64], luck: NDArray[np.float64]) -> NDArray[np.int64]:
        """Only the luckiest of each type can be in the best panel: as many as its quotas allow."""
        types = self._type[free]
        order = np.lexsort((-luck, types))
        sorted_ = types[order]
        first = np.r_[True, sorted_[1:] != sorted_[:-1]]
        start = np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
        rank = np.arange(len(order)) - start
        return np.sort(free[order[rank < self._most[sorted_]]])

    def _types(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Which people are alike for every quota, and how many of each type one panel can seat at most."""
        types = np.zeros(self._settings.pool, dtype=np.int64)
        for row in self._rows:
            _, types = np.unique(types * 2 + row, return_inverse=True)
        most = np.full(int(types.max()) + 1, self._members)
        for quota, row in zip(self.quotas, self._rows, strict=True):
            within = np.unique(types[row])
            most[within] = np.minimum(most[within], quota.high)
        return types, most

    def _why_not(self, free: NDArray[np.int64], number: int) -> str:
        for quota, row in zip(self.quotas, self._rows[:, free], strict=True):
            if row.sum() < quota.low:
                return (
                    f"quota {quota.attribute}={quota.value} wants at least {quota.low}, but only {row.sum()} such "
                    f"people are left in panel.pool={self._settings.pool} for panel {number + 1}; enlarge the pool"
                )
        if len(free) < self._members:
            left = f"only {len(free)} people are left in panel.pool={self._settings.pool}"
            return f"{left} for panel {number + 1}; enlarge the pool"
        stated = ", ".join(f"{q.attribute}={q.value} [{q.low}, {q.high}]" for q in self.quotas)
        return f"no panel of members={self._members} meets the quotas together: {stated}"

    def _report(self, seated: NDArray[np.int64]) -> tuple[QuotaReport, ...]:
        counts = self._rows[:, seated].sum(axis=1)
        return tuple(
            QuotaReport(attribute=q.attribute, value=q.value, low=q.low, high=q.high, seated=int(n))
            for q, n in zip(self.quotas, counts, strict=True)
        )
