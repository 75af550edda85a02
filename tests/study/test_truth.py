"""The planted will: what it is, and that nothing rests on it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from deliberation.assembly.transcript import read_events
from deliberation.records.folder import RunFolder
from deliberation.records.specification import Meaning
from deliberation.settings import Settings
from deliberation.specification.ballots import ballots_of
from deliberation.specification.distil import Findings, distil
from deliberation.specification.drafts import drafts_of
from deliberation.study import encode_again, rule_again, run_study
from deliberation.study.truth import planted

Content = Callable[[Path], dict[str, bytes]]


def test_there_is_a_will_for_every_position_and_clause(run: RunFolder, small: Settings) -> None:
    found = list(run.truth())
    assert [t.id for t in found if t.of == "position"] == [p.id for p in small.question.positions]
    assert [t.id for t in found if t.of == "clause"] == [c.id for c in run.clauses()]
    for truth in found:
        assert truth.will is not None
        assert truth.panels == small.truth
        assert truth.groups
        assert truth.error is not None
        assert truth.error < 0.05


def test_rulings_and_rows_are_the_same_without_the_truth(
    run: RunFolder, small: Settings, tmp_path: Path, content: Content
) -> None:
    shutil.copytree(run.path, tmp_path / "run")
    shutil.rmtree(tmp_path / "run" / "truth")
    encode_again(small, tmp_path / "run")
    rule_again(small, tmp_path / "run")
    assert content(tmp_path / "run") == content(run.path)
    run_study(small.model_copy(update={"truth": 0}), tmp_path / "other")
    assert not (tmp_path / "other" / "truth").exists()
    for name in ("panels", "clauses", "ledger", "ballots", "judgments"):
        assert (tmp_path / "other" / f"{name}.jsonl").read_bytes() == (run.path / f"{name}.jsonl").read_bytes()


def test_rulings_are_the_same_with_every_trace_of_meaning_stripped(
    run: RunFolder, small: Settings, tmp_path: Path
) -> None:
    """What drafters say a clause means is for the public that votes on it; distillation and rulings do not read it."""
    shutil.copytree(run.path, tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    for path in folder.events_folder.glob("*.jsonl"):
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        assert any(line.get("meaning") for line in lines) or "ratify" in path.name
        bare = [{**line, "meaning": None} if "meaning" in line else line for line in lines]
        path.write_text("".join(json.dumps(line) + "\n" for line in bare))
    drafts = [d for p in folder.panels() for d in drafts_of(p.assembly, read_events(folder.transcript(p.assembly)))]
    judged = Findings.of(folder.distillation())
    found = distil(small.question.id, drafts, limit=small.aggregation.max_clauses, findings=judged)
    assert set(found.meanings.values()) == {None}
    assert list(found.clauses) == run.clauses()
    assert list(found.ledger) == list(run.ledger())
    ballots = [
        b
        for p in folder.panels()
        for b in ballots_of(p, folder.events(p.assembly), found.clauses, group_by=small.aggregation.group_by)
    ]
    assert ballots == list(run.ballots())


@pytest.mark.parametrize("question", ["health_advice", "disputed_politics"])
def test_the_default_study_adopts_something_on_each_bundled_question(question: str, tmp_path: Path) -> None:
    run_study(Settings.bundled(question=question, truth=0), tmp_path / "run")
    assert "adopted" in {r.status for r in RunFolder(tmp_path / "run").rulings()}


def test_rulings_come_near_to_the_planted_will(tmp_path: Path) -> None:
    """Twenty assemblies of 24: mean absolute error of ruled support against the considered will at most .02."""
    settings = Settings.bundled(assemblies=20, members=24)
    run_study(settings, tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    wills = {t.id: t.will for t in folder.truth()}
    errors = [
        abs(r.support - will.considered)
        for r in folder.rulings()
        if r.support is not None and (will := wills[r.clause]) is not None
    ]
    assert len(errors) >= 8
    assert sum(errors) / len(errors) <= 0.02


def test_the_will_is_the_publics_and_not_the_studys(small: Settings) -> None:
    meaning = {"c-x": Meaning(option=small.question.positions[0].id, modality="should")}
    assert planted(small, meaning) == planted(small.model_copy(update={"seed": 99}), meaning)


def test_without_talk_and_witness_the_considered_will_is_the_raw_one() -> None:
    still = Settings.bundled(members=6, truth=24, procedure="plain_poll")
    meaning = {"c-x": Meaning(option=still.question.positions[0].id, modality="must")}
    for truth in planted(still, meaning):
        assert truth.will is not None
        assert truth.will.considered == pytest.approx(truth.will.raw)


def test_a_prohibition_is_wanted_by_those_who_do_not_want_the_command(small: Settings) -> None:
    """With a public that is neither ready to agree nor in doubt, the two shares add up to one."""
    kernel = small.synthetic.kernel.model_copy(update={"offset": 0.0, "abstention": 0.0})
    even = small.model_copy(update={"model": small.model.model_copy(update={"kernel": kernel})})
    option = small.question.positions[0].id
    found = planted(even, {
        "c-do": Meaning(option=option, modality="must"), "c-not": Meaning(option=option, modality="must_not"),
    })  # fmt: skip
    wills = {t.id: t.will for t in found}
    do, do_not = wills["c-do"], wills["c-not"]
    assert do is not None
    assert do_not is not None
    assert do.considered + do_not.considered == pytest.approx(1.0, abs=1e-5)


def test_a_clause_whose_drafters_disagree_on_its_meaning_has_no_will(small: Settings) -> None:
    [*_, truth] = planted(small, {"c-x": None})
    assert (truth.id, truth.will) == ("c-x", None)
