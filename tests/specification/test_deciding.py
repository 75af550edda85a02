"""What each rule, each gate and each sign of doubt does to hand-made votes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from deliberation.randomness import stream
from deliberation.records.base import new_id
from deliberation.records.specification import Ballot, Choice, Clause, Norm, Ruling
from deliberation.settings import Aggregation, Settings
from deliberation.specification.counting import Counted, counted
from deliberation.specification.deciding import Decision, decide, thresholds_of
from deliberation.specification.rulings import rule
from deliberation.specification.scoring import other_rules, scored

RULES: dict[str, dict[str, Any]] = {
    "share": {},
    "consensus": {"rule": "consensus"},
    "group_aware": {"rule": "group_aware", "threshold": 0.6},
    "bridging": {"rule": "bridging", "bar": 0.4},
    "median": {"rule": "median", "bar": 5},
    "slate": {"rule": "slate"},
}
BUNDLED = Settings.bundled().aggregation.model_dump()
CHOICES: dict[str, Choice] = {"+": "support", "-": "oppose", "0": "abstain", "?": "missing"}
RATINGS = {"+": 6, "-": 2, "0": 4}
Slates = Sequence[Sequence[str]]


def rules(**changes: Any) -> Aggregation:
    return Aggregation.model_validate({**BUNDLED, **changes})


def clauses(number: int, norm: Norm = "should") -> list[Clause]:
    return [
        Clause(id=f"c-{n}", question="q-x", norm=norm, text=f"The assistant should do {n}.", rationale="so")
        for n in range(number)
    ]


def cast(votes: Slates, *, groups: str = "ab", rated: bool = True, weights: Sequence[float] = (1.0,)) -> list[Ballot]:
    """One list a clause, one string an assembly; a member's sign is a vote or a rating of 1 to 7.

    Members take groups and weights in turn. Signs: `+` supports, `-` opposes, `0` abstains, `?` is missing.
    """
    found = []
    for c, assemblies in enumerate(votes):
        for a, signs in enumerate(assemblies):
            for m, sign in enumerate(signs):
                rating = int(sign) if sign in "1234567" else RATINGS.get(sign)
                choice = CHOICES.get(sign) or ("support" if int(sign) > 4 else "oppose" if int(sign) < 4 else "abstain")
                found.append(
                    Ballot(
                        id=new_id("b", c, a, m), assembly=f"a-{a}", member=f"p-{a}-{m}", clause=f"c-{c}",
                        choice=choice, rating=rating if rated else None,
                        reason="no", weight=weights[m % len(weights)], group=groups[m % len(groups)],
                        event=f"e-{c}-{a}-{m}",
                    )
                )  # fmt: skip
    return found


def ruled(votes: Slates, *, by: Aggregation, seats: int | None = None, **how: Any) -> list[Ruling]:
    return rule(clauses(len(votes)), cast(votes, **how), {}, by, run="run-x", seed=1, seats=seats)


def one(votes: Sequence[str], **changes: Any) -> Ruling:
    how = {name: changes.pop(name) for name in ("groups", "rated", "weights", "seats") if name in changes}
    [found] = ruled([votes], by=rules(**changes), **how)
    return found


def told(ballots: Sequence[Ballot], number: int, *, attributes: dict[str, dict[str, str]] | None = None) -> Counted:
    return counted([f"c-{n}" for n in range(number)], ballots, group_by="outlook", attributes=attributes)


def decided(votes: Slates, by: Aggregation, **how: Any) -> list[Decision]:
    return decide(told(cast(votes, **how), len(votes)), by, forbids=[False] * len(votes), seed=1)


# --- rules


def test_by_share_the_probability_is_the_textbook_beta_where_each_assembly_has_one_vote() -> None:
    """mu | y ~ Beta(1 + y, 1 + n - y) (Laplace 1774), for a vote alone is not correlated with another."""
    for yes, status in ((27, "adopted"), (24, "contested"), (8, "rejected")):
        found = one(["+"] * yes + ["-"] * (30 - yes))
        assert found.reached == pytest.approx(beta(1 + yes, 31 - yes).sf(2 / 3), abs=0.005)
        assert found.status == status
        assert found.scores["pooled_share"] == pytest.approx(yes / 30, abs=1e-6)


def test_by_consensus_an_assembly_is_one_trial_that_succeeds_where_at_most_so_many_oppose() -> None:
    """22 of 24 assemblies: Beta(23, 3); with nobody let off it is 10 of 24."""
    votes = ["++++++"] * 10 + ["+++++-"] * 12 + ["++++--"] * 2
    found = one(votes, rule="consensus", less=1)
    assert found.status == "adopted"
    assert found.reached == pytest.approx(beta(23, 3).sf(2 / 3), abs=0.005)
    assert found.scores["consensus_less_1"] == pytest.approx(22 / 24, abs=1e-6)
    assert "consensus 0.917 against 0.667" in found.why
    strict = one(votes, rule="consensus", less=0)
    assert strict.status == "contested"
    assert strict.reached == pytest.approx(beta(11, 15).sf(2 / 3), abs=0.005)
    assert one(["+-----"] * 8, rule="consensus").status == "rejected"


@pytest.mark.parametrize(
    ("form", "score"), [("product", 10 / 12 * 5 / 12), ("geometric", (10 / 12 * 5 / 12) ** 0.5), ("minimum", 5 / 12)]
)
def test_group_aware_consensus_is_had_of_the_groups_chances_of_support(form: str, score: float) -> None:
    """Ten a group in all, 9 and 4 for it: (1 + 9) / 12 and (1 + 4) / 12 (Small et al. 2021)."""
    votes = ["+" * 8 + "--", "+-+-+-+-+-"]  # a and b take turns
    found = one(votes, rule="group_aware", form=form, threshold=0.5, min_assemblies=2)
    assert found.groups == {"a": 0.9, "b": 0.4}
    assert found.scores[f"group_aware_{form}"] == pytest.approx(score, abs=1e-6)
    assert f"group aware, {form} over groups of outlook, {score:.3f} against 0.5" in found.why


def test_group_aware_consensus_adopts_what_all_groups_want_and_rejects_what_one_refuses() -> None:
    how = RULES["group_aware"]
    assert one(["++++++"] * 6, **how).status == "adopted"
    assert one(["+-+-+-"] * 6, **how).status == "rejected"
    assert one(["+-+-+-"] * 6, **how).scores["every_group"] == 0.0


def test_group_aware_consensus_between_its_bars_is_steadily_contested() -> None:
    """Every resample has the same score, .758: below .9 and not below .5."""
    between = one(["+++++-+++-"] * 6, rule="group_aware", threshold=0.9, rejection=0.5)
    assert between.status == "contested"
    assert (between.reached, between.stability) == (0.0, 1.0)


def test_bridging_adopts_what_both_sides_want_and_not_what_one_side_wants() -> None:
    """Community Notes' own case: the clause of all, of either side, and of none; mean of all votes 1/2."""
    votes = [["++++++"] * 6, ["+-+-+-"] * 6, ["-+-+-+"] * 6, ["------"] * 6]
    found = ruled(votes, by=rules(**RULES["bridging"]))
    assert [r.status for r in found] == ["adopted", "rejected", "rejected", "rejected"]
    scores = [r.scores["bridging"] for r in found]
    assert scores[0] > 0.4
    assert scores[1] == pytest.approx(scores[2], abs=1e-6)
    assert scores[3] == min(scores)
    assert f"bridging {scores[0]:.3f} against 0.4; reached with probability 1.000" in found[0].why


def test_by_median_at_least_half_of_those_who_rate_rate_so_high() -> None:
    """The lower median: of 3, 3, 5, 5 it is 3 (the majority grade of Balinski and Laraki 2007)."""
    how = RULES["median"]
    high, low = one(["5567"] * 4, **how), one(["3355"] * 4, **how)
    assert (high.status, high.scores["median"]) == ("adopted", 5.0)
    assert (low.status, low.scores["median"]) == ("rejected", 3.0)
    assert "median 5.000 against 5; reached with probability 1.000" in high.why
    mixed = one(["7777"] * 4 + ["1111"] * 3, **how)
    assert mixed.status == "contested"


def test_a_slate_gives_every_large_enough_group_its_own_clause() -> None:
    """Equal shares with three seats: 8 of 12 voters pay for two of theirs and 4 for one (lower quota of party lists)."""
    large, small = ["+" * 8 + "-" * 4] * 4, ["-" * 8 + "+" * 4] * 4
    found = ruled([large, large, large, small, small], by=rules(rule="slate", slate=3))
    assert [r.status for r in found] == ["adopted", "adopted", "rejected", "adopted", "rejected"]
    assert [r.scores["equal_shares"] for r in found] == [1, 1, 0, 1, 0]
    half = ruled([large, large, large, small, small], by=rules(rule="slate"))
    assert [r.status for r in half] == [r.status for r in found]  # half of five, rounded up
    assert "slate 1.000 against 0.5" in half[0].why


@pytest.mark.parametrize("committee", ["pav", "sequential_pav", "equal_shares", "sequential_phragmen"])
def test_a_clause_that_nobody_supports_is_on_no_slate(committee: str) -> None:
    found = ruled([["++--"] * 4, ["----"] * 4], by=rules(rule="slate", slate=2, committee=committee))
    assert [r.status for r in found] == ["adopted", "rejected"]


@pytest.mark.parametrize("name", RULES)
def test_every_rule_adopts_what_all_want_beside_what_nobody_wants(name: str) -> None:
    votes = [["++++++"] * 8, ["------"] * 8]
    adopted, rejected = ruled(votes, by=rules(**RULES[name]))
    assert (adopted.status, rejected.status) == ("adopted", "rejected")
    assert (adopted.codes, rejected.codes) == ((), ())
    assert (adopted.stability, rejected.stability) == (1.0, 1.0)


@pytest.mark.parametrize(("denominator", "share"), [("decided", 6 / 8), ("voted", 6 / 10), ("seated", 6 / 12)])
def test_what_support_is_a_share_of(denominator: str, share: float) -> None:
    found = one(["++++++--00??"] * 8, denominator=denominator)
    assert found.support == pytest.approx(share, abs=1e-6)
    assert found.interval is not None
    assert found.interval[0] < share < found.interval[1]
    assert found.tally is not None
    assert (found.tally.support, found.tally.oppose, found.tally.abstain, found.tally.missing) == (48, 16, 16, 16)


def test_those_who_did_not_decide_can_turn_a_ruling() -> None:
    votes = ["+++++++++000"] * 8
    assert one(votes).status == "adopted"
    assert one(votes, denominator="voted", threshold=0.8, rejection=0.5).status == "contested"


# --- gates


def test_below_a_quorum_there_is_no_ruling_and_at_it_there_is() -> None:
    votes = ["+++++++++???"] * 6
    assert one(votes, quorum=0.75).status == "adopted"
    found = one(votes, quorum=0.76)
    assert (found.status, found.codes) == ("no_ruling", ("insufficient",))
    assert found.why == "insufficient: turnout 0.75 is below the quorum of 0.76"
    assert (found.support, found.reached, found.sensitivity, found.scores) == (None, None, {}, {})


def test_assemblies_in_which_nobody_decided_do_not_count_among_those_needed() -> None:
    votes = ["++++"] * 3 + ["0000"] * 2
    found = one(votes, min_assemblies=4)
    assert (found.status, found.codes, found.assemblies) == ("no_ruling", ("insufficient",), 3)
    assert found.why == "insufficient: 3 assemblies decided, 4 are needed"
    assert one(votes, min_assemblies=3).status == "adopted"


@pytest.mark.parametrize("floor", [0.5, 0.51])
def test_a_floor_holds_in_the_group_with_the_least_support(floor: float) -> None:
    found = one(["+++-+++-"] * 12, floor=floor, threshold=0.6)  # a: all, b: half
    assert found.groups == {"a": 1.0, "b": 0.5}
    if floor == 0.5:
        assert (found.status, found.codes) == ("adopted", ())
    else:
        assert (found.status, found.codes) == ("contested", ("below_floor",))
        assert found.why.startswith(
            "incoherent, for support among outlook b is 0.50, below the floor of 0.51: P(mean support >= 0.6)"
        )


def test_a_floor_holds_in_groups_of_other_attributes_too() -> None:
    """All outlooks are for it, but not the old of Floor Street."""
    votes = [["+++++--+++++"] * 10]
    ballots = cast(votes, groups="abb")
    age = {b.member: "old" if int(b.member.rsplit("-", 1)[1]) in (5, 6) else "young" for b in ballots}
    attributes = {"age": age, "outlook": dict.fromkeys(age, "ignored")}
    by = rules(floor=0.5, floor_by=("age",))
    [without] = rule(clauses(1), ballots, {}, by, run="run-x", seed=1)
    [found] = rule(clauses(1), ballots, {}, by, run="run-x", seed=1, attributes=attributes)
    assert without.status == "adopted"
    assert (found.status, found.codes[0]) == ("contested", "below_floor")
    assert "support among age old is 0.00, below the floor of 0.5" in found.why
    assert found.groups == {"a": 0.75 + 0.0, "b": 0.875, "age=old": 0.0, "age=young": 1.0}
    assert by.attributes == ("outlook", "age")


def test_members_of_no_declared_group_have_no_floor_and_a_group_that_nobody_of_decided_has_none_either() -> None:
    unknown = cast([["++-++-++-++"] * 12], groups="ab")
    unknown = [b.model_copy(update={"group": "none"}) if b.choice == "oppose" else b for b in unknown]
    [found] = rule(clauses(1), unknown, {}, rules(floor=0.9, threshold=0.6), run="run-x", seed=1)
    assert (found.status, found.groups) == ("adopted", {"a": 1.0, "b": 1.0})
    silent = one(["+0+0+0++"] * 8, groups="ab", floor=0.9)
    assert silent.groups == {"a": 1.0, "b": 1.0}
    quiet = one(["+0+0+0"] * 8, groups="ab", floor=0.9)
    assert (quiet.status, quiet.groups) == ("adopted", {"a": 1.0})


def test_a_veto_needs_so_much_of_a_group_against() -> None:
    votes = ["+++-+-+-+-"] * 12  # b: one of five for it
    low = {"threshold": 0.5, "rejection": 0.4}
    assert one(votes, veto=0.81, **low).status == "adopted"
    found = one(votes, veto=0.8, **low)
    assert (found.status, found.codes[0]) == ("contested", "vetoed")
    assert "incoherent, for 0.80 of outlook b oppose it, and 0.8 is a veto" in found.why
    none = one(votes, veto=0.8, incoherent="no_ruling", **low)
    assert none.status == "no_ruling"
    assert none.support == pytest.approx(0.6)


def test_a_floor_speaks_before_a_veto_and_neither_of_what_is_not_adopted() -> None:
    votes = ["+-+-+-"] * 12
    both = one(votes, veto=0.5, floor=0.5, threshold=0.45, rejection=0.4)
    assert both.status == "contested"
    assert not {"below_floor", "vetoed"} & set(both.codes)
    adopted = one(["+-++++"] * 40, groups="ab", veto=0.3, floor=0.7)
    assert (adopted.status, adopted.codes) == ("contested", ("below_floor",))
    rejected = one(["------"] * 8, veto=0.5, floor=0.5)
    assert (rejected.status, rejected.codes) == ("rejected", ())


def test_a_veto_is_reached_by_exactly_its_share() -> None:
    found = one(["+" * 11 + "-" * 9] * 20, groups="g", threshold=0.5, rejection=0.4, veto=0.45)
    assert (found.status, found.codes[0]) == ("contested", "vetoed")


def test_a_floor_is_reached_by_exactly_its_share_whatever_the_weights() -> None:
    """Six of ten, with weights that are no binary fractions."""
    votes = ["++++++----"] * 40
    for weight in (1.0, 0.1, 0.7):
        assert one(votes, groups="g", weights=(weight,), threshold=0.5, rejection=0.4, floor=0.6).status == "adopted"


def test_only_what_forbids_has_the_bar_of_prohibitions() -> None:
    votes = [["++++++++---"] * 16]
    by = rules(threshold=0.8, prohibition=0.6)
    for norm, status in (
        ("must_not", "adopted"),
        ("should_not", "adopted"),
        ("must", "contested"),
        ("may", "contested"),
    ):
        [found] = rule(clauses(1, norm), cast(votes), {}, by, run="run-x", seed=1)  # type: ignore[arg-type]
        assert found.status == status
        assert f"P(mean support >= {0.6 if status == 'adopted' else 0.8:g})" in found.why
    bars, rejections = thresholds_of(rules(threshold=0.8, prohibition=0.3), [True, False])
    assert (bars.tolist(), rejections.tolist()) == ([0.3, 0.8], [0.3, 0.5])


def test_a_ruling_that_other_assemblies_would_not_have_made_is_unstable() -> None:
    votes = ["++++++++++++"] * 7 + ["++++++------"] * 3
    stability = one(votes, stable=0.0).stability
    assert stability is not None
    assert 0.1 < stability < 1.0
    assert "unstable" not in one(votes, stable=stability).codes
    shaky = one(votes, stable=min(1.0, stability + 0.01))
    assert "unstable" in shaky.codes
    assert "unstable" in shaky.why


@pytest.mark.parametrize("code", ["split_by_group", "polarised", "unstable", "order_sensitive"])
def test_a_blocking_reason_makes_an_adopted_clause_contested_and_another_leaves_it(code: str) -> None:
    """Group a is all for it and b half against it, rated at both ends and the earlier the better."""
    ballots = [
        b.model_copy(
            update={
                "rating": 7 if b.choice == "support" else 1,
                "place": (0.0 if b.choice == "support" else 1.0) if int(b.assembly[2:]) % 2 else 0.5 * (n % 3),
            }
        )
        for n, b in enumerate(cast([["+++-+-+-+++-+-+-+-"] * 10 + ["+++-+-+++-+-"] * 10]))
    ]
    low = {"threshold": 0.5, "rejection": 0.4, "stable": 1.0}
    [free] = rule(clauses(1), ballots, {}, rules(**low, blocking=()), run="run-x", seed=1)
    assert free.status == "adopted"
    assert "split_by_group" in free.codes
    assert "polarised" in free.codes
    assert "order_sensitive" in free.codes
    [blocked] = rule(clauses(1), ballots, {}, rules(**low, blocking=(code,)), run="run-x", seed=1)
    assert blocked.status == ("contested" if code in free.codes else "adopted")
    assert blocked.codes == free.codes
    assert (code.replace("_", " ") in blocked.why) == (code in free.codes)
    assert blocked.reached == free.reached


def test_among_many_clauses_the_stricter_control_wants_more_than_being_sure_of_each() -> None:
    """1 - P of .032 is below .05, but not below .05 / 4 (Benjamini and Hochberg 1995, procedure 1)."""
    votes = [["++++"] * 4, *[["++--"] * 4] * 3]
    alone, *_ = ruled(votes, by=rules(), rated=False)
    assert alone.status == "adopted"
    assert alone.reached is not None
    assert 0.95 < alone.reached < 1 - 0.05 / 4
    among, *others = ruled(votes, by=rules(multiplicity="benjamini_hochberg"), groups="a", rated=False)
    assert (among.status, among.codes) == ("contested", ("many_tests",))
    assert among.why.startswith("contested; many tests: ")
    assert {r.codes for r in others} == {("uncertain",)}
    [single] = ruled(votes[:1], by=rules(multiplicity="benjamini_hochberg"))
    assert single.status == "adopted"


def test_clauses_without_a_ruling_are_no_tests() -> None:
    votes = [["++++"] * 4, *[["????"] * 4] * 12]
    assert ruled(votes, by=rules(multiplicity="benjamini_hochberg"))[0].status == "adopted"


def test_clauses_without_a_ruling_are_no_tests_in_resamples_either() -> None:
    votes = [["++++"] * 4, *[["????"] * 4] * 12]
    assert ruled(votes, by=rules(multiplicity="benjamini_hochberg"))[0].stability == 1.0


@pytest.mark.parametrize("sign", ["-"])
def test_the_stricter_control_can_be_as_sure_as_can_be(sign: str) -> None:
    for assemblies in range(3, 60):
        found = one([sign * 12] * assemblies, multiplicity="benjamini_hochberg", bootstrap=0)
        assert found.status == {"+": "adopted", "-": "rejected"}[sign]


# --- signs of doubt


def test_groups_on_opposite_sides_split_a_clause() -> None:
    assert "split_by_group" in one(["+-+-+-+-"] * 8).codes
    assert "split_by_group" not in one(["+-+++-++"] * 8, groups="a").codes
    unsure = one(["+-"] * 2, min_assemblies=1)
    assert "split_by_group" not in unsure.codes
    both_for = one(["++++++++-"] * 8)
    assert "split_by_group" not in both_for.codes


def test_a_split_by_another_attribute_counts_too() -> None:
    ballots = cast([["++++----"] * 8], groups="a")
    age = {b.member: "old" if int(b.member.rsplit("-", 1)[1]) > 3 else "young" for b in ballots}
    [found] = rule(clauses(1), ballots, {}, rules(), run="run-x", seed=1, attributes={"age": age})
    assert "split_by_group" in found.codes
    [blind] = rule(clauses(1), ballots, {}, rules(), run="run-x", seed=1)
    assert "split_by_group" not in blind.codes


@pytest.mark.parametrize(
    ("ratings", "polarised"),
    [
        ("1111777", True),  # half at either end: A is about -1
        ("4444444", False),  # all in one: A = 1
        ("1234567", False),  # as many of each: A = 0, which is not below it
        ("1122667", True),
        ("2345344", False),
    ],
)
def test_ratings_at_both_ends_are_polarised(ratings: str, polarised: bool) -> None:
    """Agreement A of van der Eijk (2001): 1 in one category, 0 spread evenly, -1 half at either end."""
    found = one([ratings] * 6, min_assemblies=1)
    assert ("polarised" in found.codes) is polarised
    assert "polarised" not in one([ratings], min_assemblies=1).codes  # fewer than ten ratings tell nothing


def test_ratings_weigh_as_much_as_their_voters() -> None:
    heavy = one(["71"] * 10, weights=(100.0, 1.0), groups="a")
    assert "polarised" not in heavy.codes
    assert "polarised" in one(["71"] * 10, groups="a").codes


def slates(seed: int, *, effect: float, assemblies: int = 6, members: int = 8, number: int = 4) -> Counted:
    """Votes on clauses in an order drawn for everybody; the first clause is liked better the earlier it stands."""
    draw, found = stream(seed, "slates"), []
    for a in range(assemblies):
        for m in range(members):
            for c, at in enumerate(draw.permutation(number) / (number - 1)):
                chance = 0.6 + (effect * (0.5 - at) if c == 0 else 0.0)
                found.append(
                    Ballot(
                        id=new_id("b", c, a, m), assembly=f"a-{a}", member=f"p-{a}-{m}", clause=f"c-{c}", rating=None,
                        choice="support" if draw.random() < chance else "oppose", reason="", weight=1.0, group="a",
                        event="", place=float(at),
                    )
                )  # fmt: skip
    return told(found, number)


def sensitive(found: Counted) -> list[bool]:
    return [
        "order_sensitive" in one.codes for one in decide(found, LIGHT, forbids=[False] * len(found.clauses), seed=1)
    ]


LIGHT = rules(bootstrap=0, min_assemblies=1, quorum=0.0)


def test_votes_that_go_by_the_place_on_the_slate_are_order_sensitive() -> None:
    each = [sensitive(slates(seed, effect=0.75)) for seed in range(20)]
    assert sum(found[0] for found in each) >= 16
    assert sum(sum(found[1:]) for found in each) <= 4


def test_places_that_mean_nothing_are_called_so_no_oftener_than_one_study_in_twenty() -> None:
    """Where no clause is sensitive the rate of false discoveries is that of any alarm: nominally .05, of 150 studies."""
    alarms = [any(sensitive(slates(seed, effect=0.0, assemblies=4, members=6))) for seed in range(150)]
    assert 0.005 <= np.mean(alarms) <= 0.05 + 2.6 * (0.05 * 0.95 / 150) ** 0.5


def test_one_place_or_unknown_places_tell_nothing_of_the_order() -> None:
    found = slates(3, effect=0.75)
    assert not any(sensitive(found._replace(places=np.full_like(found.places, np.nan))))
    assert not any(sensitive(found._replace(places=np.zeros_like(found.places))))


def test_an_order_effect_that_is_the_same_everywhere_is_seen() -> None:
    ballots = [
        b.model_copy(update={"place": 0.0 if b.choice == "support" else 1.0}) for b in cast([["+-+-"] * 10], groups="a")
    ]
    assert sensitive(told(ballots, 1)) == [True]


# --- edges


@pytest.mark.parametrize("name", RULES)
def test_no_ballots_at_all_give_no_ruling(name: str) -> None:
    found = ruled([[], []], by=rules(**RULES[name]), seats=12)
    assert {(r.status, r.codes, r.why, r.turnout) for r in found} == {
        ("no_ruling", ("insufficient",), "insufficient: nobody voted", 0.0)
    }
    assert ruled([], by=rules(**RULES[name])) == []


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("sign", ["?", "0"])
def test_where_all_are_missing_or_abstain_nobody_decided(name: str, sign: str) -> None:
    votes = [[sign * 6] * 6, ["++++++"] * 6]
    silent, loud = ruled(votes, by=rules(**{**RULES[name], **({"slate": 1} if name == "slate" else {})}))
    assert (silent.status, silent.codes) == ("no_ruling", ("insufficient",))
    assert silent.why == "insufficient: nobody decided for or against"
    assert silent.turnout == (0.0 if sign == "?" else 1.0)
    assert silent.tally is not None
    assert (silent.tally.missing, silent.tally.abstain) == ((36.0, 0.0) if sign == "?" else (0.0, 36.0))
    assert loud.status != "no_ruling"


@pytest.mark.parametrize("name", RULES)
def test_one_assembly_is_ruled_on_and_says_nothing_of_stability(name: str) -> None:
    votes = [["++++++++++++"], ["------------"]]
    found = ruled(votes, by=rules(**RULES[name], min_assemblies=1))
    assert [r.stability for r in found] == [None, None]
    assert {r.assemblies for r in found} == {1}
    if name in {"share", "consensus"}:
        assert {r.status for r in found} == {"contested"}  # of one alone nobody can be sure
    else:
        assert [r.status for r in found] == ["adopted", "rejected"]  # voters are drawn anew, who all said the same


def test_without_resamples_there_is_a_posterior_and_no_stability() -> None:
    with_, without = one(["+++++-"] * 8), one(["+++++-"] * 8, bootstrap=0)
    assert without.stability is None
    assert without.model_copy(update={"stability": with_.stability}) == with_
    for name in ("group_aware", "bridging", "median", "slate"):
        with pytest.raises(ValueError, match="bootstrap=0"):
            rules(**RULES[name], bootstrap=0)


def test_a_group_that_sits_nowhere_else_still_has_its_floor() -> None:
    ballots = cast([["++++", "----", *["++++"] * 14]], groups="a")
    ballots = [b.model_copy(update={"group": "few"}) if b.assembly == "a-1" else b for b in ballots]
    [found] = rule(clauses(1), ballots, {}, rules(floor=0.5), run="run-x", seed=1)
    assert (found.status, found.codes[0]) == ("contested", "below_floor")
    assert found.groups == {"a": 1.0, "few": 0.0}


def test_a_group_of_one_assembly_does_not_stand_in_the_way_of_what_all_want() -> None:
    """Everybody is for it; whichever assemblies are drawn, so is every group that is drawn."""
    ballots = cast([["+" * 12] * 6], groups="a")
    ballots = [b.model_copy(update={"group": "few"}) if b.assembly == "a-1" else b for b in ballots]
    by = rules(rule="group_aware", form="minimum", threshold=0.7)
    [found] = rule(clauses(1), ballots, {}, by, run="run-x", seed=1)
    assert (found.status, found.reached) == ("adopted", 1.0)


def test_a_clause_that_nobody_rated_has_no_ruling_by_the_median() -> None:
    ballots = [b.model_copy(update={"rating": None}) for b in cast([["++++"] * 4])]
    [found] = rule(clauses(1), ballots, {}, rules(**RULES["median"]), run="run-x", seed=1)
    assert (found.status, found.codes) == ("no_ruling", ("insufficient",))
    assert "nobody rated" in found.why


def test_a_rule_that_has_no_score_for_a_clause_says_nothing_of_it() -> None:
    rated = cast([["++++"] * 4, ["++++"] * 4])
    ballots = [b.model_copy(update={"rating": None}) if b.clause == "c-1" else b for b in rated]
    found = rule(clauses(2), ballots, {}, rules(), run="run-x", seed=1)
    assert found[0].sensitivity["median"] == "adopted"
    assert "median" not in found[1].scores
    assert found[1].sensitivity.get("median", "no_ruling") == "no_ruling"


def test_what_lies_too_near_the_bar_is_called_uncertain_by_every_rule() -> None:
    found = one(["++++----"] * 3 + ["++++++++"] * 3, rule="group_aware", threshold=0.7)
    assert found.status == "contested"
    assert "uncertain" in found.codes


def test_weights_tilt_every_rule_that_counts_them() -> None:
    votes = ["+-+-+-"] * 8
    for name in ("share", "group_aware", "median"):
        how = {**RULES[name], "groups": "g"}
        assert one(votes, weights=(9.0, 1.0), **how).status == "adopted"
        assert one(votes, weights=(1.0, 9.0), **how).status == "rejected"
    assert one(votes, weights=(9.0, 1.0)).support == pytest.approx(0.9)


# --- determinism and properties

votes_of_two = st.lists(
    st.lists(st.text("+-0?", min_size=4, max_size=4), min_size=3, max_size=3), min_size=2, max_size=2
)


@pytest.mark.parametrize("name", RULES)
def test_the_same_seed_gives_the_same_and_the_order_of_ballots_does_not_matter(name: str) -> None:
    draw = stream(5, "votes")
    votes = [["".join(draw.choice([*"++--0?"], size=6)) for _ in range(5)] for _ in range(4)]
    by = rules(**RULES[name], bootstrap=20)
    ballots = cast(votes)
    first = rule(clauses(4), ballots, {}, by, run="run-x", seed=1)
    assert rule(clauses(4), ballots[::-1], {}, by, run="run-x", seed=1) == first
    assert rule(clauses(4), ballots, {}, by, run="run-x", seed=1) == first
    other = rule(clauses(4), ballots, {}, by, run="run-x", seed=2)
    assert [r.scores for r in other] == [r.scores for r in first]


def same(one: Sequence[Decision], other: Sequence[Decision]) -> None:
    for a, b in zip(one, other, strict=True):
        assert (a.status, a.codes, a.gate, a.stability, a.turnout) == (
            b.status,
            b.codes,
            b.gate,
            b.stability,
            b.turnout,
        )
        assert a.reached == pytest.approx(b.reached, abs=1e-9)
        assert a.below == pytest.approx(b.below, abs=1e-9)


FEW = {name: rules(**how, bootstrap=12, min_assemblies=1, quorum=0.0) for name, how in RULES.items()}
each_rule = pytest.mark.parametrize("name", RULES)


@each_rule
@settings(max_examples=12)
@given(votes_of_two, st.permutations(range(4)))
def test_it_does_not_matter_who_a_voter_is(name: str, votes: Slates, order: list[int]) -> None:
    """Anonymity: members of an assembly change places, with their groups."""
    turned = [["".join(signs[n] for n in order) for signs in assemblies] for assemblies in votes]
    groups = "aabb"
    one_, other = (
        decided(found, FEW[name], groups=kinds)
        for found, kinds in ((votes, groups), (turned, "".join(groups[n] for n in order)))
    )
    same(one_, other)


@pytest.mark.parametrize("name", [name for name in RULES if name != "slate"])
@settings(max_examples=12)
@given(st.lists(st.lists(st.text("+-0?", min_size=4, max_size=4), min_size=3, max_size=3), min_size=3, max_size=3),
       st.permutations(range(3)))  # fmt: skip
def test_it_does_not_matter_what_a_clause_is_called(name: str, votes: Slates, order: list[int]) -> None:
    """Neutrality: renamed clauses take their rulings along."""
    by = FEW[name].model_copy(update={"multiplicity": "benjamini_hochberg"}) if name == "consensus" else FEW[name]
    first = decided(votes, by)
    if name == "bridging":  # of its two signs and of equal minima the order of the clauses decides, to rounding
        scores = [scored(told(cast(v), 3).votes, by, np.full(3, 0.5)).score for v in (votes, [votes[n] for n in order])]
        np.testing.assert_allclose(scores[0][order], scores[1], atol=1e-4, equal_nan=True)
        return
    same([first[n] for n in order], decided([votes[n] for n in order], by))


@pytest.mark.parametrize("committee", ["sequential_pav", "equal_shares", "sequential_phragmen"])
@settings(max_examples=20)
@given(st.lists(st.text("+-", min_size=5, max_size=5), min_size=4, max_size=4, unique=True), st.permutations(range(4)))
def test_a_slate_without_ties_takes_renamed_clauses_along(committee: str, votes: list[str], order: list[int]) -> None:
    """Weights that no two sets of voters share keep ties away."""
    by = rules(rule="slate", slate=2, committee=committee)
    weights = (1.0, 1.37, 1.83, 2.91, 5.13)
    found = [
        scored(told(cast([[v] for v in each], weights=weights), 4).votes, by, np.full(4, 0.5)).score
        for each in (votes, [votes[n] for n in order])
    ]
    assert found[0][order].tolist() == found[1].tolist()


@pytest.mark.parametrize("name", ["share", "consensus", "group_aware", "median"])
@pytest.mark.parametrize("weights", [(1.0,), (0.3, 2.0, 1.1)])
@settings(max_examples=25)
@given(st.lists(st.text("+-0?", min_size=4, max_size=4), min_size=3, max_size=3), st.integers(0, 11))
def test_more_support_never_lowers_a_score(name: str, weights: tuple[float, ...], votes: list[str], place: int) -> None:
    """Monotonicity: an opponent who comes to support, and rates accordingly, holding the rest."""
    a, m = divmod(place, 4)
    more = [*votes]
    more[a] = votes[a][:m] + "+" + votes[a][m + 1 :]
    if votes[a][m] != "-":
        return
    forms = ("product", "geometric", "minimum") if name == "group_aware" else ("geometric",)
    for form in forms:
        by = rules(**{**RULES[name], "form": form})
        low, high = (
            float(scored(told(cast([v], weights=weights), 1).votes, by, np.array([by.threshold])).score[0])
            for v in (votes, more)
        )
        assert high >= low - 1e-12


def test_how_sure_a_share_is_need_not_rise_with_it() -> None:
    """One more supporter, where support is above the mean, also makes assemblies less alike: P falls from .950 to .948.

    So of adoption itself, which goes by that probability, monotonicity is not promised; of the scores it is.
    """
    for more, status in ((0, "adopted"), (1, "contested")):
        votes = ["+" * yes + "-" * (15 - yes) for yes in (14 + more, 14, 11, 13, 15, 13)]
        found = one(votes, threshold=0.75, groups="g")
        assert found.status == status
        assert found.reached == pytest.approx(0.949, abs=0.0015)


def test_every_rule_beside_it_says_what_it_would_have_made_of_the_ballots() -> None:
    votes = [["++++0-"] * 4, ["+-+-+?"] * 4, ["------"] * 4]
    by = rules()
    names = {name for name, _ in other_rules(told(cast(votes), 3).votes, by, np.full(3, by.threshold))}
    assert {"pooled_share", "of_all_votes", "of_all_seats", "every_group", "bridging", "median", "pav"} <= names
    for found in ruled(votes, by=rules(quorum=0.5), seats=30):
        assert set(found.sensitivity) == names | {"simple_majority", "three_fifths", "two_thirds", "three_quarters"}
        assert set(found.scores) == names
        assert found.tally is not None
        assert found.tally.support + found.tally.oppose + found.tally.abstain + found.tally.missing == 30
    first = ruled(votes, by=by)[0]
    assert first.scores["pooled_share"] == pytest.approx(16 / 20, abs=1e-6)
    assert first.scores["of_all_votes"] == pytest.approx(16 / 24, abs=1e-6)
    assert first.scores["every_group"] == pytest.approx(8 / 12, abs=1e-6)
    assert (first.sensitivity["of_all_votes"], first.sensitivity["consensus_less_1"]) == ("adopted", "adopted")


def test_scores_of_a_large_vote_leave_exact_proportional_approval_out() -> None:
    found = told(cast([["+" * 60] * 10] * 6), 6)
    names = {name for name, _ in other_rules(found.votes, rules(), np.full(6, 0.5))}
    assert "pav" not in names
    assert {"sequential_pav", "equal_shares", "sequential_phragmen"} <= names
