"""The synthetic public behind the answerer protocol: one arm for each task, closed by `assert_never`."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any, assert_never

from numpy.random import Generator

from deliberation.models.requests import Identity, Reply, Request
from deliberation.models.synthetic import choices, clerk, speech
from deliberation.models.synthetic.clerical import judge
from deliberation.models.synthetic.exemplary import exemplify, recognise
from deliberation.models.synthetic.hearing import ORIGIN, Hearing
from deliberation.models.synthetic.mind import Mind
from deliberation.models.synthetic.voice import Voice
from deliberation.models.tasks import (
    Amend,
    Answer,
    Ask,
    Divide,
    Draft,
    Entail,
    Exemplify,
    Explain,
    Facilitate,
    Judge,
    Poll,
    Rank,
    Rebut,
    Recall,
    Recognise,
    Relate,
    Speak,
    Testify,
    Vote,
    Weigh,
)
from deliberation.randomness import stream
from deliberation.records.base import canonical, short_hash
from deliberation.settings import Synthetic

_VERSION = "4"


class SyntheticPublic:
    """Answers every task from the persona's values and the events so far.

    The state of an assembly is kept while it sits and dropped at `dismiss`; it is a pure function of roster and record,
    so dropping it early costs time and changes nothing.
    """

    def __init__(self, settings: Synthetic) -> None:
        mark = short_hash(canonical(settings.model_dump(mode="json")))
        self.identity = Identity(ORIGIN, f"{_VERSION}+{mark}", paid=False, simulates_room=True)
        self._kernel = settings.kernel
        self._voice = Voice(settings.voice)
        self._rooms: dict[str, Hearing] = {}

    async def answer(self, requests: Sequence[Request]) -> AsyncIterator[tuple[int, Reply]]:
        """See `Answerer.answer`."""
        for place, request in enumerate(requests):
            yield place, Reply(json.dumps(self._respond(request), ensure_ascii=False))

    def dismiss(self, assembly: str) -> None:
        """See `Answerer.dismiss`."""
        self._rooms.pop(assembly, None)

    async def aclose(self) -> None:
        """Nothing is held."""

    def mark(self, request: Request) -> str:  # noqa: ARG002  the identity and the record say all
        """See `Answerer.mark`."""
        return ""

    def _respond(self, request: Request) -> dict[str, Any]:
        if isinstance(request.task, Divide | Relate | Entail):  # from the words alone, whoever sat
            return judge(request.task, request.view.roster.question)
        if isinstance(request.task, Exemplify):
            return exemplify(request.task, request.view.roster.question, self._voice, _draw(request))
        if isinstance(request.task, Recognise):
            return recognise(request.task, request.view.roster.question)
        room = self._current(request)
        draw = _draw(request)
        speaker = request.address.speaker
        if speaker in room.row:
            return _member(Mind(room, room.row[speaker], request, draw, self._voice))
        return self._officer(request, room, draw)

    def _officer(self, request: Request, room: Hearing, draw: Generator) -> dict[str, Any]:
        match request.task:
            case Testify() as task:
                return speech.testify(task, request, room, self._voice, draw)
            case Rebut() as task:
                return speech.rebut(task, request, room, self._voice, draw)
            case Answer() as task:
                return speech.answer(task, request, room, self._voice, draw)
            case Explain() as task:
                return speech.explain(task, self._voice, draw)
            case Facilitate() as task:
                return speech.facilitate(task, request, self._voice, draw)
            case Draft() as task:
                return clerk.draft(task, request, room, self._voice, draw)
            case _:
                raise TypeError(f"a {request.role} is never asked to {request.task.kind}")

    def _current(self, request: Request) -> Hearing:
        view = request.view
        room = self._rooms.get(request.address.assembly)
        if room is None or room.heard > len(view.record) or room.roster.digest != view.roster.digest:
            room = Hearing(view.roster, self._kernel)
            self._rooms[request.address.assembly] = room
        room.catch_up(view.record)
        return room


def _member(mind: Mind) -> dict[str, Any]:  # noqa: C901, PLR0911, PLR0912  one arm per task
    match mind.request.task:
        case Poll() as task:
            return choices.poll(mind, task)
        case Weigh() as task:
            return choices.weigh(mind, task)
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
        case Draft() as task:
            return clerk.draft_by_member(mind, task)
        case Testify() | Rebut() | Answer() | Explain() | Facilitate():
            raise TypeError(f"a member is never asked to {mind.request.task.kind}")
        case Divide() | Relate() | Entail() | Exemplify() | Recognise():
            raise TypeError(f"{mind.request.task.kind} is answered before anybody is seated")
        case never:
            assert_never(never)


def _draw(request: Request) -> Generator:
    at = request.address._replace(assembly=request.view.roster.lot)
    return stream(request.view.roster.seed, "words", *at, request.repeat)
