"""Merge the clauses of all assemblies into one canonical list, with a ledger row for every step.

Two drafts are merged only if they have the same content words, norm and scope among them, in the same order: likeness
of words alone sets a clause beside its own contradiction, so it decides nothing here. Reads no meaning and no truth.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from deliberation.records.base import normalised
from deliberation.records.events import Amended, Event, Facilitated, Proposed, Voted
from deliberation.records.specification import AUTHORITIES, Authority, Clause, ClauseSource, LedgerRow, Meaning

_FILLERS = frozenset(["a", "an", "the", "of", "to", "that", "and", "it", "its", "their", "as", "is", "be"])


class Draft(NamedTuple):
    """A clause as it left one assembly.

    `event` is where it was proposed or moved; `support` its share of the private votes there, or None if it was not
    voted on; `gone` why it fell there, if it did.
    """

    assembly: str
    event: str
    clause: Clause
    meaning: Meaning | None
    support: float | None
    gone: str | None


class Distilled(NamedTuple):
    """The canonical clauses, what they mean where all drafters agree, and how they came about."""

    clauses: tuple[Clause, ...]
    meanings: dict[str, Meaning | None]
    ledger: tuple[LedgerRow, ...]


def drafts_of(assembly: str, events: Iterable[Event]) -> list[Draft]:
    """Every proposal and motion of one assembly, and what became of its clause there."""
    found: list[tuple[str, Clause, Meaning | None]] = []
    gone: dict[str, str] = {}
    votes: dict[str, list[bool]] = defaultdict(list)
    for event in events:
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
    return [
        Draft(assembly, event_id, clause, meaning, _share(votes.get(clause.id)), gone.get(clause.id))
        for event_id, clause, meaning in found
    ]


def distil(
    question: str, drafts: Iterable[Draft], *, limit: int, authority: Authority = "root", merge: bool = True
) -> Distilled:
    """Merge drafts into at most `limit` clauses: those proposed by most assemblies, then those best supported there.

    Args:
        question: the question's id.
        drafts: of all assemblies, in the order of the assemblies.
        limit: the most clauses to keep.
        authority: the highest that a clause may have; drafters that claimed more are held to it.
        merge: whether drafts of the same content words are one; otherwise only those of the very same wording.
    """
    families: dict[tuple[str, ...], list[Draft]] = defaultdict(list)
    ledger: list[LedgerRow] = []
    for draft in drafts:
        if draft.gone is None:
            families[_family(draft.clause) if merge else (draft.clause.id,)].append(draft)
        else:
            ledger.append(_row(question, draft, "dropped", None, draft.gone))
    ranked = sorted(families.values(), key=_standing)
    clauses: list[Clause] = []
    meanings: dict[str, Meaning | None] = {}
    for family in ranked[:limit]:
        clause = _canonical(family, authority)
        clauses.append(clause)
        said = {d.meaning for d in family if d.meaning is not None} if all(d.meaning for d in family) else set()
        meanings[clause.id] = next(iter(said)) if len(said) == 1 else None
        ledger.extend(_kept(question, family, clause))
    for family in ranked[limit:]:
        why = f"beyond the {limit} clauses proposed most widely"
        ledger.extend(_row(question, d, "dropped", None, why) for d in family)
    ledger.sort(key=lambda row: (row.assembly, row.event, row.clause))
    return Distilled(tuple(clauses), meanings, tuple(ledger))


def content_words(text: str) -> tuple[str, ...]:
    """The words of a clause that carry it, in order.

    >>> content_words("The assistant should say so, and say it plainly.")
    ('assistant', 'should', 'say', 'so', 'say', 'plainly')
    """
    return tuple(word for word in normalised(text).split() if word not in _FILLERS)


def _family(clause: Clause) -> tuple[str, ...]:
    """A text says its norm and its whole scope, so its content words are all that tells clauses apart."""
    return content_words(clause.text)


def _standing(family: list[Draft]) -> tuple[float, float, str]:
    shares = [d.support for d in family if d.support is not None]
    mean = sum(shares) / len(shares) if shares else 0.0
    return (-len({d.assembly for d in family}), -round(mean, 12), min(d.clause.id for d in family))


def _canonical(family: list[Draft], highest: Authority) -> Clause:
    times: dict[str, int] = defaultdict(int)
    for draft in family:
        times[draft.clause.id] += 1
    best = min(times, key=lambda id_: (-times[id_], id_))
    wording = next(d.clause for d in family if d.clause.id == best)
    sources: dict[tuple[str, str, str], ClauseSource] = {}
    for draft in family:
        for source in draft.clause.sources:
            sources.setdefault((source.event, source.stance, source.quote), source)
    others = tuple(sorted({d.clause.id for d in family} - {best}))
    granted = max(wording.authority, highest, key=AUTHORITIES.index)
    return wording.model_copy(update={"sources": tuple(sources.values()), "merged_from": others, "authority": granted})


def _kept(question: str, family: list[Draft], clause: Clause) -> Iterable[LedgerRow]:
    many = len({d.assembly for d in family})
    for draft in family:
        same = draft.clause.id == clause.id
        why = f"proposed by {many} of the assemblies" if same else "the same content words as the clause it is in"
        yield _row(question, draft, "kept" if same else "merged", clause.id, why)


def _row(question: str, draft: Draft, action: str, into: str | None, why: str) -> LedgerRow:
    return LedgerRow.model_validate(
        {
            "question": question,
            "action": action,
            "clause": draft.clause.id,
            "assembly": draft.assembly,
            "event": draft.event,
            "into": into,
            "why": why,
        }
    )


def _share(votes: list[bool] | None) -> float | None:
    return sum(votes) / len(votes) if votes else None
