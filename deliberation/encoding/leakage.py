"""Whether style tells what is chosen: a classifier that sees nothing of a reply but its length and its punctuation.

A pair is told by the difference of its two replies, which is more than a classifier of single replies would know. It
learns on some cases and is tried on others, for replies to one case share words; an example on no case goes with its
clause. Near a half, what is learnt from the pairs is not style.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from deliberation.records.base import Record, Share, short_hash
from deliberation.records.encoding import PreferenceRow

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

LIMIT = 0.6
"""Above this accuracy style gives the label away."""

_SIGNS = ".,;:?!-()\"'\n"
_FOLDS = 5
_RIDGE = 1.0
_STEPS = 25
_LEVEL = 0.95
_LEAST = 10


class Leakage(Record):
    """How often length and punctuation tell which of two replies is chosen, on pairs that were not learnt from.

    `interval`: 95%, from the spread over groups, which are cases, or clauses; null where there are too few.
    `longer`: the share of pairs whose chosen reply is the longer one.
    """

    basis: str
    pairs: int
    groups: int
    accuracy: Share | None
    interval: tuple[Share, Share] | None
    longer: Share


def leakages(rows: Iterable[PreferenceRow]) -> list[Leakage]:
    """By what the pairs rest on; given pairs are others' and not looked at."""
    found: dict[str, tuple[list[list[float]], list[str]]] = {}
    for row in rows:
        if row.basis != "given":
            features, groups = found.setdefault(row.basis, ([], []))
            features.append(_difference(row.chosen[-1].content, row.rejected[-1].content))
            groups.append(row.case or row.clause_ids[0])  # replies to one case share words, whatever clause they are on
    return [leakage(basis, *found[basis]) for basis in sorted(found)]


def leakage(basis: str, differences: list[list[float]], groups: list[str]) -> Leakage:
    """How well a logistic regression on differences of counts does, cross-validated by group.

    Args:
        basis: what the pairs rest on.
        differences: of each pair, counts in the chosen reply less those in the rejected one, lengths first.
        groups: of each pair, what it must share a fold with.
    """
    import numpy as np

    x = np.array(differences, dtype=np.float64)
    names = sorted(set(groups))
    longer = float(np.mean(np.sign(x[:, 0]) / 2 + 0.5))
    known = {"basis": basis, "pairs": len(x), "groups": len(names), "longer": round(longer, 4)}
    if len(names) < 2 or len(x) < _LEAST:
        return Leakage(**known, accuracy=None, interval=None)
    fold = {name: n % _FOLDS for n, name in enumerate(sorted(names, key=lambda g: short_hash("fold", g)))}
    folds = np.array([fold[group] for group in groups])
    scale = np.maximum(x.std(axis=0), 1e-9)
    x = x / np.where(x.any(axis=0), scale, 1.0)
    right = np.zeros(len(x))
    for held in sorted(set(folds.tolist())):
        tried = folds == held
        told = x[tried] @ _learnt(x[~tried])
        right[tried] = np.sign(np.round(told, 9)) / 2 + 0.5  # a pair that looks alike is told by lot
    at = np.unique(groups, return_inverse=True)[1]
    return Leakage(**known, accuracy=round(float(right.mean()), 4), interval=_interval(right, at, len(names)))


def _learnt(x: Array) -> Array:
    """Weights of a logistic regression without intercept, a ridge on them, by Newton's steps.

    Every pair counts as chosen less rejected alone: turning it round would say the same again.
    """
    import numpy as np

    weights = np.zeros(x.shape[1])
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        slope = x.T @ (1 - p) - _RIDGE * weights
        curve = (x * (p * (1 - p))[:, None]).T @ x + _RIDGE * np.eye(x.shape[1])
        step = np.linalg.solve(curve, slope)
        weights = weights + step
        if float(np.abs(step).max()) < 1e-8:
            break
    return weights


def _interval(right: Array, at: Any, groups: int) -> tuple[float, float]:
    """Of the mean, with the group as the unit (Student's t, the ratio estimator's variance; Cochran 1977, 9A.3)."""
    import numpy as np
    from scipy.stats import t

    mean = right.mean()
    rest = np.bincount(at, weights=right - mean, minlength=groups)
    error = float(np.sqrt((rest**2).sum() * groups / (groups - 1)) / len(right))
    half = float(t.ppf(0.5 + _LEVEL / 2, groups - 1)) * error
    return round(max(0.0, float(mean) - half), 4), round(min(1.0, float(mean) + half), 4)


def _difference(chosen: str, rejected: str) -> list[float]:
    return [a - b for a, b in zip(_counts(chosen), _counts(rejected), strict=True)]


def _counts(text: str) -> list[float]:
    """Characters, words, and each sign of punctuation."""
    return [len(text), text.count(" ") + text.count("\n") + 1, *(text.count(sign) for sign in _SIGNS)]
