"""Figures of what was decided: support with intervals, what other rules would say, and how near a planted will."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from deliberation.analysis.plots.canvas import (
    FAINT,
    INK,
    MEDIUM,
    SMALL,
    STATUS,
    Look,
    breadth,
    key,
    look_of,
    marks,
    needed,
    on,
    provenance,
    quiet,
    row_labels,
    titled,
    wrapped,
)
from deliberation.errors import DataError
from deliberation.records.folder import RunFolder
from deliberation.records.specification import Ruling, Status

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_WIDTH = 76
"""Characters of a line of a clause."""


def rulings_with_intervals(
    rulings: pd.DataFrame,
    *,
    threshold: float | None = None,
    simulated: bool | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Support of every clause with its interval, the most supported first; status by colour and shape.

    Args:
        rulings: as of `frames.rulings`.
        threshold: the support that the rule asks for, drawn as a line.
        simulated: as the frame has no column that says so.
        title: what it is of.
        ax: axes to draw on.

    Raises:
        DataError: there are no rows, or a column is missing.
    """
    what = "rulings_with_intervals"
    rows = needed(rulings, ("text", "status", "support", "low", "high"), what=what)
    rows = rows.sort_values("support", ascending=False, kind="stable", na_position="last").reset_index(drop=True)
    names = _clauses(rows)
    axes = on(ax, size=(4.8 + breadth(names), 1.5 + sum(0.14 + 0.132 * (n.count("\n") + 1) for n in names)))
    for y, (status, support, low, high) in enumerate(
        zip(rows["status"], _floats(rows["support"]), _floats(rows["low"]), _floats(rows["high"]), strict=True)
    ):
        _forest_row(axes, y, status, support, (low, high))
    quiet(axes)
    row_labels(axes, names)
    axes.set_xlim(-0.02, 1.02)
    handles = marks(_present(rows["status"]))
    if threshold is not None:
        line = axes.axvline(threshold, color=INK, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
        line.set_label(f"asked for: {threshold:.2f}")
        handles.append(line)
    axes.set_xlabel("support / (support + oppose), with interval", fontsize=MEDIUM, color=INK)
    titled(axes, title or "Rulings", origin=provenance(rulings, simulated, what=what), where="right")
    key(axes, handles, columns=5)
    return axes


def _clauses(rows: pd.DataFrame) -> list[str]:
    """Texts of clauses, and their runs where there are several."""
    several = "run" in rows.columns and len(set(rows["run"])) > 1
    told = [f"{text} [{run}]" for text, run in zip(rows["text"], rows["run"], strict=True)] if several else rows["text"]
    return [wrapped(text, _WIDTH) for text in told]


def _present(statuses: Iterable[str]) -> dict[str, Look]:
    found = set(statuses)
    return {kind.replace("_", " "): look for kind, look in STATUS.items() if kind in found}


def _floats(column: Sequence[object] | pd.Series) -> list[float]:
    """Numbers, nan for null."""
    import pandas as pd

    return [float(value) for value in pd.to_numeric(pd.Series(column)).astype("float64")]


def _forest_row(axes: Axes, y: int, status: Status, support: float, interval: tuple[float, float]) -> None:
    look = look_of(status)
    if all(map(math.isfinite, interval)):
        axes.hlines(y, *interval, color=INK, linewidth=1.3, zorder=2)
        axes.plot(interval, (y, y), "|", color=INK, markersize=6, zorder=2)
    if math.isfinite(support):
        axes.plot(
            support, y, look.marker, color=look.colour, markersize=7.5, markeredgecolor=INK, markeredgewidth=0.7,
            zorder=3, clip_on=False,
        )  # fmt: skip
    else:
        axes.text(0.0, y, f"{status.replace('_', ' ')}: no votes to go by", fontsize=SMALL, va="center", color=INK)


def rule_sensitivity(rulings: pd.DataFrame, *, simulated: bool | None = None, ax: Axes | None = None) -> Axes:
    """What every clause would be under every rule, from the same ballots: letter and colour; first, the rule in force.

    Args:
        rulings: as of `frames.rulings`; `sensitivity` is JSON of rule to status, or a mapping.
        simulated: as the frame has no column that says so.
        ax: axes to draw on.

    Raises:
        DataError: there are no rows, a column is missing, or no ruling tells of other rules.
    """
    rows = needed(rulings, ("text", "status", "rule", "support", "sensitivity"), what="rule_sensitivity")
    rows = rows.sort_values("support", ascending=False, kind="stable", na_position="last").reset_index(drop=True)
    cells = [json.loads(said) if isinstance(said, str) else dict(said or {}) for said in rows["sensitivity"]]
    rules = list(dict.fromkeys(rule for cell in cells for rule in cell))
    if not rules:
        raise DataError("rule_sensitivity: no ruling tells what other rules would say")
    names = [wrapped(text, _WIDTH) for text in rows["text"]]
    told = [wrapped(rule.replace("_", " "), 30) for rule in ("in force", *rules)]
    below = 20 + 0.82 * 72 * breadth(told)  # as high as these stand at 55 degrees
    height = 0.8 + below / 72 + sum(0.13 + 0.132 * (n.count("\n") + 1) for n in names)
    axes = on(ax, size=(max(0.8 + 0.32 * (len(rules) + 1) + breadth(names), 5.2), height))
    for y, (status, cell) in enumerate(zip(rows["status"], cells, strict=True)):
        _cell(axes, -0.4, y, status)
        for x, rule in enumerate(rules):
            if rule in cell:
                _cell(axes, x + 1, y, cell[rule])
    quiet(axes, grid=None)
    axes.spines["bottom"].set_visible(False)
    row_labels(axes, names)
    axes.set_xlim(-1.0, len(rules) + 0.6)
    axes.set_xticks([-0.4, *range(1, len(rules) + 1)], told, rotation=55, ha="right", rotation_mode="anchor")
    origin = provenance(rulings, simulated, what="rule_sensitivity")
    in_force = ", ".join(dict.fromkeys(rows["rule"]))
    titled(axes, f"The same ballots under other rules (in force: {in_force})", origin=origin, where="right")
    shown = {f"{look.letter} {kind.replace('_', ' ')}": look._replace(marker="s") for kind, look in STATUS.items()}
    key(axes, marks(shown, markersize=9), below=below)
    return axes


def _cell(axes: Axes, x: float, y: int, status: Status) -> None:
    from matplotlib.patches import Rectangle

    look = look_of(status)
    axes.add_patch(Rectangle((x - 0.46, y - 0.44), 0.92, 0.88, facecolor=look.colour, edgecolor="none"))
    ink = "white" if status in {"adopted", "rejected"} else "black"
    axes.text(x, y, look.letter, ha="center", va="center", fontsize=SMALL, color=ink, weight="bold")


class _Recovered(NamedTuple):
    ruling: Ruling
    will: float
    error: float


def recovery(run: RunFolder | str | Path, *, ax: Axes | None = None) -> Axes:
    """Support of every clause against the planted considered will W1, with intervals and the line of identity.

    Upright: the ruling's interval. Level: twice the Monte Carlo error of W1. The title counts how many of the rulings'
    intervals hold W1.

    Args:
        run: a synthetic run with `truth/`.
        ax: axes to draw on.

    Raises:
        DataError: it has no planted will of a clause with support.
        RunError: it is no run.
    """
    folder = run if isinstance(run, RunFolder) else RunFolder.existing(Path(run))
    wills = {t.id: t for t in folder.truth() if t.of == "clause"} if (folder.path / "truth").is_dir() else {}
    found = [
        _Recovered(ruling, truth.will.considered, truth.error or 0.0)
        for ruling in folder.rulings()
        if (truth := wills.get(ruling.clause)) is not None and truth.will is not None and ruling.support is not None
    ]
    if not found:
        raise DataError(f"recovery: {folder.path} has no planted will of a clause that was voted on")
    axes = on(ax, size=(5.4, 5.6))
    for one in found:
        _recovered(axes, one)
    low = min(0.95, *(_lowest(one) for one in found)) - 0.03
    axes.plot([low, 1], [low, 1], color=FAINT, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    axes.set_xlim(low, 1.02)
    axes.set_ylim(low, 1.02)
    quiet(axes, grid="both")
    axes.set_xlabel("planted will W1, share in support (± 2 Monte Carlo errors)", fontsize=MEDIUM, color=INK)
    axes.set_ylabel("support / (support + oppose)", fontsize=MEDIUM, color=INK)
    manifest = folder.manifest().content
    titled(axes, _coverage(found), origin=provenance(None, manifest.simulated, what="recovery"))
    statuses = {one.ruling.status for one in found}
    key(axes, marks(_present(statuses)), where="center")
    return axes


def _recovered(axes: Axes, one: _Recovered) -> None:
    look, support = look_of(one.ruling.status), one.ruling.support or 0.0
    if one.ruling.interval is not None:
        axes.vlines(one.will, *one.ruling.interval, color=INK, linewidth=1.1, zorder=2)
    axes.hlines(
        support, max(0.0, one.will - 2 * one.error), min(1.0, one.will + 2 * one.error), color=FAINT, linewidth=1.1,
        zorder=2,
    )  # fmt: skip
    axes.plot([one.will], [support], look.marker, color=look.colour, markeredgecolor=INK, markeredgewidth=0.7, zorder=3)


def _lowest(one: _Recovered) -> float:
    return min(one.will - 2 * one.error, one.ruling.support or 0.0, *(one.ruling.interval or (1.0,)))


def _coverage(found: Sequence[_Recovered]) -> str:
    told = [one for one in found if one.ruling.interval is not None]
    held = sum(one.ruling.interval[0] <= one.will <= one.ruling.interval[1] for one in told if one.ruling.interval)
    levels = {one.ruling.level for one in told if one.ruling.level is not None}
    level = f" ({levels.pop():.0%})" if len(levels) == 1 else ""
    return f"{held} of {len(told)} intervals{level} hold W1"
