"""Human bands: that they are the figures they say, and that a run's own are computed as theirs were."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from deliberation import assets
from deliberation.analysis import bands as under
from deliberation.analysis.bands import bands, change_figures, place, placed, reason_figures
from deliberation.analysis.humans import Stage, mini_publics
from deliberation.analysis.measures import single_peakedness
from deliberation.errors import DataError
from deliberation.records.events import Polled, Weighed
from deliberation.records.folder import RunFolder
from deliberation.settings import Settings
from deliberation.study import run_study

MOMENTS = {
    "spread_first": "sd1", "spread_ratio": "sdr", "gross": "gross", "net_assembly": "net_g", "net_public": "net_p",
    "net_public_sd": "d_p", "homogenisation": "H", "spread_falls": "Hb", "polarisation": "Pm", "polarises": "Pb",
    "spread_and_movement": "corrHP", "own_order_kept": "stabP", "agreement_first": "pp1", "agreement_last": "pp2",
    "single_peaked_first": "sp1", "single_peaked_last": "sp2", "reasons_first": "dri1", "reasons_last": "dri2",
    "reasons_null_first": "null1", "reasons_linked_first": "r1", "reasons_linked_last": "r2",
    "reasons_agreement_first": "cc1", "reasons_agreement_last": "cc2", "reasons_kept": "stabC",
    "reasons_change": "mean_abs", "reasons_spread_falls": "varfall",
}  # fmt: skip


def test_every_band_is_the_figure_and_the_tolerance_that_the_public_was_fitted_to() -> None:
    with (Path(__file__).parents[2] / "benchmarks" / "targets.csv").open(encoding="utf-8") as lines:
        targets = {row["moment"]: (float(row["target"]), float(row["tolerance"])) for row in csv.DictReader(lines)}
    found = bands()
    assert found.keys() == MOMENTS.keys() | {"first_choice_changed"}
    for name, moment in MOMENTS.items():
        target, tolerance = targets[moment]
        band = found[name]
        assert (band.target, band.low, band.high) == pytest.approx((target, target - tolerance, target + tolerance))
    kept, tolerance = targets["top"]
    changed = found["first_choice_changed"]
    assert (changed.target, changed.high - changed.low) == pytest.approx((1 - kept, 2 * tolerance))
    assert all(len(band.source) > 40 and band.note.endswith(".") for band in found.values())


def test_bands_are_read_by_the_analysis_alone() -> None:
    package = Path(under.__file__).parents[1]
    assert [path.name for path in package.rglob("*.py") if "human_bands" in path.read_text(encoding="utf-8")] == [
        "bands.py"
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("low: 0.173", "low: 0.213", "'gross' stands twice or lies outside its own band"),
        ("measure: spread_ratio", "measure: spread_first", "entry 2: 'spread_first' stands twice"),
        ("high: 0.306, source: indices", "high: 0.306, source: hearsay", "entry 1: no 'hearsay'"),
        ("label: Change of a person,", "", "entry 3: label"),
    ],
)
def test_a_band_that_cannot_be_right_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, problem: str
) -> None:
    text = (assets.folder("answers") / "human_bands.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "human_bands.yaml").write_text(text.replace(old, new), encoding="utf-8")
    monkeypatch.setattr(assets, "folder", lambda _: tmp_path)
    with pytest.raises(DataError, match=problem):
        bands()


def test_a_figure_is_within_its_band_up_to_the_ends_and_none_is_neither() -> None:
    band = bands()["gross"]
    assert place(band, 0.173).within is place(band, 0.2).within is True
    assert place(band, 0.1729).within is False
    assert place(band, None).within is place(band, float("nan")).within is None
    assert place(band, float("nan")).value is None


def test_the_figures_of_two_small_assemblies_are_those_worked_by_hand() -> None:
    before = [np.array([[0.0, 1.0], [0.4, 0.6]]), np.array([[1.0, 0.2], [0.6, 0.4]])]
    after = [np.array([[0.2, 0.8], [0.4, 0.6]]), np.array([[0.2, 0.4], [0.6, 0.4]])]
    found = change_figures(before, after)
    assert found["gross"] == pytest.approx((0.2 + 0 + 0.8 + 0 + 0.2 + 0 + 0.2 + 0) / 8)
    # assembly means: position 1: .2 -> .3 and .8 -> .4; position 2: .8 -> .7 and .3 -> .4
    assert found["net_assembly"] == pytest.approx((0.1 + 0.4 + 0.1 + 0.1) / 4)
    assert found["net_public"] == pytest.approx((0.15 + 0.0) / 2)  # .5 -> .35 and .55 -> .55
    assert found["polarisation"] == pytest.approx((-0.1 - 0.4 - 0.1 - 0.1) / 4)
    assert found["polarises"] == 0
    # SDs are |x - y| / sqrt 2: .4 -> .2, .4 -> .4; .4 -> .2, .2 -> 0
    assert found["homogenisation"] == pytest.approx((0.2 + 0 + 0.2 + 0.2) / 4 / 2**0.5)
    assert found["spread_falls"] == 0.75
    assert found["first_choice_changed"] == 0.25
    assert found["own_order_kept"] == pytest.approx((1 + 1 - 1 + 1) / 4)
    assert found["agreement_first"] == pytest.approx(1)
    assert found["agreement_last"] == pytest.approx((1 - 1) / 2)


def test_whoever_left_a_position_unrated_has_not_changed_its_first_choice() -> None:
    whole = np.array([[0.1, 0.5, 0.9], [0.2, 0.4, 0.9]])
    gap = np.array([[0.1, 0.5, np.nan]])
    assert change_figures([np.concatenate([whole, gap])], [np.concatenate([whole, gap])]) == change_figures(
        [whole], [whole]
    )
    assert change_figures([gap], [gap]) == change_figures([], []) == {}


def test_assemblies_of_one_person_have_no_spread_and_no_agreement() -> None:
    found = change_figures([np.array([[0.0, 1.0]])], [np.array([[0.5, 0.5]])])
    assert found["gross"] == 0.5
    assert not {"homogenisation", "spread_falls", "spread_ratio", "agreement_first"} & found.keys()


def test_a_run_is_laid_beside_every_band_and_says_what_it_cannot_tell(run: RunFolder, small: Settings) -> None:
    found = placed(run, small.question)
    assert [one.band for one in found] == list(bands().values())
    by_name = {one.band.measure: one for one in found}
    changes = []
    for panel in run.panels():
        polls = [e for e in run.events(panel.assembly) if isinstance(e, Polled)]
        for person in panel.members:
            own = [e.ratings for e in polls if e.speaker == person.id]
            changes += [abs(own[-1][p.id] - own[0][p.id]) / 6 for p in small.question.positions]
    gross = by_name["gross"]
    assert gross.value == pytest.approx(np.mean(changes), abs=1e-4)
    assert gross.within == (gross.band.low <= np.mean(changes) <= gross.band.high)
    assert by_name["single_peaked_first"].value is not None
    assert by_name["single_peaked_first"].within is None  # of so few positions it tells nothing


def test_a_run_with_one_poll_has_a_spread_and_no_change(tmp_path: Path) -> None:
    settings = Settings.bundled(assemblies=2, members=4, truth=20, procedure="plain_poll")
    run_study(settings, tmp_path / "run")
    found = placed(RunFolder(tmp_path / "run"), settings.question)
    assert [one.band.measure for one in found if one.value is not None] == ["spread_first"]
    assert all(one.within is None for one in found if one.value is None)


def test_a_run_whose_members_weigh_considerations_stands_beside_the_bands_on_reasons_too(tmp_path: Path) -> None:
    settings = Settings.bundled(assemblies=2, members=5, truth=0, procedure="reasoned_assembly")
    run_study(settings, tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    found = {one.band.measure: one.value for one in placed(folder, settings.question)}
    assert all(value is not None for value in found.values())
    changes = []
    for panel in folder.panels():
        sheets = [e for e in folder.events(panel.assembly) if isinstance(e, Weighed)]
        for person in panel.members:
            own = [e.ratings for e in sheets if e.speaker == person.id]
            changes += [abs(own[-1][c.id] - own[0][c.id]) / 6 for c in settings.question.considerations]
    assert found["reasons_change"] == pytest.approx(np.mean(changes), abs=1e-4)


def test_without_weighings_figures_on_considerations_are_null(run: RunFolder, small: Settings) -> None:
    names = {name for name in bands() if name.startswith("reasons_")}
    assert {one.band.measure for one in placed(run, small.question) if one.value is None} == names


def test_figures_on_considerations_are_of_those_who_answered_both_times() -> None:
    before = Stage(
        np.array([[1.0, 7, 3], [1, 6, 2], [2, 7, 4], [1, 2, 3]]), np.array([[1.0, 2], [1, 2], [1, 2], [2, 1]])
    )
    moved = before.considerations.copy()
    moved[:3, 0] = [3, 1, 2]
    moved[3, 1] = np.nan
    found = reason_figures([before], [Stage(moved, before.preferences)], width=6)
    assert found["reasons_change"] == pytest.approx(2 / 6 / 9)  # one answer of nine moved, by two
    assert found["reasons_spread_falls"] == 0
    # all three rank the positions alike, r = 1, and the considerations alike, q = 1
    assert found["reasons_first"] == found["reasons_null_first"] == pytest.approx(1)
    assert "reasons_linked_first" not in found
    assert (
        reason_figures(
            [Stage(moved[2:], before.preferences[2:])] * 1, [Stage(moved[2:], before.preferences[2:])], width=6
        )
        == {}
    )


def test_the_bands_of_mini_publics_are_found_anew_in_their_data_by_what_runs_are_measured_with(shared: Path) -> None:
    publics = mini_publics(shared / "deliberative_reason_index" / "human_data.csv")
    each = []
    for one in publics:
        scale = np.concatenate([one.before.considerations, one.after.considerations])
        found = reason_figures([one.before], [one.after], width=float(np.ptp(scale)))
        ranked = change_figures([-one.before.preferences], [-one.after.preferences])
        kept = ["first_choice_changed", "own_order_kept", "agreement_first", "agreement_last"]
        kept += ["single_peaked_first", "single_peaked_last"] if one.before.preferences.shape[1] < 8 else []
        each.append(found | {name: ranked[name] for name in kept})
    for name in {name for one in each for name in one} & bands().keys():
        assert np.mean([one[name] for one in each if name in one]) == pytest.approx(bands()[name].target, abs=1.1e-3)
    assert sum(name in bands() for name in each[0]) == 16


def test_positions_that_are_tied_make_nobody_less_single_peaked() -> None:
    # on the axis 0 1 2 each of these is single-peaked; in whatever order ties are listed, none is a valley
    assert single_peakedness(np.array([[1.0, 2, 2], [2, 2, 1], [2, 2, 2], [1, 2, 1]])) == 1
    # each has another valley: one axis fits two of the three
    assert single_peakedness(np.array([[2.0, 1, 2], [1, 2, 2], [2, 2, 1]])) == pytest.approx(2 / 3)
