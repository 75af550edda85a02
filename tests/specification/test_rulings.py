from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deliberation.records.base import clause_id, new_id
from deliberation.records.specification import Ballot, Choice, Clause, Ruling
from deliberation.settings import Aggregation, Settings
from deliberation.specification.rulings import rule
from deliberation.specification.uncertainty import Evidence, likelihoods

AGGREGATION = Settings.bundled().aggregation
TEXT = "The assistant should rest."
CLAUSE = Clause(id=clause_id("q-x", TEXT), question="q-x", norm="should", text=TEXT, rationale="so")


def ballots(*assemblies: str) -> list[Ballot]:
    """One assembly a string; `+` supports, `-` opposes, `0` abstains, `?` is missing."""
    choices: dict[str, Choice] = {"+": "support", "-": "oppose", "0": "abstain", "?": "missing"}
    return [
        Ballot(
            id=new_id("b", a, m), assembly=f"a-{a}", member=f"p-{a}-{m}", clause=CLAUSE.id, choice=choices[sign],
            rating=4, reason="it is dear" if m % 2 else "it is slow", weight=1.0, group="old" if m % 3 else "young",
            event=f"e-{a}-{m}",
        )
        for a, votes in enumerate(assemblies)
        for m, sign in enumerate(votes)
    ]  # fmt: skip


def ruled(*assemblies: str, **changes: object) -> Ruling:
    aggregation = Aggregation.model_validate({**AGGREGATION.model_dump(), **changes})
    [ruling] = rule([CLAUSE], ballots(*assemblies), {}, aggregation, run="run-x", seed=1)
    return ruling


def test_clear_support_is_adopted_and_clear_opposition_rejected() -> None:
    assert ruled(*["+++++++++++-"] * 8).status == "adopted"
    assert ruled(*["-----------+"] * 8).status == "rejected"


def test_a_divided_public_is_contested() -> None:
    assert ruled(*["++++++------"] * 8).status == "contested"


def test_a_supermajority_in_few_assemblies_is_not_enough() -> None:
    """Ten of twelve in three assemblies is above two thirds, but nobody can be sure of it."""
    ruling = ruled(*["++++++++++--"] * 3)
    assert ruling.support is not None
    assert ruling.support > AGGREGATION.threshold
    assert ruling.status == "contested"


def test_too_few_assemblies_or_voters_give_no_ruling_and_the_reason() -> None:
    few = ruled("++++++", "++++++")
    assert (few.status, few.support, few.interval) == ("no_ruling", None, None)
    assert "2 assemblies decided, 3 are needed" in few.why
    empty_seats = ruled(*["++??????????"] * 8)
    assert empty_seats.status == "no_ruling"
    assert "turnout 0.17 is below the quorum of 0.75" in empty_seats.why


def test_a_missing_ballot_is_no_abstention() -> None:
    abstained, missing = ruled(*["+++++++++000"] * 5), ruled(*["+++++++++???"] * 5)
    assert abstained.turnout == 1.0
    assert missing.turnout == 0.75
    assert abstained.support == missing.support == 1.0


def test_weights_count_and_unequal_ones_are_worth_fewer_votes() -> None:
    """Kish (1965): votes of weights w are worth (sum w)^2 / sum w^2 equal ones."""
    cast = ballots(*["++++++------"] * 8)
    even = [b.model_copy(update={"weight": 3.0}) for b in cast]
    tilted = [b.model_copy(update={"weight": 4.0 if b.choice == "support" else 1.0}) for b in cast]

    def of(votes: list[Ballot]) -> Ruling:
        [found] = rule([CLAUSE], votes, {}, AGGREGATION, run="run-x", seed=1)
        return found

    assert of(even).tally != of(cast).tally
    assert of(even).model_copy(update={"tally": None}) == of(cast).model_copy(update={"tally": None})
    assert of(tilted).support == pytest.approx(0.8)
    assert of(tilted).status == "adopted"


def test_dissent_names_reasons_shares_members_and_sources() -> None:
    ruling = ruled(*["++++++++++--"] * 8)
    by_reason = {d.reason: d for d in ruling.dissent}
    assert set(by_reason) == {"it is dear", "it is slow"}
    assert by_reason["it is dear"].share == pytest.approx(8 / 96, abs=1e-6)
    assert len(by_reason["it is dear"].members) == len(by_reason["it is dear"].sources) == 8


def test_other_rules_verdicts_stand_beside_it() -> None:
    ruling = ruled(*["++++++++----"] * 20)
    assert ruling.status == "contested"
    assert ruling.sensitivity["simple_majority"] == "adopted"
    assert ruling.sensitivity["three_quarters"] != "adopted"


def test_assemblies_that_agree_rule_more_stably_than_those_that_do_not() -> None:
    alike = ruled(*["++++++++++--"] * 8)
    unlike = ruled(*["++++++++++++"] * 4, *["++++++++----"] * 4)
    assert alike.support == unlike.support
    assert alike.stability is not None
    assert unlike.stability is not None
    assert alike.interval is not None
    assert unlike.interval is not None
    assert alike.stability > unlike.stability
    assert alike.interval[1] - alike.interval[0] < unlike.interval[1] - unlike.interval[0]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.sampled_from("+-0?"), min_size=4, max_size=8), min_size=3, max_size=6), st.randoms())
def test_neither_the_order_of_ballots_nor_of_assemblies_matters(votes: list[list[str]], chance: object) -> None:
    cast = ballots(*["".join(v) for v in votes])
    shuffled = list(cast)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    one = rule([CLAUSE], cast, {}, AGGREGATION, run="run-x", seed=1)
    assert rule([CLAUSE], shuffled, {}, AGGREGATION, run="run-x", seed=1) == one


def test_the_more_support_the_surer_the_adoption() -> None:
    """Short of unanimity, which also speaks for members who merely follow one another."""
    sure = [
        Evidence.of(np.full(6, float(yes)), np.full(6, 10.0)).posterior().at_least(AGGREGATION.threshold)
        for yes in range(3, 10)
    ]
    assert sure == sorted(sure)
    assert sure[0] < 0.05
    assert sure[-1] > 0.95


def test_a_posterior_is_a_distribution_and_its_interval_holds_its_mass() -> None:
    found = Evidence.of(np.array([9.0, 10.0, 8.0]), np.full(3, 12.0)).posterior()
    low, high = found.interval(0.9)
    assert found.mass.sum() == pytest.approx(1.0)
    assert found.at_least(low) - found.at_least(high) == pytest.approx(0.9, abs=1e-9)
    assert found.at_least(0.0) == pytest.approx(1.0)


def test_with_one_vote_an_assembly_the_posterior_is_the_textbook_beta() -> None:
    """A single vote cannot be correlated with itself: mu | y ~ Beta(1 + y, 1 + n - y) (Laplace 1774)."""
    from scipy.stats import beta

    votes = np.array([1.0] * 14 + [0.0] * 6)
    found = Evidence.of(votes, np.ones(20)).posterior()
    for probability in (0.05, 0.5, 0.95):
        assert found.quantile(probability) == pytest.approx(beta(15, 7).ppf(probability), abs=0.003)


def test_assemblies_that_voted_alike_are_kept_once_and_count_each() -> None:
    """Two thousand assemblies of twelve take no more room than their ninety-one possible outcomes."""
    draw = np.random.Generator(np.random.Philox(key=3))
    decided = draw.integers(0, 13, size=2000).astype(float)
    support = np.floor(decided * draw.random(2000))
    evidence = Evidence.of(support, decided)
    assert len(evidence.each) <= 91
    whole = likelihoods(support[:50], decided[:50]).sum(axis=0)
    mass = np.exp(whole - whole.max()).sum(axis=1)
    assert Evidence.of(support[:50], decided[:50]).posterior().mass == pytest.approx(mass / mass.sum())


def test_a_ruling_says_at_which_level_its_interval_is_and_in_which_run_it_was_made() -> None:
    assert ruled(*["++++++++++--"] * 8).level == pytest.approx(0.9)
    assert ruled(*["++++++++++--"] * 8, confidence=0.9).level == pytest.approx(0.8)
    cast = ballots(*["++++"] * 4)
    [one] = rule([CLAUSE], cast, {}, AGGREGATION, run="run-x", seed=1)
    [other] = rule([CLAUSE], cast, {}, AGGREGATION, run="run-y", seed=1)
    assert one.id != other.id


@pytest.mark.parametrize(("assemblies", "rho"), [(3, 0.1), (8, 0.1), (8, 0.3), (20, 0.1)])
def test_intervals_hold_the_truth_as_often_as_they_say(assemblies: int, rho: float) -> None:
    """Nominal 90%, true mean .7, beta-binomial votes of 12: coverage of 200 studies is at least 84%."""
    draw = np.random.Generator(np.random.Philox(key=assemblies * 100 + int(rho * 10)))
    size = (1 - rho) / rho
    held = 0
    for _ in range(200):
        share = draw.beta(0.7 * size, 0.3 * size, size=assemblies)
        yes = draw.binomial(12, share).astype(float)
        low, high = Evidence.of(yes, np.full(assemblies, 12.0)).posterior().interval(0.9)
        held += low <= 0.7 <= high
    assert held / 200 >= 0.84


def test_a_clause_that_one_group_will_not_have_is_incoherent() -> None:
    """Two groups of three and six in each assembly: nearly all are for it, but half of the young."""
    votes = ["-++-+++++"] * 12  # the young sit at every third place
    plain = ruled(*votes)
    assert plain.status == "adopted"
    assert plain.groups["young"] < 0.5 < plain.groups["old"]
    for named in ("contested", "no_ruling"):
        gated = ruled(*votes, floor=0.6, incoherent=named)
        assert gated.status == named
        assert "incoherent, for support among outlook young is 0.33, below the floor of 0.6" in gated.why
        assert gated.support == plain.support
        assert gated.stability == 1.0  # alike assemblies give the same in every resample
    assert ruled(*votes, floor=0.3).status == "adopted"


def test_stability_knows_the_floor() -> None:
    """The young are for it in most assemblies and against it in some: which are drawn decides."""
    votes = ["+" * 9] * 7 + ["-++-++-++"] * 5
    gated = ruled(*votes, floor=0.55)
    assert gated.stability is not None
    assert ruled(*votes).stability is not None
    assert gated.stability < 0.9


def test_one_assembly_says_nothing_of_stability() -> None:
    assert ruled("++++++++++", min_assemblies=1).stability is None


def test_a_prohibition_can_have_a_lower_bar() -> None:
    text = "The assistant must not rest."
    forbids = CLAUSE.model_copy(update={"id": clause_id("q-x", text), "norm": "must_not", "text": text})
    votes = ballots(*["++++++++---"] * 16)
    on = [b.model_copy(update={"clause": forbids.id}) for b in votes]
    rules = AGGREGATION.model_copy(update={"threshold": 0.8, "prohibition": 0.6})
    [command, prohibition] = rule([CLAUSE, forbids], [*votes, *on], {}, rules, run="run-x", seed=1)
    assert (command.status, prohibition.status) == ("contested", "adopted")


def test_turnout_is_of_all_who_could_vote() -> None:
    [ruling] = rule([CLAUSE], ballots("++++", "++++", "++++"), {}, AGGREGATION, run="run-x", seed=1, seats=24)
    assert ruling.turnout == 0.5
    assert ruling.status == "no_ruling"
