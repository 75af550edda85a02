"""Collect the private votes and judgments of one panel from its events. Decides nothing.

Votes on drafts in the first sitting are not ballots on the canonical clauses, whose wording nobody knew then. A ballot
counts only for the exact clause that it names; of several by one member on one clause the last counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import dropwhile

from deliberation.records.base import new_id
from deliberation.records.events import Closed, Event, Judged, Voted
from deliberation.records.people import Panel
from deliberation.records.specification import Ballot, Clause, Judgment


def ballots_of(panel: Panel, events: Iterable[Event], clauses: Iterable[Clause], *, group_by: str) -> list[Ballot]:
    """One ballot for each member and canonical clause; where no readable vote was had, it is `missing`."""
    votes = [event for event in second_sitting(events) if isinstance(event, Voted)]
    last: dict[tuple[str, str], Voted] = {(event.speaker, event.clause): event for event in votes}
    slates = Counter((event.speaker, event.call) for event in votes)
    found = []
    for clause in clauses:
        for person in panel.voters:
            vote = last.get((person.id, clause.id))
            found.append(
                Ballot(
                    id=new_id("b", panel.assembly, person.id, clause.id),
                    assembly=panel.assembly,
                    member=person.id,
                    clause=clause.id,
                    choice=vote.choice if vote else "missing",
                    rating=vote.rating if vote else None,
                    reason=vote.text if vote else "",
                    weight=panel.weights.get(person.id, 1.0),
                    group=person.attributes.get(group_by, "unknown"),
                    event=vote.id if vote else "",
                    origin=vote.origin if vote else None,
                    place=_place(vote, slates) if vote else None,
                )
            )
    return found


def _place(vote: Voted, slates: Counter[tuple[str, str | None]]) -> float | None:
    """Where the clause stood on the slate shown, 0 first to 1 last; null where it stood alone."""
    size = slates[vote.speaker, vote.call]
    return None if vote.place is None or size < 2 else round(vote.place / (size - 1), 6)


def second_sitting(events: Iterable[Event]) -> Iterator[Event]:
    """What came after the first sitting closed: only there are the canonical clauses put to the vote."""
    return dropwhile(lambda event: not isinstance(event, Closed), events)


def judgments_of(panel: Panel, events: Iterable[Event]) -> list[Judgment]:
    """Each member's readable judgment of each case, in the order of the events; of several the last counts."""
    last = {(event.speaker, event.case): event for event in events if isinstance(event, Judged)}
    return [
        Judgment(
            id=new_id("j", panel.assembly, event.speaker, event.case),
            assembly=panel.assembly,
            member=event.speaker,
            case=event.case,
            ranking=event.ranking,
            clauses=event.clauses,
            weight=panel.weights.get(event.speaker, 1.0),
            event=event.id,
            origin=event.origin,
        )
        for event in last.values()
    ]
