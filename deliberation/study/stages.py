"""The stages, one function each: every stage reads files of the run folder and writes files there.

So a later stage can be carried out again alone, and what stands on disk is all that the next one knows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from deliberation.assembly import seating
from deliberation.assembly.decisions import Choosing
from deliberation.assembly.driver import Driver, Job, Outcome, Run
from deliberation.assembly.sitting import Proceedings, Sitting, deliberate, ratify
from deliberation.assembly.transcript import read_events
from deliberation.errors import RunError
from deliberation.models.budget import Purse
from deliberation.models.journal import Journal
from deliberation.models.open import identity_of, open_bulk
from deliberation.models.requests import Answerer, Roster
from deliberation.models.tasks import Paper
from deliberation.records.events import Event, Failed, Voted
from deliberation.records.files import sha256, write_records
from deliberation.records.folder import RunFolder
from deliberation.records.people import Panel
from deliberation.settings import Settings, Synthetic
from deliberation.specification.ballots import second_sitting
from deliberation.specification.distil import Distilled
from deliberation.study.panels import Progress
from deliberation.study.truth import planted

if TYPE_CHECKING:
    from deliberation.assembly.bulk import BulkDriver


class Desk(NamedTuple):
    """What every stage has at hand."""

    settings: Settings
    folder: RunFolder
    answerer: Answerer
    journal: Journal
    purse: Purse
    progress: Progress
    run: Run


def sit(desk: Desk) -> Outcome:
    """Let every assembly deliberate -> `events/<assembly>.jsonl`. Those that have closed are left alone."""
    progress = sittings(desk, "assemblies deliberate")

    def jobs() -> Iterator[Job]:
        for panel in desk.folder.panels():
            path = desk.folder.transcript(panel.assembly)
            if is_done(desk, path):
                progress(panel.assembly, "")
            else:
                yield Job(panel.assembly, _first(desk.settings, panel), path)

    return driver_of(desk, progress).drive(jobs())


def ratify_clauses(desk: Desk, found: Distilled) -> Outcome:
    """Let every panel vote once on the canonical clauses -> `events/<assembly>.ratify.jsonl`.

    They also choose among those of which only one can stand, and judge the cases.
    """
    papers = found.papers
    on = choosings(found, most=desk.settings.distillation.conflicts)
    progress = sittings(desk, "panels ratify")

    def jobs() -> Iterator[Job]:
        for panel in desk.folder.panels():
            path = desk.folder.transcript(panel.assembly, ratification=True)
            if not is_done(desk, path):
                past = desk.folder.transcript(panel.assembly)
                start = _second(desk.settings, panel, partial(read_events, past), papers, on)
                yield Job(panel.assembly, start, path)
            else:
                progress(panel.assembly, "")

    return driver_of(desk, progress).drive(jobs())


def ask_missing(desk: Desk, found: Distilled, *, keep: dict[str, int]) -> Outcome:
    """Put to each panel the canonical clauses that it has not wholly voted on.

    Args:
        desk: as for every stage.
        found: the clauses.
        keep: lines of each assembly's ratification that were there before this was first asked for.
    """
    progress = sittings(desk, "panels vote on what is missing")

    def jobs() -> Iterator[Job]:
        for panel in desk.folder.panels():
            path = desk.folder.transcript(panel.assembly, ratification=True)
            past = _until(desk.folder.events(panel.assembly), desk.folder, panel.assembly, keep)
            missing = _missing(panel, past, found)
            if missing:
                again = _without_judgments(desk.settings)
                start = _second(again, panel, partial(iter, past), missing)
                yield Job(panel.assembly, start, path, keep[panel.assembly])
            else:
                progress(panel.assembly, "")

    return driver_of(desk, progress).drive(jobs())


def plant_truth(desk: Desk, found: Distilled) -> None:
    """What the synthetic public would say -> `truth/truth.jsonl`. Nothing else in a study reads it."""
    own = str(desk.answerer.identity) == str(identity_of(desk.settings))  # nobody else was handed in
    if desk.settings.truth and isinstance(desk.settings.model, Synthetic) and own:
        write_records(desk.folder.path / "truth" / "truth.jsonl", planted(desk.settings, found.meanings))


def failures(folder: RunFolder) -> dict[str, int]:
    """Replies that stayed unreadable, by kind of task."""
    found: Counter[str] = Counter()
    for panel in folder.panels():
        found.update(e.task for e in folder.events(panel.assembly) if isinstance(e, Failed))
    for part in (folder.distillation(), folder.exemplification()):
        found.update(e.task for e in part if isinstance(e, Failed))
    return dict(sorted(found.items()))


def choosings(found: Distilled, *, most: int) -> list[Choosing]:
    """What is put to the panels as a choice, as clauses with their meanings; so many contradictions at most.

    Of contradicting clauses that nobody was asked about, neither stands if both would.
    """
    wordings = [contest for contest in found.contests if contest.kind == "wording"]
    conflicts = [contest for contest in found.contests if contest.kind == "conflict"]
    papers = {paper.clause.id: paper for paper in (*found.papers, *(Paper(c, None) for c in found.wordings))}
    return [
        Choosing(
            contest.id, tuple(_like(papers[id_], papers[contest.options[0]], contest.kind) for id_ in contest.options)
        )
        for contest in (*wordings, *conflicts[:most])
    ]


def _like(paper: Paper, canonical: Paper, kind: str) -> Paper:
    """A wording of a clause means what the clause means."""
    return Paper(paper.clause, canonical.meaning) if kind == "wording" else paper


def roster_of(settings: Settings, panel: Panel) -> Roster:
    """What is settled for one panel before a word is said."""
    roster = Roster.of(
        assembly=panel.assembly,
        seed=settings.seed,
        idea=settings.idea,
        question=settings.question,
        members=tuple(panel.as_told(person) for person in panel.members),
        dossier=settings.question.dossier,
    )
    turns, values = settings.procedure.turns, settings.panel.population.values
    return roster._replace(
        lot=panel.drawn_as,
        orders=seating.ordered_as(panel.drawn_as, settings.orders),
        weights=panel.weights,
        turns=turns,
        values=values,
    )


def roster_of_clerk(settings: Settings, name: str) -> Roster:
    """What is settled where the clerk works on a question by itself, under a name, with nobody seated."""
    question = settings.question
    return Roster.of(
        assembly=name, seed=settings.seed, idea=settings.idea, question=question, members=(), dossier=question.dossier
    )


def sitting_of(settings: Settings, panel: Panel) -> Sitting:
    """One panel's sitting."""
    return Sitting(roster_of(settings, panel), settings.procedure, settings.witness, settings.model.attempts)


def is_done(desk: Desk, path: Path) -> bool:
    """Whether a sitting was closed and stands as it was then; any other is gone through again, line by line."""
    return path.exists() and desk.journal.noted(f"closed {path.name}") == sha256(path)


def _first(settings: Settings, panel: Panel) -> Callable[[], Proceedings]:
    return lambda: deliberate(sitting_of(settings, panel))


def _second(
    settings: Settings,
    panel: Panel,
    past: Callable[[], Iterable[Event]],
    papers: Sequence[Paper],
    on: Sequence[Choosing] = (),
) -> Callable[[], Proceedings]:
    voting = panel.model_copy(update={"members": panel.voters, "fresh": ()})
    return lambda: ratify(sitting_of(settings, voting), list(past()), papers, on)


def driver_of(desk: Desk, progress: Callable[[str, str], None]) -> Driver | BulkDriver:
    """Whoever carries out sittings, as the settings have it delivered."""
    if desk.settings.delivery == "bulk" and desk.answerer.identity.paid:
        from deliberation.assembly.bulk import BulkDriver

        return BulkDriver(
            open_bulk(desk.answerer, desk.journal), desk.journal, desk.purse, progress=progress, run=desk.run
        )
    waiting = desk.journal.open_batches()
    if waiting:
        calls = sum(len(batch.keys) for batch in waiting)
        raise RunError(f"{calls} calls lie with the provider in a batch; delivery=bulk takes their answers in")
    return Driver(
        desk.answerer,
        desk.journal,
        desk.purse,
        concurrency=desk.settings.concurrency,
        progress=progress,
        run=desk.run,
    )


def sittings(desk: Desk, stage: str, *, number: int | None = None) -> Callable[[str, str], None]:
    """Shows how many sittings of a stage are done, of so many; by default one an assembly."""
    done = 0

    def progress(_assembly: str, phase: str) -> None:
        nonlocal done
        done += phase == ""
        bought = str(desk.purse) if desk.answerer.identity.paid else ""
        desk.progress(stage, done, desk.settings.assemblies if number is None else number, bought)

    return progress


def _missing(panel: Panel, events: Iterable[Event], found: Distilled) -> list[Paper]:
    voted = {(e.speaker, e.clause) for e in second_sitting(events) if isinstance(e, Voted)}
    return [
        paper for paper in found.papers if any((person.id, paper.clause.id) not in voted for person in panel.voters)
    ]


def _until(events: Iterator[Event], folder: RunFolder, assembly: str, keep: dict[str, int]) -> list[Event]:
    first = sum(1 for _ in read_events(folder.transcript(assembly)))
    return [event for number, event in enumerate(events) if number < first + keep[assembly]]


def _without_judgments(settings: Settings) -> Settings:
    phases = tuple(p for p in settings.procedure.ratification if p.kind == "ballot")
    return settings.model_copy(update={"procedure": settings.procedure.model_copy(update={"ratification": phases})})
