"""The phases in which something is decided or measured: polls, weighings, amendment, ballots, judgments, recall."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

from deliberation.assembly import rankings
from deliberation.assembly.asking import Asking, Heard, ask
from deliberation.assembly.rankings import rank_all
from deliberation.assembly.room import CLERK, Room
from deliberation.assembly.seating import BALLOT_ORDER, POLL_ORDER, WEIGH_ORDER
from deliberation.models.tasks import Amend, Judge, Paper, Poll, Rank, Recall, Task, Vote, Weigh
from deliberation.records.agenda import Case, Response
from deliberation.records.base import clause_id, plain
from deliberation.records.events import (
    Amended,
    Event,
    Judged,
    Polled,
    Proposed,
    Ranked,
    Recalled,
    Voted,
    Weighed,
)
from deliberation.settings.procedure import BallotPhase

T = TypeVar("T")


def poll(room: Room, *, attempts: int) -> Asking[None]:
    """Every member rates every position, in private, shown in an order shuffled for the seat."""
    positions = room.roster.question.positions
    orders = {member: room.shuffled(positions, member, POLL_ORDER) for member in room.members}
    for heard in (yield from _ask_all(room, lambda member: Poll(orders[member]), attempts=attempts)):
        ratings = {p.id: heard.reading.ratings[p.id] for p in positions}
        order = tuple(p.id for p in orders[heard.request.address.speaker])
        room.record(Polled, **by(heard), text="", ratings=ratings, shown=order)


def weighing(room: Room, *, attempts: int) -> Asking[None]:
    """Every member rates every consideration, in private, shown in an order shuffled for the seat."""
    reasons = room.roster.question.considerations
    orders = {member: room.shuffled(reasons, member, WEIGH_ORDER) for member in room.members}
    for heard in (yield from _ask_all(room, lambda member: Weigh(orders[member]), attempts=attempts)):
        ratings = {c.id: heard.reading.ratings[c.id] for c in reasons}
        order = tuple(c.id for c in orders[heard.request.address.speaker])
        room.record(Weighed, **by(heard), text="", ratings=ratings, shown=order)


def recall(room: Room, *, attempts: int) -> Asking[None]:
    """Every member restates its first ratings and facts about itself."""

    def task(member: str) -> Recall:
        return Recall(room.roster.question.positions, tuple(sorted(room.personas[member].attributes)))

    for heard in (yield from _ask_all(room, task, attempts=attempts)):
        said = heard.reading
        room.record(Recalled, **by(heard), text="", ratings=said.ratings, facts=said.facts)


class _Motion(NamedTuple):
    moved: Event
    before: Paper
    after: Paper


def amendment(room: Room, limit: int, *, attempts: int) -> Asking[None]:
    """Members may move amendments; the most moved go to a private ranking, and a majority carries them."""
    if not room.slate:
        return

    def task(member: str) -> Amend:
        return Amend(
            room.shuffled(tuple(room.slate.values()), member, "amend-slate"), room.positions, room.considerations
        )

    heard = yield from _ask_all(room, task, attempts=attempts)
    motions = _moved(room, heard, limit)
    for motion in motions:
        options = {paper.clause.id: paper for paper in (motion.before, motion.after)}
        to = motion.after.clause.id
        voices = yield from rank_all(
            room, options, lambda papers, places: Rank(tuple(papers), places), purpose=f"wordings-{to}", item=to,
            attempts=attempts,
        )  # fmt: skip
        _settle(room, motion, voices)


def ballot(room: Room, phase: BallotPhase, *, attempts: int) -> Asking[None]:
    """Every member votes in private on every clause, shown in an order shuffled for the seat.

    Where the phase names what it is on, what is not carried leaves the table; and where it hangs on an earlier ballot
    that came out otherwise, it is not held, and all that it is on leaves.
    """
    on = [p for id_, p in room.slate.items() if not phase.of or room.tabled.get(id_) in phase.of]
    if phase.only_if is not None and room.outcomes[phase.only_if.ballot] is not phase.only_if.carried:
        room.outcomes[phase.name] = None
        came = "was carried" if room.outcomes[phase.only_if.ballot] else "was not carried"
        room.leave([p.clause.id for p in on], f"{phase.name} is not held, for {phase.only_if.ballot} {came}.")
        return
    if not on:
        room.outcomes[phase.name] = None
        return
    before = len(room.events)
    yield from vote_all(
        room, lambda m: Vote(room.shuffled(tuple(on), m, BALLOT_ORDER), room.considerations), attempts=attempts
    )
    votes = [e for e in room.events[before:] if isinstance(e, Voted)]
    lost = [p.clause.id for p in on if not room.carried(p.clause.id, votes)]
    room.outcomes[phase.name] = not lost
    if phase.of:
        room.leave(lost, f"{phase.name}: {len(on) - len(lost)} of {len(on)} carried.")


def vote_all(
    room: Room,
    task: Callable[[str], Vote],
    *,
    attempts: int,
    members: Sequence[str] | None = None,
    item: str = "",
) -> Asking[None]:
    """Let members vote; put their marks on record, clause by clause."""
    order = {clause: number for number, clause in enumerate(room.slate)}
    for heard in (yield from _ask_all(room, task, attempts=attempts, members=members, item=item)):
        slate = heard.request.task.fingerprint().split(",")
        for mark in sorted(heard.reading.ballots, key=lambda m: order[m.clause]):
            room.record(
                Voted, **by(heard), text=mark.reason, points=mark.points, clause=mark.clause, choice=mark.choice,
                rating=mark.rating, place=slate.index(mark.clause),
            )  # fmt: skip


class Choosing(NamedTuple):
    """Clauses of which only one can stand, by the id of the contest."""

    contest: str
    papers: tuple[Paper, ...]


def contests(room: Room, on: Sequence[Choosing], *, attempts: int) -> Asking[None]:
    """Every member ranks, in private, clauses of which only one can stand: contradicting ones, or wordings of one."""
    for one in on:
        options = {paper.clause.id: paper for paper in one.papers}
        voices = yield from rank_all(
            room, options, lambda papers, places: Rank(tuple(papers), places), purpose=f"contest-{one.contest}",
            item=one.contest, attempts=attempts,
        )  # fmt: skip
        for voice in voices:
            room.record(Ranked, **by(voice.heard[0]), text="", ranking=voice.ranking, shown=voice.shown)


def judgment(room: Room, *, attempts: int) -> Asking[None]:
    """Every member ranks the candidate responses of every case, in private."""
    slate = tuple(room.slate.values())

    def task(case: Case, responses: Sequence[Response], places: int) -> Judge:
        return Judge(case.model_copy(update={"responses": tuple(responses)}), slate, places)

    for case in room.roster.question.cases:
        options = {r.id: r for r in case.responses}
        judged = yield from rank_all(
            room, options, partial(task, case), purpose=f"responses-{case.id}", item=case.id, attempts=attempts
        )
        for one in judged:
            relied = {clause for heard in one.heard for clause in heard.reading.clauses}
            room.record(
                Judged, **by(one.heard[0]), text=one.heard[-1].reading.reason, case=case.id, ranking=one.ranking,
                clauses=tuple(sorted(relied)), shown=one.shown,
            )  # fmt: skip


def _ask_all(
    room: Room,
    task: Callable[[str], Task],
    *,
    attempts: int,
    members: Sequence[str] | None = None,
    item: str = "",
) -> Asking[list[Heard]]:
    asked = room.members if members is None else members
    requests = [room.request(task(m), speaker=m, role="member", item=item) for m in asked]
    heard = yield from ask(room, requests, attempts=attempts)
    return [one for one in heard if one is not None]


def by(heard: Heard) -> dict[str, Any]:
    """The fields of an event that a member did in private."""
    return {
        "speaker": heard.request.address.speaker,
        "role": "member",
        "call": heard.call,
        "origin": heard.origin,
    }


def _moved(room: Room, heard: Sequence[Heard], limit: int) -> list[_Motion]:
    """The amendments that go to a vote: the most moved, at most one a clause, at most `limit`."""
    found: dict[str, tuple[Heard, Paper, Paper]] = {}
    movers: Counter[str] = Counter()
    for one in heard:
        if one.reading.clause is None:
            continue
        before = room.slate[one.reading.clause]
        after = _amended(room, before, one)
        if after.clause.id in room.slate:
            continue
        movers[after.clause.id] += 1
        found.setdefault(after.clause.id, (one, before, after))
    motions: list[_Motion] = []
    for _, (one, before, after) in sorted(found.items(), key=lambda kv: (-movers[kv[0]], kv[0])):
        if len(motions) == limit or before.clause.id in {m.before.clause.id for m in motions}:
            continue
        moved = room.record(
            Amended, **by(one), text=one.reading.reason or after.clause.text, points=one.reading.points,
            refs=_proposals(room, before), status="moved", replaces=before.clause.id, clause=after.clause,
            meaning=after.meaning,
        )  # fmt: skip
        motions.append(_Motion(moved, before, after))
    return motions


def _amended(room: Room, before: Paper, heard: Heard) -> Paper:
    said = heard.reading
    text = plain(said.text)
    clause = before.clause.model_copy(
        update={
            "id": clause_id(room.roster.question.id, text),
            "text": text,
            "applies_when": tuple(plain(c) for c in said.applies_when),
            "exceptions": tuple(plain(c) for c in said.exceptions),
        }
    )
    return Paper(clause, said.meaning)


def _settle(room: Room, motion: _Motion, voices: Sequence[rankings.Ranked]) -> None:
    for_it = against = 0.0
    for voice in voices:
        ranking = voice.ranking
        room.record(Ranked, **by(voice.heard[0]), text="", refs=(motion.moved.id,), ranking=ranking, shown=voice.shown)
        if len(ranking) > 1:
            weight = room.weight(voice.heard[0].request.address.speaker)
            for_it += weight * (motion.after.clause.id in ranking[0])
            against += weight * (motion.before.clause.id in ranking[0])
    carried = for_it > against
    if carried:
        room.tabled[motion.after.clause.id] = room.tabled.get(motion.before.clause.id, room.phase)
        papers = [motion.after if p is motion.before else p for p in room.slate.values()]
        room.slate = {paper.clause.id: paper for paper in papers}
    verdict = "carried" if carried else "lost"
    room.record(
        Amended, speaker=CLERK, role="clerk", text=f"The amendment is {verdict}, {for_it:g} to {against:g}.",
        refs=(motion.moved.id,), status=verdict, replaces=motion.before.clause.id, clause=motion.after.clause,
        meaning=motion.after.meaning,
    )  # fmt: skip


def _proposals(room: Room, paper: Paper) -> tuple[str, ...]:
    return tuple(e.id for e in room.said(("proposed",)) if isinstance(e, Proposed) and e.clause.id == paper.clause.id)
