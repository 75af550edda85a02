"""The batched simulator and the engine are two callers of one kernel: the same seed gives the same votes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deliberation.assembly.simulate import Sitting, simulate
from deliberation.assembly.transcript import read_events
from deliberation.records.events import Polled, Weighed
from deliberation.records.folder import RunFolder
from deliberation.settings import Settings
from deliberation.specification.distil import Findings, distil
from deliberation.specification.drafts import drafts_of
from deliberation.study import run_study
from deliberation.study.truth import fresh_panels, study_of

STUDIES: list[dict[str, Any]] = [
    {},
    {"members": 11, "question": "disputed_politics"},  # tables of unequal size
    {"witness": "one_sided"},
    {"witness": "false_claims"},
    {"witness": "none"},
    {"procedure": "plain_poll"},
    {"model": "motivated"},
    {"model": "faulty_drift"},
    {"model": "null_random_votes"},
    {"model": "null_biased_processing"},
    {"model": "faulty_position", "members": 10},
    {"seed": 8},
    {"witness": "opposed"},
    {"witness": "panel", "procedure": "extrapolated"},
    {"witness": "inert", "procedure": "extrapolated_sham"},
    {"witness": "opposed", "procedure": "sequential_assembly"},
    {"procedure": "lab_decree"},
    {"procedure": "public_input"},
    {"procedure": "parliament", "witness": "opposed", "members": 10},
    {"procedure": "collective_dialogue"},
    {"procedure": "mediated_caucus", "question": "disputed_politics"},
    {"procedure": "statement_slate"},
]


@pytest.mark.parametrize("changes", STUDIES, ids=lambda c: "-".join(map(str, c.values())) or "default")
def test_the_same_seed_gives_the_same_votes(changes: dict[str, Any], tmp_path: Path) -> None:
    settings = Settings.bundled(**{"assemblies": 3, "members": 8, "truth": 0, **changes})
    run_study(settings, tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    panels = list(folder.panels())
    drafts = [d for p in panels for d in drafts_of(p.assembly, read_events(folder.transcript(p.assembly)))]
    found = Findings.of(folder.distillation())
    meanings = distil(settings.question.id, drafts, limit=settings.aggregation.max_clauses, findings=found).meanings
    clauses = [(id_, meaning) for id_, meaning in meanings.items() if meaning is not None]
    assert len(clauses) == len(folder.clauses())
    study, phase = study_of(settings, seed=settings.seed), settings.procedure.ratification[0].name
    fresh = settings.procedure.evaluators == "fresh"  # others vote, who have deliberated nothing
    voting = [p.model_copy(update={"members": p.voters}) for p in panels]
    simulated = {}
    for sitting in [Sitting(study, voting)] if fresh else simulate(study, voting):
        cast = sitting.ballots(clauses, phase=phase)
        words = np.where(cast.abstains > 0, "abstain", np.where(cast.supports > 0, "support", "oppose"))
        for b, panel in enumerate(sitting.panels):
            for i, member in enumerate(panel.members):
                for c, (id_, _) in enumerate(clauses):
                    simulated[panel.assembly, member.id, id_] = str(words[b, i, c])
    assert simulated == {(b.assembly, b.member, b.clause): b.choice for b in folder.ballots()}


def test_polls_before_and_after_are_the_engines_too(run: RunFolder, small: Settings) -> None:
    panels = list(run.panels())
    sitting = Sitting(study_of(small, seed=small.seed), panels)
    for phase in ("opening-poll", "closing-poll"):
        found = 1 + 6 * sitting.poll(phase)
        for b, panel in enumerate(panels):
            rows = {m.id: i for i, m in enumerate(panel.members)}
            for event in read_events(run.transcript(panel.assembly)):
                if isinstance(event, Polled) and event.phase == phase:
                    assert [round(x) for x in found[b, rows[event.speaker]]] == list(event.ratings.values())
        sitting.deliberate()


@pytest.mark.parametrize("model", ["synthetic", "faulty_position", "faulty_variance", "faulty_drift"])
def test_weighings_before_and_after_are_the_engines_too(model: str, tmp_path: Path) -> None:
    settings = Settings.bundled(assemblies=2, members=6, truth=0, model=model, procedure="reasoned_assembly")
    run_study(settings, tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    panels = list(folder.panels())
    sitting = Sitting(study_of(settings, seed=settings.seed), panels)
    for phase in ("opening-weighing", "closing-weighing"):
        found = np.clip(np.round(1 + 6 * sitting.weigh(phase)), 1, 7)
        told = {}
        for b, panel in enumerate(panels):
            rows = {m.id: i for i, m in enumerate(panel.members)}
            for event in read_events(folder.transcript(panel.assembly)):
                if isinstance(event, Weighed) and event.phase == phase:
                    told[b, event.speaker] = list(event.ratings.values())
                    assert found[b, rows[event.speaker]].tolist() == told[b, event.speaker]
        assert len(told) == 12
        sitting.deliberate()


def test_what_sits_together_changes_no_vote() -> None:
    """Chunks are a matter of memory: each assembly comes out as it would alone."""
    settings = Settings.bundled(members=6, truth=12)
    panels = list(fresh_panels(settings, 5))
    study = study_of(settings, seed=3)
    [whole] = simulate(study, panels)
    for b, panel in enumerate(panels):
        [alone] = simulate(study, [panel])
        assert alone.minds.attitude()[0] == pytest.approx(whole.minds.attitude()[b], abs=1e-9)
