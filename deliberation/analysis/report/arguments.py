"""The argument map beside the talk: each consideration, what it speaks for and against, who voiced it how often."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from deliberation.analysis.report import links
from deliberation.analysis.report.hearing import Heard, Voiced
from deliberation.records.agenda import Consideration, Question

_NEXT_TO_NOTHING = 0.15


class Lean(NamedTuple):
    """How far accepting a consideration speaks for a position (1) or against it (-1)."""

    label: str
    value: float
    words: str


class Share(NamedTuple):
    """How often a group put a consideration forward and rejected it."""

    group: str
    asserted: int
    rejected: int


class Reason(NamedTuple):
    """One consideration. `width`: how often it was voiced, of the one voiced most, 0 to 1."""

    id: str
    claim: str
    because: str
    kind: str
    values: tuple[str, ...]
    leans: tuple[Lean, ...]
    asserted: int
    rejected: int
    width: float
    groups: tuple[Share, ...]
    rebuts: tuple[links.Link, ...]
    exhibits: tuple[links.Link, ...]


def reasons(question: Question, heard: Heard) -> tuple[Reason, ...]:
    """The considerations, those voiced most first."""
    nobody = Voiced(Counter(), Counter())
    most = max((_total(one) for one in heard.voiced.values()), default=0)
    claims = {one.id: one.claim for one in question.considerations}
    titles = {one.id: one.title for one in question.dossier.exhibits}
    found = []
    for one in question.considerations:
        voiced = heard.voiced.get(one.id, nobody)
        found.append(
            Reason(
                id=f"reason-{one.id}",
                claim=one.claim,
                because=one.because,
                kind=one.kind,
                values=tuple(value.replace("_", "-") for value in one.values),
                leans=_leans(one, question),
                asserted=voiced.asserted.total(),
                rejected=voiced.rejected.total(),
                width=_total(voiced) / most if most else 0.0,
                groups=_groups(voiced),
                rebuts=tuple(links.Link(claims[id_], links.within(f"reason-{id_}")) for id_ in one.rebuts),
                exhibits=tuple(links.Link(titles[id_], links.within(f"exhibit-{id_}")) for id_ in one.exhibits),
            )
        )
    return tuple(sorted(found, key=lambda reason: -(reason.asserted + reason.rejected)))


def _total(voiced: Voiced) -> int:
    return voiced.asserted.total() + voiced.rejected.total()


def _leans(one: Consideration, question: Question) -> tuple[Lean, ...]:
    return tuple(
        Lean(position.label, one.direction.get(position.id, 0.0), _words(one.direction.get(position.id, 0.0)))
        for position in question.positions
    )


def _words(value: float) -> str:
    if abs(value) < _NEXT_TO_NOTHING:
        return "neither for nor against"
    return f"{'strongly ' if abs(value) >= 0.6 else ''}{'for' if value > 0 else 'against'}"


def _groups(voiced: Voiced) -> tuple[Share, ...]:
    names = sorted({*voiced.asserted, *voiced.rejected})
    return tuple(Share(name or "none", voiced.asserted[name], voiced.rejected[name]) for name in names)
