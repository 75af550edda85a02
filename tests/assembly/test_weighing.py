"""Members rate the considerations: what is asked, who knows of it, what it moves, and that no call is made twice."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from byhand import Answer, by_hand, synthetic
from chatting import settings_for
from loopback import provider

from deliberation.assembly.sitting import Sitting, deliberate
from deliberation.models.requests import Request, Roster
from deliberation.models.synthetic.hearing import Hearing
from deliberation.models.tasks import Weigh
from deliberation.people.sortition import Draw
from deliberation.records.events import Event, Failed, Weighed
from deliberation.records.folder import RunFolder
from deliberation.settings import Settings
from deliberation.study import plan_study, run_study
from deliberation.study.stages import roster_of

SIZE = {"assemblies": 2, "members": 6, "truth": 0}
SETTINGS = Settings.bundled(procedure="reasoned_assembly", **{**SIZE, "members": 12})
CONSIDERATIONS = [c.id for c in SETTINGS.question.considerations]


def roster(settings: Settings = SETTINGS) -> Roster:
    draw = Draw(settings.panel, members=settings.members, seed=7)
    return roster_of(settings, next(draw.panels([("a-1", settings.question.id)])))


def held(settings: Settings = SETTINGS, answer: Answer | None = None) -> tuple[list[Event], list[Request]]:
    batches: list[tuple[Request, ...]] = []
    sitting = Sitting(roster(settings), settings.procedure, settings.witness, 2)
    events = by_hand(deliberate(sitting), answer or synthetic(settings), batches)
    return events, [request for batch in batches for request in batch]


def with_kernel(settings: Settings = SETTINGS, **changes: float) -> Settings:
    public = settings.synthetic
    kernel = public.kernel.model_copy(update=changes)
    return settings.model_copy(update={"model": public.model_copy(update={"kernel": kernel})})


def weighed(events: list[Event], phase: str) -> dict[str, list[int]]:
    sheets = [e for e in events if isinstance(e, Weighed) and e.phase == phase]
    return {e.speaker: [e.ratings[c] for c in CONSIDERATIONS] for e in sheets}


@pytest.fixture(scope="module")
def sat() -> tuple[list[Event], list[Request]]:
    return held()


def test_everybody_rates_every_consideration_once_before_and_once_after(
    sat: tuple[list[Event], list[Request]],
) -> None:
    events, asked = sat
    sheets = [(e.phase, e.speaker) for e in events if isinstance(e, Weighed)]
    assert len(sheets) == len(set(sheets)) == 2 * 12
    for event in events:
        if isinstance(event, Weighed):
            assert list(event.ratings) == CONSIDERATIONS
            assert sorted(event.shown) == sorted(CONSIDERATIONS)
    orders = {r.task.fingerprint() for r in asked if isinstance(r.task, Weigh)}
    assert len(orders) > 20


def test_nobody_hears_of_a_weighing_but_whoever_rated(sat: tuple[list[Event], list[Request]]) -> None:
    _, asked = sat
    seen = {
        (request.address.speaker, event.speaker)
        for request in asked
        for event in request.view.events
        if isinstance(event, Weighed)
    }
    assert seen
    assert all(one == other for one, other in seen)


def test_a_weighing_changes_nothing_else_in_the_sitting(sat: tuple[list[Event], list[Request]]) -> None:
    """The same people say, draft and vote the same in the assembly without it: draws are named by what they are for."""
    plain, _ = held(SETTINGS.model_copy(update={"procedure": Settings.bundled().procedure}))

    def told(events: list[Event]) -> list[dict[str, Any]]:
        numbers = {e.id: str(n) for n, e in enumerate(x for x in events if not isinstance(x, Weighed))}
        found = []
        for event in events:
            if not isinstance(event, Weighed | type(events[0])):
                whole = event.model_dump(mode="json", exclude={"id", "seq", "call"})
                text = json.dumps(whole)
                for id_ in sorted(numbers, key=len, reverse=True):
                    text = text.replace(f'"{id_}"', f'"{numbers[id_]}"')
                found.append(json.loads(text))
        return found

    assert told(sat[0]) == told(plain)


def test_ratings_before_talk_go_with_what_people_believe(sat: tuple[list[Event], list[Request]]) -> None:
    minds = Hearing(roster(), SETTINGS.synthetic.kernel).minds
    held_ = (minds.belief + SETTINGS.synthetic.kernel.value_weight * minds.fit)[0]
    told = np.array(list(weighed(sat[0], "opening-weighing").values()))
    assert np.corrcoef(held_.ravel(), told.ravel())[0, 1] > 0.6


def test_without_noise_ratings_change_only_on_what_was_heard() -> None:
    """The witness and the tables make points; a consideration that nobody speaks of or rebuts is rated as before."""
    events, _ = held(with_kernel(consideration_noise=0.0, unaware=1.0))
    first, last = (weighed(events, phase) for phase in ("opening-weighing", "closing-weighing"))
    rebuts = {c.id: c.rebuts for c in SETTINGS.question.considerations}
    made = {p.consideration for e in events if e.kind in {"testified", "answered", "spoke"} for p in e.points}
    touched = made | {other for one in made for other in rebuts[one]}
    moved = {
        name
        for member in first
        for name, one, other in zip(CONSIDERATIONS, first[member], last[member], strict=True)
        if one != other
    }
    assert moved
    assert moved <= touched


def test_where_nobody_takes_anything_in_only_noise_moves_ratings() -> None:
    deaf = Settings.bundled(procedure="reasoned_assembly", model="null_no_talk", **SIZE)
    events, _ = held(with_kernel(deaf, consideration_noise=0.0))
    assert weighed(events, "opening-weighing") == weighed(events, "closing-weighing")
    noisy, _ = held(deaf)
    assert weighed(noisy, "opening-weighing") != weighed(noisy, "closing-weighing")


def test_an_unreadable_rating_is_missing_and_recorded_as_failed() -> None:
    answer, victim = synthetic(SETTINGS), roster().members[3].id

    def stubborn(request: Request) -> str:
        if request.task.kind == "weigh" and request.address.speaker == victim:
            return json.dumps({"ratings": dict.fromkeys(CONSIDERATIONS[1:], 4)})
        return answer(request)

    events, _ = held(answer=stubborn)
    failed = [e for e in events if isinstance(e, Failed)]
    assert [(e.speaker, e.task, e.phase, e.attempts) for e in failed] == [
        (victim, "weigh", "opening-weighing", 2),
        (victim, "weigh", "closing-weighing", 2),
    ]
    assert "each consideration" in failed[0].error
    assert victim not in weighed(events, "opening-weighing")
    assert len(weighed(events, "closing-weighing")) == 11


def test_a_plan_counts_two_weighings_a_member() -> None:
    with_them, without = (
        plan_study(Settings.bundled(procedure=name, **SIZE)) for name in ("reasoned_assembly", "citizens_assembly")
    )
    assert with_them.calls - without.calls == 2 * 2 * 6
    assert with_them.critical_path - without.critical_path == 2


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize("structured", ["shared", "schema", "prompt"])
def test_a_chat_model_rates_considerations(structured: str, tmp_path: Path) -> None:
    with provider() as server:
        settings = settings_for(server, assemblies=1, procedure="reasoned_assembly", structured=structured)
        manifest = run_study(settings, tmp_path / "run")
    assert manifest.content.failures == {}
    [panel] = RunFolder(tmp_path / "run").panels()
    events = list(RunFolder(tmp_path / "run").events(panel.assembly))
    assert {e.origin for e in events if isinstance(e, Weighed)} == {"openai:test-model"}
    assert {len(weighed(events, p)) for p in ("opening-weighing", "closing-weighing")} == {4}


def test_a_run_killed_at_a_weighing_and_resumed_ends_byte_equal(
    tmp_path: Path, content: Callable[[Path], dict[str, bytes]]
) -> None:
    run_study(Settings.bundled(procedure="reasoned_assembly", **SIZE), tmp_path / "whole")
    every = _journalled(tmp_path / "whole")
    path, size = tmp_path / "run", [f"{name}={value}" for name, value in SIZE.items()]
    command = [sys.executable, "-m", "deliberation", "run", *size, "procedure=reasoned_assembly"]
    with subprocess.Popen([*command, f"hydra.run.dir={path}"], stdout=subprocess.DEVNULL) as running:
        while len(_journalled(path)) < 14 and running.poll() is None:  # the first poll of both is twelve calls
            time.sleep(0.001)
        running.kill()
    before = _journalled(path)
    assert before < every
    subprocess.run([sys.executable, "-m", "deliberation", "resume", str(path)], capture_output=True, check=True)
    assert content(path) == content(tmp_path / "whole")
    assert _journalled(path) == every


def _journalled(run: Path) -> set[str]:
    if not (run / "calls.sqlite").exists():
        return set()
    with closing(sqlite3.connect(run / "calls.sqlite")) as db:
        try:
            return {key for (key,) in db.execute("select key from replies")}
        except sqlite3.OperationalError:  # killed before the table was made
            return set()
