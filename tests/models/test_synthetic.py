from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deliberation.errors import ConfigError
from deliberation.models.prompts import check
from deliberation.models.requests import Roster
from deliberation.models.synthetic.kernel import Minds
from deliberation.models.synthetic.voice import SLOTS, Voice
from deliberation.people.pool import Pool
from deliberation.randomness import stream
from deliberation.records.events import Answered, Asked, Event, Point, Seated, Spoke
from deliberation.records.specification import Meaning
from deliberation.settings import Settings

SETTINGS = Settings.bundled()
QUESTION = SETTINGS.question
PEOPLE = tuple(Pool(SETTINGS.panel.population, 40, 1).persona(i) for i in range(12))
ROSTER = Roster.of(
    assembly="a-1", seed=1, idea="kind", question=QUESTION, members=PEOPLE, dossier=QUESTION.dossier
)  # fmt: skip
FIRST = QUESTION.considerations[0]
PLACE = 0


def minds(**changes: Any) -> Minds:
    return Minds(ROSTER, SETTINGS.model.kernel.model_copy(update=changes))


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


def test_a_point_moves_those_who_hear_it_and_nobody_else() -> None:
    room = minds()
    before = room.agreement()[:, PLACE].copy()
    room.catch_up(talk())
    moved = room.agreement()[:, PLACE] - before
    assert (moved[1:6] > 0).all()
    assert (moved[0], *moved[6:]) == pytest.approx((0.0,) * 7)


def test_a_point_rejected_moves_the_other_way() -> None:
    room = minds()
    before = room.agreement()[:, PLACE].copy()
    room.catch_up(talk(stance=-1))
    assert (room.agreement()[1:6, PLACE] < before[1:6]).all()


def test_what_is_said_in_plenary_reaches_everyone() -> None:
    room = minds()
    before = room.agreement()[:, PLACE].copy()
    room.catch_up(talk(table=None))
    assert (room.agreement()[1:, PLACE] > before[1:]).all()


def test_without_openness_and_conformity_talk_changes_nothing() -> None:
    room = minds(openness=0.0, conformity=0.0)
    before = room.attitude().copy()
    room.catch_up(talk())
    assert np.array_equal(room.attitude(), before)


def test_a_question_to_the_witness_moves_nobody_and_its_answer_does() -> None:
    points = (Point(consideration=FIRST.id, stance=1),)
    room = minds()
    before = room.attitude().copy()
    asked = event(Asked, 0, speaker=PEOPLE[0].id, role="member", points=points)
    room.catch_up((asked,))
    assert np.array_equal(room.attitude(), before)
    room.catch_up((asked, event(Answered, 1, speaker="witness", role="witness", points=points)))
    assert not np.array_equal(room.attitude(), before)


def test_repetition_wears_off() -> None:
    room = minds(conformity=0.0, bias=0.0)
    seated, said = talk()
    steps = []
    for n in range(4):
        before = room.belief[1, PLACE]
        room.catch_up((seated, *(said for _ in range(n + 1))))
        steps.append(room.belief[1, PLACE] - before)
    assert steps == sorted(steps, reverse=True)


def test_state_is_a_function_of_the_record_however_it_is_read() -> None:
    whole, piecewise = minds(), minds()
    record = (*talk(), event(Answered, 2, points=(Point(consideration=FIRST.id, stance=-1),)))
    whole.catch_up(record)
    for length in range(len(record) + 1):
        piecewise.catch_up(record[:length])
    assert np.array_equal(whole.attitude(), piecewise.attitude())


def test_a_prohibition_is_worth_what_the_command_costs() -> None:
    room = minds()
    option = QUESTION.positions[0].id
    for positive, negative in (("must", "must_not"), ("should", "should_not")):
        for i in range(len(PEOPLE)):
            ask = Meaning(option=option, modality=positive)
            forbid = Meaning(option=option, modality=negative)
            assert room.clause(i, forbid) == pytest.approx(-room.clause(i, ask))


def test_values_decide_what_people_accept() -> None:
    """Those who care most for a consideration's values accept it more, on average, than those who care least."""
    people = tuple(Pool(SETTINGS.panel.population, 400, 2).persona(i) for i in range(400))
    roster = Roster.of(
        assembly="a-2", seed=2, idea="kind", question=QUESTION, members=people, dossier=QUESTION.dossier
    )  # fmt: skip
    room = Minds(roster, SETTINGS.model.kernel)
    order = np.argsort(room.fit[:, PLACE])
    agreement = room.agreement()[:, PLACE]
    assert agreement[order[-100:]].mean() > agreement[order[:100]].mean() + 0.2


def test_the_bank_of_phrases_is_checked() -> None:
    bank = dict(SETTINGS.model.voice)
    with pytest.raises(ConfigError, match=r"model\.voice\.assert.*claim"):
        Voice({**bank, "assert": ("I think $klaim.",)})
    with pytest.raises(ConfigError, match="no phrases of kind 'report'"):
        Voice({k: v for k, v in bank.items() if k != "report"})
    with pytest.raises(ConfigError, match="unknown kind of phrase 'shout'"):
        Voice({**bank, "shout": ("Hey!",)})
    assert set(bank) == set(SLOTS)


def test_a_reason_is_put_in_several_ways_and_keeps_its_claim() -> None:
    voice = Voice(SETTINGS.model.voice)
    said = {voice.argue(FIRST, 1, stream(n, "test")) for n in range(60)}
    assert len(said) >= 6
    words = FIRST.claim.rstrip(".").split(" ", 1)[1]
    assert all(words in text for text in said)


def test_a_prompt_with_an_unknown_slot_is_refused() -> None:
    asks = {**SETTINGS.prompts.asks, "poll": "Rate $everything."}
    with pytest.raises(ConfigError, match=r"prompts\.poll.*everything"):
        check(SETTINGS.prompts.model_copy(update={"asks": asks}))
    with pytest.raises(ConfigError, match="no words for task 'poll'"):
        check(SETTINGS.prompts.model_copy(update={"asks": {k: v for k, v in asks.items() if k != "poll"}}))
