"""MLCommons' own library validates the description of an encoding and reads rows by it. Nothing is fetched."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mlcroissant", reason="mlcroissant is not installed here; encoded.py beside this file tells how")
sys.path.insert(0, str(Path(__file__).parent))

import mlcroissant as mlc
from encoded import TARGETS, encoding


@pytest.mark.parametrize("target", TARGETS)
def test_the_description_is_valid(target: str) -> None:
    found = mlc.Dataset(jsonld=str(encoding(target) / "croissant.json"))
    assert not found.metadata.ctx.issues.errors


@pytest.mark.parametrize(
    ("target", "form"),
    [("standard", "sft"), ("standard", "preferences"), ("deliberative", "deliberative"), ("model_spec", "document")],
)
def test_rows_are_read_by_it(target: str, form: str) -> None:
    folder = encoding(target)
    lines = [json.loads(line) for line in (folder / f"{form}.jsonl").read_text().splitlines()]
    rows = list(mlc.Dataset(jsonld=str(folder / "croissant.json")).records(record_set=form))
    assert [row[f"{form}/row_id"].decode() for row in rows] == [line["row_id"] for line in lines]
    if form == "preferences":
        for row, line in zip(rows, lines, strict=True):
            [turn] = row["preferences/chosen"]
            assert turn["preferences/chosen/content"].decode() == line["chosen"][0]["content"]
            assert row["preferences/soft_label"] == line["soft_label"]


def test_the_command_of_the_card_finds_nothing_wrong() -> None:
    folder = encoding("constitutional")
    [command] = [line for line in (folder / "README.md").read_text().splitlines() if line.startswith("mlcroissant")]
    program, *rest = command.split()
    subprocess.run([str(Path(sys.executable).with_name(program)), *rest], cwd=folder, check=True)
