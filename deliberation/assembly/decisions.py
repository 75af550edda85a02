"""The phases in which something is decided or measured: polls, drafting, amendment, ballots, judgments, recall."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

from deliberation.assembly import rankings
from deliberation.assembly.asking import Asking, Heard, ask
from deliberation.assembly.rankings import rank_all
from deliberation.assembly.room import CLERK, Room
from deliberation.assembly.seating import BALLOT_ORDER, POLL_ORDER
from deliberation.models.replies import DraftedClause
from deliberation.models.tasks import Amend, Draft, Judge, Paper, Poll, Rank, Recall, Task, Vote
from deliberation.records.agenda import Case, Response
from deliberation.records.base import clause_id, plain
from deliberation.records.events import Amended, Event, Judged, Polled, Proposed, Ranked, Recalled, Voted
from deliberation.records.specification import Clause, ClauseSource, Meaning, Norm, sentence

T = TypeVar("T")


def poll(room: Room, *, attempts: int) -> Asking[None]:
    """Every member rates every position, in private, shown in an order shuffled for the seat."""
    positions = room.roster.question.positions
    orders = {member: room.shuffled(positions, member, POLL_ORDER) for member in room.members}
    for heard in (yield from _ask_all(room, lambda member: Poll(orders[member]), attempts=attempts)):
        ratings = {p.id: heard.reading.ratings[p.id] for p in positions}
        order = tuple(p.id for p in orders[heard.request.address.speaker])
        room.record(Polled, **_by(heard), text="", ratings=ratings, shown=order)


def recall(room: Room, *, attempts: int) -> Asking[None]:
    """Every member restates its first ratings and facts about itself."""

    def task(member: str) -> Recall:
        return Recall(room.roster.question.positions, tuple(sorted(room.personas[member].attributes)))

    for heard in (yield from _ask_all(room, task, attempts=attempts)):
        said = heard.reading
        room.record(Recalled, **_by(heard), text="", ratings=said.ratings, facts=said.facts)


def drafting(room: Room, limit: int, *, attempts: int) -> Asking[None]:
    """The clerk drafts up to `limit` clauses for each last table, with their sources."""
    question = room.roster.question
    positions = tuple(p.id for p in question.positions)
    considerations = frozenset(c.id for c in question.considerations)
    requests = []
    for table in room.tables:
        said = room.said(("spoke",), table=table)
        citable = {e.id: e.text for e in said}
        task = Draft(limit, positions, considerations, citable)
        requests.append(room.request(task, speaker=CLERK, role="clerk", item=table))
    for heard in (yield from ask(room, requests, attempts=attempts)):
        for drafted in heard.reading.clauses if heard else ():
            _propose(room, _clause(room, drafted), drafted.meaning, heard)


def stock(room: Room, norm: Norm) -> None:
    """The clerk tables one clause for each position of the question. Nobody is asked."""
    question = room.roster.question
    opened = room.said(("opened",))[0]
    for position in question.positions:
        text = sentence(norm, position.action)
        clause = Clause(
            id=clause_id(question.id, text),
            question=question.id,
            norm=norm,
            text=text,
            rationale=f"Put to the vote as one of the question's own positions: {position.label}.",
            sources=(ClauseSource(event=opened.id, quote=opened.text, stance="for"),),
        )
        _propose(room, clause, Meaning(option=position.id, modality=norm), None)


class _Motion(NamedTuple):
    moved: Event
    before: Paper
    after: Paper


def amendment(room: Room, limit: int, *, attempts: int) -> Asking[None]:
    """Members may move amendments; the most moved go to a private ranking, and a majority carries them."""
    if not room.slate:
        return
    question = room.roster.question
    positions = tuple(p.id for p in question.positions)
    considerations = frozenset(c.id for c in question.considerations)

    def task(member: str) -> Amend:
        return Amend(room.shuffled(tuple(room.slate.values()), member, "amend-slate"), positions, considerations)

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


def ballot(room: Room, *, attempts: int) -> Asking[None]:
    """Every member votes in private on every clause, shown in an order shuffled for the seat."""
    if not room.slate:
        return
    considerations = frozenset(c.id for c in room.roster.question.considerations)

    def task(member: str) -> Vote:
        return Vote(room.shuffled(tuple(room.slate.values()), member, BALLOT_ORDER), considerations)

    order = {clause: number for number, clause in enumerate(room.slate)}
    for heard in (yield from _ask_all(room, task, attempts=attempts)):
        slate = heard.request.task.fingerprint().split(",")
        for mark in sorted(heard.reading.ballots, key=lambda m: order[m.clause]):
            room.record(
                Voted, **_by(heard), text=mark.reason, points=mark.points, clause=mark.clause, choice=mark.choice,
                rating=mark.rating, place=slate.index(mark.clause),
            )  # fmt: skip


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
                Judged, **_by(one.heard[0]), text=one.heard[-1].reading.reason, case=case.id, ranking=one.ranking,
                clauses=tuple(sorted(relied)), shown=one.shown,
            )  # fmt: skip


def _ask_all(room: Room, task: Callable[[str], Task], *, attempts: int, item: str = "") -> Asking[list[Heard]]:
    requests = [room.request(task(m), speaker=m, role="member", item=item) for m in room.members]
    heard = yield from ask(room, requests, attempts=attempts)
    return [one for one in heard if one is not None]


def _by(heard: Heard) -> dict[str, Any]:
    return {
        "speaker": heard.request.address.speaker,
        "role": "member",
        "call": heard.call,
        "origin": heard.origin,
    }


def _clause(room: Room, drafted: DraftedClause) -> Clause:
    question = room.roster.question.id
    return Clause(
        id=clause_id(question, drafted.text),
        question=question,
        norm=drafted.norm,
        text=plain(drafted.text),
        applies_when=tuple(plain(c) for c in drafted.applies_when),
        exceptions=tuple(plain(c) for c in drafted.exceptions),
        rationale=plain(drafted.rationale),
        authority=drafted.authority,
        sources=drafted.sources,
    )


def _propose(room: Room, clause: Clause, meaning: Meaning | None, heard: Heard | None) -> None:
    room.slate.setdefault(clause.id, Paper(clause, meaning))
    refs = tuple(source.event for source in clause.sources)
    room.record(
        Proposed,
        speaker=CLERK,
        role="clerk",
        text=clause.text,
        refs=refs,
        clause=clause,
        meaning=meaning,
        call=heard.call if heard else None,
        origin=heard.origin if heard else None,
    )


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
            Amended, **_by(one), text=one.reading.reason or after.clause.text, points=one.reading.points,
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
    for_it = against = 0
    for voice in voices:
        ranking = voice.ranking
        room.record(Ranked, **_by(voice.heard[0]), text="", refs=(motion.moved.id,), ranking=ranking, shown=voice.shown)
        if len(ranking) > 1:
            for_it += motion.after.clause.id in ranking[0]
            against += motion.before.clause.id in ranking[0]
    carried = for_it > against
    if carried:
        papers = [motion.after if p is motion.before else p for p in room.slate.values()]
        room.slate = {paper.clause.id: paper for paper in papers}
    verdict = "carried" if carried else "lost"
    room.record(
        Amended, speaker=CLERK, role="clerk", text=f"The amendment is {verdict}, {for_it} to {against}.",
        refs=(motion.moved.id,), status=verdict, replaces=motion.before.clause.id, clause=motion.after.clause,
        meaning=motion.after.meaning,
    )  # fmt: skip


def _proposals(room: Room, paper: Paper) -> tuple[str, ...]:
    return tuple(e.id for e in room.said(("proposed",)) if isinstance(e, Proposed) and e.clause.id == paper.clause.id)
