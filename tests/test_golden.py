"""The committed runs are what this code makes, and whole."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from deliberation.records.folder import RunFolder

GOLDEN = Path(__file__).parents[1] / "transcripts" / "golden"
LEFT_OUT = ("encoding/",)

_spec = importlib.util.spec_from_file_location("golden_make", GOLDEN / "make.py")
assert _spec is not None
assert _spec.loader is not None
maker = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(maker)


@pytest.mark.parametrize("name", sorted(maker.STUDIES))
def test_a_golden_run_holds_the_files_that_its_manifest_names(name: str) -> None:
    folder = RunFolder.existing(GOLDEN / name)
    folder.verify(besides=LEFT_OUT)
    assert folder.manifest().circumstances.status == "complete"
    assert folder.manifest().content.simulated


def test_the_code_still_makes_the_golden_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    maker.make(tmp_path, only="plain_poll")
    capsys.readouterr()
    made, kept = (RunFolder.existing(path / "plain_poll").manifest().content for path in (tmp_path, GOLDEN))
    assert made == kept, "run transcripts/golden/make.py anew"


def test_golden_runs_are_small() -> None:
    assert sum(path.stat().st_size for path in GOLDEN.rglob("*") if path.is_file()) < 9_000_000
