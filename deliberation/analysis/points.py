"""What frames of runs say of points and people, read once for all measures of talk. Measures nothing itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from deliberation.analysis.measures import Array
from deliberation.errors import DataError
from deliberation.records.agenda import Question

if TYPE_CHECKING:
    import pandas as pd

OPEN = ("reasons", "stance_only", "report")
"""Purposes for which members speak to others; all else is said to the clerk or to oneself."""

Key = tuple[str, str, str]
"""Run, assembly, member."""


class Said(NamedTuple):
    """One thing said by a member or a witness, with the points made: (consideration, stance)."""

    run: str
    assembly: str
    id: str
    seq: int
    where: tuple[str, int, str | None]
    speaker: str
    role: str
    purpose: str | None
    points: tuple[tuple[str, int], ...]
    refs: tuple[str, ...]


def said(turns: pd.DataFrame, *, kinds: Sequence[str] = ("spoke", "testified", "answered")) -> Iterator[Said]:
    """What was said in the open by members and witnesses, row by row; `where` is phase, round and table."""
    kept = turns[turns["kind"].isin(list(kinds)) & turns["role"].isin(["member", "witness"])]
    kept = kept[kept["purpose"].isna() | kept["purpose"].isin(list(OPEN))]
    # a table or purpose that is null comes as nan or None, by the column's type
    kept = kept.assign(**{name: kept[name].astype("object").where(kept[name].notna(), None) for name in _MAY_LACK})
    for values in zip(*(kept[name].tolist() for name in _READ), strict=True):
        one = dict(zip(_READ, values, strict=True))
        where = one["phase"], int(one["round"]), one["table"]
        points = tuple(zip(map(str, one["considerations"]), map(int, one["stances"]), strict=True))
        yield Said(
            one["run"], one["assembly"], one["id"], int(one["seq"]), where, one["speaker"], one["role"], one["purpose"],
            points, tuple(one["refs"]),
        )  # fmt: skip


_MAY_LACK = ("table", "purpose")
_READ = (
    "run", "assembly", "id", "seq", "phase", "round", "table", "speaker", "role", "purpose", "considerations",
    "stances", "refs",
)  # fmt: skip


def rooms(events: Iterable[Said]) -> dict[tuple[str, str], list[Said]]:
    """What was said by run and assembly, in order."""
    found: dict[tuple[str, str], list[Said]] = defaultdict(list)
    for one in events:
        found[one.run, one.assembly].append(one)
    return {key: sorted(each, key=lambda e: e.seq) for key, each in found.items()}


def groups(panels: pd.DataFrame, by: str) -> dict[Key, str | None]:
    """Each seated member's group; null where nothing is known of that attribute."""
    import pandas as pd

    column = f"attribute_{by}"
    names = panels[column] if column in panels else [None] * len(panels)
    seats = zip(panels["run"], panels["assembly"], panels["member"], names, strict=True)
    return {(run, assembly, member): None if pd.isna(name) else str(name) for run, assembly, member, name in seats}


def leans(question: Question) -> dict[str, Array]:
    """How far each consideration speaks for each position, in the order of the question's positions."""
    return {c.id: np.array([c.direction[p.id] for p in question.positions]) for c in question.considerations}


def lean_of(points: Iterable[tuple[str, int]], directions: Mapping[str, Array]) -> Array | None:
    """Sum over points of stance x direction; null where none is on the map."""
    known = [stance * directions[name] for name, stance in points if name in directions]
    return np.asarray(np.sum(known, axis=0), dtype=np.float64) if known else None


def of_question(frame: pd.DataFrame, question: Question) -> None:
    """See that a frame is of one question alone.

    Raises:
        DataError: it holds rows on another; names it.
    """
    other = next((name for name in frame["question"].unique() if name != question.id), None)
    if other is not None:
        raise DataError(f"rows on {other}: the question given is {question.id}; pass the rows of one question")


def first_ratings(polls: pd.DataFrame, question: Question, *, last: bool = False) -> dict[Key, Array]:
    """Each member's first ratings, 1 to 7, by position; or its last, of those who were polled more than once.

    Left out is who left a position unrated.
    """
    kept = polls[polls["last"] & (polls["poll"] > 0)] if last else polls[polls["poll"] == 0]
    found: dict[Key, dict[str, float]] = defaultdict(dict)
    rated = kept.dropna(subset=["rating"])
    for run, assembly, member, position, rating in zip(
        *(rated[name] for name in ("run", "assembly", "member", "position", "rating")), strict=True
    ):
        found[run, assembly, member][position] = float(rating)
    order = [p.id for p in question.positions]
    return {key: np.array([one[p] for p in order]) for key, one in found.items() if set(order) <= one.keys()}
