"""Where everything lies in a run folder, and how to read it back. Decides nothing and runs nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from deliberation.errors import DataError, RunError, SchemaTooNew
from deliberation.records.base import SCHEMA, Record
from deliberation.records.encoding import Recognition, WorkedExample
from deliberation.records.events import EVENT, Event
from deliberation.records.files import first_problem, read_json, read_lines, read_records, sha256, write_whole
from deliberation.records.manifest import Manifest
from deliberation.records.people import Panel, Selection
from deliberation.records.specification import (
    STANDING,
    Ballot,
    CaseRuling,
    Clause,
    Coalition,
    Contest,
    Faithfulness,
    Judgment,
    LedgerRow,
    Ruling,
)
from deliberation.records.truth import Truth

R = TypeVar("R", bound=Record)

STAGED = (
    "panels.jsonl", "clauses.jsonl", "ledger.jsonl", "contests.jsonl", "ballots.jsonl", "judgments.jsonl",
    "rulings.jsonl", "minorities.jsonl", "cases.jsonl", "examples.jsonl", "recognitions.jsonl",
)  # fmt: skip
"""Files that a stage writes whole, one record a line."""

DISTILLATION = "distillation.jsonl"
"""What the clerk judged of clauses, as events."""

GIVEN = "ballots.given.jsonl"
"""Ballots that were handed in, in place of those in the transcripts."""

EXEMPLIFICATION = "exemplification.jsonl"
"""What the clerk wrote as examples, and took them for, as events."""

FAITHFULNESS = "faithfulness.json"
"""Whether clauses say what was said."""

SELECTION = "selection.json"
"""The report of the draw."""


class RunFolder:
    """A run on disk.

    Args:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.journal = path / "calls.sqlite"
        self.events_folder = path / "events"
        self.encoding = path / "encoding"
        self.config = path / ".hydra" / "config.yaml"

    @classmethod
    def existing(cls, path: Path | str) -> RunFolder:
        """A folder that holds a run.

        Raises:
            RunError: it holds none.
            SchemaTooNew: a later version of this package wrote it.
        """
        if not (Path(path) / "manifest.json").is_file():
            raise RunError(f"{path}: no run folder (it has no manifest.json)")
        folder = cls(Path(path))
        folder.manifest()
        return folder

    def manifest(self) -> Manifest:
        """The manifest.

        Raises:
            SchemaTooNew: a later version wrote it; checked before anything else in it.
            DataError: it is no manifest.
        """
        path = self.path / "manifest.json"
        plain = read_json(path)
        schema = _schema_of(plain)
        if schema is None or schema < 1:
            raise DataError(f"{path}: not a manifest (content.schema is {schema!r})")
        if schema > SCHEMA:
            raise SchemaTooNew(f"{path}: schema {schema}, but this version reads up to {SCHEMA}; upgrade to read it")
        try:
            return Manifest.model_validate(plain, strict=False)
        except ValidationError as error:
            raise DataError(f"{path}: {first_problem(error)}") from error

    def write_manifest(self, manifest: Manifest) -> None:
        """Write the manifest whole."""
        write_whole(self.path / "manifest.json", manifest.model_dump_json(indent=2, by_alias=True) + "\n")

    def transcript(self, assembly: str, *, ratification: bool = False) -> Path:
        """The file of one sitting's events."""
        return self.events_folder / f"{assembly}{'.ratify' if ratification else ''}.jsonl"

    def events(self, assembly: str) -> Iterator[Event]:
        """All events of an assembly, of both sittings.

        Raises:
            TornRecord: a line other than the last is not an event.
        """
        for ratification in (False, True):
            path = self.transcript(assembly, ratification=ratification)
            if path.exists():
                yield from read_lines(path, EVENT.validate_json)

    def panels(self) -> Iterator[Panel]:
        """The panels, in the order in which they were drawn."""
        return read_records(self.path / "panels.jsonl", Panel)

    def selection(self) -> Selection | None:
        """The report of the draw; null where the run is imported, or older than such reports.

        Raises:
            DataError: it is none.
        """
        return self._one(SELECTION, Selection)

    def _one(self, name: str, kind: type[R]) -> R | None:
        path = self.path / name
        if not path.exists():
            return None
        try:
            return kind.model_validate(read_json(path), strict=False)
        except ValidationError as error:
            raise DataError(f"{path}: {first_problem(error)}") from error

    def found(self, assembly: str) -> Path:
        """The file of the clauses that the clerk found in one sitting's transcript."""
        return self.events_folder / f"{assembly}.found.jsonl"

    def found_events(self, assembly: str) -> Iterator[Event]:
        """What the clerk found there; nothing where it did not look.

        Raises:
            TornRecord: a line other than the last is not an event.
        """
        if self.found(assembly).exists():
            yield from read_lines(self.found(assembly), EVENT.validate_json)

    def distillation(self) -> Iterator[Event]:
        """What the clerk judged of clauses; nothing where it was not asked.

        Raises:
            TornRecord: a line other than the last is not an event.
        """
        path = self.path / DISTILLATION
        if path.exists():
            yield from read_lines(path, EVENT.validate_json)

    def contests(self) -> list[Contest]:
        """What was put to the panels where only one clause can stand."""
        return list(read_records(self.path / "contests.jsonl", Contest))

    def minorities(self) -> list[Coalition]:
        """Minority reports: voters whom the adopted clauses leave out."""
        return list(read_records(self.path / "minorities.jsonl", Coalition))

    def cases(self) -> list[CaseRuling]:
        """How the cases were settled."""
        return list(read_records(self.path / "cases.jsonl", CaseRuling))

    def examples(self) -> list[WorkedExample]:
        """Worked examples of clauses that were adopted or contested."""
        return list(read_records(self.path / "examples.jsonl", WorkedExample))

    def recognitions(self) -> list[Recognition]:
        """What each example was taken for."""
        return list(read_records(self.path / "recognitions.jsonl", Recognition))

    def exemplification(self) -> Iterator[Event]:
        """What the clerk wrote as examples and took them for; nothing where it was not asked."""
        path = self.path / EXEMPLIFICATION
        if path.exists():
            yield from read_lines(path, EVENT.validate_json)

    def faithfulness(self) -> Faithfulness | None:
        """Whether clauses say what was said; null where nobody has ruled yet.

        Raises:
            DataError: the file is no such report.
        """
        return self._one(FAITHFULNESS, Faithfulness)

    def clauses(self) -> list[Clause]:
        """The canonical clauses."""
        return list(read_records(self.path / "clauses.jsonl", Clause))

    def ledger(self) -> Iterator[LedgerRow]:
        """Every step of their distillation."""
        return read_records(self.path / "ledger.jsonl", LedgerRow)

    def ballots(self) -> Iterator[Ballot]:
        """The ballots that count."""
        return read_records(self.path / "ballots.jsonl", Ballot)

    def judgments(self) -> Iterator[Judgment]:
        """The judgments of the cases."""
        return read_records(self.path / "judgments.jsonl", Judgment)

    def rulings(self) -> list[Ruling]:
        """The rulings."""
        return list(read_records(self.path / "rulings.jsonl", Ruling))

    def standing(self) -> set[str]:
        """Ids of the clauses that go into an encoding."""
        return {ruling.clause for ruling in self.rulings() if ruling.status in STANDING}

    def verify(self, *, besides: tuple[str, ...] = ()) -> None:
        """See that the files are those that the manifest names.

        Args:
            besides: beginnings of the paths that are not looked at.

        Raises:
            DataError: one is missing or differs; names it.
        """
        for name, wanted in self.manifest().content.files.items():
            if name.startswith(besides):
                continue
            if not (self.path / name).is_file() or sha256(self.path / name) != wanted:
                raise DataError(f"{self.path / name}: not the file that the manifest names")

    def truth(self) -> Iterator[Truth]:
        """The planted will of a synthetic public; no stage of a study reads this."""
        return read_records(self.path / "truth" / "truth.jsonl", Truth)

    def hashes(self) -> dict[str, str]:
        """SHA-256 of every file that belongs to the run's content, by its path in the folder, sorted."""
        own = [self.path / name for name in (*STAGED, SELECTION, DISTILLATION, GIVEN, FAITHFULNESS, EXEMPLIFICATION)]
        nested = [p for name in ("events", "encoding", "truth") for p in sorted((self.path / name).rglob("*"))]
        kept = (p for p in (*own, *nested) if p.is_file() and not p.name.startswith("."))
        return {p.relative_to(self.path).as_posix(): sha256(p) for p in sorted(kept)}


def _schema_of(plain: Any) -> int | None:
    content = plain.get("content") if isinstance(plain, dict) else None
    schema = content.get("schema") if isinstance(content, dict) else None
    return schema if isinstance(schema, int) else None
