"""What is decided: clauses, the ledger of their distillation, ballots, judgments, rulings, minority reports."""

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
STANDING: frozenset[Status] = frozenset(["adopted", "contested"])
"""Of clauses that go into an encoding: those that bind, and those that were contested, marked."""
Code = Literal[
    "insufficient", "uncertain", "many_tests", "split_by_group", "polarised", "below_floor", "vetoed", "unstable",
    "order_sensitive", "wording_tied", "conflict",
]  # fmt: skip
"""Why a ruling is not plainer than it is.

`insufficient`: too few voted. `uncertain`: support lies too near the bar to tell. `many_tests`: sure enough alone, not
among so many clauses. `split_by_group`: one declared group is for it and another against. `polarised`: ratings lie at
both ends. `below_floor`: a group supports it too little. `vetoed`: a group opposes it too much. `unstable`: other
assemblies like these would often have ruled otherwise. `order_sensitive`: votes depend on the clause's place on the
slate. `wording_tied`: not all would word it so, and this wording does not surely stand first. `conflict`: it
contradicts another clause that would be adopted, and is not surely preferred to it.
"""

Relation = Literal["same", "contradicts", "narrower", "broader", "different"]
"""What one clause is to another: demands the same of the same cases; cannot be followed together with it; demands the
same of fewer cases; of more; none of these."""
Support = Literal["entailed", "partly", "not_entailed", "contradicted"]
"""Whether the sentences that a clause rests on bear it out."""
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


ClauseStance = Literal["for", "against"]


class ClauseSource(Record):
    """A sentence that a clause rests on: the event, its words, and whether they speak for or against."""

    event: str
    quote: str = Field(min_length=1)
    stance: ClauseStance


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

    `origin`: who voted for the member, such as `synthetic`. `place`: the clause's on the slate shown, 0 first to 1
    last, null where it stood alone or nobody noted it.
    """

    id: str = Field(pattern=r"^b-")
    assembly: str
    member: str
    clause: str
    choice: Choice
    rating: Rating | None
    reason: str
    weight: float = Field(gt=0, allow_inf_nan=False)
    group: str
    event: str
    origin: str | None = None
    place: Share | None = None


class Judgment(Record):
    """One member's private ranking of a case's responses, best first; tied responses share a place."""

    id: str = Field(pattern=r"^j-")
    assembly: str
    member: str
    case: str
    ranking: tuple[tuple[str, ...], ...]
    clauses: tuple[str, ...]
    weight: float = Field(gt=0, allow_inf_nan=False)
    event: str
    origin: str | None = None


class Quote(Record):
    """Somebody's own words, and the event in which they were said."""

    event: str
    text: str


class Dissent(Record):
    """A reason given by those who opposed a clause, with their share of all who voted on it, by weight.

    `quotes`: what some of them said, in their own words.
    """

    reason: str
    share: Share
    members: tuple[str, ...]
    sources: tuple[str, ...]
    quotes: tuple[Quote, ...] = ()


class Tally(Record):
    """Votes by weight: the denominators of every share."""

    support: float
    oppose: float
    abstain: float
    missing: float


class Ruling(Record):
    """The aggregator's decision on a clause.

    `support` = supporters / (supporters + opponents), unless the rule divides by more (`tally` has all that it could
    divide by); `interval` is the central credible interval, of probability `level`, of the population mean of that
    share, the assembly being the unit; `turnout` = readable votes / seats. `score`: what the
    rule goes by, on its own scale, and `bar`: what it has to reach; `reached`: how probable that is, given these
    assemblies. `groups`: support in every declared group. `design_effect`: how many
    times more votes are needed here than if they were independent, 1 + (m - 1) rho. `scores`: what other rules count
    by. `stability`: the share of resamples of the assemblies with the same status. `sensitivity`: what the same ballots
    come to under other rules.
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
    codes: tuple[Code, ...] = ()
    score: float | None = None
    bar: float | None = None
    reached: Share | None = None
    assemblies: int = 0
    design_effect: float | None = None
    tally: Tally | None = None
    scores: dict[str, float] = Field(default_factory=dict)


class Contest(Record):
    """What the panels chose among clauses of which only one can stand: two that contradict, or wordings of one.

    `order`: from first to last (Schulze). `first_by`: who stands first by other rules too. `share`: of those who
    preferred one of the first two, by weight, who preferred the first of `order` to the second, null where nobody did;
    `interval` of it, of
    probability `level`, the assembly being the unit. `stands`: the one that panels surely want, null where that is not
    sure.
    """

    id: str = Field(pattern=r"^x-")
    question: str
    kind: Literal["conflict", "wording"]
    options: tuple[str, ...]
    why: str
    order: tuple[str, ...] = ()
    first_by: dict[str, str] = Field(default_factory=dict)
    share: Share | None = None
    interval: tuple[Share, Share] | None = None
    level: Share | None = None
    rankings: int = 0
    stands: str | None = None


class Coalition(Record):
    """A minority report: voters who are many enough to deserve a say in the adopted clauses and have too little.

    They all approve `clause`, which was not adopted. `deserves`: how many clauses that they approve they could claim;
    each of them approves fewer of those adopted. `quota`: the weight that one clause of the adopted takes. `rule`:
    `justified_representation` (Aziz et al. 2017) or `ejr_plus` (Brill and Peters 2023).
    """

    id: str = Field(pattern=r"^m-")
    question: str
    rule: Literal["justified_representation", "ejr_plus"]
    clause: str
    deserves: int
    weight: float
    quota: float
    share: Share
    members: tuple[str, ...]
    reasons: tuple[Quote, ...]


class Preferred(Record):
    """Two responses to a case: the share of those who ranked them apart, by weight, that put `first` before `second`.

    `first` is the one that more prefer; `share` is its soft label and `margin` = 2 share - 1. `interval`, of
    probability `level`, has the assembly as the unit. `clauses`: adopted ones that at least a fifth of those who prefer
    `first` rely on.
    """

    first: str
    second: str
    share: Share
    margin: Share
    interval: tuple[Share, Share]
    level: Share
    judges: int
    clauses: tuple[str, ...]


class Faithfulness(Record):
    """Whether clauses say what was said, and whether objections to them are on record.

    `sources`: how many clauses the sentences that they rest on bear out, by verdict; `unjudged`: of how many nobody
    judged it. `quotes`: sentences quoted, each looked up word for word. `objectors`: members who opposed a clause and
    said why;
    `objections_on_record`: the share of them, by weight, whose strongest objection is on record; `by_group`: the same
    in each group; `minorities_weighted`: its mean over groups, in which small ones count as much as large ones.
    """

    sources: dict[Support, int]
    unjudged: int
    quotes: int
    objectors: int
    objections_on_record: Share | None
    by_group: dict[str, Share]
    minorities_weighted: Share | None


class CaseRuling(Record):
    """How the panels settled one case. `decided_by`: adopted clauses that its pairs rest on; none: undecided."""

    question: str
    case: str
    pairs: tuple[Preferred, ...]
    decided_by: tuple[str, ...]
