from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from deliberation.cli import main
from deliberation.export.bundle import Contradiction
from deliberation.export.conflicts import conflicts
from deliberation.export.grammar import read
from deliberation.export.reading import repository_of
from deliberation.export.repository import export_runs
from deliberation.export.specfiles import Parcel, written
from deliberation.records.base import clause_id
from deliberation.records.folder import RunFolder
from deliberation.records.specification import Clause, Coalition, Contest, Quote

Make = Callable[..., Parcel]

REST, SING = "The assistant should rest.", "The assistant should sing."
REST_IF = "The assistant should rest, provided that it is night."


def id_of(text: str) -> str:
    return clause_id("q-rest", text)


def export(before: dict[str, bytes], *parcels: Parcel) -> tuple[dict[str, bytes], str]:
    """The repository after an export, and the page that describes it."""
    done = written(before, parcels)
    assert done.described is not None
    return before | done.files, done.files[done.described].decode()


def rows(page: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in page.splitlines() if line.startswith("| `")
    ]


def test_the_page_has_a_row_for_each_clause_that_changes(make: Make) -> None:
    files, page = export({}, make("run-one", (REST, "adopted"), (SING, "contested")))
    assert [(row[0].split()[0], row[1]) for row in rows(page)] == [
        (f"`{id_of(REST)}`", "added"), (f"`{id_of(SING)}`", "contested, binds nobody"),
    ]  # fmt: skip
    assert rows(page)[0][2:] == ["80% (70% to 90%)", "3", "It tires (20%)"]
    _, page = export(files, make("run-two", (REST_IF, "adopted"), (SING, "rejected")))
    assert [row[1] for row in rows(page)] == [
        "added", f"superseded by `{id_of(REST_IF)}`", "withdrawn: rejected in run-two: rejected: so it was voted",
    ]  # fmt: skip


def test_a_clause_of_the_same_id_on_other_figures_is_amended(make: Make) -> None:
    files, _ = export({}, make("run-one", (REST, "adopted"), (SING, "adopted")))
    later = make("run-two", (REST, "adopted"), figures={"support": 0.9, "interval": (0.8, 0.95)})
    done = written(files, [later])
    assert done.change.model_dump(exclude_defaults=True) == {"amended": (id_of(REST),)}
    [row] = rows(done.files["changes/run-two.md"].decode())
    assert row[1] == "amended: support 80% to 90% and interval"


def test_votes_that_flip_one_ruling_change_that_clause_and_nothing_else(make: Make) -> None:
    texts = [f"The assistant should {word}." for word in ("rest", "sing", "walk", "read", "wait")]
    for run in ("run-one", "run-two"):
        files, _ = export({}, make("run-one", *((text, "adopted") for text in texts)))
        flipped = make(run, *((text, "adopted" if text != texts[2] else "contested") for text in texts))
        done = written(files, [flipped])
        assert done.change.model_dump(exclude_defaults=True) == {"withdrawn": (id_of(texts[2]),)}
        changed = {p for p in done.files if p.startswith("clauses/") and done.files[p] != files.get(p)}
        assert changed == {f"clauses/{id_of(texts[2])}.yaml"}
        assert len(rows(done.files[done.described or ""].decode())) == 1
        assert b"4 other clauses are as before" in done.files[done.described or ""]


def test_a_real_run_with_one_ruling_flipped_by_its_ballots_changes_one_clause(
    run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from shutil import copytree

    copytree(run.path, tmp_path / "run")
    victim = next(r.clause for r in run.rulings() if r.status == "contested")
    turned = [
        b.model_copy(update={"choice": "oppose", "rating": None}) if b.clause == victim else b for b in run.ballots()
    ]
    (tmp_path / "ballots.jsonl").write_text("".join(f"{ballot.line()}\n" for ballot in turned))
    assert main(["rule", str(tmp_path / "run"), "--ballots", str(tmp_path / "ballots.jsonl"), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)["folder"]
    for folder in (tmp_path / "run", again):
        assert main(["export", str(folder), "--to", str(tmp_path / "spec"), "--json"]) == 0
    done = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {kind: ids for kind, ids in done["change"].items() if ids} == {"withdrawn": [victim]}
    assert main(["verify", str(tmp_path / "spec"), "--ref", done["branch"]]) == 0


def test_a_run_that_rules_the_same_on_the_same_grounds_leaves_every_clause_file_as_it_is(make: Make) -> None:
    files, _ = export({}, make("run-one", (REST, "adopted"), (SING, "contested")))
    done = written(files, [make("run-two", (REST, "adopted"), (SING, "contested"))])
    assert not any(done.change.model_dump().values())
    assert all(done.files[path] == files[path] for path in done.files if path.startswith("clauses/"))
    assert "No clause changes. 2 other clauses are as before." in done.files["changes/run-two.md"].decode()


def test_dissent_minority_reports_contests_and_limits_stand_on_the_page(make: Make) -> None:
    report = Coalition(
        id="m-1", question="q-rest", rule="ejr_plus", clause=id_of(SING), deserves=1, weight=4, quota=3, share=0.22,
        members=("p-1", "p-2"), reasons=(Quote(event="e-7", text="We would sing."),),
    )  # fmt: skip
    contest = Contest(
        id="x-1", question="q-rest", kind="wording", options=(id_of(REST), id_of(REST_IF)), why="they demand the same",
        order=(id_of(REST_IF), id_of(REST)), share=0.6, interval=(0.4, 0.8), level=0.9, stands=None,
    )  # fmt: skip
    parcel = make("run-one", (REST, "adopted"), (SING, "contested"), minorities=(report,), contests=(contest,))
    _, page = export({}, parcel)
    assert '"It tires me." (`e-1`)' in page
    assert f"- 22% of the voters, 2 members, all approve `{id_of(SING)}`, which was not adopted" in page
    assert '"We would sing." (`e-7`)' in page
    assert f"`{id_of(REST_IF)}`, `{id_of(REST)}`; the first preferred to the second by 60% (40% to 80%)" in page
    assert "Simulated; not public opinion" in page
    for word in (
        "run-one",
        parcel.provenance.config_sha256,
        parcel.provenance.manifest_sha256,
        "seed 7",
        "deliberate run",
    ):
        assert word in page


def test_the_same_input_gives_the_same_page_and_its_hash_stands_in_the_changelog(make: Make) -> None:
    parcel = make("run-one", (REST, "adopted"))
    once, twice = written({}, [parcel]), written({}, [parcel])
    assert once == twice
    entry = repository_of(once.files).log[0]
    assert entry.described is not None
    assert entry.described[0] == once.described == "changes/run-one.md"


def test_several_runs_are_described_on_one_page_under_a_name_of_their_own(make: Make) -> None:
    done = written({}, [make("run-one", (REST, "adopted")), make("run-two", (SING, "adopted"))])
    assert (done.described or "").startswith("changes/runs-")
    assert len(rows(done.files[done.described or ""].decode())) == 2


def test_no_model_written_words_are_in_the_commit_and_its_page_is_in_its_tree(make: Make, tmp_path: Path) -> None:
    done = export_runs([make("run-one", (REST, "adopted"))], tmp_path / "spec")
    assert done.described == "changes/run-one.md"
    assert REST in (tmp_path / "spec" / done.described).read_text()


def standing(files: dict[str, bytes]) -> list[tuple[str, str]]:
    repo = repository_of(files)
    return [pair[:2] for pair in conflicts(repo.clauses.values(), list(repo.runs.values()))]


def pair(one: str, other: str) -> list[tuple[str, str]]:
    first, second = sorted((id_of(one), id_of(other)))
    return [(first, second)]


def test_a_clause_that_contradicts_one_that_stands_already_is_listed_with_which_is_new(make: Make) -> None:
    never = Clause(
        id=id_of("The assistant should not rest."),
        question="q-rest",
        norm="should_not",
        text="The assistant should not rest.",
        rationale="so",
    )
    files, _ = export({}, make("run-one", (REST, "adopted")))
    files, page = export(files, make("run-two", (never, "adopted")))
    assert standing(files) == pair(REST, "The assistant should not rest.")
    assert f"(`{id_of(REST)}` stood already): one asks for what the other forbids" in page
    assert "one asks for what the other forbids" in files["spec.md"].decode()


def test_a_contest_of_clauses_that_both_stand_is_a_conflict(make: Make) -> None:
    contest = Contest(
        id="x-1", question="q-rest", kind="conflict", options=(id_of(REST), id_of(SING)), why="who rests is silent"
    )
    files, page = export({}, make("run-one", (REST, "adopted")))
    assert standing(files) == []
    files, page = export(files, make("run-two", (SING, "adopted"), contests=(contest,)))
    assert standing(files) == pair(REST, SING)
    assert "who rests is silent (x-1, run-two)" in page
    assert "who rests is silent (x-1, run-two)" in files["spec.md"].decode()
    assert {mark.name for mark in read(files["spec.md"].decode()).links} == {id_of(REST), id_of(SING)}


def test_what_a_clerk_judged_of_a_wording_holds_for_the_clause_it_was_merged_with(make: Make) -> None:
    told = Contradiction(clause="c-draft", other=id_of(REST), why="", event="e-distillation-3")
    files, _ = export({}, make("run-one", (REST, "adopted")))
    merged = Clause(
        id=id_of(SING), question="q-rest", norm="should", text=SING, rationale="so", merged_from=("c-draft",)
    )
    files, page = export(files, make("run-two", (merged, "adopted"), contradictions=(told,)))
    assert standing(files) == pair(REST, SING)
    assert "a clerk judged that both cannot be followed (e-distillation-3, run-two)" in page


def test_a_clause_that_the_clerk_judged_to_say_the_same_supersedes_the_one_that_stood(make: Make) -> None:
    files, _ = export({}, make("run-one", (REST, "adopted")))
    other = "The assistant should pause."
    merged = Clause(
        id=id_of(other), question="q-rest", norm="should", text=other, rationale="so", merged_from=(id_of(REST),)
    )
    done = written(files, [make("run-two", (merged, "adopted"))])
    assert (done.change.added, done.change.superseded) == ((id_of(other),), (id_of(REST),))
