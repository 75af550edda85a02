from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import linprog

from deliberation.errors import QuotaError
from deliberation.people.lottery import Kinds, fair_lottery, panel_of
from deliberation.people.relaxing import smallest_relaxation
from deliberation.people.selecting import gini

Panels = NDArray[np.int64]


def kinds(people: list[int], bounds: list[tuple[int, int]], seats: int) -> Kinds:
    """Types that are each counted by a quota of its own."""
    low, high = zip(*bounds, strict=True)
    return Kinds(np.array(people), np.eye(len(people), dtype=bool), np.array(low), np.array(high), seats)


def every_panel(pool: Kinds) -> Panels:
    found = [
        n
        for n in product(*(range(p + 1) for p in pool.people))
        if sum(n) == pool.seats and (pool.low <= (c := pool.within @ np.array(n))).all() and (c <= pool.high).all()
    ]
    return np.array(found, dtype=np.int64)


def by_hand(pool: Kinds, panels: Panels) -> list[float]:
    """LEXIMIN over all panels, by a definition of its own: what each type can have at most, given those settled."""
    shares, types = panels / pool.people, len(pool.people)
    settled: dict[int, float] = {}
    while len(settled) < types:
        level = _most(shares, settled, [t for t in range(types) if t not in settled])
        for t in [t for t in range(types) if t not in settled]:
            others = {u: level for u in range(types) if u not in settled and u != t}
            if _most(shares, {**settled, **others}, [t]) <= level + 1e-7:
                settled[t] = level
    return [settled[t] for t in range(types)]


def _most(shares: NDArray[np.float64], least: dict[int, float], raised: list[int]) -> float:
    cost = np.r_[-1.0, np.zeros(len(shares))]
    rows = [np.r_[0.0, -shares[:, t]] for t in least] + [np.r_[1.0, -shares[:, t]] for t in raised]
    bounds = [-level + 1e-9 for level in least.values()] + [0.0] * len(raised)
    once = np.r_[0.0, np.ones(len(shares))][None, :]
    solved = linprog(cost, A_ub=np.array(rows), b_ub=bounds, A_eq=once, b_eq=[1.0], bounds=(0, None))
    assert solved.x is not None
    return float(solved.x[0])


def test_leximin_gives_everybody_a_tenth_where_that_can_be_had() -> None:
    """A pool of 200, a panel of 20, three types: the size of `example_small` of Flanigan et al. (2021), minimum 10%."""
    pool = kinds([100, 60, 40], [(8, 12), (4, 8), (2, 6)], 20)
    lottery = fair_lottery(pool, leximin=True, tolerance=0.0, effort=1000)
    assert lottery.chances == pytest.approx([0.1, 0.1, 0.1], abs=1e-9)
    assert lottery.certificate.bound == pytest.approx(0.1, abs=1e-9)


def test_leximin_raises_the_second_lowest_too() -> None:
    """The first type can have 8 of 120 at most; of the other two, one must give way to the other by hand: 8 and 4."""
    pool = kinds([120, 60, 20], [(4, 8), (8, 10), (4, 8)], 20)
    lottery = fair_lottery(pool, leximin=True, tolerance=0.0, effort=1000)
    assert lottery.chances == pytest.approx([8 / 120, 8 / 60, 4 / 20], abs=1e-6)


def test_leximin_settles_only_those_whose_prices_prove_the_bound() -> None:
    """The master's own prices, before they prove anything, would settle the rarest type at a fifteenth."""
    within = np.array([[False, True, False, True, True]])
    pool = Kinds(np.array([19, 12, 2, 17, 1]), within, np.array([1]), np.array([2]), 5)
    lottery = fair_lottery(pool, leximin=True, tolerance=0.0, effort=1000)
    assert lottery.chances == pytest.approx(by_hand(pool, every_panel(pool)), abs=1e-5)
    assert lottery.chances[2] == pytest.approx(1 / 7, abs=1e-5)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_leximin_agrees_with_all_panels_written_out(data: st.DataObject) -> None:
    people = data.draw(st.lists(st.integers(1, 6), min_size=2, max_size=4))
    seats = data.draw(st.integers(1, min(5, sum(people))))
    cuts = data.draw(st.lists(st.lists(st.booleans(), min_size=len(people), max_size=len(people)), max_size=2))
    low = data.draw(st.lists(st.integers(0, 2), min_size=len(cuts), max_size=len(cuts)))
    high = [max(one, data.draw(st.integers(0, seats))) for one in low]
    within = np.array(cuts, dtype=bool).reshape(len(cuts), len(people))
    pool = Kinds(np.array(people), within, np.array(low, dtype=int), np.array(high, dtype=int), seats)
    panels = every_panel(pool)
    if not len(panels):
        with pytest.raises(QuotaError):
            panel_of(pool, np.ones(len(people)))
        assert smallest_relaxation(pool).any()
        return
    lottery = fair_lottery(pool, leximin=True, tolerance=0.0, effort=1000)
    assert lottery.chances == pytest.approx(by_hand(pool, panels), abs=1e-5)
    assert (lottery.chances * pool.people).sum() == pytest.approx(seats)
    assert {tuple(p) for p in lottery.panels.tolist()} <= {tuple(p) for p in panels.tolist()}


def tight(seed: int, people: int, seats: int) -> Kinds:
    """Volunteers in four categories who are not like the public that quotas follow."""
    draw = np.random.default_rng(seed)
    public = [draw.dirichlet(np.full(c, 8.0)) for c in (2, 4, 5, 3)]
    skewed = [p * np.exp(draw.normal(0, 0.4, len(p))) for p in public]
    pool = np.stack([draw.choice(len(s), size=people, p=s / s.sum()) for s in skewed], axis=1)
    types, numbers = np.unique(pool, axis=0, return_counts=True)
    within = [types[:, c] == v for c, p in enumerate(public) for v in range(len(p))]
    wanted = np.array([round(share * seats) for p in public for share in p])
    return Kinds(numbers.astype(np.int64), np.array(within), np.maximum(0, wanted - 1), wanted + 1, seats)


def test_a_certificate_holds_for_any_other_lottery_and_tightens_with_effort() -> None:
    pool = tight(0, 80, 12)
    short = fair_lottery(pool, leximin=False, tolerance=0.0, effort=3)
    long = fair_lottery(pool, leximin=False, tolerance=0.0, effort=2000)
    assert long.certificate.gap < 1e-6 <= short.certificate.gap
    assert short.certificate.least <= long.certificate.least <= long.certificate.bound <= short.certificate.bound + 1e-9
    for panel in short.panels:
        counts = pool.within @ panel
        assert (pool.low <= counts).all()
        assert (counts <= pool.high).all()


def test_leximin_is_never_less_fair_at_the_bottom_than_maximin() -> None:
    pool = tight(1, 60, 10)
    first = fair_lottery(pool, leximin=False, tolerance=0.0, effort=3000)
    full = fair_lottery(pool, leximin=True, tolerance=0.0, effort=3000)
    assert full.certificate.least == pytest.approx(first.certificate.least, abs=1e-6)
    low, high = np.sort(first.chances), np.sort(full.chances)
    place = int(np.argmax(np.abs(low - high) > 1e-5))
    assert high[place] >= low[place] - 1e-5


def test_the_smallest_relaxation_is_smallest() -> None:
    """Three of four women wanted, but there are two; and at most one man, so two seats have nobody."""
    pool = kinds([2, 9], [(3, 4), (0, 1)], 4)
    assert smallest_relaxation(pool).tolist() == [-1, 1]
    met = pool._replace(low=pool.low + np.array([-1, 0]), high=pool.high + np.array([0, 1]))
    assert not smallest_relaxation(met).any()


def test_gini_is_0_for_equals_and_known_for_two() -> None:
    """Of two people of whom one has all, the coefficient is 1 - 1/2."""
    assert gini(np.array([0.3]), np.array([7.0])) == pytest.approx(0.0)
    assert gini(np.array([0.0, 1.0]), np.array([1.0, 1.0])) == pytest.approx(0.5)
