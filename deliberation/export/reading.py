"""A specification repository read back: clauses, the record of every run, and in which order the runs were applied.

Knows the files by their names and contents alone, wherever they lie; writes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

import yaml
from pydantic import ValidationError

from deliberation.errors import ExportError
from deliberation.export.bundle import Provenance
from deliberation.export.state import Change, SpecClause, applied
from deliberation.records.files import first_problem

Found = TypeVar("Found", SpecClause, Provenance)

EARLIER = "provenance/earlier/"
"""Where the record of a run goes when another record of the same run takes its place."""

_RUN = re.compile(r"- run: `([\w-]+)`, record `([0-9a-f]{16})`")
_DESCRIBED = re.compile(r"- described: `(changes/[\w.-]+\.md)`, sha256 `([0-9a-f]{64})`")
_CHANGED = re.compile(rf"- (?:{'|'.join(Change.model_fields)}|no clause changed)\b")


class Entry(NamedTuple):
    """One export, as the changelog has it: (run, the beginning of its record's hash), its description, what changed."""

    runs: tuple[tuple[str, str], ...]
    described: tuple[str, str] | None
    changed: tuple[str, ...]


class Repository(NamedTuple):
    """What a specification repository holds.

    `runs`: the record of each run by its id; `earlier`: records whose place another record of the same run has taken;
    `log`: the exports, the first one first.
    """

    clauses: dict[str, SpecClause]
    runs: dict[str, Provenance]
    earlier: tuple[Provenance, ...] = ()
    log: tuple[Entry, ...] = ()

    def record(self, run: str, mark: str) -> Provenance | None:
        """The record of this run whose hash begins so, whether or not it is the latest; null where there is none."""
        every = (*self.runs.values(), *self.earlier)
        return next((p for p in every if p.run == run and p.sha256.startswith(mark)), None)

    def after(self, run: Provenance) -> Repository:
        """The same once a run's rulings are applied, its record having taken the place of an earlier one."""
        clauses, _ = applied(self.clauses, run.clauses, run.rulings, run=run.run, simulated=run.simulated)
        before = self.runs.get(run.run)
        return self._replace(
            clauses=clauses,
            runs={**self.runs, run.run: run},
            earlier=self.earlier if before is None else (*self.earlier, before),
        )

    def latest(self) -> Sequence[str]:
        """The runs of the last export."""
        return [run for run, _ in self.log[-1].runs] if self.log else []


def repository_of(files: Mapping[str, bytes]) -> Repository:
    """Read a repository.

    Args:
        files: its files by path, at least clauses, provenance and changelog.

    Raises:
        ExportError: one cannot be read, or is not what its name says.
    """
    clauses = [clause_in(path, data) for path, data in sorted(files.items()) if is_clause(path)]
    records = [(path, record_in(path, data)) for path, data in sorted(files.items()) if is_record(path)]
    return Repository(
        {clause.id: clause for clause in clauses},
        {p.run: p for path, p in records if not path.startswith(EARLIER)},
        tuple(p for path, p in records if path.startswith(EARLIER)),
        tuple(reversed(logged(text_of("CHANGELOG.md", files.get("CHANGELOG.md", b""))))),
    )


def is_clause(path: str) -> bool:
    """Whether a clause stands there."""
    return path.startswith("clauses/") and path.endswith(".yaml")


def is_record(path: str) -> bool:
    """Whether the record of a run stands there."""
    return path.startswith("provenance/") and path.endswith(".json")


def clause_in(path: str, data: bytes) -> SpecClause:
    """The clause of one file.

    Raises:
        ExportError: it holds none, or another than its name says.
    """
    try:
        clause = SpecClause.model_validate(yaml.safe_load(data))
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        problem = first_problem(error) if isinstance(error, ValidationError) else " ".join(str(error).split())
        raise ExportError(f"{path}: {problem}") from error
    return _named(path, f"clauses/{clause.id}.yaml", clause)


def record_in(path: str, data: bytes) -> Provenance:
    """The record of one file.

    Raises:
        ExportError: it holds none, or another than its name says.
    """
    try:
        record = Provenance.model_validate_json(data)
    except ValidationError as error:
        raise ExportError(f"{path}: {first_problem(error)}") from error
    known = {case.id for case in record.question.cases}
    strange = next((s.case for found in record.examples.values() for s in found if s.case not in known), None)
    if strange is not None:
        raise ExportError(f"{path}: examples: {strange!r} is no case of {record.question.id}")
    return _named(path, place_of(record, earlier=path.startswith(EARLIER)), record)


def place_of(record: Provenance, *, earlier: bool = False) -> str:
    """Where a record belongs."""
    return f"{EARLIER}{record.run}-{record.sha256[:16]}.json" if earlier else f"provenance/{record.run}.json"


def logged(changelog: str) -> list[Entry]:
    """The exports that a changelog tells of, the last one first; what people wrote there is passed over."""
    found = []
    for part in re.split(r"(?m)^## ", changelog)[1:]:
        if runs := tuple(_RUN.findall(part)):
            described = _DESCRIBED.search(part)
            changed = tuple(line for line in part.splitlines() if _CHANGED.match(line))
            found.append(Entry(runs, (described[1], described[2]) if described else None, changed))
    return found


def changed_lines(change: Change) -> tuple[str, ...]:
    """What changed, as the changelog has it."""
    found = ((kind, ids) for kind, ids in change.model_dump().items() if ids)
    return tuple(f"- {kind}: {', '.join(f'`{i}`' for i in ids)}" for kind, ids in found) or ("- no clause changed",)


def text_of(path: str, data: bytes) -> str:
    """A file's text.

    Raises:
        ExportError: it is not UTF-8.
    """
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise ExportError(f"{path}: not UTF-8 at byte {error.start}") from error


def _named(path: str, wanted: str, found: Found) -> Found:
    if path != wanted:
        raise ExportError(f"{path}: holds what belongs in {wanted!r}")
    return found
