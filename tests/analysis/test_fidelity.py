"""Fidelity measures and patterns, on transcripts written by hand and on finished runs."""

from __future__ import annotations

from typing import Any

import pytest

from deliberation.analysis import fidelity
from deliberation.analysis.diagnostics import drift
from deliberation.records.events import EVENT, Event
from deliberation.records.folder import RunFolder
from deliberation.settings import Settings

QUESTION = Settings.bundled().question
POSITIONS = [p.id for p in QUESTION.positions]
FIRST, SECOND = QUESTION.considerations[:2]


def event(kind: str, speaker: str = "p-a", text: str = "", **fields: Any) -> Event:
    base = {
        "id": "e-1", "seq": 1, "assembly": "a-1", "phase": "talk", "round": 1, "table": None, "role": "member",
        "kind": kind, "speaker": speaker, "text": text,
    }  # fmt: skip
    return EVENT.validate_python({**base, **fields}, strict=False)


def spoke(speaker: str, text: str, *points: tuple[str, int]) -> Event:
    made = [{"consideration": name, "stance": stance} for name, stance in points]
    return event("spoke", speaker, text, points=made)


def polled(speaker: str, *ratings: int) -> Event:
    return event("polled", speaker, ratings=dict(zip(POSITIONS, ratings, strict=True)))


def test_patterns_are_counted_with_what_could_have_shown_them() -> None:
    shown: dict[str, Any] = {"case": "k", "clauses": [], "shown": ["a", "b", "c"]}
    events = [
        polled("p-a", 4, 4, 4, 4),
        polled("p-b", 1, 4, 4, 4),
        *(event("voted", "p-a", clause=f"c-{n}", choice="support", rating=6) for n in range(3)),
        *(event("voted", "p-b", clause=f"c-{n}", choice="support", rating=6 - n) for n in range(3)),
        event("judged", "p-a", ranking=[["a"], ["b"], ["c"]], **shown),
        event("judged", "p-b", ranking=[["a", "b"], ["c"]], **shown),
        spoke("p-a", "I would keep it plain."),
        spoke("p-b", "I would keep it, plain!"),
        spoke("p-b", "I would keep it plain."),
        spoke("p-a", "As an AI language model I have no view."),
        spoke("p-a", "It should not act as an AI doctor."),
    ]
    found = {name: (p["found"], p["of"]) for name, p in fidelity.patterns([events]).model_dump().items()}
    assert found == {
        "level_polls": (1, 2), "level_slates": (1, 2), "shown_order": (1, 2), "first_shown": (1, 2),
        "said_before": (1, 5), "said_by_another": (2, 5), "out_of_role": (1, 5),
    }  # fmt: skip


def test_what_somebody_says_is_held_against_what_the_same_one_holds() -> None:
    leans = sorted(POSITIONS, key=lambda p: FIRST.direction[p])
    honest = {p: 1 + n for n, p in enumerate(leans)}
    says = spoke("p-a", "so", (FIRST.id, 1))
    sincere = [says, event("polled", "p-a", ratings=honest)]
    [r] = fidelity.public_and_private(sincere, QUESTION)
    [other] = fidelity.public_and_private([spoke("p-a", "so", (FIRST.id, -1)), sincere[1]], QUESTION)
    assert r > 0.8
    assert other == pytest.approx(-r)
    assert fidelity.public_and_private([sincere[1]], QUESTION) == []


def test_points_that_stand_in_no_word_of_the_text_are_noticed() -> None:
    [meant] = fidelity.grounding([spoke("p-a", FIRST.claim, (FIRST.id, 1))], QUESTION)
    [claimed] = fidelity.grounding([spoke("p-a", FIRST.claim, (SECOND.id, 1))], QUESTION)
    [empty] = fidelity.grounding([spoke("p-a", "Yes.", (FIRST.id, 1))], QUESTION)
    assert meant > 0.9
    assert claimed < 0.9
    assert empty == 0.5


def test_the_recall_check_counts_facts_and_distance(run: RunFolder) -> None:
    [panel] = list(run.panels())[:1]
    person = panel.members[0]
    name, value = next(iter(person.attributes.items()))
    asked = dict.fromkeys(POSITIONS, 4)
    right = event("recalled", person.id, ratings=asked, facts={name: f"I am {value.upper()}."})
    wrong = event("recalled", person.id, ratings=dict.fromkeys(POSITIONS, 7), facts={name: "no idea"})
    first = event("polled", person.id, ratings=asked)
    assert fidelity.recall(panel.members, [first, right]) == (1.0, 0.0)
    assert fidelity.recall(panel.members, [first, wrong]) == (0.0, 0.5)
    assert fidelity.recall(panel.members, [first]) is None


def test_a_synthetic_run_is_faithful_and_says_so(run: RunFolder, small: Settings) -> None:
    content = run.manifest().content
    assert content.diagnostics["recall_facts"] == 1.0
    assert content.diagnostics["recall_ratings"] == 0.0
    assert content.diagnostics["grounding"] is not None
    assert content.diagnostics["grounding"] > 0.95
    assert content.patterns["out_of_role"]["found"] == 0
    assert content.patterns["said_before"]["of"] > 0
    rows = drift(run, small.question)
    assert {row[1] for row in rows} <= {p.id for panel in run.panels() for p in panel.members}
    assert len(rows) > 10
