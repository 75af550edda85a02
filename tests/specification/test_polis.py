"""Real Polis conversations: group-aware consensus beside a count of the files, and every rule on an imported run."""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from deliberation.cli import main
from deliberation.records.events import Proposed
from deliberation.records.folder import RunFolder
from deliberation.specification.counting import counted
from deliberation.specification.votes import group_aware
from deliberation.study import stored_settings
from deliberation.study.imports import import_record
from deliberation.study.polis import read_polis

NAMES = ("15-per-hour-seattle", "scoop-hivemind.ubi", "vtaiwan.uberx")
Form = Literal["product", "geometric", "minimum"]


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RunFolder]:
    """Runs of the conversations by name, each made when it is first asked for."""
    return {}


@pytest.fixture(params=NAMES)
def conversation(
    request: pytest.FixtureRequest, shared: Path, imported: dict[str, RunFolder],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, RunFolder]:  # fmt: skip
    """The folder of the export, and the run that was made of it."""
    return had(request.param, shared, imported, tmp_path_factory)


def had(
    name: str, shared: Path, imported: dict[str, RunFolder], places: pytest.TempPathFactory
) -> tuple[Path, RunFolder]:
    path = shared / "polis_opendata" / name
    if not path.is_dir():
        pytest.skip(f"{name} is not beside this checkout")
    if name not in imported:
        run = places.mktemp("polis") / "run"
        import_record(read_polis(path), run)
        imported[name] = RunFolder(run)
    return path, imported[name]


def rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as source:
        yield from csv.DictReader(source)


def by_hand(path: Path) -> dict[str, dict[Form, float]]:
    """Group-aware consensus of each comment from the files alone: P_g = (1 + agrees) / (2 + votes), over groups g."""
    last: dict[tuple[str, str], tuple[int, int, str]] = {}
    for number, row in enumerate(rows(path / "votes.csv")):
        at, cell = (int(row["timestamp"]), number), (row["voter-id"], row["comment-id"])
        if cell not in last or at > last[cell][:2]:
            last[cell] = (*at, row["vote"])
    group = {row["participant"]: row["group-id"] for row in rows(path / "participants-votes.csv") if row["group-id"]}
    agrees: dict[tuple[str, str], int] = defaultdict(int)
    votes: dict[tuple[str, str], int] = defaultdict(int)
    there = set()
    for (voter, comment), (_, _, vote) in last.items():
        if voter in group:
            there.add(group[voter])
            votes[group[voter], comment] += 1
            agrees[group[voter], comment] += vote == "1"
    found: dict[str, dict[Form, float]] = {}
    for row in rows(path / "comments.csv"):
        id_ = row["comment-id"]
        likely = [(1 + agrees[g, id_]) / (2 + votes[g, id_]) for g in sorted(there)]
        product = 1.0
        for one in likely:
            product *= one
        found[id_] = {
            "product": product, "minimum": min(likely),
            "geometric": math.exp(sum(math.log(one) for one in likely) / len(likely)),
        }  # fmt: skip
    return found


def comment_ids(path: Path, run: RunFolder) -> dict[str, str]:
    """The comment of every clause: comments were put forward in the order of the file."""
    [panel] = run.panels()
    proposed = [event.clause.id for event in run.events(panel.assembly) if isinstance(event, Proposed)]
    return dict(zip(proposed, (row["comment-id"] for row in rows(path / "comments.csv")), strict=True))


def test_group_aware_consensus_is_that_of_a_count_of_the_files(conversation: tuple[Path, RunFolder]) -> None:
    path, run = conversation
    wanted, comments = by_hand(path), comment_ids(path, run)
    clauses = [clause.id for clause in run.clauses()]
    votes = counted(clauses, run.ballots(), group_by="group").votes
    assert len(votes.group_names) >= 2
    for form in ("product", "geometric", "minimum"):
        own = np.array([wanted[comments[id_]][form] for id_ in clauses])
        np.testing.assert_allclose(group_aware(votes, form), own, rtol=0, atol=1e-12)


def test_scores_of_rulings_are_those_of_a_count_of_the_files(conversation: tuple[Path, RunFolder]) -> None:
    path, run = conversation
    wanted, comments = by_hand(path), comment_ids(path, run)
    ruled = [r for r in run.rulings() if r.scores]
    assert ruled
    for found in ruled:
        for form, value in wanted[comments[found.clause]].items():
            assert found.scores[f"group_aware_{form}"] == pytest.approx(value, abs=1e-6)


def test_each_comment_is_a_clause_and_has_a_ruling(conversation: tuple[Path, RunFolder]) -> None:
    path, run = conversation
    assert {r.clause for r in run.rulings()} == {c.id for c in run.clauses()} == set(comment_ids(path, run))


RULES = ["group_aware", "bridging", "median", "slate", "consensus", "majority"]


@pytest.mark.parametrize("rule", RULES)
def test_an_imported_conversation_is_ruled_on_by_every_rule(
    rule: str, shared: Path, imported: dict[str, RunFolder], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The smallest of the conversations; groups are those of its file, whatever the rule's own settings say."""
    path, run = had(NAMES[0], shared, imported, tmp_path_factory)
    less = ["aggregation.bootstrap=20"] if rule in {"bridging", "slate"} else []
    assert main(["rule", str(run.path), f"aggregation={rule}", *less]) == 0
    [other] = [
        folder for folder in run.path.parent.glob("run_rule-*") if stored_settings(folder).aggregation.id == rule
    ]
    settings, rulings = stored_settings(other), RunFolder(other).rulings()
    assert settings.aggregation.group_by == "group"
    assert {r.clause for r in rulings} == {c.id for c in run.clauses()}
    groups = {f"group {row['group-id']}" for row in rows(path / "participants-votes.csv") if row["group-id"]}
    assert {name for r in rulings for name in r.groups} == groups
    assert {r.rule for r in rulings} == {rule}
    by = {"majority": "pooled_share", "consensus": "consensus_less_1", "slate": "equal_shares",
          "group_aware": "group_aware_geometric", "bridging": "bridging"}  # fmt: skip
    if rule in by:
        assert all(by[rule] in r.scores for r in rulings if r.status != "no_ruling")
    assert main(["validate", str(other)]) == 0


def test_where_nobody_rates_there_is_no_median(
    shared: Path, imported: dict[str, RunFolder], tmp_path_factory: pytest.TempPathFactory
) -> None:
    _, run = had(NAMES[0], shared, imported, tmp_path_factory)
    assert main(["rule", str(run.path), "aggregation=median", "aggregation.bar=4"]) == 0
    [other] = [f for f in run.path.parent.glob("run_rule-*") if stored_settings(f).aggregation.bar == 4]
    assert {r.status for r in RunFolder(other).rulings()} == {"no_ruling"}


def test_who_is_in_no_group_is_counted_in_shares_and_in_no_group(conversation: tuple[Path, RunFolder]) -> None:
    """Pooled support is of all voters; Polis puts only some of them into groups."""
    path, run = conversation
    votes = counted([c.id for c in run.clauses()], run.ballots(), group_by="group").votes
    grouped = {row["participant"] for row in rows(path / "participants-votes.csv") if row["group-id"]}
    voters = {row["voter-id"] for row in rows(path / "votes.csv")}
    assert len(votes.weights) == len(voters)
    assert int((votes.groups >= 0).sum()) == len(grouped & voters)
