"""Every reply, kept before it is used: SQLite in WAL mode. Stores replies, not requests; never forgets, never guesses.

A key that is already there is refused, so a completed call cannot be made twice unseen. Times live here and in the
manifest's circumstances, nowhere else.
"""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from deliberation.errors import DataError, StorageError, UnreadableReply
from deliberation.models.requests import Identity, Reply, Request
from deliberation.records.manifest import Usage
from deliberation.settings import Tokens

_COLUMNS = {
    "key": "text primary key",
    "text": "text not null",
    "input_tokens": "integer not null",
    "output_tokens": "integer not null",
    "answerer": "text not null",
    "received": "real not null",
    "cached_tokens": "integer not null default 0",
    "written_tokens": "integer not null default 0",
    "reasoning_tokens": "integer not null default 0",
    "raw": "text",
    "parsed": "text",
    "model": "text not null default ''",
    "stop": "text not null default ''",
    "seconds": "real not null default 0",
    "bulk": "integer not null default 0",
}
_TABLES = f"""
create table if not exists replies ({", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())}) without rowid;
create table if not exists meta (name text primary key, value text not null) without rowid;
create table if not exists batches (
  tag text primary key, answerer text not null, keys text not null, intended real not null, id text not null,
  done integer not null default 0
) without rowid;
"""
_INSERT = f"insert into replies ({', '.join(_COLUMNS)}) values ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608  names of ours
_TAKEN = "sum(input_tokens), sum(cached_tokens), sum(written_tokens), sum(output_tokens), sum(reasoning_tokens)"
_BACK = "key, text, input_tokens, cached_tokens, written_tokens, output_tokens, reasoning_tokens, answerer, model, stop"


class Kept(NamedTuple):
    """A reply to be kept, the identity of who gave it, and its parsed record as JSON, where it could be read."""

    reply: Reply
    answerer: str
    parsed: str | None = None


class OpenBatch(NamedTuple):
    """A batch that was, or was about to be, handed to a provider, and whose answers have not all been taken in.

    `id` is empty until the provider has given one; `intended`: when it was to be handed in, seconds since 1970.
    """

    tag: str
    id: str
    keys: tuple[str, ...]
    intended: float


def kept_as(reply: Reply, request: Request, identity: Identity) -> Kept:
    """A reply as it is kept: with its parsed record, where somebody paid for it and it can be read."""
    parsed: str | None = None
    if identity.paid:
        with suppress(UnreadableReply):
            parsed = request.task.read(reply.text).model_dump_json()
    return Kept(reply, f"{reply.origin}/{identity.version}", parsed)


class Taken(NamedTuple):
    """What replies took in all, by who answered, as which model it was reported, and how it was delivered."""

    origin: str
    model: str
    bulk: bool
    calls: int
    tokens: Tokens


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
            self._widen()
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
        rows = self._db.execute(f"select {_BACK} from replies where key in ({slots})", keys)  # noqa: S608  slots are `?`
        return {
            key: Reply(text, key, Tokens(*taken), who.rsplit("/", 1)[0], model=model, stop=stop)
            for key, text, *taken, who, model, stop in rows
        }

    def holds(self, keys: Sequence[str]) -> bool:
        """Whether there is a reply under every one of these keys."""
        known = "select count(*) from replies where key = ?"
        return all(self._db.execute(known, (key,)).fetchone()[0] for key in keys)

    def keep(self, replies: Iterable[Kept]) -> None:
        """Commit replies in one transaction, before anyone uses them.

        Raises:
            StorageError: the disk would not take them, or a reply to the same call is there already.
        """
        now = time.time()
        rows = [
            (
                r.call, r.text, r.tokens.input, r.tokens.output, answerer, now, r.tokens.cached, r.tokens.written,
                r.tokens.reasoning, r.raw, parsed, r.model, r.stop, round(r.seconds, 4), r.bulk,
            )
            for r, answerer, parsed in replies
        ]  # fmt: skip
        try:
            self._db.execute("begin")
            self._db.executemany(_INSERT, rows)
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
        taken = self.taken()
        total = Tokens.total(one.tokens for one in taken)
        reported: Counter[str] = Counter()
        for one in taken:
            if one.model:
                reported[f"{one.origin} as {one.model}"] += one.calls
        return Usage(
            calls=sum(one.calls for one in taken),
            lost=self.lost(),
            input_tokens=total.input,
            cached_tokens=total.cached,
            written_tokens=total.written,
            output_tokens=total.output,
            reasoning_tokens=total.reasoning,
            reported=dict(sorted(reported.items())),
            stops=dict(
                self._db.execute("select stop, count(*) from replies where stop <> '' group by stop order by stop")
            ),
        )

    def taken(self) -> list[Taken]:
        """What has been bought, by who answered, as which model, and how it was delivered."""
        by = "answerer, model, bulk"
        rows = self._db.execute(f"select {by}, count(*), {_TAKEN} from replies group by {by}, input_tokens > 0")  # noqa: S608  our names
        return [
            Taken(who.rsplit("/", 1)[0], model, bool(bulk), calls, Tokens(*tokens))
            for who, model, bulk, calls, *tokens in rows
        ]

    def note(self, name: str, value: str) -> None:
        """Remember a fact about the run, such as its configuration at the start."""
        self._do("insert or replace into meta values (?, ?)", (name, value))

    def noted(self, name: str) -> str | None:
        """A fact remembered by `note`."""
        row = self._db.execute("select value from meta where name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def intend(self, tag: str, answerer: str, keys: Iterable[str]) -> OpenBatch:
        """Note that a batch of calls is about to be handed in.

        Raises:
            StorageError: the disk would not take it; nothing has been handed in.
        """
        batch = OpenBatch(tag, "", tuple(keys), time.time())
        self._do(
            "insert into batches values (?, ?, ?, ?, '', 0)", (tag, answerer, " ".join(batch.keys), batch.intended)
        )
        return batch

    def handed_in(self, batch: OpenBatch, id_: str) -> OpenBatch:
        """Note the id that a provider gave a batch; its calls are begun from now on."""
        self._do("update batches set id = ? where tag = ?", (id_, batch.tag))
        self.begin(len(batch.keys))
        return batch._replace(id=id_)

    def taken_in(self, batch: OpenBatch) -> None:
        """All answers of a batch are kept, or it was never handed in."""
        self._do("update batches set done = 1 where tag = ?", (batch.tag,))

    def batch_ids(self) -> set[str]:
        """The ids of all batches that were ever handed in."""
        return {row[0] for row in self._db.execute("select id from batches where id <> ''")}

    def open_batches(self, answerer: str | None = None) -> list[OpenBatch]:
        """The batches, of one answerer or of all, whose answers have not all been taken in."""
        rows = self._db.execute(
            "select tag, id, keys, intended from batches "
            "where done = 0 and (? is null or answerer = ?) order by intended",
            (answerer, answerer),
        )
        return [OpenBatch(tag, id_, tuple(keys.split()), at) for tag, id_, keys, at in rows]

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _count(self) -> int:
        return int(self._db.execute("select count(*) from replies").fetchone()[0])

    def _do(self, statement: str, values: tuple[object, ...]) -> None:
        try:
            self._db.execute(statement, values)
        except sqlite3.Error as error:
            raise StorageError(f"{self.path}: {error}") from error

    def _widen(self) -> None:
        """Add the columns that a journal of an earlier version lacks."""
        there = {row[1] for row in self._db.execute("pragma table_info(replies)")}
        for name in (n for n in _COLUMNS if n not in there):
            self._db.execute(f"alter table replies add column {name} {_COLUMNS[name]}")

    def _undo(self) -> None:
        if self._db.in_transaction:
            self._db.execute("rollback")
