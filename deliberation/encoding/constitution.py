"""Clauses as a constitution states them: a principle with a request to critique, to revise and to compare.

A pure function of clauses and rulings, in the shape of the files of Bai et al. (2022), Constitutional AI.
"""

from __future__ import annotations

from typing import Any

from deliberation.encoding.sources import Ruled
from deliberation.encoding.words import comparison, critique, revision
from deliberation.records.encoding import Constitution, Principle
from deliberation.records.specification import Clause, Ruling


def constitution(ruled: Ruled, *, idea: str) -> Constitution:
    """Adopted and contested clauses, each with its standing; the others are left to the rulings."""
    return Constitution(
        run=ruled.run,
        question=ruled.question.id,
        idea=idea,
        simulated=ruled.simulated,
        principles=tuple(_principle(c, ruled.rulings[c.id]) for c in ruled.standing(ruled.clauses)),
    )


def critique_revision(found: Constitution) -> dict[str, Any]:
    """The file `CritiqueRevisionInstructions.json`, by clause. Nothing can be marked in it, so it has adopted ones."""
    return {
        one.clause_id: {
            "prompt": [f"\n\nCritiqueRequest: {one.critique_request}\n\nCritique:"],
            "edit_request": f"\n\nRevisionRequest: {one.revision_request}\n\nRevision:",
        }
        for one in found.principles
        if one.status == "adopted"
    }


def choices(found: Constitution) -> list[str]:
    """The file `RLInstructions.json`: what a feedback model chooses by, of adopted clauses alone."""
    return [f"{one.comparison} Options:" for one in found.principles if one.status == "adopted"]


def _principle(clause: Clause, ruling: Ruling) -> Principle:
    return Principle(
        clause_id=clause.id,
        ruling_id=ruling.id,
        status=ruling.status,
        norm=clause.norm,
        principle=clause.text,
        critique_request=critique(clause),
        revision_request=revision(clause),
        comparison=comparison([clause]),
        support=ruling.support,
        interval=ruling.interval,
        dissent=tuple(d.reason for d in ruling.dissent),
    )
