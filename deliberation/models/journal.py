"""Every reply, kept before it is used: SQLite in WAL mode. Stores replies, not requests; never forgets, never guesses.

A key that is already there is refused, so a completed call cannot be made twice unseen. Times live here and in the
manifest's circumstances, nowhere else.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from deliberation.errors import DataError, StorageError
from deliberation.models.requests import Reply
from deliberation.records.manifest import Usage

_TABLES = """
create table if not exists replies (
  key text primary key, text text not null, input_tokens integer not null, output_tokens integer not null,
  answerer text not null, received real not null
) without rowid;
create table if not exists meta (name text primary key, value text not null) without rowid;
"""


_BEGUN = "calls begun"


class Journal:
    """The replies of one run.

    Args:
        path: the file, made if it is not there.
        durable: wait for the disk at every commit. A killed process loses nothing either way; a power cut may lose the
            last commits where it is False.

    Raises:
        StorageError: the file cannot be made or opened.
        DataError: the file is no journal.
    """

    def __init__(self, path: Path, *, durable: bool) -> None:
        self.path = path
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._db.execute("pragma journal_mode=wal")
            self._db.execute(f"pragma synchronous={'full' if durable else 'normal'}")
            self._db.executescript(_TABLES)
            self._known = self._count() > 0
        except sqlite3.OperationalError as error:
            raise StorageError(f"{path}: {error}") from error
        except sqlite3.DatabaseError as error:
            raise DataError(f"{path}: not a journal ({error})") from error

    def recall(self, keys: Sequence[str]) -> dict[str, Reply]:
        """The replies kept under these keys, where there are any."""
        if not self._known:  # a journal that was empty when opened holds only this session's keys, each asked once
            return {}
        slots = ",".join("?" * len(keys))
        rows = self._db.execute(f"select * from replies where key in ({slots})", keys)  # noqa: S608  slots are `?`
        return {key: Reply(text, key, given, taken, who.rsplit("/", 1)[0]) for key, text, given, taken, who, _ in rows}

    def keep(self, replies: Iterable[Reply], answerer: str) -> None:
        """Commit replies in one transaction, before anyone uses them.

        Raises:
            StorageError: the disk would not take them, or a reply to the same call is there already.
        """
        now = time.time()
        rows = [(r.call, r.text, r.input_tokens, r.output_tokens, answerer, now) for r in replies]
        try:
            self._db.execute("begin")
            self._db.executemany("insert into replies values (?, ?, ?, ?, ?, ?)", rows)
            self._db.execute("commit")
        except sqlite3.Error as error:
            self._undo()
            raise StorageError(f"{self.path}: {error}") from error

    def begin(self, calls: int) -> None:
        """Note that calls are about to be made, so that those lost in flight can be counted.

        Raises:
            StorageError: the disk would not take it; nothing has been asked.
        """
        self.note(_BEGUN, str(int(self.noted(_BEGUN) or 0) + calls))

    def lost(self) -> int:
        """Calls begun whose reply never arrived here. Meaningful while none is in flight."""
        return max(0, int(self.noted(_BEGUN) or 0) - self._count())

    def usage(self) -> Usage:
        """Calls and tokens bought over the whole life of the run, and calls lost in flight."""
        row = self._db.execute(
            "select count(*), coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0) from replies"
        ).fetchone()
        return Usage(calls=row[0], lost=self.lost(), input_tokens=row[1], output_tokens=row[2])

    def note(self, name: str, value: str) -> None:
        """Remember a fact about the run, such as its configuration at the start."""
        try:
            self._db.execute("insert or replace into meta values (?, ?)", (name, value))
        except sqlite3.Error as error:
            raise StorageError(f"{self.path}: {error}") from error

    def noted(self, name: str) -> str | None:
        """A fact remembered by `note`."""
        row = self._db.execute("select value from meta where name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _count(self) -> int:
        return int(self._db.execute("select count(*) from replies").fetchone()[0])

    def _undo(self) -> None:
        if self._db.in_transaction:
            self._db.execute("rollback")
