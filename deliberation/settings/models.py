"""Who answers, as settings: the synthetic public, a chat model, or a cast of several; and what chat models cost.

Opens nothing and knows no key: of a key only the name of the environment variable stands here.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from deliberation.records.base import Record, Share, Slug

SYNTHETIC = "synthetic"
"""What the synthetic public's replies say of themselves; nobody pays for them."""


PEOPLE = "people"
"""What imported acts say of themselves."""


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

    @property
    def name(self) -> str:
        """What its replies say of themselves."""
        return SYNTHETIC


class Chat(Record):
    """A chat model. `key` names the environment variable that holds the key; the key itself stands in no configuration.

    `base_url`: another server that speaks the provider's protocol. `structured`: `schema` where the server can hold a
    reply to a JSON Schema, `shared` where it should be one for all replies, since the schema stands first in the
    provider's cache, `prompt` where the server is only told of it. `attempts`: how often a reply that cannot be read is
    asked for. `retries`: how often a call that failed for a passing reason is made again. `parallel`: calls in flight
    at most; fewer while the provider says that they are too many. `rpm`, `tpm`: requests and tokens a minute, over
    all assemblies; null where the provider's own answers are limit enough. `poll`: seconds between looks at a batch.
    `cache`: `marked` says in every call which words to keep in the provider's cache, `plain` does not; `auto` does so
    where the provider is known to want it.
    """

    kind: Literal["chat"]
    provider: Literal["openai", "anthropic"]
    model: str = Field(min_length=1)
    base_url: str | None = Field(default=None, pattern=r"^https?://")
    key: str | None
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_tokens: int = Field(default=2000, ge=16)
    structured: Literal["shared", "schema", "prompt"] = "schema"
    attempts: int = Field(default=3, ge=1, le=10)
    retries: int = Field(default=8, ge=0, le=100)
    parallel: int = Field(default=256, ge=1, le=10_000)
    rpm: int | None = Field(default=None, ge=1)
    tpm: int | None = Field(default=None, ge=1)
    timeout: float = Field(default=120.0, gt=0)
    poll: float = Field(default=60.0, gt=0)
    cache: Literal["auto", "marked", "plain"] = "auto"

    @property
    def name(self) -> str:
        """What its replies say of themselves, and what its price is listed under.

        >>> Chat(kind="chat", provider="openai", model="gpt-5-mini", key=None).name
        'openai:gpt-5-mini'
        """
        return f"{self.provider}:{self.model}"


class People(Record):
    """Nobody can be asked: what people did is imported from a record of it."""

    kind: Literal["people"]
    attempts: int = 1

    @property
    def name(self) -> str:
        """What their acts say of themselves."""
        return PEOPLE


One = Annotated[Synthetic | Chat, Field(discriminator="kind")]
"""One answerer."""


class Cast(Record):
    """Several answerers: one for each role, and one or more among whom the members of every panel are shared out.

    `assistant`: who explains exhibits to members; by default whoever is clerk.
    `members`: a name for each; seats go to them as evenly as can be, who gets which by lot.
    """

    kind: Literal["cast"]
    members: dict[Slug, One] = Field(min_length=1)
    witness: One
    facilitator: One
    clerk: One
    assistant: One | None = None

    @property
    def attempts(self) -> int:
        """How often a reply that cannot be read is asked for: as the most patient of them."""
        return max(one.attempts for one in self.places().values())

    def places(self) -> dict[str, Synthetic | Chat]:
        """Everyone in it by place: `members.<name>`, then the other roles by their own names."""
        members = {f"members.{name}": one for name, one in self.members.items()}
        officers = {"witness": self.witness, "facilitator": self.facilitator, "clerk": self.clerk}
        return {**members, **officers, "assistant": self.assistant or self.clerk}


CARRIAGE = ("key", "retries", "parallel", "rpm", "tpm", "timeout", "poll", "cache")
"""Settings of a chat model that say how calls are carried, never what is asked: outside every hash."""

ModelSettings = Annotated[Synthetic | Chat | Cast | People, Field(discriminator="kind")]
"""Who answers, told apart by `kind`."""


class Tokens(NamedTuple):
    """What a call took. `input` holds those `cached` and those `written` to a cache, `output` those of `reasoning`."""

    input: int = 0
    cached: int = 0
    written: int = 0
    output: int = 0
    reasoning: int = 0

    @classmethod
    def total(cls, many: Iterable[Tokens]) -> Tokens:
        """All together."""
        return reduce(cls.plus, many, cls())

    def plus(self, other: Tokens) -> Tokens:
        """Both together."""
        return Tokens(*(a + b for a, b in zip(self, other, strict=True)))


class Price(Record):
    """What a model costs, in USD for a million tokens.

    `cached` and `written`: tokens read from and written to a cache; null: as any input.
    """

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cached: float | None = Field(default=None, ge=0)
    written: float | None = Field(default=None, ge=0)

    def of(self, taken: Tokens) -> float:
        """What so many tokens cost, USD.

        >>> Price(input=2.0, cached=0.2, output=10.0).of(Tokens(input=500_000, cached=400_000, output=100_000))
        1.28
        """
        cached = self.input if self.cached is None else self.cached
        written = self.input if self.written is None else self.written
        plain = taken.input - taken.cached - taken.written
        usd = plain * self.input + taken.cached * cached + taken.written * written + taken.output * self.output
        return usd / 1e6


class Prices(Record):
    """Published prices and the day on which they were so. A model that is not listed has no known price.

    `bulk`: what a batch endpoint asks, as a share of that.
    """

    as_of: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    source: str
    bulk: Share = 0.5
    models: dict[str, Price]

    def of(self, model: str, taken: Tokens, *, bulk: bool = False) -> float | None:
        """What a model's tokens cost, USD; null where its price is not known.

        Args:
            model: as `Chat.name` gives it; listed so, or without its provider.
            taken: the tokens.
            bulk: whether they were bought at a batch endpoint.
        """
        price = self.models.get(model) or self.models.get(model.partition(":")[2])
        return None if price is None else price.of(taken) * (self.bulk if bulk else 1.0)
