"""How much each ballot counts: survey weights, chances of selection, published shares. Decides no ruling.

Weights mend who sat, not how well a persona speaks for those it stands for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from deliberation.errors import ConfigError
from deliberation.people.pool import shares
from deliberation.people.raking import Margin, effective, misfit, rake, trimmed
from deliberation.records.people import Population, Weighting
from deliberation.settings import PanelSettings


class Seat(NamedTuple):
    """Who sits somewhere, by id, and what that person is of each attribute weighted by, in their order."""

    person: str
    classes: tuple[str, ...]


class Weighed(NamedTuple):
    """The weight of every seat, in order, and the report."""

    weights: list[float]
    report: Weighting


def weigh(settings: PanelSettings, seats: Sequence[Seat], *, own: Mapping[str, float]) -> Weighed:
    """Weights of mean 1 over all seats of a study.

    Args:
        settings: what they are raked to and where they are cut off.
        seats: those who sit, of all assemblies.
        own: what each person's weight starts from, by id; 1 where it is not named.

    Raises:
        ConfigError: no share is published of what somebody is.
    """
    how = settings.weights
    start = np.array([own.get(seat.person, 1.0) for seat in seats])
    margins = [_margin(settings.population, [s.classes[n] for s in seats], name) for n, name in enumerate(how.by)]
    raked = rake(start, margins)
    weights, cut = raked.weights / raked.weights.mean(), 0
    if how.cap is not None:
        weights, cut = trimmed(weights, how.cap)
    report = Weighting(
        by=how.by,
        base=how.base,
        cap=how.cap,
        ballots=len(seats),
        effective=round(effective(weights), 2),
        trimmed=cut,
        misfit=round(max((misfit(weights / weights.sum(), margin) for margin in margins), default=0.0), 6),
    )
    return Weighed([round(float(w), 6) for w in weights], report)


def _margin(population: Population, classes: Sequence[str], name: str) -> Margin:
    known = shares(population, name)
    strange = next((one for one in classes if one not in known), None)
    if strange is not None:
        raise ConfigError(f"panel.weights.by: no share is published of {name}={strange}")
    places = {value: number for number, value in enumerate(known)}
    return Margin(np.array([places[one] for one in classes]), np.array(list(known.values())))
