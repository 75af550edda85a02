"""Inspect runs the shipped task on its mock model and tells compliance by clause. Nothing is fetched."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("inspect_ai", reason="inspect-ai is not installed here; encoded.py beside this file tells how")
sys.path.insert(0, str(Path(__file__).parent))

from encoded import encoding
from inspect_ai import eval as evaluate
from inspect_ai.dataset import json_dataset
from inspect_ai.model import ModelOutput, ModelUsage, get_model

FOLDER = Path("evals/inspect")


def task(target: str) -> Any:
    path = encoding(target) / FOLDER / "compliance.py"
    spec = importlib.util.spec_from_file_location("compliance", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def mock(says: Any) -> Any:
    def answer(prompt: list[Any], *_: Any) -> ModelOutput:
        found = ModelOutput.from_content("mockllm/model", says(prompt[-1].text))
        found.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)  # else it fetches a tokeniser
        return found

    return get_model("mockllm/model", custom_outputs=answer, memoize=False)


@pytest.mark.parametrize("target", ["standard", "deliberative", "model_spec"])
def test_samples_are_read_with_no_mapping_and_have_ids_of_their_own(target: str) -> None:
    found = json_dataset(str(encoding(target) / FOLDER / "compliance.jsonl"))
    assert len({sample.id for sample in found}) == len(found) > 0
    for sample in found:
        assert sample.metadata is not None
        assert sample.metadata["clause_text"] in str(sample.target)


def test_compliance_is_told_by_clause(tmp_path: Path) -> None:
    lines = (encoding("standard") / FOLDER / "compliance.jsonl").read_text().splitlines()
    adopted = {
        json.loads(line)["metadata"]["clause_id"] for line in lines if not json.loads(line)["metadata"]["contested"]
    }
    seen: list[str] = []

    def judge(prompt: str) -> str:
        seen.append(prompt)
        return "GRADE: C"

    [log] = evaluate(
        task("standard").compliance(), model=mock(lambda _: "A reply."), model_roles={"grader": mock(judge)},
        log_dir=str(tmp_path), display="none",
    )  # fmt: skip
    assert log.status == "success", log.error
    assert log.results is not None
    told = {name: metric.value for score in log.results.scores for name, metric in score.metrics.items()}
    assert adopted <= {*told}
    assert all(told[clause] == 1.0 for clause in adopted)
    assert all("A reply." in prompt and "complies with this clause" in prompt for prompt in seen)


def test_contested_clauses_are_asked_about_only_on_request() -> None:
    module = task("standard")
    few, all_ = len(module.samples(contested=False)), len(module.samples(contested=True))
    assert 0 < few < all_
