"""What people think and how points that they hear move them: one array of people x considerations an assembly.

A pure function of the roster and the events; no words, no requests. Notation: i person (n), a consideration (K),
j position (J).

    agreement     A_ia = tanh((l_ia + g fit_ia) / 2),   fit_ia = sum_k (w_ik - mean_k) v_ak
    belief        l_ia = q_a + own view of i, moved by what is heard; q_a is how popular a is with this public
    attitude      U_ij = s [(1 - e) b_ij + e R_ij] + x_ij,   R_ij = sum_a m_ia p_ia A_ia B_aj / sqrt(sum_a m_ia p_ia)
    a point heard l_ia += o sus_i stance h_ia^(-1/2) 2 sigma(beta stance lean_ia) (1.5 if new), and whatever the
                  asserted consideration rebuts loses half as much

with m awareness, p importance, B the map's directions, b intuition, x the pull of others' attitudes. The reasons-based
attitude is an additive instance of Dietrich and List's reason-based choice; biased processing follows the form of
Banisch and Shamon (2025); the pull of others is a Friedkin-Johnsen step towards the speaker.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from deliberation.models.requests import Roster
from deliberation.randomness import stream
from deliberation.records.events import (
    Answered,
    Event,
    Point,
    Seated,
    Spoke,
    Testified,
)
from deliberation.records.people import VALUES
from deliberation.records.specification import Meaning, Norm
from deliberation.settings.parts import SyntheticKernel

Array = NDArray[np.float64]

MEANS = np.array([4.42, 3.08, 3.73, 3.85, 2.35, 4.38, 4.19, 2.85, 4.72, 4.42])
"""Pan-cultural means of the ten values, in the order of `VALUES`, scale -1 to 7 (Schwartz and Bardi 2001)."""

FORCE: Mapping[Norm, float] = {"must": 1.0, "must_not": -1.0, "should": 0.6, "should_not": -0.6, "may": 0.3}
"""How strongly a norm binds; a prohibition is the positive form negated."""

_UNDERCUT = 0.5
_NOVELTY = 1.5
_PULL = 0.05


def sigma(x: Array) -> Array:
    """The logistic function."""
    return 1.0 / (1.0 + np.exp(-x))


class ArgumentMap:
    """A question's argument map as arrays: `direction` K x J, `profile` K x 10, `strength` K, `prevalence` K."""

    def __init__(self, roster: Roster) -> None:
        question = roster.question
        self.considerations = question.considerations
        self.place = {c.id: a for a, c in enumerate(question.considerations)}
        self.option = {p.id: j for j, p in enumerate(question.positions)}
        self.direction = np.array([[c.direction[p.id] for p in question.positions] for c in question.considerations])
        self.strength = np.array([c.strength for c in question.considerations])
        self.prevalence = np.array([c.prevalence for c in question.considerations])
        profile = np.array([[float(v in c.values) for v in VALUES] for c in question.considerations])
        self.profile = profile / np.linalg.norm(profile, axis=1, keepdims=True)
        self.rebuts = [tuple(self.place[r] for r in c.rebuts) for c in question.considerations]


class Minds:
    """The state of everyone in one assembly, brought up to date event by event.

    Args:
        roster: who sits, on what question; the seed and the personas fix every latent quantity.
        kernel: the parameters.
    """

    def __init__(self, roster: Roster, kernel: SyntheticKernel) -> None:
        self.map = ArgumentMap(roster)
        self.row = {p.id: i for i, p in enumerate(roster.members)}
        self.kernel = kernel
        n, k, j = len(roster.members), len(self.map.strength), len(self.map.option)
        values = np.array([p.values.array() for p in roster.members])
        self.fit = (values - MEANS) @ self.map.profile.T  # n x K
        self.belief, self.intuition = np.empty((n, k)), np.empty((n, j))
        self.aware, self.openness = np.empty((n, k)), np.empty(n)
        popular = _popular(roster, kernel)
        for i, person in enumerate(roster.members):
            draw = stream(roster.seed, "latent", roster.question.id, person.id)
            self.belief[i] = popular + kernel.own_view * draw.standard_normal(k)
            self.intuition[i] = kernel.intuition * draw.standard_normal(j)
            self.aware[i] = draw.random(k) < self.map.prevalence
            self.openness[i] = 2.0 * draw.beta(4, 4)
        weight = self.map.strength * np.exp(kernel.importance * self.fit)
        self.importance = weight / weight.mean(axis=1, keepdims=True)
        self.pull = np.zeros((n, j))
        self.times = np.ones((n, k))
        self.tables: dict[str, list[int]] = {}
        self.heard = 0
        self._attitude: Array | None = None

    def agreement(self) -> Array:
        """How far each person accepts each consideration, n x K, in -1..1."""
        accepted: Array = np.tanh((self.belief + self.kernel.value_weight * self.fit) / 2.0)
        return accepted

    def accepted(self, i: int) -> Array:
        """One person's row of `agreement`, K."""
        row: Array = np.tanh((self.belief[i] + self.kernel.value_weight * self.fit[i]) / 2.0)
        return row

    def contributions(self, i: int) -> Array:
        """What each consideration adds to each of one person's attitudes, K x J."""
        weight = self.aware[i] * self.importance[i]
        accepted = self.accepted(i)
        scale = self.kernel.scale * self.kernel.elaboration / np.sqrt(max(weight.sum(), 1e-9))
        added: Array = scale * (weight * accepted)[:, None] * self.map.direction
        return added

    def attitude(self) -> Array:
        """Everyone's attitude to each position, n x J."""
        if self._attitude is None:
            weight = self.aware * self.importance
            total = np.sqrt(np.maximum(weight.sum(axis=1, keepdims=True), 1e-9))
            reasons = (weight * self.agreement()) @ self.map.direction / total
            e = self.kernel.elaboration
            self._attitude = self.kernel.scale * ((1 - e) * self.intuition + e * reasons) + self.pull
        return self._attitude

    def clause(self, i: int, meaning: Meaning) -> float:
        """One person's utility of a clause.

        force x [U_ij + sum over conditions of (relief max(0, -C_aj) - .15 relief max(0, C_aj) - complexity)], C being
        the contributions: a condition meets an objection, dilutes a benefit a little, and costs something to follow.
        """
        j = self.map.option[meaning.option]
        total = float(self.attitude()[i, j])
        if meaning.conditions:
            added = self.contributions(i)[[self.map.place[a] for a in meaning.conditions], j]
            relief = self.kernel.relief * (np.maximum(0, -added) - 0.15 * np.maximum(0, added))
            total += float((relief - self.kernel.complexity).sum())
        return FORCE[meaning.modality] * total

    def catch_up(self, record: tuple[Event, ...]) -> None:
        """Hear what has happened since the last call."""
        for event in record[self.heard :]:
            self._hear(event)
        self.heard = len(record)

    def _hear(self, event: Event) -> None:
        match event:
            case Seated(table=str(table)):
                self.tables[table] = [self.row[m] for m in event.members]
            case Testified() | Answered():
                self._move(list(self.row.values()), event.points, self.kernel.briefing)
            case Spoke():
                everyone = list(self.row.values()) if event.table is None else self.tables.get(event.table, [])
                speaker = self.row.get(event.speaker)
                listeners = [i for i in everyone if i != speaker]
                if speaker is not None and listeners:
                    self._follow(listeners, speaker)
                self._move(listeners, event.points, self.kernel.openness)
            case _:
                pass

    def _move(self, listeners: list[int], points: tuple[Point, ...], strength: float) -> None:
        if not points or not listeners or strength == 0:
            return
        rows = np.array(listeners)
        centred = self.attitude()[rows] - self.attitude()[rows].mean(axis=1, keepdims=True)
        for point in points:
            a = self.map.place[point.consideration]
            lean = np.tanh(centred @ self.map.direction[a] / max(float(np.abs(self.map.direction[a]).sum()), 1e-9))
            step = strength * self.kernel.attention * self.openness[rows] * point.stance / np.sqrt(self.times[rows, a])
            step *= 2.0 * sigma(self.kernel.bias * point.stance * lean)
            step *= np.where(self.aware[rows, a] > 0, 1.0, _NOVELTY)
            self.belief[rows, a] += step
            for answered in self.map.rebuts[a] if point.stance > 0 else ():
                self.belief[rows, answered] -= _UNDERCUT * step
            self.aware[rows, a] = 1.0
            self.times[rows, a] += 1.0
        self._attitude = None

    def _follow(self, listeners: list[int], speaker: int) -> None:
        rows = np.array(listeners)
        gap = self.attitude()[speaker] - self.attitude()[rows]
        self.pull[rows] += _PULL * self.kernel.conformity * self.openness[rows, None] * gap
        self._attitude = None


def _popular(roster: Roster, kernel: SyntheticKernel) -> Array:
    """What this public shares: a property of the question alone, so other seeds draw other people from one public."""
    draw = stream(0, "popularity", roster.question.id)
    common: Array = kernel.popularity + kernel.popularity_spread * draw.standard_normal(
        len(roster.question.considerations)
    )
    return common
