"""The stages, one function each: every stage reads files of the run folder and writes files there.

So a later stage can be carried out again alone, and what stands on disk is all that the next one knows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from deliberation.assembly import seating
from deliberation.assembly.driver import Driver, Job, Outcome, Run
from deliberation.assembly.sitting import Proceedings, Sitting, deliberate, ratify
from deliberation.assembly.transcript import read_events
from deliberation.encoding import files as encoding_files
from deliberation.encoding.constitution import constitution
from deliberation.encoding.rows import Ruled, preferences, supervised
from deliberation.errors import RunError
from deliberation.export.specfiles import write_spec
from deliberation.models.budget import Purse
from deliberation.models.journal import Journal
from deliberation.models.open import identity_of, open_bulk
from deliberation.models.requests import Answerer, Roster
from deliberation.models.tasks import Paper
from deliberation.records.encoding import PreferenceRow, SftRow
from deliberation.records.events import Event, Failed, Voted
from deliberation.records.files import sha256, write_records
from deliberation.records.folder import RunFolder
from deliberation.records.manifest import Content
from deliberation.records.people import Panel
from deliberation.records.specification import Ballot, Judgment
from deliberation.settings import Settings, Synthetic
from deliberation.specification.ballots import ballots_of, judgments_of, second_sitting
from deliberation.specification.distil import Distilled, distil, drafts_of
from deliberation.specification.rulings import rule
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
    progress = _sittings(desk, "assemblies deliberate")

    def jobs() -> Iterator[Job]:
        for panel in desk.folder.panels():
            path = desk.folder.transcript(panel.assembly)
            if _is_done(desk, path):
                progress(panel.assembly, "")
            else:
                yield Job(panel.assembly, _first(desk.settings, panel), path)

    return _driver(desk, progress).drive(jobs())


def distil_clauses(desk: Desk) -> Distilled:
    """Merge what was drafted -> `clauses.jsonl`, `ledger.jsonl`."""
    drafts = [
        draft
        for panel in desk.folder.panels()
        for draft in drafts_of(panel.assembly, read_events(desk.folder.transcript(panel.assembly)))
    ]
    rules = desk.settings.rules
    merge = not desk.settings.imported  # people voted on their own words, and cannot vote again
    found = distil(desk.settings.question.id, drafts, limit=rules.max_clauses, authority=rules.authority, merge=merge)
    write_records(desk.folder.path / "clauses.jsonl", found.clauses)
    write_records(desk.folder.path / "ledger.jsonl", found.ledger)
    return found


def ratify_clauses(desk: Desk, found: Distilled) -> Outcome:
    """Let every panel vote once on the canonical clauses and judge the cases -> `events/<assembly>.ratify.jsonl`."""
    papers = [Paper(clause, found.meanings[clause.id]) for clause in found.clauses]

    progress = _sittings(desk, "panels ratify")

    def jobs() -> Iterator[Job]:
        for panel in desk.folder.panels():
            path = desk.folder.transcript(panel.assembly, ratification=True)
            if not _is_done(desk, path):
                past = desk.folder.transcript(panel.assembly)
                start = _second(desk.settings, panel, partial(read_events, past), papers)
                yield Job(panel.assembly, start, path)
            else:
                progress(panel.assembly, "")

    return _driver(desk, progress).drive(jobs())


def ask_missing(desk: Desk, found: Distilled, *, keep: dict[str, int]) -> Outcome:
    """Put to each panel the canonical clauses that it has not wholly voted on.

    Args:
        desk: as for every stage.
        found: the clauses.
        keep: lines of each assembly's ratification that were there before this was first asked for.
    """
    progress = _sittings(desk, "panels vote on what is missing")

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

    return _driver(desk, progress).drive(jobs())


def rule_on_clauses(desk: Desk) -> None:
    """Count and rule -> `ballots.jsonl`, `judgments.jsonl`, `rulings.jsonl`."""
    folder, settings = desk.folder, desk.settings
    clauses = folder.clauses()
    claims = {c.id: c.claim for c in settings.question.considerations}
    reasons: dict[str, str] = {}
    judged: list[Judgment] = []
    seats: list[int] = []

    def ballots() -> Iterator[Ballot]:
        for panel in folder.panels():
            events = list(folder.events(panel.assembly))
            reasons.update(_reasons(events, claims))
            judged.extend(judgments_of(panel, events))
            seats.append(len(panel.voters))
            found = ballots_of(panel, events, clauses, group_by=settings.rules.group_by)
            yield from (b for b in found if b.choice != "missing") if settings.imported else found

    write_records(folder.path / "ballots.jsonl", ballots())
    write_records(folder.path / "judgments.jsonl", judged)
    rulings = rule(
        clauses,
        folder.ballots(),
        reasons,
        settings.rules,
        run=settings.run,
        seed=settings.seed,
        seats=sum(seats),
    )
    write_records(folder.path / "rulings.jsonl", rulings)


def plant_truth(desk: Desk, found: Distilled) -> None:
    """What the synthetic public would say -> `truth/truth.jsonl`. Nothing else in a study reads it."""
    own = str(desk.answerer.identity) == str(identity_of(desk.settings))  # nobody else was handed in
    if desk.settings.truth and isinstance(desk.settings.model, Synthetic) and own:
        write_records(desk.folder.path / "truth" / "truth.jsonl", planted(desk.settings, found.meanings))


def encode(folder: RunFolder, settings: Settings, content: Content) -> dict[str, int]:
    """Make rows -> `encoding/`. Returns the number of rows by file."""
    run, simulated = content.run, content.simulated
    rulings = {ruling.clause: ruling for ruling in folder.rulings()}
    clauses = folder.clauses()
    ruled = Ruled(settings.question, list(folder.judgments()), rulings, run, simulated)
    counts: dict[str, int] = {}
    if settings.encoding.preferences:
        pairs = preferences(ruled, settings.encoding)
        encoding_files.write_rows(folder.encoding, "preferences", pairs, PreferenceRow)
        counts["preferences"] = len(pairs)
    if settings.encoding.sft:
        examples = supervised(ruled, settings.encoding)
        encoding_files.write_rows(folder.encoding, "sft", examples, SftRow)
        counts["sft"] = len(examples)
    if settings.encoding.constitution:
        principles = constitution(
            clauses, rulings, run=run, question=settings.question.id, idea=settings.idea, simulated=simulated
        )
        encoding_files.write_constitution(folder.encoding, principles)
        counts["constitution"] = len(principles.principles)
    write_spec(folder, content, settings.question)
    encoding_files.write_card(
        folder.encoding,
        title=f"{settings.question.title}: {settings.study}",
        licence=settings.encoding.licence,
        simulated=simulated,
        counts=counts,
    )
    return counts


def failures(folder: RunFolder) -> dict[str, int]:
    """Replies that stayed unreadable, by kind of task."""
    found: Counter[str] = Counter()
    for panel in folder.panels():
        found.update(e.task for e in folder.events(panel.assembly) if isinstance(e, Failed))
    return dict(sorted(found.items()))


def roster_of(settings: Settings, panel: Panel) -> Roster:
    """What is settled for one panel before a word is said."""
    roster = Roster.of(
        assembly=panel.assembly,
        seed=settings.seed,
        idea=settings.idea,
        question=settings.question,
        members=panel.members,
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


def sitting_of(settings: Settings, panel: Panel) -> Sitting:
    """One panel's sitting."""
    return Sitting(roster_of(settings, panel), settings.procedure, settings.witness, settings.model.attempts)


def _is_done(desk: Desk, path: Path) -> bool:
    """Whether a sitting was closed and stands as it was then; any other is gone through again, line by line."""
    return path.exists() and desk.journal.noted(f"closed {path.name}") == sha256(path)


def _first(settings: Settings, panel: Panel) -> Callable[[], Proceedings]:
    return lambda: deliberate(sitting_of(settings, panel))


def _second(
    settings: Settings, panel: Panel, past: Callable[[], Iterable[Event]], papers: list[Paper]
) -> Callable[[], Proceedings]:
    voting = panel.model_copy(update={"members": panel.voters, "fresh": ()})
    return lambda: ratify(sitting_of(settings, voting), list(past()), papers)


def _driver(desk: Desk, progress: Callable[[str, str], None]) -> Driver | BulkDriver:
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


def _sittings(desk: Desk, stage: str) -> Callable[[str, str], None]:
    done = 0

    def progress(_assembly: str, phase: str) -> None:
        nonlocal done
        done += phase == ""
        bought = str(desk.purse) if desk.answerer.identity.paid else ""
        desk.progress(stage, done, desk.settings.assemblies, bought)

    return progress


def _reasons(events: Iterable[Event], claims: dict[str, str]) -> dict[str, str]:
    """Why each opponent opposed: the first consideration that the vote names."""
    found = {}
    for event in events:
        if isinstance(event, Voted) and event.choice == "oppose" and event.points:
            point = event.points[0]
            claim = claims.get(point.consideration, point.consideration)
            found[event.id] = claim if point.stance > 0 else f"It is not accepted that: {claim}"
    return found


def _missing(panel: Panel, events: Iterable[Event], found: Distilled) -> list[Paper]:
    voted = {(e.speaker, e.clause) for e in second_sitting(events) if isinstance(e, Voted)}
    return [
        Paper(clause, found.meanings[clause.id])
        for clause in found.clauses
        if any((person.id, clause.id) not in voted for person in panel.voters)
    ]


def _until(events: Iterator[Event], folder: RunFolder, assembly: str, keep: dict[str, int]) -> list[Event]:
    first = sum(1 for _ in read_events(folder.transcript(assembly)))
    return [event for number, event in enumerate(events) if number < first + keep[assembly]]


def _without_judgments(settings: Settings) -> Settings:
    phases = tuple(p for p in settings.procedure.ratification if p.kind == "ballot")
    return settings.model_copy(update={"procedure": settings.procedure.model_copy(update={"ratification": phases})})
