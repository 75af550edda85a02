"""What clauses are worth to people, and how they vote on them. Numbers only; B assemblies, n people, C clauses.

    utility  U(c) = lambda [U_j + sum over conditions (gamma max(0, -C_aj) - loss gamma max(0, C_aj) - kappa)]

with C the contributions of considerations: "provided that ..." meets an objection, dilutes a benefit a little, and
costs something to follow. P(support) = sigma((U(c) + y0) / tau); near even odds, an abstention. A prohibition is worth
what the command costs: its lambda is the positive form's, negated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from deliberation.models.synthetic.maps import Array, Index, sigma
from deliberation.models.synthetic.minds import Minds
from deliberation.records.specification import Meaning, Norm
from deliberation.settings.models import SyntheticKernel

FORCE: Mapping[Norm, float] = {"must": 1.0, "must_not": -1.0, "should": 0.6, "should_not": -0.6, "may": 0.3}
"""lambda: how strongly a norm binds."""


class Ballots(NamedTuple):
    """Votes of everyone on every clause, B x n x C: `share` the chance of support, `supports` and `abstains` 0 or 1."""

    share: Array
    supports: Array
    abstains: Array


def relief(contributions: Array, kernel: SyntheticKernel) -> Array:
    """What a condition on each consideration adds to an attitude, in the shape of the contributions."""
    gained = np.maximum(0.0, -contributions) - kernel.dilution * np.maximum(0.0, contributions)
    added: Array = kernel.relief * gained - kernel.complexity
    return added


def utilities(minds: Minds, meanings: Sequence[Meaning], index: Index) -> Array:
    """Everyone's utility of each clause, B x n x C."""
    attitude = minds.attitude()
    conditioned = any(meaning.conditions for meaning in meanings)
    eased = relief(minds.contributions(), minds.kernel) if conditioned else None
    columns = []
    for meaning in meanings:
        j = index.position[meaning.option]
        worth = attitude[..., j]
        if eased is not None and meaning.conditions:
            worth = worth + eased[:, :, [index.consideration[a] for a in meaning.conditions], j].sum(axis=-1)
        columns.append(FORCE[meaning.modality] * worth)
    return np.stack(columns, axis=-1)


def votes(utility: Array, uniform: Array, kernel: SyntheticKernel) -> Ballots:
    """Votes from utilities and uniform draws, both B x n x C.

    Where votes are partly random (a null model), they are so at the assembly's own rate.
    """
    odds = (utility + kernel.offset) / kernel.decisiveness
    share, unsure = sigma(odds), (np.abs(odds) < kernel.abstention).astype(np.float64)
    if kernel.random_votes:
        share, unsure = (own + kernel.random_votes * (own.mean(axis=1, keepdims=True) - own) for own in (share, unsure))
    abstains = uniform >= 1.0 - unsure
    supports = (uniform < share * (1.0 - unsure)) & ~abstains
    return Ballots(share, supports.astype(np.float64), abstains.astype(np.float64))


def by_place(utility: Array, places: Array, kernel: SyntheticKernel) -> Array:
    """Utilities with the fault of position: what stands first seems better, by up to twice the fault's dose.

    `places`: where each stands on the voter's slate, 0 first to 1 last, in the shape of `utility`. A dose of .1 in
    ratings is about .4 in attitude, the logistic's slope being a quarter.
    """
    moved: Array = utility + 4.0 * kernel.fault_position * (0.5 - places)
    return moved
