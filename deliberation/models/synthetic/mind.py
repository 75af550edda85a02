"""One person's mind as it answers one request: the arrays' row, the request, the draw, the voice."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from deliberation.models.requests import Request
from deliberation.models.synthetic.kernel import Array, Minds
from deliberation.models.synthetic.voice import Voice
from deliberation.models.tasks import Paper
from deliberation.records.agenda import Consideration


class Mind(NamedTuple):
    """Who is asked, and with what in mind."""

    minds: Minds
    row: int
    request: Request
    draw: Generator
    voice: Voice

    def attitude(self) -> Array:
        """This person's attitude to each position, J."""
        row: Array = self.minds.attitude()[self.row]
        return row

    def agreement(self) -> Array:
        """How far this person accepts each consideration, K."""
        return self.minds.accepted(self.row)

    def stance(self, place: int) -> int:
        """Whether this person asserts a consideration (1) or rejects it (-1)."""
        return 1 if self.agreement()[place] >= 0 else -1

    def consideration(self, place: int) -> Consideration:
        """The consideration at this place of the map."""
        return self.minds.map.considerations[place]

    def utility(self, paper: Paper) -> float:
        """What a clause is worth to this person; without a stated meaning it is read from its sources' points."""
        if paper.meaning is not None:
            return self.minds.clause(self.row, paper.meaning)
        return self._from_sources(paper)

    def main_reason(self, paper: Paper, *, for_it: bool) -> int:
        """The consideration that speaks most for (or against) a clause in this mind."""
        weight = self.minds.aware[self.row] * self.minds.importance[self.row] * self.agreement()
        if paper.meaning is not None:
            j = self.minds.map.option[paper.meaning.option]
            sign = -1.0 if paper.meaning.modality.endswith("_not") else 1.0
            weight = sign * self.minds.contributions(self.row)[:, j]
        return int(np.argmax(weight if for_it else -weight))

    def _from_sources(self, paper: Paper) -> float:
        stances = {source.event: 1.0 if source.stance == "for" else -1.0 for source in paper.clause.sources}
        accepted = self.agreement() * self.minds.importance[self.row]
        total = 0.0
        for event in self.request.view.record:
            if event.id in stances:
                for point in event.points:
                    total += stances[event.id] * point.stance * accepted[self.minds.map.place[point.consideration]]
        return float(self.minds.kernel.scale * total / max(1.0, len(stances)) ** 0.5)
