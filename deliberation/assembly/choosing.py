"""The phases in which an assembly reduces what is on the table: by ranking or bridging, or to a slate for everybody."""

from __future__ import annotations

from collections.abc import Sequence

from deliberation.assembly import decisions, drafting, rules, seating
from deliberation.assembly.asking import Asking, ask
from deliberation.assembly.rankings import rank_all
from deliberation.assembly.room import CLERK, Room
from deliberation.models.tasks import Paper, Rank, Vote
from deliberation.records.events import Ranked, Voted
from deliberation.settings.procedure import SelectionPhase, SlatePhase


def selection(room: Room, phase: SelectionPhase, *, attempts: int) -> Asking[None]:
    """Keep the best clauses on the table by the phase's rule; the chair says which leave."""
    if len(room.slate) <= phase.keep:
        return
    options = _by_lot(room, tuple(room.slate))
    if phase.rule == "schulze":
        order = yield from _by_schulze(room, options, attempts=attempts)
    else:
        order = yield from _by_bridging(room, phase, options, attempts=attempts)
    said = f"By {phase.rule} of {len(options)}, {phase.keep} stay; in order: {', '.join(order)}."
    room.leave(order[phase.keep :], said)


def slate(room: Room, phase: SlatePhase, *, attempts: int) -> Asking[None]:
    """Draft, rate and choose one clause after another, each for those whom none has spoken for yet."""
    drawn = seating.order(room.roster.seed, "spoken-for", room.roster.lot, phase.name, len(room.members))
    luck = {room.members[i]: float(place) for place, i in enumerate(drawn)}
    left, share, chosen = list(room.members), rules.share_of(len(room.members), phase.size), list[str]()
    for step in range(phase.size):
        if not left:
            break
        found = yield from _drafted_for(room, phase, left, step, attempts=attempts)
        papers = [paper for paper in found if paper.clause.id not in chosen]
        if not papers:
            break
        ratings = yield from _rated_by(room, papers, left, step, attempts=attempts)
        options = _by_lot(room, [paper.clause.id for paper in papers])
        best, friends = rules.most_spoken_for(ratings, options, share=min(share, len(left)), luck=luck)
        chosen.append(best)
        left = [member for member in left if member not in friends]
        names = ", ".join(room.personas[m].name for m in friends)
        others = [o for o in options if o != best]
        room.leave(others, f"{best} joins the slate and speaks for {names}.")
    room.leave([c for c in room.slate if c not in chosen], "What is not on the slate leaves the table.")


def _by_lot(room: Room, options: Sequence[str]) -> list[str]:
    """The order in which ties are broken."""
    order = seating.order(room.roster.seed, "ties", room.roster.lot, room.phase, len(options))
    return [options[i] for i in order]


def _by_schulze(room: Room, options: list[str], *, attempts: int) -> Asking[list[str]]:
    papers = {id_: room.slate[id_] for id_ in options}
    voices = yield from rank_all(
        room, papers, lambda shown, places: Rank(tuple(shown), places), purpose="selection", item="", attempts=attempts
    )
    for voice in voices:
        room.record(Ranked, **decisions.by(voice.heard[0]), text="", ranking=voice.ranking, shown=voice.shown)
    members = [voice.heard[0].request.address.speaker for voice in voices]
    return rules.schulze([v.ranking for v in voices], options, [room.weight(m) for m in members])


def _by_bridging(room: Room, phase: SelectionPhase, options: list[str], *, attempts: int) -> Asking[list[str]]:
    papers = tuple(room.slate.values())

    def task(member: str) -> Vote:
        return Vote(room.shuffled(papers, member, seating.BALLOT_ORDER)[: phase.each], room.considerations)

    yield from decisions.vote_all(room, task, attempts=attempts)
    votes = []
    for event in room.events:
        if isinstance(event, Voted) and event.phase == phase.name and event.choice in {"support", "oppose"}:
            group = room.personas[event.speaker].attributes.get(phase.group, "")
            votes.append((event.clause, group, event.choice == "support", room.weight(event.speaker)))
    return rules.bridging(votes, options)


def _drafted_for(
    room: Room, phase: SlatePhase, members: Sequence[str], step: int, *, attempts: int
) -> Asking[list[Paper]]:
    """Clauses that the clerk drafts for these members from their statements; they are on the table from then on."""
    said = {e.id: e.text for e in drafting.last_statements(room) if e.speaker in members}
    task = drafting.draft_from(room, phase.drafts, said, "group")
    request = room.request(task, speaker=CLERK, role="clerk", item=f"step-{step}")
    [heard] = yield from ask(room, [request], attempts=attempts)
    found = []
    for drafted in heard.reading.clauses if heard else ():
        clause = drafting.clause_of(room, drafted)
        drafting.propose(room, clause, drafted.meaning, heard)
        found.append(room.slate[clause.id])
    return list({paper.clause.id: paper for paper in found}.values())


def _rated_by(
    room: Room, papers: Sequence[Paper], members: Sequence[str], step: int, *, attempts: int
) -> Asking[dict[str, dict[str, int]]]:

    def task(member: str) -> Vote:
        return Vote(room.shuffled(papers, member, f"{seating.BALLOT_ORDER}-{step}"), room.considerations)

    before = len(room.events)
    yield from decisions.vote_all(room, task, attempts=attempts, members=members, item=f"step-{step}")
    ratings: dict[str, dict[str, int]] = {paper.clause.id: {} for paper in papers}
    for event in room.events[before:]:
        if isinstance(event, Voted) and event.rating is not None:
            ratings[event.clause][event.speaker] = event.rating
    return ratings
