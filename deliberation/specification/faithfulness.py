"""Whether clauses say what was said, and whether objections to them are on record. Measures; changes no ruling.

An objection is on record where the reports name its reason: the published dissent of the ruling on that clause, or a
sentence against it among the clause's own sources. Every member who opposed a clause counts once, with the objection
that it holds strongest: that to the clause it rated lowest. Opposition without any reason is no objection.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from deliberation.records.events import Entailed, Event
from deliberation.records.specification import Ballot, Clause, Faithfulness, Ruling
from deliberation.specification.counting import NO_GROUP

Points = frozenset[tuple[str, int]]

_UNRATED = 4


class Said(NamedTuple):
    """Who put which considerations forward in an event."""

    speaker: str
    points: Points


def faithfulness(
    clauses: Sequence[Clause],
    rulings: Sequence[Ruling],
    ballots: Iterable[Ballot],
    clerk: Iterable[Event],
    said: Mapping[str, Said],
) -> Faithfulness:
    """Measure it.

    Args:
        clauses: the canonical ones.
        rulings: on them.
        ballots: all.
        clerk: the clerk's record, of which what it judged of sources is read.
        said: by event, of votes and of sources.
    """
    verdicts = {e.clause: e.verdict for e in clerk if isinstance(e, Entailed)}
    counts = Counter(verdicts[c.id] for c in clauses if c.id in verdicts)
    reasoned = (b for b in ballots if b.reason or (b.event in said and said[b.event].points))
    strongest = _strongest(reasoned, [c.id for c in clauses])
    by_id, ruled = {c.id: c for c in clauses}, {r.clause: r for r in rulings}
    covered: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for ballot in strongest:
        there = _on_record(ballot, by_id[ballot.clause], ruled[ballot.clause], said)
        covered[ballot.group].append((ballot.weight, there))
    groups = {name: _share(found) for name, found in sorted(covered.items()) if name not in NO_GROUP}
    return Faithfulness(
        sources=dict(sorted(counts.items())),
        unjudged=len(clauses) - sum(counts.values()),
        quotes=sum(len(c.sources) for c in clauses),
        objectors=len(strongest),
        objections_on_record=_share([one for found in covered.values() for one in found]) if strongest else None,
        by_group=groups,
        minorities_weighted=round(sum(groups.values()) / len(groups), 6) if groups else None,
    )


def _strongest(ballots: Iterable[Ballot], order: Sequence[str]) -> list[Ballot]:
    place = {id_: n for n, id_ in enumerate(order)}
    found: dict[tuple[str, str], Ballot] = {}
    for ballot in ballots:
        if ballot.choice != "oppose" or ballot.clause not in place:
            continue
        who = ballot.assembly, ballot.member
        if who not in found or _strength(ballot, place) < _strength(found[who], place):
            found[who] = ballot
    return [found[who] for who in sorted(found)]


def _strength(ballot: Ballot, place: Mapping[str, int]) -> tuple[int, int]:
    return (ballot.rating or _UNRATED, place[ballot.clause])


def _on_record(ballot: Ballot, clause: Clause, ruling: Ruling, said: Mapping[str, Said]) -> bool:
    published = [dissent for dissent in ruling.dissent if dissent.reason]  # who gave none is on no record
    if any(ballot.event in d.sources if ballot.event else ballot.member in d.members for d in published):
        return True
    own = said[ballot.event].points if ballot.event in said else frozenset()
    against = [said[s.event] for s in clause.sources if s.stance == "against" and s.event in said]
    return any(one.speaker == ballot.member or one.points & own for one in against)


def _share(found: Sequence[tuple[float, bool]]) -> float:
    return round(sum(w for w, yes in found if yes) / sum(w for w, _ in found), 6)
