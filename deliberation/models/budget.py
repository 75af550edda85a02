"""Hard caps on what a run may buy. Counts over the whole life of the run; what tokens cost it is told."""

from __future__ import annotations

from collections.abc import Iterable

from deliberation.errors import BudgetExhausted
from deliberation.models.journal import Taken
from deliberation.models.requests import Reply
from deliberation.settings import Budget, Prices
from deliberation.settings.models import SYNTHETIC


class Purse:
    """What is left of a budget. The one mutable thing that all assemblies share.

    Args:
        caps: the caps.
        spent: what has been bought before.
        prices: what tokens cost; null where that is not known, and then no cap in money may be set.

    Attributes:
        calls, tokens: bought so far.
        usd: what they cost; null once something was bought whose price is not known.
    """

    def __init__(self, caps: Budget, spent: Iterable[Taken] = (), prices: Prices | None = None) -> None:
        before = list(spent)
        self._caps, self._prices = caps, prices
        self.usd = cost_of(before, prices)
        self.calls = sum(one.calls for one in before)
        self.tokens = sum(one.tokens.input + one.tokens.output for one in before)
        self._taken = 0

    def take(self, calls: int) -> None:
        """Set calls aside before they are made.

        Raises:
            BudgetExhausted: they would go over a cap; nothing is set aside.
        """
        limit = self._caps.calls
        if limit is not None and self.calls + self._taken + calls > limit:
            raise BudgetExhausted("budget.calls", limit)
        if self._caps.tokens is not None and self.tokens >= self._caps.tokens:
            raise BudgetExhausted("budget.tokens", self._caps.tokens)
        if self._caps.usd is not None and self.usd is None:
            raise BudgetExhausted(
                "budget.usd", self._caps.usd, why="cannot be kept, for a reply came without a count of its tokens"
            )
        if self._caps.usd is not None and self.usd is not None and self.usd >= self._caps.usd:
            raise BudgetExhausted("budget.usd", self._caps.usd)
        self._taken += calls

    def give_back(self, calls: int) -> None:
        """Calls set aside will not be made after all."""
        self._taken -= calls

    def paid(self, reply: Reply) -> None:
        """A call set aside came back."""
        self._taken -= 1
        self.calls += 1
        self.tokens += reply.tokens.input + reply.tokens.output
        if self.usd is not None:
            cost = _price(self._prices, Taken(reply.origin, reply.model, reply.bulk, 1, reply.tokens))
            self.usd = None if cost is None else self.usd + cost

    def __str__(self) -> str:
        """What has been bought, in one line.

        >>> print(Purse(Budget()))
        0 calls, 0 tokens, 0.00 USD
        """
        money = "cost unknown" if self.usd is None else f"{self.usd:.2f} USD"
        return f"{self.calls:,} calls, {self.tokens:,} tokens, {money}"


def cost_of(taken: Iterable[Taken], prices: Prices | None) -> float | None:
    """What replies cost in all, USD; null where the price of one of them is not known."""
    costs = [_price(prices, one) for one in taken]
    return None if None in costs else sum(cost for cost in costs if cost is not None)


def _price(prices: Prices | None, one: Taken) -> float | None:
    if one.origin == SYNTHETIC:
        return 0.0
    if prices is None or not one.tokens.input:  # a server that reports no tokens leaves the cost unknown
        return None
    return prices.of(one.origin, one.tokens, bulk=one.bulk)
