"""The aggregator: from ballots to rulings, their uncertainty, what would flip them, and who dissents.

How a status is come to stands in `deciding`; here it is put on record, with what a reader needs to doubt it. Reads no
transcript and no truth.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from deliberation.records.base import new_id
from deliberation.records.specification import Ballot, Clause, Code, Contest, Dissent, Quote, Ruling, Status, Tally
from deliberation.settings import Aggregation
from deliberation.specification.counting import Counted, counted
from deliberation.specification.deciding import Decision, decide, tally_of, thresholds_of
from deliberation.specification.scoring import Scored, other_rules, scored, with_votes_on
from deliberation.specification.uncertainty import Evidence, Posterior
from deliberation.specification.votes import Array, by_assembly, by_group

THRESHOLDS: Mapping[str, float] = {
    "simple_majority": 0.5,
    "three_fifths": 0.6,
    "two_thirds": 2 / 3,
    "three_quarters": 0.75,
}
"""The share of supporters at other thresholds, for `sensitivity`."""

_REASONS = 5
_QUOTES = 3


def rule(  # noqa: PLR0913  what is counted, by which rules, and what names the result
    clauses: Sequence[Clause],
    ballots: Iterable[Ballot],
    reasons: Mapping[str, str],
    settings: Aggregation,
    *,
    run: str,
    seed: int,
    seats: int | None = None,
    attributes: Mapping[str, Mapping[str, str]] | None = None,
    contests: Sequence[Contest] = (),
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
        attributes: attributes of the members by name, for groups other than those that the ballots name.
        contests: what panels chose where clauses contradict or wordings differ.
    """
    cast = list(ballots)
    found = counted([c.id for c in clauses], cast, group_by=settings.group_by, attributes=attributes)
    forbids = [c.norm in {"must_not", "should_not"} for c in clauses]
    decisions = decide(found, settings, forbids=forbids, seed=seed, seats=seats)
    if not found.voters:
        return [_silent(c, d, settings, run) for c, d in zip(clauses, decisions, strict=True)]
    decisions = _after_contests(clauses, decisions, contests, settings)
    told = _Told(found, settings, forbids, cast, reasons, seats, decisions)
    return [told.ruling(place, c, d, run) for place, (c, d) in enumerate(zip(clauses, decisions, strict=True))]


def status_of(found: Posterior, *, threshold: float, rejection: float, confidence: float) -> Status:
    """The status that a posterior amounts to, of a clause by itself."""
    if found.at_least(threshold) >= confidence:
        return "adopted"
    if 1.0 - found.at_least(rejection) >= confidence:
        return "rejected"
    return "contested"


def _after_contests(
    clauses: Sequence[Clause], decisions: Sequence[Decision], contests: Sequence[Contest], settings: Aggregation
) -> list[Decision]:
    """Decisions once it is known which of two contradicting clauses panels would rather have.

    Of two that would both be adopted only the one stands that they surely prefer; where that is not sure, neither.
    """
    place = {clause.id: n for n, clause in enumerate(clauses)}
    done = list(decisions)
    adopted = {clause.id for clause, one in zip(clauses, decisions, strict=True) if one.status == "adopted"}
    for contest in contests:
        lost: dict[str, Code] = {}
        rival: dict[str, str] = {}
        first = contest.options[0]
        ruled = first in place and done[place[first]].status != "no_ruling"
        if contest.kind == "wording" and contest.share is not None and contest.stands != first and ruled:
            lost = {first: "wording_tied"}
        elif contest.kind == "conflict" and set(contest.options) <= adopted:
            lost = {id_: "conflict" for id_ in contest.options if id_ != contest.stands}
            rival = dict(zip(contest.options, reversed(contest.options), strict=True))
        adopted -= {id_ for id_, code in lost.items() if code in settings.blocking}  # what fell stops nothing else
        for id_, code in lost.items():
            one = done[place[id_]]
            codes = tuple(dict.fromkeys((code, *one.codes)))
            stopped = one.status == "adopted" and code in settings.blocking
            gate = (
                f"stopped, for it contradicts {rival[id_]}, which would be adopted too"
                if stopped and rival
                else one.gate
            )
            done[place[id_]] = one._replace(codes=codes, status="contested" if stopped else one.status, gate=gate)
    return done


class _Told:
    """What is said of rulings, read from the votes once for all clauses."""

    def __init__(  # noqa: PLR0913, PLR0917  all that a ruling is told from
        self, found: Counted, settings: Aggregation, forbids: Sequence[bool], cast: Sequence[Ballot],
        reasons: Mapping[str, str], seats: int | None, decisions: Sequence[Decision],
    ) -> None:  # fmt: skip
        self._settings, self._reasons = settings, reasons
        self._bars = thresholds_of(settings, forbids)
        ruled = np.array(["insufficient" not in one.codes for one in decisions])
        votes = with_votes_on(found.votes, ruled)
        self._score = scored(votes, settings, self._bars[0])
        self._others = list(other_rules(votes, settings, self._bars[0]))
        self._tallies = tally_of(found.votes)
        self._groups = _groups(found)
        self._worth = by_assembly(found.votes).decided
        self._unseen = 0 if seats is None else max(0, seats - len(found.voters))
        self._against: dict[str, list[Ballot]] = defaultdict(list)
        self._readable: dict[str, float] = defaultdict(float)
        for ballot in cast:
            if ballot.choice == "oppose":
                self._against[ballot.clause].append(ballot)
            if ballot.choice != "missing":
                self._readable[ballot.clause] += ballot.weight

    def ruling(self, place: int, clause: Clause, one: Decision, run: str) -> Ruling:
        """The ruling on the clause at this place."""
        support, oppose, abstain, missing = self._tallies[place]
        common = {
            "id": new_id("r", run, clause.id),
            "clause": clause.id,
            "question": clause.question,
            "status": one.status,
            "rule": self._settings.id,
            "turnout": one.turnout,
            "groups": self._groups[place],
            "dissent": self._dissent(clause.id),
            "codes": one.codes,
            "assemblies": one.assemblies,
            "tally": Tally(support=support, oppose=oppose, abstain=abstain, missing=missing + self._unseen),
        }
        if "insufficient" in one.codes:
            return Ruling.model_validate({**common, **_NOTHING, "why": one.gate})
        return Ruling.model_validate({**common, **self._decided(place, one)})

    def _decided(self, place: int, one: Decision) -> dict[str, object]:
        settings, posterior = self._settings, one.evidence.posterior()
        level = 2 * settings.confidence - 1
        low, high = posterior.interval(level)
        score = float(self._score.score[place])
        below = {"decided": 0.0, "voted": self._tallies[place][2], "seated": sum(self._tallies[place][2:])}
        decided = sum(self._tallies[place][:2]) + below[settings.denominator]
        return {
            "support": _rounded(self._tallies[place][0] / decided),
            "interval": (_rounded(low), _rounded(high)),
            "level": _rounded(level),
            "stability": None if one.stability is None else _rounded(one.stability),
            "sensitivity": self._sensitivity(place, posterior),
            "score": None if np.isnan(score) else round(score, 6),
            "bar": round(float(self._score.bar[place]), 6),
            "reached": _rounded(one.reached),
            "design_effect": self._design_effect(place, one.evidence),
            "scores": {name: round(float(s.score[place]), 6) for name, s in self._others if _known(s, place)},
            "why": self._why(place, one, score),
        }

    def _why(self, place: int, one: Decision, score: float) -> str:
        settings, bar, rejection = self._settings, float(self._bars[0][place]), float(self._bars[1][place])
        told = one.gate or one.status
        since = f"; {', '.join(code.replace('_', ' ') for code in one.codes)}" if one.codes and not one.gate else ""
        if settings.rule == "share":
            chance = (
                f"P(mean support >= {bar:.3g}) = {one.reached:.3f} and P(< {rejection:.3g}) = {one.below:.3f}, "
                f"against {settings.confidence:g}"
            )
        else:
            wanted = float(self._score.bar[place])
            name = settings.rule.replace("_", " ")
            if settings.rule == "group_aware":
                name = f"{name}, {settings.form} over groups of {settings.group_by},"
            chance = (
                f"{name} {score:.3f} against {wanted:.3g}; reached with probability {one.reached:.3f}, against "
                f"{settings.confidence:g}"
            )
        return f"{told}{since}: {chance}, from {one.assemblies} assemblies"

    def _sensitivity(self, place: int, posterior: Posterior) -> dict[str, Status]:
        settings, verdicts = self._settings, dict[str, Status]()
        for name, tau in THRESHOLDS.items():
            rejection = min(settings.rejection, tau)
            verdicts[name] = status_of(posterior, threshold=tau, rejection=rejection, confidence=settings.confidence)
        for name, other in self._others:
            reached: Status = "adopted" if other.reached[place] else "rejected"
            verdicts[name] = reached if _known(other, place) else "no_ruling"
        return verdicts

    def _design_effect(self, place: int, evidence: Evidence) -> float | None:
        """1 + (m - 1) rho, m the mean worth of an assembly's votes (Kish 1965, section 5.4)."""
        worth = self._worth[:, place]
        members = float(worth[worth > 0].mean()) if (worth > 0).any() else 0.0
        return round(1.0 + max(0.0, members - 1.0) * evidence.correlation(), 3) if members else None

    def _dissent(self, clause: str) -> list[Dissent]:
        by_reason: dict[str, list[Ballot]] = defaultdict(list)
        for ballot in self._against[clause]:
            by_reason[self._reasons.get(ballot.event, ballot.reason)].append(ballot)
        weights = {reason: sum(b.weight for b in found) for reason, found in by_reason.items()}
        ranked = sorted(by_reason.items(), key=lambda kv: (-round(weights[kv[0]], 9), kv[0]))
        return [
            Dissent(
                reason=reason,
                share=_rounded(weights[reason] / self._readable[clause]),
                members=tuple(sorted(b.member for b in found)),
                sources=tuple(sorted(b.event for b in found if b.event)),
                quotes=quotes(found),
            )
            for reason, found in ranked[:_REASONS]
        ]


def quotes(ballots: Iterable[Ballot], *, most: int = _QUOTES) -> tuple[Quote, ...]:
    """What voters said of their vote, in their own words: the first few different ones, in the order of the events."""
    said: dict[str, str] = {}
    for ballot in sorted(ballots, key=lambda b: b.event):
        if ballot.reason and ballot.event:
            said.setdefault(ballot.reason, ballot.event)
    return tuple(Quote(event=event, text=text) for text, event in [*said.items()][:most])


_NOTHING: dict[str, object] = {
    "support": None, "interval": None, "level": None, "stability": None, "sensitivity": {},
}  # fmt: skip


def _silent(clause: Clause, one: Decision, settings: Aggregation, run: str) -> Ruling:
    return Ruling.model_validate(
        {
            **_NOTHING, "id": new_id("r", run, clause.id), "clause": clause.id, "question": clause.question,
            "status": "no_ruling", "rule": settings.id, "turnout": 0.0, "groups": {}, "dissent": [],
            "codes": one.codes, "why": one.gate,
        }
    )  # fmt: skip


def _groups(found: Counted) -> list[dict[str, float]]:
    """Support in every declared group, clause by clause: by its name, and of further attributes by `attribute=name`."""
    shares: list[dict[str, float]] = [{} for _ in found.clauses]
    for number, (attribute, grouping) in enumerate(found.groupings.items()):
        told = by_group(found.votes._replace(groups=grouping.labels, group_names=grouping.names))
        for g, name in enumerate(grouping.names):
            key = f"{attribute}={name}" if number else name
            for c in np.flatnonzero(told.decided[g] > 0):
                shares[c][key] = _rounded(told.support[g, c] / told.decided[g, c])
    return shares


def _known(other: Scored, place: int) -> bool:
    return not np.isnan(other.score[place])


def _rounded(share: float | Array) -> float:
    """Six decimals: more are noise, and sums in another order would differ in them."""
    return round(min(1.0, max(0.0, float(share))), 6)
