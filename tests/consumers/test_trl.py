"""TRL's trainers take two steps on the files as they lie, with a tiny model and a tokeniser made on the spot.

It proves that a trainer reads the columns, not that anything is learnt. Nothing is fetched, nothing runs but on the CPU.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
pytest.importorskip("trl", reason="trl is not installed here; with torch it needs 1.5 GB, too much for every CI run")
sys.path.insert(0, str(Path(__file__).parent))

import torch
from datasets import Dataset, load_dataset
from encoded import encoding
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from trl import (
    DPOConfig,
    DPOTrainer,
    GRPOConfig,
    GRPOTrainer,
    KTOConfig,
    KTOTrainer,
    RewardConfig,
    RewardTrainer,
    SFTConfig,
    SFTTrainer,
)

TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>"
    "{% if m['role'] == 'assistant' %}{% generation %}{{ m['content'] }}<|end|>{% endgeneration %}"
    "{% else %}{{ m['content'] }}<|end|>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
MARKS = ["<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]


@pytest.fixture(scope="module")
def tokeniser() -> PreTrainedTokenizerFast:
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    lines = (encoding("standard") / "sft.jsonl").read_text().splitlines()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    raw.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=400, special_tokens=MARKS, initial_alphabet=alphabet))
    made = PreTrainedTokenizerFast(tokenizer_object=raw, pad_token=MARKS[0], eos_token=MARKS[1])
    made.chat_template = TEMPLATE
    return made


@pytest.fixture
def model(tokeniser: PreTrainedTokenizerFast, tmp_path: Path) -> str:
    """Saved, for a trainer that needs a second copy as its reference loads it by name."""
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=len(tokeniser), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=4096, pad_token_id=tokeniser.pad_token_id,
        eos_token_id=tokeniser.eos_token_id, bos_token_id=None, num_labels=1,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(tmp_path / "model")
    tokeniser.save_pretrained(tmp_path / "model")
    return str(tmp_path / "model")


@pytest.fixture
def common(tmp_path: Path) -> dict[str, Any]:
    return {
        "output_dir": str(tmp_path / "out"), "max_steps": 2, "per_device_train_batch_size": 2, "report_to": "none",
        "use_cpu": True, "save_strategy": "no", "logging_steps": 1, "gradient_checkpointing": False, "bf16": False,
    }  # fmt: skip


def rows(target: str, form: str, tmp_path: Path) -> Dataset:
    return load_dataset(str(encoding(target)), form, split="train", cache_dir=str(tmp_path / "cache"))


def losses(trainer: Any) -> list[float]:
    trainer.train()
    assert trainer.state.global_step == 2
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


@pytest.mark.parametrize(("target", "form"), [("standard", "sft"), ("model_spec", "document")])
def test_sft_imitates_dialogues_and_reads_documents(
    target: str, form: str, tmp_path: Path, model: str, common: dict[str, Any]
) -> None:
    how = SFTConfig(**common, assistant_only_loss=form == "sft", max_length=1024)
    data = rows(target, form, tmp_path)
    assert losses(SFTTrainer(model, how, train_dataset=data))


@pytest.mark.parametrize("target", ["standard", "constitutional", "rlhf_hh"])
def test_dpo_reads_pairs(target: str, tmp_path: Path, model: str, common: dict[str, Any]) -> None:
    data = rows(target, "preferences", tmp_path)
    how = DPOConfig(**common, max_length=1024)
    assert losses(DPOTrainer(model, args=how, train_dataset=data))


@pytest.mark.parametrize("form", ["unpaired", "preferences"])
def test_kto_reads_labelled_replies_and_pairs(form: str, tmp_path: Path, model: str, common: dict[str, Any]) -> None:
    how = KTOConfig(**common, max_length=1024)
    data = rows("standard", form, tmp_path)
    assert losses(KTOTrainer(model, args=how, train_dataset=data))


@pytest.mark.parametrize("weighed", [False, True])
def test_a_reward_model_reads_pairs_and_weighs_them_if_asked_to(
    weighed: bool, tmp_path: Path, model: str, common: dict[str, Any]
) -> None:
    data = rows("standard", "preferences", tmp_path)
    data = data.rename_column("agreement", "margin") if weighed else data
    how = RewardConfig(**common, max_length=1024)
    first, *_ = losses(RewardTrainer(model, args=how, train_dataset=data))
    assert (first > 0.75) == weighed  # ln 2 for a model that knows nothing, more with a margin


@pytest.mark.parametrize(("target", "form"), [("standard", "prompts_rubrics"), ("deliberative", "deliberative")])
def test_grpo_hands_rubric_and_clauses_to_a_reward_function(
    target: str, form: str, tmp_path: Path, model: str, common: dict[str, Any]
) -> None:
    data = rows(target, form, tmp_path)
    rubric, seen = ("rubric" if form == "prompts_rubrics" else "judge_rubric"), []

    def complies(completions: list[Any], **columns: Any) -> list[float]:
        seen.extend(zip(columns[rubric], columns["clause_ids"], columns["spec_excerpt"], strict=True))
        return [float(len(one[0]["content"])) for one in completions]

    how = GRPOConfig(**common, num_generations=2, max_completion_length=8)
    trainer = GRPOTrainer(model, complies, args=how, train_dataset=data)
    losses(trainer)
    assert seen
    assert all(words and ids and excerpt for words, ids, excerpt in seen)
