"""Measures of deliberation on plain arrays: agreement, consistency of reasons, single-peakedness. Reads no run.

Rows are people throughout. Ranks of ties are averaged.
"""

from __future__ import annotations

from itertools import permutations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Array = NDArray[np.float64]


def ranks(values: Array) -> Array:
    """Ranks along the last axis, ties averaged: (those below + those not above + 1) / 2."""
    below = (values[..., None, :] < values[..., :, None]).sum(axis=-1)
    not_above = (values[..., None, :] <= values[..., :, None]).sum(axis=-1)
    found: Array = (below + not_above + 1) / 2.0
    return found


def agreement(values: Array) -> Array:
    """Spearman's correlation of every two rows, n x n; 0 for a row without variation."""
    centred = ranks(values)
    centred -= centred.mean(axis=-1, keepdims=True)
    size = np.sqrt((centred**2).sum(axis=-1))
    product = np.outer(size, size)
    found: Array = np.where(product > 0, centred @ centred.T / np.where(product > 0, product, 1.0), 0.0)
    return found


def constancy(before: Array, after: Array) -> Array:
    """Spearman's correlation of each row with itself afterwards, n."""
    one, other = ranks(before), ranks(after)
    one, other = one - one.mean(axis=-1, keepdims=True), other - other.mean(axis=-1, keepdims=True)
    size = np.sqrt((one**2).sum(axis=-1) * (other**2).sum(axis=-1))
    found: Array = np.where(size > 0, (one * other).sum(axis=-1) / np.where(size > 0, size, 1.0), 0.0)
    return found


def pairs(table: Array) -> Array:
    """The upper triangle of a table of pairs, each pair once."""
    upper: Array = table[np.triu_indices(len(table), 1)]
    return upper


def dri(considerations: Array, preferences: Array) -> float:
    """Deliberative Reason Index: 1 - 2 mean |q - r| over pairs of people (Niemeyer and Veri 2022).

    q and r are the pair's Spearman correlations over considerations (n x K) and over preferences (n x J). On noise it
    is well above nothing: give it with `dri_null`.
    """
    return dri_of(pairs(agreement(considerations)), pairs(agreement(preferences)))


def dri_of(reasons: Array, preferences: Array) -> float:
    """The index from the pairs' correlations."""
    return float(dri_parts(reasons, preferences).mean())


def dri_parts(reasons: Array, preferences: Array) -> Array:
    """What each pair adds to the index, which is their mean: 1 - 2 |q - r|."""
    found: Array = 1.0 - 2.0 * np.abs(reasons - preferences)
    return found


def adjusted_dri_of(reasons: Array, preferences: Array, *, threshold: float = 0.2) -> float:
    """The index with pairs discounted that agree on next to nothing (Veri 2026, arXiv:2604.16963).

    With d = |q - r| / sqrt 2: D = 1 - mean[(1 - d) min(1, max(|q|, |r|) / threshold)], and the index is (lambda - 2 D)
    / lambda, lambda = sqrt 2 / 2. Where all pairs have signal, D is mean d and the index is the plain one exactly. A
    pair without any has D = 1, and an index of such pairs alone is 1 - 2 sqrt 2 = -1.83. Two forms of this stand in
    versions of the R package deliberr; the other takes mean[...] itself for D, which would give full consistency -1.83
    and is no index on the plain scale.
    """
    return float(adjusted_dri_parts(reasons, preferences, threshold=threshold).mean())


def adjusted_dri_parts(reasons: Array, preferences: Array, *, threshold: float = 0.2) -> Array:
    """What each pair adds to the adjusted index, which is their mean: 1 - 2 sqrt 2 (1 - (1 - d) signal)."""
    distance = np.abs(reasons - preferences) / np.sqrt(2.0)
    signal = np.minimum(1.0, np.maximum(np.abs(reasons), np.abs(preferences)) / threshold)
    found: Array = 1.0 - 2.0 * np.sqrt(2.0) * (1.0 - (1.0 - distance) * signal)
    return found


def dri_null(considerations: Array, preferences: Array, draw: Generator, *, shuffles: int = 20) -> float:
    """The index with preferences shuffled over people, mean of so many shuffles: what consensus alone would give."""
    reasons, preferred = agreement(considerations), agreement(preferences)
    found = []
    for _ in range(shuffles):
        order = draw.permutation(len(preferred))
        found.append(dri_of(pairs(reasons), pairs(preferred[np.ix_(order, order)])))
    return float(np.mean(found))


def single_peakedness(utilities: Array) -> float:
    """Largest share of people single-peaked on one common axis, n x J, J at most 8 (List et al. 2013).

    An order is single-peaked on an axis if each of its upper segments is an interval of the axis; of positions that are
    tied none is above the other, so they enter together.
    """
    number = utilities.shape[1]
    if number > 8:
        raise ValueError(f"single-peakedness of {number} positions would take {number}! axes")
    axes = np.array([axis for axis in permutations(range(number)) if axis[0] < axis[-1]])
    order = np.argsort(-utilities, axis=1)
    places = np.argsort(axes, axis=1)[:, order]  # axes x people x rank
    width = np.maximum.accumulate(places, axis=-1) - np.minimum.accumulate(places, axis=-1)
    ordered = np.take_along_axis(utilities, order, axis=1)
    inside = np.concatenate([ordered[:, 1:] == ordered[:, :-1], np.zeros((len(order), 1), dtype=np.bool_)], axis=1)
    return float(((width == np.arange(number)) | inside).all(axis=-1).mean(axis=1).max())
