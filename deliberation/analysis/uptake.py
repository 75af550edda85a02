"""Whose arguments are taken up by others: counts by group, beside what exchangeable speakers would have had.

An argument is a consideration of the question's map. It is taken up where another member voices it later, or replies
to where it was voiced; whether it was the first speaker's doing, only a contrast of runs can tell.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deliberation.analysis import estimates
from deliberation.analysis.measures import Array
from deliberation.analysis.points import Key, Said, groups, rooms, said
from deliberation.randomness import stream

if TYPE_CHECKING:
    import pandas as pd

Place = tuple[str, str, str, int, str | None]
"""Run, assembly, phase, round, table."""

Audience = Mapping[Place, frozenset[str]]


def audiences(turns: pd.DataFrame, seated: pd.DataFrame | None = None) -> Audience:
    """Who sat at each table: as seats say, and else those who spoke there.

    Args:
        turns: as of `frames.turns`. Who sits silent at a table is not in them.
        seated: as of `networks.seats`.
    """
    found: dict[Place, set[str]] = defaultdict(set)
    for one in said(turns, kinds=("spoke",)):
        if one.where[2] is not None:
            found[one.run, one.assembly, *one.where].add(one.speaker)
    if seated is not None:
        columns = (seated[name] for name in ("run", "assembly", "phase", "round", "table", "member"))
        for run, assembly, phase, round_, table, member in zip(*columns, strict=True):
            found[run, assembly, phase, int(round_), table].add(member)
    return {place: frozenset(members) for place, members in found.items()}


def hears(audience: Audience, event: Said, member: str) -> bool:
    """Whether a member was there: what is said at no table is said to all."""
    return event.where[2] is None or member in audience.get((event.run, event.assembly, *event.where), ())


def introductions(
    turns: pd.DataFrame, panels: pd.DataFrame, *, by: str = "outlook", seated: pd.DataFrame | None = None
) -> pd.DataFrame:
    """The first time that a member brings up each argument, and what came of it: a row an assembly and argument.

    witness: a witness had brought it up before. voiced: another member brings it up later. heard: one does who was
    there at the first time. cited: a later speech of another replies to a speech of this member that brings it up;
    where everybody replies to whoever spoke last, as the synthetic public does, that says who spoke next and no more.
    adopters: how many others bring it up later.

    Returns:
        run, assembly, consideration, member, group, id, seq, witness, voiced, heard, cited, adopters.
    """
    import pandas as pd

    of, audience = groups(panels, by), audiences(turns, seated)
    rows = []
    for events in rooms(said(turns)).values():
        for name, speeches in _voicings(events).items():
            first = next((e for e in speeches if e.role == "member"), None)
            if first is not None:
                group = of.get((first.run, first.assembly, first.speaker))
                told = (first.run, first.assembly, name, first.speaker, group, first.id, first.seq)
                rows.append((*told, *_fate(first, speeches, events, audience)))
    columns = [
        "run", "assembly", "consideration", "member", "group", "id", "seq", "witness", "voiced", "heard", "cited",
        "adopters",
    ]  # fmt: skip
    found = pd.DataFrame(rows, columns=columns).astype({"group": "str"})
    return found.astype(dict.fromkeys(("witness", "voiced", "heard", "cited"), "bool"))


def _voicings(events: Sequence[Said]) -> dict[str, list[Said]]:
    """Who brings up each argument, in order."""
    found: dict[str, list[Said]] = defaultdict(list)
    for event in events:
        for name in dict.fromkeys(name for name, _ in event.points):
            found[name].append(event)
    return found


def _fate(
    first: Said, speeches: Sequence[Said], events: Sequence[Said], audience: Audience
) -> tuple[bool, bool, bool, bool, int]:
    """Witness before, voiced, heard, cited, adopters."""
    witness = any(e.role == "witness" and e.seq < first.seq for e in speeches)
    others = {e.speaker for e in speeches if e.role == "member" and e.seq > first.seq and e.speaker != first.speaker}
    own = {e.id for e in speeches if e.speaker == first.speaker}
    cited = any(e.role == "member" and e.speaker != first.speaker and own.intersection(e.refs) for e in events)
    return witness, bool(others), any(hears(audience, first, m) for m in others), cited, len(others)


class Uptake(NamedTuple):
    """Counts of one run by assembly and group, A x G: arguments introduced, and those of them taken up."""

    introduced: Array
    taken: Array


def uptake(
    turns: pd.DataFrame,
    panels: pd.DataFrame,
    *,
    by: str = "outlook",
    measure: str = "voiced",
    seed: int = 0,
    permutations: int = 999,
) -> pd.DataFrame:
    """P(an argument is taken up | a member of the group brought it up first), by run and group.

    Compared with speakers who are exchangeable within their assembly: groups are dealt anew to its members, so often as
    `permutations`, the talk staying as it is. That takes account of who speaks when and of how much is taken up at all;
    the interval does not, and is for the rate by itself.

    Args:
        turns: as of `frames.turns`.
        panels: as of `frames.panels`.
        by: the attribute whose values are groups.
        measure: what counts as taken up: `voiced`, `heard` or `cited` of `introductions`.
        seed: of the permutations.
        permutations: how many.

    Returns:
        run, group, members, introduced, taken, rate, low, high (90%, assemblies as units), expected (mean over
        permutations), ratio (rate / expected), p (two-sided, (1 + as far off) / (1 + permutations); Phipson and Smyth
        2010), n (assemblies in which the group introduced one). null where the group introduced nothing.

    Raises:
        ValueError: an unknown measure.
    """
    import pandas as pd

    if measure not in ("voiced", "heard", "cited"):
        raise ValueError(f"measure {measure!r}: voiced, heard or cited")
    of, found = groups(panels, by), introductions(turns, panels, by=by)
    rows = []
    for run, part in found.groupby("run", sort=False):
        seated = {key: group for key, group in sorted(of.items()) if key[0] == run and group is not None}
        names = sorted(set(seated.values()))
        seen = _counted(part, seated, names, measure)
        null = _permuted(part, seated, names, measure, (seed, permutations))
        for place, name in enumerate(names):
            members = sum(group == name for group in seated.values())
            rows.append({"run": run, "group": name, "members": members, **_row(seen, null, place)})
    columns = ["members", "introduced", "taken", "rate", "low", "high", "expected", "ratio", "p", "n"]
    numbers = dict.fromkeys(["rate", "low", "high", "expected", "ratio", "p"], "float64")
    return pd.DataFrame(rows, columns=["run", "group", *columns]).astype({**numbers, "run": "str", "group": "str"})


def _counted(part: pd.DataFrame, seated: Mapping[Key, str], names: Sequence[str], measure: str) -> Uptake:
    halls = list(dict.fromkeys(part["assembly"]))
    introduced, taken = np.zeros((len(halls), len(names))), np.zeros((len(halls), len(names)))
    for run, assembly, member, up in zip(*(part[c] for c in ("run", "assembly", "member", measure)), strict=True):
        group = seated.get((run, assembly, member))
        if group is not None:
            at = halls.index(assembly), names.index(group)
            introduced[at] += 1
            taken[at] += up
    return Uptake(introduced, taken)


def _permuted(
    part: pd.DataFrame, seated: Mapping[Key, str], names: Sequence[str], measure: str, how: tuple[int, int]
) -> Array:
    """Rates with groups dealt anew within assemblies, permutations x G; nan where a group then introduces nothing."""
    seed, number = how
    introduced, taken = np.zeros((number, len(names))), np.zeros((number, len(names)))
    for assembly, own in part.groupby("assembly", sort=True):
        members = [key[2] for key in seated if key[1] == assembly]
        codes = np.array([names.index(group) for key, group in seated.items() if key[1] == assembly], dtype=np.int64)
        draw = stream(seed, "uptake", str(own["run"].iloc[0]), str(assembly))
        dealt: NDArray[np.int64] = draw.permuted(np.tile(codes, (number, 1)), axis=1)
        known = own[own["member"].isin(members)]
        at = [members.index(member) for member in known["member"]]
        up = known[measure].to_numpy(dtype=np.float64)
        for place in range(len(names)):
            given = dealt[:, at] == place
            introduced[:, place] += given.sum(axis=1)
            taken[:, place] += given @ up
    rates: Array = np.where(introduced > 0, taken / np.maximum(introduced, 1), np.nan)
    return rates


def _row(seen: Uptake, null: Array, place: int) -> dict[str, float | None]:
    introduced, taken, drawn = seen.introduced[:, place], seen.taken[:, place], null[:, place]
    rate = estimates.ratio(taken, introduced, bounds=estimates.SHARE)
    drawn = drawn[~np.isnan(drawn)]
    expected = float(drawn.mean()) if len(drawn) else None
    p = None
    if rate.value is not None and expected is not None:
        # a share is a fraction of small numbers: what is as far off but for rounding counts
        off = np.abs(drawn - expected) >= abs(rate.value - expected) - 1e-9
        p = float((1 + off.sum()) / (1 + len(drawn)))
    return {
        "introduced": int(introduced.sum()), "taken": int(taken.sum()), "rate": rate.value, "low": rate.low,
        "high": rate.high, "expected": expected, "p": p, "n": rate.n,
        "ratio": rate.value / expected if rate.value is not None and expected else None,
    }  # fmt: skip


def uptake_rows(turns: pd.DataFrame, panels: pd.DataFrame, *, by: str = "outlook") -> list[estimates.Row]:
    """Rows of a summary: the share of members' arguments taken up, of all and by group, and by group over expected."""
    found, rows = introductions(turns, panels, by=by), []
    for run in panels["run"].unique():
        own = found[found["run"] == run]
        sums = own.groupby("assembly")[["voiced", "heard"]].sum().assign(all=own.groupby("assembly").size())
        for name, column in (("uptake", "voiced"), ("uptake_heard", "heard")):
            rows.append(estimates.row(run, name, estimates.ratio(sums[column], sums["all"], bounds=estimates.SHARE)))
    for one in uptake(turns, panels, by=by).to_dict("records"):
        rate = {name: None if np.isnan(one[name]) else one[name] for name in ("rate", "low", "high", "expected")}
        told = estimates.Estimate(value=rate["rate"], low=rate["low"], high=rate["high"], n=one["n"])
        rows.append(estimates.row(one["run"], "uptake", told, group=one["group"]))
        if rate["expected"]:
            over = {k: None if rate[v] is None else rate[v] / rate["expected"] for k, v in _OVER.items()}
            rows.append(
                estimates.row(
                    one["run"], "uptake_ratio", estimates.Estimate(**over, n=one["n"]), group=one["group"]
                )
            )  # fmt: skip
    return rows


_OVER = {"value": "rate", "low": "low", "high": "high"}
