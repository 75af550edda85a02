"""How many calls of one model may be in flight, and how fast they may follow: shared by all assemblies. Makes no call.

Concurrency adapts as congestion control does (additive increase, multiplicative decrease; Chiu and Jain 1989): one more
call for every round of calls that passed, half as many once the provider says that they are too many.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]


class Bucket:
    """A rate: `limit` a minute, spent in steps, of which a second's worth may be saved up.

    Args:
        limit: a minute; null is no limit.
        clock: seconds that only grow.
    """

    def __init__(self, limit: int | None, clock: Clock) -> None:
        self._rate = math.inf if limit is None else limit / 60.0
        self._clock, self._at = clock, clock()
        self._most = max(1.0, self._rate)
        self._left = self._most

    def wait(self) -> float:
        """Seconds until more may be spent."""
        if self._rate == math.inf:
            return 0.0
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now
        return 0.0 if self._left > 0.0 else (1e-9 - self._left) / self._rate

    def spend(self, amount: float) -> None:
        """Spend; more than is left is paid off by waiting afterwards."""
        if self._rate < math.inf:
            self._left -= amount


class Throttle:
    """Admits calls one by one.

    Args:
        parallel: calls in flight at most.
        rpm: requests a minute; tpm: tokens a minute; null is no limit.
        clock, sleep: the passing of time.

    Attributes:
        limit: calls that may be in flight as things stand.
        in_flight: calls that are.
    """

    def __init__(
        self, *, parallel: int, rpm: int | None, tpm: int | None, clock: Clock = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:  # fmt: skip
        self.limit = float(parallel)
        self.in_flight = 0
        self._parallel = parallel
        self._clock, self._sleep = clock, sleep
        self._requests, self._tokens = Bucket(rpm, clock), Bucket(tpm, clock)
        self._pause_until = self._eased_at = -math.inf
        self._line = asyncio.Lock()
        self._free: asyncio.Future[None] | None = None

    async def admit(self, tokens: int) -> float:
        """Wait for one's turn to make a call of about so many tokens. Returns when it began."""
        async with self._line:  # one after another, and only the first looks at the clock
            await self._turn()
            self.in_flight += 1
            self._requests.spend(1)
            self._tokens.spend(tokens)
        return self._clock()

    def passed(self, more_tokens: int) -> None:
        """A call came back; it took so many more tokens than was said."""
        self._tokens.spend(more_tokens)
        self.limit = min(self._parallel, self.limit + 1.0 / self.limit)
        self._leave()

    def refused(self, began: float, wait: float) -> None:
        """A call was one too many: all wait so many seconds, and fewer go at once. Those of one flight count once."""
        now = self._clock()
        self._pause_until = max(self._pause_until, now + wait)
        if began > self._eased_at:
            self.limit = max(1.0, self.limit / 2.0)
            self._eased_at = now
        self._leave()

    def failed(self) -> None:
        """A call ended otherwise."""
        self._leave()

    async def _turn(self) -> None:
        while True:
            wait = max(self._pause_until - self._clock(), self._requests.wait(), self._tokens.wait())
            if wait > 0.0:
                await self._sleep(wait)
            elif self.in_flight >= max(1, int(self.limit)):
                self._free = asyncio.get_running_loop().create_future()
                await self._free
            else:
                return

    def _leave(self) -> None:
        self.in_flight -= 1
        if self._free is not None and not self._free.done():
            self._free.set_result(None)
