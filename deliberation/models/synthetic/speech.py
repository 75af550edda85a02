"""What the synthetic public says: members at tables, the witness, the facilitator. Decides nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, assert_never

import numpy as np
from numpy.random import Generator

from deliberation.models.prompts import length_of
from deliberation.models.requests import Request
from deliberation.models.synthetic.hearing import Hearing
from deliberation.models.synthetic.maps import MEANS
from deliberation.models.synthetic.mind import Mind
from deliberation.models.synthetic.voice import CARES, Voice, contrary, facts, held
from deliberation.models.synthetic.witness import evidence, exhibits_for, points_of, reply_of
from deliberation.models.synthetic.worlds import chosen
from deliberation.models.tasks import Answer, Explain, Facilitate, Rebut, Speak, Testify
from deliberation.records.agenda import Consideration, Exhibit
from deliberation.records.events import Event, Spoke, Testified
from deliberation.records.people import VALUES
from deliberation.settings import Witness

_REPORTED = 3
_FOREMOST = 2
_OPENING = "open"
_LONGEST = 4000
_PERSONAL = 0.35
_CITED = 0.25


def speak(mind: Mind, task: Speak) -> dict[str, Any]:  # noqa: PLR0911  one arm a purpose
    """Speak for whatever it is wanted for."""
    match task.purpose:
        case "reasons":
            return _argue(mind, task)
        case "report":
            return _report(mind, task, [e for e in mind.request.view.events if isinstance(e, Spoke)])
        case "stance_only":
            return _stance(mind)
        case "opinion":
            return _said(mind, _foremost(mind), _OPENING)
        case "critique" | "minority":
            return _objection(mind, task)
        case "reflection":
            return _reflection(mind)
        case "wish":
            return {"text": mind.voice.say("wish", mind.draw, care=_care(mind)), "points": [], "refs": []}
        case "sham":
            return {"text": mind.voice.say("inert", mind.draw), "points": [], "refs": []}
        case never:
            assert_never(never)


def _argue(mind: Mind, task: Speak) -> dict[str, Any]:
    """One consideration, put forward or rejected, in reply to what was said last."""
    said = [e for e in mind.request.view.events if isinstance(e, Spoke)]
    last = next((e for e in reversed(said) if e.id in task.replyable), None)
    a = _choose(mind)
    stance = mind.stance(a)
    one = mind.consideration(a)
    parts = [_frame(mind, a, stance, last), mind.voice.argue(one, stance, mind.draw), *_grounds(mind, a, stance)]
    return {
        "text": " ".join(part for part in parts if part),
        "points": [{"consideration": one.id, "stance": stance}],
        "refs": [last.id] if last is not None and parts[0] else [],
    }


def _foremost(mind: Mind) -> list[int]:
    """The considerations that weigh most for the position one favours."""
    favoured = int(np.argmax(mind.attitude()))
    weight = mind.importance() * mind.agreement() * mind.room.minds.maps.direction[0, :, favoured]
    return [int(a) for a in np.argsort(-weight, kind="stable")[:_FOREMOST]]


def _said(mind: Mind, places: list[int], opening: str) -> dict[str, Any]:
    """Several considerations in one's own words."""
    told = [(a, mind.stance(a)) for a in places]
    words = [mind.voice.argue(mind.consideration(a), stance, mind.draw) for a, stance in told]
    return {
        "text": " ".join(part for part in (mind.voice.say(opening, mind.draw), *words) if part),
        "points": [{"consideration": mind.consideration(a).id, "stance": stance} for a, stance in told],
        "refs": [],
    }


def _objection(mind: Mind, task: Speak) -> dict[str, Any]:
    """What weighs most against the clause that one likes least of those asked about."""
    paper = min(task.about, key=lambda p: (mind.utility(p), p.clause.id))
    a = mind.main_reason(paper, for_it=False)
    one, stance = mind.consideration(a), mind.stance(a)
    return {
        "text": mind.voice.say("oppose", mind.draw, claim_low=held(one, stance)),
        "points": [{"consideration": one.id, "stance": stance}],
        "refs": [],
    }


def _reflection(mind: Mind) -> dict[str, Any]:
    """Every consideration that one has the patience for, whether one had thought of it before or not."""
    at = mind.request.address
    size = (len(mind.room.row), len(mind.room.index.consideration))
    uniform = mind.room.block(lambda draw: draw.random(size), "reflection", at.phase, at.round)[mind.row]
    taken = [int(a) for a in np.flatnonzero(uniform < mind.room.kernel.attention)]
    points = [(mind.consideration(a), mind.stance(a)) for a in taken]
    told = "; ".join(held(one, stance) for one, stance in points) or "nothing comes to mind"
    return {
        "text": mind.voice.say("reflect", mind.draw, points=told)[:_LONGEST],
        "points": [{"consideration": one.id, "stance": stance} for one, stance in points],
        "refs": [],
    }


def ask(mind: Mind) -> dict[str, Any]:
    """Ask the witness about what matters much and is held with little certainty, evidence or none."""
    at = mind.request.address
    uniform = mind.room.block(_uniform(mind), "ask", at.phase, at.round, at.item)[mind.row : mind.row + 1]
    a = int(chosen(mind.room.minds.doubts()[:, mind.row], uniform)[0])
    one = mind.consideration(a)
    return {
        "text": mind.voice.say("ask", mind.draw, claim_low=held(one, 1)),
        "points": [{"consideration": one.id, "stance": 1}],
        "refs": [],
    }


def testify(task: Testify, request: Request, room: Hearing, voice: Voice, draw: Generator) -> dict[str, Any]:
    """The dossier as this witness presents it, exhibit by exhibit, in its own order."""
    question = request.view.roster.question
    points = points_of(task.exhibits, question, task.witness, room.kernel)
    exhibits = list(task.exhibits) if task.witness.kind == "neutral" else exhibits_for(points, task.exhibits)
    if task.witness.kind == "inert":
        return {"text": _idle(task.exhibits, voice, draw), "points": [], "refs": []}
    told = _told_by(task.witness, points, exhibits, request)
    return _statement(voice.say("testify", draw, facts=told), points, exhibits)


def rebut(task: Rebut, request: Request, room: Hearing, voice: Voice, draw: Generator) -> dict[str, Any]:
    """What this witness has to say to the others, or that it has nothing to add."""
    question = request.view.roster.question
    own = points_of(task.exhibits, question, task.witness, room.kernel)
    others = [{p.consideration: int(p.stance) for p in points} for points in task.said.values()]
    points = reply_of(own, others)
    exhibits = exhibits_for(points, task.exhibits)
    if not exhibits:
        return {"text": voice.say("nothing_to_add", draw), "points": [], "refs": []}
    told = _told_by(task.witness, points, exhibits, request)
    return _statement(voice.say("rebut", draw, facts=told), points, exhibits)


def explain(task: Explain, voice: Voice, draw: Generator) -> dict[str, Any]:
    """What the exhibits say on a member's question, on balance, or that they do not tell."""
    subjects = {p.consideration for p in task.asked}
    points = {a: stance for a, stance in evidence(task.exhibits).items() if a in subjects}
    exhibits = exhibits_for(points, task.exhibits)
    if not exhibits:
        return {"text": voice.say("no_answer", draw), "points": [], "refs": []}
    return _statement(voice.say("explain", draw, facts=facts(exhibits)), points, exhibits)


def _told_by(witness: Witness, points: dict[str, int], exhibits: list[Exhibit], request: Request) -> str:
    """What the exhibits say in this witness's mouth: their words, or the contrary of what they show."""
    if witness.kind == "false_claims":
        return contrary(points, exhibits, request.view.roster.question.considerations)
    return facts(exhibits)


def _idle(exhibits: Sequence[Exhibit], voice: Voice, draw: Generator) -> str:
    """Words that bear on nothing, as many as a neutral testimony would take, about."""
    wanted, said = length_of(exhibits), list[str]()
    while sum(len(part.split()) for part in said) < wanted:
        said.append(voice.say("inert", draw))
    return " ".join(said)[:_LONGEST]


def answer(task: Answer, request: Request, room: Hearing, voice: Voice, draw: Generator) -> dict[str, Any]:
    """The exhibits that bear on what was asked, as this witness has them, or that there are none."""
    question = request.view.roster.question
    subjects = {p.consideration for p in task.asked}
    made = points_of(task.exhibits, question, task.witness, room.kernel)
    points = {a: stance for a, stance in made.items() if a in subjects}
    exhibits = exhibits_for(points, task.exhibits)
    if not exhibits:
        return {"text": voice.say("no_answer", draw), "points": [], "refs": []}
    told = _told_by(task.witness, points, exhibits, request)
    return _statement(voice.say("answer", draw, facts=told), points, exhibits)


def facilitate(task: Facilitate, request: Request, voice: Voice, draw: Generator) -> dict[str, Any]:
    """Bring in whoever has said least at this table; where wanted call on all, those who said less first."""
    here = request.address.table
    spoken = Counter(e.speaker for e in request.view.events if isinstance(e, Spoke) and e.table == here)
    order = sorted(task.members, key=lambda member: spoken[member])
    name = task.members[order[0]]
    return {"text": voice.say("facilitate", draw, name=name), "points": [], "refs": order if task.calls else []}


def _statement(text: str, points: dict[str, int], exhibits: list[Any]) -> dict[str, Any]:
    return {
        "text": text,
        "points": [{"consideration": a, "stance": stance} for a, stance in points.items()],
        "refs": [e.id for e in exhibits],
    }


def _stance(mind: Mind) -> dict[str, Any]:
    """The position one favours, without a reason."""
    position = mind.room.roster.question.positions[int(np.argmax(mind.attitude()))]
    return {"text": mind.voice.say("stance", mind.draw, action=position.action), "points": [], "refs": []}


def _choose(mind: Mind) -> int:
    at = mind.request.address
    uniform = mind.room.block(_uniform(mind), "choice", at.phase, at.round, at.table, at.item)[mind.row : mind.row + 1]
    score = mind.room.minds.considerations_to_say(
        np.array([mind.row]), mind.room.present(at.table), np.array([mind.room.last.get(at.table, -1)])
    )
    return int(chosen(np.exp(score - score.max()), uniform)[0])


def _uniform(mind: Mind) -> Any:
    number = len(mind.room.row)
    return lambda draw: draw.random(number)


def _frame(mind: Mind, a: int, stance: int, last: Spoke | None) -> str:
    if last is None or not last.points:
        return mind.voice.say("open", mind.draw)
    names = {p.id: p.name for p in mind.request.view.roster.members}
    direction = mind.room.minds.maps.direction[0]
    theirs = last.points[0]
    agree = float(direction[a] @ direction[mind.room.index.consideration[theirs.consideration]])
    kind = "reply_with" if agree * stance * theirs.stance >= 0 else "reply_against"
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
    """What was said at the table where one sat last."""
    seats = [(e.phase, e.round, e.table) for e in said if e.table is not None]
    return [e for e in said if seats and (e.phase, e.round, e.table) == seats[-1]]


def _told(mind: Mind, consideration: str, stance: int) -> str:
    return f"that {held(mind.consideration(mind.room.index.consideration[consideration]), stance)}"


def _grounds(mind: Mind, a: int, stance: int) -> list[str]:
    """Now and then, the exhibit that one goes by or the life that one speaks from."""
    chance = mind.draw.random()
    exhibit = _exhibit(mind, mind.consideration(a), stance)
    if exhibit is not None and chance < _CITED:
        return [mind.voice.say("cite", mind.draw, title=_quoted(exhibit.title))]
    if chance > 1.0 - _PERSONAL:
        age = mind.request.persona.attributes.get("age") if mind.request.persona is not None else None
        if age is not None and mind.draw.random() < 0.5:
            return [mind.voice.say("life_age", mind.draw, care=_care(mind), age=age)]
        return [mind.voice.say("life", mind.draw, care=_care(mind))]
    return []


def _exhibit(mind: Mind, one: Consideration, stance: int) -> Exhibit | None:
    """An exhibit that the witness has brought and that bears the way one argues."""
    brought = {ref for e in mind.request.view.events if isinstance(e, Testified) for ref in e.refs}
    exhibits = mind.room.roster.dossier.exhibits
    return next((e for e in exhibits if e.id in brought and e.bears.get(one.id) == stance), None)


def _quoted(title: str) -> str:
    return f'"{title.rstrip(".")}"'


def _care(mind: Mind) -> str:
    persona = mind.request.persona
    values = persona.profile() if persona is not None else [0.0] * len(VALUES)
    return CARES[VALUES[int(np.argmax(np.array(values) - MEANS))]]
