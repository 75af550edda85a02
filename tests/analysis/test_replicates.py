"""Replicates of one question, against figures counted from their rulings files in the plainest way."""

from __future__ import annotations

import csv
import json
import math
import shutil
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deliberation.analysis.comparison import opened
from deliberation.analysis.replicates import Replicates, replicates
from deliberation.cli.dispatch import dispatch
from deliberation.errors import DataError, RunError
from deliberation.records.files import write_records
from deliberation.records.folder import RunFolder
from deliberation.records.specification import Ruling
from deliberation.settings import Settings
from deliberation.study import run_study, stored_settings

SEEDS = ("seed7", "seed8", "seed9")
ORDERS = ("seed7", "order1", "order2")


def study(folder: Path, **changes: Any) -> Path:
    settings = Settings.bundled(**{"question": "surveillance", "assemblies": 3, "members": 6, "truth": 0, **changes})
    run_study(settings, folder)
    return folder


@pytest.fixture(scope="module")
def five(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Three runs of other seeds, and two more of the first seed in other orders."""
    folder = tmp_path_factory.mktemp("five")
    made = {f"seed{seed}": study(folder / f"seed{seed}", seed=seed) for seed in (7, 8, 9)}
    return made | {f"order{n}": study(folder / f"order{n}", seed=7, orders=n) for n in (1, 2)}


@pytest.fixture(scope="module")
def polls(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three seeds of a procedure that puts the same clauses to every panel, so that no cell is empty."""
    folder = tmp_path_factory.mktemp("polls")
    return [study(folder / str(seed), procedure="public_input", seed=seed) for seed in (7, 8, 9)]


def found(*paths: Path) -> Replicates:
    return replicates(opened(paths, [stored_settings(path) for path in paths]))


def rulings(path: Path) -> dict[str, dict[str, Any]]:
    lines = (path / "rulings.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["clause"]: row for row in map(json.loads, lines)}


def altered(source: Path, to: Path, change: Callable[[Ruling], Ruling | None]) -> Path:
    """A copy of a run that ruled otherwise, and says so in its manifest."""
    shutil.copytree(source, to)
    folder = RunFolder(to)
    write_records(to / "rulings.jsonl", [ruling for one in folder.rulings() if (ruling := change(one)) is not None])
    manifest = folder.manifest()
    content = manifest.content.model_copy(update={"files": folder.hashes()})
    folder.write_manifest(manifest.model_copy(update={"content": content}))
    return to


def by_pairs(units: list[list[Any]], apart: Callable[[Any, Any], float]) -> float:
    """Alpha by its definition: mean difference within units, over that between all values that have a partner."""
    units = [u for u in units if len(u) > 1]
    every = [value for u in units for value in u]
    n = len(every)
    within = sum(sum(apart(a, b) for a in u for b in u) / (len(u) - 1) for u in units) / n
    return 1 - within / (sum(apart(a, b) for a in every for b in every) / (n * (n - 1)))


def test_what_differs_is_found_in_the_settings(five: dict[str, Path]) -> None:
    by_seed = {factor.name: factor for factor in found(*(five[name] for name in SEEDS)).factors}
    assert by_seed["panel"].levels == ("seed=7", "seed=8", "seed=9")
    assert by_seed["panel"].settings == ("seed",)
    assert {name for name, factor in by_seed.items() if factor.settings} == {"panel"}
    by_order = {factor.name: factor for factor in found(*(five[name] for name in ORDERS)).factors}
    assert by_order["order"].levels == ("orders=0", "orders=1", "orders=2")
    assert {name for name, factor in by_order.items() if factor.settings} == {"order"}


def test_clauses_are_matched_by_their_wording_and_those_without_a_match_counted(five: dict[str, Path]) -> None:
    runs = [rulings(five[name]) for name in SEEDS]
    times = {id_: sum(id_ in run for run in runs) for run in runs for id_ in run}
    told = found(*(five[name] for name in SEEDS))
    assert {clause.clause for clause in told.clauses} == {id_ for id_, n in times.items() if n > 1}
    assert told.once == sum(n == 1 for n in times.values()) > 0
    assert told.everywhere == sum(n == 3 for n in times.values()) > 0
    for clause in told.clauses:
        assert clause.statuses == tuple(run.get(clause.clause, {}).get("status") for run in runs)
        supports = [run[clause.clause]["support"] for run in runs if clause.clause in run]
        assert clause.mean == pytest.approx(sum(supports) / len(supports), abs=1e-6)
        assert clause.spread == pytest.approx(np.std(supports, ddof=1), abs=1e-6)


@pytest.mark.parametrize("names", [SEEDS, ORDERS, (*SEEDS, "order1", "order2")])
def test_flips_and_alphas_are_those_counted_by_hand(five: dict[str, Path], names: tuple[str, ...]) -> None:
    runs = [rulings(five[name]) for name in names]
    shared = [id_ for id_ in {id_ for run in runs for id_ in run} if sum(id_ in run for run in runs) > 1]
    statuses = [[run[id_]["status"] for run in runs if id_ in run] for id_ in shared]
    supports = [[run[id_]["support"] for run in runs if id_ in run] for id_ in shared]
    told = found(*(five[name] for name in names))
    flips = [np.mean([a != b for a, b in combinations(unit, 2)]) for unit in statuses]
    assert told.flips.value == pytest.approx(np.mean(flips), abs=1e-5)
    assert told.alpha_support.value == pytest.approx(by_pairs(supports, lambda a, b: (a - b) ** 2), abs=1e-5)
    assert told.flips.clauses == told.alpha_support.clauses == len(shared)
    if len({status for unit in statuses for status in unit}) > 1:
        assert told.alpha_status.value == pytest.approx(by_pairs(statuses, lambda a, b: a != b), abs=1e-5)


def test_the_correlation_and_the_components_are_those_of_the_analysis_of_variance(polls: list[Path]) -> None:
    runs = [rulings(path) for path in polls]
    table = np.array([[run[id_]["support"] for run in runs] for id_ in runs[0]])
    n, k = table.shape
    assert n >= 4
    rows, columns = table.mean(axis=1), table.mean(axis=0)
    left = table - rows[:, None] - columns[None, :] + table.mean()
    clauses, panels = k * rows.var(ddof=1), n * columns.var(ddof=1)
    error = float((left**2).sum()) / ((n - 1) * (k - 1))
    told = found(*polls)
    wanted = (clauses - error) / (clauses + (k - 1) * error + k * (panels - error) / n)
    assert told.icc.value == pytest.approx(wanted, abs=1e-5)
    assert (told.icc.clauses, told.once, told.everywhere) == (n, 0, n)
    variances = {component.name: component.variance for component in told.components}
    by_hand = {"clause": (clauses - error) / k, "panel": (panels - error) / n, "residual": error}
    assert variances == pytest.approx({name: max(0.0, value) for name, value in by_hand.items()}, abs=1e-7)
    assert sum(component.share or 0.0 for component in told.components) == pytest.approx(1.0, abs=1e-5)


def test_seeds_and_orders_together_have_a_component_each(five: dict[str, Path]) -> None:
    told = found(*five.values())
    assert [(c.name, c.levels) for c in told.components[:-1]] == [
        ("clause", len(told.clauses)), ("panel", 3), ("order", 3),
    ]  # fmt: skip
    assert all(component.variance is not None for component in told.components)


def test_factors_that_change_together_are_one(five: dict[str, Path], tmp_path: Path) -> None:
    other = study(tmp_path / "other", seed=8, witness="inert", members=8)
    told = found(five["seed7"], other)
    assert [component.name for component in told.components] == ["clause", "panel + witness", "residual"]
    panel, *_ = told.factors
    assert panel.settings == ("seed", "members")


def test_levels_that_would_be_called_the_same_are_numbered(five: dict[str, Path], tmp_path: Path) -> None:
    larger = study(tmp_path / "larger", seed=7, members=8)
    panel, *_ = found(five["seed7"], larger).factors
    assert panel.levels == ("seed=7", "seed=7 (2)")
    assert panel.settings == ("members",)


def test_the_order_of_runs_changes_no_figure(five: dict[str, Path]) -> None:
    one, other = found(*five.values()), found(*reversed(five.values()))
    assert (one.flips, one.alpha_status, one.icc) == (other.flips, other.alpha_status, other.icc)
    assert [c.variance for c in one.components] == pytest.approx([c.variance for c in other.components], abs=1e-7)


def test_runs_of_the_same_study_agree_wholly_and_nothing_differs(polls: list[Path], tmp_path: Path) -> None:
    again = study(tmp_path / "again", procedure="public_input", seed=7)
    told = found(polls[0], again)
    assert not any(factor.settings for factor in told.factors)
    assert told.flips.value == 0.0
    assert told.alpha_support.value == told.icc.value == 1.0
    assert [component.name for component in told.components] == ["clause", "residual"]


def test_where_every_status_is_the_same_alpha_is_not_made_up(polls: list[Path], tmp_path: Path) -> None:
    alike = [
        altered(path, tmp_path / str(n), lambda r: r.model_copy(update={"status": "contested"}))
        for n, path in enumerate(polls[:2])
    ]
    told = found(*alike)
    assert told.flips.value == 0.0
    assert told.alpha_status.value is None
    assert told.alpha_status.why == "every status is the same, which leaves nothing to be told from chance"


def test_runs_without_a_clause_in_common_have_no_figures_and_say_why(
    polls: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, *_ = rulings(polls[0])
    one = altered(polls[0], tmp_path / "one", lambda r: r if r.clause == first else None)
    other = altered(polls[1], tmp_path / "other", lambda r: r if r.clause != first else None)
    told = found(one, other)
    assert (told.clauses, told.once) == ((), 4)
    assert told.flips.why == "no clause stands in two runs"
    assert told.alpha_status.why == "no clause has a status in two runs"
    assert told.icc.why == "it takes 3 clauses with a support in every run, not 0"
    assert all(component.variance is None for component in told.components)
    assert dispatch("replicate", [str(one), str(other)]) == 0
    assert "no clause stands in two runs" in capsys.readouterr().out


def test_a_clause_without_a_ruling_has_a_status_and_no_support(polls: list[Path], tmp_path: Path) -> None:
    first, *_ = rulings(polls[0])
    empty: dict[str, Any] = {"status": "no_ruling", "support": None, "interval": None}
    gated = altered(polls[0], tmp_path / "x", lambda r: r.model_copy(update=empty) if r.clause == first else r)
    told = found(gated, polls[1])
    [clause] = [clause for clause in told.clauses if clause.clause == first]
    assert clause.statuses[0] == "no_ruling"
    assert clause.supports[0] is None
    assert (clause.spread, clause.flips) == (None, 1.0)
    assert told.icc.clauses == told.everywhere - 1


def test_what_cannot_be_replicates_is_refused_by_name(five: dict[str, Path], run: RunFolder, tmp_path: Path) -> None:
    one, other = five["seed7"], five["seed8"]
    with pytest.raises(RunError, match=r"seed7: replicate takes two runs or more"):
        found(one)
    with pytest.raises(RunError, match=r"no run"):
        found()
    with pytest.raises(RunError, match=r"seed7: given twice"):
        found(one, other, one.parent / "seed8" / ".." / "seed7")
    with pytest.raises(RunError, match=rf"{run.path}: on q-health-advice, but .*seed7 is on q-surveillance"):
        found(one, run.path)


def test_an_unfinished_run_is_refused(five: dict[str, Path], tmp_path: Path) -> None:
    shutil.copytree(five["seed8"], tmp_path / "half")
    folder = RunFolder(tmp_path / "half")
    manifest = folder.manifest()
    circumstances = manifest.circumstances.model_copy(update={"status": "incomplete"})
    folder.write_manifest(manifest.model_copy(update={"circumstances": circumstances}))
    with pytest.raises(RunError, match="half: the run is incomplete, not complete"):
        found(five["seed7"], folder.path)


def test_a_run_whose_settings_or_rulings_were_changed_is_refused(five: dict[str, Path], tmp_path: Path) -> None:
    shutil.copytree(five["seed8"], tmp_path / "config")
    config = RunFolder(tmp_path / "config").config
    config.write_text(config.read_text(encoding="utf-8").replace("\nseed: 8", "\nseed: 9"), encoding="utf-8")
    with pytest.raises(RunError, match="not the configuration that run-"):
        found(five["seed7"], tmp_path / "config")
    shutil.copytree(five["seed8"], tmp_path / "rulings")
    (tmp_path / "rulings" / "rulings.jsonl").unlink()
    with pytest.raises(DataError, match=r"rulings\.jsonl: not the file that the manifest names"):
        found(five["seed7"], tmp_path / "rulings")


def test_the_command_prints_a_table_and_writes_its_rows(
    five: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "new" / "rows.csv"
    assert dispatch("replicate", [*map(str, five.values()), "--csv", str(table)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("SIMULATED")
    for words in (
        "seed=7 x3, seed=8, seed=9",
        "orders=0 x3",
        "Mean flip rate",
        "Alpha of rulings",
        "ICC(2,1)",
        "residual",
    ):
        assert words in out
    told = found(*five.values())
    with table.open(encoding="utf-8") as source:
        rows = list(csv.DictReader(source))
    assert len(rows) == sum(status is not None for clause in told.clauses for status in clause.statuses)
    by_key = {(row["name"], row["clause"]): row for row in rows}
    for clause in told.clauses:
        for run, status, support in zip(told.runs, clause.statuses, clause.supports, strict=True):
            if status is not None:
                row = by_key[run.name, clause.clause]
                assert row["status"] == status
                assert row["support"] == ("" if support is None else str(support))
    assert by_key["order1", told.clauses[0].clause]["order"] == "orders=1"


def test_the_command_speaks_json(five: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert dispatch("replicate", [str(five["seed7"]), str(five["seed8"]), "--json"]) == 0
    told = Replicates.model_validate(json.loads(capsys.readouterr().out), strict=False)
    assert told == found(five["seed7"], five["seed8"])
    assert not math.isnan(told.flips.value or 0.0)


def test_the_command_says_what_is_wrong_in_one_line(
    five: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = [str(five["seed7"]), str(five["seed8"])]
    for arguments, status, named in (
        ([pair[0]], 2, "seed7: replicate takes two runs"),
        ([pair[0], str(tmp_path / "none")], 2, "none: no run folder"),
        ([*pair, "--csv", str(tmp_path)], 1, str(tmp_path)),
    ):
        assert dispatch("replicate", arguments) == status
        error = capsys.readouterr().err
        assert len(error.splitlines()) == 1
        assert named in error
