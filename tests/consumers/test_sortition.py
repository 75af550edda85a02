"""The `sortition-algorithms` package as oracle for maximin; tried where .ci/run installs it, and imported nowhere else.

Its maximin is the oracle, not its LEXIMIN, which needs a proprietary solver.
"""

from __future__ import annotations

import numpy as np
import pytest

from deliberation.people.lottery import Kinds, fair_lottery

library = pytest.importorskip("sortition_algorithms", reason="sortition-algorithms is not installed here")


def pool(seed: int, people: int, seats: int):
    """People with three attributes who volunteered unevenly, and quotas of the public's share, give or take a seat."""
    draw = np.random.default_rng(seed)
    public = [draw.dirichlet(np.full(c, 8.0)) for c in (2, 3, 4)]
    skewed = [p * np.exp(draw.normal(0, 0.4, len(p))) for p in public]
    who = np.stack([draw.choice(len(s), size=people, p=s / s.sum()) for s in skewed], axis=1)
    wanted = [[round(share * seats) for share in p] for p in public]
    return who, wanted


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_our_maximin_is_as_fair_as_the_librarys(seed: int) -> None:
    from sortition_algorithms.committee_generation import find_distribution_maximin
    from sortition_algorithms.features import read_in_features
    from sortition_algorithms.people import read_in_people
    from sortition_algorithms.settings import Settings

    who, wanted = pool(seed, 60, 12)
    names = [f"f{c}" for c in range(len(wanted))]
    rows = [
        {"feature": name, "value": f"v{v}", "min": str(max(0, n - 1)), "max": str(n + 1)}
        for name, numbers in zip(names, wanted, strict=True)
        for v, n in enumerate(numbers)
    ]
    features, *_ = read_in_features(["feature", "value", "min", "max"], rows)
    settings = Settings(id_column="id", columns_to_keep=[], check_same_address=False, check_same_address_columns=[])
    people_rows = [
        {"id": f"p{i}", **{name: f"v{v}" for name, v in zip(names, row, strict=True)}} for i, row in enumerate(who)
    ]
    people, _ = read_in_people(["id", *names], people_rows, features, settings)
    committees, odds, *_ = find_distribution_maximin(features, people, 12, [])
    theirs = min(sum(p for c, p in zip(committees, odds, strict=True) if f"p{i}" in c) for i in range(60))

    types, numbers = np.unique(who, axis=0, return_counts=True)
    within = np.array([types[:, c] == v for c, ns in enumerate(wanted) for v in range(len(ns))])
    bounds = np.array([n for ns in wanted for n in ns])
    kinds = Kinds(numbers.astype(np.int64), within, np.maximum(0, bounds - 1), bounds + 1, 12)
    ours = fair_lottery(kinds, leximin=False, tolerance=0.0, effort=5000).certificate
    assert ours.least >= theirs - 1e-6
    assert theirs <= ours.bound + 1e-6
