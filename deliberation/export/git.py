"""The git command line, as much of it as an export needs. Never pushes, runs no hooks, asks for no password."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from deliberation.errors import ExportError

_QUIET = (
    "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "protocol.ext.allow=never",
    "-c", "commit.gpgSign=false", "-c", "core.quotePath=false", "-c", "core.autocrlf=false",
)  # fmt: skip
_FALLBACK = ("deliberate", "noreply@example.org")
_LIMIT_S = 120


class Git:
    """One repository.

    Args:
        path: its working tree.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, *arguments: str, data: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """Run git and return what it prints.

        Raises:
            ExportError: git failed or is not there; carries its first line.
        """
        own = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        own |= {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", **(env or {})}
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
        """Whether a repository's working tree begins here."""
        try:
            top = self("rev-parse", "--show-toplevel").decode().strip()
        except ExportError:
            return False
        return Path(top).resolve() == self.path.resolve()

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

    def files(self, commit: str) -> list[str]:
        """Paths of all files of a commit."""
        return [name for name in self("ls-tree", "-r", "-z", "--name-only", commit).decode().split("\0") if name]

    def read(self, commit: str, path: str) -> bytes:
        """One file of a commit."""
        return self("cat-file", "blob", f"{commit}:{path}")

    def build_tree(self, base: str | None, files: Mapping[str, bytes], *, remove: Iterable[str] = ()) -> str:
        """The tree of `base` with these files put in and others taken out; made on an index of its own."""
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
