"""Runs as tidy pandas frames with declared columns, or as Parquet files of the same. Measures nothing.

What columns mean and which of them tell rows apart is declared in `tables`. Rows stand in the order of the runs given,
then of their panels, then of events. What a run lacks, because it was stopped, failed in part or was imported, is
empty. A run's id comes from what was configured, so two copies of one run share theirs.

All functions take run folders (`Runs`) and raise the same:

    RunError      a path holds no run, or a pattern matches none; names it
    SchemaTooNew  a later version of this package wrote a run
    DataError     a file is not what it should be; TornRecord names file and line, a torn last line is passed over
"""

from __future__ import annotations

import gc
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from glob import glob, has_magic
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deliberation.analysis import rows as read
from deliberation.analysis.rows import Row, Run
from deliberation.analysis.tables import (
    BALLOTS,
    CALLS,
    CLAUSES,
    PANELS,
    POLLS,
    RULINGS,
    TURNS,
    WEIGHINGS,
    Column,
    Table,
)
from deliberation.errors import RunError
from deliberation.records.files import write_bytes

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Runs = str | Path | Iterable[str | Path]
"""A run folder; a pattern such as `sweep/*`, of which plain files are passed over; or several of these."""

_BATCH = 10_000


def turns(runs: Runs) -> pd.DataFrame:
    """All that was said in the open, one row an event with words, by `run` and `id`.

    Left out are private acts, and what was told in confidence: to the clerk, to an assistant, to oneself.
    """
    return _frame(_table(TURNS, _opened(runs), read.turns))


def polls(runs: Runs) -> pd.DataFrame:
    """All private ratings of positions, 1 to 7, by `run`, `assembly`, `member`, `poll` and `position`.

    `poll` 0 is the member's first and `last` its last; a poll whose replies stayed unreadable is none.
    """
    return _frame(_table(POLLS, _opened(runs), read.polls))


def weighings(runs: Runs) -> pd.DataFrame:
    """All private ratings of considerations, 1 to 7, by `run`, `assembly`, `member`, `poll` and `consideration`."""
    return _frame(_table(WEIGHINGS, _opened(runs), read.weighings))


def ballots(runs: Runs) -> pd.DataFrame:
    """All ballots that count, by `run` and `id`."""
    return _frame(_table(BALLOTS, _opened(runs), read.ballots))


def clauses(runs: Runs) -> pd.DataFrame:
    """All canonical clauses, and how many sentences they rest on, by `run` and `id`."""
    return _frame(_table(CLAUSES, _opened(runs), read.clauses))


def rulings(runs: Runs) -> pd.DataFrame:
    """All rulings, by `run` and `id`. `low` and `high` are the ends of the credible interval of the mean support."""
    return _frame(_table(RULINGS, _opened(runs), read.rulings))


def panels(runs: Runs) -> pd.DataFrame:
    """All who sit, by `run`, `assembly` and `member`, with `attribute_<name>` for each attribute that any of them has.

    Those who only vote, in the members' place, are not among them.
    """
    return _frame(_seated(_opened(runs)))


def calls(runs: Runs) -> pd.DataFrame:
    """All replies in the journals, by `run` and `key`, ordered by key; what they say is left out."""
    return _frame(_table(CALLS, _opened(runs), read.calls))


def write_frames(runs: Runs, folder: str | Path) -> list[Path]:
    """Write all tables as Parquet, `turns.parquet` and so on; what columns mean stands in the files' schema.

    Args:
        runs: run folders.
        folder: where the files go; made if it is not there, and files of the same names are replaced.

    Returns:
        The files written.

    Raises:
        StorageError: the disk would not take one.
    """
    import pyarrow.parquet as pq

    written = []
    for name, table in _all(_opened(runs)):
        held = io.BytesIO()
        pq.write_table(table, held, compression="zstd")
        written.append(Path(folder) / f"{name}.parquet")
        write_bytes(written[-1], held.getvalue())
    return written


def _all(runs: Sequence[Run]) -> Iterator[tuple[str, pa.Table]]:
    for table, rows in (
        (TURNS, read.turns), (POLLS, read.polls), (WEIGHINGS, read.weighings), (BALLOTS, read.ballots),
        (CLAUSES, read.clauses), (RULINGS, read.rulings), (CALLS, read.calls),
    ):  # fmt: skip
        yield table.name, _table(table, runs, rows)
    yield PANELS.name, _seated(runs)


def _opened(runs: Runs) -> list[Run]:
    several = [runs] if isinstance(runs, str | Path) else runs
    return [read.opened(path) for one in several for path in _paths(one)]


def _paths(one: str | Path) -> list[Path]:
    """The folders that a path or pattern names; a folder whose name looks like a pattern is that folder."""
    if Path(one).exists() or not has_magic(str(one)):
        return [Path(one)]
    matches = sorted(glob(str(one), recursive=True))  # noqa: PTH207  `Path.glob` takes no pattern that starts at the root
    found = [Path(name) for name in matches if Path(name).is_dir()]
    if not found:
        raise RunError(f"{one}: no folder matches")
    return found


def _table(table: Table, runs: Iterable[Run], rows: Callable[[Run], Iterator[Row]]) -> pa.Table:
    return _arrow(table, chain.from_iterable(map(rows, runs)))


def _seated(runs: Sequence[Run]) -> pa.Table:
    seats = [(*seat, run.simulated) for run in runs for seat in read.seats(run)]
    names = sorted({name for _, attributes, _ in seats for name in attributes})
    more = [Column(f"attribute_{name}", "string", f"the attribute `{name}`", null=True) for name in names]
    rows = ((*row, *map(attributes.get, names), simulated) for row, attributes, simulated in seats)
    return _arrow(PANELS.with_columns(*more), rows)


def _arrow(table: Table, rows: Iterable[Row]) -> pa.Table:
    """Rows as an Arrow table. By batches, so that only a few rows at a time are Python objects."""
    import pyarrow as pa

    schema, source, batches = table.schema(), iter(rows), []
    with _uncollected():
        while batch := list(islice(source, _BATCH)):
            columns = zip(*batch, strict=True)
            arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
            batches.append(pa.record_batch(arrays, schema=schema))
    return pa.Table.from_batches(batches, schema=schema)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without searches for cycles, of which rows hold none: they would take nearly half of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _frame(table: pa.Table) -> pd.DataFrame:
    import pandas as pd

    with _uncollected():
        columns = {field.name: _series(table.column(field.name), field) for field in table.schema}
    return pd.DataFrame(columns, copy=False)


def _series(values: pa.ChunkedArray, field: pa.Field) -> pd.Series[Any]:
    """A column. Text is `str`, numbers that may be lacking are `Int64` or `float64`, lists are tuples."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    if pa.types.is_list(field.type):
        whole = values.combine_chunks()
        items, ends = whole.flatten().to_pylist(), np.cumsum(whole.value_lengths().to_numpy(zero_copy_only=False))
        starts = [0, *ends[:-1].tolist()]
        return pd.Series([tuple(items[a:b]) for a, b in zip(starts, ends.tolist(), strict=False)], dtype="object")
    kinds: dict[pa.DataType, Any] = {pa.string(): pd.StringDtype("pyarrow", na_value=np.nan)}
    if field.nullable:
        kinds[pa.int64()] = pd.Int64Dtype()
    series: pd.Series[Any] = values.to_pandas(types_mapper=kinds.get)
    return series
