"""What each rule makes of the same votes: a score for every clause, and whether it would stand by it. Not how surely.

A clause's score lies on the scale of its rule: a share, an intercept (bridging), a rating (median), or 1 and 0 for a
place on a slate. Ties go to the clause that comes first (`counting` says in which order).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deliberation.settings import Aggregation
from deliberation.settings.aggregation import Committee, Rule
from deliberation.specification.bridging import bridging
from deliberation.specification.committees import equal_shares, pav, sequential_pav, sequential_phragmen
from deliberation.specification.votes import (
    MISSING,
    SUPPORT,
    Array,
    Votes,
    consensus_less,
    group_aware,
    least_support,
    median_ratings,
    shares,
)

Flags = NDArray[np.bool_]

BARS: Mapping[Rule, float] = {"bridging": 0.4, "median": 5.0}
"""Where no bar is given, for comparison: X's own for a helpful note (Community Notes guide, 2024), and the first rating
on the side of support."""
_EXACT_PAV = 3000
"""Voters times clauses up to which the slate of proportional approval voting is found exactly: it is NP-hard."""


class Scored(NamedTuple):
    """Scores, m, and the bar that each has to reach, m."""

    score: Array
    bar: Array

    @property
    def reached(self) -> Flags:
        """Which clauses reach their bar; a clause without a score does not."""
        return np.asarray(np.nan_to_num(self.score, nan=-np.inf) >= self.bar - 1e-12)


def scored(votes: Votes, settings: Aggregation, thresholds: Array) -> Scored:
    """By the configured rule.

    Args:
        votes: the votes.
        settings: the rule.
        thresholds: the share that each clause has to reach, where the rule goes by one; m.
    """
    bar = np.full(len(thresholds), settings.bar if settings.bar is not None else BARS.get(settings.rule, 0.5))
    match settings.rule:
        case "share":
            return Scored(shares(votes, settings.denominator), thresholds)
        case "consensus":
            return Scored(consensus_less(votes, settings.less), thresholds)
        case "group_aware":
            return Scored(group_aware(votes, settings.form), thresholds)
        case "bridging":
            return Scored(_bridged(votes), bar)
        case "median":
            return Scored(median_ratings(votes), bar)
        case "slate":
            return Scored(
                slate(votes, settings.committee, slate_size(settings, voted_on(votes))), np.full(len(bar), 0.5)
            )


def voted_on(votes: Votes) -> int:
    """How many clauses anybody voted on."""
    return int((votes.marks != MISSING).any(axis=0).sum())


def with_votes_on(votes: Votes, clauses: Flags) -> Votes:
    """The same votes without those on other clauses, which then compete for no place on a slate."""
    return votes._replace(marks=np.where(clauses, votes.marks, np.int8(MISSING)))


def slate_size(settings: Aggregation, clauses: int) -> int:
    """How many clauses a slate holds: as set, or half of those put to the vote, rounded up."""
    return min(clauses, settings.slate or math.ceil(clauses / 2))


def slate(votes: Votes, committee: Committee, seats: int) -> Array:
    """1 for each clause on the slate of so many, else 0; m. A clause that nobody supports is on none."""
    approve = votes.marks == SUPPORT
    choose = {
        "pav": pav, "sequential_pav": sequential_pav, "equal_shares": equal_shares,
        "sequential_phragmen": sequential_phragmen,
    }[committee]  # fmt: skip
    found = np.zeros(approve.shape[1])
    if approve.any() and votes.weights[approve.any(axis=1)].sum() > 0:
        found[choose(approve, votes.weights, seats)] = 1.0
    return found


def other_rules(votes: Votes, settings: Aggregation, thresholds: Array) -> Iterator[tuple[str, Scored]]:
    """The same votes by every rule that counts the pooled votes once, each at the configured threshold or its own bar.

    Exact proportional approval voting is left out where the votes are too many for it.
    """
    size, half = len(thresholds), np.full(len(thresholds), 0.5)
    yield "pooled_share", Scored(shares(votes, "decided"), thresholds)
    yield "of_all_votes", Scored(shares(votes, "voted"), thresholds)
    yield "of_all_seats", Scored(shares(votes, "seated"), thresholds)
    yield "every_group", Scored(least_support(votes), half)
    for form in ("product", "geometric", "minimum"):
        yield f"group_aware_{form}", Scored(group_aware(votes, form), thresholds)
    yield f"consensus_less_{settings.less}", Scored(consensus_less(votes, settings.less), thresholds)
    yield "bridging", Scored(_bridged(votes), np.full(size, _own(settings, "bridging")))
    if votes.ratings.any():
        yield "median", Scored(median_ratings(votes), np.full(size, _own(settings, "median")))
    for committee in ("pav", "sequential_pav", "equal_shares", "sequential_phragmen"):
        if committee != "pav" or votes.marks.size <= _EXACT_PAV:
            yield committee, Scored(slate(votes, committee, slate_size(settings, voted_on(votes))), half)


def _own(settings: Aggregation, rule: Rule) -> float:
    return settings.bar if settings.rule == rule and settings.bar is not None else BARS[rule]


def _bridged(votes: Votes) -> Array:
    return bridging(votes).clauses
