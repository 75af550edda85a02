"""ChatAnthropic over a pool of connections of its own, for hundreds of calls at once. Changes nothing else in it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from anthropic import AsyncAnthropic, DefaultAioHttpClient
from langchain_anthropic import ChatAnthropic


class PooledAnthropic(ChatAnthropic):
    """ChatAnthropic whose calls are sent as they are, over connections that it shares with no other event loop.

    The class below it takes no HTTP client of ours, and has one pool for all loops; its place is taken here. For the
    way in which a body is handed over see `PooledOpenAI`.
    """

    @cached_property
    def _async_client(self) -> AsyncAnthropic:
        return AsyncAnthropic(
            api_key=self.anthropic_api_key.get_secret_value(),
            base_url=self.anthropic_api_url,
            max_retries=0,
            timeout=self.default_request_timeout,
            http_client=DefaultAioHttpClient(timeout=self.default_request_timeout),
        )

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """No: LangChain loads no class from elsewhere, and what it would write down is none of this one's business."""
        return False

    def _get_request_payload(self, input_: Any, *, stop: list[str] | None = None, **kwargs: Any) -> dict[str, Any]:
        payload = super()._get_request_payload(input_, stop=stop, **kwargs)
        if payload.get("stream") or "betas" in payload:
            return payload
        whole = {**payload.pop("extra_body", {}), **payload}
        return {"messages": [], "model": payload["model"], "max_tokens": payload["max_tokens"], "extra_body": whole}

    async def aclose(self) -> None:
        """Close the pool, if it was ever opened."""
        if "_async_client" in self.__dict__:
            await self._async_client.close()
