"""The stage of worked examples: the clerk writes them, and says from the replies alone what they are of."""

from __future__ import annotations

from functools import partial

from deliberation.assembly.driver import Job, Outcome
from deliberation.assembly.transcript import read_events
from deliberation.encoding import examples
from deliberation.records.files import write_bytes, write_records
from deliberation.records.folder import EXEMPLIFICATION, RunFolder
from deliberation.study.distilling import clerks
from deliberation.study.stages import Desk, driver_of, is_done, roster_of_clerk, sittings


def exemplify(desk: Desk) -> Outcome:
    """Write examples of what was adopted or contested -> `exemplification.jsonl` and what it says.

    That is `examples.jsonl` and `recognitions.jsonl`. Nothing where the settings want none, or nobody can be asked.
    """
    settings, folder = desk.settings, desk.folder
    path = folder.path / EXEMPLIFICATION
    if not settings.exemplified:
        return Outcome(0, {}, 0)
    outcome = Outcome(1, {}, 0)
    if not is_done(desk, path):
        work = examples.exemplifying(
            folder.clauses(), folder.rulings(), settings.question.cases, folder.cases(), settings.encoding,
            attempts=settings.clerk.attempts,
        )  # fmt: skip
        start = partial(examples.exemplify, roster_of_clerk(settings, examples.NAME), work)
        desk = clerks(desk)
        outcome = driver_of(desk, sittings(desk, "examples written", number=1)).drive([Job(examples.NAME, start, path)])
        if outcome.stopped:
            return outcome
    events = list(read_events(path))
    found = examples.examples_of(settings.question.id, events)
    write_records(folder.path / "examples.jsonl", found)
    told = examples.recognitions_of(found, events) if settings.encoding.recognise else []
    write_records(folder.path / "recognitions.jsonl", told)
    return outcome


def keep_examples(folder: RunFolder, before: RunFolder) -> None:
    """Take over another run's examples of the clauses that are adopted or contested here too; nobody is asked."""
    standing = folder.standing()
    kept = [e for e in before.examples() if e.clause in standing]
    if (before.path / EXEMPLIFICATION).exists():
        write_bytes(folder.path / EXEMPLIFICATION, (before.path / EXEMPLIFICATION).read_bytes())
    ids = {e.id for e in kept}
    write_records(folder.path / "examples.jsonl", kept)
    told = [r for r in before.recognitions() if r.example in ids]
    write_records(folder.path / "recognitions.jsonl", told)
