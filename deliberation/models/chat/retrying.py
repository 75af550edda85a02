"""Makes a call again while it fails for a passing reason, after a pause as long as is asked for, or doubling."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic import SecretStr

from deliberation.errors import AnswererError
from deliberation.models.chat import failures

T = TypeVar("T")

_FIRST_PAUSE_S = 0.5


async def kept_at(
    call: Callable[[float], Awaitable[T]], *, retries: int, name: str, secret: SecretStr | None = None
) -> T:
    """What the call comes to at last.

    Args:
        call: makes the call; told how many seconds will be waited, should it fail and the provider name no time.
        retries: how often it is made again.
        name: whose failure it would be.
        secret: the key, which no message may hold.

    Raises:
        AnswererError: it failed for a reason that does not pass, or too often.
    """
    pause = _FIRST_PAUSE_S
    for attempt in range(1, retries + 2):
        try:
            return await call(pause)
        except Exception as error:  # noqa: BLE001  each SDK has its own tree; what is not known to pass is raised on
            told = f"{name}: {failures.told(error, secret)}"
            if not failures.passes(error):
                raise AnswererError(told) from None
            if attempt > retries:
                raise AnswererError(f"{told}, {attempt} times") from None
            wait = failures.wanted_wait(error) or pause
        await asyncio.sleep(wait)
        pause = min(failures.LONGEST_WAIT_S, 2 * pause)
    raise AssertionError("the last attempt returns or raises")
