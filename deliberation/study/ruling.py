"""The stage of ruling: ballots, judgments and choices counted, rulings made. Reads events and clauses, asks nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from deliberation.records.events import Event, Voted
from deliberation.records.files import write_records, write_whole
from deliberation.records.folder import FAITHFULNESS, GIVEN
from deliberation.records.people import Panel
from deliberation.records.specification import Ballot, Contest, Judgment
from deliberation.settings import Settings
from deliberation.specification.ballots import ballots_of, judgments_of, second_sitting
from deliberation.specification.cases import case_rulings
from deliberation.specification.contests import Vote, settled, votes_of
from deliberation.specification.dissenters import coalitions
from deliberation.specification.faithfulness import Said, faithfulness
from deliberation.specification.rulings import rule
from deliberation.study.given import read_ballots, run_of
from deliberation.study.stages import Desk


class _Heard(NamedTuple):
    """What one pass over the events of all panels gives beside ballots."""

    reasons: dict[str, str]
    said: dict[str, Said]
    judged: list[Judgment]
    chosen: dict[str, list[Vote]]
    seats: list[int]
    attributes: dict[str, dict[str, str]]


def rule_on_clauses(desk: Desk) -> None:
    """Count and rule -> `ballots.jsonl`, `judgments.jsonl`, `contests.jsonl`, `rulings.jsonl`.

    And what follows from them: `minorities.jsonl`, `cases.jsonl` and `faithfulness.json`.
    """
    folder, settings = desk.folder, desk.settings
    rules, clauses, contests = settings.rules, folder.clauses(), folder.contests()
    heard = _Heard({}, {}, [], {c.id: [] for c in contests}, [], {name: {} for name in rules.floor_by})

    given = folder.path / GIVEN
    run, panels = run_of(settings, folder), list(folder.panels())
    cast = read_ballots(given, panels, clauses, group_by=rules.group_by) if given.exists() else None
    already = {(b.assembly, b.member, b.clause) for b in cast or ()}
    own = {(b.assembly, b.member): {"weight": b.weight, "group": b.group} for b in cast or ()}
    sparse = settings.imported and rules.denominator != "seated"  # in open conversations most see only a part

    def ballots() -> Iterator[Ballot]:
        yield from cast or ()
        for panel in folder.panels():
            events = list(folder.events(panel.assembly))
            _hear(heard, panel, events, contests, settings)
            found = ballots_of(panel, events if cast is None else (), clauses, group_by=rules.group_by)
            missing = (
                b.model_copy(update=own.get((b.assembly, b.member), {}))
                for b in found
                if (b.assembly, b.member, b.clause) not in already
            )
            yield from (b for b in missing if b.choice != "missing") if sparse else missing

    write_records(folder.path / "ballots.jsonl", ballots())
    write_records(folder.path / "judgments.jsonl", heard.judged)
    done = [settled(c, heard.chosen[c.id], confidence=rules.confidence) for c in contests]
    write_records(folder.path / "contests.jsonl", done)
    counted = list(folder.ballots())
    rulings = rule(
        clauses,
        counted,
        heard.reasons,
        rules,
        run=run,
        seed=settings.seed,
        seats=sum(heard.seats),
        attributes=heard.attributes,
        contests=done,
    )
    write_records(folder.path / "rulings.jsonl", rulings)
    write_records(folder.path / "minorities.jsonl", coalitions(rulings, counted, run=run))
    adopted = {ruling.clause for ruling in rulings if ruling.status == "adopted"}
    cases = case_rulings(settings.question, heard.judged, adopted, confidence=rules.confidence)
    write_records(folder.path / "cases.jsonl", cases)
    told = faithfulness(clauses, rulings, counted, folder.distillation(), heard.said)
    write_whole(folder.path / FAITHFULNESS, told.model_dump_json(indent=2) + "\n")


def _hear(heard: _Heard, panel: Panel, events: list[Event], contests: list[Contest], settings: Settings) -> None:
    claims = {c.id: c.claim for c in settings.question.considerations}
    heard.reasons.update(_reasons(events, claims))
    heard.said.update(
        {e.id: Said(e.speaker, frozenset((p.consideration, p.stance) for p in e.points)) for e in events if e.points}
    )
    heard.judged.extend(judgments_of(panel, events))
    heard.seats.append(len(panel.voters))
    second = list(second_sitting(events)) if contests else []
    for contest in contests:
        heard.chosen[contest.id] += votes_of(second, contest, panel.weights)
    for name, values in heard.attributes.items():
        values.update({person.id: person.attributes.get(name, "unknown") for person in panel.voters})


def _reasons(events: Iterable[Event], claims: dict[str, str]) -> dict[str, str]:
    """Why each opponent opposed: the first consideration that the vote names."""
    found = {}
    for event in events:
        if isinstance(event, Voted) and event.choice == "oppose" and event.points:
            point = event.points[0]
            claim = claims.get(point.consideration, point.consideration)
            found[event.id] = claim if point.stance > 0 else f"It is not accepted that: {claim}"
    return found
