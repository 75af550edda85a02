"""What happens in an assembly: one tagged record per happening, as a closed union.

`Event` is handled with `match` and `assert_never`. No event holds a time; times live in the journal.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, TypeAdapter

from deliberation.records.base import Record
from deliberation.records.specification import Choice, Clause, ClauseStance, Meaning, Rating, Relation, Support

Role = Literal["member", "witness", "facilitator", "clerk", "assistant", "chair"]


def _a_number(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("stance is 1 or -1")  # noqa: TRY004  pydantic turns this one into a validation error
    return value


Stance = Annotated[Literal[-1, 1], BeforeValidator(_a_number)]


class Point(Record):
    """A consideration put forward: asserted (1) or rejected (-1)."""

    consideration: str
    stance: Stance


class Mark(Record):
    """Something that the check of a witness's citations found.

    `uncited`: a sentence that rests on no exhibit cited; `not_in_exhibit`: it gives a figure or quotes words that the
    exhibits it cites do not hold; `contradicted`: what is claimed is the contrary of what the exhibits cited bear out.
    """

    problem: Literal["uncited", "not_in_exhibit", "contradicted"]
    text: str
    exhibits: tuple[str, ...] = ()


class Happening(Record):
    """The fields of every event.

    `call`: journal key of the reply that it came from, if any; `origin`: who gave that, such as `synthetic`. `to`: in
    confidence to this one alone; one's own id where one thinks for oneself. `at`: when it was said, as the source of an
    imported record has it; null in every simulated one.
    """

    id: str = Field(pattern=r"^e-")
    seq: int = Field(ge=0)
    kind: str
    assembly: str
    phase: str
    round: int = Field(ge=0)
    table: str | None
    speaker: str
    role: Role
    text: str
    points: tuple[Point, ...] = ()
    refs: tuple[str, ...] = ()
    call: str | None = None
    origin: str | None = None
    to: str | None = None
    at: str | None = None


class Opened(Happening):
    """The sitting opens on its question."""

    kind: Literal["opened"] = "opened"
    question: str
    procedure: str


class Seated(Happening):
    """People take their places: all at the start, then those of one table. Fixes who hears the table."""

    kind: Literal["seated"] = "seated"
    members: tuple[str, ...]


class Facilitated(Happening):
    """The facilitator guides the talk and supplies no content, or the chair says what came of a vote.

    `refs`: where the facilitator calls on people, whom and in which order. `leaves`: clauses that leave the table.
    """

    kind: Literal["facilitated"] = "facilitated"
    leaves: tuple[str, ...] = ()


class Polled(Happening):
    """A member's private rating of every position, 1 (wholly against) to 7 (wholly for), in the order shown."""

    kind: Literal["polled"] = "polled"
    ratings: dict[str, Rating]
    shown: tuple[str, ...] = ()


class Weighed(Happening):
    """A member's private rating of every consideration of the question, in the order shown.

    1: does not agree at all, 7: agrees wholly, whichever way the consideration speaks.
    """

    kind: Literal["weighed"] = "weighed"
    ratings: dict[str, Rating]
    shown: tuple[str, ...] = ()


class Testified(Happening):
    """A witness speaks from the dossier; `refs` are the exhibits cited, after the events rebutted if there are any.

    `marks`: what the check of its citations found wanting.
    """

    kind: Literal["testified"] = "testified"
    marks: tuple[Mark, ...] = ()


class Asked(Happening):
    """A member asks a witness, or in confidence its assistant."""

    kind: Literal["asked"] = "asked"


class Answered(Happening):
    """A witness answers, or an assistant explains; `refs` are the question's event and the exhibits cited.

    `marks`: as in testimony.
    """

    kind: Literal["answered"] = "answered"
    marks: tuple[Mark, ...] = ()


Purpose = Literal["reasons", "stance_only", "report", "opinion", "critique", "minority", "reflection", "wish", "sham"]
"""What a member speaks for: to give reasons; to name a stance alone; to report for a table; to say what one thinks
before anybody else has spoken; to say what a clause lacks; to state why one did not go along; to go through all reasons
for oneself; to say which of one's inclinations one would want to have; or, as a control, about something else."""


class Spoke(Happening):
    """A member speaks; `refs` are the events replied to."""

    kind: Literal["spoke"] = "spoke"
    purpose: Purpose = "reasons"


class Proposed(Happening):
    """A clause is drafted."""

    kind: Literal["proposed"] = "proposed"
    clause: Clause
    meaning: Meaning | None


class Amended(Happening):
    """An amendment is moved by a member, then carried or lost."""

    kind: Literal["amended"] = "amended"
    status: Literal["moved", "carried", "lost"]
    replaces: str
    clause: Clause
    meaning: Meaning | None


class Voted(Happening):
    """A member's private vote on one clause: `text` is the reason, `place` the clause's on the slate shown, 0 first."""

    kind: Literal["voted"] = "voted"
    clause: str
    choice: Choice
    rating: Rating | None
    place: int | None = None


class Ranked(Happening):
    """A member's private ranking of wordings, best first, in the order shown."""

    kind: Literal["ranked"] = "ranked"
    ranking: tuple[tuple[str, ...], ...]
    shown: tuple[str, ...] = ()


class Judged(Happening):
    """A member's private ranking of a case's responses, best first, in the order shown, and the clauses relied on."""

    kind: Literal["judged"] = "judged"
    case: str
    ranking: tuple[tuple[str, ...], ...]
    clauses: tuple[str, ...]
    shown: tuple[str, ...] = ()


class Recalled(Happening):
    """The recall check: a member restates its first ratings and facts about itself."""

    kind: Literal["recalled"] = "recalled"
    ratings: dict[str, Rating]
    facts: dict[str, str]


class Divided(Happening):
    """After the sittings: the clerk judges that a clause says several things, which are `parts`; none: it says one."""

    kind: Literal["divided"] = "divided"
    clause: str
    parts: tuple[Clause, ...]


class Related(Happening):
    """After the sittings: the clerk judges what a clause is to another; `text` says why.

    `likeness`: of their words, 0 to 1, for which they were set side by side and which decides nothing.
    """

    kind: Literal["related"] = "related"
    clause: str
    other: str
    relation: Relation
    likeness: float


class Entailed(Happening):
    """After the sittings: the clerk judges whether the sentences that a clause rests on, `refs`, bear it out.

    And which position of the question it bears on, for it or against it; null: none.
    """

    kind: Literal["entailed"] = "entailed"
    clause: str
    verdict: Support
    position: str | None = None
    stance: ClauseStance | None = None


class Exemplified(Happening):
    """After the rulings: the clerk writes a request that a clause bears on (`text`), and two replies to it.

    `case`: the question's case that the request is, null where it was made up.
    """

    kind: Literal["exemplified"] = "exemplified"
    example: str
    clause: str
    case: str | None
    complies: str
    violates: str


class Recognised(Happening):
    """After the rulings: which clause the clerk took two replies to be of, not being told.

    `complies`: whether it took for the one that complies the one that was written so.
    """

    kind: Literal["recognised"] = "recognised"
    example: str
    clause: str
    complies: bool


class Failed(Happening):
    """A request whose replies stayed unreadable; `text` is the last raw reply. Counted as missing."""

    kind: Literal["failed"] = "failed"
    task: str
    attempts: int
    error: str
    item: str


class Closed(Happening):
    """The sitting ends."""

    kind: Literal["closed"] = "closed"


Event = Annotated[
    Opened | Seated | Facilitated | Polled | Weighed | Testified | Asked | Answered | Spoke | Proposed | Amended
    | Voted | Ranked | Judged | Recalled | Divided | Related | Entailed | Exemplified | Recognised | Failed | Closed,
    Field(discriminator="kind"),
]  # fmt: skip

EVENT: TypeAdapter[Event] = TypeAdapter(Event)
"""Reads any event from JSON by its `kind`."""

PRIVATE = ("polled", "weighed", "voted", "ranked", "judged", "recalled", "failed")
"""Kinds that only their speaker knows of."""

CLERICAL = ("divided", "related", "entailed", "exemplified", "recognised")
"""Kinds that the clerk adds on clauses after the sittings; each is judged by itself, and nobody hears of it."""
