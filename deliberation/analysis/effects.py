"""By what one arm of an experiment differs from another: estimates, tests and effect sizes on arrays. Reads no run.

A sample is one value an assembly, in one array for each question; arms are compared within questions first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from deliberation.analysis.measures import Array

Sample = Sequence[Array]
"""One value an assembly, an array for each question."""


LEAST = 1e-9
"""An error below this is that of arithmetic; outcomes are shares, ratings from 0 to 1, and the like."""


class Difference(NamedTuple):
    """An estimate, its standard error and the degrees of freedom of that."""

    value: float
    error: float
    df: float

    @property
    def known(self) -> bool:
        """Whether there is an error to judge it by: not with one observation, nor where all are the same."""
        return bool(np.isfinite(self.error) and self.error > LEAST and self.df > 0)

    def interval(self, level: float) -> tuple[float, float]:
        """Student's interval; nan where there is no error to judge by."""
        from scipy.special import stdtrit

        reach = float(stdtrit(self.df, (1.0 + level) / 2.0)) * self.error if self.known else np.nan
        return self.value - reach, self.value + reach

    def p(self) -> float:
        """Two-sided p-value against no difference; nan where there is no error to judge by."""
        return 2.0 * self._beyond(abs(self.value)) if self.known else np.nan

    def p_outside(self, bound: float) -> float:
        """The p-value against a difference of `bound` or more either way: small where both arms do the same.

        The larger of two one-sided tests (Schuirmann 1987). Where it is below alpha the interval of level 1 - 2 alpha
        lies within the bounds.
        """
        return self._beyond(bound - abs(self.value)) if self.known else np.nan

    def _beyond(self, by: float) -> float:
        from scipy.special import stdtr

        return float(stdtr(self.df, -by / self.error))


def difference_here(arm: Sample, control: Sample, *, paired: bool) -> Difference:
    """The mean over questions of the difference, for these very questions: only the assemblies are a sample.

    error^2 = sum_g v_g / G^2, with v_g = s^2 / n of the paired differences, or s_1^2 / n_1 + s_2^2 / n_2 without pairs
    (Welch 1938); degrees of freedom after Satterthwaite (1946). With one question and pairs: the paired t test.

    Args:
        arm: G arrays.
        control: as many; with pairs, of the same assemblies in the same order.
        paired: whether they are pairs.
    """
    parts = [_parts(x, y, paired=paired) for x, y in zip(arm, control, strict=True)]
    value = float(np.mean([np.mean(x) - np.mean(y) for x, y in zip(arm, control, strict=True)]))
    variance, df = (np.array([part for found in parts for part in found[k]]) for k in (0, 1))
    total = variance.sum()
    if not (df > 0).all() or total <= 0:
        return Difference(value, 0.0 if (df > 0).all() else np.nan, 0.0)
    return Difference(value, float(np.sqrt(total)) / len(parts), float(total**2 / (variance**2 / df).sum()))


def _parts(x: Array, y: Array, *, paired: bool) -> tuple[list[float], list[float]]:
    """Variances of means, and the degrees of freedom of each."""
    samples = [x - y] if paired else [x, y]
    variances = [float(s.var(ddof=1) / len(s)) if len(s) > 1 else np.nan for s in samples]
    return variances, [len(s) - 1.0 for s in samples]


def difference_over_questions(arm: Sample, control: Sample) -> Difference:
    """The same mean, for questions like these: each question's difference is one observation, with G - 1 degrees.

    Student's t on the means of few clusters keeps its level where they are of unlike size and variance, if cautiously
    (Donner and Klar 2000, chapter 7; Ibragimov and Mueller 2010).
    """
    found = np.array([np.mean(x) - np.mean(y) for x, y in zip(arm, control, strict=True)])
    number = len(found)
    error = float(found.std(ddof=1) / np.sqrt(number)) if number > 1 else np.nan
    return Difference(float(found.mean()), error, number - 1.0)


def bootstrap(
    arm: Sample, control: Sample, *, paired: bool, draw: Generator, level: float = 0.95, times: int = 1000
) -> tuple[float, float]:
    """A percentile interval that resamples questions, and assemblies within them (Davison and Hinkley 1997, 3.8).

    A check on `difference_over_questions`; with few questions it comes out too narrow.
    """
    number = len(arm)
    # a question drawn twice has its assemblies drawn twice, so each has a mean for every draw of a question
    each = [
        _resampled_means(x, y, paired=paired, draw=draw, times=times * number)
        for x, y in zip(arm, control, strict=True)
    ]
    table = np.array(each).reshape(number, number, times)
    chosen = draw.integers(number, size=(number, times))
    means = table[chosen, np.arange(number)[:, None], np.arange(times)].mean(axis=0)
    low, high = np.quantile(means, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return float(low), float(high)


def _resampled_means(x: Array, y: Array, *, paired: bool, draw: Generator, times: int) -> Array:
    first = draw.integers(len(x), size=(times, len(x)))
    second = first if paired else draw.integers(len(y), size=(times, len(y)))
    found: Array = x[first].mean(axis=1) - y[second].mean(axis=1)
    return found


def hedges_correction(df: float) -> float:
    """What a standardised difference is multiplied by to be unbiased (Hedges 1981, the factor c(m)).

    J(m) = Gamma(m / 2) / (sqrt(m / 2) Gamma((m - 1) / 2)), about 1 - 3 / (4 m - 1).
    """
    from scipy.special import gammaln

    return float(np.exp(gammaln(df / 2.0) - gammaln((df - 1.0) / 2.0)) / np.sqrt(df / 2.0)) if df > 1 else np.nan


def d_z(arm: Sample, control: Sample) -> float:
    """Mean difference over the standard deviation of the differences within questions (Lakens 2013, equation 6)."""
    apart = [x - y for x, y in zip(arm, control, strict=True)]
    return _over(_mean_difference(arm, control), _within(apart))


def hedges_g(arm: Sample, control: Sample, *, paired: bool) -> float:
    """Mean difference in standard deviations of assemblies within questions, corrected for small samples.

    With pairs, over the mean of both arms' standard deviations: g_av (Lakens 2013, equations 10 and 4); without, over
    the pooled one: g_s (equations 1 and 4).
    """
    sizes = [len(x) for x in arm], [len(x) for x in control]
    df = [float(sum(n) - len(n)) for n in sizes]
    first, second = _within(arm), _within(control)
    if paired:
        return _over(_mean_difference(arm, control), (first + second) / 2.0) * hedges_correction(df[0])
    pooled = float(np.sqrt((df[0] * first**2 + df[1] * second**2) / sum(df))) if sum(df) > 0 else np.nan
    return _over(_mean_difference(arm, control), pooled) * hedges_correction(sum(df))


def _mean_difference(arm: Sample, control: Sample) -> float:
    return float(np.mean([np.mean(x) - np.mean(y) for x, y in zip(arm, control, strict=True)]))


def _within(sample: Sample) -> float:
    """Standard deviation about each question's own mean, pooled."""
    df = sum(len(x) - 1 for x in sample)
    return float(np.sqrt(sum(((x - x.mean()) ** 2).sum() for x in sample) / df)) if df > 0 else np.nan


def _over(value: float, spread: float) -> float:
    return value / spread if spread > LEAST else np.nan


def holm(p: ArrayLike) -> Array:
    """P-values of m hypotheses adjusted so that the chance of any false rejection is kept (Holm 1979).

    The i-th smallest becomes max_(j <= i) min(1, (m - j + 1) p_(j)).

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    given = np.asarray(p, dtype=np.float64)
    order = np.argsort(given, kind="stable")
    raised = np.minimum(1.0, (len(given) - np.arange(len(given))) * given[order])
    found = np.empty(len(given))
    found[order] = np.maximum.accumulate(raised)
    return found
