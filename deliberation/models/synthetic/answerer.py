"""The synthetic public behind the answerer protocol: one arm for each task, closed by `assert_never`."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any, assert_never

from numpy.random import Generator

from deliberation.models.requests import Identity, Reply, Request
from deliberation.models.synthetic import choices, speech
from deliberation.models.synthetic.kernel import Minds
from deliberation.models.synthetic.mind import Mind
from deliberation.models.synthetic.voice import Voice
from deliberation.models.tasks import (
    Amend,
    Answer,
    Ask,
    Draft,
    Facilitate,
    Judge,
    Poll,
    Rank,
    Recall,
    Speak,
    Testify,
    Vote,
)
from deliberation.randomness import stream
from deliberation.records.base import canonical, short_hash
from deliberation.settings import Synthetic

_VERSION = "1"


class SyntheticPublic:
    """Answers every task from the persona's values and the events so far.

    The state of an assembly is kept while it sits and dropped at `dismiss`; it is a pure function of roster and record,
    so dropping it early costs time and changes nothing.
    """

    def __init__(self, settings: Synthetic) -> None:
        mark = short_hash(canonical(settings.model_dump(mode="json")))
        self.identity = Identity("synthetic", f"{_VERSION}+{mark}", paid=False, simulates_room=True)
        self._kernel = settings.kernel
        self._voice = Voice(settings.voice)
        self._minds: dict[str, Minds] = {}

    async def answer(self, requests: Sequence[Request]) -> AsyncIterator[tuple[int, Reply]]:
        """See `Answerer.answer`."""
        for place, request in enumerate(requests):
            yield place, Reply(json.dumps(self._respond(request), ensure_ascii=False))

    def dismiss(self, assembly: str) -> None:
        """See `Answerer.dismiss`."""
        self._minds.pop(assembly, None)

    def _respond(self, request: Request) -> dict[str, Any]:
        minds = self._current(request)
        draw = _draw(request)
        speaker = request.address.speaker
        mind = Mind(minds, minds.row[speaker], request, draw, self._voice) if speaker in minds.row else None
        if mind is not None:
            return _member(mind)
        return self._officer(request, minds, draw)

    def _officer(self, request: Request, minds: Minds, draw: Generator) -> dict[str, Any]:
        match request.task:
            case Testify() as task:
                return speech.testify(task, self._voice, draw)
            case Answer() as task:
                return speech.answer(task, self._voice, draw)
            case Facilitate() as task:
                return speech.facilitate(task, request, self._voice, draw)
            case Draft() as task:
                return choices.draft(task, request, minds, self._voice, draw)
            case _:
                raise TypeError(f"a {request.role} is never asked to {request.task.kind}")

    def _current(self, request: Request) -> Minds:
        view = request.view
        minds = self._minds.get(request.address.assembly)
        if minds is None or minds.heard > len(view.record):
            minds = Minds(view.roster, self._kernel)
            self._minds[request.address.assembly] = minds
        minds.catch_up(view.record)
        return minds


def _member(mind: Mind) -> dict[str, Any]:  # noqa: PLR0911  one arm per task
    match mind.request.task:
        case Poll() as task:
            return choices.poll(mind, task)
        case Ask():
            return speech.ask(mind)
        case Speak() as task:
            return speech.speak(mind, task)
        case Amend() as task:
            return choices.amend(mind, task)
        case Vote() as task:
            return choices.vote(mind, task)
        case Rank() as task:
            return choices.rank(mind, task)
        case Judge() as task:
            return choices.judge(mind, task)
        case Recall() as task:
            return choices.recall(mind, task)
        case Testify() | Answer() | Facilitate() | Draft():
            raise TypeError(f"a member is never asked to {mind.request.task.kind}")
        case never:
            assert_never(never)


def _draw(request: Request) -> Generator:
    return stream(request.view.roster.seed, "synthetic", *request.address, request.repeat)
