"""The flow of opinion as a figure: who went from which side to which between two polls. Measures nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from deliberation.analysis.plots.canvas import (
    BLUE,
    INK,
    MEDIUM,
    ORANGE,
    SMALL,
    bare,
    needed,
    on,
    provenance,
    titled,
)
from deliberation.errors import DataError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.patches import PathPatch


class _Band(NamedTuple):
    name: str
    low: int
    high: int
    colour: str
    hatch: str


_BANDS = (
    _Band("for", 5, 7, BLUE, ""),
    _Band("undecided", 4, 4, "#D9D9D9", ""),
    _Band("against", 1, 3, ORANGE, "////"),
)
"""From the top down."""

_GAP, _BAR = 0.04, 0.05


def opinion_flow(
    polls: pd.DataFrame,
    position: str,
    *,
    group: str | None = None,
    label: str | None = None,
    simulated: bool | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Where people stood on one position at their first poll and at their last: ribbons from band to band, with counts.

    Bands of the rating, 1 to 7: for (5 to 7), undecided (4), against (1 to 3). Only people polled twice are drawn; how
    many were polled once is said.

    Args:
        polls: as of `frames.polls`.
        position: its id.
        group: only people of this group.
        label: what to call the position, by default its id.
        simulated: as the frame has no column that says so.
        ax: axes to draw on.

    Raises:
        DataError: nobody was polled twice on that position, or a column is missing.
    """
    columns = ("run", "assembly", "member", "poll", "last", "position", "rating")
    found = needed(polls, columns, what="opinion_flow")
    found = found[found["position"] == position]
    if group is not None:
        found = found[needed(found, ("group",), what=f"opinion_flow of {position!r}")["group"] == group]
    counts, once = _flows(found)
    total = sum(counts.values())
    if not total:
        of = f" of group {group!r}" if group is not None else ""
        raise DataError(f"opinion_flow: nobody{of} was polled twice on position {position!r}")
    axes = on(ax, size=(6.4, 4.8))
    places = [_stacked(counts, side, total) for side in (0, 1)]
    for side, x in ((0, 0.0), (1, 1.0)):
        _bars(axes, places[side], x, total)
    _ribbons(axes, counts, places, total)
    bare(axes)
    axes.set_xlim(-0.42, 1.42)
    axes.set_ylim(-0.02, 1 + 2 * _GAP + 0.02)
    axes.set_xticks([0.0, 1.0], ["first poll", "last poll"], fontsize=MEDIUM)
    axes.tick_params(length=0)
    people = f"{total} people polled twice" + (f", {once} polled once left out" if once else "")
    axes.set_xlabel(people, fontsize=SMALL, color=INK)
    told = f"{label or position}, first poll to last" + (f" ({group})" if group is not None else "")
    titled(axes, told, origin=provenance(found, simulated, what="opinion_flow"))
    return axes


def _flows(polls: pd.DataFrame) -> tuple[dict[tuple[int, int], int], int]:
    """How many went from which band to which, and how many have one poll only."""
    who = ["run", "assembly", "member"]
    rated = polls.dropna(subset=["rating"])
    first = rated[rated["poll"] == 0].set_index(who)["rating"]
    last = rated[rated["last"].astype(bool) & (rated["poll"] > 0)].set_index(who)["rating"]
    both = first.index.intersection(last.index)
    counts: dict[tuple[int, int], int] = {}
    for before, after in zip(first.loc[both], last.loc[both], strict=True):
        pair = (_band(int(before)), _band(int(after)))
        counts[pair] = counts.get(pair, 0) + 1
    return counts, len(first.index.union(last.index)) - len(both)


def _band(rating: int) -> int:
    found = next((number for number, band in enumerate(_BANDS) if band.low <= rating <= band.high), None)
    if found is None:
        raise DataError(f"opinion_flow: rating {rating}: 1 to 7")
    return found


def _stacked(counts: Mapping[tuple[int, int], int], side: int, total: int) -> dict[int, tuple[float, int]]:
    """The top of each band on one side, and how many are in it."""
    top, found = 1 + (len(_BANDS) - 1) * _GAP, {}
    for number in range(len(_BANDS)):
        there = sum(n for pair, n in counts.items() if pair[side] == number)
        found[number] = (top, there)
        top -= there / total + _GAP
    return found


def _bars(axes: Axes, places: Mapping[int, tuple[float, int]], x: float, total: int) -> None:
    from matplotlib.patches import Rectangle

    left = x == 0.0
    for number, (top, there) in places.items():
        band, height = _BANDS[number], there / total
        corner = (x - _BAR if left else x, top - height)
        axes.add_patch(
            Rectangle(corner, _BAR, height, facecolor=band.colour, edgecolor="white", hatch=band.hatch, linewidth=0)
        )
        told = f"{band.name} {there} ({there / total:.0%})"
        beside = x - _BAR - 0.02 if left else x + _BAR + 0.02
        side = "right" if left else "left"
        axes.text(beside, top - height / 2, told, ha=side, va="center", fontsize=SMALL, color=INK)


def _ribbons(
    axes: Axes, counts: Mapping[tuple[int, int], int], places: list[dict[int, tuple[float, int]]], total: int
) -> None:
    start = {number: top for number, (top, _) in places[0].items()}
    end = {number: top for number, (top, _) in places[1].items()}
    for (source, target), n in sorted(counts.items()):
        height = n / total
        axes.add_patch(_ribbon(start[source], end[target], height, _BANDS[source]))
        if height >= 0.028:  # as high as a line of type
            shade = "white" if _BANDS[source].colour == BLUE else INK
            axes.text(0.035, start[source] - height / 2, str(n), fontsize=SMALL, va="center", color=shade)
        start[source] -= height
        end[target] -= height


def _ribbon(start: float, end: float, height: float, band: _Band) -> PathPatch:
    """A band of one height between two bars, with level tangents at both."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    corners = [
        (0.0, start), (0.5, start), (0.5, end), (1.0, end), (1.0, end - height), (0.5, end - height),
        (0.5, start - height), (0.0, start - height), (0.0, start),
    ]  # fmt: skip
    curve = [Path.CURVE4] * 3
    codes = [Path.MOVETO, *curve, Path.LINETO, *curve, Path.CLOSEPOLY]
    return PathPatch(Path(corners, codes), facecolor=band.colour, edgecolor="white", linewidth=0.8, alpha=0.75)
