"""What the synthetic public decides: ratings, drafts, amendments, votes, rankings, judgments, recollections."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.random import Generator

from deliberation.models.requests import Request
from deliberation.models.synthetic.kernel import Array, Minds, sigma
from deliberation.models.synthetic.mind import Mind
from deliberation.models.synthetic.voice import Voice, held
from deliberation.models.tasks import Amend, Draft, Judge, Paper, Poll, Rank, Recall, Vote
from deliberation.records.events import Polled, Spoke
from deliberation.records.specification import Meaning, Norm, sentence

_SOURCES = 3
_MOST_CONDITIONS = 2


def poll(mind: Mind, task: Poll) -> dict[str, Any]:
    """Ratings 1 to 7 of the positions: 1 + 6 sigma(U + offset + noise), rounded."""
    noisy = mind.attitude() + mind.minds.kernel.noise * mind.draw.standard_normal(len(task.positions))
    return {"ratings": _ratings(mind, noisy, task.positions)}


def recall(mind: Mind, task: Recall) -> dict[str, Any]:
    """One's own first ratings as one gave them, and the facts of one's life."""
    me = mind.request.address.speaker
    own = next((e for e in mind.request.view.events if isinstance(e, Polled) and e.speaker == me), None)
    persona = mind.request.persona
    return {
        "ratings": dict(own.ratings) if own else _ratings(mind, mind.attitude(), task.positions),
        "facts": {f: persona.attributes[f] for f in task.facts} if persona else {},
    }


def vote(mind: Mind, task: Vote) -> dict[str, Any]:
    """One mark a clause: P(support) = sigma((U(c) + offset) / decisiveness); near even odds, an abstention."""
    kernel = mind.minds.kernel
    marks = []
    for paper in task.slate:
        odds = (mind.utility(paper) + kernel.offset) / kernel.decisiveness
        share = float(sigma(np.array(odds)))
        supports = mind.draw.random() < share
        choice = "abstain" if abs(odds) < kernel.abstention else "support" if supports else "oppose"
        a = mind.main_reason(paper, for_it=choice != "oppose")
        one = mind.consideration(a)
        stance = mind.stance(a)
        marks.append(
            {
                "clause": paper.clause.id,
                "choice": choice,
                "rating": round(1 + 6 * share),
                "reason": mind.voice.say(choice, mind.draw, claim_low=held(one, stance)),
                "points": [{"consideration": one.id, "stance": stance}],
            }
        )
    return {"ballots": marks}


def rank(mind: Mind, task: Rank) -> dict[str, Any]:
    """Wordings by what they are worth."""
    order = sorted(task.options, key=lambda paper: (-mind.utility(paper), paper.clause.id))
    return {"ranking": [[paper.clause.id] for paper in order]}


def judge(mind: Mind, task: Judge) -> dict[str, Any]:
    """Responses by the attitude to the position that each acts out, with noise; relies on clauses supported."""
    noise = mind.minds.kernel.noise * mind.draw.standard_normal(len(task.case.responses)) / 2
    worth = {
        r.id: float(mind.attitude()[mind.minds.map.option[r.position]] + e)
        for r, e in zip(task.case.responses, noise, strict=True)
    }
    order = sorted(task.case.responses, key=lambda r: (-worth[r.id], r.id))
    relied = [p.clause.id for p in task.slate if _fits(p, order[0].position, order[-1].position, mind)]
    return {"ranking": [[r.id] for r in order], "clauses": sorted(relied), "reason": ""}


def amend(mind: Mind, task: Amend) -> dict[str, Any]:
    """Meet one's strongest objection to a clause by its proviso, where that gains more than it costs."""
    kernel = mind.minds.kernel
    best: tuple[float, Paper, int] | None = None
    for paper in task.slate:
        meaning = paper.meaning
        if meaning is None or meaning.modality.endswith("_not") or len(meaning.conditions) >= _MOST_CONDITIONS:
            continue
        objections = -mind.minds.contributions(mind.row)[:, mind.minds.map.option[meaning.option]]
        objections[[mind.minds.map.place[c] for c in meaning.conditions]] = 0.0
        a = int(np.argmax(objections))
        gain = kernel.relief * float(objections[a]) - 2 * kernel.complexity
        if gain > 0 and (best is None or gain > best[0]):
            best = (gain, paper, a)
    return {"clause": None} if best is None else _amendment(mind, best[1], best[2])


def draft(task: Draft, request: Request, minds: Minds, voice: Voice, draw: Generator) -> dict[str, Any]:
    """Clauses from what was said at one table: the positions that its points speak for and against most."""
    said = [e for e in request.view.record if isinstance(e, Spoke) and e.id in task.citable]
    heard: Counter[tuple[str, int]] = Counter((p.consideration, p.stance) for e in said for p in e.points)
    if not heard:
        return {"clauses": []}
    push = np.zeros((len(minds.map.strength), len(minds.map.option)))
    for (consideration, stance), times in heard.items():
        a = minds.map.place[consideration]
        push[a] += stance * times * minds.map.strength[a] * minds.map.direction[a]
    score = push.sum(axis=0) / max(1e-9, float(np.abs(push).sum(axis=0).max()))
    clauses = []
    for j in _worth_drafting(score, task.limit):
        norm = _norm(float(score[j]))
        option = next(name for name, place in minds.map.option.items() if place == j)
        clauses.append(_drafted(_Draft(request, minds, voice, draw, said, heard), option, norm, push[:, j]))
    return {"clauses": clauses}


class _Draft:
    """What the clerk has at hand while writing one clause."""

    def __init__(
        self,
        request: Request,
        minds: Minds,
        voice: Voice,
        draw: Generator,
        said: list[Spoke],
        heard: Counter[tuple[str, int]],
    ) -> None:
        self.question = request.view.roster.question
        self.minds, self.voice, self.draw, self.said, self.heard = minds, voice, draw, said, heard

    def stance(self, place: int) -> int:
        """How the table took a consideration on balance: 1 asserted, -1 rejected."""
        name = self.minds.map.considerations[place].id
        return 1 if self.heard[(name, 1)] >= self.heard[(name, -1)] else -1

    def held(self, place: int) -> str:
        """A consideration as the table held it, ready to stand inside a sentence."""
        return held(self.minds.map.considerations[place], self.stance(place))


def _drafted(desk: _Draft, option: str, norm: Norm, push: Array) -> dict[str, Any]:
    forbids = norm.endswith("_not")
    support, against = (-push, push) if forbids else (push, -push)
    a, b = int(np.argmax(support)), int(np.argmax(against))
    objection = desk.minds.map.considerations[b] if against[b] > 0 else None
    conditions = [objection.id] if objection is not None and not forbids and norm != "may" else []
    provisos = tuple(objection.proviso for _ in conditions if objection is not None)
    action = next(p.action for p in desk.question.positions if p.id == option)
    told = "nobody spoke against it" if objection is None else f"against it stood that {desk.held(b)}"
    return {
        "norm": norm,
        "text": sentence(norm, action, provisos),
        "applies_when": list(provisos),
        "exceptions": [],
        "rationale": desk.voice.say(
            "rationale",
            desk.draw,
            claim_low=desk.held(a),
            objection=told,
        ),
        "authority": "guideline",
        "sources": _sources(desk, a, b if objection is not None else None),
        "meaning": {"option": option, "modality": norm, "conditions": conditions},
    }


def _sources(desk: _Draft, support: int, objection: int | None) -> list[dict[str, Any]]:
    """What was said for and against, by those who took the consideration as the table did."""
    found: list[dict[str, Any]] = []
    for place, stance in ((support, "for"), (objection, "against")):
        if place is None:
            continue
        wanted = (desk.minds.map.considerations[place].id, desk.stance(place))
        spoken = [e for e in desk.said if any((p.consideration, p.stance) == wanted for p in e.points)]
        found.extend({"event": e.id, "quote": e.text, "stance": stance} for e in spoken[:_SOURCES])
    return found


def _worth_drafting(score: Array, limit: int) -> list[int]:
    """The best position, the worst, then the next best, as long as the talk leans either way on them."""
    best = [int(j) for j in np.argsort(-score) if score[j] > 0.05]
    worst = [int(j) for j in np.argsort(score) if score[j] < -0.05]
    return [*best[:1], *worst[:1], *best[1:], *worst[1:]][:limit]


def _norm(score: float) -> Norm:
    if score < 0:
        return "must_not" if score < -0.6 else "should_not"
    return "must" if score > 0.6 else "should" if score > 0.2 else "may"


def _amendment(mind: Mind, paper: Paper, a: int) -> dict[str, Any]:
    one = mind.consideration(a)
    meaning = paper.meaning
    assert meaning is not None  # noqa: S101  `amend` passes over clauses without one
    provisos = (*paper.clause.applies_when, one.proviso)
    option = next(p for p in mind.request.view.roster.question.positions if p.id == meaning.option)
    changed = Meaning(option=meaning.option, modality=meaning.modality, conditions=(*meaning.conditions, one.id))
    return {
        "clause": paper.clause.id,
        "text": sentence(meaning.modality, option.action, provisos, paper.clause.exceptions),
        "applies_when": list(provisos),
        "exceptions": list(paper.clause.exceptions),
        "reason": mind.voice.say("amend", mind.draw, proviso=one.proviso),
        "points": [{"consideration": one.id, "stance": mind.stance(a)}],
        "meaning": changed.model_dump(mode="json"),
    }


def _ratings(mind: Mind, attitude: Array, positions: tuple[Any, ...]) -> dict[str, int]:
    shares = sigma(attitude + mind.minds.kernel.offset)
    return {p.id: round(1 + 6 * float(shares[mind.minds.map.option[p.id]])) for p in positions}


def _fits(paper: Paper, top: str, bottom: str, mind: Mind) -> bool:
    if paper.meaning is None or mind.utility(paper) <= 0:
        return False
    forbids = paper.meaning.modality.endswith("_not")
    return paper.meaning.option == (bottom if forbids else top)
