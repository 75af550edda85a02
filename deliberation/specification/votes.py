"""What voters said of clauses, as arrays, and what the rules that read each clause by itself make of it.

Knows numbers only: who voted, on what text and why, are the callers' to know. n voters, m clauses, G groups, A
assemblies. One pass a column and nothing of n x m besides the marks, so 100,000 x 200 stays in the room it came in.
Counts of equal weights of 1 are exact; others are float64 sums in the order of the voters.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Marks = NDArray[np.int8]
Labels = NDArray[np.int64]

Denominator = Literal["decided", "voted", "seated"]
Form = Literal["product", "geometric", "minimum"]

SUPPORT, OPPOSE, ABSTAIN, MISSING = 1, -1, 0, -2
_MARKS = 4
# weights that are equal but no binary fractions make sums that differ in the last digits
_EXACT = 1e-9


class Votes(NamedTuple):
    """Who said what: a row a voter, a column a clause.

    `marks`: SUPPORT, OPPOSE, ABSTAIN or MISSING, n x m. `weights`: not negative, n. `groups`: place in `group_names`,
    or -1 for in no group, n. `assemblies`: 0 .. A - 1, n. `ratings`: 1 and up, 0 for none, n x m.
    """

    marks: Marks
    weights: Array
    groups: Labels
    group_names: tuple[str, ...]
    assemblies: Labels
    ratings: Marks


class Tallies(NamedTuple):
    """Weight of those who said each thing of each clause; shape m each."""

    support: Array
    oppose: Array
    abstain: Array
    missing: Array


class GroupTallies(NamedTuple):
    """By group: weight for, weight for and against, and that with the abstentions; G x m each."""

    support: Array
    decided: Array
    voted: Array


class AssemblyTallies(NamedTuple):
    """By assembly, in votes' worth (Kish 1965): for, and for and against; A x m each."""

    support: Array
    decided: Array


def tallies(votes: Votes) -> Tallies:
    """Weighted counts of each mark.

    Raises:
        ValueError: a mark is none of the four; so for all that count marks.
    """
    found = np.zeros((_MARKS, votes.marks.shape[1]))
    everybody = np.zeros(len(votes.weights), dtype=np.int64)
    for column, cells in enumerate(_by_mark(votes, everybody, 1, votes.weights)):
        found[:, column] = cells[:, 0]
    return Tallies(found[SUPPORT - MISSING], found[OPPOSE - MISSING], found[ABSTAIN - MISSING], found[0])


def shares(votes: Votes, denominator: Denominator) -> Array:
    """Support of each clause as a share of the weight that decided, voted, or was seated; nan where that is none.

    Shape m. `decided`: for / (for + against). `voted`: abstentions are below the line too, as the Collective
    Constitutional AI (Anthropic and CIP 2023) counted passes. `seated`: missing votes too.
    """
    found = tallies(votes)
    below = found.support + found.oppose
    if denominator != "decided":
        below = below + found.abstain
    if denominator == "seated":
        below = below + found.missing
    return _ratio(found.support, below)


def by_group(votes: Votes) -> GroupTallies:
    """Weighted counts in each group; voters in no group are left out."""
    size = len(votes.group_names)
    found = np.zeros((_MARKS, size, votes.marks.shape[1]))
    for column, cells in enumerate(_by_mark(votes, votes.groups, size, votes.weights)):
        found[:, :, column] = cells
    support = found[SUPPORT - MISSING]
    decided = support + found[OPPOSE - MISSING]
    return GroupTallies(support, decided, decided + found[ABSTAIN - MISSING])


def least_support(votes: Votes) -> Array:
    """The least share of support in any group, of those in which anybody decided; nan where nobody did. Shape m."""
    told = by_group(votes)
    each = np.nan_to_num(_ratio(told.support, told.decided), nan=np.inf)
    least = each.min(axis=0, initial=np.inf)
    return np.where(np.isinf(least), np.nan, least)


def by_assembly(votes: Votes) -> AssemblyTallies:
    """Votes' worth in each assembly, for the beta-binomial.

    Those who decided are worth (sum w)^2 / sum w^2 equal votes (Kish 1965), of which the weighted share of support is
    for it. Zero where nobody decided. Rounded to 1e-9, so that equal weights give whole numbers.
    """
    size = _assemblies(votes)
    found = AssemblyTallies(np.zeros((size, votes.marks.shape[1])), np.zeros((size, votes.marks.shape[1])))
    weights = _by_mark(votes, votes.assemblies, size, votes.weights)
    squares = _by_mark(votes, votes.assemblies, size, votes.weights**2)
    for column, (weight, square) in enumerate(zip(weights, squares, strict=True)):
        support = weight[SUPPORT - MISSING]
        decided = support + weight[OPPOSE - MISSING]
        each = _ratio(decided, square[SUPPORT - MISSING] + square[OPPOSE - MISSING])  # votes' worth a unit of weight
        found.support[:, column] = np.round(np.nan_to_num(each * support), 9)
        found.decided[:, column] = np.round(np.nan_to_num(each * decided), 9)
    return found


def group_aware(votes: Votes, form: Form) -> Array:
    """Group-aware consensus of each clause, in (0, 1); shape m.

    P_g(c) = (1 + A_gc) / (2 + N_gc): A is the group's weight for c, N its weight that saw c, abstentions included
    (Small et al. 2021, Recerca 26). `product`: of P_g over groups, as there; it shrinks with the number of groups G.
    `geometric`: its G-th root, which does not. `minimum`: of P_g over groups (Konya et al. 2023). Without groups all
    voters are one; a group that nobody is in is none.
    """
    there = votes
    if not (votes.groups >= 0).any():
        there = votes._replace(groups=np.zeros(len(votes.weights), dtype=np.int64), group_names=("all",))
    found = by_group(there)
    peopled = np.bincount(there.groups + 1, weights=there.weights, minlength=len(there.group_names) + 1)[1:] > 0
    if not peopled.any():  # nobody at all voted
        peopled[:] = True
    likely = (1.0 + found.support[peopled]) / (2.0 + found.voted[peopled])
    if form == "minimum":
        return _float(likely.min(axis=0))
    if form == "product":
        return _float(likely.prod(axis=0))
    return _float(np.exp(np.log(likely).mean(axis=0)))


def consensus_less(votes: Votes, k: int) -> Array:
    """In which share of assemblies a clause has consensus less k: somebody supports it and at most k members oppose it.

    Rough consensus by head count, consensus minus k. A member counts as their weight over the mean weight of their
    assembly, so heads are counted where all weigh alike. Of the assemblies in which anyone voted on the clause; nan
    where none did. Shape m.
    """
    size = _assemblies(votes)
    weight = np.bincount(votes.assemblies, weights=votes.weights, minlength=size)
    mean = weight / np.maximum(np.bincount(votes.assemblies, minlength=size), 1)
    agreed, asked = np.zeros(votes.marks.shape[1]), np.zeros(votes.marks.shape[1])
    for column, cells in enumerate(_by_mark(votes, votes.assemblies, size, votes.weights)):
        support, against = cells[SUPPORT - MISSING], cells[OPPOSE - MISSING]
        voted = support + against + cells[ABSTAIN - MISSING] > 0
        asked[column] = voted.sum()
        agreed[column] = (voted & (support > 0) & (against <= (k + _EXACT) * mean)).sum()
    return _ratio(agreed, asked)


def median_ratings(votes: Votes) -> Array:
    """Weighted lower median of the ratings of each clause, nan where it has none; shape m.

    The least rating that, with all below it, carries at least half of the weight that rated: the majority grade of
    Balinski and Laraki (2007).
    """
    found = np.full(votes.ratings.shape[1], np.nan)
    for column, ratings in enumerate(votes.ratings.T):
        weight = np.bincount(ratings, weights=votes.weights, minlength=1)
        weight[0] = 0.0  # rating 0 is none
        below = np.cumsum(weight)
        if below[-1] > 0:
            found[column] = np.searchsorted(below, below[-1] / 2 * (1 - _EXACT))
    return found


def _by_mark(votes: Votes, labels: Labels, size: int, values: Array) -> Iterator[Array]:
    """Of each column the sums of values by mark and label, 4 x size, marks by number; label -1 counts nowhere."""
    marks = votes.marks
    if marks.size and (marks.min() < MISSING or marks.max() > SUPPORT):
        raise ValueError(f"a mark is -2, -1, 0 or 1, not {int(marks.min() if marks.min() < MISSING else marks.max())}")
    base = (labels + 1) * _MARKS - MISSING
    for column in marks.T:
        sums = np.bincount(base + column, weights=values, minlength=(size + 1) * _MARKS)
        yield _float(sums).reshape(size + 1, _MARKS)[1:].T


def _assemblies(votes: Votes) -> int:
    return int(votes.assemblies.max()) + 1 if len(votes.assemblies) else 0


def _ratio(above: Array, below: Array) -> Array:
    return _float(np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0))


def _float(values: ArrayLike) -> Array:
    return np.asarray(values, dtype=np.float64)
