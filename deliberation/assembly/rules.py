"""How an assembly itself chooses among clauses: by ranking, by bridging, by speaking for everybody. Numbers only.

Ties are broken by the order in which the options come, which callers draw by name. n members, m options.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Rankings = Sequence[Sequence[Sequence[str]]]


def pairwise(rankings: Rankings, options: Sequence[str], weights: Sequence[float]) -> Array:
    """Weight of the members who prefer the row's option to the column's; shape m x m.

    Rounded to the twelfth digit of all weight, for sums that differ in their last digits only are ties.

    Args:
        rankings: each member's, best first, tied options together; options left out come last.
        options: all of them.
        weights: of each member.
    """
    place = {name: i for i, name in enumerate(options)}
    prefer = np.zeros((len(options), len(options)))
    for ranking, weight in zip(rankings, weights, strict=True):
        rank = np.full(len(options), len(ranking))
        for position, tied in enumerate(ranking):
            rank[[place[name] for name in tied]] = position
        prefer += weight * (rank[:, None] < rank[None, :])
    digits = 12 - math.ceil(math.log10(sum(weights) or 1.0))
    return np.asarray(np.round(prefer, digits), dtype=np.float64)


def beatpaths(prefer: Array) -> Array:
    """Strength of the strongest path from the row's option to the column's, 0 where there is none; shape m x m.

    Strength of a link is the weight of those who prefer its winner; of a path, that of its weakest link (Schulze 2011,
    Soc. Choice Welf. 36, section 2).
    """
    strength = np.where(prefer > prefer.T, prefer, 0.0)
    for k in range(len(prefer)):
        strength = np.maximum(strength, np.minimum(strength[:, [k]], strength[[k], :]))
    return strength


def schulze(rankings: Rankings, options: Sequence[str], weights: Sequence[float]) -> list[str]:
    """The options from the first to the last by the beatpath method (Schulze 2011, Soc. Choice Welf. 36, section 2).

    One option stands before another if its strongest path to it is stronger than the strongest path back.

    Args:
        rankings: each member's, best first, tied options together; options left out come last.
        options: all of them, in the order in which ties are broken.
        weights: of each member.
    """
    strength = beatpaths(pairwise(rankings, options, weights))
    wins = (strength > strength.T).sum(axis=1)
    return [options[i] for i in np.argsort(-wins, kind="stable")]


def bridging(votes: Sequence[tuple[str, str, bool, float]], options: Sequence[str]) -> list[str]:
    """The options by their least support in any group, best first.

    Share of a group: (weight for + 1) / (weight for and against + 2), so that an option which few of a group have seen
    is taken to be near one half (Laplace; the smoothing of Polis, Small et al. 2021; the minimum over groups after
    Konya et al. 2023).

    Args:
        votes: (option, group of the voter, whether for it, weight) of all who decided.
        options: in the order in which ties are broken.
    """
    groups = sorted({group for _, group, _, _ in votes})
    place, row = {name: i for i, name in enumerate(options)}, {name: i for i, name in enumerate(groups)}
    for_it, cast = np.ones((len(groups) or 1, len(options))), np.full((len(groups) or 1, len(options)), 2.0)
    for option, group, supports, weight in votes:
        cast[row[group], place[option]] += weight
        for_it[row[group], place[option]] += weight * supports
    least = (for_it / cast).min(axis=0)
    return [options[i] for i in np.argsort(-np.round(least, 12), kind="stable")]


def share_of(members: int, size: int) -> int:
    """How many members one place on a slate speaks for: n / k, rounded up."""
    return math.ceil(members / size)


def most_spoken_for(
    ratings: Mapping[str, Mapping[str, int]], options: Sequence[str], *, share: int, luck: Mapping[str, float]
) -> tuple[str, list[str]]:
    """The option with the highest rating that a whole share gives it, and that share of members, its greatest friends.

    One step of the greedy process of Fish, Goelz, Parkes and Procaccia (2023): maximise the r-th highest utility.

    Args:
        ratings: option -> member -> rating.
        options: in the order in which ties are broken, after the mean rating.
        share: how many members an option is to speak for.
        luck: breaks ties among members.
    """

    def standing(option: str) -> tuple[float, float]:
        given = sorted(ratings[option].values(), reverse=True)
        reached = given[share - 1] if len(given) >= share else 0
        return (reached, sum(given) / len(given) if given else 0.0)

    best = max(options, key=lambda option: (standing(option), -options.index(option)))
    friends = sorted(ratings[best], key=lambda member: (-ratings[best][member], luck[member]))
    return best, friends[:share]
