"""Every format's rows: from judged cases, from worked examples, from given pairs, and those made from other rows.

Pure generators; what makes no row is yielded as a failed row in its place, so that nothing is dropped silently.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from deliberation.encoding import hh
from deliberation.encoding.exemplary import (
    documents,
    example_critiques,
    example_dialogues,
    example_pairs,
    example_prompts,
    example_replies,
)
from deliberation.encoding.judged import judged_dialogues, judged_pairs, judged_prompts, judged_replies
from deliberation.encoding.sources import Pair, Ruled, heard, reply, row_id, sound, split_of
from deliberation.encoding.words import comparison, rubric
from deliberation.records.base import normalised, short_hash
from deliberation.records.encoding import (
    ComparisonRow,
    Criterion,
    DeliberativeRow,
    FailedRow,
    HhRow,
    InspectSample,
    Message,
    PreferenceRow,
    PromptRow,
    Provenance,
    SftRow,
    UnpairedRow,
)
from deliberation.records.specification import Clause
from deliberation.settings import EncodingSettings
from deliberation.specification.cases import relied_on

_CITED = re.compile(r"\bc-[0-9a-f]{12}\b")

P = TypeVar("P", bound=Provenance)


def preferences(ruled: Ruled, settings: EncodingSettings) -> Iterator[PreferenceRow | FailedRow]:
    """Pairs of judged cases, of worked examples, and those that were handed in."""
    yield from judged_pairs(ruled, settings)
    yield from example_pairs(ruled, settings)
    for pair, common in _given(ruled, settings, "preferences"):
        if isinstance(pair, FailedRow):
            yield pair
        else:
            yield PreferenceRow(
                **common,
                row_id=row_id(ruled, "preference", common["origin"], str(pair.line)),
                prompt=_led(settings, pair),
                chosen=reply(pair.chosen),
                rejected=reply(pair.rejected),
                soft_label=None,
                agreement=None,
            )


def unpaired(ruled: Ruled, settings: EncodingSettings) -> Iterator[UnpairedRow | FailedRow]:
    """Replies that are wanted or not, each alone."""
    yield from judged_replies(ruled, settings)
    yield from example_replies(ruled, settings)
    for pair, common in _given(ruled, settings, "unpaired"):
        if isinstance(pair, FailedRow):
            yield pair
        else:
            for wanted, text in ((True, pair.chosen), (False, pair.rejected)):
                id_ = row_id(ruled, "unpaired", common["origin"], str(pair.line), str(wanted))
                prompt = _led(settings, pair)
                yield UnpairedRow(**common, row_id=id_, prompt=prompt, completion=reply(text), label=wanted)


def supervised(ruled: Ruled, settings: EncodingSettings) -> Iterator[SftRow | FailedRow]:
    """Dialogues to imitate."""
    yield from judged_dialogues(ruled, settings)
    yield from example_dialogues(ruled, settings)


def prompts(ruled: Ruled, settings: EncodingSettings) -> Iterator[PromptRow | FailedRow]:
    """Prompts with what a judge needs."""
    yield from judged_prompts(ruled, settings)
    yield from example_prompts(ruled, settings)


def deliberative(ruled: Ruled, settings: EncodingSettings) -> Iterator[DeliberativeRow | FailedRow]:
    """The prompts with category, excerpt and rubric; one that holds a clause's own words is left out."""
    texts = {clause.id: normalised(clause.text) for clause in ruled.standing(ruled.clauses)}
    for row in prompts(ruled, settings):
        if isinstance(row, FailedRow):
            yield _of("deliberative", row)
            continue
        held = _held(row.prompt, texts)
        if held:
            yield ruled.failed("deliberative", row.row_id, "spec_in_prompt", f"it holds {held[0]}", row.clause_ids)
            continue
        yield DeliberativeRow(
            **_common(ruled, "deliberative", row),
            prompt=row.prompt,
            spec_category=ruled.question.domain,
            spec_excerpt=row.spec_excerpt,
            judge_rubric=row.rubric,
        )


def faults(row: DeliberativeRow, clauses: Mapping[str, Clause]) -> list[str]:
    """What is wrong with a deliberative row, filled in by a trainer or not.

    Args:
        row: the row.
        clauses: of the specification that it is about, by id.
    """
    unknown = sorted({*_CITED.findall(row.cot or "")} - clauses.keys())
    found = [f"the reasoning cites {id_}, which is no clause" for id_ in unknown]
    texts = {clause.id: normalised(clause.text) for clause in clauses.values()}
    found += [f"the prompt holds the words of {id_}" for id_ in _held(row.prompt, texts)]
    return found


def dialogues(ruled: Ruled, settings: EncodingSettings) -> Iterator[HhRow | FailedRow]:
    """The preference pairs as two dialogues each."""
    for row in preferences(ruled, settings):
        if isinstance(row, FailedRow):
            yield _of("hh", row)
            continue
        texts = [turn.content for turn in (*row.prompt, *row.chosen, *row.rejected) if turn.role != "system"]
        if not hh.can_tell(texts):
            yield ruled.failed("hh", row.row_id, "breaks_format", "a turn holds the mark of a turn", row.clause_ids)
            continue
        yield HhRow(
            **_common(ruled, "hh", row),
            chosen=hh.told(row.prompt, row.chosen[0].content),
            rejected=hh.told(row.prompt, row.rejected[0].content),
        )


def comparisons(ruled: Ruled, settings: EncodingSettings) -> Iterator[ComparisonRow | FailedRow]:
    """The pairs that rest on clauses, to be chosen between by these, with the share that prefers the first."""
    for row in preferences(ruled, settings):
        if isinstance(row, FailedRow):
            yield _of("comparisons", row)
            continue
        clauses = ruled.standing(row.clause_ids)
        if clauses and row.soft_label is not None:
            swap = int(short_hash("order", row.row_id, size=1), 16) % 2 == 1  # who stands first tells nothing
            a, b = (row.rejected, row.chosen) if swap else (row.chosen, row.rejected)
            yield ComparisonRow(
                **_common(ruled, "comparisons", row),
                prompt=row.prompt,
                principle=comparison(clauses),
                option_a=a[0].content,
                option_b=b[0].content,
                p_a=round(1 - row.soft_label, 6) if swap else row.soft_label,
            )


def samples(ruled: Ruled, settings: EncodingSettings) -> Iterator[InspectSample | FailedRow]:
    """A sample for each prompt and clause: does a reply comply with it?"""
    for row in prompts(ruled, settings):
        if isinstance(row, FailedRow):
            yield _of("inspect", row)
            continue
        for clause in ruled.standing(row.clause_ids):
            ruling = ruled.rulings[clause.id]
            id_ = row_id(ruled, "inspect", row.row_id, clause.id)
            own = {
                "row_id": id_, "clause_ids": (clause.id,), "ruling_ids": (ruling.id,),
                "contested": ruling.status != "adopted", "clause_id": clause.id, "clause_text": clause.text,
                "status": ruling.status,
            }  # fmt: skip
            yield InspectSample(
                id=id_, input=row.prompt, target=rubric([clause]), metadata=Criterion(**{**_columns(row), **own})
            )


def without_prompts(ruled: Ruled) -> list[Clause]:
    """Clauses that stand, on which no request bears: no judged case and no sound example."""
    borne = {id_ for of in heard(ruled) for id_ in relied_on(of.judgments)}
    borne |= {example.clause for example in sound(ruled)}
    return [clause for clause in ruled.standing(ruled.clauses) if clause.id not in borne]


MAKERS: dict[str, Callable[[Ruled, EncodingSettings], Iterator[Provenance | FailedRow]]] = {
    "preferences": preferences,
    "unpaired": unpaired,
    "sft": supervised,
    "prompts_rubrics": prompts,
    "deliberative": deliberative,
    "hh": dialogues,
    "critiques": example_critiques,
    "comparisons": comparisons,
    "document": documents,
}
"""Who makes the rows of a format."""


def _given(ruled: Ruled, settings: EncodingSettings, form: str) -> Iterator[tuple[Pair | FailedRow, dict[str, Any]]]:
    """Given pairs with their common columns. They are for training: a question held out for testing has none."""
    given = ruled.given
    if given is None:
        return
    if split_of(ruled.question.id, settings.test_share) == "test":
        yield ruled.failed(form, given.mark, "held_out", "given pairs are for training, this question for testing"), {}
        return
    common: dict[str, Any] = {
        "clause_ids": (), "ruling_ids": (), "support": None, "dissent": None, "run": ruled.run, "split": "train",
        "simulated": False, "origin": given.mark, "basis": "given", "case": None, "example": None, "judgments": 0,
        "contested": False,
    }  # fmt: skip
    for found in given.read():
        if isinstance(found, Pair):
            yield found, common
        else:
            yield ruled.failed(form, f"{given.mark} line {found.line}", "not_a_pair", found.problem), common


def _led(settings: EncodingSettings, pair: Pair) -> tuple[Message, ...]:
    """A given dialogue, behind the system prompt if there is one."""
    return pair.prompt if settings.system is None else (Message(role="system", content=settings.system), *pair.prompt)


def _common(ruled: Ruled, form: str, row: Provenance) -> dict[str, Any]:
    """The common columns of a row that is made from another."""
    return {**_columns(row), "row_id": row_id(ruled, form, row.row_id)}


def _columns(row: Provenance) -> dict[str, Any]:
    return {name: getattr(row, name) for name in Provenance.model_fields}


def _of(form: str, row: FailedRow) -> FailedRow:
    return row.model_copy(update={"format": form})


def _held(prompt: Sequence[Message], texts: Mapping[str, str]) -> list[str]:
    """The clauses whose words stand in a prompt."""
    said = normalised(" ".join(turn.content for turn in prompt))
    return [id_ for id_, text in texts.items() if text in said]
