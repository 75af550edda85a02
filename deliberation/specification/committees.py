"""Which k clauses together represent voters who approve of some of them: four proportional approval rules.

Knows numbers only. `approve`: n voters x m columns; `weights`: n, not negative, a voter of weight w counting as w equal
voters; `seats`: k. Each rule returns the chosen columns in the order chosen. Columns within 1e-12 of the best are tied,
and the earliest of them wins: callers bring columns in an order that they record. A column that nobody approves is
never chosen, so fewer than k come back where fewer than k are approved. Neither the order of voters nor how ballots are
split among equal ones matters: equal ballots are one, in an order of their own.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Approvals = NDArray[np.bool_]

_TIED = 1e-12
# small enough for one core: threads of a larger product wait for one another where cores are shared
_CELLS = 2**17
# how scipy.optimize.milp says it
_OPTIMAL, _INFEASIBLE = 0, 2


class _Ballots(NamedTuple):
    """Distinct ballots, D x m, and the weight of those who cast each, D."""

    approve: Approvals
    weights: Array

    def sums(self, values: Array) -> Array:
        """Sum of values over the approvers of each column, m; in blocks, so that no D x m floats are made."""
        found = np.zeros(self.approve.shape[1])
        step = max(1, _CELLS // max(1, len(found)))
        for start in range(0, len(values), step):
            found += values[start : start + step] @ self.approve[start : start + step].astype(np.float64)
        return found

    def approved(self) -> Approvals:
        """Columns with an approver, m."""
        return np.asarray(self.approve.any(axis=0), dtype=np.bool_)


def pav_score(approve: Approvals, weights: Array, chosen: list[int]) -> float:
    """Sum over voters of w (1 + 1/2 + ... + 1/u), u being how many chosen columns they approve (Thiele 1895)."""
    worth = np.zeros(len(chosen) + 1)
    worth[1:] = np.cumsum(1.0 / np.arange(1, len(chosen) + 1))
    return float(weights @ worth[approve[:, chosen].sum(axis=1)])


def pav(approve: Approvals, weights: Array, seats: int) -> list[int]:
    """Exact proportional approval voting: the columns with the largest `pav_score`, in column order.

    An integer program over distinct ballots: maximise sum_b w_b sum_j z_bj / j with sum_j z_bj <= sum_{c in b} x_c, x
    binary and z in [0, 1] (Peters and Lackner 2020, JAIR 68). NP-hard: for an assembly, not for thousands.
    Satisfies EJR+ (Brill and Peters 2023).

    Of several best committees the lexicographically first is returned: unless a second program shows that there is no
    other, columns are fixed from the first on, each if some best committee that agrees so far has it. The solver works
    to about 1e-6 of a voter, by which scores of equal voters differ up to 16 seats; with more, or unequal weights, the
    committee is best to that precision.

    Raises:
        ValueError: the solver did not prove its answer to be the best, or seats are not from 1 to m.
    """
    ballots = _distinct(approve, weights / (weights.sum() / max(1, len(weights)) or 1.0), seats)
    if not ballots.approved().any():
        return []
    program = _Program(ballots, min(seats, int(ballots.approved().sum())))
    none, all_ = np.zeros(approve.shape[1]), ballots.approved().astype(np.float64)
    best = program.solve(none, all_)
    if program.alike(program.solve(none, all_, cut=(_row(best, len(none)), program.seats - 1)), best):
        best = _first_of_the_best(program, best, all_)
    return best


class _Program:
    """The integer program of `pav`: x for each column, then z for each ballot and each column it could have."""

    def __init__(self, ballots: _Ballots, seats: int) -> None:
        from scipy.sparse import coo_array, csr_array, hstack

        self.seats, self._ballots = seats, ballots
        ranks = np.minimum(ballots.approve.sum(axis=1), seats)
        ballot = np.repeat(np.arange(len(ranks)), ranks)
        rank = np.arange(len(ballot)) - np.repeat(np.cumsum(ranks) - ranks, ranks) + 1
        self._gain = ballots.weights[ballot] / rank
        filled = coo_array((np.ones(len(ballot)), (ballot, np.arange(len(ballot)))), shape=(len(ranks), len(ballot)))
        self._rows = hstack([-csr_array(ballots.approve.astype(np.float64)), filled], format="csr")

    def solve(self, lower: Array, upper: Array, *, cut: tuple[Array, float] | None = None) -> list[int]:
        """Columns of the best committee with lower <= x <= upper and cut[0] x <= cut[1]; none if there is none."""
        from scipy.optimize import Bounds, LinearConstraint, milp

        m, more = len(lower), len(self._gain)
        limits = [
            LinearConstraint(self._rows, -np.inf, 0.0),
            LinearConstraint(np.r_[np.ones(m), np.zeros(more)], self.seats, self.seats),
        ]
        if cut is not None:
            limits.append(LinearConstraint(np.r_[cut[0], np.zeros(more)], -np.inf, cut[1]))
        found = milp(
            np.r_[np.zeros(m), -self._gain],
            integrality=np.r_[np.ones(m), np.zeros(more)],
            bounds=Bounds(np.r_[lower, np.zeros(more)], np.r_[upper, np.ones(more)]),
            constraints=limits,
            options={"mip_rel_gap": 0.0},
        )
        if cut is not None and found.status == _INFEASIBLE:
            return []
        if found.status != _OPTIMAL or found.x is None:
            raise ValueError(f"the solver ended with status {found.status}, not with the best committee")
        return [int(column) for column in np.flatnonzero(np.round(found.x[:m]))]

    def alike(self, one: list[int], other: list[int]) -> bool:
        """Whether one is a committee as good as the other."""
        scores = [pav_score(self._ballots.approve, self._ballots.weights, chosen) for chosen in (one, other)]
        return len(one) > 0 and scores[0] >= scores[1] * (1 - _TIED)


def _first_of_the_best(program: _Program, best: list[int], all_: Array) -> list[int]:
    """The lexicographically first committee as good as `best`; columns before `done` are fixed."""
    lower, upper, done = np.zeros(len(all_)), all_.copy(), 0
    while any(column >= done for column in best):
        following = min(column for column in best if column >= done)
        between = [column for column in range(done, following) if upper[column]]
        other = program.solve(lower, upper, cut=(-_row(between, len(all_)), -1)) if between else []
        if program.alike(other, best):
            best = other
            continue
        upper[between], lower[following], done = 0.0, 1.0, following + 1
    return best


def _row(columns: list[int], m: int) -> Array:
    row = np.zeros(m)
    row[columns] = 1.0
    return row


def sequential_pav(approve: Approvals, weights: Array, seats: int) -> list[int]:
    """Greedy proportional approval voting: each next column adds most to the PAV score (Thiele 1895).

    Approvers of u chosen columns count w / (u + 1). Satisfies JR up to 5 seats only (Sanchez-Fernandez et al. 2017,
    AAAI).

    Raises:
        ValueError: seats are not from 1 to m; so for all rules here.
    """
    ballots = _distinct(approve, weights, seats)
    open_, chosen = ballots.approved(), list[int]()
    has = np.zeros(len(ballots.weights))
    while len(chosen) < seats and open_.any():
        gain = ballots.sums(ballots.weights / (has + 1.0))
        chosen.append(_first_largest(gain, open_))
        open_[chosen[-1]] = False
        has += ballots.approve[:, chosen[-1]]
    return chosen


def sequential_phragmen(approve: Approvals, weights: Array, seats: int) -> list[int]:
    """Phragmen's sequential rule: the column next whose approvers are least loaded once they carry it.

    A column is a load of 1. Choosing c brings all its approvers to the load (1 + sum w_i y_i) / sum w_i for each unit
    of weight, the sums over them; the c with the least comes next (Phragmen 1894; Brill, Freeman, Janson and Lackner
    2024, Math. Program. 203). Satisfies PJR, hence JR, and a larger k only adds columns.
    """
    ballots = _distinct(approve, weights, seats)
    return _phragmen(ballots, seats, np.zeros(len(ballots.weights)), [])


def equal_shares(approve: Approvals, weights: Array, seats: int) -> list[int]:
    """The method of equal shares with columns of cost 1, completed by Phragmen's sequential rule.

    Every unit of weight has k / sum w to spend. rho(c) is the least price for which sum w_i min(b_i, rho) = 1 over the
    approvers of c, b_i being what is left to a unit of i's weight. The column with the least rho is bought at that
    price, until the approvers of none have 1 left (Peters and Skowron 2020, EC). Satisfies EJR+ (Brill and
    Peters 2023).

    What seats remain are filled as by `sequential_phragmen`, each unit of weight starting with what it has spent as its
    load: money left over is spent first, then all earn at one speed (Lackner and Skowron 2023, Multi-Winner Voting with
    Approval Preferences, examples 11 and 12; their loads are lower by k / sum w, which changes no choice).
    """
    ballots = _distinct(approve, weights, seats)
    if not len(ballots.weights):
        return []
    share = seats / ballots.weights.sum()
    left = np.full(len(ballots.weights), share)
    chosen = _bought(ballots, seats, left)
    return _phragmen(ballots, seats, share - left, chosen)


def _bought(ballots: _Ballots, seats: int, left: Array) -> list[int]:
    """What equal shares buys; `left` is spent in place.

    Budgets only fall, so prices only rise: each round prices anew only columns whose last price may be the least.
    """
    approvers = [np.flatnonzero(column) for column in ballots.approve.T]
    price = np.array([1 / ballots.weights[who].sum() if len(who) else np.inf for who in approvers])
    chosen = list[int]()
    while len(chosen) < seats:
        best = np.inf
        for column in np.argsort(price, kind="stable"):
            if price[column] > best * (1 + _TIED) or np.isinf(price[column]):
                break
            who = approvers[column]
            price[column] = _price(ballots.weights[who], left[who], price[column])
            best = min(best, price[column])
        if np.isinf(best):
            break
        chosen.append(int(np.flatnonzero(price <= best * (1 + _TIED))[0]))
        who = approvers[chosen[-1]]
        left[who] = np.maximum(left[who] - price[chosen[-1]], 0.0)
        price[chosen[-1]] = np.inf
    return chosen


def _price(weights: Array, left: Array, least: float) -> float:
    """The rho with sum w min(b, rho) = 1, which is at least `least`; infinity if all that is left is less than 1.

    Newton's steps: what is paid is concave in rho, so they rise from below and end at the root.
    """
    money = weights * left
    if money.sum() < 1 - _TIED:
        return np.inf
    rho, able = least, left > least
    while able.any():
        step = float((1 - money[~able].sum()) / weights[able].sum())
        still = left > step
        if step <= rho or still.sum() == able.sum():
            return step
        rho, able = step, still
    return float(left.max())  # all pay all they have


def _phragmen(ballots: _Ballots, seats: int, load: Array, chosen: list[int]) -> list[int]:
    """Fill up `chosen` from these loads, one for each unit of weight."""
    chosen = list(chosen)
    open_, weight = ballots.approved(), ballots.sums(ballots.weights)
    open_[chosen] = False
    while len(chosen) < seats and open_.any():
        carried = (1.0 + ballots.sums(ballots.weights * load)) / np.where(open_, weight, 1.0)
        chosen.append(_first_largest(-carried, open_))
        open_[chosen[-1]] = False
        load = np.where(ballots.approve[:, chosen[-1]], carried[chosen[-1]], load)
    return chosen


def _first_largest(values: Array, open_: Approvals) -> int:
    best = values[open_].max()
    return int(np.flatnonzero(open_ & (values >= best - _TIED * abs(best)))[0])


def _distinct(approve: Approvals, weights: Array, seats: int) -> _Ballots:
    """Equal ballots together, in the order of their bits; those that weigh nothing left out."""
    if not 1 <= seats <= approve.shape[1]:
        raise ValueError(f"seats are from 1 to the number of columns, {approve.shape[1]}, not {seats}")
    bits = np.packbits(approve, axis=1)
    words = np.zeros((len(bits), -(-bits.shape[1] // 8)), dtype=np.uint64)
    words.view(np.uint8)[:, : bits.shape[1]] = bits
    order = np.lexsort(words.T)
    order = order[weights[order] > 0]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (words[order[1:]] != words[order[:-1]]).any(axis=1)
    total = np.bincount(np.cumsum(first) - 1, weights=weights[order])
    return _Ballots(approve[order[first]], np.asarray(total, dtype=np.float64))
