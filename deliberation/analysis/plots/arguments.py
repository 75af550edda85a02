"""The argument map as a figure: reasons in layers by the position that they are most for, and what they rebut.

It lays out what the question's authors wrote; it finds no layout by chance and no relation of its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from deliberation.analysis.plots.canvas import (
    BLUE,
    FAINT,
    INK,
    ORANGE,
    PALE,
    SMALL,
    bare,
    key,
    literal,
    needed,
    on,
    provenance,
    titled,
    wrapped,
)
from deliberation.errors import DataError
from deliberation.records.agenda import Consideration, Question

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

_ROW, _HEAD = 1.0, 0.85
_WIDTH, _LEFT = 64, -4.4
_LEAST = 0.05
"""A direction nearer to 0 says nothing and is not drawn."""


def argument_map(
    question: Question,
    *,
    support: Mapping[str, float] | pd.DataFrame | None = None,
    simulated: bool | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Every consideration as a node, in layers by the position it speaks for most, with what it says of all positions.

    Triangles up and down: for and against a position, larger as it says more. Arrows: what it rebuts. A square node is
    an empirical claim, a round one a norm. A node's size and shade are its support; a negative one is drawn hollow.

    Args:
        question: whose map it is.
        support: by consideration, -1 to 1, such as the share of people who voiced it or its mean stance; or turns as of
            `frames.turns`, of which it takes the share of speakers who brought it up.
        simulated: whether the support is; a frame says so itself, and a map without support is neither.
        ax: axes to draw on.

    Raises:
        DataError: the question has no map, or support names no consideration of it or lies outside -1 to 1.
    """
    if not question.considerations or not question.positions:
        raise DataError(f"argument_map: {question.id} has no argument map")
    held = _held(question, support)
    layers = _layers(question)
    places, heads, bottom = _places(layers)
    axes = on(ax, size=(9.2, 1.3 + 0.33 * bottom))
    across = {p.id: 1.0 + 0.62 * number for number, p in enumerate(question.positions)}
    right = max(across.values()) + 0.45
    for label, y in heads:
        axes.text(_LEFT, y, literal(label), fontsize=SMALL, color=INK, weight="bold", va="center")
        axes.hlines(y + 0.45, _LEFT, right, color=PALE, linewidth=0.8, zorder=0)
    for one in question.considerations:
        _node(axes, one, places[one.id], None if held is None else held.get(one.id, 0.0))
        _directions(axes, one, places[one.id], across)
    for one in question.considerations:
        for other in one.rebuts:
            _rebuttal(axes, places[one.id], places[other])
    for position in question.positions:
        told = wrapped(position.label, 15, lines=3)
        axes.text(across[position.id], -0.15, told, fontsize=SMALL, color=INK, ha="center", va="bottom")
    bare(axes)
    axes.set_xlim(_LEFT, right)
    axes.set_ylim(bottom - 0.3, -1.6)
    frame = None if support is None or isinstance(support, Mapping) else support
    origin = "" if support is None else provenance(frame, simulated, what="argument_map")
    titled(axes, question.title, origin=origin)
    key(axes, _key(shaded=held is not None), below=6, columns=4, where="center")
    return axes


def _held(question: Question, support: Mapping[str, float] | pd.DataFrame | None) -> dict[str, float] | None:
    """Support by consideration, checked."""
    if support is None:
        return None
    held = {str(k): float(v) for k, v in (support if isinstance(support, Mapping) else _voiced(support)).items()}
    known = {one.id for one in question.considerations}
    for name, value in held.items():
        if name not in known:
            raise DataError(f"argument_map: {question.id} has no consideration {name!r}")
        if not -1.0 <= value <= 1.0:
            raise DataError(f"argument_map: support of {name!r} is {value:g}; it lies from -1 to 1")
    return held


def _voiced(turns: pd.DataFrame) -> dict[str, float]:
    """Share of the members who spoke that brought each consideration up."""
    columns = ("run", "assembly", "speaker", "role", "considerations")
    spoken = needed(turns, columns, what="argument_map")
    spoken = spoken[spoken["role"] == "member"]
    who = spoken[["run", "assembly", "speaker"]].drop_duplicates()
    each = spoken.explode("considerations").dropna(subset=["considerations"])
    pairs = each[["run", "assembly", "speaker", "considerations"]].drop_duplicates()
    return {str(name): n / len(who) for name, n in pairs["considerations"].value_counts().items()}


def _layers(question: Question) -> list[tuple[str, list[Consideration]]]:
    """Considerations by the position that they speak for most, the weightiest first; then those that are for none."""
    layers: dict[str | None, list[Consideration]] = {p.id: [] for p in question.positions}
    for one in question.considerations:
        best = max(question.positions, key=lambda p: one.direction[p.id]).id
        layers.setdefault(best if one.direction[best] > 0 else None, []).append(one)
    told: dict[str | None, str] = {p.id: f"Most for: {p.label}" for p in question.positions}
    found = []
    for place, members in layers.items():
        if members:
            ordered = sorted(members, key=lambda one: (-_weight(one, place), one.id))
            found.append((told.get(place, "For none of them"), ordered))
    return found


def _weight(one: Consideration, place: str | None) -> float:
    return one.strength * (one.direction[place] if place is not None else 1.0)


def _places(
    layers: Sequence[tuple[str, list[Consideration]]],
) -> tuple[dict[str, float], list[tuple[str, float]], float]:
    """How far down each node and each layer's heading stand, and where they end."""
    y, places, heads = 0.45, {}, []
    for label, members in layers:
        heads.append((label, y))
        y += _HEAD
        for one in members:
            places[one.id] = y + 0.05
            y += _ROW
        y += 0.25
    return places, heads, y


def _node(axes: Axes, one: Consideration, y: float, held: float | None) -> None:
    told = wrapped(one.claim, _WIDTH, lines=2)
    axes.text(
        -0.72, y, told, fontsize=SMALL, color=INK, ha="right", va="center", multialignment="left", linespacing=1.0
    )
    size = 7.0 if held is None else 4.0 + 9.0 * math.sqrt(abs(held))
    fill = FAINT if held is None else ("white" if held < 0 else _shade(held))
    marker = "s" if one.kind == "empirical" else "o"
    axes.plot(
        0,
        y,
        marker,
        markersize=size,
        markerfacecolor=fill,
        markeredgecolor=INK,
        markeredgewidth=0.8,
        zorder=4,
        gid=one.id,
    )


def _shade(held: float) -> tuple[float, float, float]:
    """From white to ink as support goes from 0 to 1."""
    light = 0.95 - 0.7 * held
    return (light * 0.86, light * 0.93, light)


def _directions(axes: Axes, one: Consideration, y: float, across: Mapping[str, float]) -> None:
    axes.hlines(y, 0, max(across.values()), color=PALE, linewidth=0.7, zorder=0)
    for position, x in across.items():
        lean = one.direction[position]
        if abs(lean) >= _LEAST:
            marker, colour = ("^", BLUE) if lean > 0 else ("v", ORANGE)
            axes.plot(
                x, y, marker, color=colour, markersize=3.5 + 7.5 * abs(lean), markeredgecolor="white",
                markeredgewidth=0.4, zorder=3,
            )  # fmt: skip


def _rebuttal(axes: Axes, source: float, target: float) -> None:
    """An arrow from node to node along the free side between labels and nodes, wider the further they are apart."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    bulge = -0.18 - 0.62 * min(1.0, abs(source - target) / 14)
    step = math.copysign(min(0.3, abs(target - source) / 3), target - source)
    curve = [(-0.06, source), (bulge, source + step), (bulge, target - step), (-0.1, target)]
    path = Path(curve, [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])
    axes.add_patch(
        FancyArrowPatch(path=path, arrowstyle="-|>", mutation_scale=8, color=FAINT, linewidth=0.9, fill=True, zorder=2)
    )


def _key(*, shaded: bool) -> list[Artist]:
    from matplotlib.lines import Line2D

    def mark(marker: str, colour: str, label: str, size: float = 7.0) -> Line2D:
        return Line2D([], [], marker=marker, linestyle="", color=colour, markersize=size, label=label)

    shown: list[Artist] = [
        mark("^", BLUE, "speaks for a position"),
        mark("v", ORANGE, "speaks against it"),
        mark("s", FAINT, "empirical claim"),
        mark("o", FAINT, "norm"),
        Line2D([], [], color=FAINT, marker=">", markersize=4, linewidth=0.9, label="rebuts"),
    ]
    sizes = (0.1, 0.5, 1.0) if shaded else ()
    for held in sizes:
        handle = mark("o", INK, f"support {held:.0%}", 4.0 + 9.0 * math.sqrt(held))
        handle.set_markerfacecolor(_shade(held))
        shown.append(handle)
    return shown
