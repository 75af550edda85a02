"""Worlds made up by the model: questions and people drawn from its own distributions, free talk, and measurement.

Used to fit and to check the synthetic public, never by a study: there, questions are written and people seated. A world
is a function of one numpy generator.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from deliberation.models.synthetic.maps import ANGLES, Array, Maps, Places, intuitions, sigma
from deliberation.models.synthetic.minds import Minds, People, traits
from deliberation.settings.models import SyntheticKernel

CONSIDERATIONS, POSITIONS, SEGMENTS = 24, 6, 6
_EMPIRICAL, _TRUE, _REBUTS = 0.5, 0.6, 0.6
_COHESION = 0.10
_LEVELS = 7


class World(NamedTuple):
    """Questions and the places of their segments on the value circle, Q x segments x 2."""

    maps: Maps
    segments: Array

    def rows(self, which: Places) -> World:
        """These questions, in this order."""
        return World(self.maps.rows(which), self.segments[which])


class Measured(NamedTuple):
    """What a questionnaire would find.

    `ratings` 0..1 and `utilities`, whose order is the ranking, B x n x J; `considerations` 1..7 and `known` (1 where an
    empirical one was answered right) B x n x K.
    """

    ratings: Array
    utilities: Array
    considerations: Array
    known: Array


def questions(
    kernel: SyntheticKernel, number: int, draw: Generator, *, considerations: int = CONSIDERATIONS,
    positions: int = POSITIONS,
) -> World:  # fmt: skip
    """Questions with their argument maps.

    Value angles phi ~ U(-pi, pi), side +1 with P = sigma(2 cos(phi - psi) + skew), positions on a main and a second
    axis, bearings n_a . p_j scaled to a greatest size of 1.
    """
    shape = (number, considerations)
    phi, psi = draw.uniform(-np.pi, np.pi, shape), draw.uniform(-np.pi, np.pi, (number, 1))
    profile = np.maximum(0.0, np.cos(ANGLES - phi[..., None])) ** 2
    skew = kernel.skew * draw.standard_normal((number, 1))
    side = np.where(draw.random(shape) < sigma(2.0 * np.cos(phi - psi) + skew), 1.0, -1.0)
    main, direction = _bearings(kernel, side, positions, draw)
    truth = np.where(draw.random(shape) < _TRUE, 1.0, -1.0) * (draw.random(shape) < _EMPIRICAL)
    strength = np.exp(kernel.strength_spread * draw.standard_normal(shape))
    strength = strength / strength.mean(axis=1, keepdims=True)
    prevalence = np.minimum(1.0, 2.0 * kernel.awareness * draw.beta(2, 2, shape))
    popular = kernel.popularity + kernel.popularity_spread * draw.standard_normal(shape)
    noise = draw.standard_normal(main.shape)
    common = intuitions(direction, strength, prevalence, popular, truth, noise=noise, kernel=kernel)
    maps = Maps(
        direction, profile / np.linalg.norm(profile, axis=-1, keepdims=True), strength, prevalence, main, side,
        np.concatenate([np.cos(psi), np.sin(psi)], axis=1), truth, popular, common, _rebuttals(side, draw),
    )  # fmt: skip
    return World(maps, np.sqrt(_COHESION) * draw.standard_normal((number, SEGMENTS, 2)))


def people(kernel: SyntheticKernel, world: World, number: int, draw: Generator) -> People:
    """So many people a question: w = mean + s (cos theta f1 + sin theta f2) + e, f around the segment's place."""
    size, (_, considerations, positions) = (len(world.segments), number), world.maps.direction.shape
    segment = draw.integers(SEGMENTS, size=size)
    at = np.take_along_axis(world.segments, segment[..., None], axis=1)
    scores = at + np.sqrt(1.0 - _COHESION) * draw.standard_normal((*size, 2))
    circle = np.cos(ANGLES) * scores[..., :1] + np.sin(ANGLES) * scores[..., 1:]
    deviation = kernel.value_spread * circle + kernel.value_residual * draw.standard_normal((*size, len(ANGLES)))
    return traits(
        deviation, kernel.value_spread,
        susceptibility=2.0 * draw.beta(4, 4, size),
        talkativeness=np.exp(kernel.talkativeness * draw.standard_normal(size)),
        own_view=draw.standard_normal((*size, considerations)),
        notice=draw.random((*size, considerations)),
        intuition=draw.standard_normal((*size, positions)),
        thought=draw.uniform(-1.0, 1.0, size),
        segment=segment,
    )._replace(factors=scores)  # fmt: skip


def brief(minds: Minds, draw: Generator, *, strength: float = 1.0, bias: float = 0.0, truthful: float = 1.0) -> None:
    """A briefing: each consideration reaches a person with P = reach x strength x (1 + bias side), clipped to 0..2.

    What arrives moves belief towards the truth (`truthful` -1: away from it) and, with a bias, to its side.
    """
    k = minds.kernel
    chance = k.briefing_reach * strength * np.clip(1.0 + bias * minds.maps.side, 0.0, 2.0)
    reached = (draw.random(minds.aware.shape) < chance[:, None]).astype(np.float64)
    push = k.briefing_force * truthful * minds.maps.truth + k.briefing_push * bias * minds.maps.side
    push = push * minds.deference
    reached = reached * (np.abs(push).max() > 0)
    minds.belief += strength * reached * minds.susceptibility[..., None] * push[:, None]
    minds.aware = np.maximum(minds.aware, reached)
    minds.briefed(strength=strength)  # which also forgets what rested on the beliefs before


def discuss(minds: Minds, draw: Generator, *, turns: int) -> list[tuple[Places, Places, Array]]:
    """Free talk of everyone at one table, `turns` a member. Returns speaker, point and stance of each utterance."""
    assemblies, number = minds.shape
    present, last = np.ones(minds.shape), np.full(assemblies, -1)
    said = []
    for _ in range(turns * number):
        speaker = chosen(minds.odds_to_speak(), draw.random(assemblies))
        score = minds.considerations_to_say(speaker, present, last)
        last = chosen(np.exp(score - score.max(axis=1, keepdims=True)), draw.random(assemblies))
        rows = np.arange(assemblies)
        stance = np.where(minds.agreement()[rows, speaker, last] >= 0.0, 1.0, -1.0)
        attended = (draw.random(minds.shape) < minds.kernel.attention).astype(np.float64)
        attended[rows, speaker] = 0.0
        minds.take_the_floor(speaker)
        minds.hear(speaker, last, stance, present, attended)
        minds.follow(present)
        said.append((speaker, last, stance))
    return said


def measure(minds: Minds, draw: Generator) -> Measured:
    """A questionnaire: ratings sigma(U + y0 + noise), ranking of U + noise, considerations, knowledge."""
    k, attitude = minds.kernel, minds.attitude()
    ratings = shrunk(sigma(attitude + k.offset + k.noise * draw.standard_normal(attitude.shape)), k.fault_variance)
    utilities = attitude + k.noise * draw.standard_normal(attitude.shape)
    levels = np.round(weighed(minds, draw.standard_normal(minds.belief.shape)))
    right = sigma(1.5 * minds.belief * minds.maps.truth[:, None])
    known = (minds.aware > 0) & (draw.random(levels.shape) < right) & (minds.maps.truth != 0)[:, None]
    return Measured(ratings, utilities, np.clip(levels, 1, _LEVELS), known.astype(np.float64))


def weighed(minds: Minds, noise: Array) -> Array:
    """How far everyone would say that it agrees with each consideration, on a scale of 1 to 7, B x n x K.

    (L + 1) / 2 + L c ((l + g fit) (una where not aware) + nu noise), L = 7 levels; neither rounded nor cut off yet.
    """
    k = minds.kernel
    held = (minds.belief + k.value_weight * minds.fit) * np.where(minds.aware > 0, 1.0, k.unaware)
    found: Array = (_LEVELS + 1) / 2 + _LEVELS * k.consideration_gain * (held + k.consideration_noise * noise)
    return found


def shrunk(ratings: Array, fault: float) -> Array:
    """Ratings drawn towards their assembly's mean, B x n x J: a fault of models whose people are too alike."""
    mean = ratings.mean(axis=1, keepdims=True)
    drawn: Array = mean + (1.0 - fault) * (ratings - mean)
    return drawn


def chosen(odds: Array, uniform: Array) -> Places:
    """One place in each row, drawn in proportion to its odds by one uniform number, by inversion."""
    total = np.cumsum(odds, axis=1)
    place: Places = (uniform[:, None] * total[:, -1:] >= total).sum(axis=1)
    return np.minimum(place, np.int64(odds.shape[1] - 1))


def _bearings(kernel: SyntheticKernel, side: Array, positions: int, draw: Generator) -> tuple[Array, Array]:
    """The positions' places on the main axis, Q x J, and the considerations' bearings on them, Q x K x J."""
    number = len(side)
    main = np.linspace(-1.0, 1.0, positions) + 0.12 * draw.standard_normal((number, positions))
    second = kernel.second_dimension * draw.standard_normal((number, positions))
    main, second = main - main.mean(axis=1, keepdims=True), second - second.mean(axis=1, keepdims=True)
    along, across = side * draw.uniform(0.5, 1.0, side.shape), 0.6 * draw.standard_normal(side.shape)
    direction = along[..., None] * main[:, None] + across[..., None] * second[:, None]
    return main, direction / np.abs(direction).max(axis=(1, 2), keepdims=True)


def _rebuttals(side: Array, draw: Generator) -> Array:
    """Each consideration rebuts one of the other side, with P = .6."""
    number, size = side.shape
    rebuts = np.zeros((number, size, size))
    lots = draw.random((number, size, size)) * (side[:, :, None] != side[:, None, :])
    target = lots.argmax(axis=2)
    does = (draw.random((number, size)) < _REBUTS) & (lots.max(axis=2) > 0)
    q, a = np.nonzero(does)
    rebuts[q, a, target[q, a]] = 1.0
    return rebuts
