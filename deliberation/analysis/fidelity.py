"""Whether those who answer stay who they are and mean what they say. Reads events alone, whoever answered.

Recall, public words against private ballots, points against their own text, and replies that follow a pattern instead
of a thought.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from deliberation.analysis.measures import Array, agreement
from deliberation.records.agenda import Question
from deliberation.records.base import Record, normalised
from deliberation.records.events import Event, Judged, Polled, Ranked, Recalled, Spoke, Voted
from deliberation.records.people import Persona

_OUT_OF_ROLE = re.compile(
    r"\b(as an? (ai|assistant|(large )?language model)\b[^.]{0,30}\b(i|my)\b|i('m| am) an? (ai|language model)\b|"
    r"(how|what) (can|may) i (help|assist)|i('m| am) (here|happy) to (help|assist)\b)",
    re.IGNORECASE,
)
_COMMON_WORDS = """
about after again against also another because been before being between both could does doing done each either else
even every from give given have here into itself just like made make many might more most much must need never only
other over own people quite rather same should since some such take than that their them then there these they thing
things think this those though through under until upon very want well were what when where which while will with
without would your assistant
"""
_COMMON = frozenset(_COMMON_WORDS.split())
_STEM = 5
"""Letters by which two words count as the same: crude, the same for every speaker, and needs no dictionary."""


class Pattern(Record):
    """How often a pattern was found, of how many replies that could have shown it."""

    found: int
    of: int


class Patterns(Record):
    """Replies that follow a pattern instead of a thought, counted. A pattern is no proof; compare with another model.

    level_polls: the same rating for every position. level_slates: the same vote and rating for every one of three
    clauses or more. shown_order: rankings of three things or more that repeat the order shown (by chance one in 6, 24,
    120 ...).
    first_shown: rankings with the first thing shown alone on top (by chance one in as many as there are). said_before:
    speeches in words that the same person had used before; said_by_another: that somebody else in the room had.
    out_of_role: members who speak as an AI or an assistant.
    """

    level_polls: Pattern
    level_slates: Pattern
    shown_order: Pattern
    first_shown: Pattern
    said_before: Pattern
    said_by_another: Pattern
    out_of_role: Pattern


def patterns(assemblies: Iterable[Sequence[Event]]) -> Patterns:
    """Count the patterns in the events of all assemblies."""
    found: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    for events in assemblies:
        for name, shown in (*_of_ballots(events), *_of_rankings(events), *_of_words(events)):
            tried[name] += 1
            found[name] += shown
    return Patterns(**{name: Pattern(found=found[name], of=tried[name]) for name in Patterns.model_fields})


def _of_ballots(events: Sequence[Event]) -> Iterator[tuple[str, bool]]:
    slates: dict[tuple[str, str], list[tuple[str, int | None]]] = defaultdict(list)
    for event in events:
        if isinstance(event, Polled):
            yield "level_polls", len(set(event.ratings.values())) == 1
        elif isinstance(event, Voted):
            slates[event.phase, event.speaker].append((event.choice, event.rating))
    for marks in slates.values():
        if len(marks) > 2:
            yield "level_slates", len(set(marks)) == 1


def _of_rankings(events: Sequence[Event]) -> Iterator[tuple[str, bool]]:
    for event in events:
        if isinstance(event, Ranked | Judged) and event.shown:
            if len(event.shown) > 2:
                yield "shown_order", event.ranking == tuple((name,) for name in event.shown)
            yield "first_shown", event.ranking[0] == event.shown[:1]


def _of_words(events: Sequence[Event]) -> Iterator[tuple[str, bool]]:
    said: dict[str, set[str]] = defaultdict(set)
    for event in events:
        if isinstance(event, Spoke) and event.role == "member":
            words = normalised(event.text)
            yield "said_before", event.speaker in said[words]
            yield "said_by_another", bool(said[words] - {event.speaker})
            yield "out_of_role", _OUT_OF_ROLE.search(event.text) is not None
            said[words].add(event.speaker)


class Recall(NamedTuple):
    """How well members recalled: share of own facts restated, and mean distance from own first ratings on 0..1."""

    facts: float
    ratings: float


def recall(personas: Iterable[Persona], events: Iterable[Event]) -> Recall | None:
    """The recall check; null where it was not asked for. A fact counts where it stands in the answer, in any case."""
    attributes = {p.id: p.attributes for p in personas}
    first: dict[str, dict[str, int]] = {}
    facts: list[bool] = []
    distance: list[float] = []
    for event in events:
        if isinstance(event, Polled):
            first.setdefault(event.speaker, event.ratings)
        elif isinstance(event, Recalled) and event.speaker in attributes:
            own = attributes[event.speaker]
            facts += [normalised(own[name]) in normalised(said) for name, said in event.facts.items() if name in own]
            was = first.get(event.speaker, {})
            distance += [abs(event.ratings[name] - was[name]) / 6 for name in was]
    if not facts or not distance:
        return None
    return Recall(float(np.mean(facts)), float(np.mean(distance)))


def public_and_private(events: Sequence[Event], question: Question) -> list[float]:
    """For each member who argued: rank correlation of the lean of its words and its last private ratings (Spearman).

    The lean towards a position is the sum over the points made of stance x direction. Near 1: they say what they hold;
    at 0 or below they say one thing and hold another. Null models of people who talk at random give 0.
    """
    directions = {c.id: np.array([c.direction[p.id] for p in question.positions]) for c in question.considerations}
    lean: dict[str, Array] = {}
    held: dict[str, Array] = {}
    for event in events:
        if isinstance(event, Spoke) and event.role == "member":
            for point in event.points:
                made = point.stance * directions[point.consideration]
                lean[event.speaker] = lean.get(event.speaker, np.zeros(len(made))) + made
        elif isinstance(event, Polled):
            held[event.speaker] = np.array([event.ratings[p.id] for p in question.positions], dtype=np.float64)
    both = ((lean[member], held[member]) for member in lean if member in held)
    return [float(agreement(np.stack(pair))[0, 1]) for pair in both if all(one.std() > 0 for one in pair)]


def grounding(events: Iterable[Event], question: Question) -> list[float]:
    """For each speech with points: how far its words single out the considerations that it claims to put forward.

    The chance that a consideration named shares more words with the text than one not named does, ties half (the
    area under the ROC curve; Hanley and McNeil 1982): 1 all named ones stand out, 0.5 no better than chance. It tells
    nothing of the stance: word overlap cannot tell a claim from its denial.
    """
    claims = {c.id: _stems(f"{c.claim} {c.because}") for c in question.considerations}
    rarity = Counter(stem for stems in claims.values() for stem in stems)
    found = []
    for event in events:
        named = {p.consideration for p in event.points} if isinstance(event, Spoke) else set()
        if named and len(named) < len(claims):
            said = _stems(event.text)
            score = {name: sum(1.0 / rarity[s] for s in stems & said) for name, stems in claims.items()}
            pairs = [(score[a], score[b]) for a in named for b in claims if b not in named]
            found.append(float(np.mean([(x > y) + 0.5 * (x == y) for x, y in pairs])))
    return found


def _stems(text: str) -> frozenset[str]:
    words = re.findall(r"[^\W\d_]{4,}", text.casefold())
    return frozenset(word[:_STEM] for word in words if word not in _COMMON)
