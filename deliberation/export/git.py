"""The git command line, as much of it as an export needs. Never pushes or fetches, runs no hook, asks for no password.

A repository may be hostile: what its configuration would run is switched off, and its links are not followed.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from deliberation.errors import ExportError

_QUIET = (
    "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.splitIndex=false",
    "-c", "protocol.ext.allow=never", "-c", "commit.gpgSign=false", "-c", "log.showSignature=false",
    "-c", "core.quotePath=false", "-c", "core.autocrlf=false", "-c", "i18n.commitEncoding=UTF-8",
)  # fmt: skip
_ENV = {
    "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_REPLACE_OBJECTS": "1", "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none", "LC_ALL": "C",
}  # fmt: skip
_FALLBACK = ("deliberate", "noreply@example.org")
_LIMIT_S = 120
_UNDER_WAY = {
    "MERGE_HEAD": "merge", "CHERRY_PICK_HEAD": "cherry-pick", "REVERT_HEAD": "revert", "rebase-merge": "rebase",
    "rebase-apply": "rebase", "BISECT_LOG": "bisect",
}  # fmt: skip
_REGULAR = {"100644", "100755"}
_KINDS = {"120000": "a symbolic link", "160000": "a submodule"}
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")


class Entry(NamedTuple):
    """One entry of a commit's tree: its mode and the id of what it holds."""

    mode: str
    object: str

    @property
    def kind(self) -> str:
        """What it is, in words."""
        return _KINDS.get(self.mode, "a file")


class Git:
    """One repository.

    Args:
        path: its working tree, or where it is bare, itself.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, *arguments: str, data: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """Run git and return what it prints.

        Raises:
            ExportError: git failed or is not there; carries its first line.
        """
        own = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        own |= {**_ENV, **(env or {})}
        try:
            done = subprocess.run(
                ["git", *_QUIET, *arguments], cwd=self.path, input=data, env=own, capture_output=True,
                timeout=_LIMIT_S, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ExportError(f"git {arguments[0]} in {self.path}: {error}") from error
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise ExportError(f"git {arguments[0]} in {self.path}: {said[0] if said else done.returncode}")
        return done.stdout

    def is_repository(self) -> bool:
        """Whether a repository begins here: its working tree, or where it is bare, itself."""
        try:
            bare = self("rev-parse", "--is-bare-repository").decode().strip() == "true"
            top = self("rev-parse", "--absolute-git-dir" if bare else "--show-toplevel").decode().strip()
        except ExportError:
            return False
        return Path(top).resolve() == self.path.resolve()

    def under_way(self) -> str | None:
        """What somebody has begun in this working tree and not ended: a merge, a rebase or the like; or None."""
        folder = Path(self("rev-parse", "--absolute-git-dir").decode().strip())
        return next((what for name, what in _UNDER_WAY.items() if (folder / name).exists()), None)

    def commit_of(self, ref: str) -> str | None:
        """The commit that a ref names, or None."""
        try:
            found = self("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        except ExportError:
            return None
        return found.decode().strip()

    def tree_of(self, commit: str) -> str:
        """The tree of a commit."""
        return self("rev-parse", "--verify", "--end-of-options", f"{commit}^{{tree}}").decode().strip()

    def entries(self, commit: str) -> dict[str, Entry]:
        """All that a commit's tree holds, by path: files, links and submodules."""
        found = {}
        for line in self("ls-tree", "-r", "-z", commit).decode(errors="surrogateescape").split("\0"):
            about, _, path = line.partition("\t")
            if path:
                mode, _, object_ = about.split()
                found[path] = Entry(mode, object_)
        return found

    def read(self, entries: Mapping[str, Entry]) -> dict[str, bytes]:
        """What these files hold, by path.

        Raises:
            ExportError: one is a link or a submodule, or not there.
        """
        for path, entry in entries.items():
            if entry.mode not in _REGULAR:
                raise ExportError(f"{self.path}: {path} is {entry.kind}, not a file")
        asked = "".join(f"{entry.object}\n" for entry in entries.values()).encode()
        answer, at, found = self("cat-file", "--batch", data=asked), 0, {}
        for path in entries:
            end = answer.index(b"\n", at)
            head = answer[at:end].split()
            if len(head) != 3 or head[1] != b"blob":
                raise ExportError(f"{self.path}: {path} is not in the repository's store")
            at = end + 1 + int(head[2])
            found[path] = answer[end + 1 : at]
            at += 1
        return found

    def build_tree(self, base: str | None, files: Mapping[str, bytes], *, remove: Iterable[str] = ()) -> str:
        """The tree of `base` with these files put in and others taken out; made on an index of its own.

        Raises:
            ExportError: a path leads out of the repository, or through something in it that is no folder.
        """
        standing = {} if base is None else self.entries(base)
        for path in files:
            inside(path)
            for above in (path, *map(str, PurePosixPath(path).parents)):
                there = standing.get(above)
                if there is not None and (above != path or there.mode not in _REGULAR):
                    raise ExportError(f"{self.path}: {above} is {there.kind}, so {path} cannot be written")
        with tempfile.TemporaryDirectory() as scratch:
            env = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
            if base is not None:
                self("read-tree", base, env=env)
            entries = b"".join(f"0 {self._nothing()}\t{path}\0".encode() for path in sorted(remove))
            for path, data in sorted(files.items()):
                blob = self("hash-object", "-w", "--stdin", data=data).decode().strip()
                entries += f"100644 {blob}\t{path}\0".encode()
            self("update-index", "-z", "--index-info", data=entries, env=env)
            return self("write-tree", env=env).decode().strip()

    def commit_tree(self, tree: str, parent: str | None, message: str) -> str:
        """A commit of a tree; it carries its parent's date, or a fixed one, so the same input gives the same commit."""
        date = "2000-01-01T00:00:00+00:00"
        if parent is not None:
            date = self("show", "-s", "--format=%cI", parent).decode().strip()
        name, mail = self._author()
        env = {
            "GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": mail, "GIT_AUTHOR_DATE": date,
            "GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": mail, "GIT_COMMITTER_DATE": date,
        }  # fmt: skip
        parents = ("-p", parent) if parent is not None else ()
        return self("commit-tree", tree, *parents, data=message.encode(), env=env).decode().strip()

    def checked_out(self) -> dict[str, str]:
        """Where each branch that is checked out is so: branch -> folder."""
        found, folder = {}, ""
        for line in self("worktree", "list", "--porcelain").decode().splitlines():
            name, _, value = line.partition(" ")
            if name == "worktree":
                folder = value
            elif name == "branch":
                found[value.removeprefix("refs/heads/")] = folder
        return found

    def move_branch(self, branch: str, commit: str, before: str | None) -> None:
        """Point a branch to a commit, if it still points to where it did.

        Raises:
            ExportError: somebody moved it meanwhile.
        """
        self("update-ref", f"refs/heads/{branch}", commit, before or self._nothing())

    def _nothing(self) -> str:
        """The id that names no object: as long as this repository's ids are."""
        return "0" * len(self("hash-object", "--stdin").strip())

    def _author(self) -> tuple[str, str]:
        found = []
        for key, fallback in zip(("user.name", "user.email"), _FALLBACK, strict=True):
            try:
                found.append(self("config", "--get", key).decode().strip() or fallback)
            except ExportError:
                found.append(fallback)
        return found[0], found[1]


def inside(path: str) -> str:
    """A path that stays inside a repository, as it is.

    Raises:
        ExportError: it does not, or holds a sign that some file system or program would take for something else.

    >>> inside("clauses/c-1.yaml")
    'clauses/c-1.yaml'
    """
    for part in path.split("/"):
        if not _PART.fullmatch(part):
            raise ExportError(f"{path!r}: not a path inside a specification repository (at {part!r})")
    return path
