"""Measures that tell whether simulated people behave like people: on plain arrays, without human data. Reads no run.

Each is about one way in which simulated publics are known to fail. Rows are people; ratings lie in 0..1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deliberation.analysis.measures import Array

Labels = NDArray[np.int64]


def spread(ratings: Array) -> float:
    """Mean over columns of the standard deviation over people, n x J. Variance collapse makes it small."""
    return float(ratings.std(axis=0, ddof=1).mean())


def first_component(ratings: Array) -> float:
    """Share of standardised ratings' variance on their first principal component; too tight a structure is high."""
    values = np.linalg.eigvalsh(_correlation(ratings))
    return float(values[-1] / values.sum())


def effective_dependence(ratings: Array) -> float:
    """1 - |R|^(1/p), R the correlation matrix of p columns (Pena and Rodriguez 2003): 0 unrelated, 1 redundant."""
    table = _correlation(ratings)
    sign, log = np.linalg.slogdet(table)
    return float(1.0 - np.exp(log / len(table))) if sign > 0 else 1.0


def individuation(replicates: Array) -> float:
    """Intraclass correlation ICC(1) of repeated ratings, repeats x n x J, mean over columns (Shrout and Fleiss 1979).

    Between persons / (between + within): 0 if a persona answers no more like itself than like anybody else.
    """
    repeats = len(replicates)
    between = repeats * replicates.mean(axis=0).var(axis=0, ddof=1)
    within = replicates.var(axis=0, ddof=1).mean(axis=0)
    total = between + (repeats - 1) * within
    return float(np.where(total > 0, (between - within) / np.where(total > 0, total, 1.0), 0.0).mean())


def persona_r2(values: Array, ratings: Array, panel: Labels, *, folds: int = 5, ridge: float = 1.0) -> float:
    """Cross-validated R^2 of ratings on persona values, mean over columns: whether the persona matters at all.

    Ridge regression of n x J ratings on n x 10 standardised values; whole panels are held out together, so that what
    panels share is no help.
    """
    x = (values - values.mean(axis=0)) / np.maximum(values.std(axis=0), 1e-9)
    fold = np.unique(panel, return_inverse=True)[1] % min(folds, len(np.unique(panel)))
    error, total = np.zeros(ratings.shape[1]), np.zeros(ratings.shape[1])
    for held in np.unique(fold):
        train, test = fold != held, fold == held
        mean = ratings[train].mean(axis=0)
        gram = x[train].T @ x[train] + ridge * np.eye(x.shape[1])
        weights = np.linalg.solve(gram, x[train].T @ (ratings[train] - mean))
        error += ((ratings[test] - mean - x[test] @ weights) ** 2).sum(axis=0)
        total += ((ratings[test] - mean) ** 2).sum(axis=0)
    return float(np.where(total > 0, 1.0 - error / np.where(total > 0, total, 1.0), 0.0).mean())


def segment_share(ratings: Array, segment: Labels) -> float:
    """Share of variance between segments, less what chance gives ((G - 1) / (n - 1)), mean over columns: caricature."""
    groups = np.unique(segment)
    means = np.stack([ratings[segment == g].mean(axis=0) for g in groups])
    sizes = np.array([(segment == g).sum() for g in groups])[:, None]
    between = (sizes * (means - ratings.mean(axis=0)) ** 2).sum(axis=0)
    total = ((ratings - ratings.mean(axis=0)) ** 2).sum(axis=0)
    share = np.where(total > 0, between / np.where(total > 0, total, 1.0), 0.0)
    return float(share.mean() - (len(groups) - 1) / max(len(ratings) - 1, 1))


def convergence(before: Array, after: Array, panel: Labels) -> float:
    """Spread after over spread before within panels, mean over panels: below 1 people grow alike."""
    kept = [(before[panel == p], after[panel == p]) for p in np.unique(panel)]
    return float(np.mean([spread(y2) for _, y2 in kept]) / np.mean([spread(y1) for y1, _ in kept]))


def flips(before: Array, after: Array) -> float:
    """Share of people whose first choice is another afterwards. A tie is a choice of all that are tied."""
    best = [ratings == ratings.max(axis=1, keepdims=True) for ratings in (before, after)]
    return float(1.0 - (best[0] & best[1]).any(axis=1).mean())


def flips_decomposed(reflection: float, vacuous: float, full: float) -> dict[str, float]:
    """What of the flips is instability, conformity and persuasion: three arms of the same people.

    `reflection`: asked again without talk. `vacuous`: after talk in which stances are told without reasons. `full`:
    after the talk itself. Each is what its arm adds to the one before (arXiv:2606.00820); it may come out below 0.
    """
    return {"instability": reflection, "conformity": vacuous - reflection, "persuasion": full - vacuous}


def slope(x: Array, y: Array, who: Labels) -> tuple[float, float]:
    """Slope of y on x within people, and its z: differences between people are taken out first; errors by person."""
    order = np.unique(who, return_inverse=True)[1]
    count = np.bincount(order)
    dx = x - np.bincount(order, x)[order] / count[order]
    dy = y - np.bincount(order, y)[order] / count[order]
    scale = float((dx**2).sum())
    if scale == 0:
        return 0.0, 0.0
    beta = float((dx * dy).sum()) / scale
    score = np.bincount(order, dx * (dy - beta * dx))
    error = float(np.sqrt((score**2).sum())) / scale
    return beta, beta / error if error > 0 else 0.0


def distinct(texts: list[str], n: int) -> float:
    """Distinct n-grams over all n-grams of words (Li et al. 2016): low where few phrases are used again and again."""
    grams = [
        tuple(words[i : i + n]) for words in (t.casefold().split() for t in texts) for i in range(len(words) - n + 1)
    ]
    return len(set(grams)) / len(grams) if grams else 0.0


def _correlation(ratings: Array) -> Array:
    varied = ratings[:, ratings.std(axis=0) > 0]
    if varied.shape[1] < 2:
        return np.ones((1, 1))
    return np.asarray(np.corrcoef(varied.T), dtype=np.float64)
