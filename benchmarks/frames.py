"""How long runs take to be read as frames, and how much memory that needs.

    python benchmarks/frames.py [assemblies]

Eight assemblies of twelve are run with the bundled study and copied, with ids of their own, up to the number asked for
(200 unless it is given). Each frame, and all of them held together, is read in a process of its own, so that peak
memory is its own; importing pandas and pyarrow is in the memory and not in the time. Last, what it takes to read every
event of a tenth of the assemblies through `RunFolder.events`, to which `ratio` compares the frames made of events: how
many times as much CPU an assembly takes there. Machines are noisy: read ratios within one run.
"""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from typing import Any

from deliberation.analysis import frames
from deliberation.records.files import write_bytes
from deliberation.records.folder import RunFolder
from deliberation.settings import Settings
from deliberation.study import run_study

_FRAMES = ("turns", "polls", "weighings", "ballots", "clauses", "rulings", "panels", "calls")
_OF_EVENTS = ("turns", "polls", "weighings")
_IDS = re.compile(rb'(?<!\w)([apb]-[0-9a-f]{8}|"call":"[0-9a-f]{28})[0-9a-f]{4}\b')
"""Ids of assemblies, people, ballots and replies, of which copies change the end."""


def copies(run: RunFolder, path: Path, assemblies: int) -> RunFolder:
    """A run of so many assemblies, made of one with fewer."""
    (path / "events").mkdir(parents=True)
    distinct = [panel.assembly for panel in run.panels()]
    times = range(-(-assemblies // len(distinct)))
    for name in ("panels.jsonl", "ballots.jsonl"):
        plain = (run.path / name).read_bytes()
        write_bytes(path / name, b"".join(_copied(plain, number) for number in times))
    for file in sorted(run.events_folder.glob("a-*.jsonl")):
        plain = file.read_bytes()
        for number in times:
            name = _copied(file.name.encode(), number).decode()
            (path / "events" / name).write_bytes(_copied(plain, number))
    for name in ("clauses.jsonl", "rulings.jsonl", "manifest.json"):
        write_bytes(path / name, (run.path / name).read_bytes())
    _journals(run.journal, path / "calls.sqlite", len(times))
    return RunFolder(path)


def _copied(plain: bytes, number: int) -> bytes:
    return _IDS.sub(rb"\g<1>%04x" % number, plain)


def _journals(source: Path, to: Path, times: int) -> None:
    to.write_bytes(source.read_bytes())
    with sqlite3.connect(to) as db:
        names = [row[1] for row in db.execute("pragma table_info(replies)") if row[1] != "key"]
        db.execute("create temp table first as select * from replies")
        db.execute("delete from replies")
        for number in range(times):
            db.execute(
                f"insert into replies (key, {', '.join(names)}) "  # noqa: S608  the journal's own names
                f"select substr(key, 1, 28) || ?, {', '.join(names)} from first",
                (f"{number:04x}",),
            )
    db.close()


def measure(name: str, path: Path) -> dict[str, Any]:
    """Read one frame, or `all`, in this process; `events`: every event of a tenth of the assemblies, as records."""
    frames.rulings([])  # imports pandas and pyarrow
    wall, cpu = time.perf_counter(), time.process_time()
    if name == "events":
        folder = RunFolder(path)
        assemblies = [panel.assembly for panel in folder.panels()]
        rows = sum(1 for one in assemblies[: len(assemblies) // 10] for _ in folder.events(one))
    else:
        held = [getattr(frames, one)(path) for one in (_FRAMES if name == "all" else (name,))]
        rows = sum(map(len, held))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"rows": rows, "wall": wall, "cpu": cpu, "peak_mb": getrusage(RUSAGE_SELF).ru_maxrss / 1024}


def apart(name: str, path: Path) -> dict[str, Any]:
    """The same in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--one", name, str(path)], capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def table(path: Path) -> None:
    """Print the table."""
    events = apart("events", path)
    print(f"{'frame':<12} {'rows':>9} {'wall s':>8} {'CPU s':>8} {'peak MB':>9} {'ratio':>7}")
    for name in (*_FRAMES, "all"):
        row = apart(name, path)
        ratio = f"{10 * events['cpu'] / row['cpu']:.1f}" if name in _OF_EVENTS else ""
        print(f"{name:<12} {row['rows']:>9} {row['wall']:>8.2f} {row['cpu']:>8.2f} {row['peak_mb']:>9.0f} {ratio:>7}")
    print(f"{events['rows']} events through `RunFolder.events`: {events['cpu']:.2f} CPU s")


def main() -> None:
    """Make the run, and measure."""
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(sys.argv[2], Path(sys.argv[3]))))
        return
    assemblies = int(sys.argv[1]) if sys.argv[1:] else 200
    with tempfile.TemporaryDirectory() as scratch:
        run_study(Settings.bundled(truth=0), Path(scratch) / "run")
        many = copies(RunFolder(Path(scratch) / "run"), Path(scratch) / "many", assemblies)
        size = sum(file.stat().st_size for file in many.path.rglob("*.jsonl")) / 1e6
        print(f"{len(list(many.panels()))} assemblies, {size:.0f} MB of JSON lines")
        table(many.path)


if __name__ == "__main__":
    main()
