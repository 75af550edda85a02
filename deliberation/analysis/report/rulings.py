"""The rulings as cards: what was decided on each clause, how sure that is, on whose words. Decides nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from deliberation.analysis.report import links, words
from deliberation.analysis.report.hearing import Heard, opposing
from deliberation.analysis.summary import APART, flips
from deliberation.records.encoding import WorkedExample
from deliberation.records.events import Entailed
from deliberation.records.folder import RunFolder
from deliberation.records.specification import Clause, ClauseSource, Coalition, Contest, Dissent, Quote, Ruling
from deliberation.settings import Settings

_FIRST, _MOST = 6, 60
"""Sentences shown at once, and held by the page at most, of one clause on one side."""


class Said(NamedTuple):
    """A sentence, who said it and where; `place` leads to it where the page holds that transcript."""

    text: str
    speaker: links.Link
    place: links.Link


class Side(NamedTuple):
    """The sentences on one side of a clause: the first, the others held, and how many are in the records alone."""

    first: tuple[Said, ...]
    others: tuple[Said, ...]
    left: int

    @property
    def total(self) -> int:
        """How many there are in all."""
        return len(self.first) + len(self.others) + self.left


class Objection(NamedTuple):
    """A reason of opposing ballots, with how many gave it and some in their own words."""

    reason: str
    share: float
    members: int
    quotes: tuple[Said, ...]


class Group(NamedTuple):
    """Support in one declared group."""

    name: str
    share: float


class Rule(NamedTuple):
    """What the same ballots come to by another rule."""

    name: str
    status: str
    differs: bool
    apart: bool


class Example(NamedTuple):
    """A request with a reply that complies with the clause and one that violates it."""

    prompt: str
    complies: str
    violates: str
    by: str


class Minority(NamedTuple):
    """Voters whom the adopted clauses leave out, and who all approve this one."""

    members: int
    share: float
    deserves: int
    reasons: tuple[Said, ...]


class Choice(NamedTuple):
    """A contest that this clause was in: the other clauses, and which was preferred by what share."""

    kind: str
    others: tuple[links.Link, ...]
    preferred: links.Link | None
    share: float | None
    low: float | None
    high: float | None
    sure: bool


class Card(NamedTuple):
    """One clause with its ruling; `ruling` is null where there is none yet. `orders`: its place by each ordering."""

    clause: Clause
    ruling: Ruling | None
    status: str
    word: str
    bar: float | None
    score: str
    doubts: tuple[str, ...]
    verdict: str
    supporting: Side
    dissenting: Side
    opposed: int
    objections: tuple[Objection, ...]
    groups: tuple[Group, ...]
    rules: tuple[Rule, ...]
    flips: int
    examples: tuple[Example, ...]
    minorities: tuple[Minority, ...]
    contests: tuple[Choice, ...]
    orders: tuple[int, int, int]


class _Beside(NamedTuple):
    """What lies beside the rulings, by clause."""

    verdicts: Mapping[str, str]
    opposed: Mapping[str, int]
    examples: Mapping[str, list[WorkedExample]]
    minorities: Mapping[str, list[Coalition]]
    contests: Mapping[str, list[Contest]]
    texts: Mapping[str, str]


def cards(folder: RunFolder, settings: Settings, heard: Heard) -> tuple[Card, ...]:
    """A card for each canonical clause: adopted first, then contested, rejected and those without a ruling."""
    clauses = folder.clauses()
    rulings = {ruling.clause: ruling for ruling in folder.rulings()}
    beside = _beside(folder, clauses)
    orders = {
        by: _places(clauses, rulings, key)
        for by, key in (("ruling", _by_ruling), ("agreed", _by_agreement), ("divisive", _by_division))
    }
    found = [
        _card(clause, rulings.get(clause.id), beside, settings, heard)._replace(
            orders=(orders["ruling"][clause.id], orders["agreed"][clause.id], orders["divisive"][clause.id])
        )
        for clause in clauses
    ]
    return tuple(sorted(found, key=lambda card: card.orders[0]))


def _beside(folder: RunFolder, clauses: Sequence[Clause]) -> _Beside:
    examples: dict[str, list[WorkedExample]] = defaultdict(list)
    for example in folder.examples():
        examples[example.clause].append(example)
    minorities: dict[str, list[Coalition]] = defaultdict(list)
    for report in folder.minorities():
        minorities[report.clause].append(report)
    contests: dict[str, list[Contest]] = defaultdict(list)
    for contest in folder.contests():
        for option in contest.options:
            contests[option].append(contest)
    return _Beside(
        {e.clause: e.verdict for e in folder.distillation() if isinstance(e, Entailed)},
        opposing(folder.ballots()),
        examples,
        minorities,
        contests,
        {clause.id: clause.text for clause in clauses},
    )


def _card(clause: Clause, ruling: Ruling | None, beside: _Beside, settings: Settings, heard: Heard) -> Card:
    by_share = settings.rules.rule == "share"
    return Card(
        clause=clause,
        ruling=ruling,
        status=ruling.status if ruling else "unruled",
        word=words.STATUSES[ruling.status] if ruling else "Not ruled on yet",
        bar=ruling.bar if ruling and by_share else None,
        score="" if by_share or ruling is None else _score(ruling),
        doubts=tuple(words.CODES[code] for code in ruling.codes) if ruling else (),
        verdict=words.VERDICTS.get(beside.verdicts.get(clause.id, ""), ""),
        supporting=_side(clause.sources, "for", heard),
        dissenting=_side(clause.sources, "against", heard),
        opposed=beside.opposed.get(clause.id, 0),
        objections=tuple(_objection(one, heard) for one in ruling.dissent) if ruling else (),
        groups=tuple(Group(name or "none", share) for name, share in ruling.groups.items()) if ruling else (),
        rules=_rules(ruling) if ruling else (),
        flips=len(flips(ruling)) if ruling else 0,
        examples=tuple(Example(e.prompt, e.complies, e.violates, e.origin) for e in beside.examples.get(clause.id, ())),
        minorities=tuple(_minority(one, heard) for one in beside.minorities.get(clause.id, ())),
        contests=tuple(_contest(one, clause.id, beside.texts) for one in beside.contests.get(clause.id, ())),
        orders=(0, 0, 0),
    )


def _score(ruling: Ruling) -> str:
    if ruling.score is None:
        return ""
    bar = "" if ruling.bar is None else f", bar {ruling.bar:.2f}"
    return f"{ruling.score:.2f}{bar}"


def said(event: str, text: str, heard: Heard) -> Said:
    """A sentence with links to its speaker and its place, as far as the page holds them."""
    cited = heard.cited.get(event)
    if cited is None:
        return Said(text, links.Link("speaker not found", None), links.Link(event, None))
    there = cited.panel.assembly in heard.sittings
    who = cited.event.speaker
    card = links.within(links.person(cited.panel.assembly, who)) if there and who in heard.people else None
    where = f"assembly {heard.numbers[cited.panel.assembly]}, {words.spaced(cited.event.phase)}"
    return Said(
        text, links.Link(heard.name(who), card), links.Link(where, links.within(event) if there else None)
    )  # fmt: skip


def _side(sources: Iterable[ClauseSource], stance: str, heard: Heard) -> Side:
    """Sentences whose transcript is on the page come first."""
    found = [said(source.event, source.quote, heard) for source in sources if source.stance == stance]
    found.sort(key=lambda one: one.place.href is None)
    return Side(tuple(found[:_FIRST]), tuple(found[_FIRST:_MOST]), max(len(found) - _MOST, 0))


def _quoted(quotes: Iterable[Quote], heard: Heard) -> tuple[Said, ...]:
    return tuple(said(quote.event, quote.text, heard) for quote in quotes)


def _objection(one: Dissent, heard: Heard) -> Objection:
    return Objection(one.reason, one.share, len(one.members), _quoted(one.quotes, heard))


def _minority(one: Coalition, heard: Heard) -> Minority:
    return Minority(len(one.members), one.share, one.deserves, _quoted(one.reasons, heard))


def _rules(ruling: Ruling) -> tuple[Rule, ...]:
    turned = set(flips(ruling))
    return tuple(
        Rule(words.spaced(name), words.STATUSES[status].lower(), name in turned, name in APART)
        for name, status in ruling.sensitivity.items()
    )


def _contest(one: Contest, clause: str, texts: Mapping[str, str]) -> Choice:
    def link(id_: str) -> links.Link:
        return links.Link(texts.get(id_, id_), links.within(id_) if id_ in texts else None)

    low, high = one.interval or (None, None)
    return Choice(
        kind=one.kind,
        others=tuple(link(option) for option in one.options if option != clause),
        preferred=link(one.order[0]) if one.order else None,
        share=one.share,
        low=low,
        high=high,
        sure=one.stands is not None,
    )


Key = Callable[[Ruling | None], tuple[float, ...]]


def _places(clauses: Sequence[Clause], rulings: Mapping[str, Ruling], key: Key) -> dict[str, int]:
    ranked = sorted(clauses, key=lambda clause: key(rulings.get(clause.id)))
    return {clause.id: place for place, clause in enumerate(ranked)}


def _by_ruling(ruling: Ruling | None) -> tuple[float, ...]:
    rank = ("adopted", "contested", "rejected", "no_ruling").index(ruling.status) if ruling else 4
    return rank, -_support(ruling)


def _by_agreement(ruling: Ruling | None) -> tuple[float, ...]:
    """By the least support in any group, as of those whom all groups agree on; by support where none is declared."""
    groups = list(ruling.groups.values()) if ruling else []
    return -min(groups, default=_support(ruling)), -_support(ruling)


def _by_division(ruling: Ruling | None) -> tuple[float, ...]:
    """By how far groups lie apart; where they do not, by how near support is to half."""
    groups = list(ruling.groups.values()) if ruling else []
    apart = max(groups) - min(groups) if len(groups) > 1 else 0.0
    return -apart, abs(_support(ruling) - 0.5)


def _support(ruling: Ruling | None) -> float:
    return ruling.support if ruling is not None and ruling.support is not None else -1.0
