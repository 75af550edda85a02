"""A run's own figures beside what people did when they deliberated. A comparison, and no verdict on the run.

The human figures are means over many polls and mini-publics. One question may lie outside a band without being odd, and
inside it without being human; each band says what differs from a run's polls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from deliberation import assets
from deliberation.analysis import validity
from deliberation.analysis.humans import Stage
from deliberation.analysis.measures import Array, agreement, constancy, dri_of, pairs, single_peakedness
from deliberation.analysis.opinion import consensus, gross_change, homogenisation, net_change, polarisation
from deliberation.analysis.reasons import LEAST, answered, exact_null
from deliberation.errors import DataError
from deliberation.records.agenda import Question
from deliberation.records.base import Record, Slug
from deliberation.records.events import Polled, Weighed
from deliberation.records.files import first_problem
from deliberation.records.folder import RunFolder
from deliberation.records.people import Panel
from deliberation.settings.reading import read_yaml

_MOST_POSITIONS = 8
_LEAST_ALIKE = 6
_ROUNDING = 1e-9  # ratings lie on few levels, so that much stays or is exactly alike


class Band(Record):
    """One human figure and how far from it still counts as near it. `note`: what differs from a run's own."""

    measure: Slug
    label: str
    target: float
    low: float
    high: float
    source: str
    note: str


class Placed(Record):
    """A run's figure beside its band: null where the run cannot tell it, such as for want of a second poll."""

    band: Band
    value: float | None
    within: bool | None


class _Seen(NamedTuple):
    """Ratings on 0..1, n x J, of some people of one assembly."""

    before: Array
    after: Array


_Sheets = dict[str, list[Array]]


def bands() -> dict[str, Band]:
    """All human figures by the name of their measure, in the order in which they are told.

    Raises:
        DataError: an entry is not one, or stands twice; names it.
    """
    path = assets.folder("answers") / "human_bands.yaml"
    plain = read_yaml(path)
    found: dict[str, Band] = {}
    for number, entry in enumerate(plain["bands"]):
        try:
            band = Band.model_validate({**entry, "source": plain["sources"][entry["source"]]})
        except (ValidationError, KeyError) as error:
            problem = first_problem(error) if isinstance(error, ValidationError) else f"no {error}"
            raise DataError(f"{path}: entry {number + 1}: {problem}") from error
        if band.measure in found or not band.low <= band.target <= band.high:
            raise DataError(f"{path}: entry {number + 1}: {band.measure!r} stands twice or lies outside its own band")
        found[band.measure] = band
    return found


_BY_NUMBER = (
    "single_peaked_first", "single_peaked_last", "reasons_first", "reasons_last", "reasons_null_first",
)  # fmt: skip
"""Figures that hang on how many positions there are more than on what people do."""


def placed(folder: RunFolder, question: Question) -> tuple[Placed, ...]:
    """The run's figures beside every band, in the order of `bands`.

    Figures of change are of the members polled twice, `spread_first` of all who were polled, those on considerations of
    members who rated them twice; what a run cannot tell is null. Within: the value lies in the band, its ends included;
    null, where there are fewer than six positions, for single-peakedness, for most orders are so by chance, and for the
    Deliberative Reason Index and its null, which are lower the fewer things are ranked.
    """
    values, few = run_figures(folder, question), len(question.positions) < _LEAST_ALIKE
    found = (place(band, values.get(name)) for name, band in bands().items())
    return tuple(
        one.model_copy(update={"within": None}) if few and one.band.measure in _BY_NUMBER else one for one in found
    )


def place(band: Band, value: float | None) -> Placed:
    """A figure beside its band; nan counts as none."""
    if value is None or not np.isfinite(value):
        return Placed(band=band, value=None, within=None)
    return Placed(band=band, value=round(value, 4), within=band.low <= value <= band.high)


def run_figures(folder: RunFolder, question: Question) -> dict[str, float]:
    """What a run's polls and weighings tell, by the name of the measure; what they cannot tell is left out.

    Reasons and preferences are laid side by side as first rated and as last rated.
    """
    order, reasons = [p.id for p in question.positions], [c.id for c in question.considerations]
    if len(order) < 2:
        return {}
    sheets = [_rated(panel, folder, order, reasons) for panel in folder.panels()]
    first = [own[0] for polled, _ in sheets for own in polled.values() if own]
    found = {"spread_first": validity.spread(np.stack(first))} if len(first) > 1 else {}
    twice = [_first_and_last(polled, list(polled)) for polled, _ in sheets]
    if any(len(one.before) for one in twice):
        seen = [one for one in twice if len(one.before)]
        found |= change_figures([one.before for one in seen], [one.after for one in seen])
    return found | reason_figures(*_stages(sheets), width=1.0)


def change_figures(before: Sequence[Array], after: Sequence[Array]) -> dict[str, float]:
    """The measures of `bands` that ratings before and after can tell, of several assemblies on one question.

    Of those who rated everything both times; nobody did: nothing.

    Args:
        before: ratings on 0..1 by assembly, each n x J, the best rated being the first choice.
        after: of the same people in the same order.
    """
    whole = [~np.isnan(x + y).any(axis=1) for x, y in zip(before, after, strict=True)]
    before, after = (
        [part[kept] for part, kept in zip(parts, whole, strict=True) if kept.any()] for parts in (before, after)
    )
    if not before:
        return {}
    x, y = np.concatenate(before), np.concatenate(after)
    group = np.repeat(np.arange(len(before)), [len(part) for part in before]).tolist()
    found = _public(x, y) | _assemblies(x, y, group)
    sized = [number for number, part in enumerate(before) if len(part) > 1]
    found["own_order_kept"] = float(constancy(x, y).mean())
    found["first_choice_changed"] = validity.flips(x, y)
    for name, part in (("first", before), ("last", after)):
        if sized:
            found[f"agreement_{name}"] = float(np.mean([consensus(part[n]) for n in sized]))
        if sized and x.shape[1] <= _MOST_POSITIONS:
            found[f"single_peaked_{name}"] = float(np.mean([single_peakedness(part[n]) for n in sized]))
    return found


def reason_figures(before: Sequence[Stage], after: Sequence[Stage], *, width: float) -> dict[str, float]:
    """The measures of `bands` that ratings of considerations can tell: means over groups of three people or more.

    Of those who answered everything both times and have an order (`reasons.answered`); no group of three: nothing.

    Args:
        before: considerations and preferences by group, each n x K and n x P.
        after: of the same people in the same order.
        width: from one end of the considerations' scale to the other.
    """
    found = []
    for first, last in zip(before, after, strict=True):
        kept = answered(*first) & answered(*last)
        if kept.sum() >= LEAST:
            (c1, c2), (p1, p2) = (_asked_twice(*both, kept) for both in zip(first, last, strict=True))
            found.append({**_linked("first", c1, p1), **_linked("last", c2, p2), **_considered(c1, c2, width)})
    names = dict.fromkeys(name for one in found for name in one)
    return {name: float(np.mean([one[name] for one in found if name in one])) for name in names}


def _asked_twice(before: Array, after: Array, kept: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Answers of those kept, without what nobody answered at one of the two times."""
    there = ~np.isnan(before[kept] + after[kept]).any(axis=0)
    return before[kept][:, there], after[kept][:, there]


def _linked(when: str, considerations: Array, preferences: Array) -> dict[str, float]:
    reasons, preferred = pairs(agreement(considerations)), pairs(agreement(preferences))
    found = {f"reasons_{when}": dri_of(reasons, preferred), f"reasons_agreement_{when}": float(reasons.mean())}
    found[f"reasons_null_{when}"] = exact_null(considerations, preferences)
    if min(reasons.std(), preferred.std()) > _ROUNDING:
        found[f"reasons_linked_{when}"] = float(np.corrcoef(reasons, preferred)[0, 1])
    return found


def _considered(before: Array, after: Array, width: float) -> dict[str, float]:
    return {
        "reasons_kept": float(constancy(before, after).mean()),
        "reasons_change": float(np.abs(after - before).mean() / width),
        "reasons_spread_falls": float((after.var(axis=0) < before.var(axis=0) - _ROUNDING).mean()),
    }


def _public(x: Array, y: Array) -> dict[str, float]:
    """Of all people together."""
    net = np.abs(net_change(x, y))
    found = {"gross": float(gross_change(x, y).mean()), "net_public": float(net.mean())}
    if len(x) > 1:
        sd1, sd2 = x.std(axis=0, ddof=1), y.std(axis=0, ddof=1)
        varied = sd1 > 0
        if varied.any():
            found["spread_ratio"] = float((sd2 / np.where(varied, sd1, 1.0))[varied].mean())
            found["net_public_sd"] = float((net / np.where(varied, sd1, 1.0))[varied].mean())
    return found


def _assemblies(x: Array, y: Array, group: list[int]) -> dict[str, float]:
    """Of each assembly and position, then the mean over them."""
    fall, away = homogenisation(x, y, group), polarisation(x, y, group, middle=0.5)
    means = np.stack([net_change(x[np.array(group) == g], y[np.array(group) == g]) for g in sorted(set(group))])
    there = ~np.isnan(fall)
    found = {
        "net_assembly": float(np.abs(means).mean()),
        "polarisation": float(away.mean()),
        "polarises": float((away > _ROUNDING).mean()),
    }
    if there.any():
        found |= {"homogenisation": float(fall[there].mean()), "spread_falls": float((fall[there] > _ROUNDING).mean())}
    if there.sum() > 2 and min(fall[there].std(), away[there].std()) > _ROUNDING:
        found["spread_and_movement"] = float(np.corrcoef(fall[there], away[there])[0, 1])
    return found


def _rated(panel: Panel, folder: RunFolder, order: list[str], reasons: list[str]) -> tuple[_Sheets, _Sheets]:
    """What each member of one assembly rated, on 0..1 and one after another: positions and considerations."""
    polled: _Sheets = {person.id: [] for person in panel.members}
    weighed: _Sheets = {person.id: [] for person in panel.members}
    for event in folder.events(panel.assembly):
        if isinstance(event, Polled) and event.speaker in polled:
            polled[event.speaker].append(_scaled(event.ratings, order))
        elif isinstance(event, Weighed) and event.speaker in weighed:
            weighed[event.speaker].append(_scaled(event.ratings, reasons))
    return polled, weighed


def _scaled(ratings: Mapping[str, int], order: Sequence[str]) -> Array:
    return (np.array([ratings.get(name, np.nan) for name in order], dtype=np.float64) - 1.0) / 6.0


def _first_and_last(sheets: _Sheets, members: Sequence[str]) -> _Seen:
    """Of those of these members who rated twice."""
    again = [sheets[name] for name in members if len(sheets[name]) > 1]
    return _Seen(np.array([own[0] for own in again]), np.array([own[-1] for own in again]))


def _stages(sheets: Sequence[tuple[_Sheets, _Sheets]]) -> tuple[list[Stage], list[Stage]]:
    """Considerations and preferences first and last, by assembly, of those who rated both twice."""
    before, after = [], []
    for polled, weighed in sheets:
        members = [name for name in polled if min(len(polled[name]), len(weighed[name])) > 1]
        if members:
            reasons, preferred = _first_and_last(weighed, members), _first_and_last(polled, members)
            before.append(Stage(reasons.before, preferred.before))
            after.append(Stage(reasons.after, preferred.after))
    return before, after
