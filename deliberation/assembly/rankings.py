"""Private rankings, the longer ones in steps: the best few of what is left, until few are left. Decides nothing.

A ranking of many things asked for at once tends to echo the order in which they were shown; so no call orders more than
five, and what is left is shown in a new order every time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from deliberation.assembly.asking import Asking, Heard, ask
from deliberation.assembly.room import Room
from deliberation.models.tasks import Task

T = TypeVar("T")

AT_ONCE = 5
BEST = 3


class Ranked(NamedTuple):
    """One member's ranking, best first; the order in which all was first shown; its replies, the last one first."""

    ranking: tuple[tuple[str, ...], ...]
    shown: tuple[str, ...]
    heard: tuple[Heard, ...]


def rank_all(
    room: Room,
    options: Mapping[str, T],
    task: Callable[[Sequence[T], int], Task],
    *,
    purpose: str,
    item: str,
    attempts: int,
) -> Asking[list[Ranked]]:
    """Let every member rank the same things.

    Args:
        room: where.
        options: what is ranked, by name.
        task: makes the task of a step from what is left, in the order shown, and how many of them to order (0: all).
        purpose: names the draw of the orders shown.
        item: names what is asked.
        attempts: how often a reply that cannot be read is asked for.

    Returns:
        The rankings of those whose every reply could be read, in the order of the panel.
    """
    found = {member: Ranked((), (), ()) for member in room.members}
    step = 0
    while True:
        left = {member: _left(options, so_far.ranking) for member, so_far in found.items()}
        last = all(len(names) <= AT_ONCE for names in left.values())
        at = f"{item}-step-{step}" if step else item
        requests = []
        for member, so_far in found.items():
            order = room.shuffled(left[member], member, f"{purpose}-{step}" if step else purpose)
            made = task([options[name] for name in order], 0 if last else BEST)
            requests.append(room.request(made, speaker=member, role="member", item=at))
            found[member] = so_far if step else so_far._replace(shown=order)
        heard = yield from ask(room, requests, attempts=attempts)
        found = {h.request.address.speaker: _on(found[h.request.address.speaker], h) for h in heard if h is not None}
        if last or not found:
            return list(found.values())
        step += 1


def _on(so_far: Ranked, heard: Heard) -> Ranked:
    ranking: Any = heard.reading.ranking
    return so_far._replace(ranking=(*so_far.ranking, *ranking), heard=(heard, *so_far.heard))


def _left(options: Mapping[str, T], ranking: tuple[tuple[str, ...], ...]) -> list[str]:
    taken = {name for place in ranking for name in place}
    return [name for name in options if name not in taken]
