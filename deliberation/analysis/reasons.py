"""Whether people who agree on reasons agree on what follows: the Deliberative Reason Index, never without its null.

On plain arrays. The index rises with any consensus and is above 0 on noise, so a figure of it means something only
beside the same figure with preferences shuffled over people; what is beyond that is the link between one's reasons and
one's preferences.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deliberation.analysis.measures import Array, adjusted_dri_parts, agreement, dri_parts, pairs
from deliberation.analysis.opinion import LEVEL, reach_of
from deliberation.errors import DataError
from deliberation.randomness import stream
from deliberation.records.base import Record, Share

LEAST = 3
"""People without whom there is no null: of two, every shuffle is as it was."""

_LEAST_TO_LEAVE_ONE_OUT = LEAST + 1
_ROUNDING = 1e-12
_CHUNK = 512

Parts = Callable[[Array, Array], Array]


class ReasonIndex(Record):
    """The Deliberative Reason Index of one group at one time, and what consensus alone would give.

    `plain`: 1 - 2 mean |q - r| (Niemeyer and Veri 2022). `adjusted`: with pairs discounted that agree on next to
    nothing (Veri 2026; `measures.adjusted_dri_of`). `null_`: mean over shuffles of preferences over people. `excess_`:
    the index less its null. `p_`: share of shuffles at least as high, (b + 1) / (m + 1) (Phipson and Smyth 2010).
    `left_out`: people who did not answer everything, or who rated all alike and so have no order to correlate.
    """

    plain: float
    adjusted: float
    null_plain: float
    null_adjusted: float
    excess_plain: float
    excess_adjusted: float
    p_plain: Share
    p_adjusted: Share
    people: int
    left_out: int
    shuffles: int


class Estimate(Record):
    """A figure, its standard error and its interval."""

    value: float
    error: float
    low: float
    high: float


class ReasonChange(Record):
    """Change of the index from one time to another, of the same people.

    The index is of pairs of people, so its error is no mean's: it is the jackknife's, each person left out once with
    all its pairs (Arvesen 1969 for such statistics; somewhat too large, Efron and Stein 1981), and the intervals are
    Student's. They tell what other people drawn from the same public would have given in the same discussion. The
    people talked with each other, so the intervals do not tell what another discussion would give: for that, take the
    group as the unit. `excess_`: change of the index less that of its null, the null being exact here (mean over all
    shuffles) and not over some.
    """

    before: ReasonIndex
    after: ReasonIndex
    plain: Estimate
    adjusted: Estimate
    excess_plain: Estimate
    excess_adjusted: Estimate
    people: int
    level: Share


class _Pairs(NamedTuple):
    """Of every two people, each pair once: agreement on considerations and on preferences."""

    reasons: Array
    preferences: Array
    people: int


def reason_index(
    considerations: Array, preferences: Array, *, seed: int, shuffles: int = 1000
) -> ReasonIndex:  # fmt: skip
    """The index of people's ratings, with its null.

    Columns that nobody answered are dropped, as in deliberr (groups have other numbers of considerations and options);
    people who lack any other answer are left out whole, where deliberr would give no index at all.

    Args:
        considerations: n x K, nan where an answer is missing; on any scale, only their order counts.
        preferences: of the same people, n x P, ratings or ranks.
        seed: of the shuffles.
        shuffles: how many, at least 1.

    Raises:
        DataError: not n people in both, or fewer than three are left.
    """
    kept = answered(considerations, preferences)
    return _index(_sizes(considerations, preferences, kept), kept, seed=seed, shuffles=shuffles)


def reason_change(
    before: tuple[Array, Array], after: tuple[Array, Array], *, seed: int, shuffles: int = 1000, level: float = LEVEL
) -> ReasonChange:
    """How the index changed, of those who answered everything both times.

    Args:
        before: considerations n x K and preferences n x P.
        after: of the same people, in the same order.
        seed: of the shuffles.
        shuffles: how many, at least 1.
        level: of the intervals.

    Raises:
        DataError: not the same number of people in all, or fewer than four are left: without one of three people there
            is no null, and so no error of what is beyond it.
    """
    if len(before[0]) != len(after[0]):
        raise DataError(
            f"{len(before[0])} people before and {len(after[0])} after: the index must be of the same people"
        )
    kept = answered(*before) & answered(*after)
    if kept.sum() < _LEAST_TO_LEAVE_ONE_OUT:
        raise DataError(
            f"{kept.sum()} of {len(kept)} people answered everything both times: its change needs "
            f"{_LEAST_TO_LEAVE_ONE_OUT}"
        )
    found = [_sizes(*stage, kept) for stage in (before, after)]
    first, last = (_index(stage, kept, seed=seed, shuffles=shuffles) for stage in found)
    changes = {}
    for name, parts in _MEASURES.items():
        (v1, n1), (v2, n2) = (_left_out_each(stage, parts) for stage in found)
        changes[name] = _jackknife(v2 - v1, level)
        changes[f"excess_{name}"] = _jackknife((v2 - n2) - (v1 - n1), level)
    return ReasonChange.model_validate(
        {"before": first, "after": last, **changes, "people": found[0].people, "level": level}
    )


def exact_null(considerations: Array, preferences: Array, parts: Parts = dri_parts) -> float:
    """The index's mean over all shuffles of preferences over people, by summation.

    A shuffle takes a pair of people to any pair alike, so the mean is over every pair of people for their reasons and
    every pair for their preferences. Time grows with the fourth power of people: for some hundreds at most.
    """
    kept = answered(considerations, preferences)
    return float(_left_out_each(_sizes(considerations, preferences, kept), parts)[1][0])


_MEASURES: dict[str, Parts] = {"plain": dri_parts, "adjusted": adjusted_dri_parts}


def answered(considerations: Array, preferences: Array) -> NDArray[np.bool_]:
    """Who answered everything that anybody answered, and gave both an order: n, true or false.

    Raises:
        DataError: the tables are not of the same people.
    """
    if considerations.ndim != 2 or preferences.ndim != 2 or len(considerations) != len(preferences):
        raise DataError(f"considerations {considerations.shape} and preferences {preferences.shape}: one row a person")
    kept = np.ones(len(considerations), dtype=np.bool_)
    for table in (considerations, preferences):
        used = _used(table)
        if used.shape[1]:
            kept &= ~np.isnan(used).any(axis=1) & (used != used[:, :1]).any(axis=1)
        else:
            kept[:] = False
    return kept


def _used(table: Array) -> Array:
    found: Array = table[:, ~np.isnan(table).all(axis=0)] if len(table) else table[:, :0]
    return found


def _sizes(considerations: Array, preferences: Array, kept: NDArray[np.bool_]) -> _Pairs:
    people = int(kept.sum())
    if people < LEAST:
        raise DataError(f"{people} of {len(kept)} people answered everything: the index needs {LEAST}")
    reasons, preferred = (pairs(agreement(_used(table)[kept])) for table in (considerations, preferences))
    return _Pairs(reasons, preferred, people)


def _index(of: _Pairs, kept: NDArray[np.bool_], *, seed: int, shuffles: int) -> ReasonIndex:
    if shuffles < 1:
        raise DataError(f"shuffles {shuffles}: at least 1")
    draw, upper = stream(seed, "reason-index"), np.triu_indices(of.people, 1)
    table = np.zeros((of.people, of.people))
    table[upper] = of.preferences
    table += table.T
    null = {name: np.zeros(shuffles) for name in _MEASURES}
    for number in range(shuffles):
        order = draw.permutation(of.people)
        preferred = table[order[upper[0]], order[upper[1]]]
        for name, parts in _MEASURES.items():
            null[name][number] = parts(of.reasons, preferred).mean()
    found: dict[str, float] = {}
    for name, parts in _MEASURES.items():
        value, mean = float(parts(of.reasons, of.preferences).mean()), float(null[name].mean())
        higher = int((null[name] >= value - _ROUNDING).sum())
        found |= {name: value, f"null_{name}": mean, f"excess_{name}": value - mean}
        found[f"p_{name}"] = (higher + 1) / (shuffles + 1)
    counts = {"people": of.people, "left_out": int((~kept).sum()), "shuffles": shuffles}
    return ReasonIndex.model_validate({**found, **counts})


def _left_out_each(of: _Pairs, parts: Parts) -> tuple[Array, Array]:
    """The index and its exact null, of everybody and then with each person left out, both of shape 1 + n.

    Sums over all pairs, less those of the pairs with the person: of rows, of columns, and plus what was taken twice.
    """
    one, other = np.triu_indices(of.people, 1)
    total, rows, columns = len(one), np.zeros(len(one)), np.zeros(len(one))
    for start in range(0, total, _CHUNK):
        block = parts(of.reasons[start : start + _CHUNK, None], of.preferences[None, :])
        rows[start : start + _CHUNK] = block.sum(axis=1)
        columns += block.sum(axis=0)
    own = parts(of.reasons, of.preferences)
    index, null = [own.mean()], [rows.sum() / total**2]
    for person in range(of.people):
        with_it = (one == person) | (other == person)
        left = total - int(with_it.sum())
        twice = parts(of.reasons[with_it, None], of.preferences[None, with_it]).sum()
        index.append((own.sum() - own[with_it].sum()) / left)
        null.append((rows.sum() - rows[with_it].sum() - columns[with_it].sum() + twice) / left**2)
    return np.array(index), np.array(null)


def _jackknife(values: Array, level: float) -> Estimate:
    """From a figure of everybody and those with each person left out (Tukey 1958)."""
    value, left_out = float(values[0]), values[1:]
    n = len(left_out)
    error = float(np.sqrt((n - 1) / n * ((left_out - left_out.mean()) ** 2).sum()))
    reach = float(reach_of(level, n - 1)) * error
    return Estimate(value=value, error=error, low=value - reach, high=value + reach)
