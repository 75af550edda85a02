"""The transcripts that the page holds, by assembly, phase, round and table. Shows what was said; leaves no words out.

Private polls become tables, votes are listed by clause, rankings and judgments are counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from deliberation.analysis.report import links, words
from deliberation.analysis.report.hearing import Heard
from deliberation.analysis.report.privately import (
    MOST_VOTES,
    Known,
    Rated,
    Tally,
    Votes,
    notes,
    rated,
    speaker,
    tallies,
    votes,
)
from deliberation.records.agenda import Question
from deliberation.records.events import (
    Amended,
    Answered,
    Event,
    Failed,
    Judged,
    Polled,
    Proposed,
    Ranked,
    Recalled,
    Spoke,
    Testified,
    Voted,
)
from deliberation.records.people import Panel, Persona

_MOST_CARDS = 120
"""Beyond so many members, a card is shown of those alone who spoke."""


class PersonCard(NamedTuple):
    """One member, as the others and the answerer know it."""

    anchor: str
    name: str
    text: str
    attributes: tuple[tuple[str, str], ...]
    values: tuple[tuple[str, float], ...]
    source: str
    licence: str


class Marked(NamedTuple):
    """What the check of a witness's citations found wanting."""

    problem: str
    text: str


class Turn(NamedTuple):
    """Something said. `quiet`: by the chair or about the order of the day, so that it can stand back."""

    anchor: str
    speaker: links.Link
    who: str
    role: str
    does: str
    text: str
    refs: tuple[links.Link, ...]
    marks: tuple[Marked, ...]
    raw: str
    quiet: bool


class Block(NamedTuple):
    """What belongs together in time and place."""

    anchor: str
    title: str
    place: str
    turns: tuple[Turn, ...]
    polled: tuple[Rated, ...]
    votes: tuple[Votes, ...]
    tallies: tuple[Tally, ...]
    notes: tuple[str, ...]


class Sitting(NamedTuple):
    """One assembly's transcript. `unshown`: members without a card."""

    anchor: str
    number: int
    assembly: str
    spoken: int
    members: tuple[PersonCard, ...]
    unshown: int
    blocks: tuple[Block, ...]


def sittings(question: Question, heard: Heard, ruled: Mapping[str, str]) -> tuple[Sitting, ...]:
    """Transcripts of the assemblies whose events were kept. `ruled`: clauses with a card on it, and their texts."""
    panels = {panel.assembly: panel for panel in heard.panels}
    return tuple(
        _sitting(panels[assembly], events, question, heard, ruled) for assembly, events in heard.sittings.items()
    )


def _sitting(
    panel: Panel, events: Sequence[Event], question: Question, heard: Heard, ruled: Mapping[str, str]
) -> Sitting:  # fmt: skip
    everybody = {person.id: person for person in (*panel.members, *panel.fresh)}
    spoke = {event.speaker for event in events if event.kind not in {"voted", "polled", "weighed"}}
    shown = [p for p in everybody.values() if len(everybody) <= _MOST_CARDS or p.id in spoke]
    known = Known(
        heard=heard,
        assembly=panel.assembly,
        carded=frozenset(person.id for person in shown),
        said={event.id: event.speaker for event in events},
        exhibits={one.id: one.title for one in question.dossier.exhibits},
        clauses={**ruled, **{e.clause.id: e.clause.text for e in events if isinstance(e, Proposed | Amended)}},
        ruled=frozenset(ruled),
        cases={case.id: case.prompt for case in question.cases},
        replies={(case.id, one.id): one.text for case in question.cases for one in case.responses},
        listed=sum(event.kind == "voted" for event in events) <= MOST_VOTES,
    )
    grouped: dict[tuple[str, int, str | None], list[Event]] = defaultdict(list)
    for event in events:
        grouped[event.phase, event.round, event.table].append(event)
    blocks = [_block(place, key, found, question, known) for place, (key, found) in enumerate(grouped.items())]
    return Sitting(
        anchor=f"sitting-{panel.assembly}",
        number=heard.numbers[panel.assembly],
        assembly=panel.assembly,
        spoken=sum(len([t for t in block.turns if not t.quiet]) for block in blocks),
        members=tuple(_card(panel.assembly, person) for person in shown),
        unshown=len(everybody) - len(shown),
        blocks=tuple(blocks),
    )


def _card(assembly: str, person: Persona) -> PersonCard:
    values = person.values.model_dump() if person.values is not None else {}
    return PersonCard(
        anchor=links.person(assembly, person.id),
        name=person.name,
        text=person.text,
        attributes=tuple(person.attributes.items()),
        values=tuple((name.replace("_", "-"), value) for name, value in values.items()),
        source=person.source,
        licence=person.licence,
    )


def _block(
    place: int, key: tuple[str, int, str | None], events: Sequence[Event], question: Question, known: Known
) -> Block:  # fmt: skip
    phase, number, table = key
    where = [f"round {number}"] if number else []
    where += [words.spaced(table)] if table else []
    turns = [turn for event in events if (turn := _turn(event, known)) is not None]
    return Block(
        anchor=f"sitting-{known.assembly}.{place}",
        title=words.spaced(phase).capitalize(),
        place=", ".join(where),
        turns=tuple(turns),
        polled=tuple(rated(event, question, known) for event in events if isinstance(event, Polled)),
        votes=votes([event for event in events if isinstance(event, Voted)], known),
        tallies=tallies(events, known),
        notes=notes(events),
    )


def _turn(event: Event, known: Known) -> Turn | None:
    if isinstance(event, Polled | Voted | Ranked | Judged | Recalled) or not (event.text or event.kind == "proposed"):
        return None
    quiet = event.kind in {"opened", "seated", "closed"} or (event.role == "chair" and event.kind == "facilitated")
    raw = event.text if isinstance(event, Failed) else ""
    return Turn(
        anchor=event.id,
        speaker=speaker(event, known),
        who=event.speaker,
        role=event.role,
        does=_does(event, known),
        text="" if raw else event.text,
        refs=tuple(_ref(ref, known) for ref in event.refs) if event.kind != "facilitated" else (),
        marks=_marks(event),
        raw=raw,
        quiet=quiet,
    )


def _does(event: Event, known: Known) -> str:
    """What the speaker does, in words, where it is not plain talk."""
    if isinstance(event, Spoke):
        aside = f", to {known.heard.name(event.to)} alone" if event.to and event.to != event.speaker else ""
        return (words.PURPOSES[event.purpose] + aside).removeprefix(", ")
    if isinstance(event, Amended):
        return f"amendment {event.status}"
    if isinstance(event, Failed):
        return f"gave no readable reply ({event.task}) in {words.counted(event.attempts, 'attempt')}: {event.error}"
    does = {"testified": "testifies", "asked": "asks", "answered": "answers", "proposed": "proposes a clause"}
    return does.get(event.kind, "")


def _marks(event: Event) -> tuple[Marked, ...]:
    if not isinstance(event, Testified | Answered):
        return ()
    return tuple(Marked(words.MARKS[mark.problem], mark.text) for mark in event.marks)


def _ref(ref: str, known: Known) -> links.Link:
    if ref in known.said:
        return links.Link(known.heard.name(known.said[ref]), links.within(ref))
    if ref in known.exhibits:
        return links.Link(known.exhibits[ref], links.within(f"exhibit-{ref}"))
    return links.Link(known.heard.name(ref), None)
