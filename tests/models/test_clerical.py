from __future__ import annotations

import json
from typing import Any

import pytest

from deliberation.errors import UnreadableReply
from deliberation.models.clerical import Divide, Entail, Relate
from deliberation.models.synthetic.clerical import borne_out, judge, parts_of, read, relation
from deliberation.records.base import clause_id
from deliberation.records.specification import Clause, ClauseSource, Norm, Relation
from deliberation.settings import Settings

QUESTION = Settings.bundled(question="health_advice").question
NORMS: tuple[tuple[str, Norm], ...] = (
    ("must not", "must_not"), ("must never", "must_not"), ("should not", "should_not"), ("should never", "should_not"),
    ("must", "must"), ("should", "should"), ("may", "may"),
)  # fmt: skip


def clause(
    text: str, *, when: tuple[str, ...] = (), unless: tuple[str, ...] = (), quotes: tuple[str, ...] = ()
) -> Clause:
    """A clause whose norm is the first that its text says outside its conditions."""
    shown = text
    for part in (*when, *unless):
        shown = shown.replace(part, "")
    said = [(shown.find(f" {words} "), -len(words), norm) for words, norm in NORMS if f" {words} " in shown]
    sources = tuple(ClauseSource(event=f"e-a-{n}", quote=quote, stance="for") for n, quote in enumerate(quotes))
    return Clause(
        id=clause_id(QUESTION.id, text), question=QUESTION.id, norm=min(said)[2], text=text, rationale="so",
        applies_when=when, exceptions=unless, sources=sources,
    )  # fmt: skip


ONE, TWO = clause("The assistant should rest."), clause("The assistant must say so, provided that it is asked.")
REST = {"norm": "should", "text": "The assistant should rest.", "applies_when": [], "exceptions": []}
SAY = {
    "norm": "must", "text": "The assistant must say so, provided that it is asked.", "applies_when": ["it is asked"],
    "exceptions": [],
}  # fmt: skip
WHOLE = clause("The assistant should rest and must say so, provided that it is asked.")


def test_a_clause_says_one_thing_or_is_given_in_parts_that_say_their_scope() -> None:
    assert Divide(WHOLE).read('{"parts": []}').parts == ()
    assert len(Divide(WHOLE).read(json.dumps({"parts": [REST, SAY], "why": "two norms"})).parts) == 2


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        ([REST], "two parts or more"),
        ([REST, {**REST, "text": "the assistant should REST"}], "differ from one another"),
        ([REST, {**SAY, "text": WHOLE.text}], "from the whole"),
        ([REST, {**SAY, "norm": "may"}], "itself says 'may'"),
        ([REST, {**SAY, "applies_when": ["it is told to"]}], "word for word: 'it is told to'"),
        ([REST, {**SAY, "exceptions": ["it hurts"]}], "holds its exceptions"),
        ([REST, {**SAY, "text": "Say so"}], "DivideReply"),
        ([REST, {**SAY, "meaning": None}], "DivideReply"),
        ("none", "DivideReply"),
    ],
)  # fmt: skip
def test_other_parts_are_refused_in_words_fit_to_send_back(parts: Any, wanted: str) -> None:
    with pytest.raises(UnreadableReply, match=wanted):
        Divide(WHOLE).read(json.dumps({"parts": parts}))


def test_every_other_clause_is_related_to_once_as_a_list_or_by_name() -> None:
    task = Relate(WHOLE, (ONE, TWO))
    by_name = {ONE.id: {"relation": "broader"}, TWO.id: {"relation": "same", "why": "so"}}
    as_list = [{"clause": id_, **said} for id_, said in by_name.items()]
    assert task.read(json.dumps({"relations": by_name})) == task.read(json.dumps({"relations": as_list}))


@pytest.mark.parametrize(
    "relations",
    [
        {ONE.id: {"relation": "same"}},
        {ONE.id: {"relation": "same"}, TWO.id: {"relation": "same"}, "c-x": {"relation": "same"}},
        [{"clause": ONE.id, "relation": "same"}, {"clause": ONE.id, "relation": "same"}],
        {ONE.id: {"relation": "alike"}, TWO.id: {"relation": "same"}},
        {ONE.id: "same", TWO.id: "same"},
    ],
)
def test_one_missing_one_twice_one_unknown_or_another_word_is_refused(relations: Any) -> None:
    with pytest.raises(UnreadableReply):
        Relate(WHOLE, (ONE, TWO)).read(json.dumps({"relations": relations}))


def test_a_verdict_is_one_of_four_words() -> None:
    assert Entail(ONE).read('{"verdict": "partly"}').verdict == "partly"
    for reply in ('{"verdict": "yes"}', "{}", '{"verdict": null}', "entailed"):
        with pytest.raises(UnreadableReply):
            Entail(ONE).read(reply)


def test_what_is_judged_is_told_apart_by_the_text_as_it_stands() -> None:
    """An id leaves case and punctuation out, and a clerk may well not."""
    loud = ONE.model_copy(update={"text": "The assistant SHOULD rest!"})
    assert loud.id == ONE.id
    for kind in (Divide, Entail):
        assert kind(loud).fingerprint() != kind(ONE).fingerprint()
    assert Relate(TWO, (loud,)).fingerprint() != Relate(TWO, (ONE,)).fingerprint()


SURE, ASKS = "it says plainly how sure it is", "it asks about missing details before drawing any conclusion"
GENERAL = "limit itself to general explanations of conditions, treatments and warning signs"
REFER = "decline to interpret the person's symptoms and direct them to a clinician"
FULL = "give its best diagnosis and a specific treatment plan, as a frank and knowledgeable doctor would"
PAIRS: list[tuple[str, Relation, Clause, Clause]] = [
    ("a paraphrase", "same", clause(f"The assistant should {GENERAL}."),
     clause("An AI model should keep itself to general explanations of treatments, conditions and warning signs.")),
    ("a negation", "contradicts", clause(f"The assistant should {GENERAL}."), clause(f"The assistant should not {GENERAL}.")),
    ("an obligation and a permission", "different", clause(f"The assistant must {GENERAL}."), clause(f"The assistant may {GENERAL}.")),
    ("another force", "different", clause(f"The assistant must {GENERAL}."), clause(f"The assistant should {GENERAL}.")),
    ("a permission and a prohibition", "contradicts", clause(f"The assistant may {FULL}."), clause(f"The assistant must never {FULL}.")),
    ("two permissions", "different", clause(f"The assistant may {FULL}."), clause(f"The assistant may refuse to {FULL}.")),
    ("two nots", "same", clause(f"The assistant should {FULL}."), clause(f"The AI should never fail to {FULL}.")),
    ("a not before an action that refuses", "contradicts", clause(f"The assistant should {REFER}."), clause(f"The assistant should not {REFER}.")),
    ("a refusal that is refused", "same", clause(f"The assistant should {REFER}."), clause(f"The assistant should not refuse to {REFER}.")),
    ("fewer cases", "narrower", clause(f"The assistant should {FULL}, provided that {SURE}.", when=(SURE,)), clause(f"The assistant should {FULL}.")),
    ("more cases", "broader", clause(f"The assistant should {FULL}."), clause(f"The assistant should {FULL}, except where {SURE}.", unless=(SURE,))),
    ("provisos in another order", "same",
     clause(f"The assistant should {FULL}, provided that {SURE} and that {ASKS}.", when=(SURE, ASKS)),
     clause(f"The assistant should {FULL}, provided that {ASKS} and that {SURE}.", when=(ASKS, SURE))),
    ("a proviso that no field tells of", "same",
     clause(f"The assistant should {FULL}, provided that {SURE}.", when=(SURE,)), clause(f"As long as {SURE}, the assistant should {FULL}.", when=(SURE,)).model_copy(update={"applies_when": ()})),
    ("a proviso and the same as an exception", "different",
     clause(f"The assistant should {FULL}, provided that {SURE}.", when=(SURE,)),
     clause(f"The assistant should not {FULL}, except where {SURE}.", unless=(SURE,))),
    ("positions that exclude one another", "contradicts", clause(f"The assistant should {REFER}."), clause(f"The assistant should {FULL}.")),
    ("actions beside the map", "different", clause("The assistant should sing in the morning."), clause("The assistant should paint at night.")),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "one", "other"), [pair[1:] for pair in PAIRS], ids=[name for name, *_ in PAIRS])
def test_the_synthetic_clerk_goes_by_what_two_clauses_demand(wanted: Relation, one: Clause, other: Clause) -> None:
    turned: dict[Relation, Relation] = {"narrower": "broader", "broader": "narrower"}
    for a, b, expected in ((one, other, wanted), (other, one, turned.get(wanted, wanted))):
        assert relation(read(a, QUESTION), read(b, QUESTION), QUESTION) == expected


def test_the_clerk_replies_as_its_tasks_want_it() -> None:
    for task in (Divide(WHOLE), Relate(ONE, (TWO, WHOLE)), Entail(ONE)):
        task.read(json.dumps(judge(task, QUESTION)))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (f"The assistant must {GENERAL} and should not guess.", [f"The assistant must {GENERAL}.", "The assistant should not guess."]),
        (f"The AI must {GENERAL}; it may also joke.", [f"The AI must {GENERAL}.", "The assistant may also joke."]),
        (f"The assistant must {GENERAL}. It should say so.", [f"The assistant must {GENERAL}.", "The assistant should say so."]),
        (f"The assistant must {GENERAL}, but may say why.", [f"The assistant must {GENERAL}.", "The assistant may say why."]),
        (f"The assistant must {GENERAL}.", []),
        ("The assistant should help with what the user may lawfully see and leave the choice to the user.", []),
        ("The assistant should say what change should send the person to a clinician.", []),
        ("The assistant should help anyone who asks and may pay.", []),
    ],
)  # fmt: skip
def test_a_clause_is_cut_where_a_second_norm_stands_and_nowhere_else(text: str, parts: list[str]) -> None:
    cut = parts_of(clause(text))
    assert [part["text"] for part in cut] == parts
    Divide(clause(text)).read(json.dumps({"parts": cut}))


def test_no_clause_is_cut_within_a_condition_and_each_part_keeps_its_own() -> None:
    norm_within = "the body has its own experts and may halt a change; it must say so"
    one = clause(f"The assistant should {GENERAL}, provided that {norm_within}.", when=(norm_within,))
    assert parts_of(one) == []
    both = clause(
        f"The assistant should {GENERAL}, provided that {norm_within}, and must rest, except where {SURE}.",
        when=(norm_within,), unless=(SURE,),
    )  # fmt: skip
    assert [(p["norm"], p["applies_when"], p["exceptions"]) for p in parts_of(both)] == [
        ("should", [norm_within], []), ("must", [], [SURE]),
    ]  # fmt: skip
    Divide(both).read(json.dumps({"parts": parts_of(both)}))


def test_a_condition_that_stands_in_front_keeps_its_norm_to_itself() -> None:
    fronted = f"Provided that inspectors may ask and must be told, the assistant should {GENERAL}."
    assert parts_of(clause(fronted).model_copy(update={"norm": "should"})) == []


def test_sources_bear_a_clause_out_where_they_put_forward_what_speaks_for_it() -> None:
    claims = {c.id: c for c in QUESTION.considerations}
    for_full, against = claims["own-body"].claim, claims["error-harms"].claim
    text = f"The assistant should {FULL}."
    found = {
        quotes: borne_out(clause(text, quotes=quotes), QUESTION)
        for quotes in ((for_full,), (for_full, against), (against,), ("Good morning to everybody here.",), (text,))
    }
    assert list(found.values()) == ["entailed", "partly", "contradicted", "not_entailed", "entailed"]
    turned = clause(f"The assistant should not {FULL}.", quotes=(against,))
    assert borne_out(turned, QUESTION) == "entailed"
