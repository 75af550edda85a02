"""The phases in which evidence is heard: testimony, cross-examination, rebuttal, and each member's own assistant.

Every citation is checked against the exhibit, and what is wanting stands on the record beside what was said.
"""

from __future__ import annotations

from typing import Any

from deliberation.assembly import seating
from deliberation.assembly.asking import Asking, Heard, ask, put
from deliberation.assembly.citations import checked
from deliberation.assembly.room import Room, assistant_of
from deliberation.models.tasks import Answer, Ask, Explain, Rebut, Testify
from deliberation.records.events import Answered, Asked, Testified
from deliberation.settings import Witness


def testimony(room: Room, witness: Witness, *, attempts: int) -> Asking[None]:
    """Each witness presents the dossier to all."""
    exhibits = room.roster.dossier.exhibits
    for name, one in _bench(room, witness):
        task = Testify(exhibits, room.considerations, one)
        [heard] = yield from ask(room, [room.request(task, speaker=name, role="witness")], attempts=attempts)
        if heard is not None:
            room.record(Testified, **put(heard), marks=_marks(room, heard))


def cross_examination(room: Room, witness: Witness, questions: int, *, attempts: int) -> Asking[None]:
    """Members question the witnesses one after another, in an order drawn for it; the witnesses take turns."""
    exhibits, bench = room.roster.dossier.exhibits, _bench(room, witness)
    if not bench:
        return
    drawn = seating.order(room.roster.seed, "questioners", room.roster.orders, room.phase, len(room.members))
    for number in range(questions):
        member, item = room.members[drawn[number % len(drawn)]], f"question-{number}"
        name, one = bench[number % len(bench)]
        request = room.request(Ask(room.considerations), speaker=member, role="member", item=item)
        [heard] = yield from ask(room, [request], attempts=attempts)
        if heard is None:
            continue
        asked = room.record(Asked, **put(heard))
        task = Answer(asked.text, asked.points, exhibits, room.considerations, one)
        request = room.request(task, speaker=name, role="witness", item=item)
        [heard] = yield from ask(room, [request], attempts=attempts)
        if heard is not None:
            room.record(Answered, **put(heard, asked.id), marks=_marks(room, heard))


def rebuttal(room: Room, witness: Witness, *, attempts: int) -> Asking[None]:
    """Each witness replies once to what the others said, in the order in which they testified."""
    exhibits, bench = room.roster.dossier.exhibits, _bench(room, witness)
    if len(bench) < 2:
        return
    heard_before = room.said(("testified", "answered"))
    for name, one in bench:
        said = {e.id: e.points for e in heard_before if e.role == "witness" and e.speaker != name}
        task = Rebut(said, exhibits, room.considerations, one)
        [heard] = yield from ask(room, [room.request(task, speaker=name, role="witness")], attempts=attempts)
        if heard is not None:
            room.record(Testified, **put(heard, *said), marks=_marks(room, heard))


def assistance(room: Room, questions: int, *, attempts: int) -> Asking[None]:
    """Every member asks its own assistant, all at the same time, and nobody hears of it."""
    exhibits = room.roster.dossier.exhibits
    if not exhibits:
        return
    for number in range(questions):
        item = f"question-{number}"
        wanted = [room.request(Ask(room.considerations), speaker=m, role="member", item=item) for m in room.members]
        asked = []
        for heard in (yield from ask(room, wanted, attempts=attempts)):
            if heard is not None:
                to = assistant_of(heard.request.address.speaker)
                asked.append(room.record(Asked, **put(heard), to=to))
        tasks = {e.to: Explain(e.text, e.points, exhibits, room.considerations) for e in asked}
        wanted = [room.request(t, speaker=name, role="assistant", item=item) for name, t in tasks.items()]
        by_assistant = {e.to: e for e in asked}
        for heard in (yield from ask(room, wanted, attempts=attempts)):
            if heard is not None:
                question = by_assistant[heard.request.address.speaker]
                room.record(
                    Answered, **put(heard, question.id), marks=_marks(room, heard), to=question.speaker
                )  # fmt: skip


def _bench(room: Room, witness: Witness) -> list[tuple[str, Witness]]:
    """The witnesses in the order in which they speak today; none where there is nothing to speak from."""
    if not room.roster.dossier.exhibits:
        return []
    return [*seating.bench(room.roster.seed, room.roster.orders, witness)]


def _marks(room: Room, heard: Heard) -> Any:
    said, task = heard.reading, heard.request.task
    if isinstance(task, Testify | Answer | Rebut) and task.witness.kind == "inert":
        return ()  # a control that is to differ in nothing but what it says
    exhibits, considerations = room.roster.dossier.exhibits, room.roster.question.considerations
    return checked(said.text, said.points, said.refs, exhibits=exhibits, considerations=considerations)
