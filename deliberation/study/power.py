"""How many assemblies of what size a study needs, by formula and by simulation. Spends nothing and writes nothing.

The synthetic public votes on one stock clause for each position, on fresh panels of several sizes. The variance of one
assembly's support is a + b / n: b is chance and taste, a what a panel has in common, its path included, which no size
of panel averages out; a is fitted to what members' minds lead to expect, where the chance of single votes does not
hide it. From there

    standard error   sqrt((a + b/n) / A)
    for a width w    A = (2 z / w)^2 (a + b/n)                  z of the level of the ruling's interval
    for an effect d  A = 2 (1.960 + 0.842)^2 (a + b/n) / d^2    each arm, 5% two-sided, power 80%
    cheapest size    n* = sqrt(b/a c_A/c_m)                     cost c_A an assembly, c_m a member

(the two-stage sampling result of Cochran 1977, ch. 10). The public is a model: plan with it, and do not publish it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from deliberation.assembly.simulate import simulate
from deliberation.errors import ConfigError
from deliberation.models.synthetic.clauses import Ballots
from deliberation.models.synthetic.maps import Array
from deliberation.randomness import key, stream
from deliberation.records.base import Record
from deliberation.records.specification import Meaning
from deliberation.settings import Settings
from deliberation.specification.uncertainty import Evidence
from deliberation.study.operating import Operating
from deliberation.study.truth import fresh_panels, study_of

_STUDIES = 200
_MOST = 5000
_POWER_Z = 1.960 + 0.842


class Size(Record):
    """What panels of one size need.

    `sd`: of one assembly's support, measured; `fitted`: the same by a + b/n. `for_width`: assemblies for an interval of
    the width wanted, by formula; `enough`: as many as it takes in simulated studies, whose rulings' intervals also own
    to not knowing how alike members are, and `width`, their mean width then;
    `for_effect`: assemblies in each of two arms, and `power`, the share of simulated comparisons that find the effect.
    """

    members: int
    sd: float
    fitted: float
    for_width: int
    enough: int
    width: float
    for_effect: int
    power: float


class Power(Record):
    """How many assemblies of what size. `cheapest`: n* where an assembly costs `ratio` times what a member costs.

    `rules`: how every rule and gate does in studies of the settings' own size; empty where nobody asked.
    """

    question: str
    procedure: str
    width: float
    level: float
    effect: float
    panels: int
    a: float
    b: float
    ratio: float
    cheapest: float | None
    sizes: tuple[Size, ...]
    rules: tuple[Operating, ...] = ()


class _Votes(NamedTuple):
    """By assembly and clause, P x C: votes for, votes for and against, and the share expected of members' minds."""

    support: Array
    decided: Array
    expected: Array

    def shares(self) -> Array:
        """Support / decided; an assembly in which nobody decided is left out of a clause as its mean."""
        share = np.where(self.decided > 0, self.support / np.maximum(self.decided, 1.0), np.nan)
        return np.where(np.isnan(share), np.nanmean(share, axis=0), share)


def power_of(
    settings: Settings, *, width: float, effect: float, sizes: Sequence[int], panels: int, ratio: float
) -> Power:
    """Plan a study.

    Args:
        settings: question, procedure, witness, population and model; its own size plays no part.
        width: of the ruling's interval, wanted.
        effect: difference in support between two arms that should be found.
        sizes: members of a panel.
        panels: fresh panels of each size.
        ratio: what an assembly costs beside its members, in members.

    Raises:
        ConfigError: a number is out of range, or panels of a size cannot sit at the procedure's tables.
    """
    _check(width=width, effect=effect, sizes=sizes, panels=panels, ratio=ratio)
    votes = {n: _votes(_sized(settings, n), panels) for n in sizes}
    measured = {n: float(v.shares().var(axis=0, ddof=1).mean()) for n, v in votes.items()}
    minds = {n: float(v.expected.var(axis=0, ddof=1).mean()) for n, v in votes.items()}
    chance = float(np.mean([n * (measured[n] - minds[n]) for n in sizes]))  # of casting a vote, which hides a from b
    a, b = variance_of(minds)
    b += max(0.0, chance)
    level = 2 * settings.rules.confidence - 1
    found = []
    for n in sizes:
        fitted, draw = a + b / n, stream(0, "power", n)
        least = settings.rules.min_assemblies
        for_width = max(least, math.ceil((2 * _z(level) / width) ** 2 * fitted))
        enough, reached = _enough(votes[n], for_width, width, level, draw)
        for_effect = max(2, math.ceil(2 * _POWER_Z**2 * fitted / effect**2))
        found.append(
            Size(
                members=n,
                sd=round(math.sqrt(measured[n]), 4),
                fitted=round(math.sqrt(fitted), 4),
                for_width=for_width,
                enough=enough,
                width=round(reached, 4),
                for_effect=for_effect,
                power=round(_found_share(votes[n].shares(), min(for_effect, _MOST), effect, draw), 3),
            )
        )
    return Power(
        question=settings.question.id,
        procedure=settings.procedure.id,
        width=width,
        level=round(level, 6),
        effect=effect,
        panels=panels,
        a=round(a, 6),
        b=round(b, 6),
        ratio=ratio,
        cheapest=round(math.sqrt(b / a * ratio), 1) if a > 0 else None,
        sizes=tuple(found),
    )


def variance_of(measured: dict[int, float]) -> tuple[float, float]:
    """The two parts of a + b/n, not negative, by least squares on n times the variance, whose errors are alike."""
    from scipy.optimize import nnls

    n = np.array(list(measured), dtype=np.float64)
    found, _ = nnls(np.stack([n, np.ones_like(n)], axis=1), n * np.array(list(measured.values())))
    return float(found[0]), float(found[1])


def _check(*, width: float, effect: float, sizes: Sequence[int], panels: int, ratio: float) -> None:
    for name, value in (("width", width), ("effect", effect)):
        if not 0.0 < value < 1.0:
            raise ConfigError(f"--{name} {value:g}: a share between 0 and 1")
    if panels < 20:
        raise ConfigError(f"--panels {panels}: at least 20")
    if ratio <= 0:
        raise ConfigError(f"--ratio {ratio:g}: more than 0")
    if len(set(sizes)) < 2:
        raise ConfigError(f"--sizes {','.join(map(str, sizes))}: at least two, or a and b cannot be told apart")


def _sized(settings: Settings, members: int) -> Settings:
    if members < 2:
        raise ConfigError(f"--sizes {members}: at least 2 members")
    for phase in settings.procedure.phases:
        if phase.kind == "tables" and phase.tables > members:
            raise ConfigError(f"--sizes {members}: members cannot fill tables={phase.tables} of {phase.name!r}")
    return settings.model_copy(update={"members": members})


def _votes(settings: Settings, panels: int) -> _Votes:
    stock = [(p.id, Meaning(option=p.id, modality="should")) for p in settings.question.positions]
    drawn = list(fresh_panels(settings, panels, name=f"power-{settings.members}"))
    cast = [s.ballots(stock, phase="power") for s in simulate(study_of(settings, seed=key(0, "power")), drawn)]
    return _Votes(
        np.concatenate([c.supports.sum(axis=1) for c in cast]),
        np.concatenate([(1.0 - c.abstains).sum(axis=1) for c in cast]),
        np.concatenate([_expected(c) for c in cast]),
    )


def _expected(cast: Ballots) -> Array:
    decided = 1.0 - cast.abstains
    share: Array = (cast.share * decided).sum(axis=1) / np.maximum(decided.sum(axis=1), 1.0)
    return share


def _enough(votes: _Votes, start: int, width: float, level: float, draw: Generator) -> tuple[int, float]:
    """The fewest assemblies, from the formula's number on, by steps of a tenth, whose intervals are narrow enough."""
    assemblies = min(start, _MOST)
    while True:
        reached = _mean_width(votes, assemblies, level, draw)
        if reached <= width or assemblies >= _MOST:
            return assemblies, reached
        assemblies = min(_MOST, math.ceil(1.1 * assemblies))


def _mean_width(votes: _Votes, assemblies: int, level: float, draw: Generator) -> float:
    """Mean width of ruling intervals over studies drawn from the panels with replacement, and over clauses."""
    widths = []
    for c in range(votes.support.shape[1]):
        evidence = Evidence.of(votes.support[:, c], votes.decided[:, c])
        panels = evidence.assemblies
        counts = draw.multinomial(assemblies, np.full(panels, 1 / panels), size=_STUDIES // votes.support.shape[1])
        widths += [high - low for low, high in (found.interval(level) for found in evidence.resampled(counts))]
    return float(np.mean(widths))


def _found_share(shares: Array, assemblies: int, effect: float, draw: Generator) -> float:
    """How often Welch's test finds a difference of the effect's size between two arms, mean over clauses."""
    from scipy.stats import ttest_ind

    found = []
    for c in range(shares.shape[1]):
        one = shares[draw.integers(len(shares), size=(_STUDIES, assemblies)), c]
        other = shares[draw.integers(len(shares), size=(_STUDIES, assemblies)), c] + effect
        found.append(np.mean(ttest_ind(one, other, axis=1, equal_var=False).pvalue < 0.05))
    return float(np.mean(found))


def _z(level: float) -> float:
    from scipy.stats import norm

    return float(norm.ppf(0.5 + level / 2))
