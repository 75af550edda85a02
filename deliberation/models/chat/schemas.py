"""The JSON Schema of each task's reply, with the offered ids spelled out, in the subset that strict modes accept.

Every property is required and no other allowed; what does not apply is left out, and takes the record's default.
Whether a reply is legal is still decided by the task: a server may know no schemas, and a schema cannot say everything.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, assert_never

from deliberation.models.tasks import (
    Amend,
    Answer,
    Ask,
    Draft,
    Facilitate,
    Judge,
    Poll,
    Rank,
    Recall,
    Speak,
    Task,
    Testify,
    Vote,
)

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_RATING: Schema = {"type": "integer", "enum": [1, 2, 3, 4, 5, 6, 7]}
_NORM: Schema = {"type": "string", "enum": ["must", "must_not", "should", "should_not", "may"]}


def schema_of(task: Task) -> Schema:  # noqa: C901, PLR0911  one arm per task
    """The schema of a task's reply."""
    match task:
        case Poll():
            return _object(ratings=_ratings(p.id for p in task.positions))
        case Recall():
            facts = _object(**dict.fromkeys(task.facts, _TEXT))
            return _object(ratings=_ratings(p.id for p in task.positions), facts=facts)
        case Testify() | Answer():
            return _speech(points=task.considerations, refs=[e.id for e in task.exhibits])
        case Ask():
            return _speech(points=task.considerations)
        case Speak():  # `refs` are not spelled out: a schema that changed with every turn would be reused in no cache
            return _speech(points=() if task.stance_only else task.considerations, refs=None)
        case Facilitate():
            return _speech()
        case Draft():
            return _object(clauses=_list(_drafted(task)))
        case Amend():
            clause = {"anyOf": [_one_of(p.clause.id for p in task.slate), {"type": "null"}]}
            return _object(
                clause=clause, text=_TEXT, applies_when=_list(_TEXT), exceptions=_list(_TEXT), reason=_TEXT,
                points=_points(task.considerations),
            )  # fmt: skip
        case Vote():
            mark = _object(
                clause=_one_of(p.clause.id for p in task.slate), reason=_TEXT, points=_points(task.considerations),
                choice=_one_of(["support", "oppose", "abstain"]), rating=_RATING,
            )  # fmt: skip
            return _object(ballots=_list(mark))
        case Rank():
            return _object(ranking=_ranking(p.clause.id for p in task.options))
        case Judge():
            relied = {"clauses": _list(_one_of(p.clause.id for p in task.slate))} if task.slate else {}
            return _object(reason=_TEXT, ranking=_ranking(r.id for r in task.case.responses), **relied)
        case never:
            assert_never(never)


def _object(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _one_of(names: Iterable[str]) -> Schema:
    return {"type": "string", "enum": sorted(names)}


def _points(considerations: Iterable[str]) -> Schema:
    return _list(_object(consideration=_one_of(considerations), stance={"type": "integer", "enum": [1, -1]}))


def _speech(*, points: Iterable[str] = (), refs: Iterable[str] | None = ()) -> Schema:
    """Words, then the points they make and what they refer to, where any are on offer; null offers any word."""
    made, named = sorted(points), None if refs is None else sorted(refs)
    offered: dict[str, Schema] = {}
    if made:
        offered["points"] = _points(made)
    if named is None or named:
        offered["refs"] = _list(_TEXT if named is None else _one_of(named))
    return _object(text=_TEXT, **offered)


def _ratings(positions: Iterable[str]) -> Schema:
    """A list, so that they are rated in the order shown and the schema is the same for every order."""
    return _list(_object(position=_one_of(positions), rating=_RATING))


def _ranking(names: Iterable[str]) -> Schema:
    return _list(_list(_one_of(names)))


def _drafted(task: Draft) -> Schema:
    source = _object(event=_one_of(task.citable), quote=_TEXT, stance=_one_of(["for", "against"]))
    return _object(
        norm=_NORM, text=_TEXT, applies_when=_list(_TEXT), exceptions=_list(_TEXT), rationale=_TEXT,
        sources=_list(source),
    )  # fmt: skip
