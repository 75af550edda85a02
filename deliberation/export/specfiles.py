"""The files of a specification repository after some runs' rulings: a pure function of what was there and the runs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import yaml
from pydantic import ValidationError

from deliberation.errors import ExportError
from deliberation.export.bundle import Provenance, provenance_of
from deliberation.export.grammar import read
from deliberation.export.lint import Defect
from deliberation.export.markdown import Section, example_files, made_part, placed, specification
from deliberation.export.state import Change, SpecClause, applied, difference
from deliberation.records.agenda import Question
from deliberation.records.files import first_problem, write_whole
from deliberation.records.folder import RunFolder
from deliberation.records.manifest import Content
from deliberation.settings import Settings

_CC0 = "CC0-1.0"
_CC0_TEXT = """Creative Commons CC0 1.0 Universal

To the extent possible under law, the authors have waived all copyright and related or neighbouring rights to this
specification and to the data beside it. The full text: https://creativecommons.org/publicdomain/zero/1.0/legalcode
"""


class Written(NamedTuple):
    """Files by path, the change that they amount to, and paths of our own that are no longer wanted."""

    files: dict[str, bytes]
    change: Change
    gone: frozenset[str] = frozenset()


class Parcel(NamedTuple):
    """One run to be exported: its provenance, the files of its encoding by name, and the licence they are under."""

    provenance: Provenance
    encoding: Mapping[str, bytes]
    licence: str


def parcel_of(folder: RunFolder, settings: Settings) -> Parcel:
    """A run's parcel.

    Raises:
        ExportError: the run is not complete, or its configuration is not the one that it was made with.
        DataError: a file is not the one that the manifest names.
    """
    manifest = folder.manifest()
    if manifest.content.config_sha256 != settings.sha256:
        raise ExportError(f"{folder.config}: not the configuration that {manifest.content.run} was made with")
    if manifest.circumstances.status != "complete":
        raise ExportError(f"{folder.path}: the run is {manifest.circumstances.status}, not complete; resume it first")
    folder.verify(besides=("truth/",))
    rows = {
        path.relative_to(folder.encoding).as_posix(): path.read_bytes()
        for path in sorted(folder.encoding.rglob("*"))
        if path.is_file() and path.relative_to(folder.encoding).parts[0] != "spec"
    }
    return Parcel(provenance_of(folder, manifest.content, settings.question), rows, settings.encoding.licence)


def written(before: Mapping[str, bytes], parcels: Sequence[Parcel]) -> Written:
    """The repository's files after these runs, one after another; a run that it holds as it is, is passed over.

    Args:
        before: files of the repository by path, at least its clauses and provenance.
        parcels: the runs.

    Raises:
        ExportError: a file of the repository cannot be read.
    """
    clauses = clauses_before = _clauses(before)
    known_before = _provenances(before)
    known = {p.run: p for p in known_before}
    fresh = [p for p in parcels if not _stands(p, before)]
    if not fresh:
        return Written({}, Change())
    files: dict[str, bytes] = {}
    for parcel in fresh:
        run = parcel.provenance
        clauses, _ = applied(clauses, run.clauses, run.rulings, run=run.run, simulated=run.simulated)
        known[run.run] = run
        files |= _own(parcel)
    change = difference(clauses_before, clauses)
    sections = _sections(clauses, list(known.values()), [p.provenance.run for p in fresh])
    simulated = all(clause.simulated for clause in clauses.values())
    spec = specification(sections, ideas=[p.idea for p in known.values()], simulated=simulated)
    files["spec.md"] = placed(before.get("spec.md", b""), spec).encode()
    files |= {path: text.encode() for path, text in example_files(sections).items()}
    files |= {f"clauses/{id_}.yaml": _yaml(clause) for id_, clause in clauses.items()}
    files["CHANGELOG.md"] = _changelog(before.get("CHANGELOG.md", b""), fresh, change).encode()
    files["LICENSE"] = before.get("LICENSE") or _licence(fresh[0].licence).encode()
    return Written(files, change, frozenset(_examples_of(clauses_before, known_before)) - files.keys())


def _own(parcel: Parcel) -> dict[str, bytes]:
    """The files that belong to one run alone."""
    run = parcel.provenance
    rows = {f"encoding/{run.run}/{name}": data for name, data in parcel.encoding.items()}
    return {f"provenance/{run.run}.json": _json(run.model_dump(mode="json")), **rows}


def _stands(parcel: Parcel, before: Mapping[str, bytes]) -> bool:
    """Whether a run has been exported as it is; to apply it again would undo what later runs ruled."""
    path = f"provenance/{parcel.provenance.run}.json"
    return before.get(path) == _own(parcel)[path]


def write_spec(folder: RunFolder, content: Content, question: Question) -> None:
    """The specification of one run alone -> `encoding/spec/`."""
    alone = written({}, [Parcel(provenance_of(folder, content, question), {}, _CC0)])
    target = folder.encoding / "spec"
    for path, data in alone.files.items():
        if path == "spec.md" or path.startswith("examples/"):
            write_whole(target / path, data.decode())
    lines = [clause.line() for clause in _clauses(alone.files).values()]
    write_whole(target / "clauses.jsonl", "".join(f"{line}\n" for line in lines))


def lint_clauses(files: Mapping[str, str]) -> Iterator[Defect]:
    """What is wrong between the clause files of a repository and the part of its specification that is made of them."""
    own = {path: text for path, text in files.items() if path.startswith("clauses/")}
    standing: set[str] = set()
    for path, text in sorted(own.items()):
        try:
            found = _clauses({path: text.encode()})
        except ExportError as error:
            yield Defect(path, 1, "clause file that cannot be read", str(error).removeprefix(f"{path}: "))
            standing.add(path.removeprefix("clauses/").removesuffix(".yaml"))
        else:
            standing |= {c.id for c in found.values() if c.standing == "active"}
    shown = {id_ for id_, _ in read(made_part(files.get("spec.md", ""))).clauses()}
    for id_ in sorted(standing - shown) if own else []:
        yield Defect("spec.md", 1, "standing clause that is not shown", id_)
    for id_ in sorted(shown - standing):
        yield Defect("spec.md", 1, "clause without a standing clause file", id_)


def _examples_of(clauses: Mapping[str, SpecClause], known: Sequence[Provenance]) -> set[str]:
    """Example files that these clauses have; others in the folder are not ours."""
    return set(example_files(_sections(clauses, known, [])))


def _licence(name: str) -> str:
    return _CC0_TEXT if name == _CC0 else f"This specification and the data beside it are under {name}.\n"


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
        text = next((p.question for p in order if p.question.id == question), None)
        if text is None:
            raise ExportError(f"provenance/: no run of {question}, the question of {own[0].id}")
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
