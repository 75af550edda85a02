"""Hard caps on what a run may buy. Counts over the whole life of the run; knows no prices of its own."""

from __future__ import annotations

from deliberation.errors import BudgetExhausted
from deliberation.models.requests import Reply
from deliberation.records.manifest import Usage
from deliberation.settings import Budget, Price


class Purse:
    """What is left of a budget. The one mutable thing that all assemblies share.

    Args:
        caps: the caps.
        spent: what has been bought before.
        price: what tokens cost; null where that is not known, and then no cap in money may be set.
    """

    def __init__(self, caps: Budget, spent: Usage, price: Price | None = None) -> None:
        self._caps, self._price = caps, price
        self.usd = price.of(spent.input_tokens, spent.output_tokens) if price else 0.0
        self.calls = spent.calls
        self.tokens = spent.input_tokens + spent.output_tokens
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
        if self._caps.usd is not None and self.usd >= self._caps.usd:
            raise BudgetExhausted("budget.usd", self._caps.usd)
        self._taken += calls

    def give_back(self, calls: int) -> None:
        """Calls set aside will not be made after all."""
        self._taken -= calls

    def paid(self, reply: Reply) -> None:
        """A call set aside came back."""
        self._taken -= 1
        self.calls += 1
        self.tokens += reply.input_tokens + reply.output_tokens
        if self._price is not None:
            self.usd += self._price.of(reply.input_tokens, reply.output_tokens)
