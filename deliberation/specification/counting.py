"""Ballots as arrays, and what is counted of them by assembly and by group. Decides nothing.

Rows are voters in the order of (assembly, member), columns the canonical clauses in their order, by which ties are
broken: those proposed most widely first, then those best supported there, then by id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from deliberation.records.specification import Ballot, Choice
from deliberation.specification.votes import ABSTAIN, MISSING, OPPOSE, SUPPORT, Array, Labels, Votes, by_group

MARKS: Mapping[Choice, int] = {"support": SUPPORT, "oppose": OPPOSE, "abstain": ABSTAIN, "missing": MISSING}
NO_GROUP = frozenset({"none", "unknown"})
"""What ballots say of voters who belong to no declared group."""


class Grouping(NamedTuple):
    """A way of grouping voters: the place of each in `names`, or -1; n."""

    labels: Labels
    names: tuple[str, ...]


class Counted(NamedTuple):
    """All ballots on some clauses.

    `voters`: assembly and member of each row; `assemblies`: their names; `places`: where each clause stood on the slate
    shown, 0 first to 1 last, nan where unknown, n x m; `groupings`: by attribute, that of the ballots first.
    """

    clauses: tuple[str, ...]
    voters: tuple[tuple[str, str], ...]
    assemblies: tuple[str, ...]
    votes: Votes
    places: Array
    groupings: Mapping[str, Grouping]


def counted(
    clauses: Sequence[str],
    ballots: Iterable[Ballot],
    *,
    group_by: str,
    attributes: Mapping[str, Mapping[str, str]] | None = None,
) -> Counted:
    """Put ballots into arrays.

    Args:
        clauses: their ids; ballots on others are passed over.
        ballots: in any order; of several by one voter on one clause the last counts.
        group_by: the attribute whose groups the ballots name.
        attributes: other attributes by name: what each member's is.
    """
    column = {id_: place for place, id_ in enumerate(clauses)}
    kept = [ballot for ballot in ballots if ballot.clause in column]
    voters = sorted({(ballot.assembly, ballot.member) for ballot in kept})
    row = {voter: place for place, voter in enumerate(voters)}
    assemblies = sorted({assembly for assembly, _ in voters})
    size = (len(voters), len(clauses))
    marks, ratings = np.full(size, MISSING, dtype=np.int8), np.zeros(size, dtype=np.int8)
    places, weights, groups = np.full(size, np.nan), np.ones(len(voters)), [""] * len(voters)
    for ballot in kept:
        n, m = row[ballot.assembly, ballot.member], column[ballot.clause]
        marks[n, m], ratings[n, m] = MARKS[ballot.choice], ballot.rating or 0
        places[n, m] = np.nan if ballot.place is None else ballot.place
        weights[n], groups[n] = ballot.weight, ballot.group
    sits = {name: place for place, name in enumerate(assemblies)}
    own = grouping_of(groups)
    more = {
        name: grouping_of([of.get(member, "unknown") for _, member in voters])
        for name, of in (attributes or {}).items()
        if name != group_by
    }
    at = np.array([sits[assembly] for assembly, _ in voters], dtype=np.int64)
    votes = Votes(marks, weights, own.labels, own.names, at, ratings)
    return Counted(tuple(clauses), tuple(voters), tuple(assemblies), votes, places, {group_by: own, **more})


class GroupCounts(NamedTuple):
    """Weight for, and for and against, in each assembly and group: A x G x m each."""

    support: Array
    decided: Array


def by_assembly_and_group(found: Counted, grouping: Grouping) -> GroupCounts:
    """Counts of one way of grouping."""
    size, number = len(found.assemblies), len(grouping.names)
    cell = np.where(grouping.labels < 0, -1, found.votes.assemblies * number + grouping.labels)
    told = by_group(found.votes._replace(groups=cell, group_names=("",) * (size * number)))
    shape = (size, number, len(found.clauses))
    return GroupCounts(told.support.reshape(shape), told.decided.reshape(shape))


def as_opposed(votes: Votes, *, missing: bool) -> Votes:
    """Votes in which whoever abstained counts as not supporting, and where asked whoever is missing."""
    silent = votes.marks == ABSTAIN
    if missing:
        silent |= votes.marks == MISSING
    return votes._replace(marks=np.where(silent, np.int8(OPPOSE), votes.marks))


def grouping_of(groups: Sequence[str]) -> Grouping:
    """Voters by the names of their groups; those of no declared group are in none."""
    names = tuple(sorted(set(groups) - NO_GROUP - {""}))
    place = {name: at for at, name in enumerate(names)}
    return Grouping(np.array([place.get(group, -1) for group in groups], dtype=np.int64), names)
