"""The clerk's work after the sittings: find clauses in a transcript, and judge clauses one by one and two by two.

Generators that do no I/O, like sittings: they yield requests, and what the clerk judges becomes events. Every judgement
rests on the words it is shown alone. What is made of it all is for `distil` to say.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from deliberation.assembly.asking import Asking, Heard, ask
from deliberation.assembly.drafting import clause_of, draft_from, propose
from deliberation.assembly.room import CHAIR, CLERK, Room
from deliberation.assembly.sitting import Proceedings, proceed
from deliberation.models.clerical import Divide, Entail, Relate
from deliberation.models.requests import Roster
from deliberation.records.base import clause_id, plain
from deliberation.records.events import Closed, Divided, Entailed, Event, Related, Spoke
from deliberation.records.specification import NORM_WORDS, Clause, ClauseSource, Norm
from deliberation.settings import Distillation
from deliberation.specification.distil import Family, Findings, content_words, families_of, merged, undivided
from deliberation.specification.drafts import Draft

T = TypeVar("T", Divide, Relate, Entail)

NAME = "distillation"
"""Under which the clerk's judgements stand, as an assembly's acts do under its id."""
_QUOTES = 12
"""Sources shown with a clause at most, for and against in turn."""


def find(roster: Roster, past: Sequence[Event], how: Distillation, *, attempts: int) -> Proceedings:
    """Find clauses in what was said in one assembly; ends with `proposed` events.

    Args:
        roster: the assembly's, under a name of its own, so that its events are not taken for the assembly's.
        past: what happened there.
        how: how many clauses at most.
        attempts: how often a reply that cannot be read is asked for.
    """
    room = Room(roster, past)
    return (yield from proceed(room, _find(room, how, attempts)))


def review(roster: Roster, drafts: Sequence[Draft], how: Distillation, *, attempts: int, merge: bool) -> Proceedings:
    """Judge all drafts: what says several things, what demands the same or the contrary, what its sources bear out.

    Args:
        roster: the question's, with nobody seated.
        drafts: of all assemblies.
        how: what is set beside what.
        attempts: how often a reply that cannot be read is asked for.
        merge: whether drafts can be merged and split at all; people's own words cannot.
    """
    room = Room(roster)
    return (yield from proceed(room, _review(room, drafts, how, attempts, merge)))


def _find(room: Room, how: Distillation, attempts: int) -> Asking[None]:
    room.enter("finding")
    said = {e.id: e.text for e in room.events if isinstance(e, Spoke) and e.role == "member" and e.to is None}
    if said:
        task = draft_from(room, how.found, said, "record")
        for heard in (yield from ask(room, [room.request(task, speaker=CLERK, role="clerk")], attempts=attempts)):
            for drafted in heard.reading.clauses if heard else ():
                propose(room, clause_of(room, drafted), drafted.meaning, heard)
    _close(room)


def _review(room: Room, drafts: Sequence[Draft], how: Distillation, attempts: int, merge: bool) -> Asking[None]:
    if merge:
        room.enter("splitting")
        yield from _split(room, families_of(undivided(drafts, Findings.of(()))), attempts)
    whole = undivided(drafts, Findings.of(room.events))
    families = families_of(whole, merge=merge)
    room.enter("relations")
    yield from _relate(room, families, how, attempts)
    room.enter("sources")
    yield from _check(room, merged(families, Findings.of(room.events)) if merge else families, attempts)
    _close(room)


def _split(room: Room, families: Sequence[Family], attempts: int) -> Asking[None]:
    doubtful = [w for family in families for w in family.wordings if may_say_several_things(w)]
    for task, heard in (yield from _judged(room, [Divide(w) for w in doubtful], attempts)):
        whole, said = task.clause, heard.reading
        parts = tuple(_part(whole, part.norm, part.text, part.applies_when, part.exceptions) for part in said.parts)
        room.record(Divided, **_by(heard), text=said.why, clause=whole.id, parts=parts)


def _relate(room: Room, families: Sequence[Family], how: Distillation, attempts: int) -> Asking[None]:
    texts = [family.wordings[0] for family in families]
    likeness = {
        (texts[a].id, texts[b].id): alike
        for a, near in enumerate(neighbours([c.text for c in texts], how))
        for b, alike in near
    }
    by_clause: dict[str, list[str]] = {}
    for one, other in likeness:
        by_clause.setdefault(one, []).append(other)
    known = {c.id: c for c in texts}
    tasks = [Relate(known[one], tuple(known[other] for other in others)) for one, others in by_clause.items()]
    for task, heard in (yield from _judged(room, tasks, attempts)):
        for said in heard.reading.relations:
            one = task.clause.id
            room.record(
                Related, **_by(heard), text=said.why, clause=one, other=said.clause, relation=said.relation,
                likeness=likeness[one, said.clause],
            )  # fmt: skip


def _check(room: Room, families: Sequence[Family], attempts: int) -> Asking[None]:
    shown = [family.wordings[0].model_copy(update={"sources": tuple(_sources(family))}) for family in families]
    for task, heard in (yield from _judged(room, [Entail(c, room.positions) for c in shown if c.sources], attempts)):
        refs = tuple(dict.fromkeys(s.event for s in task.clause.sources))
        said = heard.reading
        room.record(
            Entailed, **_by(heard), text=said.why, refs=refs, clause=task.clause.id, verdict=said.verdict,
            position=said.position, stance=said.stance,
        )  # fmt: skip


def _judged(room: Room, tasks: Sequence[T], attempts: int) -> Asking[list[tuple[T, Heard]]]:
    """Ask the clerk many things, each by itself; what stays unreadable is left out."""
    if not tasks:
        return []
    requests = [room.request(task, speaker=CLERK, role="clerk", item=task.clause.id) for task in tasks]
    heard = yield from ask(room, requests, attempts=attempts)
    return [(task, one) for task, one in zip(tasks, heard, strict=True) if one is not None]


def may_say_several_things(clause: Clause) -> bool:
    """Whether a text has two norms, or two sentences: then the clerk is asked. Proposes, and decides nothing."""
    text = " ".join(clause.text.split())
    for part in (*clause.applies_when, *clause.exceptions):  # what is said in a condition is no norm of its own
        text = text.replace(" ".join(part.split()), "")
    words = f" {text.casefold()} "
    norms = sum(words.count(f" {word} ") for word in {w.split()[0] for w in NORM_WORDS.values()})
    return norms > 1 or "; " in words or ". " in words.strip()


def neighbours(texts: Sequence[str], how: Distillation) -> Iterator[list[tuple[int, float]]]:
    """For each text earlier ones to be judged beside it, each pair once: those most like it, and among the first all.

    Likeness is the cosine of their words, rare ones counting more.

    Weight of a word in one of N texts that d hold it: log(1 + N / d) (inverse document frequency: Spaerck Jones 1972).
    """
    import numpy as np
    from scipy.sparse import lil_array

    words = [Counter(content_words(text)) for text in texts]
    held = Counter(word for one in words for word in one)
    column = {word: place for place, word in enumerate(held)}
    cells = lil_array((len(texts), max(1, len(held))))
    for row, one in enumerate(words):
        for word, times in one.items():
            cells[row, column[word]] = times * math.log(1 + len(texts) / held[word])
    table = cells.tocsr()
    lengths = np.sqrt(table.multiply(table).sum(axis=1))
    for row in range(len(texts)):
        alike = np.round(
            (table[[row]] @ table.T).toarray()[0, :row] / np.maximum(lengths[row] * lengths[:row], 1e-12), 6
        )
        order = np.argsort(-alike, kind="stable")
        near = [other for other in order[: how.neighbours] if alike[other] >= how.alike]
        widest = [other for other in order if row < how.widest and other not in near]
        yield [(int(other), float(alike[other])) for other in (*near, *widest)]


def _sources(family: Family) -> Iterator[ClauseSource]:
    """For and against in turn, those of the first drafts first."""
    told = dict.fromkeys(s for d in family.drafts for s in d.clause.sources)
    sides = [[s for s in told if s.stance == stance] for stance in ("for", "against")]
    turns = [side[n] for n in range(max(map(len, sides))) for side in sides if n < len(side)]
    yield from turns[:_QUOTES]


def _part(whole: Clause, norm: Norm, text: str, when: Iterable[str], unless: Iterable[str]) -> Clause:
    return whole.model_copy(
        update={
            "id": clause_id(whole.question, text),
            "norm": norm,
            "text": plain(text),
            "applies_when": tuple(plain(c) for c in when),
            "exceptions": tuple(plain(c) for c in unless),
        }
    )


def _by(heard: Heard) -> dict[str, Any]:
    return {"speaker": CLERK, "role": "clerk", "call": heard.call, "origin": heard.origin}


def _close(room: Room) -> None:
    room.enter("closing")
    room.record(Closed, speaker=CHAIR, role="chair", text="The clerk is done.")
