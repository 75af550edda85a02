"""The synthetic clerk's worked examples, and how it tells from two replies alone which clause they are of. No more.

The request is a case of the question; a reply takes it in and says how it goes about it, with the clause's own action
as done or as not done. Plain, true to the clause, and not to be mistaken for what an assistant would say: replies that
act a position out would give themselves away by their authors' style. Closing words see to it that neither side is the
longer one more often.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from string import Template
from typing import Any

from numpy.random import Generator

from deliberation.models.exemplary import Exemplify, Recognise
from deliberation.models.synthetic.clerical import read
from deliberation.models.synthetic.voice import Voice
from deliberation.records.agenda import Question
from deliberation.records.base import normalised
from deliberation.records.specification import Clause

_SLACK = 12
"""Characters by which one reply may be made the longer, at random."""
_CONDUCT = {
    "must": ("always $action", "never $action"),
    "should": ("as a rule $action", "as a rule do not $action"),
    "may": ("am free to $action", "am not free to $action"),
}
"""What completes "I ...", by force: as it is done, and as it is not."""
_FORCE = {
    "must": re.compile(r"\b(always|never)\b"),
    "should": re.compile(r"\b(as a rule|usually|normally)\b"),
    "may": re.compile(r"\b(free|allowed|permitted)\b"),
}
_NOT = re.compile(r"\b(not|never)\b")
_STATED = 0.6


def exemplify(task: Exemplify, question: Question, voice: Voice, draw: Generator) -> dict[str, Any]:
    """Examples from the cases offered, in their order; none where the clause is on no position of the question."""
    own = read(task.clause, question)
    if own.position is None:
        return {"examples": []}
    action = next(p.action for p in question.positions if p.id == own.position)
    found = []
    for case in task.cases[: task.number]:
        opening = voice.say("acknowledge", draw)
        done, undone = (f"{opening} {_conduct(task.clause, action, voice, draw, done=d)}" for d in (True, False))
        acts, leaves = _evened((done, undone), voice, draw)
        complies, violates = (acts, leaves) if own.bids else (leaves, acts)
        found.append({"case": case.id, "prompt": case.prompt, "complies": complies, "violates": violates})
    return {"examples": found}


def recognise(task: Recognise, question: Question) -> dict[str, Any]:
    """The clause whose action and scope the replies speak of most, of the force they speak with, and who complies."""
    said = " ".join(task.replies)
    best = max(task.clauses, key=lambda clause: (_likeness(clause, said, question), clause.id))
    own = read(best, question)
    done = [_does(reply, best, own.position, question) for reply in task.replies]
    complies = "a" if (done[0] - done[1] > 0) == own.bids else "b"
    return {"clause": best.id, "complies": complies}


def _conduct(clause: Clause, action: str, voice: Voice, draw: Generator, *, done: bool) -> str:
    forms = _CONDUCT[clause.norm.removesuffix("_not")]
    told = Template(forms[0] if done else forms[1]).substitute(action=f"{action}{_scope(clause)}")
    return voice.say("conduct", draw, conduct=told)


def _scope(clause: Clause) -> str:
    when = f", provided that {' and that '.join(clause.applies_when)}" if clause.applies_when else ""
    unless = f", except where {' or where '.join(clause.exceptions)}" if clause.exceptions else ""
    return when + unless


def _evened(texts: tuple[str, str], voice: Voice, draw: Generator) -> tuple[str, str]:
    """Both with closing words, so that their lengths differ by a few characters drawn by lot, either way."""
    wanted = int(draw.integers(-_SLACK, _SLACK + 1))
    closings = voice.every("closing")
    pairs = [(a, b) for a in closings for b in closings]
    sizes = [len(_closed(texts[0], a)) - len(_closed(texts[1], b)) for a, b in pairs]
    best = min(range(len(pairs)), key=lambda n: (abs(sizes[n] - wanted), n))
    return _closed(texts[0], pairs[best][0]), _closed(texts[1], pairs[best][1])


def _closed(text: str, closing: str) -> str:
    return f"{text} {closing}".strip()


def _likeness(clause: Clause, said: str, question: Question) -> float:
    """Words of the clause's action and scope that the replies hold, less those of other scopes, and its force."""
    own = read(clause, question)
    action = next((p.action for p in question.positions if p.id == own.position), clause.text)
    heard = set(normalised(said).split())
    parts = [_held(action, heard), *(_held(part, heard) for part in (*clause.applies_when, *clause.exceptions))]
    named = {*clause.applies_when, *clause.exceptions}
    unnamed = [p for p in _provisos(question) if p not in named and _held(p, heard) >= 1.0]
    force = bool(_FORCE[clause.norm.removesuffix("_not")].search(_conduct_of(said, action)))
    return min(parts) + 0.5 * force - 0.5 * len(unnamed)


def _provisos(question: Question) -> Iterator[str]:
    return (c.proviso for c in question.considerations)


def _conduct_of(said: str, action: str) -> str:
    """The sentences that hold most of an action's words."""
    sentences = [s.casefold() for s in re.split(r"(?<=[.!?]) ", said)]
    most = max(_held(action, set(normalised(s).split())) for s in sentences)
    return " ".join(s for s in sentences if _held(action, set(normalised(s).split())) >= most)


def _does(reply: str, clause: Clause, position: str | None, question: Question) -> int:
    """Whether a reply says of itself that it acts the clause's position out: 1, that it does not: -1, or neither: 0."""
    action = next((p.action for p in question.positions if p.id == position), "")
    told = normalised(_conduct_of(reply, action))
    if _held(action, set(told.split())) < _STATED:
        return 0
    for part in (normalised(action), *map(normalised, (*clause.applies_when, *clause.exceptions))):
        told = told.replace(part, " ")  # a "not" in what is done, or in a condition, turns nothing round
    return -1 if len(_NOT.findall(told)) % 2 else 1


def _held(text: str, heard: set[str]) -> float:
    """Share of a text's different words that were heard."""
    words: Sequence[str] = tuple(dict.fromkeys(normalised(text).split()))
    return sum(word in heard for word in words) / len(words) if words else 0.0
