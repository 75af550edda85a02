from __future__ import annotations

from typing import Any

from deliberation.records.base import clause_id
from deliberation.records.events import Proposed
from deliberation.records.specification import Clause, ClauseSource, Meaning, Norm
from deliberation.specification.distil import distil
from deliberation.specification.drafts import Draft, drafts_of

Q = "q-x"


def draft(
    assembly: str, text: str, *, norm: Norm = "should", meaning: Meaning | None = None, support: float | None = None,
    gone: str | None = None,
) -> Draft:  # fmt: skip
    event = f"e-{assembly}-{abs(hash(text)) % 97}"
    source = ClauseSource(event=f"e-{assembly}-1", quote="words", stance="for")
    clause = Clause(id=clause_id(Q, text), question=Q, norm=norm, text=text, rationale="so", sources=(source,))
    return Draft(assembly, event, clause, meaning, support, gone)


def test_the_same_words_from_two_assemblies_become_one_clause_with_both_sources() -> None:
    found = distil(Q, [draft("a-1", "The assistant should rest."), draft("a-2", "the assistant should rest")], limit=5)
    [clause] = found.clauses
    assert {s.event for s in clause.sources} == {"e-a-1-1", "e-a-2-1"}
    assert [row.action for row in found.ledger] == ["kept", "kept"]


def test_fillers_aside_wordings_merge_and_the_ledger_says_so() -> None:
    found = distil(
        Q,
        [
            draft("a-1", "The assistant should name the source."),
            draft("a-2", "The assistant should name a source."),
            draft("a-3", "The assistant should name the source."),
        ],
        limit=5,
    )
    [clause] = found.clauses
    assert clause.text == "The assistant should name the source."
    assert clause.merged_from == (clause_id(Q, "The assistant should name a source."),)
    assert sorted(row.action for row in found.ledger) == ["kept", "kept", "merged"]


def test_a_clause_never_merges_with_its_contradiction() -> None:
    pairs: tuple[tuple[str, Norm, str, Norm], ...] = (
        ("The assistant should refuse.", "should", "The assistant should not refuse.", "should_not"),
        ("The assistant must prefer A over B.", "must", "The assistant must prefer B over A.", "must"),
        ("The assistant may speak.", "may", "The assistant must speak.", "must"),
    )
    for one, norm, other, norm_ in pairs:
        assert len(distil(Q, [draft("a-1", one, norm=norm), draft("a-2", other, norm=norm_)], limit=5).clauses) == 2


def test_one_text_is_one_clause_whatever_its_fields_say() -> None:
    text = "The assistant should rest, provided that it is night."
    plain = draft("a-1", text)
    fuller = draft("a-2", text)
    fuller = fuller._replace(clause=fuller.clause.model_copy(update={"applies_when": ("it is night",)}))
    assert len(distil(Q, [plain, fuller], limit=5).clauses) == 1


def test_a_drafter_is_held_to_the_highest_authority_allowed() -> None:
    one = draft("a-1", "The assistant should rest.")
    bold = one._replace(clause=one.clause.model_copy(update={"authority": "root"}))
    assert distil(Q, [bold], limit=5, authority="user").clauses[0].authority == "user"
    assert distil(Q, [one], limit=5, authority="user").clauses[0].authority == "guideline"


def test_two_quotes_of_one_event_are_both_kept() -> None:
    one = draft("a-1", "The assistant should rest.")
    [source] = one.clause.sources
    two = one._replace(
        clause=one.clause.model_copy(update={"sources": (source.model_copy(update={"quote": "other"}),)})
    )
    assert {s.quote for s in distil(Q, [one, two], limit=5).clauses[0].sources} == {"words", "other"}


def test_clauses_beyond_the_limit_are_dropped_with_the_reason() -> None:
    drafts = [draft("a-1", "The assistant should rest."), draft("a-2", "The assistant should rest.")]
    drafts += [draft("a-1", f"The assistant should count to {n}.", support=n / 10) for n in range(5)]
    found = distil(Q, drafts, limit=3)
    assert [c.text for c in found.clauses] == [
        "The assistant should rest.", "The assistant should count to 4.", "The assistant should count to 3.",
    ]  # fmt: skip
    dropped = [row for row in found.ledger if row.action == "dropped"]
    assert len(dropped) == 3
    assert all(row.into is None and "beyond the 3" in row.why for row in dropped)


def test_every_draft_has_its_row() -> None:
    drafts = [draft(f"a-{n % 3}", f"The assistant should count to {n % 4}.") for n in range(11)]
    drafts.append(draft("a-1", "The assistant should fall.", gone="lost in its assembly"))
    found = distil(Q, drafts, limit=2)
    assert len(found.ledger) == len(drafts)


def test_a_meaning_survives_merging_only_where_all_agree() -> None:
    one, other = Meaning(option="x", modality="should"), Meaning(option="y", modality="should")
    text = "The assistant should rest."
    for meanings, kept in (((one, one), one), ((one, other), None), ((one, None), None)):
        found = distil(Q, [draft(f"a-{n}", text, meaning=m) for n, m in enumerate(meanings)], limit=5)
        assert found.meanings[found.clauses[0].id] == kept


def test_the_order_of_assemblies_changes_no_clause() -> None:
    drafts = [draft(f"a-{n}", f"The assistant should count to {n % 3}.", support=0.5) for n in range(9)]
    one: Any = distil(Q, drafts, limit=2)
    other: Any = distil(Q, drafts[::-1], limit=2)
    assert [c.id for c in one.clauses] == [c.id for c in other.clauses]


def test_two_tables_that_drafted_the_same_clause_have_a_row_each() -> None:
    text = "The assistant should rest."
    clause = Clause(id=clause_id(Q, text), question=Q, norm="should", text=text, rationale="so")
    common = {"assembly": "a-1", "phase": "drafting", "round": 0, "table": None, "speaker": "clerk", "role": "clerk"}
    events = [
        Proposed.model_validate(
            {"id": f"e-a-1-{n}", "seq": n, **common, "text": text, "clause": clause, "meaning": None}
        )
        for n in (4, 9)
    ]
    found = distil(Q, drafts_of("a-1", events), limit=5)
    assert [row.event for row in found.ledger] == ["e-a-1-4", "e-a-1-9"]
    assert all(row.why == "proposed by 1 of the assemblies" for row in found.ledger)
