"""JSON Schemas of everything that touches disk, as text that is the same every time."""

from __future__ import annotations

import json
import re
from typing import Any

from deliberation.records.agenda import Question
from deliberation.records.base import Record
from deliberation.records.encoding import ROWS, Constitution, FailedRow, InspectSample, Recognition, WorkedExample
from deliberation.records.events import EVENT
from deliberation.records.manifest import Manifest
from deliberation.records.people import Panel, Persona, Population
from deliberation.records.specification import (
    Ballot,
    CaseRuling,
    Clause,
    Coalition,
    Contest,
    Faithfulness,
    Judgment,
    LedgerRow,
    Ruling,
)
from deliberation.records.truth import Truth


def _snake(kind: type[Record]) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower()


_KINDS: dict[str, type[Record]] = {
    "ballot": Ballot,
    "case_ruling": CaseRuling,
    "clause": Clause,
    "coalition": Coalition,
    "constitution": Constitution,
    "contest": Contest,
    "failed_row": FailedRow,
    "faithfulness": Faithfulness,
    "inspect_sample": InspectSample,
    "judgment": Judgment,
    "ledger_row": LedgerRow,
    "manifest": Manifest,
    "panel": Panel,
    "persona": Persona,
    "population": Population,
    "question": Question,
    "recognition": Recognition,
    "ruling": Ruling,
    "truth": Truth,
    "worked_example": WorkedExample,
    **{_snake(kind): kind for kind in ROWS.values()},
}


def schemas() -> dict[str, str]:
    """Text of each schema by its file name."""
    plain: dict[str, Any] = {name: kind.model_json_schema() for name, kind in _KINDS.items()}
    plain["event"] = EVENT.json_schema()
    return {f"{name}.json": json.dumps(plain[name], indent=1, sort_keys=True) + "\n" for name in sorted(plain)}
