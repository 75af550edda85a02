"""How a phase asks: in batches, again where a reply cannot be read, and several tables at once.

A phase is a small generator: it yields requests, is sent the replies in order, and returns what it made of them.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, NamedTuple, TypeVar

from deliberation.assembly.room import Room
from deliberation.errors import UnreadableReply
from deliberation.models.requests import Reply, Request
from deliberation.records.events import Failed

T = TypeVar("T")
Asking = Generator[tuple[Request, ...], tuple[Reply, ...], T]


class Heard(NamedTuple):
    """A readable reply. `reading` is of the form that the request's task reads."""

    request: Request
    reading: Any
    call: str
    origin: str | None


def put(heard: Heard, *to: str) -> dict[str, Any]:
    """The fields of an event that puts somebody's words on record, which refers to `to` first."""
    said = heard.reading
    return {
        "speaker": heard.request.address.speaker,
        "role": heard.request.role,
        "text": said.text,
        "points": said.points,
        "refs": (*to, *said.refs),
        "call": heard.call,
        "origin": heard.origin,
    }


def ask(room: Room, requests: Sequence[Request], *, attempts: int) -> Asking[list[Heard | None]]:
    """Ask a batch; what stays unreadable after `attempts` becomes a `failed` event and a None.

    Returns:
        One entry per request, in order.
    """
    heard: list[Heard | None] = [None] * len(requests)
    waiting = list(enumerate(requests))
    while waiting:
        replies = yield tuple(request for _, request in waiting)
        again: list[tuple[int, Request]] = []
        for (place, request), reply in zip(waiting, replies, strict=True):
            try:
                heard[place] = Heard(request, request.task.read(reply.text), reply.call, reply.origin or None)
            except UnreadableReply as error:
                if request.repeat + 1 < attempts:
                    wanted = f"{error.wanted}; and shorter, for it broke off" if reply.cut else error.wanted
                    again.append((place, request._replace(repeat=request.repeat + 1, error=wanted)))
                else:
                    _fail(room, request, reply, error)
        waiting = again
    return heard


def together(talks: Sequence[Asking[T]]) -> Asking[list[T]]:
    """Carry several talks on at once, in step: what they ask at the same time is one batch.

    Returns:
        What each returned, in order.
    """
    results: dict[int, T] = {}
    asked: dict[int, tuple[Request, ...]] = {}

    def advance(place: int, replies: tuple[Reply, ...] | None) -> None:
        try:
            asked[place] = next(talks[place]) if replies is None else talks[place].send(replies)
        except StopIteration as stop:
            asked.pop(place, None)
            results[place] = stop.value

    for place in range(len(talks)):
        advance(place, None)
    while asked:
        batch = [(place, len(requests)) for place, requests in sorted(asked.items())]
        replies = yield tuple(r for place, _ in batch for r in asked[place])
        start = 0
        for place, count in batch:
            advance(place, replies[start : start + count])
            start += count
    return [results[place] for place in range(len(talks))]


def _fail(room: Room, request: Request, reply: Reply, error: UnreadableReply) -> None:
    address = request.address
    room.record(
        Failed,
        speaker=address.speaker,
        role=request.role,
        text=reply.text,
        table=address.table or None,
        call=reply.call,
        origin=reply.origin or None,
        task=request.task.kind,
        attempts=request.repeat + 1,
        error=f"wanted {error.wanted}",
        item=address.item,
    )
