"""ChatOpenAI for hundreds of calls at once. Changes nothing else in it."""

from __future__ import annotations

from typing import Any

from langchain_openai import ChatOpenAI


class PooledOpenAI(ChatOpenAI):
    """ChatOpenAI whose calls are sent as they are.

    The SDK walks through every field of a body, messages and schema, before it sends it, for a third of what a call
    costs; a body that is handed over whole as `extra_body` it leaves alone.
    """

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """No: LangChain loads no class from elsewhere, and what it would write down is none of this one's business."""
        return False

    def _get_request_payload(self, input_: Any, *, stop: list[str] | None = None, **kwargs: Any) -> dict[str, Any]:
        payload = super()._get_request_payload(input_, stop=stop, **kwargs)
        if payload.get("stream") or "input" in payload:
            return payload
        whole = {**payload.pop("extra_body", {}), **payload}
        return {"messages": [], "model": payload["model"], "extra_body": whole}
