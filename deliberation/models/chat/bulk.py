"""One chat model asked by batches: hands them in, waits, takes the answers in. Knows no assembly and no provider.

A batch is noted before it is handed in and until its answers are kept, so that a run killed at any moment, and carried
on days later, finds it again and pays for nothing twice.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import NamedTuple, TypeVar

from pydantic import SecretStr

from deliberation.errors import AnswererError
from deliberation.models.chat.batches import Endpoint, Fallen
from deliberation.models.chat.retrying import kept_at
from deliberation.models.chat.sent import Sent, unwrapped
from deliberation.models.journal import Journal, OpenBatch
from deliberation.models.requests import Identity, Reply
from deliberation.records.base import short_hash
from deliberation.settings import Chat

T = TypeVar("T")

_MOST_CALLS = 20_000
_MOST_BYTES = 100_000_000
"""Below the published limits of both providers, 50,000 calls or 200 MB and 100,000 or 256 MB."""


class Missed(NamedTuple):
    """A call that no batch answered, and why."""

    told: str


class BulkChat:
    """One chat model, asked by batches.

    Args:
        endpoint: opens the provider's batches; called once in each event loop.
        settings: how it is asked.
        journal: where batches are noted. Answers are kept by whoever asked.
        who: whose batches these are in the journal; what stands before every error is its name.
        secret: the key, which no message may hold.
    """

    def __init__(
        self, endpoint: Callable[[], Endpoint], settings: Chat, journal: Journal, *, who: Identity,
        secret: SecretStr | None = None,
    ) -> None:  # fmt: skip
        self._connect, self._settings, self._journal, self._name = endpoint, settings, journal, who.name
        self._who = f"{who}#{settings.key}"
        self._secret = secret
        self._opened: Endpoint | None = None
        self._fallen: dict[str, set[str]] = {}
        """Batches whose answers have been read in this session, and what they did not answer."""

    async def wave(self, calls: Mapping[str, Sent]) -> AsyncIterator[tuple[str, Reply | Missed]]:
        """The answers to all calls, by key, as their batches end. `settle` once they are kept.

        Raises:
            AnswererError: the provider takes no batch; what was handed in stands, and is taken in by the next call.
        """
        waiting = dict(calls)
        tried = 0
        while waiting:
            batches = await self._handed_in(waiting)
            fallen: dict[str, Fallen] = {}
            async for key, answer in self._answers(batches):
                if isinstance(answer, Fallen):
                    fallen[key] = answer
                elif key in waiting:
                    yield key, unwrapped(answer, waiting.pop(key))
            for batch in batches:
                self._fallen[batch.tag] = {*fallen, *waiting}
            self._journal.begin(-len(waiting))  # what a batch does not answer is not charged for
            tried += 1
            for key in list(waiting):
                why = fallen.get(key, Fallen("the batch holds no answer to it", passes=True))
                if not why.passes or tried > self._settings.retries:
                    waiting.pop(key)
                    yield key, Missed(f"{self._name}: {why.told}")

    def settle(self) -> None:
        """Be done with the batches of which every answer is kept by now, or did not come."""
        for batch in self._journal.open_batches(self._who):
            others = [key for key in batch.keys if key not in self._fallen.get(batch.tag, ())]
            if batch.id and self._journal.holds(others):
                self._journal.taken_in(batch)

    async def aclose(self) -> None:
        """The event loop is about to end."""
        if self._opened is not None:
            closing, self._opened = self._opened, None
            await closing.aclose()

    @property
    def _endpoint(self) -> Endpoint:
        if self._opened is None:
            self._opened = self._connect()
        return self._opened

    async def _handed_in(self, calls: Mapping[str, Sent]) -> list[OpenBatch]:
        """The batches that the calls are in: those found open, and new ones for the others. No other is touched."""
        there = (b for b in self._journal.open_batches(self._who) if b.tag not in self._fallen)
        ours = [b for b in there if not calls.keys().isdisjoint(b.keys)]
        found = [await self._found(batch) for batch in ours]
        batches = [batch for batch in found if batch is not None]
        taken = {key for batch in batches for key in batch.keys}
        rest = {key: sent for key, sent in calls.items() if key not in taken}
        return [*batches, *[await self._new(chunk) for chunk in _chunks(rest)]]

    async def _found(self, batch: OpenBatch) -> OpenBatch | None:
        """An open batch; one that was not handed in after all is forgotten."""
        if batch.id:
            return batch
        id_ = await self._kept_at(lambda: self._endpoint.find(batch, self._journal.batch_ids()))
        if id_ is None:
            self._journal.taken_in(batch)
            return None
        return self._journal.handed_in(batch, id_)

    async def _new(self, calls: Mapping[str, Sent]) -> OpenBatch:
        tag = short_hash(*sorted(calls), time.time_ns())  # the same calls may have been in a batch before
        batch = self._journal.intend(tag, self._who, calls)

        tried = False

        async def submit() -> str:
            nonlocal tried
            # after a failure it is not known whether it was handed in
            there, tried = (await self._endpoint.find(batch, self._journal.batch_ids()) if tried else None), True
            return there or await self._endpoint.submit(tag, calls)

        return self._journal.handed_in(batch, await self._kept_at(submit))

    async def _answers(self, batches: Iterable[OpenBatch]) -> AsyncIterator[tuple[str, Reply | Fallen]]:
        for batch in batches:
            while not await self._kept_at(partial(self._endpoint.ended, batch.id)):  # noqa: ASYNC110  only it knows
                await asyncio.sleep(self._settings.poll)
            for key, answer in await self._kept_at(partial(_all, self._endpoint, batch.id)):
                if isinstance(answer, Reply):
                    yield key, answer._replace(bulk=True)
                elif key:
                    yield key, answer
                else:  # the batch as a whole
                    self._journal.taken_in(batch)
                    self._journal.begin(-len(batch.keys))
                    raise AnswererError(f"{self._name}: {answer.told}")

    async def _kept_at(self, call: Callable[[], Awaitable[T]]) -> T:
        return await kept_at(
            lambda _pause: call(), retries=self._settings.retries, name=self._name, secret=self._secret
        )


async def _all(endpoint: Endpoint, id_: str) -> list[tuple[str, Reply | Fallen]]:
    return [one async for one in endpoint.answers(id_)]


def _chunks(calls: Mapping[str, Sent]) -> Iterable[dict[str, Sent]]:
    chunk: dict[str, Sent] = {}
    size = 0
    for key, sent in calls.items():
        length = 2 * len(sent.text.encode()) + 4096  # escaped as JSON, with its schema
        if chunk and (len(chunk) == _MOST_CALLS or size + length > _MOST_BYTES):
            yield chunk
            chunk, size = {}, 0
        chunk[key] = sent
        size += length
    if chunk:
        yield chunk
