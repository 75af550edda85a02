"""A pool of people drawn from a population's published shares. Knows nothing of panels.

Attributes stand in small arrays; a persona is made only when it is asked for, so a pool of a million is cheap.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from deliberation.randomness import stream
from deliberation.records.base import new_id
from deliberation.records.people import VALUES, Marginal, Persona, Population, Values

ANGLES = np.deg2rad([54.0, 90.0, 126.0, 162.0, -144.0, -108.0, -72.0, -54.0, -18.0, 18.0])
"""Places of the ten values on the circle of Schwartz (1992), in the order of `VALUES`; 0 = self-transcendence, 90 =
openness to change."""

OUTLOOKS = ("openness", "self-enhancement", "conservation", "self-transcendence")
"""The four higher-order values of Schwartz (1992): the groups that rulings can be broken down by."""

_OUTLOOK_OF = {
    "openness": ("self_direction", "stimulation"),
    "self-enhancement": ("achievement", "power"),
    "conservation": ("security", "conformity", "tradition"),
    "self-transcendence": ("benevolence", "universalism"),
}


class Pool:
    """The people who can be drawn.

    Args:
        population: whom they stand for.
        size: how many there are.
        seed: the study's seed; the same seed gives the same people.
    """

    def __init__(self, population: Population, size: int, seed: int) -> None:
        self.population = population
        self.size = size
        self._seed = seed
        self._cells = [self._draw(marginal, number) for number, marginal in enumerate(population.marginals)]

    def _draw(self, marginal: Marginal, number: int) -> tuple[list[tuple[str, ...]], NDArray[np.int32]]:
        cells = [tuple(name.split(" | ")) for name in marginal.shares]
        shares = np.array(list(marginal.shares.values()))
        draw = stream(self._seed, "pool", self.population.id, number)
        return cells, draw.choice(len(cells), size=self.size, p=shares / shares.sum()).astype(np.int32)

    def column(self, attribute: str) -> list[str]:
        """One attribute of everybody in the pool, in order."""
        for marginal, (cells, drawn) in zip(self.population.marginals, self._cells, strict=True):
            if attribute in marginal.attributes:
                place = marginal.attributes.index(attribute)
                names = [cell[place] for cell in cells]
                return [names[i] for i in drawn]
        raise KeyError(attribute)

    def panel(self, places: Iterable[int]) -> tuple[Persona, ...]:
        """The people at these places, no two of one name as long as there are names enough."""
        found: list[Persona] = []
        for place in places:
            found.append(self.persona(place, taken=frozenset(p.name for p in found)))
        return tuple(found)

    def persona(self, index: int, *, taken: frozenset[str] = frozenset()) -> Persona:
        """The person at this place in the pool: the same whenever it is asked for, but for a name taken by another."""
        attributes: dict[str, str] = {}
        for marginal, (cells, drawn) in zip(self.population.marginals, self._cells, strict=True):
            attributes.update(zip(marginal.attributes, cells[drawn[index]], strict=True))
        draw = stream(self._seed, "persona", self.population.id, index)
        profile = _profile(self.population, draw.standard_normal(12))
        attributes["outlook"] = outlook(self.population, profile)
        names = [self.population.names[i] for i in draw.permutation(len(self.population.names))]
        name = next((n for n in names if n not in taken), names[0])
        values = Values(**{k: round(float(v), 2) for k, v in zip(VALUES, profile, strict=True)})
        return Persona(
            id=new_id("p", self.population.id, self._seed, index),
            name=name,
            attributes=attributes,
            values=values,
            text=_life(name, attributes, values, self.population),
            source=f"synthetic draw from the population {self.population.id}",
        )


def shares(population: Population, attribute: str) -> dict[str, float]:
    """Published share of each value of one attribute."""
    for marginal in population.marginals:
        if attribute in marginal.attributes:
            place = marginal.attributes.index(attribute)
            found: dict[str, float] = {}
            for name, share in marginal.shares.items():
                value = name.split(" | ")[place]
                found[value] = found.get(value, 0.0) + share
            total = sum(found.values())
            return {value: share / total for value, share in found.items()}
    raise KeyError(attribute)


def _profile(population: Population, normal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ten values from twelve standard normal numbers: two factors on the circle and ten residuals."""
    model = population.values
    mean = np.array(model.means.array())
    circle = np.cos(ANGLES) * normal[0] + np.sin(ANGLES) * normal[1]
    profile: NDArray[np.float64] = np.clip(mean + model.spread * circle + model.residual * normal[2:], -1.0, 7.0)
    return profile


def outlook(population: Population, profile: NDArray[np.float64]) -> str:
    """The higher-order value on which a person stands out most from the population's mean."""
    above = {k: float(v) - mean for k, v, mean in zip(VALUES, profile, population.values.means.array(), strict=True)}
    standing = {name: sum(above[k] for k in members) / len(members) for name, members in _OUTLOOK_OF.items()}
    return max(OUTLOOKS, key=lambda name: standing[name])


_CARES: dict[str, str] = {
    "self_direction": "making up my own mind",
    "stimulation": "new things and a bit of risk",
    "hedonism": "enjoying life",
    "achievement": "doing well at what I take on",
    "power": "having some say and standing",
    "security": "safety and a settled life",
    "conformity": "keeping to the rules and not letting people down",
    "tradition": "the ways I was brought up with",
    "benevolence": "the people close to me",
    "universalism": "fairness to everyone, strangers too",
}


def _life(name: str, attributes: dict[str, str], values: Values, population: Population) -> str:
    mean = population.values.means
    order = sorted(VALUES, key=lambda k: getattr(mean, k) - getattr(values, k))
    facts = ", ".join(f"{k}: {v}" for k, v in attributes.items() if k != "outlook")
    return (
        f"I am {name} ({facts}). More than most people I care about {_CARES[order[0]]} and "
        f"{_CARES[order[1]]}; {_CARES[order[-1]]} matters less to me."
    )
