"""JSON Schemas of everything that touches disk, as text that is the same every time."""

from __future__ import annotations

import json
from typing import Any

from deliberation.records.agenda import Question
from deliberation.records.base import Record
from deliberation.records.encoding import Constitution, PreferenceRow, SftRow
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

_KINDS: dict[str, type[Record]] = {
    "ballot": Ballot,
    "case_ruling": CaseRuling,
    "clause": Clause,
    "coalition": Coalition,
    "constitution": Constitution,
    "contest": Contest,
    "faithfulness": Faithfulness,
    "judgment": Judgment,
    "ledger_row": LedgerRow,
    "manifest": Manifest,
    "panel": Panel,
    "persona": Persona,
    "population": Population,
    "preference_row": PreferenceRow,
    "question": Question,
    "ruling": Ruling,
    "sft_row": SftRow,
    "truth": Truth,
}


def schemas() -> dict[str, str]:
    """Text of each schema by its file name."""
    plain: dict[str, Any] = {name: kind.model_json_schema() for name, kind in _KINDS.items()}
    plain["event"] = EVENT.json_schema()
    return {f"{name}.json": json.dumps(plain[name], indent=1, sort_keys=True) + "\n" for name in sorted(plain)}
