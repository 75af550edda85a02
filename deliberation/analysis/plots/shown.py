"""Axes and figures of their own, outside pyplot's global state, that a notebook shows when a cell ends with them."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

_DPI = 144


class ShownFigure(Figure):
    """A figure that displays itself."""

    def _repr_png_(self) -> tuple[bytes, dict[str, Any]]:
        """PNG at twice the screen's resolution, and the size at which to show it."""
        drawn = BytesIO()
        self.savefig(drawn, format="png", dpi=_DPI, facecolor="white")
        width, height = (int(side * _DPI / 2) for side in self.get_size_inches())
        return drawn.getvalue(), {"width": width, "height": height}


class ShownAxes(Axes):
    """Axes that display their figure."""

    def _repr_png_(self) -> tuple[bytes, dict[str, Any]] | None:
        """Their figure's, where that has one."""
        figure = self.get_figure(root=True)
        return figure._repr_png_() if isinstance(figure, ShownFigure) else None


def new_axes(size: tuple[float, float]) -> Axes:
    """The only axes of a new figure, laid out so that labels fit.

    Args:
        size: width and height in inches.
    """
    figure = ShownFigure(figsize=size, layout="constrained")
    return figure.add_subplot(axes_class=ShownAxes)
