"""Minority reports: groups of voters that the adopted clauses leave out, found by proportionality. Judges no reason.

A set of adopted clauses is held to justified representation (Aziz et al. 2017) and to EJR+ (Brill and Peters 2023);
where it violates one, the violation names the voters and the clause that they lack.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from deliberation.records.base import new_id
from deliberation.records.specification import Ballot, Coalition, Ruling
from deliberation.specification.audit import Violation, ejr_plus, justified_representation
from deliberation.specification.counting import counted
from deliberation.specification.rulings import quotes
from deliberation.specification.votes import SUPPORT

_MOST = 20


def coalitions(rulings: Sequence[Ruling], ballots: Iterable[Ballot], *, run: str) -> list[Coalition]:
    """Minority reports on the clauses adopted, the heaviest coalitions first, so many at most; none if none is adopted.

    Args:
        rulings: on all clauses of one question, in the order of the clauses.
        ballots: all of them; supporting a clause is approving of it.
        run: the run's id, which enters the reports' ids.
    """
    adopted = [place for place, ruling in enumerate(rulings) if ruling.status == "adopted"]
    if not adopted:
        return []
    cast = list(ballots)
    found = counted([r.clause for r in rulings], cast, group_by="")
    approve, weights = found.votes.marks == SUPPORT, found.votes.weights
    told = [
        *(("justified_representation", one) for one in justified_representation(approve, weights, adopted)),
        *(("ejr_plus", one) for one in ejr_plus(approve, weights, adopted)),
    ]
    by_voter = {(b.assembly, b.member, b.clause): b for b in cast}
    reports = []
    seen: set[tuple[int, int]] = set()  # who lacks all of it violates both
    for rule, one in told:
        if (one.clause, one.level) in seen:
            continue
        seen.add((one.clause, one.level))
        clause = rulings[one.clause].clause
        voters = [found.voters[row] for row in one.members]
        reports.append(
            Coalition(
                id=new_id("m", run, rule, clause),
                question=rulings[one.clause].question,
                rule=rule,
                clause=clause,
                deserves=one.level,
                weight=round(one.weight, 6),
                quota=round(one.quota, 6),
                share=_share(one, float(weights.sum())),
                members=tuple(sorted({member for _, member in voters})),
                reasons=quotes(by_voter[assembly, member, clause] for assembly, member in voters),
            )
        )
    return sorted(reports, key=lambda report: (-report.weight, report.id))[:_MOST]


def _share(one: Violation, total: float) -> float:
    return round(float(np.clip(one.weight / total, 0.0, 1.0)), 6) if total else 0.0
