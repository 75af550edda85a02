"""What the panels chose where only one clause can stand: of two that contradict, and among wordings of one.

Rankings are read from the ratification. Of two, the share that prefers one has the assembly as its unit; wordings are
put in order by Schulze's method, ranked pairs and Borda beside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from deliberation.assembly.rules import schulze
from deliberation.records.base import new_id
from deliberation.records.events import Event, Ranked
from deliberation.records.specification import Contest
from deliberation.specification.orders import borda, ranked_pairs, schulze_winners
from deliberation.specification.uncertainty import Evidence, evidence_of


class Vote(NamedTuple):
    """One member's ranking in a contest."""

    assembly: str
    member: str
    ranking: tuple[tuple[str, ...], ...]
    weight: float


def votes_of(events: Iterable[Event], contest: Contest, weights: dict[str, float]) -> list[Vote]:
    """Rankings of exactly the contest's options among the events of one assembly; of several by one member the last."""
    last = {
        event.speaker: event
        for event in events
        if isinstance(event, Ranked) and {o for tied in event.ranking for o in tied} == set(contest.options)
    }
    return [Vote(e.assembly, e.speaker, e.ranking, weights.get(e.speaker, 1.0)) for e in last.values()]


def settled(contest: Contest, votes: Sequence[Vote], *, confidence: float) -> Contest:
    """A contest with what the panels chose; as it is where nobody could be asked.

    Args:
        contest: its options, the canonical clause first.
        votes: of all panels.
        confidence: how probable it must be that more prefer the first than each other for the first to stand.
    """
    if not votes:
        return contest
    rankings, weights = [v.ranking for v in votes], [v.weight for v in votes]
    order = schulze(rankings, contest.options, weights)
    share, level = _share(order[0], order[1], votes), 2 * confidence - 1
    before = [_between(order[0], other, votes).posterior() for other in order[1:]]
    low, high = before[0].interval(level)
    strict = schulze_winners(rankings, contest.options, weights) == [order[0]]
    sure = strict and all(one.at_least(0.5) >= confidence for one in before)
    others = {
        name: order_by(rankings, contest.options, weights)
        for name, order_by in (("ranked_pairs", ranked_pairs), ("borda", borda))
    }
    return contest.model_copy(
        update={
            "order": tuple(order),
            "first_by": {"schulze": order[0], **{name: one[0] for name, one in others.items()}},
            "share": share,
            "interval": None if share is None else (round(low, 6), round(high, 6)),
            "level": round(level, 6),
            "rankings": len(votes),
            "stands": order[0] if sure else None,
        }
    )


def contest_of(kind: str, options: Sequence[str], question: str, why: str) -> Contest:
    """A contest that nobody has voted in yet."""
    return Contest.model_validate(
        {
            "id": new_id("x", question, kind, *options),
            "question": question,
            "kind": kind,
            "options": tuple(options),
            "why": why,
        }
    )


def _prefers(vote: Vote, first: str, second: str) -> bool | None:
    at = {option: place for place, tied in enumerate(vote.ranking) for option in tied}
    return None if at[first] == at[second] else at[first] < at[second]


def _share(first: str, second: str, votes: Sequence[Vote]) -> float | None:
    told = [(v.weight, side) for v in votes if (side := _prefers(v, first, second)) is not None]
    total = sum(weight for weight, _ in told)
    return round(sum(weight for weight, side in told if side) / total, 6) if total else None


def _between(first: str, second: str, votes: Sequence[Vote]) -> Evidence:
    by_assembly: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for vote in votes:
        if (side := _prefers(vote, first, second)) is not None:
            by_assembly[vote.assembly].append((vote.weight, side))
    return evidence_of(by_assembly[a] for a in sorted(by_assembly))
