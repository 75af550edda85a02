"""`deliberate report`: one page of a run, and one line where there is none to be had."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deliberation.cli import main
from deliberation.records.folder import RunFolder


def test_it_writes_one_file_and_says_where(run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = run.hashes()
    assert main(["report", str(run.path), "--to", str(tmp_path / "page.html")]) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert "SIMULATED" in out
    assert str(tmp_path / "page.html") in out
    assert (tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    assert run.hashes() == before


def test_what_it_did_can_be_read_by_a_program(
    run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(run.path), "--to", str(tmp_path / "p.html"), "--assemblies", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["assemblies"], found["transcripts"], found["simulated"]) == (3, 2, True)
    assert found["bytes"] == (tmp_path / "p.html").stat().st_size


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["{there}/nothing"], "no run folder"),
        (["{there}"], "no run folder"),
        (["{run}", "--assemblies", "-1", "--to", "{there}/p.html"], "--assemblies -1"),
        (["{run}", "--assemblies", "some"], "some"),
        (["{run}", "--open"], "--open"),
        ([], "run"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    words: list[str], named: str, run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [word.format(there=tmp_path, run=run.path) for word in words]
    assert main(["report", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert named in told.err
    assert list(tmp_path.iterdir()) == []
