"""The batch endpoints of OpenAI and Anthropic, by their own SDKs, behind one small protocol. Waits for nothing.

Both take many calls at once for half the price and answer within a day, in any order.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, assert_never

from deliberation.models.chat.sent import Sent, body_of, reply_in
from deliberation.models.journal import OpenBatch
from deliberation.models.requests import Reply
from deliberation.settings import Chat

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic
    from anthropic.types.messages import MessageBatch
    from openai import AsyncOpenAI
    from pydantic import SecretStr

_ENDPOINT: Literal["/v1/chat/completions"] = "/v1/chat/completions"
_CLOCKS_DIFFER_S = 300


class Fallen(NamedTuple):
    """A call that a batch has not answered: why, and whether the same call may succeed in another."""

    told: str
    passes: bool


class Endpoint(Protocol):
    """One provider's batches. Errors are the SDK's own."""

    async def submit(self, tag: str, calls: Mapping[str, Sent]) -> str:
        """Hand calls in under their keys. Returns the batch's id."""
        ...

    async def find(self, batch: OpenBatch, known: Collection[str]) -> str | None:
        """The id of a batch of which it is not known whether it was handed in, if the provider has it.

        Args:
            batch: the batch.
            known: ids that cannot be it.
        """
        ...

    async def ended(self, id_: str) -> bool:
        """Whether the provider is done with a batch."""
        ...

    def answers(self, id_: str) -> AsyncIterator[tuple[str, Reply | Fallen]]:
        """The answers of a batch that has ended, by key; those that are missing have not been answered."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


def endpoint_for(settings: Chat, key: SecretStr) -> Endpoint:
    """The batch endpoint of a model's provider."""
    common: dict[str, Any] = {
        "api_key": key.get_secret_value(), "base_url": settings.base_url, "max_retries": 0, "timeout": settings.timeout,
    }  # fmt: skip
    match settings.provider:
        case "openai":
            from openai import AsyncOpenAI
            from openai import DefaultAioHttpClient as Pool

            return OpenAIBatches(AsyncOpenAI(**common, http_client=Pool(timeout=settings.timeout)), settings)
        case "anthropic":
            from anthropic import AsyncAnthropic
            from anthropic import DefaultAioHttpClient as AnthropicPool

            client = AsyncAnthropic(**common, http_client=AnthropicPool(timeout=settings.timeout))
            return AnthropicBatches(client, settings)
        case never:
            assert_never(never)


def _guarded(read: Callable[[Any], Reply | Fallen], answer: Any) -> Reply | Fallen:
    """An answer as it is read; one that is not of the provider's own form is no reason to lose the others."""
    try:
        return read(answer)
    except (KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        return Fallen(f"an answer of an unknown form ({type(error).__name__}: {error})", passes=False)


class OpenAIBatches:
    """OpenAI: a file of calls goes up, a file of answers and one of errors come down."""

    def __init__(self, client: AsyncOpenAI, settings: Chat) -> None:
        self._client, self._settings = client, settings

    async def submit(self, tag: str, calls: Mapping[str, Sent]) -> str:
        """See `Endpoint.submit`."""
        lines = [
            json.dumps({"custom_id": key, "method": "POST", "url": _ENDPOINT, "body": body_of(self._settings, sent)})
            for key, sent in calls.items()
        ]
        file = await self._client.files.create(file=("calls.jsonl", "\n".join(lines).encode()), purpose="batch")
        batch = await self._client.batches.create(
            input_file_id=file.id, endpoint=_ENDPOINT, completion_window="24h", metadata={"tag": tag}
        )
        return batch.id

    async def find(self, batch: OpenBatch, known: Collection[str]) -> str | None:
        """See `Endpoint.find`. The tag stands in the batch's metadata."""
        async for there in self._client.batches.list(limit=100):
            if (there.metadata or {}).get("tag") == batch.tag and there.id not in known:
                return there.id
            if there.created_at < batch.intended - _CLOCKS_DIFFER_S:
                return None
        return None

    async def ended(self, id_: str) -> bool:
        """See `Endpoint.ended`."""
        batch = await self._client.batches.retrieve(id_)
        return batch.status in {"completed", "failed", "expired", "cancelled"}

    async def answers(self, id_: str) -> AsyncIterator[tuple[str, Reply | Fallen]]:
        """See `Endpoint.answers`."""
        batch = await self._client.batches.retrieve(id_)
        if batch.status == "failed":
            told = [e.message for e in (batch.errors.data if batch.errors else None) or [] if e.message]
            yield "", Fallen(f"the batch failed: {told[0] if told else 'no reason was given'}", passes=False)
        for file in (batch.output_file_id, batch.error_file_id):
            content = await self._client.files.content(file) if file else None
            for line in content.text.splitlines() if content else ():
                if line.strip():
                    answer = json.loads(line)
                    yield answer["custom_id"], _guarded(self._read, answer)

    async def aclose(self) -> None:
        """See `Endpoint.aclose`."""
        await self._client.close()

    def _read(self, answer: Mapping[str, Any]) -> Reply | Fallen:
        error, response = answer.get("error"), answer.get("response") or {}
        status, body = response.get("status_code"), response.get("body") or {}
        if error is None and status == 200:
            return reply_in(body, self._settings)
        inner = error or body.get("error") or {}
        told = " ".join(str(inner.get("message") or inner.get("code") or f"status {status}").split())
        expired = inner.get("code") == "batch_expired"
        return Fallen(told, passes=expired or status in {408, 409, 429} or (status or 0) >= 500)


class AnthropicBatches:
    """Anthropic: calls go up in the request itself, answers come down line by line."""

    def __init__(self, client: AsyncAnthropic, settings: Chat) -> None:
        self._client, self._settings = client, settings

    async def submit(self, tag: str, calls: Mapping[str, Sent]) -> str:  # noqa: ARG002  these batches carry no tag
        """See `Endpoint.submit`."""
        asked: list[Any] = [{"custom_id": key, "params": body_of(self._settings, sent)} for key, sent in calls.items()]
        batch = await self._client.messages.batches.create(requests=asked)
        return batch.id

    async def find(self, batch: OpenBatch, known: Collection[str]) -> str | None:
        """See `Endpoint.find`. One of the right size, since; if it is another's, its answers have other keys."""
        since = datetime.fromtimestamp(batch.intended - _CLOCKS_DIFFER_S, UTC)
        async for there in self._client.messages.batches.list(limit=100):
            if there.created_at < since:
                return None
            counts = there.request_counts
            size = counts.processing + counts.succeeded + counts.errored + counts.canceled + counts.expired
            if size == len(batch.keys) and there.id not in known and await self._may_be(there, batch):
                return there.id
        return None

    async def _may_be(self, there: MessageBatch, batch: OpenBatch) -> bool:
        """Whether a batch of the provider's can be the one that is looked for; one at work tells nothing of itself."""
        if there.processing_status != "ended":
            return True
        async for one in await self._client.messages.batches.results(there.id):
            return one.custom_id in batch.keys
        return False

    async def ended(self, id_: str) -> bool:
        """See `Endpoint.ended`."""
        return (await self._client.messages.batches.retrieve(id_)).processing_status == "ended"

    async def answers(self, id_: str) -> AsyncIterator[tuple[str, Reply | Fallen]]:
        """See `Endpoint.answers`."""
        async for one in await self._client.messages.batches.results(id_):
            result = one.result
            match result.type:
                case "succeeded":
                    yield (
                        one.custom_id,
                        _guarded(partial(reply_in, settings=self._settings), result.message.model_dump()),
                    )
                case "errored":
                    error = result.error.error
                    passes = error.type in {"api_error", "overloaded_error", "rate_limit_error", "timeout_error"}
                    yield one.custom_id, Fallen(" ".join(error.message.split()), passes=passes)
                case "canceled" | "expired":
                    yield one.custom_id, Fallen(f"the call was {result.type}", passes=True)
                case never:
                    assert_never(never)

    async def aclose(self) -> None:
        """See `Endpoint.aclose`."""
        await self._client.close()
