"""A Polis conversation, as its export has it: comments become clauses, votes become ballots.

Votes stand in the order of their times, re-votes too; of several by one voter on one comment the last counts, which is
how Polis itself makes its participant matrix. (`agrees` and `disagrees` in its comments file count every vote row.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from deliberation.errors import DataError
from deliberation.records.agenda import Source
from deliberation.records.base import clause_id, plain
from deliberation.records.events import Proposed, Voted
from deliberation.records.files import csv_rows
from deliberation.records.specification import Choice, Clause, ClauseSource
from deliberation.study.imports import Imported, Minutes, Person, question_of

COMMENTS, VOTES, GROUPS, SUMMARY = "comments.csv", "votes.csv", "participants-votes.csv", "summary.csv"
"""The files of an export; the last two may be missing."""

_CHOICES: dict[str, Choice] = {"1": "support", "-1": "oppose", "0": "abstain"}
_MODERATED = {"1": "let in by moderators", "0": "not moderated", "-1": "moderated out"}
_LICENCE = "CC-BY-4.0"
_SECONDS = 10**11
"""A time below this is in seconds: in milliseconds it would be 1973."""
_ATTRIBUTION = (
    "Data was gathered using the Polis software (compdemocracy.org/polis) and is sub-licensed under CC BY 4.0 with "
    "Attribution to The Computational Democracy Project"
)


_NOTE = (
    " Opinion groups are those that Polis found in these very votes; nobody declared them, and another clustering "
    "would give other groups."
)


class _Comment(NamedTuple):
    id: str
    author: str
    at: str
    words: str
    moderated: str


class _Vote(NamedTuple):
    comment: str
    voter: str
    choice: Choice
    at: str


def read_polis(path: Path) -> Imported:
    """A conversation from the folder of its export.

    Raises:
        DataError: a file is missing or is not one; names the file, the line and what is wrong with it.
    """
    if not path.is_dir():
        raise DataError(f"{path}: not a folder (a Polis export is one, with {COMMENTS} and {VOTES})")
    comments = list(_comments(path / COMMENTS))
    cast = _votes(path / VOTES, {comment.id for comment in comments})
    votes = sorted(cast, key=lambda vote: int(vote.at))  # those of one instant stay in the order of the file
    groups = _groups(path / GROUPS)
    told = _summary(path / SUMMARY)
    topic = plain(told.get("topic", "")) or path.resolve().name
    source = Source(
        process=f"Polis conversation; {_ATTRIBUTION}",
        year=_year(votes),
        title=topic,
        url=told.get("url", "not stated"),
        licence=_LICENCE,
    )
    files = [path / name for name in (COMMENTS, VOTES, GROUPS, SUMMARY) if (path / name).exists()]
    text = plain(told.get("conversation-description", "")) or topic
    voters = dict.fromkeys([*(c.author for c in comments), *groups, *(vote.voter for vote in votes)])
    people = [Person(f"participant {v}", {"group": groups.get(v) or "none"}) for v in voters]
    return Imported(
        question=question_of(topic=topic, text=text, source=source, files=files, note=_NOTE if groups else ""),
        licence=_LICENCE,
        people=people,
        first=lambda minutes: _propose(minutes, comments),
        second=lambda minutes: _cast(minutes, comments, votes),
        clauses=len(comments),
    )


def _propose(minutes: Minutes, comments: list[_Comment]) -> None:
    for comment in comments:
        event = f"e-{minutes.assembly}-{len(minutes.events)}"
        clause = Clause(
            id=_clause(minutes, comment),
            question=minutes.question,
            norm="should",
            text=comment.words,
            rationale=f"As a participant wrote it, {_MODERATED[comment.moderated]}; its norm was not stated.",
            sources=(ClauseSource(event=event, quote=comment.words, stance="for"),),
        )
        by = f"participant {comment.author}"
        minutes.take(
            Proposed, speaker=by, role="member", text=comment.words, clause=clause, meaning=None, at=comment.at
        )  # fmt: skip


def _cast(minutes: Minutes, comments: list[_Comment], votes: list[_Vote]) -> None:
    clauses = {comment.id: _clause(minutes, comment) for comment in comments}
    for vote in votes:
        minutes.take(
            Voted, speaker=f"participant {vote.voter}", role="member", text="", clause=clauses[vote.comment],
            choice=vote.choice, rating=None, at=vote.at,
        )  # fmt: skip


def _clause(minutes: Minutes, comment: _Comment) -> str:
    return clause_id(minutes.question, comment.words)


def _comments(path: Path) -> Iterator[_Comment]:
    seen: dict[str, int] = {}
    words: dict[str, str] = {}
    for line, row in csv_rows(path, wanted=("comment-id", "author-id", "comment-body", "moderated", "timestamp")):
        id_, body = row["comment-id"], row["comment-body"]
        if id_ in seen:
            raise DataError(f"{path} line {line}: comment-id {id_!r} stood in line {seen[id_]} already")
        if not plain(body):
            raise DataError(f"{path} line {line}: comment-body is empty")
        if row["moderated"] not in _MODERATED:
            raise DataError(f"{path} line {line}: moderated={row['moderated']!r} is none of 1, 0, -1")
        text = plain(body)
        if words.setdefault(clause_id("", text), id_) != id_:  # the same words again, with votes of their own
            text = f"{text} (comment {id_})"
        seen[id_] = line
        yield _Comment(id_, row["author-id"], _time(path, line, row["timestamp"]), text, row["moderated"])


def _votes(path: Path, comments: set[str]) -> Iterator[_Vote]:
    for line, row in csv_rows(path, wanted=("comment-id", "voter-id", "vote", "timestamp")):
        if row["vote"] not in _CHOICES:
            raise DataError(f"{path} line {line}: vote={row['vote']!r} is none of 1, 0, -1")
        if row["comment-id"] not in comments:
            raise DataError(f"{path} line {line}: comment-id {row['comment-id']!r} is not in {COMMENTS}")
        if not row["voter-id"]:
            raise DataError(f"{path} line {line}: voter-id is empty")
        yield _Vote(row["comment-id"], row["voter-id"], _CHOICES[row["vote"]], _time(path, line, row["timestamp"]))


def _time(path: Path, line: int, given: str) -> str:
    """Milliseconds since 1970, or seconds, as exports have had both; kept as it stands there."""
    if not re.fullmatch(r"\d{1,14}", given):
        raise DataError(f"{path} line {line}: timestamp={given!r} is no number of milliseconds or seconds since 1970")
    return given


def _groups(path: Path) -> dict[str, str]:
    """The opinion group of each participant as Polis found it, empty for none."""
    if not path.exists():
        return {}
    found = {}
    for line, row in csv_rows(path, wanted=("participant", "group-id")):
        if row["participant"] in found:
            raise DataError(f"{path} line {line}: participant {row['participant']!r} stands twice")
        found[row["participant"]] = f"group {row['group-id']}" if row["group-id"] else ""
    return found


def _summary(path: Path) -> dict[str, str]:
    """`name,value` lines; Polis quotes what holds commas or line ends."""
    import csv

    if not path.exists():
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as source:
            return {row[0]: ",".join(row[1:]) for row in csv.reader(source) if len(row) > 1}
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 at byte {error.start}") from error


def _year(votes: list[_Vote]) -> int:
    from datetime import UTC, datetime

    last = max((int(vote.at) for vote in votes), default=0)
    return datetime.fromtimestamp(last / (1000 if last > _SECONDS else 1), UTC).year
