"""The phases in which people talk: testimony, cross-examination, tables, plenary. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from deliberation.assembly import seating
from deliberation.assembly.asking import Asking, ask, together
from deliberation.assembly.room import CHAIR, WITNESS, Room, facilitator_of
from deliberation.models.requests import Request
from deliberation.models.tasks import Answer, Ask, Facilitate, Speak, Testify
from deliberation.records.events import Answered, Asked, Facilitated, Happening, Seated, Spoke, Testified
from deliberation.settings import Witness
from deliberation.settings.procedure import TablesPhase

E = TypeVar("E", bound=Happening)

_REPLY_REACH = 6


def testimony(room: Room, witness: Witness, *, attempts: int) -> Asking[None]:
    """The witness presents the dossier to all."""
    exhibits = room.roster.dossier.exhibits
    if witness.kind == "none" or not exhibits:
        return
    task = Testify(exhibits, _map(room), witness)
    yield from _put_on_record(room, room.request(task, speaker=WITNESS, role="witness"), Testified, attempts=attempts)


def cross_examination(room: Room, witness: Witness, questions: int, *, attempts: int) -> Asking[None]:
    """Members question the witness one after another, in an order drawn for it."""
    exhibits = room.roster.dossier.exhibits
    if witness.kind == "none" or not exhibits:
        return
    order = _order(room, "questioners", room.members)
    for number, member in enumerate((order * (questions // len(order) + 1))[:questions]):
        item = f"question-{number}"
        request = room.request(Ask(_map(room)), speaker=member, role="member", item=item)
        asked = yield from _put_on_record(room, request, Asked, attempts=attempts)
        if asked is None:
            continue
        task = Answer(asked.text, asked.points, exhibits, _map(room), witness)
        request = room.request(task, speaker=WITNESS, role="witness", item=item)
        yield from _put_on_record(room, request, Answered, to=(asked.id,), attempts=attempts)


def tables(room: Room, phase: TablesPhase, *, attempts: int) -> Asking[None]:
    """Talk at tables that sit at once, mixed anew each round."""
    number = len(room.members)
    met = np.zeros((number, number), dtype=bool)
    for round_ in range(1, phase.rounds + 1):
        room.enter(phase.name, round_)
        draw = seating.seating_draw(room.roster.seed, room.roster.lot, phase.name, round_)
        seats = seating.mixed(draw, phase.tables, met)
        met |= seating.together(seats, number)
        tables = {seating.table_name(t): tuple(room.members[i] for i in rows) for t, rows in enumerate(seats)}
        for table, members in tables.items():
            names = ", ".join(room.personas[m].name for m in members)
            text = f"At {table}: {names}."
            room.record(Seated, speaker=CHAIR, role="chair", text=text, table=table, members=members)
        talks = [_at_table(room, phase, round_, table, attempts=attempts) for table in tables]
        yield from together(talks)


def plenary(room: Room, *, attempts: int) -> Asking[None]:
    """One member of each table reads out to all what was said there."""
    for table, members in room.tables.items():
        speaker = _order(room, f"reporter-{table}", members)[0]
        task = Speak(_map(room), _replyable(room, table), reporting=True)
        request = room.request(task, speaker=speaker, role="member", item=table)
        yield from _put_on_record(room, request, Spoke, attempts=attempts)


def _at_table(room: Room, phase: TablesPhase, round_: int, table: str, *, attempts: int) -> Asking[None]:
    members = room.tables[table]
    for turn in range(phase.turns):
        if phase.facilitated:
            yield from _guide(room, table, turn, attempts=attempts)
        for member in _order(room, seating.speaking(round_, turn, table), members):
            task = Speak(_map(room), _replyable(room, table), stance_only=phase.stance_only)
            request = room.request(task, speaker=member, role="member", table=table, item=f"turn-{turn}")
            yield from _put_on_record(room, request, Spoke, attempts=attempts)


def _guide(room: Room, table: str, turn: int, *, attempts: int) -> Asking[None]:
    speaker = facilitator_of(table)
    names = tuple(room.personas[m].name for m in room.tables[table])
    request = room.request(Facilitate(names), speaker=speaker, role="facilitator", table=table, item=f"turn-{turn}")
    yield from _put_on_record(room, request, Facilitated, attempts=attempts)


def _put_on_record(
    room: Room, request: Request, kind: type[E], *, to: tuple[str, ...] = (), attempts: int
) -> Asking[E | None]:
    """Ask for words; record them as an event of this kind, which refers to `to` first. None if none could be read."""
    [heard] = yield from ask(room, [request], attempts=attempts)
    if heard is None:
        return None
    at, said = request.address, heard.reading
    event: E = room.record(
        kind,
        speaker=at.speaker,
        role=request.role,
        text=said.text,
        points=said.points,
        refs=(*to, *said.refs),
        table=at.table or None,
        call=heard.call,
        origin=heard.origin,
    )
    return event


def _order(room: Room, purpose: str, people: Sequence[str]) -> list[str]:
    drawn = seating.order(room.roster.seed, purpose, room.roster.lot, room.phase, len(people))
    return [people[i] for i in drawn]


def _map(room: Room) -> frozenset[str]:
    return frozenset(c.id for c in room.roster.question.considerations)


def _replyable(room: Room, table: str) -> tuple[str, ...]:
    return tuple(e.id for e in room.heard_at(table)[-_REPLY_REACH:])
