"""What the synthetic public decides: ratings, amendments, votes, rankings, judgments, recollections.

Everything is drawn by the panel's named blocks, so that the batched simulator decides the same.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np

from deliberation.models.synthetic.clauses import FORCE, by_place, relief, votes
from deliberation.models.synthetic.maps import Array, sigma
from deliberation.models.synthetic.mind import Mind
from deliberation.models.synthetic.voice import held
from deliberation.models.synthetic.worlds import shrunk, weighed
from deliberation.models.tasks import Amend, Judge, Paper, Poll, Rank, Recall, Vote, Weigh
from deliberation.records.events import Polled
from deliberation.records.specification import Meaning, sentence

_MOST_CONDITIONS = 2
_LEAST_GAIN = 0.003


def poll(mind: Mind, task: Poll) -> dict[str, Any]:
    """Ratings 1 to 7 of the positions: 1 + 6 sigma(U + offset + noise), rounded."""
    at, kernel, order = mind.request.address, mind.room.kernel, mind.room.index.position
    attitude = mind.room.minds.attitude()
    noise = mind.room.block(lambda draw: draw.standard_normal(attitude.shape), "poll", at.phase, at.round)
    ratings = shrunk(sigma(attitude + kernel.offset + kernel.noise * noise), kernel.fault_variance)[0, mind.row]
    shown = [order[p.id] for p in task.positions]
    ratings[shown] += kernel.fault_position * np.linspace(0.5, -0.5, len(shown))
    return {"ratings": {p.id: seven(ratings[order[p.id]]) for p in task.positions}}


def weigh(mind: Mind, task: Weigh) -> dict[str, Any]:
    """Ratings 1 to 7 of the considerations, as `worlds.weighed` has them; faults are those of the polls."""
    at, kernel, order = mind.request.address, mind.room.kernel, mind.room.index.consideration
    minds = mind.room.minds
    noise = mind.room.block(lambda draw: draw.standard_normal(minds.belief.shape), "weigh", at.phase, at.round)
    ratings = shrunk((weighed(minds, noise) - 1.0) / 6.0, kernel.fault_variance)[0, mind.row]
    shown = [order[c.id] for c in task.considerations]
    ratings[shown] += kernel.fault_position * np.linspace(0.5, -0.5, len(shown))
    return {"ratings": {c.id: seven(ratings[order[c.id]]) for c in task.considerations}}


def recall(mind: Mind, task: Recall) -> dict[str, Any]:
    """One's own first ratings as one gave them, and the facts of one's life."""
    me = mind.request.address.speaker
    own = next((e for e in mind.request.view.events if isinstance(e, Polled) and e.speaker == me), None)
    persona = mind.request.persona
    felt = sigma(mind.attitude() + mind.room.kernel.offset)
    guess = {p.id: seven(felt[mind.room.index.position[p.id]]) for p in task.positions}
    return {
        "ratings": dict(own.ratings) if own else guess,
        "facts": {f: persona.attributes[f] for f in task.facts} if persona else {},
    }


def vote(mind: Mind, task: Vote) -> dict[str, Any]:
    """One mark a clause, with the consideration that weighs most for what one decided."""
    return {"ballots": [_mark(mind, paper, place, len(task.slate)) for place, paper in enumerate(task.slate)]}


def rank(mind: Mind, task: Rank) -> dict[str, Any]:
    """Wordings by what they are worth; those that mean the same share a place, unless only the best few are wanted."""
    worth = {paper.clause.id: round(mind.utility(paper), 12) for paper in task.options}
    order = sorted(worth, key=lambda id_: (-worth[id_], id_))
    if task.places:
        return {"ranking": [[id_] for id_ in order[: task.places]]}
    return {"ranking": [list(tied) for _, tied in groupby(order, key=worth.__getitem__)]}


def judge(mind: Mind, task: Judge) -> dict[str, Any]:
    """Responses by the attitude to the position that each acts out, with noise; relies on clauses supported."""
    whole = next((c for c in mind.room.roster.question.cases if c.id == task.case.id), task.case)
    names = sorted(r.id for r in whole.responses)
    size = (len(mind.room.row), len(names))
    noise = mind.room.block(lambda draw: draw.standard_normal(size), "judge", mind.request.address.phase, task.case.id)
    of = {name: 0.5 * mind.room.kernel.noise * float(noise[mind.row, k]) for k, name in enumerate(names)}
    attitude = mind.attitude()
    worth = {r.id: float(attitude[mind.room.index.position[r.position]]) + of[r.id] for r in task.case.responses}
    order = sorted(task.case.responses, key=lambda r: (-worth[r.id], r.id))
    relied = [p.clause.id for p in task.slate if _fits(p, order[0].position, order[-1].position, mind)]
    return {"ranking": [[r.id] for r in order[: task.places or None]], "clauses": sorted(relied), "reason": ""}


def amend(mind: Mind, task: Amend) -> dict[str, Any]:
    """The proviso that gains most by half one's own gain and half the assembly's, where it gains at all.

    Only such as meet an objection of one's own are moved.
    """
    contributions = mind.room.minds.contributions()[0]
    gains = relief(contributions, mind.room.kernel)  # n x K x J
    best: tuple[float, Paper, int] | None = None
    for paper in task.slate:
        meaning = paper.meaning
        if meaning is None or FORCE[meaning.modality] < 0 or len(meaning.conditions) >= _MOST_CONDITIONS:
            continue
        j = mind.room.index.position[meaning.option]
        gain = FORCE[meaning.modality] * (0.5 * gains[mind.row, :, j] + 0.5 * gains[:, :, j].mean(axis=0))
        gain[contributions[mind.row, :, j] >= 0.0] = -np.inf
        gain[[mind.room.index.consideration[c] for c in meaning.conditions]] = -np.inf
        a = int(np.argmax(gain))
        if gain[a] > _LEAST_GAIN and (best is None or gain[a] > best[0]):
            best = (float(gain[a]), paper, a)
    return {"clause": None} if best is None else _amendment(mind, best[1], best[2])


def seven(share: float) -> int:
    """A share as a level from 1 to 7."""
    return int(min(7, max(1, round(1.0 + 6.0 * float(share)))))


def _mark(mind: Mind, paper: Paper, place: int, slate: int) -> dict[str, Any]:
    kernel, size = mind.room.kernel, len(mind.room.row)
    uniform = mind.room.block(lambda draw: draw.random(size), "vote", mind.request.address.phase, paper.clause.id)
    worth = _everyones(mind, paper)
    if kernel.fault_position and slate > 1:
        worth = by_place(worth, np.full_like(worth, place / (slate - 1)), kernel)
    cast = votes(worth[None, :, None], uniform[None, :, None], kernel)
    share = float(cast.share[0, mind.row, 0])
    supports = bool(cast.supports[0, mind.row, 0])
    choice = "abstain" if cast.abstains[0, mind.row, 0] else "support" if supports else "oppose"
    a = mind.main_reason(paper, for_it=choice != "oppose")
    one, stance = mind.consideration(a), mind.stance(a)
    return {
        "clause": paper.clause.id,
        "choice": choice,
        "rating": seven(share),
        "reason": mind.voice.say(choice, mind.draw, claim_low=held(one, stance)),
        "points": [{"consideration": one.id, "stance": stance}],
    }


def _everyones(mind: Mind, paper: Paper) -> Array:
    """The clause's worth to every member, n; without a stated meaning, to this one alone."""
    if paper.meaning is None:
        return np.full(len(mind.room.row), mind.utility(paper))
    return mind.room.worth(paper.meaning)


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


def _fits(paper: Paper, top: str, bottom: str, mind: Mind) -> bool:
    if paper.meaning is None or mind.utility(paper) <= 0:
        return False
    forbids = paper.meaning.modality.endswith("_not")
    return paper.meaning.option == (bottom if forbids else top)
