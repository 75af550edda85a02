"""The files of a specification repository after some runs' rulings: a pure function of what was there and the runs."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import NamedTuple

import yaml

from deliberation.errors import ExportError
from deliberation.export.bundle import Provenance, provenance_of
from deliberation.export.changes import Step, described
from deliberation.export.conflicts import conflicts
from deliberation.export.grammar import read
from deliberation.export.lint import Defect
from deliberation.export.markdown import Section, example_files, made_part, placed, specification
from deliberation.export.reading import (
    Repository,
    changed_lines,
    clause_in,
    is_clause,
    place_of,
    repository_of,
    text_of,
)
from deliberation.export.state import Change, SpecClause, difference
from deliberation.records.agenda import Question
from deliberation.records.base import short_hash
from deliberation.records.files import write_whole
from deliberation.records.folder import RunFolder
from deliberation.records.manifest import Content
from deliberation.settings import Settings

_CC0 = "CC0-1.0"
_CC0_TEXT = """Creative Commons CC0 1.0 Universal

To the extent possible under law, the authors have waived all copyright and related or neighbouring rights to this
specification and to the data beside it. The full text: https://creativecommons.org/publicdomain/zero/1.0/legalcode
"""
_ID = re.compile(r"[a-z]+-[A-Za-z0-9_-]+")
_HIDDEN = re.compile(r"[^\x20-\x7e\n]")


class Written(NamedTuple):
    """Files by path, the change that they amount to, paths of our own no longer wanted, and where it is described."""

    files: dict[str, bytes]
    change: Change
    gone: frozenset[str] = frozenset()
    described: str | None = None


class Parcel(NamedTuple):
    """One run to be exported: its provenance, the files of its encoding by name, and the licence they are under."""

    provenance: Provenance
    encoding: Mapping[str, bytes]
    licence: str


def parcel_of(folder: RunFolder, settings: Settings) -> Parcel:
    """A run's parcel: of its encoding, exactly the files that the manifest names.

    Raises:
        ExportError: the run is not complete, its configuration is not the one that it was made with, or a file of its
            encoding lies outside it.
        DataError: a file is not the one that the manifest names.
    """
    manifest = folder.manifest()
    if manifest.content.config_sha256 != settings.sha256:
        raise ExportError(f"{folder.config}: not the configuration that {manifest.content.run} was made with")
    if manifest.circumstances.status != "complete":
        raise ExportError(f"{folder.path}: the run is {manifest.circumstances.status}, not complete; resume it first")
    folder.verify(besides=("truth/",))
    rows = {}
    for name in encoded(manifest.content.files):
        path = folder.path / name
        if path.resolve() != folder.path.resolve() / name:
            raise ExportError(f"{path}: leads out of the run folder")
        rows[name.removeprefix("encoding/")] = path.read_bytes()
    return Parcel(provenance_of(folder, manifest.content, settings.question), rows, settings.encoding.licence)


def encoding_of(run: Provenance) -> dict[str, str]:
    """The files of a run's encoding by their path in the repository, each with the hash that is recorded."""
    return {f"encoding/{run.run}/{n.removeprefix('encoding/')}": run.files[n] for n in encoded(run.files)}


def encoded(files: Iterable[str]) -> list[str]:
    """Which of a run's files go into `encoding/<run>/`: its rows, but not its own copy of the specification."""
    return sorted(name for name in files if name.startswith("encoding/") and not name.startswith("encoding/spec/"))


def written(before: Mapping[str, bytes], parcels: Sequence[Parcel]) -> Written:
    """The repository's files after these runs, one after another; a run that it holds as it is, is passed over.

    Args:
        before: files of the repository by path, at least its clauses, provenance, changes and changelog.
        parcels: the runs.

    Raises:
        ExportError: a file of the repository cannot be read, or a run has an id that could be no file's name.
    """
    start = repo = repository_of(before)
    fresh: list[Provenance] = []
    files: dict[str, bytes] = {}
    for parcel in parcels:
        run = parcel.provenance.sealed()
        if repo.record(run.run, run.sha256) is not None:
            continue
        _named(run)
        repo = repo.after(run)
        fresh.append(run)
        files |= {f"encoding/{run.run}/{name}": data for name, data in parcel.encoding.items()}
    if not fresh:
        return Written({}, Change())
    latest = list(dict.fromkeys(run.run for run in fresh))
    place = _free(f"changes/{latest[0] if len(latest) == 1 else f'runs-{short_hash(*latest, size=5)}'}", before)
    change = difference(start.clauses, repo.clauses)
    told = described(Step(start, repo, change, fresh))
    spec, examples = made(repo, latest)
    old = made(start, start.latest())[1]
    if theirs := sorted(examples.keys() & (before.keys() - old.keys())):
        raise ExportError(f"{theirs[0]}: stands there already, and no ruling that the repository holds made it")
    files |= {place_of(run): recorded(run) for run in repo.runs.values() if run.run in latest}
    files |= {place_of(run, earlier=True): recorded(run) for run in repo.earlier}
    files["spec.md"] = placed(before.get("spec.md", b""), spec).encode()
    files |= examples
    files |= {f"clauses/{id_}.yaml": clause_file(clause) for id_, clause in repo.clauses.items()}
    files[place] = told.encode()
    files["CHANGELOG.md"] = _changelog(before.get("CHANGELOG.md", b""), fresh, change, (place, told)).encode()
    files["LICENSE"] = before.get("LICENSE") or _licence(parcels[0].licence).encode()
    was = {path for run in latest if run in start.runs for path in encoding_of(start.runs[run])}
    return Written(files, change, frozenset({*old, *was}) - files.keys(), place)


def made(repo: Repository, latest: Sequence[str]) -> tuple[str, dict[str, bytes]]:
    """The specification and its example files, as they follow from clauses and provenance.

    Args:
        repo: the repository.
        latest: the runs of the last export, whose wording of a question is taken.
    """
    sections = _sections(repo, latest)
    simulated = all(clause.simulated for clause in repo.clauses.values())
    spec = specification(sections, ideas=[p.idea for p in repo.runs.values()], simulated=simulated)
    return spec, {path: text.encode() for path, text in example_files(sections).items()}


def clause_file(clause: SpecClause) -> bytes:
    """`clauses/<id>.yaml`."""
    plain = clause.model_dump(mode="json")
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=120).encode()


def recorded(run: Provenance) -> bytes:
    """`provenance/<run>.json`: what cannot be seen, such as a control of direction, stands there by its number."""
    text = json.dumps(run.plain(), indent=1, ensure_ascii=False)
    return (_HIDDEN.sub(lambda sign: sign[0] if sign[0].isprintable() else _numbered(sign[0]), text) + "\n").encode()


def write_spec(folder: RunFolder, content: Content, question: Question) -> None:
    """The specification of one run alone -> `encoding/spec/`."""
    run = provenance_of(folder, content, question)
    alone = Repository({}, {}).after(run)
    spec, examples = made(alone, [run.run])
    target = folder.encoding / "spec"
    write_whole(target / "spec.md", placed(b"", spec))
    for path, data in examples.items():
        write_whole(target / path, data.decode())
    lines = [alone.clauses[id_].line() for id_ in sorted(alone.clauses)]
    write_whole(target / "clauses.jsonl", "".join(f"{line}\n" for line in lines))


def lint_clauses(files: Mapping[str, str]) -> Iterator[Defect]:
    """What is wrong between the clause files of a repository and the part of its specification that is made of them."""
    own = {path: text for path, text in files.items() if is_clause(path)}
    standing: set[str] = set()
    for path, text in sorted(own.items()):
        try:
            clause = clause_in(path, text.encode(errors="surrogateescape"))
        except ExportError as error:
            yield Defect(path, 1, "clause file that cannot be read", str(error).removeprefix(f"{path}: "))
            standing.add(path.removeprefix("clauses/").removesuffix(".yaml"))
        else:
            standing |= {clause.id} if clause.standing == "active" else set()
    shown = {id_ for id_, _ in read(made_part(files.get("spec.md", ""))).clauses()}
    for id_ in sorted(standing - shown) if own else []:
        yield Defect("spec.md", 1, "standing clause that is not shown", id_)
    for id_ in sorted(shown - standing):
        yield Defect("spec.md", 1, "clause without a standing clause file", id_)


def _named(run: Provenance) -> None:
    """Ids become names of files and of headings, so they must be plain."""
    for id_ in (
        run.run,
        *(c.id for c in run.clauses),
        *(r.id for r in run.rulings),
        *(c.question for c in run.clauses),
    ):
        if not _ID.fullmatch(id_):
            raise ExportError(f"{run.run!r}: {id_!r} cannot be an id (letters, digits, - and _ after a prefix)")


def _free(stem: str, before: Mapping[str, bytes]) -> str:
    names = (f"{stem}{'' if n == 1 else f'-{n}'}.md" for n in count(1))
    return next(name for name in names if name not in before)


def _numbered(sign: str) -> str:
    units = sign.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _licence(name: str) -> str:
    return _CC0_TEXT if name == _CC0 else f"This specification and the data beside it are under {name}.\n"


def _sections(repo: Repository, latest: Sequence[str]) -> list[Section]:
    """One section a question; wording and examples come from the runs behind its clauses, the latest first."""
    order = [*sorted(repo.runs.values(), key=lambda p: (p.run not in latest, p.run)), *reversed(repo.earlier)]
    examples = {run.run: run.shown() for run in repo.runs.values()}
    pairs = conflicts(repo.clauses.values(), list(repo.runs.values()))
    sections = []
    for question in sorted({c.question for c in repo.clauses.values()} | {p.question.id for p in repo.runs.values()}):
        own = sorted((c for c in repo.clauses.values() if c.question == question), key=lambda c: c.id)
        text = next((p.question for p in order if p.question.id == question), None)
        if text is None:
            raise ExportError(f"provenance/: no run of {question}, the question of {own[0].id}")
        ids = {c.id for c in own}
        sections.append(
            Section(
                text,
                own,
                {c.id: examples.get(c.run, {}).get(c.id, []) for c in own},
                [pair for pair in pairs if pair.first in ids],
            )
        )
    return sections


def _changelog(before: bytes, runs: Sequence[Provenance], change: Change, told: tuple[str, str]) -> str:
    """The changelog with one entry more, on top: which records, in which order, and what they changed."""
    head = "# Changelog\n"
    entries = text_of("CHANGELOG.md", before).removeprefix(head).strip()
    place, text = told
    lines = [f"## {', '.join(dict.fromkeys(run.run for run in runs))}", ""]
    lines += [f"- run: `{run.run}`, record `{run.sha256[:16]}`" for run in runs]
    lines.append(f"- described: `{place}`, sha256 `{hashlib.sha256(text.encode()).hexdigest()}`")
    return "\n".join([head, *lines, *changed_lines(change), "", entries]).rstrip() + "\n"
