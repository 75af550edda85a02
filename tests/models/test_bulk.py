"""Bulk delivery against real batch endpoints on loopback, through the real SDKs."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from chatting import chat, settings_for
from loopback import Provider, provider

from deliberation.errors import BudgetExhausted, ConfigError, RunError
from deliberation.models.journal import Journal, OpenBatch
from deliberation.records.folder import RunFolder
from deliberation.settings import Budget, Settings
from deliberation.study import resume_study, run_study

PROVIDERS = ("openai", "anthropic")
pytestmark = pytest.mark.usefixtures("key")


def transcripts(path: Path) -> dict[str, str]:
    return {p.name: p.read_text() for p in sorted((path / "events").glob("*.jsonl"))}


def bulk(server: Provider, kind: str, **changes: Any) -> Settings:
    return settings_for(server, kind, **{"delivery": "bulk", "poll": 0.01, **changes})


def sent_in_batches(server: Provider) -> list[str]:
    return [json.dumps(body, sort_keys=True) for b in server.batches.values() for body in b.calls.values()]


@pytest.mark.parametrize("kind", PROVIDERS)
def test_batches_say_what_calls_say_and_hear_the_same(kind: str, tmp_path: Path) -> None:
    with provider(looks=3) as server:
        manifest = run_study(bulk(server, kind), tmp_path / "bulk")
        ours = sorted(sent_in_batches(server))
        server.calls.clear()
        run_study(settings_for(server, kind), tmp_path / "calls")
        theirs = list(server.calls)
    assert ours == sorted(map(sent_by_langchain, theirs))
    assert transcripts(tmp_path / "bulk") == transcripts(tmp_path / "calls")
    assert manifest.circumstances.status == "complete"
    assert manifest.circumstances.usage.lost == 0
    assert manifest.circumstances.usage.calls == len(ours)
    assert manifest.circumstances.usage.cached_tokens > 0
    assert len(server.batches) < len(ours) / 5  # all assemblies advance together


def sent_by_langchain(body: str) -> str:
    plain = json.loads(body)
    plain.pop("stream", None)
    return json.dumps(plain, sort_keys=True)


@pytest.mark.parametrize("kind", PROVIDERS)
@pytest.mark.parametrize("heard", [True, False])
def test_a_run_put_away_with_a_batch_at_work_pays_for_nothing_twice(kind: str, heard: bool, tmp_path: Path) -> None:
    """Where `heard` is false, it was killed after the provider took the batch and before its id was noted."""
    with provider(deaf_after=4) as server:
        settings = bulk(server, kind)
        assert run_study(settings, tmp_path / "run").circumstances.status == "incomplete"
        [batch] = waiting(tmp_path / "run")
        assert batch.id in server.batches
        if not heard:
            with sqlite3.connect(RunFolder(tmp_path / "run").journal) as journal:
                journal.execute("update batches set id = ''")
        server.status = server.deaf_after = None
        manifest = resume_study(settings, tmp_path / "run")
        assert manifest.circumstances.status == "complete"
        sent = sent_in_batches(server)
        assert len(sent) == len(set(sent)) == manifest.circumstances.usage.calls
        assert waiting(tmp_path / "run") == []


def waiting(path: Path) -> list[OpenBatch]:
    with Journal(RunFolder(path).journal, durable=False) as journal:
        return journal.open_batches()


@pytest.mark.parametrize("kind", PROVIDERS)
def test_calls_that_fall_out_of_a_batch_go_into_another(kind: str, tmp_path: Path) -> None:
    faults = {"errored": 0.1, "expired": 0.1, "nonsense": 0.03, "cut": 0.03}
    with provider(faults=faults) as server:
        manifest = run_study(bulk(server, kind), tmp_path / "run")
        usage = manifest.circumstances.usage
        assert manifest.circumstances.status == "complete"
        assert all(server.seen[fault] for fault in faults)
        assert usage.calls == server.seen["answered"] + server.seen["nonsense"] + server.seen["cut"]
        assert usage.lost == 0
        assert manifest.content.failures == {}


def test_what_a_provider_will_not_take_stops_with_its_words_and_can_be_resumed(tmp_path: Path) -> None:
    with provider(status=401, message="Incorrect API key provided: sk-planted-0123456789") as server:
        settings = bulk(server, "anthropic")
        manifest = run_study(settings, tmp_path / "run")
        assert manifest.circumstances.status == "incomplete"
        assert "401 Incorrect API key" in str(manifest.circumstances.error)
        assert "sk-planted" not in str(manifest.circumstances.error)
        server.status = None
        assert resume_study(settings, tmp_path / "run").circumstances.status == "complete"


def test_a_cap_is_kept_before_a_wave_is_bought(tmp_path: Path) -> None:
    with provider() as server:
        settings = bulk(server, "openai")
        with pytest.raises(BudgetExhausted, match=r"budget\.calls=30"):
            run_study(settings.model_copy(update={"budget": Budget(calls=30)}), tmp_path / "run")
        assert sum(len(b.calls) for b in server.batches.values()) <= 30
        assert resume_study(settings, tmp_path / "run").circumstances.status == "complete"


def test_an_open_batch_is_not_bought_again_by_single_calls(tmp_path: Path) -> None:
    with provider(deaf_after=1) as server:
        settings = bulk(server, "openai")
        run_study(settings, tmp_path / "run")
        server.status = server.deaf_after = None
        with pytest.raises(RunError, match="12 calls lie with the provider"):
            resume_study(settings.model_copy(update={"delivery": "interactive"}), tmp_path / "run")


def test_half_price_is_reckoned_for_what_was_bought_in_batches(tmp_path: Path) -> None:
    price = {"input": 2.0, "output": 10.0}
    prices = {"as_of": "2026-11-01", "source": "made up", "models": {"openai:test-model": price}}
    with provider() as server:
        done = run_study(bulk(server, "openai", prices=prices), tmp_path / "run").circumstances
        full = (2.0 * done.usage.input_tokens + 10.0 * done.usage.output_tokens) / 1e6
        assert done.cost == pytest.approx(full / 2, abs=1e-6)


def test_bulk_is_refused_where_nobody_sells_it() -> None:
    with pytest.raises(ConfigError, match="delivery=bulk"):
        Settings.bundled(delivery="bulk")


def test_a_cast_buys_from_each_of_its_providers(tmp_path: Path) -> None:
    with provider() as server:
        openai, claude = chat(server, poll=0.01), chat(server, "anthropic", poll=0.01)
        cast = {
            "kind": "cast",
            "members": {"a": openai, "b": claude},
            "witness": SYNTHETIC,
            "facilitator": claude,
            "clerk": openai,
        }
        settings = Settings.bundled(assemblies=2, members=4, truth=0, delivery="bulk", model=cast)
        manifest = run_study(settings, tmp_path / "run")
        assert manifest.circumstances.status == "complete"
        origins = {
            e.origin
            for p in RunFolder(tmp_path / "run").panels()
            for e in RunFolder(tmp_path / "run").events(p.assembly)
        }
        assert origins == {None, "openai:test-model", "anthropic:test-model", "synthetic"}


SYNTHETIC = Settings.bundled().model.model_dump(mode="json")


def test_two_settings_of_one_model_keep_their_batches_apart(tmp_path: Path) -> None:
    with provider(deaf_after=5) as server:
        warm, cold = chat(server, poll=0.01, temperature=0.9), chat(server, poll=0.01, temperature=0.1)
        cast = {"kind": "cast", "members": {"a": warm, "b": cold}, "witness": warm, "facilitator": cold, "clerk": warm}
        settings = Settings.bundled(assemblies=2, members=4, truth=0, delivery="bulk", model=cast)
        run_study(settings, tmp_path / "run")
        server.status = server.deaf_after = None
        manifest = resume_study(settings, tmp_path / "run")
        assert manifest.circumstances.status == "complete"
        sent = sent_in_batches(server)
        assert len(sent) == len(set(sent)) == manifest.circumstances.usage.calls


def test_a_batch_that_lies_open_for_later_is_not_thrown_away(tmp_path: Path) -> None:
    """One assembly fell out early, and the run stopped with a later batch of the others at work."""
    with provider(deaf_after=7, faults={"errored": 0.02}) as server:
        settings = bulk(server, "openai", assemblies=5, retries=0)
        assert run_study(settings, tmp_path / "run").circumstances.status == "incomplete"
        assert len(waiting(tmp_path / "run")) == 1
        server.status = server.deaf_after = None
        server.faults.clear()
        manifest = resume_study(settings, tmp_path / "run")
        assert manifest.circumstances.status == "complete"
        sent = sent_in_batches(server)
        assert len(sent) - len(set(sent)) == server.seen["errored"]  # those alone are bought again that failed
        assert manifest.circumstances.usage.lost == 0


@pytest.mark.parametrize("odd", ["[" * 20_000, "null"])
def test_an_odd_answer_in_a_batch_is_asked_for_again(odd: str, tmp_path: Path) -> None:
    with provider(faults={"odd": 0.05}, odd=odd) as server:
        manifest = run_study(bulk(server, "anthropic", structured="shared"), tmp_path / "run")
        assert manifest.circumstances.status == "complete"
        assert server.seen["odd"]


def test_one_prompt_over_its_budget_stops_its_assembly_alone(tmp_path: Path) -> None:
    with provider() as server:
        settings = bulk(server, "openai", assemblies=3)
        longest = settings.prompts.longest.model_copy(update={"prompts": {"draft": 100}})
        small = settings.model_copy(update={"prompts": settings.prompts.model_copy(update={"longest": longest})})
        manifest = run_study(small, tmp_path / "run")
        assert manifest.circumstances.status == "incomplete"
        assert "prompts.longest allows 100" in str(manifest.circumstances.error)
