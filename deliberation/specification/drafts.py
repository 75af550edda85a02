"""What left the assemblies: every draft of a clause, and what became of it there. Merges nothing.

Every quote that a draft rests on is looked up in the transcript; one that does not stand there word for word is an
error.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from deliberation.errors import DataError
from deliberation.records.events import Amended, Event, Facilitated, Proposed, Voted
from deliberation.records.specification import Clause, Meaning


class Draft(NamedTuple):
    """A clause as it left one assembly.

    `event` is where it was proposed or moved; `support` its share of the private votes there, or None if it was not
    voted on; `gone` why it fell there, if it did. `part_of`: the clause that it was split off, if it was.
    """

    assembly: str
    event: str
    clause: Clause
    meaning: Meaning | None
    support: float | None
    gone: str | None
    part_of: str | None = None


def drafts_of(assembly: str, events: Iterable[Event]) -> list[Draft]:
    """Every proposal and motion of one assembly, and what became of its clause there.

    Raises:
        DataError: a clause quotes what the event that it names does not say; names clause, event and quote.
    """
    found: list[tuple[str, Clause, Meaning | None]] = []
    gone: dict[str, str] = {}
    votes: dict[str, list[bool]] = defaultdict(list)
    said: dict[str, str] = {}
    for event in events:
        said[event.id] = event.text
        match event:
            case Proposed() | Amended(status="moved"):
                found.append((event.id, event.clause, event.meaning))
                gone.pop(event.clause.id, None)
            case Amended(status="lost"):
                gone.setdefault(event.clause.id, f"lost in its assembly: {event.text}")
            case Amended(status="carried"):
                gone[event.replaces] = f"amended in its assembly, into {event.clause.id}"
                gone.pop(event.clause.id, None)
            case Facilitated(leaves=leaves) if leaves:
                gone |= dict.fromkeys(leaves, f"left the table in its assembly: {event.text}")
            case Voted(choice="support" | "oppose"):
                votes[event.clause].append(event.choice == "support")
            case _:
                pass
    for _, clause, _ in found:
        check_quotes(clause, said)
    return [
        Draft(assembly, event_id, clause, meaning, _share(votes.get(clause.id)), gone.get(clause.id))
        for event_id, clause, meaning in found
    ]


def check_quotes(clause: Clause, said: Mapping[str, str]) -> None:
    """See that a clause quotes its sources word for word, white space aside.

    Raises:
        DataError: it does not, or names an event that is not there.
    """
    for source in clause.sources:
        if source.event not in said:
            raise DataError(f"{clause.id} rests on {source.event}, which its assembly's transcript does not hold")
        if " ".join(source.quote.split()) not in " ".join(said[source.event].split()):
            raise DataError(f"{clause.id} quotes {source.event}, which does not say {source.quote!r}")


def _share(votes: list[bool] | None) -> float | None:
    return sum(votes) / len(votes) if votes else None
