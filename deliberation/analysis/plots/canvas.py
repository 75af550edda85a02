"""What all figures share: axes, colours that grey keeps apart, text drawn as it stands, and where the data are from.

Colours are those of Okabe and Ito (2008), which colour-blind readers can tell apart. Draws no data.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from deliberation.errors import DataError
from deliberation.records.specification import Status

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

INK, FAINT, PALE = "#333333", "#8c8c8c", "#e3e3e3"
BLUE, ORANGE, RED, GREEN = "#0072B2", "#E69F00", "#D55E00", "#009E73"
SMALL, MEDIUM, LARGE = 8, 9, 10
"""Sizes of type in points; none is below 8."""


Line = Literal["-", "--", ":", "-."]
Side = Literal["left", "center", "right"]


class Look(NamedTuple):
    """How one kind of thing is drawn: a colour, and a shape, letter and line style for those who see no colour."""

    colour: str
    marker: str
    letter: str = ""
    line: Line = "-"


STATUS: Mapping[Status, Look] = {
    "adopted": Look(BLUE, "o", "A"),
    "rejected": Look(RED, "X", "R"),
    "contested": Look(ORANGE, "D", "C"),
    "no_ruling": Look("#D9D9D9", "s", "–"),
}
"""Statuses of rulings."""


def look_of(status: str) -> Look:
    """How a status is drawn.

    Raises:
        DataError: there is no such status.
    """
    found = {str(name): look for name, look in STATUS.items()}.get(status)
    if found is None:
        raise DataError(f"status {status!r}: one of {', '.join(STATUS)}")
    return found


SERIES = (
    Look(BLUE, "o", line="-"),
    Look(ORANGE, "s", line="--"),
    Look("#000000", "^", line=":"),
    Look(RED, "D", line="-."),
    Look("#56B4E9", "v", line="-"),
    Look(GREEN, "P", line="--"),
    Look("#CC79A7", "X", line=":"),
    Look("#F0E442", "h", line="-."),
)
"""Kinds without an order of their own."""


def looks(kinds: Iterable[str]) -> dict[str, Look]:
    """A look for every kind, in the order in which they come; from the ninth on a colour comes with another shape."""
    size = len(SERIES)
    return {
        kind: SERIES[number % size]._replace(
            marker=SERIES[(number + number // size) % size].marker, line=SERIES[(number + number // size) % size].line
        )
        for number, kind in enumerate(dict.fromkeys(kinds))
    }


def on(ax: Axes | None, *, size: tuple[float, float]) -> Axes:
    """The axes given, or those of a figure of its own of this size in inches."""
    if ax is not None:
        return ax
    from deliberation.analysis.plots.shown import new_axes

    return new_axes(size)


def literal(text: object) -> str:
    r"""Text that matplotlib draws as it stands: no mathematics, no line breaks, a box for what the font lacks.

    >>> literal("costs $5, not $6_a")
    'costs \\$5, not \\$6_a'
    """
    return _escaped(_drawable(text))


def _escaped(drawable: str) -> str:
    return drawable.replace("$", r"\$")


def _drawable(text: object) -> str:
    from matplotlib import font_manager, rcParams

    fonts = [
        font_manager.get_font(font_manager.findfont(font_manager.FontProperties(family=[name])))
        for name in rcParams["font.family"]
    ]
    flat = " ".join("".join(" " if _unseen(c) else c for c in str(text)).split())
    return "".join(c if any(font.get_char_index(ord(c)) for font in fonts) else "□" for c in flat)


def _unseen(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def wrapped(text: object, width: int, *, lines: int = 5) -> str:
    r"""Text in lines of so many characters; of a longer one the middle is left out, for clauses differ at their ends.

    >>> wrapped("one two three four five six seven", 9, lines=3)
    'one two …\nfour five\nsix seven'
    """
    whole = _drawable(text)
    parts = textwrap.wrap(whole, width)
    if len(parts) <= lines:
        return _escaped("\n".join(parts))
    head = parts[: lines // 2]
    if head:
        head[-1] = textwrap.wrap(head[-1], width - 2)[0] + " …"
    ends, room = whole.split(" "), lines - len(head)
    start = next((n for n in range(len(ends)) if len(textwrap.wrap(" ".join(ends[n:]), width)) <= room), len(ends) - 1)
    return _escaped("\n".join([*head, *textwrap.wrap(" ".join(ends[start:]), width)[-room:]]))


def breadth(texts: Iterable[str]) -> float:
    """Inches that the widest line of small type takes."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    measure, font = TextToPath().get_text_width_height_descent, FontProperties(size=SMALL)
    lines = [line.replace(r"\$", "$") for text in texts for line in text.split("\n")]
    return max((float(measure(line, font, False)[0]) for line in lines if line), default=0.0) / 72


def keyed(text: object, width: int = 40) -> str:
    """Text as the label of a key, which matplotlib would leave out if it began with an underscore."""
    told = wrapped(text, width, lines=2)
    return f" {told}" if told.startswith("_") else told


def needed(frame: pd.DataFrame, columns: Sequence[str], *, what: str) -> pd.DataFrame:
    """The frame, where it has these columns and a row.

    Raises:
        DataError: it has not; names the first column missing.
    """
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise DataError(f"{what}: the frame has no column {missing[0]!r}")
    if not len(frame):
        raise DataError(f"{what}: the frame has no rows, so there is nothing to draw")
    return frame


def provenance(frame: pd.DataFrame | None, simulated: bool | None, *, what: str) -> str:
    """`SIMULATED: `, `PARTLY SIMULATED: ` or nothing, by what the frame's column `simulated` says, or who calls.

    Raises:
        DataError: neither says.
    """
    if frame is not None and "simulated" in frame.columns:
        said = {bool(value) for value in frame["simulated"]}
    elif simulated is not None:
        said = {simulated}
    else:
        raise DataError(f"{what}: the data do not say whether they are simulated; pass simulated=True or False")
    if said == {True}:
        return "SIMULATED: "
    return "PARTLY SIMULATED: " if True in said else ""


def titled(axes: Axes, text: str, *, origin: str, where: Side = "left") -> None:
    """Set a title that says where the data are from, as wide as the figure lets it be.

    Args:
        axes: on which to set it.
        text: what the figure is of.
        origin: as of `provenance`.
        where: the side of the axes that it is flush with.
    """
    root = axes.get_figure(root=True)
    room = max(1.5, (root.get_size_inches()[0] if root else 6.4) - 1.0)  # an inch for the labels of the other side
    width = int(room * 12)
    told = wrapped(f"{origin}{text}", width, lines=3)
    while width > 12 and breadth(told.split("\n")) * LARGE / SMALL > room:
        width -= 4
        told = wrapped(f"{origin}{text}", width, lines=3)
    axes.set_title(told, loc=where, fontsize=LARGE, color=INK)


def quiet(axes: Axes, *, grid: Literal["x", "y", "both"] | None = "x") -> None:
    """Take away what carries no data: frame and tick marks; a faint grid along one axis, or none."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(FAINT)
    axes.tick_params(length=0, labelsize=SMALL, labelcolor=INK)
    axes.set_axisbelow(True)
    if grid:
        axes.grid(axis=grid, color=PALE, linewidth=0.7)


def bare(axes: Axes) -> None:
    """Take away both axes, where places on the sheet have no unit."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def row_labels(axes: Axes, texts: Sequence[str]) -> None:
    """Label rows 0, 1, ... from the top down with texts that are wrapped already."""
    axes.set_yticks(range(len(texts)), texts, fontsize=SMALL, linespacing=1.0, multialignment="left")
    axes.set_ylim(len(texts) - 0.5, -0.5)


_PLACES: Mapping[Side, Literal["upper left", "upper center", "upper right"]] = {
    "left": "upper left",
    "center": "upper center",
    "right": "upper right",
}


def key(axes: Axes, handles: Sequence[Artist], *, below: float = 36, columns: int = 4, where: Side = "right") -> None:
    """A key under the axes, so many points below them, flush with one side of them."""
    from matplotlib.transforms import ScaledTranslation

    root = axes.get_figure(root=True)
    if not handles or root is None:
        return
    shift = axes.transAxes + ScaledTranslation(0, -below / 72, root.dpi_scale_trans)
    x = {"right": 1.0, "left": 0.0, "center": 0.5}[where]
    axes.legend(
        handles=list(handles), loc=_PLACES[where], bbox_to_anchor=(x, 0.0), bbox_transform=shift, ncols=columns,
        fontsize=SMALL, frameon=False, borderaxespad=0.0, handletextpad=0.4, columnspacing=1.2,
    )  # fmt: skip


def marks(kinds: Mapping[str, Look], **style: Any) -> list[Artist]:
    """Handles of a key: each kind's name beside its marker."""
    from matplotlib.lines import Line2D

    given = {"linestyle": "", "markersize": 6, "markeredgecolor": INK, "markeredgewidth": 0.6, **style}
    return [
        Line2D([], [], color=look.colour, marker=look.marker, label=keyed(kind), **given)
        for kind, look in kinds.items()
    ]


def rough(value: float) -> str:
    """Two decimals with a sign, and a true minus."""
    return f"{round(value, 2) + 0.0:+.2f}".replace("-", "−")
