"""What chat models cost in time, processor and memory: this engine, the provider's SDK, bare LangChain, and a peer.

    python benchmarks/chat.py [--latency 0.2] [--assemblies 50]

All talk to the same provider on loopback, a process of its own, with the same words: twelve members and a facilitator,
three rounds (twelve speak at once, then the facilitator), then twelve ballots on eight clauses: 51 calls an assembly,
of which 7 wait for one another. The others replay what the engine sent, batch by batch, so that all send the same.
The peer is LangGraph with its in-memory checkpointer, the fastest of those compared when this was written; it comes
with LangChain. Each is measured in a process of its own. Machines are noisy: read ratios within one run. `span`: from
the first call that the provider sees to its last reply. `cpu`: milliseconds of the client's processor a call, without
imports.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import operator
import os
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from typing import Annotated, Any, TypedDict

from deliberation.assembly.asking import Asking, ask
from deliberation.assembly.driver import Driver, Job
from deliberation.assembly.room import Room, facilitator_of
from deliberation.assembly.sitting import Batch, Proceedings
from deliberation.models.budget import Purse
from deliberation.models.chat.sent import body_of, sent_for
from deliberation.models.journal import Journal
from deliberation.models.open import open_answerer
from deliberation.models.requests import Reply, Roster
from deliberation.models.tasks import Facilitate, Paper, Speak, Vote
from deliberation.people.sortition import Draw
from deliberation.records.base import clause_id
from deliberation.records.events import Facilitated, Spoke, Voted
from deliberation.records.specification import Clause, ClauseSource
from deliberation.settings import Chat, Settings
from deliberation.study.stages import roster_of

ROUNDS, MEMBERS, CLAUSES = 3, 12, 8
SERVER = Path(__file__).parents[1] / "tests" / "loopback.py"
WORDS = ("I have thought about what was said, and one thing weighs with me more than the rest. " * 5)[:400]
Bodies = list[list[dict[str, Any]]]


class Said(TypedDict):
    """The state of the peer's graph."""

    said: Annotated[list[str], operator.add]


@contextmanager
def server(latency: float) -> Iterator[subprocess.Popen[str]]:
    """A provider on loopback; `port` is its first line."""
    process = subprocess.Popen(
        [sys.executable, str(SERVER), "--latency", str(latency), "--words", WORDS],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait()


def settings_at(port: int) -> Settings:
    """A study that the provider on this port answers."""
    model = {
        "kind": "chat", "provider": "openai", "model": "m", "base_url": f"http://127.0.0.1:{port}/v1", "key": None,
        "parallel": 1000,
    }  # fmt: skip
    return Settings.bundled(assemblies=1, members=MEMBERS, truth=0, model=model)


def rosters(settings: Settings, number: int) -> Iterator[Roster]:
    """One panel under so many names."""
    [panel] = Draw(settings.panel, members=MEMBERS, seed=7).panels([("a-0", settings.question.id)])
    for n in range(number):
        yield roster_of(settings, panel.model_copy(update={"assembly": f"a-{n}"}))


def sit(roster: Roster) -> Proceedings:
    """The workload, made of the engine's own parts."""
    room = Room(roster)
    talk, sent = _talk(room), 0
    try:
        requests = next(talk)
        while True:
            lines, sent = tuple(room.lines[sent:]), len(room.lines)
            requests = talk.send((yield Batch(requests, lines, requests[0].address.phase)))
    except StopIteration:
        return tuple(room.lines[sent:])


def _talk(room: Room) -> Asking[None]:
    known = frozenset(c.id for c in room.roster.question.considerations)
    names = {p.id: p.name for p in room.roster.members}
    for round_ in range(1, ROUNDS + 1):
        room.enter("talk", round_)
        asked = [room.request(Speak(known, ()), speaker=m, role="member") for m in room.members]
        for heard in (yield from ask(room, asked, attempts=3)):
            assert heard is not None
            room.record(
                Spoke, speaker=heard.request.address.speaker, role="member", text=heard.reading.text, call=heard.call
            )
        [heard] = yield from ask(
            room, [room.request(Facilitate(names), speaker=facilitator_of("all"), role="facilitator")], attempts=3
        )
        assert heard is not None
        room.record(Facilitated, speaker=facilitator_of("all"), role="facilitator", text=heard.reading.text)
    room.enter("ballot")
    slate = tuple(Paper(clause(room, n), None) for n in range(CLAUSES))
    asked = [room.request(Vote(slate, known), speaker=m, role="member") for m in room.members]
    for heard in (yield from ask(room, asked, attempts=3)):
        assert heard is not None
        for mark in heard.reading.ballots:
            room.record(
                Voted, speaker=heard.request.address.speaker, role="member", text=mark.reason, clause=mark.clause,
                choice=mark.choice, rating=mark.rating,
            )  # fmt: skip


def clause(room: Room, number: int) -> Clause:
    """One of the clauses that are voted on."""
    text = f"The assistant should say how sure it is, and name its source, in the {number + 1}th of these cases."
    source = ClauseSource(event=room.events[0].id, quote=room.events[0].text, stance="for")
    question = room.roster.question.id
    return Clause(
        id=clause_id(question, text), question=question, norm="should", text=text, rationale="so", sources=(source,)
    )


def bodies(settings: Settings) -> Bodies:
    """What the engine sends in one assembly, batch by batch; the replies are those that the provider gives."""
    from openai import OpenAI

    assert isinstance(settings.model, Chat)
    client = OpenAI(api_key="none", base_url=settings.model.base_url)
    found: Bodies = []
    proceedings = sit(next(rosters(settings, 1)))
    batch = next(proceedings)
    try:
        while True:
            found.append(
                [body_of(settings.model, sent_for(settings.model, settings.prompts, r)) for r in batch.requests]
            )
            texts = [client.chat.completions.create(**body).choices[0].message.content or "" for body in found[-1]]
            batch = proceedings.send(tuple(Reply(text) for text in texts))
    except StopIteration:
        client.close()
        return found


def engine(settings: Settings, seated: list[Roster], _: Bodies) -> None:
    """This engine: journal, transcripts and all."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch)
        jobs = [Job(r.assembly, partial(sit, r), path / f"{r.assembly}.jsonl") for r in seated]
        with Journal(path / "calls.sqlite", durable=True) as journal:
            driver = Driver(open_answerer(settings), journal, Purse(settings.budget), concurrency=min(len(seated), 50))
            outcome = driver.drive(jobs)
            assert outcome.finished == len(seated), outcome.stopped


def sdk(settings: Settings, seated: list[Roster], sent: Bodies) -> None:
    """The provider's own SDK as it comes."""
    from openai import AsyncOpenAI

    assert isinstance(settings.model, Chat)

    async def run() -> None:
        client = AsyncOpenAI(api_key="none", base_url=settings.model.base_url)  # type: ignore[union-attr]  # checked above
        await _replay(len(seated), sent, lambda body: client.chat.completions.create(**body))
        await client.close()

    asyncio.run(run())


def _messages(body: dict[str, Any]) -> list[Any]:
    from langchain_core.messages import HumanMessage, SystemMessage

    return [SystemMessage(body["messages"][0]["content"]), HumanMessage(body["messages"][1]["content"])]


def _model(settings: Settings) -> Any:
    from langchain_openai import ChatOpenAI

    assert isinstance(settings.model, Chat)
    return ChatOpenAI(model="m", base_url=settings.model.base_url, api_key="none", max_completion_tokens=2000)


def bare(settings: Settings, seated: list[Roster], sent: Bodies) -> None:
    """LangChain's ChatOpenAI as it comes, without any schema."""
    model = _model(settings)
    asyncio.run(_replay(len(seated), sent, lambda body: model.ainvoke(_messages(body))))


async def _replay(number: int, sent: Bodies, call: Callable[[dict[str, Any]], Awaitable[Any]]) -> None:
    async def one() -> None:
        for batch in sent:
            await asyncio.gather(*(call(body) for body in batch))

    await asyncio.gather(*(one() for _ in range(number)))


def langgraph(settings: Settings, seated: list[Roster], sent: Bodies) -> None:
    """LangGraph: a node a batch, its calls fanned out, with the in-memory checkpointer."""
    from langgraph.checkpoint.memory import MemorySaver
    from langgraph.graph import END, START, StateGraph
    from langgraph.types import Send

    model = _model(settings)

    async def call(state: Any) -> dict[str, Any]:
        body = sent[state["step"]][state["place"]]
        message = await model.ainvoke(_messages(body), response_format=body["response_format"])
        return {"said": [message.text]}

    def fan(step: int) -> Callable[[Any], list[Send]]:
        return lambda _state: [Send(f"call-{step}", {"step": step, "place": p}) for p in range(len(sent[step]))]

    graph: Any = StateGraph(Said)
    graph.add_node("begin", lambda _state: {})
    graph.add_edge(START, "begin")
    before = "begin"
    for step in range(len(sent)):
        graph.add_node(f"call-{step}", call)
        graph.add_node(f"done-{step}", lambda _state: {})
        graph.add_conditional_edges(before, fan(step), [f"call-{step}"])
        graph.add_edge(f"call-{step}", f"done-{step}")
        before = f"done-{step}"
    graph.add_edge(before, END)
    ready = graph.compile(checkpointer=MemorySaver())

    async def run() -> None:
        await asyncio.gather(
            *(ready.ainvoke({"said": []}, {"configurable": {"thread_id": str(n)}}) for n in range(len(seated)))
        )

    asyncio.run(run())


KINDS: dict[str, Callable[[Settings, list[Roster], Bodies], None]] = {
    "engine": engine, "sdk": sdk, "langchain": bare, "langgraph": langgraph,
}  # fmt: skip


def measure(kind: str, number: int, port: int, file: Path) -> dict[str, float]:
    """Carry one kind out in this process."""
    settings, sent = settings_at(port), json.loads(file.read_text())
    for name in ("openai", "langchain_openai", "langgraph.graph", "deliberation.models.chat.providers"):
        importlib.import_module(name)
    seated = list(rosters(settings, number))
    before = getrusage(RUSAGE_SELF)
    KINDS[kind](settings, seated, sent)
    after = getrusage(RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu": cpu, "peak": after.ru_maxrss / 1024}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.2)
    parser.add_argument("--assemblies", type=int, default=50)
    parser.add_argument("--one", nargs=4, metavar=("KIND", "NUMBER", "PORT", "FILE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        kind, number, port, file = given.one
        print(json.dumps(measure(kind, int(number), int(port), Path(file))))
        return
    with server(given.latency) as process, tempfile.TemporaryDirectory() as scratch:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        file = Path(scratch) / "bodies.json"
        with server(0.0) as quick:
            assert quick.stdout is not None
            file.write_text(json.dumps(bodies(settings_at(int(quick.stdout.readline())))))
        _table(given, process, port, file)


def _table(given: argparse.Namespace, process: subprocess.Popen[str], port: int, file: Path) -> None:
    bound = given.latency * len(json.loads(file.read_text()))
    calls = sum(map(len, json.loads(file.read_text())))
    print(f"{calls} calls an assembly; bound {bound:.2f} s")
    print(
        f"{'':>10} {'assemblies':>10} {'span s':>8} {'of bound':>9} {'cpu ms/call':>12} {'at once':>8} {'peak MB':>8}"
    )
    sizes = (1, given.assemblies)
    for kind, number in [(k, n) for n in sizes for k in KINDS] + [("engine", 4 * given.assemblies)]:
        row = json.loads(
            subprocess.run(
                [sys.executable, __file__, "--one", kind, str(number), str(port), str(file)],
                capture_output=True, text=True, check=True, env={**os.environ, "LANGSMITH_TRACING": "false"},
            ).stdout
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("\n")
        process.stdin.flush()
        seen = json.loads(process.stdout.readline())
        assert seen["answered"] == calls * number, seen
        print(
            f"{kind:>10} {number:>10} {seen['span']:>8.2f} {seen['span'] / bound:>9.2f} "
            f"{1000 * row['cpu'] / calls / number:>12.2f} {seen['most']:>8} {row['peak']:>8.1f}"
        )


if __name__ == "__main__":
    main()
