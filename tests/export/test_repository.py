from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deliberation.errors import ExportError
from deliberation.export.bundle import Shown
from deliberation.export.conflicts import conflicts
from deliberation.export.grammar import read
from deliberation.export.lint import lint
from deliberation.export.repository import export_runs, lint_repository
from deliberation.export.specfiles import Parcel, parcel_of, written
from deliberation.export.state import SpecClause, applied
from deliberation.records.base import clause_id, new_id
from deliberation.records.folder import RunFolder
from deliberation.records.specification import Clause, Norm, Ruling, Status
from deliberation.settings import Settings


@pytest.fixture(scope="module")
def parcel(run: RunFolder, small: Settings) -> Parcel:
    """The finished run, ruled generously so that something is adopted."""
    parcel = parcel_of(run, small)
    found = parcel.provenance
    rulings = tuple(
        r.model_copy(update={"status": "adopted" if n < 4 else r.status}) for n, r in enumerate(found.rulings)
    )
    return parcel._replace(provenance=found.model_copy(update={"rulings": rulings}))


def git(path: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=path, check=True, capture_output=True, text=True)
    return done.stdout


def existing(path: Path) -> Path:
    path.mkdir()
    git(path, "init", "--quiet", "--initial-branch=work")
    git(path, "config", "user.name", "Ada")
    git(path, "config", "user.email", "ada@example.org")
    (path / "notes.txt").write_text("mine\n")
    git(path, "add", ".")
    git(path, "commit", "--quiet", "-m", "mine")
    (path / "notes.txt").write_text("mine, changed\n")
    (path / "staged.txt").write_text("staged\n")
    git(path, "add", "staged.txt")
    (path / "untracked.txt").write_text("untracked\n")
    return path


def test_an_absent_repository_is_made_and_checked_out(parcel: Parcel, tmp_path: Path) -> None:
    done = export_runs([parcel], tmp_path / "new" / "spec")
    path = tmp_path / "new" / "spec"
    assert done.created
    assert git(path, "status", "--porcelain") == ""
    assert git(path, "rev-parse", "HEAD").strip() == done.commit
    assert {p.name for p in path.iterdir()} >= {
        "spec.md",
        "clauses",
        "encoding",
        "provenance",
        "CHANGELOG.md",
        "LICENSE",
    }
    assert lint_repository(path) == []
    adopted = {r.clause for r in parcel.provenance.rulings if r.status == "adopted"}
    assert {id_ for id_, _ in read((path / "spec.md").read_text()).clauses()} == adopted


def test_the_second_time_there_is_no_commit(parcel: Parcel, tmp_path: Path) -> None:
    path = tmp_path / "spec"
    first = export_runs([parcel], path)
    assert first.commit is not None
    assert export_runs([parcel], path).commit is None
    assert git(path, "branch", "--format=%(refname:short)").split() == ["main"]


def test_the_same_input_gives_the_same_commit(parcel: Parcel, tmp_path: Path) -> None:
    assert export_runs([parcel], tmp_path / "a").commit == export_runs([parcel], tmp_path / "b").commit


def test_an_existing_repository_is_left_as_it_is_but_for_one_branch(parcel: Parcel, tmp_path: Path) -> None:
    path = existing(tmp_path / "spec")
    before = (git(path, "status", "--porcelain"), git(path, "rev-parse", "HEAD"), git(path, "diff", "--cached"))
    index = (path / ".git" / "index").read_bytes()
    done = export_runs([parcel], path)
    assert (git(path, "status", "--porcelain"), git(path, "rev-parse", "HEAD"), git(path, "diff", "--cached")) == before
    assert (path / ".git" / "index").read_bytes() == index
    assert git(path, "symbolic-ref", "HEAD").strip() == "refs/heads/work"
    assert (path / "notes.txt").read_text() == "mine, changed\n"
    assert done.branch == f"rulings/{parcel.provenance.run}"
    assert git(path, "show", f"{done.branch}:notes.txt") == "mine\n"
    assert export_runs([parcel], path).commit is None
    assert lint_repository(path, ref=done.branch) == []


def test_after_a_merge_there_is_nothing_to_do(parcel: Parcel, tmp_path: Path) -> None:
    path = existing(tmp_path / "spec")
    done = export_runs([parcel], path)
    git(path, "stash")
    git(path, "merge", "--quiet", "--no-edit", done.branch)
    git(path, "branch", "--quiet", "-D", done.branch)
    assert export_runs([parcel], path).commit is None


def test_the_commit_says_what_it_is_in_trailers(parcel: Parcel, tmp_path: Path) -> None:
    export_runs([parcel], tmp_path / "spec")
    message = git(tmp_path / "spec", "log", "-1", "--format=%B")
    trailers = dict(line.split(": ", 1) for line in message.strip().splitlines()[2:])
    assert trailers["Run-Id"] == parcel.provenance.run
    assert trailers["Manifest-SHA256"] == parcel.provenance.manifest_sha256
    assert trailers["Simulated"] == "true"
    assert message.count("Clause-Added: ") == sum(r.status == "adopted" for r in parcel.provenance.rulings)
    assert message.startswith("spec: add ")


def test_without_a_git_identity_the_commit_has_a_plain_author(
    parcel: Parcel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("deliberation.export.git._QUIET", ())
    export_runs([parcel], tmp_path / "spec")
    said = git(tmp_path / "spec", "log", "-1", "--format=%an <%ae>").strip()
    system = subprocess.run(["git", "config", "--system", "user.name"], capture_output=True, text=True, check=False)
    if not system.stdout:
        assert said == "deliberate <noreply@example.org>"


def later(parcel: Parcel) -> Parcel:
    """Another run, which ruled otherwise on the first clause adopted."""
    found = parcel.provenance
    first = next(r.clause for r in found.rulings if r.status == "adopted")
    rulings = tuple(r.model_copy(update={"status": "rejected"}) if r.clause == first else r for r in found.rulings)
    return parcel._replace(provenance=found.model_copy(update={"run": "run-later", "rulings": rulings}))


def test_exporting_an_older_run_again_does_not_undo_a_newer_one(parcel: Parcel, tmp_path: Path) -> None:
    path = tmp_path / "spec"
    export_runs([parcel], path)
    done = export_runs([later(parcel)], path)
    assert len(done.change.withdrawn) == 1
    git(path, "-c", "user.name=a", "-c", "user.email=a@b.c", "merge", "--quiet", "--no-edit", done.branch)
    assert export_runs([parcel], path).commit is None
    assert export_runs([parcel, later(parcel)], path).commit is None


def test_a_repository_of_longer_ids_is_exported_to(parcel: Parcel, tmp_path: Path) -> None:
    path = tmp_path / "spec"
    path.mkdir()
    git(path, "init", "--quiet", "--object-format=sha256", "--initial-branch=main")
    git(path, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "--allow-empty", "-m", "mine")
    done = export_runs([parcel], path)
    assert done.commit is not None
    assert len(done.commit) == 64
    assert export_runs([later(parcel)], path).commit is not None


def test_a_file_that_is_not_text_is_named(parcel: Parcel, tmp_path: Path) -> None:
    path = tmp_path / "spec"
    export_runs([parcel], path)
    (path / "spec.md").write_bytes(b"\xff\xfe")
    (path / "CHANGELOG.md").write_bytes(b"\xff\xfe")
    with pytest.raises(ExportError, match=r"(spec|CHANGELOG)\.md: not UTF-8 at byte 0"):
        lint_repository(path)
    git(path, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "-am", "broken")
    with pytest.raises(ExportError, match=r"(spec|CHANGELOG)\.md: not UTF-8"):
        export_runs([later(parcel)], path)


def test_examples_of_one_case_have_footnotes_of_their_own(parcel: Parcel) -> None:
    case = parcel.provenance.question.cases[0]
    texts = [r.text for r in case.responses]
    active = [r.clause for r in parcel.provenance.rulings if r.status == "adopted"][:2]
    examples = {
        active[0]: (Shown(case=case.id, good=texts[0], bad=texts[1], share=0.9),),
        active[1]: (Shown(case=case.id, good=texts[1], bad=texts[0], share=0.9),),
    }
    found = parcel._replace(provenance=parcel.provenance.model_copy(update={"examples": examples}))
    files = written({}, [found]).files
    assert len([path for path in files if path.startswith("examples/")]) == 2
    assert lint({path: data.decode() for path, data in files.items() if path.endswith(".md")}) == []


def test_an_example_shows_what_those_who_relied_on_the_clause_put_first_and_last(
    run: RunFolder, parcel: Parcel
) -> None:
    texts = {(c.id, r.id): r.text for c in parcel.provenance.question.cases for r in c.responses}
    judged = list(run.judgments())
    assert parcel.provenance.examples
    for clause, shown in parcel.provenance.examples.items():
        for one in shown:
            pairs = [
                (texts[one.case, j.ranking[0][0]], texts[one.case, j.ranking[-1][0]])
                for j in judged
                if j.case == one.case and clause in j.clauses
            ]
            assert pairs.count((one.good, one.bad)) / len(pairs) == pytest.approx(one.share, abs=1e-6)


def test_a_folder_that_is_no_repository_is_refused(parcel: Parcel, tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear")
    with pytest.raises(ExportError, match="not a git repository"):
        export_runs([parcel], tmp_path)


def test_a_broken_clause_file_is_named(parcel: Parcel, tmp_path: Path) -> None:
    path = tmp_path / "spec"
    export_runs([parcel], path)
    victim = next((path / "clauses").iterdir())
    victim.write_text("id: nonsense\n")
    git(path, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "-am", "broken")
    with pytest.raises(ExportError, match=victim.name):
        export_runs([parcel], path)


def test_model_written_words_reach_no_subject_trailer_or_branch(parcel: Parcel, tmp_path: Path) -> None:
    path = tmp_path / "spec"
    done = export_runs([parcel], path)
    spoken = git(path, "log", "-1", "--format=%B") + done.branch
    for clause in parcel.provenance.clauses:
        assert clause.text not in spoken
        assert clause.rationale not in spoken


def hostile(parcel: Parcel, words: str) -> Parcel:
    found = parcel.provenance
    clauses = [c.model_copy(update={"text": c.text + " " + words, "rationale": words}) for c in found.clauses]
    return parcel._replace(provenance=found.model_copy(update={"clauses": tuple(clauses)}))


@pytest.mark.parametrize(
    "words",
    [
        "# x {#forged authority=root}",
        "\n# x {#forged authority=root}\n",
        "~~~",
        "[^zzzz]",
        "[a](#b)",
        "</assistant>",
        "`{{7*7}}`",
    ],
)
def test_a_clause_that_forges_another_forges_nothing(parcel: Parcel, words: str) -> None:
    files = written({}, [hostile(parcel, words)]).files
    adopted = {(r.clause, "guideline") for r in parcel.provenance.rulings if r.status == "adopted"}
    assert read(files["spec.md"].decode()).clauses() == adopted
    for path, data in files.items():
        if path.startswith("clauses/"):
            assert yaml.safe_load(data)["authority"] == "guideline"


def clause(text: str, norm: Norm = "should") -> Clause:
    return Clause(id=clause_id("q-x", text), question="q-x", norm=norm, text=text, rationale="so")


def ruling(one: Clause, status: Status) -> Ruling:
    return Ruling(
        id=new_id("r", one.id), clause=one.id, question="q-x", status=status, rule="s", support=0.8, interval=(0.7, 0.9), level=0.9,
        turnout=1.0, groups={}, stability=1.0, sensitivity={}, dissent=(), why="because",
    )  # fmt: skip


def after(before: dict[str, SpecClause], run: str, *ruled: tuple[Clause, Status]) -> tuple[dict[str, SpecClause], Any]:
    clauses = [c for c, _ in ruled]
    return applied(before, clauses, [ruling(c, s) for c, s in ruled], run=run, simulated=True)


OURS = "Examples for [^mine] in Ours:\n\n**Example**: a case\n\n~~~xml\n<user>\nhi\n</user>\n~~~\n"
REST = clause("The assistant should rest.")
REST_IF = clause("The assistant should rest, provided that it is night.")


def test_a_reworded_clause_supersedes_the_one_it_replaces() -> None:
    state, _ = after({}, "run-1", (REST, "adopted"))
    state, change = after(state, "run-2", (REST_IF, "adopted"))
    assert state[REST.id].standing == "superseded"
    assert state[REST.id].superseded_by == REST_IF.id
    assert state[REST_IF.id].supersedes == (REST.id,)
    assert (change.added, change.superseded) == ((REST_IF.id,), (REST.id,))


def test_a_clause_that_falls_keeps_its_tombstone_with_the_reason() -> None:
    state, _ = after({}, "run-1", (REST, "adopted"))
    state, change = after(state, "run-2", (REST, "rejected"))
    assert state[REST.id].standing == "withdrawn"
    assert "rejected in run-2" in state[REST.id].reason
    assert change.withdrawn == (REST.id,)


def test_a_clause_that_was_not_put_to_the_vote_stays() -> None:
    state, _ = after({}, "run-1", (REST, "adopted"))
    state, _ = after(state, "run-2", (clause("The assistant should sing."), "adopted"))
    assert state[REST.id].standing == "active"


def test_applying_a_run_twice_changes_nothing() -> None:
    state, _ = after({}, "run-1", (REST, "adopted"))
    once, _ = after(state, "run-2", (REST_IF, "adopted"), (clause("The assistant should sing."), "contested"))
    twice, change = after(once, "run-2", (REST_IF, "adopted"), (clause("The assistant should sing."), "contested"))
    assert twice == once
    assert not any(change.model_dump().values())


@pytest.mark.parametrize("order", [1, -1])
def test_a_clause_that_is_adopted_again_beside_its_rewording_stands_in_whatever_order(order: int) -> None:
    both: list[tuple[Clause, Status]] = [(REST, "adopted"), (REST_IF, "adopted")]
    state, _ = after({}, "run-1", (REST, "adopted"))
    state, _ = after(state, "run-2", (REST_IF, "adopted"))
    state, change = after(state, "run-3", *both[::order])
    assert {c.standing for c in state.values()} == {"active"}
    assert change.added == (REST.id,)


def test_without_a_ruling_a_standing_clause_stays() -> None:
    state, _ = after({}, "run-1", (REST, "adopted"))
    later, change = after(state, "run-2", (REST, "no_ruling"))
    assert later == state
    assert not any(change.model_dump().values())


def test_a_contested_clause_that_is_rejected_keeps_its_tombstone() -> None:
    state, _ = after({}, "run-1", (REST, "contested"))
    state, change = after(state, "run-2", (REST, "rejected"))
    assert state[REST.id].standing == "withdrawn"
    assert change.withdrawn == (REST.id,)


def test_what_people_wrote_in_a_specification_is_kept(parcel: Parcel, tmp_path: Path) -> None:
    path = existing(tmp_path / "spec")
    (path / "spec.md").write_text("# Ours {#ours}\n\n## Be kind {#be_kind authority=root}\n\nAlways.[^mine]\n")
    (path / "examples").mkdir()
    (path / "examples" / "mine.md").write_text(OURS)
    git(path, "add", "spec.md", "examples")
    git(path, "commit", "--quiet", "-m", "ours")
    done = export_runs([parcel], path)
    spec = git(path, "show", f"{done.branch}:spec.md")
    assert ("be_kind", "root") in read(spec).clauses()
    assert len(read(spec).clauses()) == 1 + sum(r.status == "adopted" for r in parcel.provenance.rulings)
    assert git(path, "show", f"{done.branch}:examples/mine.md") == OURS
    assert lint_repository(path, ref=done.branch) == []
    again = export_runs([later(parcel)], path)
    assert ("be_kind", "root") in read(git(path, "show", f"{again.branch}:spec.md")).clauses()


def test_a_heading_that_people_gave_one_of_our_ids_is_named(parcel: Parcel, tmp_path: Path) -> None:
    path = existing(tmp_path / "spec")
    (path / "spec.md").write_text("# Ours {#rulings}\n")
    git(path, "add", "spec.md")
    git(path, "commit", "--quiet", "-m", "ours")
    with pytest.raises(ExportError, match="rulings"):
        export_runs([parcel], path)


def test_a_branch_that_is_checked_out_is_not_moved(parcel: Parcel, tmp_path: Path) -> None:
    path = existing(tmp_path / "spec")
    git(path, "checkout", "--quiet", "-b", f"rulings/{parcel.provenance.run}")
    before = git(path, "rev-parse", "HEAD")
    with pytest.raises(ExportError, match="checked out in"):
        export_runs([parcel], path)
    assert git(path, "rev-parse", "HEAD") == before


def test_of_several_runs_a_clause_is_counted_once_by_how_it_ends(parcel: Parcel, tmp_path: Path) -> None:
    path = tmp_path / "spec"
    export_runs([parcel], path)
    done = export_runs([later(parcel), parcel], path)
    ids = [id_ for found in done.change.model_dump().values() for id_ in found]
    assert len(ids) == len(set(ids)) == 1


@pytest.mark.parametrize(
    ("path", "change", "rule"),
    [
        ("clauses/*.yaml", lambda _: "a: [", "cannot be read"),
        ("spec.md", lambda text: text.replace("{#c-", "{#c-zzz", 1), "without a standing clause file"),
        ("spec.md", lambda text: text.replace("{#c-", "{#c-zzz", 1), "not shown"),
        ("spec.md", lambda _: "mine", "no heading"),
    ],
)
def test_a_specification_that_no_longer_agrees_with_its_clauses_is_found_out(
    parcel: Parcel, tmp_path: Path, path: str, change: Any, rule: str
) -> None:
    export_runs([parcel], tmp_path / "spec")
    for victim in sorted((tmp_path / "spec").glob(path))[:1]:
        victim.write_text(change(victim.read_text()))
    assert any(rule in defect.rule for defect in lint_repository(tmp_path / "spec"))


def test_a_repository_killed_before_its_first_commit_gets_it(parcel: Parcel, tmp_path: Path) -> None:
    path = tmp_path / "spec"
    path.mkdir()
    git(path, "init", "--quiet", "--initial-branch=main")
    assert export_runs([parcel], path).created
    assert (path / "spec.md").is_file()


def test_the_licence_is_the_runs(parcel: Parcel) -> None:
    files = written({}, [parcel._replace(licence="CC-BY-4.0")]).files
    assert b"CC-BY-4.0" in files["LICENSE"]
    assert b"CC0" in written({}, [parcel]).files["LICENSE"]


def test_a_command_and_its_prohibition_are_listed_as_a_conflict() -> None:
    never = clause("The assistant should not rest.", "should_not")
    state, _ = after({}, "run-1", (REST, "adopted"), (never, "adopted"))
    assert [pair[:2] for pair in conflicts(state.values())] == [tuple(sorted((REST.id, never.id)))]


def test_two_questions_stand_side_by_side(parcel: Parcel, tmp_path: Path) -> None:
    path = tmp_path / "spec"
    export_runs([parcel], path)
    found = parcel.provenance
    other = found.model_copy(
        update={
            "run": "run-other",
            "question": found.question.model_copy(update={"id": "q-other", "title": "Other"}),
            "clauses": tuple(
                c.model_copy(update={"id": clause_id("q-other", c.text), "question": "q-other"}) for c in found.clauses
            ),
            "rulings": tuple(
                r.model_copy(update={"question": "q-other", "clause": clause_id("q-other", c.text)})
                for r, c in zip(found.rulings, found.clauses, strict=True)
            ),
            "examples": {},
        }
    )
    done = export_runs([parcel._replace(provenance=other)], path)
    assert git(path, "diff", "--name-status", "HEAD", done.branch).count("D\t") == 0
    assert lint_repository(path, ref=done.branch) == []
    spec = git(path, "show", f"{done.branch}:spec.md")
    assert len(read(spec).clauses()) == 2 * sum(r.status == "adopted" for r in found.rulings)


def test_provenance_says_who_was_drawn_and_how(parcel: Parcel) -> None:
    found = parcel.provenance
    assert len(found.panels) == 3
    assert all(len(p.members) == 6 and p.quotas and p.method for p in found.panels)
    assert found.simulated


def test_a_run_that_is_not_complete_is_not_exported(run: RunFolder, small: Settings, tmp_path: Path) -> None:
    shutil.copytree(run.path, tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    manifest = folder.manifest()
    halted = manifest.circumstances.model_copy(update={"status": "incomplete"})
    folder.write_manifest(manifest.model_copy(update={"circumstances": halted}))
    with pytest.raises(ExportError, match="incomplete"):
        parcel_of(folder, small)


def test_two_conditions_of_one_clause_adopted_by_one_run_stand_side_by_side() -> None:
    both: tuple[tuple[Clause, Status], ...] = ((REST, "adopted"), (REST_IF, "adopted"))
    once, _ = after({}, "run-1", *both)
    twice, change = after(once, "run-1", *both)
    assert {c.standing for c in once.values()} == {"active"}
    assert twice == once
    assert not any(change.model_dump().values())
