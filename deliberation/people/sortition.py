"""Draw panels from a pool under quotas. Knows nothing of models.

The plain draw: everybody in the pool gets a random number, and of all panels that meet the quotas the one with the
largest sum is seated (a random-cost integer programme, solved exactly by HiGHS). Fair draws: panels are drawn from a
lottery that is maximin or LEXIMIN (`lottery`). A draw never falls back on another method. Nobody sits on two panels
as long as the pool allows; after that those sit again who sat least, and the report counts them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from deliberation.errors import QuotaError
from deliberation.people import elected
from deliberation.people.lottery import Kinds, Lottery, fair_lottery
from deliberation.people.pool import Pool
from deliberation.people.quotas import quotas
from deliberation.people.relaxing import smallest_relaxation
from deliberation.randomness import stream
from deliberation.records.people import Panel, QuotaReport, Replacement
from deliberation.settings import PanelSettings
from deliberation.settings.procedure import Seats

METHODS = {
    "random": "random-cost draw (integer programme)",
    "maximin": "maximin lottery (column generation)",
    "leximin": "LEXIMIN lottery (column generation)",
}
"""How a draw names itself in the records."""

Rows = NDArray[np.int64]


class Draw:
    """Draws one panel after another from a pool.

    Args:
        settings: the pool's population, method and quotas.
        members: seats on each panel.
        seed: the study's seed.
        seats: how the procedure fills its seats; all but `sortition` pass over the quotas.
        progress: told how a lottery comes on: how many programmes were solved, and the gap.

    Attributes:
        pool: the people.
        lottery: which panels are drawn with which chance, where the method has one.
        seated: how often each has sat so far.

    Raises:
        QuotaError: the quotas cannot be met by any panel; names them, and the smallest change that helps.
    """

    def __init__(
        self,
        settings: PanelSettings,
        *,
        members: int,
        seed: int,
        seats: Seats = "sortition",
        progress: Callable[[int, float], None] | None = None,
    ) -> None:
        self._settings, self._members, self._seed, self._seats = settings, members, seed, seats
        self.quotas = quotas(settings, members) if self.by_lot else ()
        self.pool = Pool(settings.population, settings.pool, seed)
        self.seated = np.zeros(self.pool.size, dtype=np.int64)
        if members > self.pool.size:
            raise QuotaError(f"members={members}, but only {self.pool.size} people can be drawn")
        self._rows = self._indicators()
        self._type, self._most = self._types()
        self._kinds = self._counted()
        if self.by_lot:
            self._see_that_it_can_be_done()
        self.lottery = self._lottery(progress)

    @property
    def method(self) -> str:
        """How the draw names itself in the records."""
        return METHODS[self._settings.method] if self.by_lot else elected.METHODS[self._seats]

    @property
    def by_lot(self) -> bool:
        """Whether seats are filled by sortition."""
        return self._seats == "sortition"

    @property
    def kinds(self) -> Kinds:
        """The pool by type, and what a panel must meet."""
        return self._kinds

    @property
    def type_of(self) -> Rows:
        """The type of everybody in the pool."""
        return self._type

    def panels(
        self, addresses: Sequence[tuple[str, str]], *, alike: int = 1, lots: Sequence[str] = ()
    ) -> Iterator[Panel]:
        """One panel for each (assembly, question), in order; a panel depends on those before it.

        Args:
            addresses: whom the panels are for.
            alike: draw the make-up (how many of each type) anew only for every so many panels, and fill the others with
                other people of the same types. Each panel is still drawn as any other is, given its make-up; only their
                make-ups are no longer independent. Saves time where many are drawn to average over.
            lots: what names the draws of each assembly, if not its id.
        """
        drawn = np.empty(0, dtype=np.int64)
        for number, (assembly, question) in enumerate(addresses):
            drawn, weights = self._next(drawn, number, alike)
            final, replaced = self._replaced(drawn, number)
            self.seated[final] += 1
            members = self.pool.panel(int(i) for i in final)
            by_place = dict(zip(final.tolist(), members, strict=True))
            yield Panel(
                assembly=assembly,
                question=question,
                lot=lots[number] if lots else "",
                method=self.method,
                pool=self.pool.size,
                members=members,
                quotas=self._report(final),
                weights={by_place[i].id: w for i, w in weights.items() if i in by_place},
                replaced=tuple(Replacement(out=self.pool.id_of(out), seated=by_place[new].id) for out, new in replaced),
            )

    def make_up(self, number: int) -> Rows:
        """How many of each type a fresh draw from the whole pool would seat, T: for estimating chances."""
        luck = stream(self._seed, "chances", self._settings.population.id, number).random(self.pool.size)
        chosen = self._luckiest(np.arange(self.pool.size), luck, ())
        assert chosen is not None  # noqa: S101  that it can be done was seen when the draw was made
        return np.bincount(self._type[chosen], minlength=len(self._kinds.people))

    def _next(self, last: Rows, number: int, alike: int) -> tuple[Rows, dict[int, float]]:
        luck = stream(self._seed, "sortition", self._settings.population.id, number).random(self.pool.size)
        if self._seats != "sortition":
            return elected.chosen(self._seats, self.pool, self._members, luck, self.seated)
        if number % alike and len(last):
            return self._of_types(np.bincount(self._type[last], minlength=len(self._kinds.people)), luck), {}
        if self.lottery is not None:
            return self._of_types(self._from_lottery(self.lottery, number), luck), {}
        for again in range(int(self.seated.min()), int(self.seated.max()) + 1):
            # first those who never sat; where they cannot fill a panel, those too who sat once, and so on
            free = np.flatnonzero(self.seated <= again)
            found = self._luckiest(free, luck[free] - (self._members + 1.0) * self.seated[free], ())
            if found is not None:
                return found, {}
        raise QuotaError(f"no panel of members={self._members} meets the quotas")

    def _of_types(self, wanted: Rows, luck: NDArray[np.float64]) -> Rows:
        """So many of each type: those who sat least, and of these the luckiest."""
        found = []
        for type_ in np.flatnonzero(wanted):
            same = np.flatnonzero(self._type == type_)
            found.append(same[np.lexsort((-luck[same], self.seated[same]))[: wanted[type_]]])
        return np.sort(np.concatenate(found))

    def _from_lottery(self, lottery: Lottery, number: int) -> Rows:
        """A panel's make-up drawn from the lottery; of those that need nobody twice, as long as there are any."""
        free = np.bincount(self._type[self.seated == self.seated.min()], minlength=len(self._kinds.people))
        possible = (lottery.panels <= free).all(axis=1)
        odds = lottery.odds * possible if possible.any() else lottery.odds
        draw = stream(self._seed, "lottery", self._settings.population.id, number)
        drawn: Rows = lottery.panels[int(draw.choice(len(odds), p=odds / odds.sum()))]
        return drawn

    def _replaced(self, drawn: Rows, number: int) -> tuple[Rows, list[tuple[int, int]]]:
        """Who sits once those who fall out have been replaced, and by whom each was."""
        if not self._settings.dropout:
            return drawn, []
        name = self._settings.population.id
        out = drawn[stream(self._seed, "dropout", name, number).random(len(drawn)) < self._settings.dropout]
        if not len(out):
            return drawn, []
        stay = np.setdiff1d(drawn, out)
        luck = stream(self._seed, "replacement", name, number).random(self.pool.size)
        others = np.setdiff1d(np.arange(self.pool.size), drawn)
        worth = luck - (self._members + 1.0) * self.seated
        fresh = self._luckiest(others, worth[others], stay)
        if fresh is None:  # no quota can be kept to the letter: the likest people, and the report says which is missed
            fresh = self._nearest_to(out, others, worth)
        pairs = zip(sorted(out.tolist(), key=self._type.__getitem__), self._matched(out, fresh), strict=True)
        return np.sort(np.concatenate([stay, fresh])), list(pairs)

    def _matched(self, out: Rows, fresh: Rows) -> list[int]:
        return sorted(fresh.tolist(), key=self._type.__getitem__)[: len(out)]

    def _nearest_to(self, out: Rows, others: Rows, worth: NDArray[np.float64]) -> Rows:
        """For each who fell out the person who differs in the fewest quotas, the luckiest of these."""
        if len(others) < len(out):
            raise QuotaError(f"{len(out)} of those drawn fell out, but only {len(others)} others are in the pool")
        found: list[int] = []
        for one in out:
            left = np.setdiff1d(others, found)
            differs = (self._rows[:, left] != self._rows[:, [one]]).sum(axis=0)
            found.append(int(left[np.lexsort((-worth[left], differs))[0]]))
        return np.array(found, dtype=np.int64)

    def _indicators(self) -> NDArray[np.bool_]:
        columns = {a: np.array(self.pool.column(a)) for a in {q.attribute for q in self.quotas}}
        rows = [columns[q.attribute] == q.value for q in self.quotas]
        return np.array(rows, dtype=bool).reshape(len(rows), self.pool.size)

    def _luckiest(self, free: Rows, luck: NDArray[np.float64], stay: Sequence[int] | Rows) -> Rows | None:
        """Of these people those who fill the seats that are left, with the largest sum of luck; None if none can."""
        from scipy.optimize import Bounds, LinearConstraint, milp

        kept = np.asarray(stay, dtype=np.int64)
        near = self._nearest(free, luck)
        wanted, have = self._members - len(kept), self._rows[:, kept].sum(axis=1)
        seats = np.vstack([np.ones((1, len(near))), self._rows[:, near].astype(float)])
        low = np.array([q.low for q in self.quotas]) - have
        high = np.array([q.high for q in self.quotas]) - have
        if len(near) < wanted or (high < 0).any():
            return None
        solved = milp(
            -luck[np.searchsorted(free, near)],
            constraints=LinearConstraint(seats, np.r_[wanted, low], np.r_[wanted, high]),
            bounds=Bounds(0, 1),
            integrality=np.ones(len(near), dtype=np.int64),
            options={"mip_rel_gap": 0.0, "presolve": False},
        )
        return None if solved.x is None else near[solved.x > 0.5]

    def _nearest(self, free: Rows, luck: NDArray[np.float64]) -> Rows:
        """Only the luckiest of each type can be in the best panel: as many as its quotas allow."""
        types = self._type[free]
        order = np.lexsort((-luck, types))
        sorted_ = types[order]
        first = np.r_[True, sorted_[1:] != sorted_[:-1]]
        start = np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
        rank = np.arange(len(order)) - start
        return np.sort(free[order[rank < self._most[sorted_]]])

    def _types(self) -> tuple[Rows, Rows]:
        """Which people are alike for every quota, and how many of each type one panel can seat at most."""
        types = np.zeros(self.pool.size, dtype=np.int64)
        for row in self._rows:
            _, types = np.unique(types * 2 + row, return_inverse=True)
        most = np.full(int(types.max()) + 1, self._members)
        for quota, row in zip(self.quotas, self._rows, strict=True):
            within = np.unique(types[row])
            most[within] = np.minimum(most[within], quota.high)
        return types, most

    def _counted(self) -> Kinds:
        people = np.bincount(self._type)
        one = np.zeros(len(people), dtype=np.int64)
        one[self._type] = np.arange(self.pool.size)  # somebody of each type
        low, high = ([q[k] for q in self.quotas] for k in (2, 3))
        return Kinds(
            people, self._rows[:, one], np.array(low, dtype=np.int64), np.array(high, dtype=np.int64), self._members
        )

    def _see_that_it_can_be_done(self) -> None:
        missed = smallest_relaxation(self._kinds)
        if missed.any():
            raise QuotaError(self._why_not(missed))

    def _why_not(self, missed: Rows) -> str:
        """Which quotas no panel meets together, and the smallest change after which one does."""
        changes = []
        for quota, off in zip(self.quotas, missed, strict=True):
            if off:
                bound = f"at least {quota.low + off}, not {quota.low}" if off < 0 else ""
                bound = bound or f"at most {quota.high + off}, not {quota.high}"
                have = int((self._rows[self.quotas.index(quota)]).sum())
                changes.append(f"{quota.attribute}={quota.value} {bound} ({have} such people are in the pool)")
        return (
            f"no panel of members={self._members} from a pool of {self.pool.size} meets the quotas together; the "
            f"smallest relaxation that helps: {'; '.join(changes)}"
        )

    def _lottery(self, progress: Callable[[int, float], None] | None) -> Lottery | None:
        how = self._settings
        if how.method == "random" or not self.by_lot:
            return None
        return fair_lottery(
            self._kinds,
            leximin=how.method == "leximin",
            tolerance=how.tolerance,
            effort=how.effort,
            progress=progress,
        )

    def _report(self, seated: Rows) -> tuple[QuotaReport, ...]:
        counts = self._rows[:, seated].sum(axis=1)
        return tuple(
            QuotaReport(attribute=q.attribute, value=q.value, low=q.low, high=q.high, seated=int(n))
            for q, n in zip(self.quotas, counts, strict=True)
        )
