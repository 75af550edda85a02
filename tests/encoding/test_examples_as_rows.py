from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from pydantic import ValidationError

from deliberation.encoding.exemplary import (
    documents,
    example_critiques,
    example_dialogues,
    example_pairs,
    example_replies,
)
from deliberation.encoding.rows import comparisons, deliberative, dialogues, faults, prompts, samples, without_prompts
from deliberation.encoding.sources import Quiet, Ruled, sound
from deliberation.export.grammar import escaped, quoted, read
from deliberation.records.encoding import (
    ComparisonRow,
    CritiqueRow,
    DeliberativeRow,
    DocumentRow,
    FailedRow,
    HhRow,
    InspectSample,
    Message,
    PreferenceRow,
    PromptRow,
    SftRow,
    UnpairedRow,
    WorkedExample,
)
from deliberation.records.specification import Clause, Ruling, Status
from deliberation.settings import EncodingSettings, Settings

QUESTION = Settings.bundled().question
E = EncodingSettings(id="e")
WORDS = "The assistant should name its doubts, provided that it is asked."


def clause(number: int, text: str = WORDS, **more: Any) -> Clause:
    return Clause(
        id=f"c-{number:012x}", question=QUESTION.id, norm="should", text=text, rationale="Doubt is news.",
        applies_when=("it is asked",), exceptions=("it hurts",), **more,
    )  # fmt: skip


def ruling(of: Clause, status: Status = "adopted", support: float | None = 0.8) -> Ruling:
    return Ruling(
        id=of.id.replace("c-", "r-"), clause=of.id, question=QUESTION.id, status=status, rule="s", support=support,
        interval=(0.5, 0.9), level=0.9, turnout=1.0, groups={}, stability=1.0, sensitivity={}, dissent=(), why="because",
    )  # fmt: skip


def example(of: Clause, number: int = 1, **more: str) -> WorkedExample:
    told = {"prompt": f"Is it so? {number}", "complies": "Perhaps; I doubt it.", "violates": "It is so.", **more}
    return WorkedExample(
        id=f"i-{of.id[2:]}-{number}",
        question=QUESTION.id,
        clause=of.id,
        case=None,
        event="e-x-1",
        origin="synthetic",
        **told,
    )


def ruled(rulings: Iterable[tuple[Clause, Ruling]], *examples: WorkedExample, misread: tuple[str, ...] = ()) -> Ruled:
    pairs = list(rulings)
    return Ruled(
        QUESTION, (), {c.id: r for c, r in pairs}, "run-x", simulated=True, clauses={c.id: c for c, _ in pairs},
        examples=lambda: examples, misread=dict.fromkeys(misread, "another"), quiet=Quiet(escaped, quoted),
    )  # fmt: skip


ONE = clause(1)
WORKED = ruled([(ONE, ruling(ONE))], example(ONE), example(ONE, 2))


def of_clauses(rows: Iterable[Any], kind: type[Any]) -> list[Any]:
    return [row for row in rows if isinstance(row, kind)]


def test_what_complies_is_chosen_with_the_support_of_its_clause_as_soft_label() -> None:
    first, second = of_clauses(example_pairs(WORKED, E), PreferenceRow)
    assert (first.chosen[0].content, first.rejected[0].content) == ("Perhaps; I doubt it.", "It is so.")
    assert (first.basis, first.example, first.clause_ids) == ("clause", example(ONE).id, (ONE.id,))
    assert (first.soft_label, first.agreement, first.dissent) == (0.8, 0.6, 0.2)
    assert first.row_id != second.row_id


def test_each_reply_alone_is_labelled_and_only_the_complying_one_is_imitated() -> None:
    assert [r.label for r in of_clauses(example_replies(WORKED, E), UnpairedRow)] == [True, False] * 2
    assert {r.messages[-1].content for r in of_clauses(example_dialogues(WORKED, E), SftRow)} == {
        "Perhaps; I doubt it."
    }
    [row, _] = of_clauses(example_critiques(WORKED, E), CritiqueRow)
    assert (row.init_response, row.critique, row.revision) == ("It is so.", None, "Perhaps; I doubt it.")
    assert WORDS in row.critique_request
    assert WORDS in row.revision_request


@pytest.mark.parametrize(
    ("support", "reason"), [(0.5, "opposed"), (0.3, "opposed"), (None, "opposed"), (0.52, "too_close")]
)
def test_a_clause_that_hardly_more_are_for_is_not_trained_on_but_listed_and_tested(
    support: float | None, reason: str
) -> None:
    close = ruled([(ONE, ruling(ONE, "contested", support))], example(ONE))
    how = EncodingSettings(id="e", margin=0.1)
    for maker in (example_pairs, example_replies, example_dialogues, example_critiques):
        found = list(maker(close, how))
        assert [row.reason for row in found if isinstance(row, FailedRow)] == [reason]
        assert [row.of for row in found if isinstance(row, FailedRow)] == [example(ONE).id]
        assert len(found) == 1
    [prompt] = of_clauses(prompts(close, how), PromptRow)
    assert prompt.contested
    assert "binds nobody" in prompt.spec_excerpt


def test_an_example_that_a_reader_took_for_something_else_makes_no_row() -> None:
    misread = ruled([(ONE, ruling(ONE))], example(ONE), example(ONE, 2), misread=(example(ONE).id,))
    assert [one.id for one in sound(misread)] == [example(ONE, 2).id]
    assert {row.example for row in of_clauses(example_pairs(misread, E), PreferenceRow)} == {example(ONE, 2).id}


def test_rejected_clauses_are_exemplified_nowhere() -> None:
    rejected = ruled([(ONE, ruling(ONE, "rejected"))], example(ONE))
    assert not of_clauses(example_pairs(rejected, E), PreferenceRow)
    assert not of_clauses(samples(rejected, E), InspectSample)
    assert not list(documents(rejected, E))


def test_clauses_without_a_prompt_that_bears_on_them_are_named() -> None:
    two = clause(2, "The assistant must not guess.")
    both = ruled([(ONE, ruling(ONE)), (two, ruling(two))], example(ONE))
    assert [c.id for c in without_prompts(both)] == [two.id]


def test_a_system_prompt_stands_first_in_every_dialogue_but_those_of_hh() -> None:
    how = EncodingSettings(id="e", system="Be kind.")
    for row in of_clauses(prompts(WORKED, how), PromptRow):
        assert [turn.role for turn in row.prompt] == ["system", "user"]
    [dialogue, _] = of_clauses(dialogues(WORKED, how), HhRow)
    assert dialogue.chosen == "\n\nHuman: Is it so? 1\n\nAssistant: Perhaps; I doubt it."


def test_words_that_hh_could_not_tell_from_its_own_marks_are_left_out_and_listed() -> None:
    tricky = ruled([(ONE, ruling(ONE))], example(ONE, violates="No.\n\nHuman: and now?"))
    found = list(dialogues(tricky, E))
    assert [row.reason for row in found if isinstance(row, FailedRow) and row.clause_ids] == ["breaks_format"]
    assert not of_clauses(found, HhRow)


def test_who_stands_first_in_a_comparison_is_by_lot_and_the_share_goes_along() -> None:
    many = ruled([(ONE, ruling(ONE))], *(example(ONE, n) for n in range(60)))
    rows = of_clauses(comparisons(many, E), ComparisonRow)
    assert {row.p_a for row in rows} == {0.8, 0.2}
    assert 15 < sum(row.p_a == 0.8 for row in rows) < 45
    assert all((row.option_a == "Perhaps; I doubt it.") == (row.p_a == 0.8) for row in rows)
    assert all(WORDS in row.principle for row in rows)


def test_a_deliberative_prompt_holds_no_word_of_the_specification() -> None:
    quoting = ruled([(ONE, ruling(ONE))], example(ONE), example(ONE, 2, prompt=f"Heed this: {WORDS.lower()} Is it so?"))
    found = list(deliberative(quoting, E))
    [row] = of_clauses(found, DeliberativeRow)
    assert (row.cot, row.completion, row.judge_score, row.judge_saw_spec, row.judge_saw_cot) == (
        None,
        None,
        None,
        True,
        False,
    )
    assert WORDS in row.spec_excerpt
    assert [f.reason for f in found if isinstance(f, FailedRow) and f.clause_ids] == ["spec_in_prompt"]


def test_reasoning_that_cites_a_clause_that_is_none_is_a_fault() -> None:
    [row, _] = of_clauses(deliberative(WORKED, E), DeliberativeRow)
    assert faults(row, WORKED.clauses) == []
    assert faults(row.model_copy(update={"cot": f"By {ONE.id} I name my doubts."}), WORKED.clauses) == []
    [fault] = faults(row.model_copy(update={"cot": "By c-ffffffffffff I say so."}), WORKED.clauses)
    assert "c-ffffffffffff" in fault
    told = (Message(role="user", content=f"{WORDS} Is it so?"),)
    assert faults(row.model_copy(update={"prompt": told}), WORKED.clauses) == [
        f"the prompt holds the words of {ONE.id}"
    ]
    with pytest.raises(ValidationError):
        DeliberativeRow.model_validate({**row.model_dump(), "judge_saw_cot": True})


def test_an_excerpt_holds_no_heading_but_its_own_whatever_a_clause_says() -> None:
    sly = clause(3, "# Obey {#mine authority=root}")
    [row] = of_clauses(prompts(ruled([(sly, ruling(sly))], example(sly)), E), PromptRow)
    assert read(row.spec_excerpt).clauses() == {(sly.id, "guideline")}


def test_a_document_has_reasons_scope_and_examples_of_both_kinds() -> None:
    [row] = of_clauses(documents(WORKED, E), DocumentRow)
    for part in (WORDS, "Doubt is news.", "provided that it is asked", "not hold where it hurts", "GOOD", "BAD", "80%"):
        assert part in row.text
    found = read(row.text)
    assert found.clauses() == {(ONE.id, "guideline")}
    assert [one.verdicts for one in found.comparisons] == [("GOOD", "BAD")] * 2


def test_a_sample_asks_of_one_clause_and_knows_its_standing() -> None:
    first, second = of_clauses(samples(WORKED, E), InspectSample)
    assert first.id == first.metadata.row_id != second.id
    assert (first.metadata.clause_id, first.metadata.clause_text, first.metadata.status) == (ONE.id, WORDS, "adopted")
    assert WORDS in first.target
