"""Merge the clauses of all assemblies into one canonical list, with a ledger row for every step.

Two drafts are one if they have the same content words, norm and scope among them, in the same order, or if the clerk
judged that they demand the same. Likeness of words only proposes what is judged, for it sets a clause beside its own
contradiction. A function of drafts and findings: it asks nobody, and reads no truth.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from deliberation.models.tasks import Paper
from deliberation.records.base import normalised
from deliberation.records.events import Divided, Entailed, Event, Related
from deliberation.records.specification import (
    AUTHORITIES,
    Authority,
    Clause,
    ClauseSource,
    Contest,
    LedgerRow,
    Meaning,
    Relation,
)
from deliberation.settings import Distillation
from deliberation.specification.contests import contest_of
from deliberation.specification.drafts import Draft

T = TypeVar("T", int, str)

_FILLERS = frozenset(["a", "an", "the", "of", "to", "that", "and", "it", "its", "their", "as", "is", "be"])
_NEGATIONS = frozenset(["not", "never"])


class Family(NamedTuple):
    """Drafts that are one clause. `wordings`: their different wordings, as clauses, the most used first."""

    drafts: tuple[Draft, ...]
    wordings: tuple[Clause, ...]

    @property
    def id(self) -> str:
        """That of its most used wording."""
        return self.wordings[0].id

    @property
    def standing(self) -> tuple[float, float, str]:
        """Sorts before others if more assemblies proposed it, then if it was better supported there, then by id."""
        shares = [d.support for d in self.drafts if d.support is not None]
        mean = sum(shares) / len(shares) if shares else 0.0
        return (-len({d.assembly for d in self.drafts}), -round(mean, 12), min(d.clause.id for d in self.drafts))


class Findings(NamedTuple):
    """What the clerk judged of clauses. `related`: by two clauses, in the order of their ids."""

    divided: Mapping[str, tuple[Clause, ...]]
    related: Mapping[tuple[str, str], Related]
    entailed: Mapping[str, Entailed]

    @classmethod
    def of(cls, events: Iterable[Event]) -> Findings:
        """From the clerk's record."""
        divided: dict[str, tuple[Clause, ...]] = {}
        related: dict[tuple[str, str], Related] = {}
        entailed: dict[str, Entailed] = {}
        for event in events:
            if isinstance(event, Divided):
                divided[event.clause] = event.parts
            elif isinstance(event, Related):
                related[_two(event.clause, event.other)] = event
            elif isinstance(event, Entailed):
                entailed[event.clause] = event
        return cls(divided, related, entailed)


NOTHING_FOUND = Findings({}, {}, {})
PLAIN = Distillation(id="words", judged=False)
"""By words alone."""


class Distilled(NamedTuple):
    """The canonical clauses, what they mean where all drafters agree, and how they came about.

    `contests`: clauses of which only one can stand, for the panels to choose; `wordings`: the clauses among them that
    are not canonical.
    """

    clauses: tuple[Clause, ...]
    meanings: dict[str, Meaning | None]
    ledger: tuple[LedgerRow, ...]
    contests: tuple[Contest, ...] = ()
    wordings: tuple[Clause, ...] = ()

    @property
    def papers(self) -> list[Paper]:
        """The clauses as they are put to the vote."""
        return [Paper(clause, self.meanings[clause.id]) for clause in self.clauses]


def distil(  # noqa: PLR0913  two are given, the others say how
    question: str,
    drafts: Iterable[Draft],
    *,
    limit: int,
    authority: Authority = "root",
    merge: bool = True,
    findings: Findings = NOTHING_FOUND,
    how: Distillation = PLAIN,
) -> Distilled:
    """Make at most `limit` clauses of drafts: those proposed by most assemblies, then those best supported there.

    Args:
        question: the question's id.
        drafts: of all assemblies, in the order of the assemblies.
        limit: the most clauses to keep.
        authority: the highest that a clause may have; drafters that claimed more are held to it.
        merge: whether drafts of the same content words or judged the same are one; else those of the very same wording.
        findings: what the clerk judged of them.
        how: what becomes of clauses that their sources do not bear out, and how much is put to the panels.
    """
    given = list(drafts)
    ledger = [_row(question, d, "dropped", None, d.gone) for d in given if d.gone is not None]
    whole = undivided(given, findings)
    ledger += [row for d in given if d.gone is None for row in _split(question, d, findings)]
    families = families_of(whole, merge=merge)
    if merge:
        families = merged(families, findings)
    clauses, meanings = list[Clause](), dict[str, Meaning | None]()
    kept: list[Family] = []
    for family in families:
        why = _unsupported(family, findings) if how.unsupported == "dropped" else None
        if why is None and len(kept) == limit:
            why = f"beyond the {limit} clauses proposed most widely"
        if why is not None:
            ledger += [_row(question, d, "dropped", None, why) for d in family.drafts]
            continue
        clause = _canonical(family, authority)
        kept.append(family)
        clauses.append(clause)
        meanings[clause.id] = _meaning(family)
        ledger += _kept(question, family, clause, findings)
    ledger.sort(key=lambda row: (row.assembly, row.event, row.clause, row.into or ""))
    contests = (*_wordings(question, kept, how), *_conflicts(question, kept, findings))
    listed = {c.id for c in clauses}
    others = {w.id: w for family in kept for w in family.wordings if w.id not in listed}
    wanted = {id_ for contest in contests for id_ in contest.options}
    shown = tuple(others[id_] for id_ in sorted(others) if id_ in wanted)
    return Distilled(tuple(clauses), meanings, tuple(ledger), contests, shown)


def undivided(drafts: Iterable[Draft], findings: Findings) -> list[Draft]:
    """Drafts that stand, with those that say several things replaced by their parts."""
    found = []
    for draft in drafts:
        if draft.gone is not None:
            continue
        parts = findings.divided.get(draft.clause.id, ())
        found += [
            draft._replace(clause=part, meaning=None, support=None, part_of=draft.clause.id) for part in parts
        ] or [draft]  # fmt: skip
    return found


def families_of(drafts: Iterable[Draft], *, merge: bool = True) -> list[Family]:
    """Drafts of the same content words, or of the same wording, the highest standing first."""
    found: dict[tuple[str, ...], list[Draft]] = defaultdict(list)
    for draft in drafts:
        found[content_words(draft.clause.text) if merge else (draft.clause.id,)].append(draft)
    return sorted((_family(one) for one in found.values()), key=lambda family: family.standing)


def merged(families: Sequence[Family], findings: Findings) -> list[Family]:
    """Families made one where the clerk judged that they demand the same, the highest standing first.

    Two groups stay apart where any two of their wordings were judged otherwise, or where they differ by a negation
    alone, whatever was judged: a chain of small steps must not lead from a clause to its contrary.
    """
    groups = {place: [place] for place in range(len(families))}
    of = list(groups)  # the group that each family is in, named by its first
    for a, b in _judged_so(families, findings, "same"):
        one, two = sorted((of[a], of[b]))
        if one != two and all(
            _may_be_one(families[f], families[g], findings) for f in groups[one] for g in groups[two]
        ):
            for place in groups[two]:
                of[place] = one
            groups[one] += groups.pop(two)
    whole = (_family([d for place in sorted(group) for d in families[place].drafts]) for group in groups.values())
    return sorted(whole, key=lambda family: family.standing)


def _judged_so(families: Sequence[Family], findings: Findings, relation: Relation) -> list[tuple[int, int]]:
    """Places of families of which two wordings were judged to stand in a relation, the highest standing first."""
    place = {wording.id: at for at, family in enumerate(families) for wording in family.wordings}
    pairs = {
        _two(place[a], place[b])
        for (a, b), event in findings.related.items()
        if event.relation == relation and a in place and b in place and place[a] != place[b]
    }
    return sorted(pairs)


def relation_of(one: Family, other: Family, findings: Findings) -> Related | None:
    """What the clerk judged of any two wordings of two families; a contradiction before anything else."""
    judged = [
        found
        for a in one.wordings
        for b in other.wordings
        if (found := findings.related.get(_two(a.id, b.id))) is not None
    ]
    return min(judged, key=lambda event: (_WEIGHT[event.relation], event.id), default=None)


_WEIGHT: dict[Relation, int] = {"contradicts": 0, "different": 1, "narrower": 2, "broader": 2, "same": 3}


def content_words(text: str) -> tuple[str, ...]:
    """The words of a clause that carry it, in order.

    >>> content_words("The assistant should say so, and say it plainly.")
    ('assistant', 'should', 'say', 'so', 'say', 'plainly')
    """
    return tuple(word for word in normalised(text).split() if word not in _FILLERS)


def _family(drafts: Sequence[Draft]) -> Family:
    times = Counter(d.clause.id for d in drafts)
    wording = {d.clause.id: d.clause for d in reversed(drafts)}
    order = sorted(times, key=lambda id_: (-times[id_], id_))
    return Family(tuple(drafts), tuple(wording[id_] for id_ in order))


def _may_be_one(one: Family, other: Family, findings: Findings) -> bool:
    judged = relation_of(one, other, findings)
    if judged is not None and judged.relation != "same":
        return False
    return not any(_negates(a.text, b.text) for a in one.wordings for b in other.wordings)


def _negates(one: str, other: str) -> bool:
    """Whether two texts have the same content words but for a negation that only one has."""
    a, b = Counter(content_words(one)), Counter(content_words(other))
    differing = set((a - b) + (b - a))
    return bool(differing) and differing <= _NEGATIONS


def _unsupported(family: Family, findings: Findings) -> str | None:
    judged = findings.entailed.get(family.id)
    if judged is None or judged.verdict not in {"not_entailed", "contradicted"}:
        return None
    return f"its sources do not bear it out ({judged.verdict.replace('_', ' ')}): {judged.text}".rstrip(": ")


def _canonical(family: Family, highest: Authority) -> Clause:
    wording = family.wordings[0]
    sources: dict[tuple[str, str, str], ClauseSource] = {}
    for draft in family.drafts:
        for source in draft.clause.sources:
            sources.setdefault((source.event, source.stance, source.quote), source)
    others = {w.id for w in family.wordings[1:]} | {d.part_of for d in family.drafts if d.part_of is not None}
    granted = max(wording.authority, highest, key=AUTHORITIES.index)
    return wording.model_copy(
        update={"sources": tuple(sources.values()), "merged_from": tuple(sorted(others)), "authority": granted}
    )


def _meaning(family: Family) -> Meaning | None:
    """What all drafters say that it means; null where they differ or one does not say. Conditions have no order."""
    said = {
        None if d.meaning is None else d.meaning.model_copy(update={"conditions": tuple(sorted(d.meaning.conditions))})
        for d in family.drafts
    }
    return next(iter(said)) if len(said) == 1 else None


def _split(question: str, draft: Draft, findings: Findings) -> Iterator[LedgerRow]:
    for part in findings.divided.get(draft.clause.id, ()):
        yield _row(question, draft, "split", part.id, "the clerk judged that it says several things, this one of them")


def _kept(question: str, family: Family, clause: Clause, findings: Findings) -> Iterator[LedgerRow]:
    many = len({d.assembly for d in family.drafts})
    own = content_words(clause.text)
    for draft in family.drafts:
        if draft.clause.id == clause.id:
            yield _row(question, draft, "kept", clause.id, f"proposed by {many} of the assemblies")
        elif content_words(draft.clause.text) == own:
            yield _row(question, draft, "merged", clause.id, "the same content words as the clause it is in")
        else:
            yield _row(question, draft, "merged", clause.id, _judged(draft.clause, family, findings))


def _judged(clause: Clause, family: Family, findings: Findings) -> str:
    """By which judgement a wording came into its family: that beside the canonical wording, if there is one."""
    for other in family.wordings:
        found = findings.related.get(_two(clause.id, other.id))
        if found is not None and found.relation == "same":
            return f"the clerk judged that it demands the same as {other.id} ({found.id})"
    return "the same content words as a wording that the clerk judged to demand the same"


def _wordings(question: str, kept: Iterable[Family], how: Distillation) -> Iterator[Contest]:
    for family in kept:
        different: dict[tuple[str, ...], str] = {}
        for wording in family.wordings:
            different.setdefault(content_words(wording.text), wording.id)
        if len(different) > 1:
            options = [*different.values()][: how.wordings]
            yield contest_of("wording", options, question, "the clerk judged that they demand the same")


def _conflicts(question: str, kept: Sequence[Family], findings: Findings) -> Iterator[Contest]:
    for a, b in _judged_so(kept, findings, "contradicts"):
        judged = relation_of(kept[a], kept[b], findings)
        assert judged is not None  # noqa: S101  two of their wordings were judged
        why = judged.text or "the clerk judged that one cannot follow both"
        yield contest_of("conflict", [kept[a].id, kept[b].id], question, f"{why} ({judged.id})")


def _row(question: str, draft: Draft, action: str, into: str | None, why: str | None) -> LedgerRow:
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


def _two(one: T, other: T) -> tuple[T, T]:
    return (one, other) if one <= other else (other, one)
