from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deliberation.errors import (
    BudgetExhausted,
    DataError,
    QuotaError,
    ReplayMismatch,
    RunError,
    StorageError,
    TornRecord,
)
from deliberation.models.open import open_answerer
from deliberation.models.scripted import Delayed, Replaying
from deliberation.records.folder import STAGED, RunFolder
from deliberation.settings import Budget, Settings
from deliberation.study import encode_again, plan_study, resume_study, rule_again, run_study, stored_settings

Content = Callable[[Path], dict[str, bytes]]


def test_a_run_leaves_what_the_contract_says(run: RunFolder) -> None:
    for name in (*STAGED, "manifest.json", "calls.sqlite", ".hydra/config.yaml", "encoding/constitution.json"):
        assert (run.path / name).is_file()
    manifest = run.manifest()
    assert manifest.circumstances.status == "complete"
    assert manifest.content.simulated
    assert manifest.content.files == run.hashes()
    assert len(manifest.content.assemblies) == 3


def test_the_same_seed_gives_the_same_bytes_in_any_order_of_concurrency(
    run: RunFolder, small: Settings, tmp_path: Path, content: Content
) -> None:
    jitter = Delayed(open_answerer(small), lambda r: len(str(r.address)) % 5 / 4000)
    run_study(small.model_copy(update={"concurrency": 1}), tmp_path / "one")
    run_study(small.model_copy(update={"concurrency": 3}), tmp_path / "three", answerer=jitter)
    assert content(tmp_path / "one") == content(tmp_path / "three") == content(run.path)


def test_another_seed_differs(run: RunFolder, tmp_path: Path, content: Content) -> None:
    run_study(Settings.bundled(truth=40, assemblies=3, members=6, seed=8), tmp_path / "run")
    other, usual = content(tmp_path / "run"), content(run.path)
    assert not set(other) & {name for name in usual if name.startswith("events/")}
    assert other["rulings.jsonl"] != usual["rulings.jsonl"]


def test_an_existing_run_is_refused_and_left_alone(run: RunFolder, small: Settings, content: Content) -> None:
    before = content(run.path)
    with pytest.raises(RunError, match="a run here already"):
        run_study(small, run.path)
    assert content(run.path) == before


def test_a_budget_stops_cleanly_and_a_larger_one_carries_on(
    run: RunFolder, small: Settings, tmp_path: Path, content: Content
) -> None:
    path = tmp_path / "run"
    with pytest.raises(BudgetExhausted, match=r"budget\.calls=90"):
        run_study(small.model_copy(update={"budget": Budget(calls=90)}), path)
    halted = RunFolder(path).manifest().circumstances
    assert halted.status == "budget_exhausted"
    assert 0 < halted.usage.calls <= 90
    manifest = resume_study(small, path)
    assert manifest.circumstances.status == "complete"
    assert manifest.circumstances.usage.calls == run.manifest().circumstances.usage.calls
    assert content(path) == content(run.path)


def test_a_finished_run_is_resumed_by_doing_nothing(run: RunFolder, small: Settings) -> None:
    nobody = Replaying(open_answerer(small).identity)
    assert resume_study(small, run.path, answerer=nobody) == run.manifest()


def test_a_run_is_replayed_from_its_journal_alone(
    run: RunFolder, small: Settings, tmp_path: Path, content: Content
) -> None:
    path = tmp_path / "run"
    path.mkdir()
    shutil.copy2(run.path / "calls.sqlite", path)
    nobody = Replaying(open_answerer(small).identity)
    manifest = run_study(small, path, answerer=nobody)
    assert manifest.circumstances.usage.replayed == run.manifest().circumstances.usage.calls
    assert content(path) == content(run.path)


def halted_copy(run: RunFolder, path: Path) -> RunFolder:
    shutil.copytree(run.path, path)
    folder = RunFolder(path)
    manifest = folder.manifest()
    halted = manifest.circumstances.model_copy(update={"status": "incomplete"})
    folder.write_manifest(manifest.model_copy(update={"circumstances": halted}))
    return folder


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"seed": 8}, r"seed is not what this run began with \(7 -> 8\)"),
        ({"idea": "kind"}, r"idea is not"),
        ({"members": 7}, r"members is not"),
    ],
)
def test_resume_refuses_changed_settings_by_name(
    run: RunFolder, small: Settings, tmp_path: Path, change: dict[str, Any], named: str
) -> None:
    halted_copy(run, tmp_path / "run")
    with pytest.raises(RunError, match=named):
        resume_study(small.model_copy(update=change), tmp_path / "run")


def test_a_torn_last_line_is_carried_on_from(run: RunFolder, small: Settings, tmp_path: Path, content: Content) -> None:
    folder = halted_copy(run, tmp_path / "run")
    path = folder.transcript(run.manifest().content.assemblies[1])
    path.write_bytes(path.read_bytes()[:-25])
    resume_study(small, folder.path)
    assert content(folder.path) == content(run.path)


def test_a_torn_middle_line_is_named_and_nothing_is_overwritten(
    run: RunFolder, small: Settings, tmp_path: Path
) -> None:
    folder = halted_copy(run, tmp_path / "run")
    path = folder.transcript(run.manifest().content.assemblies[1])
    lines = path.read_bytes().splitlines(keepends=True)
    lines[10] = lines[10][:30] + b"\n"
    path.write_bytes(b"".join(lines))
    before = path.read_bytes()
    with pytest.raises(TornRecord, match=rf"{path.name} line 11"):
        resume_study(small, folder.path)
    assert path.read_bytes() == before


def test_a_transcript_that_was_edited_is_refused(run: RunFolder, small: Settings, tmp_path: Path) -> None:
    folder = halted_copy(run, tmp_path / "run")
    path = folder.transcript(run.manifest().content.assemblies[1])
    whole = path.read_text().splitlines(keepends=True)
    path.write_text("".join([whole[0].replace("The", "Teh").replace("When", "Whan"), *whole[1:-1]]))
    with pytest.raises(ReplayMismatch, match="line 1"):
        resume_study(small, folder.path)


def test_resume_refuses_another_answerer_by_name(run: RunFolder, small: Settings, tmp_path: Path) -> None:
    folder = halted_copy(run, tmp_path / "run")
    other = Replaying(open_answerer(small).identity._replace(version="0"))
    with pytest.raises(RunError, match=r"answered by synthetic/.*answers as synthetic/0"):
        resume_study(small, folder.path, answerer=other)


def test_a_runs_settings_can_be_read_from_any_folder(
    small: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stored configuration holds the population itself, not the name or path that it was given by."""
    (tmp_path / "run" / ".hydra").mkdir(parents=True)
    (tmp_path / "run" / ".hydra" / "config.yaml").write_text("panel: {population: people.yaml}\n")
    run_study(small, tmp_path / "run")
    monkeypatch.chdir("/")
    assert stored_settings(tmp_path / "run") == small


def test_votes_forged_in_a_closed_sitting_are_not_ruled_on(run: RunFolder, small: Settings, tmp_path: Path) -> None:
    folder = halted_copy(run, tmp_path / "run")
    path = folder.transcript(run.manifest().content.assemblies[1])
    assert '"oppose"' in path.read_text()
    path.write_text(path.read_text().replace('"oppose"', '"support"'))
    with pytest.raises(ReplayMismatch, match=path.name):
        resume_study(small, folder.path)


def test_ruling_again_refuses_another_study_by_name(run: RunFolder, small: Settings) -> None:
    with pytest.raises(RunError, match=r"seed is not .*only distillation, aggregation, encoding"):
        rule_again(small.model_copy(update={"seed": 8}), run.path)
    with pytest.raises(RunError, match=r"encoding\.margin is not"):
        encode_again(
            Settings.bundled(
                truth=40, assemblies=3, members=6, encoding={**small.encoding.model_dump(), "margin": 0.9}
            ),
            run.path,
        )


def test_stages_that_stand_are_not_carried_out_again(
    run: RunFolder, small: Settings, tmp_path: Path, content: Content
) -> None:
    folder = halted_copy(run, tmp_path / "run")
    for name in ("rulings.jsonl", "ballots.jsonl"):
        (folder.path / name).unlink()
    shutil.rmtree(folder.encoding)
    nobody = Replaying(open_answerer(small).identity)
    resume_study(small, folder.path, answerer=nobody)
    assert content(folder.path) == content(run.path)


def test_ruling_again_unchanged_gives_the_same_bytes(
    run: RunFolder, small: Settings, tmp_path: Path, content: Content
) -> None:
    shutil.copytree(run.path, tmp_path / "run")
    manifest, path = rule_again(small, tmp_path / "run")
    assert path == tmp_path / "run"
    assert content(path) == content(run.path)
    assert manifest == run.manifest()


def test_ruling_by_another_rule_leaves_the_first_ruling_alone(
    run: RunFolder, small: Settings, tmp_path: Path, content: Content
) -> None:
    shutil.copytree(run.path, tmp_path / "run")
    other = Settings.bundled(truth=40, assemblies=3, members=6, aggregation="majority")
    manifest, path = rule_again(other, tmp_path / "run")
    assert path != tmp_path / "run"
    assert manifest.content.run == other.run != small.run
    assert {r.rule for r in RunFolder(path).rulings()} == {"majority"}
    assert content(tmp_path / "run") == content(run.path)
    assert stored_settings(path) == other
    before = content(path)
    assert rule_again(other, tmp_path / "run") == (manifest, path)
    assert content(path) == before


def test_clauses_that_nobody_voted_on_have_no_ruling_until_they_are_asked(tmp_path: Path) -> None:
    few = Settings.bundled(truth=40, assemblies=3, members=6)
    few = few.model_copy(update={"aggregation": few.aggregation.model_copy(update={"max_clauses": 2})})
    run_study(few, tmp_path / "run")
    many = few.model_copy(update={"aggregation": few.aggregation.model_copy(update={"max_clauses": 6})})
    _, unasked = rule_again(many, tmp_path / "run")
    statuses = [r.status for r in RunFolder(unasked).rulings()]
    assert len(statuses) == 6
    assert statuses.count("no_ruling") == 4
    _, asked = rule_again(many.model_copy(update={"ratify": True}), tmp_path / "run")
    assert RunFolder(asked).manifest().content.run != RunFolder(unasked).manifest().content.run
    assert "no_ruling" not in [r.status for r in RunFolder(asked).rulings()]
    assert all(b.choice != "missing" for b in RunFolder(asked).ballots())
    for panel in RunFolder(asked).panels():
        events = list(RunFolder(asked).events(panel.assembly))
        assert [e.seq for e in events] == list(range(len(events)))


@pytest.mark.parametrize("name", ["rulings.jsonl", "ballots.jsonl", "events"])
def test_files_that_were_changed_since_are_neither_encoded_nor_ruled_on(
    run: RunFolder, small: Settings, tmp_path: Path, name: str
) -> None:
    shutil.copytree(run.path, tmp_path / "run")
    victim = tmp_path / "run" / name
    victim = next(iter(sorted(victim.iterdir()))) if victim.is_dir() else victim
    victim.write_bytes(victim.read_bytes()[:-30])
    for attempt in (lambda: encode_again(small, tmp_path / "run"), lambda: rule_again(small, tmp_path / "run")):
        with pytest.raises(DataError, match=victim.name):
            attempt()
    assert not list(tmp_path.glob("run_rule-*"))


def test_encoding_again_changes_nothing(run: RunFolder, small: Settings, tmp_path: Path, content: Content) -> None:
    shutil.copytree(run.path, tmp_path / "run")
    shutil.rmtree(tmp_path / "run" / "encoding")
    encode_again(small, tmp_path / "run")
    assert content(tmp_path / "run") == content(run.path)


def test_a_plan_counts_what_the_run_then_asks(run: RunFolder, small: Settings) -> None:
    plan = plan_study(small)
    asked = run.manifest().circumstances.usage.calls
    assert plan.calls == pytest.approx(asked, rel=0.15)
    assert plan.usd == 0.0


def test_quotas_that_cannot_be_met_seat_nobody(tmp_path: Path) -> None:
    settings = Settings.bundled(truth=40, assemblies=3, members=6)
    quotas = {"ethnicity": {"other": (6, 6)}, "age": {"18-24": (6, 6)}}
    panel = settings.panel.model_copy(update={"pool": 100, "quotas": quotas})
    with pytest.raises(QuotaError, match="age=18-24"):
        run_study(settings.model_copy(update={"panel": panel}), tmp_path / "run")
    assert not (tmp_path / "run" / "panels.jsonl").exists()


def test_a_folder_that_cannot_be_made_is_named(small: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file"):
        run_study(small, tmp_path / "file" / "run")


def test_a_member_whose_vote_cannot_be_read_is_missing_and_counted(small: Settings, tmp_path: Path) -> None:
    inner = open_answerer(small)

    class Mumbling:
        identity = inner.identity
        dismiss = staticmethod(inner.dismiss)
        mark = staticmethod(inner.mark)
        aclose = staticmethod(inner.aclose)

        async def answer(self, requests: Any) -> Any:
            async for place, reply in inner.answer(requests):
                request = requests[place]
                first = next((person.id for person in request.view.roster.members), "")
                mumbles = request.address.phase == "ratification" and request.address.speaker == first
                yield place, reply._replace(text="mm") if mumbles else reply

    manifest = run_study(small, tmp_path / "run", answerer=Mumbling())
    folder = RunFolder(tmp_path / "run")
    assert manifest.content.failures == {"vote": 3}
    missing = [b for b in folder.ballots() if b.choice == "missing"]
    assert len(missing) == 3 * len(folder.clauses())  # a vote on a draft does not stand in for the ballot
    assert all(r.turnout < 1 for r in folder.rulings())


def test_the_short_procedure_goes_all_the_way(tmp_path: Path) -> None:
    settings = Settings.bundled(truth=40, assemblies=3, members=6, procedure="plain_poll")
    run_study(settings, tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    assert len(folder.rulings()) == len(settings.question.positions)
    assert {e.kind for a in folder.manifest().content.assemblies for e in folder.events(a)}.isdisjoint(
        {"spoke", "testified"}
    )


def test_two_processes_cannot_carry_one_run_on(small: Settings, tmp_path: Path) -> None:
    from deliberation.study.run import alone

    folder = RunFolder(tmp_path)
    with alone(folder), pytest.raises(RunError, match="another process"), alone(folder):
        pass


def test_another_rule_rules_on_the_same_assemblies() -> None:
    from deliberation.study.panels import assemblies

    usual = assemblies(Settings.bundled())
    assert assemblies(Settings.bundled(aggregation="majority", study="other")) == usual
    assert assemblies(Settings.bundled(seed=8)) != usual
