"""An assembly, from opening to close, and its ratification: generators that do no I/O.

They yield batches of requests together with what has happened since, are sent the replies in order, and end with the
number of events. The same code is driven by asyncio, by a batch endpoint, by a journal, or by hand in a test.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import NamedTuple, assert_never

from deliberation.assembly import choosing, decisions, drafting, evidence, talk
from deliberation.assembly.asking import Asking
from deliberation.assembly.decisions import Choosing
from deliberation.assembly.room import CHAIR, Room
from deliberation.models.requests import Reply, Request, Roster
from deliberation.models.tasks import Paper
from deliberation.records.events import Closed, Event, Opened, Seated
from deliberation.settings import Phase, Procedure, Witness


class Sitting(NamedTuple):
    """All that one assembly needs to know before it sits."""

    roster: Roster
    procedure: Procedure
    witness: Witness
    attempts: int


class Batch(NamedTuple):
    """Requests that can be carried out at once, and the transcript's new lines since the last batch.

    `phase` is the phase now under way; when it changes, the phase before has ended.
    """

    requests: tuple[Request, ...]
    lines: tuple[str, ...]
    phase: str


Proceedings = Generator[Batch, tuple[Reply, ...], tuple[str, ...]]
"""Yields batches, is sent replies, returns the transcript's last lines."""


def deliberate(sitting: Sitting) -> Proceedings:
    """The first sitting: every phase of the procedure, in order."""
    room = Room(sitting.roster)
    return (yield from proceed(room, _first_sitting(room, sitting)))


def ratify(
    sitting: Sitting, past: Sequence[Event], slate: Sequence[Paper], contests: Sequence[Choosing] = ()
) -> Proceedings:
    """The second sitting: a vote on the canonical clauses, and judgments of the cases.

    Args:
        sitting: as in the first sitting; or one of other people, who remember nothing of it.
        past: all events so far, whose numbering goes on.
        slate: the canonical clauses.
        contests: clauses of which only one can stand.
    """
    fresh = sitting.procedure.evaluators == "fresh"
    room = Room(sitting.roster, start=len(past)) if fresh else Room(sitting.roster, past)
    room.slate = {paper.clause.id: paper for paper in slate}
    return (yield from proceed(room, _second_sitting(room, sitting, contests)))


def proceed(room: Room, talk_: Asking[None]) -> Proceedings:
    """Carry on what is under way in a room, with the lines of its transcript as they come."""
    sent = 0

    def news() -> tuple[str, ...]:
        nonlocal sent
        fresh = tuple(room.lines[sent:])
        sent = len(room.lines)
        return fresh

    try:
        requests = next(talk_)
        while True:
            requests = talk_.send((yield Batch(requests, news(), requests[0].address.phase)))
    except StopIteration:
        return news()


def _first_sitting(room: Room, sitting: Sitting) -> Asking[None]:
    question = sitting.roster.question
    room.record(
        Opened,
        speaker=CHAIR,
        role="chair",
        text=question.text,
        question=question.id,
        procedure=sitting.procedure.id,
    )
    names = ", ".join(person.name for person in sitting.roster.members)
    room.record(Seated, speaker=CHAIR, role="chair", text=f"Seated: {names}.", members=room.members)
    yield from _phases(room, sitting, sitting.procedure.phases)
    _close(room)


def _second_sitting(room: Room, sitting: Sitting, contests: Sequence[Choosing]) -> Asking[None]:
    if sitting.procedure.evaluators == "fresh":
        room.enter("evaluation")
        names = ", ".join(person.name for person in sitting.roster.members)
        text = f"Seated to evaluate, having heard nothing: {names}."
        room.record(Seated, speaker=CHAIR, role="chair", text=text, members=room.members)
    for phase in sitting.procedure.ratification:
        room.enter(phase.name)
        if phase.kind == "contests":
            yield from decisions.contests(room, contests, attempts=sitting.attempts)
        else:
            yield from _one(room, sitting, phase)
    _close(room)


def _close(room: Room) -> None:
    room.enter("closing")
    room.record(Closed, speaker=CHAIR, role="chair", text="The sitting is closed.")


def _phases(room: Room, sitting: Sitting, phases: Sequence[Phase]) -> Asking[None]:
    for phase in phases:
        room.enter(phase.name)
        yield from _one(room, sitting, phase)


def _one(room: Room, sitting: Sitting, phase: Phase) -> Asking[None]:  # noqa: C901, PLR0911, PLR0912  one arm a kind
    again = sitting.attempts
    match phase.kind:
        case "poll":
            return (yield from decisions.poll(room, attempts=again))
        case "weighing":
            return (yield from decisions.weighing(room, attempts=again))
        case "testimony":
            return (yield from evidence.testimony(room, sitting.witness, attempts=again))
        case "cross_examination":
            return (yield from evidence.cross_examination(room, sitting.witness, phase.questions, attempts=again))
        case "rebuttal":
            return (yield from evidence.rebuttal(room, sitting.witness, attempts=again))
        case "assistance":
            return (yield from evidence.assistance(room, phase.questions, attempts=again))
        case "statements":
            return (yield from talk.statements(room, phase, attempts=again))
        case "tables":
            return (yield from talk.tables(room, phase, attempts=again))
        case "plenary":
            return (yield from talk.plenary(room, attempts=again))
        case "drafting":
            return (yield from drafting.drafting(room, phase, attempts=again))
        case "stock":
            return drafting.stock(room, phase)
        case "amendment":
            return (yield from decisions.amendment(room, phase.limit, attempts=again))
        case "selection":
            return (yield from choosing.selection(room, phase, attempts=again))
        case "slate":
            return (yield from choosing.slate(room, phase, attempts=again))
        case "ballot":
            return (yield from decisions.ballot(room, phase, attempts=again))
        case "minority":
            return (yield from talk.minority(room, phase.each, attempts=again))
        case "judgment":
            return (yield from decisions.judgment(room, attempts=again))
        case "imported" | "contests":  # nobody is asked; contests are known only once clauses are merged
            return None
        case "recall":
            return (yield from decisions.recall(room, attempts=again))
        case _:
            assert_never(phase)
