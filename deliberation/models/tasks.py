"""What can be asked: a closed union of tasks, each of which knows its legal answers.

`read` turns a raw reply into a typed record or raises `UnreadableReply`; it never guesses. How a task is put into
words stands in `prompts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

from pydantic import ValidationError

from deliberation.errors import UnreadableReply
from deliberation.models.replies import (
    AmendReply,
    DraftReply,
    JudgeReply,
    PollReply,
    RankReply,
    RecallReply,
    SpeechReply,
    VoteReply,
)
from deliberation.records.agenda import Case, Exhibit, Position
from deliberation.records.base import Record
from deliberation.records.events import Point
from deliberation.records.files import first_problem
from deliberation.records.specification import Clause, Meaning

R = TypeVar("R", bound=Record)


def _parsed(reply: str, form: type[R]) -> R:
    try:
        return form.model_validate_json(reply)
    except ValidationError as error:
        raise UnreadableReply(reply, f"a JSON object of the form {form.__name__}; {first_problem(error)}") from error


def _exactly(reply: str, what: str, given: Iterable[str], wanted: Iterable[str]) -> None:
    got, want = sorted(given), sorted(wanted)
    if got != want:
        raise UnreadableReply(reply, f"each {what} of {want} once")


def _among(reply: str, what: str, given: Iterable[str], known: Iterable[str]) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise UnreadableReply(reply, f"only {what} that were offered, not {unknown[0]!r}")


def _known_points(reply: str, points: Iterable[Point], known: frozenset[str]) -> None:
    _among(reply, "considerations", (p.consideration for p in points), known)


@dataclass(frozen=True, slots=True)
class Poll:
    """Rate every position, in private."""

    kind: ClassVar[str] = "poll"
    positions: tuple[Position, ...]

    def fingerprint(self) -> str:
        """What sets this task apart from others of its kind at the same address."""
        return ",".join(p.id for p in self.positions)

    def read(self, reply: str) -> PollReply:
        """A rating for each position, or `UnreadableReply`."""
        read = _parsed(reply, PollReply)
        _exactly(reply, "position", read.ratings, (p.id for p in self.positions))
        return read


@dataclass(frozen=True, slots=True)
class Testify:
    """Present the dossier; cite exhibits, add nothing."""

    kind: ClassVar[str] = "testify"
    exhibits: tuple[Exhibit, ...]
    considerations: frozenset[str]

    def fingerprint(self) -> str:
        """See `Poll.fingerprint`."""
        return ",".join(e.id for e in self.exhibits)

    def read(self, reply: str) -> SpeechReply:
        """Words that cite only exhibits of the dossier, or `UnreadableReply`."""
        read = _parsed(reply, SpeechReply)
        _among(reply, "exhibits", read.refs, (e.id for e in self.exhibits))
        _known_points(reply, read.points, self.considerations)
        return read


@dataclass(frozen=True, slots=True)
class Ask:
    """Put one question to the witness."""

    kind: ClassVar[str] = "ask"
    considerations: frozenset[str]

    def fingerprint(self) -> str:
        """See `Poll.fingerprint`."""
        return ""

    def read(self, reply: str) -> SpeechReply:
        """Words, or `UnreadableReply`."""
        read = _parsed(reply, SpeechReply)
        _known_points(reply, read.points, self.considerations)
        return read


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer a member's question from the dossier, or say that it does not tell."""

    kind: ClassVar[str] = "answer"
    question: str
    asked: tuple[Point, ...]
    exhibits: tuple[Exhibit, ...]
    considerations: frozenset[str]

    def fingerprint(self) -> str:
        """See `Poll.fingerprint`."""
        return ",".join(e.id for e in self.exhibits)

    def read(self, reply: str) -> SpeechReply:
        """Words that cite only exhibits of the dossier, or `UnreadableReply`."""
        read = _parsed(reply, SpeechReply)
        _among(reply, "exhibits", read.refs, (e.id for e in self.exhibits))
        _known_points(reply, read.points, self.considerations)
        return read


@dataclass(frozen=True, slots=True)
class Facilitate:
    """Guide the talk without supplying content: no points."""

    kind: ClassVar[str] = "facilitate"
    members: tuple[str, ...]

    def fingerprint(self) -> str:
        """See `Poll.fingerprint`."""
        return ",".join(self.members)

    def read(self, reply: str) -> SpeechReply:
        """Words without points, or `UnreadableReply`."""
        read = _parsed(reply, SpeechReply)
        if read.points:
            raise UnreadableReply(reply, "no points: the facilitator supplies no content")
        return read


@dataclass(frozen=True, slots=True)
class Speak:
    """Say something at a table or in plenary; `replyable` are the events one may refer to."""

    kind: ClassVar[str] = "speak"
    considerations: frozenset[str]
    replyable: tuple[str, ...]
    reporting: bool = False

    def fingerprint(self) -> str:
        """See `Poll.fingerprint`."""
        return "report" if self.reporting else ""

    def read(self, reply: str) -> SpeechReply:
        """Words, or `UnreadableReply`."""
        read = _parsed(reply, SpeechReply)
        _known_points(reply, read.points, self.considerations)
        _among(reply, "events to reply to", read.refs, self.replyable)
        return read


@dataclass(frozen=True, slots=True)
class Draft:
    """Draft up to `limit` clauses from what was said; `citable` maps events to their words."""

    kind: ClassVar[str] = "draft"
    limit: int
    positions: tuple[str, ...]
    considerations: frozenset[str]
    citable: Mapping[str, str]

    def fingerprint(self) -> str:
        """See `Poll.fingerprint`."""
        return str(self.limit)

    def read(self, reply: str) -> DraftReply:
        """Clauses whose every source is quoted word for word, or `UnreadableReply`."""
        read = _parsed(reply, DraftReply)
        if len(read.clauses) > self.limit:
            raise UnreadableReply(reply, f"at most {self.limit} clauses, not {len(read.clauses)}")
        for clause in read.clauses:
            _check_meaning(reply, clause.meaning, self.positions, self.considerations)
            for source in clause.sources:
                _among(reply, "events as sources", (source.event,), self.citable)
                if " ".join(source.quote.split()) not in " ".join(self.citable[source.event].split()):
                    raise UnreadableReply(reply, f"a quote that stands word for word in {source.event}")
        return read


@dataclass(frozen=True, slots=True)
class Paper:
    """A clause as it is put to a vote, with its meaning where a drafter gave one."""

    clause: Clause
    meaning: Meaning | None


@dataclass(frozen=True, slots=True)
class Amend:
    """Move one amendment to one clause of the slate, or none."""

    kind: ClassVar[str] = "amend"
    slate: tuple[Paper, ...]
    positions: tuple[str, ...]
    considerations: frozenset[str]

    def fingerprint(self) -> str:
        """See `Poll.fingerprint`."""
        return ",".join(p.clause.id for p in self.slate)

    def read(self, reply: str) -> AmendReply:
        """An amendment that changes its clause, or none, or `UnreadableReply`."""
        read = _parsed(reply, AmendReply)
        if read.clause is None:
            return read
        _among(reply, "clauses", (read.clause,), (p.clause.id for p in self.slate))
        if len(read.text) < 8:
            raise UnreadableReply(reply, "the full text of the amended clause")
        _check_meaning(reply, read.meaning, self.positions, self.considerations)
        _known_points(reply, read.points, self.considerations)
        return read


@dataclass(frozen=True, slots=True)
class Vote:
    """Vote in private on every clause of the slate."""

    kind: ClassVar[str] = "vote"
    slate: tuple[Paper, ...]
    considerations: frozenset[str]

    def fingerprint(self) -> str:
        """See `Poll.fingerprint`."""
        return ",".join(p.clause.id for p in self.slate)

    def read(self, reply: str) -> VoteReply:
        """One mark for each clause of the slate, none of them `missing`, or `UnreadableReply`."""
        read = _parsed(reply, VoteReply)
        _exactly(reply, "clause", (m.clause for m in read.ballots), (p.clause.id for p in self.slate))
        for mark in read.ballots:
            if mark.choice == "missing":
                raise UnreadableReply(reply, "support, oppose or abstain for every clause")
            _known_points(reply, mark.points, self.considerations)
        return read


@dataclass(frozen=True, slots=True)
class Rank:
    """Rank alternative wordings of one clause, in private."""

    kind: ClassVar[str] = "rank"
    options: tuple[Paper, ...]

    def fingerprint(self) -> str:
        """See `Poll.fingerprint`."""
        return ",".join(p.clause.id for p in self.options)

    def read(self, reply: str) -> RankReply:
        """A ranking of all the wordings, or `UnreadableReply`."""
        read = _parsed(reply, RankReply)
        _exactly(reply, "wording", _flat(read.ranking), (p.clause.id for p in self.options))
        return read


@dataclass(frozen=True, slots=True)
class Judge:
    """Rank the candidate responses of a case in private, and name the clauses relied on."""

    kind: ClassVar[str] = "judge"
    case: Case
    slate: tuple[Paper, ...] = field(default=())

    def fingerprint(self) -> str:
        """See `Poll.fingerprint`."""
        shown = ",".join(r.id for r in self.case.responses)
        return f"{self.case.id}:{shown}:{','.join(p.clause.id for p in self.slate)}"

    def read(self, reply: str) -> JudgeReply:
        """A ranking of all the responses that relies on clauses of the slate, or `UnreadableReply`."""
        read = _parsed(reply, JudgeReply)
        _exactly(reply, "response", _flat(read.ranking), (r.id for r in self.case.responses))
        _among(reply, "clauses", read.clauses, (p.clause.id for p in self.slate))
        return read


@dataclass(frozen=True, slots=True)
class Recall:
    """Restate one's own first ratings and facts about oneself."""

    kind: ClassVar[str] = "recall"
    positions: tuple[Position, ...]
    facts: tuple[str, ...]

    def fingerprint(self) -> str:
        """See `Poll.fingerprint`."""
        return ",".join((*(p.id for p in self.positions), *self.facts))

    def read(self, reply: str) -> RecallReply:
        """A rating for each position and a word for each fact, or `UnreadableReply`."""
        read = _parsed(reply, RecallReply)
        _exactly(reply, "position", read.ratings, (p.id for p in self.positions))
        _exactly(reply, "fact", read.facts, self.facts)
        return read


Task = Poll | Testify | Ask | Answer | Facilitate | Speak | Draft | Amend | Vote | Rank | Judge | Recall
"""Everything that can be asked. Each answerer ends its `match` over it in `assert_never`."""


def _flat(ranking: tuple[tuple[str, ...], ...]) -> list[str]:
    return [one for place in ranking for one in place]


def _check_meaning(
    reply: str, meaning: Meaning | None, positions: tuple[str, ...], considerations: frozenset[str]
) -> None:
    if meaning is not None:
        _among(reply, "positions", (meaning.option,), positions)
        _among(reply, "considerations", meaning.conditions, considerations)
