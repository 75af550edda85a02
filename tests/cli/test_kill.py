"""A run killed at any instant and resumed ends byte-equal, and repeats no call that it had journalled."""

from __future__ import annotations

import random  # noqa: TID251  the instants are meant to be anywhere; a failure prints the one that failed
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from deliberation.records.folder import RunFolder
from deliberation.settings import Settings
from deliberation.study import run_study

Content = Callable[[Path], dict[str, bytes]]
SIZE = {"assemblies": 6, "members": 10, "truth": 24}
TRIALS = 20
_BEFORE_ANY = 2  # of the trials, killed before a call is made


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """The same run, never killed."""
    path = tmp_path_factory.mktemp("whole") / "run"
    run_study(Settings.bundled(**SIZE), path)
    return RunFolder(path)


def journalled(path: Path) -> dict[str, float]:
    if not path.exists():
        return {}
    with sqlite3.connect(path) as db:
        try:
            rows = db.execute("select key, received from replies").fetchall()
        except sqlite3.OperationalError:  # killed before the table was made
            return {}
    db.close()
    return dict(rows)


def killed_at(path: Path, calls: int, seconds: float) -> None:
    """Start the run and kill it as soon as so many calls stand in its journal; of none, after so many seconds."""
    arguments = ["run", *(f"{k}={v}" for k, v in SIZE.items()), f"hydra.run.dir={path}"]
    with subprocess.Popen([sys.executable, "-m", "deliberation", *arguments], stdout=subprocess.DEVNULL) as running:
        while not (path / "manifest.json").exists() and running.poll() is None:
            time.sleep(0.001)
        if calls:
            while len(journalled(path / "calls.sqlite")) < calls and running.poll() is None:
                time.sleep(0.001)
        else:
            time.sleep(seconds)
        running.kill()


@pytest.mark.parametrize("trial", range(TRIALS))
def test_a_killed_run_ends_byte_equal_and_repeats_no_journalled_call(
    whole: RunFolder, tmp_path: Path, content: Content, trial: int
) -> None:
    """The instants are random, one in each twentieth of the run's calls, but for two before any call is made."""
    chance = random.SystemRandom()
    every = set(journalled(whole.journal))
    calls = (
        0 if trial < _BEFORE_ANY else int((trial - _BEFORE_ANY + chance.random()) / (TRIALS - _BEFORE_ANY) * len(every))
    )
    path = tmp_path / "run"
    killed_at(path, calls, chance.uniform(0.0, 0.05))
    before = journalled(path / "calls.sqlite")
    resumed = subprocess.run(
        [sys.executable, "-m", "deliberation", "resume", str(path)], capture_output=True, text=True, check=False
    )
    assert resumed.returncode == 0, f"killed at call {calls}: {resumed.stderr}"
    assert len(before) >= calls
    if trial < TRIALS - 4:  # the last may have ended before they could be killed
        assert len(before) < len(every), "the run had made all its calls before it was killed"
    assert content(path) == content(whole.path), f"trial {trial}, killed at call {calls}"
    after = journalled(path / "calls.sqlite")
    assert before.items() <= after.items(), f"killed at call {calls}: a journalled call was made again"
    assert set(after) == every
