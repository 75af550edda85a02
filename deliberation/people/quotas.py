"""What a panel must hold: bounds on the seats of people with each value of an attribute. Draws nobody."""

from __future__ import annotations

import math
from typing import NamedTuple

from deliberation.errors import QuotaError
from deliberation.people.pool import shares
from deliberation.settings import PanelSettings

_NEAR = 0.05
"""A share of seats so near to a whole number is that number: a half of the public that is just above it would gain."""


class Quota(NamedTuple):
    """At least `low` and at most `high` seats for people with this value of this attribute."""

    attribute: str
    value: str
    low: int
    high: int


def quotas(settings: PanelSettings, members: int) -> tuple[Quota, ...]:
    """The quotas of a panel: stated bounds, else proportion, rounded either way, give or take `slack` seats.

    Raises:
        QuotaError: the bounds of one attribute cannot add up to the number of seats.
    """
    found: list[Quota] = []
    for attribute in settings.balance:
        if attribute not in settings.quotas:
            wanted = {v: share * members for v, share in shares(settings.population, attribute).items()}
            near = _NEAR if _fits(wanted, members, _NEAR) else 0.0
            for value, seats in wanted.items():
                low = max(0, math.floor(seats + near) - settings.slack)
                found.append(Quota(attribute, value, low, math.ceil(seats - near) + settings.slack))
    for attribute, bounds in settings.quotas.items():
        found.extend(Quota(attribute, value, low, high) for value, (low, high) in bounds.items())
        _check_sum(settings, attribute, members, found)
    return tuple(found)


def _fits(wanted: dict[str, float], members: int, near: float) -> bool:
    """Whether seats can still be filled where what is so near to a whole number is taken for it."""
    low = sum(math.floor(seats + near) for seats in wanted.values())
    return low <= members <= sum(math.ceil(seats - near) for seats in wanted.values())


def _check_sum(settings: PanelSettings, attribute: str, members: int, found: list[Quota]) -> None:
    low = sum(q.low for q in found if q.attribute == attribute)
    if low > members:
        raise QuotaError(f"quotas of {attribute!r} need at least {low} seats, but members={members}")
    stated = settings.quotas[attribute]
    high = sum(q.high for q in found if q.attribute == attribute)
    if set(stated) == set(shares(settings.population, attribute)) and high < members:
        raise QuotaError(f"quotas of {attribute!r} allow at most {high} seats, but members={members}")
