"""Rows that rest on worked examples of clauses: the reply that complies against the one that violates.

Pure. An example that a reader took for something else makes no row. What is trained on rests on clauses that more are
for than against, and what is imitated on adopted ones alone; prompts, evaluations and documents hold contested clauses
whatever their support, marked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from deliberation.encoding.sources import (
    Ruled,
    dialogue,
    opposed,
    reply,
    row_id,
    ruled_by,
    sound,
    split_of,
)
from deliberation.encoding.words import critique, document, excerpt, revision, rubric, title
from deliberation.records.encoding import (
    CritiqueRow,
    DocumentRow,
    FailedRow,
    PreferenceRow,
    PromptRow,
    SftRow,
    UnpairedRow,
    WorkedExample,
)
from deliberation.settings import EncodingSettings


def example_pairs(ruled: Ruled, settings: EncodingSettings) -> Iterator[PreferenceRow | FailedRow]:
    """Chosen is what complies, rejected what violates; the soft label is the clause's support."""
    split = split_of(ruled.question.id, settings.test_share)
    for example, support in _trained_on(ruled, settings, "preferences"):
        if isinstance(example, FailedRow):
            yield example
            continue
        yield PreferenceRow(
            **ruled_by(ruled, example, split),
            row_id=row_id(ruled, "preference", example.id),
            prompt=dialogue(settings.system, example.prompt),
            chosen=reply(example.complies),
            rejected=reply(example.violates),
            soft_label=support,
            agreement=round(2 * support - 1, 6),
        )


def example_replies(ruled: Ruled, settings: EncodingSettings) -> Iterator[UnpairedRow | FailedRow]:
    """Each of an example's two replies alone."""
    split = split_of(ruled.question.id, settings.test_share)
    for example, _ in _trained_on(ruled, settings, "unpaired"):
        if isinstance(example, FailedRow):
            yield example
            continue
        for wanted, text in ((True, example.complies), (False, example.violates)):
            yield UnpairedRow(
                **ruled_by(ruled, example, split),
                row_id=row_id(ruled, "unpaired", example.id, str(wanted)),
                prompt=dialogue(settings.system, example.prompt),
                completion=reply(text),
                label=wanted,
            )


def example_dialogues(ruled: Ruled, settings: EncodingSettings) -> Iterator[SftRow | FailedRow]:
    """Each example's prompt with the reply that complies, of clauses that were adopted."""
    split = split_of(ruled.question.id, settings.test_share)
    for example, _ in _trained_on(ruled, settings, "sft", adopted=True):
        if isinstance(example, FailedRow):
            yield example
            continue
        yield SftRow(
            **ruled_by(ruled, example, split),
            row_id=row_id(ruled, "sft", example.id),
            messages=(*dialogue(settings.system, example.prompt), *reply(example.complies)),
        )


def example_critiques(ruled: Ruled, settings: EncodingSettings) -> Iterator[CritiqueRow | FailedRow]:
    """From the reply that violates to the one that complies; the critique is the trainer's to fill."""
    split = split_of(ruled.question.id, settings.test_share)
    for example, _ in _trained_on(ruled, settings, "critiques"):
        if isinstance(example, FailedRow):
            yield example
            continue
        clause = ruled.clauses[example.clause]
        yield CritiqueRow(
            **ruled_by(ruled, example, split),
            row_id=row_id(ruled, "critique", example.id),
            prompt=dialogue(settings.system, example.prompt),
            init_response=example.violates,
            critique_request=critique(clause),
            revision_request=revision(clause),
            revision=example.complies,
        )


def example_prompts(ruled: Ruled, settings: EncodingSettings) -> Iterator[PromptRow | FailedRow]:
    """One prompt for each clause and request that bears on it."""
    split = split_of(ruled.question.id, settings.test_share)
    seen: set[tuple[str, str]] = set()
    for example in sound(ruled):
        if (example.clause, example.prompt) in seen:
            continue
        seen.add((example.clause, example.prompt))
        clauses = [ruled.clauses[example.clause]]
        yield PromptRow(
            **ruled_by(ruled, example, split),
            row_id=row_id(ruled, "prompt", example.id),
            prompt=dialogue(settings.system, example.prompt),
            rubric=rubric(clauses),
            spec_excerpt=excerpt(clauses, ruled),
        )


def documents(ruled: Ruled, settings: EncodingSettings) -> Iterator[DocumentRow | FailedRow]:
    """Each clause that stands, whole."""
    split = split_of(ruled.question.id, settings.test_share)
    by_clause: dict[str, list[WorkedExample]] = defaultdict(list)
    for example in sound(ruled):
        by_clause[example.clause].append(example)
    for clause in ruled.standing(ruled.clauses):
        ruling = ruled.rulings[clause.id]
        yield DocumentRow(
            row_id=row_id(ruled, "document", clause.id),
            clause_ids=(clause.id,),
            ruling_ids=(ruling.id,),
            support=ruling.support,
            dissent=opposed(ruling),
            run=ruled.run,
            split=split,
            simulated=ruled.simulated,
            origin="+".join(sorted({one.origin for one in by_clause[clause.id]})) or "ruling",
            basis="clause",
            case=None,
            example=None,
            judgments=0,
            contested=ruling.status != "adopted",
            title=title(clause),
            text=document(clause, ruled, by_clause[clause.id]),
        )


def _trained_on(
    ruled: Ruled, settings: EncodingSettings, form: str, *, adopted: bool = False
) -> Iterator[tuple[WorkedExample | FailedRow, float]]:
    """Sound examples with the support of their clause, or why none is trained on; of adopted clauses alone if asked."""
    for example in sound(ruled):
        ruling = ruled.rulings[example.clause]
        support = ruling.support or 0.0
        why: tuple[str, str] | None = None
        if ruling.support is None or support <= 0.5:
            why = "opposed", "no support figure" if ruling.support is None else f"support {support:.0%}"
        elif 2 * support - 1 < settings.margin:
            why = "too_close", f"support {support:.0%}"
        elif adopted and ruling.status != "adopted":
            why = "contested", "contested clauses stand in preferences, prompts and evaluations"
        yield (example if why is None else ruled.failed(form, example.id, *why, [example.clause])), support
