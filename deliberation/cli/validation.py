"""What a file is, and whether it is what it should be. Mends nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from deliberation.errors import ConfigError, DataError
from deliberation.people.pool import Pool
from deliberation.records.agenda import Question
from deliberation.records.base import Record
from deliberation.records.encoding import Recognition, WorkedExample
from deliberation.records.files import first_problem
from deliberation.records.folder import STAGED, RunFolder
from deliberation.records.people import Persona, Population
from deliberation.records.specification import (
    Ballot,
    CaseRuling,
    Clause,
    Coalition,
    Contest,
    Judgment,
    LedgerRow,
    Ruling,
)
from deliberation.settings.reading import read_population
from deliberation.settings.respondents import listed
from deliberation.study import stored_settings
from deliberation.study.given import read_ballots

_KINDS: dict[str, tuple[type[Record], frozenset[str]]] = {
    "question": (Question, frozenset({"positions", "considerations"})),
    "population": (Population, frozenset({"marginals", "people", "survey"})),
    "persona": (Persona, frozenset({"attributes", "values"})),
}
_LINES: dict[str, type[Record]] = {
    "clauses.jsonl": Clause,
    "ledger.jsonl": LedgerRow,
    "contests.jsonl": Contest,
    "ballots.jsonl": Ballot,
    "judgments.jsonl": Judgment,
    "rulings.jsonl": Ruling,
    "minorities.jsonl": Coalition,
    "cases.jsonl": CaseRuling,
    "examples.jsonl": WorkedExample,
    "recognitions.jsonl": Recognition,
}


def validated(path: Path) -> str:
    """Check a question, persona or population file, or a run folder; say what it is.

    Raises:
        DataError: names the file and the first thing wrong with it.
        RunError: the folder is no run.
    """
    return _run(path) if path.is_dir() else _file(path)


def _file(path: Path) -> str:
    try:
        plain: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise DataError(f"{path}: not YAML ({' '.join(str(error).split())})") from error
    for name, (kind, marks) in _KINDS.items():
        if isinstance(plain, dict) and marks & plain.keys():
            try:
                record = read_population(path) if kind is Population else kind.model_validate(plain)
            except ConfigError as error:
                raise DataError(str(error).removeprefix("panel.population: ")) from error
            except ValidationError as error:
                raise DataError(f"{path}: {name}: {first_problem(error)}") from error
            if isinstance(record, Population):
                _can_be_drawn(path, record)
            return _told(name, record)
    raise DataError(f"{path}: neither a question nor a persona nor a population")


def _can_be_drawn(path: Path, population: Population) -> None:
    """See that a person of it can be made: values and names may be missing where everybody brings their own."""
    try:
        Pool(population, 1, 0).persona(0)
    except ConfigError as error:
        raise DataError(f"{path}: {error}") from error


def _told(name: str, record: Record) -> str:
    if isinstance(record, Question):
        values = {v for c in record.considerations for v in c.values}
        return (
            f"a question with {len(record.positions)} positions, {len(record.considerations)} considerations over "
            f"{len(values)} values, {len(record.cases)} cases and {len(record.dossier.exhibits)} exhibits"
        )
    if isinstance(record, Population) and record.listed:
        left = f", {record.survey.left_out} left out" if record.survey else ""
        return f"a population of {len(listed(record))} people named one by one{left}"
    return f"a {name}"


def _run(path: Path) -> str:
    folder = RunFolder.existing(path)
    manifest = folder.manifest()
    events = sum(1 for panel in folder.panels() for _ in folder.events(panel.assembly))
    events += sum(1 for part in (folder.distillation(), folder.exemplification()) for _ in part)
    lines = sum(1 for name in STAGED[1:] for _ in _read(folder, name))
    if (path / "ballots.jsonl").exists():
        read_ballots(path / "ballots.jsonl", list(folder.panels()), folder.clauses(), group_by="")
    if manifest.circumstances.status == "complete":
        folder.verify()
    if stored_settings(path).sha256 != manifest.content.config_sha256:
        raise DataError(f"{folder.config}: not the configuration that the run was made with")
    status = manifest.circumstances.status
    return f"a run ({manifest.content.run}, {status}) with {events} events and {lines} records of its specification"


def _read(folder: RunFolder, name: str) -> Any:
    from deliberation.records.files import read_records

    return read_records(folder.path / name, _LINES[name])
