"""Worked examples of what was ruled on: who is asked, what becomes of replies, what a finished run does with them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from byhand import by_hand, synthetic

from deliberation.encoding.examples import NAME, Exemplifying, examples_of, exemplify, exemplifying, recognitions_of
from deliberation.errors import BudgetExhausted, UnreadableReply
from deliberation.models.exemplary import Exemplify, Recognise
from deliberation.models.requests import Request
from deliberation.records.events import Event, Exemplified, Failed, Recognised
from deliberation.records.folder import RunFolder
from deliberation.settings import Budget, Settings
from deliberation.study import resume_study, rule_again, run_study
from deliberation.study.stages import roster_of_clerk

SETTINGS = Settings.bundled(assemblies=3, members=6, truth=0)


def work_on(run: RunFolder, **changes: Any) -> Exemplifying:
    how = SETTINGS.encoding.model_copy(update=changes)
    return exemplifying(run.clauses(), run.rulings(), SETTINGS.question.cases, run.cases(), how, attempts=2)


def written(work: Exemplifying, answer: Callable[[Request], str]) -> tuple[list[Event], list[tuple[Request, ...]]]:
    batches: list[tuple[Request, ...]] = []
    return by_hand(exemplify(roster_of_clerk(SETTINGS, NAME), work), answer, batches), batches


def one(request: Request, **changes: str) -> str:
    """A pair of replies of a length, or the first clause and the first reply."""
    if isinstance(request.task, Recognise):
        return json.dumps({"clause": request.task.clauses[0].id, "complies": "a"})
    pair = {"case": None, "prompt": "May I?", "complies": "Yes, you may.", "violates": "No, you may not.", **changes}
    return json.dumps({"examples": [pair]})


def test_adopted_and_contested_clauses_have_examples_and_rejected_ones_none(run: RunFolder) -> None:
    status = {ruling.clause: ruling.status for ruling in run.rulings()}
    asked = {clause.id for clause in work_on(run).clauses}
    assert asked == {id_ for id_, word in status.items() if word in {"adopted", "contested"}}
    assert {e.clause for e in run.examples()} <= asked


def test_of_an_adopted_clause_only_cases_that_it_decided_bear_on_it(run: RunFolder) -> None:
    decided = {case.case: set(case.decided_by) for case in run.cases()}
    status = {ruling.clause: ruling.status for ruling in run.rulings()}
    for clause, cases in work_on(run).bearing.items():
        if status[clause] == "adopted":
            assert all(clause in decided[case.id] for case in cases)
        else:
            assert len(cases) == len(SETTINGS.question.cases)


def test_the_reader_is_not_told_and_sees_the_sides_in_an_order_drawn_by_lot(run: RunFolder) -> None:
    _, batches = written(work_on(run), one)
    readers = [r.task for r in batches[-1] if isinstance(r.task, Recognise)]
    assert len(readers) == len(work_on(run).clauses)
    assert {task.replies[0] for task in readers} == {"Yes, you may.", "No, you may not."}
    assert all(not r.view.events for batch in batches for r in batch)


def test_an_example_is_right_only_if_clause_and_side_are(run: RunFolder) -> None:
    events, _ = written(work_on(run), one)
    examples = examples_of(SETTINGS.question.id, events)
    told = {e.example: e for e in events if isinstance(e, Recognised)}
    first = work_on(run).clauses[0].id
    for example, found in zip(examples, recognitions_of(examples, events), strict=True):
        assert found.clause == first
        assert found.right is (example.clause == first and told[example.id].complies)


def test_replies_of_unequal_length_are_asked_for_again_and_then_missing(run: RunFolder) -> None:
    work = work_on(run)
    with pytest.raises(UnreadableReply, match="about the same length"):
        Exemplify(work.clauses[0], (), 2).read(one(_asked(work), complies="Yes. " * 40))
    events, batches = written(work, lambda r: one(r, complies="Yes. " * 40))
    assert len(batches) == 2
    assert sum(isinstance(e, Failed) for e in events) == len(work.clauses)
    assert examples_of(SETTINGS.question.id, events) == []


def test_an_unreadable_recognition_is_no_recognition(run: RunFolder) -> None:
    events, _ = written(work_on(run), lambda r: "?" if isinstance(r.task, Recognise) else one(r))
    examples = examples_of(SETTINGS.question.id, events)
    assert examples
    for found in recognitions_of(examples, events):
        assert (found.clause, found.complies, found.right, found.event) == (None, None, False, "")


def test_nobody_is_asked_to_recognise_where_that_is_not_wanted(run: RunFolder) -> None:
    events, _ = written(work_on(run, recognise=False), one)
    assert any(isinstance(e, Exemplified) for e in events)
    assert not any(isinstance(e, Recognised) for e in events)


def test_the_synthetic_clerk_recognises_nearly_all_that_it_wrote(run: RunFolder) -> None:
    found = run.recognitions()
    assert len(found) == len(run.examples()) > 0
    assert sum(one.right for one in found) >= 0.95 * len(found)
    events, _ = written(work_on(run), synthetic(SETTINGS))
    again = [e.model_copy(update={"origin": "synthetic"}) for e in examples_of(SETTINGS.question.id, events)]
    assert again == run.examples()


def test_replies_of_the_synthetic_clerk_are_of_about_one_length(run: RunFolder) -> None:
    longer = [len(e.complies) > len(e.violates) for e in run.examples()]
    assert all(abs(len(e.complies) - len(e.violates)) <= 30 for e in run.examples())
    assert 0 < sum(longer) < len(longer)


def test_a_stop_among_the_examples_is_carried_on_to_the_same_bytes(
    run: RunFolder, small: Settings, tmp_path: Path, content: Callable[[Path], dict[str, bytes]]
) -> None:
    calls = run.manifest().circumstances.usage.calls
    with pytest.raises(BudgetExhausted):
        run_study(small.model_copy(update={"budget": Budget(calls=calls - 10)}), tmp_path / "run")
    resume_study(small, tmp_path / "run")
    assert content(tmp_path / "run") == content(run.path)


def test_ruling_again_writes_examples_of_what_stands_now(small: Settings, tmp_path: Path) -> None:
    run_study(small, tmp_path / "run")
    loose = small.aggregation.model_copy(update={"id": "loose", "threshold": 0.3, "rejection": 0.2})
    _, path = rule_again(small.model_copy(update={"aggregation": loose}), tmp_path / "run")
    again = RunFolder(path)
    standing = {r.clause for r in again.rulings() if r.status in {"adopted", "contested"}}
    assert {e.clause for e in again.examples()} <= standing
    assert again.manifest().content.files["examples.jsonl"]


def test_no_examples_are_written_where_none_are_wanted(tmp_path: Path) -> None:
    run_study(Settings.bundled(assemblies=3, members=6, truth=0, encoding="rlhf_hh"), tmp_path / "run")
    assert RunFolder(tmp_path / "run").examples() == []
    assert not (tmp_path / "run" / "exemplification.jsonl").exists()


def _asked(work: Exemplifying) -> Request:
    found: list[Request] = []

    def answer(request: Request) -> str:
        found.append(request)
        return one(request)

    written(work, answer)
    return found[0]
