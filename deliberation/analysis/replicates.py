"""Finished runs of one question, as replicates of one another: what differs among them, and how far they agree.

A clause is the same in two runs if it has the same wording; one that stands in one run alone is counted, and enters no
figure. A figure that cannot be had is null, and says why. Runs nothing, and judges no clause.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from deliberation.analysis.comparison import Run
from deliberation.analysis.measures import Array
from deliberation.errors import RunError
from deliberation.records.base import Record, canonical
from deliberation.records.specification import Ruling, Status
from deliberation.specification.agreement import (
    RESIDUAL,
    Level,
    flip_rate,
    intraclass,
    krippendorff,
    variance_components,
)

FACTORS: Mapping[str, tuple[str, ...]] = {
    "panel": ("seed", "panel", "assemblies", "members"),
    "order": ("orders",),
    "framing": ("prompts", "question", "idea"),
    "model": ("model",),
    "procedure": ("procedure",),
    "witness": ("witness",),
    "distillation": ("distillation",),
    "aggregation": ("aggregation", "ratify"),
}
"""What runs may differ in, and the settings that are its level."""

_IDLE = ("study", "encoding", "truth")
"""Settings that no ruling hangs on."""

CLAUSE = "clause"
"""The component of variance that is the clauses' own, and that one hopes to find."""


class Factor(Record):
    """What runs may differ in: the level of each run, in the order given, and the settings that are not the same."""

    name: str
    levels: tuple[str, ...]
    settings: tuple[str, ...]


class Replicate(Record):
    """One run."""

    name: str
    run: str
    simulated: bool


class Repeated(Record):
    """A clause that two runs or more ruled on; `statuses` and `supports` of each run, null where it has none.

    `mean`, `spread`: of its supports, 0 to 1, the latter their standard deviation; null for fewer than one, and two.
    `flips`: the share of pairs of runs that gave it another status.
    """

    clause: str
    text: str
    statuses: tuple[Status | None, ...]
    supports: tuple[float | None, ...]
    mean: float | None
    spread: float | None
    flips: float


class Figure(Record):
    """A figure, the number of clauses that it is from, and where it is null, why."""

    value: float | None
    clauses: int
    why: str | None


class Component(Record):
    """Variance of support by source, the number of its levels, its share of all; null where it cannot be told apart."""

    name: str
    levels: int
    variance: float | None
    share: float | None


class Replicates(Record):
    """Runs of one question and their agreement.

    `besides`: settings that differ and belong to no factor. `once`: clauses that one run alone ruled on. `everywhere`:
    those that all ruled on. `flips`: mean flip rate. `alpha_status`, `alpha_support`: Krippendorff's alpha, nominal and
    interval, runs being the raters. `icc`: ICC(2,1) of support, over clauses with a support in every run. `components`:
    of the variance of support. A factor's is of what it adds to all clauses alike; what it does to one clause and not
    to another is in the residual. Factors whose levels change together are one.
    """

    question: str
    text: str
    runs: tuple[Replicate, ...]
    factors: tuple[Factor, ...]
    besides: tuple[str, ...]
    clauses: tuple[Repeated, ...]
    once: int
    everywhere: int
    flips: Figure
    alpha_status: Figure
    alpha_support: Figure
    icc: Figure
    components: tuple[Component, ...]


def replicates(runs: Sequence[Run]) -> Replicates:
    """Hold runs of one question against one another.

    Raises:
        RunError: fewer than two, one twice, one not complete or not with its own settings, or on different questions.
        DataError: a file of a run is not the one that its manifest names.
    """
    _check(runs)
    question = runs[0].settings.question
    ruled = [{ruling.clause: ruling for ruling in run.folder.rulings()} for run in runs]
    texts = {clause.id: clause.text for run in reversed(runs) for clause in run.folder.clauses()}
    times = {id_: sum(id_ in one for one in ruled) for id_ in dict.fromkeys(id_ for one in ruled for id_ in one)}
    clauses = [_repeated(id_, texts[id_], [one.get(id_) for one in ruled]) for id_ in times if times[id_] > 1]
    clauses.sort(key=lambda c: (c.statuses.count(None), -c.flips, -(c.mean or 0.0), c.clause))
    plain = [run.settings.fixed() for run in runs]
    # a run of an earlier version may have no such setting
    factors = tuple(_factor(name, plain) for name, keys in FACTORS.items() if any(keys[0] in one for one in plain))
    known = {*_IDLE, *(key for keys in FACTORS.values() for key in keys)}
    statuses = [[c.statuses[place] for c in clauses] for place in range(len(runs))]
    supports = np.array([[c.supports[place] for c in clauses] for place in range(len(runs))], dtype=np.float64)
    return Replicates(
        question=question.id,
        text=question.text,
        runs=tuple(_replicate(run, name) for run, name in zip(runs, _names(runs), strict=True)),
        factors=factors,
        besides=_differing(plain, sorted({key for one in plain for key in one} - known)),
        clauses=tuple(clauses),
        once=sum(n == 1 for n in times.values()),
        everywhere=sum(n == len(runs) for n in times.values()),
        flips=_flips(clauses),
        alpha_status=_alpha(_coded(statuses), "nominal", "status"),
        alpha_support=_alpha(supports, "interval", "support"),
        icc=_icc(supports),
        components=_components(supports, factors),
    )


def _check(runs: Sequence[Run]) -> None:
    if len(runs) < 2:
        given = runs[0].folder.path if runs else "no run"
        raise RunError(f"{given}: replicate takes two runs or more, and this is all that was given")
    first, seen = runs[0], set()
    for folder, settings in runs:
        manifest, place = folder.manifest(), folder.path.resolve()
        status = manifest.circumstances.status
        if place in seen:
            raise RunError(f"{folder.path}: given twice; a run is no replicate of itself")
        seen.add(place)
        if status != "complete":
            raise RunError(f"{folder.path}: the run is {status}, not complete; resume it first")
        if settings.question.id != first.settings.question.id:
            raise RunError(
                f"{folder.path}: on {settings.question.id}, but {first.folder.path} is on "
                f"{first.settings.question.id}; replicates are of one question"
            )
        if settings.sha256 != manifest.content.config_sha256:
            raise RunError(f"{folder.config}: not the configuration that {manifest.content.run} was made with")
        folder.verify(besides=("encoding/", "truth/", "events/"))  # what is read here, and what it came from


def _names(runs: Sequence[Run]) -> list[str]:
    """The folder's name, or its path where two share one."""
    short = [run.folder.path.resolve().name for run in runs]
    return [str(run.folder.path) if short.count(name) > 1 else name for run, name in zip(runs, short, strict=True)]


def _replicate(run: Run, name: str) -> Replicate:
    content = run.folder.manifest().content
    return Replicate(name=name, run=content.run, simulated=content.simulated)


def _factor(name: str, plain: Sequence[dict[str, Any]]) -> Factor:
    """Its level in each run; levels that would be called the same are numbered in the order in which they come."""
    keys = FACTORS[name]
    found: dict[str, str] = {}
    for one in plain:
        level, label = canonical([one.get(key) for key in keys]), _label(name, one)
        if level not in found:
            alike = sum(other == label or other.startswith(f"{label} (") for other in found.values())
            found[level] = f"{label} ({alike + 1})" if alike else label
    levels = [found[canonical([one.get(key) for key in keys])] for one in plain]
    return Factor(name=name, levels=tuple(levels), settings=_differing(plain, keys))


def _label(name: str, plain: Mapping[str, Any]) -> str:
    """What a level is called: as it is chosen on the command line."""
    key = FACTORS[name][0]
    value = plain.get(key)
    if not isinstance(value, dict):
        return f"{key}={value}"
    if value.get("kind") == "chat":
        return f"{value['provider']}:{value['model']}"
    return str(value.get("id", value.get("kind")))


def _differing(plain: Sequence[dict[str, Any]], keys: Sequence[str]) -> tuple[str, ...]:
    """The settings under these keys that are not the same in all runs, by their names on the command line."""
    flat = [dict(leaves({key: one.get(key) for key in keys})) for one in plain]
    names = dict.fromkeys(name for one in flat for name in one)
    return tuple(name for name in names if len({canonical(one.get(name)) for one in flat}) > 1)


def leaves(value: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Settings by their names on the command line, in order."""
    found: list[tuple[str, Any]] = []
    for key, inner in value.items():
        found.extend(leaves(inner, f"{prefix}{key}.") if isinstance(inner, dict) else [(f"{prefix}{key}", inner)])
    return found


def _repeated(id_: str, text: str, rulings: Sequence[Ruling | None]) -> Repeated:
    statuses = tuple(ruling.status if ruling else None for ruling in rulings)
    supports = [ruling.support for ruling in rulings if ruling and ruling.support is not None]
    return Repeated(
        clause=id_,
        text=text,
        statuses=statuses,
        supports=tuple(ruling.support if ruling else None for ruling in rulings),
        mean=_rounded(np.mean(supports)) if supports else None,
        spread=_rounded(np.std(supports, ddof=1)) if len(supports) > 1 else None,
        flips=round(float(flip_rate([[status] for status in statuses])[0]), 6),
    )


def _flips(clauses: Sequence[Repeated]) -> Figure:
    if not clauses:
        return Figure(value=None, clauses=0, why="no clause stands in two runs")
    return Figure(value=_rounded(np.mean([c.flips for c in clauses])), clauses=len(clauses), why=None)


def _coded(statuses: Sequence[Sequence[Status | None]]) -> Array:
    """Statuses as numbers, runs x clauses; they are names only, so which number is of no account."""
    codes = {"adopted": 0.0, "contested": 1.0, "rejected": 2.0, "no_ruling": 3.0}
    return np.array([[math.nan if s is None else codes[s] for s in row] for row in statuses], dtype=np.float64)


def _alpha(table: Array, level: Level, what: str) -> Figure:
    paired = int(((~np.isnan(table)).sum(axis=0) > 1).sum())
    value = _rounded(krippendorff(table, level))
    why = None
    if value is None and paired:
        why = f"every {what} is the same, which leaves nothing to be told from chance"
    elif value is None:
        why = f"no clause has a {what} in two runs"
    return Figure(value=value, clauses=paired, why=why)


_LEAST_CLAUSES = 3


def _icc(supports: Array) -> Figure:
    whole = supports[:, ~np.isnan(supports).any(axis=0)]
    number = whole.shape[1]
    value = _rounded(intraclass(whole.T).two) if number >= _LEAST_CLAUSES else None
    why = None
    if number < _LEAST_CLAUSES:
        why = f"it takes {_LEAST_CLAUSES} clauses with a support in every run, not {number}"
    elif value is None:
        why = "support is the same everywhere"
    return Figure(value=value, clauses=number, why=why)


def _components(supports: Array, factors: Sequence[Factor]) -> tuple[Component, ...]:
    """Clause, each factor that varies, and the residual; factors that change together stand as one."""
    together: dict[tuple[int, ...], list[str]] = {}
    for factor in factors:
        code = tuple(factor.levels.index(level) for level in factor.levels)
        if len(set(code)) > 1:
            together.setdefault(code, []).append(factor.name)
    run, clause = np.nonzero(~np.isnan(supports))
    levels: dict[str, ArrayLike] = {CLAUSE: clause}
    levels |= {" + ".join(names): np.array(code)[run] for code, names in together.items()}
    values = supports[run, clause]
    found = variance_components(values, levels)
    total = sum(found.values())
    many = {RESIDUAL: len(values), **{name: len(np.unique(level)) for name, level in levels.items()}}
    return tuple(
        Component(
            name=name,
            levels=many[name],
            variance=_rounded(variance, 8),
            share=_rounded(variance / total) if total > 0 else None,
        )
        for name, variance in found.items()
    )


def _rounded(value: float | np.floating[Any], places: int = 6) -> float | None:
    return None if math.isnan(value) else round(float(value), places)
