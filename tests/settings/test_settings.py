from __future__ import annotations

from typing import Any

import pytest

from deliberation.errors import ConfigError
from deliberation.models.prompts import check
from deliberation.settings import Settings


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"members": 0}, "members"),
        ({"seed": -1}, "seed"),
        ({"assemblies": 0}, "assemblies"),
        ({"idea": ""}, "idea"),
        ({"concurrency": 0}, "concurrency"),
        ({"assemblies": 10_000_000}, "assemblies"),
        ({"members": 3000, "assemblies": 1}, "members"),
        ({"budget": {"calls": -5}}, "budget.calls"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_setting_that_cannot_be_right_is_named(change: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named.replace(".", r"\.")):
        Settings.bundled(**change)


def test_an_unknown_population_is_answered_with_those_there_are() -> None:
    plain = Settings.bundled().model_dump(mode="json")
    plain["panel"]["population"] = "atlantis"
    from deliberation.settings import read_settings

    with pytest.raises(ConfigError, match=r"atlantis.*us_adults"):
        read_settings(plain)


def test_budget_and_concurrency_are_outside_the_hash() -> None:
    usual = Settings.bundled()
    other = Settings.bundled(concurrency=3, budget={"calls": 7})
    assert usual.run == other.run


def test_everything_else_is_inside_the_hash() -> None:
    usual = Settings.bundled()
    for change in ({"seed": 8}, {"idea": "kind"}, {"members": 11}, {"procedure": "plain_poll"}, {"witness": "none"}):
        assert Settings.bundled(**change).run != usual.run


def asking(**words: str) -> dict[str, Any]:
    plain = Settings.bundled().prompts.model_dump(mode="json")
    return {**plain, "asks": {**{k: v for k, v in plain["asks"].items() if k != "weigh"}, **words}}


def test_words_for_a_weighing_are_inside_the_hash_only_where_one_is_held() -> None:
    """A run without is called as it was before there were weighings, and prompts that lack the words still do."""
    usual, other = Settings.bundled(), Settings.bundled(prompts=asking(weigh="Rate: $options"))
    assert usual.run == other.run == Settings.bundled(prompts=asking()).run
    held = Settings.bundled(procedure="reasoned_assembly")
    assert held.run != Settings.bundled(procedure="reasoned_assembly", prompts=asking(weigh="Rate: $options")).run
    check(Settings.bundled(prompts=asking()).prompts)


def test_a_weighing_without_words_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="no words for task 'weigh', which procedure=reasoned_assembly asks"):
        Settings.bundled(procedure="reasoned_assembly", prompts=asking())


def test_a_procedure_that_cannot_be_walked_is_refused() -> None:
    phases = [{"kind": "plenary", "name": "plenary"}]
    procedure = {
        "id": "p",
        "title": "t",
        "source": "s",
        "phases": phases,
        "ratification": [{"kind": "ballot", "name": "b"}],
    }
    with pytest.raises(ConfigError, match="'plenary' needs tables"):
        Settings.bundled(procedure=procedure)


def test_a_draw_of_parameters_leaves_what_a_preset_has_set() -> None:
    """A null model that talked after all would be none."""
    model = {**Settings.bundled(model="null_no_talk").model.model_dump(), "draw": 3}
    drawn, usual = Settings.bundled(model=model).synthetic.kernel, Settings.bundled().synthetic.kernel
    assert (drawn.attention, drawn.conformity) == (0.0, 0.0)
    assert drawn.scale != usual.scale
