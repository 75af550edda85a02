"""The typed forms of a reply: what an answerer sends, as JSON. Whether it is legal, the task decides."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from deliberation.records.base import Record
from deliberation.records.events import Point
from deliberation.records.specification import (
    Authority,
    Choice,
    ClauseSource,
    ClauseStance,
    Meaning,
    Norm,
    Rating,
    Relation,
    Support,
)


def _by_place(given: object) -> object:
    """A ranking, best first, from places by name too, of which 1 is the best and which may be shared."""
    if not isinstance(given, dict):
        return given
    if not all(type(place) is int for place in given.values()):
        raise ValueError("a place, as a number, for each")
    return [[name for name in given if given[name] == place] for place in sorted(set(given.values()))]


Ranking = Annotated[
    tuple[Annotated[tuple[str, ...], Field(min_length=1)], ...],
    BeforeValidator(_by_place),
]


def _by(what: str) -> BeforeValidator:
    """Ratings by what is rated, from a list of `{what, rating}` too, in which none may stand twice."""

    def read(given: object) -> object:
        if not isinstance(given, list):
            return given
        rated = {what, "rating"}
        pairs = [(one[what], one["rating"]) for one in given if isinstance(one, dict) and one.keys() == rated]
        if len(pairs) != len(given) or len({name for name, _ in pairs}) != len(pairs):
            raise ValueError(f"each {what} once, as {{{what}, rating}}")
        return dict(pairs)

    return BeforeValidator(read)


Ratings = Annotated[dict[str, Rating], _by("position")]


class PollReply(Record):
    """A rating from 1 (wholly against) to 7 (wholly for) of each position."""

    ratings: Ratings


class WeighReply(Record):
    """A rating from 1 (do not agree at all) to 7 (agree wholly) of each consideration."""

    ratings: Annotated[dict[str, Rating], _by("consideration")]


class SpeechReply(Record):
    """Words, the considerations they put forward (possibly none), and what they refer to."""

    text: str = Field(min_length=1, max_length=4000)
    points: tuple[Point, ...] = ()
    refs: tuple[str, ...] = ()


class DraftedClause(Record):
    """One clause as drafted."""

    norm: Norm
    text: str = Field(min_length=8, max_length=600)
    applies_when: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    rationale: str = Field(min_length=1, max_length=1200)
    authority: Authority = "guideline"
    sources: tuple[ClauseSource, ...] = Field(min_length=1)
    meaning: Meaning | None = None


class DraftReply(Record):
    """The clauses drafted for one table."""

    clauses: tuple[DraftedClause, ...]


class AmendReply(Record):
    """An amendment to one clause, or none at all (`clause` null)."""

    clause: str | None = None
    text: str = ""
    applies_when: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    reason: str = ""
    points: tuple[Point, ...] = ()
    meaning: Meaning | None = None


class Mark(Record):
    """One vote on one clause of the slate."""

    clause: str
    choice: Choice
    rating: Rating
    reason: str = Field(max_length=1200)
    points: tuple[Point, ...] = ()


def _by_clause(given: object) -> object:
    """Marks one by one, from marks by clause too."""
    if not isinstance(given, dict):
        return given
    return [{"clause": name, **mark} if isinstance(mark, dict) else mark for name, mark in given.items()]


class VoteReply(Record):
    """One mark for each clause of the slate, as a list or by clause."""

    ballots: Annotated[tuple[Mark, ...], BeforeValidator(_by_clause)]


class Likened(Record):
    """What the clause asked about is to another one."""

    clause: str
    relation: Relation
    why: str = Field(default="", max_length=600)


class RelateReply(Record):
    """What a clause is to each of others, as a list or by clause."""

    relations: Annotated[tuple[Likened, ...], BeforeValidator(_by_clause)]


class Part(Record):
    """One of several things that a clause says, as a clause of its own."""

    norm: Norm
    text: str = Field(min_length=8, max_length=600)
    applies_when: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()


class DivideReply(Record):
    """What a clause says, thing by thing; nothing where it says but one."""

    parts: tuple[Part, ...] = ()
    why: str = Field(default="", max_length=600)


class EntailReply(Record):
    """Whether the sentences that a clause rests on bear it out, and the position that it is for or against."""

    verdict: Support
    why: str = Field(default="", max_length=600)
    position: str | None = None
    stance: ClauseStance | None = None


class Exemplified(Record):
    """A request that a clause bears on, a reply that complies with it and one that does not; `case`: whose it is."""

    case: str | None = None
    prompt: str = Field(min_length=1, max_length=4000)
    complies: str = Field(min_length=1, max_length=6000)
    violates: str = Field(min_length=1, max_length=6000)


class ExemplifyReply(Record):
    """Worked examples of one clause."""

    examples: tuple[Exemplified, ...] = ()


class RecogniseReply(Record):
    """The clause that two replies differ on, and which of them complies."""

    clause: str
    complies: Literal["a", "b"]


class RankReply(Record):
    """Wordings, best first; tied ones share a place."""

    ranking: Ranking


class JudgeReply(Record):
    """Responses, best first; tied ones share a place; and the clauses relied on."""

    ranking: Ranking
    clauses: tuple[str, ...] = ()
    reason: str = ""


class RecallReply(Record):
    """One's own first ratings and facts about oneself, restated."""

    ratings: Ratings
    facts: dict[str, str]
