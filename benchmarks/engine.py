"""How many assemblies of twelve the engine drives a second with the synthetic public, journal on, and its memory.

    python benchmarks/engine.py [assemblies ...]

Prints one row a size; each size runs in a process of its own, so that peak memory is its own. The panels are drawn
beforehand from a pool of the same size and sit on disk. Last, the same for the batched simulator, in one process and
without drawing panels. Machines are noisy: read ratios within one run.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

from deliberation.assembly.driver import Driver, Job
from deliberation.assembly.simulate import simulate
from deliberation.assembly.sitting import deliberate
from deliberation.models.budget import Purse
from deliberation.models.journal import Journal
from deliberation.models.open import open_answerer
from deliberation.people.sortition import Draw
from deliberation.records.files import read_records, write_records
from deliberation.records.people import Panel
from deliberation.settings import Settings
from deliberation.study.stages import sitting_of
from deliberation.study.truth import study_of

_POOL = 2000
_DISTINCT = 40


def measure(size: int) -> dict[str, float]:
    """Drive one study of this size in this process."""
    settings = Settings.bundled()
    panel = settings.panel.model_copy(update={"pool": _POOL})
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch)
        drawn = Draw(panel, members=12, seed=7).panels([(f"a-{n}", settings.question.id) for n in range(_DISTINCT)])
        write_records(path / "panels.jsonl", drawn)
        panels = list(read_records(path / "panels.jsonl", Panel))

        def jobs() -> Iterator[Job]:
            for number in range(size):
                seated = panels[number % _DISTINCT].model_copy(update={"assembly": f"a-{number}"})
                sitting = sitting_of(settings, seated)
                yield Job(seated.assembly, partial(deliberate, sitting), path / f"a-{number}.jsonl")

        with Journal(path / "calls.sqlite", durable=False) as journal:
            driver = Driver(open_answerer(settings), journal, Purse(settings.budget), concurrency=8)
            wall, cpu = time.perf_counter(), time.process_time()
            driver.drive(jobs())
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            calls = journal.usage().calls
    return {"wall": wall, "cpu": cpu, "calls": calls, "peak_mb": getrusage(RUSAGE_SELF).ru_maxrss / 1024}


def simulated(size: int) -> float:
    """Assemblies that the batched simulator carries a second."""
    settings = Settings.bundled()
    panel = settings.panel.model_copy(update={"pool": _POOL})
    drawn = Draw(panel, members=12, seed=7).panels([(f"a-{n}", settings.question.id) for n in range(_DISTINCT)])
    distinct = list(drawn)
    panels = [distinct[n % _DISTINCT].model_copy(update={"assembly": f"a-{n}"}) for n in range(size)]
    begun = time.perf_counter()
    for _ in simulate(study_of(settings, seed=7), panels):
        pass
    return size / (time.perf_counter() - begun)


def main() -> None:
    """Print the table."""
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(int(sys.argv[2]))))
        return
    print(f"{'assemblies':>10} {'a second':>10} {'a CPU second':>13} {'calls each':>11} {'peak MB':>9}")
    for size in [int(n) for n in sys.argv[1:]] or [100, 2000]:
        done = subprocess.run(
            [sys.executable, __file__, "--one", str(size)], capture_output=True, text=True, check=True
        )
        row = json.loads(done.stdout)
        print(
            f"{size:>10} {size / row['wall']:>10.1f} {size / row['cpu']:>13.1f} {row['calls'] / size:>11.1f} "
            f"{row['peak_mb']:>9.1f}"
        )
    print(f"batched simulator: {simulated(1024):.0f} a second")


if __name__ == "__main__":
    main()
