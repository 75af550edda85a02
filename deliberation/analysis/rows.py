"""What the files of one run hold, as the rows of `tables`. Measures nothing and changes no file."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from deliberation.analysis import plain
from deliberation.errors import DataError
from deliberation.records.folder import RunFolder
from deliberation.records.people import VALUES, Panel, Persona
from deliberation.records.specification import Clause, Ruling

Row = tuple[Any, ...]
"""Values in the order of a table's columns."""

GROUP = "outlook"
"""The attribute by which polls name a member's group."""


class Run(NamedTuple):
    """A run to be read, its id, and whether it is simulated."""

    folder: RunFolder
    id: str
    simulated: bool


def opened(path: Path) -> Run:
    """The run in a folder.

    Raises:
        RunError: there is none.
        SchemaTooNew: a later version of this package wrote it.
        DataError: its manifest is none.
    """
    folder = RunFolder.existing(path)
    content = folder.manifest().content
    return Run(folder, content.run, content.simulated)


def turns(run: Run) -> Iterator[Row]:
    """Rows of `TURNS`."""
    for panel in plain.sittings(run.folder):
        for event in plain.heard(run.folder, panel["assembly"]):
            if event["text"] and event.get("to") is None:
                points = event.get("points", [])
                yield (
                    run.id, panel["question"], panel["assembly"], event["id"], event["seq"], event["phase"],
                    event["round"], event["table"], event["kind"], event["speaker"], event["role"],
                    event.get("purpose"), event["text"], [p["consideration"] for p in points],
                    [p["stance"] for p in points], event.get("refs", []), event.get("call"), run.simulated,
                )  # fmt: skip


def polls(run: Run) -> Iterator[Row]:
    """Rows of `POLLS`."""
    return _sheets(run, plain.polled)


def weighings(run: Run) -> Iterator[Row]:
    """Rows of `WEIGHINGS`."""
    return _sheets(run, plain.weighed)


def _sheets(run: Run, read: Callable[[RunFolder, str], Iterator[plain.Sheet]]) -> Iterator[Row]:
    for panel in plain.sittings(run.folder):
        group = {p["id"]: p["attributes"].get(GROUP) for p in (*panel["members"], *panel.get("fresh", []))}
        filled = list(read(run.folder, panel["assembly"]))
        due, done = Counter(sheet["speaker"] for sheet in filled), Counter[str]()
        for sheet in filled:
            member, number = sheet["speaker"], done[sheet["speaker"]]
            done[member] += 1
            place = {item: k for k, item in enumerate(sheet.get("shown", []))}
            for item, rating in sheet["ratings"].items():
                yield (
                    run.id, panel["question"], panel["assembly"], sheet["id"], sheet["phase"], sheet["round"], number,
                    done[member] == due[member], member, group.get(member), item, rating, place.get(item),
                    run.simulated,
                )  # fmt: skip


def ballots(run: Run) -> Iterator[Row]:
    """Rows of `BALLOTS`."""
    questions = {panel["assembly"]: panel["question"] for panel in plain.sittings(run.folder)}
    for vote in plain.votes(run.folder):
        yield (
            run.id, questions.get(vote["assembly"]), vote["assembly"], vote["id"], vote["member"], vote["clause"],
            vote["choice"], vote["rating"], vote["reason"], vote["weight"], vote["group"], run.simulated,
        )  # fmt: skip


def clauses(run: Run) -> Iterator[Row]:
    """Rows of `CLAUSES`."""
    for c in run.folder.clauses():
        yield (
            run.id, c.question, c.id, c.norm, c.text, c.applies_when, c.exceptions, c.rationale, c.authority,
            *_sources(c), c.merged_from, c.supersedes, run.simulated,
        )  # fmt: skip


def _sources(clause: Clause) -> tuple[int, int, int, int]:
    """Assemblies and sentences that a clause rests on, and how many of these speak for it and against it."""
    stances = [source.stance for source in clause.sources]
    rooms = {source.event.removeprefix("e-").rpartition("-")[0] for source in clause.sources}
    return len(rooms), len(stances), stances.count("for"), stances.count("against")


def rulings(run: Run) -> Iterator[Row]:
    """Rows of `RULINGS`."""
    texts = {clause.id: clause.text for clause in run.folder.clauses()}
    for r in run.folder.rulings():
        yield (
            run.id, r.question, r.id, r.clause, texts.get(r.clause), r.status, r.rule, r.support,
            *(r.interval or (None, None)), r.level, r.turnout, r.stability, r.score, r.bar, r.reached, r.assemblies,
            r.design_effect, *_weights(r), r.codes, r.why, _json(r.groups), _json(r.sensitivity), run.simulated,
        )  # fmt: skip


def _weights(ruling: Ruling) -> tuple[float | None, ...]:
    tally = ruling.tally
    return (None,) * 4 if tally is None else (tally.support, tally.oppose, tally.abstain, tally.missing)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def seats(run: Run) -> Iterator[tuple[Row, dict[str, str]]]:
    """Rows of `PANELS`, each without its last column, and the person's attributes."""
    for panel in run.folder.panels():
        for person in panel.members:
            yield _seat(run, panel, person), person.attributes


def _seat(run: Run, panel: Panel, person: Persona) -> Row:
    values = (None,) * len(VALUES) if person.values is None else person.values.array()
    return (
        run.id, panel.question, panel.assembly, panel.lot, person.id, person.name, person.source, person.text, *values,
    )  # fmt: skip


_JOURNALLED = {
    "key": "", "answerer": "", "model": "", "input_tokens": 0, "cached_tokens": 0, "written_tokens": 0,
    "output_tokens": 0, "reasoning_tokens": 0, "seconds": 0.0, "received": 0.0, "stop": "", "bulk": 0,
}  # fmt: skip
"""Columns of the journal, in the order of `CALLS`, and what stands for one that an earlier version did not have."""


def calls(run: Run) -> Iterator[Row]:
    """Rows of `CALLS`, by key; none where the run has no journal.

    Raises:
        DataError: the file is no journal.
    """
    path = run.folder.journal
    if not path.is_file():
        return
    try:
        with closing(_read_only(path)) as db:
            there = {row[1] for row in db.execute("pragma table_info(replies)")}
            names = [name if name in there else repr(default) for name, default in _JOURNALLED.items()]
            for row in db.execute(f"select {', '.join(names)} from replies order by key"):  # noqa: S608  names of ours
                yield run.id, *row[:-1], bool(row[-1]), run.simulated
    except sqlite3.DatabaseError as error:
        raise DataError(f"{path}: not a journal ({error})") from error


def _read_only(path: Path) -> sqlite3.Connection:
    """A journal that is left as it is. `immutable`: without a log beside it nobody is writing, and none is made."""
    log = path.with_name(f"{path.name}-wal")
    return sqlite3.connect(f"{path.absolute().as_uri()}?{'mode=ro' if log.exists() else 'immutable=1'}", uri=True)
