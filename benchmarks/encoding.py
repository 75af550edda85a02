"""How long an encoding of many rows takes to make and write, and how much memory.

    python benchmarks/encoding.py [rows]        100,000 by default; about a minute

A small study is carried out; then worked examples of its clauses are put beside it, as many as are wanted, with replies
of the usual length, and its encoding is made by the stage itself, rows, card, checksums and the classifier of style
included. `pairs`: preference pairs alone. `standard`: all formats of the default encoding, so many rows in all. Each is
measured in a process of its own; memory is its peak, with all libraries that it has loaded.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from deliberation.randomness import stream
from deliberation.records.base import new_id
from deliberation.records.encoding import WorkedExample
from deliberation.records.files import write_records
from deliberation.records.folder import RunFolder
from deliberation.settings import Settings
from deliberation.study import run_study
from deliberation.study.encoding import encode
from deliberation.study.stored import stored_settings

FORMATS = {"pairs": ["preferences"], "standard": None}
_PER_EXAMPLE = {"pairs": 1, "standard": 8}
"""Rows that a worked example makes."""


def main() -> None:
    """Measure both, each in a process of its own."""
    if sys.argv[1:2] == ["--one"]:
        one(Path(sys.argv[2]))
        return
    rows = int(sys.argv[1]) if sys.argv[1:] else 100_000
    print(f"{'encoding':>10} {'rows':>9} {'seconds':>9} {'rows/s':>9} {'peak MiB':>9} {'MiB written':>12}")
    for name, formats in FORMATS.items():
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "run"
            folder = study(path, formats)
            write_records(path / "examples.jsonl", examples(folder, rows // _PER_EXAMPLE[name]))
            (path / "recognitions.jsonl").unlink(missing_ok=True)
            told = subprocess.run(
                [sys.executable, __file__, "--one", str(path)], check=True, capture_output=True, text=True
            ).stdout.split()
            made, seconds, peak = int(told[0]), float(told[1]), float(told[2])
            size = sum(p.stat().st_size for p in folder.encoding.rglob("*") if p.is_file()) / 2**20
            print(f"{name:>10} {made:>9,} {seconds:>9.1f} {made / seconds:>9,.0f} {peak:>9.0f} {size:>12.0f}")


def study(path: Path, formats: Sequence[str] | None) -> RunFolder:
    """A finished run of three assemblies."""
    usual = Settings.bundled(assemblies=3, members=6, truth=0)
    encoding = usual.encoding.model_dump() | ({} if formats is None else {"formats": formats})
    run_study(Settings.bundled(assemblies=3, members=6, truth=0, encoding=encoding), path)
    return RunFolder(path)


def examples(folder: RunFolder, number: int) -> Iterator[WorkedExample]:
    """Examples of its standing clauses by turns, each with a request and replies of its own."""
    [question] = {clause.question for clause in folder.clauses()}
    standing = [r.clause for r in folder.rulings() if r.status in {"adopted", "contested"} and (r.support or 0) > 0.6]
    words = [word for event in folder.judgments() for word in event.id.split("-")] + ["and", "so", "it", "is", "."]
    draw = stream(1, "benchmark")
    for n in range(number):
        complies, violates = (" ".join(words[i] for i in draw.integers(0, len(words), 60)) for _ in range(2))
        yield WorkedExample(
            id=new_id("i", n), question=question, clause=standing[n % len(standing)], case=None, prompt=f"Request {n}?",
            complies=complies, violates=violates, event="e-examples-1", origin="synthetic",
        )  # fmt: skip


def one(path: Path) -> None:
    """Make the encoding of a run, and print rows, seconds and MiB at the peak."""
    folder, settings = RunFolder(path), stored_settings(path)
    content = folder.manifest().content
    began = time.perf_counter()
    counts = encode(folder, settings, content)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(sum(counts.values()), round(seconds, 2), round(peak, 1))


if __name__ == "__main__":
    main()
