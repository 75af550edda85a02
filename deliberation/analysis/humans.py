"""Readers of what real people answered before and after they deliberated, in the files as published. Measures nothing.

The data are no part of this project: give the path of your own copy. An answer that is none (left out, "don't know",
refused, outside the scale) is nan.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deliberation.analysis.measures import Array
from deliberation.errors import DataError

_STAGES = ("1", "2")
_MISSING = {"", "NA", "NaN", "nan", "."}
_SECOND = "T2"
_WIDTH = 10.0

Row = dict[str, str]


class Stage(NamedTuple):
    """What people answered at one time: considerations, n x K, and preferences, n x P.

    Preferences are ranks as published, 1 for the best: turn their sign where more must mean better.
    """

    considerations: Array
    preferences: Array


class MiniPublic(NamedTuple):
    """One mini-public before and after. `people`: their numbers as published, in the order of the rows, n."""

    study: str
    case: str
    people: tuple[str, ...]
    before: Stage
    after: Stage


class OneRoom(NamedTuple):
    """America in One Room 2019: answers on 0..1, people x items, nan where there is none.

    `group`: the small group in which each sat; `party`: as stated before, empty where it is not.
    """

    items: tuple[str, ...]
    people: tuple[str, ...]
    before: Array
    after: Array
    group: NDArray[np.int64]
    party: tuple[str, ...]


def mini_publics(path: Path) -> list[MiniPublic]:
    """Mini-publics from `human_data.csv` of the R package deliberr (Niemeyer, Veri and others; MIT), as in the file.

    Columns used: study, case, stage_id (1 before, 2 after), pnum, C1, C2, ... and P1, P2, ...; NA where there is no
    answer. Cases have other numbers of considerations and options; columns that nobody in a case answered are dropped,
    as deliberr does. Only people who stand there at both stages are kept.

    Raises:
        DataError: the file cannot be read, lacks a column, holds what is no number or stage, or one person twice.
    """
    rows = _rows(path, ("study", "case", "stage_id", "pnum", "C1", "P1"))
    names = {letter: [c for c in rows[0] if c[:1] == letter and c[1:].isdigit()] for letter in "CP"}
    cases: dict[str, dict[str, dict[str, Row]]] = {}
    for number, row in enumerate(rows, start=2):
        stage, stages = row["stage_id"], cases.setdefault(row["case"], {s: {} for s in _STAGES})
        if stage not in stages:
            raise DataError(f"{path}: line {number}: stage_id {stage!r}: 1 or 2")
        if row["pnum"] in stages[stage]:
            raise DataError(f"{path}: line {number}: {row['pnum']!r} stands twice in {row['case']!r}, stage {stage}")
        stages[stage][row["pnum"]] = row
    found = []
    for case, stages in cases.items():
        people = tuple(who for who in stages["1"] if who in stages["2"])
        if not people:
            raise DataError(f"{path}: {case!r}: nobody stands there at both stages")
        before, after = ([stages[s][who] for who in people] for s in _STAGES)
        used = {letter: _used([*before, *after], names[letter]) for letter in "CP"}
        first, last = (Stage(*(_numbers(part, used[letter], path) for letter in "CP")) for part in (before, after))
        found.append(MiniPublic(before[0]["study"], case, people, first, last))
    return found


def one_room(path: Path) -> OneRoom:
    """America in One Room 2019 from `cleaned_dataset.csv` (Fishkin, Siu, Diamond and Bradburn 2021, APSR; CC0 deposit).

    Columns used: ID, GROUP, PARTYBEFORE, and for every item Q... its answer afterwards T2Q...; answers 0 to 10, here
    divided by 10. 77, 98 and 99 are non-answers, and so is whatever else is not on the scale (a -8 stands there). There
    is no control group in the file: change is change, whatever its cause.

    Raises:
        DataError: the file cannot be read, lacks a column, or holds what is no number.
    """
    rows = _rows(path, ("ID", "GROUP", "PARTYBEFORE"))
    items = tuple(c for c in rows[0] if c[:1] == "Q" and _SECOND + c in rows[0])
    lone = [c for c in rows[0] if c[:1] == "Q" and c not in items]
    if not items or lone:
        raise DataError(f"{path}: no column {_SECOND + lone[0] if lone else 'Q...'}: every item is asked twice")
    before, after = (_scaled(_numbers(rows, [prefix + item for item in items], path)) for prefix in ("", _SECOND))
    group = _numbers(rows, ["GROUP"], path)[:, 0]
    if np.isnan(group).any():
        raise DataError(f"{path}: line {int(np.isnan(group).argmax()) + 2}: GROUP is empty")
    party = tuple("" if row["PARTYBEFORE"] in _MISSING else row["PARTYBEFORE"] for row in rows)
    return OneRoom(items, tuple(row["ID"] for row in rows), before, after, group.astype(np.int64), party)


def one_room_items(path: Path) -> dict[str, str]:
    """The wording of each item by its name, from `just_questions.csv`.

    Raises:
        DataError: the file cannot be read or lacks a column.
    """
    return {row["Variable"]: row["Variable Label"] for row in _rows(path, ("Variable", "Variable Label"))}


def _rows(path: Path, wanted: Sequence[str]) -> list[Row]:
    """The file's rows as text, at least one, with the columns wanted in each."""
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines, restval="")
            rows, columns = list(reader), reader.fieldnames or []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    missing = [name for name in wanted if name not in columns]
    if missing:
        raise DataError(f"{path}: no column {missing[0]!r}")
    if not rows:
        raise DataError(f"{path}: no rows")
    longer = next((number for number, row in enumerate(rows, start=2) if None in row), None)
    if longer is not None:
        raise DataError(f"{path}: line {longer}: more fields than columns")
    return rows


def _used(rows: Sequence[Row], names: Sequence[str]) -> list[str]:
    """Columns that somebody answered."""
    return [name for name in names if any(row[name] not in _MISSING for row in rows)]


def _numbers(rows: Sequence[Row], names: Sequence[str], path: Path) -> Array:
    """These columns as numbers, rows x columns, nan where nothing stands."""
    table = np.full((len(rows), len(names)), np.nan)
    for i, row in enumerate(rows):
        for j, name in enumerate(names):
            text = row[name].strip()
            if text not in _MISSING:
                try:
                    table[i, j] = float(text)
                except ValueError as error:
                    raise DataError(f"{path}: {name}: {text!r} is not a number") from error
    return table


def _scaled(answers: Array) -> Array:
    """Answers 0 to 10 on 0..1, nan where they are no answers."""
    found: Array = np.where((answers >= 0) & (answers <= _WIDTH), answers / _WIDTH, np.nan)
    return found
