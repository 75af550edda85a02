"""Carries out the requests of all assemblies in lock-step waves: what all ask at the same step is one wave.

Another driver of the same generators, for batch endpoints. Every reply is in the journal before its assembly hears it;
a run that is killed, or put away for days, goes on with the wave that it was in.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

from deliberation.assembly.driver import Job, Outcome, Run, run_to_end
from deliberation.assembly.sitting import Batch, Proceedings
from deliberation.assembly.transcript import TranscriptWriter
from deliberation.errors import AnswererError
from deliberation.models.budget import Purse
from deliberation.models.bulk import BulkAnswerer
from deliberation.models.chat.bulk import Missed
from deliberation.models.journal import Journal, kept_as
from deliberation.models.requests import Reply, Request, journal_key
from deliberation.records.files import sha256


class _Seated(NamedTuple):
    """A sitting under way: what it has asked, and the keys of that."""

    job: Job
    proceedings: Proceedings
    writer: TranscriptWriter
    batch: Batch
    keys: tuple[str, ...]


class BulkDriver:
    """Drives sittings with one bulk answerer, one journal and one purse. See `Driver` for the arguments."""

    def __init__(
        self,
        answerer: BulkAnswerer,
        journal: Journal,
        purse: Purse,
        *,
        progress: Callable[[str, str], None] = lambda _assembly, _phase: None,
        run: Run = run_to_end,
    ) -> None:
        self._run = run
        self._answerer, self._journal, self._purse, self._progress = answerer, journal, purse, progress
        self._counts: Counter[str] = Counter()
        self._stopped: dict[str, str] = {}

    def drive(self, jobs: Iterable[Job]) -> Outcome:
        """Carry all jobs out; what stops one assembly alone leaves the others to go on.

        Raises:
            BudgetExhausted: a cap would be passed by the next wave; what was answered is kept.
            StorageError: the disk would not take a reply or a line; nothing further was asked.
        """
        self._run(self._all(list(jobs)))
        return Outcome(self._counts["finished"], dict(sorted(self._stopped.items())), self._counts["replayed"])

    async def _all(self, jobs: list[Job]) -> None:
        try:
            self._answerer.settle()  # what a run that was killed had kept all of
            seated = [one for job in jobs if (one := self._begun(job)) is not None]
            while seated:
                known = await self._wave(seated)
                seated = [later for one in seated if (later := self._heard(one, known)) is not None]
                await asyncio.sleep(0)  # lets an interrupt in where nothing has to be waited for
        finally:
            await self._answerer.aclose()

    def _begun(self, job: Job) -> _Seated | None:
        proceedings = job.start()
        return self._on(job, proceedings, TranscriptWriter(job.path, keep=job.keep), partial(next, proceedings))

    def _on(
        self, job: Job, proceedings: Proceedings, writer: TranscriptWriter, advance: Callable[[], Batch]
    ) -> _Seated | None:
        """A sitting one step further; null where it has come to its end, or cannot go on."""
        try:
            return self._asked(job, proceedings, writer, advance())
        except StopIteration as stop:
            self._closed(job, writer, stop.value)
        except AnswererError as error:
            self._stopped.setdefault(job.assembly, str(error))
            self._left(job)
        return None

    def _asked(self, job: Job, proceedings: Proceedings, writer: TranscriptWriter, batch: Batch) -> _Seated:
        writer.add(batch.lines)
        writer.flush()
        self._progress(job.assembly, batch.phase)
        who = self._answerer.answerer
        keys = tuple(journal_key(request, who.identity, who.mark(request)) for request in batch.requests)
        return _Seated(job, proceedings, writer, batch, keys)

    def _closed(self, job: Job, writer: TranscriptWriter, lines: tuple[str, ...]) -> None:
        writer.add(lines)
        writer.flush()
        self._journal.note(f"closed {job.path.name}", sha256(job.path))
        self._counts["finished"] += 1
        self._left(job)

    def _left(self, job: Job) -> None:
        self._answerer.answerer.dismiss(job.assembly)
        self._progress(job.assembly, "")

    async def _wave(self, seated: list[_Seated]) -> dict[str, Reply]:
        """The replies to everything that is asked now, by key; without those that could not be had."""
        asked = {key: request for one in seated for key, request in zip(one.keys, one.batch.requests, strict=True)}
        known = self._journal.recall(list(asked))
        self._counts["replayed"] += len(known)
        missing = {key: request for key, request in asked.items() if key not in known}
        if missing:
            await self._buy(missing, known)
        return known

    async def _buy(self, missing: dict[str, Request], known: dict[str, Reply]) -> None:
        self._purse.take(len(missing))
        left = len(missing)
        identity = self._answerer.answerer.identity
        try:
            async for key, answer in self._answerer.wave(missing):
                if isinstance(answer, Missed):
                    self._stopped.setdefault(missing[key].address.assembly, answer.told)
                    continue
                kept = answer._replace(call=key, origin=answer.origin or identity.name)
                if not kept.bulk:  # of a batch, the calls were counted when it was handed in
                    self._journal.begin(1)
                self._journal.keep([kept_as(kept, missing[key], identity)])
                self._purse.paid(kept)
                left -= 1
                known[key] = kept
        except AnswererError as error:
            for request in (r for key, r in missing.items() if key not in known):
                self._stopped.setdefault(request.address.assembly, str(error))
        finally:
            self._purse.give_back(left)
            self._answerer.settle()

    def _heard(self, one: _Seated, known: dict[str, Reply]) -> _Seated | None:
        if any(key not in known for key in one.keys):  # stopped; its transcript holds all that it heard
            self._left(one.job)
            return None
        replies = tuple(known[key] for key in one.keys)
        return self._on(one.job, one.proceedings, one.writer, partial(one.proceedings.send, replies))
