"""Whether a specification repository is still what its runs ruled: every hash made again, every file of ours derived.

The changelog says in which order which records were applied; from these alone all clauses follow, and from the clauses
the specification and its examples. Finds what differs and mends nothing. No hash is signed: what this shows is that
the files agree with one another, not who wrote them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, TypeVar

from pydantic import ValidationError

from deliberation.errors import ExportError
from deliberation.export.bundle import Provenance, manifest_sha256
from deliberation.export.markdown import made_part
from deliberation.export.reading import (
    EARLIER,
    Repository,
    changed_lines,
    clause_in,
    is_clause,
    is_record,
    logged,
    record_in,
    text_of,
)
from deliberation.export.specfiles import clause_file, encoding_of, made, recorded
from deliberation.export.state import SpecClause, difference
from deliberation.records.base import plain

Found = TypeVar("Found")

_MOST, _BEFORE = 60, 20


class Mismatch(NamedTuple):
    """One thing that is not as recorded: the file, and what differs."""

    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"


class Verified(NamedTuple):
    """What was looked at, and what is not as recorded."""

    runs: int
    clauses: int
    mismatches: tuple[Mismatch, ...]


def verify(files: Mapping[str, bytes]) -> Verified:
    """Check a repository.

    Args:
        files: all its files by path.

    Raises:
        ExportError: it holds no record of any run.
    """
    found: list[Mismatch] = []
    records = _read(files, is_record, record_in, found)
    clauses = _read(files, is_clause, clause_in, found)
    if not any(is_record(path) for path in files):
        raise ExportError("provenance/ holds no record of a run, so there is nothing to verify")
    for path, record in records.items():
        found += (Mismatch(path, what) for what in _record(record, files[path]))
    runs = {record.run: record for path, record in records.items() if not path.startswith(EARLIER)}
    found += _encoding(runs, files)
    earlier = tuple(record for path, record in records.items() if path.startswith(EARLIER))
    found += _history(Repository({}, runs, earlier), files, {path: clauses.get(path) for path in files})
    return Verified(len(runs), sum(map(is_clause, files)), tuple(dict.fromkeys(sorted(found))))


def _read(
    files: Mapping[str, bytes], wanted: Callable[[str], bool], parse: Callable[[str, bytes], Found], bad: list[Mismatch]
) -> dict[str, Found]:
    found = {}
    for path, data in sorted(files.items()):
        if wanted(path):
            try:
                found[path] = parse(path, data)
            except ExportError as error:
                bad.append(Mismatch(path, str(error).removeprefix(f"{path}: ")))
    return found


def _record(record: Provenance, data: bytes) -> Iterator[str]:
    """What is wrong with a run's record by itself."""
    if record.digest() != record.sha256:
        yield f"sha256: {record.sha256[:16] or 'none'} is recorded, the rest of the file has {record.digest()[:16]}"
    elif recorded(record) != data:
        yield "its bytes are not those that were written, though it says the same"
    try:
        content = manifest_sha256(record.content())
    except ValidationError:
        content = "unknown"
    if content != record.manifest_sha256:
        yield f"manifest_sha256: {record.manifest_sha256[:16]} is recorded, its content has {content[:16]}"
    for name, text in record.lines().items():
        here = _sha256(text.encode())
        if record.files.get(name, here) != here:
            yield f"files.{name}: {record.files[name][:16]} is recorded, what stands here has {here[:16]}"


def _encoding(runs: Mapping[str, Provenance], files: Mapping[str, bytes]) -> Iterator[Mismatch]:
    known = {path: wanted for record in runs.values() for path, wanted in encoding_of(record).items()}
    for path in sorted({*known, *(path for path in files if path.startswith("encoding/"))}):
        if path not in files:
            yield Mismatch(path, "is recorded in provenance, and not there")
        elif path not in known:
            yield Mismatch(path, "no run's provenance names it")
        elif _sha256(files[path]) != known[path]:
            yield Mismatch(path, f"sha256: {known[path][:16]} is recorded, the file has {_sha256(files[path])[:16]}")


def _history(
    records: Repository, files: Mapping[str, bytes], clauses: Mapping[str, SpecClause | None]
) -> Iterator[Mismatch]:
    """What differs between the files and what follows from the records in the changelog's order."""
    try:
        log = tuple(reversed(logged(text_of("CHANGELOG.md", files.get("CHANGELOG.md", b"")))))
    except ExportError as error:
        yield Mismatch("CHANGELOG.md", str(error).removeprefix("CHANGELOG.md: "))
        return
    for place, hashed in filter(None, (entry.described for entry in log)):
        if place not in files:
            yield Mismatch(place, "the changelog names it, and it is not there")
        elif _sha256(files[place]) != hashed:
            yield Mismatch(place, f"sha256: {hashed[:16]} is recorded, the file has {_sha256(files[place])[:16]}")
    repo = Repository({}, {}, (), log)
    for entry in log:
        before = repo.clauses
        for run, mark in entry.runs:
            record = records.record(run, mark)
            if record is None:
                yield Mismatch("CHANGELOG.md", f"names record {mark} of {run}, which provenance/ does not hold")
                return
            repo = repo.after(record)
        if entry.changed != (wanted := changed_lines(difference(before, repo.clauses))):
            what = min({*entry.changed} ^ {*wanted}, default="their order")
            yield Mismatch("CHANGELOG.md", f"{entry.runs[0][0]}: {_shown(what)} is not what its rulings changed")
    for run in sorted(run for run, record in records.runs.items() if repo.runs.get(run) != record):
        yield Mismatch("CHANGELOG.md", f"does not say when {run} was applied, as its provenance stands")
    yield from _clauses(repo, files, clauses)
    yield from _specification(repo, files)


def _clauses(
    repo: Repository, files: Mapping[str, bytes], clauses: Mapping[str, SpecClause | None]
) -> Iterator[Mismatch]:
    wanted = {f"clauses/{id_}.yaml": clause for id_, clause in repo.clauses.items()}
    for path in sorted({*wanted, *filter(is_clause, files)}):
        if path not in files:
            yield Mismatch(path, f"is not there, though {wanted[path].run} ruled on it")
        elif path not in wanted:
            yield Mismatch(path, "no ruling in provenance/ amounts to it")
        elif clause_file(wanted[path]) != files[path]:
            yield from (Mismatch(path, what) for what in _differing(wanted[path], clauses[path]))


def _differing(wanted: SpecClause, clause: SpecClause | None) -> Iterator[str]:
    if clause is None:  # it cannot be read, which has been said
        return
    here, ruled = clause.model_dump(mode="json"), wanted.model_dump(mode="json")
    names = [name for name in ruled if here[name] != ruled[name]]
    for name in names:
        a, b = _apart(str(here[name]), str(ruled[name]))
        yield f"{name}: {a} stands here, {b} follows from the rulings"
    if not names:
        yield "its bytes are not those that were written, though it says the same"


def _specification(repo: Repository, files: Mapping[str, bytes]) -> Iterator[Mismatch]:
    try:
        spec, examples = made(repo, repo.latest())
        own = made_part(text_of("spec.md", files.get("spec.md", b"")))
    except ExportError as error:
        yield Mismatch("spec.md", str(error).removeprefix("spec.md: "))
        return
    if own != spec:
        here, ruled = own.split("\n"), spec.split("\n")
        pairs = [*zip(here, ruled, strict=False)]
        line = next((n for n, (a, b) in enumerate(pairs) if a != b), len(pairs))
        a, b = _apart(*(lines[line] if line < len(lines) else "nothing" for lines in (here, ruled)))
        yield Mismatch("spec.md", f"line {line + 1} of the rulings: {a} stands here, {b} follows")
    for path, data in sorted(examples.items()):
        if files.get(path) != data:
            what = "is not there" if path not in files else "is not the example that follows from provenance"
            yield Mismatch(path, what)


def _apart(one: str, other: str) -> tuple[str, str]:
    """Two texts, from a little before where they part."""
    same = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    at = max(0, same - _BEFORE)
    return _shown(one[at:]), _shown(other[at:])


def _shown(text: str) -> str:
    quiet = plain(text)
    return repr(quiet if len(quiet) <= _MOST else quiet[: _MOST - 1] + "…")


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
