"""Which runs are one arm of an experiment, and what the arms are called. Compares nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from deliberation.analysis.comparison import Run
from deliberation.analysis.replicates import leaves
from deliberation.errors import DataError, RunError
from deliberation.records.base import Record, canonical

_SHARED = ("study", "question", "seed", "encoding", "truth", "ratify")
"""Settings that are no arm's own: arms take up the same questions by the same seeds, and what follows is as it is."""

_FEW = 3


class Arm(Record):
    """Runs that differ in nothing but question and seed.

    `settings`: those in which arms differ, by their names on the command line, as text. `places`: of its runs in the
    order given. `assemblies`: of all its runs together.
    """

    name: str
    settings: dict[str, str]
    places: tuple[int, ...]
    runs: tuple[str, ...]
    questions: tuple[str, ...]
    seeds: tuple[int, ...]
    assemblies: int


def arms_of(runs: Sequence[Run]) -> tuple[Arm, ...]:
    """Runs by arm, in the order in which they come. Where nothing but seeds differ, each seed is an arm.

    Raises:
        RunError: fewer than two runs, one twice, one not complete, or not with its own settings; or two of one arm that
            are of the same assemblies, such as under two names of a study, which would count them twice.
        DataError: they are one arm.
    """
    _check(runs)
    flat = [dict(leaves({k: v for k, v in run.settings.fixed().items() if k not in _SHARED})) for run in runs]
    whole = [dict(leaves(run.settings.model_dump(mode="json"))) for run in runs]
    keys = _differing(flat)
    if not keys:
        keys = [name for name in ("seed",) if len({run.settings.seed for run in runs}) > 1]
    if not keys:
        raise DataError("the runs differ in nothing but their question, so that there are no arms to compare")
    levels = [{key: _word(one.get(key)) for key in keys} for one in whole]
    names = _names(levels, whole)
    found = []
    for name in dict.fromkeys(names):
        places = tuple(place for place, own in enumerate(names) if own == name)
        found.append(_arm(name, levels[places[0]], places, runs))
    return tuple(found)


def _arm(name: str, settings: dict[str, str], places: tuple[int, ...], runs: Sequence[Run]) -> Arm:
    own = [runs[place] for place in places]
    sat: dict[str, object] = {}
    for run in own:
        other = sat.setdefault(run.settings.sitting_sha256, run.folder.path)
        if other != run.folder.path:
            raise RunError(f"{run.folder.path}: the same assemblies as in {other}; give one of the two")
    contents = [run.folder.manifest().content for run in own]
    return Arm(
        name=name,
        settings=settings,
        places=places,
        runs=tuple(content.run for content in contents),
        questions=tuple(dict.fromkeys(run.settings.question.id for run in own)),
        seeds=tuple(dict.fromkeys(run.settings.seed for run in own)),
        assemblies=sum(len(content.assemblies) for content in contents),
    )


def _check(runs: Sequence[Run]) -> None:
    if len(runs) < 2:
        raise RunError(f"{len(runs)} run given; a contrast takes two or more")
    seen: dict[str, object] = {}
    for folder, settings in runs:
        manifest = folder.manifest()
        run = manifest.content.run
        if run in seen:
            raise RunError(f"{folder.path}: {run} as in {seen[run]}; a run is no arm beside itself")
        seen[run] = folder.path
        if manifest.circumstances.status != "complete":
            raise RunError(f"{folder.path}: the run is {manifest.circumstances.status}, not complete; resume it first")
        if settings.sha256 != manifest.content.config_sha256:
            raise RunError(f"{folder.config}: not the configuration that {manifest.content.run} was made with")
        folder.verify(besides=("encoding/", "truth/"))


def _differing(flat: Sequence[Mapping[str, Any]]) -> list[str]:
    keys = dict.fromkeys(key for one in flat for key in one if not _unasked(key, flat))
    return [key for key in keys if len({canonical(one.get(key)) for one in flat}) > 1]


def _unasked(key: str, flat: Sequence[Mapping[str, Any]]) -> bool:
    """Whether it is the wording of something that one of the arms never asks; what its procedure asks tells that."""
    return key.startswith("prompts.asks.") and any(key not in one for one in flat)


def _names(levels: Sequence[Mapping[str, str]], whole: Sequence[Mapping[str, Any]]) -> list[str]:
    """What each run's arm is called: for every group in which arms differ, as shortly as tells its levels apart."""
    groups = dict.fromkeys(key.split(".")[0] for key in levels[0])
    parts = [
        _called(group, [{k: v for k, v in one.items() if k.split(".")[0] == group} for one in levels], whole)
        for group in groups
    ]
    names = [" ".join(one) for one in zip(*parts, strict=True)]
    # what an arm does not set says nothing of it, as long as something else does
    short = [" ".join(part for part in one if not part.endswith("=null")) for one in zip(*parts, strict=True)]
    return short if all(short) and len(set(short)) == len(set(names)) else names


def _called(group: str, levels: Sequence[Mapping[str, str]], whole: Sequence[Mapping[str, Any]]) -> list[str]:
    named = [f"{group}.{key}" for key in ("id", "model", "kind")]
    if len(levels[0]) == 1:
        [key] = levels[0]
        return [f"{group if key in named else key}={one[key]}" for one in levels]
    marks = [canonical(dict(one)) for one in levels]
    base = [next((str(one[key]) for key in named if key in one), "") for one in whole]
    return [_apart(group, place, base, levels, marks) for place in range(len(levels))]


def _apart(
    group: str, place: int, base: Sequence[str], levels: Sequence[Mapping[str, str]], marks: Sequence[str]
) -> str:
    """`group=base`, with settings after it that tell it from others of that base, or else a number."""
    alike = [other for other in range(len(levels)) if base[other] == base[place]]
    name = f"{group}={base[place]}" if base[place] else group
    if len({marks[other] for other in alike}) == 1:
        return name
    own = [key for key in levels[place] if len({levels[other][key] for other in alike}) > 1]
    short = [f"{key}={levels[place][key]}" for key in own if len(levels[place][key]) <= 40]
    if len(own) <= _FEW and len(short) == len(own):
        told = " ".join(one.removeprefix(f"{group}.") if base[place] else one for one in short)
        return f"{name} ({told})" if base[place] else told
    kinds = list(dict.fromkeys(marks[other] for other in alike))
    return f"{name} ({kinds.index(marks[place]) + 1})"


def _word(value: Any) -> str:
    return value if isinstance(value, str) else canonical(value)
