"""The commands themselves: each calls one function of a lower room and says what came of it."""

from __future__ import annotations

import json as json_
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deliberation.errors import BudgetExhausted, ConfigError, DataError, RunError
from deliberation.records.base import Record
from deliberation.records.folder import RunFolder
from deliberation.records.manifest import Manifest
from deliberation.settings import Settings
from deliberation.settings.models import PEOPLE
from deliberation.settings.study import FREE

if TYPE_CHECKING:
    from deliberation.study.operating import Operating


def run(arguments: list[str], *, json: bool) -> int:
    """A whole study."""
    from deliberation.cli.compose import carry_out
    from deliberation.cli.progress import bars
    from deliberation.study import run_study

    done: list[tuple[Manifest, Path, Settings]] = []

    def task(settings: Settings, path: Path) -> int:
        with bars() as progress, _resumable(path):
            done.append((run_study(settings, path, progress=progress), path, settings))
        return 0

    status = carry_out(arguments, task)
    return max([status, *(_closing(manifest, path, settings, json=json) for manifest, path, settings in done)])


def power(overrides: list[str], *, sizes: list[int], wanted: dict[str, Any], studies: int | None, json: bool) -> int:
    """How many assemblies of what size; and, in so many simulated studies where asked, how every rule and gate does."""
    from deliberation.cli.compose import settings_for
    from deliberation.study import power_of
    from deliberation.study.operating import operating_of

    settings = settings_for(overrides)
    found = power_of(settings, sizes=sizes, **wanted)
    if studies is not None:
        found = found.model_copy(update={"rules": operating_of(settings, studies=studies)})
    if json:
        _print_json(found)
        return 0
    _say(f"SIMULATED: the synthetic public on {found.question} by {found.procedure}, {found.panels} panels a size.")
    _say(f"Variance of one assembly's support: {found.a:.5f} + {found.b:.4f} / members\n")
    wanted_width, wanted_effect = f"{found.level:.0%} interval {found.width:g} wide", f"effect of {found.effect:g}"
    _say(f"{'':>7}  {'one assembly':>19}  {wanted_width:>27}  {wanted_effect:>23}")
    heads = ("SD", "by formula", "by formula", "simulated", "each arm", "power")
    _say(f"members  {heads[0]:>8} {heads[1]:>10}  {heads[2]:>13} {heads[3]:>13}  {heads[4]:>11} {heads[5]:>11}")
    for size in found.sizes:
        _say(
            f"{size.members:>7}  {size.sd:>8.3f} {size.fitted:>10.3f}  {size.for_width:>13} {size.enough:>13}  "
            f"{size.for_effect:>11} {size.power:>11.2f}"
        )
    known = found.cheapest is not None
    cheapest = f"panels of about {found.cheapest:.0f}" if known else "the larger the panels, the cheaper"
    _say(f"\nCheapest, where an assembly costs as much as {found.ratio:g} members: {cheapest}.")
    if found.rules:
        _say(f"\nRules and gates: {studies} studies of {settings.assemblies} assemblies of {settings.members}.")
        _say_rules(found.rules)
    return 0


def _say_rules(rows: Sequence[Operating]) -> None:
    """How every rule and gate does, as a table."""
    heads = ("adopted", "rejected", "contested", "no ruling", "flips", "deserving", "false", "worst")
    _say(f"{'':>4} {'':<26}" + "".join(f" {head:>9}" for head in heads))
    for row in rows:
        shares = (row.adopted, row.rejected, row.contested, row.no_ruling, row.flips)
        errors = ("-" if share is None else f"{share:.3f}" for share in (row.false, row.worst))
        cells = (*(f"{share:.3f}" for share in shares), str(row.deserving), *errors)
        _say(f"{row.kind:>4} {row.name:<26}" + "".join(f" {cell:>9}" for cell in cells))
    _say(
        "deserving: clauses to adopt by the rule's own answer from very many assemblies; false, worst: how often others"
    )
    _say("are adopted, mean and most. Gates are on alone, over the share rule. In the model everybody votes.")


def resume(path: Path, overrides: list[str], *, json: bool) -> int:
    """Carry an interrupted run on."""
    from deliberation.cli.compose import changed
    from deliberation.cli.progress import bars
    from deliberation.study import resume_study, settings_from, stored_plain

    plain = changed(stored_plain(path), overrides, allowed=(*FREE, "model"), what="resume")
    settings = settings_from(plain)
    finished = RunFolder.existing(path).manifest().circumstances.status == "complete"
    with bars() as progress, _resumable(path):
        manifest = resume_study(settings, path, progress=progress)
    if finished and not json:
        _say(f"{path}: the run is complete; there is nothing to resume")
        return 0
    return _closing(manifest, path, settings, json=json)


def rule(path: Path, overrides: list[str], *, ballots: Path | None, own: Path | None = None, json: bool) -> int:
    """Distil and rule again."""
    from deliberation.cli.compose import changed
    from deliberation.cli.progress import bars
    from deliberation.study import rule_again, settings_from, stored_plain

    allowed = ("distillation", "aggregation", "encoding", "ratify", "model", *FREE)
    plain = stored_plain(path)
    settings = settings_from(changed(plain, [*_kept(plain), *overrides], allowed=allowed, what="rule", own=own))
    with bars() as progress:
        manifest, target = rule_again(settings, path, ballots=ballots, progress=progress)
    return _closing(manifest, target, settings, json=json)


_OWN = ("quorum", "min_assemblies", "max_clauses", "group_by")


def _kept(plain: dict[str, Any]) -> list[str]:
    """What an imported run's own rules keep when others are laid over: one assembly, its comments, its groups."""
    if plain["model"]["kind"] != PEOPLE:
        return []
    return [f"aggregation.{name}={plain['aggregation'][name]}" for name in _OWN]


def encode(path: Path, *, json: bool) -> int:
    """Make the rows again."""
    from deliberation.study import encode_again, stored_settings

    counts = encode_again(stored_settings(path), path)
    if json:
        _say(json_.dumps(counts))
    else:
        _say(f"{path / 'encoding'}: " + ", ".join(f"{n} {name}" for name, n in counts.items()))
    return 0


def export(paths: list[Path], repo: Path, *, json: bool) -> int:
    """One commit in a specification repository."""
    from deliberation.export.repository import export_runs
    from deliberation.export.specfiles import parcel_of
    from deliberation.study import stored_settings

    parcels = [parcel_of(RunFolder.existing(path), stored_settings(path)) for path in paths]
    done = export_runs(parcels, repo)
    if json:
        _say(json_.dumps({**done._asdict(), "change": done.change.model_dump(mode="json")}))
    elif done.commit is None:
        _say(f"{repo}: nothing has changed, so there is no commit")
    else:
        changes = ", ".join(f"{len(ids)} {kind}" for kind, ids in done.change.model_dump().items() if ids)
        _say(f"{repo}: commit {done.commit[:12]} on {done.branch} ({changes or 'no clause changed'})")
        place = shlex.quote(str(repo))
        if not done.created:
            _say(f"  your working tree is as it was; look at it with: git -C {place} diff HEAD...{done.branch}")
            _say(f"  {done.described} says what it would change; once you have pushed the branch, propose it with:")
            page = f"git -C {place} show {done.branch}:{done.described}"
            title = f"Rulings: {changes or 'no clause changed'}"
            _say(f"    {page} | gh pr create --head {done.branch} --title '{title}' --body-file -")
        else:
            _say(f"  {done.described} says what that is")
    return 0


def compare(paths: list[Path], *, to: Path | None, json: bool) -> int:
    """Processes on one question side by side."""
    from deliberation.analysis.comparison import compare, opened
    from deliberation.cli.comparing import show, write
    from deliberation.study import stored_settings

    runs = [path for path in paths if not (path.is_file() and path.name == "multirun.yaml")]  # beside a sweep's runs
    found = compare(opened(runs, [stored_settings(path) for path in runs]))
    written = [] if to is None else write(found, to)
    if json:
        _print_json(found)
        return 0
    show(found)
    if written:
        _say("Written  " + ", ".join(map(str, written)))
    return 0


def trace(id_: str, path: Path, *, width: int, json: bool) -> int:
    """The chain of one id, both ways."""
    from deliberation.analysis.lineage import lineage, trace, tree

    if width < 1:
        raise ConfigError(f"--width {width}: at least 1")
    graph = lineage(RunFolder.existing(path))
    found = trace(graph, id_)
    if json:
        _print_json(found)
        return 0
    _say(f"{found.of.id}  {found.of.kind}: {found.of.text}")
    for title, back, nodes in (("rests on", True, found.rests_on), ("leads to", False, found.leads_to)):
        _say(f"\n{title} ({len(nodes)} in all)" if nodes else f"\n{title}: nothing")
        for line in tree(graph, id_, back=back, width=width):
            _say(line)
    return 0


def lint(repo: Path, ref: str | None, *, json: bool) -> int:
    """Check a specification repository."""
    from deliberation.export.repository import lint_repository

    defects = lint_repository(repo, ref=ref)
    if json:
        _say(json_.dumps([d._asdict() for d in defects], ensure_ascii=False))
    else:
        for defect in defects:
            _say(str(defect))
        _say(f"{repo}: {len(defects) or 'no'} {'defect' if len(defects) == 1 else 'defects'}")
    return 1 if defects else 0


def bring_in(kind: str, path: Path, *, to: Path, question: str | None, json: bool) -> int:
    """Real votes or a real transcript as a run."""
    from deliberation.cli.progress import bars
    from deliberation.study import stored_settings
    from deliberation.study.imports import import_record
    from deliberation.study.polis import read_polis
    from deliberation.study.transcripts import read_transcript

    found = read_polis(path) if kind == "polis" else read_transcript(path, question=question)
    with bars() as progress:
        manifest = import_record(found, to, progress=progress)
    return _closing(manifest, to, stored_settings(to), json=json)


def validate(paths: list[Path], *, json: bool) -> int:
    """Check files and run folders."""
    from deliberation.cli.validation import validated

    bad = 0
    found: list[dict[str, Any]] = []
    for path in paths:
        try:
            what = validated(path)
            found.append({"file": str(path), "ok": True, "what": what})
        except (DataError, RunError) as error:
            bad += 1
            found.append({"file": str(path), "ok": False, "what": str(error)})
    if json:
        _say(json_.dumps(found, ensure_ascii=False))
    else:
        for one in found:
            stream = sys.stdout if one["ok"] else sys.stderr
            line = f"{one['file']}: {one['what']}" if one["ok"] else f"deliberate: {one['what']}"
            stream.write(" ".join(line.split()) + "\n")
    return 2 if bad else 0


def schema(*, check: Path | None, write: Path | None) -> int:
    """JSON Schemas of the records."""
    from deliberation.records.files import write_whole
    from deliberation.records.schemas import schemas

    found = schemas()
    if write is not None:
        for name, text in found.items():
            write_whole(write / name, text)
        _say(f"{write}: {len(found)} schemas")
        return 0
    if check is not None and not check.is_dir():
        raise ConfigError(f"{check}: no such folder")
    if check is not None:
        drifted = [n for n, text in found.items() if not (check / n).is_file() or (check / n).read_text() != text]
        for name in drifted:
            sys.stderr.write(f"deliberate: {check / name} is not what the records say; run deliberate schema --write\n")
        return 1 if drifted else 0
    _say(json_.dumps({name: json_.loads(text) for name, text in found.items()}, indent=2))
    return 0


def _closing(manifest: Manifest, path: Path, settings: Settings, *, json: bool) -> int:
    from deliberation.analysis.summary import summary_of
    from deliberation.cli.closing import show

    status = manifest.circumstances.status
    if status != "complete":
        sys.stderr.write(
            f"deliberate: {status}: {manifest.circumstances.error}; `deliberate resume {path}` carries it on\n"
        )
        return 1
    if json:
        _say(json_.dumps({"run": manifest.content.run, "folder": str(path), "status": status}))
    else:
        show(summary_of(RunFolder(path)), settings, path)
    return 0


@contextmanager
def _resumable(path: Path) -> Iterator[None]:
    """Whatever stops a run, say how it is carried on."""
    try:
        yield
    except BudgetExhausted as error:
        raise BudgetExhausted(error.cap, error.limit, how=f"deliberate resume {path} {error.cap}=...") from error
    except KeyboardInterrupt:
        raise KeyboardInterrupt(str(path)) from None


def _print_json(record: Record) -> None:
    _say(record.model_dump_json(indent=2))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
