"""Hugging Face's `datasets` reads an encoding as it lies, by the configurations of its card. Nothing is fetched."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
pytest.importorskip("datasets", reason="datasets is not installed here; encoded.py beside this file tells how")
sys.path.insert(0, str(Path(__file__).parent))

import datasets
from encoded import TARGETS, encoding


@pytest.fixture
def cache(tmp_path: Path) -> str:
    return str(tmp_path / "cache")


@pytest.mark.parametrize("target", TARGETS)
def test_every_configuration_of_the_card_loads_with_its_split(target: str, cache: str) -> None:
    folder = encoding(target)
    names = datasets.get_dataset_config_names(str(folder))
    assert names
    for name in names:
        found = datasets.load_dataset(str(folder), name, cache_dir=cache)
        [split] = found
        assert len(found[split]) == len((folder / f"{name}.jsonl").read_text().splitlines())
        assert set(found[split]["split"]) == {split}


def test_columns_that_are_null_throughout_keep_their_type(cache: str) -> None:
    found = datasets.load_dataset(str(encoding("deliberative")), "deliberative", split="train", cache_dir=cache)
    assert found.features["cot"] == datasets.Value("string")
    assert found.features["judge_score"] == datasets.Value("float64")
    assert set(found["cot"]) == {None}


def test_the_lines_beside_it_load_too(cache: str) -> None:
    path = str(encoding("standard") / "preferences.jsonl")
    found = datasets.load_dataset("json", data_files=path, split="train", cache_dir=cache)
    assert {"prompt", "chosen", "rejected", "clause_ids", "row_id"} <= {*found.column_names}
    assert found.features["row_id"] == datasets.Value("string")


def test_the_command_of_the_card_prints_a_row(cache: str) -> None:
    folder = encoding("standard")
    [command] = [line for line in (folder / "README.md").read_text().splitlines() if line.startswith("python -c")]
    told = subprocess.run(
        ["bash", "-c", command.replace("python", sys.executable, 1)], cwd=folder, check=True, capture_output=True,
        text=True, env={**os.environ, "HF_HOME": cache, "PWD": str(folder)},
    ).stdout  # fmt: skip
    assert "'chosen': [{'role': 'assistant'" in told
