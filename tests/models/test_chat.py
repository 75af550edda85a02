"""Chat models against a real server on loopback, through the real SDKs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chatting import settings_for
from loopback import Provider, provider

from deliberation.errors import AnswererError, BudgetExhausted, ConfigError
from deliberation.models.open import open_answerer
from deliberation.records.folder import RunFolder
from deliberation.settings import Budget, Settings
from deliberation.study import plan_study, resume_study, rule_again, run_study

PROVIDERS = ("openai", "anthropic")


pytestmark = pytest.mark.usefixtures("key")


@pytest.fixture
def server() -> Iterator[Provider]:
    with provider() as state:
        yield state


@pytest.mark.parametrize("structured", ["shared", "schema", "prompt"])
@pytest.mark.parametrize("kind", PROVIDERS)
def test_a_whole_study_runs_on_a_chat_model(server: Provider, kind: str, structured: str, tmp_path: Path) -> None:
    settings = settings_for(server, kind, structured=structured)
    manifest = run_study(settings, tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    assert manifest.circumstances.status == "complete"
    assert manifest.content.failures == {}
    assert manifest.circumstances.usage.calls == sum(server.calls.values())
    assert manifest.circumstances.usage.input_tokens > 0
    assert manifest.circumstances.cost is None  # no price is known, and unknown is not 0
    assert folder.rulings()
    assert {b.origin for b in folder.ballots()} == {f"{kind}:test-model"}
    assert not (folder.path / "truth").exists()


def test_a_plan_needs_no_key_and_no_server(monkeypatch: pytest.MonkeyPatch, server: Provider) -> None:
    monkeypatch.delenv("PLANTED_KEY")
    plan = plan_study(settings_for(server))
    assert plan.calls > 50
    assert plan.input_tokens > plan.output_tokens > 0
    assert plan.usd is None
    assert not server.seen


PRICE = {"input": 2.0, "cached": 0.2, "output": 10.0}
PRICES = {"as_of": "2026-11-01", "source": "made up", "models": {"openai:test-model": PRICE}}


def test_a_cap_in_money_stops_the_run_and_a_larger_one_carries_it_on(server: Provider, tmp_path: Path) -> None:
    settings = settings_for(server, prices=PRICES, assemblies=6)
    plan = plan_study(settings)
    assert plan.usd is not None
    low = settings.model_copy(update={"budget": Budget(usd=plan.usd / 10), "concurrency": 1})
    with pytest.raises(BudgetExhausted, match=r"budget\.usd"):
        run_study(low, tmp_path / "run")
    spent = RunFolder(tmp_path / "run").manifest().circumstances.cost
    assert spent is not None
    assert plan.usd / 10 <= spent < plan.usd / 2
    done = resume_study(settings, tmp_path / "run").circumstances
    used = done.usage
    assert used.cached_tokens > 0
    assert used.reasoning_tokens > 0
    full = used.input_tokens - used.cached_tokens
    assert done.cost == pytest.approx(
        (2.0 * full + 0.2 * used.cached_tokens + 10.0 * used.output_tokens) / 1e6, abs=1e-6
    )


def test_a_cap_in_money_without_a_price_is_refused(server: Provider) -> None:
    with pytest.raises(ConfigError, match=r"budget.*usd=5 cannot be kept"):
        settings_for(server, budget={"usd": 5})


def test_an_interrupted_run_buys_nothing_twice(server: Provider, tmp_path: Path) -> None:
    settings = settings_for(server)
    with pytest.raises(BudgetExhausted):
        run_study(settings.model_copy(update={"budget": Budget(calls=60)}), tmp_path / "run")
    resume_study(settings, tmp_path / "run")
    assert max(server.calls.values()) == 1
    with provider() as other:
        whole = settings_for(other)
        run_study(whole, tmp_path / "whole")
        assert sum(other.calls.values()) == sum(server.calls.values())


def test_an_outage_that_does_not_end_stops_after_the_retries(tmp_path: Path) -> None:
    with provider(faults={"500": 1.0}) as server:
        manifest = run_study(settings_for(server, retries=1), tmp_path / "run")
        assert manifest.circumstances.status == "incomplete"
        assert "2 times" in str(manifest.circumstances.error)


def test_refusals_are_asked_again_then_recorded_as_failures(tmp_path: Path) -> None:
    with provider(faults={"refuse": 1.0}) as server:
        manifest = run_study(settings_for(server, attempts=2), tmp_path / "run")
        assert manifest.content.failures["poll"] == 2 * 3 * 4
        assert {r.status for r in RunFolder(tmp_path / "run").rulings()} <= {"no_ruling"}


def test_a_missing_key_is_named_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch, server: Provider, tmp_path: Path
) -> None:
    monkeypatch.delenv("PLANTED_KEY")
    with pytest.raises(ConfigError, match="PLANTED_KEY"):
        run_study(settings_for(server), tmp_path / "run")
    assert not server.seen
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("kind", PROVIDERS)
def test_a_key_appears_nowhere(server: Provider, kind: str, tmp_path: Path, key: str, capfd: Any) -> None:
    settings = settings_for(server, kind)
    run_study(settings, tmp_path / "run")
    assert server.keys == {key}
    server.status = 401
    server.message = "Incorrect API key provided"
    with pytest.raises(AnswererError) as caught:
        for _ in run_failing(settings):
            pass
    said = "".join(capfd.readouterr()) + str(caught.value) + repr(caught.value) + repr(open_answerer(settings).__dict__)
    assert key not in said
    for path in (tmp_path / "run").rglob("*"):
        if path.is_file():
            assert key.encode() not in path.read_bytes(), path


def run_failing(settings: Settings) -> Iterator[None]:
    import asyncio

    from deliberation.assembly.sitting import deliberate
    from deliberation.people.sortition import Draw
    from deliberation.study.stages import sitting_of

    [panel] = Draw(settings.panel, members=4, seed=1).panels([("a-1", settings.question.id)])
    batch = next(deliberate(sitting_of(settings, panel)))

    async def once() -> None:
        answerer = open_answerer(settings)
        try:
            async for _ in answerer.answer(batch.requests):
                pass
        finally:
            await answerer.aclose()

    asyncio.run(once())
    yield


def test_ruling_again_asks_nobody_and_needs_no_key(
    server: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_for(server)
    run_study(settings, tmp_path / "run")
    asked = sum(server.calls.values())
    monkeypatch.delenv("PLANTED_KEY")
    other = settings.model_copy(update={"aggregation": settings.aggregation.model_copy(update={"threshold": 0.9})})
    rule_again(other, tmp_path / "run")
    assert sum(server.calls.values()) == asked


def test_what_all_share_comes_first_and_repeats(server: Provider, tmp_path: Path) -> None:
    """The prompts of one batch differ only behind the shared part, whose beginning repeats from call to call."""
    run_study(settings_for(server, assemblies=3), tmp_path / "run")
    shared = ["\n".join(m["content"] for m in b["messages"]).partition("</record>")[0] for b in server.bodies]
    longest, repeated, total = "", 0, 0
    for text in shared:
        longest = max((s for s in shared if s is not text), key=lambda s: common(s, text))
        repeated += common(longest, text)
        total += len(text)
    assert repeated / total > 0.85


def common(one: str, other: str) -> int:
    n = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return n


@pytest.mark.parametrize("procedure", ["collective_dialogue", "mediated_caucus", "statement_slate", "sequential_assembly", "extrapolated", "reasoned_assembly"])  # fmt: skip
@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_every_kind_of_phase_is_put_to_a_chat_model(procedure: str, kind: str, tmp_path: Path) -> None:
    with provider() as server:
        settings = settings_for(
            server, kind, assemblies=1, members=4, procedure=procedure, witness="opposed", retries=0
        )
        manifest = run_study(settings, tmp_path / "run")
    assert manifest.circumstances.status == "complete"
    assert manifest.content.failures == {}
