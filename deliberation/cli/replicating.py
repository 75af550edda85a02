"""`deliberate replicate`: how far runs of one question agree. Markup is off: models may have written the words."""

from __future__ import annotations

import csv as csv_
import sys
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

from deliberation.analysis.comparison import opened
from deliberation.analysis.replicates import Component, Factor, Figure, Repeated, Replicates, replicates
from deliberation.errors import StorageError
from deliberation.study import stored_settings

_NOTE = (
    "Flips: share of pairs of runs that ruled otherwise on the clause. Alpha: 1 is agreement, 0 what chance would "
    "give, runs being the raters.\nICC(2,1): share of the variance of support in a single run that is the clauses'. A "
    "factor's variance is what it adds to all clauses alike; what it\ndoes to one clause and not to another is in the "
    "residual. An estimate below 0 is shown as 0. From few clauses, runs or levels all are rough."
)
_FEW = 3
"""So many settings that differ are named; of more, how many."""


def replicate(paths: list[Path], *, csv: Path | None, json: bool) -> int:
    """Hold runs against one another, print what was found, and write the rows where wanted."""
    runs = [path for path in paths if not (path.is_file() and path.name == "multirun.yaml")]  # beside a sweep's runs
    found = replicates(opened(runs, [stored_settings(path) for path in runs]))
    if csv is not None:
        write(found, csv)
    if json:
        sys.stdout.write(found.model_dump_json(indent=2) + "\n")
        return 0
    show(found)
    if csv is not None:
        sys.stdout.write(f"Written  {csv}\n")
    return 0


def show(found: Replicates) -> None:
    """Print what differs among the runs, each clause that several ruled on, and how far they agree."""
    console = Console(markup=False, highlight=False, emoji=False, width=None if sys.stdout.isatty() else 150)
    if all(run.simulated for run in found.runs):
        console.print("SIMULATED: no person took part; this is not the opinion of any public.\n")
    console.print(f"Asked    {' '.join(found.text.split())}")
    console.print(f"Runs     {len(found.runs)}: {', '.join(run.name for run in found.runs)}")
    console.print(f"Differ   {_differ(found)}")
    console.print(f"Clauses  {_matched(found)}\n")
    if found.clauses:
        console.print(_clauses(found.clauses))
        console.print()
    console.print(_figures(found))
    console.print(f"\n{_NOTE}", soft_wrap=True)


def write(found: Replicates, path: Path) -> None:
    """Write a row for each clause and run that ruled on it.

    Raises:
        StorageError: the disk would not take them.
    """
    rows = [
        {
            "question": found.question, "simulated": run.simulated, "clause": clause.clause, "text": clause.text,
            "name": run.name, "run": run.run, **{factor.name: factor.levels[place] for factor in found.factors},
            "status": clause.statuses[place], "support": clause.supports[place], "mean": clause.mean,
            "spread": clause.spread, "flips": clause.flips,
        }
        for clause in found.clauses
        for place, run in enumerate(found.runs)
        if clause.statuses[place] is not None
    ]  # fmt: skip
    columns = ["question", "simulated", "clause", "text", "name", "run", *(factor.name for factor in found.factors)]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as out:
            table = csv_.DictWriter(
                out, [*columns, "status", "support", "mean", "spread", "flips"], lineterminator="\n"
            )
            table.writeheader()
            table.writerows(rows)
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror or error}") from error


def _matched(found: Replicates) -> str:
    in_all = f", {found.everywhere} of them in all" if len(found.runs) > 2 else ""
    return f"{len(found.clauses)} in two runs or more{in_all}; {found.once} in one run alone, which enter no figure"


def _differ(found: Replicates) -> str:
    varied = [factor for factor in found.factors if factor.settings]
    told = [_told(factor) for factor in varied]
    if found.besides:
        told.append(f"besides: {', '.join(found.besides)}")
    same = ", ".join(factor.name for factor in found.factors if not factor.settings)
    return "; ".join(told or ["nothing: the same study, carried out again"]) + (f" (the same: {same})" if same else "")


def _told(factor: Factor) -> str:
    """Its levels, and what differs where that is more than their names say."""
    levels = ", ".join(f"{level} x{n}" if n > 1 else level for level, n in Counter(factor.levels).items())
    many = len(factor.settings)
    within = ", ".join(factor.settings) if many <= _FEW else f"{many} settings"
    return f"{factor.name} {levels}" + ("" if factor.settings in {("seed",), ("orders",)} else f" [{within}]")


def _clauses(clauses: tuple[Repeated, ...]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Runs", justify="right")
    table.add_column("Ruled", no_wrap=True)
    table.add_column("Support", justify="right", no_wrap=True)
    table.add_column("Flips", justify="right")
    table.add_column("Clause")
    for clause in clauses:
        counts = Counter(status for status in clause.statuses if status is not None)
        table.add_row(
            str(counts.total()),
            ", ".join(f"{status.replace('_', ' ')} {n}" for status, n in counts.most_common()),
            _spread(clause),
            f"{clause.flips:.2f}",
            clause.text,
        )
    return table


def _spread(clause: Repeated) -> str:
    if clause.mean is None:
        return "-"
    return f"{clause.mean:.2f}" + (f" ±{clause.spread:.2f}" if clause.spread is not None else "")


def _figures(found: Replicates) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Agreement")
    table.add_column("Value", justify="right")
    table.add_column("From")
    for name, figure in (
        ("Mean flip rate", found.flips),
        ("Alpha of rulings (nominal)", found.alpha_status),
        ("Alpha of support (interval)", found.alpha_support),
        ("ICC(2,1) of support", found.icc),
    ):
        table.add_row(name, *_figure(figure))
    for component in found.components:
        table.add_row(f"Variance of support: {component.name}", *_component(component))
    return table


def _figure(figure: Figure) -> tuple[str, str]:
    clauses = f"{figure.clauses} clause{'' if figure.clauses == 1 else 's'}"
    return ("-" if figure.value is None else f"{figure.value:.2f}", figure.why or clauses)


def _component(component: Component) -> tuple[str, str]:
    if component.variance is None:
        return "-", "too few values, or it cannot be told from the others"
    share = "" if component.share is None else f"{component.share:.0%} of all, "
    what = "values" if component.name == "residual" else "levels"
    return f"{component.variance:.4f}", f"{share}{component.levels} {what}"
