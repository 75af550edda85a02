"""Processes on one question side by side: where each stands on a position, and the planted will. Measures nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deliberation.analysis.comparison import Comparison, Stand
from deliberation.analysis.plots.canvas import (
    INK,
    LARGE,
    MEDIUM,
    PALE,
    SMALL,
    STATUS,
    breadth,
    key,
    literal,
    on,
    provenance,
    quiet,
    row_labels,
    titled,
    wrapped,
)
from deliberation.errors import DataError
from deliberation.records.specification import Status

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WILL = (
    ("raw", "W0 before", "o", "none"),
    ("considered", "W1 after", "o", "#000000"),
    ("full", "W2 full", "D", "none"),
)


def comparison_figure(found: Comparison) -> Figure:
    """A panel for each position: where each process stands on it, and the planted will beside it."""
    from matplotlib.figure import Figure

    positions = [stand.label for stand in found.processes[0].stands]
    rows = len(found.processes)
    figure = Figure(figsize=(3.2 * len(positions) + 2.6, 0.42 * rows + 2.3), layout="constrained")
    axes = figure.subplots(1, len(positions), sharey=True, squeeze=False)[0]
    for place, (label, one) in enumerate(zip(positions, axes, strict=True)):
        stands_on(found, place, one)
        one.set_title(wrapped(label, 36, lines=2), fontsize=LARGE)
    row_labels(axes[0], [wrapped(process.name, 34) for process in found.processes])
    handles = _key()
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), fontsize=SMALL, frameon=False)
    figure.suptitle(f"{_origin(found)}{literal(found.question)}, by process", fontsize=11)
    return figure


def processes_compared(found: Comparison, position: str, *, ax: Axes | None = None) -> Axes:
    """Where each process stands on one position of the question, with names, key and title: see `stands_on`.

    Args:
        found: the comparison.
        position: its id.
        ax: axes to draw on.

    Raises:
        DataError: the question has no such position.
    """
    known = [stand.position for stand in found.processes[0].stands]
    if position not in known:
        raise DataError(f"processes_compared: {found.question} has no position {position!r}")
    place = known.index(position)
    names = [wrapped(process.name, 34) for process in found.processes]
    axes = on(ax, size=(5.6 + breadth(names), 1.9 + 0.42 * len(found.processes)))
    stands_on(found, place, axes)
    row_labels(axes, names)
    titled(axes, f"{found.processes[0].stands[place].label}, by process", origin=_origin(found), where="right")
    key(axes, _key(), columns=5)
    return axes


def _origin(found: Comparison) -> str:
    import pandas as pd

    said = pd.DataFrame({"simulated": [process.simulated for process in found.processes]})
    return provenance(said, None, what="comparison")


def stands_on(found: Comparison, place: int, axes: Axes) -> Axes:
    """Where each process stands on one position of the question, one row a process, shares from 0 to 1.

    Bar: mean rating at the last poll, with twice its standard error. Triangles: support of clauses that ask for the
    position (up) or forbid it (down), by what was ruled. Circles and diamond: the planted will on the position.
    """
    for row, process in enumerate(found.processes):
        _stand(process.stands[place], row, axes)
    axes.set_xlim(-0.03, 1.03)
    axes.set_xlabel("share", fontsize=MEDIUM, color=INK)
    quiet(axes)
    axes.spines["bottom"].set_visible(False)
    return axes


def _stand(stand: Stand, row: int, axes: Axes) -> None:
    if stand.last is not None:
        axes.barh(row, stand.last.mean, height=0.36, color=PALE, edgecolor="none")
        if stand.last.error is not None:
            axes.errorbar(stand.last.mean, row, xerr=2 * stand.last.error, color=INK, linewidth=0.8, capsize=2)
    for said in stand.rulings:
        if said.support is not None:
            shape, offset = ("^", 0.32) if said.for_it else ("v", -0.32)
            axes.plot(said.support, row - offset, marker=shape, linestyle="", markersize=6, **_filled(said.status))
    for name, _, shape, fill in _WILL:
        if stand.will is not None:
            axes.plot(
                getattr(stand.will, name), row, shape, markerfacecolor=fill, markeredgecolor="black", markersize=5
            )


def _key() -> list[Artist]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    shown: list[Artist] = [Patch(color=PALE, label="last poll, ± 2 s.e.")]
    shown += [
        Line2D([], [], marker=shape, linestyle="", markerfacecolor=fill, markeredgecolor="black", label=told)
        for _, told, shape, fill in _WILL
    ]
    shown += [
        Line2D([], [], marker="^", linestyle="", label=kind.replace("_", " "), **_filled(kind)) for kind in STATUS
    ]
    shown.append(Line2D([], [], marker="v", linestyle="", label="forbids it", color="white", markeredgecolor=INK))
    return shown


def _filled(status: Status) -> dict[str, Any]:
    """Triangles of all statuses have one shape, so the rejected are hollow, for those who see no colour."""
    colour = STATUS[status].colour
    if status == "rejected":
        return {"color": "white", "markeredgecolor": colour, "markeredgewidth": 1.4}
    return {"color": colour, "markeredgecolor": INK, "markeredgewidth": 0.5}
