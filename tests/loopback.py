"""A chat provider on loopback: a real HTTP server that speaks OpenAI chat completions and Anthropic messages.

It answers from the schema that comes with a call and counts every call. Failures come by a named draw, at the shares asked
for. It proves the plumbing; it has no thoughts.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from deliberation.randomness import stream


@dataclass
class Provider:
    """What the server does, and what it has seen.

    Attributes:
        faults: share of calls by kind of failure: `429`, `500`, `drop`, `broken` (a 200 with half a body), `nonsense`.
        status: a status with which every call is refused, with `message`.
        latency: seconds that a call takes.
        calls: successful calls by their content; `seen`: all calls by what became of them; `keys`: keys they carried.
    """

    faults: dict[str, float] = field(default_factory=dict)
    status: int | None = None
    message: str = "no"
    latency: float = 0.0
    refuse: bool = False
    calls: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    keys: set[str] = field(default_factory=set)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    port: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def fate(self) -> str:
        """What becomes of the next call."""
        with self._lock:
            number = sum(self.seen.values())
            chance = float(stream(1, "fate", number).random())
            for kind, share in self.faults.items():
                if chance < share:
                    self.seen[kind] += 1
                    return kind
                chance -= share
            self.seen["answered"] += 1
            return "answered"

    def served(self, body: dict[str, Any]) -> None:
        with self._lock:
            self.calls[json.dumps(body, sort_keys=True)] += 1
            self.bodies.append(body)


@contextmanager
def provider(**options: Any) -> Iterator[Provider]:
    """A server that ends with the block."""
    state = Provider(**options)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    server.daemon_threads = True
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


def _handler(state: Provider) -> type[BaseHTTPRequestHandler]:  # noqa: C901  one arm a fate
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            """Silent."""

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            state.keys.add(
                self.headers.get("x-api-key") or self.headers.get("authorization", "").removeprefix("Bearer ")
            )
            time.sleep(state.latency)
            if state.status is not None:
                state.seen[str(state.status)] += 1
                self._send(state.status, {"error": {"message": state.message, "type": "x"}})
            else:
                self._meet(state.fate(), body, anthropic=self.path.endswith("/messages"))

        def _meet(self, fate: str, body: dict[str, Any], *, anthropic: bool) -> None:
            match fate:
                case "429":
                    self._send(429, {"error": {"message": "slow down"}}, {"retry-after": "0.02"})
                case "500":
                    self._send(500, {"error": {"message": "oops"}})
                case "drop":
                    self.close_connection = True
                    self.connection.close()
                case "broken":
                    self._raw(200, b'{"id": "x", "choices": [{"mess')
                case "nonsense":
                    self._send(200, _wrapped("I would rather not say.", body, anthropic=anthropic))
                case _:
                    state.served(body)
                    said = "" if state.refuse else json.dumps(answer_to(body, anthropic=anthropic))
                    self._send(200, _wrapped(said, body, anthropic=anthropic, refused=state.refuse))

        def _send(self, status: int, plain: Any, headers: dict[str, str] | None = None) -> None:
            self._raw(status, json.dumps(plain).encode(), headers)

        def _raw(self, status: int, data: bytes, headers: dict[str, str] | None = None) -> None:
            with suppress(BrokenPipeError, ConnectionResetError):
                self.send_response(status)
                for name, value in {"content-type": "application/json", **(headers or {})}.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

    return Handler


def _wrapped(text: str, body: dict[str, Any], *, anthropic: bool, refused: bool = False) -> dict[str, Any]:
    sent = len(json.dumps(body)) // 4
    if anthropic:
        return {
            "id": "msg_1", "type": "message", "role": "assistant", "model": body["model"],
            "content": [{"type": "text", "text": text}] if text else [],
            "stop_reason": "refusal" if refused else "end_turn", "stop_sequence": None,
            "usage": {"input_tokens": sent, "output_tokens": len(text) // 4},
        }  # fmt: skip
    message = {"role": "assistant", "content": text or None, "refusal": "I will not." if refused else None}
    return {
        "id": "c-1", "object": "chat.completion", "created": 0, "model": body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": sent, "completion_tokens": len(text) // 4, "total_tokens": sent + len(text) // 4},
    }  # fmt: skip


def answer_to(body: dict[str, Any], *, anthropic: bool = False) -> Any:
    """A reply that fits the call's schema: every id on offer once where all are wanted, quotes as they were said."""
    prompt = _prompt(body)
    schema = _schema(body, prompt, anthropic=anthropic)
    properties = schema["properties"]
    if "ballots" in properties:
        ids = properties["ballots"]["items"]["properties"]["clause"]["enum"]
        return {"ballots": [{**_filled(properties["ballots"]["items"], prompt), "clause": i} for i in ids]}
    if "ranking" in properties:
        ids = properties["ranking"]["items"]["items"]["enum"]
        return {**_filled(schema, prompt), "ranking": [[i] for i in ids]}
    return _filled(schema, prompt)


def _prompt(body: dict[str, Any]) -> str:
    parts = [body.get("system", ""), *(m["content"] for m in body["messages"])]
    return "\n".join(p if isinstance(p, str) else "".join(b.get("text", "") for b in p) for p in parts)


def _schema(body: dict[str, Any], prompt: str, *, anthropic: bool) -> Any:
    if anthropic and "output_config" in body:
        return body["output_config"]["format"]["schema"]
    if "response_format" in body:
        return body["response_format"]["json_schema"]["schema"]
    return json.loads(prompt.splitlines()[-1])  # told of it in words


def _filled(schema: dict[str, Any], prompt: str) -> Any:
    match schema:
        case {"type": "object"}:
            made = {name: _filled(part, prompt) for name, part in schema["properties"].items()}
            if "quote" in made:
                made["quote"] = _said(made["event"], prompt)
            if "norm" in made:
                made["text"] = f"The assistant {made['norm'].replace('_', ' ')} say plainly how sure it is."
            if "applies_when" in made:
                made |= {"applies_when": [], "exceptions": []}
            if "clause" in made and "reason" in made and "choice" not in made:
                made["clause"] = None  # no amendment
            return made
        case {"enum": [first, *_]}:
            return first
        case {"anyOf": [first, *_]}:
            return _filled(first, prompt)
        case {"type": "array"}:
            return [_filled(schema["items"], prompt)]
        case {"type": "null"}:
            return None
        case _:
            return f"What weighs with me is how sure it is, and I am {len(prompt) % 97} on it."


def _said(event: str, prompt: str) -> str:
    found = re.search(rf'^\[{re.escape(event)}\] [^"]*(".*")$', prompt, re.MULTILINE)
    return str(json.loads(found[1])) if found else "nobody said so"
