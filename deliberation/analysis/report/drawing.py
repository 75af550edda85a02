"""Numbers to the coordinates of drawings, as text fit for SVG attributes. Draws nothing and knows no run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Band(NamedTuple):
    """A stretch of a column: from `top`, `height` long, and where its label stands."""

    top: str
    height: str
    middle: str


class Ribbon(NamedTuple):
    """A flow from one level on the left to one on the right: `path` is an SVG path, `members` how many it carries."""

    source: int
    target: int
    members: int
    path: str


class Alluvial(NamedTuple):
    """Two columns of levels and the ribbons between them."""

    width: int
    height: int
    bar: int
    left: tuple[Band, ...]
    right: tuple[Band, ...]
    ribbons: tuple[Ribbon, ...]


_WIDTH, _HEIGHT, _BAR, _GAP, _LINE = 320, 168, 14, 8, 15


def number(value: float) -> str:
    """A coordinate with two decimals at most.

    >>> number(12.5), number(3.0), number(0.3333)
    ('12.5', '3', '0.33')
    """
    return f"{value:.2f}".rstrip("0").rstrip(".")


def alluvial(flows: Sequence[Sequence[int]]) -> Alluvial:
    """Draw flows between the same levels before and after.

    Args:
        flows: levels x levels, how many went from each level (row) to each (column); the first level is on top.
    """
    total = max(sum(map(sum, flows)), 1)
    unit = (_HEIGHT - _GAP * (len(flows) - 1)) / total
    before = [sum(row) for row in flows]
    after = [sum(row[k] for row in flows) for k in range(len(flows))]
    lefts, rights = _tops(before, unit), _tops(after, unit)
    out, into = list(lefts), list(rights)
    ribbons = []
    for source, row in enumerate(flows):
        for target, count in enumerate(row):
            if count:
                high = count * unit
                ribbons.append(Ribbon(source, target, count, _ribbon(out[source], into[target], high)))
                out[source] += high
                into[target] += high
    return Alluvial(
        _WIDTH, _HEIGHT, _BAR, _bands(lefts, before, unit), _bands(rights, after, unit), tuple(ribbons)
    )  # fmt: skip


def _tops(counts: Sequence[int], unit: float) -> list[float]:
    tops, at = [], 0.0
    for count in counts:
        tops.append(at)
        at += count * unit + _GAP
    return tops


def _bands(tops: Sequence[float], counts: Sequence[int], unit: float) -> tuple[Band, ...]:
    return tuple(
        Band(number(top), number(count * unit), number(middle))
        for top, count, middle in zip(tops, counts, _labels(tops, counts, unit), strict=True)
    )


def _labels(tops: Sequence[float], counts: Sequence[int], unit: float) -> list[float]:
    """Where labels stand: in the middle of their bands, but for those that would lie on one another."""
    middles = [top + count * unit / 2 for top, count in zip(tops, counts, strict=True)]
    below = _HEIGHT - _LINE / 2
    for place in reversed(range(len(middles))):
        if counts[place]:
            middles[place] = min(middles[place], below)
            below = middles[place] - _LINE
    return middles


def _ribbon(left: float, right: float, high: float) -> str:
    start, end = _BAR, _WIDTH - _BAR
    middle = (start + end) / 2
    a, b, c, d = number(left), number(right), number(right + high), number(left + high)
    m = number(middle)
    return f"M{start},{a} C{m},{a} {m},{b} {end},{b} L{end},{c} C{m},{c} {m},{d} {start},{d} Z"
