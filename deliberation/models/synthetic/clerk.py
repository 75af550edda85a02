"""What the synthetic clerk drafts from what was said, and what members draft of their own. The clerk only counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator

from deliberation.models.requests import Request
from deliberation.models.synthetic.hearing import Hearing
from deliberation.models.synthetic.maps import Array
from deliberation.models.synthetic.mind import Mind
from deliberation.models.synthetic.voice import Voice, held
from deliberation.models.tasks import Draft, Paper
from deliberation.records.agenda import Consideration
from deliberation.records.events import Spoke
from deliberation.records.specification import Norm, sentence

_SOURCES = 3
_MOST_CONDITIONS = 2
_TROUBLES = 0.05


def draft(task: Draft, request: Request, room: Hearing, voice: Voice, draw: Generator) -> dict[str, Any]:
    """Clauses from what was said: the positions that its points speak for and against most; or old ones reworded."""
    said = [e for e in request.view.record if isinstance(e, Spoke) and e.id in task.citable]
    heard: Counter[tuple[str, int]] = Counter((p.consideration, p.stance) for e in said for p in e.points)
    if not heard:
        return {"clauses": []}
    question, desk = request.view.roster.question, _Desk(room, voice, draw, said, heard)
    if task.manner == "revise":
        return {"clauses": [c for paper in task.base[: task.limit] for c in _revised(desk, paper, task)]}
    push = pushes(heard, room)
    score = push.sum(axis=0) / max(1e-9, float(np.abs(push).sum(axis=0).max()))
    return {
        "clauses": [
            _drafted(desk, question.positions[j].id, question.positions[j].action, norm_of(float(score[j])), push[:, j])
            for j in _worth_drafting(score, task.limit)
        ]
    }


def draft_by_member(mind: Mind, task: Draft) -> dict[str, Any]:
    """A member drafts: for its table as the clerk would, or a clause of its own from its own statement."""
    if task.manner != "own":
        return draft(task, mind.request, mind.room, mind.voice, mind.draw)
    attitude, contributions = mind.attitude(), mind.room.minds.contributions()[0, mind.row]
    [(event, words), *_] = task.citable.items()
    j = int(np.argmax(np.abs(attitude))) if attitude.max() <= 0 else int(np.argmax(attitude))
    norm = norm_of(float(np.tanh(attitude[j])))
    a, option = int(np.argmin(contributions[:, j])), mind.room.roster.question.positions[j]
    conditioned = contributions[a, j] < -_TROUBLES and norm in {"must", "should"}
    provisos = (mind.consideration(a).proviso,) if conditioned else ()
    reason = mind.main_reason_for(j, for_it=not norm.endswith("_not"))
    claim = held(mind.consideration(reason), mind.stance(reason))
    return {
        "clauses": [
            {
                "norm": norm,
                "text": sentence(norm, option.action, provisos),
                "applies_when": list(provisos),
                "exceptions": [],
                "rationale": mind.voice.say("rationale", mind.draw, claim_low=claim, objection="nothing was heard yet"),
                "authority": "guideline",
                "sources": [{"event": event, "quote": words, "stance": "for"}],
                "meaning": {
                    "option": option.id,
                    "modality": norm,
                    "conditions": [mind.consideration(a).id] if conditioned else [],
                },
            }
        ]
    }


def _revised(desk: _Desk, paper: Paper, task: Draft) -> Iterator[dict[str, Any]]:
    """A clause with a proviso for the objection that critiques name most, of those not met yet."""
    meaning = paper.meaning
    if meaning is None or meaning.modality.endswith("_not") or len(meaning.conditions) >= _MOST_CONDITIONS:
        return
    j = desk.room.index.position[meaning.option]
    counts: dict[int, int] = {}
    for (name, stance), times in desk.heard.items():
        a = desk.room.index.consideration[name]
        if name not in meaning.conditions and stance * desk.room.minds.maps.direction[0, a, j] < 0:
            counts[a] = counts.get(a, 0) + times
    if not counts:
        return
    a = max(counts, key=lambda place: (counts[place], -place))
    one = desk.consideration(a)
    provisos = (*paper.clause.applies_when, one.proviso)
    option = next(p for p in desk.room.roster.question.positions if p.id == meaning.option)
    critics = [e for e in desk.said if any(p.consideration == one.id for p in e.points)][:_SOURCES]
    kept = [s for s in paper.clause.sources if s.event in task.citable]
    yield {
        "norm": meaning.modality,
        "text": sentence(meaning.modality, option.action, provisos, paper.clause.exceptions),
        "applies_when": list(provisos),
        "exceptions": list(paper.clause.exceptions),
        "rationale": paper.clause.rationale,
        "authority": paper.clause.authority,
        "sources": [
            *(s.model_dump(mode="json") for s in kept),
            *({"event": e.id, "quote": e.text, "stance": "against"} for e in critics),
        ],
        "meaning": {
            "option": meaning.option, "modality": meaning.modality, "conditions": [*meaning.conditions, one.id],
        },
    }  # fmt: skip


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
