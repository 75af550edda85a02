"""What panels made of the cases: for each two responses the share that prefers one, how sure that is, what it rests on.

A share is a soft label, and its distance from evens a margin. Only adopted clauses can decide a case; one in which no
pair rests on any is undecided by the specification, however clear the preference.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import combinations

from deliberation.records.agenda import Question
from deliberation.records.specification import CaseRuling, Judgment, Preferred
from deliberation.specification.uncertainty import Evidence, evidence_of

RELIED = 0.2
"""Share of those who prefer a response that has to rely on a clause for the pair to rest on it."""


def case_rulings(
    question: Question, judgments: Iterable[Judgment], adopted: Collection[str], *, confidence: float
) -> list[CaseRuling]:
    """How every case of a question was settled, in its order.

    Args:
        question: whose cases.
        judgments: of all panels.
        adopted: ids of the adopted clauses.
        confidence: of the central interval 2 confidence - 1 is the probability, as in rulings.
    """
    by_case: dict[str, list[Judgment]] = defaultdict(list)
    for judgment in judgments:
        by_case[judgment.case].append(judgment)
    found = []
    for case in question.cases:
        pairs = [
            pair
            for two in combinations((r.id for r in case.responses), 2)
            if (pair := _pair(two, by_case[case.id], adopted, level=2 * confidence - 1)) is not None
        ]
        decided = sorted({clause for pair in pairs for clause in pair.clauses})
        found.append(
            CaseRuling(question=question.id, case=case.id, pairs=tuple(pairs), decided_by=tuple(decided))
        )  # fmt: skip
    return found


def apart(two: Sequence[str], judgments: Iterable[Judgment]) -> tuple[list[Judgment], list[Judgment]]:
    """Those who put the first of two responses before the second, and those who did the contrary; ties are neither."""
    sides: tuple[list[Judgment], list[Judgment]] = ([], [])
    for judgment in judgments:
        first, second = (place(judgment, response) for response in two)
        if first != second:
            sides[first > second].append(judgment)
    return sides


def place(judgment: Judgment, response: str) -> int:
    """Where a response stands in a judgment, 0 first; one that is not in it stands after all."""
    return next((i for i, tied in enumerate(judgment.ranking) if response in tied), len(judgment.ranking))


def relied_on(judgments: Sequence[Judgment]) -> tuple[str, ...]:
    """The clauses that at least a fifth of these judgments name, by id."""
    named = Counter(clause for judgment in judgments for clause in judgment.clauses)
    return tuple(sorted(clause for clause, times in named.items() if times >= RELIED * len(judgments)))


def _pair(
    two: tuple[str, str], judgments: Sequence[Judgment], adopted: Collection[str], *, level: float
) -> Preferred | None:
    sides = apart(two, judgments)
    weights = [sum(j.weight for j in side) for side in sides]
    total = sum(weights)
    if not total:
        return None
    winner = int(round(weights[1] - weights[0], 9) > 0)
    share = weights[winner] / total
    low, high = _evidence(sides, winner).posterior().interval(level)
    return Preferred(
        first=two[winner],
        second=two[1 - winner],
        share=round(share, 6),
        margin=round(2 * share - 1, 6),
        interval=(round(low, 6), round(high, 6)),
        level=round(level, 6),
        judges=len(sides[0]) + len(sides[1]),
        clauses=tuple(clause for clause in relied_on(sides[winner]) if clause in adopted),
    )


def _evidence(sides: tuple[list[Judgment], list[Judgment]], winner: int) -> Evidence:
    found: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for number, side in enumerate(sides):
        for judgment in side:
            found[judgment.assembly].append((judgment.weight, number == winner))
    return evidence_of(found[assembly] for assembly in sorted(found))
