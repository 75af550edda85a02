"""The parts of a study's settings, one record per configuration group."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from deliberation.records.base import Record, Share, Slug
from deliberation.records.people import Population
from deliberation.settings.respondents import attributes_of

Telling = Literal["full", "demographics", "shuffled", "none"]
"""What answerers are told of a member: all; its attributes; what another person of the pool is; its name alone."""

Bound = tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]]


class Weights(Record):
    """How much ballots count. By default all alike.

    `base`: `survey` starts from the weights that come with the people, `design` divides these by the chance that each
    had of being seated. `by`: attributes raked to their published shares after the draw (post-stratification). `cap`:
    the largest weight, as a multiple of the mean; null for none.
    """

    base: Literal["equal", "survey", "design"] = "equal"
    by: tuple[str, ...] = ()
    cap: float | None = Field(default=5.0, gt=1)

    @property
    def plain(self) -> bool:
        """Whether every ballot counts alike."""
        return self.base == "equal" and not self.by


class PanelSettings(Record):
    """Whom panels are drawn from, how, and under which quotas.

    `pool`: how many can be drawn; of people named one by one, at most as many as there are.
    `balance`: attributes whose published shares become quotas, rounded either way and widened by `slack` seats;
    `quotas`: exact bounds, attribute -> value -> [low, high], which take the place of the former.
    `persona`: what answerers are told of each member. `full`: all; `demographics`: its name and
    attributes, and the population's mean values; `shuffled`: the words and values of another person of the pool, under
    its own name; `none`: its name alone, and mean values. Who sits, quotas and groups are the same in each, and so is
    the planted will, which is that of the people as they are.
    `method`: `random` draws a number for everybody and seats the panel with the largest sum; `maximin` raises the least
    chance of anybody as far as the quotas allow, `leximin` then the next, to within `tolerance`, solving `effort`
    integer programmes at most. `dropout`: the chance that somebody who was drawn falls out and is replaced.
    """

    population: Population
    pool: int = Field(ge=1, le=10_000_000)
    balance: tuple[str, ...] = ()
    slack: int = Field(default=0, ge=0)
    quotas: dict[str, dict[str, Bound]] = Field(default_factory=dict)
    persona: Telling = "full"
    method: Literal["random", "maximin", "leximin"] = "random"
    tolerance: float = Field(default=0.01, ge=0, lt=1)
    effort: int = Field(default=2000, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    weights: Weights = Weights()

    def attributes(self) -> dict[str, set[str]]:
        """Every attribute that can be balanced, with its values."""
        known: dict[str, set[str]] = {}
        for marginal in self.population.marginals:
            for share in marginal.shares:
                for attribute, value in zip(marginal.attributes, share.split(" | "), strict=True):
                    known.setdefault(attribute, set()).add(value)
        for attribute, values in attributes_of(self.population).items():
            known.setdefault(attribute, set()).update(values)
        return known

    @model_validator(mode="after")
    def _names_what_exists(self) -> PanelSettings:
        known = self.attributes()
        for attribute in (*self.balance, *self.quotas, *self.weights.by):
            if attribute not in known:
                known_ = ", ".join(sorted(known))
                raise ValueError(f"population {self.population.id!r} has no attribute {attribute!r} (it has: {known_})")
        for attribute, bounds in self.quotas.items():
            for value, (low, high) in bounds.items():
                if value not in known[attribute]:
                    raise ValueError(f"attribute {attribute!r} has no value {value!r}")
                if low > high:
                    raise ValueError(f"quota {attribute}={value}: at least {low} but at most {high}")
        return self


class Witness(Record):
    """Who brings evidence, and how.

    `none`: nobody. `neutral`: one witness, bound to the question's dossier. `bench`: several, each by a name of its
    own. For experiments: `one_sided` leaves out the worst share `bias` of the evidence that would hurt the position
    `towards` (null: the question's first; a negative bias leaves out what would help it); `false_claims` says the
    contrary of the evidence; `inert` says nothing that bears on the question, at the length of a neutral testimony.
    """

    kind: Literal["none", "neutral", "one_sided", "false_claims", "inert", "bench"]
    name: str = "the witness"
    towards: str | None = None
    bias: float = Field(default=1.0, ge=-1, le=1)
    bench: dict[Slug, Witness] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _bench_is_filled(self) -> Witness:
        if (self.kind == "bench") != bool(self.bench):
            raise ValueError(f"witness.kind={self.kind} with {len(self.bench)} witnesses on the bench")
        for name, one in self.bench.items():
            if one.kind in {"bench", "none"}:
                raise ValueError(f"witness.bench.{name}: a witness of kind {one.kind!r} cannot sit on a bench")
        return self

    def each(self) -> dict[str, Witness]:
        """Every witness by the name under which it speaks.

        >>> list(Witness(kind="neutral").each()), list(Witness(kind="none").each())
        (['witness'], [])
        """
        if self.kind == "none":
            return {}
        return {f"witness-{name}": one for name, one in self.bench.items()} if self.bench else {"witness": self}


class Longest(Record):
    """Length budgets in characters: of a prompt without the record, by task where it differs, and of the record."""

    prompt: int = Field(default=12_000, ge=100)
    prompts: dict[str, int] = Field(default_factory=dict)
    record: int = Field(default=200_000, ge=100)


class Prompts(Record):
    """Every prompt's words, slots `$name`. `manners`: how each kind of witness is to speak, `$position` its side.

    A prompt that would be longer than `longest` is not sent: its assembly stops, and says so.
    """

    id: Slug
    rules: str
    clerk: str
    person: str
    private: str
    again: str
    form: str
    asks: dict[str, str]
    manners: dict[str, str]
    longest: Longest = Longest()


Format = Literal[
    "preferences", "unpaired", "sft", "prompts_rubrics", "deliberative", "hh", "constitution", "critiques",
    "comparisons", "document", "inspect",
]  # fmt: skip
"""What an encoding can hold, beside its specification, its card and its list of checksums."""

STANDARD: tuple[Format, ...] = (
    "preferences", "unpaired", "sft", "prompts_rubrics", "deliberative", "hh", "constitution", "inspect",
)  # fmt: skip
ON_CLAUSES: frozenset[Format] = frozenset(
    {"prompts_rubrics", "deliberative", "constitution", "critiques", "comparisons", "document", "inspect"}
)
"""Formats that are about clauses: without a specification there are none."""


class EncodingSettings(Record):
    """What rows are made, and of what.

    `formats`: which files. `specification`: false for ranked answers alone; rows then name no clause, and there is no
    `spec/`. `system`: a system prompt that every dialogue begins with. `mix`: a file of preference pairs in the format
    of HH-RLHF (`.jsonl`, `.jsonl.gz`) that is mixed into the preferences, marked. `examples`: how many worked examples
    of a clause are written. `recognise`: whether a reader has to tell from the replies alone what each is of.
    `margin`: the least difference of shares for a pair.
    """

    id: Slug
    formats: tuple[Format, ...] = STANDARD
    specification: bool = True
    system: str | None = Field(default=None, min_length=1)
    mix: str | None = Field(default=None, min_length=1)
    examples: int = Field(default=4, ge=0, le=50)
    recognise: bool = True
    margin: Share = 0.0
    test_share: Share = 0.2
    licence: str = Field(default="CC0-1.0", min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _formats_were_switches(cls, plain: Any) -> Any:
        """Runs made before there were formats name three of them by switches."""
        if not isinstance(plain, dict) or "formats" in plain:
            return plain
        switches = ("preferences", "sft", "constitution")
        kept = {k: v for k, v in plain.items() if k not in switches}
        on = [name for name in switches if plain.get(name, True)]
        return {**kept, "formats": on} if kept.keys() != plain.keys() else plain

    @model_validator(mode="after")
    def _hangs_together(self) -> EncodingSettings:
        twice = next((name for name in self.formats if self.formats.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"formats: {twice!r} stands twice")
        about = next((name for name in self.formats if name in ON_CLAUSES), None)
        if about is not None and not self.specification:
            raise ValueError(f"formats: {about!r} is about clauses, and specification=false has none")
        if self.mix is not None and not {"preferences", "hh", "unpaired"} & {*self.formats}:
            raise ValueError(f"mix={self.mix!r}, but no format holds preferences")
        return self


class Budget(Record):
    """Hard caps over the whole life of a run; null is no cap."""

    calls: int | None = Field(default=None, ge=0)
    tokens: int | None = Field(default=None, ge=0)
    usd: float | None = Field(default=None, ge=0)
