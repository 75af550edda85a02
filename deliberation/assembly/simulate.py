"""The batched simulator: many synthetic assemblies walk a procedure at once, as arrays instead of requests.

It makes the same named draws as the engine and its answerer, with the same kernel, so the same seed gives the same
votes. It says no words, keeps no record and drafts nothing: it is for truth, power and null models.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deliberation.assembly import seating
from deliberation.assembly.simulated_draws import Draws
from deliberation.models.synthetic.clauses import Ballots, by_place, utilities, votes
from deliberation.models.synthetic.latent import people_of
from deliberation.models.synthetic.maps import Array, Index, Places, map_of, sigma
from deliberation.models.synthetic.minds import Minds
from deliberation.models.synthetic.witness import evidence, points_of, reply_of
from deliberation.models.synthetic.worlds import chosen, shrunk, weighed
from deliberation.records.agenda import Question
from deliberation.records.people import Panel, ValueModel
from deliberation.records.specification import Meaning
from deliberation.settings import Procedure, Witness
from deliberation.settings.models import SyntheticKernel
from deliberation.settings.procedure import (
    AssistancePhase,
    CrossExaminationPhase,
    StatementsPhase,
    TablesPhase,
)

CHUNK = 256
"""Assemblies that are carried through together; more take more memory and no less time."""

_REPORTED = 3


class Study(NamedTuple):
    """What all the assemblies have in common."""

    question: Question
    procedure: Procedure
    witness: Witness
    kernel: SyntheticKernel
    values: ValueModel
    seed: int
    orders: int = 0


def simulate(study: Study, panels: Sequence[Panel]) -> Iterator[Sitting]:
    """Let panels of one size deliberate, some at a time. Yields each chunk after its first sitting."""
    for start in range(0, len(panels), chunk_of(study)):
        sitting = Sitting(study, panels[start : start + chunk_of(study)])
        sitting.deliberate()
        yield sitting


def chunk_of(study: Study) -> int:
    """How many assemblies can be carried through together: only one, where tables are of other sizes in each."""
    grouped = any(phase.kind == "tables" and phase.seating == "group" for phase in study.procedure.phases)
    return 1 if grouped else CHUNK


class Sitting(Draws):
    """Some assemblies that sit at once, B of them, with n members each.

    Args:
        study: what they have in common.
        panels: who sits in each.
    """

    def __init__(self, study: Study, panels: Sequence[Panel]) -> None:
        super().__init__(panels, seed=study.seed, orders=study.orders, attention=study.kernel.attention)
        self.study = study
        self.index = Index.of(study.question)
        who = [p.members for p in panels]
        people = people_of(who, study.question, study.kernel, seed=study.seed, spread=study.values)
        self.minds = Minds(map_of(study.question, study.kernel), people, study.kernel, turns=study.procedure.turns)
        self._everyone = np.ones(self.minds.shape)
        self._names = [c.id for c in study.question.considerations]
        exhibits = study.question.dossier.exhibits
        self._witnesses = dict(study.witness.each()) if exhibits else {}
        self._points = {
            name: points_of(exhibits, study.question, one, study.kernel) for name, one in self._witnesses.items()
        }
        orders = [[name for name, _ in seating.bench(study.seed, self._orders_of(p), study.witness)] for p in panels]
        self._bench = np.array(orders, dtype=object).reshape(len(panels), -1)
        self._floor: dict[str, Places] = {}
        self._said: list[list[tuple[Places, Array]]] = []
        self._seats: list[Places] = []

    def deliberate(self) -> None:
        """Every phase of the procedure's first sitting that moves anybody; no poll, weighing, draft or vote does."""
        for phase in self.study.procedure.phases:
            self.told_before = [Counter() for _ in self.panels]
            match phase.kind:
                case "testimony":
                    self._testimony(phase.name)
                case "cross_examination":
                    self._cross_examination(phase)
                case "rebuttal":
                    self._rebuttal(phase.name)
                case "assistance":
                    self._assistance(phase)
                case "statements":
                    self._alone(phase)
                case "tables":
                    self._tables(phase)
                case "plenary":
                    self._plenary(phase.name)
                case _:
                    pass

    def ballots(self, clauses: Sequence[tuple[str, Meaning]], *, phase: str) -> Ballots:
        """Votes as things stand on clauses given by id and meaning, B x n x C."""
        number = self.minds.shape[1]
        uniform = np.stack(
            [self._block("vote", phase, id_, size=(number,)) for id_, _ in clauses], axis=-1
        )  # fmt: skip
        worth = utilities(self.minds, [m for _, m in clauses], self.index)
        if self.study.kernel.fault_position and len(clauses) > 1:
            worth = by_place(worth, self._places(seating.BALLOT_ORDER, phase, len(clauses)), self.study.kernel)
        return votes(worth, uniform, self.study.kernel)

    def poll(self, phase: str) -> Array:
        """Ratings of the positions as a poll would find them, before rounding to levels, 0..1, B x n x J."""
        k, attitude = self.study.kernel, self.minds.attitude()
        noise = self._noise("poll", phase, size=attitude.shape[1:])
        return self._given(sigma(attitude + k.offset + k.noise * noise), seating.POLL_ORDER, phase)

    def weigh(self, phase: str) -> Array:
        """Ratings of the considerations as a weighing would find them, before rounding to levels, B x n x K.

        On the scale of `poll`, of which what is beyond 0 and 1 is given as these.
        """
        noise = self._noise("weigh", phase, size=self.minds.belief.shape[1:])
        return self._given((weighed(self.minds, noise) - 1.0) / 6.0, seating.WEIGH_ORDER, phase)

    def _given(self, ratings: Array, purpose: str, phase: str) -> Array:
        """Ratings as they are given where people are too alike or heed the place shown: faults, made on purpose."""
        k, given = self.study.kernel, shrunk(ratings, self.study.kernel.fault_variance)
        if k.fault_position:
            given = given + k.fault_position * (0.5 - self._places(purpose, phase, ratings.shape[2]))
        return given

    def _testimony(self, phase: str) -> None:
        for turn in range(len(self._witnesses)):
            for name in self._witnesses:
                self._statement(phase, self._points[name], self._bench[:, turn] == name)

    def _rebuttal(self, phase: str) -> None:
        if len(self._witnesses) < 2:
            return
        for turn in range(len(self._witnesses)):
            for name in self._witnesses:
                others = [points for other, points in self._points.items() if other != name]
                self._statement(phase, reply_of(self._points[name], others), self._bench[:, turn] == name)

    def _statement(self, phase: str, points: Mapping[str, int], speaks: NDArray[np.bool_]) -> None:
        """A witness makes its points, one after another, in the assemblies in which it is its turn."""
        if not points or not speaks.any():
            return
        there = self._everyone * speaks[:, None]
        for name, stance in points.items():
            place = np.full(len(self.panels), self.index.consideration[name])
            self._tell(phase, place, np.full(len(place), float(stance)), speaks, there)
        self.minds.briefed(who=there)

    def _tell(self, phase: str, place: Places, stance: Array, speaks: NDArray[np.bool_], present: Array) -> None:
        """One point told in each of these assemblies to those present."""
        names = [self._names[a] for a in place]
        attended = self._told(phase, names) * present
        self.minds.testify(place, np.where(stance, stance, 1.0), attended, present=present)
        for b in np.flatnonzero(speaks):
            self.told_before[b][names[b]] += 1

    def _cross_examination(self, phase: CrossExaminationPhase) -> None:
        if not self._witnesses:
            return
        stances = {
            name: np.array([float(points.get(c, 0)) for c in self._names]) for name, points in self._points.items()
        }
        rows, number = np.arange(len(self.panels)), self.minds.shape[1]
        order = self._orders("questioners", phase.name, number)
        for question in range(phase.questions):
            asker = order[:, question % number]
            uniform = self._block("ask", phase.name, 0, f"question-{question}", size=(number,))[rows, asker]
            place = chosen(self.minds.doubts()[rows, asker], uniform)
            answers = self._bench[:, question % len(self._witnesses)]
            stance = np.array([stances[name][a] for name, a in zip(answers, place, strict=True)])
            answered = stance != 0
            self._tell(phase.name, place, stance, answered, self._everyone * answered[:, None])

    def _assistance(self, phase: AssistancePhase) -> None:
        """Each member's own assistant answers it alone: what one is told nobody else hears."""
        exhibits = self.study.question.dossier.exhibits
        if not exhibits:
            return
        balance = evidence(exhibits)
        stances = np.array([float(balance.get(c, 0)) for c in self._names])
        number = self.minds.shape[1]
        before: list[list[Counter[str]]] = [[Counter() for _ in self.panels] for _ in range(number)]
        for question in range(phase.questions):
            uniform = self._block("ask", phase.name, 0, f"question-{question}", size=(number,))
            doubts = self.minds.doubts()
            places = [chosen(doubts[:, i], uniform[:, i]) for i in range(number)]
            for i, place in enumerate(places):
                answered = stances[place] != 0
                present = np.zeros_like(self._everyone)
                present[:, i] = answered
                self.told_before = before[i]
                self._tell(phase.name, place, stances[place], answered, present)

    def _alone(self, phase: StatementsPhase) -> None:
        """What members do for themselves; what they write to the clerk moves nobody."""
        if phase.purpose == "wish":
            self.minds.better_selves(self._everyone)
        elif phase.purpose == "reflection":
            size = (self.minds.shape[1], len(self._names))
            uniform = self._block("reflection", phase.name, 0, size=size)
            self.minds.reflect((uniform < self.study.kernel.attention).astype(np.float64))

    def _tables(self, phase: TablesPhase) -> None:
        number = self.minds.shape[1]
        met = [np.zeros((number, number), dtype=bool) for _ in self.panels]
        for round_ in range(1, phase.rounds + 1):
            seated = []
            for b, panel in enumerate(self.panels):
                draw = seating.seating_draw(self.study.seed, panel.drawn_as, phase.name, round_)
                if phase.seating == "group":
                    seated.append(seating.grouped([p.attributes.get(phase.group, "") for p in panel.members]))
                else:
                    seated.append(seating.mixed(draw, phase.tables, met[b]))
                met[b] |= seating.together(seated[-1], number)
            self._seats = [np.stack(rows) for rows in zip(*seated, strict=True)]
            self._said = [self._table(phase, round_, t, rows) for t, rows in enumerate(self._seats)]

    def _table(self, phase: TablesPhase, round_: int, table: int, seats: Places) -> list[tuple[Places, Array]]:
        """One round at one table of each assembly. Returns the points made."""
        name, (assemblies, number) = seating.table_name(table), self.minds.shape
        rows, present = np.arange(assemblies), np.zeros(self.minds.shape)
        np.put_along_axis(present, seats, 1.0, axis=1)
        attention = self._attention(phase.name, round_, name, phase.turns * seats.shape[1])
        last, said = np.full(assemblies, -1), []
        for turn in range(phase.turns):
            order = self._speakers(phase, round_, turn, name, seats)
            uniform = self._block("choice", phase.name, round_, name, f"turn-{turn}", size=(number,))
            for place in range(seats.shape[1]):
                speaker = seats[rows, order[:, place]]
                if phase.stance_only:
                    self.minds.take_the_floor(speaker)
                    self.minds.follow(present)
                    continue
                score = self.minds.considerations_to_say(speaker, present, last)
                last = chosen(np.exp(score - score.max(axis=1, keepdims=True)), uniform[rows, speaker])
                stance = np.where(self.minds.agreement()[rows, speaker, last] >= 0.0, 1.0, -1.0)
                said.append((last, stance))
                self._speak(speaker, last, stance, present, attention[:, len(said) - 1])
        return said

    def _speakers(self, phase: TablesPhase, round_: int, turn: int, table: str, seats: Places) -> Places:
        """Who speaks when at one table of each assembly, as places at the table."""
        order = self._orders(seating.speaking(round_, turn, table), phase.name, seats.shape[1])
        spoken = self._floor.setdefault(table, np.zeros(self.minds.shape, dtype=np.int64))
        if phase.order == "facilitator":
            counts = np.take_along_axis(spoken, seats, axis=1)
            order = np.stack([seating.called(one, count) for one, count in zip(order, counts, strict=True)])
        np.put_along_axis(spoken, seats, np.take_along_axis(spoken, seats, axis=1) + 1, axis=1)
        return order

    def _plenary(self, phase: str) -> None:
        rows = np.arange(len(self.panels))
        attention = self._attention(phase, 0, "", _REPORTED * len(self._seats))
        used = np.zeros(len(rows), dtype=np.int64)
        for table, seats in enumerate(self._seats):
            purpose = f"reporter-{seating.table_name(table)}"
            speaker = seats[rows, self._orders(purpose, phase, seats.shape[1])[:, 0]]
            reported = self._most_said(self._said[table])
            self._report(speaker, reported, attention, used)

    def _most_said(self, said: list[tuple[Places, Array]]) -> list[list[tuple[int, float]]]:
        """The points made most at one table of each assembly, as its reporter gives them."""
        names = [c.id for c in self.study.question.considerations]
        found = []
        for b in range(len(self.panels)):
            counts: dict[tuple[str, int], int] = {}
            for place, stance in said:
                key = (names[int(place[b])], int(stance[b]))
                counts[key] = counts.get(key, 0) + 1
            top = sorted(counts.items(), key=lambda kv: (-kv[1], kv[0]))[:_REPORTED]
            found.append([(self.index.consideration[name], float(stance)) for (name, stance), _ in top])
        return found

    def _report(self, speaker: Places, reported: list[list[tuple[int, float]]], attention: Array, used: Places) -> None:
        """One report in plenary; some make fewer points than others."""
        rows = np.arange(len(self.panels))
        self.minds.take_the_floor(speaker)
        for number in range(_REPORTED):
            makes = np.array([len(points) > number for points in reported])
            if not makes.any():
                break
            place = np.array([points[number][0] if len(points) > number else 0 for points in reported])
            stance = np.array([points[number][1] if len(points) > number else 1.0 for points in reported])
            attended = attention[rows, np.minimum(used, attention.shape[1] - 1)] * makes[:, None]
            attended[rows, speaker] = 0.0
            self.minds.hear(speaker, place, stance, self._everyone * makes[:, None], attended)
            used += makes
        self.minds.follow(self._everyone)

    def _speak(self, speaker: Places, place: Places, stance: Array, present: Array, attention: Array) -> None:
        self.minds.take_the_floor(speaker)
        attended = attention * present
        attended[np.arange(len(speaker)), speaker] = 0.0
        self.minds.hear(speaker, place, stance, present, attended)
        self.minds.follow(present)
