"""From the people of a roster to their latent traits. A function of seed, question and person alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deliberation.models.synthetic.maps import MEANS, Array
from deliberation.models.synthetic.minds import People, traits
from deliberation.randomness import stream
from deliberation.records.agenda import Question
from deliberation.records.people import Persona, ValueModel
from deliberation.settings.models import SyntheticKernel

SEGMENT = "outlook"
"""The attribute whose values are the segments of a panel."""


def people_of(
    panels: Sequence[Sequence[Persona]],
    question: Question,
    kernel: SyntheticKernel,
    *,
    seed: int,
    spread: ValueModel | None,
) -> People:
    """Panels of the same size as traits, B x n. `spread`: of values in their population; by default the kernel's own.

    Each person is drawn by a stream named after it, so that it is the same in whichever assembly it sits.
    """
    size = (len(panels), len(panels[0]))
    considerations, positions = len(question.considerations), len(question.positions)
    own, notice = np.empty((*size, considerations)), np.empty((*size, considerations))
    intuition, small = np.empty((*size, positions)), np.empty((*size, 3))
    for b, panel in enumerate(panels):
        for i, person in enumerate(panel):
            draw = stream(seed, "latent", question.id, person.id)
            normal = draw.standard_normal(considerations + positions + 1)
            uniform = draw.random(considerations + 1)
            own[b, i], intuition[b, i] = normal[:considerations], normal[considerations:-1]
            notice[b, i] = uniform[:-1]
            small[b, i] = draw.beta(4, 4), normal[-1], 2.0 * uniform[-1] - 1.0
    values = np.array([[p.profile() for p in panel] for panel in panels])
    means = np.array(spread.means.array()) if spread else MEANS
    found = traits(
        values - means, spread.spread if spread else kernel.value_spread,
        susceptibility=2.0 * small[..., 0], talkativeness=np.exp(kernel.talkativeness * small[..., 1]), own_view=own,
        notice=notice, intuition=intuition, thought=small[..., 2], segment=_segments(panels),
    )  # fmt: skip
    return alike(found, kernel.sameness) if kernel.sameness else found


def alike(people: People, share: float) -> People:
    """People drawn towards the average person, who has thought of what most have thought of: a null model at 1."""

    def to(value: float, part: Array) -> Array:
        return value + (1.0 - share) * (part - value)

    return people._replace(
        deviation=to(0.0, people.deviation),
        factors=to(0.0, people.factors),
        susceptibility=to(1.0, people.susceptibility),
        talkativeness=to(1.0, people.talkativeness),
        own_view=to(0.0, people.own_view),
        notice=to(0.5, people.notice),
        intuition=to(0.0, people.intuition),
        thought=to(0.0, people.thought),
    )


def _segments(panels: Sequence[Sequence[Persona]]) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    names = [[p.attributes.get(SEGMENT, "") for p in panel] for panel in panels]
    known = {name: number for number, name in enumerate(sorted({n for panel in names for n in panel}))}
    return np.array([[known[n] for n in panel] for panel in names], dtype=np.int64)
