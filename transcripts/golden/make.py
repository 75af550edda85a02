"""Makes the golden runs anew: small runs of the synthetic public that tests and notebooks read.

`python transcripts/golden/make.py [FOLDER]` runs every study below into FOLDER (this one if none is given) and takes
out what nobody reads: the journal, and the rows of the encoding. What remains is what the manifest names, less these.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from deliberation.cli import main

QUESTION = ("question=delegation", "assemblies=8", "members=10", "seed=7")
SMALL = ("aggregation.max_clauses=6", "encoding.formats=[preferences]", "encoding.examples=0")
STUDIES: dict[str, tuple[str, ...]] = {
    "assembly": ("procedure=reasoned_assembly", "truth=400"),
    "parliament": ("procedure=parliament", "truth=200"),
    "plain_poll": ("procedure=plain_poll", "truth=200"),
    "reflection": ("procedure=self_reflection", "truth=0"),
    "vacuous": ("procedure=stance_talk", "truth=0"),
    "talk": ("procedure=talk_only", "truth=0"),
}
"""Folder -> what differs from the others. All sit the same people down: same question, same seed."""


def make(folder: Path, *, only: str | None = None) -> None:
    """Carry out all studies, or one of them, below a folder; a run that is there is made anew."""
    for name, own in STUDIES.items():
        if only not in {None, name}:
            continue
        run = folder / name
        shutil.rmtree(run, ignore_errors=True)
        status = main(
            ["run", *QUESTION, *SMALL, *own, f"study=golden-{name.replace('_', '-')}", f"hydra.run.dir={run}"]
        )
        if status:
            raise SystemExit(f"{name}: deliberate run ended with status {status}")
        for unread in (run / "calls.sqlite", run / ".lock", *(run / ".hydra").glob("[!c]*")):
            unread.unlink(missing_ok=True)
        shutil.rmtree(run / "encoding", ignore_errors=True)


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
