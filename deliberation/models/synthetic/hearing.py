"""The minds of one assembly, brought up to date from its events. A pure function of roster and record.

Every draw is a block for the whole panel, named after what it is for, so that the batched simulator can make the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

from deliberation.models.requests import Roster
from deliberation.models.synthetic.clauses import utilities
from deliberation.models.synthetic.latent import people_of
from deliberation.models.synthetic.maps import Array, Index, map_of
from deliberation.models.synthetic.minds import Minds
from deliberation.randomness import stream
from deliberation.records.events import Answered, Event, Point, Polled, Seated, Spoke, Testified
from deliberation.records.specification import Meaning
from deliberation.settings.models import SYNTHETIC, SyntheticKernel

ORIGIN = SYNTHETIC
"""What events say of themselves that the synthetic public has made."""

Block = Callable[[np.random.Generator], Array]


class Hearing:
    """One assembly: its minds (B = 1), who sits where, and its named draws.

    Args:
        roster: who sits, on what question.
        kernel: the parameters.
    """

    def __init__(self, roster: Roster, kernel: SyntheticKernel) -> None:
        self.roster, self.kernel = roster, kernel
        self.index = Index.of(roster.question)
        self.row = {person.id: i for i, person in enumerate(roster.members)}
        self.minds = Minds(
            map_of(roster.question, kernel),
            people_of([roster.members], roster.question, kernel, seed=roster.seed, spread=roster.values),
            kernel,
            turns=roster.turns,
        )
        self.heard = 0
        self.last: dict[str, int] = {}
        self._seats: dict[str, Array] = {}
        self._everyone = np.ones((1, len(roster.members)))
        self._attention: dict[tuple[str, int, str], np.random.Generator] = {}
        self._told: Counter[tuple[str, str, str]] = Counter()
        self._blocks: dict[tuple[str | int, ...], Array] = {}
        self._worth: dict[Meaning, Array] = {}

    def block(self, make: Block, *name: str | int) -> Array:
        """A named block of draws, made once while the assembly sits."""
        if name not in self._blocks:
            self._blocks[name] = make(stream(self.roster.seed, *name, self.roster.lot))
        return self._blocks[name]

    def worth(self, meaning: Meaning) -> Array:
        """What a clause is worth to each member as things stand, n."""
        if meaning not in self._worth:
            self._worth[meaning] = utilities(self.minds, [meaning], self.index)[0, :, 0]
        return self._worth[meaning]

    def present(self, table: str) -> Array:
        """1 for each member that sits at a table, 1 x n; everyone in plenary (no table)."""
        return self._seats[table] if table else self._everyone

    def catch_up(self, record: tuple[Event, ...]) -> None:
        """Hear what has happened since the last call."""
        if len(record) > self.heard:
            self._worth.clear()
        for event in record[self.heard :]:
            self._hear(event)
        self.heard = len(record)

    def _hear(self, event: Event) -> None:
        match event:
            case Seated(table=str(table)):
                seated = np.zeros_like(self._everyone)
                seated[0, [self.row[m] for m in event.members]] = 1.0
                self._seats[table] = seated
                self.last.pop(table, None)
            case Testified():
                self._witness(event, self._everyone)
                if event.points:
                    self.minds.briefed()
            case Answered():
                self._witness(event, self._everyone if event.to is None else self._alone(event.to))
            case Spoke(to=None):
                self._member(event)
            case Spoke(purpose="reflection") if event.speaker in self.row:
                considered = np.zeros((*self._everyone.shape, len(self.index.consideration)))
                for point in event.points:
                    considered[0, self.row[event.speaker], self.index.consideration[point.consideration]] = 1.0
                self.minds.reflect(considered)
            case Spoke(purpose="wish") if event.speaker in self.row:
                self.minds.better_selves(self._alone(event.speaker))
            case Polled() if event.origin not in {None, ORIGIN} and event.speaker in self.row:
                order = [p.id for p in self.roster.question.positions]
                ratings = (np.array([event.ratings[p] for p in order], dtype=np.float64) - 1.0) / 6.0
                self.minds.state(0, self.row[event.speaker], ratings)
            case _:
                pass

    def _alone(self, member: str) -> Array:
        found = np.zeros_like(self._everyone)
        found[0, self.row[member]] = 1.0
        return found

    def _witness(self, event: Testified | Answered, present: Array) -> None:
        for point in event.points:
            place, stance = self._point(point)
            whom = event.to or ""
            told = self._told[event.phase, point.consideration, whom]
            self._told[event.phase, point.consideration, whom] += 1
            # named by what is told, so that two witnesses who tell the same are heard by the same people
            draw = stream(
                self.roster.seed, "attention", event.phase, "witness", point.consideration, told, self.roster.lot
            )
            attended = (draw.random(self._everyone.shape) < self.kernel.attention).astype(np.float64)
            self.minds.testify(place, stance, attended * present, present=present)

    def _member(self, event: Spoke) -> None:
        table = event.table or ""
        present = self.present(table)
        speaker = np.array([self.row.get(event.speaker, -1)])
        self.minds.take_the_floor(speaker)
        for point in event.points:
            place, stance = self._point(point)
            attended = self._attended(event, table) * present
            if speaker[0] >= 0:
                attended[0, speaker[0]] = 0.0
            self.minds.hear(speaker, place, stance, present, attended)
            self.last[table] = int(place[0])
        self.minds.follow(present)

    def _attended(self, event: Event, table: str) -> Array:
        at = (event.phase, event.round, table)
        if at not in self._attention:
            self._attention[at] = stream(self.roster.seed, "attention", *at, self.roster.lot)
        uniform = self._attention[at].random(self._everyone.shape)
        return (uniform < self.kernel.attention).astype(np.float64)

    def _point(self, point: Point) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.int64]], Array]:
        return np.array([self.index.consideration[point.consideration]]), np.array([float(point.stance)])
