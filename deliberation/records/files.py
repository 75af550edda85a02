"""How records lie on disk: written whole and renamed into place, read line by line.

A reader accepts a torn last line, which a crash can leave, and nothing else. Knows no particular record.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO, TypeVar

from pydantic import ValidationError

from deliberation.errors import DataError, StorageError, TornRecord
from deliberation.records.base import Record

R = TypeVar("R")
M = TypeVar("M", bound=Record)


def first_problem(error: ValidationError) -> str:
    """The first thing that is wrong, in one line, with the offending value."""
    problem = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in problem["loc"])
    message = problem["msg"].removeprefix("Value error, ")
    given = problem["input"]
    shown = "" if isinstance(given, dict | list) else f" (got {given!r})"
    return " ".join(f"{place}: {message}{shown}".removeprefix(": ").split())


def write_whole(path: Path, text: str) -> None:
    """Write a file so that no reader ever sees half of it.

    Raises:
        StorageError: the disk would not take it; what was there before is untouched.
    """
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """As `write_whole`, for bytes."""
    _write_parts(path, (data,))


def write_records(path: Path, records: Iterable[Record]) -> None:
    """Write records one a line, whole; they are taken one at a time, so many fit."""
    _write_parts(path, (f"{record.line()}\n".encode() for record in records))


def _write_parts(path: Path, parts: Iterable[bytes]) -> None:
    draft = path.with_name(f".{path.name}.draft")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as out:
            for part in parts:
                out.write(part)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise StorageError(f"{path}: {error.strerror or error}") from error


def whole_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Number and text of each whole line. A last line without its newline is torn: it is left out.

    Raises:
        DataError: the file cannot be read, or is not UTF-8.
    """
    try:
        with path.open("rb") as source:
            for number, raw in enumerate(source, start=1):
                if not raw.endswith(b"\n"):
                    return
                yield number, raw.decode()
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 at byte {error.start}") from error


def read_lines(path: Path, parse: Callable[[str], R]) -> Iterator[R]:
    """Read records one a line.

    Raises:
        TornRecord: a line other than a torn last one is not a record; names file, line and problem.
    """
    for number, line in whole_lines(path):
        try:
            yield parse(line)
        except ValidationError as error:
            raise TornRecord(f"{path.name} line {number}: {first_problem(error)}") from error


def read_records(path: Path, kind: type[M]) -> Iterator[M]:
    """Read records of one kind; a file that is not there has none."""
    if path.exists():
        yield from read_lines(path, kind.model_validate_json)


def csv_rows(path: Path, *, wanted: Iterable[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of a CSV file with a header, each with the number of its line.

    Args:
        path: the file, in UTF-8, with or without a byte order mark.
        wanted: columns that must be there.

    Raises:
        DataError: it cannot be read, is not UTF-8, lacks a column, or a row has more or fewer fields than the header;
            names the line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as source:
            yield from _rows(path, source, wanted)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} line {_bad_line(path)}: not UTF-8") from error


def _rows(path: Path, source: TextIO, wanted: Iterable[str]) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(source, strict=True)
    try:
        header = next(reader, None)
        _check_header(path, header, wanted)
        for row in filter(None, reader):
            if len(row) != len(header or ()):
                raise DataError(f"{path} line {reader.line_num}: {len(row)} fields, not {len(header or ())}")
            yield reader.line_num, dict(zip(header or (), row, strict=True))
    except csv.Error as error:
        raise DataError(f"{path} line {reader.line_num}: {error}") from error


def _check_header(path: Path, header: list[str] | None, wanted: Iterable[str]) -> None:
    if not header:
        raise DataError(f"{path}: empty, or without a header")
    for column in wanted:
        if column not in header:
            raise DataError(f"{path} line 1: no column {column!r} (there are: {', '.join(header)[:200]})")
    twice = next((c for c in header if header.count(c) > 1), None)
    if twice is not None:
        raise DataError(f"{path} line 1: two columns are named {twice!r}")


def _bad_line(path: Path) -> int:
    """The first line that is not UTF-8; a decoder counts from the start of its own block only."""
    for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
        try:
            line.decode()
        except UnicodeDecodeError:
            return number
    return 1


def read_json(path: Path) -> Any:
    """A JSON file.

    Raises:
        DataError: it cannot be read or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error
    except ValueError as error:
        raise DataError(f"{path}: not JSON ({error})") from error


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
