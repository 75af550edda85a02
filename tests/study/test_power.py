"""How large a study should be."""

from __future__ import annotations

import pytest

from deliberation.errors import ConfigError
from deliberation.settings import Settings
from deliberation.study.power import power_of, variance_of

SETTINGS = Settings.bundled(procedure="plain_poll")


def test_the_two_parts_of_a_variance_are_told_apart() -> None:
    a, b = variance_of({n: 0.002 + 0.2 / n for n in (6, 12, 24, 48)})
    assert a == pytest.approx(0.002)
    assert b == pytest.approx(0.2)


def test_the_formula_and_the_simulation_agree() -> None:
    found = power_of(SETTINGS, width=0.1, effect=0.1, sizes=[6, 12, 24], panels=200, ratio=10)
    for size in found.sizes:
        assert size.fitted == pytest.approx(size.sd, rel=0.15)
        assert size.power == pytest.approx(0.8, abs=0.1)
    assert [s.for_width for s in found.sizes] == sorted((s.for_width for s in found.sizes), reverse=True)


def test_what_a_panel_has_in_common_no_size_averages_out() -> None:
    """Without talk members are independent; where they draw one another along, some of the variance stays."""
    wish = {"width": 0.1, "effect": 0.1, "sizes": [6, 24, 48], "panels": 300, "ratio": 10.0}
    alone = power_of(SETTINGS, **wish)  # type: ignore[arg-type]
    talking = Settings.bundled(procedure="talk_only", model="conformist")
    together = power_of(talking, **wish)  # type: ignore[arg-type]
    assert alone.a < 0.0005
    assert together.a > 2 * alone.a


def test_as_many_as_it_takes_are_found_by_simulation() -> None:
    found = power_of(SETTINGS, width=0.12, effect=0.1, sizes=[12, 48], panels=200, ratio=10)
    for size in found.sizes:
        assert size.enough >= size.for_width
        assert size.width <= 0.12


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"width": 0.0}, "--width 0"),
        ({"effect": 1.5}, r"--effect 1\.5"),
        ({"sizes": [12]}, "--sizes 12"),
        ({"sizes": [1, 12]}, "--sizes 1"),
        ({"panels": 3}, "--panels 3"),
        ({"ratio": 0.0}, "--ratio 0"),
    ],
)
def test_a_wish_that_cannot_be_met_is_named(changes: dict[str, object], named: str) -> None:
    wanted: dict[str, object] = {"width": 0.1, "effect": 0.1, "sizes": [6, 12], "panels": 50, "ratio": 10.0, **changes}
    with pytest.raises(ConfigError, match=named):
        power_of(SETTINGS, **wanted)  # type: ignore[arg-type]


def test_members_who_cannot_fill_the_tables_are_named() -> None:
    settings = Settings.bundled()
    phases = tuple(p.model_copy(update={"tables": 8}) if p.kind == "tables" else p for p in settings.procedure.phases)
    procedure = settings.procedure.model_copy(update={"phases": phases})
    with pytest.raises(ConfigError, match="--sizes 6: members cannot fill tables=8"):
        power_of(
            settings.model_copy(update={"procedure": procedure}),
            width=0.1,
            effect=0.1,
            sizes=[6, 12],
            panels=50,
            ratio=1,
        )
