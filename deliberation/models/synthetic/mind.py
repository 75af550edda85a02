"""One person's mind as it answers one request: its row of the arrays, the request, the draw, the voice."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from deliberation.models.requests import Request
from deliberation.models.synthetic.hearing import Hearing
from deliberation.models.synthetic.maps import Array
from deliberation.models.synthetic.voice import Voice
from deliberation.models.tasks import Paper
from deliberation.records.agenda import Consideration


class Mind(NamedTuple):
    """Who is asked, and with what in mind. `draw` is for words alone; decisions are drawn by the panel's blocks."""

    room: Hearing
    row: int
    request: Request
    draw: Generator
    voice: Voice

    def attitude(self) -> Array:
        """This person's attitude to each position, J."""
        row: Array = self.room.minds.attitude()[0, self.row]
        return row

    def agreement(self) -> Array:
        """How far this person accepts each consideration, K."""
        row: Array = self.room.minds.agreement()[0, self.row]
        return row

    def stance(self, place: int) -> int:
        """Whether this person asserts a consideration (1) or rejects it (-1)."""
        return 1 if self.agreement()[place] >= 0 else -1

    def consideration(self, place: int) -> Consideration:
        """The consideration at this place of the map."""
        return self.room.roster.question.considerations[place]

    def importance(self) -> Array:
        """How much this person makes of each consideration that it has thought of, K."""
        weight: Array = self.room.minds.aware[0, self.row] * self.room.minds.importance[0, self.row]
        return weight

    def utility(self, paper: Paper) -> float:
        """What a clause is worth to this person; without a stated meaning it is read from its sources' points."""
        if paper.meaning is not None:
            return float(self.room.worth(paper.meaning)[self.row])
        return self._from_sources(paper)

    def main_reason(self, paper: Paper, *, for_it: bool) -> int:
        """The consideration that speaks most for (or against) a clause in this mind."""
        if paper.meaning is not None:
            j = self.room.index.position[paper.meaning.option]
            return self.main_reason_for(j, for_it=for_it != paper.meaning.modality.endswith("_not"))
        weight = self.importance() * self.agreement()
        return int(np.argmax(weight if for_it else -weight))

    def main_reason_for(self, position: int, *, for_it: bool) -> int:
        """The consideration that speaks most for (or against) a position in this mind."""
        weight = self.importance() * self.agreement() * self.room.minds.maps.direction[0, :, position]
        return int(np.argmax(weight if for_it else -weight))

    def _from_sources(self, paper: Paper) -> float:
        stances = {source.event: 1.0 if source.stance == "for" else -1.0 for source in paper.clause.sources}
        accepted = self.agreement() * self.room.minds.importance[0, self.row]
        total = 0.0
        for event in self.request.view.events:
            if event.id in stances:
                for point in event.points:
                    place = self.room.index.consideration[point.consideration]
                    total += stances[event.id] * point.stance * accepted[place]
        return float(self.room.kernel.scale * total / max(1.0, len(stances)) ** 0.5)
