"""The command that sees whether a specification repository is what its runs ruled."""

from __future__ import annotations

import json as json_
import sys
from pathlib import Path

from deliberation.export.repository import verify_repository


def verify(repo: Path, ref: str | None, *, json: bool) -> int:
    """Make every hash again and derive every file of ours; 1 where anything is not as recorded."""
    found = verify_repository(repo, ref=ref)
    if json:
        plain = {**found._asdict(), "mismatches": [one._asdict() for one in found.mismatches]}
        sys.stdout.write(json_.dumps(plain, ensure_ascii=False) + "\n")
    else:
        counts = f"{_counted(found.runs, 'run')}, {_counted(found.clauses, 'clause')}"
        told = f"{len(found.mismatches)} not as recorded" if found.mismatches else "all as recorded"
        sys.stdout.writelines(f"{one}\n" for one in found.mismatches)
        sys.stdout.write(f"{repo}: {counts}, {told}\n")
    return 1 if found.mismatches else 0


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
