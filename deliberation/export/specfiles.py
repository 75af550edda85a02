"""The files of a specification repository after some runs' rulings: a pure function of what was there and the runs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import yaml
from pydantic import ValidationError

from deliberation.errors import ExportError
from deliberation.export.bundle import Provenance, provenance_of
from deliberation.export.markdown import Section, example_files, specification
from deliberation.export.state import Change, SpecClause, applied
from deliberation.records.agenda import Question
from deliberation.records.files import first_problem, write_whole
from deliberation.records.folder import RunFolder
from deliberation.records.manifest import Content

_CC0 = """Creative Commons CC0 1.0 Universal

To the extent possible under law, the authors have waived all copyright and related or neighbouring rights to this
specification and to the data beside it. The full text: https://creativecommons.org/publicdomain/zero/1.0/legalcode
"""


class Written(NamedTuple):
    """Files by path, those to remove, and the change that they amount to."""

    files: dict[str, bytes]
    change: Change


class Parcel(NamedTuple):
    """One run to be exported: its provenance and the files of its encoding, by name."""

    provenance: Provenance
    encoding: Mapping[str, bytes]


def parcel_of(folder: RunFolder, question: Question) -> Parcel:
    """A run's parcel.

    Raises:
        ExportError: the run is not complete.
    """
    manifest = folder.manifest()
    if manifest.circumstances.status != "complete":
        raise ExportError(f"{folder.path}: the run is {manifest.circumstances.status}, not complete; resume it first")
    rows = {
        path.relative_to(folder.encoding).as_posix(): path.read_bytes()
        for path in sorted(folder.encoding.rglob("*"))
        if path.is_file() and path.relative_to(folder.encoding).parts[0] != "spec"
    }
    return Parcel(provenance_of(folder, manifest.content, question), rows)


def written(before: Mapping[str, bytes], parcels: Sequence[Parcel]) -> Written:
    """The repository's files after these runs, one after another; a run that it holds as it is, is passed over.

    Args:
        before: files of the repository by path, at least its clauses and provenance.
        parcels: the runs.

    Raises:
        ExportError: a file of the repository cannot be read.
    """
    clauses = _clauses(before)
    known = {p.run: p for p in _provenances(before)}
    fresh = [p for p in parcels if not _stands(p, before)]
    if not fresh:
        return Written({}, Change())
    files: dict[str, bytes] = {}
    totals: dict[str, set[str]] = {}
    for parcel in fresh:
        run = parcel.provenance
        clauses, change = applied(clauses, run.clauses, run.rulings, run=run.run, simulated=run.simulated)
        for kind, ids in change.model_dump().items():
            totals.setdefault(kind, set()).update(ids)
        known[run.run] = run
        files |= _own(parcel)
    change = Change.model_validate({kind: sorted(ids) for kind, ids in totals.items()})
    sections = _sections(clauses, list(known.values()), [p.provenance.run for p in fresh])
    simulated = all(clause.simulated for clause in clauses.values())
    spec = specification(sections, ideas=[p.idea for p in known.values()], simulated=simulated)
    files["spec.md"] = spec.encode()
    files |= {path: text.encode() for path, text in example_files(sections).items()}
    files |= {f"clauses/{id_}.yaml": _yaml(clause) for id_, clause in clauses.items()}
    files["CHANGELOG.md"] = _changelog(before.get("CHANGELOG.md", b""), fresh, change).encode()
    files.setdefault("LICENSE", before.get("LICENSE", _CC0.encode()))
    return Written(files, change)


def _own(parcel: Parcel) -> dict[str, bytes]:
    """The files that belong to one run alone."""
    run = parcel.provenance
    rows = {f"encoding/{run.run}/{name}": data for name, data in parcel.encoding.items()}
    return {f"provenance/{run.run}.json": _json(run.model_dump(mode="json")), **rows}


def _stands(parcel: Parcel, before: Mapping[str, bytes]) -> bool:
    """Whether a run has been exported as it is; to apply it again would undo what later runs ruled."""
    return all(before.get(path) == data for path, data in _own(parcel).items())


def write_spec(folder: RunFolder, content: Content, question: Question) -> None:
    """The specification of one run alone -> `encoding/spec/`."""
    alone = written({}, [Parcel(provenance_of(folder, content, question), {})])
    target = folder.encoding / "spec"
    for path, data in alone.files.items():
        if path == "spec.md" or path.startswith("examples/"):
            write_whole(target / path, data.decode())
    lines = [clause.line() for clause in _clauses(alone.files).values()]
    write_whole(target / "clauses.jsonl", "".join(f"{line}\n" for line in lines))


def example_paths(files: Mapping[str, bytes]) -> set[str]:
    """The example files among these."""
    return {path for path in files if Path(path).parent.as_posix() == "examples"}


def _clauses(files: Mapping[str, bytes]) -> dict[str, SpecClause]:
    found = {}
    for path, data in sorted(files.items()):
        if path.startswith("clauses/") and path.endswith(".yaml"):
            try:
                clause = SpecClause.model_validate(yaml.safe_load(data))
            except (ValidationError, yaml.YAMLError, UnicodeDecodeError) as error:
                problem = first_problem(error) if isinstance(error, ValidationError) else " ".join(str(error).split())
                raise ExportError(f"{path}: {problem}") from error
            found[clause.id] = clause
    return found


def _provenances(files: Mapping[str, bytes]) -> list[Provenance]:
    found = []
    for path, data in sorted(files.items()):
        if path.startswith("provenance/") and path.endswith(".json"):
            try:
                found.append(Provenance.model_validate_json(data))
            except ValidationError as error:
                raise ExportError(f"{path}: {first_problem(error)}") from error
    return found


def _sections(clauses: Mapping[str, SpecClause], known: Sequence[Provenance], latest: Sequence[str]) -> list[Section]:
    """One section a question; wording and examples come from the runs behind its clauses, the latest first."""
    order = sorted(known, key=lambda p: (p.run not in latest, p.run))
    by_run = {p.run: p for p in known}
    sections = []
    for question in sorted({c.question for c in clauses.values()} | {p.question.id for p in known}):
        own = sorted((c for c in clauses.values() if c.question == question), key=lambda c: c.id)
        examples = {c.id: by_run[c.run].shown().get(c.id, []) for c in own if c.run in by_run}
        text = next(p.question for p in order if p.question.id == question)
        sections.append(Section(text, own, examples))
    return sections


def _changelog(before: bytes, parcels: Sequence[Parcel], change: Change) -> str:
    head = "# Changelog\n"
    try:
        entries = before.decode().removeprefix(head).strip()
    except UnicodeDecodeError as error:
        raise ExportError(f"CHANGELOG.md: not UTF-8 at byte {error.start}") from error
    runs = ", ".join(sorted(p.provenance.run for p in parcels))
    title = f"## {runs}"
    if title in entries.splitlines():
        return before.decode()
    lines = [title, ""]
    for kind, ids in change.model_dump().items():
        lines += [f"- {kind}: {', '.join(f'`{i}`' for i in ids)}"] if ids else []
    if len(lines) == 2:
        lines.append("- no clause changed")
    return "\n".join([head, *lines, "", entries]).rstrip() + "\n"


def _yaml(record: SpecClause) -> bytes:
    plain = record.model_dump(mode="json")
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=120).encode()


def _json(plain: object) -> bytes:
    return (json.dumps(plain, indent=1, ensure_ascii=False) + "\n").encode()
