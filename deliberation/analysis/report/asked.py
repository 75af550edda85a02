"""What was put to whom: question, evidence, order of the day, the panels and who answered for them."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import NamedTuple

from deliberation.analysis.report import links, words
from deliberation.analysis.report.hearing import Heard
from deliberation.records.agenda import Exhibit, Question
from deliberation.records.manifest import Content
from deliberation.records.people import Selection
from deliberation.settings import Settings


class Shown(NamedTuple):
    """An exhibit of the dossier; `href` is null where its address is none on the web."""

    anchor: str
    exhibit: Exhibit
    href: str | None


class Step(NamedTuple):
    """One phase of the order of the day; `held`: whether anything happened in it."""

    name: str
    does: str
    detail: str
    held: bool


class Part(NamedTuple):
    """How many hold a value of an attribute, and over all panels what the quotas asked."""

    value: str
    seated: int
    share: float
    quota: str


class Makeup(NamedTuple):
    """The panels by one attribute."""

    attribute: str
    parts: tuple[Part, ...]


class Asked(NamedTuple):
    """All of it. `answerers`: place -> who answered there."""

    question: Question
    source: links.Link
    exhibits: tuple[Shown, ...]
    witness: str
    witnesses: tuple[str, ...]
    procedure: str
    procedure_source: str
    steps: tuple[Step, ...]
    seats: int
    makeup: tuple[Makeup, ...]
    quotas: int
    quotas_met: int
    selection: Selection | None
    answerers: tuple[tuple[str, str], ...]


_WITNESSES = {
    "none": "nobody brought evidence",
    "neutral": "one witness, bound to the dossier",
    "one_sided": "for an experiment, a witness who left evidence out",
    "false_claims": "for an experiment, a witness who said the contrary of the evidence",
    "inert": "for an experiment, a witness who said nothing to the point",
    "bench": "several witnesses",
}
_MOST_PARTS = 24


def asked(settings: Settings, content: Content, heard: Heard, selection: Selection | None) -> Asked:
    """What was put to whom in a run."""
    question, procedure = settings.question, settings.procedure
    source = question.source
    met = [quota.low <= quota.seated <= quota.high for panel in heard.panels for quota in panel.quotas]
    evidence = question.dossier.exhibits
    return Asked(
        question=question,
        source=links.Link(f"{source.title} ({source.process}, {source.year})", links.outside(source.url)),
        exhibits=tuple(Shown(f"exhibit-{one.id}", one, links.outside(one.url)) for one in evidence),
        witness=_WITNESSES[settings.witness.kind],
        witnesses=tuple(
            f"{words.spaced(name)}: {_WITNESSES[one.kind]}" for name, one in settings.witness.each().items()
        ),
        procedure=procedure.title,
        procedure_source=procedure.source,
        steps=tuple(
            Step(words.spaced(phase.name), words.PHASES[phase.kind], _detail(phase), phase.name in heard.phases)
            for phase in (*procedure.phases, *procedure.ratification)
        ),
        seats=sum(len(panel.members) for panel in heard.panels),
        makeup=_makeup(heard),
        quotas=len(met),
        quotas_met=sum(met),
        selection=selection,
        answerers=tuple(content.models.items()),
    )


def _detail(phase: object) -> str:
    """The figures of a phase that say how long it is."""
    units = {"tables": "table", "rounds": "round", "questions": "question", "clauses": "clause", "limit": "amendment"}
    found = {name: getattr(phase, name, None) for name in units}
    told = [words.counted(value, units[name]) for name, value in found.items() if isinstance(value, int)]
    return ", ".join(told)


def _makeup(heard: Heard) -> tuple[Makeup, ...]:
    seated: dict[str, Counter[str]] = defaultdict(Counter)
    bounds: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for panel in heard.panels:
        for person in panel.members:
            for attribute, value in person.attributes.items():
                seated[attribute][value] += 1
        for quota in panel.quotas:
            bounds[quota.attribute, quota.value][0] += quota.low
            bounds[quota.attribute, quota.value][1] += quota.high
    found = []
    for attribute, counts in seated.items():
        total = counts.total()
        parts = tuple(
            Part(value, count, count / total, _bounds(bounds.get((attribute, value))))
            for value, count in sorted(counts.items())
        )
        found.append(Makeup(attribute, parts if len(parts) <= _MOST_PARTS else ()))
    return tuple(one for one in found if one.parts)


def _bounds(found: list[int] | None) -> str:
    if found is None:
        return ""
    low, high = found
    return f"quota {low}" if low == high else f"quota {low} to {high}"
