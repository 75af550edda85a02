"""Runs made by hand, small and honest: their hashes are those of what they hold."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from deliberation.export.bundle import Provenance, Shown, manifest_sha256
from deliberation.export.specfiles import Parcel
from deliberation.records.agenda import Case, Position, Question, Response, Source
from deliberation.records.base import clause_id, new_id
from deliberation.records.specification import Clause, Dissent, Quote, Ruling

Make = Callable[..., Parcel]

QUESTION = Question(
    id="q-rest", title="Rest", text="How much should an assistant rest?", domain="rest", stakes="some", background="",
    origin="imported", source=Source(process="By hand", year=2026, title="t", url="u", licence="CC0-1.0"),
    positions=(Position(id="p", label="Rest", action="rest"),),
    cases=(
        Case(id="case-night", prompt="It is night.", responses=(
            Response(id="a", position="p", text="Good night."), Response(id="b", position="p", text="On we go."),
        )),
    ),
)  # fmt: skip


def clause(text: str, **changed: Any) -> Clause:
    plain = {"id": clause_id("q-rest", text), "question": "q-rest", "norm": "should", "text": text, "rationale": "so"}
    return Clause.model_validate({**plain, **changed})


def ruling(one: Clause, status: str, run: str, **changed: Any) -> Ruling:
    plain = {
        "id": new_id("r", run, one.id), "clause": one.id, "question": "q-rest", "status": status, "rule": "majority",
        "support": 0.8, "interval": (0.7, 0.9), "level": 0.9, "turnout": 1.0, "groups": {}, "stability": 1.0,
        "sensitivity": {}, "why": f"{status}: so it was voted", "assemblies": 3,
        "dissent": (Dissent(reason="It tires", share=0.2, members=("p-1",), sources=("e-1",), quotes=(Quote(event="e-1", text="It tires me."),)),),
    }  # fmt: skip
    return Ruling.model_validate({**plain, **changed})


def honest(run: Provenance, encoding: dict[str, bytes]) -> Parcel:
    """A parcel whose hashes are those of what it holds."""
    rows = {f"encoding/{name}": hashlib.sha256(data).hexdigest() for name, data in encoding.items()}
    lines = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in run.lines().items()}
    hashed = run.model_copy(update={"files": {**rows, **lines}})
    return Parcel(
        hashed.model_copy(update={"manifest_sha256": manifest_sha256(hashed.content())}).sealed(), encoding, "CC0-1.0"
    )


@pytest.fixture(scope="session")
def make() -> Make:
    """Makes a parcel of a run from (clause or its text, status), and whatever else its provenance is to hold."""

    def made(run: str, *ruled: tuple[Clause | str, str], figures: dict[str, Any] | None = None, **more: Any) -> Parcel:
        told = [(clause(one) if isinstance(one, str) else one, status) for one, status in ruled]
        question = more.pop("question", QUESTION)
        case = question.cases[0]
        good, bad = (response.text for response in case.responses)
        plain: dict[str, Any] = {
            "schema_version": 1, "manifest_sha256": "", "run": run, "study": "by-hand", "idea": "kind", "seed": 7,
            "simulated": True, "config_sha256": "0" * 64, "models": {"all": "nobody"}, "assemblies": ("a-1",),
            "failures": {}, "diagnostics": {"spread": 0.5}, "patterns": {}, "files": {}, "question": question,
            "panels": (), "ledger": (), "clauses": tuple(c for c, _ in told),
            "rulings": tuple(ruling(c, s, run, **(figures or {})) for c, s in told),
            "examples": {c.id: (Shown(case=case.id, good=good, bad=bad, share=0.9),) for c, _ in told[:1]},
        }  # fmt: skip
        return honest(
            Provenance(**{**plain, **more}), {"rows.jsonl": b'{"row_id": "row-1"}\n', "deep/er.json": b"{}\n"}
        )

    return made
