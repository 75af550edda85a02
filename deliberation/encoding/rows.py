"""Rows from judgments and rulings. Pure: reads no file, writes none.

A preference pair is made where enough more members ranked one response above another; a supervised example from the
response ranked first by most. Each row names the clauses that those members relied on.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from deliberation.records.agenda import Case, Question, Response
from deliberation.records.base import new_id, short_hash
from deliberation.records.encoding import Message, PreferenceRow, SftRow, Split
from deliberation.records.specification import Judgment, Ruling
from deliberation.settings import EncodingSettings

_RELIED = 0.2


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
    splits = _splits(ruled, settings)
    return [_preference(ruled, case, verdict, splits[case.id]) for case, verdict in found]


def supervised(ruled: Ruled, settings: EncodingSettings) -> list[SftRow]:
    """One dialogue a case, ending in the response that most members ranked first; none where two are level."""
    by_case = _by_case(ruled.judgments)
    found = [
        (case, verdict) for case in ruled.question.cases if (verdict := _first(case, by_case[case.id])) is not None
    ]
    splits = _splits(ruled, settings)
    return [_sft(ruled, case, verdict, splits[case.id]) for case, verdict in found]


def _splits(ruled: Ruled, settings: EncodingSettings) -> dict[str, Split]:
    """One split for every kind of row: a case and each clause that its judges named stand on one side."""
    linked = [(case.id, ()) for case in ruled.question.cases]
    return split_of([*linked, *((j.case, j.clauses) for j in ruled.judgments)], settings.test_share)


def split_of(linked: Iterable[tuple[str, tuple[str, ...]]], test_share: float) -> dict[str, Split]:
    """A split for each case, such that no clause stands on both sides.

    Cases that share a clause go together. The largest such family trains; of the others, those whose hash falls below
    `test_share` test.
    """
    families = _families(linked)
    if not families:
        return {}
    largest = max(families, key=lambda cases: (len(cases), sorted(cases)))
    splits: dict[str, Split] = {}
    for cases in families:
        lot = int(short_hash("split", *sorted(cases), size=4), 16) / 16**8
        side: Split = "test" if cases is not largest and lot < test_share else "train"
        splits.update(dict.fromkeys(cases, side))
    return splits


def _families(linked: Iterable[tuple[str, tuple[str, ...]]]) -> list[frozenset[str]]:
    from networkx import Graph, connected_components

    graph: Graph[tuple[str, str]] = Graph()
    for case, clauses in linked:
        graph.add_node(("case", case))
        graph.add_edges_from((("case", case), ("clause", clause)) for clause in clauses)
    found = [frozenset(name for kind, name in part if kind == "case") for part in connected_components(graph)]
    return sorted(found, key=sorted)


def _by_case(judgments: Iterable[Judgment]) -> dict[str, list[Judgment]]:
    found: dict[str, list[Judgment]] = defaultdict(list)
    for judgment in judgments:
        found[judgment.case].append(judgment)
    return found


def _place(judgment: Judgment, response: str) -> int:
    return next(i for i, tied in enumerate(judgment.ranking) if response in tied)


def _preferred(pair: tuple[Response, Response], judgments: list[Judgment], margin: float) -> _Verdict | None:
    sides: tuple[list[Judgment], list[Judgment]] = ([], [])
    for judgment in judgments:
        first, second = (_place(judgment, r.id) for r in pair)
        if first != second:
            sides[first > second].append(judgment)
    total = len(sides[0]) + len(sides[1])
    if total == 0 or len(sides[0]) == len(sides[1]) or abs(len(sides[0]) - len(sides[1])) / total < margin:
        return None
    winner = int(len(sides[1]) > len(sides[0]))
    support = len(sides[winner]) / total
    relied = _relied_on(sides[winner])
    return _Verdict(pair[winner], pair[1 - winner], support, 1 - support, total, relied)


def _first(case: Case, judgments: list[Judgment]) -> _Verdict | None:
    tops = Counter(j.ranking[0][0] for j in judgments if len(j.ranking[0]) == 1)
    if not tops:
        return None
    [(best, most), *others] = tops.most_common()
    if others and others[0][1] == most:  # as many put another first: nothing to imitate
        return None
    chosen = next(r for r in case.responses if r.id == best)
    total = tops.total()
    behind = [j for j in judgments if j.ranking[0] == (best,)]
    share = tops[best] / total
    return _Verdict(chosen, None, share, 1 - share, total, _relied_on(behind))


def _relied_on(judgments: list[Judgment]) -> tuple[str, ...]:
    """The clauses that at least a fifth of these judgments name."""
    named = Counter(clause for judgment in judgments for clause in judgment.clauses)
    return tuple(sorted(c for c, times in named.items() if times >= _RELIED * len(judgments)))


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
    rulings = [ruled.rulings[c] for c in verdict.clauses if c in ruled.rulings]
    return {
        "row_id": new_id("row", ruled.run, kind, case.id, verdict.chosen.id, other),
        "clause_ids": verdict.clauses,
        "ruling_ids": tuple(r.id for r in rulings),
        "support": round(verdict.support, 6),
        "dissent": round(verdict.dissent, 6),
        "run": ruled.run,
        "split": split,
        "simulated": ruled.simulated,
        "case": case.id,
        "judgments": verdict.judged,
        "contested": any(r.status != "adopted" for r in rulings),
    }
