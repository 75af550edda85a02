"""Who can sit and who sits: values, personas, populations, panels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from deliberation.errors import ConfigError, DataError
from deliberation.records.base import Record, Share, Slug

VALUES = (
    "self_direction", "stimulation", "hedonism", "achievement", "power",
    "security", "conformity", "tradition", "benevolence", "universalism",
)  # fmt: skip
"""The ten basic values of Schwartz (1992), in the order of every value array."""

ValueName = Literal[
    "self_direction", "stimulation", "hedonism", "achievement", "power",
    "security", "conformity", "tradition", "benevolence", "universalism",
]  # fmt: skip

Importance = Annotated[float, Field(ge=-2.0, le=9.0)]


class Values(Record):
    """Importance of each value to one person, on the scale of the Schwartz Value Survey (-1 to 7)."""

    self_direction: Importance
    stimulation: Importance
    hedonism: Importance
    achievement: Importance
    power: Importance
    security: Importance
    conformity: Importance
    tradition: Importance
    benevolence: Importance
    universalism: Importance

    def array(self) -> list[float]:
        """The ten numbers in the order of `VALUES`."""
        return [getattr(self, name) for name in VALUES]


class Persona(Record):
    """One person: simulated, or imported, of whose values nothing is known. The text is data, never an instruction."""

    id: str = Field(pattern=r"^p-")
    name: str
    attributes: dict[str, str]
    values: Values | None = None
    text: str
    source: str
    licence: str = "CC0-1.0"

    def profile(self) -> list[float]:
        """The ten values, in the order of `VALUES`.

        Raises:
            DataError: they are not known.
        """
        if self.values is None:
            raise DataError(f"{self.id}: nothing is known of this person's values")
        return self.values.array()


class Marginal(Record):
    """Published shares of one attribute, or of several jointly. Keys of `shares` are joined by ` | `."""

    attributes: tuple[str, ...] = Field(min_length=1)
    shares: dict[str, Annotated[float, Field(gt=0.0)]] = Field(min_length=1)
    source: str
    year: int
    url: str
    note: str = ""

    @model_validator(mode="after")
    def _adds_up(self) -> Marginal:
        total = sum(self.shares.values())
        if abs(total - 1.0) > 0.02:
            raise ValueError(f"shares of {' x '.join(self.attributes)} add up to {total:.3f}, not 1")
        for name in self.shares:
            if len(name.split(" | ")) != len(self.attributes):
                raise ValueError(f"share {name!r} does not name each of {', '.join(self.attributes)}")
        return self


class ValueModel(Record):
    """How value profiles are spread over a population.

    w_k = mean_k + s (cos t_k f1 + sin t_k f2) + e_k, with (f1, f2) standard normal and e_k ~ N(0, residual^2); t_k
    is the angle of value k on the circle of Schwartz (1992), 0 degrees being self-transcendence and 90 openness.
    """

    means: Values
    spread: float = Field(gt=0)
    residual: float = Field(ge=0)
    source: str


class Detail(Record):
    """One thing that a life can hold, as a sentence in the first person. `when`: attribute -> values it is open to."""

    text: str = Field(min_length=2)
    when: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    def fits(self, attributes: Mapping[str, str]) -> bool:
        """Whether a person with these attributes can say it."""
        return all(attributes.get(name) in values for name, values in self.when.items())


class Details(Record):
    """Things of one sort, of which every life holds one: what gives a persona a voice of its own."""

    name: Slug
    options: tuple[Detail, ...] = Field(min_length=1)


class Written(Record):
    """A person written by hand or asked in a survey. What is left out is drawn as for everybody else.

    `weight`: how many people this one stands for, relative to the others.
    """

    id: str
    attributes: dict[str, str]
    name: str | None = None
    values: Values | None = None
    text: str | None = None
    weight: float = Field(default=1.0, gt=0, allow_inf_nan=False)


class Survey(Record):
    """Respondents of a survey, as read from a file.

    `table`: CSV with the columns id, weight, `@` + attribute, `=` + value, and text. `left_out`: rows of the file that
    lacked something wanted.
    """

    file: str
    table: str
    left_out: int = Field(default=0, ge=0)


class Population(Record):
    """The public simulated: published marginals, or people named one by one, and a spread of values.

    People are drawn from `marginals`, raked where they share attributes; or they are those in `people` or `survey`, and
    `marginals`, if any, are what they are weighted and balanced to.
    """

    id: Slug
    title: str
    marginals: tuple[Marginal, ...] = ()
    people: tuple[Written, ...] = ()
    survey: Survey | None = None
    values: ValueModel | None = None
    names: tuple[str, ...] = ()
    details: tuple[Details, ...] = ()
    licence: str
    note: str = ""

    @model_validator(mode="after")
    def _has_people(self) -> Population:
        if self.people and self.survey is not None:
            raise ValueError("people are named both in `people` and in `survey`")
        if not self.marginals and not self.people and self.survey is None:
            raise ValueError("nobody is named: give marginals, people or a survey")
        if not self.listed and (self.values is None or not self.names):
            raise ValueError("people drawn from shares need `values` and `names`")
        twice = sorted({one.id for one in self.people if [p.id for p in self.people].count(one.id) > 1})
        if twice:
            raise ValueError(f"two people have the id {twice[0]!r}")
        return self

    @property
    def spread(self) -> ValueModel:
        """How values are spread over it.

        Raises:
            ConfigError: it does not say.
        """
        if self.values is None:
            raise ConfigError(f"population {self.id!r} does not say how values are spread (`values`)")
        return self.values

    @property
    def listed(self) -> bool:
        """Whether its people are named one by one."""
        return bool(self.people) or self.survey is not None


class Told(Record):
    """What answerers are told of a member in place of its own words and values.

    `of`: the person whose they are; null where they are nobody's in particular.
    """

    text: str
    values: Values
    of: str | None = None


class QuotaReport(Record):
    """One quota and what the draw made of it: `low <= seated <= high`."""

    attribute: str
    value: str
    low: int
    high: int
    seated: int


class Replacement(Record):
    """A person who was drawn and fell out, and who took the seat."""

    out: str
    seated: str


class Panel(Record):
    """The people drawn for one assembly, with the report of the draw.

    `lot` names its draws: the same in every study with this seed on this question, so that studies which differ in
    anything else can be compared panel by panel; empty where the assembly's own id names them.
    `weights`: how much each member's ballot counts, by id; 1 where it is not named. `replaced`: those who fell out.
    `fresh`: other people, who vote on the clauses in the members' place where the procedure says so.
    `told`: what answerers are told of people in place of what they are, by id; empty where they are told all.
    """

    assembly: str
    question: str
    lot: str = ""
    method: str
    pool: int
    members: tuple[Persona, ...]
    quotas: tuple[QuotaReport, ...]
    weights: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    replaced: tuple[Replacement, ...] = ()
    fresh: tuple[Persona, ...] = ()
    told: dict[str, Told] = Field(default_factory=dict)

    def as_told(self, person: Persona) -> Persona:
        """A person of the panel as answerers know it: its own id, name and attributes, and what they are told of it."""
        told = self.told.get(person.id)
        return person if told is None else person.model_copy(update={"text": told.text, "values": told.values})

    @property
    def drawn_as(self) -> str:
        """What names the draws of its assembly."""
        return self.lot or self.assembly

    @property
    def voters(self) -> tuple[Persona, ...]:
        """Those who vote on the clauses."""
        return self.fresh or self.members


class Certificate(Record):
    """Proof of how fair a lottery is: its least chance, a bound that no lottery exceeds, and the gap between them."""

    least: Share
    bound: Share
    gap: Share
    solved: int


class Chances(Record):
    """How likely people of the pool were to sit on one panel.

    Exact for a lottery; for a plain draw estimated from `draws` draws, in which the least and the greatest chance come
    out more extreme than they are. `gini`: of the chances over the pool, 0 where all are equal. `never`: people
    of whom no panel can seat one, or whom no draw seated.
    """

    least: float
    greatest: float
    mean: float
    gini: float
    never: int
    draws: int | None


class Weighting(Record):
    """What weights ballots were given. `effective`: equal ballots that they are worth, (sum w)^2 / sum w^2 (Kish).

    `misfit`: how far a class is from its published share at most, once weights are trimmed.
    """

    by: tuple[str, ...]
    base: str
    cap: float | None
    ballots: int
    effective: float
    trimmed: int
    misfit: float


class Selection(Record):
    """The report of all draws of a study. `reseated`: seats given to people who already sat on another panel.

    `chances`: null where seats are not filled by lot.
    """

    population: str
    method: str
    pool: int
    left_out: int = 0
    panels: int
    seats: int
    people: int
    reseated: int
    replaced: int
    quotas: int
    quotas_met: int
    certificate: Certificate | None
    chances: Chances | None
    weighting: Weighting | None
