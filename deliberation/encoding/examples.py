"""Worked examples of clauses that were ruled on, and whether a reader can tell from the replies alone what they are of.

A generator that does no I/O, like a sitting. Adopted and contested clauses are exemplified, the latter so that they can
be exported and marked; a clause that no request bears on has no examples, and that is reported, not made up for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from deliberation.assembly.asking import Asking, ask
from deliberation.assembly.room import CHAIR, CLERK, Room
from deliberation.assembly.sitting import Proceedings, proceed
from deliberation.models.exemplary import Exemplify, Recognise
from deliberation.models.requests import Roster
from deliberation.randomness import stream
from deliberation.records.agenda import Case
from deliberation.records.base import new_id
from deliberation.records.encoding import Recognition, WorkedExample
from deliberation.records.events import Closed, Event, Exemplified, Recognised
from deliberation.records.specification import STANDING, CaseRuling, Clause, Ruling
from deliberation.settings import EncodingSettings

NAME = "examples"
"""Under which the clerk's examples stand, as an assembly's acts do under its id."""


class Exemplifying(NamedTuple):
    """What examples are written for: clauses in their order, and how each was ruled on; `bearing`: cases by clause."""

    clauses: Sequence[Clause]
    bearing: Mapping[str, tuple[Case, ...]]
    settings: EncodingSettings
    attempts: int


def exemplifying(
    clauses: Sequence[Clause], rulings: Iterable[Ruling], cases: Sequence[Case], settled: Iterable[CaseRuling],
    settings: EncodingSettings, *, attempts: int,
) -> Exemplifying:  # fmt: skip
    """What is to be exemplified: adopted and contested clauses.

    A case bears on a clause if a fifth of those who preferred one of its responses relied on it; of a contested clause,
    which decides nothing, all cases may.
    """
    standing = {r.clause: r.status for r in rulings if r.status in STANDING}
    decided = {one.case: set(one.decided_by) for one in settled}
    bearing = {
        c.id: tuple(k for k in cases if standing[c.id] == "contested" or c.id in decided.get(k.id, ()))
        for c in clauses
        if c.id in standing
    }
    return Exemplifying([c for c in clauses if c.id in standing], bearing, settings, attempts)


def exemplify(roster: Roster, work: Exemplifying) -> Proceedings:
    """Write examples, then let each be recognised; ends with `exemplified` and `recognised` events."""
    room = Room(roster)
    return (yield from proceed(room, _all(room, work)))


def examples_of(question: str, events: Iterable[Event]) -> list[WorkedExample]:
    """The examples among the clerk's events."""
    return [
        WorkedExample(
            id=e.example, question=question, clause=e.clause, case=e.case, prompt=e.text, complies=e.complies,
            violates=e.violates, event=e.id, origin=e.origin or "unknown",
        )
        for e in events
        if isinstance(e, Exemplified)
    ]  # fmt: skip


def recognitions_of(examples: Iterable[WorkedExample], events: Iterable[Event]) -> list[Recognition]:
    """What each example was taken for; one that was never or not readably asked about is recognised as nothing."""
    told = {e.example: e for e in events if isinstance(e, Recognised)}
    found = []
    for example in examples:
        event = told.get(example.id)
        right = event is not None and event.clause == example.clause and event.complies
        found.append(
            Recognition(
                example=example.id,
                clause=event.clause if event else None,
                complies=event.complies if event else None,
                right=right,
                event=event.id if event else "",
            )
        )
    return found


def _all(room: Room, work: Exemplifying) -> Asking[None]:
    room.enter("examples")
    yield from _written(room, work)
    if work.settings.recognise:
        room.enter("recognition")
        yield from _recognised(room, work)
    room.enter("closing")
    room.record(Closed, speaker=CHAIR, role="chair", text="The clerk is done.")


def _written(room: Room, work: Exemplifying) -> Asking[None]:
    tasks = [Exemplify(c, work.bearing[c.id], work.settings.examples) for c in work.clauses]
    requests = [room.request(task, speaker=CLERK, role="clerk", item=task.clause.id) for task in tasks]
    asked = (yield from ask(room, requests, attempts=work.attempts)) if requests else []
    for task, heard in zip(tasks, asked, strict=True):
        if heard is None:
            continue
        for number, said in enumerate(heard.reading.examples):
            room.record(
                Exemplified, speaker=CLERK, role="clerk", text=said.prompt, call=heard.call, origin=heard.origin,
                example=new_id("i", task.clause.id, said.prompt, number), clause=task.clause.id, case=said.case,
                complies=said.complies, violates=said.violates,
            )  # fmt: skip


def _recognised(room: Room, work: Exemplifying) -> Asking[None]:
    written = [e for e in room.events if isinstance(e, Exemplified)]
    turned = [_turned(room.roster, e.example) for e in written]
    tasks = [
        Recognise(tuple(work.clauses), e.text, (e.violates, e.complies) if swap else (e.complies, e.violates))
        for e, swap in zip(written, turned, strict=True)
    ]
    requests = [
        room.request(task, speaker=CLERK, role="clerk", item=e.example) for task, e in zip(tasks, written, strict=True)
    ]
    asked = (yield from ask(room, requests, attempts=work.attempts)) if requests else []
    for event, swap, heard in zip(written, turned, asked, strict=True):
        if heard is not None:
            first = heard.reading.complies == "a"
            room.record(
                Recognised, speaker=CLERK, role="clerk", text="", call=heard.call, origin=heard.origin,
                example=event.example, clause=heard.reading.clause, complies=first != swap,
            )  # fmt: skip


def _turned(roster: Roster, example: str) -> bool:
    """Whether the reply that complies is shown second, by lot."""
    return bool(stream(roster.seed, "shown-first", example).random() < 0.5)
