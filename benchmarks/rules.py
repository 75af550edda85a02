"""How long the rules that read votes take, and in how much memory, at 1,000 to 100,000 voters and 200 clauses.

    python benchmarks/rules.py                 about a minute
    python benchmarks/rules.py --voters 1000   this size only

Votes are made up: five blocs that support .65 of their own fifth of the clauses and .12 of the others; of the rest they
oppose three fifths, abstain on one and leave one out. 20 seats. Each rule runs in a process of its own, so that peak
memory is its own; `votes` is that of making the votes alone. Exact PAV is for assemblies: 30, 100 and 300 voters, 50
clauses, 10 seats. Machines are noisy: read ratios within one run.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from resource import RUSAGE_SELF, getrusage

import numpy as np

from deliberation.specification.audit import ejr_plus
from deliberation.specification.bridging import bridging
from deliberation.specification.committees import equal_shares, pav, sequential_pav, sequential_phragmen
from deliberation.specification.votes import (
    ABSTAIN,
    MISSING,
    OPPOSE,
    SUPPORT,
    Votes,
    by_assembly,
    consensus_less,
    group_aware,
    median_ratings,
    shares,
    tallies,
)

BLOCS, SEATED, SEATS = 5, 12, 20
Rule = Callable[[Votes], object]
ONE_BY_ONE: dict[str, Rule] = {
    "votes": lambda _: None,
    "tallies": tallies,
    "shares": lambda votes: shares(votes, "decided"),
    "by_assembly": by_assembly,
    "group_aware": lambda votes: group_aware(votes, "geometric"),
    "consensus_less": lambda votes: consensus_less(votes, 1),
    "median_ratings": median_ratings,
}
TOGETHER: dict[str, Rule] = {
    "sequential_pav": lambda votes: sequential_pav(votes.marks == SUPPORT, votes.weights, SEATS),
    "sequential_phragmen": lambda votes: sequential_phragmen(votes.marks == SUPPORT, votes.weights, SEATS),
    "equal_shares": lambda votes: equal_shares(votes.marks == SUPPORT, votes.weights, SEATS),
    "equal_shares, weights": lambda votes: equal_shares(votes.marks == SUPPORT, uneven(votes), SEATS),
    "ejr_plus": lambda votes: ejr_plus(votes.marks == SUPPORT, votes.weights, list(range(SEATS))),
    "bridging": bridging,
}
EXACT: dict[str, Rule] = {"pav": lambda votes: pav(votes.marks == SUPPORT, votes.weights, 10)}
RULES = {**ONE_BY_ONE, **TOGETHER, **EXACT}


def uneven(votes: Votes) -> np.ndarray:
    """Weights from .5 to 2."""
    return np.exp2(np.random.default_rng(1).uniform(-1, 1, len(votes.weights)))


def made_up(voters: int, clauses: int) -> Votes:
    """Votes of five blocs, in assemblies of twelve."""
    draw = np.random.default_rng(0)
    bloc = draw.integers(BLOCS, size=voters)
    own = np.arange(clauses) % BLOCS
    marks = np.empty((voters, clauses), dtype=np.int8)
    for start in range(0, voters, 5000):
        rows = slice(start, start + 5000)
        luck = draw.random((len(bloc[rows]), clauses), dtype=np.float32)
        supports = np.where(bloc[rows, None] == own, 0.65, 0.12).astype(np.float32)
        rest = (luck - supports) / (1 - supports)
        block = np.select([rest < 0, rest < 0.6, rest < 0.8], [SUPPORT, OPPOSE, ABSTAIN], MISSING)
        marks[rows] = block
    return Votes(
        marks=marks,
        weights=np.ones(voters),
        groups=bloc.astype(np.int64),
        group_names=tuple(f"g{number}" for number in range(BLOCS)),
        assemblies=np.arange(voters) // SEATED,
        ratings=np.where(marks == MISSING, 0, marks * 2 + 4).astype(np.int8),
    )


def measure(rule: str, voters: int, clauses: int) -> dict[str, float]:
    """Run one rule once in this process."""
    votes = made_up(voters, clauses)
    wall, cpu = time.perf_counter(), time.process_time()
    RULES[rule](votes)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"cpu": cpu, "wall": wall, "peak_mb": getrusage(RUSAGE_SELF).ru_maxrss / 1024}


def row(rule: str, voters: int, clauses: int) -> None:
    """Print one row, measured in a process of its own."""
    command = [sys.executable, __file__, "--one", rule, str(voters), str(clauses)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    print(
        f"{rule:<22} {voters:>7} x {clauses:<3} {found['cpu']:>8.3f} s CPU {found['wall']:>8.3f} s wall "
        f"{found['peak_mb']:>6.0f} MB",
        flush=True,
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--one", nargs=3, metavar=("RULE", "VOTERS", "CLAUSES"), help=argparse.SUPPRESS)
    parser.add_argument("--voters", type=int, nargs="*", default=[1000, 10_000, 100_000])
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(given.one[0], int(given.one[1]), int(given.one[2]))))
        return
    for voters in given.voters:
        for rule in {**ONE_BY_ONE, **TOGETHER}:
            row(rule, voters, 200)
    for voters in (30, 100, 300):
        row("pav", voters, 50)


if __name__ == "__main__":
    main()
