from __future__ import annotations

from pathlib import Path

from deliberation.encoding.leakage import LIMIT, leakage, leakages
from deliberation.randomness import stream
from deliberation.records.encoding import PreferenceRow
from deliberation.records.files import read_records
from deliberation.records.folder import RunFolder


def test_style_that_gives_the_label_away_is_found_on_groups_not_learnt_from() -> None:
    draw = stream(1, "loud")
    loud = [[float(draw.normal(0, 30)), float(draw.normal(0, 5)), 1.0 + float(draw.normal(0, 0.3))] for _ in range(200)]
    found = leakage("clause", loud, [f"c-{n % 20}" for n in range(200)])
    assert found.accuracy is not None
    assert found.accuracy > 0.95
    assert (found.pairs, found.groups) == (200, 20)


def test_where_style_tells_nothing_the_interval_holds_a_half() -> None:
    draw = stream(2, "quiet")
    quiet = [[float(x) for x in draw.normal(0, 10, 5)] for _ in range(400)]
    found = leakage("clause", quiet, [f"c-{n % 40}" for n in range(400)])
    assert found.accuracy is not None
    assert found.interval is not None
    assert found.accuracy < LIMIT
    assert found.interval[0] < 0.5 < found.interval[1]


def test_what_is_told_by_group_alone_is_not_learnt() -> None:
    draw = stream(3, "groups")
    marks = {g: float(draw.choice([-1.0, 1.0])) for g in range(30)}  # all pairs of a group look alike
    found = leakage("judged", [[marks[n % 30], 0.0] for n in range(300)], [f"c-{n % 30}" for n in range(300)])
    assert found.accuracy is not None
    assert found.accuracy < 0.75


def test_pairs_that_look_alike_are_told_by_lot() -> None:
    found = leakage("judged", [[0.0, 0.0]] * 40, [f"c-{n % 4}" for n in range(40)])
    assert (found.accuracy, found.interval, found.longer) == (0.5, (0.5, 0.5), 0.5)


def test_few_pairs_tell_nothing() -> None:
    assert leakage("judged", [[1.0]] * 9, ["a", "b", "c"] * 3).accuracy is None
    assert leakage("judged", [[1.0]] * 90, ["a"] * 90).accuracy is None


def test_style_tells_the_worked_examples_of_a_run_hardly_better_than_chance(run: RunFolder) -> None:
    rows = list(read_records(run.encoding / "preferences.jsonl", PreferenceRow))
    by_basis = {one.basis: one for one in leakages(rows)}
    assert set(by_basis) == {"judged", "clause"}
    accuracy = by_basis["clause"].accuracy
    assert accuracy is not None
    assert accuracy < LIMIT
    assert f"pairs on clauses: {accuracy:.0%}" in Path(run.encoding / "README.md").read_text()
