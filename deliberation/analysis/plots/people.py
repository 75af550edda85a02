"""Figures of one assembly's people as graphs: who replied to whom, who sat with whom. Places are fixed, never sought.

People stand on a circle in the order of their groups, so that two figures of one panel can be laid side by side.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from deliberation.analysis.plots.canvas import (
    FAINT,
    INK,
    PALE,
    SMALL,
    Look,
    bare,
    key,
    looks,
    marks,
    needed,
    on,
    provenance,
    titled,
    wrapped,
)
from deliberation.errors import DataError

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

_WIDEST = 3.2
"""Width of the heaviest edge in points."""

_RIM = 0.045
_LETTER = 0.075
"""Width of a letter of a name in inches."""


class _Node(NamedTuple):
    x: float
    y: float
    angle: float
    group: str
    name: str


def reply_network(
    graph: nx.DiGraph[str], *, title: str = "Who replied to whom", simulated: bool | None = None, ax: Axes | None = None
) -> Axes:
    """Who replied to whom in one assembly: an arrow from speaker to the one replied to, wider for more replies.

    Replies that were returned are dark. Colour and shape: the group; of those who have none, the role. Whoever is no
    member and has no edge, such as a facilitator to whom nobody replied, is left out.

    Args:
        graph: as of `networks.reply_graph` or `networks.influence_graph`.
        title: what the arrows are, where they are not replies.
        simulated: as the graph has no attribute that says so.
        ax: axes to draw on.

    Raises:
        DataError: nobody is in the graph.
    """
    silent = [n for n, d in graph.nodes(data=True) if d.get("kind", "member") != "member" and not graph.degree(n)]
    graph = graph.subgraph([node for node in graph if node not in silent])
    nodes = _round(graph, what="reply_network")
    axes = _ring(graph, nodes, ax)
    heaviest = _heaviest(graph)
    for one, other, data in sorted(
        graph.edges(data=True), key=lambda edge: (graph.has_edge(edge[1], edge[0]), edge[:2])
    ):
        returned = graph.has_edge(other, one)
        style = {"arrowstyle": "-|>", "mutation_scale": 9}
        width = _wide(float(data.get("weight", 1)), heaviest)
        _edge(axes, nodes[one], nodes[other], width, dark=returned, aside=0.12, **style)
    shown: list[Artist] = [*_groups(nodes), *_lines({"returned": INK, "not returned": _LIGHT})]
    key(axes, shown, below=10, columns=4, where="center")
    told = f"{title} (widest: {heaviest:.3g})"
    titled(axes, told, origin=_origin(graph, simulated, "reply_network"))
    return axes


def table_network(graph: nx.Graph[str], *, simulated: bool | None = None, ax: Axes | None = None) -> Axes:
    """Who sat with whom in one assembly: a line for each two who met, wider and darker for more rounds together.

    Args:
        graph: as of `networks.table_graph`.
        simulated: as the graph has no attribute that says so.
        ax: axes to draw on.

    Raises:
        DataError: nobody is in the graph.
    """
    nodes = _round(graph, what="table_network")
    axes = _ring(graph, nodes, ax)
    heaviest = _heaviest(graph)
    for one, other, data in sorted(graph.edges(data=True), key=lambda edge: float(edge[2].get("weight", 1))):
        met = float(data.get("weight", 1))
        width, dark = _wide(met, heaviest), met == heaviest > 1
        _edge(axes, nodes[one], nodes[other], width, dark=dark, aside=0.0, arrowstyle="-")
    rounds = {f"{heaviest:g} rounds together": INK, "fewer": _LIGHT} if heaviest > 1 else {"1 round together": _LIGHT}
    key(axes, [*_groups(nodes), *_lines(rounds)], below=10, columns=4, where="center")
    titled(axes, "Who sat with whom", origin=_origin(graph, simulated, "table_network"))
    return axes


_LIGHT = "#b0b0b0"


def _origin(graph: nx.Graph[str], simulated: bool | None, what: str) -> str:
    said = graph.graph.get("simulated", simulated)
    return provenance(None, said, what=what)


def _heaviest(graph: nx.Graph[str]) -> float:
    return max((float(data.get("weight", 1)) for _, _, data in graph.edges(data=True)), default=1.0)


def _round(graph: nx.Graph[str], *, what: str) -> dict[str, _Node]:
    """Places on the unit circle, clockwise from the top, by group and name, with a gap between groups."""
    if not len(graph):
        raise DataError(f"{what}: nobody is in the graph, so there is nothing to draw")
    told = {
        node: (str(data.get("group", data.get("kind", "people"))), str(data.get("name", node)))
        for node, data in graph.nodes(data=True)
    }
    order = sorted(told, key=lambda node: (*told[node], node))
    groups = len({group for group, _ in told.values()})
    gap = 0.6 if groups > 1 else 0.0
    step, place, found, last = 2 * math.pi / (len(order) + gap * groups), 0.0, {}, None
    for node in order:
        group, name = told[node]
        place += gap if last is not None and group != last else 0.0
        angle = math.pi / 2 - place * step
        found[node] = _Node(math.cos(angle), math.sin(angle), angle, group, name)
        place, last = place + 1.0, group
    return found


def _ring(graph: nx.Graph[str], nodes: Mapping[str, _Node], ax: Axes | None) -> Axes:
    """Axes with all nodes and their names on them."""
    told = {id_: wrapped(node.name, 22, lines=2) for id_, node in nodes.items()}
    beyond = 0.2 + _LETTER * max(len(line) for name in told.values() for line in name.split("\n") or [""])
    radius = max(2.2, 0.2 * len(nodes) / (2 * math.pi))  # a name takes .2 inches of the circle
    axes = on(ax, size=(2 * (radius + beyond), 2 * (radius + beyond) + 0.9))
    shown = looks(sorted({node.group for node in nodes.values()}))
    for id_, node in nodes.items():
        _dot(axes, node.x, node.y, shown[node.group], gid=id_)
        degrees = math.degrees(node.angle)
        flipped = math.cos(node.angle) < -1e-9
        axes.text(
            1.06 * node.x, 1.06 * node.y, told[id_], fontsize=SMALL, color=INK,
            rotation=degrees + (180 if flipped else 0), rotation_mode="anchor", va="center",
            ha="right" if flipped else "left",
        )  # fmt: skip
    bare(axes)
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_xlim(-1 - beyond / radius, 1 + beyond / radius, auto=True)
    axes.set_ylim(-1 - beyond / radius, 1 + beyond / radius, auto=True)
    if not graph.number_of_edges():
        axes.text(0, 0, "no edges", fontsize=SMALL, ha="center", va="center", color=INK)
    return axes


def _dot(axes: Axes, x: float, y: float, look: Look, *, gid: str) -> None:
    axes.plot(
        x, y, look.marker, color=look.colour, markersize=8, markeredgecolor=INK, markeredgewidth=0.7, zorder=5,
        clip_on=False, gid=gid,
    )  # fmt: skip


def _wide(weight: float, heaviest: float) -> float:
    """Width in points, the same for the same weight in all graphs whose heaviest edge is at most 4."""
    return 0.4 + (_WIDEST - 0.4) * weight / max(heaviest, 4.0)


def _edge(axes: Axes, one: _Node, other: _Node, width: float, *, dark: bool, aside: float, **style: Any) -> None:
    """A curve that bends to the middle of the circle, and a little to its own right so that two ways stay apart."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    middle = ((one.x + other.x) / 2, (one.y + other.y) / 2)
    dx, dy = other.x - one.x, other.y - one.y
    bend = (0.45 * middle[0] + aside * dy, 0.45 * middle[1] - aside * dx)
    ends = [_short(one, bend), bend, _short(other, bend)]
    path = Path(ends, [Path.MOVETO, Path.CURVE3, Path.CURVE3])
    axes.add_patch(
        FancyArrowPatch(
            path=path, linewidth=width, color=INK if dark else _LIGHT, zorder=3 if dark else 2,
            capstyle="butt", **style,
        )
    )  # fmt: skip


def _short(node: _Node, bend: tuple[float, float]) -> tuple[float, float]:
    """Where an edge meets the rim of a node's mark."""
    dx, dy = bend[0] - node.x, bend[1] - node.y
    off = _RIM / max(math.hypot(dx, dy), _RIM)
    return node.x + off * dx, node.y + off * dy


def _groups(nodes: Mapping[str, _Node]) -> list[Artist]:
    return marks(looks(sorted({node.group for node in nodes.values()})))


def _lines(colours: Mapping[str, str]) -> list[Artist]:
    from matplotlib.lines import Line2D

    return [Line2D([], [], color=colour, linewidth=2, label=label) for label, colour in colours.items()]


def seating(
    seated: pd.DataFrame,
    *,
    panel: pd.DataFrame,
    by: str = "outlook",
    simulated: bool | None = None,
    ax: Axes | None = None,
) -> Axes:
    """People around their tables in one assembly: a column for each round, a disc for each table.

    Args:
        seated: as of `networks.seats`, of one assembly.
        panel: as of `frames.panels`.
        by: the attribute whose values are groups.
        simulated: as `panel` has no column that says so.
        ax: axes to draw on.

    Raises:
        DataError: nobody sat at a table, a column is missing, or the seats are of several assemblies.
    """
    rows = needed(seated, ("run", "assembly", "phase", "round", "table", "member"), what="seating")
    if len(rows[["run", "assembly"]].drop_duplicates()) > 1:
        raise DataError("seating: seats of several assemblies; choose one by `assembly`")
    own = needed(panel, ("member", "name", f"attribute_{by}"), what="seating")
    names = dict(zip(own["member"], own["name"], strict=True))
    group = {m: str(g) for m, g in zip(own["member"], own[f"attribute_{by}"], strict=True)}
    shown = looks(sorted(set(group.values())))
    rounds = list(rows[["phase", "round"]].drop_duplicates().itertuples(index=False, name=None))
    tables = sorted(rows["table"].unique())
    axes = on(ax, size=(1.2 + 2.5 * len(rounds), 1.2 + 1.7 * len(tables)))
    for (phase, number, table), part in rows.groupby(["phase", "round", "table"], sort=False):
        centre = (2.5 * rounds.index((phase, number)), -1.7 * tables.index(table))
        _table(axes, centre, str(table), [(names.get(m, m), shown.get(group.get(m, ""))) for m in part["member"]])
    bare(axes)
    told = [wrapped(f"{phase}, round {number}" if number else phase, 26, lines=2) for phase, number in rounds]
    axes.set_xticks([2.5 * x for x in range(len(rounds))], told, fontsize=SMALL)
    axes.tick_params(length=0)
    axes.set_xlim(-1.25, 2.5 * len(rounds) - 1.25, auto=True)
    axes.set_ylim(-1.7 * len(tables) + 0.85, 0.85, auto=True)
    axes.set_aspect("equal", adjustable="datalim")
    key(axes, marks(shown), below=30, columns=4, where="center")
    titled(axes, "Who sat where", origin=provenance(panel, simulated, what="seating"))
    return axes


def _table(axes: Axes, centre: tuple[float, float], name: str, people: list[tuple[str, Look | None]]) -> None:
    from matplotlib.patches import Circle

    axes.add_patch(Circle(centre, 0.34, facecolor=PALE, edgecolor=FAINT, linewidth=0.8))
    axes.text(*centre, wrapped(name, 8, lines=2), fontsize=SMALL, ha="center", va="center", color=INK)
    for number, (told, look) in enumerate(people):
        angle = math.pi / 2 - 2 * math.pi * (number + 0.5) / len(people)
        x, y = centre[0] + 0.5 * math.cos(angle), centre[1] + 0.5 * math.sin(angle)
        _dot(axes, x, y, look or Look(PALE, "o"), gid=told)
        side = "left" if math.cos(angle) >= 0 else "right"
        off = 0.09 if side == "left" else -0.09
        axes.text(x + off, y, wrapped(told, 11, lines=2), fontsize=SMALL, ha=side, va="center", color=INK)
