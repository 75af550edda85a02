"""Several processes on one question, side by side: what each came to, what it cost, and how far that is from a will.

Clauses of two processes are seldom worded alike, so what is compared is what they say on the question's positions, read
from the meaning that drafters gave them. A clause whose drafters gave none, or not the same, stands under no position,
and is counted. For the synthetic public W0, W1 and W2 stand beside it: the planted will before, after this procedure,
and at full consideration. Judges nobody.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from deliberation.errors import RunError
from deliberation.records.base import Record
from deliberation.records.events import Amended, Entailed, Polled, Proposed
from deliberation.records.folder import RunFolder
from deliberation.records.specification import Meaning, Ruling, Status
from deliberation.records.truth import Truth, Will
from deliberation.settings import Settings


class Opinion(Record):
    """Mean rating of a position at one poll, 0 to 1, and its standard error with the assembly as the unit."""

    mean: float
    error: float | None


class Said(Record):
    """What a process ruled on one clause that bears on a position: `for_it` as it asks for it or forbids it."""

    clause: str
    text: str
    for_it: bool
    status: Status
    support: float | None
    interval: tuple[float, float] | None
    considered: float | None


class Stand(Record):
    """Where one process stands on one position: first and last poll, planted will, rulings that bear on it."""

    position: str
    label: str
    first: Opinion | None
    last: Opinion | None
    will: Will | None
    rulings: tuple[Said, ...]


class Process(Record):
    """One run: what it was, what it came to and what it took. `elsewhere`: clauses that bear on no position."""

    name: str
    run: str
    procedure: str
    simulated: bool
    models: dict[str, str]
    assemblies: int
    people: int
    statuses: dict[Status, int]
    calls: int
    tokens: int
    usd: float | None
    seconds: float
    stands: tuple[Stand, ...]
    elsewhere: int


class Comparison(Record):
    """Processes on one question, in the order given."""

    question: str
    text: str
    processes: tuple[Process, ...]


class Run(NamedTuple):
    """A run and its settings."""

    folder: RunFolder
    settings: Settings


def compare(runs: Sequence[Run]) -> Comparison:
    """Lay runs on one question side by side.

    Raises:
        RunError: fewer than two, one is not complete, or they are on different questions.
    """
    if len(runs) < 2:
        raise RunError(f"compare: {len(runs)} run given; it takes two or more")
    first = runs[0].settings.question
    for run in runs:
        status = run.folder.manifest().circumstances.status
        if status != "complete":
            raise RunError(f"{run.folder.path}: the run is {status}, not complete; resume it first")
        if run.settings.question.id != first.id:
            raise RunError(
                f"{run.folder.path}: on {run.settings.question.id}, but {runs[0].folder.path} is on {first.id}; "
                "compare takes one question"
            )
    names = _names(runs)
    found = [_process(run, name) for run, name in zip(runs, names, strict=True)]
    return Comparison(question=first.id, text=first.text, processes=tuple(found))


def opened(paths: Iterable[Path], settings_of: Iterable[Settings]) -> list[Run]:
    """Runs from their folders."""
    return [Run(RunFolder.existing(path), own) for path, own in zip(paths, settings_of, strict=True)]


def _names(runs: Sequence[Run]) -> list[str]:
    """The procedure's title, and what tells those apart that share one."""
    titles = [run.settings.procedure.title for run in runs]
    told = []
    for run, title in zip(runs, titles, strict=True):
        if titles.count(title) > 1:
            one = run.settings
            title = f"{title} ({one.witness.kind}, {one.model.kind}, seed {one.seed})"  # noqa: PLW2901  told apart
        told.append(title)
    return [
        f"{name} [{run.folder.path.name}]" if told.count(name) > 1 else name
        for name, run in zip(told, runs, strict=True)
    ]


def _process(run: Run, name: str) -> Process:
    folder, manifest = run.folder, run.folder.manifest()
    usage = manifest.circumstances.usage
    rulings = folder.rulings()
    heard = _heard(folder)
    texts = {c.id: c.text for c in folder.clauses()}
    meanings = {**_judged(folder), **{id_: m for id_, m in _meanings(folder, heard.stated).items() if m is not None}}
    truths = {truth.id: truth for truth in folder.truth()}
    known = [ruling for ruling in rulings if meanings.get(ruling.clause) is not None]
    stands = []
    for place, position in enumerate(run.settings.question.positions):
        bearing = [r for r in known if _meaning(meanings, r).option == position.id]
        said = [_said(r, _meaning(meanings, r), texts, truths) for r in bearing]
        will = truths.get(position.id)
        stands.append(
            Stand(
                position=position.id,
                label=position.label,
                first=_opinion(heard.first, place),
                last=_opinion(heard.last, place),
                will=will.will if will else None,
                rulings=tuple(sorted(said, key=lambda s: (not s.for_it, -(s.support or 0.0), s.clause))),
            )
        )
    return Process(
        name=name,
        run=manifest.content.run,
        procedure=run.settings.procedure.id,
        simulated=manifest.content.simulated,
        models=manifest.content.models,
        assemblies=len(manifest.content.assemblies),
        people=len(heard.people),
        statuses=dict(Counter(r.status for r in rulings)),
        calls=usage.calls,
        tokens=usage.input_tokens + usage.output_tokens,
        usd=manifest.circumstances.cost,
        seconds=round(sum(manifest.circumstances.seconds.values()), 1),
        stands=tuple(stands),
        elsewhere=len(rulings) - len(known),
    )


def _meaning(meanings: dict[str, Meaning | None], ruling: Ruling) -> Meaning:
    found = meanings[ruling.clause]
    assert found is not None  # noqa: S101  only rulings on clauses with a meaning come here
    return found


class _Heard(NamedTuple):
    """What is read of a run's events, in one pass.

    `stated`: the meanings given to each drafted clause; `first`, `last`: mean ratings of each assembly at its first and
    last poll, assemblies x positions, 0 to 1; `people`: everybody who sat.
    """

    stated: dict[str, set[Meaning | None]]
    first: list[list[float]]
    last: list[list[float]]
    people: set[str]


def _heard(folder: RunFolder) -> _Heard:
    found = _Heard(defaultdict(set), [], [], set())
    for panel in folder.panels():
        found.people.update(p.id for p in (*panel.members, *panel.fresh))
        polls: dict[str, list[list[int]]] = {}
        for event in folder.events(panel.assembly):
            if isinstance(event, Proposed | Amended):
                found.stated[event.clause.id].add(event.meaning)
            elif isinstance(event, Polled):
                polls.setdefault(event.phase, []).append(list(event.ratings.values()))
        by_poll = list(polls.values())
        if by_poll:
            found.first.append(_shares(by_poll[0]))
            found.last.append(_shares(by_poll[-1]))
    return found


def _meanings(folder: RunFolder, stated: dict[str, set[Meaning | None]]) -> dict[str, Meaning | None]:
    """What each canonical clause means, where all who drafted it say the same."""
    found: dict[str, Meaning | None] = {}
    for clause in folder.clauses():
        said = set[Meaning | None]().union(*(stated[id_] for id_ in (clause.id, *clause.merged_from)))
        found[clause.id] = next(iter(said)) if len(said) == 1 else None
    return found


def _judged(folder: RunFolder) -> dict[str, Meaning | None]:
    """Which position each clause bears on, as the clerk judged it from its words."""
    return {
        e.clause: Meaning(option=e.position, modality="should" if e.stance == "for" else "should_not")
        for e in folder.distillation()
        if isinstance(e, Entailed) and e.position is not None
    }


def _said(ruling: Ruling, meaning: Meaning, texts: dict[str, str], truths: dict[str, Truth]) -> Said:
    truth = truths.get(ruling.clause)
    return Said(
        clause=ruling.clause,
        text=texts[ruling.clause],
        for_it=not meaning.modality.endswith("_not"),
        status=ruling.status,
        support=ruling.support,
        interval=ruling.interval,
        considered=truth.will.considered if truth and truth.will else None,
    )


def _shares(ratings: list[list[int]]) -> list[float]:
    found: list[float] = ((np.mean(ratings, axis=0) - 1.0) / 6.0).tolist()
    return found


def _opinion(means: list[list[float]], place: int) -> Opinion | None:
    if not means:
        return None
    found = np.array([row[place] for row in means])
    error = float(found.std(ddof=1) / np.sqrt(len(found))) if len(found) > 1 else None
    return Opinion(mean=round(float(found.mean()), 4), error=None if error is None else round(error, 4))
