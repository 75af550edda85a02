"""Several answerers as one: each request goes to whoever holds its role or its seat. Answers nothing itself.

Members are shared out over the answerers for members as evenly as can be, anew in every assembly, by a named draw.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import lru_cache

from deliberation.models.merging import merged
from deliberation.models.requests import Answerer, Identity, Reply, Request
from deliberation.randomness import stream
from deliberation.records.base import canonical, short_hash
from deliberation.settings import Cast, Chat, Synthetic

Settings = Synthetic | Chat


def answering(model: Settings | Cast, request: Request) -> Settings:
    """Whose turn a request is."""
    return model.places()[place_of(model, request)] if isinstance(model, Cast) else model


def place_of(cast: Cast, request: Request) -> str:
    """The place in a cast whose turn a request is, as `Cast.places` names it."""
    if request.role != "member":
        return str(request.role)
    roster = request.view.roster
    return _seats(tuple(sorted(cast.members)), roster.seed, roster.lot, tuple(p.id for p in roster.members))[
        request.address.speaker
    ]


@lru_cache(maxsize=4096)
def _seats(kinds: tuple[str, ...], seed: int, lot: str, members: tuple[str, ...]) -> Mapping[str, str]:
    order = stream(seed, "cast", lot).permutation(len(members))
    return {members[seat]: f"members.{kinds[number % len(kinds)]}" for number, seat in enumerate(order)}


class CastAnswerer:
    """The answerers of a cast behind one protocol.

    Args:
        cast: who is in it.
        open_one: opens an answerer; places with the same settings share one, and so its limits.

    Attributes:
        everyone: the answerers, each once.
    """

    def __init__(self, cast: Cast, open_one: Callable[[Settings], Answerer]) -> None:
        self._cast = cast
        opened: dict[str, Answerer] = {}
        for one in cast.places().values():
            if one.line() not in opened:
                opened[one.line()] = open_one(one)
        self.everyone = tuple(opened.values())
        self._at = {place: opened[one.line()] for place, one in cast.places().items()}
        self.identity = cast_identity({place: one.identity for place, one in self._at.items()})

    async def answer(self, requests: Sequence[Request]) -> AsyncIterator[tuple[int, Reply]]:
        """See `Answerer.answer`. All that are asked answer at once."""
        theirs: dict[str, list[int]] = defaultdict(list)
        for number, request in enumerate(requests):
            theirs[place_of(self._cast, request)].append(number)
        async for one in merged(_answered(self._at[at], requests, mine) for at, mine in theirs.items()):
            yield one

    def dismiss(self, assembly: str) -> None:
        """See `Answerer.dismiss`."""
        for one in self.everyone:
            one.dismiss(assembly)

    async def aclose(self) -> None:
        """See `Answerer.aclose`."""
        for one in self.everyone:
            await one.aclose()

    def at(self, request: Request) -> Answerer:
        """Whose turn a request is."""
        return self._at[place_of(self._cast, request)]

    def mark(self, request: Request) -> str:
        """See `Answerer.mark`."""
        one = self.at(request)
        return f"{one.identity}:{one.mark(request)}"


async def _answered(who: Answerer, requests: Sequence[Request], mine: list[int]) -> AsyncIterator[tuple[int, Reply]]:
    async for at, reply in who.answer([requests[place] for place in mine]):
        yield mine[at], reply._replace(origin=reply.origin or who.identity.name)


def cast_identity(everyone: Mapping[str, Identity]) -> Identity:
    """Who a cast is, by its places: paid if anybody in it is, and resting on the whole record if anybody does."""
    return Identity(
        "cast",
        short_hash(canonical({place: str(one) for place, one in everyone.items()})),
        paid=any(one.paid for one in everyone.values()),
        simulates_room=any(one.simulates_room for one in everyone.values()),
    )
