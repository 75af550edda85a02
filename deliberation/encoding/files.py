"""Rows on disk: Parquet with an explicit schema, the same rows as JSONL beside it, in batches, both whole or not there.

The schema is derived from the record, so that it is written once: a column can be null where its field can.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from deliberation.errors import StorageError
from deliberation.records.base import Record
from deliberation.records.encoding import FailedRow, Provenance
from deliberation.records.files import write_records, write_whole

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_BATCH = 5_000
"""Rows that are in memory at once, and in one row group."""

R = TypeVar("R", bound=Record)


class Tally:
    """What was written: rows by what they rest on, and the rows that failed."""

    def __init__(self) -> None:
        self.rows: dict[str, Counter[str]] = {}
        self.failed: list[FailedRow] = []

    def kept(self, form: str, rows: Iterable[R | FailedRow]) -> Iterator[R]:
        """The rows, counted; those that failed are put aside."""
        counts = self.rows.setdefault(form, Counter())
        for row in rows:
            if isinstance(row, FailedRow):
                self.failed.append(row)
            else:
                common = getattr(row, "metadata", row)
                counts[getattr(common, "basis", "")] += 1
                yield row


def write_rows(folder: Path, name: str, rows: Iterable[R], kind: type[R]) -> None:
    """Write rows as `name.parquet` and `name.jsonl`. No rows make files without rows, never no files.

    Raises:
        StorageError: the disk would not take them.
    """
    with _parquet(folder / f"{name}.parquet", schema_of(kind)) as writer:
        write_records(folder / f"{name}.jsonl", _through(writer, rows))


def _through(writer: pq.ParquetWriter, rows: Iterable[R]) -> Iterator[R]:
    import pyarrow as pa

    source = iter(rows)
    while batch := list(islice(source, _BATCH)):
        writer.write_table(pa.Table.from_pylist([row.model_dump() for row in batch], schema=writer.schema))
        yield from batch


@contextmanager
def _parquet(path: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    import pyarrow.parquet as pq

    draft = path.with_name(f".{path.name}.draft")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as out:
            with pq.ParquetWriter(out, schema, compression="zstd") as writer:
                yield writer
            out.flush()
            os.fsync(out.fileno())
        draft.replace(path)
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror or error}") from error
    finally:
        draft.unlink(missing_ok=True)


def schema_of(kind: type[Record]) -> pa.Schema:
    """The Arrow schema of a kind of row, its own fields first and the provenance after them."""
    import pyarrow as pa

    own = [name for name in kind.model_fields if name not in Provenance.model_fields]
    common = [name for name in kind.model_fields if name in Provenance.model_fields]
    hints = get_type_hints(kind, include_extras=True)
    return pa.schema([_field(name, hints[name]) for name in (*own, *common)])


def _field(name: str, hint: Any) -> pa.Field:
    import pyarrow as pa

    kind, nullable = _without_null(hint)
    return pa.field(name, _type(kind), nullable=nullable)


def _without_null(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) in {Union, UnionType}:
        [kind] = [part for part in get_args(hint) if part is not NoneType]
        return kind, True
    return hint, False


def _type(kind: Any) -> pa.DataType:
    import pyarrow as pa

    if get_origin(kind) is Annotated:
        return _type(get_args(kind)[0])
    if get_origin(kind) is Literal:
        return _type(type(get_args(kind)[0]))
    if get_origin(kind) is tuple:
        return pa.list_(_field("element", get_args(kind)[0]))
    if issubclass(kind, Record):
        hints = get_type_hints(kind, include_extras=True)
        return pa.struct([_field(name, hints[name]) for name in kind.model_fields])
    return {str: pa.string(), bool: pa.bool_(), int: pa.int64(), float: pa.float64()}[kind]


def write_json(path: Path, plain: object) -> None:
    """Write a JSON file to be read by people too."""
    write_whole(path, json.dumps(plain, indent=2, ensure_ascii=False) + "\n")
