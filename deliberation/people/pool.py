"""A pool of people: drawn from published shares, or named one by one. Knows nothing of panels.

Attributes stand in small arrays; a persona is made only when it is asked for, so a pool of a million is cheap.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from deliberation.errors import ConfigError
from deliberation.people.raking import Margin, rake
from deliberation.randomness import stream
from deliberation.records.base import new_id
from deliberation.records.people import VALUES, Marginal, Persona, Population, Values
from deliberation.settings.respondents import listed

_MISFIT = 0.02
"""The most by which a raked table may miss a published share: sources of different years differ a little."""

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


class _Block(NamedTuple):
    """Attributes that are drawn together: their names, the cells of their table, and the share of each cell."""

    attributes: tuple[str, ...]
    cells: list[tuple[str, ...]]
    shares: NDArray[np.float64]


class Pool:
    """The people who can be drawn.

    Args:
        population: whom they stand for.
        size: how many there are; of people named one by one at most as many as that.
        seed: the study's seed; the same seed gives the same people.

    Raises:
        ConfigError: its margins contradict one another.
    """

    def __init__(self, population: Population, size: int, seed: int) -> None:
        self.population = population
        self._seed = seed
        self._people = listed(population)
        if self._people and size < len(self._people):
            chosen = stream(seed, "pool", population.id).permutation(len(self._people))[:size]
            self._people = tuple(self._people[i] for i in np.sort(chosen))
        self.size = len(self._people) or size
        self._blocks = [] if self._people else joined(population)
        self._drawn = [self._draw(block, number) for number, block in enumerate(self._blocks)]

    def _draw(self, block: _Block, number: int) -> NDArray[np.int32]:
        draw = stream(self._seed, "pool", self.population.id, number)
        return draw.choice(len(block.cells), size=self.size, p=block.shares).astype(np.int32)

    def column(self, attribute: str) -> list[str]:
        """One attribute of everybody in the pool, in order.

        Raises:
            ConfigError: they do not have it.
        """
        if self._people:
            without = next((p.id for p in self._people if attribute not in p.attributes), None)
            if without is not None:
                raise ConfigError(f"population {self.population.id!r}: person {without!r} has no {attribute!r}")
            return [person.attributes[attribute] for person in self._people]
        for block, drawn in zip(self._blocks, self._drawn, strict=True):
            if attribute in block.attributes:
                place = block.attributes.index(attribute)
                names = [cell[place] for cell in block.cells]
                return [names[i] for i in drawn]
        raise ConfigError(f"population {self.population.id!r} has no attribute {attribute!r}")

    def weights(self) -> NDArray[np.float64]:
        """How many people each stands for, relative to the others; 1 where they are drawn from shares."""
        return np.array([p.weight for p in self._people]) if self._people else np.ones(self.size)

    def id_of(self, index: int) -> str:
        """The id of the person at this place."""
        own = (self._people[index].id,) if self._people else (self._seed, index)
        return new_id("p", self.population.id, *own)

    def profile(self, index: int) -> NDArray[np.float64]:
        """The ten values of the person at this place."""
        written = self._people[index].values if self._people else None
        if written is not None:
            return np.array(written.array())
        return _profile(self.population, self._normal(index).standard_normal(12))

    @cached_property
    def profiles(self) -> NDArray[np.float64]:
        """The ten values of everybody, size x 10."""
        return np.stack([self.profile(i) for i in range(self.size)])

    def panel(self, places: Iterable[int]) -> tuple[Persona, ...]:
        """The people at these places, no two of one name as long as there are names enough."""
        found: list[Persona] = []
        for place in places:
            found.append(self.persona(place, taken=frozenset(p.name for p in found)))
        return tuple(found)

    def persona(self, index: int, *, taken: frozenset[str] = frozenset()) -> Persona:
        """The person at this place in the pool: the same whenever it is asked for, but for a name taken by another."""
        written = self._people[index] if self._people else None
        attributes = dict(written.attributes) if written else self._attributes(index)
        draw = self._normal(index)
        drawn = _profile(self.population, draw.standard_normal(12))
        profile = drawn if written is None or written.values is None else np.array(written.values.array())
        attributes["outlook"] = outlook(self.population, profile)
        names = [self.population.names[i] for i in draw.permutation(len(self.population.names))]
        own_name = None if written is None else written.name
        if own_name is None and not names:
            raise ConfigError(
                f"population {self.population.id!r}: {self.id_of(index)} has no name, and `names` is empty"
            )
        name = own_name or next((n for n in names if n not in taken), names[0])
        values = Values(**{k: round(float(v), 2) for k, v in zip(VALUES, profile, strict=True)})
        own = None if written is None else written.text
        details = self._details(index, attributes) if own is None else ()
        return Persona(
            id=self.id_of(index),
            name=name,
            attributes=attributes,
            values=values,
            text=own or _life(name, attributes, values, details, self.population),
            source=f"{'named in' if written else 'synthetic draw from'} the population {self.population.id}",
            licence=self.population.licence if written else "CC0-1.0",
        )

    def _attributes(self, index: int) -> dict[str, str]:
        found: dict[str, str] = {}
        for block, drawn in zip(self._blocks, self._drawn, strict=True):
            found.update(zip(block.attributes, block.cells[drawn[index]], strict=True))
        return found

    def _details(self, index: int, attributes: dict[str, str]) -> tuple[str, ...]:
        """One thing of every sort that these attributes are open to, each as likely as the next."""
        found = []
        for sort in self.population.details:
            open_ = [one.text for one in sort.options if one.fits(attributes)]
            if open_:
                draw = stream(self._seed, "details", self.population.id, sort.name, index)
                found.append(open_[int(draw.integers(len(open_)))])
        return tuple(found)

    def _normal(self, index: int) -> Generator:
        return stream(self._seed, "persona", self.population.id, index)


def joined(population: Population) -> list[_Block]:
    """The population's attributes in blocks, drawn one by one; margins that share an attribute are raked into one.

    What no margin says is left as it is where all cells are alike, so the table says no more than the margins do.

    Raises:
        ConfigError: margins that share an attribute contradict each other.
    """
    together: list[list[Marginal]] = []
    for marginal in population.marginals:
        akin = [group for group in together if any(set(m.attributes) & set(marginal.attributes) for m in group)]
        for group in akin:
            together.remove(group)
        together.append([*(m for group in akin for m in group), marginal])
    return [_block(population, group) for group in sorted(together, key=lambda g: population.marginals.index(g[0]))]


def _block(population: Population, marginals: list[Marginal]) -> _Block:
    first, *others = marginals
    names, cells = first.attributes, [tuple(name.split(" | ")) for name in first.shares]
    for marginal in others:
        names, cells = _product(names, cells, marginal)
    if not others:
        shares = np.array(list(first.shares.values()))
        return _Block(names, cells, shares / shares.sum())
    raked = rake(np.ones(len(cells)), [_margin_of(names, cells, marginal) for marginal in marginals])
    if raked.misfit > _MISFIT:
        told = ", ".join(" x ".join(m.attributes) for m in marginals)
        raise ConfigError(
            f"population {population.id!r}: the margins {told} contradict each other; no table of shares comes "
            f"nearer to all of them than {raked.misfit:.3f}"
        )
    return _Block(names, cells, raked.weights)


def _margin_of(names: Sequence[str], cells: Sequence[Sequence[str]], marginal: Marginal) -> Margin:
    """A margin over the cells of the table that it is joined in, all of which agree with it."""
    known = {tuple(name.split(" | ")): number for number, name in enumerate(marginal.shares)}
    places = [names.index(a) for a in marginal.attributes]
    classes = [known[tuple(cell[p] for p in places)] for cell in cells]
    shares = np.array(list(marginal.shares.values()))
    return Margin(np.array(classes, dtype=np.int64), shares / shares.sum())


def _product(
    names: tuple[str, ...], cells: list[tuple[str, ...]], marginal: Marginal
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Cells of both that agree on what both name."""
    more = [tuple(name.split(" | ")) for name in marginal.shares]
    shared = [(names.index(a), marginal.attributes.index(a)) for a in marginal.attributes if a in names]
    new = [place for place, a in enumerate(marginal.attributes) if a not in names]
    found = [
        (*cell, *(other[p] for p in new))
        for cell in cells
        for other in more
        if all(cell[mine] == other[theirs] for mine, theirs in shared)
    ]
    return (*names, *(marginal.attributes[p] for p in new)), found


def shares(population: Population, attribute: str) -> dict[str, float]:
    """Share of each value of one attribute: as published, or else as weighted people named one by one have it.

    Raises:
        ConfigError: the population has no such attribute.
    """
    found: dict[str, float] = {}
    for marginal in population.marginals:
        if attribute in marginal.attributes:
            place = marginal.attributes.index(attribute)
            for name, share in marginal.shares.items():
                value = name.split(" | ")[place]
                found[value] = found.get(value, 0.0) + share
            break
    else:
        for person in listed(population):
            if attribute in person.attributes:
                value = person.attributes[attribute]
                found[value] = found.get(value, 0.0) + person.weight
    if not found:
        raise ConfigError(f"population {population.id!r} has no attribute {attribute!r}")
    total = sum(found.values())
    return {value: share / total for value, share in found.items()}


def _profile(population: Population, normal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ten values from twelve standard normal numbers: two factors on the circle and ten residuals."""
    model = population.spread
    mean = np.array(model.means.array())
    circle = np.cos(ANGLES) * normal[0] + np.sin(ANGLES) * normal[1]
    profile: NDArray[np.float64] = np.clip(mean + model.spread * circle + model.residual * normal[2:], -1.0, 7.0)
    return profile


def outlook(population: Population, profile: NDArray[np.float64]) -> str:
    """The higher-order value on which a person stands out most from the population's mean."""
    above = {k: float(v) - mean for k, v, mean in zip(VALUES, profile, population.spread.means.array(), strict=True)}
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


def _life(
    name: str, attributes: dict[str, str], values: Values, details: tuple[str, ...], population: Population
) -> str:
    mean = population.spread.means
    order = sorted(VALUES, key=lambda k: getattr(mean, k) - getattr(values, k))
    facts = ", ".join(f"{k}: {v}" for k, v in attributes.items() if k != "outlook")
    cares = (
        f"More than most people I care about {_CARES[order[0]]} and "
        f"{_CARES[order[1]]}; {_CARES[order[-1]]} matters less to me."
    )
    return " ".join((f"I am {name} ({facts}).", *details, cares))
