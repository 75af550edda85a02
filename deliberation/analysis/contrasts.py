"""Runs of the same people that differ in one thing, held against each other. Draws nobody and runs nothing."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from deliberation.analysis import validity
from deliberation.analysis.diagnostics import polled_twice
from deliberation.analysis.measures import Array
from deliberation.errors import DataError
from deliberation.records.agenda import Question
from deliberation.records.folder import RunFolder


def decompose_flips(reflection: RunFolder, vacuous: RunFolder, full: RunFolder, question: Question) -> dict[str, float]:
    """Instability, conformity and persuasion, from three runs of the same people: see `validity.flips_decomposed`.

    As made by `procedure=self_reflection`, `stance_talk` and `talk_only` with the same seed.

    Raises:
        DataError: other people sat in one of them, or a run has no second poll.
    """
    arms = {"reflection": reflection, "vacuous": vacuous, "full": full}
    members = {name: polled_twice(folder, question) for name, folder in arms.items()}
    for name, found in members.items():
        if found.keys() != members["full"].keys() or not found:
            raise DataError(f"{arms[name].path}: not the same people polled twice as in {full.path}")
    shares = {
        name: validity.flips(*(np.stack(part) for part in zip(*found.values(), strict=True)))
        for name, found in members.items()
    }
    return validity.flips_decomposed(**shares)


def witness_effect(run: RunFolder, inert: RunFolder, question: Question) -> dict[str, tuple[float, float]]:
    """What a witness adds to another, such as an inert one: by position, difference of mean last ratings and its z.

    Two runs of the same people and seed that differ in the witness alone; each panel is compared with itself.

    Raises:
        DataError: other people sat in one of them, or nobody was polled twice.
    """
    told, idle = (polled_twice(folder, question) for folder in (run, inert))
    if told.keys() != idle.keys() or not told:
        raise DataError(f"{inert.path}: not the same people polled twice as in {run.path}")
    panel_of = {person.id: panel.assembly for panel in run.panels() for person in panel.members}
    by_panel: dict[str, list[Array]] = defaultdict(list)
    for member in told:
        by_panel[panel_of[member]].append(told[member][1] - idle[member][1])
    means = np.stack([np.mean(found, axis=0) for found in by_panel.values()])
    error = means.std(axis=0, ddof=1) / np.sqrt(len(means)) if len(means) > 1 else np.zeros(means.shape[1])
    z = np.where(error > 0, means.mean(axis=0) / np.where(error > 0, error, 1.0), 0.0)
    return {p.id: (float(means[:, j].mean()), float(z[j])) for j, p in enumerate(question.positions)}
