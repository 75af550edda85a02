"""What a synthetic public would say: its planted will on each position and clause, by simulation on fresh panels.

Written after the rulings and read by no stage. The fresh panels are drawn from the same population under the same
quotas and walk the same procedure, but they are the same for every seed, so that studies can be compared by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deliberation.assembly.simulate import Sitting, Study, chunk_of, simulate
from deliberation.models.synthetic.clauses import utilities, votes
from deliberation.models.synthetic.maps import Array, sigma
from deliberation.models.synthetic.minds import Minds
from deliberation.people.sortition import Draw
from deliberation.randomness import key
from deliberation.records.people import Panel
from deliberation.records.specification import Meaning
from deliberation.records.truth import Truth, Will
from deliberation.settings import Settings

_ALIKE = 8
_ROOM = 4
_FROM_ONE_POOL = 400


class _Level(NamedTuple):
    """Approval by one state of mind: what is approved and what is decided, P x n x things; their ratio is the will.

    Both are weighted as the votes of those who sit are, such as those of a parliament's parties.
    """

    approved: Array
    decided: Array


def planted(settings: Settings, clauses: Mapping[str, Meaning | None]) -> list[Truth]:
    """The planted will on all positions and clauses.

    Args:
        settings: the study; `settings.truth` says how many fresh panels.
        clauses: what each canonical clause means; null where its drafters disagree.

    Raises:
        QuotaError: fresh panels cannot be drawn.
    """
    panels = list(fresh_panels(settings, settings.truth))
    told = {id_: meaning for id_, meaning in clauses.items() if meaning is not None}
    things = [p.id for p in settings.question.positions], list(told)
    groups = np.array([[m.attributes.get(settings.rules.group_by, "") for m in p.members] for p in panels])
    levels = [_stacked(found) for found in zip(*_levels(settings, panels, list(told.values())), strict=True)]
    found = [
        _truth("position" if number < len(things[0]) else "clause", id_, [_column(x, number) for x in levels], groups)
        for number, id_ in enumerate([*things[0], *things[1]])
    ]
    by_id = {truth.id: truth for truth in found}
    for id_ in clauses.keys() - told.keys():
        by_id[id_] = Truth(of="clause", id=id_, will=None, groups={}, error=None, panels=len(panels))
    return [by_id[id_] for id_ in (*things[0], *clauses)]


def study_of(settings: Settings, *, seed: int) -> Study:
    """What the batched simulator needs of a study."""
    spread = settings.panel.population.spread
    return Study(
        settings.question,
        settings.procedure,
        settings.witness,
        settings.synthetic.kernel,
        spread,
        seed,
        settings.orders,
    )


def fresh_panels(settings: Settings, number: int, *, name: str = "truth") -> Iterator[Panel]:
    """Panels of people who sit in no study, drawn as a study's are; the same for every seed.

    So many at a time come from one pool, the next from another: nobody sits twice, and no pool grows too large; but of
    people named one by one there are no others. They are drawn by the plain draw, whatever the method of the study.
    """
    for start in range(0, number, _FROM_ONE_POOL):
        many = min(_FROM_ONE_POOL, number - start)
        pool = max(settings.panel.pool, _ROOM * many * settings.members)
        room = settings.panel.model_copy(update={"pool": pool, "method": "random", "dropout": 0.0})
        draw = Draw(room, members=settings.members, seed=key(0, name, start), seats=settings.procedure.seats)
        addresses = [(f"a-{name}-{start + n}", settings.question.id) for n in range(many)]
        yield from draw.panels(addresses, alike=_ALIKE)


def _levels(settings: Settings, panels: Sequence[Panel], meanings: Sequence[Meaning]) -> Iterator[tuple[_Level, ...]]:
    study = study_of(settings, seed=key(0, "truth"))._replace(orders=0)  # an expectation over them
    size = chunk_of(study)
    unheard = (Sitting(study, panels[i : i + size]) for i in range(0, len(panels), size))
    for raw, considered in zip(unheard, simulate(study, panels), strict=True):
        states = (raw.minds, considered.minds, raw.minds.fully_considered())
        before, after, full = (_level(minds, meanings, raw) for minds in states)
        if settings.procedure.evaluators == "fresh":  # others vote on the clauses, who have deliberated nothing
            at = len(settings.question.positions)
            after = _Level(*(_spliced(first, second, at) for first, second in zip(after, before, strict=True)))
        yield before, after, full


def _level(minds: Minds, meanings: Sequence[Meaning], sitting: Sitting) -> _Level:
    approval = sigma(minds.attitude() + minds.kernel.offset)
    weights = np.array([[p.weights.get(m.id, 1.0) for m in p.members] for p in sitting.panels])[..., None]
    if not meanings:
        return _Level(weights * approval, weights * np.ones_like(approval))
    worth = utilities(minds, meanings, sitting.index)
    cast = votes(worth, np.zeros_like(worth), minds.kernel)
    decided = 1.0 - cast.abstains
    return _Level(
        weights * np.concatenate([approval, cast.share * decided], axis=-1),
        weights * np.concatenate([np.ones_like(approval), decided], axis=-1),
    )


def _spliced(first: Array, second: Array, at: int) -> Array:
    return np.concatenate([first[..., :at], second[..., at:]], axis=-1)


def _stacked(found: Sequence[_Level]) -> _Level:
    return _Level(*(np.concatenate(part, axis=0) for part in zip(*found, strict=True)))


def _column(level: _Level, number: int) -> _Level:
    return _Level(level.approved[..., number], level.decided[..., number])


def _truth(of: str, id_: str, levels: Sequence[_Level], groups: NDArray[np.str_]) -> Truth:
    everyone = np.ones(groups.shape, dtype=bool)
    by_group = {str(g): _will(levels, groups == g) for g in np.unique(groups)}
    considered = levels[1]
    decided = considered.decided.sum(axis=1)
    shares = considered.approved.sum(axis=1)[decided > 0] / decided[decided > 0]
    return Truth.model_validate(
        {
            "of": of,
            "id": id_,
            "will": _will(levels, everyone),
            "groups": {g: will for g, will in by_group.items() if will is not None},
            "error": round(float(shares.std(ddof=1) / np.sqrt(len(shares))), 6) if len(shares) > 1 else None,
            "panels": len(groups),
        }
    )


def _will(levels: Sequence[_Level], who: NDArray[np.bool_]) -> Will | None:
    found = [_expected(np.where(who, x.approved, 0.0), np.where(who, x.decided, 0.0)) for x in levels]
    if None in found:
        return None
    raw, considered, full = (round(min(1.0, share), 6) for share in found if share is not None)
    return Will(raw=raw, considered=considered, full=full)


def _expected(approved: Array, decided: Array) -> float | None:
    """Mean over panels of support / (support + oppose), P x n; panels in which nobody decides say nothing."""
    total = decided.sum(axis=1)
    spoken = total > 0
    return float((approved.sum(axis=1)[spoken] / total[spoken]).mean()) if spoken.any() else None
