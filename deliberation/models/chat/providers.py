"""Opens chat models. The only place that imports LangChain's provider packages; a key is read here and kept nowhere."""

from __future__ import annotations

import os
from typing import assert_never

from pydantic import SecretStr

from deliberation.errors import ConfigError
from deliberation.models.chat.answerer import ChatAnswerer, Connection
from deliberation.settings import Chat, Prompts


def open_chat(settings: Chat, prompts: Prompts) -> ChatAnswerer:
    """The answerer for a chat model.

    Raises:
        ConfigError: the key is not in the environment; names the variable.
    """
    key = SecretStr(_key(settings))
    return ChatAnswerer(lambda: _connect(settings, key), settings, prompts)


def _connect(settings: Chat, key: SecretStr) -> Connection:
    match settings.provider:
        case "openai":
            from langchain_openai import ChatOpenAI
            from openai import DefaultAioHttpClient

            pool = DefaultAioHttpClient(timeout=settings.timeout)
            model = ChatOpenAI(
                model=settings.model, base_url=settings.base_url, api_key=key, max_retries=0, timeout=settings.timeout,
                temperature=settings.temperature, max_completion_tokens=settings.max_tokens, use_responses_api=False,
                http_async_client=pool,
            )  # fmt: skip
            return Connection(model, pool.aclose)
        case "anthropic":
            return _connect_anthropic(settings, key)
        case never:
            assert_never(never)


def _connect_anthropic(settings: Chat, key: SecretStr) -> Connection:
    from anthropic import AsyncAnthropic, DefaultAioHttpClient
    from langchain_anthropic import ChatAnthropic

    model = ChatAnthropic(
        model=settings.model, base_url=settings.base_url, api_key=key, max_retries=0, timeout=settings.timeout,
        temperature=settings.temperature, max_tokens=settings.max_tokens, stop=None,
    )  # fmt: skip
    client = AsyncAnthropic(
        api_key=key.get_secret_value(), base_url=settings.base_url, max_retries=0, timeout=settings.timeout,
        http_client=DefaultAioHttpClient(timeout=settings.timeout),
    )  # fmt: skip
    # ChatAnthropic takes no client of ours and shares one pool between event loops; this is where it keeps its own
    model.__dict__["_async_client"] = client
    return Connection(model, client.close)


def _key(settings: Chat) -> str:
    if settings.key is None:  # a server of one's own, which asks for none
        return "none"
    found = os.environ.get(settings.key, "")
    if not found:
        raise ConfigError(f"model.key: the environment has no {settings.key}; set it, or name another variable")
    return found
