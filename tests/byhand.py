"""Sittings carried out by sending replies by hand, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from deliberation.assembly.sitting import Proceedings
from deliberation.models.open import open_answerer
from deliberation.models.requests import Reply, Request
from deliberation.records.events import EVENT, Event
from deliberation.settings import Settings

Answer = Callable[[Request], str]


def by_hand(proceedings: Proceedings, answer: Answer, batches: list[tuple[Request, ...]] | None = None) -> list[Event]:
    """Carry a sitting out; what is asked goes into `batches` too."""
    lines: list[str] = []
    try:
        batch = next(proceedings)
        while True:
            lines.extend(batch.lines)
            if batches is not None:
                batches.append(batch.requests)
            replies = tuple(Reply(answer(r), call=f"call-{n}") for n, r in enumerate(batch.requests))
            batch = proceedings.send(replies)
    except StopIteration as stop:
        lines.extend(stop.value)
    return [EVENT.validate_json(line) for line in lines]


def synthetic(settings: Settings) -> Answer:
    """The settings' own public, asked one thing at a time."""
    answerer = open_answerer(settings)

    def answer(request: Request) -> str:
        async def once() -> str:
            return [reply.text async for _, reply in answerer.answer([request])][0]

        return asyncio.run(once())

    return answer
