"""From counted votes to a status for every clause, with how sure that is and why it is not surer. Arrays only.

Adopted if P(score >= bar) >= confidence, rejected if P(score < rejection) >= confidence, else contested; too few votes
give no ruling. By `share` and `consensus` the probability is a beta-binomial posterior with the assembly as the unit
(`uncertainty`); the other rules have no likelihood, so theirs is the share of resamples of the assemblies, with
replacement (cluster bootstrap: Davison and Hinkley 1997, section 3.8), of the voters where there is but one assembly.
Of clauses each of which is right with P >= confidence, at most 1 - confidence are expected to be wrong (Newton et al.
2004, Biostatistics 5); where the settings want more, 1 - P is taken for a p-value, and as many are accepted as the
procedure of Benjamini and Hochberg (1995) allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deliberation.randomness import stream
from deliberation.records.specification import Code, Status
from deliberation.settings import Aggregation
from deliberation.specification.agreement import benjamini_hochberg
from deliberation.specification.counting import Counted, GroupCounts, as_opposed, by_assembly_and_group
from deliberation.specification.doubts import doubts
from deliberation.specification.scoring import Flags, Scored, scored, with_votes_on
from deliberation.specification.uncertainty import Evidence, Posterior
from deliberation.specification.votes import MISSING, Array, Votes, by_assembly, consensus_less, tallies

_POSTERIOR = {"share", "consensus"}


class Found(NamedTuple):
    """What the votes say, clause by clause; shape m unless said.

    `reached`, `below`: the probability that the bar is reached, and that the score lies below the bar of rejection.
    `again`: statuses in resamples of the assemblies, B x m of (adopted 1, rejected -1, contested 0), before gates by
    group; null where there are none. `evidence`: of the share of support, for intervals and comparison.
    """

    reached: Array
    below: Array
    again: NDArray[np.int64] | None
    counts: NDArray[np.int64]
    evidence: tuple[Evidence, ...]


class Decision(NamedTuple):
    """What is decided of one clause.

    `gate`: why there is no ruling, or what stopped an adoption, in words.
    """

    status: Status
    codes: tuple[Code, ...]
    gate: str | None
    reached: float
    below: float
    stability: float | None
    turnout: float
    assemblies: int
    evidence: Evidence


def thresholds_of(settings: Aggregation, forbids: Sequence[bool]) -> tuple[Array, Array]:
    """The bars of adoption and of rejection for each clause: what must or should not be done may have its own."""
    own = np.array(forbids, dtype=bool) & (settings.prohibition is not None)
    bar = np.where(own, settings.prohibition or 0.0, settings.threshold)
    return bar, np.minimum(bar, settings.rejection)


def decide(
    found: Counted, settings: Aggregation, *, forbids: Sequence[bool], seed: int, seats: int | None = None
) -> list[Decision]:
    """Decide on every clause.

    Args:
        found: the votes.
        settings: the rule and its gates.
        forbids: whether each clause says what must or should not be done.
        seed: of the draws of resamples.
        seats: of all who could vote; by default as many as there are ballots on a clause.
    """
    size = len(found.clauses)
    if not size or not found.voters:
        gone = "insufficient: nobody voted"
        return [
            Decision("no_ruling", ("insufficient",), gone, 0.0, 0.0, None, 0.0, 0, evidence)
            for evidence in _evidence(found.votes)
        ]
    bars = thresholds_of(settings, forbids)
    gates, turnout, decided = _gates(found, settings, seats)
    ruled = np.array([gate is None for gate in gates])
    chances = _chances(found, settings, bars, seed, ruled)
    status = _verdicts(chances.reached[None], chances.below[None], settings, ruled)[0]
    alone = _verdicts(chances.reached[None], chances.below[None], settings, ruled, together=False)[0]
    told = [by_assembly_and_group(found, grouping) for grouping in found.groupings.values()]
    blocked = [_blocked(found, told, c, settings) for c in range(size)]
    stability = _stability(chances, status, told, settings, ruled)
    why = doubts(found, told)
    decisions = []
    for c in range(size):
        steady = None if stability is None or not ruled[c] else float(stability[c])
        word: Status = "no_ruling"
        codes: tuple[Code, ...] = ("insufficient",)
        gate = gates[c]
        if gate is None:
            shaky: tuple[Code, ...] = ("unstable",) if steady is not None and steady < settings.stable else ()
            together = int(status[c]), int(alone[c])
            word, codes, gate = _told(together, (*why[c], *shaky), blocked[c], settings, steady)
        decisions.append(
            Decision(
                word, codes, gate, float(chances.reached[c]), float(chances.below[c]), steady, float(turnout[c]),
                int(decided[c]), chances.evidence[c],
            )
        )  # fmt: skip
    return decisions


_WORDS: dict[int, Status] = {1: "adopted", 0: "contested", -1: "rejected"}


def _told(
    verdict: tuple[int, int], doubted: Sequence[Code], blocked: tuple[Code, str] | None, settings: Aggregation,
    steady: float | None,
) -> tuple[Status, tuple[Code, ...], str | None]:  # fmt: skip
    """Status, codes, and what stopped it: from the verdict (among all, and alone), the doubts, the gates by group."""
    word = _WORDS[verdict[0]]
    if word == "contested":
        return word, ("uncertain" if verdict[0] == verdict[1] else "many_tests", *doubted), None
    if word == "adopted" and blocked is not None:
        return settings.incoherent, (blocked[0], *doubted), blocked[1]
    stopping = [code for code in doubted if code in settings.blocking]
    if word == "adopted" and stopping:
        named = [f"unstable ({steady:.2f}, below {settings.stable:g})" if c == "unstable" else c for c in stopping]
        return "contested", tuple(doubted), f"stopped, for it is {', '.join(named).replace('_', ' ')}"
    return word, tuple(doubted), None


def _gates(
    found: Counted, settings: Aggregation, seats: int | None
) -> tuple[list[str | None], Array, NDArray[np.int64]]:
    """Why there is no ruling, or null; turnout; and in how many assemblies anybody decided: m each."""
    readable = (found.votes.marks != MISSING).sum(axis=0)
    turnout = readable / (len(found.voters) if seats is None else max(1, seats))
    decided = (by_assembly(found.votes).decided > 0).sum(axis=0)
    unrated = (found.votes.ratings > 0).sum(axis=0) == 0
    gates: list[str | None] = []
    for share, assemblies, silent in zip(turnout, decided, unrated, strict=True):
        if assemblies == 0:
            gates.append("insufficient: nobody decided for or against")
        elif silent and settings.rule == "median":
            gates.append("insufficient: nobody rated it")
        elif assemblies < settings.min_assemblies:
            gates.append(f"insufficient: {assemblies} assemblies decided, {settings.min_assemblies} are needed")
        elif share < settings.quorum:
            gates.append(f"insufficient: turnout {share:.2f} is below the quorum of {settings.quorum:g}")
        else:
            gates.append(None)
    return gates, turnout, decided


def _chances(found: Counted, settings: Aggregation, bars: tuple[Array, Array], seed: int, ruled: Flags) -> Found:
    size = len(found.assemblies)
    counts = np.zeros((0, size), dtype=np.int64)
    if settings.bootstrap and size > 1:  # one assembly is the same however often it is drawn
        draw = stream(seed, "bootstrap", *found.assemblies)
        counts = draw.multinomial(size, np.full(size, 1 / size), size=settings.bootstrap)
    evidence = _evidence(_counted_as(found.votes, settings))
    if settings.rule in _POSTERIOR:
        told = evidence if settings.rule == "share" else _consensus(found.votes, settings)
        return _by_posterior(told, bars, counts, settings, evidence, ruled)
    own = with_votes_on(found.votes, ruled)
    return _by_resampling(own, settings, bars, counts, _resamples(found, settings, counts, seed), evidence)


def _by_posterior(
    told: Sequence[Evidence], bars: tuple[Array, Array], counts: NDArray[np.int64], settings: Aggregation,
    evidence: tuple[Evidence, ...], ruled: Flags,
) -> Found:  # fmt: skip
    reached, below = _tails([one.posterior() for one in told], bars)
    again = None
    if len(counts):
        each = [one.resampled(counts) for one in told]
        tails = [_tails(list(row), bars) for row in zip(*each, strict=True)]
        again = _verdicts(np.array([t[0] for t in tails]), np.array([t[1] for t in tails]), settings, ruled)
    return Found(reached, below, again, counts, evidence)


def _resamples(found: Counted, settings: Aggregation, counts: NDArray[np.int64], seed: int) -> Iterator[Array]:
    """Weights of the voters in each resample, of the assemblies or where there is but one of the voters."""
    votes, number = found.votes, len(found.voters)
    if len(counts):
        yield from (votes.weights * row[votes.assemblies] for row in counts)
        return
    draw = stream(seed, "bootstrap-voters", *found.assemblies)
    for _ in range(settings.bootstrap):
        yield votes.weights * draw.multinomial(number, np.full(number, 1 / number))


def _by_resampling(
    votes: Votes, settings: Aggregation, bars: tuple[Array, Array], counts: NDArray[np.int64],
    weights: Iterable[Array], evidence: tuple[Evidence, ...],
) -> Found:  # fmt: skip
    reaches, falls = [], []
    for weight in weights:
        told = scored(votes._replace(weights=weight), settings, bars[0])
        reaches.append(told.reached)
        falls.append(_falls_short(told, settings, bars[1]))
    reached, below = np.mean(reaches, axis=0), np.mean(falls, axis=0)
    again = np.array(reaches).astype(np.int64) - np.array(falls).astype(np.int64)
    return Found(reached, below, again if len(counts) else None, counts, evidence)


def _falls_short(told: Scored, settings: Aggregation, rejection: Array) -> Flags:
    """Below the bar of rejection; rules without one reject what does not reach theirs."""
    if settings.rule == "group_aware":
        return np.asarray(np.nan_to_num(told.score, nan=np.inf) < rejection - 1e-12)
    return ~told.reached & ~np.isnan(told.score)


def _verdicts(
    reached: Array, below: Array, settings: Aggregation, ruled: Flags, *, together: bool = True
) -> NDArray[np.int64]:
    """1 adopted, -1 rejected, 0 neither, from probabilities B x m; those not ruled on count among no tests."""
    level = 1.0 - settings.confidence
    signs = np.zeros(reached.shape, dtype=np.int64)
    for sign, chance in ((-1, below), (1, reached)):
        wrong = 1.0 - chance
        if together and settings.multiplicity == "benjamini_hochberg":
            for row, one in enumerate(wrong):
                passed = np.zeros(len(one), dtype=bool)
                passed[ruled] = benjamini_hochberg(one[ruled], level)
                signs[row, passed] = sign
        else:
            signs[(wrong <= level + 1e-12) & ruled] = sign
    return signs


def _tails(found: Sequence[Posterior], bars: tuple[Array, Array]) -> tuple[Array, Array]:
    high = np.array([one.at_least(bar) for one, bar in zip(found, bars[0], strict=True)])
    low = np.array([1.0 - one.at_least(bar) for one, bar in zip(found, bars[1], strict=True)])
    return high, low


def _counted_as(votes: Votes, settings: Aggregation) -> Votes:
    """The votes as the rule's denominator has it: who did not decide is not for it, where it says so."""
    if settings.denominator == "decided":
        return votes
    return as_opposed(votes, missing=settings.denominator == "seated")


def _evidence(votes: Votes) -> tuple[Evidence, ...]:
    """Of the share of support of each clause."""
    told = by_assembly(votes)
    return tuple(Evidence.of(y, n) for y, n in zip(told.support.T, told.decided.T, strict=True))


def _consensus(votes: Votes, settings: Aggregation) -> tuple[Evidence, ...]:
    """Each assembly reached consensus, or did not: one trial each, none where nobody voted."""
    each = []
    for place in range(int(votes.assemblies.max()) + 1):
        rows = votes.assemblies == place
        here = votes._replace(
            marks=votes.marks[rows], weights=votes.weights[rows], groups=votes.groups[rows],
            assemblies=np.zeros(int(rows.sum()), dtype=np.int64), ratings=votes.ratings[rows],
        )  # fmt: skip
        each.append(consensus_less(here, settings.less))
    share = np.array(each)
    held = (~np.isnan(share)).astype(np.float64)
    return tuple(Evidence.of(np.nan_to_num(share[:, c]), held[:, c]) for c in range(share.shape[1]))


def _blocked(
    found: Counted, told: Sequence[GroupCounts], clause: int, settings: Aggregation
) -> tuple[Code, str] | None:
    """Which group supports a clause too little, or opposes it too much, for it to stand; the first attribute first."""
    for (attribute, grouping), counts in zip(found.groupings.items(), told, strict=True):
        support, decided = counts.support[:, :, clause].sum(axis=0), counts.decided[:, :, clause].sum(axis=0)
        shares = [(s / d, name) for s, d, name in zip(support, decided, grouping.names, strict=True) if d > 0]
        if not shares:
            continue
        least, name = min(shares)
        if settings.floor is not None and least < settings.floor - 1e-12:
            return "below_floor", (
                f"incoherent, for support among {attribute} {name} is {least:.2f}, below the floor of "
                f"{settings.floor:g}"
            )
        if settings.veto is not None and 1.0 - least >= settings.veto - 1e-12:
            return "vetoed", (
                f"incoherent, for {1.0 - least:.2f} of {attribute} {name} oppose it, and {settings.veto:g} is a veto"
            )
    return None


def _stability(
    chances: Found, status: NDArray[np.int64], told: Sequence[GroupCounts], settings: Aggregation, ruled: Flags
) -> Array | None:
    """1 - the share of resamples in which the status is another, floor and veto included; m.

    By rules without a likelihood, of a contested clause the share of resamples that come to what most of them do.
    """
    if chances.again is None or not len(chances.counts):
        return None
    again, own = chances.again.copy(), status.copy()
    least = settings.floor - 1e-12 if settings.floor is not None else -1.0
    if settings.veto is not None:
        least = max(least, 1.0 - settings.veto + 1e-12)
    for counts in told if least >= 0 else ():
        for lost, flags in (
            (again, chances.counts),
            (own[None], np.ones((1, chances.counts.shape[1]), dtype=np.int64)),
        ):
            with np.errstate(invalid="ignore", divide="ignore"):
                share = np.einsum("ba,agc->bgc", flags, counts.support) / np.einsum(
                    "ba,agc->bgc", flags, counts.decided
                )
            short = np.nan_to_num(share, nan=np.inf).min(axis=1, initial=np.inf) < least
            lost[(lost == 1) & short] = 0
    same: Array = (again == own).mean(axis=0)
    if settings.rule not in _POSTERIOR:  # one resample is on a side or the other, and cannot itself be unsure
        larger = np.max([(again == sign).mean(axis=0) for sign in (-1, 0, 1)], axis=0)
        same = np.where(own == 0, larger, same)
    return np.where(ruled, same, np.nan)


def tally_of(votes: Votes) -> list[tuple[float, float, float, float]]:
    """Weight for, against, abstaining and missing, clause by clause."""
    found = tallies(votes)
    return [tuple(map(float, row)) for row in zip(*found, strict=True)]  # type: ignore[misc]  # four of them
