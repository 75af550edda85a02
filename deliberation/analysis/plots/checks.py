"""Figures that set one thing against another: an index and its null, people and simulation, arm and arm."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np

from deliberation.analysis.plots.canvas import (
    BLUE,
    FAINT,
    INK,
    MEDIUM,
    ORANGE,
    PALE,
    RED,
    SMALL,
    Look,
    breadth,
    key,
    literal,
    looks,
    marks,
    needed,
    on,
    provenance,
    quiet,
    rough,
    row_labels,
    titled,
    wrapped,
)
from deliberation.errors import DataError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from deliberation.analysis.experiments import Contrast
    from deliberation.analysis.reasons import ReasonChange

_SPAN = "#c4c4c4"


def reason_index(
    found: Mapping[str, ReasonChange],
    *,
    measure: Literal["plain", "adjusted"] = "adjusted",
    simulated: bool | None = None,
    ax: Axes | None = None,
) -> Axes:
    """The Deliberative Reason Index before and after, each beside what consensus alone would give.

    A row a group: circle before, arrow to after, over the interval of the change laid from the first. The hatched bar
    goes from the null before to the null after; only what lies beyond it is a link of reasons with preferences. Told at
    the right: the change beyond the null, with its interval.

    Args:
        found: changes by name, such as of the assembly or the case.
        measure: which of the two indices.
        simulated: whether these are of a simulated public.
        ax: axes to draw on.

    Raises:
        DataError: there is nothing to draw, or it is not said whether it is simulated.
    """
    if not found:
        raise DataError("reason_index: no group is given, so there is nothing to draw")
    names = [wrapped(name, 34, lines=3) for name in found]
    axes = on(ax, size=(6.2 + breadth(names), 1.5 + 0.42 * len(found)))
    for y, one in enumerate(found.values()):
        first, last = (float(getattr(stage, measure)) for stage in (one.before, one.after))
        nulls = [float(getattr(stage, f"null_{measure}")) for stage in (one.before, one.after)]
        change, beyond = getattr(one, measure), getattr(one, f"excess_{measure}")
        axes.hlines(y - 0.1, first + change.low, first + change.high, color=_SPAN, linewidth=7, zorder=1)
        axes.plot(first, y - 0.1, "o", markerfacecolor="white", markeredgecolor=INK, zorder=3)
        style = {"arrowstyle": "-|>", "color": BLUE, "linewidth": 1.4, "shrinkA": 3, "shrinkB": 0}
        axes.annotate("", (last, y - 0.1), (first, y - 0.1), arrowprops=style, zorder=4)
        axes.plot(last, y - 0.1, ".", color=BLUE, markersize=1)
        _null(axes, y + 0.24, nulls)
        told = f"{rough(beyond.value)} [{rough(beyond.low)}, {rough(beyond.high)}]"
        _beside(axes, y, told)
    _beside(axes, -0.62, "beyond the null")
    quiet(axes)
    row_labels(axes, names)
    axes.set_ylim(len(found) - 0.4, -0.75)
    axes.margins(x=0.05)
    axes.set_xlabel(f"Deliberative Reason Index ({measure}), at most 1", fontsize=MEDIUM, color=INK)
    origin = provenance(None, simulated, what="reason_index")
    titled(axes, "Agreement on reasons and on what follows", origin=origin, where="right")
    key(axes, _reason_key(), columns=4)
    return axes


def _null(axes: Axes, y: float, nulls: list[float]) -> None:
    from matplotlib.patches import Rectangle

    left, wide = min(nulls), abs(nulls[1] - nulls[0])
    axes.add_patch(
        Rectangle((left, y - 0.09), wide, 0.18, facecolor="white", edgecolor=FAINT, hatch="/////", linewidth=1)
    )
    axes.plot(nulls[1], y, "|", color=INK, markersize=9, markeredgewidth=1.6)


def _beside(axes: Axes, y: float, told: str) -> None:
    axes.annotate(
        literal(told), (1, y), (6, 0), xycoords=("axes fraction", "data"), textcoords="offset points", va="center",
        fontsize=SMALL, color=INK,
    )  # fmt: skip


def _reason_key() -> list[Artist]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    return [
        Line2D([], [], marker="o", linestyle="", markerfacecolor="white", markeredgecolor=INK, label="before"),
        Line2D([], [], marker=">", color=BLUE, markersize=6, label="after"),
        Patch(color=_SPAN, label="interval of the change"),
        Patch(facecolor="white", edgecolor=FAINT, hatch="/////", label="null, before to after (upright)"),
    ]


def calibration(
    found: pd.DataFrame, *, margin: float | None = None, simulated: bool = True, ax: Axes | None = None
) -> Axes:
    """Simulated change against human change, item by item, both with intervals; the class by colour and shape.

    Args:
        found: as of `calibration.classify`: item, human, simulated, each also `_low` and `_high`, and class.
        margin: what does not matter, drawn as a band about the line of identity.
        simulated: false where both axes are of people, such as one poll held against another.
        ax: axes to draw on.

    Raises:
        DataError: there are no rows, or a column is missing.
    """
    ends = [f"{name}_{end}" for name in ("human", "simulated") for end in ("low", "high")]
    rows = needed(found, ("item", "human", "simulated", "class", *ends), what="calibration")
    axes = on(ax, size=(5.6, 6.0))
    values = rows[["human", "simulated", *ends]].to_numpy(dtype=np.float64)
    reach = 1.08 * float(np.nanmax(np.abs(values), initial=0.05))
    line = np.array([-reach, reach])
    if margin is not None:
        axes.fill_between(line, line - margin, line + margin, color=PALE, linewidth=0, zorder=0)
    axes.plot(line, line, color=FAINT, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    axes.axhline(0, color=FAINT, linewidth=0.6, zorder=1)
    axes.axvline(0, color=FAINT, linewidth=0.6, zorder=1)
    shown = {kind: look for kind, look in _CLASSES.items() if kind in set(rows["class"])}
    for kind, look in shown.items():
        own = rows[rows["class"] == kind]
        axes.hlines(own["simulated"], own["human_low"], own["human_high"], color=_SPAN, linewidth=0.8, zorder=2)
        axes.vlines(own["human"], own["simulated_low"], own["simulated_high"], color=_SPAN, linewidth=0.8, zorder=2)
        axes.plot(
            own["human"], own["simulated"], look.marker, color=look.colour, markeredgecolor=INK, markeredgewidth=0.6,
            markersize=6.5, zorder=3, gid=kind,
        )  # fmt: skip
    quiet(axes, grid=None)
    axes.set_xlim(*line)
    axes.set_ylim(*line)
    axes.set_xlabel("change of people, points of a scale from 0 to 1", fontsize=MEDIUM, color=INK)
    axes.set_ylabel("simulated change on the same item", fontsize=MEDIUM, color=INK)
    counts = rows["class"].value_counts()
    told = {f"{kind} ({counts[kind]})": look for kind, look in shown.items()}
    origin = "PARTLY SIMULATED: " if simulated else ""
    titled(axes, f"Simulated and human change, {len(rows)} items", origin=origin)
    key(axes, marks(told), columns=3, where="center")
    return axes


_CLASSES = {
    "match": Look(BLUE, "o"),
    "overshoot": Look(ORANGE, "^"),
    "undershoot": Look("#56B4E9", "v"),
    "reversal": Look(RED, "X"),
    "rigidity": Look("#000000", "s"),
    "undecided": Look(PALE, "D"),
}


def effects(
    found: Contrast | pd.DataFrame,
    *,
    labels: Mapping[str, str] | None = None,
    simulated: bool | None = None,
    ax: Axes | None = None,
) -> Axes:
    """By what arms differ from a control, with intervals: a row an outcome and arm; hollow where the interval holds 0.

    Args:
        found: what `experiments.contrast` finds; or a frame with arm, value, low and high, and outcome and control
            where they tell rows apart. Without an interval low and high are null.
        labels: what to call arms, outcomes and the control, by default as they stand.
        simulated: as a frame has no column that says so.
        ax: axes to draw on.

    Raises:
        DataError: there are no rows, or a column is missing.
    """
    frame, simulated = _effects(found, simulated)
    rows = needed(frame, ("arm", "value", "low", "high"), what="effects").reset_index(drop=True)
    controls = list(dict.fromkeys(rows["control"])) if "control" in rows.columns else []
    names = [wrapped(_told(row, labels or {}, several=len(controls) > 1), 60, lines=3) for _, row in rows.iterrows()]
    axes = on(ax, size=(5.0 + breadth(names), 1.3 + 0.24 * len(rows) + 0.13 * sum(n.count("\n") for n in names)))
    axes.axvline(0, color=INK, linewidth=0.8, zorder=1)
    shown = looks(rows["outcome"] if "outcome" in rows.columns else ["effect"])
    for y, row in rows.iterrows():
        _effect(axes, int(str(y)), row, shown[str(row.get("outcome", "effect"))])
    quiet(axes)
    row_labels(axes, names)
    axes.margins(x=0.06)
    axes.set_xlabel("difference, in the outcome's units (hollow: its interval holds 0)", fontsize=MEDIUM, color=INK)
    against = f" against {(labels or {}).get(controls[0], controls[0])}" if len(controls) == 1 else ""
    titled(axes, f"Effects{against}", origin=provenance(frame, simulated, what="effects"), where="right")
    return axes


def _effects(found: Contrast | pd.DataFrame, simulated: bool | None) -> tuple[pd.DataFrame, bool | None]:
    """Effects as a frame, and whether they are simulated where the contrast says so."""
    import pandas as pd

    from deliberation.analysis.experiments import Contrast

    if not isinstance(found, Contrast):
        return found, simulated
    rows = [
        {
            "arm": one.arm, "control": found.control, "outcome": one.outcome, "value": one.difference,
            "low": one.main.low if one.main else math.nan, "high": one.main.high if one.main else math.nan,
        }
        for one in found.effects
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["arm", "control", "outcome", "value", "low", "high"]), found.simulated


def _effect(axes: Axes, y: int, row: pd.Series, look: Look) -> None:
    value, low, high = (float(row[name]) for name in ("value", "low", "high"))
    known = math.isfinite(low) and math.isfinite(high)
    away = known and (low > 0 or high < 0)
    if known:
        axes.hlines(y, low, high, color=INK, linewidth=1.3, zorder=2)
    else:
        axes.annotate("no interval", (value, y), (8, 0), textcoords="offset points", va="center", fontsize=SMALL)
    axes.plot(
        value, y, look.marker, markerfacecolor=look.colour if away else "white", markeredgecolor=INK,
        markeredgewidth=0.9, markersize=6.5, zorder=3,
    )  # fmt: skip


def _told(row: pd.Series, labels: Mapping[str, str], *, several: bool) -> str:
    def name(column: str) -> str:
        return labels.get(str(row[column]), str(row[column]).replace("_", " ")) if column in row.index else ""

    outcome = f"{name('outcome')}: " if "outcome" in row.index else ""
    return f"{outcome}{name('arm')}" + (f" against {name('control')}" if several else "")
