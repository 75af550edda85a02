"""Runs as tidy pandas frames with declared columns: one row an utterance, one row a ballot. Measures nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deliberation.records.events import PRIVATE
from deliberation.records.folder import RunFolder

if TYPE_CHECKING:
    import pandas as pd

TURNS: Mapping[str, str] = {
    "run": "str", "assembly": "str", "id": "str", "seq": "int64", "phase": "str", "round": "int64", "table": "str",
    "kind": "str", "speaker": "str", "role": "str", "text": "str", "considerations": "object", "simulated": "bool",
}  # fmt: skip
"""Columns of `turns`."""

BALLOTS: Mapping[str, str] = {
    "run": "str", "assembly": "str", "id": "str", "member": "str", "clause": "str", "choice": "str", "rating": "Int64",
    "reason": "str", "weight": "float64", "group": "str", "simulated": "bool",
}  # fmt: skip
"""Columns of `ballots`."""


def turns(runs: Iterable[Path]) -> pd.DataFrame:
    """All that was said, one row an event with words; private acts are left out."""
    rows = []
    for folder, run, simulated in _open(runs):
        for panel in folder.panels():
            for event in folder.events(panel.assembly):
                if event.text and event.kind not in PRIVATE:
                    plain = event.model_dump(mode="json", include=set(TURNS))
                    names = tuple(p.consideration for p in event.points)
                    rows.append({**plain, "run": run, "considerations": names, "simulated": simulated})
    return _frame(rows, TURNS)


def ballots(runs: Iterable[Path]) -> pd.DataFrame:
    """All ballots, one row each."""
    rows = []
    for folder, run, simulated in _open(runs):
        for ballot in folder.ballots():
            plain = ballot.model_dump(mode="json", include=set(BALLOTS))
            rows.append({**plain, "run": run, "simulated": simulated})
    return _frame(rows, BALLOTS)


def _open(runs: Iterable[Path]) -> Iterable[tuple[RunFolder, str, bool]]:
    for path in runs:
        folder = RunFolder.existing(Path(path))
        content = folder.manifest().content
        yield folder, content.run, content.simulated


def _frame(rows: list[dict[str, Any]], columns: Mapping[str, str]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(rows, columns=list(columns)).astype(dict(columns))
