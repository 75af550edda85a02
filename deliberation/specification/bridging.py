"""Which clauses find support that no difference among the voters explains: matrix factorisation as in Community Notes.

Knows numbers only. Votes are explained as r_ic ~ mean + h_i + h_c + f_i f_c, so that support which comes from one side
of a difference goes into f_c, and what is left in h_c bridges it. What to mind when reading it:

- The factor is whichever one difference explains most. That may be a political divide, and may be who knows more, or
  who answers yes to everything; the numbers do not say which (Warden, Multidimensional Community Notes). Look at f_c
  before speaking of bridging.
- The bars of .40 and -.05 - .8 |f_c| are for X's scale: its mix of clauses and raters, r in [0, 1], these penalties.
  Elsewhere the order of h_c may be read, and bars must be set anew.
- The sum of squares has several minima; this finds the one near its start.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deliberation.specification.votes import MISSING, Votes

Array = NDArray[np.float64]

_INTERCEPT, _FACTOR = 0.15, 0.03
_MOST, _SETTLED = 500, 1e-7
# small enough for one core: threads of a larger product wait for one another where cores are shared
_CELLS = 2**17


class Bridging(NamedTuple):
    """The fit. nan for voters who saw nothing and clauses that nobody saw.

    `mean`: of all. `voters`, `clauses`: intercepts h, n and m. `voter_factors`, `clause_factors`: f, n and m, in such
    units that both weigh alike. `rounds`: how many were made; the fit had not settled if these are 500.
    """

    mean: float
    voters: Array
    clauses: Array
    voter_factors: Array
    clause_factors: Array
    rounds: int


def bridging(votes: Votes) -> Bridging:
    """Fit one factor and the intercepts to what voters have said.

    r is 1 for support, 0 for opposition and .5 for an abstention; missing votes are unseen. Minimised is the sum over
    seen votes of w_i [(r - mean - h_i - h_c - f_i f_c)^2 + .15 (mean^2 + h_i^2 + h_c^2) + .03 (f_i^2 + f_c^2)] (X,
    Community Notes guide, "Note ranking algorithm", "Matrix factorization"; Wojcik et al. 2022, arXiv 2210.15723). The
    penalties stand inside the sum, as X prints it: more voters do not loosen them, and a voter of weight 2 is two.

    Voters and clauses in turn, each with its exact minimum: a 2 x 2 ridge regression for each voter, then for each
    clause, with the mean. No chance enters: f_c starts as the leading eigenvector of the weighted covariance of the
    clauses, missing votes being at their clause's mean, h_c at the clause's mean less that of all. Rounds end when no
    clause has moved by 1e-7, or after 500. Of the two signs of the factor it has the one for which the first of the
    largest |f_c|, to six digits, is positive.
    """
    fit = _Fit(votes)
    rounds = 0
    for rounds in range(1, _MOST + 1):  # noqa: B007  how many were made is part of the result
        before = np.concatenate([fit.clause, fit.factor])
        fit.round()
        if np.abs(np.concatenate([fit.clause, fit.factor]) - before).max(initial=0.0) < _SETTLED:
            break
    sign = -1.0 if len(fit.factor) and fit.factor[np.argmax(np.round(np.abs(fit.factor), 6))] < 0 else 1.0
    return Bridging(
        mean=fit.mean,
        voters=np.where(fit.seen_by > 0, fit.voter, np.nan),
        clauses=np.where(fit.seen > 0, fit.clause, np.nan),
        voter_factors=np.where(fit.seen_by > 0, sign * fit.taste, np.nan),
        clause_factors=np.where(fit.seen > 0, sign * fit.factor, np.nan),
        rounds=rounds,
    )


class _Fit:
    """Where the fit stands; h and f of voters are `voter` and `taste`, of clauses `clause` and `factor`."""

    def __init__(self, votes: Votes) -> None:
        self._votes = votes
        n, m = votes.marks.shape
        self.voter, self.taste, self.seen_by = np.zeros(n), np.zeros(n), np.zeros(n)
        # weight that saw each clause, and its weighted sum of r
        self.seen, self._sums = np.zeros(m), np.zeros(m)
        for rows, there, said in self._blocks():
            self.seen_by[rows] = there.sum(axis=1)
            self.seen += votes.weights[rows] @ there
            self._sums += votes.weights[rows] @ said
        self.mean = float(self._sums.sum() / (self.seen.sum() or 1.0))
        self.clause = np.where(self.seen > 0, self._sums / np.where(self.seen > 0, self.seen, 1.0) - self.mean, 0.0)
        self.factor = self._leading()

    def _blocks(self) -> Iterator[tuple[slice, Array, Array]]:
        """Rows, whether seen, and r where seen: blocks of rows x m."""
        marks = self._votes.marks
        step = max(1, _CELLS // max(1, marks.shape[1]))
        for start in range(0, len(marks), step):
            block = marks[start : start + step]
            there = (block != MISSING).astype(np.float64)
            yield slice(start, start + step), there, (block + 1.0) / 2.0 * there

    def _leading(self) -> Array:
        m = len(self.seen)
        covariance = np.zeros((m, m))
        for rows, there, said in self._blocks():
            centred = said - there * (self.mean + self.clause)
            covariance += centred.T @ (self._votes.weights[rows, None] * centred)
        if not covariance.any():
            return np.zeros(m)
        return np.asarray(np.linalg.eigh(covariance)[1][:, -1], dtype=np.float64)

    def round(self) -> None:
        """Best voters for these clauses, then best clauses and mean for these voters, then both factors' units."""
        h, f, weights = self.clause, self.factor, self._votes.weights
        moments = np.zeros((len(self.seen), 5))
        for rows, there, said in self._blocks():
            count = self.seen_by[rows]
            f1, f2, h1, hf = (there @ np.column_stack([f, f * f, h, h * f])).T
            left = said.sum(axis=1) - self.mean * count - h1
            self.voter[rows], self.taste[rows] = _ridge(count, f1, f2, left, said @ f - self.mean * f1 - hf)
            v, t, w = self.voter[rows], self.taste[rows], weights[rows]
            moments[:, :4] += there.T @ (w[:, None] * np.column_stack([t, t * t, v, v * t]))
            moments[:, 4] += said.T @ (w * t)
        t1, t2, v1, vt, rt = moments.T
        # clauses are linear in the mean: solve without it, and for what each unit of it takes away
        h0, f0 = _ridge(self.seen, t1, t2, self._sums - v1, rt - vt)
        h1, f1 = _ridge(self.seen, t1, t2, self.seen, t1)
        above = (self._sums - v1 - self.seen * h0 - t1 * f0).sum()
        below = (1 + _INTERCEPT) * self.seen.sum() - (self.seen * h1 + t1 * f1).sum()
        self.mean = float(above / below) if below > 0 else 0.0
        self.clause, self.factor = h0 - self.mean * h1, f0 - self.mean * f1
        ours, theirs = (weights * self.seen_by * self.taste**2).sum(), (self.seen * self.factor**2).sum()
        if ours > 0 and theirs > 0:  # f_i a and f_c / a fit alike, and this a is penalised least
            unit = (theirs / ours) ** 0.25
            self.taste, self.factor = self.taste * unit, self.factor / unit


def _ridge(count: Array, f1: Array, f2: Array, y: Array, yf: Array) -> tuple[Array, Array]:
    """Minimise sum (y - h - f x)^2 + count (.15 h^2 + .03 f^2), given sums of x, x^2, y and x y; 0 where count is."""
    a, d = (1 + _INTERCEPT) * count, f2 + _FACTOR * count
    determinant = np.where(count > 0, a * d - f1 * f1, 1.0)
    return np.where(count > 0, (d * y - f1 * yf) / determinant, 0.0), np.where(
        count > 0, (a * yf - f1 * y) / determinant, 0.0
    )
