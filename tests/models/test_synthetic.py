"""The synthetic public: what moves whom, and what must move nobody."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deliberation.errors import ConfigError
from deliberation.models.prompts import check
from deliberation.models.requests import Roster
from deliberation.models.synthetic import worlds
from deliberation.models.synthetic.clauses import relief, utilities, votes
from deliberation.models.synthetic.hearing import Hearing
from deliberation.models.synthetic.latent import people_of
from deliberation.models.synthetic.maps import Array, map_of
from deliberation.models.synthetic.minds import Minds
from deliberation.models.synthetic.reading import Reader
from deliberation.models.synthetic.voice import LEAST, SLOTS, Voice
from deliberation.models.synthetic.witness import evidence, points_of
from deliberation.people.pool import Pool
from deliberation.randomness import stream
from deliberation.records.agenda import Question
from deliberation.records.events import Answered, Asked, Event, Point, Polled, Seated, Spoke, Testified
from deliberation.records.folder import RunFolder
from deliberation.records.specification import Meaning
from deliberation.settings import Settings, Witness
from deliberation.study import run_study

SETTINGS = Settings.bundled()
QUESTION = SETTINGS.question
KERNEL = SETTINGS.synthetic.kernel
PEOPLE = Pool(SETTINGS.panel.population, 40, 1).panel(range(12))
FIRST = QUESTION.considerations[0]
PLACE = 0


def roster(people: Any = PEOPLE) -> Roster:
    return Roster.of(
        assembly="a-1", seed=1, idea="kind", question=QUESTION, members=people, dossier=QUESTION.dossier
    )  # fmt: skip


def room(**changes: Any) -> Hearing:
    """An assembly in which everything said is taken in, unless told otherwise."""
    return Hearing(roster(), KERNEL.model_copy(update={"attention": 1.0, **changes}))


def event(kind: type[Any], seq: int, **fields: Any) -> Event:
    common = {"assembly": "a-1", "phase": "tables", "round": 1, "table": None, "speaker": "chair", "role": "chair"}
    return kind(id=f"e-a-1-{seq}", seq=seq, **{**common, "text": "words", **fields})  # type: ignore[no-any-return]


def talk(stance: Any = 1, table: str | None = "table-1") -> tuple[Event, ...]:
    seated = tuple(p.id for p in PEOPLE[:6])
    return (
        event(Seated, 0, table="table-1", members=seated),
        event(
            Spoke, 1, speaker=seated[0], role="member", table=table,
            points=(Point(consideration=FIRST.id, stance=stance),),
        ),
    )  # fmt: skip


def believed(one: Hearing) -> Array:
    return one.minds.belief[0, :, PLACE].copy()


def test_a_point_moves_those_who_hear_it_and_nobody_else() -> None:
    one = room()
    before = believed(one)
    one.catch_up(talk())
    moved = believed(one) - before
    assert (moved[1:6] > 0).all()
    assert (moved[0], *moved[6:]) == pytest.approx((0.0,) * 7)


def test_a_point_rejected_moves_the_other_way() -> None:
    one = room()
    before = believed(one)
    one.catch_up(talk(stance=-1))
    assert (believed(one)[1:6] < before[1:6]).all()


def test_what_is_said_in_plenary_reaches_everyone() -> None:
    one = room()
    before = believed(one)
    one.catch_up(talk(table=None))
    assert (believed(one)[1:] > before[1:]).all()


def test_one_who_does_not_attend_is_not_moved() -> None:
    one = room(attention=0.0, conformity=0.0)
    before = one.minds.attitude().copy()
    one.catch_up(talk())
    assert np.array_equal(one.minds.attitude(), before)


def test_without_openness_conformity_and_growth_talk_changes_nothing() -> None:
    still = KERNEL.model_copy(update={"openness": 0.0, "conformity": 0.0, "elaboration_rate": 0.0})
    one = Hearing(roster(), still.model_copy(update={"attention": 1.0}))
    before = one.minds.attitude().copy()
    one.catch_up(talk())
    assert np.array_equal(one.minds.attitude(), before)
    world = worlds.questions(still, 4, stream(1, "still"))
    minds = Minds(world.maps, worlds.people(still, world, 9, stream(2, "still")), still)
    before = minds.attitude().copy()
    worlds.discuss(minds, stream(3, "still"), turns=6)
    assert np.array_equal(minds.attitude(), before)


@pytest.mark.parametrize("model", ["null_conformity", "null_no_content"])
def test_a_null_model_without_arguments_moves_by_conformity_alone(model: str) -> None:
    kernel = Settings.bundled(model=model).synthetic.kernel.model_copy(update={"conformity": 0.0})
    world = worlds.questions(kernel, 4, stream(1, "null"))
    minds = Minds(world.maps, worlds.people(kernel, world, 9, stream(2, "null")), kernel)
    before = minds.attitude().copy()
    worlds.discuss(minds, stream(3, "null"), turns=6)
    assert np.array_equal(minds.attitude(), before)


def test_words_from_too_far_away_bring_nothing_to_mind() -> None:
    near, far = room(confidence_bound=1e6), room(confidence_bound=0.01)
    for one in (near, far):
        one.minds.aware[:] = 0.0
        one.minds.changed()
        one.catch_up(talk())
    assert near.minds.aware[0, 1:6, PLACE].all()
    assert not far.minds.aware[0, 1:6, PLACE].all()


def test_without_talk_and_briefing_nothing_changes() -> None:
    world = worlds.questions(KERNEL, 3, stream(1, "test"))
    minds = Minds(world.maps, worlds.people(KERNEL, world, 10, stream(2, "test")), KERNEL)
    before = minds.attitude().copy()
    worlds.brief(minds, stream(3, "test"), strength=0.0)
    worlds.discuss(minds, stream(4, "test"), turns=0)
    assert np.array_equal(minds.attitude(), before)


def test_without_exchange_of_arguments_talk_ends_where_friedkin_and_johnsen_say() -> None:
    """x* = (I - alpha S W)^-1 alpha S (W - I) u: the fixed point of the pull, u being what each thinks by itself."""
    still = KERNEL.model_copy(update={"openness": 0.0, "elaboration_rate": 0.0, "conformity": 0.5})
    world = worlds.questions(still, 2, stream(1, "fj"))
    minds = Minds(world.maps, worlds.people(still, world, 8, stream(2, "fj")), still)
    alone = minds.attitude().copy()
    worlds.discuss(minds, stream(3, "fj"), turns=300)
    others = (np.ones((8, 8)) - np.eye(8)) / 7
    for b in range(2):
        pull = still.conformity * minds.susceptibility[b][:, None]
        fixed = np.linalg.solve(np.eye(8) - pull * others, pull * ((others - np.eye(8)) @ alone[b]))
        assert minds.pull[b] == pytest.approx(fixed, abs=1e-6)
        assert minds.attitude()[b] == pytest.approx(alone[b] + fixed, abs=1e-6)


def test_the_pull_alone_moves_no_belief() -> None:
    still = KERNEL.model_copy(update={"openness": 0.0, "elaboration_rate": 0.0, "undercut": 0.0})
    world = worlds.questions(still, 2, stream(1, "fj"))
    minds = Minds(world.maps, worlds.people(still, world, 8, stream(2, "fj")), still)
    before = minds.belief.copy()
    worlds.discuss(minds, stream(3, "fj"), turns=3)
    assert np.array_equal(minds.belief, before)
    assert np.abs(minds.pull).max() > 0.01


def test_a_question_to_the_witness_moves_nobody_and_its_answer_does() -> None:
    points = (Point(consideration=FIRST.id, stance=1),)
    one = room()
    before = believed(one)
    asked = event(Asked, 0, speaker=PEOPLE[0].id, role="member", points=points)
    one.catch_up((asked,))
    assert np.array_equal(believed(one), before)
    one.catch_up((asked, event(Answered, 1, speaker="witness", role="witness", points=points)))
    assert (believed(one) > before).all()


def test_an_inert_witness_changes_exactly_nothing() -> None:
    one = room()
    before = one.minds.attitude().copy()
    assert points_of(QUESTION.dossier.exhibits, QUESTION, Witness(kind="inert"), KERNEL) == {}
    one.catch_up((event(Testified, 0, speaker="witness", role="witness", text="Lunch is at noon."),))
    assert np.array_equal(one.minds.attitude(), before)


DOSES = (-1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0)


@pytest.mark.parametrize(("name", "slack"), [("health_advice", 0.0), ("disputed_politics", 0.05)])
def test_the_more_one_sided_the_witness_the_further_it_moves_people(name: str, slack: float) -> None:
    """On every position, over nine doses: the same 600 people, who take everything in.

    Points are left out by their effect to first order, and what is said first takes some attention from what follows: on
    disputed politics three of the 32 steps go back, by at most .017 of a range of about .5. `slack` is a share of the range.
    """
    settings = Settings.bundled(question=name)
    question, kernel = settings.question, settings.synthetic.kernel
    people = people_of(
        [Pool(settings.panel.population, 600, 3).panel(range(600))], question, kernel, seed=3, spread=None
    )  # fmt: skip
    everyone = np.ones((1, 600))

    def told(witness: Witness) -> Array:
        minds = Minds(map_of(question, kernel), people, kernel)
        for point, stance in points_of(question.dossier.exhibits, question, witness, kernel).items():
            minds.testify(np.array([places(question)[point]]), np.array([float(stance)]), everyone)
        minds.briefed()
        mean: Array = minds.attitude()[0].mean(axis=0)
        return mean

    neutral = told(Witness(kind="neutral"))
    for j, position in enumerate(question.positions):
        means = [float(told(Witness(kind="one_sided", towards=position.id, bias=b))[j]) for b in DOSES]
        back = slack * (means[-1] - means[0]) + 1e-9
        assert all(a <= b + back for a, b in pairwise(means)), (position.id, means)
        assert means[0] < means[4] < means[-1]
        assert means[4] == pytest.approx(neutral[j])


def places(question: Question) -> dict[str, int]:
    return {c.id: a for a, c in enumerate(question.considerations)}


def test_a_false_witness_moves_belief_away_from_the_evidence() -> None:
    honest = evidence(QUESTION.dossier.exhibits)
    assert points_of(QUESTION.dossier.exhibits, QUESTION, Witness(kind="false_claims"), KERNEL) == {
        a: -s for a, s in honest.items()
    }


def test_deference_to_experts_multiplies_what_a_witness_does() -> None:
    points = (Point(consideration=FIRST.id, stance=1),)
    said = event(Testified, 0, speaker="witness", role="witness", points=points)
    usual, deferent = room(), room(fault_expert=0.5)
    before = believed(usual)
    usual.catch_up((said,))
    deferent.catch_up((said,))
    assert believed(deferent) - before == pytest.approx(2.5 * (believed(usual) - before))


def test_repetition_wears_off() -> None:
    one = room(conformity=0.0, bias=0.0, confidence_bound=1e6)
    seated, said = talk()
    steps = []
    for n in range(4):
        before = believed(one)[1]
        one.catch_up((seated, *(said for _ in range(n + 1))))
        steps.append(believed(one)[1] - before)
    assert steps == sorted(steps, reverse=True)


def test_an_asserted_point_takes_from_what_it_rebuts() -> None:
    rebutting = next(c for c in QUESTION.considerations if c.rebuts)
    target = [c.id for c in QUESTION.considerations].index(rebutting.rebuts[0])
    seated, _ = talk()
    for stance, falls in ((1, True), (-1, False)):
        one = room()
        before = one.minds.belief[0, 1:6, target].copy()
        points = (Point.model_validate({"consideration": rebutting.id, "stance": stance}),)
        one.catch_up((seated, event(Spoke, 1, speaker=PEOPLE[0].id, role="member", table="table-1", points=points)))
        assert (one.minds.belief[0, 1:6, target] < before).all() == falls


def test_state_is_a_function_of_the_record_however_it_is_read() -> None:
    whole, piecewise = room(attention=0.5), room(attention=0.5)
    record = (*talk(), event(Answered, 2, points=(Point(consideration=FIRST.id, stance=-1),)))
    whole.catch_up(record)
    for length in range(len(record) + 1):
        piecewise.catch_up(record[:length])
    assert np.array_equal(whole.minds.attitude(), piecewise.minds.attitude())


def test_a_person_is_the_same_in_whichever_assembly_it_sits() -> None:
    turned = Hearing(roster(PEOPLE[::-1]), KERNEL)
    usual = Hearing(roster(), KERNEL)
    assert np.allclose(turned.minds.attitude()[0, ::-1], usual.minds.attitude()[0])


def test_a_member_who_is_no_part_of_the_model_enters_by_its_last_stated_ratings() -> None:
    """A language model or a human at the table pulls the others by what it said in the poll, until it says otherwise."""
    seated, _ = talk()
    guest = PEOPLE[0].id

    def polled(seq: int, rating: int, origin: str | None) -> Event:
        ratings = {p.id: rating for p in QUESTION.positions}
        return event(Polled, seq, speaker=guest, role="member", text="", ratings=ratings, origin=origin)

    said = event(Spoke, 3, speaker=guest, role="member", table="table-1")
    one, other, own = room(), room(), room()
    one.catch_up((seated, polled(1, 7, "some-model"), said))
    other.catch_up((seated, polled(1, 7, "some-model"), polled(2, 1, "some-model"), said))
    own.catch_up((seated, polled(1, 7, "synthetic"), said))
    assert (one.minds.attitude()[0, 0] > 2).all()
    assert (other.minds.attitude()[0, 0] < -2).all()
    assert (one.minds.pull[0, 1:6] > other.minds.pull[0, 1:6]).all()
    assert own.minds.attitude()[0, 0] == pytest.approx(room().minds.attitude()[0, 0], abs=0.1)


def test_a_prohibition_is_worth_what_the_command_costs() -> None:
    one = room()
    option = QUESTION.positions[0].id
    for positive, negative in (("must", "must_not"), ("should", "should_not")):
        ask = Meaning.model_validate({"option": option, "modality": positive})
        forbid = Meaning.model_validate({"option": option, "modality": negative})
        both = utilities(one.minds, [ask, forbid], one.index)
        assert both[..., 1] == pytest.approx(-both[..., 0])


def test_a_condition_helps_those_who_hold_the_objection_it_meets_and_costs_the_others() -> None:
    one = room()
    option = QUESTION.positions[-1].id
    plain = Meaning(option=option, modality="must")
    added = one.minds.contributions()[0, :, :, -1]
    for a, consideration in enumerate(QUESTION.considerations):
        conditioned = plain.model_copy(update={"conditions": (consideration.id,)})
        worth = utilities(one.minds, [plain, conditioned], one.index)[0]
        gain = worth[:, 1] - worth[:, 0]
        objects = added[:, a] < -0.2
        assert (gain[objects] > 0).all()
        assert (gain[added[:, a] >= 0] < 0).all()


def test_values_decide_what_people_accept() -> None:
    """Those who care most for a consideration's values accept it more, on average, than those who care least."""
    people = Pool(SETTINGS.panel.population, 400, 2).panel(range(400))
    minds = Hearing(roster(people), KERNEL).minds
    order = np.argsort(minds.fit[0, :, PLACE])
    agreement = minds.agreement()[0, :, PLACE]
    assert agreement[order[-100:]].mean() > agreement[order[:100]].mean() + 0.2


def ideal_points(number: int) -> float:
    """How the first principal component of 120 clauses' votes by 300 people correlates with their planted lean."""
    world = worlds.questions(KERNEL, 1, stream(number, "ideal-point", "question"))
    minds = Minds(world.maps, worlds.people(KERNEL, world, 300, stream(number, "ideal-point", "people")), KERNEL)
    draw = stream(number, "ideal-point", "votes")
    eased, attitude = relief(minds.contributions()[0], KERNEL), minds.attitude()[0]
    worth = np.empty((300, 120))
    for c in range(120):
        j, force = c % worlds.POSITIONS, (1.0, 0.6, -1.0, -0.6)[c // worlds.POSITIONS % 4]
        conditions = draw.choice(worlds.CONSIDERATIONS, int(draw.integers(2)), replace=False)
        worth[:, c] = force * (attitude[:, j] + eased[:, conditions, j].sum(axis=1))
    cast = votes(worth[None], draw.random((1, 300, 120)), KERNEL).supports[0]
    first = np.linalg.svd(cast - cast.mean(axis=0), full_matrices=False)[0][:, 0]
    lean = (attitude * world.maps.axis[0]).sum(axis=1)
    return abs(float(np.corrcoef(first, lean)[0, 1]))


def test_the_planted_lean_is_recovered_from_votes_alone() -> None:
    """Clauses on all positions, four norms, up to one condition: |r| > .9, mean of ten worlds."""
    assert np.mean([ideal_points(number) for number in range(10)]) > 0.9


def test_a_written_question_gets_an_axis_on_which_its_sides_oppose() -> None:
    maps = map_of(QUESTION, KERNEL)
    leans = (maps.direction[0] * maps.axis[0]).sum(axis=1)
    assert (np.sign(leans) == maps.side[0]).all()
    assert set(maps.side[0]) == {-1.0, 1.0}
    assert np.linalg.norm(maps.heading[0]) == pytest.approx(1.0)
    assert set(maps.truth[0]) <= {-1.0, 0.0, 1.0}


def test_a_public_of_one_mind_is_of_one_mind() -> None:
    minds = Hearing(roster(), KERNEL.model_copy(update={"sameness": 1.0})).minds
    assert np.ptp(minds.attitude(), axis=1) == pytest.approx(0.0, abs=1e-9)


MOVES: list[tuple[str, Callable[[Hearing], Array]]] = [
    ("fault_drift", lambda one: one.minds.fit[0, 0]),
    ("fault_stereotype", lambda one: one.minds.fit[0]),
    ("fault_sycophancy", lambda one: one.minds.pull[0]),
]


@pytest.mark.parametrize(("fault", "of"), MOVES)
def test_a_fault_changes_what_it_is_said_to(fault: str, of: Callable[[Hearing], Array]) -> None:
    usual, faulty = room(), room(**{fault: 0.5})
    for one in (usual, faulty):
        one.catch_up(talk())
    assert not np.allclose(of(usual), of(faulty))


def test_the_bank_of_phrases_is_checked() -> None:
    bank = dict(SETTINGS.synthetic.voice)
    with pytest.raises(ConfigError, match=r"model\.voice\.assert.*claim"):
        Voice({**bank, "assert": ("I think $klaim.",)})
    with pytest.raises(ConfigError, match="no phrases of kind 'report'"):
        Voice({k: v for k, v in bank.items() if k != "report"})
    with pytest.raises(ConfigError, match="unknown kind of phrase 'shout'"):
        Voice({**bank, "shout": ("Hey!",)})
    assert set(bank) == set(SLOTS)


def test_a_reason_is_put_in_several_ways_and_keeps_its_claim() -> None:
    voice = Voice(SETTINGS.synthetic.voice)
    said = {voice.argue(FIRST, 1, stream(n, "test")) for n in range(60)}
    assert len(said) >= 6
    words = FIRST.claim.rstrip(".").split(" ", 1)[1]
    assert all(words in text for text in said)


def test_every_slot_has_its_paraphrases() -> None:
    for kind, phrases in SETTINGS.synthetic.voice.items():
        assert len(set(phrases)) >= LEAST, kind


@pytest.mark.parametrize("question", ["health_advice", "disputed_politics"])
def test_argument_and_stance_are_read_back_from_the_text_alone(question: str, tmp_path: Path) -> None:
    """At least 98% of what members say at tables, in eight assemblies of twelve."""
    settings = Settings.bundled(question=question, truth=0)
    run_study(settings, tmp_path / "run")
    folder, reader = RunFolder(tmp_path / "run"), Reader(settings.question)
    spoken = [
        e
        for panel in folder.panels()
        for e in folder.events(panel.assembly)
        if isinstance(e, Spoke) and e.table is not None
    ]
    assert len(spoken) > 250
    right = sum(reader.points(e.text) == e.points for e in spoken)
    assert right / len(spoken) >= 0.98


def test_talk_about_something_else_is_read_as_no_argument() -> None:
    reader = Reader(QUESTION)
    for text in (*SETTINGS.synthetic.voice["inert"], "Yes.", "I agree with you all.", ""):
        assert reader.points(text) == ()


def test_a_prompt_with_an_unknown_slot_is_refused() -> None:
    asks = {**SETTINGS.prompts.asks, "poll": "Rate $everything."}
    with pytest.raises(ConfigError, match=r"prompts\.poll.*everything"):
        check(SETTINGS.prompts.model_copy(update={"asks": asks}))
    with pytest.raises(ConfigError, match="no words for task 'poll'"):
        check(SETTINGS.prompts.model_copy(update={"asks": {k: v for k, v in asks.items() if k != "poll"}}))
    with pytest.raises(ConfigError, match="no words for 'inert'"):
        manners = {k: v for k, v in SETTINGS.prompts.manners.items() if k != "inert"}
        check(SETTINGS.prompts.model_copy(update={"manners": manners}))
