"""Carry a study out, and carry an interrupted one on. The order of the stages stands here, their work in `stages`."""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deliberation.assembly.driver import EventLoop
from deliberation.errors import BudgetExhausted, DeliberationError, RunError, StorageError
from deliberation.models.budget import Purse
from deliberation.models.journal import Journal
from deliberation.models.open import open_answerer
from deliberation.models.prompts import check
from deliberation.models.requests import Answerer
from deliberation.records.base import canonical
from deliberation.records.folder import RunFolder
from deliberation.records.manifest import Manifest, RunStatus
from deliberation.settings import Settings
from deliberation.settings.models import CARRIAGE
from deliberation.settings.study import FREE
from deliberation.study import distilling, stages
from deliberation.study.encoding import encode
from deliberation.study.exemplifying import exemplify
from deliberation.study.manifests import Bought, content_of, manifest_of, now
from deliberation.study.panels import Progress, seat
from deliberation.study.ruling import rule_on_clauses
from deliberation.study.stages import Desk
from deliberation.study.stored import store_settings


def silent(_stage: str, _done: int, _total: int, _bought: str) -> None:
    """Shows no progress."""


def run_study(
    settings: Settings, path: Path, *, answerer: Answerer | None = None, progress: Progress = silent
) -> Manifest:
    """Carry a study out in a folder that holds no run yet.

    Args:
        settings: the study.
        path: the run folder; made if it is not there.
        answerer: who answers; by default whom the settings name.
        progress: called with (stage, done, total, what has been bought so far).

    Returns:
        The manifest as it stands at the end: `complete`, or `incomplete` where an answerer failed some assemblies.

    Raises:
        RunError: the folder holds a run already.
        BudgetExhausted: a cap was reached; the run can be resumed.
        StorageError: the disk would not take what had to be written; the run can be resumed.
    """
    if (path / "manifest.json").exists():
        raise RunError(f"{path}: there is a run here already; resume it, or choose another hydra.run.dir")
    check(settings.prompts)
    began, who = Stopwatch.now(), answerer or open_answerer(settings)
    folder = made(path)
    folder.write_manifest(manifest_of(settings, folder, who, began.at, began.seconds, status="running"))
    store_settings(settings, folder)
    return _carry_on(settings, folder, began, answerer=who, progress=progress)


def resume_study(
    settings: Settings, path: Path, *, answerer: Answerer | None = None, progress: Progress = silent
) -> Manifest:
    """Carry an interrupted run on; replies in its journal are not asked for again.

    Args:
        settings: as the run began, but for budget and concurrency.
        path: the run folder.
        answerer: who answers; by default whom the settings name.
        progress: called with (stage, done, total, what has been bought so far).

    Raises:
        RunError: the settings differ from those that the run began with; names the first difference.
    """
    folder = RunFolder.existing(path)
    manifest = folder.manifest()
    if manifest.circumstances.status == "complete":
        return manifest
    same_settings(settings, folder, besides=FREE)
    who = answerer or open_answerer(settings)
    began_with = manifest.content.models.get("all")
    if began_with != str(who.identity):
        raise RunError(f"{path}: this run was answered by {began_with} so far; this version answers as {who.identity}")
    began = Stopwatch(manifest.circumstances.started, dict(manifest.circumstances.seconds))
    return _carry_on(settings, folder, began, answerer=who, progress=progress)


@contextmanager
def alone(folder: RunFolder) -> Iterator[None]:
    """Hold a run folder against other processes; the lock falls with the process, however that ends.

    Raises:
        RunError: another process is at work on the run.
    """
    try:
        lock = (folder.path / ".lock").open("w")
    except OSError as error:
        raise StorageError(f"{folder.path}: {error.strerror or error}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunError(f"{folder.path}: another process is at work on this run") from None
        yield


class Stopwatch:
    """When the run began, and how long each stage has taken so far."""

    def __init__(self, at: str, seconds: dict[str, float]) -> None:
        self.at = at
        self.seconds = seconds

    @classmethod
    def now(cls) -> Stopwatch:
        """A run that begins now."""
        return cls(now(), {})

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what is done inside, and add it to what the stage has taken before."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - begun
            self.seconds[name] = round(self.seconds.get(name, 0.0) + spent, 3)


def _carry_on(
    settings: Settings, folder: RunFolder, began: Stopwatch, *, answerer: Answerer, progress: Progress
) -> Manifest:
    check(settings.prompts)
    who = answerer
    with (
        alone(folder),
        Journal(folder.journal, durable=who.identity.paid or bool(settings.chats)) as journal,
        EventLoop() as loop,
    ):
        folder.write_manifest(manifest_of(settings, folder, who, began.at, began.seconds, status="running"))
        if journal.noted("settings") is None:
            journal.note("settings", canonical(settings.fixed()))
        purse = Purse(settings.budget, journal.taken(), settings.prices)
        desk = Desk(settings, folder, who, journal, purse, progress, loop.run)
        status: RunStatus = "failed"
        error: str | None = None
        replayed = 0
        try:
            stopped, replayed = _stages(desk, began)
            status = "incomplete" if stopped else "complete"
            error = next(iter(stopped.values()), None)
        except BudgetExhausted as exhausted:
            status, error = "budget_exhausted", str(exhausted)
            raise
        except StorageError as full:
            status, error = "incomplete", str(full)
            raise
        except DeliberationError as problem:
            error = str(problem)
            raise
        except (KeyboardInterrupt, SystemExit):
            status, error = "incomplete", "interrupted"
            raise
        finally:
            bought = Bought.of(journal, settings.prices, replayed=replayed)
            manifest = manifest_of(
                settings, folder, who, began.at, began.seconds, status=status, bought=bought, error=error
            )
            _write_last(folder, manifest)
    return manifest


def _stages(desk: Desk, began: Stopwatch) -> tuple[dict[str, str], int]:
    """All stages in order. Returns what stopped which assembly, and how many replies came from the journal."""
    with began.stage("seat"):
        seat(desk.settings, desk.folder, desk.progress)
    with began.stage("deliberate"):
        first = stages.sit(desk)
    if first.stopped:
        return first.stopped, first.replayed
    with began.stage("distil"):
        judged, found = distilling.distil_drafts(desk)
        if found is None:
            return judged.stopped, first.replayed + judged.replayed
    with began.stage("ratify"):
        second = stages.ratify_clauses(desk, found)
    replayed = first.replayed + judged.replayed + second.replayed
    if second.stopped:
        return second.stopped, replayed
    with began.stage("rule"):
        rule_on_clauses(desk)
    with began.stage("examples"):
        third = exemplify(desk)
    replayed += third.replayed
    if third.stopped:
        return third.stopped, replayed
    with began.stage("encode"):
        encode(desk.folder, desk.settings, content_of(desk.settings, desk.answerer, desk.folder))
    with began.stage("truth"):
        stages.plant_truth(desk, found)
    return {}, replayed


def _write_last(folder: RunFolder, manifest: Manifest) -> None:
    """On a full disk the manifest keeps saying `running`, which resumes as well."""
    try:
        folder.write_manifest(manifest)
    except StorageError:
        if manifest.circumstances.status == "complete":
            raise


def made(path: Path) -> RunFolder:
    """A run folder that is there."""
    folder = RunFolder(path)
    try:
        folder.events_folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror or error}") from error
    return folder


def same_settings(settings: Settings, folder: RunFolder, *, besides: tuple[str, ...]) -> None:
    """See that settings are those that a run began with.

    Args:
        settings: the settings.
        folder: the run.
        besides: names of those that may differ.

    Raises:
        RunError: another one differs; names it, and both values where they are short.
    """
    if settings.sha256 == folder.manifest().content.config_sha256:
        return
    with Journal(folder.journal, durable=False) as journal:
        began = json.loads(journal.noted("settings") or "{}")
    now = settings.fixed()
    for name in (n for n in now if n not in besides and now[n] != began.get(n)):
        values = "" if isinstance(now[name], dict | list) else f" ({began.get(name)!r} -> {now[name]!r})"
        raise RunError(
            f"{folder.path}: {name}{_where(began.get(name), now[name])} is not what this run began with{values}; only "
            f"{', '.join(besides)} may change, and of a chat model {', '.join(CARRIAGE)}"
        )


def _where(began: Any, now: Any) -> str:
    """Where inside a setting the first difference lies, as `.base_url`; empty where it is no group."""
    if not isinstance(began, dict) or not isinstance(now, dict):
        return ""
    for name in (n for n in now if now[n] != began.get(n)):
        return f".{name}{_where(began.get(name), now[name])}"
    return ""
