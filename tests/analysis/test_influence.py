"""Who moves whom: hand-made assemblies in which it is known, and the same figures as the diagnostics give."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from handtalk import panels, polls, question, turn, turns, witness

from deliberation.analysis import conformity, frames, influence, networks, orders, talk
from deliberation.analysis.diagnostics import diagnose
from deliberation.errors import DataError
from deliberation.records.agenda import Exhibit
from deliberation.records.folder import RunFolder
from deliberation.settings import Settings
from deliberation.study import run_study
from deliberation.study.imports import import_record
from deliberation.study.stored import stored_settings
from deliberation.study.transcripts import read_transcript

MAP = {"cost": [1.0, -1.0], "trust": [-1.0, 1.0], "habit": [0.5, -0.5]}
GO, STAY = {"go": 7, "stay": 1}, {"go": 1, "stay": 7}
FOUR = {"ann": "red", "bob": "red", "cleo": "blue", "dan": "blue"}


def test_a_poll_just_before_and_after_the_witness_tells_what_it_did() -> None:
    said = turns(witness(seq=100), turn("ann", seq=200))
    held = polls({"ann": [{"go": 2}, {"go": 6}], "bob": [{"go": 4}, {"go": 4}]}, at=(0, 150))
    [found] = influence.testimony_shift(said, held).to_dict("records")
    assert (found["before"], found["after"], found["change"], found["members"]) == (3, 5, 2, 2)


def test_a_poll_after_the_talk_does_not() -> None:
    said = turns(witness(), turn("ann"))
    assert influence.testimony_shift(said, polls({"ann": [{"go": 2}, {"go": 6}]})).empty
    assert influence.testimony_shift(turns(turn("ann")), polls({"ann": [{"go": 2}, {"go": 6}]})).empty


def test_the_witnesss_share_is_of_points_made_after_it_brought_them_up() -> None:
    said = turns(
        turn("ann", [("cost", 1)]), witness([("cost", 1), ("trust", 1)]), turn("bob", [("cost", -1)]),
        turn("bob", [("habit", 1)]), witness([("habit", 1)], kind="answered"), turn("cleo", [("habit", 1), ("trust", 1)]),
    )  # fmt: skip
    [found] = influence.witness_arguments(said, question=question(MAP)).to_dict("records")
    assert (found["introduced"], found["points"], found["witnessed"]) == (3, 4, 3)
    assert (found["share"], found["coverage"]) == (0.75, 1)


def test_without_a_witness_there_is_no_share_and_not_0() -> None:
    assert influence.witness_arguments(turns(turn("ann", [("cost", 1)]))).empty


def test_an_exhibit_is_taken_up_by_name_or_by_what_it_bears_out() -> None:
    fact = Exhibit(
        id="x-trial", title="A Trial of Prices", text="t", author="a", year=2000, publication="p", url="u", date="d",
        bears={"cost": 1},
    )  # fmt: skip
    said = turns(
        turn("dan", [("cost", 1)]), witness(refs=("x-trial", "e-a-1-100")), turn("ann", text="As a trial of prices, says."),
        turn("bob", [("cost", 1)]), turn("cleo", [("cost", -1)]),
    )  # fmt: skip
    [found] = influence.exhibits_cited(said, question(MAP, exhibits=[fact])).to_dict("records")
    assert (found["exhibit"], found["cited"], found["members"]) == ("x-trial", 1, 3)
    assert (found["named"], found["argued"]) == (1, 1)


def test_going_over_to_the_majority_is_told_from_other_changes() -> None:
    held = polls({"ann": [GO, GO], "bob": [GO, GO], "cleo": [STAY, GO], "dan": [GO, STAY]})
    said = turns(*[turn(name) for name in FOUR])
    found = conformity.conformity(said, held, panels(FOUR), question(MAP)).set_index("member")
    assert found["majority"].tolist() == ["go"] * 4
    assert found["apart"].to_dict() == {"ann": False, "bob": False, "cleo": True, "dan": False}
    assert found["flipped"].to_dict() == {"ann": False, "bob": False, "cleo": True, "dan": True}
    assert found["towards"].to_dict() == {"ann": False, "bob": False, "cleo": True, "dan": False}


def test_a_tie_at_the_table_is_no_majority() -> None:
    held = polls({"ann": [GO, GO], "bob": [STAY, STAY], "cleo": [STAY, GO]})
    said = turns(turn("ann"), turn("bob"), turn("cleo"))
    found = conformity.conformity(said, held, panels(FOUR), question(MAP)).set_index("member")
    assert found["majority"].isna().to_dict() == {"ann": False, "bob": True, "cleo": True}
    assert found["apart"].isna().to_dict() == {"ann": False, "bob": True, "cleo": True}


def test_the_majority_is_of_ones_own_table() -> None:
    held = polls({"ann": [GO, GO], "bob": [GO, GO], "cleo": [STAY, STAY], "dan": [STAY, STAY]})
    said = turns(turn("ann"), turn("cleo"), turn("bob", table="table-2"), turn("dan", table="table-2"))
    found = conformity.conformity(said, held, panels(FOUR), question(MAP)).set_index("member")
    assert found["majority"].to_dict() == {"ann": "stay", "bob": "stay", "cleo": "go", "dan": "go"}


def test_a_new_argument_is_one_that_others_made_within_hearing_before_the_last_poll() -> None:
    held = polls({"ann": [GO, GO], "bob": [GO, GO], "cleo": [STAY, GO]}, at=(0, 104))
    said = turns(
        turn("cleo", [("cost", 1)]), turn("ann", [("cost", 1)]), turn("ann", [("habit", 1), ("trust", 1)]),
        turn("bob", [("habit", 1), ("cost", -1)]), turn("ann", [("trust", -1)]),
    )  # fmt: skip
    found = conformity.conformity(said, held, panels(FOUR), question(MAP)).set_index("member")
    assert found.loc["cleo", "heard_for"] == 1  # habit; its own cost is not new, and trust rejected comes too late
    assert found.loc["cleo", "heard_against"] == 2  # trust, and cost rejected


def test_shares_that_go_over_are_split_by_what_was_heard() -> None:
    one = pd.DataFrame({
        "run": "run-1", "assembly": ["a", "a", "b", "b"], "apart": [True, True, True, None],
        "flipped": [True, False, True, False], "towards": [True, False, False, None],
        "heard_for": [2, 0, 1, None], "heard_against": [0, 0, 1, None],
    }).astype({"apart": "boolean", "flipped": "boolean", "towards": "boolean", "heard_for": "Int64", "heard_against": "Int64"})  # fmt: skip
    rows = {row["measure"]: row["value"] for row in conformity.conformity_rows(one, ["run-1"])}
    assert rows["flips"] == 0.5
    assert rows["towards_majority"] == pytest.approx(1 / 3)
    assert rows["towards_with_argument"] == 0.5
    assert rows["towards_without_argument"] == 0
    assert rows["towards_more_for"] == 1
    assert rows["flips_to_majority"] == 0.5


def test_coming_nearer_to_those_one_sat_with_is_a_slope_on_rounds() -> None:
    low, high = {"go": 1, "stay": 4}, {"go": 7, "stay": 4}
    held = polls({"ann": [{"go": 4, "stay": 4}, {"go": 2, "stay": 4}], "bob": [low, low], "cleo": [high, high]})
    said = turns(turn("ann"), turn("bob"), turn("cleo", table="table-2"))
    pairs = conformity.nearing(said, held, question(MAP)).set_index(["member", "other"])
    assert pairs.loc[("ann", "bob"), "nearer"] == pytest.approx(1)
    assert pairs.loc[("ann", "cleo"), "nearer"] == pytest.approx(-1)
    assert pairs.loc[("bob", "ann"), "nearer"] == 0
    [row] = conformity.nearing_rows(said, held, question(MAP), ["run-1"])
    # ann: 2 nearer for one round more; bob and cleo: none
    assert row["value"] == pytest.approx(0.5 * 2 / (0.5 + 0.5))
    everywhere = turns(turn("ann"), turn("bob"), turn("cleo"))
    assert conformity.nearing_rows(everywhere, held, question(MAP), ["run-1"])[0]["value"] is None


def shown(order_of: Mapping[str, list[str]], lift: float) -> pd.DataFrame:
    """One poll in which what is shown first is rated higher by so much."""
    sheets = {m: [{p: int(4 + lift * (order.index(p) == 0)) for p in ("go", "stay")}] for m, order in order_of.items()}
    return polls(sheets, shown={m: [order] for m, order in order_of.items()})


def test_what_is_shown_first_and_rated_higher_has_a_slope_above_0() -> None:
    order = {"ann": ["go", "stay"], "bob": ["stay", "go"]}
    [found] = orders.position_effect(shown(order, lift=3)).to_dict("records")
    assert found["slope"] == pytest.approx(3 / 6)
    [none] = orders.position_effect(shown(order, lift=0)).to_dict("records")
    assert none["slope"] == pytest.approx(0)


def test_an_order_that_is_the_same_for_all_tells_nothing() -> None:
    [found] = orders.position_effect(shown({member: ["go", "stay"] for member in FOUR}, lift=3)).to_dict("records")
    assert np.isnan(found["slope"])
    assert found["n"] == 0


def test_a_clause_that_is_supported_where_it_stands_first_has_a_slope_above_0() -> None:
    rows = [
        ("run-1", assembly, "ballot", member, clause, place, "support" if place == 0 else "oppose")
        for assembly in ("a-1", "a-2")
        for member, order in (("ann", "xy"), ("bob", "yx"))
        for place, clause in enumerate(order)
    ]
    slate = pd.DataFrame(rows, columns=["run", "assembly", "phase", "member", "clause", "place", "choice"])
    [found] = orders.place_effect(slate).to_dict("records")
    assert found["slope"] == pytest.approx(1)
    assert (found["people"], found["n"]) == (4, 2)


def test_others_who_move_the_way_of_the_first_speaker_follow_it() -> None:
    lean = {"cost": [1.0, -1.0, 0.0], "trust": [-1.0, 1.0, 0.0]}
    said = turns(turn("ann", [("cost", 1)]), turn("bob", [("trust", 1)]), turn("cleo", [("trust", 1)], round=2))
    start, end = {"go": 4, "stay": 4, "wait": 4}, {"go": 6, "stay": 2, "wait": 4}
    held = polls({"ann": [start, start], "bob": [start, end], "cleo": [start, end]})
    [found] = orders.first_speakers(said, held, question(lean)).to_dict("records")
    assert found["first"] == pytest.approx(1)  # bob moved its way
    assert np.isnan(found["later"])  # ann did not move at all
    held = polls({"ann": [start, end], "bob": [start, end]})
    [found] = orders.first_speakers(said, held, question(lean)).to_dict("records")
    assert found["difference"] == pytest.approx(1 - -1)


def test_a_run_has_the_figures_that_its_diagnostics_have(run: RunFolder, small: Settings) -> None:
    said, held, seats = frames.turns(run.path), frames.polls(run.path), frames.panels(run.path)
    drifts, slate = influence.drift(run, small.question), orders.slates(run)
    found = influence.influence_summary(said, held, seats, question=small.question, slate=slate, drifts=drifts)
    value = found.set_index("measure")["value"]
    known = diagnose(run, small.question)
    assert value["flips"] == pytest.approx(known.flips, abs=1e-4)
    assert value["shown_first"] == pytest.approx(known.order, abs=1e-4)
    assert value["drift"] == pytest.approx(known.value_drift, abs=1e-4)
    [effect] = orders.position_effect(held).to_dict("records")
    assert effect["z"] == pytest.approx(known.order_z, abs=1e-4)
    assert known.testimony is None
    assert np.isnan(value["testimony"])
    assert 0 < value["witness_share"] < 1
    assert not np.isnan(value["on_slate_first"])


def test_what_a_witness_alone_does_is_what_the_diagnostics_say(tmp_path: Path) -> None:
    settings = Settings.bundled(procedure="witness_only", assemblies=2, members=6, truth=0)
    run_study(settings, tmp_path / "run")
    said, held, seats = (read(tmp_path / "run") for read in (frames.turns, frames.polls, frames.panels))
    value = influence.influence_summary(said, held, seats).set_index("measure")["value"]
    shifts = influence.testimony_shift(said, held)
    together = shifts.groupby("position")["change"].mean().abs().mean() / 6  # the diagnostics pool the assemblies
    assert together == pytest.approx(diagnose(RunFolder(tmp_path / "run"), settings.question).testimony, abs=1e-4)
    assert value["testimony"] >= together


def test_an_imported_transcript_leaves_all_but_the_talk_open(tmp_path: Path) -> None:
    rows = (
        "speaker,text,time,role,table\nAnn,We should wait.,1,member,t1\nBob,No.,2,member,t1\nDr Wu,Maybe.,3,expert,\n"
    )
    (tmp_path / "talk.csv").write_text(rows)
    import_record(read_transcript(tmp_path / "talk.csv"), tmp_path / "run")
    asked = stored_settings(tmp_path / "run").question
    said, held, seats = (read(tmp_path / "run") for read in (frames.turns, frames.polls, frames.panels))
    drifts = influence.drift(RunFolder(tmp_path / "run"), asked)
    moved = influence.influence_summary(said, held, seats, question=asked, drifts=drifts)
    assert moved["value"].isna().all()
    assert networks.network_summary(said, seats, polls=held, question=asked)["value"].isna().all()
    talked = talk.talk_summary(said, seats, polls=held, question=asked).set_index("measure")["value"]
    assert talked["gini_words"] == pytest.approx(0.25)  # three words and one
    assert talked.drop(["gini_words", "gini_turns", "entropy_words", "entropy_turns", "silent"]).isna().all()


@pytest.fixture(scope="module")
def arms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RunFolder]:
    """The same people who reflect, who tell stances, and who talk."""
    found = {}
    for name in ("self_reflection", "stance_talk", "talk_only"):
        path: Path = tmp_path_factory.mktemp("arms") / name
        run_study(Settings.bundled(procedure=name, assemblies=2, members=6, truth=0), path)
        found[name] = RunFolder(path)
    return found


def test_three_arms_add_up_to_the_flips_of_the_full_one(arms: dict[str, RunFolder]) -> None:
    asked = Settings.bundled().question
    reflection, vacuous, full = arms.values()
    found = influence.flips_by_arm(reflection, vacuous, full, asked).set_index("measure")
    assert set(found.index) == {"instability", "conformity", "persuasion"}
    assert found["value"].sum() == pytest.approx(diagnose(arms["talk_only"], asked).flips, abs=1e-4)
    assert found["low"].isna().all()


def test_arms_of_other_people_are_refused(arms: dict[str, RunFolder], run: RunFolder) -> None:
    with pytest.raises(DataError, match="not the same people"):
        influence.flips_by_arm(arms["self_reflection"], run, arms["talk_only"], Settings.bundled().question)
