"""The clerk's stages: clauses found in transcripts, drafts judged, and what is made of both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from deliberation.assembly.driver import Job, Outcome
from deliberation.assembly.sitting import Proceedings
from deliberation.assembly.transcript import read_events
from deliberation.errors import RunError
from deliberation.models.open import open_clerk
from deliberation.models.requests import Roster
from deliberation.records.events import Event
from deliberation.records.files import write_records
from deliberation.records.folder import DISTILLATION
from deliberation.settings import People, Settings, Synthetic
from deliberation.specification import clerk
from deliberation.specification.distil import NOTHING_FOUND, Distilled, Findings, distil
from deliberation.specification.drafts import Draft, drafts_of
from deliberation.study.stages import Desk, driver_of, is_done, roster_of, roster_of_clerk, sittings


def distil_drafts(desk: Desk) -> tuple[Outcome, Distilled | None]:
    """All in order: clauses found in transcripts, all drafts judged, then made into clauses; null where it stopped."""
    found = find_clauses(desk)
    if found.stopped:
        return found, None
    drafts = drafts_in(desk)
    judged = review_drafts(desk, drafts)
    judged = judged._replace(replayed=found.replayed + judged.replayed)
    return judged, None if judged.stopped else distil_clauses(desk, drafts)


def find_clauses(desk: Desk) -> Outcome:
    """Let the clerk find clauses in every transcript, where the settings say so -> `events/<assembly>.found.jsonl`."""
    how = desk.settings.distillation
    if how.source == "drafted":
        return Outcome(0, {}, 0)
    if all(is_done(desk, desk.folder.found(panel.assembly)) for panel in desk.folder.panels()):
        return Outcome(desk.settings.assemblies, {}, 0)
    can_find(desk.settings)
    desk = clerks(desk)
    progress = sittings(desk, "transcripts searched for clauses")

    def jobs() -> Iterator[Job]:
        for panel in desk.folder.panels():
            path, past = desk.folder.found(panel.assembly), desk.folder.transcript(panel.assembly)
            roster = roster_of(desk.settings, panel)._replace(assembly=f"{panel.assembly}-found")
            if is_done(desk, path):
                progress(panel.assembly, "")
            else:
                yield Job(panel.assembly, partial(_find, desk, roster, list(read_events(past))), path)

    return driver_of(desk, progress).drive(jobs())


def review_drafts(desk: Desk, drafts: Sequence[Draft]) -> Outcome:
    """Let the clerk judge all drafts, where the settings say so -> `distillation.jsonl`."""
    settings, path = desk.settings, desk.folder.path / DISTILLATION
    if not settings.judged:
        path.unlink(missing_ok=True)
        return Outcome(0, {}, 0)
    if is_done(desk, path):
        return Outcome(1, {}, 0)
    desk = clerks(desk)
    start = partial(
        clerk.review, roster_of_clerk(settings, clerk.NAME), drafts, settings.distillation,
        attempts=settings.clerk.attempts, merge=not settings.imported,
    )  # fmt: skip
    progress = sittings(desk, "clauses judged", number=1)
    return driver_of(desk, progress).drive([Job(clerk.NAME, start, path)])


def distil_clauses(desk: Desk, drafts: Sequence[Draft]) -> Distilled:
    """Merge what was drafted -> `clauses.jsonl`, `ledger.jsonl`, `contests.jsonl`."""
    settings, folder = desk.settings, desk.folder
    rules, path = settings.rules, folder.path / DISTILLATION
    found = distil(
        settings.question.id,
        drafts,
        limit=rules.max_clauses,
        authority=rules.authority,
        merge=not settings.imported,  # people voted on their own words, and cannot vote again
        findings=Findings.of(read_events(path)) if settings.judged else NOTHING_FOUND,
        how=settings.distillation,
    )
    write_records(folder.path / "clauses.jsonl", found.clauses)
    write_records(folder.path / "ledger.jsonl", found.ledger)
    write_records(folder.path / "contests.jsonl", found.contests)
    return found


def drafts_in(desk: Desk) -> list[Draft]:
    """Every draft that the settings take for one: made in the assemblies, found afterwards, or both."""
    source, drafts = desk.settings.distillation.source, list[Draft]()
    for panel in desk.folder.panels():
        events = list(read_events(desk.folder.transcript(panel.assembly)))
        if source != "afterwards":
            drafts += drafts_of(panel.assembly, events)
        if source != "drafted":
            found = list(read_events(desk.folder.found(panel.assembly)))
            own = {event.id for event in found}
            drafts += [d for d in drafts_of(panel.assembly, [*events, *found]) if d.event in own]
    return drafts


def _find(desk: Desk, roster: Roster, past: list[Event]) -> Proceedings:
    return clerk.find(roster, past, desk.settings.distillation, attempts=desk.settings.clerk.attempts)


def can_find(settings: Settings) -> None:
    """See that somebody can draft clauses from a transcript, where they are to; found out before anything is asked.

    Raises:
        RunError: nobody can.
    """
    if settings.distillation.source == "drafted":
        return
    of = f"distillation={settings.distillation.id}"
    if isinstance(settings.clerk, People):
        raise RunError(f"{of}: nobody in an imported record can be asked; name who judges as distillation.clerk")
    if isinstance(settings.clerk, Synthetic) and not settings.question.considerations:
        raise RunError(f"{of}: the synthetic clerk drafts from an argument map, which this question has not")


def clerks(desk: Desk) -> Desk:
    """The desk at which the clerk is asked: another's, where the settings name one for the clerk alone."""
    if desk.settings.distillation.clerk is None:
        return desk
    return desk._replace(answerer=open_clerk(desk.settings))
