"""A transcript of people as CSV, JSON or JSONL: speaker, text, time, role, and if wanted table and phase.

Every row becomes one event, in the order of the file, with the words as they stand. A column that is not known is
refused, for what it holds would be lost.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from deliberation.errors import DataError
from deliberation.records.agenda import Source
from deliberation.records.events import Event, Facilitated, Happening, Spoke, Testified
from deliberation.records.files import csv_rows
from deliberation.records.people import Panel
from deliberation.study.imports import Imported, Minutes, Person, question_of

NEEDED, MORE = ("speaker", "text", "time", "role"), ("table", "phase")
"""Columns that must be there, and those that may."""

_ROLES = {
    "member": "member", "participant": "member", "citizen": "member", "juror": "member", "speaker": "member",
    "": "member", "witness": "witness", "expert": "witness", "facilitator": "facilitator", "moderator": "facilitator",
    "clerk": "clerk", "chair": "chair", "assistant": "assistant",
}  # fmt: skip
_KINDS: dict[str, type[Happening]] = {
    "witness": Testified, "facilitator": Facilitated, "chair": Facilitated, "clerk": Facilitated,
}  # fmt: skip


class Row(NamedTuple):
    """One thing said."""

    speaker: str
    text: str
    time: str
    role: str
    table: str
    phase: str


def read_transcript(path: Path, *, question: str | None = None) -> Imported:
    """A transcript from its file, whose ending tells its format.

    Args:
        path: `.csv`, `.json` (a list of objects) or `.jsonl` (one object a line).
        question: what was talked about; by default the file's name.

    Raises:
        DataError: it cannot be read; names the file, the line and what is wrong with it.
    """
    rows = list(_rows(path))
    if not rows:
        raise DataError(f"{path}: nothing was said in it")
    topic = question or path.stem
    source = Source(process="an imported transcript", year=0, title=path.name, url="not stated", licence="not stated")
    members = dict.fromkeys(row.speaker for row in rows if row.role == "member")
    if not members:
        raise DataError(f"{path}: no row has the role member")
    return Imported(
        question=question_of(topic=topic, text=topic, source=source, files=[path]),
        licence="not stated",
        people=[Person(name, {"role": "member"}) for name in members],
        first=lambda minutes: _put(minutes, rows),
        second=_nobody_votes,
        clauses=1,
    )


def rows_of(events: Iterable[Event], panel: Panel) -> list[Row]:
    """An imported assembly's words as rows again, as they were."""
    names = {person.id: person.name for person in panel.members}
    said = [e for e in events if e.at is not None]
    return [
        Row(names.get(e.speaker, e.speaker), e.text, e.at or "", e.role, e.table or "", _phase(e.phase)) for e in said
    ]


def written(rows: Sequence[Row]) -> str:
    """Rows as CSV."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n")
    write.writerow([*NEEDED, *MORE])
    write.writerows(rows)
    return out.getvalue()


def _nobody_votes(_minutes: Minutes) -> None:
    """A transcript holds no votes."""


def _phase(phase: str) -> str:
    return "" if phase == "imported" else phase


def _put(minutes: Minutes, rows: Sequence[Row]) -> None:
    for row in rows:
        kind = _KINDS.get(row.role, Spoke)
        minutes.take(
            kind, speaker=row.speaker, role=row.role, text=row.text, at=row.time, table=row.table or None,
            **({"phase": row.phase} if row.phase else {}),
        )  # fmt: skip


def _rows(path: Path) -> Iterator[Row]:
    readers = {".csv": _from_csv, ".json": _from_json, ".jsonl": _from_lines}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise DataError(f"{path}: a transcript ends in .csv, .json or .jsonl")
    for place, plain in reader(path):
        yield _row(f"{path} {place}", plain)


def _row(at: str, plain: dict[str, Any]) -> Row:
    strange = next((name for name in plain if name not in {*NEEDED, *MORE}), None)
    if strange is not None:
        raise DataError(f"{at}: column {strange!r} is not known (known: {', '.join((*NEEDED, *MORE))})")
    missing = next((name for name in NEEDED if name not in plain), None)
    if missing is not None:
        raise DataError(f"{at}: no {missing!r}")
    wrong = next((name for name, value in plain.items() if not isinstance(value, str)), None)
    if wrong is not None:
        raise DataError(f"{at}: {wrong}={plain[wrong]!r} is no text")
    role = _ROLES.get(plain["role"].strip().lower())
    if role is None:
        raise DataError(f"{at}: role={plain['role']!r} is none of {', '.join(r for r in _ROLES if r)}")
    if not plain["speaker"].strip() or not plain["text"].strip():
        raise DataError(f"{at}: {'speaker' if not plain['speaker'].strip() else 'text'} is empty")
    said = {name: plain.get(name, "").strip() for name in (*NEEDED, *MORE)}
    return Row(**{**said, "role": role})


def _from_csv(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for line, row in csv_rows(path, wanted=NEEDED):
        yield f"line {line}", dict(row)


def _from_lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if line.strip():
            yield f"line {number}", _object(f"{path} line {number}", line)


def _from_json(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        found = json.loads(_text(path))
    except ValueError as error:
        raise DataError(f"{path}: not JSON ({error})") from error
    if not isinstance(found, list):
        raise DataError(f"{path}: not a list of objects")
    for number, plain in enumerate(found, start=1):
        if not isinstance(plain, dict):
            raise DataError(f"{path} entry {number}: {plain!r} is no object")
        yield f"entry {number}", plain


def _object(at: str, line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise DataError(f"{at}: not JSON ({error})") from error
    if not isinstance(found, dict):
        raise DataError(f"{at}: {found!r} is no object")
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        number = path.read_bytes()[: error.start].count(b"\n") + 1
        raise DataError(f"{path} line {number}: not UTF-8") from error
