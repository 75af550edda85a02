"""A transcript on disk: one event a line, one writer, appended in whole lines. Knows nothing of who speaks."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from deliberation.errors import DataError, ReplayMismatch, StorageError, TornRecord
from deliberation.records.events import EVENT, Closed, Event
from deliberation.records.files import first_problem, read_lines, whole_lines


def read_events(path: Path) -> Iterator[Event]:
    """The events of a transcript, in order. A torn last line is left out.

    Raises:
        TornRecord: another line is not an event; names file and line.
        DataError: the numbering has a gap.
    """
    expected: int | None = None
    for event in read_lines(path, EVENT.validate_json):
        if expected is not None and event.seq != expected:
            raise DataError(f"{path.name}: event {event.seq} where {expected} should stand")
        expected = event.seq + 1
        yield event


def is_closed(path: Path) -> bool:
    """Whether the sitting on file has come to its end."""
    last: Event | None = None
    if path.exists():
        for last in read_events(path):  # noqa: B007  the last one is wanted
            pass
    return isinstance(last, Closed)


class TranscriptWriter:
    """Appends lines to a transcript. Lines that stand there already must come again, and are not written twice.

    Args:
        path: the file; a torn last line that a crash left is cut off.
        keep: how many whole lines belong to an earlier sitting and are not expected again.
    """

    def __init__(self, path: Path, *, keep: int = 0) -> None:
        self.path = path
        self._standing = [line for _, line in whole_lines(path)][keep:] if path.exists() else []
        self._place = 0
        self._waiting: list[str] = []
        if path.exists():
            self._cut()

    def add(self, lines: Sequence[str]) -> None:
        """Take lines; those not yet on file wait for `flush`.

        Raises:
            ReplayMismatch: a line differs from the one that stands in its place.
            TornRecord: the one that stands there is no event.
        """
        for line in lines:
            if self._place < len(self._standing):
                if self._standing[self._place] != line + "\n":
                    self._whole(self._place)
                    raise ReplayMismatch(
                        f"{self.path.name}: line {self._place + 1} came out otherwise than it stands on file; "
                        "was the run made by another version?"
                    )
            else:
                self._waiting.append(line + "\n")
            self._place += 1

    def flush(self) -> None:
        """Append what waits, in whole lines, in one write.

        Raises:
            StorageError: the disk would not take it.
        """
        if not self._waiting:
            return
        data = "".join(self._waiting).encode()
        before = self.path.stat().st_size if self.path.exists() else 0
        try:
            with self.path.open("ab", buffering=0) as out:
                while data:
                    data = data[out.write(data) :]
        except OSError as error:
            with suppress(OSError):  # half a line must not stand where another flush would go on
                os.truncate(self.path, before)
            raise StorageError(f"{self.path}: {error.strerror or error}") from error
        self._waiting = []

    def _whole(self, place: int) -> None:
        try:
            EVENT.validate_json(self._standing[place])
        except ValidationError as error:
            raise TornRecord(f"{self.path.name} line {place + 1}: {first_problem(error)}") from error

    def _cut(self) -> None:
        whole = sum(len(line.encode()) for _, line in whole_lines(self.path))
        try:
            os.truncate(self.path, whole)
        except OSError as error:
            raise StorageError(f"{self.path}: {error.strerror or error}") from error
