"""Seat all panels of a study and report on the draw: chances, quotas, overlaps, weights. Hears nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from deliberation.people import lottery
from deliberation.people.sortition import Draw
from deliberation.people.weighting import Seat, weigh
from deliberation.records.people import Certificate, Chances, Panel, Selection, Weighting
from deliberation.settings import PanelSettings

Array = NDArray[np.float64]

_DRAWS, _MANY_DRAWS = 100, 1000
"""Draws from which the chances under a plain draw are estimated; more where weights rest on them."""


class Register:
    """Keeps of every panel that is drawn what the report and the weights need, and no more: there may be thousands.

    Args:
        settings: how they are drawn.
        draw: which draws them.
    """

    def __init__(self, settings: PanelSettings, draw: Draw) -> None:
        self._settings, self._draw = settings, draw
        self._seats: list[Seat] = []
        self._sat: list[str] = []
        self._panels = self._quotas = self._met = self._replaced = 0

    def entered(self, panels: Iterable[Panel]) -> Iterator[Panel]:
        """The panels, as they come, each entered."""
        for panel in panels:
            self._panels += 1
            self._quotas += len(panel.quotas)
            self._met += sum(q.low <= q.seated <= q.high for q in panel.quotas)
            self._replaced += len(panel.replaced)
            by = self._settings.weights.by
            self._seats += [Seat(p.id, tuple(p.attributes.get(name, "") for name in by)) for p in panel.voters]
            self._sat += [p.id for p in (*panel.members, *panel.fresh)]
            yield panel

    def closed(self) -> tuple[Selection, list[float] | None]:
        """The report, and the weight of every seat in the order entered; null where all count alike.

        Raises:
            ConfigError: no share is published of what somebody is.
        """
        draws = _MANY_DRAWS if self._settings.weights.base == "design" else _DRAWS
        chances = chances_of(self._draw, draws) if self._draw.by_lot else np.zeros(0)
        weighed = None
        if not self._settings.weights.plain:
            weighed = weigh(self._settings, self._seats, own=self._own(chances))
        return self._report(chances, draws, weighed.report if weighed else None), weighed.weights if weighed else None

    def _own(self, chances: Array) -> dict[str, float]:
        """What each person's weight starts from, by id."""
        how, pool = self._settings.weights, self._draw.pool
        if how.base == "equal":
            return {}
        weights = pool.weights()
        if how.base == "design":
            least = 0.5 / (_MANY_DRAWS * self._draw.kinds.people)  # somebody who sits had some chance
            weights = weights / np.maximum(chances, least)[self._draw.type_of]
        return {pool.id_of(i): float(weight) for i, weight in enumerate(weights)}

    def _report(self, chances: Array, draws: int, weighting: Weighting | None) -> Selection:
        people, population = set(self._sat), self._settings.population
        fair = self._draw.lottery
        return Selection(
            population=population.id,
            method=self._draw.method,
            pool=self._draw.pool.size,
            left_out=population.survey.left_out if population.survey else 0,
            panels=self._panels,
            seats=len(self._sat),
            people=len(people),
            reseated=len(self._sat) - len(people),
            replaced=self._replaced,
            quotas=self._quotas,
            quotas_met=self._met,
            certificate=_certified(fair.certificate) if fair else None,
            chances=_told(chances, self._draw.kinds.people, None if fair else draws) if self._draw.by_lot else None,
            weighting=weighting,
        )


def weighted(panels: Iterable[Panel], weights: list[float]) -> Iterator[Panel]:
    """The panels with the weights of those who vote, in order."""
    place = 0
    for panel in panels:
        own = weights[place : place + len(panel.voters)]
        place += len(own)
        yield panel.model_copy(update={"weights": {p.id: w for p, w in zip(panel.voters, own, strict=True)}})


def chances_of(draw: Draw, draws: int) -> Array:
    """Each type's chance to sit on one panel: exact for a lottery, else estimated from fresh draws, T."""
    if draw.lottery is not None:
        return draw.lottery.chances
    seated: Array = np.mean([draw.make_up(number) for number in range(draws)], axis=0)
    return seated / draw.kinds.people


def gini(values: Array, times: Array) -> float:
    """The Gini coefficient of values that occur so many times each: 0 where all are equal (Gini 1912)."""
    order = np.argsort(values)
    share = np.cumsum(times[order]) / times.sum()
    held = np.cumsum((values * times)[order])
    if held[-1] <= 0:
        return 0.0
    lorenz = np.r_[0.0, held / held[-1]]
    area = ((lorenz[1:] + lorenz[:-1]) / 2.0 * np.diff(np.r_[0.0, share])).sum()
    return float(1.0 - 2.0 * area)


def _told(chances: Array, people: NDArray[np.int64], draws: int | None) -> Chances:
    return Chances(
        least=_share(chances.min()),
        greatest=_share(chances.max()),
        mean=_share((chances * people).sum() / people.sum()),
        gini=round(gini(chances, people.astype(np.float64)), 6),
        never=int(people[chances <= 0].sum()),
        draws=draws,
    )


def _certified(found: lottery.Certificate) -> Certificate:
    least, bound, gap = _share(found.least), _share(found.bound), _share(found.gap)
    return Certificate(least=least, bound=bound, gap=gap, solved=found.solved)


def _share(value: float) -> float:
    return round(float(min(1.0, max(0.0, value))), 8)
