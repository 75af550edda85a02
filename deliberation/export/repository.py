"""Export runs to a specification repository: one commit on a branch, and nothing else of the user's touched.

The user's working tree, index and current branch stay as they are. A repository that is not there is made, and
its first commit checked out. Nothing is ever pushed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from deliberation.errors import ExportError
from deliberation.export.git import Git
from deliberation.export.lint import Defect, lint
from deliberation.export.reading import text_of
from deliberation.export.specfiles import Parcel, Written, lint_clauses, written
from deliberation.export.state import Change
from deliberation.export.tree import files_of
from deliberation.export.verify import Verified, verify
from deliberation.records.base import short_hash

_MAIN = "main"
_LINTED = re.compile(r"[^/]+\.md|examples/[^/]+\.md|clauses/[^/]+\.yaml")
_VERIFIED = re.compile(r"spec\.md|CHANGELOG\.md|(clauses|provenance|encoding|changes|examples)/.+", re.DOTALL)
_OURS = ("clauses/", "provenance/", "examples/", "changes/")


class Exported(NamedTuple):
    """What an export came to. `commit` is None where nothing changed; `described`: the page that says what did."""

    branch: str
    commit: str | None
    change: Change
    created: bool
    described: str | None = None


def export_runs(parcels: Sequence[Parcel], path: Path) -> Exported:
    """Export runs.

    Args:
        parcels: the runs, in order.
        path: the repository's folder; absent or empty, it is made.

    Raises:
        ExportError: the folder holds something else, somebody is in the middle of a merge there, or git refused.
    """
    git = Git(path)
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return _first(git, parcels)
    if not path.is_dir() or not git.is_repository():
        raise ExportError(f"{path}: not a git repository, and not empty")
    if git.commit_of("HEAD") is None and [p.name for p in path.iterdir()] == [".git"]:
        return _first(git, parcels)  # made, but killed before its first commit
    if (what := git.under_way()) is not None:
        raise ExportError(f"{path}: a {what} is under way there; end or abort it first")
    return _further(git, parcels)


def lint_repository(path: Path, *, ref: str | None = None) -> list[Defect]:
    """Defects of a repository's specification: of its working tree, or of a commit.

    Raises:
        ExportError: there is no such ref, or no specification.
    """
    files = files_of(path, _LINTED, ref=ref)
    try:
        texts = {name: _text(name, data) for name, data in files.items()}
        return sorted([*lint(texts), *lint_clauses(texts)])
    except ExportError as error:
        raise ExportError(f"{path}: {error}") from error


def verify_repository(path: Path, *, ref: str | None = None) -> Verified:
    """Whether a repository is what its runs ruled: of its working tree, or of a commit.

    Raises:
        ExportError: there is no such ref, or no record of any run.
    """
    files = files_of(path, _VERIFIED, ref=ref)
    try:
        return verify(files)
    except ExportError as error:
        raise ExportError(f"{path}: {error}") from error


def _text(name: str, data: bytes) -> str:
    """An example file or a clause that is not UTF-8 is a defect of that file; anything else cannot be read at all."""
    if name.startswith(("examples/", "clauses/")):
        return data.decode(errors="surrogateescape")
    return text_of(name, data)


def branch_of(parcels: Sequence[Parcel]) -> str:
    """`rulings/<run>`; of several runs, `rulings/runs-<hash>`."""
    runs = [p.provenance.run for p in parcels]
    return f"rulings/{runs[0]}" if len(runs) == 1 else f"rulings/runs-{short_hash(*runs, size=5)}"


def _first(git: Git, parcels: Sequence[Parcel]) -> Exported:
    try:
        git.path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(f"{git.path}: {error.strerror or error}") from error
    git("init", "--quiet", f"--initial-branch={_MAIN}")
    result, tree = _result(git, None, parcels)
    commit = git.commit_tree(tree, None, _message(result.change, parcels))
    git.move_branch(_MAIN, commit, None)
    git("reset", "--quiet", "--hard", commit)
    return Exported(_MAIN, commit, result.change, created=True, described=result.described)


def _further(git: Git, parcels: Sequence[Parcel]) -> Exported:
    branch = branch_of(parcels)
    tip = git.commit_of(f"refs/heads/{branch}")
    head = git.commit_of("HEAD")
    results = {base: _result(git, base, parcels) for base in (head, tip) if base is not None}
    for base, (_, tree) in results.items():  # already merged, or already on its branch: nothing to do
        if tree == git.tree_of(base):
            return Exported(branch, None, Change(), created=False)
    standing = git.checked_out().get(branch)
    if standing is not None:
        raise ExportError(f"{branch} is checked out in {standing}; switch to another branch, so that it can be written")
    parent = tip or head
    result, tree = results[parent] if parent is not None else _result(git, None, parcels)
    commit = git.commit_tree(tree, parent, _message(result.change, parcels))
    git.move_branch(branch, commit, tip)
    return Exported(branch, commit, result.change, created=False, described=result.described)


def _result(git: Git, base: str | None, parcels: Sequence[Parcel]) -> tuple[Written, str]:
    entries = {} if base is None else git.entries(base)
    ours = {n: e for n, e in entries.items() if n.startswith(_OURS) or n in {"CHANGELOG.md", "LICENSE", "spec.md"}}
    result = written(git.read(ours), parcels)
    if base is not None and not result.files:
        return result, git.tree_of(base)
    return result, git.build_tree(base, result.files, remove=result.gone)


def _message(change: Change, parcels: Sequence[Parcel]) -> str:
    counts = [
        f"{verb} {len(ids)}"
        for verb, ids in (
            ("add", change.added), ("amend", change.amended), ("supersede", change.superseded),
            ("withdraw", change.withdrawn),
        )
        if ids
    ]  # fmt: skip
    subject = f"spec: {', '.join(counts) or 'no clause changed'}"
    trailers = [f"Run-Id: {p.provenance.run}" for p in parcels]
    trailers += [f"Manifest-SHA256: {p.provenance.manifest_sha256}" for p in parcels]
    trailers += [f"Clause-Added: {c}" for c in change.added]
    trailers += [f"Clause-Amended: {c}" for c in change.amended]
    trailers += [f"Clause-Superseded: {c}" for c in change.superseded]
    trailers += [f"Clause-Withdrawn: {c}" for c in change.withdrawn]
    trailers += ["Simulated: true"] if any(p.provenance.simulated for p in parcels) else []
    return "\n".join([subject, "", *trailers]) + "\n"
