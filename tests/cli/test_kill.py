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

Content = Callable[[Path], dict[str, bytes]]
_WORK_S = 1.4


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


@pytest.mark.parametrize("trial", range(20))
def test_a_killed_run_ends_byte_equal_and_repeats_no_journalled_call(
    run: RunFolder, tmp_path: Path, content: Content, trial: int
) -> None:
    instant = random.SystemRandom().uniform(0.0, _WORK_S)
    path = tmp_path / "run"
    arguments = ["run", "assemblies=3", "members=6", f"hydra.run.dir={path}"]
    with subprocess.Popen([sys.executable, "-m", "deliberation", *arguments], stdout=subprocess.DEVNULL) as running:
        while not (path / "manifest.json").exists() and running.poll() is None:
            time.sleep(0.002)
        time.sleep(instant)
        running.kill()
    before = journalled(path / "calls.sqlite")
    resumed = subprocess.run(
        [sys.executable, "-m", "deliberation", "resume", str(path)], capture_output=True, text=True, check=False
    )
    assert resumed.returncode == 0, f"killed at {instant:.3f} s: {resumed.stderr}"
    assert content(path) == content(run.path), f"trial {trial}, killed at {instant:.3f} s"
    after = journalled(path / "calls.sqlite")
    assert before.items() <= after.items(), f"killed at {instant:.3f} s: a journalled call was made again"
    assert set(after) == set(journalled(run.path / "calls.sqlite"))
