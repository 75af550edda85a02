"""The first stage: who sits. Draws the panels and reports on the draw; hears nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from deliberation.people.selecting import Register, weighted
from deliberation.people.sortition import Draw
from deliberation.people.telling import telling
from deliberation.records.base import new_id
from deliberation.records.files import write_records, write_whole
from deliberation.records.folder import SELECTION, RunFolder
from deliberation.records.people import Panel
from deliberation.settings import Settings

Progress = Callable[[str, int, int, str], None]
"""Called with (stage, done, total, what has been bought so far)."""


def seat(settings: Settings, folder: RunFolder, progress: Progress) -> None:
    """Draw the panels -> `panels.jsonl`, and report on the draw -> `selection.json`."""
    panels, report = folder.path / "panels.jsonl", folder.path / SELECTION
    if panels.exists() and report.exists():
        return

    def searched(solved: int, gap: float) -> None:
        progress("finding a fair lottery", solved, settings.panel.effort, f"gap {gap:.1%}")

    draw = draw_of(settings, progress=searched)
    register = Register(settings.panel, draw)
    counted = _counted(register.entered(panels_of(settings, draw)), "seating panels", settings.assemblies, progress)
    write_records(panels, counted)
    selection, weights = register.closed()
    if weights is not None:
        write_records(panels, weighted(folder.panels(), weights))
    write_whole(report, selection.model_dump_json(indent=2) + "\n")


def assemblies(settings: Settings) -> list[str]:
    """Ids of the study's assemblies, in order."""
    return [new_id("a", settings.sitting_sha256, settings.question.id, number) for number in range(settings.assemblies)]


def lots(settings: Settings) -> list[str]:
    """What names each assembly's draws: nothing of the study but its question, so that its arms can be paired."""
    return [f"{settings.question.id}.{number}" for number in range(settings.assemblies)]


def panels_of(settings: Settings, draw: Draw) -> Iterator[Panel]:
    """The study's panels, one after another, with what is told of the people."""
    yield from map(telling(settings.panel.persona, draw.pool, seed=settings.seed), _panels(settings, draw))


def _panels(settings: Settings, draw: Draw) -> Iterator[Panel]:
    """The panels, each with other people beside it who will vote in its place where the procedure wants that."""
    addresses = [(a, settings.question.id) for a in assemblies(settings)]
    if settings.procedure.evaluators == "same":
        yield from draw.panels(addresses, lots=lots(settings))
        return
    twice = draw.panels(
        [one for one in addresses for _ in range(2)], lots=[lot for lot in lots(settings) for _ in range(2)]
    )
    for panel in twice:
        yield panel.model_copy(update={"fresh": next(twice).members})


def draw_of(settings: Settings, *, progress: Callable[[int, float], None] | None = None) -> Draw:
    """The draw of a study's panels."""
    seats = settings.procedure.seats
    return Draw(settings.panel, members=settings.members, seed=settings.seed, seats=seats, progress=progress)


def _counted(panels: Iterable[Panel], stage: str, total: int, progress: Progress) -> Iterator[Panel]:
    for done, panel in enumerate(panels, start=1):
        yield panel
        progress(stage, done, total, "")
