"""Whether the run can be trusted: its figures beside those of people, failures, faithfulness. Judges nobody."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from deliberation.analysis.bands import Placed, placed
from deliberation.analysis.report import links, words
from deliberation.analysis.report.hearing import Heard
from deliberation.records.agenda import Question
from deliberation.records.folder import RunFolder
from deliberation.records.manifest import Content
from deliberation.records.specification import Faithfulness


class Measured(NamedTuple):
    """A figure beside its human band; `low`, `high`, `target` and `at` lie on a scale of 0 to 1000 for drawing.

    `source`: the number of its source among all.
    """

    placed: Placed
    source: int
    low: int
    high: int
    target: int
    at: int


class Figure(NamedTuple):
    """A figure without a human band."""

    name: str
    value: float
    means: str


class Pattern(NamedTuple):
    """Replies that follow a pattern, of all that could have."""

    means: str
    found: int
    of: int


class Failure(NamedTuple):
    """One reply that stayed unreadable."""

    task: str
    where: links.Link
    error: str


class Checks(NamedTuple):
    """All of it. `sources`: of the human figures; `silent`: measures that this run cannot tell."""

    measured: tuple[Measured, ...]
    inside: int
    sources: tuple[str, ...]
    silent: tuple[str, ...]
    figures: tuple[Figure, ...]
    patterns: tuple[Pattern, ...]
    failures: tuple[tuple[str, int], ...]
    failed: tuple[Failure, ...]
    faithfulness: Faithfulness | None


_MOST_FAILED = 20


def checks(folder: RunFolder, content: Content, question: Question, heard: Heard) -> Checks:
    """Read a run's checks."""
    found = placed(folder, question) if heard.opinions else ()
    told = [one for one in found if one.value is not None]
    sources = tuple(dict.fromkeys(one.band.source for one in told))
    return Checks(
        measured=tuple(_measured(one, sources.index(one.band.source) + 1) for one in told),
        inside=sum(bool(one.within) for one in told),
        sources=sources,
        silent=tuple(one.band.label for one in found if one.value is None),
        figures=tuple(
            Figure(words.spaced(name), value, words.FIGURES.get(name, ""))
            for name, value in content.diagnostics.items()
            if value is not None
        ),
        patterns=tuple(
            Pattern(words.PATTERNS.get(name, words.spaced(name)), counts.get("found", 0), counts.get("of", 0))
            for name, counts in content.patterns.items()
        ),
        failures=tuple((content.failures or Counter(one.task for one in heard.failed)).items()),
        failed=tuple(
            Failure(one.task, _where(one.id, one.assembly, heard), one.error) for one in heard.failed[:_MOST_FAILED]
        ),
        faithfulness=folder.faithfulness(),
    )


def _where(event: str, assembly: str, heard: Heard) -> links.Link:
    name = f"assembly {heard.numbers[assembly]}" if assembly in heard.numbers else assembly
    return links.Link(name, links.within(event) if assembly in heard.sittings else None)


def _measured(one: Placed, source: int) -> Measured:
    """On a scale that leaves half the band's width free at either end, or more where the figure lies further out."""
    band, value = one.band, one.value or 0.0
    margin = (band.high - band.low) / 2 or abs(band.target) / 10 or 1.0
    low, high = min(band.low, value) - margin, max(band.high, value) + margin

    def at(x: float) -> int:
        return round(1000 * (x - low) / (high - low))

    return Measured(one, source, at(band.low), at(band.high), at(band.target), at(value))
