"""The openai package's own types on what a fine-tuning job and a grader would be made of. No call is made."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("openai", reason="the openai package is not installed; it comes with this one")
sys.path.insert(0, str(Path(__file__).parent))

from encoded import encoding
from openai.types.chat import ChatCompletionAssistantMessageParam, ChatCompletionMessageParam
from openai.types.fine_tuning import ReinforcementMethod
from openai.types.graders import ScoreModelGrader
from pydantic import TypeAdapter

MESSAGES: TypeAdapter[Any] = TypeAdapter(list[ChatCompletionMessageParam])
REPLIES: TypeAdapter[Any] = TypeAdapter(list[ChatCompletionAssistantMessageParam])


def rows(target: str, form: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (encoding(target) / f"{form}.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("target", ["standard", "constitutional"])
def test_dialogues_to_imitate_are_chat_messages_that_end_in_a_reply(target: str) -> None:
    found = rows(target, "sft")
    assert found
    for row in found:
        assert MESSAGES.validate_python(row["messages"])[-1]["role"] == "assistant"


@pytest.mark.parametrize("target", ["standard", "constitutional", "rlhf_hh"])
def test_pairs_are_the_input_and_the_two_outputs_of_a_preference_job(target: str) -> None:
    found = rows(target, "preferences")
    assert found
    for row in found:
        MESSAGES.validate_python(row["prompt"])
        for side in ("chosen", "rejected"):
            assert len(REPLIES.validate_python(row[side])) == 1


def test_rubrics_are_what_a_grader_reads_of_an_item() -> None:
    grader = {
        "type": "score_model", "name": "complies", "model": "gpt-6.1-terra", "range": [0, 1],
        "input": [
            {"role": "system", "content": "Score how far the reply complies. Clause by clause: {{item.spec_excerpt}}"},
            {"role": "user", "content": "{{item.rubric}}\n\nThe reply: {{sample.output_text}}"},
        ],
    }  # fmt: skip
    kept = TypeAdapter(ScoreModelGrader).validate_python(grader)
    assert ReinforcementMethod.model_validate({"grader": grader}).grader == kept
    for row in rows("standard", "prompts_rubrics"):
        assert MESSAGES.validate_python(row["prompt"])[-1]["role"] == "user"
        assert row["rubric"]
        assert row["spec_excerpt"]
