"""The phases in which members talk: statements, tables, plenary, minority statements. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deliberation.assembly import seating
from deliberation.assembly.asking import Asking, ask, put, together
from deliberation.assembly.room import CHAIR, CLERK, Room, facilitator_of
from deliberation.models.tasks import Facilitate, Speak
from deliberation.records.events import Amended, Facilitated, Proposed, Seated, Spoke, Voted
from deliberation.settings.procedure import StatementsPhase, TablesPhase

_REPLY_REACH = 6


def statements(room: Room, phase: StatementsPhase, *, attempts: int) -> Asking[None]:
    """Every member speaks once, unheard by the others: to the clerk, or for itself."""
    about = tuple(room.slate.values()) if phase.purpose == "critique" else ()
    if phase.purpose == "critique" and not about:
        return
    requests = []
    for member in room.members:
        shown = room.shuffled(about, member, "critique") if about else ()
        task = Speak(room.considerations, (), purpose=phase.purpose, about=shown)
        requests.append(room.request(task, speaker=member, role="member"))
    for heard in (yield from ask(room, requests, attempts=attempts)):
        if heard is not None:
            own = heard.request.address.speaker
            to = CLERK if phase.purpose in {"opinion", "critique"} else own
            room.record(Spoke, **put(heard), to=to, purpose=phase.purpose)


def tables(room: Room, phase: TablesPhase, *, attempts: int) -> Asking[None]:
    """Talk at tables that sit at once, mixed anew each round or by group."""
    number = len(room.members)
    met = np.zeros((number, number), dtype=bool)
    for round_ in range(1, phase.rounds + 1):
        room.enter(phase.name, round_)
        draw = seating.seating_draw(room.roster.seed, room.roster.lot, phase.name, round_)
        groups = [room.personas[m].attributes.get(phase.group, "") for m in room.members]
        seats = seating.grouped(groups) if phase.seating == "group" else seating.mixed(draw, phase.tables, met)
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
        speaker = drawn(room, f"reporter-{table}", members)[0]
        task = Speak(room.considerations, _replyable(room, table), purpose="report")
        request = room.request(task, speaker=speaker, role="member", item=table)
        [heard] = yield from ask(room, [request], attempts=attempts)
        if heard is not None:
            room.record(Spoke, **put(heard), purpose="report")


def minority(room: Room, each: int, *, attempts: int) -> Asking[None]:
    """Some of those who opposed a clause that was carried file with the clerk why they did."""
    last = [e for e in room.events if isinstance(e, Voted)]
    if not last:
        return
    held = [e for e in last if (e.phase, e.round) == (last[-1].phase, last[-1].round)]
    requests, on = [], {}
    for clause, paper in room.slate.items():
        against = [e.speaker for e in held if e.clause == clause and e.choice == "oppose"]
        if against and room.carried(clause, held):
            for member in drawn(room, f"dissenters-{clause}", against)[:each]:
                task = Speak(room.considerations, (), purpose="minority", about=(paper,))
                requests.append(room.request(task, speaker=member, role="member", item=clause))
            on[clause] = tuple(
                e.id for e in room.events if isinstance(e, Proposed | Amended) and e.clause.id == clause
            )[-1:]
    for heard in (yield from ask(room, requests, attempts=attempts)) if requests else ():
        if heard is not None:
            room.record(
                Spoke, **put(heard, *on[heard.request.address.item]), to=CLERK, purpose="minority"
            )  # fmt: skip


def _at_table(room: Room, phase: TablesPhase, round_: int, table: str, *, attempts: int) -> Asking[None]:
    members = room.tables[table]
    for turn in range(phase.turns):
        order = drawn(room, seating.speaking(round_, turn, table), members)
        if phase.facilitated:
            called = yield from _guide(room, phase, table, order, turn, attempts=attempts)
            order = called or order
        for member in order:
            task = Speak(
                room.considerations, _replyable(room, table), purpose="stance_only" if phase.stance_only else "reasons",
                words=phase.words,
            )  # fmt: skip
            request = room.request(task, speaker=member, role="member", table=table, item=f"turn-{turn}")
            [heard] = yield from ask(room, [request], attempts=attempts)
            if heard is not None:
                room.record(Spoke, **put(heard), table=table, purpose=task.purpose)


def _guide(
    room: Room, phase: TablesPhase, table: str, order: Sequence[str], turn: int, *, attempts: int
) -> Asking[list[str]]:
    """What the facilitator says; returns whom it called on, in order, if it was to."""
    calls = phase.order == "facilitator"
    shown = order if calls else room.tables[table]
    task = Facilitate({m: room.personas[m].name for m in shown}, calls=calls)
    request = room.request(task, speaker=facilitator_of(table), role="facilitator", table=table, item=f"turn-{turn}")
    [heard] = yield from ask(room, [request], attempts=attempts)
    if heard is None:
        return []
    room.record(Facilitated, **put(heard), table=table)
    return list(heard.reading.refs) if calls else []


def drawn(room: Room, purpose: str, people: Sequence[str]) -> list[str]:
    """People in an order drawn for one purpose in this phase."""
    order = seating.order(room.roster.seed, purpose, room.roster.orders, room.phase, len(people))
    return [people[i] for i in order]


def _replyable(room: Room, table: str) -> tuple[str, ...]:
    return tuple(e.id for e in room.heard_at(table)[-_REPLY_REACH:])
