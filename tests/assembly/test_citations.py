from __future__ import annotations

from pathlib import Path

import pytest

from deliberation import assets
from deliberation.agenda.questions import read_question
from deliberation.assembly.citations import checked, sentences
from deliberation.models.synthetic.voice import contrary, facts
from deliberation.models.synthetic.witness import evidence, exhibits_for
from deliberation.records.agenda import Consideration, Exhibit
from deliberation.records.events import Mark, Point

COST = Consideration(
    id="cost", claim="It costs more than it saves.", because="Somebody pays.", kind="empirical", values=("security",),
    direction={"a": 1.0, "b": -1.0}, strength=1.0, prevalence=0.5, proviso="it is cheap",
)  # fmt: skip
STUDY = Exhibit(
    id="x-study", title="A study of costs", text="In a trial of 1,298 adults the cost fell by 12% within two years.",
    author="Meyer", year=2024, publication="Journal", url="https://example.org", date="2024", bears={"cost": -1},
)  # fmt: skip


def marks(text: str, *points: tuple[str, int], refs: tuple[str, ...] = ("x-study",)) -> list[Mark]:
    made = [Point.model_validate({"consideration": c, "stance": s}) for c, s in points]
    return list(checked(text, made, refs, exhibits=[STUDY], considerations=[COST]))


def test_what_stands_in_the_exhibit_gets_no_mark() -> None:
    assert marks("In a trial of 1,298 adults the cost fell by 12% [x-study: Meyer, 2024].", ("cost", -1)) == []


def test_a_figure_that_no_exhibit_cited_holds_is_marked() -> None:
    [mark] = marks("In a trial of 1,298 adults the cost fell by 40% within two years.")
    assert mark.problem == "not_in_exhibit"
    assert "40%" in mark.text
    assert mark.exhibits == ("x-study",)


def test_words_quoted_that_no_exhibit_holds_are_marked() -> None:
    [mark] = marks('The study says "nobody ever paid a penny for it" about costs.')
    assert mark.problem == "not_in_exhibit"


def test_a_claim_without_a_citation_is_marked() -> None:
    [mark] = marks("Most experts everywhere agree that children learn better outdoors in summer.")
    assert mark.problem == "uncited"


def test_the_same_words_without_any_citation_are_uncited() -> None:
    found = marks("The cost fell for adults within two years of the trial everywhere.", refs=())
    assert [mark.problem for mark in found] == ["uncited"]


def test_a_point_against_what_the_exhibit_bears_out_is_marked() -> None:
    [mark] = marks("It costs more than it saves, as the trial of adults shows.", ("cost", 1))
    assert mark.problem == "contradicted"
    assert mark.exhibits == ("x-study",)


def test_short_courtesies_are_left_alone() -> None:
    assert marks("Thank you. I do not know.", refs=()) == []


def test_how_a_witness_speaks_to_its_listeners_is_no_claim() -> None:
    assert marks("I will go through the evidence with you now, each item with its own source.", refs=()) == []


def test_sentences_do_not_end_at_a_figure() -> None:
    assert sentences("It fell by 0.5 points. Then it rose [x-study].") == ["It fell by 0.5 points", "Then it rose"]


QUESTIONS = [p for p in sorted((assets.folder("conf") / "question").glob("*.yaml")) if p.stem != "typed"]


@pytest.mark.parametrize("path", QUESTIONS, ids=lambda p: p.stem)
def test_an_honest_witness_is_never_marked_and_a_liar_always(path: Path) -> None:
    question = read_question(path)
    exhibits = list(question.dossier.exhibits)
    honest = evidence(exhibits)
    told = [Point.model_validate({"consideration": k, "stance": v}) for k, v in honest.items()]
    refs = [e.id for e in exhibits]
    assert checked(facts(exhibits), told, refs, exhibits=exhibits, considerations=question.considerations) == ()
    lies = {k: -v for k, v in honest.items()}
    lied = [Point.model_validate({"consideration": k, "stance": v}) for k, v in lies.items()]
    text = contrary(lies, exhibits_for(lies, exhibits), question.considerations)
    found = checked(text, lied, refs, exhibits=exhibits, considerations=question.considerations)
    assert sum(mark.problem == "contradicted" for mark in found) == len(lies)
