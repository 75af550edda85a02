"""A run folder's own description of itself.

`content` is the same for the same study wherever and whenever it runs; `circumstances` are not.
"""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from deliberation.records.base import Record

RunStatus = Literal["running", "complete", "incomplete", "budget_exhausted", "failed"]


class Content(Record):
    """What the run is: hashed into exports, free of times and places.

    `diagnostics`: figures of the run's validity, null where it cannot tell (see `analysis.diagnostics`); empty before
    the run is complete. `patterns`: replies that follow a pattern instead of a thought, found of how many (see
    `analysis.fidelity`). `models`: place -> identity of the answerer. `failures`: kind of task -> replies that stayed
    unreadable. `files`: path inside the run folder -> sha256.
    """

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    schema_version: int = Field(alias="schema")
    run: str
    study: str
    idea: str
    seed: int
    simulated: bool
    config_sha256: str
    models: dict[str, str]
    assemblies: tuple[str, ...]
    failures: dict[str, int]
    diagnostics: dict[str, float | None] = Field(default_factory=dict)
    patterns: dict[str, dict[str, int]] = Field(default_factory=dict)
    files: dict[str, str]


class Usage(Record):
    """Replies bought in all sessions of the run, and those served again from the journal in the last one.

    `lost`: calls to a paid answerer that were begun and whose reply never arrived; the provider may have charged them.
    A call that was given up after its time and made again counts once.
    `input_tokens` hold those read from and written to a cache, `output_tokens` those of reasoning. `reported`: calls by
    the model's id as the provider reported it; `stops`: by why the reply ended, where the provider says so.
    """

    calls: int = 0
    lost: int = 0
    replayed: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    written_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    reported: dict[str, int] = Field(default_factory=dict)
    stops: dict[str, int] = Field(default_factory=dict)


class Circumstances(Record):
    """How this copy of the run came about."""

    status: RunStatus
    started: str
    ended: str | None
    software: dict[str, str]
    usage: Usage
    cost: float | None
    seconds: dict[str, float]
    error: str | None = None


class Manifest(Record):
    """`manifest.json`."""

    content: Content
    circumstances: Circumstances
