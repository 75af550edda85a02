"""The parts of a study's settings, one record per configuration group."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from deliberation.records.base import Record, Share, Slug
from deliberation.records.people import Population
from deliberation.records.specification import Authority

Bound = tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]]


class PanelSettings(Record):
    """Whom panels are drawn from, and under which quotas.

    `balance`: attributes whose published shares become quotas, rounded either way and
    widened by `slack` seats; `quotas`: exact
    bounds, attribute -> value -> [low, high], which take the place of the former.
    """

    population: Population
    pool: int = Field(ge=1, le=10_000_000)
    balance: tuple[str, ...] = ()
    slack: int = Field(default=0, ge=0)
    quotas: dict[str, dict[str, Bound]] = Field(default_factory=dict)

    def attributes(self) -> dict[str, set[str]]:
        """Every attribute that can be balanced, with its values."""
        known: dict[str, set[str]] = {}
        for marginal in self.population.marginals:
            for share in marginal.shares:
                for attribute, value in zip(marginal.attributes, share.split(" | "), strict=True):
                    known.setdefault(attribute, set()).add(value)
        return known

    @model_validator(mode="after")
    def _names_what_exists(self) -> PanelSettings:
        known = self.attributes()
        for attribute in (*self.balance, *self.quotas):
            if attribute not in known:
                raise ValueError(f"population {self.population.id!r} has no attribute {attribute!r}")
        for attribute, bounds in self.quotas.items():
            for value, (low, high) in bounds.items():
                if value not in known[attribute]:
                    raise ValueError(f"attribute {attribute!r} has no value {value!r}")
                if low > high:
                    raise ValueError(f"quota {attribute}={value}: at least {low} but at most {high}")
        return self


class Witness(Record):
    """Who brings evidence, and how.

    `none`: nobody. `neutral`: one witness, bound to the question's dossier. For experiments: `one_sided` leaves out the
    worst share `bias` of the evidence that would hurt the position `towards` (null: the question's first; a negative
    bias leaves out what would help it); `false_claims` says the contrary of the evidence; `inert` says nothing that
    bears on the question.
    """

    kind: Literal["none", "neutral", "one_sided", "false_claims", "inert"]
    name: str = "the witness"
    towards: str | None = None
    bias: float = Field(default=1.0, ge=-1, le=1)


class SyntheticKernel(Record):
    """Parameters of the synthetic public; `conf/model/synthetic.yaml` says what each is, with its published symbol."""

    value_spread: float = Field(ge=0)
    value_residual: float = Field(ge=0)
    second_dimension: float = Field(ge=0)
    skew: float = Field(ge=0)
    strength_spread: float = Field(ge=0)
    awareness: float = Field(gt=0, le=1)
    popularity: float
    popularity_spread: float = Field(ge=0)
    own_view: float = Field(ge=0)
    value_weight: float = Field(ge=0)
    knowledge: float = Field(ge=0)
    motivation: float = Field(ge=0)
    importance: float = Field(ge=0)
    intuition: float = Field(ge=0)
    intuition_values: float = Field(ge=0)
    intuition_common: float = Field(ge=0)
    heuristic_validity: Share
    elaboration: Share
    elaboration_rate: Share
    elaboration_limit: Share
    scale: float = Field(gt=0)
    attention: Share
    openness: float = Field(ge=0)
    bias: float = Field(ge=0)
    confidence_bound: float = Field(gt=0)
    undercut: float = Field(ge=0)
    conformity: float = Field(ge=0)
    conformity_rate: Share
    briefing_reach: Share
    briefing_force: float = Field(ge=0)
    briefing_push: float = Field(ge=0)
    briefing_elaboration: Share
    own_argument: float = Field(ge=0)
    lean: float = Field(ge=0)
    common_knowledge: float
    freshness: float
    reply: float
    temperature: float = Field(gt=0)
    talkativeness: float = Field(ge=0)
    facilitation: Share
    turns: float = Field(gt=0)
    noise: float = Field(ge=0)
    offset: float
    consideration_noise: float = Field(ge=0)
    consideration_gain: float = Field(ge=0)
    unaware: Share
    decisiveness: float = Field(gt=0)
    abstention: float = Field(ge=0)
    relief: float = Field(ge=0)
    dilution: float = Field(ge=0)
    complexity: float = Field(ge=0)
    random_votes: Share
    sameness: Share
    fault_variance: Share
    fault_sycophancy: Share
    fault_stereotype: Share
    fault_drift: Share
    fault_expert: float = Field(ge=0)
    fault_position: Share


class Synthetic(Record):
    """The synthetic public: no key, no network. `voice` holds its words, slot by slot.

    `draw`: 0, or which of the shipped draws of fitted parameters (`conf/kernel_draws.yaml`) takes the kernel's place.
    """

    kind: Literal["synthetic"]
    draw: int = Field(default=0, ge=0)
    kernel: SyntheticKernel
    voice: dict[str, tuple[str, ...]]
    attempts: int = Field(default=3, ge=1, le=10)


class Price(Record):
    """What a chat model costs, in USD for a million tokens, and when that was so; unknown until it is stated."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    as_of: str

    def of(self, input_tokens: int, output_tokens: int) -> float:
        """What so many tokens cost, USD.

        >>> Price(input=2.0, output=10.0, as_of="2026-01-31").of(500_000, 100_000)
        2.0
        """
        return (self.input * input_tokens + self.output * output_tokens) / 1e6


class Chat(Record):
    """A chat model. `key` names the environment variable that holds the key; the key itself stands in no configuration.

    `base_url`: another server that speaks the provider's protocol. `structured`: `schema` where the server can hold a
    reply to a JSON Schema, `prompt` where it is only told of it. `retries`: how often a call that failed for a passing
    reason is made again. `parallel`: calls in flight. `attempts`: how often a reply that cannot be read is asked for.
    `price`: without one, costs are unknown, and a cap in money cannot be kept.
    """

    kind: Literal["chat"]
    provider: Literal["openai", "anthropic"]
    model: str = Field(min_length=1)
    base_url: str | None = None
    key: str | None
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_tokens: int = Field(default=2000, ge=16)
    structured: Literal["schema", "prompt"] = "schema"
    attempts: int = Field(default=3, ge=1, le=10)
    retries: int = Field(default=8, ge=0, le=100)
    parallel: int = Field(default=64, ge=1, le=10_000)
    timeout: float = Field(default=120.0, gt=0)
    price: Price | None = None


ModelSettings = Annotated[Synthetic | Chat, Field(discriminator="kind")]
"""Who answers, told apart by `kind`."""


class Prompts(Record):
    """Every prompt's words, slots `$name`. `manners`: how each kind of witness is to speak, `$position` its side."""

    id: Slug
    rules: str
    person: str
    private: str
    again: str
    asks: dict[str, str]
    manners: dict[str, str]


class Aggregation(Record):
    """How ballots become rulings.

    A clause is adopted if P(mean support >= threshold) >= confidence, rejected if P(mean support < rejection) >=
    confidence, else contested; below the gates there is no ruling. `authority` is the highest that a clause may claim.
    """

    id: Slug
    threshold: float = Field(gt=0, lt=1)
    rejection: float = Field(gt=0, lt=1)
    confidence: float = Field(gt=0.5, lt=1)
    quorum: Share
    min_assemblies: int = Field(ge=1)
    max_clauses: int = Field(ge=1, le=200)
    group_by: str
    bootstrap: int = Field(ge=0, le=10_000)
    authority: Authority = "guideline"

    @model_validator(mode="after")
    def _in_order(self) -> Aggregation:
        if self.rejection > self.threshold:
            raise ValueError(f"rejection {self.rejection} lies above threshold {self.threshold}")
        return self


class EncodingSettings(Record):
    """What rows are made. `margin`: least difference in judged share for a preference pair."""

    id: Slug
    preferences: bool = True
    sft: bool = True
    constitution: bool = True
    margin: Share = 0.0
    test_share: Share = 0.2
    licence: str = Field(default="CC0-1.0", min_length=1)


class Budget(Record):
    """Hard caps over the whole life of a run; null is no cap."""

    calls: int | None = Field(default=None, ge=0)
    tokens: int | None = Field(default=None, ge=0)
    usd: float | None = Field(default=None, ge=0)
