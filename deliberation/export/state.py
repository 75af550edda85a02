"""The clauses of a specification repository, and how rulings change them. Knows neither Markdown nor git.

A reworded clause is a new id that supersedes the one it replaces; a clause that falls keeps its tombstone with the
reason; a clause that is ruled on again with the same result stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from pydantic import Field

from deliberation.records.base import Record, Share, plain
from deliberation.records.specification import Authority, Clause, Norm, Ruling, Status
from deliberation.specification.distil import content_words

Standing = Literal["active", "contested", "superseded", "withdrawn"]


class SpecClause(Record):
    """`clauses/<id>.yaml`: a clause, how it stands, and what it rests on."""

    id: str = Field(pattern=r"^c-")
    question: str
    standing: Standing
    authority: Authority
    norm: Norm
    text: str
    applies_when: tuple[str, ...]
    exceptions: tuple[str, ...]
    rationale: str
    supersedes: tuple[str, ...]
    superseded_by: str | None
    ruling: str
    run: str
    support: Share | None
    interval: tuple[Share, Share] | None
    turnout: Share
    stability: Share | None
    dissent: tuple[str, ...]
    sources: tuple[str, ...]
    simulated: bool
    reason: str


class Change(Record):
    """What a run changes: ids by what happens to them. `amended`: stands as before, on other figures or words."""

    added: tuple[str, ...] = ()
    amended: tuple[str, ...] = ()
    superseded: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    contested: tuple[str, ...] = ()


class Conflict(NamedTuple):
    """Two standing clauses, in the order of their ids, and why they are held to conflict."""

    first: str
    second: str
    why: str


def applied(
    before: Mapping[str, SpecClause], clauses: Iterable[Clause], rulings: Iterable[Ruling], *, run: str, simulated: bool
) -> tuple[dict[str, SpecClause], Change]:
    """The clauses after a run's rulings, and the change; the order of the clauses makes no difference.

    Adopted clauses stand; a standing clause of the same norm on the same subject, or one that was judged to say the
    same, is superseded by the first of them unless this run upholds it. Contested clauses are kept as contested. A
    clause that was standing or contested and is now rejected, or was standing and is now contested, is withdrawn, and
    so is one that only an earlier record of this run stood behind. Without a ruling nothing else changes.
    """
    after = dict(before)
    ruled = {ruling.clause: ruling for ruling in rulings}
    known = sorted((c for c in clauses if c.id in ruled), key=lambda c: c.id)
    kept = {c.id for c in known if ruled[c.id].status == "adopted"}
    for clause in known:
        ruling, standing = ruled[clause.id], before.get(clause.id)
        match ruling.status:
            case "adopted":
                old = {id_ for id_ in _replaced(before, clause, run, kept) if after[id_].standing == "active"}
                told = old | (set(standing.supersedes) - kept if standing else set())
                entry = _entry(clause, ruling, "active", tuple(sorted(told)), run, simulated=simulated)
                after[clause.id] = _upheld(standing, entry)
                for id_ in old:
                    after[id_] = _fallen(before[id_], "superseded", f"reworded as {clause.id}", by=clause.id)
            case "contested" if standing is None or standing.standing == "contested":
                entry = _entry(clause, ruling, "contested", (), run, simulated=simulated)
                after[clause.id] = _upheld(standing, entry)
            case "contested" | "rejected" if standing is not None and _falls(standing, ruling.status):
                after[clause.id] = _fallen(standing, "withdrawn", f"{ruling.status} in {run}: {ruling.why}")
            case _:
                pass
    stood = {id_ for id_, ruling in ruled.items() if ruling.status != "no_ruling"}
    for id_, old_ in before.items():
        if old_.run == run and id_ not in stood and after[id_].standing in {"active", "contested"}:
            after[id_] = _fallen(old_, "withdrawn", f"no longer ruled on in {run}")
    return after, difference(before, after)


def difference(before: Mapping[str, SpecClause], after: Mapping[str, SpecClause]) -> Change:
    """What changed: clauses that stand now and did not, that are superseded or withdrawn now, or newly contested.

    And those that stand or are contested as before but are not the same in substance.
    """
    standing = {id_: clause.standing for id_, clause in before.items()}
    turned = sorted((id_, c.standing) for id_, c in after.items() if standing.get(id_) != c.standing)
    other = (id_ for id_, c in after.items() if standing.get(id_) == c.standing and not same(before[id_], c))
    return Change(
        added=tuple(id_ for id_, now in turned if now == "active"),
        amended=tuple(sorted(other)),
        superseded=tuple(id_ for id_, now in turned if now == "superseded"),
        withdrawn=tuple(id_ for id_, now in turned if now == "withdrawn"),
        contested=tuple(id_ for id_, now in turned if now == "contested"),
    )


def same(one: SpecClause, other: SpecClause) -> bool:
    """Whether two states of a clause differ in nothing but the names of the run and of the ruling."""
    return one.model_copy(update={"run": other.run, "ruling": other.ruling}) == other


def told_dissent(ruling: Ruling) -> tuple[str, ...]:
    """Reasons against a clause, each with its share, as they stand in a clause file."""
    return tuple(f"{plain(d.reason)} ({d.share:.0%})" for d in ruling.dissent)


def _upheld(standing: SpecClause | None, entry: SpecClause) -> SpecClause:
    return standing if standing is not None and same(standing, entry) else entry


def _fallen(clause: SpecClause, standing: Standing, reason: str, *, by: str | None = None) -> SpecClause:
    update = {"standing": standing, "reason": plain(reason), "superseded_by": by or clause.superseded_by}
    return clause.model_copy(update=update)


def _falls(standing: SpecClause, status: Status) -> bool:
    return standing.standing == "active" or (standing.standing == "contested" and status == "rejected")


_NORM_WORDS = {"must", "should", "may", "not"}


def subject(text: str) -> tuple[str, ...]:
    """The content words of what a clause is about: without its norm and without its conditions.

    >>> subject("The assistant should not rest, provided that it is night.") == subject("The assistant must rest.")
    True
    """
    head = text.split(", provided that ", maxsplit=1)[0]
    return tuple(word for word in content_words(head) if word not in _NORM_WORDS)


def _replaced(before: Mapping[str, SpecClause], clause: Clause, run: str, kept: set[str]) -> set[str]:
    """Standing clauses that this one says in other words, but none that this run upholds.

    They have the same norm on the same subject, or were merged into this one in its distillation.
    """
    return {
        old.id
        for old in before.values()
        if old.standing == "active"
        and old.id != clause.id
        and old.run != run
        and old.id not in kept
        and old.question == clause.question
        and (old.id in clause.merged_from or _worded_anew(old, clause))
    }


def _worded_anew(old: SpecClause, clause: Clause) -> bool:
    return old.norm == clause.norm and subject(old.text) == subject(clause.text)


def _entry(
    clause: Clause, ruling: Ruling, standing: Standing, old: tuple[str, ...], run: str, *, simulated: bool
) -> SpecClause:
    return SpecClause(
        id=clause.id,
        question=clause.question,
        standing=standing,
        authority=clause.authority,
        norm=clause.norm,
        text=plain(clause.text),
        applies_when=tuple(map(plain, clause.applies_when)),
        exceptions=tuple(map(plain, clause.exceptions)),
        rationale=plain(clause.rationale),
        supersedes=tuple(sorted({*clause.supersedes, *old})),
        superseded_by=None,
        ruling=ruling.id,
        run=run,
        support=ruling.support,
        interval=ruling.interval,
        turnout=ruling.turnout,
        stability=ruling.stability,
        dissent=told_dissent(ruling),
        sources=tuple(sorted({source.event for source in clause.sources})),
        simulated=simulated,
        reason=plain(ruling.why),
    )
