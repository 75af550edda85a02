"""How calls are carried: faults, limits, interrupts, disks. Against a real server on loopback, with the real SDKs."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any

import pytest
from chatting import chat, settings_for
from loopback import Provider, answer_to, provider

from deliberation import answerer_from
from deliberation.assembly.room import Room
from deliberation.models.cast import place_of
from deliberation.models.chat.throttle import Throttle
from deliberation.models.tasks import Poll
from deliberation.people.sortition import Draw
from deliberation.records.folder import RunFolder
from deliberation.settings import Cast, Settings
from deliberation.study import plan_study, run_study
from deliberation.study.stages import roster_of

pytestmark = pytest.mark.usefixtures("key")
FAULTS = {"429": 0.05, "500": 0.02, "drop": 0.01, "nonsense": 0.01, "cut": 0.01, "broken": 0.01}
SHORT: dict[str, Any] = {"procedure": "plain_poll", "members": 4}


def overrides(server: Provider, path: Path, *more: str) -> list[str]:
    model = [f"model.{k}={json.dumps(v)}" for k, v in chat(server).items() if k in {"base_url", "key"}]
    return ["run", "model=openai", "model.model=test-model", *model, "truth=0", f"hydra.run.dir={path}", *more]


def deliberate(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "deliberation", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=interruptible,  # noqa: PLW1509  no threads here yet
    )  # fmt: skip


def interruptible() -> None:
    """A shell's background job ignores interrupts, and so would all that it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_fifty_assemblies_complete_through_every_kind_of_fault(kind: str, tmp_path: Path) -> None:
    with provider(faults=FAULTS) as server:
        manifest = run_study(settings_for(server, kind, assemblies=50, attempts=6, **SHORT), tmp_path / "run")
        usage = manifest.circumstances.usage
        assert manifest.circumstances.status == "complete"
        assert manifest.content.failures == {}
        assert all(server.seen[fault] for fault in FAULTS)
        assert max(server.calls.values()) == 1  # no call was paid for twice
        assert usage.calls == sum(server.calls.values()) + server.seen["nonsense"] + server.seen["cut"]
        assert usage.lost == 0


def test_killed_and_resumed_no_completed_call_is_repeated(tmp_path: Path) -> None:
    path = tmp_path / "run"
    with provider(latency=0.05) as server:
        with deliberate(*overrides(server, path, "assemblies=6", "members=4")) as running:
            while server.seen["answered"] < 150 and running.poll() is None:
                time.sleep(0.005)
            running.kill()
        while server.in_flight:
            time.sleep(0.005)
        with sqlite3.connect(path / "calls.sqlite") as db:
            kept = db.execute("select count(*) from replies").fetchone()[0]
        before = dict(server.calls)
        with deliberate("resume", str(path)) as running:
            said = running.communicate()
        assert running.returncode == 0, said
        usage = RunFolder(path).manifest().circumstances.usage
        twice = [body for body, times in server.calls.items() if times > 1]
        assert sum(before.values()) - kept == len(twice)  # those alone that were in flight
        assert len(twice) <= usage.lost
        assert usage.replayed >= kept - 60


@pytest.mark.parametrize("faults", [{"hang": 1.0}, {"500": 1.0}, {"429": 1.0}])
def test_an_interrupt_waits_for_nothing_in_flight(faults: dict[str, float], tmp_path: Path) -> None:
    with provider(faults=faults) as server:
        with deliberate(*overrides(server, tmp_path / "run", "members=4")) as running:
            while not server.seen and running.poll() is None:
                time.sleep(0.01)
            seen = sum(server.seen.values())
            running.send_signal(signal.SIGINT)
            try:
                _, said = running.communicate(timeout=30)
            finally:
                running.kill()
        assert running.returncode == 130
        assert said.strip().splitlines()[-1].startswith("deliberate: interrupted; deliberate resume ")
        assert "Traceback" not in said
        assert sum(server.seen.values()) <= seen + 64  # what was being sent; nothing is bought afterwards
        assert RunFolder(tmp_path / "run").manifest().circumstances.status == "incomplete"


def test_what_hangs_is_given_up_and_tried_again(tmp_path: Path) -> None:
    with provider(faults={"hang": 0.05}) as server:
        manifest = run_study(settings_for(server, timeout=1.0, assemblies=2, **SHORT), tmp_path / "run")
        assert manifest.circumstances.status == "complete"
        assert server.seen["hang"]


@pytest.mark.parametrize("size", [0, 40_000, 400_000])
def test_a_full_disk_is_found_before_the_first_call_and_stops_buying_later(size: int, tmp_path: Path) -> None:
    """A limit on the size of files stands for a disk that fills up."""
    path = tmp_path / "run"
    with provider() as server:
        arguments = overrides(server, path, "assemblies=4", "members=6")
        with subprocess.Popen(
            [sys.executable, "-m", "deliberation", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),  # noqa: PLW1509  no threads here yet
        ) as running:  # fmt: skip
            _, said = running.communicate()
        bought = server.seen["answered"]
        assert running.returncode == 1
        assert len(said.strip().splitlines()) == 1
        assert "Traceback" not in said
        if size < 400_000:
            assert bought == 0
            return
        assert 0 < bought < 300
        with deliberate("resume", str(path)) as running:
            assert running.wait() == 0, running.communicate()
        assert sum(times > 1 for times in server.calls.values()) <= 40  # in flight when the disk was full


@pytest.mark.parametrize(
    ("status", "message", "named"),
    [
        (401, "Incorrect API key provided: sk-planted-0123456789", "401 Incorrect API key provided: [key]"),
        (404, "The model `test-model` does not exist", "404 The model `test-model` does not exist"),
        (400, "This model's maximum context length is 8192 tokens", "400 This model's maximum context"),
    ],
)
def test_what_cannot_succeed_is_one_clear_line_and_the_run_can_be_resumed(
    status: int, message: str, named: str, tmp_path: Path
) -> None:
    with provider(status=status, message=message) as server:
        with deliberate(*overrides(server, tmp_path / "run", "members=4", "assemblies=2")) as running:
            out, said = running.communicate()
        assert running.returncode == 1
        [line] = [line for line in (said + out).splitlines() if named in line]
        assert "deliberate resume" in said + out
        assert "sk-planted" not in said + out
        server.status = None
        with deliberate("resume", str(tmp_path / "run")) as running:
            running.communicate()
        assert running.returncode == 0


def test_a_missing_key_leaves_no_folder(tmp_path: Path) -> None:
    with provider() as server, deliberate(*overrides(server, tmp_path / "run"), "model.key=NOT_THERE") as running:
        _, said = running.communicate()
        assert running.returncode == 2
        assert said.startswith("deliberate: model.key: the environment has no NOT_THERE")
        assert not (tmp_path / "run").exists()


def test_a_prompt_over_its_budget_is_not_sent(tmp_path: Path) -> None:
    with provider() as server:
        settings = settings_for(server, **SHORT)
        longest = settings.prompts.longest.model_copy(update={"prompt": 200})
        small = settings.model_copy(update={"prompts": settings.prompts.model_copy(update={"longest": longest})})
        manifest = run_study(small, tmp_path / "run")
        assert manifest.circumstances.status == "incomplete"
        assert "prompts.longest allows 200" in str(manifest.circumstances.error)
        assert not server.seen


def test_a_price_list_makes_the_plan_a_sum_and_an_unlisted_model_leaves_it_unknown() -> None:
    prices = {"as_of": "2026-11-01", "source": "made up", "models": {"openai:m": {"input": 1.0, "output": 10.0}}}
    model = {"kind": "chat", "provider": "openai", "model": "m", "key": None}
    plan = plan_study(Settings.bundled(assemblies=2, truth=0, model=model, prices=prices))
    assert plan.usd == pytest.approx((plan.input_tokens + 10.0 * plan.output_tokens) / 1e6, abs=0.01)
    other = Settings.bundled(assemblies=2, truth=0, model={**model, "model": "unlisted"}, prices=prices)
    assert plan_study(other).usd is None
    half = plan_study(Settings.bundled(assemblies=2, truth=0, model=model, prices=prices, delivery="bulk"))
    assert half.usd is not None
    assert plan.usd is not None
    assert half.usd == pytest.approx(plan.usd / 2, abs=0.01)


def test_every_default_chat_model_has_a_published_price() -> None:
    for name in ("openai", "anthropic"):
        assert plan_study(Settings.bundled(assemblies=1, truth=0, model=name)).usd is not None


def test_members_are_shared_out_over_the_models_of_a_cast_and_others_have_their_own(tmp_path: Path) -> None:
    with provider() as server:
        first, second = chat(server), chat(server, "anthropic")
        clerk = chat(server, model="clerk-model")
        synthetic = Settings.bundled().model.model_dump(mode="json")
        cast = {
            "kind": "cast",
            "members": {"a": first, "b": second, "c": synthetic},
            "witness": synthetic,
            "facilitator": first,
            "clerk": clerk,
        }
        settings = Settings.bundled(assemblies=3, members=6, truth=0, model=cast)
        manifest = run_study(settings, tmp_path / "run")
        folder = RunFolder(tmp_path / "run")
        origins: dict[str, set[str]] = {}
        members: dict[str, dict[str, str]] = {}
        for panel in folder.panels():
            for event in folder.events(panel.assembly):
                if event.origin:
                    origins.setdefault(event.role, set()).add(event.origin)
                    if event.role == "member":
                        assert (
                            members.setdefault(panel.assembly, {}).setdefault(event.speaker, event.origin)
                            == event.origin
                        )
        assert manifest.circumstances.status == "complete"
        assert origins["clerk"] == {"openai:clerk-model"}
        assert origins["witness"] == {"synthetic"}
        for seats in members.values():
            names = list(seats.values())
            assert {name: names.count(name) for name in names} == {
                "openai:test-model": 2,
                "anthropic:test-model": 2,
                "synthetic": 2,
            }
        assert manifest.content.models["clerk"].startswith("openai:clerk-model/")
        assert manifest.circumstances.cost is None


def test_any_langchain_model_answers(tmp_path: Path) -> None:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.outputs import ChatGeneration, ChatResult

    class Own(BaseChatModel):
        """A model of somebody's own, which knows no schema."""

        @property
        def _llm_type(self) -> str:
            return "own"

        def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
            body = {"messages": [{"role": m.type, "content": m.content} for m in messages]}
            said = f"```json\n{json.dumps(answer_to(body))}\n```"
            return ChatResult(generations=[ChatGeneration(message=AIMessage(said))])

    settings = Settings.bundled(assemblies=2, members=4, truth=40)
    manifest = run_study(settings, tmp_path / "run", answerer=answerer_from(Own(), settings.prompts, name="mine-1"))
    assert manifest.circumstances.status == "complete"
    assert manifest.content.failures == {}
    assert manifest.content.models == {"all": manifest.content.models["all"]}
    assert manifest.content.models["all"].startswith("langchain:mine-1/")
    assert manifest.circumstances.cost is None
    assert not (tmp_path / "run" / "truth").exists()  # nobody planted a will in it


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: deque[float] = deque()

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


def throttle(clock: Clock, **limits: Any) -> Throttle:
    return Throttle(**{"parallel": 8, "rpm": None, "tpm": None, **limits}, clock=clock, sleep=clock.sleep)


def test_requests_a_minute_are_kept_over_all_that_ask() -> None:
    clock = Clock()

    async def ask() -> None:
        shared = throttle(clock, rpm=60)
        for _ in range(30):
            await shared.admit(10)
            shared.passed(0)

    asyncio.run(ask())
    assert clock.now == pytest.approx(29.0, abs=1.1)


def test_tokens_a_minute_are_kept_and_what_a_reply_took_beyond_its_guess_is_paid_off() -> None:
    clock = Clock()

    async def ask() -> None:
        shared = throttle(clock, tpm=6000)  # a hundred a second
        for _ in range(10):
            await shared.admit(100)
            shared.passed(100)

    asyncio.run(ask())
    assert clock.now == pytest.approx(18.0, abs=2.1)


def test_too_many_calls_halve_what_goes_at_once_and_success_brings_it_back() -> None:
    clock = Clock()

    async def ask() -> None:
        shared = throttle(clock, parallel=16)
        began = [await shared.admit(1) for _ in range(16)]
        for at in began:  # of one flight: they count once
            shared.refused(at, 5.0)
        assert shared.limit == 8.0
        at = await shared.admit(1)
        assert clock.now == 5.0  # Retry-After is waited for by all
        shared.refused(at, 0.0)
        assert shared.limit == 4.0
        for _ in range(200):
            await shared.admit(1)
            shared.passed(0)
        assert shared.limit == 16.0
        assert shared.in_flight == 0

    asyncio.run(ask())


def test_a_place_that_is_given_up_goes_to_the_next() -> None:
    async def ask() -> None:
        shared = Throttle(parallel=1, rpm=None, tpm=None)
        await shared.admit(1)
        first, second = asyncio.create_task(shared.admit(1)), asyncio.create_task(shared.admit(1))
        await asyncio.sleep(0)
        first.cancel()
        shared.passed(0)
        await asyncio.wait_for(second, timeout=5)
        assert shared.in_flight == 1

    asyncio.run(ask())


def test_the_servers_count_of_calls_at_once_stays_under_parallel(tmp_path: Path) -> None:
    with provider(latency=0.02) as server:
        run_study(settings_for(server, parallel=3, assemblies=4, **SHORT), tmp_path / "run")
        assert 1 < server.most <= 3


def test_no_environment_variable_of_a_provider_is_ever_needed(tmp_path: Path) -> None:
    assert not {"OPENAI_API_KEY", "ANTHROPIC_API_KEY"} & os.environ.keys(), "a test must not be able to pay"


@pytest.mark.parametrize("structured", ["prompt", "schema"])
@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_a_providers_own_langchain_model_that_is_handed_in_answers_a_whole_study(
    kind: str, structured: str, tmp_path: Path
) -> None:
    from langchain_anthropic import ChatAnthropic
    from langchain_openai import ChatOpenAI

    with provider(faults={"cut": 0.03}) as server:
        model: Any = (
            ChatOpenAI(model="gpt-6.1-terra", base_url=f"{server.url}/v1", api_key="k", max_retries=0)
            if kind == "openai"
            else ChatAnthropic(model="claude-sonnet-5-5", base_url=server.url, api_key="k", max_retries=0)
        )
        settings = Settings.bundled(assemblies=3, members=4, truth=0)
        answerer = answerer_from(model, settings.prompts, name="gpt-6.1-terra", structured=structured)
        manifest = run_study(settings, tmp_path / "run", answerer=answerer)
        assert manifest.circumstances.status == "complete", manifest.circumstances.error
        assert manifest.content.failures == {}
        assert server.seen["cut"]
        assert sum(manifest.circumstances.usage.stops.get(s, 0) for s in ("length", "max_tokens")) == server.seen["cut"]


@pytest.mark.parametrize("words", ["[" * 20_000, '{"a":' * 5_000, "\ud83d"])
def test_no_reply_is_odd_enough_to_end_a_run(words: str, tmp_path: Path) -> None:
    with provider(faults={"odd": 0.05}, words="I think so.", odd=words) as server:
        manifest = run_study(settings_for(server, structured="shared", **SHORT), tmp_path / "run")
        assert manifest.circumstances.status == "complete"
        assert server.seen["odd"]


def test_the_order_in_which_members_are_written_down_changes_no_seat() -> None:
    models = {name: {"kind": "chat", "provider": "openai", "model": name, "key": None} for name in ("x", "y")}
    others = dict.fromkeys(("witness", "facilitator", "clerk"), models["x"])
    seats = []
    for names in (("x", "y"), ("y", "x")):
        cast = {"kind": "cast", "members": {name: models[name] for name in names}, **others}
        settings = Settings.bundled(assemblies=1, members=6, truth=0, model=cast)
        assert isinstance(settings.model, Cast)
        [panel] = Draw(settings.panel, members=6, seed=1).panels([("a-1", settings.question.id)])
        room = Room(roster_of(settings, panel))
        seats.append([place_of(settings.model, room.request(Poll(()), speaker=m, role="member")) for m in room.members])
    assert seats[0] == seats[1]
    assert len(set(seats[0])) == 2
