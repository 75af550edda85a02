"""Answers requests with a LangChain chat model. Knows no provider: see `providers`.

A call that fails for a passing reason (too many requests, an outage, a dropped connection, a broken body) is made again
after a pause, as long as the provider asks for or doubling; one that cannot succeed (a wrong key, an unknown model, a
prompt too long) stops its assembly at once. What comes back is handed on as it is: the task decides whether it can be
read.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import SecretStr

from deliberation.errors import AnswererError
from deliberation.models.chat import failures
from deliberation.models.chat.retrying import kept_at
from deliberation.models.chat.sent import Sent, mark_of, options_of, reply_in, reply_of, sent_for, unwrapped
from deliberation.models.chat.throttle import Throttle
from deliberation.models.requests import Address, Identity, Reply, Request
from deliberation.records.base import canonical, short_hash
from deliberation.settings import Chat, Prompts, Tokens
from deliberation.settings.models import CARRIAGE

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage

_WRITTEN = ("cache_creation", "ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
"""Where tokens written to a cache are counted; the first is 0 where one of the others is not."""


class Connection(NamedTuple):
    """A LangChain chat model, its own retries switched off, and what closes its pool of connections."""

    model: BaseChatModel
    close: Callable[[], Awaitable[None]]


class ChatAnswerer:
    """One chat model.

    Args:
        connect: opens a connection; called once in each event loop, since a pool of connections belongs to one.
        settings: how it is asked, and how often again.
        prompts: the words.
        name: what its replies say of themselves; by default provider and model.
        secret: the key, which no message may hold.

    Attributes:
        settings, secret: as given.
        handed_in: whether the model was handed in from outside, so that only LangChain knows how to reach it.
    """

    def __init__(
        self, connect: Callable[[], Connection], settings: Chat, prompts: Prompts, *, name: str | None = None,
        secret: SecretStr | None = None,
    ) -> None:  # fmt: skip
        self.identity = identity_of(settings, prompts, name=name)
        self.settings, self.handed_in = settings, name is not None
        self._connect, self._prompts = connect, prompts
        self._connection: Connection | None = None
        self.secret = secret
        self._name = f"{self.identity.name} at {settings.base_url}" if settings.base_url else self.identity.name
        self._throttle = self._fresh()
        self._lines: dict[str, dict[str, str]] = defaultdict(dict)
        self._sent: dict[str, dict[tuple[Address, int], Sent]] = defaultdict(dict)
        self._asked_at: dict[str, str] = {}

    async def answer(self, requests: Sequence[Request]) -> AsyncIterator[tuple[int, Reply]]:
        """See `Answerer.answer`."""
        if self._connection is None:
            self._connection, self._throttle = self._connect(), self._fresh()
        tasks = [asyncio.create_task(self._placed(place, request)) for place, request in enumerate(requests)]
        error: AnswererError | None = None
        try:
            for done in asyncio.as_completed(tasks):
                try:
                    yield await done
                except AnswererError as one:  # the others are under way, and paid for
                    error = error or one
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if error is not None:
            raise error

    def dismiss(self, assembly: str) -> None:
        """See `Answerer.dismiss`."""
        self._lines.pop(assembly, None)
        self._sent.pop(assembly, None)
        self._asked_at.pop(assembly, None)

    async def aclose(self) -> None:
        """See `Answerer.aclose`."""
        if self._connection is not None:
            closing, self._connection = self._connection.close, None
            await closing()

    def mark(self, request: Request) -> str:
        """Hash of all that is sent: words, schema and sampling."""
        sent, assembly = self._for(request), request.address.assembly
        if self._asked_at.get(assembly) != request.view.record_digest:  # what stood there was found in the journal
            self._sent.pop(assembly, None)
            self._asked_at[assembly] = request.view.record_digest
        self._sent[assembly][request.address, request.repeat] = sent
        return mark_of(self.settings, sent)

    def sent(self, request: Request) -> Sent:
        """What is sent for a request; made by `mark` before, as a rule."""
        return self._sent[request.address.assembly].pop((request.address, request.repeat), None) or self._for(request)

    def _for(self, request: Request) -> Sent:
        return sent_for(self.settings, self._prompts, request, self._lines[request.address.assembly])

    def _fresh(self) -> Throttle:
        s = self.settings
        return Throttle(parallel=s.parallel, rpm=s.rpm, tpm=s.tpm)

    async def _placed(self, place: int, request: Request) -> tuple[int, Reply]:
        once = partial(self._once, self.sent(request))
        return place, await kept_at(once, retries=self.settings.retries, name=self._name, secret=self.secret)

    async def _once(self, sent: Sent, pause: float) -> Reply:
        """The reply to one call. If it is one too many, all wait as long as is asked for, or else for the pause."""
        throttle = self._throttle
        began = await throttle.admit(sent.tokens)
        try:
            reply = unwrapped(await self._asked(sent), sent)
        except BaseException as error:
            if failures.is_too_many(error):
                throttle.refused(began, failures.wanted_wait(error) or pause)
            else:
                throttle.failed()
            raise
        throttle.passed(reply.tokens.input + reply.tokens.output - sent.tokens)
        return reply._replace(seconds=time.monotonic() - began, origin=self.identity.name)

    async def _asked(self, sent: Sent) -> Reply:
        from langchain_core.messages import HumanMessage, SystemMessage

        assert self._connection is not None  # noqa: S101  `answer` opened it
        user: Any = sent.user if isinstance(sent.user, str) else list(sent.user)
        messages = [SystemMessage(sent.system), HumanMessage(user)]
        try:
            return _reply(await self._connection.model.ainvoke(messages, **options_of(sent)))
        except Exception as error:
            cut = getattr(error, "completion", None)  # OpenAI's SDK raises where a parsed reply broke off at its limit
            if cut is None:
                raise
            return reply_in(cut.model_dump(), self.settings)


def identity_of(settings: Chat, prompts: Prompts, *, name: str | None = None) -> Identity:
    """Who answers: provider and model, at this version of the prompts and settings. Needs no key."""
    asked = settings.model_dump(mode="json", exclude=set(CARRIAGE))
    mark = short_hash(canonical(asked), canonical(prompts.model_dump(mode="json")))
    return Identity(name or settings.name, mark, paid=True, simulates_room=False)


def _reply(message: AIMessage) -> Reply:
    usage, told = message.usage_metadata, message.response_metadata
    tokens = Tokens()
    if usage:
        given, made = usage.get("input_token_details") or {}, usage.get("output_token_details") or {}
        tokens = Tokens(
            usage["input_tokens"], given.get("cache_read") or 0, _count(given, *_WRITTEN),
            usage["output_tokens"], made.get("reasoning") or 0,
        )  # fmt: skip
    refusal = message.additional_kwargs.get("refusal")
    stop = "refusal" if refusal else str(told.get("finish_reason") or told.get("stop_reason") or "")
    model = str(told.get("model_name") or told.get("model") or "")
    return reply_of(message.text or refusal or "", tokens, model=model, stop=stop)


def _count(told: Mapping[str, Any], *names: str) -> int:
    return sum(int(told.get(name) or 0) for name in names)
