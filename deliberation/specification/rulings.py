"""From ballots to rulings: gates, the configured rule and the others, intervals, groups, dissent.

Adopted if P(mean support >= threshold) >= confidence, rejected if P(mean support < rejection) >= confidence, else
contested; no ruling where too few voted or too few assemblies sat. Support is supporters / (supporters + opponents).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from deliberation.randomness import stream
from deliberation.records.base import new_id
from deliberation.records.specification import Ballot, Clause, Dissent, Ruling, Status
from deliberation.settings import Aggregation
from deliberation.specification.uncertainty import Array, Evidence, Posterior

THRESHOLDS: Mapping[str, float] = {
    "simple_majority": 0.5,
    "three_fifths": 0.6,
    "two_thirds": 2 / 3,
    "three_quarters": 0.75,
}
"""The same rule at other thresholds, for `sensitivity`."""

_REASONS = 5


class _At(NamedTuple):
    """What names a ruling and its draws, and how many could vote."""

    id: str
    seed: int
    seats: int | None


class _Count(NamedTuple):
    support: Array
    decided: Array
    seats: int
    readable: int


def rule(  # noqa: PLR0913  what is counted, by which rules, and what names the result
    clauses: Sequence[Clause],
    ballots: Iterable[Ballot],
    reasons: Mapping[str, str],
    settings: Aggregation,
    *,
    run: str,
    seed: int,
    seats: int | None = None,
) -> list[Ruling]:
    """A ruling for each clause, in the order of the clauses.

    Args:
        clauses: the canonical clauses.
        ballots: all ballots; those on other clauses are passed over.
        reasons: why each opponent opposed, by the event of the vote; a ballot without one is taken at its own words.
        settings: thresholds, gates and bootstrap size.
        run: the run's id, which enters the rulings' ids.
        seed: the study's seed, for the bootstrap.
        seats: of all who could vote; by default as many as there are ballots on a clause.
    """
    by_clause: dict[str, list[Ballot]] = defaultdict(list)
    for ballot in ballots:
        by_clause[ballot.clause].append(ballot)
    return [
        _ruling(clause, by_clause[clause.id], reasons, settings, _At(new_id("r", run, clause.id), seed, seats))
        for clause in clauses
    ]


def status_of(found: Posterior, *, threshold: float, rejection: float, confidence: float) -> Status:
    """The status that a posterior amounts to."""
    if found.at_least(threshold) >= confidence:
        return "adopted"
    if 1.0 - found.at_least(rejection) >= confidence:
        return "rejected"
    return "contested"


def _ruling(
    clause: Clause, ballots: list[Ballot], reasons: Mapping[str, str], settings: Aggregation, at: _At
) -> Ruling:
    count = _count(ballots)
    count = count if at.seats is None else count._replace(seats=at.seats)
    turnout = count.readable / count.seats if count.seats else 0.0
    gate = _gate(count, turnout, settings)
    common = {
        "id": at.id,
        "clause": clause.id,
        "question": clause.question,
        "rule": settings.id,
        "turnout": turnout,
        "groups": _groups(ballots),
        "dissent": _dissent(ballots, reasons),
    }
    if gate is not None or not count.decided.sum():
        why = gate or "insufficient: nobody decided for or against"
        empty: dict[str, object] = {
            "status": "no_ruling",
            "support": None,
            "interval": None,
            "level": None,
            "stability": None,
            "sensitivity": {},
        }
        return Ruling.model_validate({**common, **empty, "why": why})
    return Ruling.model_validate({**common, **_decided(count, ballots, _on(clause, settings), clause.id, at.seed)})


def _decided(count: _Count, ballots: list[Ballot], settings: Aggregation, clause: str, seed: int) -> dict[str, object]:
    """The fields of a ruling on a clause that enough people decided on."""
    evidence = Evidence.of(count.support, count.decided)
    found = evidence.posterior()
    level = 2 * settings.confidence - 1
    low, high = found.interval(level)
    status = _status(found, settings)
    short = _below_the_floor(_groups(ballots), settings) if status == "adopted" else None
    final = status if short is None else settings.incoherent
    return {
        "status": final,
        "support": _rounded(_share([b for b in ballots if b.choice in {"support", "oppose"}])),
        "interval": (_rounded(low), _rounded(high)),
        "level": _rounded(level),
        "stability": _stability(evidence, ballots, final, settings, clause, seed),
        "sensitivity": _sensitivity(found, ballots, settings),
        "why": (
            f"{status if short is None else short}: P(mean support >= {settings.threshold:.3g}) = "
            f"{found.at_least(settings.threshold):.3f} and P(< {settings.rejection:.3g}) = "
            f"{1 - found.at_least(settings.rejection):.3f}, against {settings.confidence:g}, "
            f"from {len(count.support)} assemblies"
        ),
    }


def _on(clause: Clause, settings: Aggregation) -> Aggregation:
    """The rules for one clause: what must or should not be done may have a threshold of its own."""
    if settings.prohibition is None or clause.norm not in {"must_not", "should_not"}:
        return settings
    rejection = min(settings.rejection, settings.prohibition)
    return settings.model_copy(update={"threshold": settings.prohibition, "rejection": rejection})


def _below_the_floor(groups: Mapping[str, float], settings: Aggregation) -> str | None:
    """Which group supports a clause too little for it to stand, if one does."""
    if settings.floor is None:
        return None
    low = min(groups, key=lambda group: (groups[group], group))
    if groups[low] >= settings.floor:
        return None
    return f"incoherent, for support among {low} is {groups[low]:.2f}, below the floor of {settings.floor:g}"


def _status(found: Posterior, settings: Aggregation) -> Status:
    return status_of(found, threshold=settings.threshold, rejection=settings.rejection, confidence=settings.confidence)


def _count(ballots: list[Ballot]) -> _Count:
    by_assembly: dict[str, list[Ballot]] = defaultdict(list)
    for ballot in ballots:
        if ballot.choice in {"support", "oppose"}:
            by_assembly[ballot.assembly].append(ballot)
    cast = [by_assembly[a] for a in sorted(by_assembly)]
    decided = [_effective(found) for found in cast]
    return _Count(
        np.array([n * _share(found) for n, found in zip(decided, cast, strict=True)]),
        np.array(decided),
        len(ballots),
        sum(ballot.choice != "missing" for ballot in ballots),
    )


def _share(cast: Sequence[Ballot]) -> float:
    """Supporters among those who decided, by weight."""
    return sum(b.weight for b in cast if b.choice == "support") / sum(b.weight for b in cast)


def _effective(cast: Sequence[Ballot]) -> float:
    """How many equal votes these are worth: (sum w)^2 / sum w^2 (Kish 1965)."""
    return sum(b.weight for b in cast) ** 2 / sum(b.weight**2 for b in cast)


def _gate(count: _Count, turnout: float, settings: Aggregation) -> str | None:
    if len(count.decided) < settings.min_assemblies:
        return f"insufficient: {len(count.decided)} assemblies decided, {settings.min_assemblies} are needed"
    if turnout < settings.quorum:
        return f"insufficient: turnout {turnout:.2f} is below the quorum of {settings.quorum:g}"
    return None


def _stability(
    evidence: Evidence, ballots: list[Ballot], status: Status, settings: Aggregation, clause: str, seed: int
) -> float | None:
    """1 - the share of resamples of the assemblies (with replacement) in which the status is another."""
    size = evidence.assemblies
    if settings.bootstrap == 0 or size < 2:  # one assembly is the same however often it is drawn
        return None
    draw = stream(seed, "bootstrap", clause)
    counts = draw.multinomial(size, np.full(size, 1 / size), size=settings.bootstrap)
    found = [_status(posterior, settings) for posterior in evidence.resampled(counts)]
    if settings.floor is not None:
        support, decided = _by_group(ballots)  # assemblies x groups
        with np.errstate(invalid="ignore", divide="ignore"):
            least = np.nanmin((counts @ support) / (counts @ decided), axis=1)
        found = [
            settings.incoherent if one == "adopted" and low < settings.floor else one
            for one, low in zip(found, least, strict=True)
        ]
    return _rounded(sum(one == status for one in found) / len(found))


def _by_group(ballots: list[Ballot]) -> tuple[Array, Array]:
    """Weight for, and for and against, by assembly and group, in the order in which assemblies are counted."""
    cast = [b for b in ballots if b.choice in {"support", "oppose"}]
    assemblies = {name: row for row, name in enumerate(sorted({b.assembly for b in cast}))}
    groups = {name: column for column, name in enumerate(sorted({b.group for b in cast}))}
    support, decided = (np.zeros((len(assemblies), len(groups))) for _ in range(2))
    for ballot in cast:
        at = assemblies[ballot.assembly], groups[ballot.group]
        decided[at] += ballot.weight
        support[at] += ballot.weight * (ballot.choice == "support")
    return support, decided


def _sensitivity(found: Posterior, ballots: list[Ballot], settings: Aggregation) -> dict[str, Status]:
    verdicts: dict[str, Status] = {
        name: status_of(found, threshold=tau, rejection=min(settings.rejection, tau), confidence=settings.confidence)
        for name, tau in THRESHOLDS.items()
    }
    groups = _groups(ballots)
    cast = [b for b in ballots if b.choice in {"support", "oppose"}]
    verdicts["pooled_share"] = "adopted" if _share(cast) >= settings.threshold else "rejected"
    verdicts["every_group"] = "adopted" if min(groups.values()) >= 0.5 else "rejected"
    return verdicts


def _groups(ballots: list[Ballot]) -> dict[str, float]:
    cast: dict[str, list[Ballot]] = defaultdict(list)
    for ballot in ballots:
        if ballot.choice in {"support", "oppose"}:
            cast[ballot.group].append(ballot)
    return {group: _rounded(_share(found)) for group, found in sorted(cast.items())}


def _dissent(ballots: list[Ballot], reasons: Mapping[str, str]) -> list[Dissent]:
    readable = [b for b in ballots if b.choice != "missing"]
    by_reason: dict[str, list[Ballot]] = defaultdict(list)
    for ballot in readable:
        if ballot.choice == "oppose":
            by_reason[reasons.get(ballot.event, ballot.reason)].append(ballot)
    ranked = sorted(by_reason.items(), key=lambda kv: (-len(kv[1]), kv[0]))
    return [
        Dissent(
            reason=reason,
            share=_rounded(sum(b.weight for b in found) / sum(b.weight for b in readable)),
            members=tuple(sorted(b.member for b in found)),
            sources=tuple(sorted(b.event for b in found)),
        )
        for reason, found in ranked[:_REASONS]
    ]


def _rounded(share: float) -> float:
    """Six decimals: more are noise, and sums in another order would differ in them."""
    return round(min(1.0, max(0.0, share)), 6)
