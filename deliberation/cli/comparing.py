"""`deliberate compare`: processes on one question, side by side. Markup is off: models may have written the words."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from deliberation.analysis.comparison import Comparison, Opinion, Process, Said, Stand
from deliberation.errors import StorageError

_COLUMNS = (
    "question", "process", "run", "simulated", "position", "adopted_for", "adopted_against", "ruled_for",
    "ruled_against", "first_poll", "first_error", "last_poll", "last_error", "w0", "w1", "w2", "people", "calls",
    "tokens", "usd", "seconds",
)  # fmt: skip
_FIGURE, _TABLE = "comparison.png", "comparison.csv"


_NOTE = (
    "Ruled: clauses of each process that bear on the position, as adopted+contested+rejected (no ruling left out), and "
    "the range of their support.\nPolls: mean rating from 0 to 1, with its standard error. W0, W1, W2: the synthetic "
    "public's planted will before, after this procedure,\nand at full consideration. Clauses differ in wording and "
    "scope: these are tallies, not votes on one text."
)


def show(found: Comparison) -> None:
    """Print what each process came to, what it cost, and where it stands on each position."""
    console = Console(markup=False, highlight=False, emoji=False, width=None if sys.stdout.isatty() else 150)
    if all(process.simulated for process in found.processes):
        console.print("SIMULATED: no person took part; this is not the opinion of any public.\n")
    console.print(f"Asked    {' '.join(found.text.split())}\n")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("Position", "Process", "Ruled for", "Ruled against", "First poll", "Last poll", "W0", "W1", "W2"):
        table.add_column(name, justify="left" if name in {"Position", "Process"} else "right")
    for name in ("People", "Calls", "Tokens", "Cost"):
        table.add_column(name, justify="right")
    if not found.processes[0].stands:  # imported questions have no positions
        for process in found.processes:
            table.add_row("", process.name, *["-"] * 7, *_costs(process))
    for place, first in enumerate(found.processes[0].stands):
        for number, process in enumerate(found.processes):
            table.add_row("" if number else first.label, *_row(process, process.stands[place], costs=place == 0))
        table.add_section()
    console.print(table)
    console.print(f"\n{_NOTE}", soft_wrap=True)
    stray = {p.name: p.elsewhere for p in found.processes if p.elsewhere}
    if stray:
        told = ", ".join(f"{n} of {name}" for name, n in stray.items())
        console.print(f"Under no position, for their drafters gave them no meaning or not the same: {told}.")


def write(found: Comparison, folder: Path) -> list[Path]:
    """Write the table as CSV, and the figure as PNG where there are positions to show.

    Raises:
        StorageError: the disk would not take them.
    """
    from deliberation.analysis.plots import comparison_figure

    paths = [folder / _TABLE, folder / _FIGURE]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with paths[0].open("w", newline="", encoding="utf-8") as out:
            rows = csv.DictWriter(out, _COLUMNS, lineterminator="\n")
            rows.writeheader()
            rows.writerows(_flat(found))
        if not found.processes[0].stands:
            return paths[:1]
        comparison_figure(found).savefig(paths[1], dpi=200)
    except OSError as error:
        raise StorageError(f"{folder}: {error.strerror or error}") from error
    return paths


def _row(process: Process, stand: Stand, *, costs: bool) -> list[str]:
    will = stand.will
    shares = [will.raw, will.considered, will.full] if will else [None] * 3
    spent = _costs(process) if costs else [""] * 4
    return [
        process.name,
        _ruled([said for said in stand.rulings if said.for_it]),
        _ruled([said for said in stand.rulings if not said.for_it]),
        _told(stand.first),
        _told(stand.last),
        *("-" if share is None else f"{share:.2f}" for share in shares),
        *spent,
    ]


def _costs(process: Process) -> list[str]:
    money = "unknown" if process.usd is None else f"{process.usd:.2f} USD"
    return [f"{process.people:,}", f"{process.calls:,}", f"{process.tokens:,}", money]


def _ruled(rulings: list[Said]) -> str:
    if not rulings:
        return "-"
    counts = [sum(said.status == status for said in rulings) for status in ("adopted", "contested", "rejected")]
    supports = [said.support for said in rulings if said.support is not None]
    range_ = f" ({min(supports):.2f}-{max(supports):.2f})" if supports else ""
    return "+".join(map(str, counts)) + range_


def _told(opinion: Opinion | None) -> str:
    if opinion is None:
        return "-"
    return f"{opinion.mean:.2f}" + (f" ±{opinion.error:.2f}" if opinion.error is not None else "")


def _flat(found: Comparison) -> list[dict[str, object]]:
    """One row a process and position."""
    rows: list[dict[str, object]] = []
    for process in found.processes:
        for stand in process.stands:
            will, first, last = stand.will, stand.first, stand.last
            for_it = [said for said in stand.rulings if said.for_it]
            against = [said for said in stand.rulings if not said.for_it]
            rows.append(
                {
                    "question": found.question, "process": process.name, "run": process.run,
                    "simulated": process.simulated, "position": stand.position,
                    "adopted_for": sum(s.status == "adopted" for s in for_it),
                    "adopted_against": sum(s.status == "adopted" for s in against),
                    "ruled_for": len(for_it), "ruled_against": len(against),
                    "first_poll": first.mean if first else None, "first_error": first.error if first else None,
                    "last_poll": last.mean if last else None, "last_error": last.error if last else None,
                    "w0": will.raw if will else None, "w1": will.considered if will else None,
                    "w2": will.full if will else None, "people": process.people, "calls": process.calls,
                    "tokens": process.tokens, "usd": process.usd, "seconds": process.seconds,
                }
            )  # fmt: skip
    return rows
