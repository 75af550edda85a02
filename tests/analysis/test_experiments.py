"""Arms of experiments with a synthetic public: which is which, who is paired with whom, and what comes of it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deliberation.analysis.arms import Arm, arms_of
from deliberation.analysis.comparison import Run, opened
from deliberation.analysis.experiments import ALIKE, Contrast, Effect, arm_outcomes, contrast
from deliberation.analysis.outcomes import OF_ASSEMBLIES, Polls, of_ballots, of_polls
from deliberation.cli import main
from deliberation.errors import DataError, RunError
from deliberation.records.files import write_whole
from deliberation.records.specification import Ballot
from deliberation.settings import Settings
from deliberation.study import run_study, stored_settings

QUESTIONS = ("surveillance", "animals")


def study(folder: Path, *, persona: str = "full", **changes: Any) -> Path:
    plain = {"assemblies": 3, "members": 6, "truth": 0, "procedure": "witness_only", **changes}
    settings = Settings.bundled(**plain)
    panel = settings.panel.model_copy(update={"persona": persona})
    encoding = settings.encoding.model_copy(update={"examples": 0})
    run_study(settings.model_copy(update={"panel": panel, "encoding": encoding}), folder)
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two questions under four witnesses, and one more seed, orders and personas of the first."""
    at = tmp_path_factory.mktemp("arms")
    found = {
        f"{witness}-{question}": study(at / f"{witness}-{question}", witness=witness, question=question)
        for witness in ("inert", "none", "pair_for", "pair_against")
        for question in QUESTIONS
    }
    more: dict[str, dict[str, Any]] = {
        "seed": {"seed": 8}, "orders": {"orders": 1}, "nobody": {"persona": "none"},
        "alike": {"procedure": "lab_decree"}, "fewer": {"assemblies": 2}, "renamed": {"study": "renamed"},
    }  # fmt: skip
    return found | {
        name: study(at / name, **{"witness": "inert", "question": "surveillance", **changes})
        for name, changes in more.items()
    }


def runs(made: dict[str, Path], *names: str) -> list[Run]:
    paths = [made[name] for name in names]
    return opened(paths, [stored_settings(path) for path in paths])


def both(*witnesses: str) -> list[str]:
    return [f"{witness}-{question}" for witness in witnesses for question in QUESTIONS]


def effect(found: Contrast, arm: str, outcome: str) -> Effect:
    [one] = [e for e in found.effects if arm in e.arm and e.outcome == outcome]
    return one


def names(found: tuple[Arm, ...]) -> list[str]:
    return [arm.name for arm in found]


def test_arms_are_named_by_what_tells_them_apart(made: dict[str, Path]) -> None:
    found = arms_of(runs(made, *both("inert", "pair_for", "pair_against")))
    assert names(found) == ["witness=inert", "witness=one_sided (bias=1.0)", "witness=one_sided (bias=-1.0)"]
    assert [arm.questions for arm in found] == [("q-surveillance", "q-animals")] * 3
    assert [arm.assemblies for arm in found] == [6] * 3
    assert names(arms_of(runs(made, "inert-surveillance", "nobody"))) == ["panel.persona=full", "panel.persona=none"]
    assert names(arms_of(runs(made, "inert-surveillance", "orders"))) == ["orders=0", "orders=1"]


def test_seeds_are_replicates_of_an_arm_unless_nothing_else_differs(made: dict[str, Path]) -> None:
    [only, other] = arms_of(runs(made, "inert-surveillance", "seed"))
    assert (only.name, other.name) == ("seed=7", "seed=8")
    [inert, orders] = arms_of(runs(made, "inert-surveillance", "seed", "orders"))
    assert (inert.seeds, orders.seeds) == ((7, 8), (7,))


def test_nothing_is_compared_with_itself(made: dict[str, Path]) -> None:
    with pytest.raises(RunError, match="no arm beside itself"):
        arms_of(runs(made, "orders", "orders"))
    with pytest.raises(RunError, match="takes two or more"):
        arms_of(runs(made, "orders"))
    with pytest.raises(RunError, match=r"renamed: the same assemblies as in .*inert-surveillance"):
        arms_of(runs(made, "inert-surveillance", "none-surveillance", "renamed"))
    with pytest.raises(DataError, match="nothing but their question"):
        arms_of(runs(made, *both("inert")))


def test_names_that_are_none_are_refused(made: dict[str, Path]) -> None:
    two = runs(made, "inert-surveillance", "none-surveillance")
    with pytest.raises(DataError, match="no outcome 'happiness'"):
        contrast(two, wanted=["happiness"])
    with pytest.raises(DataError, match="control='witness': 2 arms"):
        contrast(two, control="witness")
    with pytest.raises(DataError, match="sesoi=0"):
        contrast(two, sesoi=0.0)


def test_an_inert_witness_does_just_what_no_witness_does(made: dict[str, Path]) -> None:
    found = contrast(runs(made, *both("inert", "none")))
    assert found.control == "witness=inert"
    assert {e.outcome for e in found.effects} >= set(OF_ASSEMBLIES)
    for one in found.effects:
        assert (one.difference, one.main, one.why) == (0.0, None, ALIKE)


def test_two_one_sided_witnesses_pull_opinion_apart(made: dict[str, Path]) -> None:
    found = contrast(runs(made, *both("pair_against", "pair_for")), wanted=["first_position_after"])
    [one] = found.effects
    assert one.paired
    assert one.difference > 0
    assert (one.questions, one.units, one.units_control) == (2, 6, 6)


def test_a_paired_difference_is_the_mean_of_those_of_the_same_lots(made: dict[str, Path]) -> None:
    given = runs(made, *both("inert", "pair_for"))
    frame = arm_outcomes(given, wanted=["gross_change"])
    table = frame.pivot_table(index=["question", "lot"], columns="arm", values="value")
    apart = (table["witness=one_sided"] - table["witness=inert"]).groupby("question").mean()
    one = effect(contrast(given, wanted=["gross_change"]), "one_sided", "gross_change")
    assert one.difference == pytest.approx(apart.mean(), abs=1e-6)


def test_other_people_are_compared_as_groups(made: dict[str, Path]) -> None:
    found = contrast(runs(made, "inert-surveillance", "alike"), wanted=["spread_after"])
    assert not found.effects[0].paired
    assert any(note.startswith("Not paired") for note in found.notes)


def test_assemblies_without_a_pair_are_left_out_and_said_to_be(made: dict[str, Path]) -> None:
    found = contrast(runs(made, "inert-surveillance", "fewer"), wanted=["spread_before"])
    assert (found.effects[0].paired, found.effects[0].units) == (True, 2)
    assert any("1 assemblies of an arm have no pair" in note for note in found.notes)


def test_what_one_question_tells_is_said_to_be_of_that_question(made: dict[str, Path]) -> None:
    found = contrast(runs(made, "inert-surveillance", "nobody"))
    assert any("holds for this question alone" in note for note in found.notes)
    assert all(e.over is None and e.bootstrap is None for e in found.effects)


def test_a_sham_that_changes_orders_alone_finds_nothing(made: dict[str, Path]) -> None:
    found = contrast(runs(made, "inert-surveillance", "orders"), sesoi=0.5)
    assert not any(e.discovery for e in found.effects)
    assert all(e.same for e in found.effects if e.outcome in {"gross_change", "spread_after"} and e.main)


def test_all_effects_are_judged_together(made: dict[str, Path]) -> None:
    found = contrast(runs(made, *both("inert", "pair_for", "pair_against")))
    tested = [e for e in found.effects if e.main is not None]
    assert len(tested) > 10
    for one in tested:
        assert one.main is not None
        assert one.main == one.over
        assert one.main.df == 1
        assert one.holm is not None
        assert one.holm >= one.main.p


def test_polls_of_an_assembly_worked_by_hand() -> None:
    first = np.array([[0.0, 1.0], [1.0, 0.0], [0.5, 0.0]])
    last = np.array([[0.5, 1.0], [1.0, 0.5], [0.5, 1.0]])
    found = of_polls(Polls(first, last, np.array([True, True, True])))
    assert found["first_position_change"] == pytest.approx(1 / 6)
    assert found["net_change"] == pytest.approx((1 / 6 + 0.5) / 2)
    assert found["gross_change"] == pytest.approx((0.5 + 0.5 + 1.0) / 6)
    assert found["flips"] == pytest.approx(1 / 3)
    assert found["spread_before"] == pytest.approx((0.5 + np.std([1, 0, 0], ddof=1)) / 2)
    once = of_polls(Polls(first, first, np.array([False, False, False])))
    assert not {"net_change", "gross_change", "flips"} & once.keys()


def test_ballots_of_an_assembly_worked_by_hand() -> None:
    def cast(clause: str, choices: str) -> list[Ballot]:
        told = {"y": "support", "n": "oppose", "a": "abstain"}
        return [
            Ballot.model_validate(
                {
                    "id": f"b-{clause}{i}",
                    "assembly": "a-1",
                    "member": f"p-{i}",
                    "clause": clause,
                    "choice": told[one],
                    "rating": None,
                    "reason": "",
                    "weight": 1.0,
                    "group": "",
                    "event": "e-1",
                }
            )
            for i, one in enumerate(choices)
        ]

    found = of_ballots([*cast("c-1", "yyyn"), *cast("c-2", "ynna"), *cast("c-3", "aaaa")], frozenset({"c-1"}))
    assert found == {"minority": pytest.approx((1 / 4 + 1 / 3) / 2), "support": 0.75}
    assert of_ballots([], frozenset()) == {}


def test_the_command_writes_what_it_shows(
    made: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [str(made[name]) for name in both("inert", "pair_for")]
    write_whole(tmp_path / "multirun.yaml", "")
    words = ["contrast", *paths, str(tmp_path / "multirun.yaml"), "--sesoi", "0.1", "--to", str(tmp_path / "out")]
    assert main([*words, "--outcomes", "net_change,spread_after"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("SIMULATED")
    assert "Within 0.1" in said
    with (tmp_path / "out" / "effects.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["outcome"] for row in rows] == ["net_change", "spread_after"]
    assert {row["simulated"] for row in rows} == {"True"}
    assert (tmp_path / "out" / "outcomes.csv").is_file()
    assert main([*words, "--json"]) == 0
    assert Contrast.model_validate(json.loads(capsys.readouterr().out), strict=False).sesoi == 0.1
    assert main(["contrast", paths[0], paths[2], "--control", "nobody"]) == 2
