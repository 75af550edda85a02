"""What is put to an assembly: questions, argument maps, cases, dossiers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field, model_validator

from deliberation.records.base import Record, Share, Slug
from deliberation.records.people import ValueName

Lean = Annotated[float, Field(ge=-1.0, le=1.0)]


_LEAST_TEXT = 8


class Source(Record):
    """Where a question comes from."""

    process: str
    year: int
    title: str
    url: str
    licence: str


class Position(Record):
    """A course the AI could take. `action` completes "The assistant should ..."."""

    id: Slug
    label: str
    action: str


class Consideration(Record):
    """One reason on the argument map.

    `direction` says how much accepting the claim speaks for (+) or against (-) each position. `proviso` completes
    "provided that ...": what would ease the mind of someone who holds this reason against a clause.
    """

    id: Slug
    claim: str
    because: str
    kind: Literal["empirical", "normative"]
    values: tuple[ValueName, ...] = Field(min_length=1)
    direction: dict[str, Lean]
    strength: float = Field(default=1.0, gt=0, le=5)
    prevalence: float = Field(default=0.5, gt=0, lt=1)
    rebuts: tuple[str, ...] = ()
    proviso: str
    exhibits: tuple[str, ...] = ()


class Response(Record):
    """A candidate answer of the AI in a case, acting out one position."""

    id: Slug
    position: str
    text: str


class Case(Record):
    """A concrete situation for the AI."""

    id: Slug
    prompt: str
    responses: tuple[Response, ...] = Field(min_length=2)


class Exhibit(Record):
    """One sourced fact. `bears`: consideration id -> 1 supports it, -1 undercuts it."""

    id: Slug
    title: str
    text: str
    author: str
    year: int
    publication: str
    url: str
    date: str
    bears: dict[str, Literal[-1, 1]] = Field(default_factory=dict)


class Dossier(Record):
    """The witness's evidence pack."""

    exhibits: tuple[Exhibit, ...] = ()


class HumanResult(Record):
    """One figure: what was asked, what was measured, and the share, 0 to 1."""

    item: str
    measure: str
    value: Share


class AnswerKey(Record):
    """What people answered when they were asked something like a bundled question. Never shown to whoever deliberates.

    `n`: how many were asked, null where the source does not say; `differs`: how what they were asked differs.
    """

    question: str = Field(pattern=r"^q-")
    process: str
    year: int
    who: str
    n: int | None
    source: str
    url: str
    licence: str
    results: tuple[HumanResult, ...] = Field(min_length=1)
    differs: str


class Question(Record):
    """A value question: remit, background, positions, argument map, cases and dossier.

    `origin` is `generated` where no person wrote the map, `imported` where there is none: whatever rests on it says so.
    """

    id: str = Field(pattern=r"^q-[a-z0-9-]+$")
    title: str
    text: str = Field(min_length=1)
    domain: str
    stakes: str
    background: str
    origin: Literal["authored", "generated", "imported"] = "authored"
    source: Source
    positions: tuple[Position, ...] = ()
    considerations: tuple[Consideration, ...] = ()
    cases: tuple[Case, ...] = ()
    dossier: Dossier = Dossier()

    @model_validator(mode="after")
    def _hangs_together(self) -> Question:
        if self.origin != "imported" and len(self.text) < _LEAST_TEXT:
            raise ValueError(f"text: {self.text!r} is too short for a question")
        for name in ("positions", "considerations") if self.origin != "imported" else ():
            if len(getattr(self, name)) < 2:
                raise ValueError(f"{name}: {len(getattr(self, name))} given, but there must be at least 2")
        for what, ids in self._ids():
            _unique(what, ids)
        for what, used, known in self._references():
            unknown = sorted(set(used) - known)
            if unknown:
                raise ValueError(f"{what} names {unknown[0]!r}, which the question does not have")
        places = {p.id for p in self.positions}
        for one in self.considerations:
            silent = sorted(places - set(one.direction))
            if silent:
                raise ValueError(f"consideration {one.id!r} gives no direction for {silent[0]!r}")
        return self

    def _ids(self) -> Iterable[tuple[str, list[str]]]:
        yield "position", [p.id for p in self.positions]
        yield "consideration", [c.id for c in self.considerations]
        yield "case", [c.id for c in self.cases]
        yield "exhibit", [e.id for e in self.dossier.exhibits]
        for case in self.cases:
            yield f"response of {case.id}", [r.id for r in case.responses]

    def _references(self) -> Iterable[tuple[str, Iterable[str], set[str]]]:
        positions = {p.id for p in self.positions}
        reasons = {c.id for c in self.considerations}
        exhibits = {e.id for e in self.dossier.exhibits}
        for one in self.considerations:
            yield f"direction of {one.id!r}", one.direction, positions
            yield f"rebuts of {one.id!r}", one.rebuts, reasons
            yield f"exhibits of {one.id!r}", one.exhibits, exhibits
        for case in self.cases:
            yield f"case {case.id!r}", [r.position for r in case.responses], positions
        for exhibit in self.dossier.exhibits:
            yield f"bears of {exhibit.id!r}", exhibit.bears, reasons


def _unique(what: str, ids: list[str]) -> None:
    twice = sorted({i for i in ids if ids.count(i) > 1})
    if twice:
        raise ValueError(f"{what} id {twice[0]!r} stands twice")
