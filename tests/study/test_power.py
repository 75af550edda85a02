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


def test_without_talk_members_are_independent() -> None:
    """Nothing is shared by a panel that has not talked, so that all its variance goes down with its size."""
    found = power_of(SETTINGS, width=0.1, effect=0.1, sizes=[6, 24], panels=300, ratio=10)
    assert found.a < 0.004
    assert found.b == pytest.approx(0.2, abs=0.08)


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
    tables = settings.procedure.phases[3].model_copy(update={"tables": 8})
    phases = (*settings.procedure.phases[:3], tables, *settings.procedure.phases[4:])
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
