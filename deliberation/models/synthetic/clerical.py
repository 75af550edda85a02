"""How the synthetic clerk judges clauses: by rules over their words and the argument map. Knows no clause's meaning.

It reads a clause as norm, action and scope. An action is told by the position whose words it shares most, a condition
by the consideration whose proviso it repeats, else both by their own words; a "not", or a verb of leaving, turns either
round. It is a reading, and can be wrong. Of planted clauses it finds about 9 of 10 pairs of wordings to be one, and
hardly ever two clauses, in rewordings by rule, half of them held out (`benchmarks/distilling.py`); people word things
more freely than that.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from deliberation.models.clerical import Divide, Entail, Relate
from deliberation.models.synthetic.reading import Reader
from deliberation.records.agenda import Question
from deliberation.records.base import normalised, plain
from deliberation.records.specification import NORM_WORDS, Clause, Norm, Relation

_NOT = re.compile(
    r"\b(not|never|no longer|(?:fail|refuse|decline|neglect|omit|forget) to|(?:refrain|abstain) from|avoid|stop)\b"
)
"""What turns an action round: negations, and verbs that imply that it is not done (Karttunen 1971)."""
_NORM = r"(?:must|should|may)(?: not| never)?\b"
_WHO = r"(?:it|(?:the|an|any|every)(?: \w+){1,3}?)"
_WHEN = r"(?:provided|providing|on condition) that|(?:as|so) long as|only (?:if|when|where)|if|when|where"
_UNLESS = r"(?:except|save|other than) (?:if|when|where)|unless"
_SCOPE = re.compile(rf"(?:^|, )(?:(?P<unless>{_UNLESS})|(?:{_WHEN})) ", re.IGNORECASE)
_FRONTED = re.compile(rf"^(?P<scope>(?:{_UNLESS}|{_WHEN}) .+?), (?={_WHO} {_NORM})", re.IGNORECASE)
_HEAD = re.compile(rf"(?:.*? )??{_NORM},? ", re.IGNORECASE)
_JOINT = re.compile(rf"(?:(?P<mark>[,;.])(?: and| but)?| and| but) (?:{_WHO} )?(?:also )?(?={_NORM})", re.IGNORECASE)
_OPEN = re.compile(r"\b(?:that|as|if|when|where|unless|what|who|which)\b")
_FILLERS = frozenset(
    "a an the of to that and or it its their his her as is are be been in on at by for with from this these those any "  # noqa: SIM905  a list of forty words
    "each own so than then what which who them they person s also".split()
)
_ALIKE = 0.5
_OPPOSED = -0.6
_NEAR = 0.35
_REPEATED, _RECALLED = 0.75, 0.5
"""Share of a proviso's words, by rarity, that a condition holds: it is that one, or that one if none is nearer."""


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
    action, when, unless = _taken_apart(clause)
    position, refused = _position(action, question)
    bids = (not clause.norm.endswith("_not")) != (_turned(action) != refused)
    scope = [frozenset(case for part in parts for case in _cases(part, question)) for parts in (when, unless)]
    return Read(clause.norm, bids, position, _content(action), *scope)


def relation(one: Read, other: Read, question: Question) -> Relation:
    """What one clause is to another."""
    if not _same_action(one, other):
        both_bid = one.bids and other.bids and "may" not in {one.norm, other.norm}
        excluded = both_bid and _exclude(one.position, other.position, question)
        return "contradicts" if excluded and not _apart(one, other) else "different"
    if one.bids != other.bids:
        free = one.norm == other.norm == "may"  # what may be done may be left undone
        return "different" if free or _apart(one, other) else "contradicts"
    if one.norm.removesuffix("_not") != other.norm.removesuffix("_not"):
        return "different"
    if (one.when, one.unless) == (other.when, other.unless):
        return "same"
    if one.when >= other.when and one.unless >= other.unless:
        return "narrower"
    return "broader" if one.when <= other.when and one.unless <= other.unless else "different"


def parts_of(clause: Clause) -> list[dict[str, Any]]:
    """A clause cut where it says a second norm, each part with the scope that it holds; nothing where it says one."""
    scope = (*clause.applies_when, *clause.exceptions)
    found = []
    for n, shown in enumerate(_pieces(_masked(clause.text, scope))):  # no cut within a condition
        norm = _norm_said(shown if n else _FRONTED.sub("", shown))
        if norm is None:
            return []
        piece = re.sub(r"<(\d+)>", lambda number: scope[int(number[1])], shown)
        text = f"The assistant {piece}." if n else f"{piece}."
        held = f" {normalised(text)} "
        found.append(
            {
                "norm": norm, "text": text,
                "applies_when": [p for p in clause.applies_when if f" {normalised(p)} " in held],
                "exceptions": [p for p in clause.exceptions if f" {normalised(p)} " in held],
            }
        )  # fmt: skip
    return found if len(found) > 1 else []


def borne_out(clause: Clause, question: Question) -> str:
    """Whether the sentences for a clause put forward what speaks for its position."""
    own = read(clause, question)
    if any(normalised(s.quote) == normalised(clause.text) for s in clause.sources if s.stance == "for"):
        return "entailed"
    if own.position is None:
        return "not_entailed"
    reader = Reader(question)
    said = [(s.stance, point) for s in clause.sources for point in reader.points(s.quote)]
    lean = {c.id: c.direction[own.position] for c in question.considerations}
    sign = 1.0 if own.bids else -1.0
    pushes = [sign * lean[p.consideration] * p.stance for stance, p in said if stance == "for"]
    if not pushes:
        return "not_entailed"
    if sum(pushes) <= 0:
        return "contradicted" if all(push < 0 for push in pushes) else "partly"
    return "entailed" if min(pushes) > 0 else "partly"


def _masked(text: str, scope: Sequence[str]) -> str:
    """A text with its conditions and exceptions replaced by their numbers."""
    whole = plain(text).rstrip(". ")
    for n, part in sorted(enumerate(scope), key=lambda one: -len(one[1])):
        whole = whole.replace(plain(part), f"<{n}>")
    return whole


def _pieces(masked: str) -> list[str]:
    """A text cut before each norm but the first; where something depends on a "that" or an "if", only after a comma."""
    fronted = _FRONTED.match(masked)
    first = _HEAD.match(masked, fronted.end() if fronted else 0)
    if first is None:
        return [masked]
    pieces, start, said = [], 0, first.end()
    for joint in _JOINT.finditer(masked, said):
        if joint["mark"] or not _OPEN.search(masked, said, joint.start()):
            pieces.append(masked[start : joint.start()])
            start = said = joint.end()
    return [*pieces, masked[start:]]


def _taken_apart(clause: Clause) -> tuple[str, list[str], list[str]]:
    """What is to be done, without subject, norm and scope; and the scope, whether the fields tell of it or not."""
    when, unless = list(clause.applies_when), list(clause.exceptions)
    text = _masked(clause.text, (*when, *unless))
    told: list[str] = []
    if fronted := _FRONTED.match(text):
        told.append(fronted["scope"])
        text = text[fronted.end() :]
    text = _HEAD.sub("", text, count=1)
    if _SCOPE.match(text):  # between norm and action
        inserted, _, text = text.partition(", ")
        told.append(inserted)
    if first := _SCOPE.search(text):
        told.append(text[first.start() :])
        text = text[: first.start()]
    for one in told:
        links = [*_SCOPE.finditer(one)]
        for link, end in zip(links, [*(later.start() for later in links[1:]), len(one)], strict=True):
            parts = re.split(r" (?:and that|and where|or where) ", re.sub(r"<\d+>", " ", one[link.end() : end]))
            (unless if link["unless"] else when).extend(part for part in parts if _content(part))
    return normalised(text), when, unless


def _cases(part: str, question: Question) -> Iterator[str]:
    """The considerations whose provisos a condition repeats, turned round or not; else its own words."""
    words, turned = _content(part), _turned(part)
    provisos = {c.id: _content(c.proviso) for c in question.considerations}
    times = Counter(word for proviso in provisos.values() for word in proviso)
    share = {
        id_: sum(1 / times[w] for w in proviso & words) / max(1e-9, sum(1 / times[w] for w in proviso))
        for id_, proviso in provisos.items()
    }
    best = max(share, key=share.__getitem__, default=None)
    near = [id_ for id_ in share if share[id_] >= _REPEATED or (id_ == best and share[id_] >= _RECALLED)]
    same_way = {c.id: _turned(c.proviso) == turned for c in question.considerations}
    yield from (id_ if same_way[id_] else f"not {id_}" for id_ in near) if near else [" ".join(sorted(words))]


def _position(action: str, question: Question) -> tuple[str | None, bool]:
    """The position whose action these words are nearest to, if any is near, and whether that action itself refuses."""
    words = _content(action)
    likeness = {p.id: _overlap(words, _content(p.action)) for p in question.positions}
    best = max(likeness, key=likeness.__getitem__, default=None)
    if best is None or likeness[best] < _NEAR:
        return None, False
    return best, _turned(next(p.action for p in question.positions if p.id == best))


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


def _turned(text: str) -> bool:
    return len(_NOT.findall(normalised(text))) % 2 == 1


def _norm_said(text: str) -> Norm | None:
    found = re.search(r"\b(must|should|may)\b( not| never)?", text)
    if found is None:
        return None
    word = f"{found[1]}_not" if found[2] else found[1]
    return word if word in NORM_WORDS else None


def _content(text: str) -> frozenset[str]:
    return frozenset(word for word in _NOT.sub(" ", normalised(text)).split() if word not in _FILLERS)


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Shared words over all words (Jaccard 1901)."""
    return len(one & other) / len(one | other) if one | other else 0.0
