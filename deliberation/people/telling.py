"""What answerers are told of the people who sit, where that is not all: the persona ablation. Draws nobody."""

from __future__ import annotations

import re
from collections.abc import Callable

from deliberation.people.pool import Pool
from deliberation.randomness import stream
from deliberation.records.people import Panel, Persona, Told
from deliberation.settings.parts import Telling


def telling(how: Telling, pool: Pool, *, seed: int) -> Callable[[Panel], Panel]:
    """Enters on a panel what is told of each of its people; leaves it as it is where that is all.

    Args:
        how: what is told.
        pool: the people among whom others are found.
        seed: the study's seed.
    """

    def entered(panel: Panel) -> Panel:
        people = (*panel.members, *panel.fresh)
        return panel.model_copy(update={"told": {p.id: told_of(p, how, pool, seed=seed) for p in people}})

    return (lambda panel: panel) if how == "full" else entered


def told_of(person: Persona, how: Telling, pool: Pool, *, seed: int) -> Told:
    """What is told of one person.

    Whose words a person gets by `shuffled` is drawn for that person alone, everybody else in the pool being as likely.
    """
    mean = pool.population.spread.means
    match how:
        case "full":
            return Told(text=person.text, values=person.values or mean, of=person.id)
        case "demographics":
            facts = ", ".join(f"{k}: {v}" for k, v in person.attributes.items() if k != "outlook")
            return Told(text=f"I am {person.name} ({facts})." if facts else f"I am {person.name}.", values=mean)
        case "none":
            return Told(text=f"I am {person.name}.", values=mean)
        case "shuffled":
            return _another(person, pool, seed)


def _another(person: Persona, pool: Pool, seed: int) -> Told:
    place = int(stream(seed, "told-as", pool.population.id, person.id).integers(pool.size))
    if pool.id_of(place) == person.id:
        place = (place + 1) % pool.size
    other = pool.persona(place)
    # under another name than the one that the others call, a model would take two people for one
    text = re.sub(rf"\b{re.escape(other.name)}\b", lambda _: person.name, other.text)
    return Told(text=text, values=other.values or pool.population.spread.means, of=other.id)
