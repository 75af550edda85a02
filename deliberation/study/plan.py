"""What a study would take, before anything is spent: found by rehearsing one assembly with the synthetic public.

A rehearsal asks what the real assembly would ask, but its talk is not theirs: counts of calls depend a little on it
(how many amendments are moved, how many clauses survive), and tokens are characters / 4. Needs no key.
"""

from __future__ import annotations

from collections.abc import Sequence

from deliberation.assembly.driver import run_to_end
from deliberation.assembly.sitting import Proceedings, deliberate, ratify
from deliberation.models.open import identity_of
from deliberation.models.prompts import check, render
from deliberation.models.requests import Answerer, Reply, Request
from deliberation.models.synthetic import SyntheticPublic
from deliberation.models.tasks import Paper
from deliberation.people.sortition import Draw
from deliberation.records.base import Record
from deliberation.records.events import EVENT
from deliberation.settings import Settings, Synthetic
from deliberation.specification.distil import distil, drafts_of
from deliberation.study.stages import assemblies, sitting_of

_CHARACTERS_A_TOKEN = 4


class Plan(Record):
    """What a study would take. `critical_path` is the number of calls that must wait for one another."""

    study: str
    run: str
    question: str
    assemblies: int
    members: int
    model: str
    calls: int
    input_tokens: int
    output_tokens: int
    usd: float | None
    critical_path: int
    rehearsed: str = "one assembly, by the synthetic public; a re-asked or failed reply adds calls"


class _Meter:
    def __init__(self, settings: Settings, answerer: Answerer) -> None:
        self.settings, self.answerer = settings, answerer
        self.calls = self.sent = self.taken = self.batches = 0

    async def rehearse(self, proceedings: Proceedings) -> list[str]:
        """Carry one sitting out in memory. Returns its transcript's lines."""
        lines: list[str] = []
        try:
            batch = next(proceedings)
            while True:
                lines.extend(batch.lines)
                batch = proceedings.send(await self._answered(batch.requests))
        except StopIteration as stop:
            return [*lines, *stop.value]

    async def _answered(self, requests: Sequence[Request]) -> tuple[Reply, ...]:
        self.batches += 1
        replies = {place: reply async for place, reply in self.answerer.answer(requests)}
        for place, request in enumerate(requests):
            self.calls += 1
            self.sent += sum(map(len, render(self.settings.prompts, request)))
            self.taken += len(replies[place].text)
        return tuple(replies[place] for place in range(len(requests)))


def _rehearsing(settings: Settings) -> Synthetic:
    """Who stands in for the answerer at the rehearsal."""
    if isinstance(settings.model, Synthetic):
        return settings.model
    return Settings.bundled().synthetic


def plan_study(settings: Settings) -> Plan:
    """Calls, tokens, money and critical path of a study.

    Raises:
        ConfigError: the study could not be carried out.
    """
    check(settings.prompts)
    who = identity_of(settings)
    meter = _Meter(settings, SyntheticPublic(_rehearsing(settings)))
    panel = next(
        Draw(settings.panel, members=settings.members, seed=settings.seed).panels(
            [(assemblies(settings)[0], settings.question.id)]
        )
    )
    sitting = sitting_of(settings, panel)
    lines = run_to_end(meter.rehearse(deliberate(sitting)))
    events = [EVENT.validate_json(line) for line in lines]
    limit = settings.aggregation.max_clauses
    found = distil(settings.question.id, drafts_of(panel.assembly, events), limit=limit)
    papers = [Paper(clause, found.meanings[clause.id]) for clause in found.clauses]
    run_to_end(meter.rehearse(ratify(sitting, events, papers)))
    times = settings.assemblies
    characters = (meter.sent, meter.taken) if who.paid else (0, 0)
    tokens = [n * times // _CHARACTERS_A_TOKEN for n in characters]
    return Plan(
        study=settings.study,
        run=settings.run,
        question=settings.question.id,
        assemblies=times,
        members=settings.members,
        model=str(who),
        calls=meter.calls * times,
        input_tokens=tokens[0],
        output_tokens=tokens[1],
        usd=None if settings.price is None else round(settings.price.of(*tokens), 2),
        critical_path=meter.batches,
    )
