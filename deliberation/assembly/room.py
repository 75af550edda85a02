"""The record of one sitting while it lasts: who has heard what. Mutable, and never leaves its generator.

Audience follows from the event alone: a private act is known to its speaker, a confidence to two, table talk to those
seated there (and to the clerk), all else to everyone. So a record read back from disk restores every memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from deliberation.assembly.seating import shown
from deliberation.models.requests import Address, Request, Roster, View
from deliberation.models.tasks import Paper, Task
from deliberation.records.events import CLERICAL, PRIVATE, Event, Facilitated, Happening, Role, Seated, Voted
from deliberation.records.people import Persona

T = TypeVar("T")

CLERK, WITNESS, CHAIR = "clerk", "witness", "chair"


def facilitator_of(table: str) -> str:
    """The speaker who facilitates a table."""
    return f"facilitator-{table}"


def assistant_of(member: str) -> str:
    """The speaker who explains exhibits to one member."""
    return f"assistant-{member}"


@dataclass
class _Memory:
    digest: bytes
    events: list[Event] = field(default_factory=list)

    def take(self, event: Event, mark: bytes) -> None:
        self.events.append(event)
        self.digest = hashlib.blake2b(self.digest + mark, digest_size=16).digest()


class Room:
    """One assembly's events, memories, seating and slate.

    Args:
        roster: what is settled before a word is said.
        past: events of an earlier sitting of the same people, which they remember.
        start: number of the first event; by default that after the past ones.

    Attributes:
        considerations, positions: of the question, by id.
        phase, round: what is under way.
        tables: who sits at each table; `seated` is the phase and round in which they took those seats.
        slate: the clauses that can be voted on, by id; `tabled`: the phase that tabled each.
        outcomes: of each ballot by its phase: whether all its clauses were carried, null where it was not held.
    """

    def __init__(self, roster: Roster, past: Iterable[Event] = (), *, start: int = 0) -> None:
        digest = bytes.fromhex(roster.digest)
        self.roster = roster
        self.personas: dict[str, Persona] = {p.id: p for p in roster.members}
        self.considerations = frozenset(c.id for c in roster.question.considerations)
        self.positions = tuple(p.id for p in roster.question.positions)
        self.slate: dict[str, Paper] = {}
        self.tables: dict[str, tuple[str, ...]] = {}
        self.seated: tuple[str, int] = ("", 0)
        self.events: list[Event] = []
        self.lines: list[str] = []
        self.outcomes: dict[str, bool | None] = {}
        self.tabled: dict[str, str] = {}
        self._first = start
        self._start = digest
        self._all = _Memory(digest)
        self._memories = {name: _Memory(digest) for name in (*self.personas, CLERK, WITNESS, CHAIR)}
        self._view: tuple[int, tuple[Event, ...]] = (-1, ())
        self.phase, self.round = "opening", 0
        for event in past:
            self._spread(event, event.line())

    @property
    def members(self) -> tuple[str, ...]:
        """Ids of the members, in the order of the panel."""
        return tuple(self.personas)

    def leave(self, clauses: Sequence[str], said: str) -> None:
        """Clauses leave the table; the chair says why."""
        gone = tuple(c for c in clauses if c in self.slate)
        self.slate = {id_: paper for id_, paper in self.slate.items() if id_ not in gone}
        self.record(Facilitated, speaker=CHAIR, role="chair", text=said, leaves=gone)

    def carried(self, clause: str, votes: Iterable[Voted]) -> bool:
        """Whether those who support a clause outweigh those who oppose it."""
        cast = [(self.weight(e.speaker), e.choice) for e in votes if e.clause == clause]
        return sum(w for w, c in cast if c == "support") > sum(w for w, c in cast if c == "oppose")

    def weight(self, member: str) -> float:
        """How much a member's vote counts."""
        return self.roster.weights.get(member, 1.0)

    def enter(self, phase: str, round_: int = 0) -> None:
        """A phase, or a round of it, begins."""
        self.phase, self.round = phase, round_

    def record(self, kind: type[Happening], *, speaker: str, role: Role, text: str, **fields: Any) -> Any:
        """Something happened: make the event, and let those hear it who are there."""
        seq = self._first + len(self.events)
        event = kind(
            id=f"e-{self.roster.assembly}-{seq}",
            seq=seq,
            assembly=self.roster.assembly,
            phase=self.phase,
            round=self.round,
            speaker=speaker,
            role=role,
            text=text,
            **{"table": None, **fields},
        )
        line = event.line()
        self.lines.append(line)
        self._spread(event, line)  # type: ignore[arg-type]  # every kind handed in is a member of the union
        return event

    def request(self, task: Task, *, speaker: str, role: Role, table: str = "", item: str = "") -> Request:
        """Ask somebody something, on what that person knows now."""
        if self._view[0] != len(self.events):
            self._view = (len(self.events), tuple(self.events))
        memory = self._memory(speaker)
        view = View(self.roster, tuple(memory.events), memory.digest.hex(), self._view[1], self._all.digest.hex())
        at = Address(self.roster.assembly, self.phase, self.round, table, speaker, task.kind, item)
        return Request(at, role, self.personas.get(speaker), task, view)

    def shuffled(self, options: Sequence[T], member: str, purpose: str) -> tuple[T, ...]:
        """Options in the order in which they are shown to one member in this phase, for one purpose."""
        order = shown(self.roster.seed, purpose, self.roster.orders, self.phase, member, len(options))
        return tuple(options[i] for i in order)

    def said(self, kinds: Sequence[str], *, table: str | None = None) -> list[Event]:
        """Events of these kinds, of one table if given, in order."""
        return [e for e in self.events if e.kind in kinds and (table is None or e.table == table)]

    def heard_at(self, table: str) -> list[Event]:
        """What was spoken at a table since its members took their seats there."""
        return [e for e in self.said(("spoke",), table=table) if (e.phase, e.round) == self.seated]

    def _memory(self, name: str) -> _Memory:
        if name not in self._memories:  # an officer called on for the first time, who has heard what was public so far
            memory = _Memory(self._start)
            for event in self._memories[CHAIR].events:
                memory.take(event, _mark(event.line()))
            self._memories[name] = memory
        return self._memories[name]

    def _spread(self, event: Event, line: str) -> None:
        mark = _mark(line)
        if isinstance(event, Seated) and event.table is not None:
            if (event.phase, event.round) != self.seated:  # everyone is seated anew
                self.tables, self.seated = {}, (event.phase, event.round)
            self.tables[event.table] = event.members
            self._memory(facilitator_of(event.table))
        self.events.append(event)
        self._all.take(event, mark)
        for name in self._audience(event):
            self._memories[name].take(event, mark)

    def _audience(self, event: Event) -> Iterable[str]:
        if event.kind in CLERICAL:
            return ()
        if event.kind in PRIVATE:
            return (event.speaker,) if event.speaker in self._memories else ()
        if event.to is not None:
            return [name for name in dict.fromkeys((event.speaker, event.to)) if name in self._memories]
        if event.table is not None:
            return (*self.tables.get(event.table, ()), facilitator_of(event.table), CLERK)
        return self._memories


def _mark(line: str) -> bytes:
    return hashlib.blake2b(line.encode(), digest_size=16).digest()
