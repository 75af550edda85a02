"""Opens chat models. The only place that imports LangChain's provider packages; a key is read here and kept nowhere."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, assert_never

from pydantic import SecretStr

from deliberation.errors import ConfigError
from deliberation.models.chat.answerer import ChatAnswerer, Connection
from deliberation.settings import Chat, Prompts

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


def open_chat(settings: Chat, prompts: Prompts) -> ChatAnswerer:
    """The answerer for a chat model.

    Raises:
        ConfigError: the key is not in the environment; names the variable.
    """
    key = key_of(settings)
    return ChatAnswerer(lambda: _connect(settings, key), settings, prompts, secret=key if settings.key else None)


def answerer_from(model: BaseChatModel, prompts: Prompts, *, name: str, **options: Any) -> ChatAnswerer:
    """An answerer from any LangChain chat model.

    Args:
        model: the model. Its own retries should be off: what it retries is not counted.
        prompts: the words, such as `settings.prompts`.
        name: what its replies say of themselves; another model or other sampling needs another name.
        options: of `Chat`, such as `retries`, `parallel` and `structured`, which is `prompt` unless stated: `schema` is
            for a model that knows what to do with OpenAI's `response_format`.
    """
    settings = Chat(
        kind="chat", provider="openai", model=name, key=None, **{"structured": "prompt", "cache": "plain", **options}
    )

    async def close() -> None:
        """It is the caller's to close."""

    return ChatAnswerer(lambda: Connection(model, close), settings, prompts, name=f"langchain:{name}")


def key_of(settings: Chat) -> SecretStr:
    """The key from the environment.

    Raises:
        ConfigError: it is not there; names the variable.
    """
    if settings.key is None:  # a server of one's own, which asks for none
        return SecretStr("none")
    found = os.environ.get(settings.key, "")
    if not found:
        raise ConfigError(f"model.key: the environment has no {settings.key}; set it, or name another variable")
    return SecretStr(found)


def _connect(settings: Chat, key: SecretStr) -> Connection:
    match settings.provider:
        case "openai":
            from openai import DefaultAioHttpClient

            from deliberation.models.chat.pooled_openai import PooledOpenAI

            pool = DefaultAioHttpClient(timeout=settings.timeout)
            model = PooledOpenAI(
                model=settings.model, base_url=settings.base_url, api_key=key, max_retries=0, timeout=settings.timeout,
                temperature=settings.temperature, max_completion_tokens=settings.max_tokens, use_responses_api=False,
                http_async_client=pool,
            )  # fmt: skip
            return Connection(model, pool.aclose)
        case "anthropic":
            from deliberation.models.chat.pooled_anthropic import PooledAnthropic

            claude = PooledAnthropic(
                model=settings.model, base_url=settings.base_url, api_key=key, max_retries=0, timeout=settings.timeout,
                temperature=settings.temperature, max_tokens=settings.max_tokens, stop=None,
            )  # fmt: skip
            return Connection(claude, claude.aclose)
        case never:
            assert_never(never)
