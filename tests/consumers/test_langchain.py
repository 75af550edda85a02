"""LangChain's own standard tests on the chat models that are opened here, and any model of LangChain's as an answerer."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("langchain_tests", reason="langchain-tests is not installed; it comes with the extra `test`")

from langchain_core.language_models import BaseChatModel
from langchain_tests.unit_tests import ChatModelUnitTests

from deliberation.models.chat.pooled_anthropic import PooledAnthropic
from deliberation.models.chat.pooled_openai import PooledOpenAI


class TestPooledOpenAI(ChatModelUnitTests):
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return PooledOpenAI

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": "gpt-6.1-terra", "api_key": "none"}

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        return {"OPENAI_API_KEY": "k"}, {"model": "gpt-6.1-terra"}, {"openai_api_key": "k"}


class TestPooledAnthropic(ChatModelUnitTests):
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return PooledAnthropic

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": "claude-sonnet-5-5", "api_key": "none"}

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        return {"ANTHROPIC_API_KEY": "k"}, {"model": "claude-sonnet-5-5"}, {"anthropic_api_key": "k"}
