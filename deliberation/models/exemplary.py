"""What the clerk is asked about clauses that have been ruled on: worked examples, and which clause an example is of.

The second is asked without being told what the first one wrote it for, so that it can be seen whether a pair of replies
says what its clause says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from deliberation.errors import UnreadableReply
from deliberation.models.legal import among, parsed
from deliberation.models.replies import ExemplifyReply, RecogniseReply
from deliberation.records.agenda import Case
from deliberation.records.base import normalised, short_hash
from deliberation.records.specification import Clause

_UNEVEN = 1.3
"""How many times as long as the other one reply may be: a trainer would learn the length."""


@dataclass(frozen=True, slots=True)
class Exemplify:
    """Write up to `number` requests that a clause bears on, each with a reply that complies and one that does not.

    `cases`: the question's own that panels settled by the clause, to be used before others are made up.
    """

    kind: ClassVar[str] = "exemplify"
    clause: Clause
    cases: tuple[Case, ...]
    number: int

    def fingerprint(self) -> str:
        """See `Poll.fingerprint`."""
        shown = (f"{case.id}:{short_hash(case.prompt)}" for case in self.cases)
        return ",".join((f"{self.number}:{self.clause.id}:{short_hash(self.clause.text)}", *shown))

    def read(self, reply: str) -> ExemplifyReply:
        """Examples whose two replies differ and are about as long as one another, or `UnreadableReply`."""
        read = parsed(reply, ExemplifyReply)
        if len(read.examples) > self.number:
            raise UnreadableReply(reply, f"at most {self.number} examples, not {len(read.examples)}")
        among(reply, "cases", (e.case for e in read.examples if e.case is not None), (c.id for c in self.cases))
        prompts = {case.id: " ".join(case.prompt.split()) for case in self.cases}
        for one in read.examples:
            if one.case is not None and " ".join(one.prompt.split()) != prompts[one.case]:
                raise UnreadableReply(reply, f"the request of {one.case} word for word, or null as its case")
            if normalised(one.complies) == normalised(one.violates):
                raise UnreadableReply(reply, "two replies that differ")
            short, long = sorted((len(one.complies), len(one.violates)))
            if long > _UNEVEN * short:
                raise UnreadableReply(reply, f"two replies of about the same length, not {short} and {long} characters")
        return read


@dataclass(frozen=True, slots=True)
class Recognise:
    """Say which of these clauses two replies to a request differ on, and which of the two complies with it."""

    kind: ClassVar[str] = "recognise"
    clauses: tuple[Clause, ...]
    prompt: str
    replies: tuple[str, str]

    def fingerprint(self) -> str:
        """See `Poll.fingerprint`."""
        return ",".join((short_hash(self.prompt, *self.replies, size=8), *(c.id for c in self.clauses)))

    def read(self, reply: str) -> RecogniseReply:
        """One of the clauses and one of the replies, or `UnreadableReply`."""
        read = parsed(reply, RecogniseReply)
        among(reply, "clauses", (read.clause,), (c.id for c in self.clauses))
        return read
