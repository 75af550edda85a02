"""A repository may be in any state and of any intent: an export refuses in one line, or leaves it as it is."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from deliberation.cli import main
from deliberation.errors import ExportError
from deliberation.export.git import Git, inside
from deliberation.export.repository import export_runs, lint_repository, verify_repository
from deliberation.export.specfiles import Parcel, parcel_of
from deliberation.records.files import sha256
from deliberation.records.folder import RunFolder
from deliberation.settings import Settings

Make = Callable[..., Parcel]

REST, SING = "The assistant should rest.", "The assistant should sing."
SPEC = "# Ours {#ours}\n\n## Be kind {#be_kind authority=root}\n\nAlways.\n"


@pytest.fixture
def parcel(make: Make) -> Parcel:
    return make("run-one", (REST, "adopted"), (SING, "contested"))


def git(path: Path, *arguments: str, check: bool = True) -> str:
    own = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "protocol.file.allow=always")
    return subprocess.run(["git", *own, *arguments], cwd=path, check=check, capture_output=True, text=True).stdout


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """A repository of somebody's own, with one commit."""
    path = tmp_path / "spec"
    path.mkdir()
    git(path, "init", "--quiet", "--initial-branch=main")
    (path / "spec.md").write_text(SPEC)
    commit(path, "mine")
    return path


def commit(path: Path, message: str) -> None:
    git(path, "add", "--all")
    git(path, "commit", "--quiet", "-m", message)


def state(path: Path) -> tuple[str, ...]:
    return tuple(
        git(path, *asked, check=False)
        for asked in (("status", "--porcelain"), ("rev-parse", "HEAD"), ("diff",), ("branch", "--list", "main"))
    )


def refused(parcel: Parcel, path: Path, match: str) -> None:
    """An export is refused in one line, and nothing is other than before."""
    before = (state(path), git(path, "for-each-ref"))
    with pytest.raises(ExportError, match=match) as error:
        export_runs([parcel], path)
    assert len(str(error.value).splitlines()) == 1
    assert (state(path), git(path, "for-each-ref")) == before


def diverged(path: Path) -> None:
    """Two branches that change one line differently."""
    git(path, "checkout", "--quiet", "-b", "other")
    (path / "spec.md").write_text("theirs\n")
    commit(path, "theirs")
    git(path, "checkout", "--quiet", "main")
    (path / "spec.md").write_text("ours\n")
    commit(path, "ours")


@pytest.mark.parametrize("what", ["merge", "rebase", "cherry-pick"])
def test_a_repository_in_the_middle_of_something_is_refused(parcel: Parcel, spec: Path, what: str) -> None:
    diverged(spec)
    git(spec, what, "other", check=False)
    refused(parcel, spec, f"a {what} is under way there; end or abort it first")
    git(spec, what, "--abort")
    assert export_runs([parcel], spec).commit


def test_a_worktree_in_the_middle_of_a_merge_does_not_hold_up_another(parcel: Parcel, spec: Path) -> None:
    diverged(spec)
    git(spec, "worktree", "add", "--quiet", "--detach", str(spec.parent / "beside"))
    git(spec.parent / "beside", "merge", "other", check=False)
    refused(parcel, spec.parent / "beside", "a merge is under way")
    assert export_runs([parcel], spec).commit


def test_nothing_that_the_repository_or_the_environment_would_run_is_run(
    parcel: Parcel, make: Make, spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path / "ran"
    script = tmp_path / "run-me"
    script.write_text(f"#!/bin/sh\necho \"$0\" >> '{mark}'\nexit 1\n")
    script.chmod(0o755)
    hooks = tmp_path / "hooks"
    for folder in (hooks, spec / ".git" / "hooks"):
        folder.mkdir(exist_ok=True)
        for name in (
            "reference-transaction",
            "pre-commit",
            "post-commit",
            "post-checkout",
            "post-index-change",
            "pre-push",
            "commit-msg",
            "prepare-commit-msg",
        ):
            shutil.copy(script, folder / name)
    for key, value in {
        "core.hooksPath": hooks,
        "core.fsmonitor": script,
        "gpg.program": script,
        "log.showSignature": "true",
        "commit.gpgSign": "true",
        "core.pager": script,
        "core.editor": script,
        "core.sshCommand": script,
        "credential.helper": f"!{script}",
        "diff.external": script,
        "core.gitProxy": script,
        "remote.origin.url": f"ext::{script}",
        "remote.origin.promisor": "true",
        "core.askPass": script,
        "core.alternateRefsCommand": script,
        "filter.evil.clean": script,
        "filter.evil.smudge": script,
    }.items():
        git(spec, "config", key, str(value))
    (spec / ".git" / "info").mkdir(exist_ok=True)
    (spec / ".git" / "info" / "attributes").write_text("* filter=evil\n")
    for name in ("GIT_EDITOR", "GIT_PAGER", "GIT_SSH_COMMAND", "GIT_EXTERNAL_DIFF", "GIT_ASKPASS", "GIT_PROXY_COMMAND"):
        monkeypatch.setenv(name, str(script))
    export_runs([parcel], spec)
    export_runs([make("run-two", (SING, "adopted"))], spec)
    verify_repository(spec, ref="rulings/run-one")
    lint_repository(spec, ref="rulings/run-one")
    assert not mark.exists()


def test_the_users_git_environment_changes_nothing(
    parcel: Parcel, spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(spec, tmp_path / "twin")
    plain = export_runs([parcel], tmp_path / "twin").commit
    for name, value in {
        "GIT_DIR": "/nowhere", "GIT_WORK_TREE": "/nowhere", "GIT_INDEX_FILE": "/nowhere", "GIT_OBJECT_DIRECTORY": "/nowhere", "GIT_AUTHOR_DATE": "2001-01-01",
        "GIT_AUTHOR_NAME": "Eve", "GIT_COMMITTER_NAME": "Eve", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "i18n.commitEncoding", "GIT_CONFIG_VALUE_0": "latin1",
        "GIT_NAMESPACE": "x", "GIT_TRACE": "1", "GIT_CEILING_DIRECTORIES": str(tmp_path),
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    done = export_runs([parcel], spec)
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    assert done.commit == plain


def test_a_users_own_settings_do_not_change_the_commit(parcel: Parcel, spec: Path, tmp_path: Path) -> None:
    shutil.copytree(spec, tmp_path / "twin")
    for key, value in {
        "i18n.commitEncoding": "latin1",
        "core.autocrlf": "true",
        "commit.gpgSign": "true",
        "core.splitIndex": "true",
    }.items():
        git(spec, "config", key, value)
    assert export_runs([parcel], spec).commit == export_runs([parcel], tmp_path / "twin").commit


@pytest.mark.parametrize("name", ["clauses", "provenance", "examples", "encoding", "changes", "encoding/run-one"])
def test_a_folder_that_is_a_link_leading_outside_is_refused(
    parcel: Parcel, spec: Path, tmp_path: Path, name: str
) -> None:
    (tmp_path / "outside").mkdir()
    (spec / name).parent.mkdir(exist_ok=True)
    (spec / name).symlink_to(tmp_path / "outside")
    commit(spec, "linked")
    refused(parcel, spec, f"{name} is a symbolic link")
    assert not list((tmp_path / "outside").iterdir())


@pytest.mark.parametrize("name", ["spec.md", "CHANGELOG.md", "LICENSE", "clauses/c-1.yaml"])
def test_a_file_that_is_a_link_is_refused(parcel: Parcel, spec: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("planted-secret")
    (spec / name).parent.mkdir(exist_ok=True)
    (spec / name).unlink(missing_ok=True)
    (spec / name).symlink_to(tmp_path / "secret")
    commit(spec, "linked")
    refused(parcel, spec, f"{name} is a symbolic link")


@pytest.mark.parametrize(
    ("name", "target"),
    [("examples/abcd.md", "file"), ("clauses/c-1.yaml", "file"), ("examples", "folder"), ("spec.md", "file")],
)
def test_lint_and_verify_follow_no_link_out_of_a_repository(spec: Path, tmp_path: Path, name: str, target: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "abcd.md").write_text("planted-secret: [")
    (spec / name).parent.mkdir(exist_ok=True)
    (spec / name).unlink(missing_ok=True)
    (spec / name).symlink_to(tmp_path / "folder" / "abcd.md" if target == "file" else tmp_path / "folder")
    commit(spec, "linked")
    for look in (lint_repository, verify_repository):
        for ref in (None, "main"):
            with pytest.raises(ExportError, match=r"leads out of the repository|symbolic link") as error:
                look(spec, ref=ref)
            assert "planted-secret" not in str(error.value)


def test_a_pipe_where_a_file_should_be_is_not_waited_for(spec: Path) -> None:
    os.mkfifo(spec / "README.md")
    assert lint_repository(spec) == []


def test_submodules_are_left_alone(parcel: Parcel, spec: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", str(spec), "lib")
    git(spec, "submodule", "--quiet", "add", str(tmp_path / "lib"), "lib")
    commit(spec, "lib")
    done = export_runs([parcel], spec)
    assert git(spec, "ls-tree", done.branch, "lib") == git(spec, "ls-tree", "main", "lib")
    assert git(spec, "ls-tree", done.branch, "lib").startswith("160000 commit")


def test_a_submodule_in_the_place_of_one_of_our_folders_is_refused(parcel: Parcel, spec: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", str(spec), "lib")
    git(spec, "submodule", "--quiet", "add", str(tmp_path / "lib"), "clauses")
    commit(spec, "clauses")
    refused(parcel, spec, "clauses is a submodule")


def test_a_bare_repository_gets_its_branch(parcel: Parcel, spec: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--bare", str(spec), "bare.git")
    done = export_runs([parcel], tmp_path / "bare.git")
    assert done.branch == "rulings/run-one"
    assert verify_repository(tmp_path / "bare.git", ref=done.branch).mismatches == ()
    assert export_runs([parcel], tmp_path / "bare.git").commit is None


def test_a_detached_head_stays_where_it_is(parcel: Parcel, spec: Path) -> None:
    git(spec, "checkout", "--quiet", "--detach")
    before = git(spec, "rev-parse", "HEAD")
    done = export_runs([parcel], spec)
    assert git(spec, "rev-parse", f"{done.branch}~") == before == git(spec, "rev-parse", "HEAD")
    assert git(spec, "rev-parse", "--abbrev-ref", "HEAD").strip() == "HEAD"


def test_a_branch_that_somebody_moved_meanwhile_is_not_moved_back(parcel: Parcel, spec: Path) -> None:
    done = export_runs([parcel], spec)
    before = git(spec, "rev-parse", "main").strip()
    with pytest.raises(ExportError, match="update-ref") as error:
        Git(spec).move_branch(done.branch, before, before)
    assert len(str(error.value).splitlines()) == 1
    assert git(spec, "rev-parse", done.branch).strip() == done.commit


def test_what_others_added_to_the_branch_is_kept(parcel: Parcel, make: Make, spec: Path, tmp_path: Path) -> None:
    done = export_runs([parcel], spec)
    git(spec, "worktree", "add", "--quiet", str(tmp_path / "beside"), done.branch)
    (tmp_path / "beside" / "notes.md").write_text("mine\n")
    commit(tmp_path / "beside", "mine")
    git(spec, "worktree", "remove", str(tmp_path / "beside"))
    again = export_runs([make("run-one", (REST, "rejected"))], spec)
    assert git(spec, "show", f"{again.branch}:notes.md") == "mine\n"
    assert verify_repository(spec, ref=again.branch).mismatches == ()


def test_a_branch_in_whose_way_another_stands_is_refused(parcel: Parcel, spec: Path) -> None:
    git(spec, "branch", "rulings")
    refused(parcel, spec, "rulings")


def test_a_linked_worktree_is_exported_to_and_left_as_it_is(parcel: Parcel, spec: Path, tmp_path: Path) -> None:
    git(spec, "worktree", "add", "--quiet", "-b", "side", str(tmp_path / "beside"))
    (tmp_path / "beside" / "spec.md").write_text("changed, not committed\n")
    before = state(tmp_path / "beside")
    done = export_runs([parcel], tmp_path / "beside")
    assert state(tmp_path / "beside") == before
    assert git(spec, "rev-parse", done.branch).strip() == done.commit


def test_a_dirty_tree_is_left_to_the_byte(parcel: Parcel, spec: Path) -> None:
    (spec / "clauses").mkdir()
    (spec / "clauses" / "c-mine.yaml").write_text("not: committed\n")
    (spec / "spec.md").write_text("changed\n")
    git(spec, "add", "spec.md")
    (spec / "spec.md").write_text("changed again\n")
    files = {
        p: (p.read_bytes(), p.stat().st_mtime_ns) for p in spec.rglob("*") if p.is_file() and ".git" not in p.parts
    }
    before = state(spec)
    index = (spec / ".git" / "index").read_bytes()
    export_runs([parcel], spec)
    assert (spec / ".git" / "index").read_bytes() == index
    assert state(spec) == before
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in files} == files


def test_an_object_put_in_anothers_place_deceives_nobody(parcel: Parcel, spec: Path) -> None:
    done = export_runs([parcel], spec)
    blob = git(spec, "rev-parse", f"{done.branch}:encoding/run-one/rows.jsonl").strip()
    other = git(spec, "rev-parse", "main:spec.md").strip()
    git(spec, "replace", blob, other)
    assert verify_repository(spec, ref=done.branch).mismatches == ()


@pytest.mark.parametrize(
    "path",
    ["../x", "a/../x", "/etc/x", "a//b", ".git/config", "a/.git/x", ".gitattributes", "-x", "a\nb", "a\\b", "", "a/", "a b", "c:x", "~x", "a/."],
)  # fmt: skip
def test_a_path_that_leads_out_or_into_gits_own_is_refused(path: str) -> None:
    with pytest.raises(ExportError, match="not a path inside") as error:
        inside(path)
    assert len(str(error.value).splitlines()) == 1


def test_an_encoding_that_would_be_written_outside_is_refused(parcel: Parcel, spec: Path) -> None:
    refused(parcel._replace(encoding={"../../../x": b""}), spec, "not a path inside")


def test_a_link_in_a_runs_encoding_is_not_followed(run: RunFolder, small: Settings, tmp_path: Path) -> None:
    shutil.copytree(run.path, tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    (tmp_path / "secret").write_text("planted-secret")
    manifest = folder.manifest()
    name = next(name for name in manifest.content.files if name.startswith("encoding/") and "spec" not in name)
    (folder.path / name).unlink()
    (folder.path / name).symlink_to(tmp_path / "secret")
    files = {**manifest.content.files, name: sha256(tmp_path / "secret")}
    folder.write_manifest(manifest.model_copy(update={"content": manifest.content.model_copy(update={"files": files})}))
    with pytest.raises(ExportError, match="leads out of the run folder"):
        parcel_of(folder, small)


def test_a_file_that_the_manifest_does_not_name_is_not_exported(
    run: RunFolder, small: Settings, tmp_path: Path
) -> None:
    shutil.copytree(run.path, tmp_path / "run")
    (tmp_path / "run" / "encoding" / "stray.txt").write_text("stray")
    assert "stray.txt" not in parcel_of(RunFolder(tmp_path / "run"), small).encoding


def test_an_example_of_somebodys_own_is_not_written_over(parcel: Parcel, spec: Path) -> None:
    done = export_runs([parcel], spec)
    name = git(spec, "ls-tree", "--name-only", done.branch, "examples/").strip()
    git(spec, "branch", "--quiet", "-D", done.branch)
    (spec / "examples").mkdir()
    (spec / name).write_text("mine\n")
    commit(spec, "mine")
    refused(parcel, spec, "stands there already")


def test_the_command_says_all_this_in_one_line(run: RunFolder, spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    diverged(spec)
    git(spec, "merge", "other", check=False)
    assert main(["export", str(run.path), "--to", str(spec)]) == 1
    assert capsys.readouterr().err == f"deliberate: {spec}: a merge is under way there; end or abort it first\n"
