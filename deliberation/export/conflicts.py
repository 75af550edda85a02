"""Pairs of standing clauses that cannot both be followed: by their words, by a contest, or as a clerk judged.

A clerk judges wordings; a clause of the repository is meant where it is one of them, or was merged with one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import product

from deliberation.export.bundle import Provenance
from deliberation.export.state import Conflict, SpecClause, subject


def conflicts(clauses: Iterable[SpecClause], known: Sequence[Provenance] = ()) -> list[Conflict]:
    """Every pair once, with the first reason found: their own words, then what runs brought.

    Args:
        clauses: of the repository.
        known: the runs that it holds.
    """
    active = {c.id: c for c in sorted(clauses, key=lambda c: c.id) if c.standing == "active"}
    found: dict[tuple[str, str], str] = {}
    for first, second, why in (*_by_words(active.values()), *_told(known)):
        pair = (first, second) if first < second else (second, first)
        if first != second and pair[0] in active and pair[1] in active:
            found.setdefault(pair, why)
    return [Conflict(*pair, why) for pair, why in sorted(found.items())]


def _by_words(active: Iterable[SpecClause]) -> Iterator[tuple[str, str, str]]:
    """Clauses of which one asks for what the other forbids."""
    told = [(c, subject(c.text)) for c in active]
    for n, (a, about) in enumerate(told):
        for b, other in told[n + 1 :]:
            if a.question == b.question and about == other and a.norm.endswith("_not") != b.norm.endswith("_not"):
                yield a.id, b.id, "one asks for what the other forbids"


def _told(known: Sequence[Provenance]) -> Iterator[tuple[str, str, str]]:
    """What contests and clerks' judgements say of wordings, and so of all clauses that these were merged with."""
    alike: dict[str, set[str]] = defaultdict(set)
    for clause in (c for run in known for c in run.clauses):
        for wording in clause.merged_from:
            alike[wording].add(clause.id)
            alike[clause.id].add(wording)
    for run in sorted(known, key=lambda run: run.run):
        pairs = [(*c.options, c.why, c.id) for c in run.contests if c.kind == "conflict" and len(c.options) == 2]
        pairs += [(c.clause, c.other, c.why, c.event) for c in run.contradictions]
        for one, other, why, where in pairs:
            for first, second in product(sorted({one, *alike[one]}), sorted({other, *alike[other]})):
                yield first, second, f"{why or 'a clerk judged that both cannot be followed'} ({where}, {run.run})"
