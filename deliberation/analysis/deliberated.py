"""The Deliberative Reason Index of runs whose members rated considerations, before and after, never without its null.

Reads frames of ratings and no events. What the index is, and what it cannot say, stands in `reasons`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from deliberation.analysis import estimates, frames
from deliberation.analysis.frames import Runs
from deliberation.analysis.measures import Array, agreement, pairs
from deliberation.analysis.reasons import reason_index
from deliberation.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

FIGURES = (
    "plain", "adjusted", "null_plain", "null_adjusted", "excess_plain", "excess_adjusted", "agreement_considerations",
    "agreement_preferences", "link",
)  # fmt: skip
"""What is found of each assembly and averaged over them."""

COLUMNS = {
    "run": "str", "question": "str", "assembly": "str", "stage": "str", "weighing": "str", "poll": "str",
    "assemblies": "int64", "people": "int64", "left_out": "int64", **dict.fromkeys(FIGURES, "float64"),
    "p_plain": "float64", "p_adjusted": "float64", "simulated": "bool",
}  # fmt: skip
"""Columns of `reason_indices`."""

_LEAST = 3


class _Answers(NamedTuple):
    """One assembly at one stage: people x considerations and people x positions, nan where an answer is missing."""

    weighing: str
    poll: str
    considerations: Array
    preferences: Array


def run_reason_index(runs: Runs, *, seed: int = 0, shuffles: int = 1000) -> pd.DataFrame:
    """The index of every assembly at its first and its last weighing, and its mean in each run.

    Args:
        runs: run folders whose procedure weighs considerations, such as `reasoned_assembly`.
        seed: of the shuffles.
        shuffles: how many.

    Returns:
        See `reason_indices`.

    Raises:
        DataError: nobody rated considerations in any of the runs, or an assembly that did was never polled.
        RunError: a path holds no run, or a pattern matches none.
    """
    return reason_indices(frames.weighings(runs), frames.polls(runs), seed=seed, shuffles=shuffles)


def reason_indices(
    weighings: pd.DataFrame, polls: pd.DataFrame, *, seed: int = 0, shuffles: int = 1000
) -> pd.DataFrame:  # fmt: skip
    """The index of every assembly at its first and its last weighing, by `run`, `assembly` and `stage`.

    Preferences are those of the poll nearest to the weighing in the order of events, the earlier where two are as near:
    ratings of the positions, whose order counts and whose ties share a rank. Whoever did not answer both in full, or
    gave everything one rating, is left out; with fewer than three people left the figures are nan.

    Args:
        weighings: see `frames.weighings`.
        polls: see `frames.polls`, of the same runs.
        seed: of the shuffles.
        shuffles: how many.

    Returns:
        `stage` is `first`, and `last` where there are two weighings or more; `weighing` and `poll` are their phases.
        The figures are those of `reasons.ReasonIndex` and, over pairs of people, the mean rank correlation on
        considerations and on preferences and the correlation of the two (`link`). A row with a null `assembly` is the
        mean over the `assemblies` of its run whose figures are known: people talk within an assembly, so it is the
        unit. `people` and `left_out` are summed there, and `p_` is nan.

    Raises:
        DataError: nobody rated considerations, or an assembly that did was never polled.
    """
    import pandas as pd

    if weighings.empty:
        raise DataError("nobody rated considerations: no phase is a weighing, as in procedure=reasoned_assembly")
    rows: list[dict[str, Any]] = []
    for run in weighings["run"].unique():
        whole, asked = weighings[weighings["run"] == run], polls[polls["run"] == run]
        found: list[dict[str, Any]] = []
        for assembly in whole["assembly"].unique():
            rated, polled = (frame[frame["assembly"] == assembly] for frame in (whole, asked))
            found += _assembly(rated, polled, seed=seed, shuffles=shuffles)
        rows += [*found, *_pooled(found)]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def reason_summary(indices: pd.DataFrame) -> pd.DataFrame:
    """Means over the assemblies of each run, and of their changes, with Student's interval.

    Args:
        indices: see `reason_indices`.

    Returns:
        The columns of `estimates.COLUMNS`. `measure` is one of `FIGURES`; `group` is `first`, `last` or `change`: of
        the assemblies known at both. `rose`: share of these whose plain index rose.
    """
    own = indices[indices["assembly"].notna()]
    rows = []
    for run in own["run"].unique():
        tables = {
            stage: own[(own["run"] == run) & (own["stage"] == stage)].set_index("assembly")[list(FIGURES)]
            for stage in ("first", "last")
        }
        tables["change"] = (tables["last"] - tables["first"]).dropna(subset=["plain"])
        rows += [
            estimates.row(run, name, estimates.mean(table[name]), group=stage)
            for stage, table in tables.items()
            for name in FIGURES
        ]
        rose = (tables["change"]["plain"] > 0).astype("float64")
        rows.append(estimates.row(run, "rose", estimates.mean(rose, bounds=estimates.SHARE), group="change"))
    return estimates.summary(rows)


def _assembly(rated: pd.DataFrame, polled: pd.DataFrame, *, seed: int, shuffles: int) -> list[dict[str, Any]]:
    of = {name: rated[name].iloc[0] for name in ("run", "question", "assembly", "simulated")}
    rows = []
    for stage, answers in _stages(rated, polled).items():
        phases = {"weighing": answers.weighing, "poll": answers.poll}
        found = _figures(answers, seed=seed, shuffles=shuffles)
        rows.append({**of, "stage": stage, **phases, "assemblies": 1, **found})
    return rows


def _stages(rated: pd.DataFrame, polled: pd.DataFrame) -> dict[str, _Answers]:
    """The answers at the first weighing and, where it is another, at the last."""
    weighed, asked = _began(rated), _began(polled)
    if not asked:
        raise DataError(f"{rated['assembly'].iloc[0]}: its members rated considerations and were never polled")
    order = sorted(weighed, key=weighed.__getitem__)
    stages = {"first": order[0], "last": order[-1]} if len(order) > 1 else {"first": order[0]}
    found = {}
    for stage, phase in stages.items():
        poll = min(asked, key=lambda other: (abs(asked[other] - weighed[phase]), asked[other]))
        members = sorted({*rated["member"], *polled["member"]})
        found[stage] = _Answers(
            phase, poll, _table(rated[rated["phase"] == phase], "consideration", members),
            _table(polled[polled["phase"] == poll], "position", members),
        )  # fmt: skip
    return found


def _began(sheets: pd.DataFrame) -> dict[str, int]:
    """Of each phase the number of its first event."""
    numbers: dict[str, int] = {}
    for phase, event in zip(sheets["phase"], sheets["event"], strict=True):
        number = int(event.rpartition("-")[2])
        numbers[phase] = min(number, numbers.get(phase, number))
    return numbers


def _table(sheets: pd.DataFrame, what: str, members: list[str]) -> Array:
    table = sheets.pivot_table(index="member", columns=what, values="rating", aggfunc="first").reindex(members)
    return table.to_numpy(dtype=np.float64, na_value=np.nan)


def _figures(answers: _Answers, *, seed: int, shuffles: int) -> dict[str, Any]:
    tables = answers.considerations, answers.preferences
    kept = np.all([~np.isnan(t).any(axis=1) & (t != t[:, :1]).any(axis=1) for t in tables], axis=0)
    people = {"people": int(kept.sum()), "left_out": int((~kept).sum())}
    if people["people"] < _LEAST:
        return people
    index = reason_index(tables[0][kept], tables[1][kept], seed=seed, shuffles=shuffles)
    reasons, preferred = (pairs(agreement(t[kept])) for t in tables)
    link = float(np.corrcoef(reasons, preferred)[0, 1]) if reasons.std() * preferred.std() > 0 else np.nan
    alike = {"agreement_considerations": float(reasons.mean()), "agreement_preferences": float(preferred.mean())}
    return {**index.model_dump(), **people, **alike, "link": link}


def _pooled(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows = []
    for stage in dict.fromkeys(row["stage"] for row in found):
        own = [row for row in found if row["stage"] == stage]
        known = [row for row in own if "plain" in row]
        counts = {name: sum(row[name] for row in own) for name in ("people", "left_out")}
        means = {name: float(np.nanmean([row[name] for row in known])) for name in FIGURES} if known else {}
        of = {name: own[0][name] for name in ("run", "question", "simulated")}
        rows.append({**of, "stage": stage, "assemblies": len(known), **counts, **means})
    return rows
