"""How opinion moved on each position: counts of members who were against, between and for it, before and after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from deliberation.analysis.report import drawing
from deliberation.analysis.report.hearing import Heard, Opinions
from deliberation.records.agenda import Position

LEVELS = ("for it", "between", "against it")
"""Ratings of 5 to 7, of 4, of 1 to 3."""


class Flow(NamedTuple):
    """One position: members by level before (rows) and after (columns), means, and the drawing.

    `flows` and `drawn` are null where members were polled once; `before` counts the levels at the first poll.
    """

    label: str
    action: str
    polled: int
    before: tuple[int, ...]
    first: float
    last: float | None
    flows: tuple[tuple[int, ...], ...] | None
    drawn: drawing.Alluvial | None

    @property
    def after(self) -> tuple[int, ...]:
        """Members by level at the last poll; empty where there was but one."""
        return tuple(map(sum, zip(*self.flows, strict=True))) if self.flows else ()


def opinion_flows(positions: Sequence[Position], heard: Heard) -> tuple[Flow, ...]:
    """A flow for each position that anybody rated, of the members who were polled at both ends where any were."""
    twice = [one for one in heard.opinions if one.last is not None]
    found = (_flow(position, twice or list(heard.opinions), moved=bool(twice)) for position in positions)
    return tuple(flow for flow in found if flow is not None)


def _flow(position: Position, opinions: list[Opinions], *, moved: bool) -> Flow | None:
    firsts = [one.first[position.id] for one in opinions if position.id in one.first]
    if not firsts:
        return None
    lasts = [one.last[position.id] for one in opinions if one.last is not None and position.id in one.last]
    before = tuple(sum(_level(rating) == k for rating in firsts) for k in range(len(LEVELS)))
    flows = None
    if moved and len(lasts) == len(firsts):
        pairs = [(_level(a), _level(b)) for a, b in zip(firsts, lasts, strict=True)]
        flows = tuple(tuple(pairs.count((a, b)) for b in range(len(LEVELS))) for a in range(len(LEVELS)))
    return Flow(
        label=position.label,
        action=position.action,
        polled=len(firsts),
        before=before,
        first=sum(firsts) / len(firsts),
        last=sum(lasts) / len(lasts) if flows else None,
        flows=flows,
        drawn=drawing.alluvial(flows) if flows else None,
    )


def _level(rating: int) -> int:
    return 0 if rating > 4 else 1 if rating == 4 else 2
