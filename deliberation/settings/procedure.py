"""The order of the day as data: a list of phases, each of one kind. What a phase does stands in `assembly`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from deliberation.records.base import Record, Slug

Seats = Literal["sortition", "like_minded", "parties"]
"""Who sits: a panel drawn by lot under quotas, people of like mind, or the elected of weighted parties."""


class PhaseBase(Record):
    """What every phase has: a kind and a name that no other phase of the procedure shares."""

    name: Slug


class PollPhase(PhaseBase):
    """Every member rates every position, in private."""

    kind: Literal["poll"]


class TestimonyPhase(PhaseBase):
    """The witness presents the dossier to all. Passed over where there is no witness."""

    kind: Literal["testimony"]


class CrossExaminationPhase(PhaseBase):
    """Members put questions to the witness, one after another. Passed over where there is no witness."""

    kind: Literal["cross_examination"]
    questions: int = Field(ge=1, le=100)


class TablesPhase(PhaseBase):
    """Members talk at tables that sit at once and are mixed anew each round; each speaks `turns` times a round.

    `stance_only`: they say which position they favour and give no reason, as a control for what talk does.
    """

    kind: Literal["tables"]
    tables: int = Field(ge=1, le=100)
    rounds: int = Field(ge=1, le=100)
    turns: int = Field(default=1, ge=1, le=20)
    facilitated: bool = True
    stance_only: bool = False


class PlenaryPhase(PhaseBase):
    """One member of each last table reads out to all what was said there."""

    kind: Literal["plenary"]


class DraftingPhase(PhaseBase):
    """The clerk drafts up to `clauses` clauses for each last table, with their sources."""

    kind: Literal["drafting"]
    clauses: int = Field(ge=1, le=20)


class StockPhase(PhaseBase):
    """The clerk tables one clause for each position of the question, in the order given by the question."""

    kind: Literal["stock"]
    norm: Literal["must", "must_not", "should", "should_not", "may"] = "should"


class AmendmentPhase(PhaseBase):
    """Members may move amendments; up to `limit` go to a private ranking against the wording they change."""

    kind: Literal["amendment"]
    limit: int = Field(ge=1, le=20)


class BallotPhase(PhaseBase):
    """Every member votes in private on every clause of the slate, with reasons."""

    kind: Literal["ballot"]


class JudgmentPhase(PhaseBase):
    """Every member ranks the candidate responses of every case, in private."""

    kind: Literal["judgment"]


class RecallPhase(PhaseBase):
    """Every member restates its first ratings and facts about itself."""

    kind: Literal["recall"]


Phase = Annotated[
    PollPhase | TestimonyPhase | CrossExaminationPhase | TablesPhase | PlenaryPhase | DraftingPhase
    | StockPhase | AmendmentPhase | BallotPhase | JudgmentPhase | RecallPhase,
    Field(discriminator="kind"),
]  # fmt: skip


class Procedure(Record):
    """A way of deliberating: the phases of the sitting, and those of ratification once clauses are merged.

    `seats`: who sits; by default a panel drawn by sortition.
    """

    id: Slug
    title: str
    source: str
    seats: Seats = "sortition"
    phases: tuple[Phase, ...] = Field(min_length=1)
    ratification: tuple[Phase, ...] = Field(min_length=1)

    @property
    def turns(self) -> int:
        """How often a member speaks at tables in all."""
        return sum(phase.rounds * phase.turns for phase in self.phases if phase.kind == "tables")

    @model_validator(mode="after")
    def _can_be_walked(self) -> Procedure:
        names = [phase.name for phase in (*self.phases, *self.ratification)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two phases are named {twice[0]!r}")
        for phase in self.ratification:
            if phase.kind not in {"ballot", "judgment"}:
                raise ValueError(f"ratification holds ballots and judgments only, not {phase.kind!r}")
        self._each_has_what_it_needs()
        return self

    def _each_has_what_it_needs(self) -> None:
        seen: set[str] = set()
        needs = {
            "plenary": {"tables"},
            "drafting": {"tables"},
            "amendment": {"drafting", "stock"},
            "ballot": {"drafting", "stock"},
            "recall": {"poll"},
        }
        for phase in self.phases:
            wanted = needs.get(phase.kind, set())
            if wanted and not wanted & seen:
                raise ValueError(f"phase {phase.name!r} needs {' or '.join(sorted(wanted))} before it")
            seen.add(phase.kind)
