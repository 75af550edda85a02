"""Rows from judgments and rulings. Pure: reads no file, writes none.

A preference pair is made where enough more members ranked one response above another; a supervised example from the
response ranked first by most. Each row names the clauses that those members relied on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from deliberation.records.agenda import Case, Question, Response
from deliberation.records.base import new_id, short_hash
from deliberation.records.encoding import Message, PreferenceRow, SftRow, Split
from deliberation.records.specification import Judgment, Ruling
from deliberation.settings import EncodingSettings
from deliberation.specification.cases import apart, relied_on


class Ruled(NamedTuple):
    """What rows are made of: the question, all judgments, all rulings, and where they come from."""

    question: Question
    judgments: Sequence[Judgment]
    rulings: Mapping[str, Ruling]
    run: str
    simulated: bool


class _Verdict(NamedTuple):
    chosen: Response
    rejected: Response | None
    support: float
    dissent: float
    judged: int
    clauses: tuple[str, ...]


def preferences(ruled: Ruled, settings: EncodingSettings) -> list[PreferenceRow]:
    """Preference pairs whose judged shares differ by at least `settings.margin`, case by case."""
    by_case = _by_case(ruled.judgments)
    found = [
        (case, verdict)
        for case in ruled.question.cases
        for pair in combinations(case.responses, 2)
        if (verdict := _preferred(pair, by_case[case.id], settings.margin)) is not None
    ]
    split = split_of(ruled.question.id, settings.test_share)
    return [_preference(ruled, case, verdict, split) for case, verdict in found]


def supervised(ruled: Ruled, settings: EncodingSettings) -> list[SftRow]:
    """One dialogue a case, ending in the response that most members ranked first; none where two are level."""
    by_case = _by_case(ruled.judgments)
    found = [
        (case, verdict) for case in ruled.question.cases if (verdict := _first(case, by_case[case.id])) is not None
    ]
    split = split_of(ruled.question.id, settings.test_share)
    return [_sft(ruled, case, verdict, split) for case, verdict in found]


def split_of(question: str, test_share: float) -> Split:
    """The split of everything that rests on a question: by a hash of its id, so that it is the same in every run.

    A clause belongs to one question, so no clause and no question stands on both sides, in however many runs.
    """
    return "test" if int(short_hash("split", question, size=4), 16) / 16**8 < test_share else "train"


def _by_case(judgments: Iterable[Judgment]) -> dict[str, list[Judgment]]:
    found: dict[str, list[Judgment]] = defaultdict(list)
    for judgment in judgments:
        found[judgment.case].append(judgment)
    return found


def _preferred(pair: tuple[Response, Response], judgments: list[Judgment], margin: float) -> _Verdict | None:
    sides = apart([r.id for r in pair], judgments)
    weights = [sum(j.weight for j in side) for side in sides]
    total = sum(weights)
    if total == 0 or weights[0] == weights[1] or abs(weights[0] - weights[1]) / total < margin:
        return None
    winner = int(weights[1] > weights[0])
    support = weights[winner] / total
    judged = len(sides[0]) + len(sides[1])
    return _Verdict(pair[winner], pair[1 - winner], support, 1 - support, judged, relied_on(sides[winner]))


def _first(case: Case, judgments: list[Judgment]) -> _Verdict | None:
    judged = [j for j in judgments if len(j.ranking[0]) == 1]
    tops: dict[str, float] = defaultdict(float)
    for judgment in judged:
        tops[judgment.ranking[0][0]] += judgment.weight
    most = max(tops.values(), default=0.0)
    first = [name for name, weight in tops.items() if weight == most]
    if len(first) != 1:  # nobody judged, or as many put another first: nothing to imitate
        return None
    [best] = first
    chosen = next(r for r in case.responses if r.id == best)
    share = most / sum(tops.values())
    behind = [j for j in judged if j.ranking[0] == (best,)]
    return _Verdict(chosen, None, share, 1 - share, len(judged), relied_on(behind))


def _preference(ruled: Ruled, case: Case, verdict: _Verdict, split: Split) -> PreferenceRow:
    rejected = verdict.rejected
    assert rejected is not None  # noqa: S101  a preference has two sides
    return PreferenceRow.model_validate(
        {
            **_provenance(ruled, case, verdict, split, "preference", rejected.id),
            "prompt": [Message(role="user", content=case.prompt)],
            "chosen": [Message(role="assistant", content=verdict.chosen.text)],
            "rejected": [Message(role="assistant", content=rejected.text)],
        }
    )


def _sft(ruled: Ruled, case: Case, verdict: _Verdict, split: Split) -> SftRow:
    messages = [
        Message(role="user", content=case.prompt),
        Message(role="assistant", content=verdict.chosen.text),
    ]
    return SftRow.model_validate({**_provenance(ruled, case, verdict, split, "sft", ""), "messages": messages})


def _provenance(ruled: Ruled, case: Case, verdict: _Verdict, split: Split, kind: str, other: str) -> dict[str, object]:
    rulings = [ruled.rulings[c] for c in verdict.clauses if c in ruled.rulings]  # others were not ruled on here
    return {
        "row_id": new_id("row", ruled.run, kind, case.id, verdict.chosen.id, other),
        "clause_ids": tuple(r.clause for r in rulings),
        "ruling_ids": tuple(r.id for r in rulings),
        "support": round(verdict.support, 6),
        "dissent": round(verdict.dissent, 6),
        "run": ruled.run,
        "split": split,
        "simulated": ruled.simulated,
        "origin": "+".join(sorted({j.origin or "unknown" for j in ruled.judgments if j.case == case.id})),
        "case": case.id,
        "judgments": verdict.judged,
        "contested": bool(rulings) and not any(r.status == "adopted" for r in rulings),
    }
