"""Clauses in many words, planted so that it is known what distillation should make of them. Measures nothing.

Rules of rewording keep the meaning and come in two halves: the synthetic clerk's errors were looked at in one alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from deliberation.randomness import stream
from deliberation.records.agenda import Question
from deliberation.records.base import clause_id
from deliberation.records.specification import NORM_WORDS, Clause, Norm
from deliberation.specification.drafts import Draft

_ASSEMBLIES, _WORDINGS, _JOINED = 8, 3, 8
_OTHER: dict[Norm, Norm] = {"must": "should", "should": "must", "must_not": "should_not", "should_not": "must_not"}
_NOT: dict[Norm, Norm] = {"must": "must_not", "should": "should_not", "must_not": "must", "should_not": "should"}


class Plant(NamedTuple):
    """A clause as it is meant: a position, a norm, and under which considerations' provisos or exceptions."""

    position: str
    norm: Norm
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()

    def contrary(self, other: Plant) -> bool:
        """Whether one cannot follow both: one bids or allows what the other forbids, in cases that may meet."""
        apart = {*self.when} & {*other.unless} or {*other.when} & {*self.unless}
        return self.position == other.position and self.forbids != other.forbids and not apart

    @property
    def forbids(self) -> bool:
        """Whether it says what must or should not be done."""
        return self.norm.endswith("_not")


class Words(NamedTuple):
    """A clause on its way to a sentence. `shape`: where the provisos stand; `listed`: whether fields tell of them."""

    norm: Norm
    action: str
    when: tuple[str, ...]
    unless: tuple[str, ...]
    subject: str = "The assistant"
    never: bool = False
    link: str = "provided that"
    but: str = "except where"
    shape: str = "after"
    listed: bool = True

    def clause(self, question: str) -> Clause:
        """The sentence, with its fields."""
        also = " and that " if self.link.endswith("that") else " and "
        when = f"{self.link} {also.join(self.when)}" if self.when else ""
        unless = f", {self.but} {' or where '.join(self.unless)}" if self.unless else ""
        norm = NORM_WORDS[self.norm].replace("not", "never") if self.never else NORM_WORDS[self.norm]
        text = f"{self.subject} {norm} {self.action}{when and f', {when}'}{unless}."
        if when and self.shape == "front":
            lower = self.subject[0].lower() + self.subject[1:]
            text = f"{when[0].upper()}{when[1:]}, {lower} {norm} {self.action}{unless}."
        elif when and self.shape == "mid":
            text = f"{self.subject} {norm}, {when}, {self.action}{unless}."
        scope = (self.when, self.unless) if self.listed else ((), ())
        return _clause(question, self.norm, text, *scope)


def _clause(question: str, norm: Norm, text: str, when: tuple[str, ...], unless: tuple[str, ...]) -> Clause:
    id_ = clause_id(question, text)
    return Clause(
        id=id_, question=question, norm=norm, text=text, applies_when=when, exceptions=unless, rationale="planted"
    )


Rule = Callable[[Words], Words]


def _reworded(table: Mapping[str, str]) -> Rule:
    def put(text: str) -> str:
        return re.sub(r"\w+", lambda word: table.get(word[0], word[0]), text)

    return lambda w: w._replace(action=put(w.action), when=(*map(put, w.when),), unless=(*map(put, w.unless),))


def _turned(bidding: str, forbidding: str) -> Rule:
    """Two "not" in one: what should be done should not be refused, what should not be done should be refused."""

    def rule(words: Words) -> Words:
        if words.norm == "may":
            return words
        how = bidding if not words.norm.endswith("_not") else forbidding
        return words._replace(norm=_NOT[words.norm], action=f"{how} {words.action}")

    return rule


def _only_if(words: Words) -> Words:
    """One must not do something "where" it is so, and does it "only if" it is so."""
    return words._replace(link="where" if words.norm.endswith("_not") else "only if", but="other than where")


def _halves_swapped(words: Words) -> Words:
    halves = words.action.split(" and ")
    plain = len(halves) == 2 and not re.search(r"\b(but|then|only|once|no)\b|,", words.action)
    return words._replace(action=" and ".join(halves[::-1])) if plain else words


SEEN: dict[str, Rule] = {
    "order": lambda w: w._replace(when=w.when[::-1], unless=w.unless[::-1]),
    "as long as": lambda w: w._replace(link="as long as", but="unless"),
    "the AI": lambda w: w._replace(subject="The AI"),
    "not refuse": _turned("refuse to", "refuse to"),
    "not fail": _turned("fail to", "refuse to"),
    "halves": _halves_swapped,
    "front": lambda w: w._replace(shape="front", listed=False),
    "synonyms": _reworded({
        "give": "provide", "help": "assist", "say": "state", "says": "states", "plainly": "clearly",
        "person": "individual", "people": "persons", "shows": "presents", "tell": "inform", "tells": "informs",
        "limits": "bounds", "explain": "set out", "explains": "sets out", "asked": "requested", "names": "lists",
        "still": "nevertheless", "harm": "damage", "company": "firm", "published": "made public",
        "checks": "reviews", "choice": "decision",
    }),
}  # fmt: skip
HELD_OUT: dict[str, Rule] = {
    "only if": _only_if,
    "any model": lambda w: w._replace(subject="Any AI model"),
    "not neglect": _turned("neglect to", "decline to"),
    "never": lambda w: w._replace(never=True),
    "mid": lambda w: w._replace(shape="mid"),
    "on condition": lambda w: w._replace(link="on condition that", but="save where", listed=False),
    "synonyms": _reworded({
        "decline": "refuse", "offer": "propose", "leave": "keep", "user": "customer", "users": "customers",
        "openly": "in the open", "facts": "evidence", "clear": "evident", "whatever": "anything that", "only": "solely",
        "answers": "replies", "answer": "reply", "decision": "choice", "decide": "choose", "law": "statute",
        "reasons": "grounds", "wishes": "wants", "best": "most fitting", "rule": "norm", "human": "living",
        "never": "at no time", "always": "at all times", "anyone": "anybody", "weigh": "consider",
        "suggest": "put forward",
    }),
}  # fmt: skip
JOINTS = {
    "seen": ("{one}, and {norm} also {two}.", "{one}; it {norm} {two}."),
    "held out": ("{one}. It {norm} also {two}.", "{one}, but {norm} {two}."),
}  # fmt: skip


class Planted(NamedTuple):
    """Drafts of all assemblies. `of`: which plant a wording is of; `joined`: which two a joined one is of."""

    drafts: list[Draft]
    of: dict[str, Plant]
    joined: dict[str, tuple[Plant, Plant]]


def plants_of(question: Question) -> list[Plant]:
    """Of each position a clause, and clauses beside it."""
    found: dict[Plant, None] = {}
    for place, position in enumerate(p.id for p in question.positions):
        draw = stream(11, "plants", question.id, position)
        [a, b, c] = (question.considerations[i].id for i in draw.permutation(len(question.considerations))[:3])
        norm: Norm = "must" if draw.random() < 0.5 else "should"
        base = Plant(position, norm, ((), (a,), (a, b))[place % 3])
        beside = [
            base._replace(norm=_NOT[norm]), base._replace(norm="may"), base._replace(norm=_OTHER[norm]),
            base._replace(when=(*base.when, c)), base._replace(when=base.when[1:], unless=(base.when or (c,))[:1]),
            base._replace(when=base.when[:-1]), Plant(position, _NOT[norm], (c,)),
        ]  # fmt: skip
        found |= dict.fromkeys([base, *(beside[i] for i in sorted(draw.permutation(len(beside))[:5]))])
    return list(found)


def _plain(question: Question, plant: Plant) -> Words:
    """A plant in the synthetic public's own words."""
    provisos = {c.id: c.proviso for c in question.considerations}
    [action] = [p.action for p in question.positions if p.id == plant.position]
    when, unless = (tuple(provisos[c] for c in part) for part in (plant.when, plant.unless))
    return Words(plant.norm, action, when, unless)


def _joined(question: Question, one: Words, two: Words, joint: str) -> Clause:
    """Two clauses in one sentence, or in two."""
    [first, second] = [words.clause(question.id).text.rstrip(".") for words in (one, two)]
    norm = NORM_WORDS[two.norm]
    text = joint.format(one=first, norm=norm, two=second.removeprefix(f"The assistant {norm} "))
    when, unless = (tuple(dict.fromkeys(parts)) for parts in ((*one.when, *two.when), (*one.unless, *two.unless)))
    return _clause(question.id, one.norm, text, when, unless)


def planted(question: Question, rules: Mapping[str, Rule], joints: Sequence[str]) -> Planted:
    """Drafts of what was planted, in several wordings each, scattered over the assemblies."""
    plants, of, wordings = plants_of(question), dict[str, Plant](), list[Clause]()
    names = sorted(rules)
    for number, plant in enumerate(plants):
        draw = stream(11, "wordings", question.id, number, *names)
        for turn in range(_WORDINGS + 1):
            words = _plain(question, plant)
            for at in draw.permutation(len(rules))[: 1 + turn % 2 if turn else 0]:
                words = rules[names[at]](words)
            wordings.append(words.clause(question.id))
            assert of.setdefault(wordings[-1].id, plant) == plant  # no wording is of two plants
    two_by_two = [two for two in combinations(plants, 2) if two[0].position != two[1].position]
    draw, joined = stream(11, "joined", question.id, *names), dict[str, tuple[Plant, Plant]]()
    for number, at in enumerate(draw.permutation(len(two_by_two))[:_JOINED]):
        [one, two] = [_plain(question, plant) for plant in two_by_two[at]]
        wordings.append(_joined(question, one, two, joints[number % len(joints)]))
        joined[wordings[-1].id] = two_by_two[at]
    drafts = [
        Draft(f"a-{at}", f"e-a-{at}-{n}", clause, None, None, None)
        for n, clause in enumerate(wordings)
        for at in sorted(draw.permutation(_ASSEMBLIES)[: 1 + n % 2])
    ]
    return Planted(sorted(drafts, key=lambda d: d.assembly), of, joined)
