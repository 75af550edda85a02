"""What a study would take, before anything is spent: found by rehearsing one assembly with the synthetic public.

A rehearsal asks what the real assembly would ask, but its talk is not theirs: counts of calls depend a little on it
(how many amendments are moved, how many clauses survive), and tokens are characters / 4. Needs no key.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from deliberation.assembly.driver import run_to_end
from deliberation.assembly.sitting import Proceedings, Sitting, deliberate, ratify
from deliberation.encoding import examples
from deliberation.errors import ConfigError
from deliberation.models.budget import cost_of
from deliberation.models.cast import answering
from deliberation.models.journal import Taken
from deliberation.models.open import identity_of
from deliberation.models.prompts import CHARACTERS_A_TOKEN, check, render
from deliberation.models.requests import Answerer, Reply, Request
from deliberation.models.synthetic import SyntheticPublic
from deliberation.records.base import Record
from deliberation.records.events import EVENT, Event
from deliberation.records.specification import Clause
from deliberation.settings import People, Settings, Synthetic, Tokens
from deliberation.settings.models import SYNTHETIC, ModelSettings
from deliberation.specification import clerk
from deliberation.specification.distil import distil
from deliberation.specification.drafts import Draft, drafts_of
from deliberation.study.panels import draw_of, panels_of
from deliberation.study.stages import roster_of_clerk, sitting_of


class Plan(Record):
    """What a study would take. `critical_path` is the number of calls that must wait for one another.

    `usd`: at the full price of every token, as if nothing were read from a cache and nobody reasoned.
    """

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
    rehearsed: str = (
        "one assembly, by the synthetic public; a re-asked or failed reply adds calls, and so does every pair of "
        "clauses that contradict: one a member"
    )


class _Meter:
    def __init__(self, settings: Settings, answerer: Answerer, *, who: ModelSettings | None = None) -> None:
        self.settings, self.answerer, self.who = settings, answerer, who or settings.model
        self.calls = self.batches = 0
        self.taken: dict[str, Tokens] = defaultdict(Tokens)
        """Characters, by who would be sent them."""

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
            words = render(self.settings.prompts, request)
            given, made = len(words.rules) + len(words.told()), len(replies[place].text)
            model = self.who
            name = "" if isinstance(model, People) else answering(model, request).name
            self.taken[name] = self.taken[name].plus(Tokens(input=given, output=made))
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
    if isinstance(settings.model, People):
        raise ConfigError("model.kind=people: people's acts are imported, so there is nothing to plan")
    who = identity_of(settings)
    meter = _Meter(settings, SyntheticPublic(_rehearsing(settings)))
    panel = next(panels_of(settings, draw_of(settings)))
    sitting = sitting_of(settings, panel)
    lines = run_to_end(meter.rehearse(deliberate(sitting)))
    events = [EVENT.validate_json(line) for line in lines]
    drafts = drafts_of(panel.assembly, events)
    found = distil(settings.question.id, drafts, limit=settings.rules.max_clauses)
    run_to_end(meter.rehearse(ratify(sitting, events, found.papers)))
    times = settings.assemblies
    judging, writing = _clerks(settings, sitting, events, drafts, found.clauses)
    meters = [(meter, times), (judging, times), (writing, _as_often(settings, len(found.clauses)))]
    taken = [
        _taken(name, characters, often, settings)
        for one, often in meters
        for name, characters in sorted(one.taken.items())
    ]
    total = Tokens.total(one.tokens for one in taken)
    cost = cost_of(taken, settings.prices)
    return Plan(
        study=settings.study,
        run=settings.run,
        question=settings.question.id,
        assemblies=times,
        members=settings.members,
        model=str(who),
        calls=sum(one.calls * often for one, often in meters),
        input_tokens=total.input,
        output_tokens=total.output,
        usd=None if cost is None else round(cost, 2),
        critical_path=meter.batches + judging.batches + writing.batches,
    )


def _clerks(
    settings: Settings, sitting: Sitting, events: Sequence[Event], drafts: Sequence[Draft], clauses: Sequence[Clause]
) -> tuple[_Meter, _Meter]:
    """What the clerk takes after the sittings, for one assembly, its drafts, and for these clauses.

    As many calls an assembly, at most: wordings that several share are judged once.
    """
    who = Settings.bundled().clerk if isinstance(settings.clerk, People) else settings.clerk
    judging, writing = (_Meter(settings, SyntheticPublic(_rehearsing(settings)), who=who) for _ in range(2))
    if settings.distillation.source != "drafted":
        panel = sitting.roster._replace(assembly=f"{sitting.roster.assembly}-found")
        run_to_end(judging.rehearse(clerk.find(panel, events, settings.distillation, attempts=1)))
    if settings.judged:
        roster = roster_of_clerk(settings, clerk.NAME)
        how = settings.distillation
        run_to_end(judging.rehearse(clerk.review(roster, drafts, how, attempts=1, merge=True)))
    if settings.exemplified:
        bearing = {c.id: settings.question.cases for c in clauses}
        work = examples.Exemplifying(clauses, bearing, settings.encoding, 1)
        run_to_end(writing.rehearse(examples.exemplify(roster_of_clerk(settings, examples.NAME), work)))
    return judging, writing


def _as_often(settings: Settings, clauses: int) -> int:
    """How often as many clauses are ruled on as one assembly leaves: up to the limit, rounded up."""
    kept = min(settings.rules.max_clauses, clauses * settings.assemblies)
    return -(-kept // clauses) if clauses else 0


def _taken(name: str, characters: Tokens, times: int, settings: Settings) -> Taken:
    """What one model would take in all, in tokens; who is free takes none."""
    tokens = Tokens() if name == SYNTHETIC else Tokens(*(n * times // CHARACTERS_A_TOKEN for n in characters))
    return Taken(name, "", settings.delivery == "bulk", 0, tokens)
