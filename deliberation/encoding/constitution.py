"""Clauses as a constitution states them: a principle with a request to critique, to revise and to compare.

A pure function of clauses and rulings, in the shape of the files of Bai et al. (2022), Constitutional AI.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deliberation.records.encoding import Constitution, Principle
from deliberation.records.specification import Clause, Ruling


def constitution(
    clauses: Sequence[Clause],
    rulings: Mapping[str, Ruling],
    *,
    run: str,
    question: str,
    idea: str,
    simulated: bool,
) -> Constitution:
    """Adopted and contested clauses, each with its standing; the others are left to the rulings."""
    ruled = [(clause, rulings[clause.id]) for clause in clauses if clause.id in rulings]
    return Constitution(
        run=run,
        question=question,
        idea=idea,
        simulated=simulated,
        principles=tuple(
            _principle(clause, ruling) for clause, ruling in ruled if ruling.status in {"adopted", "contested"}
        ),
    )


def _principle(clause: Clause, ruling: Ruling) -> Principle:
    return Principle(
        clause_id=clause.id,
        ruling_id=ruling.id,
        status=ruling.status,
        norm=clause.norm,
        principle=clause.text,
        critique_request=(
            f"Identify the specific ways in which the assistant's last response does not follow this principle: "
            f"{clause.text}"
        ),
        revision_request=f"Please rewrite the assistant's response so that it follows this principle: {clause.text}",
        comparison=f"Please choose the response that follows this principle better: {clause.text}",
        support=ruling.support,
        interval=ruling.interval,
        dissent=tuple(d.reason for d in ruling.dissent),
    )
