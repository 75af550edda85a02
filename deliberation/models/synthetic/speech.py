"""What the synthetic public says: members at tables, the witness, the facilitator. Decides nothing."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.random import Generator

from deliberation.models.requests import Request
from deliberation.models.synthetic.kernel import MEANS
from deliberation.models.synthetic.mind import Mind
from deliberation.models.synthetic.voice import CARES, Voice, facts, held
from deliberation.models.tasks import Answer, Facilitate, Speak, Testify
from deliberation.records.events import Event, Spoke
from deliberation.records.people import VALUES

_TEMPERATURE = 0.6
_STALE = 0.8
_ANSWERS_BACK = 0.9
_REPORTED = 3


def speak(mind: Mind, task: Speak) -> dict[str, Any]:
    """Put one consideration forward, or report what a table said."""
    said = [e for e in mind.request.view.events if isinstance(e, Spoke)]
    if task.reporting:
        return _report(mind, task, said)
    last = next((e for e in reversed(said) if e.id in task.replyable), None)
    a = _choose(mind, said, last)
    stance = mind.stance(a)
    one = mind.consideration(a)
    parts = [_frame(mind, a, stance, last), mind.voice.argue(one, stance, mind.draw)]
    if mind.draw.random() < 0.35:
        parts.append(mind.voice.say("life", mind.draw, care=_care(mind)))
    return {
        "text": " ".join(part for part in parts if part),
        "points": [{"consideration": one.id, "stance": stance}],
        "refs": [last.id] if last is not None and parts[0] else [],
    }


def ask(mind: Mind) -> dict[str, Any]:
    """Ask the witness about what matters much and is held with little certainty."""
    doubt = mind.minds.importance[mind.row] * (1.0 - np.abs(mind.agreement()))
    with_evidence = np.array([bool(c.exhibits) for c in mind.minds.map.considerations])
    weight = doubt * np.where(with_evidence, 1.5, 1.0)
    a = int(mind.draw.choice(len(weight), p=weight / weight.sum()))
    one = mind.consideration(a)
    return {
        "text": mind.voice.say("ask", mind.draw, claim_low=held(one, 1)),
        "points": [{"consideration": one.id, "stance": 1}],
        "refs": [],
    }


def testify(task: Testify, voice: Voice, draw: Generator) -> dict[str, Any]:
    """The dossier, exhibit by exhibit, in its own order."""
    exhibits = list(task.exhibits)
    bears = {a: sign for e in exhibits for a, sign in e.bears.items()}
    return {
        "text": voice.say("testify", draw, facts=facts(exhibits)),
        "points": [{"consideration": a, "stance": sign} for a, sign in bears.items()],
        "refs": [e.id for e in exhibits],
    }


def answer(task: Answer, voice: Voice, draw: Generator) -> dict[str, Any]:
    """The exhibits that bear on what was asked, or that there are none."""
    subjects = {p.consideration for p in task.asked}
    exhibits = [e for e in task.exhibits if subjects & e.bears.keys()]
    if not exhibits:
        return {"text": voice.say("no_answer", draw), "points": [], "refs": []}
    points = {a: e.bears[a] for e in exhibits for a in subjects & e.bears.keys()}
    return {
        "text": voice.say("answer", draw, facts=facts(exhibits)),
        "points": [{"consideration": a, "stance": sign} for a, sign in sorted(points.items())],
        "refs": [e.id for e in exhibits],
    }


def facilitate(task: Facilitate, request: Request, voice: Voice, draw: Generator) -> dict[str, Any]:
    """Bring in whoever has said least at this table."""
    names = {p.id: p.name for p in request.view.roster.members}
    spoken = Counter(names.get(e.speaker, "") for e in request.view.events if isinstance(e, Spoke))
    quiet = min(task.members, key=lambda name: (spoken[name], task.members.index(name)))
    return {"text": voice.say("facilitate", draw, name=quiet), "points": [], "refs": []}


def _choose(mind: Mind, said: list[Spoke], last: Spoke | None) -> int:
    minds, row = mind.minds, mind.row
    lean = np.tanh(minds.map.direction @ (mind.attitude() - mind.attitude().mean()))
    pull = mind.agreement() * lean * minds.importance[row] * 1.36
    for event in said:
        for point in event.points:
            pull[minds.map.place[point.consideration]] -= _STALE / 4
    for point in last.points if last is not None else ():
        at = minds.map.place[point.consideration]
        for a, rebutted in enumerate(minds.map.rebuts):
            if at in rebutted or a in minds.map.rebuts[at]:
                pull[a] += _ANSWERS_BACK
    pull = np.where(minds.aware[row] > 0, pull, -np.inf)
    if not np.isfinite(pull).any():
        pull = np.zeros_like(pull)
    odds = np.exp((pull - pull.max()) / _TEMPERATURE)
    return int(mind.draw.choice(len(odds), p=odds / odds.sum()))


def _frame(mind: Mind, a: int, stance: int, last: Spoke | None) -> str:
    if last is None or not last.points:
        return mind.voice.say("open", mind.draw)
    names = {p.id: p.name for p in mind.request.view.roster.members}
    direction = mind.minds.map.direction
    theirs = last.points[0]
    agree = float(direction[a] @ direction[mind.minds.map.place[theirs.consideration]]) * stance * theirs.stance
    kind = "reply_with" if agree >= 0 else "reply_against"
    return mind.voice.say(kind, mind.draw, name=names.get(last.speaker, "the last speaker"))


def _report(mind: Mind, task: Speak, said: list[Spoke]) -> dict[str, Any]:
    heard: Counter[tuple[str, int]] = Counter()
    for event in _at_last_table(said):
        heard.update((p.consideration, p.stance) for p in event.points)
    if not heard:
        return {"text": mind.voice.say("no_answer", mind.draw), "points": [], "refs": []}
    top = [pair for pair, _ in sorted(heard.items(), key=lambda kv: (-kv[1], kv[0]))[:_REPORTED]]
    told = "; ".join(_told(mind, a, stance) for a, stance in top)
    return {
        "text": mind.voice.say("report", mind.draw, points=told),
        "points": [{"consideration": a, "stance": stance} for a, stance in top],
        "refs": list(task.replyable[-1:]),
    }


def _at_last_table(said: list[Spoke]) -> list[Event]:
    tables = [e.table for e in said if e.table is not None]
    return [e for e in said if tables and e.table == tables[-1]]


def _told(mind: Mind, consideration: str, stance: int) -> str:
    return f"that {held(mind.consideration(mind.minds.map.place[consideration]), stance)}"


def _care(mind: Mind) -> str:
    persona = mind.request.persona
    values = persona.values.array() if persona is not None else [0.0] * len(VALUES)
    return CARES[VALUES[int(np.argmax(np.array(values) - MEANS))]]
