"""Which diagnostic notices which fault: the fault matrix.

    python benchmarks/faults.py [assemblies] [people]

A made-up world (24 assemblies of 20, each with a question of its own) is simulated without a fault and with each, by
the same draws; for each diagnostic the paired differences over assemblies give a z. A fault's own diagnostic (marked *)
should lie beyond 3; that of position does so by the paired design, the order being shuffled for each person. Other
columns are not all still: a drifting persona converges more, too. Doses are those of `model=faulty_...`.
"""

from __future__ import annotations

import sys
from typing import NamedTuple

import numpy as np

from deliberation.analysis import validity
from deliberation.models.synthetic import worlds
from deliberation.models.synthetic.maps import Array, Places
from deliberation.models.synthetic.minds import Minds, People
from deliberation.randomness import stream
from deliberation.settings import Settings
from deliberation.settings.models import SyntheticKernel

FAULTS = ("variance", "sycophancy", "stereotype", "drift", "expert", "position")
DIAGNOSTICS = ("spread", "vacuous convergence", "segment share", "value drift", "witness effect", "order slope")
OTHERS = ("convergence", "persona R2")
_SEED = 5


class Sample(NamedTuple):
    """One world before and after, and its utterances."""

    people: People
    before: Array
    after: Array
    vacuous: Array
    briefed: Array
    unbriefed: Array
    said: list[tuple[Places, Places, Array]]
    fits: Array
    order: Places


def sample(kernel: SyntheticKernel, assemblies: int, number: int) -> Sample:
    """The same people and draws, whatever the kernel's faults."""
    plain = Settings.bundled().synthetic.kernel
    world = worlds.questions(plain, assemblies, stream(_SEED, "faults", "questions"))
    people = worlds.people(plain, world, number, stream(_SEED, "faults", "people"))
    order = stream(_SEED, "faults", "order").permuted(
        np.broadcast_to(np.arange(worlds.POSITIONS), (assemblies, number, worlds.POSITIONS)), axis=2
    )  # fmt: skip

    def fresh() -> Minds:
        return Minds(world.maps, people, kernel)

    def rated(minds: Minds, when: str) -> Array:
        ratings = worlds.measure(minds, stream(_SEED, "faults", when)).ratings
        places = np.argsort(order, axis=2)
        return ratings + kernel.fault_position * (0.5 - places / (worlds.POSITIONS - 1))

    whole, idle, told = fresh(), fresh(), fresh()
    worlds.brief(whole, stream(_SEED, "faults", "brief"))
    said = worlds.discuss(whole, stream(_SEED, "faults", "talk"), turns=6)
    for _ in range(6 * number):
        idle.follow(np.ones(idle.shape))
    worlds.brief(told, stream(_SEED, "faults", "witness"), bias=1.0)
    return Sample(
        people, rated(fresh(), "before"), rated(whole, "after"), rated(idle, "after"), rated(told, "after"),
        rated(fresh(), "after"), said, np.matmul(people.deviation, np.swapaxes(world.maps.profile, -1, -2)), order,
    )  # fmt: skip


def figures(one: Sample) -> dict[str, Array]:
    """Each diagnostic by assembly."""
    rows = range(len(one.before))
    return {
        "spread": np.array([validity.spread(one.before[b]) for b in rows]),
        "vacuous convergence": _ratio(one.vacuous, one.before),
        "segment share": np.array([validity.segment_share(one.before[b], one.people.segment[b]) for b in rows]),
        "value drift": np.array([_drift(one, b) for b in rows]),
        "witness effect": np.abs(one.briefed - one.unbriefed).mean(axis=(1, 2)),
        "order slope": np.array([_order(one, b) for b in rows]),
        "convergence": _ratio(one.after, one.before),
        "persona R2": np.array([_r2(one.people.deviation[b], one.before[b]) for b in rows]),
    }


def matrix(assemblies: int, number: int) -> dict[str, dict[str, float]]:
    """Fault -> diagnostic -> z of the paired differences over assemblies."""
    usual = figures(sample(Settings.bundled().synthetic.kernel, assemblies, number))
    found = {}
    for fault in FAULTS:
        faulty = figures(sample(Settings.bundled(model=f"faulty_{fault}").synthetic.kernel, assemblies, number))
        found[fault] = {name: _z(faulty[name] - usual[name]) for name in (*DIAGNOSTICS, *OTHERS)}
    return found


def _z(difference: Array) -> float:
    error = difference.std(ddof=1) / np.sqrt(len(difference))
    return float(difference.mean() / error) if error > 1e-12 else 0.0


def _ratio(after: Array, before: Array) -> Array:
    ratio: Array = after.std(axis=1, ddof=1).mean(axis=1) / before.std(axis=1, ddof=1).mean(axis=1)
    return ratio


def _drift(one: Sample, b: int) -> float:
    """Slope over a member's turns of how well what it says suits its own values."""
    turn: dict[int, int] = {}
    rows = []
    for speaker, point, stance in one.said:
        who = int(speaker[b])
        rows.append((turn.get(who, 0), float(stance[b]) * one.fits[b, who, point[b]], who))
        turn[who] = turn.get(who, 0) + 1
    x, y, who_ = (np.array(part, dtype=np.float64) for part in zip(*rows, strict=True))
    return validity.slope(x, y, who_.astype(np.int64))[0]


def _order(one: Sample, b: int) -> float:
    places = 0.5 - np.argsort(one.order[b], axis=1) / (worlds.POSITIONS - 1)
    ratings = one.before[b] - one.before[b].mean(axis=0)
    who = np.repeat(np.arange(len(ratings)), worlds.POSITIONS)
    return validity.slope(places.ravel(), ratings.ravel(), who)[0]


def _r2(values: Array, ratings: Array) -> float:
    return validity.persona_r2(values, ratings, np.arange(len(values)))


def main() -> None:
    """Print the matrix."""
    assemblies = int(sys.argv[1]) if len(sys.argv) > 1 else 24
    number = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    names = (*DIAGNOSTICS, *OTHERS)
    print(f"z of paired differences over {assemblies} assemblies of {number}")
    print(f"{'fault':>12} " + " ".join(f"{name:>19}" for name in names))
    for fault, row in matrix(assemblies, number).items():
        own = DIAGNOSTICS[FAULTS.index(fault)]
        cells = (f"{'*' if name == own else ''}{row[name]:.1f}" for name in names)
        print(f"{fault:>12} " + " ".join(f"{cell:>19}" for cell in cells))


if __name__ == "__main__":
    main()
