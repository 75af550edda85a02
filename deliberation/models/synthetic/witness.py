"""What a witness makes of the dossier, honest or slanted. A function of exhibits and slant: no draw, no words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

from deliberation.records.agenda import Exhibit, Question
from deliberation.settings import Witness


def evidence(exhibits: Sequence[Exhibit]) -> dict[str, int]:
    """Which way the exhibits bear on each consideration on balance, 1 or -1, in the dossier's order.

    A consideration on which they cancel out is left away.
    """
    balance: dict[str, int] = {}
    for exhibit in exhibits:
        for consideration, sign in exhibit.bears.items():
            balance[consideration] = balance.get(consideration, 0) + sign
    return {name: (1 if total > 0 else -1) for name, total in balance.items() if total}


def points_of(exhibits: Sequence[Exhibit], question: Question, witness: Witness) -> dict[str, int]:
    """The points that this witness makes: consideration -> stance, in the dossier's order.

    Neutral: the balance of the evidence. One-sided: of what speaks against its side, the strongest share `bias` is left
    out (a negative bias takes the other side). False: the contrary of the evidence. Inert: nothing.
    """
    honest = evidence(exhibits)
    match witness.kind:
        case "neutral":
            return honest
        case "one_sided":
            return _one_sided(honest, question, witness)
        case "false_claims":
            return {name: -sign for name, sign in honest.items()}
        case "inert" | "none":
            return {}
        case never:
            assert_never(never)


def exhibits_for(points: Mapping[str, int], exhibits: Sequence[Exhibit]) -> list[Exhibit]:
    """The exhibits that bear on these points."""
    return [exhibit for exhibit in exhibits if points.keys() & exhibit.bears.keys()]


def _one_sided(honest: dict[str, int], question: Question, witness: Witness) -> dict[str, int]:
    side = witness.towards or question.positions[0].id
    reasons = {c.id: c for c in question.considerations}
    sign = 1 if witness.bias >= 0 else -1
    against = [name for name, stance in honest.items() if sign * stance * reasons[name].direction[side] < 0]
    strongest = sorted(against, key=lambda name: (-reasons[name].strength, name))
    hidden = set(strongest[: round(abs(witness.bias) * len(strongest))])
    return {name: stance for name, stance in honest.items() if name not in hidden}
