"""The named draws of many assemblies at once, the same that the engine and its answerer make one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from deliberation.assembly import seating
from deliberation.models.synthetic.maps import Array, Places
from deliberation.randomness import stream
from deliberation.records.people import Panel


class Draws:
    """What is drawn for each of some panels, as arrays.

    Args:
        panels: whom it is drawn for, B of them.
        seed: the study's seed.
        orders: see `Settings.orders`.
        attention: the chance that somebody takes a point in.

    Attributes:
        told_before: how often each consideration was told in this phase, in each assembly.
    """

    def __init__(self, panels: Sequence[Panel], *, seed: int, orders: int, attention: float) -> None:
        self.panels = panels
        self._seed, self._order, self._heed = seed, orders, attention
        self._people = len(panels[0].members)
        self.told_before: list[Counter[str]] = [Counter() for _ in panels]

    def _orders_of(self, panel: Panel) -> str:
        return seating.ordered_as(panel.drawn_as, self._order)

    def _stream(self, panel: Panel, *name: str | int) -> np.random.Generator:
        return stream(self._seed, *name, panel.drawn_as)

    def _block(self, *name: str | int, size: tuple[int, ...]) -> Array:
        return np.stack([self._stream(panel, *name).random(size) for panel in self.panels])

    def _noise(self, what: str, phase: str, *, size: tuple[int, ...]) -> Array:
        """Standard normal draws for one questionnaire, B x size."""
        return np.stack([self._stream(p, what, phase, 0).standard_normal((1, *size))[0] for p in self.panels])

    def _attention(self, phase: str, round_: int, table: str, points: int) -> Array:
        """Who takes in each of so many points, B x points x n, 1 or 0."""
        uniform = self._block("attention", phase, round_, table, size=(points, self._people))
        return (uniform < self._heed).astype(np.float64)

    def _told(self, phase: str, names: Sequence[str]) -> Array:
        """Who would take in what a witness tells each assembly, B x n; another draw each time it is told in a phase."""
        uniform = np.stack(
            [
                self._stream(panel, "attention", phase, "witness", name, before[name]).random(self._people)
                for panel, name, before in zip(self.panels, names, self.told_before, strict=True)
            ]
        )
        return (uniform < self._heed).astype(np.float64)

    def _places(self, purpose: str, phase: str, number: int) -> Array:
        """Where each of so many options stands for each member, 0 first to 1 last, B x n x number."""
        orders = [
            [seating.shown(self._seed, purpose, self._orders_of(p), phase, m.id, number) for m in p.members]
            for p in self.panels
        ]
        places: Array = np.argsort(np.array(orders), axis=-1) / (number - 1)
        return places

    def _orders(self, purpose: str, phase: str, number: int) -> Places:
        orders = [seating.order(self._seed, purpose, self._orders_of(p), phase, number) for p in self.panels]
        return np.stack(orders)
