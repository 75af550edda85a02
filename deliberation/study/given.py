"""Ballots from a file, in place of those in a run's transcripts: votes that were cast elsewhere on the run's clauses.

Every line is checked against the run: who sits in it, on which clauses it votes. Nothing in a file is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from deliberation.errors import DataError
from deliberation.records.base import new_id, short_hash
from deliberation.records.events import Voted
from deliberation.records.files import csv_rows, first_problem, read_lines, sha256, whole_lines
from deliberation.records.folder import GIVEN, RunFolder
from deliberation.records.people import Panel
from deliberation.records.specification import Ballot, Clause
from deliberation.settings import Settings

COLUMNS = ("assembly", "member", "clause", "choice")
"""What a CSV file must say; it may also give rating, reason, weight and event."""
_MORE = ("rating", "reason", "weight", "event")


def read_ballots(
    path: Path,
    panels: Sequence[Panel],
    clauses: Sequence[Clause],
    *,
    group_by: str,
    votes: Mapping[str, str] | None = None,
) -> list[Ballot]:
    """Ballots of a file of JSON lines, as in `ballots.jsonl`, or of CSV.

    Args:
        path: the file; its name ends in .jsonl or .csv.
        panels: who may vote.
        clauses: what may be voted on.
        group_by: the attribute that names a voter's group; where the run does not know it, the file's own word counts.
        votes: who cast which vote, by event, where events that ballots name are to be looked up.

    Raises:
        DataError: a line is no ballot, stands twice, names an assembly, member or clause that the run does not have or
            an event that is no vote of the member's, or gives a member another weight or group than an earlier one;
            names file, line and value.
    """
    seats = {(p.assembly, m.id): (p, m.attributes.get(group_by, "unknown")) for p in panels for m in p.voters}
    assemblies = {p.assembly for p in panels}
    known, seen = {c.id for c in clauses}, dict[tuple[str, ...], int]()
    held: dict[tuple[str, ...], tuple[int, float | str]] = {}
    found = []
    for line, ballot in _lines(path, seats):
        if ballot.assembly not in assemblies:
            raise DataError(f"{path} line {line}: assembly {ballot.assembly!r} is none of this run")
        if (ballot.assembly, ballot.member) not in seats:
            raise DataError(f"{path} line {line}: member {ballot.member!r} does not sit in {ballot.assembly}")
        if ballot.clause not in known:
            raise DataError(f"{path} line {line}: clause {ballot.clause!r} is none of those put to the vote")
        at = ballot.assembly, ballot.member, ballot.clause
        if at in seen:
            raise DataError(f"{path} line {line}: {ballot.member} voted on {ballot.clause} in line {seen[at]} already")
        if ("", ballot.id) in seen:
            raise DataError(f"{path} line {line}: id {ballot.id!r} stands in line {seen['', ballot.id]} already")
        if votes is not None and ballot.event and votes.get(ballot.event) != ballot.member:
            raise DataError(f"{path} line {line}: event {ballot.event!r} is no vote of {ballot.member}")
        seen[at] = seen["", ballot.id] = line
        _, group = seats[ballot.assembly, ballot.member]
        found.append(ballot if group == "unknown" else ballot.model_copy(update={"group": group}))
        _held(path, line, found[-1], held)
    return found


def run_of(settings: Settings, folder: RunFolder) -> str:
    """The run's id: that of its settings, and where ballots were handed in, of these too."""
    given = folder.path / GIVEN
    return f"run-{short_hash(settings.run, sha256(given), size=5)}" if given.exists() else settings.run


def votes_in(folder: RunFolder) -> dict[str, str]:
    """Who cast which vote, by event."""
    return {
        event.id: event.speaker
        for panel in folder.panels()
        for event in folder.events(panel.assembly)
        if isinstance(event, Voted)
    }


def _held(path: Path, line: int, ballot: Ballot, held: dict[tuple[str, ...], tuple[int, float | str]]) -> None:
    """See that a voter weighs as much, and is of the same group, as in an earlier line."""
    for name, value in (("weight", ballot.weight), ("group", ballot.group)):
        first, before = held.setdefault((ballot.assembly, ballot.member, name), (line, value))
        if before != value:
            raise DataError(f"{path} line {line}: {name}={value!r} of {ballot.member}, but {before!r} in line {first}")


_Seats = dict[tuple[str, str], tuple[Panel, str]]


def _lines(path: Path, seats: _Seats) -> Iterator[tuple[int, Ballot]]:
    if path.suffix.lower() == ".csv":
        for line, row in csv_rows(path, wanted=COLUMNS):
            yield line, _from_row(path, line, {name: value.strip() for name, value in row.items()}, seats)
    elif path.suffix.lower() == ".jsonl":
        if path.is_file() and path.read_bytes()[-1:] not in {b"", b"\n"}:
            raise DataError(f"{path}: the last line is not whole")
        yield from zip((n for n, _ in whole_lines(path)), read_lines(path, Ballot.model_validate_json), strict=True)
    else:
        raise DataError(f"{path}: ballots stand in a .jsonl or a .csv file")


def _from_row(path: Path, line: int, row: dict[str, str], seats: _Seats) -> Ballot:
    strange = next((name for name in row if name not in {*COLUMNS, *_MORE}), None)
    if strange is not None:
        raise DataError(f"{path} line {line}: column {strange!r} is not known (known: {', '.join((*COLUMNS, *_MORE))})")
    panel, group = seats.get((row["assembly"], row["member"]), (None, "unknown"))
    weight = _number(path, line, "weight", row.get("weight", ""), float)
    if weight is None:
        weight = panel.weights.get(row["member"], 1.0) if panel else 1.0
    plain: dict[str, Any] = {
        "id": new_id("b", row["assembly"], row["member"], row["clause"]),
        **{name: row[name] for name in COLUMNS},
        "rating": _number(path, line, "rating", row.get("rating", ""), int),
        "reason": row.get("reason", ""),
        "weight": weight,
        "group": group,
        "event": row.get("event", ""),
    }
    try:
        return Ballot.model_validate(plain)
    except ValidationError as error:
        raise DataError(f"{path} line {line}: {first_problem(error)}") from error


def _number(path: Path, line: int, name: str, given: str, kind: type[int | float]) -> float | None:
    if not given.strip():
        return None
    try:
        return kind(given)
    except ValueError as error:
        raise DataError(f"{path} line {line}: {name}={given!r} is no number") from error
