"""ChatAnthropic over a pool of connections of its own. Changes nothing else in it."""

from __future__ import annotations

from functools import cached_property

from anthropic import AsyncAnthropic, DefaultAioHttpClient
from langchain_anthropic import ChatAnthropic


class PooledAnthropic(ChatAnthropic):
    """ChatAnthropic that neither shares connections with other event loops nor collapses under hundreds of calls.

    The class below it takes no HTTP client of ours, and shares one pool over all loops; its place is taken here.
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

    async def aclose(self) -> None:
        """Close the pool, if it was ever opened."""
        if "_async_client" in self.__dict__:
            await self._async_client.close()
