"""What members did in private, as the transcripts show it: polls as tables, votes by clause, rankings counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from deliberation.analysis.report import links, words
from deliberation.analysis.report.hearing import Heard
from deliberation.records.agenda import Question
from deliberation.records.events import Event, Judged, Polled, Ranked, Voted

MOST_VOTES = 3000
"""Of one assembly; beyond so many they are counted by clause and not listed."""


class Known(NamedTuple):
    """What the events of one assembly refer to."""

    heard: Heard
    assembly: str
    carded: frozenset[str]
    said: Mapping[str, str]
    exhibits: Mapping[str, str]
    clauses: Mapping[str, str]
    ruled: frozenset[str]
    cases: Mapping[str, str]
    replies: Mapping[tuple[str, str], str]
    listed: bool


class Rated(NamedTuple):
    """One member's private ratings, in the order of the question's positions; a dash where there is none."""

    anchor: str
    speaker: links.Link
    ratings: tuple[str, ...]


class Vote(NamedTuple):
    """One private vote."""

    anchor: str
    speaker: links.Link
    who: str
    choice: str
    word: str
    rating: int | None
    reason: str


class Votes(NamedTuple):
    """The votes on one clause in one ballot; `votes` is empty where there are too many to list."""

    clause: links.Link
    tally: str
    votes: tuple[Vote, ...]


class Tally(NamedTuple):
    """How private rankings of the same options came out: each option and how many put it first."""

    title: str
    firsts: tuple[tuple[str, int], ...]


def speaker(event: Event, known: Known) -> links.Link:
    """Whoever an event is from, with a link to the card where there is one."""
    carded = event.speaker in known.carded
    href = links.within(links.person(known.assembly, event.speaker)) if carded else None
    return links.Link(known.heard.name(event.speaker), href)


def rated(event: Polled, question: Question, known: Known) -> Rated:
    """One private poll."""
    ratings = tuple(str(event.ratings.get(position.id, "–")) for position in question.positions)
    return Rated(event.id, speaker(event, known), ratings)


def votes(events: Iterable[Voted], known: Known) -> tuple[Votes, ...]:
    """Votes by clause, in the order in which clauses were first voted on."""
    grouped: dict[str, list[Voted]] = defaultdict(list)
    for event in events:
        grouped[event.clause].append(event)
    found = []
    for clause, votes in grouped.items():
        counts = Counter(vote.choice for vote in votes)
        tally = ", ".join(f"{counts[choice]} {word}" for choice, word in words.CHOICES.items() if counts[choice])
        link = links.Link(_clause(clause, known), links.within(clause) if clause in known.ruled else None)
        found.append(Votes(link, tally, tuple(_vote(vote, known) for vote in votes) if known.listed else ()))
    return tuple(found)


def _vote(vote: Voted, known: Known) -> Vote:
    return Vote(
        anchor=vote.id,
        speaker=speaker(vote, known),
        who=vote.speaker,
        choice=vote.choice,
        word=words.CHOICES[vote.choice],
        rating=vote.rating,
        reason=vote.text,
    )


def _clause(id_: str, known: Known) -> str:
    return known.clauses.get(id_, id_)


def tallies(events: Iterable[Event], known: Known) -> tuple[Tally, ...]:
    """First places by what was ranked: a case, or the wordings shown together."""
    firsts: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for event in events:
        if isinstance(event, Ranked) and event.ranking:
            ranked = tuple(sorted(event.shown))
            firsts["", *ranked].update(_clause(id_, known) for id_ in event.ranking[0])
        elif isinstance(event, Judged) and event.ranking:
            case = event.case
            firsts[case,].update(known.replies.get((case, id_), id_) for id_ in event.ranking[0])
    return tuple(
        Tally(known.cases.get(key[0], key[0]) if key[0] else "Which wording should stand", tuple(counts.most_common()))
        for key, counts in firsts.items()
    )


_SHOWN = {"polled", "voted", "ranked", "judged"}


def notes(events: Iterable[Event]) -> tuple[str, ...]:
    """What else happened without words, counted by kind."""
    silent = Counter(event.kind for event in events if not event.text and event.kind not in {*_SHOWN, "proposed"})
    told = {
        "recalled": "members restated their first ratings and who they are, in private",
        "weighed": "members rated the considerations, in private",
    }
    return tuple(f"{count} {told.get(kind, words.spaced(kind))}" for kind, count in silent.items())
