"""How much of an assembly's prompts repeats an earlier prefix, so that a provider's cache can serve it.

    python benchmarks/caching.py [--words 400] [--structured shared|schema]

An assembly is rehearsed by the synthetic public, and what a chat model would be sent is laid into a model cache: an
entry is there once the reply of an earlier batch is in. Rules as the providers' documentation gave them in 2026. OpenAI
before GPT-5.6: whole steps of 128 tokens, from 1,024 on. OpenAI since, and Anthropic: entries lie at marks, and are
looked for at the ends of blocks up to 50 and 20 blocks before a mark, from 1,024 tokens on (512 to 4,096 by model). For
all, the schema of the reply stands before all else. Tokens are characters / 4. `--words`: pads each speech to so many
characters, as language models speak at greater length.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterable
from typing import NamedTuple

from deliberation.assembly.sitting import Proceedings, deliberate, ratify
from deliberation.models.chat.sent import sent_for
from deliberation.models.prompts import CHARACTERS_A_TOKEN
from deliberation.models.requests import Reply, Request
from deliberation.models.synthetic import SyntheticPublic
from deliberation.models.tasks import Paper
from deliberation.people.sortition import Draw
from deliberation.records.events import EVENT
from deliberation.settings import Chat, Settings
from deliberation.specification.distil import distil
from deliberation.specification.drafts import drafts_of
from deliberation.study.stages import sitting_of

PAD = "and I would add that it weighs with me more than I thought it would when we began this morning, "


class Kind(NamedTuple):
    """A provider's cache: least length in tokens; then whole steps of tokens, or blocks looked back from a mark."""

    name: str
    least: int
    step: int = 0
    lookback: int = 0


KINDS = (
    Kind("OpenAI, automatic", 1024, step=128),
    Kind("OpenAI, marked", 1024, lookback=50),
    Kind("Anthropic, 1,024", 1024, lookback=20),
    Kind("Anthropic, 4,096", 4096, lookback=20),
    Kind("any prefix at all", 1, step=1),
)


class Prompt(NamedTuple):
    """One call's text, schema first; where its blocks end, and which of those ends are marked."""

    text: str
    ends: tuple[int, ...]
    marks: tuple[int, ...]


class Cache:
    """Prefixes that earlier batches left behind."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.there: set[int] = set()
        self.served = self.sent = 0

    def batch(self, prompts: list[Prompt]) -> None:
        """Look all up, then leave all behind: calls made at once serve one another nothing."""
        self.sent += sum(len(prompt.text) for prompt in prompts)
        self.served += sum(max(map(int, self._found(prompt)), default=0) for prompt in prompts)
        self.there |= {hash(prompt.text[:at]) for prompt in prompts for at in self._written(prompt)}

    def _found(self, prompt: Prompt) -> list[int]:
        return [at for at in self._looked_at(prompt) if hash(prompt.text[:at]) in self.there]

    def _looked_at(self, prompt: Prompt) -> Iterable[int]:
        if self.kind.step:
            return self._written(prompt)
        back = self.kind.lookback
        near = {n for mark in prompt.marks for n in range(max(0, mark - back), mark + 1)}
        return self._long_enough(prompt.ends[n] for n in near)

    def _written(self, prompt: Prompt) -> Iterable[int]:
        if self.kind.step:
            return self._long_enough(range(0, len(prompt.text), self.kind.step * CHARACTERS_A_TOKEN))
        return self._long_enough(prompt.ends[n] for n in prompt.marks)

    def _long_enough(self, places: Iterable[int]) -> list[int]:
        return [at for at in places if at >= self.kind.least * CHARACTERS_A_TOKEN]


def rehearsed(settings: Settings, given: argparse.Namespace) -> list[list[Prompt]]:
    """Every batch of one assembly and its ratification."""
    public = SyntheticPublic(Settings.bundled().synthetic)
    chat = Chat(kind="chat", provider="anthropic", model="m", key=None, structured=given.structured)
    batches: list[list[Prompt]] = []

    async def answered(requests: tuple[Request, ...]) -> tuple[Reply, ...]:
        found = {place: reply async for place, reply in public.answer(requests)}
        batches.append([prompt(settings, chat, request) for request in requests])
        return tuple(padded(found[place], request, given.words) for place, request in enumerate(requests))

    def carried(proceedings: Proceedings) -> list[str]:
        lines: list[str] = []
        try:
            batch = next(proceedings)
            while True:
                lines.extend(batch.lines)
                batch = proceedings.send(asyncio.run(answered(batch.requests)))
        except StopIteration as stop:
            return [*lines, *stop.value]

    [panel] = Draw(settings.panel, members=settings.members, seed=7).panels([("a-1", settings.question.id)])
    sitting = sitting_of(settings, panel)
    events = [EVENT.validate_json(line) for line in carried(deliberate(sitting))]
    found = distil(settings.question.id, drafts_of("a-1", events), limit=12)
    carried(ratify(sitting, events, [Paper(clause, found.meanings[clause.id]) for clause in found.clauses]))
    return batches


def prompt(settings: Settings, chat: Chat, request: Request) -> Prompt:
    """What a chat model would be sent."""
    sent = sent_for(chat, settings.prompts, request)
    schema = json.dumps(sent.schema)
    ends, marks, at = [], [], len(schema) + len(sent.system) + 1
    for block in sent.user if not isinstance(sent.user, str) else ():
        at += len(block["text"])
        ends.append(at)
        if "cache_control" in block:
            marks.append(len(ends) - 1)
    return Prompt(schema + sent.text, tuple(ends), tuple(marks))


def padded(reply: Reply, request: Request, words: int) -> Reply:
    """A reply whose words are as long as a language model's."""
    plain = json.loads(reply.text)
    if request.task.kind in {"speak", "ask", "answer", "facilitate", "testify"}:
        short = words - len(plain["text"])
        plain["text"] += f" {(PAD * (short // len(PAD) + 1))[:short].strip()}" if short > 0 else ""
    return reply._replace(text=json.dumps(plain, ensure_ascii=False))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--words", type=int, default=400)
    parser.add_argument("--structured", choices=["shared", "schema"], default="shared")
    given = parser.parse_args()
    print(
        f"{'procedure':>18} {'prompts':>8} {'calls':>6} {'k tokens':>9}  " + "  ".join(f"{k.name:>17}" for k in KINDS)
    )
    for procedure in ("citizens_assembly", "talk_only"):
        for prompts in ("plain", "spare"):
            settings = Settings.bundled(procedure=procedure, prompts=prompts, members=12, assemblies=1, truth=0)
            batches = rehearsed(settings, given)
            caches = [Cache(kind) for kind in KINDS]
            for cache in caches:
                for batch in batches:
                    cache.batch(batch)
            calls, sent = sum(map(len, batches)), caches[-1].sent / CHARACTERS_A_TOKEN / 1000
            shares = "  ".join(f"{c.served / c.sent:>17.1%}" for c in caches)
            print(f"{procedure:>18} {prompts:>8} {calls:>6} {sent:>9.1f}  {shares}")


if __name__ == "__main__":
    main()
