"""A chat provider on loopback: a real HTTP server that speaks OpenAI chat completions, Anthropic messages and both batch
protocols.

It answers from the schema that comes with a call and counts every call. Failures come by a named draw, at the shares asked
for. It proves the plumbing; it has no thoughts. `python tests/loopback.py --latency 0.2` serves until its input ends.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from deliberation.randomness import stream

REASONED = 7
"""Tokens of reasoning that each call of the OpenAI protocol reports."""


@dataclass
class Batch:
    """A batch at a provider: its calls by custom id, and how often it will still be found at work."""

    id: str
    calls: dict[str, dict[str, Any]]
    looks: int
    metadata: dict[str, str]


@dataclass
class Provider:
    """What the server does, and what it has seen.

    Attributes:
        faults: share of calls by kind of failure: `429`, `500`, `drop`, `broken` (a 200 with half a body), `nonsense`,
            `cut` (a reply that breaks off at the limit), `refuse`, `hang`. In batches: `errored`, `expired`, and the kinds
            of unreadable replies.
        status: a status with which every call is refused, with `message`.
        latency: seconds that a call takes.
        words: a text to say instead of the usual one; `odd`: the whole reply of a call whose fate is `odd`.
        looks: how often a batch is found at work before it has ended.
        deaf_after: so many batches are taken, then every key is refused.
        calls: successful calls by their content; `seen`: all calls by what became of them; `keys`: keys they carried.
        most: calls that were in flight at once, at most; `first`, `last`: when the first call came and the last one left.
    """

    faults: dict[str, float] = field(default_factory=dict)
    status: int | None = None
    message: str = "no"
    latency: float = 0.0
    words: str | None = None
    odd: str = ""
    looks: int = 1
    deaf_after: int | None = None
    calls: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    keys: set[str] = field(default_factory=set)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    batches: dict[str, Batch] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    remember: bool = True
    most: int = 0
    port: int = 0
    in_flight: int = 0
    first: float | None = None
    last: float = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def fate(self, among: frozenset[str]) -> str:
        """What becomes of the next call."""
        number = sum(self.seen.values())
        chance = float(stream(1, "fate", number).random())
        for kind, share in self.faults.items():
            if kind in among and chance < share:
                self.seen[kind] += 1
                return kind
            chance -= share
        self.seen["answered"] += 1
        return "answered"

    def served(self, body: dict[str, Any]) -> None:
        if self.remember:
            self.calls[json.dumps(body, sort_keys=True)] += 1
            self.bodies.append(body)


CALLED = frozenset({"429", "500", "drop", "broken", "nonsense", "cut", "refuse", "hang", "odd"})
SAID = frozenset({"nonsense", "cut", "refuse", "odd"})
BATCHED = frozenset({"errored", "expired", *SAID})


@contextmanager
def provider(**options: Any) -> Iterator[Provider]:
    """A server that ends with the block."""
    state = Provider(**options)
    loop = asyncio.new_event_loop()
    up = threading.Event()
    thread = threading.Thread(target=_run, args=(loop, state, up), daemon=True)
    thread.start()
    up.wait()
    try:
        yield state
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def _run(loop: asyncio.AbstractEventLoop, state: Provider, up: threading.Event) -> None:
    asyncio.set_event_loop(loop)
    runner = loop.run_until_complete(_serve(state))
    up.set()
    loop.run_forever()
    loop.run_until_complete(runner.cleanup())
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    loop.close()


async def _serve(state: Provider) -> web.AppRunner:
    app = web.Application(client_max_size=1 << 30)
    at = _Desk(state)
    app.router.add_post("/v1/chat/completions", at.openai)
    app.router.add_post("/v1/messages", at.anthropic)
    app.router.add_post("/v1/files", at.upload)
    app.router.add_get("/v1/files/{id}/content", at.download)
    app.router.add_post("/v1/batches", at.openai_batch)
    app.router.add_get("/v1/batches", at.openai_batches)
    app.router.add_get("/v1/batches/{id}", at.openai_look)
    app.router.add_post("/v1/messages/batches", at.anthropic_batch)
    app.router.add_get("/v1/messages/batches", at.anthropic_batches)
    app.router.add_get("/v1/messages/batches/{id}", at.anthropic_look)
    app.router.add_get("/v1/messages/batches/{id}/results", at.anthropic_results)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=4096)
    await site.start()
    state.port = runner.addresses[0][1]
    return runner


class _Desk:
    """One handler a route."""

    def __init__(self, state: Provider) -> None:
        self.state = state

    async def openai(self, request: web.Request) -> web.StreamResponse:
        return await self._called(request, anthropic=False)

    async def anthropic(self, request: web.Request) -> web.StreamResponse:
        return await self._called(request, anthropic=True)

    async def _called(self, request: web.Request, *, anthropic: bool) -> web.StreamResponse:
        state = self.state
        state.in_flight += 1
        state.first = state.first or time.monotonic()
        state.most = max(state.most, state.in_flight)
        try:
            body = await request.json()
            self._key(request)
            await asyncio.sleep(state.latency)
            if state.status is not None:
                state.seen[str(state.status)] += 1
                return _error(state.status, state.message)
            return await self._meet(state.fate(CALLED), body, request, anthropic=anthropic)
        finally:
            state.in_flight -= 1
            state.last = time.monotonic()

    async def _meet(
        self, fate: str, body: dict[str, Any], request: web.Request, *, anthropic: bool
    ) -> web.StreamResponse:
        match fate:
            case "429":
                return _error(429, "slow down", {"retry-after": "0.02"})
            case "500":
                return _error(500, "oops")
            case "hang":
                await asyncio.sleep(3600)
            case "drop":
                assert request.transport is not None
                request.transport.close()
                return web.Response()
            case "broken":
                return web.Response(body=b'{"id": "x", "choices": [{"mess', content_type="application/json")
        return web.json_response(self._answered(fate, body, anthropic=anthropic))

    def _answered(self, fate: str, body: dict[str, Any], *, anthropic: bool) -> dict[str, Any]:
        if fate == "nonsense":
            return _wrapped("I would rather not say.", body, anthropic=anthropic)
        if fate == "odd":
            return _wrapped(self.state.odd, body, anthropic=anthropic)
        if fate == "refuse":
            return _wrapped("", body, anthropic=anthropic, stop="refusal")
        said = json.dumps(answer_to(body, anthropic=anthropic, words=self.state.words))
        if fate == "cut":
            return _wrapped(said[: len(said) // 2], body, anthropic=anthropic, stop="length")
        self.state.served(body)
        return _wrapped(said, body, anthropic=anthropic)

    def _key(self, request: web.Request) -> None:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        self.state.keys.add(request.headers.get("x-api-key") or bearer)

    # OpenAI's batches: a file of calls goes up, a file of answers comes down

    async def upload(self, request: web.Request) -> web.Response:
        self._key(request)
        form = await request.post()
        held = form["file"]
        assert isinstance(held, web.FileField)
        name = f"file-{len(self.state.files)}"
        self.state.files[name] = held.file.read()
        return web.json_response(
            {
                "id": name,
                "object": "file",
                "bytes": 1,
                "created_at": 0,
                "filename": "x",
                "purpose": "batch",
                "status": "ok",
            }
        )

    async def download(self, request: web.Request) -> web.Response:
        return web.Response(body=self.state.files[request.match_info["id"]])

    async def openai_batch(self, request: web.Request) -> web.Response:
        if self.state.status is not None:
            return _error(self.state.status, self.state.message)
        asked = await request.json()
        lines = self.state.files[asked["input_file_id"]].decode().splitlines()
        calls = {line["custom_id"]: line["body"] for line in map(json.loads, lines)}
        return web.json_response(self._openai_told(self._begun(calls, asked.get("metadata") or {})))

    async def openai_look(self, request: web.Request) -> web.Response:
        if self.state.status is not None:
            return _error(self.state.status, self.state.message)
        batch = self.state.batches[request.match_info["id"]]
        batch.looks -= 1
        if batch.looks == 0:
            done, failed = [], []
            for name, body in batch.calls.items():
                fate = self.state.fate(BATCHED)
                if fate == "expired":
                    failed.append(
                        {"custom_id": name, "response": None, "error": {"code": "batch_expired", "message": "x"}}
                    )
                elif fate == "errored":
                    answer: dict[str, Any] = {"status_code": 500, "body": {"error": {"message": "oops"}}}
                    failed.append({"custom_id": name, "response": answer, "error": None})
                else:
                    answer = {"status_code": 200, "body": self._answered(fate, body, anthropic=False)}
                    done.append({"custom_id": name, "response": answer, "error": None})
            self.state.files[f"{batch.id}-out"] = "\n".join(map(json.dumps, reversed(done))).encode()
            self.state.files[f"{batch.id}-err"] = "\n".join(map(json.dumps, failed)).encode()
        return web.json_response(self._openai_told(batch))

    async def openai_batches(self, _: web.Request) -> web.Response:
        told = [self._openai_told(batch) for batch in reversed(self.state.batches.values())]
        return web.json_response({"object": "list", "data": told, "has_more": False})

    def _openai_told(self, batch: Batch) -> dict[str, Any]:
        ended = batch.looks <= 0
        counts = {"total": len(batch.calls), "completed": len(batch.calls), "failed": 0}
        return {
            "id": batch.id, "object": "batch", "endpoint": "/v1/chat/completions", "input_file_id": "file-0",
            "completion_window": "24h", "created_at": int(time.time()), "status": "completed" if ended else "in_progress",
            "output_file_id": f"{batch.id}-out" if ended else None, "error_file_id": f"{batch.id}-err" if ended else None,
            "metadata": batch.metadata, "request_counts": counts,
        }  # fmt: skip

    # Anthropic's: calls go up in the request itself, answers come down line by line

    async def anthropic_batch(self, request: web.Request) -> web.Response:
        self._key(request)
        if self.state.status is not None:
            return _error(self.state.status, self.state.message)
        calls = {one["custom_id"]: one["params"] for one in (await request.json())["requests"]}
        return web.json_response(self._anthropic_told(self._begun(calls, {})))

    async def anthropic_look(self, request: web.Request) -> web.Response:
        if self.state.status is not None:
            return _error(self.state.status, self.state.message)
        batch = self.state.batches[request.match_info["id"]]
        batch.looks -= 1
        return web.json_response(self._anthropic_told(batch))

    async def anthropic_batches(self, _: web.Request) -> web.Response:
        told = [self._anthropic_told(batch) for batch in reversed(self.state.batches.values())]
        return web.json_response({"data": told, "has_more": False, "first_id": None, "last_id": None})

    async def anthropic_results(self, request: web.Request) -> web.Response:
        batch = self.state.batches[request.match_info["id"]]
        lines = []
        for name, body in reversed(batch.calls.items()):
            fate = self.state.fate(BATCHED)
            if fate == "expired":
                result: dict[str, Any] = {"type": "expired"}
            elif fate == "errored":
                told = {"type": "error", "error": {"type": "api_error", "message": "oops"}, "request_id": None}
                result = {"type": "errored", "error": told}
            else:
                result = {"type": "succeeded", "message": self._answered(fate, body, anthropic=True)}
            lines.append(json.dumps({"custom_id": name, "result": result}))
        return web.Response(text="\n".join(lines), content_type="application/x-jsonl")

    def _anthropic_told(self, batch: Batch) -> dict[str, Any]:
        ended = batch.looks <= 0
        counts = {"processing": 0, "succeeded": len(batch.calls), "errored": 0, "canceled": 0, "expired": 0}
        return {
            "id": batch.id, "type": "message_batch", "processing_status": "ended" if ended else "in_progress",
            "request_counts": counts, "created_at": datetime.now(UTC).isoformat(), "expires_at": "2026-01-02T00:00:00Z",
            "ended_at": "2026-01-01T00:00:01Z" if ended else None, "archived_at": None, "cancel_initiated_at": None,
            "results_url": f"{self.state.url}/v1/messages/batches/{batch.id}/results" if ended else None,
        }  # fmt: skip

    def _begun(self, calls: dict[str, dict[str, Any]], metadata: dict[str, str]) -> Batch:
        batch = Batch(f"batch_{len(self.state.batches)}", calls, self.state.looks, metadata)
        self.state.batches[batch.id] = batch
        if len(self.state.batches) == self.state.deaf_after:
            self.state.status = 401
        return batch


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": {"message": message, "type": "x"}}, status=status, headers=headers)


def _wrapped(text: str, body: dict[str, Any], *, anthropic: bool, stop: str = "") -> dict[str, Any]:
    sent = len(json.dumps(body)) // 4
    if anthropic:
        return {
            "id": "msg_1", "type": "message", "role": "assistant", "model": f"{body['model']}-reported",
            "content": [{"type": "text", "text": text}] if text else [],
            "stop_reason": {"length": "max_tokens", "": "end_turn"}.get(stop, stop), "stop_sequence": None,
            "usage": {
                "input_tokens": sent // 2, "cache_read_input_tokens": sent // 4, "cache_creation_input_tokens": sent // 4,
                "output_tokens": len(text) // 4,
            },
        }  # fmt: skip
    refused = stop == "refusal"
    message = {"role": "assistant", "content": text or None, "refusal": "I will not." if refused else None}
    made = REASONED + len(text) // 4
    return {
        "id": "c-1", "object": "chat.completion", "created": 0, "model": f"{body['model']}-reported",
        "choices": [{"index": 0, "message": message, "finish_reason": "length" if stop == "length" else "stop"}],
        "usage": {
            "prompt_tokens": sent, "completion_tokens": made, "total_tokens": sent + made,
            "prompt_tokens_details": {"cached_tokens": sent // 4},
            "completion_tokens_details": {"reasoning_tokens": REASONED},
        },
    }  # fmt: skip


def answer_to(body: dict[str, Any], *, anthropic: bool = False, words: str | None = None) -> Any:
    """A reply that fits the call's schema: every id on offer once where all are wanted, quotes as they were said."""
    prompt = _prompt(body)
    schema = _schema(body, prompt, anthropic=anthropic)
    if "reply" in schema["properties"]:
        kind = re.findall(r"of the kind (\w+)\.", prompt)[-1]
        forms = {form["properties"]["kind"]["enum"][0]: form for form in schema["properties"]["reply"]["anyOf"]}
        return {"reply": {**_whole(forms[kind], prompt, words), "kind": kind}}
    return _whole(schema, prompt, words)


def _whole(schema: dict[str, Any], prompt: str, words: str | None) -> Any:
    """Every id on offer once where all are wanted; ids that the schema does not spell out stand in the prompt."""
    properties = schema["properties"]
    listed = re.findall(r"^- ([\w-]+): ", prompt.rpartition("</record>")[2], re.MULTILINE)
    if "ballots" in properties and "items" in properties["ballots"]:
        item = properties["ballots"]["items"]
        ids = item["properties"]["clause"].get("enum") or listed
        return {"ballots": [{**_filled(item, prompt, words), "clause": i} for i in ids]}
    if "ratings" in properties and "items" in properties["ratings"]:
        item = properties["ratings"]["items"]
        [rated] = item["properties"].keys() - {"rating"}
        ids = item["properties"][rated]["enum"]
        return {
            **_filled(schema, prompt, words),
            "ratings": [{**_filled(item, prompt, words), rated: i} for i in ids],
        }
    if "ranking" in properties and properties["ranking"]["type"] == "object":
        names = properties["ranking"]["properties"]
        return {**_filled(schema, prompt, words), "ranking": {name: place for place, name in enumerate(names, start=1)}}
    if "ranking" in properties:
        clauses = [name for name in listed if name.startswith("c-")]
        ids = properties["ranking"]["items"]["items"].get("enum") or [n for n in listed if n not in clauses] or clauses
        few = re.search(r"rank the best (\d+) of", prompt)
        some = {"clauses": clauses[:1]} if "clauses" in properties else {}
        return {**_filled(schema, prompt, words), **some, "ranking": [[i] for i in ids[: int(few[1]) if few else None]]}
    return _filled(schema, prompt, words)


def _prompt(body: dict[str, Any]) -> str:
    parts = [body.get("system", ""), *(m["content"] for m in body["messages"])]
    return "\n".join(p if isinstance(p, str) else "".join(b.get("text", "") for b in p) for p in parts)


def _schema(body: dict[str, Any], prompt: str, *, anthropic: bool) -> Any:
    if anthropic and "output_config" in body:
        return body["output_config"]["format"]["schema"]
    if "response_format" in body:
        return body["response_format"]["json_schema"]["schema"]
    last = prompt.splitlines()[-1]  # told of it in words, if at all
    return json.loads(last) if last.startswith("{") else {"type": "object", "properties": {"text": {"type": "string"}}}


def _filled(schema: dict[str, Any], prompt: str, words: str | None) -> Any:  # noqa: C901, PLR0912  one arm per shape
    match schema:
        case {"type": "object"}:
            made = {name: _filled(part, prompt, words) for name, part in schema["properties"].items()}
            if "quote" in made and "enum" not in schema["properties"]["event"]:
                made["event"] = re.findall(r"only from (?:these events: )?(e-[\w-]+)", prompt)[-1]
            if "quote" in made:
                made["quote"] = _said(made["event"], prompt)
            if "norm" in made:
                made["text"] = f"The assistant {made['norm'].replace('_', ' ')} say plainly how sure it is."
            if "applies_when" in made:
                made |= {"applies_when": [], "exceptions": []}
            if "clause" in made and "reason" in made and "choice" not in made:
                made["clause"] = None  # no amendment
            if "refs" in made and "enum" not in schema["properties"]["refs"]["items"]:
                made["refs"] = []
                made["points"] = [] if "You facilitate" in prompt else made["points"]
            if "refs" in made and "ids of all members" in prompt:
                made["refs"] = re.findall(r'(p-[0-9a-f]+) "', prompt.rpartition("The members: ")[2])
            return made
        case {"enum": [first, *_]}:
            return first
        case {"anyOf": [first, *_]}:
            return _filled(first, prompt, words)
        case {"type": "array"}:
            return [_filled(schema["items"], prompt, words)]
        case {"type": "null"}:
            return None
        case _:
            return words or f"What weighs with me is how sure it is, and I am {len(prompt) % 97} on it."


def _said(event: str, prompt: str) -> str:
    text = r'"(?:[^"\\]|\\.)*"'
    line = rf"^\[{re.escape(event)}\] {text}(?: at [\w-]+| to \S+ alone)?: ({text})"
    found = re.search(line, prompt, re.MULTILINE)
    return str(json.loads(found[1])) if found else "nobody said so"


def main() -> None:
    """Serve until standard input ends; the port is the first line of the output, what was seen the last."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--words", default=None)
    given = parser.parse_args()
    with provider(latency=given.latency, words=given.words, remember=False) as state:
        print(state.port, flush=True)  # noqa: T201  the one who started it reads it
        for _ in sys.stdin:  # each line asks for the counts so far
            seen = {
                "answered": state.seen["answered"],
                "most": state.most,
                "span": state.last - (state.first or state.last),
            }
            print(json.dumps(seen), flush=True)  # noqa: T201  as above
            state.seen.clear()
            state.most, state.first = 0, None


if __name__ == "__main__":
    main()
