"""The order of the day as data: a list of phases, each of one kind. What a phase does stands in `assembly`."""

from __future__ import annotations

from collections.abc import Iterator
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


class WeighingPhase(PhaseBase):
    """Every member rates every consideration of the question, in private: how far it agrees with it."""

    kind: Literal["weighing"]


class TestimonyPhase(PhaseBase):
    """The witnesses present the dossier to all, in an order drawn for it. Passed over where there is no witness."""

    kind: Literal["testimony"]


class CrossExaminationPhase(PhaseBase):
    """Members put questions to the witnesses, who take turns. Passed over where there is no witness."""

    kind: Literal["cross_examination"]
    questions: int = Field(ge=1, le=100)


class RebuttalPhase(PhaseBase):
    """Each witness replies once to what the others said. Passed over where there are fewer than two."""

    kind: Literal["rebuttal"]


class AssistancePhase(PhaseBase):
    """Every member asks an assistant of its own, in confidence, and has the exhibits that bear on it explained."""

    kind: Literal["assistance"]
    questions: int = Field(default=1, ge=1, le=10)


class StatementsPhase(PhaseBase):
    """Every member speaks once, all at the same time and unheard by one another.

    `opinion` and `critique` (of the clauses on the table) go to the clerk. The others are for oneself: `reflection`
    goes through every reason on the argument map, `wish` says which of one's inclinations one would want to have, and
    `sham` is about something else, as a control of the same length.
    """

    kind: Literal["statements"]
    purpose: Literal["opinion", "critique", "reflection", "wish", "sham"] = "opinion"


class TablesPhase(PhaseBase):
    """Talk at tables that sit at once; each member speaks `turns` times a round, so the floor is shared equally.

    `seating`: `mixed` anew each round, so that members meet as many others as can be, or by `group`, an attribute, each
    value of which has a table of its own, whatever `tables` says.
    `order`: drawn, or as the facilitator calls on people. `words`: the most that one may say at a time; null for no
    limit. `stance_only`: they say which position they favour and give no reason, as a control for what talk does.
    """

    kind: Literal["tables"]
    tables: int = Field(default=1, ge=1, le=100)
    rounds: int = Field(ge=1, le=100)
    turns: int = Field(default=1, ge=1, le=20)
    facilitated: bool = True
    stance_only: bool = False
    seating: Literal["mixed", "group"] = "mixed"
    group: str = "outlook"
    order: Literal["drawn", "facilitator"] = "drawn"
    words: int | None = Field(default=None, ge=5)

    @model_validator(mode="after")
    def _somebody_calls(self) -> TablesPhase:
        if self.order == "facilitator" and not self.facilitated:
            raise ValueError(f"phase {self.name!r}: a facilitator orders the speakers, but there is none")
        return self


class PlenaryPhase(PhaseBase):
    """One member of each last table reads out to all what was said there."""

    kind: Literal["plenary"]


class DraftingPhase(PhaseBase):
    """Clauses are drafted, up to `clauses` of them by each drafter, with their sources.

    `source`: what was said at the last tables, a draft for each, or the last statements, one draft from all of them.
    `by`: the clerk; at tables one member of each, drawn for it; or every member from its own statement.
    """

    kind: Literal["drafting"]
    clauses: int = Field(ge=1, le=20)
    source: Literal["tables", "statements"] = "tables"
    by: Literal["clerk", "table", "members"] = "clerk"

    @model_validator(mode="after")
    def _drafters_have_heard(self) -> DraftingPhase:
        if (self.by == "table") > (self.source == "tables") or (self.by == "members") > (self.source == "statements"):
            raise ValueError(f"phase {self.name!r}: {self.by!r} cannot draft from {self.source!r}")
        return self


class StockPhase(PhaseBase):
    """The clerk tables one clause for each position of the question, in the order given by the question.

    `positions`: only these of them, counted from 1; empty for all.
    """

    kind: Literal["stock"]
    norm: Literal["must", "must_not", "should", "should_not", "may"] = "should"
    positions: tuple[int, ...] = ()


class AmendmentPhase(PhaseBase):
    """Members may move amendments; up to `limit` go to a private ranking against the wording they change."""

    kind: Literal["amendment"]
    limit: int = Field(ge=1, le=20)


class SelectionPhase(PhaseBase):
    """Of the clauses on the table the best `keep` stay.

    `schulze`: members rank them (Schulze 2011). `bridging`: each votes on up to `each` of them, shown by lot, and those
    stay whose least support in any `group` is greatest (Konya et al. 2023), each share counted as (for + 1) / (for +
    against + 2).
    """

    kind: Literal["selection"]
    rule: Literal["schulze", "bridging"]
    keep: int = Field(ge=1, le=50)
    each: int = Field(default=12, ge=1, le=200)
    group: str = "outlook"


class SlatePhase(PhaseBase):
    """A slate of `size` clauses of which each speaks for an equal share of the members, one after another.

    From the statements of those not yet spoken for, the clerk drafts `drafts` clauses; these members rate them; the one
    with the greatest rating that a whole share of them gives it, joins the slate, and that share is spoken for (the
    greedy process of Fish et al. 2023, generative social choice).
    """

    kind: Literal["slate"]
    size: int = Field(ge=1, le=20)
    drafts: int = Field(default=3, ge=1, le=10)


class Condition(Record):
    """What must have come of an earlier ballot: that all of its clauses were carried, or that not all were."""

    ballot: Slug
    carried: bool


class BallotPhase(PhaseBase):
    """Every member votes in private on every clause of the slate, with reasons.

    `of`: only on those tabled in these phases, and a clause that is not carried by more who support than oppose it
    leaves the slate; empty: on all, and none leaves it. `only_if`: what must have come of an earlier ballot, or this
    one is not held and what it was to decide leaves the slate too.
    """

    kind: Literal["ballot"]
    of: tuple[Slug, ...] = ()
    only_if: Condition | None = None


class MinorityPhase(PhaseBase):
    """For each clause that the last ballot carried, up to `each` of those who opposed it file a statement of why."""

    kind: Literal["minority"]
    each: int = Field(default=2, ge=1, le=20)


class JudgmentPhase(PhaseBase):
    """Every member ranks the candidate responses of every case, in private."""

    kind: Literal["judgment"]


class ContestsPhase(PhaseBase):
    """Every member ranks clauses of which only one can stand, once they are merged.

    Those that contradict one another, and several wordings of one.
    """

    kind: Literal["contests"]


class ImportedPhase(PhaseBase):
    """What people did elsewhere, as their record has it. Nobody is asked."""

    kind: Literal["imported"]


class RecallPhase(PhaseBase):
    """Every member restates its first ratings and facts about itself."""

    kind: Literal["recall"]


Phase = Annotated[
    PollPhase | WeighingPhase | TestimonyPhase | CrossExaminationPhase | RebuttalPhase | AssistancePhase
    | StatementsPhase | TablesPhase | PlenaryPhase | DraftingPhase | StockPhase | AmendmentPhase | SelectionPhase
    | SlatePhase | BallotPhase | MinorityPhase | ContestsPhase | JudgmentPhase | RecallPhase | ImportedPhase,
    Field(discriminator="kind"),
]  # fmt: skip


class Procedure(Record):
    """A way of deliberating: the phases of the sitting, and those of ratification once clauses are merged.

    `seats`: who sits; by default a panel drawn by sortition. `evaluators`: who ratifies: the same people, or as many
    `fresh` ones who have heard nothing. `rules`: settings of the aggregation that belong to the procedure and take the
    place of the study's.
    """

    id: Slug
    title: str
    source: str
    seats: Seats = "sortition"
    evaluators: Literal["same", "fresh"] = "same"
    rules: dict[str, float | str | None] = Field(default_factory=dict)
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
            if phase.kind not in {"ballot", "contests", "judgment"}:
                raise ValueError(f"ratification holds ballots, contests and judgments only, not {phase.kind!r}")
            if phase.kind == "ballot" and (phase.of or phase.only_if):
                raise ValueError(f"phase {phase.name!r}: ratification puts every clause to the vote")
        if self.seats == "parties" and self.evaluators == "fresh":
            raise ValueError("evaluators: fresh ones have no party, so votes cannot be weighted by parties")
        if any(phase.kind == "contests" for phase in self.phases):
            raise ValueError("contests belong to ratification: what contradicts what is found after the sitting")
        self._each_has_what_it_needs()
        return self

    def _each_has_what_it_needs(self) -> None:
        kinds: dict[str, str] = {}
        for phase in self.phases:
            for what, wanted in _needs(phase):
                if not wanted & set(kinds.values()):
                    raise ValueError(f"{what} needs {' or '.join(sorted(wanted))} before it")
            if phase.kind == "ballot":
                self._ballot_refers_back(phase, kinds)
            kinds[phase.name] = phase.kind

    def _ballot_refers_back(self, phase: BallotPhase, before: dict[str, str]) -> None:
        for name in phase.of:
            if before.get(name) not in _TABLING:
                raise ValueError(f"phase {phase.name!r}: no phase {name!r} before it tables clauses")
        if phase.only_if is not None and before.get(phase.only_if.ballot) != "ballot":
            raise ValueError(f"phase {phase.name!r}: no ballot {phase.only_if.ballot!r} is held before it")


_TABLING = {"drafting", "stock", "slate"}
"""Kinds of phases that table clauses."""

_NEEDS: dict[str, set[str]] = {
    "rebuttal": {"testimony"},
    "plenary": {"tables"},
    "amendment": _TABLING,
    "selection": _TABLING,
    "slate": {"statements"},
    "ballot": _TABLING,
    "minority": {"ballot"},
    "recall": {"poll"},
}


def _needs(phase: Phase) -> Iterator[tuple[str, set[str]]]:
    """What must come before a phase: any one kind of each set."""
    what = f"phase {phase.name!r}"
    if phase.kind == "drafting":
        yield what, {phase.source}
    elif phase.kind == "statements" and phase.purpose == "critique":
        yield what, _TABLING
    elif phase.kind in _NEEDS:
        yield what, _NEEDS[phase.kind]
