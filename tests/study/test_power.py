"""How large a study should be."""

from __future__ import annotations

import numpy as np
import pytest

from deliberation.errors import ConfigError
from deliberation.settings import Settings
from deliberation.study.operating import Operating, Sample, operating_of, sampled, stock_clauses, studies_of
from deliberation.study.power import power_of, variance_of
from deliberation.study.truth import fresh_panels, planted

SETTINGS = Settings.bundled(procedure="plain_poll")
SMALL = SETTINGS.model_copy(
    update={"assemblies": 4, "members": 6, "aggregation": SETTINGS.aggregation.model_copy(update={"bootstrap": 20})}
)


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


@pytest.fixture(scope="module")
def rows() -> dict[str, Operating]:
    return {row.name: row for row in operating_of(SMALL, studies=4)}


@pytest.fixture(scope="module")
def sample() -> Sample:
    return sampled(SMALL, stock_clauses(SMALL), list(fresh_panels(SMALL, 240, name="test")))


def test_every_rule_and_every_gate_is_tried_once(rows: dict[str, Operating]) -> None:
    assert [row.kind for row in rows.values()] == ["rule"] * 12 + ["gate"] * 7
    for row in rows.values():
        told = (row.adopted, row.rejected, row.contested, row.no_ruling)
        assert sum(told) == pytest.approx(1, abs=0.001)
        assert (row.false is None) == (row.deserving == len(stock_clauses(SMALL)))


def test_a_gate_takes_away_from_what_the_rule_adopts(rows: dict[str, Operating]) -> None:
    plain = rows["share 0.67"]
    for gate in ("floor 0.5", "veto 0.6", "stable 0.9", "benjamini hochberg", "quorum 0.75"):
        assert rows[gate].adopted <= plain.adopted
        assert rows[gate].deserving <= plain.deserving
    assert rows["stable 0.9"].adopted < plain.adopted


def test_a_lower_bar_adopts_more(rows: dict[str, Operating]) -> None:
    plain = rows["share 0.67"]
    assert rows["majority"].adopted > plain.adopted
    assert rows["majority"].deserving > plain.deserving
    assert rows["prohibition 0.5"].adopted >= plain.adopted


def test_few_are_adopted_that_do_not_deserve_it(rows: dict[str, Operating]) -> None:
    for rule in ("share 0.67", "majority"):
        false = rows[rule].false
        assert false is not None
        assert false <= 0.05


def test_too_few_assemblies_are_no_ruling_by_any_rule() -> None:
    few = SMALL.model_copy(update={"assemblies": 2})
    for row in operating_of(few, studies=2):
        assert (row.no_ruling, row.flips) == (1.0, 0.0)


def test_the_sample_has_the_planted_will(sample: Sample) -> None:
    truths = planted(SMALL.model_copy(update={"truth": 240}), stock_clauses(SMALL))
    will = [t.will.considered for t in truths if t.of == "clause" and t.will is not None]
    assert np.abs(sample.will() - np.array(will)).max() < 0.04


def test_the_sample_is_counted_as_ballots_are(sample: Sample) -> None:
    found = sample.counted(np.array([7, 3]), ("outlook", "age"))
    assert found.assemblies == ("a-0", "a-1")
    assert [voter for _, voter in found.voters] == [m.id for p in (7, 3) for m in sample.who[p].members]
    assert (found.votes.marks[:6] == sample.marks[7]).all()
    assert (found.votes.ratings >= 1).all()
    assert (found.votes.ratings <= 7).all()
    for attribute, grouping in found.groupings.items():
        told = [grouping.names[label] for label in grouping.labels]
        assert told == [m.attributes[attribute] for p in (7, 3) for m in sample.who[p].members]
    for voter in found.places:  # everybody's slate has every place once
        assert sorted(voter) == pytest.approx(np.linspace(0, 1, len(found.clauses)))


def test_no_panel_sits_in_two_studies() -> None:
    dealt = studies_of(50, 8)
    assert dealt.shape == (6, 8)
    assert len(np.unique(dealt)) == 48


def test_studies_that_cannot_differ_are_named() -> None:
    with pytest.raises(ConfigError, match="--studies 1: at least 2"):
        operating_of(SMALL, studies=1)
