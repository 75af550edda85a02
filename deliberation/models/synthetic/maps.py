"""Argument maps as arrays: what a question's considerations say of its positions, and of whom they ask what.

Every array has a leading axis of questions, Q; K considerations, J positions, ten values. No person stands here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deliberation.randomness import stream
from deliberation.records.agenda import Question
from deliberation.records.people import VALUES
from deliberation.settings.models import SyntheticKernel

Array = NDArray[np.float64]
Places = NDArray[np.int64]

ANGLES = np.deg2rad([54.0, 90.0, 126.0, 162.0, -144.0, -108.0, -72.0, -54.0, -18.0, 18.0])
"""Places of the ten values on the circle of Schwartz (1992), in the order of `VALUES`; 0 = self-transcendence."""

MEANS = np.array([4.42, 3.08, 3.73, 3.85, 2.35, 4.38, 4.19, 2.85, 4.72, 4.42])
"""Pan-cultural means of the ten values, in the order of `VALUES`, scale -1 to 7 (Schwartz and Bardi 2001)."""

_CIRCLE = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)


class Maps(NamedTuple):
    """Questions as arrays.

    Attributes:
        direction: how much accepting a consideration speaks for a position, Q x K x J, at most 1 in size.
        profile: the values a consideration appeals to, Q x K x 10, of unit length.
        strength: Q x K, mean about 1. prevalence: chance that a person has thought of it, Q x K.
        axis: places of the positions on the question's main axis, Q x J, centred.
        side: which end of that axis a consideration speaks for, 1 or -1, Q x K.
        heading: the direction on the value circle that leans to the axis's upper end, Q x 2, of unit length.
        truth: 1 true, -1 false, 0 normative or not known, Q x K.
        popular: what this public makes of a consideration before anybody's own view, Q x K.
        common: the public's shared intuition on each position, Q x J.
        rebuts: Q x K x K, 1 where the row's consideration rebuts the column's.
    """

    direction: Array
    profile: Array
    strength: Array
    prevalence: Array
    axis: Array
    side: Array
    heading: Array
    truth: Array
    popular: Array
    common: Array
    rebuts: Array

    def rows(self, which: Places | Sequence[int]) -> Maps:
        """These questions, in this order; one may come several times."""
        return Maps(*(part[np.asarray(which)] for part in self))


def sigma(x: Array) -> Array:
    """The logistic function."""
    return 1.0 / (1.0 + np.exp(-x))


class Index(NamedTuple):
    """Where a question's considerations and positions stand in the arrays."""

    consideration: Mapping[str, int]
    position: Mapping[str, int]

    @classmethod
    def of(cls, question: Question) -> Index:
        """The index of one question."""
        return cls(
            {c.id: a for a, c in enumerate(question.considerations)},
            {p.id: j for j, p in enumerate(question.positions)},
        )


def map_of(question: Question, kernel: SyntheticKernel) -> Maps:
    """One written question as arrays, Q = 1.

    What the writer left open is derived or drawn: the main axis is the first principal direction of the considerations'
    bearings, weighted by strength; the heading is where the values of each side lie on the circle; a premise is as true
    as the dossier's exhibits make it; what is popular is drawn by a stream named after the question alone, so that
    other seeds draw other people from one public.
    """
    index = Index.of(question)
    reasons = question.considerations
    direction = np.array([[c.direction[p.id] for p in question.positions] for c in reasons])
    strength = np.array([c.strength for c in reasons])
    profile = np.array([[float(v in c.values) for v in VALUES] for c in reasons])
    axis = _main_axis(strength[:, None] * direction)
    side = np.where(direction @ axis >= 0, 1.0, -1.0)
    rebuts = np.zeros((len(reasons), len(reasons)))
    for a, one in enumerate(reasons):
        rebuts[a, [index.consideration[r] for r in one.rebuts]] = 1.0
    draw = stream(0, "popularity", question.id)
    popular = kernel.popularity + kernel.popularity_spread * draw.standard_normal(len(reasons))
    prevalence = np.array([c.prevalence for c in reasons])
    truth = _truth(question)
    noise = draw.standard_normal(len(question.positions))
    common = intuitions(
        direction[None], strength[None], prevalence[None], popular[None], truth[None], noise=noise[None], kernel=kernel
    )
    return Maps(
        direction=direction[None],
        profile=(profile / np.linalg.norm(profile, axis=1, keepdims=True))[None],
        strength=strength[None],
        prevalence=prevalence[None],
        axis=axis[None],
        side=side[None],
        heading=_heading(profile, strength * side)[None],
        truth=truth[None],
        popular=popular[None],
        common=common,
        rebuts=rebuts[None],
    )


def intuitions(  # noqa: PLR0913  the arrays of a map under way
    direction: Array, strength: Array, prevalence: Array, popular: Array, truth: Array, *, noise: Array,
    kernel: SyntheticKernel,
) -> Array:  # fmt: skip
    """The shared intuition on each position, Q x J: b_common (h z + sqrt(1 - h^2) noise).

    z is how the average person's reasons rank the positions, standardised over positions; h, the heuristic validity, is
    how far shortcuts agree with them (0: cues are noise, 1: shortcuts are perfect).
    """
    weight = prevalence * strength
    accepted = np.tanh((popular + kernel.knowledge * truth) / 2.0)
    reasons = np.einsum("qa,qaj->qj", weight * accepted, direction) / np.sqrt(weight.sum(axis=1, keepdims=True))
    spread = np.maximum(reasons.std(axis=1, keepdims=True), 1e-9)
    standing = (reasons - reasons.mean(axis=1, keepdims=True)) / spread
    h = kernel.heuristic_validity
    shared: Array = kernel.intuition_common * (h * standing + np.sqrt(1.0 - h * h) * noise)
    return shared


def factors(deviation: Array, spread: float) -> Array:
    """Scores on the circle's two factors, ... x 2, by least squares from values' deviations from the mean, ... x 10."""
    scores: Array = deviation @ np.linalg.pinv(_CIRCLE).T / max(spread, 1e-9)
    return scores


def _main_axis(weighted: Array) -> Array:
    _, _, rows = np.linalg.svd(weighted - weighted.mean(axis=1, keepdims=True), full_matrices=False)
    first: Array = rows[0] - rows[0].mean()
    turned = first if first[-1] >= first[0] else -first
    scaled: Array = turned / np.abs(turned).max()
    return scaled


def _heading(profile: Array, weight: Array) -> Array:
    pull: Array = weight @ (profile @ _CIRCLE)
    unit: Array = pull / max(float(np.linalg.norm(pull)), 1e-9)
    return unit


def _truth(question: Question) -> Array:
    evidence = dict.fromkeys((c.id for c in question.considerations if c.kind == "empirical"), 0)
    for exhibit in question.dossier.exhibits:
        for consideration, sign in exhibit.bears.items():
            if consideration in evidence:
                evidence[consideration] += sign
    return np.array([float(np.sign(evidence.get(c.id, 0))) for c in question.considerations])
