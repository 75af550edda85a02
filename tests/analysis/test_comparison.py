from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from deliberation.analysis.comparison import Comparison, Run, compare, opened
from deliberation.analysis.plots import comparison_figure
from deliberation.cli import main
from deliberation.errors import RunError
from deliberation.records.events import Polled
from deliberation.records.folder import RunFolder
from deliberation.settings import Settings
from deliberation.study import run_study, stored_settings

EIGHT = (
    "lab_decree", "public_input", "parliament", "citizens_assembly", "collective_dialogue", "mediated_caucus",
    "statement_slate", "extrapolated",
)  # fmt: skip


@pytest.fixture(scope="module")
def eight(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("eight")
    for procedure in EIGHT:
        settings = Settings.bundled(procedure=procedure, question="surveillance", assemblies=3, members=8, truth=20)
        run_study(settings, folder / procedure)
    return [folder / procedure for procedure in EIGHT]


def found(paths: list[Path]) -> Comparison:
    return compare(opened(paths, [stored_settings(path) for path in paths]))


def test_eight_processes_on_one_question_are_one_comparison(eight: list[Path]) -> None:
    comparison = found(eight)
    assert [p.procedure for p in comparison.processes] == list(EIGHT)
    for process, path in zip(comparison.processes, eight, strict=True):
        rulings = RunFolder(path).rulings()
        assert sum(process.statuses.values()) == len(rulings)
        assert sum(len(stand.rulings) for stand in process.stands) + process.elsewhere == len(rulings)
        assert all(stand.will is not None for stand in process.stands)
        assert process.calls > 0
    fresh = comparison.processes[EIGHT.index("collective_dialogue")]
    assert fresh.people == 2 * comparison.processes[EIGHT.index("citizens_assembly")].people


def test_polls_are_means_over_assemblies(eight: list[Path]) -> None:
    stand = found(eight[1:3]).processes[0].stands[0]
    folder = RunFolder(eight[1])
    means = []
    for panel in folder.panels():
        ratings = [
            e.ratings[stand.position]
            for e in folder.events(panel.assembly)
            if isinstance(e, Polled) and e.phase == "opening-poll"
        ]
        means.append((sum(ratings) / len(ratings) - 1) / 6)
    assert stand.first is not None
    assert stand.first.mean == pytest.approx(sum(means) / 3, abs=1e-4)


def test_the_figure_has_a_panel_for_each_position_and_a_row_for_each_process(eight: list[Path]) -> None:
    comparison = found(eight)
    figure = comparison_figure(comparison)
    assert len(figure.axes) == len(comparison.processes[0].stands)
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == [p.name for p in comparison.processes]
    assert "SIMULATED" in figure.get_suptitle()


def test_the_command_prints_one_table_and_writes_it_with_its_figure(
    eight: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", *map(str, eight), "--to", str(tmp_path / "out")]) == 0
    out = capsys.readouterr().out
    assert out.startswith("SIMULATED")
    for word in ("Lab decree", "Extrapolated panel", "W0", "W1", "W2", "Tokens", "Cost"):
        assert word in out
    assert (tmp_path / "out" / "comparison.png").read_bytes()[:4] == b"\x89PNG"
    with (tmp_path / "out" / "comparison.csv").open() as table:
        rows = list(csv.DictReader(table))
    assert len(rows) == 8 * 4
    assert {row["simulated"] for row in rows} == {"True"}


def test_the_command_speaks_json(eight: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(eight[0]), str(eight[1]), "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert Comparison.model_validate(told, strict=False).question == "q-surveillance"


def test_two_runs_by_one_procedure_are_told_apart(eight: list[Path], tmp_path: Path) -> None:
    settings = Settings.bundled(
        procedure="public_input", question="surveillance", assemblies=3, members=8, truth=0, seed=8
    )
    run_study(settings, tmp_path / "other")
    names = [p.name for p in found([eight[1], tmp_path / "other"]).processes]
    assert names == ["Public input (neutral, synthetic, seed 7)", "Public input (neutral, synthetic, seed 8)"]


def test_other_questions_and_single_runs_are_refused(eight: list[Path], run: RunFolder, small: Settings) -> None:
    with pytest.raises(RunError, match="compare takes one question"):
        compare([Run(RunFolder(eight[0]), stored_settings(eight[0])), Run(run, small)])
    with pytest.raises(RunError, match="two or more"):
        found(eight[:1])
