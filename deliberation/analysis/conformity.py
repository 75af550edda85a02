"""Who went over to the majority at its tables, and whether it had heard a new argument for it. Tells no motive.

Nearly everybody who talks hears some argument for the majority, so the two are seldom apart within one run; three runs
of the same people tell them apart (`contrasts.decompose_flips`; arXiv:2606.00820).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deliberation.analysis import estimates
from deliberation.analysis.measures import Array
from deliberation.analysis.points import Key, Said, first_ratings, groups, leans, of_question, rooms, said
from deliberation.analysis.uptake import Audience, audiences, hears
from deliberation.records.agenda import Question

if TYPE_CHECKING:
    import pandas as pd


def conformity(
    turns: pd.DataFrame, polls: pd.DataFrame, panels: pd.DataFrame, question: Question, *, by: str = "outlook",
    seated: pd.DataFrame | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Each member that was polled twice, beside the majority of those whom it sat with: a row a member.

    majority: the position that most of the others at its tables had as first choice at their first polls (those of the
    assembly, where there are no tables); a tie counts in shares for those tied, and a tie of positions is no majority
    (null). apart: it is not among the member's own first choices. flipped: no last choice was a first one. towards: the
    member was apart, flipped, and the majority's is among its last choices. heard_for, heard_against: distinct points
    (argument and stance) that it heard other members make for or against that position before its last poll, and had
    not made itself before it first heard them.

    Args:
        turns: as of `frames.turns`.
        polls: as of `frames.polls`.
        panels: as of `frames.panels`.
        question: whose positions were polled.
        by: the attribute whose values are groups.
        seated: as of `networks.seats`; without it, who spoke at a table is who sat there.

    Returns:
        run, assembly, member, group, majority, apart, flipped, towards, heard_for, heard_against.

    Raises:
        DataError: turns on another question.
    """
    import pandas as pd

    of_question(turns, question)
    first, last = first_ratings(polls, question), first_ratings(polls, question, last=True)
    of, audience, talk = groups(panels, by), audiences(turns, seated), rooms(said(turns, kinds=("spoke",)))
    ends, map_, met = _last_polls(polls), leans(question), _companions(first, audience)
    names = [p.id for p in question.positions]
    rows: list[tuple[Any, ...]] = []
    for key in (key for key in last if key in first):
        majority = _majority(key, first, met[key])
        if majority is None:
            rows.append((*key, of.get(key), None, None, _flipped(first[key], last[key]), None, None, None))
            continue
        heard = _heard(key, [e for e in talk.get(key[:2], ()) if e.seq < ends[key]], audience)
        sides = [np.sign(stance * map_[name][majority]) for name, stance in heard if name in map_]
        apart, flipped = not _best(first[key])[majority], _flipped(first[key], last[key])
        told = (names[majority], apart, flipped, apart and flipped and bool(_best(last[key])[majority]))
        rows.append((*key, of.get(key), *told, sides.count(1.0), sides.count(-1.0)))
    columns = [
        "run", "assembly", "member", "group", "majority", "apart", "flipped", "towards", "heard_for", "heard_against",
    ]  # fmt: skip
    kinds = {"group": "str", "majority": "str", **dict.fromkeys(("apart", "flipped", "towards"), "boolean")}
    return pd.DataFrame(rows, columns=columns).astype({**kinds, "heard_for": "Int64", "heard_against": "Int64"})


def _best(ratings: Array) -> NDArray[np.bool_]:
    """Which positions are first choices, those tied all."""
    found: NDArray[np.bool_] = ratings == ratings.max()
    return found


def _flipped(first: Array, last: Array) -> bool:
    return not bool((_best(first) & _best(last)).any())


def _last_polls(polls: pd.DataFrame) -> dict[Key, int]:
    own = polls[polls["last"]]
    keys = zip(own["run"], own["assembly"], own["member"], own["event"], strict=True)
    return {(run, assembly, member): int(event.rsplit("-", 1)[-1]) for run, assembly, member, event in keys}


def _companions(first: Iterable[Key], audience: Audience) -> dict[Key, set[str]]:
    """Whom each sat with at any table, or everybody, where there were none; of those who were polled."""
    polled: dict[tuple[str, str], set[str]] = defaultdict(set)
    tables: dict[tuple[str, str], list[frozenset[str]]] = defaultdict(list)
    for key in first:
        polled[key[:2]].add(key[2])
    for place, members in audience.items():
        tables[place[:2]].append(members)
    found = {}
    for room, known in polled.items():
        for one in known:
            met = set[str]().union(*(members for members in tables[room] if one in members)) if tables[room] else known
            found[*room, one] = (met & known) - {one}
    return found


def _majority(key: Key, first: Mapping[Key, Array], companions: Iterable[str]) -> int | None:
    """The place of the position that most of one's companions had first; null for a tie, or nobody."""
    chosen = [_best(first[key[0], key[1], other]).astype(float) for other in companions]
    if not chosen:
        return None
    votes = np.sum([one / one.sum() for one in chosen], axis=0)
    top = np.flatnonzero(np.isclose(votes, votes.max()))
    return int(top[0]) if len(top) == 1 else None


def _heard(key: Key, events: Sequence[Said], audience: Audience) -> set[tuple[str, int]]:
    """Points that one heard others make, and had not made oneself before."""
    own: set[tuple[str, int]] = set()
    heard: set[tuple[str, int]] = set()
    for event in events:
        if event.speaker == key[2]:
            own.update(event.points)
        elif hears(audience, event, key[2]):
            heard.update(point for point in event.points if point not in own)
    return heard


def conformity_rows(found: pd.DataFrame, runs: Sequence[str]) -> list[estimates.Row]:
    """Rows of a summary from `conformity`.

    flips: share whose first choice changed. towards_majority: of those apart, the share that went over.
    towards_with_argument, towards_without_argument: of those apart who had heard a new argument for the majority, and
    who had not. towards_more_for, towards_less_for: who had heard more new points for it than against it, and who had
    not, which tells more where all have heard one. flips_to_majority: of those apart who flipped, the share that
    flipped to it. Hold them against the same figures of a run without talk: people whom something else moves go over to
    what most prefer as well.
    """
    rows = []
    for run in runs:
        own = found[found["run"] == run]
        apart = own[own["apart"].fillna(value=False).astype("bool")]
        some, more = apart["heard_for"] > 0, apart["heard_for"] > apart["heard_against"]
        some, more = some.astype("bool"), more.astype("bool")
        cases = {
            "flips": (own, "flipped"), "towards_majority": (apart, "towards"),
            "towards_with_argument": (apart[some], "towards"), "towards_without_argument": (apart[~some], "towards"),
            "towards_more_for": (apart[more], "towards"), "towards_less_for": (apart[~more], "towards"),
            "flips_to_majority": (apart[apart["flipped"].astype("bool")], "towards"),
        }  # fmt: skip
        for name, (part, column) in cases.items():
            sums = part.assign(yes=part[column].astype("float64")).groupby("assembly")["yes"].agg(["sum", "size"])
            told = estimates.ratio(sums["sum"], sums["size"], bounds=estimates.SHARE)
            rows.append(estimates.row(run, name, told))
    return rows


class Pair(NamedTuple):
    """How much nearer a member came to what another first held, and how many rounds they sat together."""

    run: str
    assembly: str
    member: str
    other: str
    rounds: int
    nearer: float


def nearing(
    turns: pd.DataFrame, polls: pd.DataFrame, question: Question, *, seated: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Each ordered pair of an assembly's members: rounds at one table, and how much nearer the one came to the other.

    nearer: mean over positions of |first_i - first_j| - |last_i - first_j|, in scale points, i being `member`.

    Returns:
        run, assembly, member, other, rounds, nearer: of those polled twice towards those polled.
    """
    import pandas as pd

    first, last = first_ratings(polls, question), first_ratings(polls, question, last=True)
    rounds = Counter(
        (*place[:2], one, other)
        for place, members in audiences(turns, seated).items()
        for one in members
        for other in members
    )
    polled: dict[tuple[str, str], list[Key]] = defaultdict(list)
    for key in first:
        polled[key[:2]].append(key)
    rows = [
        Pair(*key, other[2], rounds[(*key, other[2])], nearer(first[other], first[key], last[key]))
        for key in last
        if key in first
        for other in polled[key[:2]]
        if other != key
    ]
    return pd.DataFrame(rows, columns=list(Pair._fields))


def nearer(target: Array, first: Array, last: Array) -> float:
    """How much nearer to a target somebody's ratings came, mean over positions, in points of their scale."""
    return float((np.abs(first - target) - np.abs(last - target)).mean())


def nearing_rows(
    turns: pd.DataFrame, polls: pd.DataFrame, question: Question, runs: Sequence[str]
) -> list[estimates.Row]:
    """Row of a summary: `nearer_per_round`, slope within members of `nearer` on the rounds sat together.

    That all move to the middle is in every pair of one member alike, and drops out. null where all sat together as
    often.
    """
    found, rows = nearing(turns, polls, question), []
    for run in runs:
        own = found[found["run"] == run]
        who = [f"{assembly} {member}" for assembly, member in zip(own["assembly"], own["member"], strict=True)]
        told = estimates.slope(own["rounds"], own["nearer"], who, own["assembly"].to_numpy())
        rows.append(estimates.row(run, "nearer_per_round", told))
    return rows
