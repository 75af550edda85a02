"""The manifest of a run: what it is, who answered, what it took. Writes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import metadata
from typing import Any, NamedTuple

from deliberation.analysis.diagnostics import diagnose, patterns_of
from deliberation.models.budget import cost_of
from deliberation.models.journal import Journal
from deliberation.models.open import identities_of
from deliberation.models.requests import Answerer
from deliberation.records.base import SCHEMA
from deliberation.records.folder import RunFolder
from deliberation.records.manifest import Circumstances, Content, Manifest, RunStatus, Usage
from deliberation.settings import Prices, Settings
from deliberation.study import stages
from deliberation.study.given import run_of
from deliberation.study.panels import assemblies


class Bought(NamedTuple):
    """What a run has bought, and what that cost in USD; null where it is not known."""

    usage: Usage
    usd: float | None

    @classmethod
    def of(cls, journal: Journal, prices: Prices | None, *, replayed: int = 0) -> Bought:
        """From its journal."""
        cost = cost_of(journal.taken(), prices)
        usage = journal.usage().model_copy(update={"replayed": replayed})
        return cls(usage, None if cost is None else round(cost, 6))


NOTHING = Bought(Usage(), None)


def manifest_of(  # noqa: PLR0913  the circumstances of a run
    settings: Settings,
    folder: RunFolder,
    answerer: Answerer,
    started: str,
    seconds: dict[str, float],
    *,
    status: RunStatus,
    bought: Bought = NOTHING,
    error: str | None = None,
) -> Manifest:
    """The manifest of a run. Hashes and failures are taken only once it is complete."""
    content = content_of(settings, answerer, folder)
    if status == "complete":
        update: dict[str, Any] = {"failures": stages.failures(folder), "files": folder.hashes()}
        if content.simulated:  # whether a simulation is valid is no question about people
            update["diagnostics"] = diagnose(folder, settings.question).model_dump()
            update["patterns"] = patterns_of(folder).model_dump()
        content = content.model_copy(update=update)
    circumstances = Circumstances(
        status=status,
        started=started,
        ended=None if status == "running" else now(),
        software=_software(),
        usage=bought.usage,
        cost=bought.usd,
        seconds=seconds,
        error=error,
    )
    return Manifest(content=content, circumstances=circumstances)


def content_of(settings: Settings, answerer: Answerer, folder: RunFolder) -> Content:
    """What a run is, before there are files to hash."""
    return Content(
        schema_version=SCHEMA,
        run=run_of(settings, folder),
        study=settings.study,
        idea=settings.idea,
        seed=settings.seed,
        simulated=not settings.imported,
        config_sha256=settings.sha256,
        models=_models(settings, answerer),
        assemblies=tuple(assemblies(settings)),
        failures={},
        files={},
    )


def _models(settings: Settings, answerer: Answerer) -> dict[str, str]:
    """Who answers, by place: those whom the settings name, unless somebody else was handed in."""
    named, who = identities_of(settings), str(answerer.identity)
    return named if named["all"] == who else {"all": who}


def _software() -> dict[str, str]:
    names = ("deliberation", "numpy", "scipy", "pydantic", "pyarrow")
    return {name: metadata.version(name) for name in names}


def now() -> str:
    """The time, to the second, in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")
