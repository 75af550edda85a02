"""What can be asked: a closed union of tasks, each of which knows its legal answers.

`read` turns a raw reply into a typed record or raises `UnreadableReply`; it never guesses. How a task is put into
words stands in `prompts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from deliberation.errors import UnreadableReply
from deliberation.models.clerical import Divide, Entail, Relate
from deliberation.models.exemplary import Exemplify, Recognise
from deliberation.models.legal import (
    among,
    best_of,
    exactly,
    known_meaning,
    known_points,
    parsed,
    ranked,
    says_its_scope,
    word_for_word,
)
from deliberation.models.replies import (
    AmendReply,
    DraftReply,
    JudgeReply,
    PollReply,
    RankReply,
    RecallReply,
    VoteReply,
    WeighReply,
)
from deliberation.models.speaking import Answer, Ask, Explain, Facilitate, Paper, Rebut, Speak, Testify
from deliberation.records.agenda import Case, Consideration, Position

__all__ = [
    "Amend",
    "Answer",
    "Ask",
    "Divide",
    "Draft",
    "DraftManner",
    "Entail",
    "Exemplify",
    "Explain",
    "Facilitate",
    "Judge",
    "Paper",
    "Poll",
    "Rank",
    "Rebut",
    "Recall",
    "Recognise",
    "Relate",
    "Speak",
    "Task",
    "Testify",
    "Vote",
    "Weigh",
]


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
        read = parsed(reply, PollReply)
        exactly(reply, "position", read.ratings, (p.id for p in self.positions))
        return read


@dataclass(frozen=True, slots=True)
class Weigh:
    """Rate every consideration, in private: how far one agrees with it."""

    kind: ClassVar[str] = "weigh"
    considerations: tuple[Consideration, ...]

    def fingerprint(self) -> str:
        """See `Poll.fingerprint`."""
        return ",".join(c.id for c in self.considerations)

    def read(self, reply: str) -> WeighReply:
        """A rating for each consideration, or `UnreadableReply`."""
        read = parsed(reply, WeighReply)
        exactly(reply, "consideration", read.ratings, (c.id for c in self.considerations))
        return read


DraftManner = Literal["table", "own", "group", "revise", "record"]
"""From what a clause is drafted: what a table said; one's own statement; the statements of a group, so that all of it
could stand behind the clause; critiques of clauses, to be met in a new wording; or, afterwards, a whole record."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Draft up to `limit` clauses from what was said; `citable` maps events to their words, `base` is to be revised."""

    kind: ClassVar[str] = "draft"
    limit: int
    positions: tuple[str, ...]
    considerations: frozenset[str]
    citable: Mapping[str, str]
    manner: DraftManner = "table"
    base: tuple[Paper, ...] = ()

    def fingerprint(self) -> str:
        """See `Poll.fingerprint`."""
        return ",".join((f"{self.limit}:{self.manner}", *(p.clause.id for p in self.base)))

    def read(self, reply: str) -> DraftReply:
        """Clauses whose text says their scope and whose every source is quoted word for word, or `UnreadableReply`."""
        read = parsed(reply, DraftReply)
        if len(read.clauses) > self.limit:
            raise UnreadableReply(reply, f"at most {self.limit} clauses, not {len(read.clauses)}")
        for clause in read.clauses:
            known_meaning(reply, clause.meaning, self.positions, self.considerations)
            says_its_scope(reply, clause.text, clause.norm, clause.applies_when, clause.exceptions)
            for source in clause.sources:
                word_for_word(reply, source, self.citable)
        return read


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
        read = parsed(reply, AmendReply)
        if read.clause is None:
            return read
        norms = {p.clause.id: p.clause.norm for p in self.slate}
        among(reply, "clauses", (read.clause,), norms)
        says_its_scope(reply, read.text, norms[read.clause], read.applies_when, read.exceptions)
        known_meaning(reply, read.meaning, self.positions, self.considerations)
        known_points(reply, read.points, self.considerations)
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
        read = parsed(reply, VoteReply)
        exactly(reply, "clause", (m.clause for m in read.ballots), (p.clause.id for p in self.slate))
        for mark in read.ballots:
            if mark.choice == "missing":
                raise UnreadableReply(reply, "support, oppose or abstain for every clause")
            known_points(reply, mark.points, self.considerations)
        return read


@dataclass(frozen=True, slots=True)
class Rank:
    """Rank alternative wordings of one clause, in private; `places`: only the best so many, 0 all."""

    kind: ClassVar[str] = "rank"
    options: tuple[Paper, ...]
    places: int = 0

    def fingerprint(self) -> str:
        """See `Poll.fingerprint`."""
        return ",".join((*(p.clause.id for p in self.options), *_only(self.places)))

    def read(self, reply: str) -> RankReply:
        """A ranking of as many wordings as are asked for, or `UnreadableReply`."""
        read = parsed(reply, RankReply)
        best_of(reply, "wording", ranked(read.ranking), [p.clause.id for p in self.options], self.places)
        return read


@dataclass(frozen=True, slots=True)
class Judge:
    """Rank the candidate responses of a case in private, and name the clauses relied on; `places` as in `Rank`."""

    kind: ClassVar[str] = "judge"
    case: Case
    slate: tuple[Paper, ...] = field(default=())
    places: int = 0

    def fingerprint(self) -> str:
        """See `Poll.fingerprint`."""
        shown = ",".join((*(r.id for r in self.case.responses), *_only(self.places)))
        return f"{self.case.id}:{shown}:{','.join(p.clause.id for p in self.slate)}"

    def read(self, reply: str) -> JudgeReply:
        """A ranking of as many responses as are asked for that relies on clauses of the slate, or `UnreadableReply`."""
        read = parsed(reply, JudgeReply)
        best_of(reply, "response", ranked(read.ranking), [r.id for r in self.case.responses], self.places)
        among(reply, "clauses", read.clauses, (p.clause.id for p in self.slate))
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
        read = parsed(reply, RecallReply)
        exactly(reply, "position", read.ratings, (p.id for p in self.positions))
        exactly(reply, "fact", read.facts, self.facts)
        return read


def _only(places: int) -> tuple[str, ...]:
    return (f"best-{places}",) if places else ()


Task = (
    Poll
    | Weigh
    | Testify
    | Rebut
    | Ask
    | Answer
    | Explain
    | Facilitate
    | Speak
    | Draft
    | Amend
    | Vote
    | Rank
    | Judge
    | Recall
    | Divide
    | Relate
    | Entail
    | Exemplify
    | Recognise
)
"""Everything that can be asked. Each answerer ends its `match` over it in `assert_never`."""
