"""`deliberate contrast`: the arms of an experiment against a control. Markup is off: names may hold anything."""

from __future__ import annotations

import csv as csv_
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

from deliberation.analysis.comparison import Run, opened
from deliberation.analysis.experiments import ALIKE, Contrast, Effect, Inference, arm_outcomes, contrast
from deliberation.analysis.outcomes import OF_ASSEMBLIES, USUAL
from deliberation.errors import StorageError
from deliberation.study import stored_settings

_NOTE = (
    "Difference: arm less control, mean over questions, in the outcome's own units; ratings run from 0 to 1. p: of no "
    "difference, for one look at one effect.\nHolm: for all effects here together; * among those found at a false "
    "discovery rate of 5%. g: differences in standard deviations of\nassemblies. That an effect was not found does not "
    "say that there is none: --sesoi X tests whether arms do the same. Alike: the same in every assembly."
)


def contrast_runs(paths: Sequence[Path], wanted: Mapping[str, Any], *, to: Path | None, json: bool) -> int:
    """Hold arms against a control, print what was found, and write the tables where wanted.

    Args:
        paths: run folders.
        wanted: `control`, `outcomes` and `sesoi`, null where not given.
        to: a folder for the tables.
        json: print what was found for a program instead.
    """
    folders = [path for path in paths if not (path.is_file() and path.name == "multirun.yaml")]  # beside a sweep's runs
    runs = opened(folders, [stored_settings(path) for path in folders])
    named = tuple(wanted["outcomes"] or USUAL)
    found = contrast(runs, control=wanted["control"], wanted=named, sesoi=wanted["sesoi"])
    written = [] if to is None else write(found, runs, to, wanted=named)
    if json:
        sys.stdout.write(found.model_dump_json(indent=2) + "\n")
        return 0
    show(found)
    if written:
        sys.stdout.write("Written  " + ", ".join(map(str, written)) + "\n")
    return 0


def show(found: Contrast) -> None:
    """Print the arms, what each does otherwise than the control, and what to keep in mind."""
    console = Console(markup=False, highlight=False, emoji=False, width=None if sys.stdout.isatty() else 150)
    if found.simulated:
        console.print("SIMULATED: no person took part; this is not the opinion of any public.\n")
    console.print(f"Questions  {len(found.questions)}: {', '.join(found.questions)}")
    console.print(_arms(found))
    console.print()
    console.print(_effects(found))
    if _alike(found):
        console.print(f"\nAlike in every arm: {', '.join(_alike(found))}.", soft_wrap=True)
    console.print(f"\n{_NOTE}", soft_wrap=True)
    for note in found.notes:
        console.print(note, soft_wrap=True)


def write(found: Contrast, runs: Sequence[Run], folder: Path, *, wanted: Sequence[str] = USUAL) -> list[Path]:
    """Write the effects, and what they are from: one row an assembly and outcome, as CSV.

    Raises:
        StorageError: the disk would not take them.
    """
    paths = [folder / "effects.csv", folder / "outcomes.csv"]
    frame = arm_outcomes(runs, wanted=wanted)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with paths[0].open("w", newline="", encoding="utf-8") as out:
            rows = [_flat(effect, found) for effect in found.effects]
            table = csv_.DictWriter(out, list(_flat_columns()), lineterminator="\n")
            table.writeheader()
            table.writerows(rows)
        frame.to_csv(paths[1], index=False, lineterminator="\n")
    except OSError as error:
        raise StorageError(f"{folder}: {error.strerror or error}") from error
    return paths


def _arms(found: Contrast) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("Arm", "Runs", "Questions", "Seeds", "Assemblies", "Compared"):
        table.add_column(name, justify="left" if name in {"Arm", "Compared"} else "right")
    for arm in found.arms:
        own = [e for e in found.effects if e.arm == arm.name and e.unit == "assembly"]
        how = "control" if arm.name == found.control else "as groups" if own and not own[0].paired else "pair by pair"
        counts = (len(arm.runs), len(arm.questions), len(arm.seeds), arm.assemblies)
        table.add_row(arm.name, *map(str, counts), how)
    return table


def _effects(found: Contrast) -> Table:
    several, same = len(found.questions) > 1, found.sesoi is not None
    shared = _shared([arm.name for arm in found.arms])
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    heads = ["Outcome", "Arm", "Control", "Mean", "Difference", f"{found.level:.0%} interval", "p", "Holm", "g", "n"]
    heads += ["Here alone"] * several
    heads += [] if found.sesoi is None else [f"Within {found.sesoi:g}"]
    for head in heads:
        justify: Literal["left", "right"] = "left" if head in {"Outcome", "Arm"} else "right"
        table.add_column(head, justify=justify, no_wrap=head != "Arm", overflow="fold")
    for outcome in (name for name in dict.fromkeys(e.outcome for e in found.effects) if name not in _alike(found)):
        for number, effect in enumerate(e for e in found.effects if e.outcome == outcome):
            name = effect.arm.removeprefix(shared)
            cells = _cells(effect)
            cells += [_interval(effect.here)] * several
            cells += [_same(effect)] * same
            table.add_row("" if number else outcome, name, *cells)
        table.add_section()
    return table


def _alike(found: Contrast) -> list[str]:
    """Outcomes that no arm differs in at all."""
    names = dict.fromkeys(effect.outcome for effect in found.effects)
    return [name for name in names if all(e.why == ALIKE for e in found.effects if e.outcome == name)]


def _shared(names: Sequence[str]) -> str:
    """The setting that all names begin with, as `procedure=`; empty where they begin with others."""
    first = f"{names[0].partition('=')[0]}="
    return first if all(name.startswith(first) for name in names) else ""


def _cells(effect: Effect) -> list[str]:
    main = effect.main
    star = "*" if effect.discovery else ""
    return [
        f"{effect.mean_control:.3f}",
        f"{effect.mean:.3f}",
        f"{effect.difference:+.3f}",
        _interval(main) if main else "alike" if effect.why == ALIKE else "no error",
        f"{main.p:.3f}{star}" if main else "-",
        "-" if effect.holm is None else f"{effect.holm:.3f}",
        "-" if effect.g is None else f"{effect.g:+.2f}",
        str(effect.units),
    ]


def _interval(found: Inference | None) -> str:
    return "-" if found is None else f"{found.low:+.3f} to {found.high:+.3f}"


def _same(effect: Effect) -> str:
    if effect.same is None or effect.p_outside is None:
        return "-"
    return f"{'yes' if effect.same else 'not shown'} (p {effect.p_outside:.3f})"


def _flat(effect: Effect, found: Contrast) -> dict[str, Any]:
    plain = effect.model_dump(mode="json", exclude={"over", "here", "bootstrap"})
    for name in ("over", "here"):
        inference: Inference | None = getattr(effect, name)
        told = inference.model_dump() if inference else {}
        plain |= {f"{name}_{key}": told.get(key) for key in Inference.model_fields}
    low, high = effect.bootstrap or (None, None)
    shared = {"control": found.control, "sesoi": found.sesoi, "level": found.level, "simulated": found.simulated}
    about = OF_ASSEMBLIES.get(effect.outcome, "see the run's diagnostics")
    return {**shared, **plain, "bootstrap_low": low, "bootstrap_high": high, "about": about}


def _flat_columns() -> list[str]:
    own = [name for name in Effect.model_fields if name not in {"over", "here", "bootstrap"}]
    inferred = [f"{name}_{key}" for name in ("over", "here") for key in Inference.model_fields]
    return ["control", "sesoi", "level", "simulated", *own, *inferred, "bootstrap_low", "bootstrap_high", "about"]
