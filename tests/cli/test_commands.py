"""The command as a user runs it, in a process of its own or in this one."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from deliberation.cli import COMMANDS, main
from deliberation.records.folder import RunFolder

Content = Callable[[Path], dict[str, bytes]]
SMALL = ("assemblies=3", "members=6", "truth=40")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def deliberate(capsys: pytest.CaptureFixture[str], here: Path) -> Callable[..., tuple[int, str, str]]:
    def call(*arguments: str | Path) -> tuple[int, str, str]:
        status = main([str(a) for a in arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return call


Call = Callable[..., tuple[int, str, str]]

BAD = [
    (("run", "sede=8"), "sede"),
    (("run", "question=eulogies"), "question/eulogies"),
    (("run", "members=0"), "members"),
    (("run", "members=twelve"), "twelve"),
    (("run", "seed=-1"), "-1"),
    (("run", "stray"), "stray"),
    (("run", "panel.population=atlantis"), "atlantis"),
    (("run", "panel.pool=5"), "panel.pool=5"),
    (("run", "aggregation.threshold=3"), "threshold"),
    (("run", "aggregation.group_by=colour"), "colour"),
    (("run", "+panel.quotas.gender={female: [13, 14]}"), "13"),
    (("run", "+panel.quotas={ethnicity: {other: [12, 12]}, age: {'65+': [12, 12]}}"), "12"),
    (("run", "question=typed"), "question.text"),
    (("run", "question=health_advice", "question.text=What?"), "question=health_advice"),
    (("run", "seed=1,2"), "seed=1,2"),
    (("run", "procedure.phases=[]"), "procedure.phases"),
    (("run", "prompts.rules=Hello $you"), "you"),
    (("run", "model.voice.report=[]"), "report"),
    (("run", "hydra.run.dir=/proc/nowhere/run"), "/proc/nowhere/run"),
    (("run", "--multirun", "seed=-3,-4", *SMALL), "-3"),
    (("run", "--multirun", "nosuch=1,2"), "nosuch"),
    (("run", "membres=3"), "did you mean 'members'"),
    (("run", "--bogus"), "--bogus"),
    (("run", "--cfg", "foo"), "foo"),
    (("run", "--config-dir", "nowhere"), "nowhere"),
    (("run", "model.draw=21"), "model.draw=21"),
    (("schema", "--check", "nowhere"), "nowhere"),
    (("run", "witness=one_sided", "witness.towards=mars"), "mars"),
    (("plan", "colour=red"), "colour"),
    (("resume", "nowhere"), "nowhere"),
    (("trace", "row-1", "nowhere"), "nowhere"),
    (("export", "nowhere", "--to", "spec"), "nowhere"),
    (("encode", "nowhere"), "nowhere"),
    (("lint", "nowhere"), "nowhere"),
    (("validate", "nowhere.yaml"), "nowhere.yaml"),
    (("dance",), "dance"),
]


@pytest.mark.parametrize(("arguments", "named"), BAD, ids=lambda x: " ".join(x) if isinstance(x, tuple) else "")
def test_bad_input_is_one_line_that_names_it_and_leaves_no_folder(
    deliberate: Call, here: Path, arguments: tuple[str, ...], named: str
) -> None:
    status, out, err = deliberate(*arguments)
    assert status != 0
    assert len(err.strip().splitlines()) == 1
    assert err.startswith("deliberate: ")
    assert named in err
    assert "Traceback" not in out + err
    assert not list(here.iterdir())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capfd: pytest.CaptureFixture[str], here: Path) -> None:
    try:
        assert main([command, "--help"]) == 0
    except SystemExit as done:
        assert done.code in {0, None}
    assert f"deliberate {command}" in capfd.readouterr().out


def test_help_lists_every_command(deliberate: Call) -> None:
    status, out, _ = deliberate("--help")
    assert status == 0
    assert all(f"\n  {command}" in out for command in COMMANDS)


def test_a_run_closes_with_what_a_person_wants_to_know(deliberate: Call) -> None:
    status, out, err = deliberate("run", *SMALL, "hydra.run.dir=run")
    assert (status, err) == (0, "")
    assert out.startswith("SIMULATED")
    for word in ("Asked", "Sat", "Ruling", "90% interval", "run", "deliberate export"):
        assert word in out


def test_hydras_own_flags_work(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--cfg", "job", "seed=99"]) == 0
    assert "seed: 99" in capfd.readouterr().out
    assert not list(here.iterdir())


def test_a_multirun_makes_a_full_run_folder_a_job(deliberate: Call, here: Path) -> None:
    status, out, _ = deliberate("run", "--multirun", "seed=1,2", *SMALL, "hydra.sweep.dir=sweep", "--json")
    assert status == 0
    folders = [json.loads(line)["folder"] for line in out.strip().splitlines()]
    assert [Path(f).name for f in folders] == ["0", "1"]
    assert [RunFolder.existing(Path(f)).manifest().content.seed for f in folders] == [1, 2]


def test_an_existing_run_folder_is_refused(deliberate: Call, here: Path) -> None:
    assert deliberate("run", *SMALL, "hydra.run.dir=run")[0] == 0
    before = (here / "run" / "manifest.json").read_bytes()
    status, _, err = deliberate("run", *SMALL, "hydra.run.dir=run")
    assert status != 0
    assert "run" in err
    assert (here / "run" / "manifest.json").read_bytes() == before


def test_two_starts_in_one_second_have_folders_of_their_own(deliberate: Call, here: Path) -> None:
    from deliberation.cli.compose import _claimed

    first = _claimed({"hydra": {"run": "transcripts/same"}}, [], key="run")
    second = _claimed({"hydra": {"run": "transcripts/same"}}, [], key="run")
    assert (first, second) == (Path("transcripts/same"), Path("transcripts/same-2"))


def test_a_typed_question_says_that_its_map_is_generated(deliberate: Call, here: Path) -> None:
    status, out, _ = deliberate(
        "run", "question.text=Should an AI, if asked, write a person's eulogy?", *SMALL, "hydra.run.dir=run"
    )
    assert status == 0
    assert "write a person's eulogy?" in out.replace("\n", " ")
    assert "generated" in out
    assert deliberate("export", "run", "--to", "spec")[0] == 0
    assert "generated" in (here / "spec" / "spec.md").read_text()


def test_the_walk_of_the_readme(deliberate: Call, here: Path) -> None:
    assert deliberate("plan", *SMALL)[0] == 0
    assert deliberate("run", *SMALL, "hydra.run.dir=my-run")[0] == 0
    row = json.loads((here / "my-run/encoding/preferences.jsonl").read_text().splitlines()[0])["row_id"]
    status, out, _ = deliberate("trace", row, "my-run")
    assert status == 0
    assert "persona:" in out
    assert "spoke:" in out
    assert deliberate("rule", "my-run", "aggregation=majority")[0] == 0
    assert len(list(here.glob("my-run_rule-*"))) == 1
    assert deliberate("encode", "my-run")[0] == 0
    assert "commit" in deliberate("export", "my-run", "--to", "my-spec")[1]
    assert "no commit" in deliberate("export", "my-run", "--to", "my-spec")[1]
    assert deliberate("lint", "my-spec") == (0, "my-spec: no defects\n", "")
    assert deliberate("validate", "my-run")[0] == 0


def test_what_a_program_would_read_is_json(deliberate: Call, run: RunFolder) -> None:
    assert json.loads(deliberate("plan", *SMALL, "--json")[1])["assemblies"] == 3
    clause = run.clauses()[0].id
    assert json.loads(deliberate("trace", clause, run.path, "--json")[1])["of"]["id"] == clause
    assert json.loads(deliberate("validate", run.path, "--json")[1])[0]["ok"]


def test_rule_and_resume_refuse_what_they_may_not_change(deliberate: Call, run: RunFolder) -> None:
    for command in ("resume", "rule"):
        status, _, err = deliberate(command, run.path, "seed=8")
        assert status != 0
        assert "cannot change 'seed'" in err
    assert "aggregation.threshold=0.5,0.6" in deliberate("rule", run.path, "aggregation.threshold=0.5,0.6")[2]
    assert "aggregation.colour" in deliberate("rule", run.path, "aggregation.colour=red")[2]


def test_a_changed_config_is_refused_by_name(deliberate: Call, run: RunFolder, here: Path) -> None:
    shutil.copytree(run.path, here / "run")
    folder = RunFolder(here / "run")
    manifest = folder.manifest()
    halted = manifest.circumstances.model_copy(update={"status": "incomplete"})
    folder.write_manifest(manifest.model_copy(update={"circumstances": halted}))
    folder.config.write_text(folder.config.read_text().replace("seed: 7", "seed: 9"))
    status, _, err = deliberate("resume", "run")
    assert status != 0
    assert "seed" in err
    assert "7 -> 9" in err


def test_a_run_of_a_later_version_is_refused(deliberate: Call, run: RunFolder, here: Path) -> None:
    shutil.copytree(run.path, here / "run")
    path = here / "run" / "manifest.json"
    path.write_text(path.read_text().replace('"schema": 1', '"schema": 2'))
    for command in (("resume", "run"), ("trace", "x", "run"), ("rule", "run"), ("export", "run", "--to", "spec")):
        status, _, err = deliberate(*command)
        assert status != 0
        assert "schema 2" in err


def test_a_run_folder_that_was_tampered_with_does_not_validate(deliberate: Call, run: RunFolder, here: Path) -> None:
    shutil.copytree(run.path, here / "run")
    path = here / "run" / "rulings.jsonl"
    path.write_text(path.read_text().replace("contested", "adopted"))
    assert "rulings.jsonl" in deliberate("validate", "run")[2]


def test_a_users_own_question_and_population_are_found(deliberate: Call, here: Path) -> None:
    from deliberation import assets

    (here / "mine" / "question").mkdir(parents=True)
    text = (assets.folder("conf") / "question" / "health_advice.yaml").read_text()
    (here / "mine" / "question" / "own.yaml").write_text(text.replace("q-health-advice", "q-own"))
    shutil.copy(assets.folder("personas") / "us_adults.yaml", here / "people.yaml")
    status, out, err = deliberate(
        "run", "--config-dir", here / "mine", "question=own", "panel.population=people.yaml", *SMALL, "hydra.run.dir=run"
    )  # fmt: skip
    assert (status, err) == (0, "")
    assert RunFolder(here / "run").clauses()[0].question == "q-own"


def test_a_run_whose_files_were_changed_is_not_exported(deliberate: Call, run: RunFolder, here: Path) -> None:
    shutil.copytree(run.path, here / "run")
    path = here / "run" / "rulings.jsonl"
    path.write_text(path.read_text().replace('"contested"', '"adopted"'))
    status, _, err = deliberate("export", "run", "--to", "spec")
    assert status != 0
    assert "rulings.jsonl" in err
    assert not (here / "spec").exists()


def test_a_run_whose_configuration_was_changed_is_not_encoded_ruled_on_or_exported(
    deliberate: Call, run: RunFolder, here: Path
) -> None:
    shutil.copytree(run.path, here / "run")
    folder = RunFolder(here / "run")
    folder.config.write_text(
        folder.config.read_text().replace("margin: 0.1", "margin: 0.9").replace("seed: 7", "seed: 9")
    )
    for command in (("encode", "run"), ("rule", "run"), ("export", "run", "--to", "spec")):
        status, _, err = deliberate(*command)
        assert status != 0
        assert "seed" in err or "configuration" in err


def test_a_users_broken_yaml_is_one_line(deliberate: Call, here: Path) -> None:
    (here / "mine" / "question").mkdir(parents=True)
    (here / "mine" / "question" / "own.yaml").write_text("a: [")
    for command in ("run", "plan"):
        status, _, err = deliberate(command, "--config-dir", "mine", "question=own")
        assert status == 2
        assert "own.yaml" in err
        assert len(err.strip().splitlines()) == 1


def test_a_budget_that_is_used_up_says_how_to_go_on(deliberate: Call, here: Path) -> None:
    status, _, err = deliberate("run", *SMALL, "budget.calls=50", "hydra.run.dir=run")
    assert status != 0
    assert "deliberate resume" in err
    assert "run budget.calls=..." in err
    assert deliberate("resume", "run", "budget.calls=null", "--json")[0] == 0


def test_typed_words_reach_the_question_as_they_are(deliberate: Call, here: Path) -> None:
    text = r'Should an AI \ok ${seed} say "hi", or \"ho\", to C:\?'
    assert deliberate("run", f"question.text={text}", *SMALL, "hydra.run.dir=run", "--json")[0] == 0
    from deliberation.study import stored_settings

    assert stored_settings(here / "run").question.text == text


def test_a_full_standard_output_is_one_line(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "deliberation", "run", *SMALL, "hydra.run.dir=run"], cwd=tmp_path, stdout=full,
            stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == "deliberate: standard output: No space left on device\n"
    assert RunFolder(tmp_path / "run").manifest().circumstances.status == "complete"


def test_a_run_killed_before_its_manifest_is_started_again_in_the_same_folder(deliberate: Call, here: Path) -> None:
    (here / "run" / ".hydra").mkdir(parents=True)
    (here / "run" / ".hydra" / "config.yaml").write_text("seed: 7\n")
    assert deliberate("run", *SMALL, "hydra.run.dir=run", "--json")[0] == 0


def process(*arguments: str, cwd: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "deliberation", *arguments]
    return subprocess.Popen(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        # a shell's background job ignores interrupts, and so would all that it starts
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  no threads here yet
    )  # fmt: skip


def test_a_run_that_is_interrupted_says_so_in_one_line_and_can_be_resumed(tmp_path: Path) -> None:
    running = process("run", "assemblies=60", "hydra.run.dir=run", cwd=tmp_path)
    while not (tmp_path / "run" / "panels.jsonl").exists():
        assert running.poll() is None
        time.sleep(0.02)
    time.sleep(0.3)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert err.decode().count("\n") == 1
    assert b"resume" in err
    assert RunFolder(tmp_path / "run").manifest().circumstances.status == "incomplete"


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounting a small disk takes root on Linux")
@pytest.mark.parametrize("kilobytes", [8, 60, 150, 400, 1100])
def test_a_full_disk_is_one_line_and_nothing_is_lost(
    run: RunFolder, tmp_path: Path, content: Content, kilobytes: int
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "none", disk], check=False)
    if mounted.returncode:
        pytest.skip("this machine does not let a test mount a small disk")
    try:
        running = process("run", *SMALL, "hydra.run.dir=disk/run", cwd=tmp_path)
        _, err = running.communicate(timeout=60)
        assert running.returncode not in {0, None}
        assert err.decode().count("\n") == 1, err.decode()
        assert b"Traceback" not in err
        subprocess.run(["mount", "-o", "remount,size=30m", disk], check=True)
        if (disk / "run" / "manifest.json").exists():
            resumed = process("resume", "disk/run", cwd=tmp_path)
            _, err = resumed.communicate(timeout=60)
            assert resumed.returncode == 0, err.decode()
            assert content(disk / "run") == content(run.path)
    finally:
        subprocess.run(["umount", disk], check=True)


def test_overrides_may_stand_on_either_side_of_a_flag(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine" / "panel").mkdir(parents=True)
    (tmp_path / "mine" / "panel" / "few.yaml").write_text("defaults: [us_adults, _self_]\npool: 200\n")
    words = ["run", "assemblies=3", "--config-dir", str(tmp_path / "mine"), "panel=few", "members=4", "truth=0"]
    assert main([*words, f"hydra.run.dir={tmp_path / 'run'}"]) == 0
    assert "from 200" in capsys.readouterr().out
