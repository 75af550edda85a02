"""Carries out the requests of many assemblies at once with asyncio. None waits for another.

Every reply is in the journal before its assembly hears it; a reply that is there already is not asked for again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, Protocol, Self, TypeVar

from deliberation.assembly.sitting import Batch, Proceedings
from deliberation.assembly.transcript import TranscriptWriter
from deliberation.errors import AnswererError, BudgetExhausted
from deliberation.models.budget import Purse
from deliberation.models.journal import Journal, Kept, kept_as
from deliberation.models.requests import Answerer, Reply, Request, journal_key
from deliberation.records.files import sha256

T = TypeVar("T")


class EventLoop:
    """One event loop for several pieces of work, as long as the block lasts; in a notebook, in a thread of its own.

    A chat model that was handed in keeps its connections, and they belong to one loop.
    """

    def __enter__(self) -> Self:
        try:
            asyncio.get_running_loop()
            self._pool: ThreadPoolExecutor | None = ThreadPoolExecutor(max_workers=1)
        except RuntimeError:
            self._pool = None
        self._runner = asyncio.Runner()
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is None:
            self._runner.close()
        else:
            self._pool.submit(self._runner.close).result()
            self._pool.shutdown()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run asynchronous work to its end."""
        return self._runner.run(work) if self._pool is None else self._pool.submit(self._runner.run, work).result()


def run_to_end(work: Coroutine[Any, Any, T]) -> T:
    """Run one piece of asynchronous work to its end, in a notebook too."""
    with EventLoop() as loop:
        return loop.run(work)


class Run(Protocol):
    """What runs asynchronous work to its end."""

    def __call__(self, work: Coroutine[Any, Any, T], /) -> T:
        """Run it."""
        ...


class Job(NamedTuple):
    """One sitting to be carried out: how it starts, where its transcript goes, how many lines to leave alone there."""

    assembly: str
    start: Callable[[], Proceedings]
    path: Path
    keep: int = 0


class Outcome(NamedTuple):
    """What a drive came to: sittings finished, and what stopped the others, by assembly."""

    finished: int
    stopped: dict[str, str]
    replayed: int


class Driver:
    """Drives sittings with one answerer, one journal and one purse.

    Args:
        answerer: who answers.
        journal: where replies are kept before they are used.
        purse: what may still be bought.
        concurrency: how many assemblies sit at once.
        progress: called with (assembly, phase) when a phase begins, and with (assembly, "") at the end.
        run: runs asynchronous work to its end.
    """

    def __init__(
        self,
        answerer: Answerer,
        journal: Journal,
        purse: Purse,
        *,
        concurrency: int,
        progress: Callable[[str, str], None] = lambda _assembly, _phase: None,
        run: Run = run_to_end,
    ) -> None:
        self._run = run
        self._answerer = answerer
        self._journal = journal
        self._purse = purse
        self._concurrency = concurrency
        self._progress = progress
        self._counts: Counter[str] = Counter()
        self._stopped: dict[str, str] = {}

    def drive(self, jobs: Iterable[Job]) -> Outcome:
        """Carry all jobs out; an answerer's failure stops only its own assembly.

        Raises:
            BudgetExhausted: a cap was reached; what was answered is kept.
            StorageError: the disk would not take a reply or a line; nothing further was asked.
        """
        self._run(self._all(iter(jobs)))
        return Outcome(self._counts["finished"], dict(sorted(self._stopped.items())), self._counts["replayed"])

    async def _all(self, jobs: Iterator[Job]) -> None:
        workers = [asyncio.create_task(self._work(jobs)) for _ in range(self._concurrency)]
        try:
            await self._ended(set(workers))
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            await self._answerer.aclose()

    async def _ended(self, workers: set[asyncio.Task[None]]) -> None:
        """Wait for all. Where the budget is used up, what is in flight is waited for; any other error stops at once."""
        used_up: BudgetExhausted | None = None
        while workers:
            done, workers = await asyncio.wait(workers, return_when=asyncio.FIRST_EXCEPTION)
            for worker in done:
                error = worker.exception()
                if isinstance(error, BudgetExhausted):
                    used_up = used_up or error
                elif error is not None:
                    raise error
        if used_up is not None:
            raise used_up

    async def _work(self, jobs: Iterator[Job]) -> None:
        for job in jobs:
            try:
                await self._sit(job)
            except AnswererError as error:
                self._stopped[job.assembly] = str(error)
            else:
                self._counts["finished"] += 1
            finally:
                self._answerer.dismiss(job.assembly)
                self._progress(job.assembly, "")

    async def _sit(self, job: Job) -> None:
        writer = TranscriptWriter(job.path, keep=job.keep)
        proceedings = job.start()
        phase = ""
        try:
            batch: Batch = next(proceedings)
            while True:
                writer.add(batch.lines)
                if batch.phase != phase:
                    phase = batch.phase
                    writer.flush()
                    self._progress(job.assembly, phase)
                batch = proceedings.send(await self._carry_out(batch.requests))
        except StopIteration as stop:
            writer.add(stop.value)
            writer.flush()
            self._journal.note(f"closed {job.path.name}", sha256(job.path))
        finally:
            writer.flush()

    async def _carry_out(self, requests: tuple[Request, ...]) -> tuple[Reply, ...]:
        who = self._answerer
        keys = [journal_key(request, who.identity, who.mark(request)) for request in requests]
        known = self._journal.recall(keys)
        self._counts["replayed"] += len(known)
        await asyncio.sleep(0)  # an answerer that never waits would let neither the others nor an interrupt in
        missing = [place for place, key in enumerate(keys) if key not in known]
        if missing:
            await self._buy([requests[place] for place in missing], [keys[place] for place in missing], known)
        return tuple(known[key] for key in keys)

    async def _buy(self, requests: list[Request], keys: list[str], known: dict[str, Reply]) -> None:
        identity = self._answerer.identity
        self._purse.take(len(requests))
        come: list[Kept] = []
        waiting = len(requests)
        if identity.paid:
            self._journal.begin(waiting)
        try:
            async for place, reply in self._answerer.answer(requests):
                kept = reply._replace(call=keys[place], origin=reply.origin or identity.name)
                known[keys[place]] = kept
                self._purse.paid(kept)
                waiting -= 1
                come.append(kept_as(kept, requests[place], identity))
                if identity.paid:
                    self._keep(come)
        finally:
            self._purse.give_back(waiting)
            self._keep(come)

    def _keep(self, come: list[Kept]) -> None:
        if come:
            self._journal.keep(come)
            come.clear()
