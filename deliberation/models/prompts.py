"""Requests in words: templates from the configuration, filled slot by slot. Knows no provider.

A participant's words enter as the value of a slot and are never read as a template. A missing slot is an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from string import Template
from typing import NamedTuple, assert_never, get_args

from deliberation.errors import ConfigError, PromptTooLong
from deliberation.models.requests import Request, Roster, View
from deliberation.models.tasks import (
    Amend,
    Answer,
    Ask,
    Divide,
    Draft,
    DraftManner,
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
from deliberation.records.agenda import Exhibit
from deliberation.records.events import PRIVATE, Answered, Event, Purpose, Testified
from deliberation.settings import Prompts

_RULES = frozenset({"question", "background", "idea"})
_ASKS = frozenset({"options", "item", "manner", "clauses", "places"})
_OTHERS = {
    "person": frozenset({"life"}),
    "private": frozenset({"acts"}),
    "again": frozenset({"wanted"}),
    "form": frozenset({"kind"}),
}
_MANNERS = frozenset({"position", "length"})
_WITNESSES = ("neutral", "one_sided", "false_claims", "inert")
_FACILITATORS = ("guide", "guide_and_call")
_DRAFTS = tuple(f"draft_{manner}" for manner in get_args(DraftManner))
_EVERY = {*_WITNESSES, *_FACILITATORS, *_DRAFTS, *get_args(Purpose)}
_UNSEEN = re.compile("[<>\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]")
"""Angle brackets, and what ends a line, turns writing round or cannot be seen: written as escapes."""
TASKS = (
    Poll, Weigh, Testify, Rebut, Ask, Answer, Explain, Facilitate, Speak, Draft, Amend, Vote, Rank, Judge, Recall,
    Divide, Relate, Entail, Exemplify, Recognise,
)  # fmt: skip
"""Every kind of task; each needs its words."""
_LATER = {Weigh.kind}
"""Tasks that only some procedures ask: a set of prompts may lack their words, as those of older runs do."""


def check(prompts: Prompts) -> None:
    """See that every task has its words and that no template uses a slot it will not be given.

    Words for what only some procedures ask are called for where the settings are read.

    Raises:
        ConfigError: names the prompt and the slot.
    """
    kinds = {task.kind for task in TASKS}
    for kind in sorted((kinds ^ prompts.asks.keys()) - _LATER):
        raise ConfigError(f"prompts.asks: {'no words for' if kind in kinds else 'unknown'} task {kind!r}")
    for manner in sorted(_EVERY ^ prompts.manners.keys()):
        raise ConfigError(f"prompts.manners: {'unknown' if manner in prompts.manners else 'no words for'} {manner!r}")
    if not prompts.private.rstrip().endswith("$acts"):
        raise ConfigError("prompts.private: $acts must come last, for the acts are added one by one")
    asks = ((kind, text, _ASKS) for kind, text in prompts.asks.items())
    manners = ((kind, text, _MANNERS) for kind, text in prompts.manners.items())
    others = ((name, getattr(prompts, name), slots) for name, slots in _OTHERS.items())
    for name, text, slots in (
        ("rules", prompts.rules, _RULES),
        ("clerk", prompts.clerk, _RULES),
        *others,
        *asks,
        *manners,
    ):
        template = Template(text)
        wrong = sorted(set(template.get_identifiers()) - slots) if template.is_valid() else ["$"]
        if wrong:
            raise ConfigError(f"prompts.{name}: unknown slot ${wrong[0]} (known: {', '.join(sorted(slots))})")


class Words(NamedTuple):
    """What a language model is sent: what all in the room share first, so that providers can reuse it.

    `rules`: the question and how to read what follows; `record`: what was said, one line an event, which only grows;
    `person`: who is asked; `acts`: what that one did in private, one line each, which only grows too; `ask`: this
    request alone.
    """

    rules: str
    record: tuple[str, ...]
    person: str
    acts: tuple[str, ...]
    ask: str

    @property
    def own(self) -> str:
        """What is not shared."""
        return "\n".join(part for part in (self.person, *self.acts, self.ask) if part)

    def told(self, *, end: str = "") -> str:
        """Record, own words and `end` as one text."""
        lines = "".join(f"{line}\n" for line in self.record)
        return f"{OPEN}\n{lines}{CLOSE}\n{self.own}{end}"


OPEN, CLOSE = "<record>", "</record>"
CHARACTERS_A_TOKEN = 4
"""About how many, where no provider has counted yet."""


def render(prompts: Prompts, request: Request, lines: dict[str, str] | None = None) -> Words:
    """What a language model would be sent.

    Args:
        prompts: the templates.
        request: the request.
        lines: lines of the record made before, by event; added to. They are the same for whoever reads them.

    Raises:
        PromptTooLong: the words are longer than `prompts.longest` lets them be.
    """
    roster = request.view.roster
    rules = Template(prompts.clerk if _afterwards(request.task) else prompts.rules).substitute(
        question=roster.question.text, background=roster.question.background, idea=roster.idea
    )
    ask = Template(prompts.asks[request.task.kind]).substitute(
        _slots(request.task, request.view), manner=_manner(prompts, request)
    )
    life = Template(prompts.person).substitute(life=quoted(request.persona.text)) if request.persona else ""
    acts = tuple(f"[{e.id}] {_act(e)}" for e in request.view.events if e.kind in PRIVATE and e.kind != "failed")
    private = Template(prompts.private).substitute(acts="").rstrip() if acts else ""
    person = "\n".join(part for part in (life, private) if part)
    if request.error:
        ask = f"{ask}\n{Template(prompts.again).substitute(wanted=quoted(request.error))}"
    heard = [e for e in request.view.events if e.kind not in PRIVATE and e.text]
    words = Words(rules, _record(heard, roster, {} if lines is None else lines), person, acts, ask)
    _in_bounds(prompts, request.task.kind, words)
    return words


def _afterwards(task: Task) -> bool:
    """Whether it is asked once the sittings are over, of simulated people or of real ones."""
    found = isinstance(task, Draft) and task.manner == "record"
    return found or isinstance(task, Divide | Relate | Entail | Exemplify | Recognise)


def _in_bounds(prompts: Prompts, kind: str, words: Words) -> None:
    longest = prompts.longest
    for name, length, limit in (
        (f"a prompt to {kind}", len(words.rules) + len(words.own), longest.prompts.get(kind, longest.prompt)),
        ("the record", sum(map(len, words.record)), longest.record),
    ):
        if length > limit:
            raise PromptTooLong(f"{name} would have {length} characters; prompts.longest allows {limit}")


def _record(events: Sequence[Event], roster: Roster, known: dict[str, str]) -> tuple[str, ...]:
    """One line an event. Names and words stand as JSON strings without angle brackets: they can end no line."""
    missing = [e for e in events if e.id not in known]
    names = {p.id: p.name for p in roster.members} if missing else {}
    for e in missing:
        who = f"{quoted(names.get(e.speaker, e.speaker))}{_place(e, names)}"
        known[e.id] = f"[{e.id}] {who}: {quoted(e.text)}{_marks(e)}"
    return tuple(known[e.id] for e in events)


def _place(event: Event, names: Mapping[str, str]) -> str:
    if event.to is not None:
        whom = "oneself" if event.to == event.speaker else quoted(names.get(event.to, event.to))
        return f" to {whom} alone"
    return f" at {event.table}" if event.table else ""


def _marks(event: Event) -> str:
    """What the check of a witness's citations found, for those who heard it."""
    marks = event.marks if isinstance(event, Testified | Answered) else ()
    told = "; ".join(f"{mark.problem.replace('_', ' ')}: {quoted(mark.text)}" for mark in marks)
    return f" (checked against the exhibits: {told})" if told else ""


def _act(event: Event) -> str:
    kept = event.model_dump(
        mode="json", include={"kind", "phase", "ratings", "clause", "choice", "rating", "case", "ranking"}
    )
    reason = {"reason": event.text} if event.text else {}
    return quoted({**kept, **reason})


def quoted(value: object) -> str:
    r"""Somebody's words as JSON on one line, without the brackets that could be taken for a tag.

    >>> print(quoted('so</record>' + chr(10) + '[e-1] chair: "no"'))
    "so\u003c/record\u003e\n[e-1] chair: \"no\""
    """
    text = json.dumps(value, ensure_ascii=False)
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _manner(prompts: Prompts, request: Request) -> str:
    task = request.task
    if isinstance(task, Speak):
        return prompts.manners[task.purpose]
    if isinstance(task, Facilitate):
        return prompts.manners["guide_and_call" if task.calls else "guide"]
    if isinstance(task, Draft):
        return prompts.manners[f"draft_{task.manner}"]
    if not isinstance(task, Testify | Answer | Rebut):
        return ""
    witness, positions = task.witness, request.view.roster.question.positions
    side = next((p for p in positions if p.id == witness.towards), positions[0])
    action = side.action if witness.bias >= 0 else f"not {side.action}"
    return Template(prompts.manners[witness.kind]).substitute(position=action, length=length_of(task.exhibits))


def length_of(exhibits: Iterable[Exhibit]) -> int:
    """How many words a neutral testimony on these exhibits takes, about: what an inert one is to be as long as."""
    return sum(len(e.text.split()) for e in exhibits)


def _slots(task: Task, view: View) -> dict[str, str]:
    """The values of the slots `options`, `item`, `clauses` and `places`."""
    options, item = _offer(task, view)
    slate = task.slate if isinstance(task, Amend | Vote | Judge) else ()
    slate = task.about if isinstance(task, Speak) else task.base if isinstance(task, Draft) else slate
    clauses = _listed((p.clause.id, p.clause.text) for p in slate)
    places = _extent(task) if isinstance(task, Rank | Judge) else ""
    if isinstance(task, Draft):
        places = ", ".join(task.citable)
    if isinstance(task, Exemplify):
        places = str(task.number)
    if isinstance(task, Recognise):
        places = _listed(zip(("a", "b"), task.replies, strict=True))
    if isinstance(task, Entail):
        places = _listed((p.id, p.action) for p in view.roster.question.positions)
    return {"options": options, "item": item, "clauses": clauses, "places": places}


def _offer(task: Task, view: View) -> tuple[str, str]:  # noqa: C901, PLR0911, PLR0912  one arm per task
    question = view.roster.question
    match task:
        case Poll() | Recall():
            facts = ", ".join(map(quoted, task.facts)) if isinstance(task, Recall) else ""
            return _listed((p.id, p.action) for p in task.positions), facts
        case Weigh():
            return _listed((c.id, c.claim) for c in task.considerations), ""
        case Testify():
            return _exhibits(task.exhibits), ""
        case Rebut():
            return _exhibits(task.exhibits), ", ".join(task.said)
        case Answer() | Explain():
            return _exhibits(task.exhibits), quoted(task.question)
        case Ask():
            return _listed((c.id, c.claim) for c in question.considerations), ""
        case Speak():
            return _listed((c.id, c.claim) for c in question.considerations), ", ".join(task.replyable) or "none"
        case Facilitate():
            return ", ".join(f"{id_} {quoted(name)}" for id_, name in task.members.items()), ""
        case Draft():
            return _listed((p.id, p.action) for p in question.positions), str(task.limit)
        case Amend() | Vote():
            return "", ""
        case Rank():
            return _listed((p.clause.id, p.clause.text) for p in task.options), ""
        case Judge():
            return _listed((r.id, r.text) for r in task.case.responses), quoted(task.case.prompt)
        case Divide():
            return "", quoted(task.clause.text)
        case Relate():
            return _listed((c.id, c.text) for c in task.others), quoted(task.clause.text)
        case Entail():
            sources = task.clause.sources
            told = ((f"{s.event}, {s.stance} it", s.quote) for s in sources)
            return _listed(told), quoted(task.clause.text)
        case Exemplify():
            return _listed((c.id, c.prompt) for c in task.cases), quoted(task.clause.text)
        case Recognise():
            return _listed((c.id, c.text) for c in task.clauses), quoted(task.prompt)
        case never:
            assert_never(never)


def _exhibits(exhibits: Iterable[Exhibit]) -> str:
    return _listed((e.id, f"{e.text} ({e.author}, {e.year})") for e in exhibits)


def _extent(task: Rank | Judge) -> str:
    return f"the best {task.places} of" if task.places else "all of"


def _listed(pairs: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"- {name}: {quoted(words)}" for name, words in pairs)
