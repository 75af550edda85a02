from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deliberation.errors import QuotaError
from deliberation.people.pool import Pool, shares
from deliberation.people.sortition import Draw
from deliberation.records.people import VALUES
from deliberation.settings import PanelSettings, Settings

US = Settings.bundled().panel


def panel_settings(**changes: object) -> PanelSettings:
    return PanelSettings.model_validate({**US.model_dump(), **changes})


def test_a_pool_has_the_published_shares() -> None:
    pool = Pool(US.population, 40_000, 1)
    for attribute in ("age", "gender", "ethnicity", "home"):
        drawn = pool.column(attribute)
        for value, share in shares(US.population, attribute).items():
            error = 4 * (share * (1 - share) / 40_000) ** 0.5
            assert drawn.count(value) / 40_000 == pytest.approx(share, abs=error)


def test_value_profiles_lie_on_the_circle_of_schwartz() -> None:
    pool = Pool(US.population, 2000, 1)
    profiles = np.array([pool.persona(i).profile() for i in range(2000)])
    table = np.corrcoef(profiles.T)
    at = VALUES.index
    assert profiles.mean(axis=0) == pytest.approx(US.population.spread.means.array(), abs=0.07)
    assert table[at("benevolence"), at("universalism")] > 0.3  # neighbours
    assert table[at("universalism"), at("power")] < -0.3  # opposites


def test_a_persona_is_the_same_whenever_it_is_asked_for() -> None:
    one, other = Pool(US.population, 100, 7), Pool(US.population, 100, 7)
    other.persona(3)
    assert one.persona(42) == other.persona(42)
    assert one.persona(42) != Pool(US.population, 100, 8).persona(42)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), members=st.integers(6, 24))
def test_every_panel_meets_every_quota_and_nobody_sits_twice(seed: int, members: int) -> None:
    draw = Draw(panel_settings(pool=800), members=members, seed=seed)
    panels = list(draw.panels([(f"a-{n}", "q-x") for n in range(4)]))
    for panel in panels:
        assert len(panel.members) == members
        for quota in panel.quotas:
            seated = sum(p.attributes[quota.attribute] == quota.value for p in panel.members)
            assert quota.low <= seated == quota.seated <= quota.high
    everybody = [p.id for panel in panels for p in panel.members]
    assert len(set(everybody)) == len(everybody)


def test_the_draw_takes_the_luckiest_panel_of_the_whole_pool() -> None:
    """Without quotas the best panel is the luckiest people: the reduction to the luckiest of each type loses nothing."""
    from deliberation.randomness import stream

    draw = Draw(panel_settings(pool=500, balance=[]), members=10, seed=3)
    [panel] = draw.panels([("a-0", "q-x")])
    luck = stream(3, "sortition", US.population.id, 0).random(500)
    wanted = {draw.pool.persona(int(i)).id for i in np.argsort(-luck)[:10]}
    assert {p.id for p in panel.members} == wanted


def test_impossible_quotas_are_named() -> None:
    with pytest.raises(QuotaError, match="at least 13 seats, but members=12"):
        Draw(panel_settings(quotas={"gender": {"female": (13, 14)}}), members=12, seed=1)
    with pytest.raises(QuotaError, match="at most 11 seats"):
        Draw(panel_settings(quotas={"gender": {"female": (5, 5), "male": (6, 6)}}), members=12, seed=1)


def test_a_pool_that_cannot_fill_one_panel_is_told_the_smallest_relaxation() -> None:
    quotas = {"ethnicity": {"asian": (9, 12)}, "gender": {"female": (12, 12)}}
    with pytest.raises(
        QuotaError, match=r"smallest relaxation that helps: ethnicity=asian at least \d, not 9 \(\d+ such"
    ):
        Draw(panel_settings(pool=60, balance=[], quotas=quotas), members=12, seed=1)


def test_a_draw_of_a_hundred_from_a_thousand_meets_quotas_on_four_attributes() -> None:
    draw = Draw(panel_settings(pool=1000, balance=["age", "gender", "ethnicity", "home"]), members=100, seed=1)
    [panel] = draw.panels([("a", "q")])
    assert all(q.low <= q.seated <= q.high for q in panel.quotas)


def test_no_two_members_of_a_panel_share_a_name() -> None:
    """A hundred people and seventy-odd names: twelve drawn at random would nearly always share one."""
    for panel in Draw(US, members=12, seed=7).panels([(f"a-{n}", "q-x") for n in range(10)]):
        assert len({p.name for p in panel.members}) == 12
        assert all(p.text.startswith(f"I am {p.name} (") for p in panel.members)
