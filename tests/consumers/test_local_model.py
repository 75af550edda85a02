"""An assembly on a real local model: llama.cpp's server over random weights made on the spot, held to our schemas.

It proves the plumbing, not the thought: what a schema can hold must be readable, and what it cannot hold must fail as it should.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("xllamacpp", reason="xllamacpp, a local llama.cpp server, is not installed; .ci/run installs it")
pytest.importorskip("gguf", reason="gguf, which writes the model, is not installed; .ci/run installs it")
sys.path.insert(0, str(Path(__file__).parent))

from tiny import serve, write_tiny_model

from deliberation.records.folder import RunFolder
from deliberation.settings import Settings
from deliberation.study import run_study

HELD = ("poll", "speak", "facilitate", "testify", "ask", "answer", "vote", "rank", "judge", "recall")
"""Tasks of which a schema lets no illegal reply through."""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    model = tmp_path_factory.mktemp("model") / "tiny.gguf"
    write_tiny_model(model)
    with serve(model, parallel=2) as address:
        yield address


def settings_at(url: str, **changes: Any) -> Settings:
    model = {
        "kind": "chat", "provider": "openai", "model": "tiny-random", "base_url": url, "key": None, "parallel": 4,
        "structured": "schema", "attempts": 2, **changes.pop("model", {}),
    }  # fmt: skip
    return Settings.bundled(assemblies=2, members=4, truth=0, model=model, **changes)


def replies(path: Path) -> list[tuple[str, str | None, int, int]]:
    with sqlite3.connect(RunFolder(path).journal) as db:
        return db.execute("select text, parsed, input_tokens, output_tokens from replies").fetchall()


@pytest.mark.parametrize("procedure", ["citizens_assembly", "plain_poll"])
def test_an_assembly_sits_on_a_local_model(url: str, procedure: str, tmp_path: Path) -> None:
    manifest = run_study(settings_at(url, procedure=procedure), tmp_path / "run")
    assert manifest.circumstances.status == "complete"
    assert not set(manifest.content.failures) & set(HELD), manifest.content.failures
    assert manifest.circumstances.cost is None
    said = replies(tmp_path / "run")
    assert said
    for text, _, given, made in said:
        json.loads(text)
        assert given > 100
        assert made > 0
    assert any(parsed is not None for _, parsed, _, _ in said)


def test_what_breaks_off_at_the_limit_is_asked_again_and_then_fails(url: str, tmp_path: Path) -> None:
    manifest = run_study(settings_at(url, procedure="plain_poll", model={"max_tokens": 16}), tmp_path / "run")
    assert manifest.circumstances.status == "complete"
    assert manifest.circumstances.usage.stops["length"] > 0
    assert manifest.content.failures["poll"] == 2 * 4
