"""People who are named one by one: those written in a population's file, and respondents of a survey.

A survey's file is read once, when the settings are; what is used of it stands in them as one table, so that a run can
be carried on without the file. Draws nobody.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError, model_validator

from deliberation.errors import ConfigError
from deliberation.records.base import Record
from deliberation.records.files import csv_rows, first_problem
from deliberation.records.people import VALUES, Population, Survey, ValueName, Values, Written

_LOW, _HIGH = -1.0, 7.0
"""The scale of the Schwartz Value Survey, to which a survey's own scale is stretched."""


class Column(Record):
    """How one attribute is read: `values` renames what stands there, `bands` are lower ends of classes of a number."""

    column: str
    values: dict[str, str] = Field(default_factory=dict)
    bands: tuple[int, ...] = ()

    @model_validator(mode="after")
    def _one_way(self) -> Column:
        if self.values and self.bands:
            raise ValueError(f"column {self.column!r} is read either by values or by bands")
        if list(self.bands) != sorted(set(self.bands)):
            raise ValueError(f"bands of column {self.column!r} must rise: {list(self.bands)}")
        return self

    def read(self, given: str) -> str | None:
        """The attribute's value; null where it is not one of those wanted."""
        if self.values:
            return self.values.get(given)
        if not self.bands:
            return given
        below = [low for low in self.bands if float(given) >= low]
        return self._band(len(below) - 1) if below else None

    def _band(self, place: int) -> str:
        low = self.bands[place]
        return f"{low}-{self.bands[place + 1] - 1}" if place + 1 < len(self.bands) else f"{low}+"


class ValueColumns(Record):
    """The ten values in a survey: a column for each, and the two ends of the survey's own scale."""

    columns: dict[ValueName, str]
    scale: tuple[float, float]

    @model_validator(mode="after")
    def _all_ten(self) -> ValueColumns:
        missing = [name for name in VALUES if name not in self.columns]
        if missing:
            raise ValueError(f"values: no column for {missing[0]!r}")
        if self.scale[0] == self.scale[1]:
            raise ValueError(f"values: a scale from {self.scale[0]:g} to {self.scale[1]:g} has no extent")
        return self

    def read(self, row: dict[str, str]) -> Values:
        """One respondent's values, on the scale of the Schwartz Value Survey."""
        low, high = self.scale
        shares = {name: (float(row[column]) - low) / (high - low) for name, column in self.columns.items()}
        outside = next((name for name, share in shares.items() if not 0.0 <= share <= 1.0), None)
        if outside is not None:
            raise ValueError(f"{self.columns[outside]}={row[self.columns[outside]]} lies outside {low:g} to {high:g}")
        return Values(**{name: round(_LOW + share * (_HIGH - _LOW), 4) for name, share in shares.items()})


class SurveyFile(Record):
    """How a survey's file is read, as it stands in a population's YAML; columns that are not named are not read."""

    file: str
    id: str | None = None
    weight: str | None = None
    attributes: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Column | str] = Field(min_length=1)
    values: ValueColumns | None = None
    text: str | None = None
    missing: tuple[str, ...] = ("", "NA", "NaN")

    def used(self) -> list[str]:
        """The columns that are read."""
        named = [c for c in (self.id, self.weight, self.text) if c is not None]
        attributes = [one if isinstance(one, str) else one.column for one in self.attributes.values()]
        return [*named, *attributes, *(self.values.columns.values() if self.values else ())]


def read_survey(plain: dict[str, object], folder: Path) -> Survey:
    """Read a survey's file as its population says.

    Args:
        plain: how, as in `SurveyFile`.
        folder: where the population's file lies.

    Raises:
        ConfigError: how it is read cannot be right, or a line of the file; names it.
    """
    try:
        how = SurveyFile.model_validate(plain)
    except ValidationError as error:
        raise ConfigError(f"survey: {first_problem(error)}") from error
    path = folder / how.file
    people, left_out = [], 0
    seen: set[str] = set()
    for number, row in csv_rows(path, wanted=how.used()):
        try:
            one = _respondent(how, row, number)
        except ValueError as error:
            raise ConfigError(f"{path} line {number}: {' '.join(str(error).split())}") from error
        if one is None:
            left_out += 1
            continue
        if one.id in seen:
            raise ConfigError(f"{path} line {number}: the id {one.id!r} stands twice")
        seen.add(one.id)
        people.append(one)
    if not people:
        raise ConfigError(f"{path}: no respondent has all that is wanted ({left_out} were left out)")
    return Survey(file=Path(how.file).name, table=_table(how, people), left_out=left_out)


def listed(population: Population) -> tuple[Written, ...]:
    """The people named one by one."""
    return population.people if population.survey is None else _parsed(population.survey.table)


def attributes_of(population: Population) -> dict[str, set[str]]:
    """Attributes of the people named one by one, with their values; only those that all of them have."""
    people = listed(population)
    names = set.intersection(*(set(p.attributes) for p in people)) if people else set()
    return {name: {p.attributes[name] for p in people} for name in names}


def _respondent(how: SurveyFile, row: dict[str, str], number: int) -> Written | None:
    if any(row[column] in how.missing for column in how.used() if column != how.text):
        return None
    attributes = {}
    for name, column in how.attributes.items():
        value = row[column] if isinstance(column, str) else column.read(row[column.column])
        if value is None:
            return None
        attributes[name] = value
    weight = float(row[how.weight]) if how.weight else 1.0
    if weight == 0.0:
        return None
    return Written(
        id=row[how.id] if how.id else str(number),
        attributes=attributes,
        values=how.values.read(row) if how.values else None,
        text=(row[how.text] or None) if how.text else None,
        weight=weight,
    )


def _table(how: SurveyFile, people: list[Written]) -> str:
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)  # or a lone carriage return would end a row
    names = list(how.attributes)
    write.writerow(["id", "weight", *(f"@{n}" for n in names), *(f"={v}" for v in VALUES if how.values), "text"])
    for one in people:
        values = [repr(v) for v in one.values.array()] if one.values else []
        write.writerow([one.id, repr(one.weight), *(one.attributes[n] for n in names), *values, one.text or ""])
    return out.getvalue()


@lru_cache(maxsize=8)
def _parsed(table: str) -> tuple[Written, ...]:
    return tuple(_people(table))


def _people(table: str) -> Iterator[Written]:
    for row in csv.DictReader(io.StringIO(table, newline="")):
        values = {name: float(row[f"={name}"]) for name in VALUES if f"={name}" in row}
        yield Written(
            id=row["id"],
            attributes={key[1:]: value for key, value in row.items() if key.startswith("@")},
            values=Values(**values) if values else None,
            text=row["text"] or None,
            weight=float(row["weight"]),
        )
