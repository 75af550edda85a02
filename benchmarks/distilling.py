"""How well distillation finds again what was planted: clauses in many words, their contraries, and several in one.

    python benchmarks/distilling.py [question ...]

For each bundled question: of each position a clause and neighbours of it that differ in one thing (a "not", "may" for
"should", a proviso more or less, an exception for a proviso, another force), each in up to four wordings by rules that
keep the meaning; and some two in one sentence. Drafts of eight assemblies; the synthetic clerk judges them, and what
`distil` makes of it is held against what was planted. It is compared with words alone, and with likeness of words at
the threshold that does best in hindsight.

Half of the rules and half of the questions are held out: the clerk was worked on with the other halves in view. Then
default runs: clauses whose drafters' stated meanings differ, and equal meanings that stayed apart.

Reckoned over different wordings, not over drafts, for equal texts are one without anybody's help. Contraries are
reckoned within a position: whether two positions exclude one another was not planted.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from deliberation import assets
from deliberation.assembly.transcript import read_events
from deliberation.models.requests import Reply, Roster
from deliberation.models.synthetic.clerical import judge
from deliberation.randomness import stream
from deliberation.records.agenda import Question
from deliberation.records.base import clause_id
from deliberation.records.events import EVENT
from deliberation.records.folder import RunFolder
from deliberation.records.specification import NORM_WORDS, Clause, Norm
from deliberation.settings import Distillation, Settings
from deliberation.specification import clerk
from deliberation.specification.distil import (
    NOTHING_FOUND,
    Distilled,
    Family,
    Findings,
    content_words,
    distil,
    families_of,
    merged,
    undivided,
)
from deliberation.specification.drafts import Draft, drafts_of
from deliberation.study import run_study

_ASSEMBLIES, _WORDINGS, _JOINED = 8, 3, 8
_HOW = Distillation(id="standard", conflicts=100)
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
    """A clause on its way to a sentence. `shape`: where the provisos stand; `listed`: whether the fields tell of them."""

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
        when = " and ".join(f"{self.link} {one}" if n == 0 else f"that {one}" for n, one in enumerate(self.when))
        if not self.link.endswith("that"):
            when = when.replace(" and that ", " and ")
        unless = f", {self.but} {' or where '.join(self.unless)}" if self.unless else ""
        norm = NORM_WORDS[self.norm].replace("not", "never") if self.never else NORM_WORDS[self.norm]
        match self.shape if when else "":
            case "front":
                lower = self.subject[0].lower() + self.subject[1:]
                text = f"{when[0].upper()}{when[1:]}, {lower} {norm} {self.action}{unless}."
            case "mid":
                text = f"{self.subject} {norm}, {when}, {self.action}{unless}."
            case _:
                text = f"{self.subject} {norm} {self.action}{f', {when}' if when else ''}{unless}."
        held = {"applies_when": self.when, "exceptions": self.unless} if self.listed else {}
        return Clause(
            id=clause_id(question, text), question=question, norm=self.norm, text=text, rationale="planted", **held
        )


Rule = Callable[[Words], Words]


def _reworded(table: Mapping[str, str]) -> Rule:
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, table))})\b")

    def rule(words: Words) -> Words:
        def put(text: str) -> str:
            return pattern.sub(lambda found: table[found[1]], text)

        return words._replace(
            action=put(words.action), when=tuple(map(put, words.when)), unless=tuple(map(put, words.unless))
        )

    return rule


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


_SEEN: dict[str, Rule] = {
    "order": lambda w: w._replace(when=w.when[::-1], unless=w.unless[::-1]),
    "as long as": lambda w: w._replace(link="as long as", but="unless"),
    "the AI": lambda w: w._replace(subject="The AI"),
    "not refuse": _turned("refuse to", "refuse to"),
    "not fail": _turned("fail to", "refuse to"),
    "halves": _halves_swapped,
    "front": lambda w: w._replace(shape="front", listed=False),
    "synonyms": _reworded({
        "give": "provide", "help": "assist", "say": "state", "says": "states", "plainly": "clearly", "people": "persons",
        "person": "individual", "shows": "presents", "tell": "inform", "tells": "informs", "limits": "bounds",
        "explain": "set out", "explains": "sets out", "asked": "requested", "names": "lists", "still": "nevertheless",
        "harm": "damage", "company": "firm", "published": "made public", "checks": "reviews", "choice": "decision",
    }),
}  # fmt: skip
_HELD_OUT: dict[str, Rule] = {
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
        "never": "at no time", "always": "at all times", "anyone": "anybody", "weigh": "consider", "suggest": "put forward",
    }),
}  # fmt: skip
_JOINTS = {
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


def planted(question: Question, rules: Mapping[str, Rule], joints: Sequence[str]) -> Planted:
    """Drafts of what was planted, in several wordings each, scattered over the assemblies."""
    provisos, action = {c.id: c.proviso for c in question.considerations}, {p.id: p.action for p in question.positions}
    plants, of, wordings = plants_of(question), dict[str, Plant](), list[Clause]()
    for number, plant in enumerate(plants):
        draw = stream(11, "wordings", question.id, number, *sorted(rules))
        when, unless = (tuple(provisos[c] for c in part) for part in (plant.when, plant.unless))
        plain = Words(plant.norm, action[plant.position], when, unless)
        for turn in range(_WORDINGS + 1):
            words = plain
            for name in [sorted(rules)[i] for i in draw.permutation(len(rules))[: 1 + turn % 2 if turn else 0]]:
                words = rules[name](words)
            made = words.clause(question.id)
            assert of.setdefault(made.id, plant) == plant, made.text  # no wording is of two plants
            wordings.append(made)
    joined: dict[str, tuple[Plant, Plant]] = {}
    two_by_two = [two for two in combinations(plants, 2) if two[0].position != two[1].position]
    draw = stream(11, "joined", question.id, *sorted(rules))
    for number, at in enumerate(draw.permutation(len(two_by_two))[:_JOINED]):
        whole = _joined(question, *two_by_two[at], joints[number % len(joints)])
        joined[whole.id] = two_by_two[at]
        wordings.append(whole)
    draw = stream(11, "scattered", question.id, *sorted(rules))
    drafts = [
        Draft(f"a-{at}", f"e-a-{at}-{n}", clause, None, None, None)
        for n, clause in enumerate(wordings)
        for at in sorted(draw.permutation(_ASSEMBLIES)[: 1 + n % 2])
    ]
    return Planted(sorted(drafts, key=lambda d: d.assembly), of, joined)


def _joined(question: Question, one: Plant, two: Plant, joint: str) -> Clause:
    """Two clauses in one sentence, or in two."""
    provisos, action = {c.id: c.proviso for c in question.considerations}, {p.id: p.action for p in question.positions}
    a, b = (
        Words(p.norm, action[p.position], tuple(provisos[c] for c in p.when), tuple(provisos[c] for c in p.unless))
        for p in (one, two)
    )
    [first, second] = [words.clause(question.id) for words in (a, b)]
    norm = NORM_WORDS[two.norm]
    rest = second.text.removeprefix(f"The assistant {norm} ").rstrip(".")
    text = joint.format(one=first.text.rstrip("."), norm=norm, two=rest)
    scope = {"applies_when": tuple({**dict.fromkeys(a.when), **dict.fromkeys(b.when)}),
             "exceptions": tuple({**dict.fromkeys(a.unless), **dict.fromkeys(b.unless)})}  # fmt: skip
    return first.model_copy(update={"id": clause_id(question.id, text), "text": text, **scope})


def judged(question: Question, drafts: Sequence[Draft]) -> Findings:
    """What the synthetic clerk finds in drafts, asked by hand."""
    none = question.dossier
    roster = Roster.of(assembly=clerk.NAME, seed=1, idea="", question=question, members=(), dossier=none)
    sitting, lines = clerk.review(roster, drafts, _HOW, attempts=1, merge=True), list[str]()
    try:
        batch = next(sitting)
        while True:
            lines += batch.lines
            batch = sitting.send(tuple(Reply(json.dumps(judge(r.task, question))) for r in batch.requests))  # type: ignore[arg-type]  # the clerk is asked nothing else here
    except StopIteration as stop:
        lines += stop.value
    events = [EVENT.validate_json(line) for line in lines]
    assert not [e for e in events if e.kind == "failed"]
    return clerk.findings_of(events)


Units = list[tuple[int | str, Plant]]


def units_of(there: Planted, families: Sequence[Family], findings: Findings) -> Units:
    """Every wording's plant and the family that it is in; a joined one stands for two, a part wrongly cut for none."""
    place: dict[str, int] = {w.id: n for n, family in enumerate(families) for w in family.wordings}
    units: Units = []
    for id_, plant in there.of.items():
        units.append((place.get(id_, f"lost {id_}"), plant))
    for id_, two in there.joined.items():
        parts = findings.divided.get(id_, ())
        where = [place[p.id] for p in parts] if len(parts) == 2 else [place.get(id_, f"lost {id_}")] * 2
        units += zip(where, two, strict=True)
    return units


def pairs(units: Units) -> Counter[str]:
    """How many pairs are of one plant, of one family, of both; and families that hold a clause and its contrary."""
    found = Counter[str]()
    by_family, by_plant = defaultdict[int | str, Counter[Plant]](Counter), Counter[Plant]()
    for where, plant in units:
        by_family[where][plant] += 1
        by_plant[plant] += 1
    of_two = lambda counts: sum(n * (n - 1) // 2 for n in counts)  # noqa: E731  n choose 2, three times
    found["one plant"] = of_two(by_plant.values())
    found["one family"] = of_two(sum(inside.values()) for inside in by_family.values())
    found["both"] = sum(of_two(inside.values()) for inside in by_family.values())
    found["families"] = len(by_family)
    found["contrary"] = sum(any(a.contrary(b) for a, b in combinations(f, 2)) for f in by_family.values())
    whole = {next(iter(f)) for f in by_family.values() if len(f) == 1}
    found["plants"], found["recovered"] = len(by_plant), len(whole)
    return found


def disputes(there: Planted, found: Distilled, families: Sequence[Family], units: Units) -> Counter[str]:
    """Contradictions planted, claimed and both: among plants of one position, by what a family mostly holds."""
    inside = defaultdict[int | str, Counter[Plant]](Counter)
    for where, plant in units:
        inside[where][plant] += 1
    mostly = {f.id: inside[n].most_common(1)[0][0] for n, f in enumerate(families) if inside[n]}
    claimed = [
        (mostly[a], mostly[b])
        for a, b in (c.options for c in found.contests if c.kind == "conflict")
        if a in mostly and b in mostly and mostly[a].position == mostly[b].position
    ]
    wanted = {frozenset(two) for two in combinations(set(there.of.values()), 2) if two[0].contrary(two[1])}
    met = {frozenset(two) for two in claimed} & wanted
    return Counter({
        "disputes": len(wanted), "disputes found": len(met), "claimed": len(claimed),
        "claimed rightly": sum(a.contrary(b) for a, b in claimed),
    })  # fmt: skip


def by_clerk(question: Question, there: Planted) -> Counter[str]:
    """The clerk judges: what is merged, split and found to contradict."""
    findings = judged(question, there.drafts)
    families = merged(families_of(undivided(there.drafts, findings)), findings)
    found = distil(question.id, there.drafts, limit=100_000, findings=findings, how=_HOW)
    assert len(found.clauses) == len(families)
    units = units_of(there, families, findings)
    cut = {id_ for id_, parts in findings.divided.items() if parts}
    right = {id_ for id_ in cut & there.joined.keys() if len(findings.divided[id_]) == 2}
    split = Counter({"joined": len(there.joined), "split": len(cut), "split rightly": len(right)})
    return pairs(units) + split + disputes(there, found, families, units)


def by_words(there: Planted) -> Counter[str]:
    """Nobody is asked."""
    return pairs(units_of(there, families_of(there.drafts), NOTHING_FOUND))


def by_likeness(there: Planted, threshold: float) -> Counter[str]:
    """Whatever is so alike is one (single linkage)."""
    families = families_of(there.drafts)
    group = list(range(len(families)))
    near = clerk.neighbours([f.wordings[0].text for f in families], _HOW.model_copy(update={"alike": threshold, "neighbours": 50}))
    for one, others in enumerate(near):
        for other, _ in others:
            old, new = group[one], group[other]
            group = [new if g == old else g for g in group]
    place = {w.id: group[n] for n, family in enumerate(families) for w in family.wordings}
    units = [(place[id_], plant) for id_, plant in there.of.items()]
    return pairs([*units, *((place[id_], plant) for id_, two in there.joined.items() for plant in two)])
