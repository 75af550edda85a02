"""Experiments as a user runs them: one command, a folder for each arm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deliberation import assets
from deliberation.cli import main
from deliberation.cli.compose import settings_for, studies_for
from deliberation.errors import ConfigError
from deliberation.records.folder import RunFolder
from deliberation.study import stored_settings

NAMES = sorted(path.stem for path in (assets.folder("conf") / "experiment").glob("*.yaml"))
SWEPT = [name for name in NAMES if name != "quick"]
TINY = ("assemblies=2", "members=6", "truth=0", "procedure=self_reflection", "encoding.examples=0")


def test_what_an_experiment_sets_takes_the_place_of_the_defaults() -> None:
    quick = settings_for(["experiment=quick"])
    assert (quick.study, quick.assemblies, quick.members) == ("quick", 4, 8)
    assert settings_for(["experiment=quick", "members=10"]).members == 10


@pytest.mark.parametrize("name", SWEPT)
def test_every_arm_of_an_experiment_is_a_study_of_its_own(name: str) -> None:
    found = studies_for([f"experiment={name}"])
    assert len(found) > 1
    assert len({settings.sha256 for settings in found.values()}) == len(found)
    assert {settings.study for settings in found.values()} == {name}


@pytest.mark.parametrize("name", SWEPT)
def test_every_experiment_says_what_it_supposes_and_holds_against_what(name: str) -> None:
    text = (assets.folder("conf") / "experiment" / f"{name}.yaml").read_text(encoding="utf-8")
    assert all(word in text for word in ("# Hypothesis: ", "# Control: ", "aired", "# Look at: "))


def test_an_experiment_takes_several_questions() -> None:
    found = studies_for(["experiment=persona", "question=surveillance,animals"])
    assert len(found) == 8
    assert {settings.question.id for settings in found.values()} == {"q-surveillance", "q-animals"}


def test_what_is_given_takes_the_place_of_what_is_swept() -> None:
    found = studies_for(["experiment=deliberation", "procedure=talk_only,plain_poll"])
    assert [settings.procedure.id for settings in found.values()] == ["talk_only", "plain_poll"]


def test_a_study_that_sweeps_nothing_is_one() -> None:
    assert list(studies_for(["experiment=quick"])) == [()]
    assert list(studies_for([])) == [()]


@pytest.mark.parametrize("words", [["experiment=nosuch"], ["experiment=persona", "sede=1"]])
def test_a_wrong_word_stops_an_experiment_before_it_begins(words: list[str], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nosuch|sede"):
        studies_for(words)
    assert main(["run", *words, f"hydra.sweep.dir={tmp_path / 'sweep'}"]) == 2
    assert not (tmp_path / "sweep").exists()


def test_a_sweep_leaves_a_run_folder_for_every_arm(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "sweep"
    assert main(["run", "experiment=persona", *TINY, f"hydra.sweep.dir={out}", "--json"]) == 0
    capsys.readouterr()
    arms = ["full", "demographics", "shuffled", "none"]
    folders = [out / f"{number}-health_advice-{arm}" for number, arm in enumerate(arms)]
    assert sorted(path.name for path in out.iterdir() if path.is_dir()) == sorted(path.name for path in folders)
    for folder, arm in zip(folders, arms, strict=True):
        assert RunFolder.existing(folder).manifest().circumstances.status == "complete"
        assert stored_settings(folder).panel.persona == arm
    assert main(["contrast", *map(str, sorted(out.glob("*"))), "--control", "full"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("SIMULATED")
    assert all(arm in said for arm in arms)


def test_a_plan_counts_every_arm(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "experiment=persona", *TINY, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["arm"] for one in found["arms"]][0] == "panel.persona=full"
    assert found["calls"] == sum(one["calls"] for one in found["arms"]) > 0
    assert main(["plan", "experiment=persona", *TINY]) == 0
    assert "4 arms, each a run of its own" in capsys.readouterr().out


def test_the_composition_of_an_experiment_can_be_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "experiment=persona", "--cfg", "job"]) == 0
    assert "persona: full" in capsys.readouterr().out
