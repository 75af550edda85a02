"""What all assemblies ask at the same step, answered by batches where the model that is asked sells them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from typing import NamedTuple

from deliberation.models.chat.answerer import ChatAnswerer
from deliberation.models.chat.bulk import BulkChat, Missed
from deliberation.models.merging import merged
from deliberation.models.requests import Answerer, Reply, Request

Answered = tuple[str, Reply | Missed]


class Seller(NamedTuple):
    """A chat model and its batches."""

    chat: ChatAnswerer
    batches: BulkChat


class BulkAnswerer:
    """Sends each request to the batches of the model whose turn it is, and those of others to them directly.

    Args:
        answerer: who answers what no batch does; its identity is that of all.
        seller: whose batches a request goes to, if any.
        sellers: all of them.
    """

    def __init__(
        self, answerer: Answerer, seller: Callable[[Request], Seller | None], sellers: tuple[Seller, ...]
    ) -> None:
        self.answerer = answerer
        self._seller, self._sellers = seller, sellers

    async def wave(self, requests: Mapping[str, Request]) -> AsyncIterator[Answered]:
        """The answers to all requests, by key, as they come.

        Raises:
            AnswererError: a provider takes no batch; what others answered has been handed on before.
        """
        batched: dict[Seller, dict[str, Request]] = defaultdict(dict)
        direct: dict[str, Request] = {}
        for key, request in requests.items():
            seller = self._seller(request)
            (direct if seller is None else batched[seller])[key] = request
        streams = [self._batched(seller, theirs) for seller, theirs in batched.items()]
        async for one in merged([*streams, self._directly(direct)]):
            yield one

    def settle(self) -> None:
        """Be done with the batches of which everything is kept."""
        for seller in self._sellers:
            seller.batches.settle()

    async def aclose(self) -> None:
        """The event loop is about to end."""
        for seller in self._sellers:
            await seller.batches.aclose()
        await self.answerer.aclose()

    async def _batched(self, seller: Seller, requests: Mapping[str, Request]) -> AsyncIterator[Answered]:
        name = seller.chat.identity.name
        async for key, answer in seller.batches.wave({key: seller.chat.sent(r) for key, r in requests.items()}):
            yield key, answer._replace(origin=name) if isinstance(answer, Reply) else answer

    async def _directly(self, requests: Mapping[str, Request]) -> AsyncIterator[Answered]:
        keys = list(requests)
        if keys:
            async for place, reply in self.answerer.answer(list(requests.values())):
                yield keys[place], reply
