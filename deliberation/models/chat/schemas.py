"""The JSON Schema of a reply, in the subset that strict modes accept: exact for one task, or one for all tasks.

Exact, it spells out every id on offer. But providers lay the schema before all other words, so that calls with other
schemas share nothing in a cache; the one for all is the same in every call on a question, and leaves ids that change
to the task. Every property is required and no other allowed; what does not apply is left out, and takes the record's
default. Whether a reply is legal is decided by the task in any case.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, assert_never, get_args

from deliberation.models.tasks import (
    Amend,
    Answer,
    Ask,
    Divide,
    Draft,
    Entail,
    Exemplify,
    Explain,
    Facilitate,
    Judge,
    Poll,
    Rank,
    Rebut,
    Recall,
    Recognise,
    Relate,
    Speak,
    Task,
    Testify,
    Vote,
    Weigh,
)
from deliberation.records.agenda import Question
from deliberation.records.specification import ClauseStance, Relation, Support

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_NULL: Schema = {"type": "null"}
_RATING: Schema = {"type": "integer", "enum": [1, 2, 3, 4, 5, 6, 7]}
_NORM: Schema = {"type": "string", "enum": ["must", "must_not", "should", "should_not", "may"]}


Names = Iterable[str] | None
"""What may be named; null is any text."""


def schema_of(task: Task) -> Schema:  # noqa: C901, PLR0911, PLR0912  one arm per task
    """The schema of a task's reply, with every id on offer."""
    match task:
        case Poll():
            return _object(ratings=_rated(p.id for p in task.positions))
        case Weigh():
            return _object(ratings=_rated(c.id for c in task.considerations))
        case Recall():
            facts = _object(**dict.fromkeys(task.facts, _TEXT))
            return _object(ratings=_rated(p.id for p in task.positions), facts=facts)
        case Testify() | Rebut() | Answer() | Explain():
            return _speech(points=task.considerations, refs=[e.id for e in task.exhibits])
        case Ask():
            return _speech(points=task.considerations)
        case Speak():
            return _speech(points=() if task.silent else task.considerations, refs=task.replyable)
        case Facilitate():
            return _speech(refs=task.members if task.calls else ())
        case Draft():
            return _draft(task.citable)
        case Amend():
            return _amend((p.clause.id for p in task.slate), task.considerations)
        case Vote():
            return _object(ballots=_object(**{p.clause.id: _mark(task.considerations) for p in task.slate}))
        case Rank():
            return _object(ranking=_ranked([p.clause.id for p in task.options], task.places))
        case Judge():
            relied = {"clauses": _list(_one_of(p.clause.id for p in task.slate))} if task.slate else {}
            return _object(reason=_TEXT, ranking=_ranked([r.id for r in task.case.responses], task.places), **relied)
        case Divide():
            part = _object(norm=_NORM, text=_TEXT, applies_when=_list(_TEXT), exceptions=_list(_TEXT))
            return _object(why=_TEXT, parts=_list(part))
        case Relate():
            said = _object(why=_TEXT, relation=_one_of(get_args(Relation)))
            return _object(relations=_object(**{c.id: said for c in task.others}))
        case Entail():
            on = {"anyOf": [_one_of(task.positions), _NULL]} if task.positions else _NULL
            stance = {"anyOf": [_one_of(get_args(ClauseStance)), _NULL]} if task.positions else _NULL
            return _object(why=_TEXT, verdict=_one_of(get_args(Support)), position=on, stance=stance)
        case Exemplify():
            case_ = {"anyOf": [_one_of(c.id for c in task.cases), _NULL]} if task.cases else _NULL
            return _object(examples=_list(_object(case=case_, prompt=_TEXT, complies=_TEXT, violates=_TEXT)))
        case Recognise():
            return _object(clause=_one_of(c.id for c in task.clauses), complies=_one_of(["a", "b"]))
        case never:
            assert_never(never)


def form_of(task: Task) -> str:
    """The name of a task's form in the schema for all."""
    spoken = Testify | Rebut | Answer | Ask | Explain | Speak | Facilitate
    return "speech" if isinstance(task, spoken) else task.kind


def schema_for_all(question: Question, facts: Iterable[str], *, weighs: bool = False) -> Schema:
    """The one schema of every reply on a question: `reply` is one of the forms, told apart by `kind`.

    Args:
        question: its positions and considerations are spelled out.
        facts: names of the facts that members are asked to recall about themselves.
        weighs: the one of all weighings instead, which few procedures hold: other calls do not carry their form.
    """
    if weighs:
        return _for_weighings(tuple(sorted(c.id for c in question.considerations)))
    return _for_all(
        tuple(sorted(c.id for c in question.considerations)),
        tuple(sorted(p.id for p in question.positions)),
        tuple(sorted(facts)),
    )


@lru_cache(maxsize=64)
def _for_all(considerations: tuple[str, ...], positions: tuple[str, ...], facts: tuple[str, ...]) -> Schema:
    # a list, so that positions are rated in the order shown and the schema is the same for every order
    ratings = _list(_object(position=_one_of(positions), rating=_RATING))
    forms = {
        "speech": _speech(points=considerations, refs=None),
        "poll": _object(ratings=ratings),
        "draft": _draft(None),
        "amend": _amend(None, considerations),
        "vote": _object(ballots=_list(_mark(considerations, clause=_TEXT))),
        "rank": _object(ranking=_ranking(None)),
        "judge": _object(reason=_TEXT, ranking=_ranking(None), clauses=_list(_TEXT)),
        "recall": _object(ratings=ratings, facts=_object(**dict.fromkeys(facts, _TEXT))),
    }
    return _any_of(forms)


@lru_cache(maxsize=64)
def _for_weighings(considerations: tuple[str, ...]) -> Schema:
    ratings = _list(_object(consideration=_one_of(considerations), rating=_RATING))  # a list, for the reason above
    return _any_of({"weigh": _object(ratings=ratings)})


def _any_of(forms: dict[str, Schema]) -> Schema:
    told = [_object(kind=_one_of([kind]), **form["properties"]) for kind, form in forms.items()]
    return _object(reply={"anyOf": told})


def _object(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _one_of(names: Names) -> Schema:
    return _TEXT if names is None else {"type": "string", "enum": sorted(names)}


def _points(considerations: Iterable[str]) -> Schema:
    return _list(_object(consideration=_one_of(considerations), stance={"type": "integer", "enum": [1, -1]}))


def _speech(*, points: Iterable[str] = (), refs: Names = ()) -> Schema:
    """Words, then the points they make and what they refer to, where any are on offer."""
    made, named = sorted(points), None if refs is None else sorted(refs)
    offered: dict[str, Schema] = {}
    if made:
        offered["points"] = _points(made)
    if named is None or named:
        offered["refs"] = _list(_one_of(named))
    return _object(text=_TEXT, **offered)


def _rated(names: Iterable[str]) -> Schema:
    """Each position or consideration once, in the order shown."""
    return _object(**dict.fromkeys(names, _RATING))


def _ranked(names: Sequence[str], places: int) -> Schema:
    """A place for each, 1 the best; where only the best few are wanted, those in order."""
    if places:
        return _ranking(names)
    place: Schema = {"type": "integer", "enum": list(range(1, len(names) + 1))}
    return _object(**dict.fromkeys(names, place))


def _ranking(names: Names) -> Schema:
    return _list(_list(_one_of(names)))


def _draft(citable: Names) -> Schema:
    source = _object(event=_one_of(citable), quote=_TEXT, stance=_one_of(["for", "against"]))
    drafted = _object(
        norm=_NORM, text=_TEXT, applies_when=_list(_TEXT), exceptions=_list(_TEXT), rationale=_TEXT,
        sources=_list(source),
    )  # fmt: skip
    return _object(clauses=_list(drafted))


def _amend(clauses: Names, considerations: Iterable[str]) -> Schema:
    return _object(
        clause={"anyOf": [_one_of(clauses), {"type": "null"}]}, text=_TEXT, applies_when=_list(_TEXT),
        exceptions=_list(_TEXT), reason=_TEXT, points=_points(considerations),
    )  # fmt: skip


def _mark(considerations: Iterable[str], **clause: Schema) -> Schema:
    return _object(
        **clause, reason=_TEXT, points=_points(considerations), choice=_one_of(["support", "oppose", "abstain"]),
        rating=_RATING,
    )  # fmt: skip
