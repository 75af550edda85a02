"""The persona ablation: what is told of people changes, and nothing else does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deliberation.people.pool import Pool
from deliberation.people.telling import told_of
from deliberation.records.people import Panel
from deliberation.settings import Settings
from deliberation.settings.parts import Telling
from deliberation.study import run_study
from deliberation.study.panels import draw_of, panels_of
from deliberation.study.stages import roster_of

HOWS: tuple[Telling, ...] = ("full", "demographics", "shuffled", "none")


def small(how: Telling = "full", **changes: Any) -> Settings:
    settings = Settings.bundled(**{"assemblies": 2, "members": 6, "truth": 0, **changes})
    return settings.model_copy(update={"panel": settings.panel.model_copy(update={"persona": how})})


def panels(settings: Settings) -> list[Panel]:
    return list(panels_of(settings, draw_of(settings)))


def test_the_same_people_sit_whatever_is_told_of_them() -> None:
    first, *others = ([(p.lot, p.members, p.quotas) for p in panels(small(how))] for how in HOWS)
    assert all(other == first for other in others)


def test_a_study_that_tells_all_is_what_it_was_before_there_was_a_choice() -> None:
    assert "persona" not in small().fixed()["panel"]
    assert len({small(how).sha256 for how in HOWS}) == 4
    assert all(not panel.told for panel in panels(small()))


@pytest.mark.parametrize("how", HOWS)
def test_answerers_know_people_by_their_own_names_and_attributes(how: Telling) -> None:
    settings = small(how)
    panel = panels(settings)[0]
    for person, known in zip(panel.members, roster_of(settings, panel).members, strict=True):
        assert (known.id, known.name, known.attributes) == (person.id, person.name, person.attributes)
        assert person.name in known.text
        assert (known == person) == (how == "full")


def test_demographics_are_told_without_a_life_and_with_mean_values() -> None:
    settings = small("demographics")
    [panel, _] = panels(settings)
    mean = settings.panel.population.spread.means
    for person in panel.members:
        told = panel.told[person.id]
        assert all(value in told.text for name, value in person.attributes.items() if name != "outlook")
        assert person.attributes["outlook"] not in told.text
        assert (told.values, told.of) == (mean, None)
        assert len(told.text) < len(person.text)


def test_of_a_person_of_whom_nothing_is_told_only_the_name_is_known() -> None:
    [panel, _] = panels(small("none"))
    assert {panel.told[p.id].text for p in panel.members} == {f"I am {p.name}." for p in panel.members}


def test_shuffled_people_have_the_words_and_values_of_another() -> None:
    settings = small("shuffled")
    pool = Pool(settings.panel.population, settings.panel.pool, settings.seed)
    everybody = {pool.id_of(place): place for place in range(pool.size)}
    for panel in panels(settings):
        for person in panel.members:
            told = panel.told[person.id]
            assert told.of is not None
            assert told.of != person.id
            other = pool.persona(everybody[told.of])
            assert told.values == other.values
            assert told.text == other.text.replace(other.name, person.name)


def test_of_a_pool_of_two_each_is_told_as_the_other() -> None:
    settings = small("shuffled", members=2)
    pool = Pool(settings.panel.population, 2, 7)
    for place in (0, 1):
        told = told_of(pool.persona(place), "shuffled", pool, seed=7)
        assert told.of == pool.id_of(1 - place)


def test_those_who_vote_in_the_members_place_are_told_of_alike() -> None:
    for panel in panels(small("none", procedure="extrapolated")):
        assert {p.id for p in (*panel.members, *panel.fresh)} == set(panel.told)


def test_a_run_records_what_was_told_and_who_the_people_are(tmp_path: Path) -> None:
    settings = small("none", procedure="self_reflection")
    run_study(settings, tmp_path / "run")
    lines = (tmp_path / "run" / "panels.jsonl").read_text(encoding="utf-8").splitlines()
    for line, panel in zip(lines, panels(settings), strict=True):
        assert Panel.model_validate_json(line) == panel
        assert all(person.text != panel.told[person.id].text for person in panel.members)
