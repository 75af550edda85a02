"""Who can sit and who sits: values, personas, populations, panels."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from deliberation.records.base import Record, Slug

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
    """One person of the public simulated. The text is data, never an instruction."""

    id: str = Field(pattern=r"^p-")
    name: str
    attributes: dict[str, str]
    values: Values
    text: str
    source: str
    licence: str = "CC0-1.0"


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


class Population(Record):
    """The public simulated: published marginals and a spread of values."""

    id: Slug
    title: str
    marginals: tuple[Marginal, ...] = Field(min_length=1)
    values: ValueModel
    names: tuple[str, ...] = Field(min_length=1)
    licence: str
    note: str = ""


class QuotaReport(Record):
    """One quota and what the draw made of it: `low <= seated <= high`."""

    attribute: str
    value: str
    low: int
    high: int
    seated: int


class Panel(Record):
    """The people drawn for one assembly, with the report of the draw."""

    assembly: str
    question: str
    method: str
    pool: int
    members: tuple[Persona, ...]
    quotas: tuple[QuotaReport, ...]
