"""How near the synthetic public comes to 34 published or computed moments of real mini-publics.

    python benchmarks/moments.py [seeds] [model]

Design A: 40 assemblies, each its own question and 22 people. Design B: 24 questions, each 8 groups of 15 people drawn
from the same segments. Both are measured, briefed, talk (six turns a member), and are measured again. Targets,
tolerances and sources: `benchmarks/targets.csv`. Read a moment as the mean of three seeds.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
from numpy.random import Generator

from deliberation.analysis.measures import agreement, constancy, dri_of, pairs, single_peakedness
from deliberation.models.synthetic import worlds
from deliberation.models.synthetic.maps import Array
from deliberation.models.synthetic.minds import Minds
from deliberation.randomness import stream
from deliberation.settings import Settings
from deliberation.settings.models import SyntheticKernel

TARGETS = Path(__file__).with_name("targets.csv")
CASES, CASE_PEOPLE = 40, 22
POLLS, GROUPS, GROUP_PEOPLE = 24, 8, 15


def targets() -> dict[str, tuple[float, float, str]]:
    """Target, tolerance and source of each moment."""
    with TARGETS.open(encoding="utf-8") as rows:
        return {r["moment"]: (float(r["target"]), float(r["tolerance"]), r["source"]) for r in csv.DictReader(rows)}


def moments(kernel: SyntheticKernel, seed: int) -> dict[str, float]:
    """All 34 moments of one seed."""
    return {**_cases(kernel, stream(seed, "moments", "cases")), **_polls(kernel, stream(seed, "moments", "polls"))}


def mean_moments(kernel: SyntheticKernel, seeds: int) -> dict[str, float]:
    """Each moment's mean over seeds 0, 1, ..."""
    found = [moments(kernel, seed) for seed in range(seeds)]
    return {name: float(np.mean([one[name] for one in found])) for name in found[0]}


def within(found: dict[str, float]) -> tuple[int, int]:
    """How many moments lie within one and within two tolerances."""
    off = [abs(found[name] - target) / tolerance for name, (target, tolerance, _) in targets().items()]
    return sum(d <= 1 for d in off), sum(d <= 2 for d in off)


def _before_and_after(minds: Minds, draw: Generator) -> tuple[worlds.Measured, worlds.Measured]:
    before = worlds.measure(minds, draw)
    worlds.brief(minds, draw)
    worlds.discuss(minds, draw, turns=6)
    return before, worlds.measure(minds, draw)


def _cases(kernel: SyntheticKernel, draw: Generator) -> dict[str, float]:
    world = worlds.questions(kernel, CASES, draw)
    minds = Minds(world.maps, worlds.people(kernel, world, CASE_PEOPLE, draw), kernel)
    before, after = _before_and_after(minds, draw)
    rows = [
        _case(
            (before.considerations[c], before.utilities[c]), (after.considerations[c], after.utilities[c]), draw
        )
        for c in range(CASES)
    ]  # fmt: skip
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def _case(before: tuple[Array, Array], after: tuple[Array, Array], draw: Generator) -> dict[str, float]:
    row: dict[str, float] = {}
    for tag, (considerations, utilities) in (("1", before), ("2", after)):
        table = agreement(utilities)
        reasons, preferred = pairs(agreement(considerations)), pairs(table)
        row |= {
            f"dri{tag}": dri_of(reasons, preferred), f"cc{tag}": float(reasons.mean()),
            f"pp{tag}": float(preferred.mean()), f"r{tag}": float(np.corrcoef(reasons, preferred)[0, 1]),
            f"sp{tag}": single_peakedness(utilities),
        }  # fmt: skip
        if tag == "1":
            orders = [draw.permutation(len(table)) for _ in range(2)]
            row["null1"] = float(np.mean([dri_of(reasons, pairs(table[np.ix_(o, o)])) for o in orders]))
    row["dri_up"] = float(row["dri2"] > row["dri1"])
    row["stabC"] = float(constancy(before[0], after[0]).mean())
    row["stabP"] = float(constancy(before[1], after[1]).mean())
    row["top"] = float((before[1].argmax(axis=1) == after[1].argmax(axis=1)).mean())
    row["mean_abs"] = float(np.abs(before[0] - after[0]).mean() / 6)
    row["varfall"] = float((after[0].var(axis=0) < before[0].var(axis=0)).mean())
    return row


def _polls(kernel: SyntheticKernel, draw: Generator) -> dict[str, float]:
    which = np.repeat(np.arange(POLLS), GROUPS)
    world = worlds.questions(kernel, POLLS, draw).rows(which)
    minds = Minds(world.maps, worlds.people(kernel, world, GROUP_PEOPLE, draw), kernel)
    before, after = _before_and_after(minds, draw)
    return {
        **_groups(before.ratings, after.ratings),
        **_indices(before.ratings, after.ratings),
        **_knowledge(before.known, after.known, world.maps.truth),
    }


def _groups(y1: Array, y2: Array) -> dict[str, float]:
    g1, g2 = y1.mean(axis=1), y2.mean(axis=1)
    fall = y1.std(axis=1, ddof=1) - y2.std(axis=1, ddof=1)
    away = np.sign(g1 - 0.5) * (g2 - g1)
    return {
        "gross": float(np.abs(y2 - y1).mean()), "net_g": float(np.abs(g2 - g1).mean()), "H": float(fall.mean()),
        "Hb": float((fall > 0).mean()), "Pm": float(away.mean()), "Pb": float((away > 0).mean()),
        "corrHP": float(np.corrcoef(fall.ravel(), away.ravel())[0, 1]),
    }  # fmt: skip


def _indices(y1: Array, y2: Array) -> dict[str, float]:
    positions = y1.shape[2]
    y1, y2 = y1.reshape(POLLS, -1, positions), y2.reshape(POLLS, -1, positions)
    m1, m2 = y1.mean(axis=1), y2.mean(axis=1)
    sd1, sd2 = y1.std(axis=1, ddof=1), y2.std(axis=1, ddof=1)
    return {
        "net_p": float(np.abs(m2 - m1).mean()), "d_p": float((np.abs(m2 - m1) / sd1).mean()), "sd1": float(sd1.mean()),
        "sdr": float((sd2 / sd1).mean()), "slope": float(np.polyfit((m1 - 0.5).ravel(), (m2 - m1).ravel(), 1)[0]),
        "m1": float(m1.mean()), "m1sd": float(m1.std()), "rm12": float(np.corrcoef(m1.ravel(), m2.ravel())[0, 1]),
    }  # fmt: skip


def _knowledge(known1: Array, known2: Array, truth: Array) -> dict[str, float]:
    asked = np.maximum((truth != 0).sum(axis=1), 1)[:, None]
    k1, k2 = known1.sum(axis=2) / asked, known2.sum(axis=2) / asked
    others = (k1.sum(axis=1, keepdims=True) - k1) / (GROUP_PEOPLE - 1)
    own, peers, then = (_within(x) for x in (k1, others, k2))
    slope, *_ = np.linalg.lstsq(np.stack([own, peers], axis=1), then, rcond=None)
    return {"know": float((k2 - k1).mean()), "peer": float(slope[1])}


def _within(values: Array) -> Array:
    by_question = values.reshape(POLLS, -1)
    flat: Array = (by_question - by_question.mean(axis=1, keepdims=True)).ravel()
    return flat


def main() -> None:
    """Print the table."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    model = sys.argv[2] if len(sys.argv) > 2 else "synthetic"
    found = mean_moments(Settings.bundled(model=model).synthetic.kernel, seeds)
    print(f"{'moment':>9} {'target':>8} {'+-':>6} {'here':>8}    source   ({model}, mean of {seeds} seeds)")
    for name, (target, tolerance, source) in targets().items():
        off = abs(found[name] - target) / tolerance
        mark = "" if off <= 1 else "~" if off <= 2 else "X"
        print(f"{name:>9} {target:>8.3f} {tolerance:>6.3f} {found[name]:>8.3f} {mark:>2} {source}")
    one, two = within(found)
    print(f"{one} of {len(targets())} within tolerance, {two} within twice the tolerance")


if __name__ == "__main__":
    main()
