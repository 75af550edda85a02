"""One pass over everything that was said in a run, keeping what its page needs. Words and shapes are others' affair."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from deliberation.records.events import Event, Failed, Polled
from deliberation.records.folder import RunFolder
from deliberation.records.people import Panel, Persona
from deliberation.records.specification import Ballot

OPEN = ("spoke", "asked", "testified", "answered", "facilitated", "proposed", "amended")
"""Kinds of what is said in the open, or proposed."""


class Cited(NamedTuple):
    """Where something cited was said: its event and, if a member said it, the person."""

    event: Event
    panel: Panel


class Opinions(NamedTuple):
    """One member's ratings by position at the first and at the last poll; `last` is null where there was but one."""

    first: dict[str, int]
    last: dict[str, int] | None


class Voiced(NamedTuple):
    """How often one consideration was asserted and rejected in members' speech, in all and by group."""

    asserted: Counter[str]
    rejected: Counter[str]


class Heard(NamedTuple):
    """What was kept. `sittings`: all events of assemblies whose transcripts the page holds; `phases`: those held."""

    panels: tuple[Panel, ...]
    numbers: dict[str, int]
    people: dict[str, Persona]
    sittings: dict[str, tuple[Event, ...]]
    cited: dict[str, Cited]
    opinions: tuple[Opinions, ...]
    voiced: dict[str, Voiced]
    failed: tuple[Failed, ...]
    phases: frozenset[str]
    events: int
    spoken: int

    def name(self, speaker: str) -> str:
        """What to call a speaker: a person by name, others by their office."""
        person = self.people.get(speaker)
        return person.name if person is not None else speaker.replace("-", " ")


class _Taken:
    def __init__(self, group_by: str, wanted: frozenset[str]) -> None:
        self.group_by, self.wanted = group_by, wanted
        self.sittings: dict[str, tuple[Event, ...]] = {}
        self.cited: dict[str, Cited] = {}
        self.opinions: list[Opinions] = []
        self.voiced: dict[str, Voiced] = defaultdict(lambda: Voiced(Counter(), Counter()))
        self.failed: list[Failed] = []
        self.phases: set[str] = set()
        self.events = self.spoken = 0

    def take(self, panel: Panel, events: Iterable[Event], *, kept: bool) -> None:
        groups = {p.id: p.attributes.get(self.group_by, "") for p in (*panel.members, *panel.fresh)}
        polls: dict[str, list[Polled]] = {p.id: [] for p in panel.members}
        whole: list[Event] = []
        for event in events:
            self.events += 1
            self.phases.add(event.phase)
            if event.id in self.wanted:
                self.cited[event.id] = Cited(event, panel)
            if event.kind == "polled" and event.speaker in polls:
                polls[event.speaker].append(event)
            elif event.kind == "failed":
                self.failed.append(event)
            self._hear(event, groups)
            if kept:
                whole.append(event)
        for given in polls.values():
            if given:
                self.opinions.append(Opinions(given[0].ratings, given[-1].ratings if len(given) > 1 else None))
        if kept:
            self.sittings[panel.assembly] = tuple(whole)

    def _hear(self, event: Event, groups: dict[str, str]) -> None:
        if event.kind not in OPEN:
            return
        self.spoken += 1
        if event.kind == "spoke" and event.to is None:
            for point in event.points:
                voiced = self.voiced[point.consideration]
                (voiced.asserted if point.stance > 0 else voiced.rejected)[groups.get(event.speaker, "")] += 1


def hear(folder: RunFolder, *, assemblies: int, group_by: str) -> Heard:
    """Read a run's panels and events once.

    Args:
        folder: the run.
        assemblies: of how many, the first drawn, the whole transcript is kept.
        group_by: the attribute by which what is voiced is counted.

    Raises:
        DataError: a file of the run is not what it should be.
    """
    panels = tuple(folder.panels())
    taken = _Taken(group_by, frozenset(_wanted(folder)))
    for place, panel in enumerate(panels):
        taken.take(panel, folder.events(panel.assembly), kept=place < assemblies)
    return Heard(
        panels=panels,
        numbers={panel.assembly: number for number, panel in enumerate(panels, start=1)},
        people={p.id: p for panel in panels for p in (*panel.members, *panel.fresh)},
        sittings=taken.sittings,
        cited=taken.cited,
        opinions=tuple(taken.opinions),
        voiced=dict(taken.voiced),
        failed=tuple(taken.failed),
        phases=frozenset(taken.phases),
        events=taken.events,
        spoken=taken.spoken,
    )


def _wanted(folder: RunFolder) -> Iterator[str]:
    """Ids of all events that a clause, a ruling or a minority report cites."""
    for clause in folder.clauses():
        yield from (source.event for source in clause.sources)
    for ruling in folder.rulings():
        yield from (quote.event for dissent in ruling.dissent for quote in dissent.quotes)
    for report in folder.minorities():
        yield from (quote.event for quote in report.reasons)


def opposing(ballots: Iterable[Ballot]) -> dict[str, int]:
    """Clause -> how many ballots oppose it."""
    return dict(Counter(ballot.clause for ballot in ballots if ballot.choice == "oppose"))
