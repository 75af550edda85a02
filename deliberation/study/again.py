"""Rule and encode once more on what a run has stored. Nobody deliberates.

With changed settings the result lies in a folder of its own beside the run, so that no ruling is lost.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from deliberation.assembly.driver import EventLoop
from deliberation.errors import RunError, StorageError
from deliberation.models.budget import Purse
from deliberation.models.journal import Journal
from deliberation.models.open import identity_of, open_answerer
from deliberation.models.scripted import Replaying
from deliberation.records.base import canonical, short_hash
from deliberation.records.files import read_json, write_whole
from deliberation.records.folder import DISTILLATION, GIVEN, SELECTION, RunFolder
from deliberation.records.manifest import Manifest
from deliberation.settings import Settings
from deliberation.settings.study import FREE
from deliberation.study import distilling, stages
from deliberation.study.encoding import encode
from deliberation.study.exemplifying import exemplify, keep_examples
from deliberation.study.given import read_ballots, votes_in
from deliberation.study.manifests import Bought, content_of, manifest_of
from deliberation.study.panels import Progress
from deliberation.study.ruling import rule_on_clauses
from deliberation.study.run import Stopwatch, alone, same_settings, silent
from deliberation.study.stages import Desk
from deliberation.study.stored import store_settings, stored_settings

_COPIED = ("events", "panels.jsonl", SELECTION, DISTILLATION, GIVEN, "calls.sqlite", ".hydra")
_KEEP = ".keep.json"


def rule_again(
    settings: Settings, path: Path, *, ballots: Path | None = None, progress: Progress = silent
) -> tuple[Manifest, Path]:
    """Distil and rule again.

    Args:
        settings: the run's settings, changed in `distillation`, `aggregation`, `encoding` or `ratify` or not at all.
            With another distillation the clerk is asked anew; with `ratify` set anew, canonical clauses that a panel
            has not wholly voted on are put to it.
        path: the run folder, which must be complete.
        ballots: a file of ballots that take the place of those in the transcripts; see `read_ballots`.
        progress: called with (stage, done, total, what has been bought so far).

    Returns:
        The manifest, and the folder that holds the result: `path` itself where nothing was changed. A ruling that was
        made before is returned as it stands.

    Raises:
        RunError: the run is not complete, or something else was changed.
        DataError: a file of the run is not the one that its manifest names.
    """
    folder, manifest = _complete(path)
    same_settings(settings, folder, besides=("distillation", "aggregation", "encoding", "ratify", *FREE))
    changed = settings.sha256 != manifest.content.config_sha256
    ask = changed and (settings.ratify or _judged_anew(settings, folder))
    who = manifest.content.models.get("all")
    own = who == str(identity_of(settings))
    if ask and not settings.imported and not own:
        raise RunError(f"{path}: answered by {who}, not by {identity_of(settings)}")
    if settings.distillation != stored_settings(folder.path).distillation:
        distilling.can_find(settings)
    given = None if ballots is None else _given(folder, settings, ballots)
    target = _beside(folder, settings, given) if changed or given is not None else folder
    if target is not folder and (target.path / "manifest.json").exists():
        (target.path / _KEEP).unlink(missing_ok=True)  # a kill can leave it
        return target.manifest(), target.path
    with (
        alone(target),
        Journal(target.journal, durable=ask and bool(settings.chats)) as journal,
        EventLoop() as loop,
    ):
        replaying = Replaying(identity_of(settings))  # ruling asks nobody
        free = own and not identity_of(settings).paid and not settings.imported
        answerer = open_answerer(settings) if free or (ask and not settings.imported) else replaying
        desk = Desk(
            settings,
            target,
            answerer,
            journal,
            Purse(settings.budget, journal.taken(), settings.prices),
            progress,
            loop.run,
        )
        began = Stopwatch.now()
        _stages(desk, folder, began, asked=ask, free=free)
        done = manifest_of(
            settings,
            target,
            answerer,
            began.at,
            began.seconds,
            status="complete",
            bought=Bought.of(journal, settings.prices),
        )
    content = done.content.model_copy(
        update={
            "assemblies": manifest.content.assemblies,
            "models": {**done.content.models, "all": manifest.content.models["all"]},
        }
    )
    done = done.model_copy(update={"content": content})
    if target is folder:
        done = done.model_copy(update={"circumstances": manifest.circumstances})
    target.write_manifest(done)
    (target.path / _KEEP).unlink(missing_ok=True)
    return done, target.path


def _stages(desk: Desk, folder: RunFolder, began: Stopwatch, *, asked: bool, free: bool) -> None:
    """What is carried out again, in order.

    Args:
        desk: with the folder that the result goes into.
        folder: the run.
        began: times each stage.
        asked: whether anybody may be asked what is not in the journal.
        free: whether those who answered the run are at hand and ask for nothing.
    """
    settings = desk.settings
    with began.stage("distil"):
        judged, found = distilling.distil_drafts(desk)
        if found is None:
            raise RunError(f"{desk.folder.path}: {next(iter(judged.stopped.values()))}; rule again to carry it on")
    if asked and settings.ratify:
        keep = {a: int(n) for a, n in read_json(desk.folder.path / _KEEP).items()}
        missing = stages.ask_missing(desk, found, keep=keep)
        if missing.stopped:
            raise RunError(f"{desk.folder.path}: {next(iter(missing.stopped.values()))}; rule again to carry it on")
    with began.stage("rule"):
        rule_on_clauses(desk)
    with began.stage("examples"):
        if settings.exemplified and _exemplified_anew(settings, folder, desk.folder, free=free):
            written = exemplify(desk)
            if written.stopped:
                raise RunError(f"{desk.folder.path}: {next(iter(written.stopped.values()))}; rule again to carry it on")
        elif settings.exemplified and desk.folder.path != folder.path:
            keep_examples(desk.folder, folder)
    with began.stage("encode"):
        encode(desk.folder, settings, content_of(settings, desk.answerer, desk.folder))
    with began.stage("truth"):
        if free:
            stages.plant_truth(desk, found)


def encode_again(settings: Settings, path: Path) -> dict[str, int]:
    """Make the encoding again from the stored rulings. Returns the number of rows by file.

    Raises:
        RunError: the run is not complete, or these are not its settings.
    """
    folder, manifest = _complete(path)
    same_settings(settings, folder, besides=FREE)
    content = manifest.content
    with alone(folder):
        counts = encode(folder, settings, content)
        files = content.model_copy(update={"files": folder.hashes()})
        folder.write_manifest(manifest.model_copy(update={"content": files}))
    return counts


def _judged_anew(settings: Settings, folder: RunFolder) -> bool:
    """Whether the clerk has anything to do that it has not done in this run."""
    how = settings.distillation
    return (settings.judged or how.source != "drafted") and how != stored_settings(folder.path).distillation


def _exemplified_anew(settings: Settings, folder: RunFolder, target: RunFolder, *, free: bool) -> bool:
    """Whether examples are to be written: by whoever asks for nothing, or because a clause stands that did not."""
    if free and settings.distillation.clerk is None:
        return True
    if settings.distillation.clerk is None or target.path == folder.path:
        return False
    return (
        not target.standing() <= folder.standing()
        or settings.encoding.examples != stored_settings(folder.path).encoding.examples
    )


def _complete(path: Path) -> tuple[RunFolder, Manifest]:
    """A run that was finished and stands as it was then, but for what can be made again."""
    folder = RunFolder.existing(path)
    manifest = folder.manifest()
    if manifest.circumstances.status != "complete":
        raise RunError(f"{path}: the run is {manifest.circumstances.status}, not complete; resume it first")
    folder.verify(besides=("encoding/", "truth/"))
    return folder, manifest


def _what(settings: Settings, folder: RunFolder, given: str | None) -> str:
    """What is other than in the run itself, in a word or two for the folder's name."""
    before = stored_settings(folder.path)
    groups = ("distillation", "aggregation", "encoding")
    told = [getattr(settings, name).id for name in groups if getattr(settings, name) != getattr(before, name)]
    return "-".join([*told, *(["ballots"] if given is not None else [])]) or "own"


def _given(folder: RunFolder, settings: Settings, path: Path) -> str:
    """The lines of a file of ballots, once each is known to be right."""
    panels, rules = list(folder.panels()), settings.rules
    found = read_ballots(path, panels, folder.clauses(), group_by=rules.group_by, votes=votes_in(folder))
    return "".join(f"{ballot.line()}\n" for ballot in found)


def _beside(folder: RunFolder, settings: Settings, given: str | None) -> RunFolder:
    """The folder for another ruling on the same transcripts, with a copy of what it rests on."""
    mark = short_hash(settings.sha256, *(() if given is None else (given,)), size=4)
    target = RunFolder(folder.path.with_name(f"{folder.path.name}_rule-{_what(settings, folder, given)}-{mark}"))
    if (target.path / "manifest.json").exists():  # this ruling has been made already
        return target
    if not (target.path / _KEEP).exists():
        shutil.rmtree(target.path, ignore_errors=True)
        _copy(folder, target, judged=_judged_anew(settings, folder))
    if given is not None:
        write_whole(target.path / GIVEN, given)
    with Journal(target.journal, durable=False) as journal:
        journal.note("settings", canonical(settings.fixed()))
    store_settings(settings, target)
    return target


def _copy(folder: RunFolder, target: RunFolder, *, judged: bool) -> None:
    """Copy what another ruling rests on; what the clerk found and judged only where it is not to do so anew."""
    with Journal(folder.journal, durable=False):  # closing it folds the write-ahead log into the file
        pass
    try:
        target.path.mkdir(parents=True)
        for name in _COPIED:
            source = folder.path / name
            if source.is_dir():
                left = shutil.ignore_patterns("*.found.jsonl") if judged else None
                shutil.copytree(source, target.path / name, ignore=left)
            elif source.exists() and not (judged and name == DISTILLATION):
                shutil.copy2(source, target.path / name)
    except OSError as error:
        raise StorageError(f"{target.path}: {error.strerror or error}") from error
    write_whole(target.path / _KEEP, json.dumps(_lines(folder)))


def _lines(folder: RunFolder) -> dict[str, int]:
    counts = {}
    for panel in folder.panels():
        path = folder.transcript(panel.assembly, ratification=True)
        counts[panel.assembly] = len(path.read_bytes().splitlines()) if path.exists() else 0
    return counts
