"""How long draws take, and how near to the fairest lottery they come. Prints a table; nothing here is a test.

    python benchmarks/sortition.py             the first three rows, about a minute
    python benchmarks/sortition.py --large     maximin and LEXIMIN on the larger pools too, some minutes

Pools are made up: volunteers who differ from the public in six attributes, 29 values in all, and quotas of the public's
share, give or take a seat. CPU seconds; gap: how far the least chance may be from the best possible.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from deliberation.errors import QuotaError
from deliberation.people.lottery import Kinds, fair_lottery
from deliberation.people.selecting import gini

CATEGORIES = (2, 5, 6, 5, 4, 7)
SKEW = 0.35


def pool(people: int, seats: int, *, seed: int, slack: int) -> tuple[Kinds, np.ndarray]:
    """A pool by type with its quotas, and the type of each person."""
    draw = np.random.default_rng(seed)
    public = [draw.dirichlet(np.full(c, 8.0)) for c in CATEGORIES]
    skewed = [p * np.exp(draw.normal(0, SKEW, len(p))) for p in public]
    who = np.stack([draw.choice(len(s), size=people, p=s / s.sum()) for s in skewed], axis=1)
    types, of, numbers = np.unique(who, axis=0, return_inverse=True, return_counts=True)
    within = np.array([types[:, c] == v for c, p in enumerate(public) for v in range(len(p))])
    wanted = np.array([round(share * seats) for p in public for share in p])
    return Kinds(numbers.astype(np.int64), within, np.maximum(0, wanted - slack), wanted + slack, seats), of


def plain_draw(kinds: Kinds, of: np.ndarray, seed: int) -> None:
    """One random-cost draw."""
    luck = np.random.default_rng(seed).random(len(of))
    rows = np.vstack([np.ones(len(of)), kinds.within[:, of].astype(float)])
    limits = LinearConstraint(rows, np.r_[kinds.seats, kinds.low], np.r_[kinds.seats, kinds.high])
    solved = milp(-luck, constraints=limits, bounds=Bounds(0, 1), integrality=np.ones(len(of), dtype=np.int64))
    assert solved.x is not None


def row(name: str, kinds: Kinds, *, leximin: bool, effort: int, tolerance: float = 0.01) -> None:
    """One lottery, timed."""
    begun = time.process_time()
    found = fair_lottery(kinds, leximin=leximin, tolerance=tolerance, effort=effort)
    spent = time.process_time() - begun
    proof = found.certificate
    print(
        f"{name:<34} {len(kinds.people):>5} types {spent:>8.1f} s  least {proof.least:.5f}  bound {proof.bound:.5f}  "
        f"gap {proof.gap:.2%}  {proof.solved} solved  Gini {gini(found.chances, kinds.people.astype(float)):.3f}",
        flush=True,
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true")
    given = parser.parse_args()
    small = Kinds(np.array([100, 60, 40]), np.eye(3, dtype=bool), np.array([8, 4, 2]), np.array([12, 8, 6]), 20)
    row("LEXIMIN, 200 for 20, three types", small, leximin=True, effort=1000, tolerance=0.0)
    kinds, of = pool(1000, 100, seed=0, slack=1)
    begun = time.process_time()
    for seed in range(5):
        plain_draw(kinds, of, seed)
    each = (time.process_time() - begun) / 5
    print(f"{'plain draw, 1000 for 100':<34} {len(kinds.people):>5} types {each:>8.2f} s a draw")
    for seed in range(3):
        try:
            row(f"maximin, 200 for 30, pool {seed}", pool(200, 30, seed=seed, slack=1)[0], leximin=False, effort=3000)
        except QuotaError:
            print(f"maximin, 200 for 30, pool {seed}: no panel meets the quotas")
    if given.large:
        for effort in (700, 1500):
            row(f"maximin, 1000 for 100, {effort} at most", kinds, leximin=False, effort=effort)
        row("LEXIMIN, 200 for 30", pool(200, 30, seed=1, slack=1)[0], leximin=True, effort=4000)


if __name__ == "__main__":
    main()
