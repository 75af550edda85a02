"""How the synthetic clerk judges clauses: by rules over their words and the argument map. Knows no clause's meaning.

It reads a clause as norm, action and scope. An action is told by the position whose words it shares most, else by its
own words; a "not", or a verb of leaving, turns it round. It is a reading, and can be wrong: what it gets wrong is
measured, by planting clauses whose relations are known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from deliberation.models.clerical import Divide, Entail, Relate
from deliberation.models.synthetic.reading import Reader
from deliberation.records.agenda import Question
from deliberation.records.base import normalised
from deliberation.records.specification import NORM_WORDS, Clause, Norm, Relation

_NOT = re.compile(r"\b(not|never|no longer|refuse to|refrain from|avoid|stop|decline to)\b")
_HEAD = re.compile(r"^(the|an|any|every) (ai |artificial intelligence )?(assistant|model|system|ai)s? ")
_SCOPE = re.compile(r"\b(provided that|except where|as long as|only if|only when|unless|if|when|where)\b")
_JOINT = re.compile(r",? (?:and|but|;)?,? ?(?=(?:it |the assistant )?(?:must|should|may)\b)|; ")
_FILLERS = frozenset(
    "a an the of to that and or it its their his her as is are be been in on at by for with from this these those any "  # noqa: SIM905  a list of forty words
    "each own so than then what which who them they person s".split()
)
_ALIKE = 0.5
_OPPOSED = -0.6
_NEAR = 0.35


class Read(NamedTuple):
    """A clause as read: force, whether it bids or forbids, which position or else which words, and under what scope."""

    norm: Norm
    bids: bool
    position: str | None
    words: frozenset[str]
    when: frozenset[str]
    unless: frozenset[str]


def judge(task: Divide | Relate | Entail, question: Question) -> dict[str, Any]:
    """The reply to a clerical task."""
    match task:
        case Divide():
            return {"parts": parts_of(task.clause), "why": ""}
        case Relate():
            own = read(task.clause, question)
            told = {other.id: relation(own, read(other, question), question) for other in task.others}
            return {"relations": {id_: {"relation": word, "why": ""} for id_, word in told.items()}}
        case Entail():
            own = read(task.clause, question)
            stance = None if own.position is None else "for" if own.bids else "against"
            verdict = borne_out(task.clause, question)
            return {"verdict": verdict, "why": "", "position": own.position, "stance": stance}


def read(clause: Clause, question: Question) -> Read:
    """Norm, action and scope of a clause, from its words."""
    scope = {part: frozenset(_content(part)) for part in (*clause.applies_when, *clause.exceptions)}
    action = _action(clause)
    turned = len(_NOT.findall(action)) % 2 == 1
    position, refused = _position(action, question)
    bids = (not clause.norm.endswith("_not")) != (turned != refused)
    words = frozenset(_content(_NOT.sub(" ", action)))
    when = frozenset(" ".join(sorted(scope[part])) for part in clause.applies_when)
    unless = frozenset(" ".join(sorted(scope[part])) for part in clause.exceptions)
    return Read(clause.norm, bids, position, words, when, unless)


def relation(one: Read, other: Read, question: Question) -> Relation:
    """What one clause is to another."""
    if not _same_action(one, other):
        both_bid = one.bids and other.bids and "may" not in {one.norm, other.norm}
        excluded = both_bid and _exclude(one.position, other.position, question)
        return "contradicts" if excluded and not _apart(one, other) else "different"
    if one.bids != other.bids:
        return "different" if _apart(one, other) else "contradicts"
    if _force(one.norm) != _force(other.norm):
        return "different"
    if (one.when, one.unless) == (other.when, other.unless):
        return "same"
    if one.when >= other.when and one.unless >= other.unless:
        return "narrower"
    return "broader" if one.when <= other.when and one.unless <= other.unless else "different"


def parts_of(clause: Clause) -> list[dict[str, Any]]:
    """A clause cut where it says a second norm, each part with the scope that it holds; nothing where it says one."""
    whole = clause.text.rstrip(". ")
    for n, part in enumerate((*clause.applies_when, *clause.exceptions)):  # no cut within a condition
        whole = whole.replace(part, f"<{n}>")
    cuts = [piece.strip(" ,;.") for piece in _JOINT.split(whole)]
    pieces = [piece for piece in cuts if len(piece.split()) > 2]
    if len(pieces) < 2:
        return []
    head = "The assistant "
    scope = [*clause.applies_when, *clause.exceptions]
    found = []
    for shown in pieces:
        piece = re.sub(r"<(\d+)>", lambda number: scope[int(number[1])], shown)
        text = piece if piece.casefold().startswith(head.casefold()) else head + re.sub(r"^it ", "", piece)
        norm = _norm_said(shown)
        if norm is None:
            return []
        held = f" {normalised(text)} "
        found.append(
            {
                "norm": norm, "text": f"{text}.",
                "applies_when": [p for p in clause.applies_when if f" {normalised(p)} " in held],
                "exceptions": [p for p in clause.exceptions if f" {normalised(p)} " in held],
            }
        )  # fmt: skip
    return found


def borne_out(clause: Clause, question: Question) -> str:
    """Whether the sentences for a clause put forward what speaks for its position."""
    own = read(clause, question)
    if any(normalised(s.quote) == normalised(clause.text) for s in clause.sources if s.stance == "for"):
        return "entailed"
    reader = Reader(question)
    said = [(s.stance, point) for s in clause.sources for point in reader.points(s.quote)]
    if own.position is None or not said:
        return "not_entailed"
    lean = {c.id: c.direction[own.position] for c in question.considerations}
    sign = 1.0 if own.bids else -1.0
    pushes = [sign * lean[p.consideration] * p.stance for stance, p in said if stance == "for"]
    if not pushes:
        return "not_entailed"
    if sum(pushes) <= 0:
        return "contradicted" if all(push < 0 for push in pushes) else "partly"
    return "entailed" if min(pushes) > 0 else "partly"


def _action(clause: Clause) -> str:
    """What is to be done: the text without subject, norm and scope."""
    text = f"{normalised(clause.text)} "
    for part in (*clause.applies_when, *clause.exceptions):
        text = text.replace(f" {normalised(part)} ", " ")
    text = _HEAD.sub("", text)
    text = re.sub(rf"^{NORM_WORDS[clause.norm].replace('not', '(not|never)')} ", "", text)
    return _SCOPE.sub(" ", text).strip() if clause.applies_when or clause.exceptions else text.strip()


def _position(action: str, question: Question) -> tuple[str | None, bool]:
    """The position whose action these words are nearest to, if any is near, and whether that action itself refuses."""
    words = frozenset(_content(_NOT.sub(" ", action)))
    likeness = {
        p.id: _overlap(words, frozenset(_content(_NOT.sub(" ", normalised(p.action))))) for p in question.positions
    }
    best = max(likeness, key=likeness.__getitem__, default=None)
    if best is None or likeness[best] < _NEAR:
        return None, False
    of = next(p for p in question.positions if p.id == best)
    return best, len(_NOT.findall(normalised(of.action))) % 2 == 1


def _same_action(one: Read, other: Read) -> bool:
    if one.position is not None or other.position is not None:
        return one.position == other.position
    return _overlap(one.words, other.words) >= _ALIKE


def _exclude(one: str | None, other: str | None, question: Question) -> bool:
    """Whether two positions exclude one another: what speaks for one speaks against the other (cosine of leanings)."""
    if one is None or other is None or one == other:
        return False
    a = [c.direction[one] for c in question.considerations]
    b = [c.direction[other] for c in question.considerations]
    size = (sum(x * x for x in a) * sum(y * y for y in b)) ** 0.5
    return bool(size > 0 and sum(x * y for x, y in zip(a, b, strict=True)) / size <= _OPPOSED)


def _apart(one: Read, other: Read) -> bool:
    """Whether the cases of one are the very exceptions of the other."""
    return bool(one.when & other.unless or other.when & one.unless)


def _force(norm: Norm) -> str:
    return norm.removesuffix("_not")


def _norm_said(text: str) -> Norm | None:
    found = re.search(r"\b(must|should|may)\b( not| never)?", text)
    if found is None:
        return None
    word = f"{found[1]}_not" if found[2] else found[1]
    return word if word in NORM_WORDS else None


def _content(text: str) -> Iterable[str]:
    return (word for word in normalised(text).split() if word not in _FILLERS)


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Shared words over all words (Jaccard 1901)."""
    return len(one & other) / len(one | other) if one | other else 0.0
