"""What the synthetic clerk drafts from one table's talk. Counts points; has no view of its own."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator

from deliberation.models.requests import Request
from deliberation.models.synthetic.hearing import Hearing
from deliberation.models.synthetic.maps import Array
from deliberation.models.synthetic.voice import Voice, held
from deliberation.models.tasks import Draft
from deliberation.records.agenda import Consideration
from deliberation.records.events import Spoke
from deliberation.records.specification import Norm, sentence

_SOURCES = 3


def draft(task: Draft, request: Request, room: Hearing, voice: Voice, draw: Generator) -> dict[str, Any]:
    """Clauses from what was said at one table: the positions that its points speak for and against most."""
    said = [e for e in request.view.record if isinstance(e, Spoke) and e.id in task.citable]
    heard: Counter[tuple[str, int]] = Counter((p.consideration, p.stance) for e in said for p in e.points)
    if not heard:
        return {"clauses": []}
    question, desk = request.view.roster.question, _Desk(room, voice, draw, said, heard)
    push = pushes(heard, room)
    score = push.sum(axis=0) / max(1e-9, float(np.abs(push).sum(axis=0).max()))
    return {
        "clauses": [
            _drafted(desk, question.positions[j].id, question.positions[j].action, norm_of(float(score[j])), push[:, j])
            for j in _worth_drafting(score, task.limit)
        ]
    }


def pushes(heard: Counter[tuple[str, int]], room: Hearing) -> Array:
    """How far what was said speaks for each position, by consideration, K x J."""
    maps, push = room.minds.maps, np.zeros(room.minds.maps.direction.shape[1:])
    for (consideration, stance), times in heard.items():
        a = room.index.consideration[consideration]
        push[a] += stance * times * maps.strength[0, a] * maps.direction[0, a]
    return push


def norm_of(score: float) -> Norm:
    """The norm that a balance of talk, -1 to 1, amounts to."""
    if score < 0:
        return "must_not" if score < -0.6 else "should_not"
    return "must" if score > 0.6 else "should" if score > 0.2 else "may"


class _Desk(NamedTuple):
    """What the clerk has at hand while writing."""

    room: Hearing
    voice: Voice
    draw: Generator
    said: list[Spoke]
    heard: Counter[tuple[str, int]]

    def consideration(self, place: int) -> Consideration:
        """The consideration at this place of the map."""
        return self.room.roster.question.considerations[place]

    def stance(self, place: int) -> int:
        """How the table took a consideration on balance: 1 asserted, -1 rejected."""
        name = self.consideration(place).id
        return 1 if self.heard[(name, 1)] >= self.heard[(name, -1)] else -1

    def held(self, place: int) -> str:
        """A consideration as the table held it, ready to stand inside a sentence."""
        return held(self.consideration(place), self.stance(place))


def _drafted(desk: _Desk, option: str, action: str, norm: Norm, push: Array) -> dict[str, Any]:
    forbids = norm.endswith("_not")
    support, against = (-push, push) if forbids else (push, -push)
    a, b = int(np.argmax(support)), int(np.argmax(against))
    objection = desk.consideration(b) if against[b] > 0 else None
    conditions = [objection.id] if objection is not None and not forbids and norm != "may" else []
    provisos = tuple(objection.proviso for _ in conditions if objection is not None)
    told = "nobody spoke against it" if objection is None else f"against it stood that {desk.held(b)}"
    return {
        "norm": norm,
        "text": sentence(norm, action, provisos),
        "applies_when": list(provisos),
        "exceptions": [],
        "rationale": desk.voice.say("rationale", desk.draw, claim_low=desk.held(a), objection=told),
        "authority": "guideline",
        "sources": _sources(desk, a, b if objection is not None else None),
        "meaning": {"option": option, "modality": norm, "conditions": conditions},
    }


def _sources(desk: _Desk, support: int, objection: int | None) -> list[dict[str, Any]]:
    """What was said for and against, by those who took the consideration as the table did."""
    found: list[dict[str, Any]] = []
    for place, stance in ((support, "for"), (objection, "against")):
        if place is None:
            continue
        wanted = (desk.consideration(place).id, desk.stance(place))
        spoken = [e for e in desk.said if any((p.consideration, p.stance) == wanted for p in e.points)]
        found.extend({"event": e.id, "quote": e.text, "stance": stance} for e in spoken[:_SOURCES])
    return found


def _worth_drafting(score: Array, limit: int) -> list[int]:
    """The best position, the worst, then the next best, as long as the talk leans either way on them."""
    best = [int(j) for j in np.argsort(-score) if score[j] > 0.05]
    worst = [int(j) for j in np.argsort(score) if score[j] < -0.05]
    return [*best[:1], *worst[:1], *best[1:], *worst[1:]][:limit]
