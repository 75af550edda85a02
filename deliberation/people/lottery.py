"""Lotteries over panels that are as fair as the quotas allow: maximin and LEXIMIN by column generation on HiGHS.

People with the same quota attributes are of one type, and a panel is how many of each type it seats; within a type all
chances are equal. This loses nothing: averaging a lottery over swaps of people of one type keeps every quota and raises
no minimum's rival. With N_t people of type t and a lottery x over panels P,

    p_t = sum_P x_P n_Pt / N_t      maximin: the greatest min_t p_t; LEXIMIN: then the second lowest, and so on

(Flanigan, Goelz, Gupta, Hennig and Procaccia, Nature 596, 2021). The master programme knows some panels only; a panel
that would raise it is found by an integer programme from its dual prices y, until there is none. Any y >= 0 that sums
to 1 proves min_t p_t <= max_P sum_t y_t n_Pt / N_t: so it can be stopped at any time, and says how far it may be from
the best. Nothing here depends on a clock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deliberation.errors import QuotaError
from deliberation.randomness import stream

Array = NDArray[np.float64]
Counts = NDArray[np.int64]

_TIGHT = 1e-7
_SMOOTHING = 0.8
_EXACT = 1e-9
_ROUGH = 0.05


class Kinds(NamedTuple):
    """The pool by type, and what a panel of it must meet.

    Attributes:
        people: how many of each type there are, T.
        within: 1 where a quota counts a type, Q x T.
        low, high: bounds of each quota, Q.
        seats: on each panel.
    """

    people: Counts
    within: NDArray[np.bool_]
    low: Counts
    high: Counts
    seats: int


class Certificate(NamedTuple):
    """The least chance of anybody, `least`, and what no lottery can exceed, `bound`; `panels` were solved for."""

    least: float
    bound: float
    solved: int

    @property
    def gap(self) -> float:
        """How far the least chance may be from the best possible, as a share of that."""
        return max(0.0, 1.0 - self.least / self.bound) if self.bound > 0 else 0.0


class Lottery(NamedTuple):
    """Panels by type, C x T, the chance of each, C, and each person's chance by type, T."""

    panels: Counts
    odds: Array
    chances: Array
    certificate: Certificate


def fair_lottery(
    kinds: Kinds,
    *,
    leximin: bool,
    tolerance: float,
    effort: int,
    progress: Callable[[int, float], None] | None = None,
) -> Lottery:
    """A lottery that is maximin, or LEXIMIN, to within a tolerance.

    Args:
        kinds: the pool by type and the quotas.
        leximin: go on to the second lowest chance, and so on.
        tolerance: of the gap, as a share of the bound; 0 for exact.
        effort: integer programmes to be solved at most; where they do not suffice the gap says how far it came.
        progress: told after each step how many were solved and the gap.

    Raises:
        QuotaError: no panel meets the quotas.
    """
    search = _Search(kinds, tolerance=tolerance, effort=effort, progress=progress)
    search.cover()
    first = search.stage()
    certificate = Certificate(first.level, first.bound, search.solved)
    if leximin:
        while search.settle() and search.solved < effort:
            search.stage()
    odds = search.odds()
    kept = odds > _EXACT
    panels, odds = np.array(search.panels)[kept], odds[kept] / odds[kept].sum()
    chances = odds @ (panels / kinds.people)
    least = min(float(chances[search.reachable].min()), certificate.bound)
    return Lottery(panels, odds, chances, certificate._replace(least=least, solved=search.solved))


def panel_of(kinds: Kinds, worth: Array) -> tuple[Counts, float]:
    """The panel of greatest total worth, T, and a bound that no panel exceeds.

    Raises:
        QuotaError: no panel meets the quotas.
    """
    return _Pricing(kinds).best(worth)


class _Level(NamedTuple):
    level: float
    bound: float


class _Pricing:
    """max sum_t worth_t n_t over whole numbers 0 <= n_t <= N_t that meet the quotas. Solved again and again."""

    def __init__(self, kinds: Kinds) -> None:
        from scipy.optimize import Bounds, LinearConstraint

        types = len(kinds.people)
        rows = np.vstack([np.ones((1, types)), kinds.within.astype(np.float64)])
        self._rows = LinearConstraint(rows, np.r_[kinds.seats, kinds.low], np.r_[kinds.seats, kinds.high])
        self._bounds = Bounds(0, np.minimum(kinds.people, kinds.seats))
        self._whole = np.ones(types, dtype=np.int64)

    def best(self, worth: Array, *, near: float = 0.0) -> tuple[Counts, float]:
        """See `panel_of`; `near`: how far from the best it may be, as a share, which the bound tells in any case."""
        from scipy.optimize import milp

        scale = max(float(np.abs(worth).max()), 1e-300)  # the solver's tolerances are absolute
        solved = milp(
            -worth / scale, constraints=self._rows, bounds=self._bounds, integrality=self._whole,
            options={"mip_rel_gap": near},
        )  # fmt: skip
        if solved.x is None:
            raise QuotaError("no panel meets the quotas")
        return np.rint(solved.x).astype(np.int64), -scale * float(solved.mip_dual_bound)


class _Search:
    """The master programme and what has been settled so far."""

    def __init__(
        self, kinds: Kinds, *, tolerance: float, effort: int, progress: Callable[[int, float], None] | None
    ) -> None:
        self._kinds, self._tolerance, self._effort, self._progress = kinds, tolerance, effort, progress
        self._pricing = _Pricing(kinds)
        self.panels: list[Counts] = []
        self.solved = 0
        self.reachable = np.ones(len(kinds.people), dtype=bool)
        self._known: set[bytes] = set()
        self._settled: dict[int, float] = {}
        self.last = _Master(0.0, np.zeros(len(kinds.people)), np.zeros(0))

    def cover(self) -> None:
        """A panel for every type that any panel can seat, and some more by multiplicative weights."""
        worth, draw = np.ones(len(self._kinds.people)), stream(0, "cover")
        for _ in range(len(worth)):
            if self.solved >= self._effort:
                break
            # equal worths make for many equal panels, among which an integer programme is slow to choose
            found, _ = self._solve(worth * draw.uniform(0.5, 1.5, len(worth)) / self._kinds.people, near=_ROUGH)
            self._keep(found)
            worth = np.where(found > 0, 0.8 * worth, worth)
            worth /= worth.mean()
        for t in np.flatnonzero(np.sum(self.panels, axis=0) == 0):
            only = np.zeros(len(worth))
            only[t] = 1.0
            found, most = self._solve(only)
            self.reachable[t] = most > 0.5
            self._keep(found)
        for t in np.flatnonzero(~self.reachable):
            self._settled[int(t)] = 0.0

    def stage(self) -> _Level:
        """Raise the least chance of all not settled as far as it goes.

        Panels that may hold fractions of people bound it from above at once. Prices are smoothed towards those that
        proved the best bound so far (Wentges 1997), or they would swing.
        """
        bound, centre = self._fractional()
        while True:
            master = self._master()
            if self._progress is not None:
                self._progress(self.solved, max(0.0, 1.0 - master.level / bound))
            if bound - master.level <= max(self._tolerance * bound, _EXACT) or self.solved >= self._effort:
                break
            smooth = _SMOOTHING * centre + (1.0 - _SMOOTHING) * master.prices
            fresh = False
            for prices, near in ((smooth, _ROUGH), (master.prices, _ROUGH), (master.prices, 0.0)):
                proved, fresh = self._price(prices, near=near)
                if proved < bound:
                    bound, centre = proved, prices
                if fresh:
                    break
            if not fresh:  # an exact search found no panel that improves on those known
                break
        # of the types, those are settled whose prices prove the bound; the master's own need prove nothing yet
        self.last = master._replace(prices=centre)
        return _Level(master.level, max(bound, master.level))

    def settle(self) -> bool:
        """Settle the types whose price is not 0: none of them can have more. False when all are settled."""
        prices = self.last.prices
        tight = [t for t in range(len(prices)) if t not in self._settled and prices[t] > _TIGHT]
        for t in tight:
            self._settled[t] = self.last.level
        return bool(tight) and len(self._settled) < len(prices)

    def _fractional(self) -> tuple[float, Array]:
        """The least chance if panels could hold fractions of people, which bounds it from above, and its prices."""
        from scipy.optimize import linprog

        kinds, types = self._kinds, len(self._kinds.people)
        level, free = self._levels()
        rows = np.hstack([free[:, None], -np.eye(types) / kinds.people])
        quotas = np.hstack([np.zeros((len(kinds.low), 1)), kinds.within])
        solved = linprog(
            np.r_[-1.0, np.zeros(types)],
            A_ub=np.vstack([rows, quotas, -quotas]),
            b_ub=np.r_[-level, kinds.high, -kinds.low],
            A_eq=np.r_[0.0, np.ones(types)][None, :],
            b_eq=[kinds.seats],
            bounds=[(0, None), *((0, n) for n in kinds.people)],
            method="highs",
        )
        least: Any = solved.x
        return float(least[0]), np.maximum(0.0, -solved.ineqlin.marginals[:types])

    def _levels(self) -> tuple[Array, Array]:
        """The chance that each type must have at least, and 1 for those whose chance is still to be raised."""
        level, free = np.zeros(len(self._kinds.people)), np.ones(len(self._kinds.people))
        for t, settled in self._settled.items():
            # a hair below, so that rounding in one stage does not make the next infeasible
            level[t], free[t] = settled - _EXACT, 0.0
        return level, free

    def _master(self) -> _Master:
        """Max z with p_t >= z for types not settled and p_t >= their level for the others, over the panels known."""
        from scipy.optimize import linprog

        known = np.array(self.panels)
        level, free = self._levels()
        rows = np.hstack([free[:, None], -(known / self._kinds.people).T])
        cost = np.r_[-1.0, np.zeros(len(known))]
        once = np.r_[0.0, np.ones(len(known))][None, :]
        solved = linprog(cost, A_ub=rows, b_ub=-level, A_eq=once, b_eq=[1.0], bounds=(0, None), method="highs")
        best: Any = solved.x
        return _Master(float(best[0]), np.maximum(0.0, -solved.ineqlin.marginals), np.maximum(0.0, best[1:]))

    def odds(self) -> Array:
        """The chance of each panel in the last stage."""
        return np.concatenate([self.last.odds, np.zeros(len(self.panels) - len(self.last.odds))])

    def _price(self, prices: Array, *, near: float) -> tuple[float, bool]:
        """Look for the panel that these prices want. Returns the bound that they prove, and whether it is a new one."""
        found, most = self._solve(prices / self._kinds.people, near=near)
        settled = sum(prices[t] * level for t, level in self._settled.items())
        free = float(np.delete(prices, list(self._settled)).sum())
        return (most - settled) / free if free > _EXACT else np.inf, self._keep(found)

    def _solve(self, worth: Array, *, near: float = 0.0) -> tuple[Counts, float]:
        self.solved += 1
        return self._pricing.best(worth, near=near)

    def _keep(self, panel: Counts) -> bool:
        mark = panel.tobytes()
        if mark in self._known:
            return False
        self._known.add(mark)
        self.panels.append(panel)
        return True


class _Master(NamedTuple):
    """What the panels known so far allow: the least chance, the price of each type, and the chance of each panel."""

    level: float
    prices: Array
    odds: Array
