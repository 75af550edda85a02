"""Ballots from a file: what is refused, by file, line and value, and what good files come to."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from deliberation.cli import main
from deliberation.records.folder import GIVEN, RunFolder
from deliberation.study import stored_settings
from deliberation.study.imports import import_record
from deliberation.study.transcripts import read_transcript

Content = Callable[[Path], dict[str, bytes]]
Row = dict[str, Any]
COLUMNS = ("assembly", "member", "clause", "choice", "rating", "reason", "weight", "event")


@pytest.fixture
def mine(run: RunFolder, tmp_path: Path) -> RunFolder:
    """A copy of the finished run, beside which others may lie."""
    shutil.copytree(run.path, tmp_path / "run")
    return RunFolder(tmp_path / "run")


def lines(run: RunFolder) -> list[Row]:
    return [json.loads(ballot.line()) for ballot in run.ballots()]


def as_jsonl(path: Path, rows: Sequence[Row]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def as_csv(path: Path, rows: Sequence[Row], columns: Sequence[str] = COLUMNS) -> Path:
    with path.open("w", newline="", encoding="utf-8") as out:
        written = csv.DictWriter(out, columns, extrasaction="ignore")
        written.writeheader()
        written.writerows({name: "" if row[name] is None else row[name] for name in columns} for row in rows)
    return path


def ruled(path: Path) -> list[Row]:
    """Rulings but for their ids, which name the run."""
    return [json.loads(r.model_copy(update={"id": "r-0"}).line()) for r in RunFolder(path).rulings()]


def beside(run: RunFolder) -> list[Path]:
    return sorted(path for path in run.path.parent.iterdir() if path.is_dir() and path != run.path)


def refused(run: RunFolder, path: Path, capsys: pytest.CaptureFixture[str], content: Content, *more: str) -> str:
    """The one line in which `deliberate rule --ballots` refuses a file; the run is as it was, and nothing beside it."""
    before = content(run.path)
    assert main(["rule", str(run.path), "--ballots", str(path), *more]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1, err
    assert content(run.path) == before
    assert beside(run) == []
    return err


BAD: list[tuple[str, Row, str]] = [
    ("assembly", {"assembly": "a-nowhere"}, "assembly 'a-nowhere' is none of this run"),
    ("member", {"member": "p-nobody"}, "member 'p-nobody' does not sit in "),
    ("clause", {"clause": "c-nothing"}, "clause 'c-nothing' is none of those put to the vote"),
    ("rating", {"rating": 9}, "rating: Input should be less than or equal to 7 (got 9)"),
    (
        "choice",
        {"choice": "maybe"},
        "choice: Input should be 'support', 'oppose', 'abstain' or 'missing' (got 'maybe')",
    ),
    ("weight", {"weight": -1.0}, "weight: Input should be greater than 0 (got -1.0)"),
]


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
@pytest.mark.parametrize(("changed", "said"), [(c, s) for _, c, s in BAD], ids=[name for name, _, _ in BAD])
def test_a_line_that_is_no_ballot_of_this_run_is_refused(  # noqa: PLR0917  two tables of cases
    ending: str, changed: Row, said: str, mine: RunFolder, tmp_path: Path,
    capsys: pytest.CaptureFixture[str], content: Content,
) -> None:  # fmt: skip
    rows = lines(mine)
    rows[2] = {**rows[2], **changed}
    path = (as_csv if ending == "csv" else as_jsonl)(tmp_path / f"votes.{ending}", rows)
    err = refused(mine, path, capsys, content)
    assert f"votes.{ending} line {4 if ending == 'csv' else 3}: {said}" in err


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_ballot_that_stands_twice_is_refused_with_both_lines(
    ending: str, mine: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: Content
) -> None:
    rows = lines(mine)
    path = (as_csv if ending == "csv" else as_jsonl)(tmp_path / f"votes.{ending}", [*rows, rows[1]])
    head = ending == "csv"
    said = (
        f"votes.{ending} line {len(rows) + 1 + head}: {rows[1]['member']} voted on {rows[1]['clause']} in line "
        f"{2 + head} already"
    )
    assert said in refused(mine, path, capsys, content)


BAD_FILES: list[tuple[str, str, str]] = [
    (
        "v.csv",
        "assembly,member,clause,choice,mood\n{a},{m},{c},support,glad\n",
        "v.csv line 2: column 'mood' is not known",
    ),
    ("v.csv", "assembly,member,clause,vote\n{a},{m},{c},support\n", "v.csv line 1: no column 'choice'"),
    (
        "v.csv",
        "assembly,member,clause,choice,rating\n{a},{m},{c},support,high\n",
        "v.csv line 2: rating='high' is no number",
    ),
    (
        "v.csv",
        "assembly,member,clause,choice,weight\n{a},{m},{c},support,1kg\n",
        "v.csv line 2: weight='1kg' is no number",
    ),
    ("v.csv", "assembly,member,clause,choice\n{a},{m},{c},support\n{a},{m},{c}\n", "v.csv line 3: 3 fields, not 4"),
    ("v.csv", "assembly,member,clause,choice\n{a},{m},{c},\n", "v.csv line 2: choice: Input should be 'support'"),
    ("v.csv", "", "v.csv: empty"),
    ("v.jsonl", '{{"assembly": "{a}"}}\n', "v.jsonl line 1: id: Field required"),
    ("v.jsonl", "{line}\nnonsense\n", "v.jsonl line 2: Invalid JSON"),
    ("v.jsonl", "{line}\n{line}", "v.jsonl: the last line is not whole"),
    ("v.jsonl", "{line}\n\n", "v.jsonl line 2: Invalid JSON"),
    ("v.txt", "{line}\n", "v.txt: ballots stand in a .jsonl or a .csv file"),
]


@pytest.mark.parametrize(("name", "text", "said"), BAD_FILES, ids=[f"{said[:50]}" for _, _, said in BAD_FILES])
def test_a_file_that_holds_no_ballots_is_refused(  # noqa: PLR0917  a table of cases
    name: str, text: str, said: str, mine: RunFolder, tmp_path: Path,
    capsys: pytest.CaptureFixture[str], content: Content,
) -> None:  # fmt: skip
    first = next(mine.ballots())
    filled = text.format(a=first.assembly, m=first.member, c=first.clause, line=first.line())
    (tmp_path / name).write_text(filled, encoding="utf-8")
    assert said in refused(mine, tmp_path / name, capsys, content)


def test_a_file_that_is_not_there_or_in_another_encoding_is_refused(
    mine: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: Content
) -> None:
    for name in ("gone.csv", "gone.jsonl"):
        assert f"{name}: No such file" in refused(mine, tmp_path / name, capsys, content)
    (tmp_path / "v.csv").write_bytes(b"assembly,member,clause,choice\na,b,c,suppor\xe9\n")
    assert "v.csv line 2: not UTF-8" in refused(mine, tmp_path / "v.csv", capsys, content)
    (tmp_path / "v.jsonl").write_bytes(b'{"reason": "\xe9"}\n')
    assert "v.jsonl: not UTF-8 at byte" in refused(mine, tmp_path / "v.jsonl", capsys, content)


def test_the_runs_own_ballots_give_the_same_rulings_beside_it(
    mine: RunFolder, tmp_path: Path, content: Content
) -> None:
    before = content(mine.path)
    path = as_jsonl(tmp_path / "own.jsonl", lines(mine))
    assert main(["rule", str(mine.path), "--ballots", str(path)]) == 0
    [other] = beside(mine)
    assert other.name.startswith("run_rule-")
    assert ruled(other) == ruled(mine.path)
    assert list(RunFolder(other).ballots()) == list(mine.ballots())
    assert (other / "minorities.jsonl").read_bytes() == (mine.path / "minorities.jsonl").read_bytes()
    assert (other / "cases.jsonl").read_bytes() == (mine.path / "cases.jsonl").read_bytes()
    assert content(mine.path) == before


def test_ballots_in_any_order_and_as_csv_give_the_same_rulings(mine: RunFolder, tmp_path: Path) -> None:
    path = as_csv(tmp_path / "own.csv", lines(mine)[::-1])
    assert main(["rule", str(mine.path), "--ballots", str(path)]) == 0
    [other] = beside(mine)
    own, found = ruled(mine.path), ruled(other)
    for one in (*own, *found):  # a table does not say where a clause stood on the slate
        one["codes"] = [code for code in one["codes"] if code != "order_sensitive"]
        one["why"] = one["why"].replace("order sensitive, ", "").replace(", order sensitive", "")
    assert found == own


def test_other_votes_give_other_rulings_and_are_kept_when_it_is_ruled_again(mine: RunFolder, tmp_path: Path) -> None:
    rows = [{**row, "choice": "oppose", "rating": 1, "reason": "no", "event": ""} for row in lines(mine)]
    path = as_csv(tmp_path / "no.csv", rows, COLUMNS[:6])
    assert main(["rule", str(mine.path), "--ballots", str(path)]) == 0
    [against] = beside(mine)
    assert {r.status for r in RunFolder(against).rulings()} == {"rejected"}
    assert (against / GIVEN).exists()
    assert main(["rule", str(against), "aggregation=majority", "aggregation.min_assemblies=3"]) == 0
    [again] = [p for p in beside(mine) if p != against]
    assert {(r.status, r.rule) for r in RunFolder(again).rulings()} == {("rejected", "majority")}
    assert (again / GIVEN).read_bytes() == (against / GIVEN).read_bytes()
    for folder in (against, again):
        assert main(["validate", str(folder)]) == 0
        assert main(["rule", str(folder)]) == 0  # nothing changed: ruled in place
    assert len(beside(mine)) == 2
    assert {r.status for r in RunFolder(against).rulings()} == {"rejected"}


def test_the_same_file_is_ruled_on_once(mine: RunFolder, tmp_path: Path, content: Content) -> None:
    path = as_jsonl(tmp_path / "own.jsonl", lines(mine))
    for _ in range(2):
        assert main(["rule", str(mine.path), "--ballots", str(path)]) == 0
        [other] = beside(mine)
    made = content(other)
    assert main(["rule", str(mine.path), "--ballots", str(path)]) == 0
    assert content(other) == made


def test_a_ruling_on_given_ballots_can_be_exported_traced_and_encoded(mine: RunFolder, tmp_path: Path) -> None:
    path = as_csv(tmp_path / "plain.csv", lines(mine), COLUMNS[:4])
    assert main(["rule", str(mine.path), "--ballots", str(path), "aggregation=majority"]) == 0
    [other] = beside(mine)
    ballot = next(RunFolder(other).ballots())
    assert main(["validate", str(other)]) == 0
    assert main(["encode", str(other)]) == 0
    assert main(["trace", ballot.id, str(other)]) == 0
    assert main(["trace", RunFolder(other).rulings()[0].id, str(other)]) == 0
    assert main(["export", str(other), "--to", str(tmp_path / "spec")]) == 0


def test_dissent_from_ballots_without_events_names_no_event(mine: RunFolder, tmp_path: Path) -> None:
    path = as_csv(tmp_path / "plain.csv", lines(mine), COLUMNS[:4])
    assert main(["rule", str(mine.path), "--ballots", str(path)]) == 0
    [other] = beside(mine)
    dissent = [d for r in RunFolder(other).rulings() for d in r.dissent]
    assert dissent
    assert all("" not in d.sources for d in dissent)


def test_groups_are_those_of_the_attribute_that_rulings_go_by(mine: RunFolder, tmp_path: Path) -> None:
    """A file that names outlooks, and rules that go by age."""
    path = as_jsonl(tmp_path / "own.jsonl", lines(mine))
    assert main(["rule", str(mine.path), "--ballots", str(path), "aggregation.group_by=age"]) == 0
    [other] = beside(mine)
    ages = {m.id: m.attributes["age"] for panel in mine.panels() for m in panel.members}
    assert {b.member: b.group for b in RunFolder(other).ballots()} == ages


def test_a_member_has_one_weight_and_one_group(
    mine: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: Content
) -> None:
    rows = lines(mine)
    twice = next(n for n, row in enumerate(rows) if n and row["member"] == rows[0]["member"])
    rows[twice] = {**rows[twice], "weight": 2.0}
    err = refused(mine, as_jsonl(tmp_path / "v.jsonl", rows), capsys, content)
    assert f"v.jsonl line {twice + 1}: weight=2.0 of {rows[0]['member']}, but 1.0 in line 1" in err


@pytest.mark.parametrize("weight", ["0", "inf"])
def test_a_weight_of_nothing_or_without_end_is_refused(
    weight: str, mine: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: Content
) -> None:
    rows = lines(mine)
    rows[0] = {**rows[0], "weight": weight}
    assert "v.csv line 2: weight: " in refused(mine, as_csv(tmp_path / "v.csv", rows), capsys, content)


def test_white_space_around_a_name_costs_nobody_a_group(mine: RunFolder, tmp_path: Path) -> None:
    rows = lines(mine)
    spaced = [{**row, "member": f" {row['member']} "} for row in rows]
    assert main(["rule", str(mine.path), "--ballots", str(as_csv(tmp_path / "v.csv", spaced))]) == 0
    [other] = beside(mine)
    assert [b.group for b in RunFolder(other).ballots()] == [row["group"] for row in rows]


def test_two_ballots_of_one_id_are_refused(
    mine: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: Content
) -> None:
    rows = lines(mine)
    rows[1] = {**rows[1], "id": rows[0]["id"]}
    err = refused(mine, as_jsonl(tmp_path / "v.jsonl", rows), capsys, content)
    assert f"v.jsonl line 2: id {rows[0]['id']!r} stands in line 1 already" in err


def test_a_member_who_did_not_vote_counts_among_the_seats(mine: RunFolder, tmp_path: Path) -> None:
    rows = lines(mine)
    gone = {row["member"] for row in rows[:3]}
    path = as_jsonl(tmp_path / "few.jsonl", [row for row in rows if row["member"] not in gone])
    assert main(["rule", str(mine.path), "--ballots", str(path), "aggregation.quorum=0.1"]) == 0
    [other] = beside(mine)
    for found in RunFolder(other).rulings():
        assert found.tally is not None
        assert found.tally.support + found.tally.oppose + found.tally.abstain + found.tally.missing == 18
        assert found.turnout <= (18 - len(gone)) / 18


def test_a_share_of_all_seats_counts_who_is_not_in_the_file(mine: RunFolder, tmp_path: Path) -> None:
    """One member of each assembly votes, and for everything: a share of 3 in 18."""
    first = {row["assembly"]: row["member"] for row in lines(mine)[::-1]}
    rows = [{**row, "choice": "support"} for row in lines(mine) if first[row["assembly"]] == row["member"]]
    path = as_jsonl(tmp_path / "few.jsonl", rows)
    seated = ["aggregation.denominator=seated", "aggregation.quorum=0.1"]
    assert main(["rule", str(mine.path), "--ballots", str(path), *seated]) == 0
    [other] = beside(mine)
    for found in RunFolder(other).rulings():
        assert found.support == pytest.approx(3 / 18, abs=1e-6)
        assert found.status != "adopted"


def test_a_file_with_a_header_only_gives_no_ruling(mine: RunFolder, tmp_path: Path) -> None:
    path = as_csv(tmp_path / "none.csv", [])
    assert main(["rule", str(mine.path), "--ballots", str(path)]) == 0
    [other] = beside(mine)
    for found in RunFolder(other).rulings():
        assert (found.status, found.codes) == ("no_ruling", ("insufficient",))
        assert found.why.startswith("insufficient: nobody ")


def test_no_lines_at_all_are_no_torn_line(mine: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "none.jsonl").write_text("")
    assert main(["rule", str(mine.path), "--ballots", str(tmp_path / "none.jsonl")]) == 0


def test_a_run_without_ballots_is_valid(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("speaker,text,time,role\nAnn,so,1,member\n")
    import_record(read_transcript(tmp_path / "t.csv"), tmp_path / "run")
    assert main(["validate", str(tmp_path / "run")]) == 0


TAMPERED: list[tuple[str, Callable[[list[Row]], list[Row]], str]] = [
    (
        "rating",
        lambda rows: [rows[0], {**rows[1], "rating": 9}, *rows[2:]],
        "ballots.jsonl line 2: rating: Input should be",
    ),
    ("twice", lambda rows: [*rows, rows[0]], "voted on "),
    (
        "stranger",
        lambda rows: [{**rows[0], "member": "p-x"}, *rows[1:]],
        "ballots.jsonl line 1: member 'p-x' does not sit in",
    ),
    (
        "clause",
        lambda rows: [{**rows[0], "clause": "c-x"}, *rows[1:]],
        "ballots.jsonl line 1: clause 'c-x' is none of those",
    ),
    (
        "turned",
        lambda rows: [{**rows[0], "reason": "other words"}, *rows[1:]],
        "ballots.jsonl: not the file that the manifest",
    ),
]


@pytest.mark.parametrize(("change", "said"), [(c, s) for _, c, s in TAMPERED], ids=[name for name, _, _ in TAMPERED])
def test_validate_finds_a_ballot_that_was_tampered_with(
    change: Callable[[list[Row]], list[Row]], said: str, mine: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its line, where it is no ballot of the run; else by the hash of the file, which is looked at last."""
    as_jsonl(mine.path / "ballots.jsonl", change(lines(mine)))
    assert main(["validate", str(mine.path)]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
    assert main(["rule", str(mine.path)]) == 2  # ruling looks at the hash alone
    assert "ballots.jsonl: not the file that the manifest names" in capsys.readouterr().err


def test_validate_finds_tampered_ballots_of_a_halted_run_by_line_too(
    mine: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = mine.manifest()
    halted = manifest.circumstances.model_copy(update={"status": "incomplete"})
    mine.write_manifest(manifest.model_copy(update={"circumstances": halted}))
    rows = lines(mine)
    as_jsonl(mine.path / "ballots.jsonl", [*rows[:3], {**rows[3], "choice": "perhaps"}, *rows[4:]])
    assert main(["validate", str(mine.path)]) == 2
    assert "ballots.jsonl line 4: choice: " in capsys.readouterr().err


def test_settings_of_a_ruling_on_given_ballots_are_the_runs_own(mine: RunFolder, tmp_path: Path) -> None:
    path = as_jsonl(tmp_path / "own.jsonl", lines(mine))
    assert main(["rule", str(mine.path), "--ballots", str(path)]) == 0
    [other] = beside(mine)
    assert stored_settings(other).sha256 == stored_settings(mine.path).sha256
    manifest = RunFolder(other).manifest()
    assert manifest.content.files[GIVEN]
    assert manifest.content.files == RunFolder(other).hashes()
