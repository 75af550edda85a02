"""What makes a reply legal: checks that tasks share. Each raises `UnreadableReply` with words fit to send back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from pydantic import ValidationError

from deliberation.errors import UnreadableReply
from deliberation.models.replies import SpeechReply
from deliberation.records.agenda import Exhibit
from deliberation.records.base import Record, normalised
from deliberation.records.events import Point
from deliberation.records.files import first_problem
from deliberation.records.specification import ClauseSource, Meaning, Norm

R = TypeVar("R", bound=Record)

_SAID: Mapping[Norm, re.Pattern[str]] = {
    "must": re.compile(r"\bmust\b(?! not\b| never\b)"),
    "must_not": re.compile(r"\bmust (not|never)\b"),
    "should": re.compile(r"\bshould\b(?! not\b| never\b)"),
    "should_not": re.compile(r"\bshould (not|never)\b"),
    "may": re.compile(r"\bmay\b(?! not\b)"),
}
_TOLD = 300
"""Characters of what was wrong that are sent back: it may hold the whole reply."""
_QUOTED = 3
"""Words that a quote holds at least, unless it is the whole of what was said."""


def parsed(reply: str, form: type[R]) -> R:
    """The reply as a record of this form."""
    try:
        return form.model_validate_json(reply)
    except ValidationError as error:
        problem = first_problem(error)[:_TOLD]
        raise UnreadableReply(reply, f"a JSON object of the form {form.__name__}; {problem}") from error


def exactly(reply: str, what: str, given: Iterable[str], wanted: Iterable[str]) -> None:
    """Each of the wanted names once, and no other."""
    got, want = sorted(given), sorted(wanted)
    if got != want:
        raise UnreadableReply(reply, f"each {what} of {want} once")


def best_of(reply: str, what: str, given: Sequence[str], options: Sequence[str], places: int) -> None:
    """Each of the options once, or where `places` is not 0 exactly so many of them, each once."""
    if not places:
        exactly(reply, what, given, options)
        return
    among(reply, f"{what}s", given, options)
    if len(given) != places or len(set(given)) != places:
        raise UnreadableReply(reply, f"exactly {places} of the {what}s, each once, best first")


def among(reply: str, what: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Only names that were offered."""
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise UnreadableReply(reply, f"only {what} that were offered, not {unknown[0]!r}")


def known_points(reply: str, points: Iterable[Point], known: frozenset[str]) -> None:
    """Only considerations of the argument map."""
    among(reply, "considerations", (p.consideration for p in points), known)


def from_dossier(reply: str, exhibits: Iterable[Exhibit], known: frozenset[str]) -> SpeechReply:
    """Words that cite only exhibits of the dossier."""
    read = parsed(reply, SpeechReply)
    among(reply, "exhibits", read.refs, (e.id for e in exhibits))
    known_points(reply, read.points, known)
    return read


def ranked(ranking: tuple[tuple[str, ...], ...]) -> list[str]:
    """Everything in a ranking, ties undone."""
    return [one for place in ranking for one in place]


def known_meaning(
    reply: str, meaning: Meaning | None, positions: tuple[str, ...], considerations: frozenset[str]
) -> None:
    """A meaning that names only positions and considerations of the question."""
    if meaning is not None:
        among(reply, "positions", (meaning.option,), positions)
        among(reply, "considerations", meaning.conditions, considerations)


def word_for_word(reply: str, source: ClauseSource, citable: Mapping[str, str]) -> None:
    """A source that was said, quoted as it was said, and long enough to be found again."""
    among(reply, "events as sources", (source.event,), citable)
    quote, said = " ".join(source.quote.split()), " ".join(citable[source.event].split())
    if quote not in said:
        raise UnreadableReply(reply, f"a quote that stands word for word in {source.event}")
    if len(quote.split()) < _QUOTED and quote != said:
        raise UnreadableReply(reply, f"a quote of at least {_QUOTED} words from {source.event}, not {quote!r}")


def says_its_scope(reply: str, text: str, norm: Norm, applies_when: Iterable[str], exceptions: Iterable[str]) -> None:
    """A text that alone says what its fields say: it is what people vote on, and what a clause's id is made of."""
    if not _SAID[norm].search(" ".join(text.split()).casefold()):
        raise UnreadableReply(reply, f"a text that itself says {norm.replace('_', ' ')!r}, the norm given")
    whole = f" {normalised(text)} "
    for what, parts in (("applies_when", applies_when), ("exceptions", exceptions)):
        for part in parts:
            if f" {normalised(part)} " not in whole:
                raise UnreadableReply(reply, f"a text that holds its {what} word for word: {part!r}")
