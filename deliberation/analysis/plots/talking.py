"""Figures of talk: how many different reasons are given, and how evenly talk is shared. Frames in, axes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np

from deliberation.analysis.plots.canvas import (
    FAINT,
    INK,
    MEDIUM,
    Look,
    key,
    keyed,
    looks,
    needed,
    on,
    provenance,
    quiet,
    titled,
)
from deliberation.errors import DataError
from deliberation.people.selecting import gini

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


def rarefaction(
    found: pd.DataFrame,
    *,
    labels: Mapping[str, str] | None = None,
    simulated: bool | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Distinct arguments to be expected in so many turns: an assembly a thin line, a run's mean a thick one.

    The mean ends where the first of the run's assemblies does.

    Args:
        found: as of `talk.rarefaction`: run, assembly, turns, arguments.
        labels: what to call runs, by default their ids.
        simulated: as the frame has no column that says so.
        ax: axes to draw on.

    Raises:
        DataError: there are no rows, or a column is missing.
    """
    rows = needed(found, ("run", "assembly", "turns", "arguments"), what="rarefaction")
    axes = on(ax, size=(6.4, 4.4))
    shown = looks(rows["run"])
    for run, own in rows.groupby("run", sort=False):
        look = shown[str(run)]
        for _, one in own.groupby("assembly", sort=False):
            axes.plot(one["turns"], one["arguments"], color=look.colour, linewidth=0.6, alpha=0.45, gid="assembly")
        common = own[own["turns"] <= own.groupby("assembly")["turns"].max().min()]
        mean = common.groupby("turns")["arguments"].mean()
        axes.plot(mean.index, mean, look.line, color=look.colour, linewidth=2.2, gid="mean")
    quiet(axes, grid="y")
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("turns that make a point", fontsize=MEDIUM, color=INK)
    axes.set_ylabel("distinct arguments, expected", fontsize=MEDIUM, color=INK)
    titled(axes, "How many different reasons", origin=provenance(found, simulated, what="rarefaction"))
    key(axes, _run_key(shown, labels or {}), columns=2, where="center")
    return axes


def _run_key(shown: Mapping[str, Look], labels: Mapping[str, str]) -> list[Artist]:
    from matplotlib.lines import Line2D

    return [
        Line2D(
            [],
            [],
            linestyle=look.line,
            color=look.colour,
            linewidth=2.2,
            label=keyed(labels.get(run, run), 46),
        )
        for run, look in shown.items()
    ]


def participation(
    found: pd.DataFrame,
    *,
    amount: Literal["words", "turns"] = "words",
    labels: Mapping[str, str] | None = None,
    simulated: bool | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Lorenz curves of talk: the share of all words (or turns) of the quietest share of members (Lorenz 1905).

    An assembly a thin line, a run's mean a thick one; beside the run's name, the mean of its assemblies' Gini.

    Args:
        found: as of `talk.participation`: run, assembly, member, turns, words.
        amount: what is shared.
        labels: what to call runs, by default their ids.
        simulated: as the frame has no column that says so.
        ax: axes to draw on.

    Raises:
        DataError: there are no rows, a column is missing, or nobody said anything.
    """
    rows = needed(found, ("run", "assembly", "member", amount), what="participation")
    axes = on(ax, size=(5.2, 5.6))
    axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1, linestyle=(0, (4, 3)), gid="equality")
    shown, names = looks(rows["run"]), {}
    grid = np.linspace(0.0, 1.0, 101)
    for run, own in rows.groupby("run", sort=False):
        look, curves, unequal = shown[str(run)], [], []
        for _, one in own.groupby("assembly", sort=False):
            shares = np.sort(one[amount].to_numpy(dtype=np.float64))
            if not shares.sum():
                continue
            curve = np.concatenate([[0.0], np.cumsum(shares) / shares.sum()])
            curves.append(np.interp(grid, np.linspace(0.0, 1.0, len(curve)), curve))
            unequal.append(gini(shares, np.ones(len(shares))))
            axes.plot(grid, curves[-1], color=look.colour, linewidth=0.6, alpha=0.45, gid="assembly")
        if not curves:
            raise DataError(f"participation: nobody in {run!r} said anything")
        axes.plot(grid, np.mean(curves, axis=0), look.line, color=look.colour, linewidth=2.2, gid="mean")
        names[str(run)] = f"{(labels or {}).get(str(run), run)}: Gini {np.mean(unequal):.2f}"
    quiet(axes, grid="both")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("share of members, quietest first", fontsize=MEDIUM, color=INK)
    axes.set_ylabel(f"their share of {amount}", fontsize=MEDIUM, color=INK)
    titled(axes, f"How {amount} are shared", origin=provenance(found, simulated, what="participation"))
    key(axes, _run_key(shown, names), columns=1, where="center")
    return axes
