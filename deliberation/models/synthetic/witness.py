"""What a witness makes of the dossier, honest or slanted. A function of exhibits and slant: no draw, no words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

import numpy as np

from deliberation.models.synthetic.maps import Array, Index, map_of
from deliberation.records.agenda import Exhibit, Question
from deliberation.settings import Witness
from deliberation.settings.models import SyntheticKernel


def evidence(exhibits: Sequence[Exhibit]) -> dict[str, int]:
    """Which way the exhibits bear on each consideration on balance, 1 or -1, in the dossier's order.

    A consideration on which they cancel out is left away.
    """
    balance: dict[str, int] = {}
    for exhibit in exhibits:
        for consideration, sign in exhibit.bears.items():
            balance[consideration] = balance.get(consideration, 0) + sign
    return {name: (1 if total > 0 else -1) for name, total in balance.items() if total}


def points_of(
    exhibits: Sequence[Exhibit], question: Question, witness: Witness, kernel: SyntheticKernel
) -> dict[str, int]:
    """The points that this witness makes: consideration -> stance, in the dossier's order.

    Neutral: the balance of the evidence. One-sided: of what would hurt its side with this public, the worst share
    `bias` is left out (a negative bias takes the other side). False: the contrary of the evidence. Inert: nothing.
    """
    honest = evidence(exhibits)
    match witness.kind:
        case "neutral":
            return honest
        case "one_sided":
            return _one_sided(honest, question, witness, kernel)
        case "false_claims":
            return {name: -sign for name, sign in honest.items()}
        case "inert" | "none":
            return {}
        case "bench":
            raise TypeError("a bench speaks through each of its witnesses")
        case never:
            assert_never(never)


def reply_of(own: Mapping[str, int], others: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """What a witness has to say to the others: its own points that none of them made, or that they made otherwise."""
    made = [(name, stance) for points in others for name, stance in points.items()]
    return {name: stance for name, stance in own.items() if (name, stance) not in made}


def exhibits_for(points: Mapping[str, int], exhibits: Sequence[Exhibit]) -> list[Exhibit]:
    """The exhibits that bear on these points."""
    return [exhibit for exhibit in exhibits if points.keys() & exhibit.bears.keys()]


def _one_sided(honest: dict[str, int], question: Question, witness: Witness, kernel: SyntheticKernel) -> dict[str, int]:
    place = Index.of(question).position[witness.towards or question.positions[0].id]
    sign = 1.0 if witness.bias >= 0 else -1.0
    does = effects(honest, question, kernel)
    harm = {name: sign * float(does[name][place]) for name in honest}
    harmful = sorted((name for name in honest if harm[name] < 0), key=lambda name: (harm[name], name))
    hidden = set(harmful[: round(abs(witness.bias) * len(harmful))])
    return {name: stance for name, stance in honest.items() if name not in hidden}


def effects(points: Mapping[str, int], question: Question, kernel: SyntheticKernel) -> dict[str, Array]:
    """What telling each point does to the average person's reasons for each position, J, to first order.

    Evidence does not only move belief: it brings a consideration to mind, and a public that does not accept it then
    holds it against what it was told for. So evidence for a position can hurt it, and is told by its enemies.
    """
    maps, index = map_of(question, kernel), Index.of(question)
    belief = maps.popular[0] + kernel.knowledge * maps.truth[0]
    held, known, weight = np.tanh(belief / 2.0), maps.prevalence[0], maps.strength[0]
    found = {}
    for name, stance in points.items():
        a = index.consideration[name]
        step = kernel.briefing_force * stance
        new = (1.0 - known[a]) * np.tanh((belief[a] + 1.5 * step) / 2.0)
        moved = known[a] * (np.tanh((belief[a] + step) / 2.0) - held[a])
        change = weight[a] * (new + moved) * maps.direction[0, a]
        if stance > 0:
            lost = kernel.undercut * step * maps.rebuts[0, a] * known * weight * (1.0 - held**2) / 2.0
            change = change - lost @ maps.direction[0]
        found[name] = change
    return found
