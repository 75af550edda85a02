"""How sure a share of support is, the assembly being the unit. Knows numbers only.

Members of one assembly are not independent, so votes are not pooled: y_a ~ BetaBinomial(n_a, mu, rho) with a flat
prior on mu and a half-Cauchy(0.2) prior on rho, evaluated on a grid. rho is the intra-class correlation: alpha = mu
(1 - rho) / rho, beta = (1 - mu) (1 - rho) / rho (Williams 1975).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_CELLS = 200
_RHOS = 40
_SCALE = 0.2
_LOOKED_UP = 500


class Posterior(NamedTuple):
    """Posterior of the mean support mu: `mass` of each of `_CELLS` equal cells of [0, 1]."""

    mass: Array

    def at_least(self, share: float) -> float:
        """P(mu >= share), linear within a cell."""
        edges = np.linspace(0.0, 1.0, len(self.mass) + 1)
        below = float(np.interp(share, edges, np.r_[0.0, np.cumsum(self.mass)]))
        return min(1.0, max(0.0, 1.0 - below))  # the sum of all cells is 1 but for rounding

    def quantile(self, probability: float) -> float:
        """The value below which mu lies with this probability."""
        edges = np.linspace(0.0, 1.0, len(self.mass) + 1)
        return float(np.interp(probability, np.r_[0.0, np.cumsum(self.mass)], edges))

    def interval(self, level: float) -> tuple[float, float]:
        """The central interval of this level."""
        tail = (1.0 - level) / 2.0
        return self.quantile(tail), self.quantile(1.0 - tail)


class Evidence(NamedTuple):
    """What the assemblies say of one clause; those that voted alike are kept once, so many assemblies take little room.

    `each`: log likelihood of every distinct outcome at every point of the grid, D x cells x rhos; `outcome`: which of
    these each assembly is, A.
    """

    each: Array
    outcome: NDArray[np.int64]

    @classmethod
    def of(cls, support: Array, decided: Array) -> Evidence:
        """From supporters, and supporters and opponents together, in each assembly: both of shape A."""
        distinct, outcome = np.unique(np.stack([support, decided], axis=1), axis=0, return_inverse=True)
        return cls(likelihoods(distinct[:, 0], distinct[:, 1]), outcome.reshape(-1))

    @property
    def assemblies(self) -> int:
        """How many assemblies there are."""
        return len(self.outcome)

    def posterior(self) -> Posterior:
        """The posterior of all assemblies, each counted once."""
        [found] = self.resampled(np.ones((1, self.assemblies), dtype=np.int64))
        return found

    def resampled(self, counts: NDArray[np.int64]) -> list[Posterior]:
        """Posteriors of resamples: `counts` says how often each assembly is in each of them, B x A."""
        weight = self._weight(counts).sum(axis=2)
        return [Posterior(mass) for mass in weight / weight.sum(axis=1, keepdims=True)]

    def correlation(self) -> float:
        """Posterior mean of rho: how alike members of one assembly are beside others."""
        [weight] = self._weight(np.ones((1, self.assemblies), dtype=np.int64))
        return float((weight.sum(axis=0) * correlations()).sum() / weight.sum())

    def _weight(self, counts: NDArray[np.int64]) -> Array:
        times = np.zeros((len(counts), len(self.each)))
        for column, place in zip(counts.T, self.outcome, strict=True):
            times[:, place] += column
        flat = self.each.reshape(len(self.each), _CELLS * _RHOS)  # nobody's votes leave the prior as it is
        total = (times @ flat).reshape(len(times), *self.each.shape[1:])
        weight: Array = np.exp(total - total.max(axis=(1, 2), keepdims=True))
        return weight


def evidence_of(assemblies: Iterable[Sequence[tuple[float, bool]]]) -> Evidence:
    """Of weighted yes-or-no votes by assembly, each worth (sum w)^2 / sum w^2 equal ones (Kish 1965)."""
    support, decided = [], []
    for votes in assemblies:
        w, side = np.array([weight for weight, _ in votes]), np.array([yes for _, yes in votes])
        worth = float(w.sum() ** 2 / (w**2).sum())
        decided.append(worth)
        support.append(worth * float(w[side].sum() / w.sum()))
    return Evidence.of(np.round(support, 9), np.round(decided, 9))


def correlations() -> Array:
    """The grid of rho, of equal prior mass a point: quantiles of the half-Cauchy, cut off at rho = 1."""
    share = (np.arange(_RHOS) + 0.5) / _RHOS * (2 / np.pi) * np.arctan(1 / _SCALE)
    return np.asarray(_SCALE * np.tan(np.pi / 2 * share), dtype=np.float64)


def likelihoods(support: Array, decided: Array) -> Array:
    """Log likelihood of outcomes at every point of the grid.

    Args:
        support: supporters, shape D.
        decided: supporters and opponents, shape D.

    Returns:
        Shape D x cells x rhos.
    """
    mu, rho = (np.arange(_CELLS) + 0.5) / _CELLS, correlations()
    size = (1 - rho) / rho
    alpha, beta = mu[:, None] * size, (1 - mu)[:, None] * size
    if _whole(support) and _whole(decided):
        y, n = support.astype(np.int64), decided.astype(np.int64)
        rising, both = _rising(alpha, int(decided.max(initial=0))), _rising(size, int(decided.max(initial=0)))
        # the grid of mu is its own mirror, so beta's rising factorials are alpha's turned round
        return np.asarray(rising[y] + rising[:, ::-1][n - y] - both[n][:, None, :], dtype=np.float64)
    from scipy.special import betaln

    y_, n_ = support[:, None, None], decided[:, None, None]
    return np.asarray(betaln(y_ + alpha, n_ - y_ + beta) - betaln(alpha, beta), dtype=np.float64)


def _whole(counts: Array) -> bool:
    """Whether all are whole numbers, and few enough to be looked up: weighted votes are not."""
    return bool(counts.size) and float(counts.max()) <= _LOOKED_UP and bool((counts == np.floor(counts)).all())


def _rising(start: Array, most: int) -> Array:
    """Logarithms of the rising factorials a (a + 1) ... (a + k - 1) for k from 0 to `most`; k first."""
    steps = np.arange(most).reshape(-1, *([1] * start.ndim))
    return np.concatenate([np.zeros((1, *start.shape)), np.cumsum(np.log(start + steps), axis=0)])
