"""Settings for studies with chat models on loopback."""

from __future__ import annotations

from typing import Any

from loopback import Provider

from deliberation.settings import Settings

_MODEL = ("retries", "structured", "attempts", "timeout", "poll", "rpm", "tpm", "parallel", "max_tokens")


def chat(server: Provider, kind: str = "openai", **changes: Any) -> dict[str, Any]:
    """A chat model on loopback; its key is in the environment as PLANTED_KEY."""
    base = f"{server.url}/v1" if kind == "openai" else server.url
    return {"kind": "chat", "provider": kind, "model": "test-model", "base_url": base, "key": "PLANTED_KEY", **changes}


def settings_for(server: Provider, kind: str = "openai", **changes: Any) -> Settings:
    """A small study that a chat model on loopback answers; changes of the model's settings by their names."""
    model = chat(server, kind, **{k: changes.pop(k) for k in _MODEL if k in changes})
    return Settings.bundled(**{"assemblies": 3, "members": 4, "truth": 0, "model": model, **changes})
