"""The planted will: what it is, and that nothing rests on it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from deliberation.records.folder import RunFolder
from deliberation.records.specification import Meaning
from deliberation.settings import Settings
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
    kernel = small.model.kernel.model_copy(update={"offset": 0.0, "abstention": 0.0})
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
