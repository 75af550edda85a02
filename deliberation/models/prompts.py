"""Requests in words: templates from the configuration, filled slot by slot. Knows no provider.

A participant's words enter as the value of a slot and are never read as a template. A missing slot is an error.
"""

from __future__ import annotations

from string import Template
from typing import assert_never

from deliberation.errors import ConfigError
from deliberation.models.requests import Request, View
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
from deliberation.settings import Prompts

_RULES = frozenset({"question", "background"})
_ASKS = frozenset({"options", "item", "manner"})
_MANNERS = frozenset({"position"})
_WITNESSES = ("neutral", "one_sided", "false_claims", "inert")
_TALK = ("reasons", "stance_only")
TASKS = (Poll, Testify, Ask, Answer, Facilitate, Speak, Draft, Amend, Vote, Rank, Judge, Recall)
"""Every kind of task; each needs its words."""


def check(prompts: Prompts) -> None:
    """See that every task has its words and that no template uses a slot it will not be given.

    Raises:
        ConfigError: names the prompt and the slot.
    """
    kinds = {task.kind for task in TASKS}
    for kind in sorted(kinds ^ prompts.asks.keys()):
        raise ConfigError(f"prompts.asks: {'no words for' if kind in kinds else 'unknown'} task {kind!r}")
    for manner in sorted({*_WITNESSES, *_TALK} ^ prompts.manners.keys()):
        raise ConfigError(f"prompts.manners: {'unknown' if manner in prompts.manners else 'no words for'} {manner!r}")
    asks = ((kind, text, _ASKS) for kind, text in prompts.asks.items())
    manners = ((kind, text, _MANNERS) for kind, text in prompts.manners.items())
    for name, text, slots in (("rules", prompts.rules, _RULES), *asks, *manners):
        template = Template(text)
        wrong = sorted(set(template.get_identifiers()) - slots) if template.is_valid() else ["$"]
        if wrong:
            raise ConfigError(f"prompts.{name}: unknown slot ${wrong[0]} (known: {', '.join(sorted(slots))})")


def render(prompts: Prompts, request: Request) -> tuple[str, str]:
    """What a language model would be sent.

    Returns:
        What is shared by all (rules, question, record), then what is this request's own (the persona and the task).
    """
    roster = request.view.roster
    rules = Template(prompts.rules).substitute(question=roster.question.text, background=roster.question.background)
    options, item = _slots(request.task, request.view)
    manner = _manner(prompts, request)
    ask = Template(prompts.asks[request.task.kind]).substitute(options=options, item=item, manner=manner)
    who = request.persona.text if request.persona else ""
    again = f"\nYour last reply could not be read. Wanted: {request.error}" if request.error else ""
    return f"{rules}\n<record>\n{_record(request.view)}\n</record>", f"{who}\n{ask}{again}".strip()


def _record(view: View) -> str:
    return "\n".join(f"[{e.id}] {e.speaker}: {e.text}" for e in view.events if e.text)


def _manner(prompts: Prompts, request: Request) -> str:
    if isinstance(request.task, Speak):
        return prompts.manners["stance_only" if request.task.stance_only else "reasons"]
    if not isinstance(request.task, Testify | Answer):
        return ""
    witness, positions = request.task.witness, request.view.roster.question.positions
    side = next((p for p in positions if p.id == witness.towards), positions[0])
    return Template(prompts.manners[witness.kind]).substitute(position=side.action)


def _slots(task: Task, view: View) -> tuple[str, str]:  # noqa: PLR0911  one arm per task
    question = view.roster.question
    reasons = "; ".join(f"{c.id}: {c.claim}" for c in question.considerations)
    positions = "; ".join(f"{p.id}: {p.action}" for p in question.positions)
    match task:
        case Poll() | Recall():
            return positions, ""
        case Testify():
            return "; ".join(f"{e.id}: {e.text}" for e in task.exhibits), ""
        case Answer():
            return "; ".join(f"{e.id}: {e.text}" for e in task.exhibits), task.question
        case Ask() | Speak():
            return reasons, ""
        case Facilitate():
            return ", ".join(task.members), ""
        case Draft():
            return positions, str(task.limit)
        case Amend() | Vote():
            return "; ".join(f"{p.clause.id}: {p.clause.text}" for p in task.slate), ""
        case Rank():
            return "; ".join(f"{p.clause.id}: {p.clause.text}" for p in task.options), ""
        case Judge():
            return "; ".join(f"{r.id}: {r.text}" for r in task.case.responses), task.case.prompt
        case never:
            assert_never(never)
