"""Measures and diagnostics, on cases whose answer is known, and on what each is there to notice."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from deliberation.analysis import measures, validity
from deliberation.analysis.contrasts import decompose_flips, witness_effect
from deliberation.analysis.diagnostics import Diagnostics, diagnose
from deliberation.errors import DataError
from deliberation.randomness import stream
from deliberation.records.folder import RunFolder
from deliberation.settings import Settings
from deliberation.study import run_study

DRAW = stream(1, "validity")


def script(name: str) -> ModuleType:
    """A benchmark, loaded as a module."""
    path = Path(__file__).parents[2] / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_agreement_is_spearmans() -> None:
    from scipy.stats import spearmanr

    values = DRAW.integers(1, 8, size=(6, 9)).astype(float)
    table = measures.agreement(values)
    for i in range(6):
        for j in range(6):
            assert table[i, j] == pytest.approx(spearmanr(values[i], values[j]).statistic)


def test_people_who_agree_alike_on_reasons_and_choices_have_the_highest_index() -> None:
    shared = DRAW.standard_normal((8, 5))
    assert measures.dri(shared, shared) == pytest.approx(1.0)
    reasons, choices = DRAW.standard_normal((40, 20)), DRAW.standard_normal((40, 6))
    assert measures.dri(reasons, choices) == pytest.approx(measures.dri_null(reasons, choices, DRAW), abs=0.03)


def test_the_index_of_real_mini_publics_is_the_published_one(shared: Path) -> None:
    """Facts recomputed from the deliberr data: mean DRI before .292, after .394 over 24 cases."""
    import pandas as pd

    path = shared / "deliberative_reason_index" / "human_data.csv"
    data = pd.read_csv(path)
    found = {}
    for stage, rows in data.groupby("stage_id"):
        by_case = []
        for _, case in rows.groupby("case"):
            reasons = case.filter(regex=r"^C\d+$").dropna(axis=1, how="all").to_numpy(float)
            choices = case.filter(regex=r"^P\d+$").dropna(axis=1, how="all").to_numpy(float)
            by_case.append(measures.dri(reasons, choices))
        found[stage] = np.mean(by_case)
    before, after = sorted(found.values())
    assert before == pytest.approx(0.292, abs=0.01)
    assert after == pytest.approx(0.394, abs=0.01)


def test_single_peakedness_by_hand() -> None:
    """On the axis a b c, all rankings are single-peaked but those that put b last."""
    utilities = np.array([[3.0, 2.0, 1.0], [2.0, 3.0, 1.0], [1.0, 2.0, 3.0], [3.0, 1.0, 2.0]])
    assert measures.single_peakedness(utilities) == 0.75
    with pytest.raises(ValueError, match="9"):
        measures.single_peakedness(np.zeros((2, 9)))


def test_individuation_is_one_for_those_who_never_change_and_about_none_for_noise() -> None:
    fixed = DRAW.random((30, 4))
    assert validity.individuation(np.stack([fixed, fixed, fixed])) == pytest.approx(1.0)
    assert validity.individuation(DRAW.random((3, 300, 4))) == pytest.approx(0.0, abs=0.1)


def test_personas_explain_what_follows_from_them_and_shuffled_ones_nothing() -> None:
    values = DRAW.standard_normal((240, 10))
    ratings = values[:, :3] + 0.5 * DRAW.standard_normal((240, 3))
    panel = np.repeat(np.arange(20), 12)
    assert validity.persona_r2(values, ratings, panel) > 0.6
    assert validity.persona_r2(values[DRAW.permutation(240)], ratings, panel) < 0.05


def test_chance_alone_gives_segments_no_share() -> None:
    segment = DRAW.integers(4, size=400)
    noise = DRAW.random((400, 5))
    assert validity.segment_share(noise, segment) == pytest.approx(0.0, abs=0.02)
    assert validity.segment_share(noise + segment[:, None], segment) > 0.5


def test_flips_count_changed_first_choices_and_a_tie_is_either() -> None:
    before = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5], [1.0, 0.0]])
    after = np.array([[0.0, 1.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    assert validity.flips(before, after) == 0.25


def test_a_slope_within_people_ignores_what_lies_between_them() -> None:
    who = np.repeat(np.arange(50), 6)
    x = np.tile(np.arange(6.0), 50)
    between = np.repeat(10 * DRAW.standard_normal(50), 6)
    beta, z = validity.slope(x, 0.3 * x + between + 0.1 * DRAW.standard_normal(300), who)
    assert beta == pytest.approx(0.3, abs=0.02)
    assert z > 20
    assert validity.slope(np.zeros(300), between, who) == (0.0, 0.0)


def test_structure_is_tight_where_everything_hangs_together() -> None:
    one = DRAW.standard_normal((200, 1))
    tight, loose = one + 0.1 * DRAW.standard_normal((200, 5)), DRAW.standard_normal((200, 5))
    assert validity.first_component(tight) > 0.95
    assert validity.first_component(loose) < 0.4
    assert validity.effective_dependence(tight) > 0.8
    assert validity.effective_dependence(loose) < 0.1


def test_distinct_words_by_hand() -> None:
    assert validity.distinct(["a b a b", "a b"], 1) == pytest.approx(2 / 6)
    assert validity.distinct(["a b a b"], 2) == pytest.approx(2 / 3)
    assert validity.distinct([], 1) == 0.0


def test_a_run_tells_what_it_can_and_is_silent_on_the_rest(run: RunFolder, small: Settings) -> None:
    found = diagnose(run, small.question)
    assert run.manifest().content.diagnostics == found.model_dump()
    for name in (
        "spread",
        "flips",
        "convergence",
        "order_z",
        "map_coverage",
        "distinct_2",
        "value_drift",
        "persona_r2",
    ):
        assert getattr(found, name) is not None
    assert found.unreadable == 0.0
    assert found.individuation is None  # nobody was asked three times
    assert found.testimony is None  # no poll stands between the witness and the talk


def sat(path: Path, **changes: Any) -> Settings:
    """A study that ends with its sittings: what is voted and ruled afterwards tells nothing of what is measured here."""
    settings = Settings.bundled(**{"assemblies": 6, "members": 12, "truth": 0, **changes})
    settings = settings.model_copy(update={"procedure": settings.procedure.model_copy(update={"ratification": ()})})
    run_study(settings, path)
    return settings


def diagnosed(path: Path, **changes: Any) -> Diagnostics:
    return diagnose(RunFolder(path), sat(path, **changes).question)


def test_members_are_asked_again_to_see_whether_they_are_like_themselves(tmp_path: Path) -> None:
    found = diagnosed(tmp_path / "run", procedure="test_retest")
    assert found.individuation is not None
    assert 0.1 < found.individuation < 0.9
    alike = diagnosed(tmp_path / "alike", procedure="test_retest", model="null_no_persona")
    assert alike.individuation is not None
    assert alike.individuation < 0.1


def test_talk_without_reasons_moves_nobodys_belief_and_names_no_consideration(tmp_path: Path) -> None:
    found = diagnosed(tmp_path / "run", procedure="stance_talk")
    assert found.map_coverage == 0.0
    assert found.value_drift is None


def run_of(path: Path, **changes: Any) -> RunFolder:
    sat(path, **{"assemblies": 8, **changes})
    return RunFolder(path)


def test_flips_are_taken_apart_by_three_arms_of_the_same_people(tmp_path: Path) -> None:
    reflection, vacuous, full = (
        run_of(tmp_path / p, procedure=p) for p in ("self_reflection", "stance_talk", "talk_only")
    )
    question = Settings.bundled().question
    parts = decompose_flips(reflection, vacuous, full, question)
    total = diagnose(full, question).flips
    assert total is not None
    assert sum(parts.values()) == pytest.approx(total, abs=1e-4)
    assert parts["instability"] > 0.05  # people are not perfectly reliable
    with pytest.raises(DataError, match="not the same people"):
        decompose_flips(run_of(tmp_path / "other", procedure="self_reflection", seed=8), vacuous, full, question)


def test_a_conformist_public_conforms_where_others_do_not(tmp_path: Path) -> None:
    question = Settings.bundled().question
    spreads = []
    for model in ("null_no_talk", "null_conformity"):
        run = run_of(tmp_path / model, procedure="stance_talk", model=model, assemblies=20)
        spreads.append(diagnose(run, question).convergence)
    assert spreads[0] is not None
    assert spreads[1] is not None
    assert spreads[1] < spreads[0]


def test_the_effect_of_a_witness_is_measured_against_an_inert_one(tmp_path: Path) -> None:
    """A public that defers to experts is moved further than one that does not, the same way; no witness moves nobody."""
    question = Settings.bundled().question

    def run(name: str, **changes: Any) -> RunFolder:
        return run_of(tmp_path / name, procedure="witness_only", assemblies=150, **changes)

    inert, neutral = run("inert", witness="inert"), run("neutral")
    none = witness_effect(run("none", witness="none"), inert, question)
    usual = witness_effect(neutral, inert, question)
    deferring = witness_effect(run("deferring", model="faulty_expert"), inert, question)
    assert max(abs(z) for _, z in none.values()) < 3
    assert max(abs(z) for _, z in deferring.values()) > 3
    for position, (difference, _) in deferring.items():
        assert difference * usual[position][0] > 0, position
        assert abs(difference) > abs(usual[position][0]), position


@pytest.mark.parametrize(("question", "assemblies"), [("health_advice", 240), ("disputed_politics", 60)])
def test_a_persona_that_drifts_is_found_out_in_a_run(question: str, assemblies: int, tmp_path: Path) -> None:
    """At the default procedure's three turns a member. How many assemblies that takes depends on the question's map."""
    how = {"procedure": "talk_only", "assemblies": assemblies, "question": question}
    usual = diagnosed(tmp_path / "usual", **how)
    faulty = diagnosed(tmp_path / "faulty", **how, model="faulty_drift")
    assert usual.value_drift_z is not None
    assert faulty.value_drift_z is not None
    assert faulty.value_drift_z < -3 < usual.value_drift_z


def test_a_public_that_rates_by_place_is_found_out_in_a_run(tmp_path: Path) -> None:
    usual = diagnosed(tmp_path / "usual", procedure="test_retest", assemblies=20)
    faulty = diagnosed(tmp_path / "faulty", procedure="test_retest", assemblies=20, model="faulty_position")
    assert usual.order_z is not None
    assert faulty.order_z is not None
    assert abs(usual.order_z) < 3 < faulty.order_z


def test_each_fault_is_noticed_by_its_own_diagnostic() -> None:
    faults = script("faults")
    found = faults.matrix(24, 20)
    for fault, own in zip(faults.FAULTS, faults.DIAGNOSTICS, strict=True):
        assert abs(found[fault][own]) > 3, (fault, own)


def test_the_default_public_is_as_near_to_real_mini_publics_as_it_is_said_to_be() -> None:
    """Of 34 moments at least 24 within tolerance and 31 within twice, mean of three seeds."""
    moments = script("moments")
    one, two = moments.within(moments.mean_moments(Settings.bundled().synthetic.kernel, 3))
    assert one >= 24
    assert two >= 31
