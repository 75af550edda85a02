"""Figures of what people thought before and after: how far means moved, and gaps between them. Measures nothing."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING

from deliberation.analysis.plots.canvas import (
    BLUE,
    FAINT,
    INK,
    MEDIUM,
    SMALL,
    breadth,
    key,
    literal,
    needed,
    on,
    provenance,
    quiet,
    rough,
    row_labels,
    titled,
    wrapped,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


_POLLED = ("run", "question", "assembly", "member", "poll", "last", "position", "rating")


def opinion_change(
    found: pd.DataFrame,
    *,
    by: str | None = None,
    labels: Mapping[str, str] | None = None,
    simulated: bool | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Mean rating of each position at the first poll and at the last, an arrow from one to the other, on 0 to 1.

    The pale bar is the interval of the net change, laid from the first mean.

    Args:
        found: polls as of `frames.polls`, or what `opinion.opinion_change` makes of them.
        by: a column that splits people, such as `group`, of the frame given.
        labels: what to call positions, by default their ids.
        simulated: as the frame has no column that says so.
        ax: axes to draw on.

    Raises:
        DataError: there are no rows, or a column is missing.
    """
    origin = provenance(found, simulated, what="opinion_change")
    if "rating" in found.columns:
        from deliberation.analysis.opinion import opinion_change as measured

        polled = needed(found, _POLLED, what="opinion_change")
        found = measured(polled, by=by)
    splits = [by] if by else []
    columns = ("run", "question", "position", *splits, "first", "last", "net", "net_low", "net_high")
    rows = needed(found, columns, what="opinion_change").reset_index(drop=True)
    if by:
        rows = _together(rows)
    names = _row_names(rows, splits, labels or {})
    axes = on(ax, size=(5.6 + breadth(names), 1.3 + 0.26 * len(rows) + 0.1 * sum(n.count("\n") for n in names)))
    for number, row in rows.iterrows():
        _arrow(axes, _place(number), row)
    quiet(axes)
    row_labels(axes, names)
    axes.set_xlim(-0.02, 1.02)
    axes.set_xlabel("mean rating, 0 wholly against to 1 wholly for", fontsize=MEDIUM, color=INK)
    titled(axes, "Opinion before and after", origin=origin, where="right")
    key(axes, _arrow_key())
    return axes


def _place(index: Hashable) -> int:
    return int(str(index))


def _together(rows: pd.DataFrame) -> pd.DataFrame:
    """All groups of a position one under the other, positions in the order in which they come."""
    order = {position: place for place, position in enumerate(dict.fromkeys(rows["position"]))}
    return rows.sort_values("position", key=lambda c: c.map(order), kind="stable").reset_index(drop=True)


def _row_names(rows: pd.DataFrame, splits: list[str], labels: Mapping[str, str]) -> list[str]:
    """The position, and whatever else tells rows apart."""
    extra = [*splits, *(name for name in ("run",) if len(set(rows[name])) > 1)]
    return [
        wrapped(", ".join([labels.get(row["position"], row["position"]), *(str(row[name]) for name in extra)]), 34)
        for _, row in rows.iterrows()
    ]


def _arrow(axes: Axes, y: int, row: pd.Series) -> None:
    import math

    first, last, low, high = (float(row[name]) for name in ("first", "last", "net_low", "net_high"))
    if math.isfinite(low) and math.isfinite(high):
        axes.hlines(y, first + low, first + high, color="#c4c4c4", linewidth=7, zorder=1)
    axes.plot(first, y, "o", markerfacecolor="white", markeredgecolor=INK, markersize=6, zorder=3)
    if not math.isfinite(last):
        axes.annotate("polled once", (first, y), (8, 0), textcoords="offset points", va="center", fontsize=SMALL)
        return
    style = {"arrowstyle": "-|>", "color": BLUE, "linewidth": 1.4, "shrinkA": 3, "shrinkB": 0, "mutation_scale": 10}
    axes.annotate("", (last, y), (first, y), arrowprops=style, zorder=4)
    span = f" [{rough(low)}, {rough(high)}]" if math.isfinite(low) and math.isfinite(high) else ""
    told = literal(f"{rough(float(row['net']))}{span}")
    axes.annotate(
        told, (1, y), (6, 0), xycoords=("axes fraction", "data"), textcoords="offset points", va="center",
        fontsize=SMALL, color=INK,
    )  # fmt: skip


def _arrow_key() -> list[Artist]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    return [
        Line2D([], [], marker="o", linestyle="", markerfacecolor="white", markeredgecolor=INK, label="first poll"),
        Line2D([], [], marker=">", color=BLUE, markersize=6, label="last poll"),
        Patch(color="#c4c4c4", label="interval of the net change"),
    ]


def party_gap(
    found: pd.DataFrame,
    *,
    labels: Mapping[str, str] | None = None,
    simulated: bool | None = None,
    ax: Axes | None = None,
) -> Axes:
    """How far two parties are apart on each item before and after, both with intervals, the widest gap first.

    Args:
        found: as of `calibration.party_gap`: item, first, last, and where known each also `_low` and `_high`.
        labels: what to call items, by default their names.
        simulated: as the frame has no column that says so.
        ax: axes to draw on.

    Raises:
        DataError: there are no rows, or a column is missing.
    """
    rows = needed(found, ("item", "first", "last"), what="party_gap")
    order = rows["first"].abs().sort_values(ascending=False, kind="stable").index
    rows = rows.loc[order].reset_index(drop=True)
    names = [wrapped((labels or {}).get(item, item), 76, lines=2) for item in rows["item"]]
    axes = on(ax, size=(4.6 + breadth(names), 1.4 + 0.24 * len(rows) + 0.1 * sum(n.count("\n") for n in names)))
    ys = [float(y) for y in range(len(rows))]
    axes.hlines(ys, rows["first"], rows["last"], color=FAINT, linewidth=1.6, zorder=2)
    for name, marker, fill, shift in (("first", "o", "white", -0.16), ("last", "D", BLUE, 0.16)):
        if {f"{name}_low", f"{name}_high"} <= set(rows.columns):
            spans = rows[f"{name}_low"], rows[f"{name}_high"]
            axes.hlines(
                [y + shift for y in ys], *spans, color=INK if name == "first" else BLUE, linewidth=0.8, zorder=1
            )
        axes.plot(
            rows[name], ys, marker, markerfacecolor=fill, markeredgecolor=INK, markeredgewidth=0.8, markersize=5.5,
            zorder=3, label={"first": "before", "last": "after"}[name],
        )  # fmt: skip
    axes.axvline(0.0, color=INK, linewidth=0.8)
    quiet(axes)
    row_labels(axes, names)
    axes.set_xlabel("mean of one party less that of the other, on the items' scale", fontsize=MEDIUM, color=INK)
    titled(axes, "Gap before and after", origin=provenance(found, simulated, what="party_gap"), where="right")
    key(axes, axes.get_legend_handles_labels()[0])
    return axes
