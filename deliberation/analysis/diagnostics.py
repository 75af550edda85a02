"""Diagnostics of a finished run, whoever answered: synthetic, chat model, people. Needs no human data.

What a run cannot tell (no second poll, no talk) is null, never 0. A figure alone proves nothing: compare it with a null
model (`model=null_...`), a control procedure, or the same figure of people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from deliberation.analysis import fidelity, validity
from deliberation.analysis.measures import Array, agreement, pairs
from deliberation.records.agenda import Question
from deliberation.records.base import Record
from deliberation.records.events import Event, Polled, Spoke, Testified
from deliberation.records.folder import RunFolder
from deliberation.records.people import VALUES, Panel, Persona

_SEGMENT = "outlook"
_REPEATS = 3


class Diagnostics(Record):
    """One run's figures. Ratings are scaled to 0..1.

    spread: SD of the first ratings (published polls of people: .276). first_component, dependence: structure of the
    first ratings. individuation: ICC of a member's ratings where it was polled three times before any talk. persona_r2:
    how well values predict ratings on panels not seen. segment_share: variance between value segments, less chance.
    convergence: last over first spread within panels. consensus: change of mean pairwise rank correlation. flips: share
    whose first choice changed. value_drift, value_drift_z: slope over a member's turns of how well what it says suits
    its values. order, order_z: slope of ratings on place shown, last to first. testimony: mean absolute change of mean
    ratings from the last poll before the witness to the first after. map_coverage: share of considerations voiced.
    distinct_1, distinct_2: distinct words and pairs of words over all. unreadable: share of requests that failed.
    recall_facts, recall_ratings, public_private, grounding: see `analysis.fidelity`, means over members or speeches.
    """

    spread: float | None
    first_component: float | None
    dependence: float | None
    individuation: float | None
    persona_r2: float | None
    segment_share: float | None
    convergence: float | None
    consensus: float | None
    flips: float | None
    value_drift: float | None
    value_drift_z: float | None
    order: float | None
    order_z: float | None
    testimony: float | None
    map_coverage: float | None
    distinct_1: float | None
    distinct_2: float | None
    unreadable: float | None
    recall_facts: float | None
    recall_ratings: float | None
    public_private: float | None
    grounding: float | None


class _Member(NamedTuple):
    panel: int
    person: Persona
    polls: list[Polled]
    before_talk: int


class _Read(NamedTuple):
    """What is taken from the events of all panels."""

    members: list[_Member]
    turns: list[tuple[int, int, Spoke]]
    texts: list[str]
    around: list[tuple[Array, Array]]
    asked: int
    failed: int
    recalls: list[fidelity.Recall]
    candour: list[float]
    grounds: list[float]


def diagnose(folder: RunFolder, question: Question) -> Diagnostics:
    """A run's diagnostics, from its transcripts alone."""
    read = _read(folder, question)
    found: dict[str, float | None] = dict.fromkeys(Diagnostics.model_fields)
    found |= _first_poll(read, question)
    found |= _changes(read, question)
    found |= _talk(read, question)
    found["unreadable"] = read.failed / read.asked if read.asked else None
    found |= _fidelity(read)
    return Diagnostics.model_validate({k: None if v is None else round(float(v), 4) for k, v in found.items()})


def patterns_of(folder: RunFolder) -> fidelity.Patterns:
    """Replies of a run that follow a pattern instead of a thought."""
    return fidelity.patterns(list(folder.events(panel.assembly)) for panel in folder.panels())


def drift(folder: RunFolder, question: Question) -> list[tuple[str, str, str, int, float]]:
    """How well what members say suits their values, turn by turn: assembly, member, phase, round, alignment.

    Alignment is the mean over the points made of stance x how far the values appealed to lie above the run's mean.
    """
    read = _read(folder, question)
    means = np.mean([m.person.profile() for m in read.members], axis=0)
    return [
        (event.assembly, event.speaker, event.phase, event.round, aligned)
        for who, _, event in read.turns
        if (aligned := _alignment(read.members[who].person, event, question, means)) is not None
    ]


def polled_twice(folder: RunFolder, question: Question) -> dict[str, tuple[Array, Array]]:
    """First and last ratings of each member that was polled more than once."""
    found = {}
    for member in _read(folder, question).members:
        if len(member.polls) > 1:
            first, last = _ratings([member.polls[0], member.polls[-1]], question)
            found[member.person.id] = (first, last)
    return found


def _read(folder: RunFolder, question: Question) -> _Read:
    read = _Read([], [], [], [], 0, 0, [], [], [])
    asked = failed = 0
    for number, panel in enumerate(folder.panels()):
        events = list(folder.events(panel.assembly))
        asked += len({e.call for e in events if e.call is not None})
        failed += sum(e.kind == "failed" for e in events)
        _take(read, number, panel, events)
        recalled = fidelity.recall(panel.members, events)
        if recalled is not None:
            read.recalls.append(recalled)
        read.candour.extend(fidelity.public_and_private(events, question))
        read.grounds.extend(fidelity.grounding(events, question))
        around = _around_testimony(events, question)
        if around is not None:
            read.around.append(around)
    return read._replace(asked=asked, failed=failed)


def _take(read: _Read, number: int, panel: Panel, events: Sequence[Event]) -> None:
    talk = next((e.seq for e in events if e.kind in {"spoke", "testified", "answered"}), len(events) + 1)
    polls: dict[str, list[Polled]] = defaultdict(list)
    place = {person.id: len(read.members) + i for i, person in enumerate(panel.members)}
    turn: dict[str, int] = defaultdict(int)
    for event in events:
        match event:
            case Polled():
                polls[event.speaker].append(event)
            case Spoke() if event.speaker in place:
                read.texts.append(event.text)
                if event.table is not None:
                    read.turns.append((place[event.speaker], turn[event.speaker], event))
                    turn[event.speaker] += 1
            case _:
                pass
    for person in panel.members:
        early = sum(e.seq < talk for e in polls[person.id])
        read.members.append(_Member(number, person, polls[person.id], early))


def _first_poll(read: _Read, question: Question) -> dict[str, float | None]:
    members = [m for m in read.members if m.polls]
    if len(members) < 3:
        return {}
    first, panel = _ratings([m.polls[0] for m in members], question), np.array([m.panel for m in members])
    values = np.array([m.person.profile() for m in members])
    names = sorted({m.person.attributes.get(_SEGMENT, "") for m in members})
    segment = np.array([names.index(m.person.attributes.get(_SEGMENT, "")) for m in members])
    order, z = _order(members)
    repeated = [m for m in members if m.before_talk >= _REPEATS]
    several, varied = len(np.unique(panel)) > 1, validity.spread(first) > 0
    return {
        "spread": validity.spread(first),
        "first_component": validity.first_component(first) if varied else None,
        "dependence": validity.effective_dependence(first) if varied else None,
        "persona_r2": validity.persona_r2(values, first, panel) if several and varied else None,
        "segment_share": validity.segment_share(first, segment) if len(names) > 1 and varied else None,
        "order": order,
        "order_z": z,
        "individuation": validity.individuation(
            np.stack([_ratings([m.polls[k] for m in repeated], question) for k in range(_REPEATS)])
        )
        if len(repeated) > 2
        else None,
    }


def _changes(read: _Read, question: Question) -> dict[str, float | None]:
    members = [m for m in read.members if len(m.polls) > 1]
    found: dict[str, float | None] = {}
    if members:
        before = _ratings([m.polls[0] for m in members], question)
        after = _ratings([m.polls[-1] for m in members], question)
        panel = np.array([m.panel for m in members])
        sized = [p for p in np.unique(panel) if (panel == p).sum() > 1]
        found["flips"] = validity.flips(before, after)
        if sized and validity.spread(before) > 0:
            kept = np.isin(panel, sized)
            found["convergence"] = validity.convergence(before[kept], after[kept], panel[kept])
            found["consensus"] = float(
                np.mean([_consensus(after[panel == p]) - _consensus(before[panel == p]) for p in sized])
            )
    if read.around:
        early, late = (np.concatenate(part) for part in zip(*read.around, strict=True))
        found["testimony"] = float(np.abs(late.mean(axis=0) - early.mean(axis=0)).mean())
    return found


def _talk(read: _Read, question: Question) -> dict[str, float | None]:
    if not read.texts:
        return {}
    voiced = {p.consideration for _, _, e in read.turns for p in e.points}
    found: dict[str, float | None] = {
        "map_coverage": len(voiced) / len(question.considerations),
        "distinct_1": validity.distinct(read.texts, 1),
        "distinct_2": validity.distinct(read.texts, 2),
    }
    means = np.mean([m.person.profile() for m in read.members], axis=0)
    aligned = [
        (who, turn, a)
        for who, turn, e in read.turns
        if (a := _alignment(read.members[who].person, e, question, means)) is not None
    ]
    if len({turn for _, turn, _ in aligned}) > 1:
        who, turn, alignment = (np.array(part, dtype=np.float64) for part in zip(*aligned, strict=True))
        found["value_drift"], found["value_drift_z"] = validity.slope(turn, alignment, who.astype(np.int64))
    return found


def _fidelity(read: _Read) -> dict[str, float | None]:
    means = {
        "recall_facts": [one.facts for one in read.recalls],
        "recall_ratings": [one.ratings for one in read.recalls],
        "public_private": read.candour,
        "grounding": read.grounds,
    }
    return {name: float(np.mean(values)) if values else None for name, values in means.items()}


def _alignment(person: Persona, event: Spoke, question: Question, means: Array) -> float | None:
    """How well what somebody says suits its values: stance x how far those appealed to lie above the run's mean."""
    appeals = {c.id: c.values for c in question.considerations}
    deviation = dict(zip(VALUES, np.array(person.profile()) - means, strict=True))
    suits = [p.stance * float(np.mean([deviation[v] for v in appeals[p.consideration]])) for p in event.points]
    return float(np.mean(suits)) if suits else None


def _order(members: Sequence[_Member]) -> tuple[float | None, float | None]:
    """Slope of ratings, less the mean of their position in their poll, on the place shown: .5 first, -.5 last."""
    polls = [(who, number, poll) for who, m in enumerate(members) for number, poll in enumerate(m.polls) if poll.shown]
    if len({poll.shown for _, _, poll in polls}) < 2:  # shown alike to all, place and position are one
        return None, None
    given: dict[tuple[int, str], list[int]] = defaultdict(list)
    for _, number, poll in polls:
        for position, rating in poll.ratings.items():
            given[number, position].append(rating)
    rows = [
        (place, (poll.ratings[position] - float(np.mean(given[number, position]))) / 6, who)
        for who, number, poll in polls
        for place, position in zip(np.linspace(0.5, -0.5, len(poll.shown)), poll.shown, strict=True)
    ]
    places, ratings, people = (np.array(part, dtype=np.float64) for part in zip(*rows, strict=True))
    return validity.slope(places, ratings, people.astype(np.int64))


def _around_testimony(events: Iterable[Event], question: Question) -> tuple[Array, Array] | None:
    """The polls nearest the witness's testimony, if nobody else spoke between them."""
    before: list[Polled] = []
    after: list[Polled] = []
    heard = False
    for event in events:
        if isinstance(event, Testified):
            heard = True
        elif isinstance(event, Polled):
            (after if heard else before).append(event)
        elif isinstance(event, Spoke):
            break
    speakers = {e.speaker for e in before} & {e.speaker for e in after}
    if not speakers:
        return None
    late = {e.speaker: e for e in reversed(after)}
    early = {e.speaker: e for e in before}
    order = sorted(speakers)
    return _ratings([early[s] for s in order], question), _ratings([late[s] for s in order], question)


def _consensus(ratings: Array) -> float:
    return float(pairs(agreement(ratings)).mean())


def _ratings(polls: Sequence[Polled], question: Question) -> Array:
    order = [p.id for p in question.positions]
    return (np.array([[poll.ratings[p] for p in order] for poll in polls], dtype=np.float64) - 1.0) / 6.0
