"""The clauses of a specification repository, and how rulings change them. Knows neither Markdown nor git.

A reworded clause is a new id that supersedes the one it replaces; a clause that falls keeps its tombstone with the
reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import Field

from deliberation.records.base import Record, Share
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
    """What a run changes: ids by what happens to them."""

    added: tuple[str, ...] = ()
    superseded: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    contested: tuple[str, ...] = ()


def applied(
    before: Mapping[str, SpecClause], clauses: Iterable[Clause], rulings: Iterable[Ruling], *, run: str, simulated: bool
) -> tuple[dict[str, SpecClause], Change]:
    """The clauses after a run's rulings, and the change; the order of the clauses makes no difference.

    Adopted clauses stand; a standing clause of the same norm on the same subject that this run does not uphold is
    superseded by the first of them. Contested clauses are kept as contested. A clause that was standing or contested
    and is now rejected, or was standing and is now contested, is withdrawn. Without a ruling nothing changes.
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
                after[clause.id] = _entry(clause, ruling, "active", tuple(sorted(told)), run, simulated=simulated)
                for id_ in old:
                    after[id_] = before[id_].model_copy(
                        update={
                            "standing": "superseded",
                            "superseded_by": clause.id,
                            "reason": f"reworded as {clause.id}",
                        }
                    )
            case "contested" if standing is None or standing.standing == "contested":
                after[clause.id] = _entry(clause, ruling, "contested", (), run, simulated=simulated)
            case "contested" | "rejected" if _falls(standing, ruling.status, run):
                after[clause.id] = before[clause.id].model_copy(
                    update={"standing": "withdrawn", "reason": f"{ruling.status} in {run}: {ruling.why}"}
                )
            case _:
                pass
    return after, difference(before, after)


def difference(before: Mapping[str, SpecClause], after: Mapping[str, SpecClause]) -> Change:
    """What changed: clauses that stand now and did not, that are superseded or withdrawn now, or newly contested."""
    standing = {id_: clause.standing for id_, clause in before.items()}
    turned = sorted((id_, c.standing) for id_, c in after.items() if standing.get(id_) != c.standing)
    return Change(
        added=tuple(id_ for id_, now in turned if now == "active"),
        superseded=tuple(id_ for id_, now in turned if now == "superseded"),
        withdrawn=tuple(id_ for id_, now in turned if now == "withdrawn"),
        contested=tuple(id_ for id_, now in turned if now == "contested"),
    )


def _falls(standing: SpecClause | None, status: Status, run: str) -> bool:
    if standing is None or standing.run == run:
        return False
    return standing.standing == "active" or (standing.standing == "contested" and status == "rejected")


def conflicts(clauses: Iterable[SpecClause]) -> list[tuple[str, str]]:
    """Pairs of standing clauses on one question that ask for and forbid the same thing."""
    active = sorted((c for c in clauses if c.standing == "active"), key=lambda c: c.id)
    return [
        (a.id, b.id)
        for n, a in enumerate(active)
        for b in active[n + 1 :]
        if a.question == b.question
        and a.norm.endswith("_not") != b.norm.endswith("_not")
        and _subject(a.text) == _subject(b.text)
    ]


_NORM_WORDS = {"must", "should", "may", "not"}


def _subject(text: str) -> tuple[str, ...]:
    """The content words of what a clause is about: without its norm and without its conditions."""
    head = text.split(", provided that ", maxsplit=1)[0]
    return tuple(word for word in content_words(head) if word not in _NORM_WORDS)


def _replaced(before: Mapping[str, SpecClause], clause: Clause, run: str, kept: set[str]) -> set[str]:
    """Standing clauses with the same norm on the same subject in other words, but none that this run upholds."""
    return {
        old.id
        for old in before.values()
        if old.standing == "active"
        and old.id != clause.id
        and old.run != run
        and old.id not in kept
        and old.question == clause.question
        and old.norm == clause.norm
        and _subject(old.text) == _subject(clause.text)
    }


def _entry(
    clause: Clause, ruling: Ruling, standing: Standing, old: tuple[str, ...], run: str, *, simulated: bool
) -> SpecClause:
    return SpecClause(
        id=clause.id,
        question=clause.question,
        standing=standing,
        authority=clause.authority,
        norm=clause.norm,
        text=clause.text,
        applies_when=clause.applies_when,
        exceptions=clause.exceptions,
        rationale=clause.rationale,
        supersedes=tuple(sorted({*clause.supersedes, *old})),
        superseded_by=None,
        ruling=ruling.id,
        run=run,
        support=ruling.support,
        interval=ruling.interval,
        turnout=ruling.turnout,
        stability=ruling.stability,
        dissent=tuple(f"{d.reason} ({d.share:.0%})" for d in ruling.dissent),
        sources=tuple(sorted({source.event for source in clause.sources})),
        simulated=simulated,
        reason=ruling.why,
    )
