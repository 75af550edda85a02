"""Several streams as one, in the order in which things come.

An error waits until the others have ended: what they bring may have been paid for.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class _End(NamedTuple):
    error: Exception | None


async def merged(streams: Iterable[AsyncIterator[T]]) -> AsyncIterator[T]:
    """Everything that the streams bring, as it comes.

    Raises:
        Exception: the first error of any stream, once all have ended.
    """
    come: asyncio.Queue[T | _End] = asyncio.Queue()
    tasks = [asyncio.create_task(_forward(stream, come)) for stream in streams]
    errors: list[Exception] = []
    left = len(tasks)
    try:
        while left:
            one = await come.get()
            if not isinstance(one, _End):
                yield one
                continue
            left -= 1
            if one.error is not None:
                errors.append(one.error)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if errors:
        raise errors[0]


async def _forward(stream: AsyncIterator[T], come: asyncio.Queue[T | _End]) -> None:
    try:
        async for one in stream:
            await come.put(one)
    except Exception as error:  # noqa: BLE001  handed on to whoever reads
        await come.put(_End(error))
    except asyncio.CancelledError:
        come.put_nowait(_End(RuntimeError("a stream was cancelled from within")))  # else its reader would wait for ever
        raise
    else:
        await come.put(_End(None))
