"""How clauses come on the table: drafted from talk or statements, or tabled one for each position. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from deliberation.assembly import seating
from deliberation.assembly.asking import Asking, Heard, ask
from deliberation.assembly.room import CLERK, Room
from deliberation.models.replies import DraftedClause
from deliberation.models.requests import Request
from deliberation.models.tasks import Draft, DraftManner, Paper
from deliberation.records.base import clause_id, plain
from deliberation.records.events import Proposed, Spoke
from deliberation.records.specification import Clause, ClauseSource, Meaning, sentence
from deliberation.settings.procedure import DraftingPhase, StockPhase


def drafting(room: Room, phase: DraftingPhase, *, attempts: int) -> Asking[None]:
    """The clerk or members draft clauses from what was said at tables or in statements, with their sources."""
    requests = [*(_at_tables if phase.source == "tables" else _from_statements)(room, phase)]
    for heard in (yield from ask(room, requests, attempts=attempts)) if requests else ():
        for drafted in heard.reading.clauses if heard else ():
            propose(room, clause_of(room, drafted), drafted.meaning, heard)


def last_statements(room: Room) -> list[Spoke]:
    """What members said to the clerk alone, in the last phase in which they did."""
    said = [e for e in room.events if isinstance(e, Spoke) and e.to == CLERK and e.purpose in {"opinion", "critique"}]
    return [e for e in said if e.phase == said[-1].phase]


def _at_tables(room: Room, phase: DraftingPhase) -> Iterator[Request]:
    for table, members in room.tables.items():
        said = {e.id: e.text for e in room.said(("spoke",), table=table)}
        task = draft_from(room, phase.clauses, said, "table")
        if phase.by == "clerk":
            yield room.request(task, speaker=CLERK, role="clerk", item=table)
        else:
            order = seating.order(room.roster.seed, f"drafter-{table}", room.roster.lot, phase.name, len(members))
            known = {e.id for e in room.heard_at(table)}
            own = draft_from(room, phase.clauses, {k: v for k, v in said.items() if k in known}, "table")
            yield room.request(own, speaker=members[order[0]], role="member", item=table)


def _from_statements(room: Room, phase: DraftingPhase) -> Iterator[Request]:
    said = last_statements(room)
    if not said:
        return
    if phase.by == "members":
        for event in said:
            task = draft_from(room, phase.clauses, {event.id: event.text}, "own")
            yield room.request(task, speaker=event.speaker, role="member")
        return
    revised = tuple(room.slate.values()) if said[0].purpose == "critique" else ()
    known = {e.id: e.text for e in room.events}
    rested_on = {s.event: known[s.event] for paper in revised for s in paper.clause.sources}
    citable = {**rested_on, **{e.id: e.text for e in said}}
    task = draft_from(room, phase.clauses, citable, "revise" if revised else "group")
    yield room.request(replace(task, base=revised), speaker=CLERK, role="clerk", item="statements")


def draft_from(room: Room, limit: int, citable: dict[str, str], manner: DraftManner) -> Draft:
    """The task of drafting up to so many clauses from these events' words."""
    return Draft(limit, room.positions, room.considerations, citable, manner)


def stock(room: Room, phase: StockPhase) -> None:
    """The clerk tables one clause for each position of the question, or for some. Nobody is asked."""
    question = room.roster.question
    opened = room.said(("opened",))[0]
    for number, position in enumerate(question.positions, start=1):
        if phase.positions and number not in phase.positions:
            continue
        text = sentence(phase.norm, position.action)
        clause = Clause(
            id=clause_id(question.id, text),
            question=question.id,
            norm=phase.norm,
            text=text,
            rationale=f"Put to the vote as one of the question's own positions: {position.label}.",
            sources=(ClauseSource(event=opened.id, quote=opened.text, stance="for"),),
        )
        propose(room, clause, Meaning(option=position.id, modality=phase.norm), None)


def clause_of(room: Room, drafted: DraftedClause) -> Clause:
    """A clause as drafted, with its id."""
    question = room.roster.question.id
    return Clause(
        id=clause_id(question, drafted.text),
        question=question,
        norm=drafted.norm,
        text=plain(drafted.text),
        applies_when=tuple(plain(c) for c in drafted.applies_when),
        exceptions=tuple(plain(c) for c in drafted.exceptions),
        rationale=plain(drafted.rationale),
        authority=drafted.authority,
        sources=drafted.sources,
    )


def propose(room: Room, clause: Clause, meaning: Meaning | None, heard: Heard | None) -> None:
    """Put a clause on the table; `heard` is the draft it comes from, if any."""
    room.tabled.setdefault(clause.id, room.phase)
    room.slate.setdefault(clause.id, Paper(clause, meaning))
    refs = tuple(source.event for source in clause.sources)
    room.record(
        Proposed,
        speaker=heard.request.address.speaker if heard else CLERK,
        role=heard.request.role if heard else "clerk",
        text=clause.text,
        refs=refs,
        clause=clause,
        meaning=meaning,
        call=heard.call if heard else None,
        origin=heard.origin if heard else None,
    )
