"""Other implementations of the rules as oracles; tried where .ci/run installs them, and imported nowhere else.

`pref_voting` for orders, `abcvoting` for committees, `red-dwarf` for group-aware consensus. abcvoting's default solver is
proprietary: every call names its algorithm.
"""

from __future__ import annotations

import numpy as np
import pytest

from deliberation.specification.committees import equal_shares, pav, pav_score, sequential_pav, sequential_phragmen
from deliberation.specification.orders import borda, condorcet_winner, ranked_pairs, schulze_winners
from deliberation.specification.votes import Votes, by_group, group_aware

NAMES = list("ABCDEF")
FORTY_FIVE = [
    (5, "ACBED"), (5, "ADECB"), (8, "BEDAC"), (3, "CABED"), (7, "CAEBD"), (2, "CBADE"), (7, "DCEBA"), (8, "EBADC"),
]  # fmt: skip


def drawn_orders(seed: int) -> list[tuple[int, str]]:
    """Some forty voters of two minds, who order six options."""
    draw = np.random.default_rng(seed)
    worth = np.stack([draw.normal(size=6), draw.normal(size=6)])
    return [
        (int(draw.integers(1, 4)), "".join(NAMES[i] for i in np.argsort(worth[draw.integers(2)] + draw.gumbel(size=6))))
        for _ in range(20)
    ]


@pytest.mark.parametrize("blocs", [FORTY_FIVE, *map(drawn_orders, range(40))])
def test_orders_agree_with_pref_voting(blocs: list[tuple[int, str]]) -> None:
    pytest.importorskip("pref_voting.margin_based_methods", reason="pref_voting is not installed here")
    from pref_voting.margin_based_methods import beat_path
    from pref_voting.margin_based_methods import ranked_pairs as their_ranked_pairs
    from pref_voting.profiles import Profile

    options = sorted({name for _, order in blocs for name in order})
    theirs = Profile([[options.index(name) for name in order] for _, order in blocs], rcounts=[n for n, _ in blocs])
    cast = [[[name] for name in order] for _, order in blocs], options, [float(number) for number, _ in blocs]
    assert schulze_winners(*cast) == [options[i] for i in sorted(beat_path(theirs))]
    assert ranked_pairs(*cast)[0] in [options[i] for i in their_ranked_pairs(theirs)]
    scores = theirs.borda_scores()
    assert borda(*cast) == [options[i] for i in sorted(scores, key=lambda i: (-scores[i], i))]
    best = theirs.condorcet_winner()
    assert condorcet_winner(*cast) == (None if best is None else options[best])


def drawn_approvals(seed: int, *, alike: bool) -> tuple[np.ndarray, np.ndarray, int]:
    """Sixty voters of three blocs and ten columns, with equal weights or such as make no ties."""
    draw = np.random.default_rng(seed)
    bloc = draw.choice(3, p=[0.5, 0.3, 0.2], size=60)
    approve = draw.random((60, 10)) < np.where(bloc[:, None] == np.arange(10) % 3, 0.7, 0.15)
    return approve, np.ones(60) if alike else draw.uniform(0.5, 2, 60), int(draw.integers(2, 7))


@pytest.mark.parametrize("alike", [True, False])
@pytest.mark.parametrize("seed", range(15))
def test_committees_agree_with_abcvoting(seed: int, *, alike: bool) -> None:
    abcrules = pytest.importorskip("abcvoting.abcrules", reason="abcvoting is not installed here")
    from abcvoting.preferences import Profile, Voter

    approve, weights, seats = drawn_approvals(seed, alike=alike)
    theirs = Profile(approve.shape[1])
    theirs.add_voters(
        Voter(np.flatnonzero(row).tolist(), weight=weight if not alike else 1)
        for row, weight in zip(approve, weights, strict=True)
    )
    number = "standard-fractions" if alike else "float-fractions"
    for ours, rule in (
        (sequential_pav, "seqpav"),
        (sequential_phragmen, "seqphragmen"),
        (equal_shares, "equal-shares"),
    ):
        algorithm = "standard" if rule == "seqpav" else number
        [found] = abcrules.compute(rule, theirs, seats, algorithm=algorithm, resolute=True)
        assert sorted(ours(approve, weights, seats)) == sorted(found), rule
    all_ = abcrules.compute("pav", theirs, seats, algorithm="pulp-highs", resolute=not alike)
    chosen = pav(approve, weights, seats)
    assert pav_score(approve, weights, chosen) == pytest.approx(pav_score(approve, weights, sorted(all_[0])))
    assert chosen == min(sorted(one) for one in all_)


def test_larger_committees_agree_with_abcvoting() -> None:
    """Five blocs of three hundred voters in all, two hundred columns, twenty seats."""
    abcrules = pytest.importorskip("abcvoting.abcrules", reason="abcvoting is not installed here")
    from abcvoting.preferences import Profile

    draw = np.random.default_rng(0)
    approve = draw.random((300, 200)) < np.where(draw.integers(0, 5, 300)[:, None] == np.arange(200) % 5, 0.65, 0.12)
    theirs = Profile(200)
    theirs.add_voters(np.flatnonzero(row).tolist() for row in approve)
    for ours, rule in (
        (sequential_pav, "seqpav"),
        (sequential_phragmen, "seqphragmen"),
        (equal_shares, "equal-shares"),
    ):
        algorithm = "standard" if rule == "seqpav" else "float-fractions"
        [found] = abcrules.compute(rule, theirs, 20, algorithm=algorithm, resolute=True)
        assert sorted(ours(approve, np.ones(300), 20)) == sorted(found), rule


@pytest.mark.parametrize("seed", range(5))
def test_group_aware_consensus_agrees_with_red_dwarf(seed: int) -> None:
    stats = pytest.importorskip("reddwarf.utils.stats", reason="red-dwarf is not installed here")
    import pandas as pd

    draw = np.random.default_rng(seed)
    marks = draw.choice([1, -1, 0, -2], p=[0.4, 0.2, 0.1, 0.3], size=(80, 12)).astype(np.int8)
    groups = draw.integers(0, 3, 80)
    cast = Votes(marks, np.ones(80), groups, ("a", "b", "c"), np.zeros(80, dtype=np.int64), np.zeros_like(marks))
    theirs = pd.DataFrame(np.where(marks == -2, np.nan, marks.astype(float)))
    seen, _, _, _, _, _, consensus = stats.calculate_comment_statistics(theirs, cluster_labels=groups)
    assert by_group(cast).voted == pytest.approx(seen)
    assert group_aware(cast, "product") == pytest.approx(consensus[0])
