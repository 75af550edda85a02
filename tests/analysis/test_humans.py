"""Readers of real data: what they take from the published formats, and what they refuse."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deliberation.analysis.humans import mini_publics, one_room, one_room_items
from deliberation.errors import DataError

PUBLICS = """study,case,stage_id,stage,pnum,C1,C2,C3,P1,P2,P3
S,Here,1,Pre,10,1,2,NA,1,2,NA
S,Here,1,Pre,11,3,NA,NA,2,1,NA
S,Here,1,Pre,12,5,5,NA,2,1,NA
S,Here,2,Post,11,3,4,NA,1,2,NA
S,Here,2,Post,10,7,6,NA,2,1,NA
T,There,1,Pre,10,1,2,3,1,2,3
T,There,2,Post,10,3,2,1,3,2,1
"""

ROOM = """ID,GROUP,Q1,Q2A,T2Q1,T2Q2A,PARTYBEFORE
0,3,0,10,5,77,Democrat
1,4,98,7,99,-8,
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "data.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_mini_public_is_its_people_at_both_stages_and_the_columns_that_somebody_answered(tmp_path: Path) -> None:
    here, there = mini_publics(written(tmp_path, PUBLICS))
    assert (here.study, here.case, here.people) == ("S", "Here", ("10", "11"))  # 12 stands there once only
    assert here.before.considerations.tolist()[0] == [1, 2]
    assert np.isnan(here.before.considerations[1, 1])
    assert here.after.considerations.tolist() == [[7, 6], [3, 4]]  # in the order of those before
    assert here.after.preferences.tolist() == [[2, 1], [1, 2]]
    assert there.before.considerations.shape == there.before.preferences.shape == (1, 3)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("S,Here,1,Pre,10,1,", "S,Here,3,Pre,10,1,", "line 2: stage_id '3'"),
        ("S,Here,1,Pre,11,3,", "S,Here,1,Pre,10,3,", "'10' stands twice in 'Here'"),
        ("S,Here,1,Pre,10,1,", "S,Here,1,Pre,10,one,", "C1: 'one' is not a number"),
        ("T,There,2,Post,10,", "T,There,2,Post,11,", "'There': nobody stands there at both stages"),
        ("T,There,2,Post,10,3,2,1,3,2,1", "T,There,2,Post,10,3,2,1,3,2,1,9", "line 8: more fields than columns"),
        ("stage_id", "moment", "no column 'stage_id'"),
        (PUBLICS.partition("\n")[2], "", "no rows"),
    ],
)
def test_what_is_no_such_file_is_refused_by_what_is_wrong(tmp_path: Path, old: str, new: str, problem: str) -> None:
    path = written(tmp_path, PUBLICS.replace(old, new))
    with pytest.raises(DataError, match=problem) as refused:
        mini_publics(path)
    assert str(refused.value).startswith(str(path))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.csv: No such file"):
        one_room(tmp_path / "nowhere.csv")


def test_answers_of_one_room_lie_in_0_to_1_and_what_is_no_answer_is_missing(tmp_path: Path) -> None:
    room = one_room(written(tmp_path, ROOM))
    assert room.items == ("Q1", "Q2A")
    assert room.before[0].tolist() == [0, 1]
    assert room.after[0, 0] == 0.5
    assert np.isnan(room.before[1, 0])
    assert np.isnan([room.after[0, 1], *room.after[1]]).all()
    assert room.group.tolist() == [3, 4]
    assert room.party == ("Democrat", "")


def test_an_item_that_was_not_asked_twice_or_a_group_left_open_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no column T2Q2A"):
        one_room(written(tmp_path, ROOM.replace("T2Q2A", "Other")))
    with pytest.raises(DataError, match="line 3: GROUP is empty"):
        one_room(written(tmp_path, ROOM.replace("1,4,", "1,,")))


def test_the_real_mini_publics_are_24_with_526_people(shared: Path) -> None:
    found = mini_publics(shared / "deliberative_reason_index" / "human_data.csv")
    assert len(found) == 24
    assert sum(len(one.people) for one in found) == 526
    widths = {one.before.considerations.shape[1] for one in found}
    assert (min(widths), max(widths)) == (16, 49)
    assert {one.before.preferences.shape[1] for one in found} == {4, 5, 6, 7, 8, 9}
    assert not any(np.isnan(part).any() for one in found for stage in (one.before, one.after) for part in stage)


def test_the_real_room_has_523_people_in_40_groups_and_48_items(shared: Path) -> None:
    folder = shared / "america_in_one_room"
    room = one_room(folder / "cleaned_dataset.csv")
    assert room.before.shape == room.after.shape == (523, 48)
    assert len(np.unique(room.group)) == 40
    assert {p: room.party.count(p) for p in set(room.party)} == {"Democrat": 193, "Independent": 200, "Republican": 130}
    assert np.nanmin(room.after) == 0
    assert np.nanmax(room.after) == 1
    assert set(room.items) <= set(one_room_items(folder / "just_questions.csv"))
