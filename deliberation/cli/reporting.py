"""The command that writes a run's page."""

from __future__ import annotations

import json as json_
import sys
from pathlib import Path

from deliberation.analysis.report import write_report
from deliberation.records.folder import RunFolder
from deliberation.study import stored_settings


def report(run: Path, *, to: Path | None, assemblies: int, json: bool) -> int:
    """Write the page and say where it lies.

    Raises:
        RunError: there is no run in the folder.
        ConfigError: `assemblies` is negative.
    """
    folder = RunFolder.existing(run)
    path, page = write_report(folder, stored_settings(run), to=to, assemblies=assemblies)
    if json:
        found = {
            "file": str(path), "run": page.run, "simulated": page.simulated, "status": page.status,
            "assemblies": page.assemblies, "transcripts": page.shown, "bytes": path.stat().st_size,
        }  # fmt: skip
        sys.stdout.write(json_.dumps(found, ensure_ascii=False) + "\n")
        return 0
    kind = "SIMULATED" if page.simulated else "IMPORTED"
    held = f"transcripts of {page.shown} of {page.assemblies} assemblies"
    sys.stdout.write(f"{path}: {kind}, {len(page.cards)} clauses, {held}, {path.stat().st_size / 1e6:.1f} MB\n")
    return 0
