"""The files of a repository, of its working tree or of one commit. Follows no link out of it and changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from deliberation.errors import ExportError
from deliberation.export.git import Git

FOLDERS = ("clauses", "examples", "provenance", "encoding", "changes")
"""Folders of a specification repository; others in it are not looked into."""


def files_of(path: Path, wanted: re.Pattern[str], *, ref: str | None = None) -> dict[str, bytes]:
    """Files by their path in the repository.

    Args:
        path: the repository.
        wanted: which; fullmatched with each path.
        ref: a branch, tag or commit; by default the working tree.

    Raises:
        ExportError: there is no such folder or ref, or a file leads out of the repository.
    """
    if ref is not None:
        return _committed(path, wanted, ref)
    if not path.is_dir():
        raise ExportError(f"{path}: no such folder")
    root = path.resolve()
    found = {}
    for file in _walk(path):
        name = file.relative_to(path).as_posix()
        if wanted.fullmatch(name):
            if not file.resolve().is_relative_to(root):
                raise ExportError(f"{path}: {name} leads out of the repository")
            if file.is_file():  # and no pipe, which would never end
                try:
                    found[name] = file.read_bytes()
                except OSError as error:
                    raise ExportError(f"{file}: {error.strerror or error}") from error
    return found


def _walk(folder: Path) -> Iterator[Path]:
    """Files at the top and in our folders; one that is a link is gone through, so that it can be refused."""
    for top in sorted(folder.iterdir()):
        if not top.is_dir():
            yield top
        elif top.name in FOLDERS:
            yield from sorted(top.glob("*" if top.is_symlink() else "**/*"))


def _committed(path: Path, wanted: re.Pattern[str], ref: str) -> dict[str, bytes]:
    if not path.is_dir():
        raise ExportError(f"{path}: no such folder")
    git = Git(path)
    commit = git.commit_of(ref)
    if commit is None:
        raise ExportError(f"{path}: no ref {ref!r}")
    entries = git.entries(commit)
    for name in FOLDERS:
        if name in entries:
            raise ExportError(f"{path}: {name} is {entries[name].kind}, not a folder")
    return git.read({name: entry for name, entry in entries.items() if wanted.fullmatch(name)})
