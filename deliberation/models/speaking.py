"""The tasks that are answered with words: testimony and what it meets with, talk and its guidance.

As in `tasks`, where all of them are one closed union, each knows its legal answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from deliberation.errors import UnreadableReply
from deliberation.models.legal import among, exactly, from_dossier, known_points, parsed
from deliberation.models.replies import SpeechReply
from deliberation.records.agenda import Exhibit
from deliberation.records.events import Point, Purpose
from deliberation.records.specification import Clause, Meaning
from deliberation.settings import Witness


@dataclass(frozen=True, slots=True)
class Paper:
    """A clause as it is put to a vote, with its meaning where a drafter gave one."""

    clause: Clause
    meaning: Meaning | None


@dataclass(frozen=True, slots=True)
class Testify:
    """Present the dossier in the manner of this witness; cite exhibits, add none."""

    kind: ClassVar[str] = "testify"
    exhibits: tuple[Exhibit, ...]
    considerations: frozenset[str]
    witness: Witness

    def fingerprint(self) -> str:
        """See `Poll.fingerprint`."""
        return _evidence(self.witness, self.exhibits)

    def read(self, reply: str) -> SpeechReply:
        """Words that cite only exhibits of the dossier, or `UnreadableReply`."""
        return from_dossier(reply, self.exhibits, self.considerations)


@dataclass(frozen=True, slots=True)
class Rebut:
    """Reply to what other witnesses have said, in the manner of this one; `said` are the points they made, by event."""

    kind: ClassVar[str] = "rebut"
    said: Mapping[str, tuple[Point, ...]]
    exhibits: tuple[Exhibit, ...]
    considerations: frozenset[str]
    witness: Witness

    def fingerprint(self) -> str:
        """See `Poll.fingerprint`."""
        return _evidence(self.witness, self.exhibits)

    def read(self, reply: str) -> SpeechReply:
        """Words that cite only exhibits of the dossier, or `UnreadableReply`."""
        return from_dossier(reply, self.exhibits, self.considerations)


@dataclass(frozen=True, slots=True)
class Ask:
    """Put one question to a witness, or to one's own assistant."""

    kind: ClassVar[str] = "ask"
    considerations: frozenset[str]

    def fingerprint(self) -> str:
        """See `Poll.fingerprint`."""
        return ""

    def read(self, reply: str) -> SpeechReply:
        """Words, or `UnreadableReply`."""
        read = parsed(reply, SpeechReply)
        known_points(reply, read.points, self.considerations)
        among(reply, "events", read.refs, ())
        return read


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer a member's question from the dossier, in the manner of this witness, or say that it does not tell."""

    kind: ClassVar[str] = "answer"
    question: str
    asked: tuple[Point, ...]
    exhibits: tuple[Exhibit, ...]
    considerations: frozenset[str]
    witness: Witness

    def fingerprint(self) -> str:
        """See `Poll.fingerprint`."""
        return _evidence(self.witness, self.exhibits)

    def read(self, reply: str) -> SpeechReply:
        """Words that cite only exhibits of the dossier, or `UnreadableReply`."""
        return from_dossier(reply, self.exhibits, self.considerations)


@dataclass(frozen=True, slots=True)
class Explain:
    """Explain to one member, in confidence, what the exhibits say on its question; take no side and add nothing."""

    kind: ClassVar[str] = "explain"
    question: str
    asked: tuple[Point, ...]
    exhibits: tuple[Exhibit, ...]
    considerations: frozenset[str]

    def fingerprint(self) -> str:
        """See `Poll.fingerprint`."""
        return ",".join(e.id for e in self.exhibits)

    def read(self, reply: str) -> SpeechReply:
        """Words that cite only exhibits of the dossier, or `UnreadableReply`."""
        return from_dossier(reply, self.exhibits, self.considerations)


@dataclass(frozen=True, slots=True)
class Facilitate:
    """Guide the talk without supplying content: no points. `members`: id -> name, in the order drawn.

    `calls`: also call on everyone, in the order in which they are to speak.
    """

    kind: ClassVar[str] = "facilitate"
    members: Mapping[str, str]
    calls: bool = False

    def fingerprint(self) -> str:
        """See `Poll.fingerprint`."""
        return ",".join((*self.members.values(), *(("calls",) if self.calls else ())))

    def read(self, reply: str) -> SpeechReply:
        """Words without points, and where wanted each member once, or `UnreadableReply`."""
        read = parsed(reply, SpeechReply)
        if read.points:
            raise UnreadableReply(reply, "no points: the facilitator supplies no content")
        if self.calls:
            exactly(reply, "member in refs, in the order in which they speak,", read.refs, self.members)
        else:
            among(reply, "events", read.refs, ())
        return read


@dataclass(frozen=True, slots=True)
class Speak:
    """Say something for a purpose; `replyable` are the events one may refer to.

    `about`: the clauses that a critique or a minority statement is about. `words`: the most that one may say.
    """

    kind: ClassVar[str] = "speak"
    considerations: frozenset[str]
    replyable: tuple[str, ...]
    purpose: Purpose = "reasons"
    about: tuple[Paper, ...] = ()
    words: int | None = None

    def fingerprint(self) -> str:
        """See `Poll.fingerprint`."""
        return ",".join(("" if self.purpose == "reasons" else self.purpose, *(p.clause.id for p in self.about)))

    @property
    def silent(self) -> bool:
        """Whether no reason is to be named."""
        return self.purpose in {"stance_only", "sham"}

    def read(self, reply: str) -> SpeechReply:
        """Words, or `UnreadableReply`."""
        read = parsed(reply, SpeechReply)
        if self.silent and read.points:
            raise UnreadableReply(reply, "no points: no reasons are wanted")
        if self.words is not None and len(read.text.split()) > self.words:
            raise UnreadableReply(reply, f"at most {self.words} words, not {len(read.text.split())}")
        known_points(reply, read.points, self.considerations)
        among(reply, "events to reply to", read.refs, self.replyable)
        return read


def _evidence(witness: Witness, exhibits: tuple[Exhibit, ...]) -> str:
    return f"{witness.line()}:{','.join(e.id for e in exhibits)}"
