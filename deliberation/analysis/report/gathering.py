"""A run as the page shows it: one frozen view of all its parts. Reads the run folder; writes nothing."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from deliberation.analysis.report.arguments import Reason, reasons
from deliberation.analysis.report.asked import Asked, asked
from deliberation.analysis.report.checks import Checks, checks
from deliberation.analysis.report.hearing import Heard, hear
from deliberation.analysis.report.opinions import Flow, opinion_flows
from deliberation.analysis.report.origins import Origins, origins
from deliberation.analysis.report.rulings import Card, cards
from deliberation.analysis.report.transcripts import Sitting, sittings
from deliberation.errors import ConfigError
from deliberation.records.folder import GIVEN, RunFolder
from deliberation.settings import Settings

ASSEMBLIES = 20
"""Of how many assemblies the page holds the whole transcript, unless it is told otherwise."""


class Page(NamedTuple):
    """All that the page shows. `shown` of `assemblies` transcripts are on it; `given`: ballots were handed in."""

    run: str
    idea: str
    simulated: bool
    complete: bool
    status: str
    given: bool
    assemblies: int
    shown: int
    people: int
    events: int
    spoken: int
    statuses: dict[str, int]
    group_by: str
    asked: Asked
    cards: tuple[Card, ...]
    flows: tuple[Flow, ...]
    reasons: tuple[Reason, ...]
    sittings: tuple[Sitting, ...]
    checks: Checks
    origins: Origins


def gather(folder: RunFolder, settings: Settings, *, assemblies: int = ASSEMBLIES) -> Page:
    """Read a run.

    Args:
        folder: the run; it need not be complete.
        settings: those it was made with.
        assemblies: how many transcripts the page is to hold, the first drawn; at least 0.

    Raises:
        ConfigError: `assemblies` is negative.
        DataError: a file of the run is not what it should be.
    """
    if assemblies < 0:
        raise ConfigError(f"--assemblies {assemblies}: 0 or more")
    manifest = folder.manifest()
    content = manifest.content
    heard = hear(folder, assemblies=assemblies, group_by=settings.rules.group_by)
    found = cards(folder, settings, heard)
    return Page(
        run=content.run,
        idea=content.idea,
        simulated=content.simulated,
        complete=manifest.circumstances.status == "complete",
        status=manifest.circumstances.status.replace("_", " "),
        given=(folder.path / GIVEN).exists(),
        assemblies=len(heard.panels),
        shown=len(heard.sittings),
        people=len(heard.people),
        events=heard.events,
        spoken=heard.spoken,
        statuses=dict(Counter(card.status for card in found)),
        group_by=settings.rules.group_by,
        asked=asked(settings, content, heard, folder.selection()),
        cards=found,
        flows=opinion_flows(settings.question.positions, heard),
        reasons=reasons(settings.question, heard),
        sittings=sittings(settings.question, heard, {card.clause.id: card.clause.text for card in found}),
        checks=checks(folder, content, settings.question, heard),
        origins=origins(manifest, settings, _licences(heard, settings)),
    )


def _licences(heard: Heard, settings: Settings) -> set[str]:
    """Those of what the page quotes: people and question."""
    return {f"people: {person.licence}" for person in heard.people.values()} | {
        f"question: {settings.question.source.licence}"
    }
