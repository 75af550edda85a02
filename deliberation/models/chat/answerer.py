"""Answers requests with a LangChain chat model. Knows no provider: see `providers`.

A call that fails for a passing reason (too many requests, an outage, a dropped connection, a broken body) is made again
after a pause, as long as the provider asks for or doubling; one that cannot succeed (a wrong key, an unknown model, a
prompt too long) stops its assembly at once. What comes back is handed on as it is: the task decides whether it can be
read.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from deliberation.errors import AnswererError
from deliberation.models.chat.schemas import schema_of
from deliberation.models.prompts import render
from deliberation.models.requests import Identity, Reply, Request
from deliberation.records.base import canonical, short_hash
from deliberation.settings import Chat, Prompts

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage

_PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 60.0


class Connection(NamedTuple):
    """A LangChain chat model, its own retries switched off, and what closes its pool of connections."""

    model: BaseChatModel
    close: Callable[[], Awaitable[None]]


class ChatAnswerer:
    """One chat model for every role.

    Args:
        connect: opens a connection; called once in each event loop, since a pool of connections belongs to one.
        settings: how it is asked, and how often again.
        prompts: the words.
    """

    def __init__(self, connect: Callable[[], Connection], settings: Chat, prompts: Prompts) -> None:
        self.identity = identity_of(settings, prompts)
        self._connect, self._settings, self._prompts = connect, settings, prompts
        self._connection: Connection | None = None
        self._gate = asyncio.Semaphore(settings.parallel)

    async def answer(self, requests: Sequence[Request]) -> AsyncIterator[tuple[int, Reply]]:
        """See `Answerer.answer`."""
        if self._connection is None:
            self._connection, self._gate = self._connect(), asyncio.Semaphore(self._settings.parallel)
        tasks = [asyncio.create_task(self._placed(place, request)) for place, request in enumerate(requests)]
        try:
            for done in asyncio.as_completed(tasks):
                yield await done
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def dismiss(self, assembly: str) -> None:
        """Nothing was kept."""

    async def aclose(self) -> None:
        """See `Answerer.aclose`."""
        if self._connection is not None:
            closing, self._connection = self._connection.close, None
            await closing()

    def mark(self, request: Request) -> str:
        """Hash of all that is sent: words, schema and sampling."""
        sent = (*render(self._prompts, request), canonical(schema_of(request.task)), *map(str, self._sampling()))
        return hashlib.blake2b("\x1f".join(sent).encode(), digest_size=16).hexdigest()

    def _sampling(self) -> tuple[object, ...]:
        s = self._settings
        return (s.provider, s.model, s.temperature, s.max_tokens, s.structured)

    async def _placed(self, place: int, request: Request) -> tuple[int, Reply]:
        async with self._gate:
            return place, _reply(await self._sent(request))

    async def _sent(self, request: Request) -> AIMessage:
        pause = _FIRST_PAUSE_S
        for attempt in range(self._settings.retries + 1):
            try:
                return await self._once(request)
            except Exception as error:  # noqa: BLE001  each SDK has its own tree; what is not known to pass is raised on
                if not _passes(error):
                    raise AnswererError(f"{self.identity.name}: {_told(error)}") from None
                if attempt == self._settings.retries:
                    raise AnswererError(f"{self.identity.name}: {_told(error)}, {attempt + 1} times") from None
                await asyncio.sleep(_asked_to_wait(error) or pause)
                pause = min(_LONGEST_PAUSE_S, 2 * pause)
        raise AssertionError("the loop returns or raises")

    async def _once(self, request: Request) -> AIMessage:
        from langchain_core.messages import HumanMessage, SystemMessage

        shared, own = render(self._prompts, request)
        schema = schema_of(request.task)
        options: dict[str, Any] = {}
        if self._settings.structured == "schema":
            named = {"name": request.task.kind, "schema": schema, "strict": True}
            options["response_format"] = {"type": "json_schema", "json_schema": named}
        else:
            own = f"{own}\n{canonical(schema)}"
        assert self._connection is not None  # noqa: S101  `answer` opened it
        return await self._connection.model.ainvoke([SystemMessage(shared), HumanMessage(own)], **options)


def identity_of(settings: Chat, prompts: Prompts) -> Identity:
    """Who answers: provider and model, at this version of the prompts and settings. Needs no key."""
    asked = settings.model_dump(mode="json", exclude={"retries", "parallel", "timeout", "key", "price"})
    mark = short_hash(canonical(asked), canonical(prompts.model_dump(mode="json")))
    return Identity(f"{settings.provider}:{settings.model}", mark, paid=True, simulates_room=False)


def _reply(message: AIMessage) -> Reply:
    usage = message.usage_metadata
    taken = (usage["input_tokens"], usage["output_tokens"]) if usage else (0, 0)
    return Reply(_json_in(message.text), input_tokens=taken[0], output_tokens=taken[1])


def _json_in(text: str) -> str:
    """The reply without a code fence around it, which models add; anything else is left for the task to refuse."""
    plain = text.strip()
    if plain.startswith("```") and plain.endswith("```"):
        plain = plain.removeprefix("```json").removeprefix("```").removesuffix("```").strip()
    return plain


def _passes(error: Exception) -> bool:
    """Whether the same call may well succeed later."""
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        return status in _PASSING or (status == 200)  # a 200 whose body is broken
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"APIConnectionError", "TimeoutException", "TransportError"}) or isinstance(
        error, json.JSONDecodeError | UnicodeDecodeError | ConnectionError | TimeoutError
    )


def _asked_to_wait(error: Exception) -> float | None:
    """Seconds that the provider asks to wait for (Retry-After), if it does."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    with suppress(KeyError, ValueError):
        return min(_LONGEST_PAUSE_S, max(0.0, float(headers["retry-after"])))
    return None


def _told(error: Exception) -> str:
    """A failure in one line, by the provider's own words, which hold no key."""
    body = getattr(error, "body", None)
    inner = body.get("error", body) if isinstance(body, dict) else None
    said = inner.get("message") if isinstance(inner, dict) else None
    status = getattr(error, "status_code", None)
    words = str(said) if said else type(error).__name__
    flat = " ".join(words.split())[:300]
    return f"{status} {flat}" if status else flat
