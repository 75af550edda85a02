"""What rankings of options come to by other rules than the beatpath method, which stands with assemblies' own rules.

Knows numbers and names only. All read the pairwise matrix: d[i, j] is the weight of the members who prefer i to j. Ties
are broken by the order in which the options come, which callers draw by name. m options.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deliberation.assembly.rules import Array, Rankings, beatpaths, pairwise


def ranked_pairs(rankings: Rankings, options: Sequence[str], weights: Sequence[float]) -> list[str]:
    """The options from the first to the last by ranked pairs (Tideman 1987, Soc. Choice Welf. 4).

    Links i -> j with d[i, j] > d[j, i] are locked in one after another, unless they close a circle with those locked
    before: the strongest first, strength being d[i, j], the winning votes, as in the beatpath method here (Tideman
    ranks them by margin: the same order where nobody ties options); equal ones in the order of (winner, loser).
    Next is always the earliest option that no remaining one is locked above.

    Args:
        rankings: each member's, best first, tied options together; options left out come last.
        options: all of them, in the order in which ties are broken.
        weights: of each member.
    """
    prefer = pairwise(rankings, options, weights)
    above = _locked(prefer)
    order, left = list[int](), list(range(len(options)))
    while left:
        order.append(next(one for one in left if not above[left, one].any()))
        left.remove(order[-1])
    return [options[i] for i in order]


def borda(rankings: Rankings, options: Sequence[str], weights: Sequence[float]) -> list[str]:
    """The options from the first to the last by Borda's count (Borda 1784), options tied by a member sharing places.

    An option gets from each member the number of options below it and half of those tied with it, so that the sum over
    members is sum_j (W + d[i, j] - d[j, i]) / 2 for all weight W (Black 1976, Public Choice 28). Arguments as for
    `ranked_pairs`.
    """
    prefer = pairwise(rankings, options, weights)
    score = (prefer - prefer.T).sum(axis=1)
    unit = float(sum(weights)) * max(1, len(options)) or 1.0
    # three digits fewer than the matrix has, for its last ones add up
    return [options[i] for i in np.argsort(-np.round(score / unit, 9), kind="stable")]


def condorcet_winner(rankings: Rankings, options: Sequence[str], weights: Sequence[float]) -> str | None:
    """The option that more weight prefers to each other one than the reverse (Condorcet 1785); None where none is."""
    prefer = pairwise(rankings, options, weights)
    beaten = (prefer > prefer.T).sum(axis=1)
    return next((options[int(i)] for i in np.flatnonzero(beaten == len(options) - 1)), None)


def schulze_winners(rankings: Rankings, options: Sequence[str], weights: Sequence[float]) -> list[str]:
    """The options that the beatpath method lets nobody stand before, in the order of the options.

    Schulze's potential winners (2011, Soc. Choice Welf. 36, section 2). There is at least one; if there is one only,
    the first place is strict, and otherwise the order of the options decided among them.
    """
    strength = beatpaths(pairwise(rankings, options, weights))
    unbeaten = ~(strength < strength.T).any(axis=1)
    return [options[int(i)] for i in np.flatnonzero(unbeaten)]


def _locked(prefer: Array) -> NDArray[np.bool_]:
    """Which row is above which column by the links that could be locked in, one or several; shape m x m."""
    winner, loser = np.nonzero(prefer > prefer.T)
    above = np.zeros(prefer.shape, dtype=bool)
    for link in np.argsort(-prefer[winner, loser], kind="stable"):
        i, j = winner[link], loser[link]
        if above[j, i] or above[i, j]:
            continue
        to, of = above[:, i].copy(), above[j].copy()
        to[i], of[j] = True, True
        above |= np.outer(to, of)
    return above
