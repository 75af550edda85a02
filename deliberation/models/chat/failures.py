"""What a failed call means: whether it passes, how long to wait, and how it is told in one line. Retries nothing."""

from __future__ import annotations

import json
from contextlib import suppress

from pydantic import SecretStr

_TOO_MANY = frozenset({429, 529})
_PASSING = frozenset({*_TOO_MANY, 408, 409, 425, 500, 502, 503, 504})
LONGEST_WAIT_S = 60.0
_LONGEST = 300
"""Characters of a provider's words that are told."""


def passes(error: Exception) -> bool:
    """Whether the same call may well succeed later."""
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        spent = _code(error) == "insufficient_quota"  # a 429 that no waiting ends
        return (status in _PASSING and not spent) or status == 200  # a 200 whose body is broken
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"APIConnectionError", "APIResponseValidationError", "TimeoutException", "TransportError"}) or (
        isinstance(error, json.JSONDecodeError | UnicodeDecodeError | ConnectionError | TimeoutError)
    )


def is_too_many(error: BaseException) -> bool:
    """Whether the provider says that calls come too fast, or that it is overloaded."""
    return getattr(error, "status_code", None) in _TOO_MANY


def wanted_wait(error: BaseException) -> float | None:
    """Seconds that the provider asks to wait for (Retry-After), at most a minute; null where it does not ask."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    with suppress(KeyError, ValueError):
        return min(LONGEST_WAIT_S, max(0.0, float(headers["retry-after"])))
    return None


def told(error: Exception, secret: SecretStr | None = None) -> str:
    """A failure in one line, by the provider's own words, from which the key is taken out."""
    said = _inner(error).get("message")
    status = getattr(error, "status_code", None)
    words = str(said) if said else f"{type(error).__name__} {_root(error)}".rstrip()
    if secret is not None:
        words = words.replace(secret.get_secret_value(), "[key]")
    flat = " ".join(words.split())[:_LONGEST]
    return f"{status} {flat}" if status else flat


def _root(error: BaseException) -> str:
    """What the failure goes back to, where that has words of its own."""
    below = error.__cause__ or error.__context__
    while below is not None:
        error, below = below, below.__cause__ or below.__context__
    return f"({error})" if str(error) else ""


def _code(error: Exception) -> object:
    return _inner(error).get("code")


def _inner(error: Exception) -> dict[str, object]:
    body = getattr(error, "body", None)
    inner = body.get("error", body) if isinstance(body, dict) else None
    return inner if isinstance(inner, dict) else {}
