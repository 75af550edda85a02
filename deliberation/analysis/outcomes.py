"""What came of each assembly, as a tidy frame: one number an assembly and outcome. Compares nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from deliberation.analysis import validity
from deliberation.analysis.comparison import Run
from deliberation.analysis.diagnostics import Diagnostics, diagnose
from deliberation.analysis.measures import Array, agreement, pairs
from deliberation.records.base import short_hash
from deliberation.records.events import Polled
from deliberation.records.people import Panel
from deliberation.records.specification import Ballot

if TYPE_CHECKING:
    import pandas as pd

OF_ASSEMBLIES: Mapping[str, str] = {
    "net_change": "mean over positions of how far the assembly's mean rating moved",
    "gross_change": "mean over members and positions of how far a rating moved",
    "flips": "share of members whose first choice changed",
    "first_position_before": "mean first rating of the question's first position",
    "first_position_after": "mean last rating of the question's first position",
    "first_position_change": "last less first mean rating of the question's first position",
    "spread_before": "standard deviation of first ratings, mean over positions",
    "spread_after": "standard deviation of last ratings, mean over positions",
    "consensus_after": "mean rank correlation of two members' last ratings",
    "support": "mean share for clauses that every run on the question voted on",
    "minority": "mean share of the smaller side of votes on a clause",
}
"""Outcomes with the assembly as the unit, and what they are. Ratings are scaled to 0..1; shares, of who decided."""

OF_RUNS = tuple(name for name in Diagnostics.model_fields if name not in OF_ASSEMBLIES)
"""Outcomes with the run as the unit: see `diagnostics.Diagnostics`."""

USUAL = (*OF_ASSEMBLIES, "persona_r2", "segment_share")
"""Outcomes that are looked at where none is named."""

COLUMNS = {
    "run": "str", "place": "int64", "question": "str", "seed": "int64", "assembly": "str", "lot": "str",
    "people": "str", "outcome": "str", "unit": "str", "value": "float64", "simulated": "bool",
}  # fmt: skip
"""Columns of `outcomes`. `place`: of the run in the order given; `people`: a mark of who sat, the same for the same."""


class Polls(NamedTuple):
    """First and last ratings of one assembly, n x J, 0 to 1; `twice`: which members were polled more than once."""

    first: Array
    last: Array
    twice: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


def outcomes(runs: Sequence[Run], *, wanted: Sequence[str] = USUAL) -> pd.DataFrame:
    """What came of every assembly of some runs, and of each run as a whole.

    Args:
        runs: the runs, of one question or several.
        wanted: names from `OF_ASSEMBLIES` and `OF_RUNS`. Diagnostics are worked out only where one is wanted.

    Returns:
        A row for each unit and outcome that it has, in the order of runs, panels and outcomes; see `COLUMNS`.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    common = _common(runs) if "support" in wanted else {}
    for place, run in enumerate(runs):
        content = run.folder.manifest().content
        same = {
            "run": content.run, "place": place, "question": run.settings.question.id, "seed": run.settings.seed,
            "simulated": content.simulated,
        }  # fmt: skip
        found = _of_assemblies(run, common.get(run.settings.question.id, frozenset()))
        if set(wanted) & set(OF_RUNS):
            found = [*found, *_of_run(run)]
        rows += [
            {**same, **unit, "outcome": name, "value": value}
            for unit, values in found
            for name, value in values.items()
            if name in wanted
        ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def of_polls(polls: Polls) -> dict[str, float]:
    """What the polls of one assembly tell; what takes a second poll is left out where there was none."""
    first, last, twice = polls
    found = {"first_position_before": float(first[:, 0].mean()), "first_position_after": float(last[:, 0].mean())}
    if len(first) > 1:
        found |= {"spread_before": validity.spread(first), "spread_after": validity.spread(last)}
        found["consensus_after"] = float(pairs(agreement(last)).mean())
    if twice.any():
        before, after = first[twice], last[twice]
        moved = after.mean(axis=0) - before.mean(axis=0)
        found |= {
            "net_change": float(np.abs(moved).mean()),
            "gross_change": float(np.abs(after - before).mean()),
            "flips": validity.flips(before, after),
            "first_position_change": float(moved[0]),
        }
    return found


def of_ballots(ballots: Sequence[Ballot], common: frozenset[str]) -> dict[str, float]:
    """What the ballots of one assembly tell; `common`: clauses that count for support."""
    votes: dict[str, list[bool]] = defaultdict(list)
    for ballot in ballots:
        if ballot.choice in {"support", "oppose"}:
            votes[ballot.clause].append(ballot.choice == "support")
    shares = {clause: float(np.mean(cast)) for clause, cast in votes.items()}
    found = {"minority": float(np.mean([min(s, 1.0 - s) for s in shares.values()]))} if shares else {}
    matched = [share for clause, share in shares.items() if clause in common]
    return {**found, "support": float(np.mean(matched))} if matched else found


def _common(runs: Sequence[Run]) -> dict[str, frozenset[str]]:
    """By question, the clauses that all its runs voted on."""
    found: dict[str, frozenset[str]] = {}
    for folder, settings in runs:
        voted = frozenset(ballot.clause for ballot in folder.ballots())
        found[settings.question.id] = found.get(settings.question.id, voted) & voted
    return found


def _of_assemblies(run: Run, common: frozenset[str]) -> list[tuple[dict[str, str], dict[str, float]]]:
    ballots: dict[str, list[Ballot]] = defaultdict(list)
    for ballot in run.folder.ballots():
        ballots[ballot.assembly].append(ballot)
    found = []
    for panel in run.folder.panels():
        polls = _polls(run, panel)
        told = {} if polls is None else of_polls(polls)
        people = short_hash(*sorted(p.id for p in (*panel.members, *panel.fresh)))
        unit = {"assembly": panel.assembly, "lot": panel.lot, "people": people, "unit": "assembly"}
        found.append((unit, {**told, **of_ballots(ballots[panel.assembly], common)}))
    return found


def _of_run(run: Run) -> Iterator[tuple[dict[str, str], dict[str, float]]]:
    """Its diagnostics; who sat is of no account, for each arm's run is set beside the control's as a whole."""
    told = diagnose(run.folder, run.settings.question).model_dump(include=set(OF_RUNS))
    unit = {"assembly": "", "lot": run.settings.question.id, "people": "", "unit": "run"}
    yield unit, {name: value for name, value in told.items() if value is not None}


def _polls(run: Run, panel: Panel) -> Polls | None:
    order = [p.id for p in run.settings.question.positions]
    by_member: dict[str, list[Polled]] = defaultdict(list)
    for event in run.folder.events(panel.assembly):
        if isinstance(event, Polled):
            by_member[event.speaker].append(event)
    if not by_member or not order:
        return None
    first, last = (
        np.array([[(polls[at].ratings[p] - 1.0) / 6.0 for p in order] for polls in by_member.values()])
        for at in (0, -1)
    )
    return Polls(first, last, np.array([len(polls) > 1 for polls in by_member.values()]))
