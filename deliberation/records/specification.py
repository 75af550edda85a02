"""What is decided: clauses, the ledger of their distillation, ballots, judgments, rulings."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from deliberation.records.base import Record, Share

Norm = Literal["must", "must_not", "should", "should_not", "may"]
Authority = Literal["root", "system", "developer", "user", "guideline"]
AUTHORITIES: tuple[Authority, ...] = ("root", "system", "developer", "user", "guideline")
"""From the highest to the lowest."""

Choice = Literal["support", "oppose", "abstain", "missing"]
Status = Literal["adopted", "rejected", "contested", "no_ruling"]
Rating = Annotated[int, Field(strict=True, ge=1, le=7)]

NORM_WORDS: dict[Norm, str] = {
    "must": "must",
    "must_not": "must not",
    "should": "should",
    "should_not": "should not",
    "may": "may",
}


def sentence(norm: Norm, action: str, applies_when: tuple[str, ...] = (), exceptions: tuple[str, ...] = ()) -> str:
    """A clause's sentence from its parts.

    >>> sentence("should", "say so", ("it is asked",), ("it hurts",))
    'The assistant should say so, provided that it is asked, except where it hurts.'
    """
    scope = f", provided that {' and that '.join(applies_when)}" if applies_when else ""
    but = f", except where {' or where '.join(exceptions)}" if exceptions else ""
    return f"The assistant {NORM_WORDS[norm]} {action}{scope}{but}."


class ClauseSource(Record):
    """A sentence that a clause rests on: the event, its words, and whether they speak for or against."""

    event: str
    quote: str = Field(min_length=1)
    stance: Literal["for", "against"]


class Clause(Record):
    """A normative sentence of the specification. Its id is a hash of the question and the normalised text.

    The text alone says the whole: drafters are held to a text that contains its norm and every scope and exception.
    """

    id: str = Field(pattern=r"^c-")
    question: str
    norm: Norm
    text: str
    applies_when: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    rationale: str
    authority: Authority = "guideline"
    sources: tuple[ClauseSource, ...] = ()
    merged_from: tuple[str, ...] = ()
    supersedes: tuple[str, ...] = ()


class Meaning(Record):
    """What a drafter says a clause means on the argument map; null where nobody said.

    Only the synthetic public reads it, to know its own mind on the clause. No ruling rests on it.
    """

    option: str
    modality: Norm
    conditions: tuple[str, ...] = ()


class LedgerRow(Record):
    """One step of distillation. `event` is the proposal, `into` the canonical clause it went into (or null)."""

    question: str
    action: Literal["kept", "merged", "split", "dropped"]
    clause: str
    assembly: str
    event: str
    into: str | None
    why: str


class Ballot(Record):
    """One member's private vote on one clause. `missing` is not an abstention: no readable vote was had.

    `origin`: who voted for the member, such as `synthetic`.
    """

    id: str = Field(pattern=r"^b-")
    assembly: str
    member: str
    clause: str
    choice: Choice
    rating: Rating | None
    reason: str
    weight: float = Field(gt=0)
    group: str
    event: str
    origin: str | None = None


class Judgment(Record):
    """One member's private ranking of a case's responses, best first; tied responses share a place."""

    id: str = Field(pattern=r"^j-")
    assembly: str
    member: str
    case: str
    ranking: tuple[tuple[str, ...], ...]
    clauses: tuple[str, ...]
    weight: float = Field(gt=0)
    event: str
    origin: str | None = None


class Dissent(Record):
    """A reason given by those who opposed a clause, with their share of all who voted on it, by weight."""

    reason: str
    share: Share
    members: tuple[str, ...]
    sources: tuple[str, ...]


class Ruling(Record):
    """The aggregator's decision on a clause.

    `support` = supporters / (supporters + opponents); `interval` is the central credible interval, of probability
    `level`, of the population mean of that share, the assembly being the unit; `turnout` = readable votes / seats.
    """

    id: str = Field(pattern=r"^r-")
    clause: str
    question: str
    status: Status
    rule: str
    support: Share | None
    interval: tuple[Share, Share] | None
    level: Share | None
    turnout: Share
    groups: dict[str, Share]
    stability: Share | None
    sensitivity: dict[str, Status]
    dissent: tuple[Dissent, ...]
    why: str
