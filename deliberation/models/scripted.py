"""Answerers for tests and for replay: one follows a function, one knows only the journal. Neither ever pays.

They are public on purpose: whoever extends an assembly tests it with them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

from deliberation.errors import AnswererError
from deliberation.models.requests import Answerer, Identity, Reply, Request


class Scripted:
    """Answers with a function of the request; the text it returns is the raw reply."""

    def __init__(self, script: Callable[[Request], str], *, name: str = "scripted") -> None:
        self.identity = Identity(name, "1", paid=False, simulates_room=False)
        self._script = script

    async def answer(self, requests: Sequence[Request]) -> AsyncIterator[tuple[int, Reply]]:
        """See `Answerer.answer`."""
        for place, request in enumerate(requests):
            yield place, Reply(self._script(request))

    def dismiss(self, assembly: str) -> None:
        """Nothing was kept."""

    async def aclose(self) -> None:
        """Nothing is held."""

    def mark(self, request: Request) -> str:  # noqa: ARG002  a script has none
        """See `Answerer.mark`."""
        return ""


class Replaying:
    """Stands where a run is to be replayed from its journal alone: any question that reaches it is an error."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity

    async def answer(self, requests: Sequence[Request]) -> AsyncIterator[tuple[int, Reply]]:
        """Refuse.

        Raises:
            AnswererError: always; names the address that the journal does not hold.
        """
        for request in requests:
            raise AnswererError(f"the journal holds no reply to {'/'.join(map(str, request.address))}")
        return
        yield  # an async generator that never yields

    def dismiss(self, assembly: str) -> None:
        """Nothing was kept."""

    async def aclose(self) -> None:
        """Nothing is held."""

    def mark(self, request: Request) -> str:  # noqa: ARG002  a script has none
        """See `Answerer.mark`."""
        return ""


class Delayed:
    """Wraps an answerer and waits before each batch; shows that order and speed change nothing."""

    def __init__(self, inner: Answerer, seconds: Callable[[Request], float]) -> None:
        self.identity = inner.identity
        self._inner = inner
        self._seconds = seconds

    async def answer(self, requests: Sequence[Request]) -> AsyncIterator[tuple[int, Reply]]:
        """See `Answerer.answer`."""
        await asyncio.sleep(max((self._seconds(r) for r in requests), default=0.0))
        async for place, reply in self._inner.answer(requests):
            yield place, reply

    def dismiss(self, assembly: str) -> None:
        """See `Answerer.dismiss`."""
        self._inner.dismiss(assembly)

    async def aclose(self) -> None:
        """See `Answerer.aclose`."""
        await self._inner.aclose()

    def mark(self, request: Request) -> str:
        """See `Answerer.mark`."""
        return self._inner.mark(request)
