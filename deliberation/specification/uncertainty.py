"""How sure a share of support is, the assembly being the unit. Knows numbers only.

Members of one assembly are not independent, so votes are not pooled: y_a ~ BetaBinomial(n_a, mu, rho) with a flat
prior on mu and a half-Cauchy(0.2) prior on rho, evaluated on a grid. rho is the intra-class correlation: alpha = mu
(1 - rho) / rho, beta = (1 - mu) (1 - rho) / rho (Williams 1975).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_CELLS = 200
_RHOS = 40
_SCALE = 0.2


class Posterior(NamedTuple):
    """Posterior of the mean support mu: `mass` of each of `_CELLS` equal cells of [0, 1]."""

    mass: Array

    def at_least(self, share: float) -> float:
        """P(mu >= share), linear within a cell."""
        edges = np.linspace(0.0, 1.0, len(self.mass) + 1)
        return float(1.0 - np.interp(share, edges, np.r_[0.0, np.cumsum(self.mass)]))

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
        times = np.zeros((len(counts), len(self.each)))
        for column, place in zip(counts.T, self.outcome, strict=True):
            times[:, place] += column
        return [Posterior(mass) for mass in self._mass(times)]

    def _mass(self, times: Array) -> Array:
        flat = self.each.reshape(len(self.each), -1)
        total = (times @ flat).reshape(len(times), *self.each.shape[1:])
        weight = np.exp(total - total.max(axis=(1, 2), keepdims=True)).sum(axis=2)
        mass: Array = weight / weight.sum(axis=1, keepdims=True)
        return mass


def likelihoods(support: Array, decided: Array) -> Array:
    """Log likelihood of outcomes at every point of the grid.

    Args:
        support: supporters, shape D.
        decided: supporters and opponents, shape D.

    Returns:
        Shape D x cells x rhos.
    """
    from scipy.special import betaln

    mu = (np.arange(_CELLS) + 0.5) / _CELLS
    # equal prior mass a point: quantiles of the half-Cauchy, cut off at rho = 1
    share = (np.arange(_RHOS) + 0.5) / _RHOS * (2 / np.pi) * np.arctan(1 / _SCALE)
    rho = _SCALE * np.tan(np.pi / 2 * share)
    size = (1 - rho) / rho
    alpha, beta = mu[:, None] * size, (1 - mu)[:, None] * size
    y, n = support[:, None, None], decided[:, None, None]
    return np.asarray(betaln(y + alpha, n - y + beta) - betaln(alpha, beta), dtype=np.float64)
