"""The Deliberative Reason Index of 24 real mini-publics with its null, before and after. Prints tables; no test.

    python benchmarks/human_dri.py human_data.csv [shuffles]        1000 by default; some seconds

`human_data.csv` is that of the R package deliberr (MIT); give the path of your own copy. First table: plain and
adjusted index before and after, each with its null (preferences shuffled over people) and p-value; change of what is
beyond the null and its 90% interval, the person being the unit. Then means over the mini-publics with the mini-public
as the unit, and the figures of `answers/human_bands.yaml` that rest on these data, computed anew.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from deliberation.analysis.bands import bands, change_figures, reason_figures
from deliberation.analysis.humans import MiniPublic, mini_publics
from deliberation.analysis.reasons import ReasonChange, reason_change

HEAD = (
    "| mini-public | n | K | P | plain before | null | p | after | null | p "
    "| adjusted before | null | p | after | null | p | change of excess, plain | adjusted |"
)


def changes(publics: list[MiniPublic], shuffles: int) -> list[ReasonChange]:
    """The index of each, before and after."""
    return [reason_change(one.before, one.after, seed=7, shuffles=shuffles) for one in publics]


def row(one: MiniPublic, change: ReasonChange) -> str:
    """A row of the first table."""
    cells = [
        one.case,
        str(change.people),
        str(one.before.considerations.shape[1]),
        str(one.before.preferences.shape[1]),
    ]
    for kind in ("plain", "adjusted"):
        for stage in (change.before, change.after):
            index, null, p = (getattr(stage, name) for name in (kind, f"null_{kind}", f"p_{kind}"))
            cells += [f"{index:.3f}", f"{null:.3f}", f"{p:.3f}"]
    for of in (change.excess_plain, change.excess_adjusted):
        cells.append(f"{of.value:+.3f} [{of.low:+.3f}, {of.high:+.3f}]")
    return "| " + " | ".join(cells) + " |"


def mean(values: list[float]) -> str:
    """Mean over mini-publics and its standard error."""
    return f"{np.mean(values):+.3f} (SE {np.std(values, ddof=1) / np.sqrt(len(values)):.3f})"


def means(found: list[ReasonChange]) -> list[str]:
    """Rows of the second table."""
    rows = ["| mean over mini-publics | before | after | change |", "|---|---|---|---|"]
    for name in ("plain", "null_plain", "excess_plain", "adjusted", "null_adjusted", "excess_adjusted"):
        first, last = (
            [float(getattr(stage, name)) for stage in stages]
            for stages in zip(*((c.before, c.after) for c in found), strict=True)
        )
        rows.append(
            f"| {name} | {mean(first)} | {mean(last)} | {mean([b - a for a, b in zip(first, last, strict=True)])} |"
        )
    for kind in ("plain", "adjusted"):
        up = np.mean([getattr(c, kind).value > 0 for c in found])
        beyond = [
            np.mean([getattr(s, f"p_{kind}") < 0.05 for s in stages])
            for stages in zip(*((c.before, c.after) for c in found), strict=True)
        ]
        rows.append(f"| {kind}: share with p < .05 | {beyond[0]:.3f} | {beyond[1]:.3f} | rises in {up:.3f} |")
    return rows


def figures(one: MiniPublic) -> dict[str, float]:
    """One mini-public's figures by the names of the bands."""
    width = max(s.considerations.max() for s in (one.before, one.after)) - min(
        s.considerations.min() for s in (one.before, one.after)
    )
    ranks = [-one.before.preferences], [-one.after.preferences]
    kept = ("first_choice_changed", "own_order_kept", "agreement_first", "agreement_last")
    few = one.before.preferences.shape[1] <= 7
    peaked = ("single_peaked_first", "single_peaked_last") if few else ()
    positions = {name: value for name, value in change_figures(*ranks).items() if name in {*kept, *peaked}}
    return {**positions, **reason_figures([one.before], [one.after], width=float(width))}


def main() -> None:
    """Print the tables."""
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    publics = mini_publics(Path(sys.argv[1]))
    found = changes(publics, int(sys.argv[2]) if len(sys.argv) > 2 else 1000)
    print(HEAD, "|" + "---|" * (HEAD.count("|") - 1), sep="\n")
    for one, change in zip(publics, found, strict=True):
        print(row(one, change))
    print("", *means(found), sep="\n")
    print("\n| band | here | target | low | high |\n|---|---|---|---|---|")
    each = [figures(one) for one in publics]
    for name, band in bands().items():
        values = [f[name] for f in each if name in f]
        if values:
            print(f"| {name} | {np.mean(values):.3f} | {band.target:.3f} | {band.low:.3f} | {band.high:.3f} |")


if __name__ == "__main__":
    main()
