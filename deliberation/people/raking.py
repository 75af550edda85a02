"""Raking: weights whose sums agree with published shares, one margin after another until all do. Draws nobody.

Iterative proportional fitting (Deming and Stephan 1940): w_i <- w_i T_g / sum_{j in g} w_j for every class g of every
margin in turn. Used to join published margins into one table, and to weight people who sat to the public.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Places = NDArray[np.int64]

_ROUNDS = 2000
_NEAR = 1e-10


class Margin(NamedTuple):
    """One margin: the class of each item, n, and the share that each class is to have, G, which add up to 1."""

    classes: Places
    shares: Array


class Raked(NamedTuple):
    """Weights that add up to 1, n; `misfit`: the largest distance of a class from its share that is left."""

    weights: Array
    misfit: float


def rake(start: Array, margins: Sequence[Margin]) -> Raked:
    """Rake weights to all margins.

    Args:
        start: positive weights to begin with, n.
        margins: what they are to agree with; a class that no item has is left out, and shows in the misfit.
    """
    weights = start / start.sum()
    for _ in range(_ROUNDS):
        before = weights
        for margin in margins:
            weights = weights * _factors(weights, margin)[margin.classes]
        weights = weights / weights.sum()
        if np.abs(weights - before).max() <= _NEAR * weights.max():
            break
    return Raked(weights, max((misfit(weights, margin) for margin in margins), default=0.0))


def trimmed(given: Array, cap: float) -> tuple[Array, int]:
    """Weights of mean 1, none above `cap`, and how many were cut; what is cut off goes to the others in proportion.

    Potter (1990) on trimming: it trades a little bias for much variance, so how many were cut is to be reported.
    """
    weights: Array = given / given.mean()
    cut = np.zeros(len(weights), dtype=bool)
    while (weights > cap * (1.0 + 1e-12)).any():
        cut |= weights > cap * (1.0 + 1e-12)
        rest = weights[~cut].sum()
        spread = weights * ((len(weights) - cap * cut.sum()) / rest if rest else 1.0)
        weights = np.where(cut, cap, spread).astype(np.float64)
    return weights, int(cut.sum())


def effective(weights: Array) -> float:
    """How many equal weights these are worth: (sum w)^2 / sum w^2 (Kish 1965)."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def _sums(weights: Array, margin: Margin) -> Array:
    return np.bincount(margin.classes, weights=weights, minlength=len(margin.shares)).astype(np.float64)


def _factors(weights: Array, margin: Margin) -> Array:
    sums = _sums(weights, margin)
    factors: Array = np.divide(margin.shares, sums, out=np.zeros_like(sums), where=sums > 0)
    return factors


def misfit(weights: Array, margin: Margin) -> float:
    """The largest distance of a class from its share, of weights that add up to 1."""
    return float(np.abs(_sums(weights, margin) - margin.shares).max())
