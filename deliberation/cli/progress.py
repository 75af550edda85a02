"""Progress bars on standard error, only on a terminal, and never with anybody's words in them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from deliberation.study.run import silent


@contextmanager
def bars() -> Iterator[Callable[[str, int, int, str], None]]:
    """A callback (stage, done, total, bought) that shows one bar a stage; silent where nobody watches."""
    if not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[bought]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True, markup=False), transient=True) as progress:
        tasks: dict[str, TaskID] = {}

        def show(stage: str, done: int, total: int, bought: str) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(stage, total=total, bought="")
            progress.update(tasks[stage], completed=done, bought=bought)

        yield show
