"""The Deliberative Reason Index of runs: whose answers it is of, and what is the unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from handtalk import joined, polls

from deliberation.analysis import frames
from deliberation.analysis.deliberated import COLUMNS, FIGURES, reason_indices, reason_summary, run_reason_index
from deliberation.analysis.measures import dri
from deliberation.analysis.reasons import reason_index
from deliberation.errors import DataError
from deliberation.settings import Settings
from deliberation.study import run_study

Sheet = dict[str, int]


def sheet(*ratings: int) -> Sheet:
    return {f"x-{number}": rating for number, rating in enumerate(ratings)}


def weighings(
    ratings: Mapping[str, Sequence[Sheet]], *, assembly: str = "a-1", at: Sequence[int] = (10, 510)
) -> pd.DataFrame:
    """Each member's weighings in order, as `handtalk.polls` makes polls."""
    found = polls(ratings, assembly=assembly, at=at).rename(columns={"position": "consideration"})
    return found.assign(phase=found["phase"].str.replace("poll", "weighing"))


UP, DOWN, MIXED = sheet(1, 2, 3, 4), sheet(4, 3, 2, 1), sheet(2, 1, 4, 3)


def one_room(*given: tuple[Sheet, Sheet], assembly: str = "a-1") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Members by what they make of considerations and of positions, once."""
    rated = {f"p-{n}": [reasons] for n, (reasons, _) in enumerate(given)}
    wanted = {f"p-{n}": [preferred] for n, (_, preferred) in enumerate(given)}
    return weighings(rated, assembly=assembly), polls(wanted, assembly=assembly)


def test_where_people_agree_on_preferences_as_far_as_on_reasons_the_index_is_one() -> None:
    found = reason_indices(*one_room((UP, UP), (UP, UP), (DOWN, DOWN)))
    assert found["stage"].tolist() == ["first", "first"]
    assert found["plain"].tolist() == [1.0, 1.0]
    assert found["link"].tolist() == pytest.approx([1.0, 1.0])
    assert found["agreement_considerations"].iloc[0] == pytest.approx((1 - 1 - 1) / 3)
    assert list(found.columns) == list(COLUMNS)


def test_the_index_of_three_people_by_hand() -> None:
    """Agreement on reasons 1, -1, -1; on preferences 1, .6, .6: 1 - 2 (0 + 1.6 + 1.6) / 3."""
    found = reason_indices(*one_room((UP, UP), (UP, UP), (DOWN, MIXED))).iloc[0]
    assert found["plain"] == pytest.approx(1 - 2 * 3.2 / 3)
    assert found["agreement_preferences"] == pytest.approx((1 + 0.6 + 0.6) / 3)
    assert (found["people"], found["left_out"], found["poll"], found["weighing"]) == (3, 0, "poll-0", "weighing-0")


def test_preferences_are_those_of_the_nearest_poll() -> None:
    rated = {f"p-{n}": [UP, one] for n, one in enumerate((UP, UP, DOWN))}
    wanted = {f"p-{n}": [MIXED, UP, one] for n, one in enumerate((UP, UP, DOWN))}
    found = reason_indices(weighings(rated, at=(100, 300)), polls(wanted, at=(90, 200, 310)))
    own = found[found["assembly"].notna()]
    assert own["poll"].tolist() == ["poll-0", "poll-2"]
    assert own["plain"].tolist() == [1.0, 1.0]
    tie = reason_indices(weighings(rated, at=(100, 300)), polls(wanted, at=(0, 200, 400)))
    assert tie["poll"].tolist()[:2] == ["poll-0", "poll-1"]


def test_those_who_did_not_answer_in_full_are_left_out_and_too_few_have_no_index() -> None:
    rated, wanted = one_room((UP, UP), (UP, UP), (DOWN, DOWN), (UP, DOWN), (MIXED, sheet(4, 4, 4, 4)))
    gone = rated[(rated["member"] != "p-3") | (rated["consideration"] != "x-2")]
    found = reason_indices(gone, wanted).iloc[0]
    assert (found["people"], found["left_out"], found["plain"]) == (3, 2, 1.0)
    assert reason_indices(rated, wanted).iloc[0]["plain"] < 1
    few = reason_indices(gone[gone["member"] != "p-0"], wanted)
    assert few["people"].tolist() == [2, 2]
    assert few["assemblies"].tolist() == [1, 0]
    assert few[list(FIGURES)].isna().all().all()


def test_a_runs_index_is_the_mean_over_its_assemblies_whatever_their_size() -> None:
    rooms = [
        one_room(*[(UP, UP)] * 6, (DOWN, DOWN), assembly="a-1"),
        one_room((UP, UP), (UP, UP), (DOWN, MIXED), assembly="a-2"),
    ]
    found = reason_indices(joined(*(r for r, _ in rooms)), joined(*(p for _, p in rooms)))
    own, whole = found[found["assembly"].notna()], found[found["assembly"].isna()].iloc[0]
    assert whole["plain"] == pytest.approx(own["plain"].mean()) == pytest.approx((1 + 1 - 6.4 / 3) / 2)
    assert (whole["assemblies"], whole["people"]) == (2, 10)
    assert np.isnan(whole["p_plain"])


def test_a_change_is_of_assemblies_known_at_both_stages() -> None:
    """One rises from -17/15 to 1 and one stays at 1; a third answered once."""
    low = {f"p-{n}": [a, b] for n, (a, b) in enumerate([(UP, UP), (UP, UP), (DOWN, DOWN)])}
    rises = {"p-0": [UP, UP], "p-1": [UP, UP], "p-2": [MIXED, DOWN]}
    once = {"p-0": [UP], "p-1": [UP], "p-2": [DOWN]}
    rated = joined(*(weighings(low, assembly=a) for a in ("a-1", "a-2")), weighings(once, assembly="a-3"))
    wanted = joined(polls(rises, assembly="a-1"), polls(low, assembly="a-2"), polls(once, assembly="a-3"))
    table = reason_summary(reason_indices(rated, wanted))
    rows = {(row["measure"], row["group"]): row for row in table.to_dict("records")}
    gain = 2 * 3.2 / 3
    change = rows["plain", "change"]
    assert (change["value"], change["n"]) == (pytest.approx(gain / 2), 2)
    assert change["low"] < gain / 2 < change["high"]
    assert rows["plain", "first"]["value"] == pytest.approx((1 - gain + 1 + 1) / 3)
    assert rows["rose", "change"]["value"] == 0.5


def test_a_run_without_weighings_has_no_index() -> None:
    rated, wanted = one_room((UP, UP), (UP, UP), (DOWN, DOWN))
    with pytest.raises(DataError, match="reasoned_assembly"):
        reason_indices(rated.iloc[:0], wanted)
    with pytest.raises(DataError, match="a-1: its members rated considerations and were never polled"):
        reason_indices(rated, wanted.iloc[:0])


@pytest.fixture(scope="module")
def reasoned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("reasoned") / "run"
    run_study(Settings.bundled(procedure="reasoned_assembly", assemblies=2, members=8, truth=0), path)
    return path


def test_a_finished_run_has_its_index_before_and_after_with_the_null(reasoned: Path) -> None:
    found = run_reason_index(reasoned, shuffles=50)
    assert found["stage"].tolist() == ["first", "last"] * 3
    assert found["weighing"].dropna().tolist() == ["opening-weighing", "closing-weighing"] * 2
    assert found["poll"].dropna().tolist() == ["opening-poll", "closing-poll"] * 2
    assert found["excess_plain"].tolist() == pytest.approx((found["plain"] - found["null_plain"]).tolist())
    assert found["simulated"].all()
    assert set(found["people"] + found["left_out"]) == {8, 16}


def test_a_runs_index_is_that_of_the_ratings_on_record(reasoned: Path) -> None:
    rated, wanted = frames.weighings(reasoned), frames.polls(reasoned)
    for _, row in run_reason_index(reasoned, shuffles=50).dropna(subset=["assembly"]).iterrows():
        tables = [
            frame[(frame["assembly"] == row["assembly"]) & (frame["phase"] == row[phase])]
            .pivot_table(index="member", columns=what, values="rating")
            .to_numpy(dtype=np.float64)
            for frame, phase, what in ((rated, "weighing", "consideration"), (wanted, "poll", "position"))
        ]
        assert row["left_out"] == 0
        assert row["plain"] == pytest.approx(dri(*tables))
        assert row["adjusted"] == pytest.approx(reason_index(*tables, seed=0, shuffles=1).adjusted)


def test_an_assembly_keeps_its_index_whatever_else_is_read_with_it(reasoned: Path) -> None:
    rated, wanted = frames.weighings(reasoned), frames.polls(reasoned)
    name = rated["assembly"].iloc[-1]
    alone = reason_indices(rated[rated["assembly"] == name], wanted, shuffles=50).iloc[:2]
    both = reason_indices(rated, wanted, shuffles=50)
    pd.testing.assert_frame_equal(both[both["assembly"] == name].reset_index(drop=True), alone)
