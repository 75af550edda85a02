"""Rows that rest on judgments of cases: on which reply the members put first, whatever clauses there are.

Pure: reads no file. A pair is made where enough more members ranked one response above another; what makes no row is
yielded as a failed row in its place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

from deliberation.encoding.sources import (
    Heard,
    Ruled,
    Shares,
    dialogue,
    heard,
    judged_by,
    reply,
    row_id,
    split_of,
)
from deliberation.encoding.words import excerpt, rubric
from deliberation.records.agenda import Response
from deliberation.records.encoding import FailedRow, PreferenceRow, PromptRow, SftRow, UnpairedRow
from deliberation.records.specification import Judgment
from deliberation.settings import EncodingSettings
from deliberation.specification.cases import apart, place, relied_on


def judged_pairs(ruled: Ruled, settings: EncodingSettings) -> Iterator[PreferenceRow | FailedRow]:
    """Preference pairs whose judged shares differ by at least `settings.margin`, case by case."""
    split = split_of(ruled.question.id, settings.test_share)
    for of in heard(ruled):
        if not of.judgments:
            yield ruled.failed("preferences", of.case.id, "too_close", "nobody judged it")
            continue
        for two in combinations(of.case.responses, 2):
            sides = apart([r.id for r in two], of.judgments)
            weights = [sum(j.weight for j in side) for side in sides]
            winner, total = int(weights[1] > weights[0]), sum(weights)
            agreement = round(abs(weights[0] - weights[1]) / total, 9) if total else 0.0
            if agreement == 0 or agreement < settings.margin:
                why = f"{two[0].id} and {two[1].id}: shares differ by {agreement:.0%}"
                yield ruled.failed("preferences", of.case.id, "too_close", why, _cited(ruled, of.judgments))
                continue
            shares = Shares(
                weights[winner] / total, weights[1 - winner] / total, len(sides[0]) + len(sides[1]),
                relied_on(sides[winner]),
            )  # fmt: skip
            chosen, rejected = two[winner], two[1 - winner]
            yield PreferenceRow(
                **judged_by(ruled, of, shares, split),
                row_id=row_id(ruled, "preference", of.case.id, chosen.id, rejected.id),
                prompt=dialogue(settings.system, of.case.prompt),
                chosen=reply(chosen.text),
                rejected=reply(rejected.text),
                soft_label=round(shares.support, 6),
                agreement=round(agreement, 6),
            )


def judged_replies(ruled: Ruled, settings: EncodingSettings) -> Iterator[UnpairedRow | FailedRow]:
    """Every response, wanted or not by the share of the comparisons that it wins against the others of its case."""
    split = split_of(ruled.question.id, settings.test_share)
    for of in heard(ruled):
        for response in of.case.responses:
            won, lost, behind = _comparisons(of, response)
            agreement = round(abs(won - lost) / (won + lost), 9) if won + lost else 0.0
            if agreement == 0 or agreement < settings.margin:
                why = f"{response.id} wins and loses alike, but for {agreement:.0%} of its comparisons"
                yield ruled.failed("unpaired", of.case.id, "too_close", why, _cited(ruled, of.judgments))
                continue
            wanted = won > lost
            share = max(won, lost) / (won + lost)
            shares = Shares(share, 1 - share, len(of.judgments), relied_on(behind[0 if wanted else 1]))
            yield UnpairedRow(
                **judged_by(ruled, of, shares, split),
                row_id=row_id(ruled, "unpaired", of.case.id, response.id),
                prompt=dialogue(settings.system, of.case.prompt),
                completion=reply(response.text),
                label=wanted,
            )


def judged_dialogues(ruled: Ruled, settings: EncodingSettings) -> Iterator[SftRow | FailedRow]:
    """One dialogue a case, ending in the response that most members ranked first; none where two are level."""
    split = split_of(ruled.question.id, settings.test_share)
    for of in heard(ruled):
        judged = [j for j in of.judgments if len(j.ranking[0]) == 1]
        tops: dict[str, float] = defaultdict(float)
        for judgment in judged:
            tops[judgment.ranking[0][0]] += judgment.weight
        most = max(tops.values(), default=0.0)
        first = [name for name, weight in tops.items() if most - weight <= 1e-9]
        if len(first) != 1:  # nothing to imitate
            why = f"{' and '.join(sorted(first))} are level" if first else "nobody put one reply first"
            yield ruled.failed("sft", of.case.id, "nothing_first", why, _cited(ruled, of.judgments))
            continue
        [best] = first
        share = most / sum(tops.values())
        behind = [j for j in judged if j.ranking[0] == (best,)]
        chosen = next(r for r in of.case.responses if r.id == best)
        yield SftRow(
            **judged_by(ruled, of, Shares(share, 1 - share, len(judged), relied_on(behind)), split),
            row_id=row_id(ruled, "sft", of.case.id, best, ""),
            messages=(*dialogue(settings.system, of.case.prompt), *reply(chosen.text)),
        )


def judged_prompts(ruled: Ruled, settings: EncodingSettings) -> Iterator[PromptRow | FailedRow]:
    """One prompt a case, with the adopted and contested clauses that at least a fifth of its judges relied on."""
    split = split_of(ruled.question.id, settings.test_share)
    for of in heard(ruled):
        clauses = ruled.standing(relied_on(of.judgments))
        if not clauses:
            yield ruled.failed("prompts_rubrics", of.case.id, "no_clause", "no clause that stands bears on it")
            continue
        named = {c.id for c in clauses}
        share = sum(j.weight for j in of.judgments if named & {*j.clauses}) / sum(j.weight for j in of.judgments)
        shares = Shares(share, 1 - share, len(of.judgments), [c.id for c in clauses])
        yield PromptRow(
            **judged_by(ruled, of, shares, split),
            row_id=row_id(ruled, "prompt", of.case.id),
            prompt=dialogue(settings.system, of.case.prompt),
            rubric=rubric(clauses),
            spec_excerpt=excerpt(clauses, ruled),
        )


def _comparisons(of: Heard, response: Response) -> tuple[float, float, tuple[list[Judgment], list[Judgment]]]:
    """How often a response stands before another and after it, by weight; whose judgments these are."""
    won = lost = 0.0
    behind: tuple[list[Judgment], list[Judgment]] = ([], [])
    for judgment in of.judgments:
        own = place(judgment, response.id)
        places = [place(judgment, other.id) for other in of.case.responses if other.id != response.id]
        before, after = sum(own < p for p in places), sum(own > p for p in places)
        won, lost = won + judgment.weight * before, lost + judgment.weight * after
        if before != after:
            behind[before < after].append(judgment)
    return won, lost, behind


def _cited(ruled: Ruled, judgments: Sequence[Judgment]) -> tuple[str, ...]:
    return tuple(c.id for c in ruled.standing(relied_on(judgments)))
