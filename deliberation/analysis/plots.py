"""Figures: one function each, which draws on axes and returns them. Reads records; measures nothing.

Colours are those of Okabe and Ito (2008), which colour-blind readers can tell apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deliberation.analysis.comparison import Comparison, Stand

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_STATUS = {"adopted": "#009E73", "rejected": "#D55E00", "contested": "#E69F00", "no_ruling": "#999999"}
_WILL = (
    ("raw", "W0 before", "o", "none"),
    ("considered", "W1 after", "o", "#0072B2"),
    ("full", "W2 full", "D", "none"),
)
_INK = "#333333"


def comparison_figure(found: Comparison) -> Figure:
    """A panel for each position: where each process stands on it, and the planted will beside it."""
    from matplotlib.figure import Figure

    positions = [stand.label for stand in found.processes[0].stands]
    rows = len(found.processes)
    figure = Figure(figsize=(3.2 * len(positions) + 2.6, 0.42 * rows + 2.3), layout="constrained")
    axes = figure.subplots(1, len(positions), sharey=True, squeeze=False)[0]
    for place, (label, one) in enumerate(zip(positions, axes, strict=True)):
        stands_on(found, place, one)
        one.set_title(label, fontsize=10)
    axes[0].set_yticks(range(rows), [process.name for process in found.processes], fontsize=9)
    axes[0].set_ylim(rows - 0.5, -0.5)
    _key(figure, axes[-1])
    kind = "SIMULATED: " if all(process.simulated for process in found.processes) else ""
    figure.suptitle(f"{kind}{found.question}, by process", fontsize=11)
    return figure


def stands_on(found: Comparison, place: int, axes: Axes) -> Axes:
    """Where each process stands on one position of the question, one row a process, shares from 0 to 1.

    Bar: mean rating at the last poll, with twice its standard error. Triangles: support of clauses that ask for the
    position (up) or forbid it (down), by what was ruled. Circles and diamond: the planted will on the position.
    """
    for row, process in enumerate(found.processes):
        _stand(process.stands[place], row, axes)
    axes.set_xlim(-0.03, 1.03)
    axes.set_xlabel("share", fontsize=9)
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0, labelsize=8)
    return axes


def _stand(stand: Stand, row: int, axes: Axes) -> None:
    if stand.last is not None:
        axes.barh(row, stand.last.mean, height=0.5, color="#e6e6e6", edgecolor="none")
        if stand.last.error is not None:
            axes.errorbar(stand.last.mean, row, xerr=2 * stand.last.error, color=_INK, linewidth=0.8, capsize=2)
    for said in stand.rulings:
        if said.support is not None:
            shape, offset = ("^", 0.3) if said.for_it else ("v", -0.3)
            axes.plot(said.support, row + offset, shape, color=_STATUS[said.status], markersize=5)
    for name, _, shape, fill in _WILL:
        if stand.will is not None:
            axes.plot(
                getattr(stand.will, name), row, shape, markerfacecolor=fill, markeredgecolor="#0072B2", markersize=5
            )


def _key(figure: Figure, axes: Axes) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    marks: list[Line2D | Patch] = [Patch(color="#e6e6e6", label="last poll, ± 2 s.e.")]
    marks += [
        Line2D([], [], marker=shape, linestyle="", markerfacecolor=fill, markeredgecolor="#0072B2", label=told)
        for _, told, shape, fill in _WILL
    ]
    marks += [
        Line2D([], [], marker="^", linestyle="", color=colour, label=status.replace("_", " "))
        for status, colour in _STATUS.items()
    ]
    marks.append(Line2D([], [], marker="v", linestyle="", color=_INK, label="forbids it"))
    figure.legend(handles=marks, loc="outside lower center", ncols=len(marks), fontsize=8, frameon=False)
    axes.set_zorder(1)
