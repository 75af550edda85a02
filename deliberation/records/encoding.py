"""What a lab can train or test on: rows of an encoding. Field names follow the trainers' own conventions."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from deliberation.records.base import Record, Share
from deliberation.records.specification import Norm, Status

Split = Literal["train", "test"]


class Message(Record):
    """One turn of a dialogue."""

    role: Literal["system", "user", "assistant"]
    content: str


class Provenance(Record):
    """The columns that every row carries, so that a lab can filter and trace.

    `origin`: who judged, such as `synthetic`; several are joined by `+`.
    """

    row_id: str = Field(pattern=r"^row-")
    clause_ids: tuple[str, ...]
    ruling_ids: tuple[str, ...]
    support: Share
    dissent: Share
    run: str
    split: Split
    simulated: bool
    origin: str


class PreferenceRow(Provenance):
    """A preference pair with an explicit prompt, in the conversational form that DPO trainers read."""

    prompt: tuple[Message, ...]
    chosen: tuple[Message, ...]
    rejected: tuple[Message, ...]
    case: str
    judgments: int
    contested: bool


class SftRow(Provenance):
    """A dialogue that ends in the response ranked first by most members."""

    messages: tuple[Message, ...]
    case: str
    judgments: int
    contested: bool


class Principle(Record):
    """One clause as a constitution states it: for critique, revision and comparison."""

    clause_id: str
    ruling_id: str
    status: Status
    norm: Norm
    principle: str
    critique_request: str
    revision_request: str
    comparison: str
    support: Share | None
    interval: tuple[Share, Share] | None
    dissent: tuple[str, ...]


class Constitution(Record):
    """Every clause that was ruled on, contested ones included and marked."""

    run: str
    question: str
    idea: str
    simulated: bool
    principles: tuple[Principle, ...]
