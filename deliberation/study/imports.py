"""Records of real people brought in as a run: an ordinary run folder, `simulated: false`, that later stages read.

What a record does not hold is left out, never made up: there are no values, no dossier, no argument map, no polls.
Nobody in it can be asked anything, so what people have not voted on has no ruling.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from deliberation.assembly.driver import EventLoop
from deliberation.assembly.room import CHAIR
from deliberation.errors import ConfigError, DataError, RunError
from deliberation.models.budget import Purse
from deliberation.models.journal import Journal
from deliberation.models.open import identity_of
from deliberation.models.scripted import Replaying
from deliberation.records.agenda import Question, Source
from deliberation.records.base import canonical, new_id, short_hash
from deliberation.records.events import Closed, Happening, Opened, Seated
from deliberation.records.files import first_problem, sha256, write_records
from deliberation.records.folder import RunFolder
from deliberation.records.manifest import Manifest
from deliberation.records.people import Panel, Persona, Written
from deliberation.settings import Settings, read_settings
from deliberation.settings.models import PEOPLE
from deliberation.study import distilling
from deliberation.study.encoding import encode
from deliberation.study.manifests import Bought, manifest_of
from deliberation.study.panels import Progress, assemblies
from deliberation.study.ruling import rule_on_clauses
from deliberation.study.run import Stopwatch, alone, made, silent
from deliberation.study.stages import Desk
from deliberation.study.stored import store_settings

_PHASE = "imported"
_QUORUM = 0.05
"""Fewer of all participants than this, and there is no ruling: in open conversations most see only a part."""


class Person(NamedTuple):
    """Somebody in a record: the name it gives, and what else it tells, such as a group."""

    name: str
    attributes: dict[str, str]


class Imported(NamedTuple):
    """What a record holds.

    `first` and `second` make the events of what was said and of the votes, given the minutes to write into.
    """

    question: Question
    licence: str
    people: Sequence[Person]
    first: Callable[[Minutes], None]
    second: Callable[[Minutes], None]
    clauses: int


class Minutes:
    """The events of an imported assembly under way, numbered as they come.

    Args:
        assembly: the assembly's id.
        question: the question's id.
        members: person by name.
    """

    def __init__(self, assembly: str, question: str, members: dict[str, str]) -> None:
        self.assembly, self.question, self.members = assembly, question, members
        self.events: list[Happening] = []
        self._seq = 0

    def take(self, kind: type[Happening], *, speaker: str, role: str, text: str, **fields: Any) -> str:
        """Put an event down; returns its id. `speaker` is a name of the record where it is a member's.

        Raises:
            DataError: it cannot be an event.
        """
        plain = {
            "id": f"e-{self.assembly}-{self._seq}", "seq": self._seq, "assembly": self.assembly, "phase": _PHASE,
            "round": 0, "table": None, "speaker": self.members.get(speaker, speaker) if role == "member" else speaker,
            "role": role, "text": text, "origin": PEOPLE, **fields,
        }  # fmt: skip
        try:
            event = kind.model_validate(plain)
        except ValidationError as error:
            raise DataError(first_problem(error)) from error
        self.events.append(event)
        self._seq += 1
        return event.id

    def closed(self) -> list[Happening]:
        """The events so far, closed; the next ones are another sitting's."""
        self.take(Closed, speaker=CHAIR, role="chair", text="The record ends.")
        done, self.events = self.events, []
        return done


def import_record(found: Imported, path: Path, *, progress: Progress = silent) -> Manifest:
    """Make a run of a record.

    Args:
        found: the record.
        path: the run folder; made if it is not there.
        progress: as in `run_study`.

    Raises:
        RunError: there is something in the folder already.
        DataError: the record cannot be a run.
    """
    if path.exists() and any(path.iterdir()):
        raise RunError(f"{path}: the folder is there already and holds something; choose another")
    settings = _settings(found)
    began, folder = Stopwatch.now(), made(path)
    answerer = Replaying(identity_of(settings))
    with alone(folder), Journal(folder.journal, durable=False) as journal, EventLoop() as loop:
        folder.write_manifest(manifest_of(settings, folder, answerer, began.at, began.seconds, status="running"))
        store_settings(settings, folder)
        journal.note("settings", canonical(settings.fixed()))
        with began.stage("import"):
            _write(found, settings, folder)
        purse = Purse(settings.budget, journal.taken(), settings.prices)
        desk = Desk(settings, folder, answerer, journal, purse, progress, loop.run)
        with began.stage("distil"):
            distilling.distil_clauses(desk, distilling.drafts_in(desk))
        with began.stage("rule"):
            rule_on_clauses(desk)
        manifest = manifest_of(settings, folder, answerer, began.at, began.seconds, status="running")
        with began.stage("encode"):
            encode(folder, settings, manifest.content)
        manifest = manifest_of(
            settings, folder, answerer, began.at, began.seconds, status="complete", bought=Bought.of(journal, None)
        )
        folder.write_manifest(manifest)
    return manifest


def question_of(*, topic: str, text: str, source: Source, files: Iterable[Path], note: str = "") -> Question:
    """The question of a record, named after what its files hold.

    Args:
        topic: in a few words.
        text: as it was put, or the topic again.
        source: where it comes from.
        files: the files it was read from.
        note: what else a reader has to know.
    """
    marks = [(path.name, sha256(path)) for path in files]
    read = "; ".join(f"{name}, sha256 {mark}" for name, mark in marks)
    return Question(
        id=f"q-imported-{short_hash(*(mark for _, mark in marks))}",
        title=topic.strip() or "untitled",
        text=text.strip() or topic.strip() or "untitled",
        domain="imported",
        stakes="Not stated in the record.",
        background=f"Imported from {read}.{note}",
        origin="imported",
        source=source,
    )


def _settings(found: Imported) -> Settings:
    bundled = Settings.bundled()
    names = sorted({name for person in found.people for name in person.attributes})
    people = [Written(id=p.name, name=p.name, attributes=p.attributes, text=_told(p)) for p in found.people]
    procedure = {
        "id": "imported", "title": "What people did", "source": found.question.source.process,
        "phases": [{"kind": "imported", "name": _PHASE}], "ratification": [{"kind": "ballot", "name": "votes"}],
    }  # fmt: skip
    population = {
        "id": "imported", "title": f"People of the record: {found.question.title}", "people": people,
        "licence": found.licence,
    }  # fmt: skip
    rules = {
        **bundled.aggregation.model_dump(), "quorum": _QUORUM, "min_assemblies": 1,
        "max_clauses": max(1, found.clauses),
        "group_by": names[0] if names else "outlook",
    }  # fmt: skip
    plain = {
        **bundled.model_dump(mode="json"), "study": "imported", "idea": "not stated: a record of what people said",
        "seed": 0, "assemblies": 1, "members": len(found.people), "question": found.question, "procedure": procedure,
        "panel": {"population": population, "pool": len(found.people)}, "witness": {"kind": "none", "name": "nobody"},
        "model": {"kind": PEOPLE}, "aggregation": rules, "truth": 0,
        "encoding": {**bundled.encoding.model_dump(), "licence": found.licence},
    }  # fmt: skip
    try:
        return read_settings(plain)
    except ConfigError as error:
        raise DataError(f"the record cannot be a run: {error}") from error


def _told(person: Person) -> str:
    facts = ", ".join(f"{name}: {value}" for name, value in sorted(person.attributes.items()))
    return f"{person.name} ({facts})." if facts else f"{person.name}."


def _write(found: Imported, settings: Settings, folder: RunFolder) -> None:
    [assembly] = assemblies(settings)
    question = found.question
    ids = {p.name: new_id("p", question.id, p.name) for p in found.people}
    members = tuple(
        Persona(
            id=ids[p.name], name=p.name, attributes=p.attributes, text=_told(p), source=question.source.process,
            licence=found.licence,
        )
        for p in found.people
    )  # fmt: skip
    panel = Panel(
        assembly=assembly, question=question.id, method="as the record has it", pool=len(members), members=members,
        quotas=(),
    )  # fmt: skip
    write_records(folder.path / "panels.jsonl", [panel])
    minutes = Minutes(assembly, question.id, ids)
    minutes.take(Opened, speaker=CHAIR, role="chair", text=question.text, question=question.id, procedure=_PHASE)
    minutes.take(
        Seated, speaker=CHAIR, role="chair", text=f"{len(members)} people.", members=tuple(p.id for p in members)
    )
    found.first(minutes)
    write_records(folder.transcript(assembly), minutes.closed())
    found.second(minutes)
    write_records(folder.transcript(assembly, ratification=True), minutes.closed())
