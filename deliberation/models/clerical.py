"""What the clerk is asked about clauses once the assemblies have sat.

Does it say one thing, is it another one's equal or contrary, do its sources bear it out? Each is asked by itself and
rests on the words shown alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from deliberation.errors import UnreadableReply
from deliberation.models.legal import among, exactly, parsed, says_its_scope
from deliberation.models.replies import DivideReply, EntailReply, RelateReply
from deliberation.records.base import normalised, short_hash
from deliberation.records.specification import Clause


@dataclass(frozen=True, slots=True)
class Divide:
    """Say whether a clause says several things of which one could be accepted without another, and which."""

    kind: ClassVar[str] = "divide"
    clause: Clause

    def fingerprint(self) -> str:
        """See `Poll.fingerprint`."""
        return _mark([self.clause])

    def read(self, reply: str) -> DivideReply:
        """Two parts or more, each saying its scope and none the whole; or none at all; or `UnreadableReply`."""
        read = parsed(reply, DivideReply)
        if len(read.parts) == 1:
            raise UnreadableReply(reply, "two parts or more, or none where the clause says one thing")
        for part in read.parts:
            says_its_scope(reply, part.text, part.norm, part.applies_when, part.exceptions)
        texts = [normalised(part.text) for part in read.parts]
        if len(set(texts)) < len(texts) or normalised(self.clause.text) in texts:
            raise UnreadableReply(reply, "parts that differ from one another and from the whole")
        return read


@dataclass(frozen=True, slots=True)
class Relate:
    """Say what a clause is to each of others: whether it demands the same, the contrary, or less or more."""

    kind: ClassVar[str] = "relate"
    clause: Clause
    others: tuple[Clause, ...]

    def fingerprint(self) -> str:
        """See `Poll.fingerprint`."""
        return _mark([self.clause, *self.others])

    def read(self, reply: str) -> RelateReply:
        """One relation to each of the others, or `UnreadableReply`."""
        read = parsed(reply, RelateReply)
        exactly(reply, "clause", (r.clause for r in read.relations), (c.id for c in self.others))
        return read


@dataclass(frozen=True, slots=True)
class Entail:
    """Say whether the sentences that a clause rests on, quoted with it, bear it out, and which position it bears on."""

    kind: ClassVar[str] = "entail"
    clause: Clause
    positions: tuple[str, ...] = ()

    def fingerprint(self) -> str:
        """See `Poll.fingerprint`."""
        return short_hash(_mark([self.clause]), *(s.line() for s in self.clause.sources), size=8)

    def read(self, reply: str) -> EntailReply:
        """A verdict, with a position of the question and a stance on it or neither, or `UnreadableReply`."""
        read = parsed(reply, EntailReply)
        if (read.position is None) != (read.stance is None):
            raise UnreadableReply(reply, "a position with a stance on it, or null for both")
        among(reply, "positions", () if read.position is None else (read.position,), self.positions)
        return read


def _mark(clauses: Iterable[Clause]) -> str:
    """A clause's id leaves case, punctuation and white space out; what is judged is the text as it stands."""
    return ",".join(f"{clause.id}:{short_hash(clause.text)}" for clause in clauses)
