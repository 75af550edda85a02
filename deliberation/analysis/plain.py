"""The long files of a run, line by line, as plain mappings of the fields that frames show. Measures nothing.

To build whole records takes several times as long. What is shown is held to the types of the records; a field that is
not shown is not looked at. An event of another kind than those shown is passed over by how its line begins and ends,
unparsed; whatever else stands in a line is parsed. Errors read as those of the records' own readers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NotRequired, TypeVar, get_args

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config
from pydantic_core import CoreSchema, SchemaValidator, core_schema
from typing_extensions import TypedDict  # on Python 3.11 pydantic takes no other

from deliberation.errors import DataError, TornRecord
from deliberation.records.events import PRIVATE, Event, Purpose, Role, Stance
from deliberation.records.files import first_problem
from deliberation.records.folder import RunFolder
from deliberation.records.specification import Choice, Rating

P = TypeVar("P")

_AS_RECORDS = ConfigDict(str_strip_whitespace=True)
_BLOCK = 1 << 20
"""Bytes of lines that are read at once, about."""


@with_config(_AS_RECORDS)
class Point(TypedDict):
    """As the record of that name."""

    consideration: str
    stance: Stance


@with_config(_AS_RECORDS)
class Turn(TypedDict):
    """Something said."""

    id: str
    seq: int
    kind: str
    phase: str
    round: int
    table: str | None
    speaker: str
    role: Role
    text: str
    points: NotRequired[list[Point]]
    refs: NotRequired[list[str]]
    call: NotRequired[str | None]
    to: NotRequired[str | None]
    purpose: NotRequired[Purpose]


@with_config(_AS_RECORDS)
class Sheet(TypedDict):
    """Ratings given at one time."""

    id: str
    phase: str
    round: int
    speaker: str
    ratings: dict[str, Rating]
    shown: NotRequired[list[str]]


@with_config(_AS_RECORDS)
class Vote(TypedDict):
    """A ballot."""

    id: str
    assembly: str
    member: str
    clause: str
    choice: Choice
    rating: Rating | None
    reason: str
    weight: float
    group: str


@with_config(_AS_RECORDS)
class Member(TypedDict):
    """Somebody on a panel."""

    id: str
    attributes: dict[str, str]


@with_config(_AS_RECORDS)
class Sitting(TypedDict):
    """A panel: where and on what it sits, and who."""

    assembly: str
    question: str
    members: list[Member]
    fresh: NotRequired[list[Member]]


Parse = Callable[[bytes], P]
"""Reads one line."""

Passed = Callable[[bytes], object]
"""Whether a line is passed over unparsed."""


def _of_kinds(shown: Any, kinds: Iterable[str]) -> Parse[Any]:
    """Reads an event that is to be shown, or makes an empty mapping of one of another kind; refuses unknown kinds."""
    left_out: CoreSchema = core_schema.typed_dict_schema({}, extra_behavior="ignore")
    wanted = TypeAdapter[Any](shown).core_schema
    choices = dict.fromkeys(_KINDS, left_out) | dict.fromkeys(kinds, wanted)
    return SchemaValidator(core_schema.tagged_union_schema(choices, discriminator="kind")).validate_json


_KINDS = tuple(get_args(one.model_fields["kind"].annotation)[0] for one in get_args(get_args(Event)[0]))
_OPEN = tuple(kind for kind in _KINDS if kind not in PRIVATE)
_turn: Parse[Turn] = _of_kinds(Turn, _OPEN)
_polled: Parse[Sheet] = _of_kinds(Sheet, ["polled"])
_weighed: Parse[Sheet] = _of_kinds(Sheet, ["weighed"])


def _but(shown: Iterable[str]) -> Passed:
    """Passes over whole lines of every known kind but these, as this project writes them: id, seq and kind first."""
    others = "|".join(kind for kind in _KINDS if kind not in shown)
    begun = re.compile(rb'\{"id":"[^"\\]*","seq":\d+,"kind":"(?:%s)",' % others.encode()).match
    return lambda line: line.endswith(b"}\n") and begun(line)


_vote: Parse[Vote] = TypeAdapter(Vote).validator.validate_json
_sitting: Parse[Sitting] = TypeAdapter(Sitting).validator.validate_json


def sittings(folder: RunFolder) -> Iterator[Sitting]:
    """The panels, in the order in which they were drawn."""
    return _lines(folder.path / "panels.jsonl", _sitting)


def votes(folder: RunFolder) -> Iterator[Vote]:
    """The ballots that count."""
    return _lines(folder.path / "ballots.jsonl", _vote)


def heard(folder: RunFolder, assembly: str) -> Iterator[Turn]:
    """The events of an assembly of which others may know."""
    return _events(folder, assembly, _turn, _but(_OPEN))


def polled(folder: RunFolder, assembly: str) -> Iterator[Sheet]:
    """The ratings of positions by an assembly's members."""
    return _events(folder, assembly, _polled, _but(["polled"]))


def weighed(folder: RunFolder, assembly: str) -> Iterator[Sheet]:
    """The ratings of considerations by an assembly's members."""
    return _events(folder, assembly, _weighed, _but(["weighed"]))


def _events(folder: RunFolder, assembly: str, parse: Parse[P], passed: Passed) -> Iterator[P]:
    for ratification in (False, True):
        yield from _lines(folder.transcript(assembly, ratification=ratification), parse, passed)


def _lines(path: Path, parse: Parse[P], passed: Passed = lambda _: False) -> Iterator[P]:
    """As `records.files.read_records`, by blocks of lines; what comes out empty is left out."""
    if not path.exists():
        return
    before = 0
    try:
        with path.open("rb") as source:
            while lines := source.readlines(_BLOCK):
                whole = lines if lines[-1].endswith(b"\n") else lines[:-1]
                try:
                    yield from filter(None, (parse(line) for line in whole if not passed(line)))
                except ValidationError as error:
                    raise _torn(path, whole, before, parse) from error
                before += len(lines)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error


def _torn(path: Path, lines: Iterable[bytes], before: int, parse: Parse[P]) -> TornRecord:
    """The first of these lines that is no record, as an error."""
    for number, line in enumerate(lines, start=before + 1):
        try:
            parse(line)
        except ValidationError as error:
            return TornRecord(f"{path.name} line {number}: {first_problem(error)}")
    return TornRecord(f"{path.name}: a line is no record")
