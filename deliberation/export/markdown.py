"""A specification in the Model Spec's Markdown. Model-written words are escaped, and what is written is read back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from string import ascii_lowercase, digits
from typing import NamedTuple

from deliberation.errors import ExportError
from deliberation.export.grammar import escaped, quoted, read, titled
from deliberation.export.state import Conflict, SpecClause
from deliberation.records.agenda import Case, Question
from deliberation.records.base import plain, short_hash

_TITLE = 70


class Example(NamedTuple):
    """A case under a clause: the answers put first and last by `share` of those who judged it by that clause."""

    case: Case
    good: str
    bad: str
    share: float

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it another example."""
        return plain(self.case.prompt), plain(self.good), plain(self.bad)


class Section(NamedTuple):
    """One question with its clauses, the examples under each, and which clauses pull against each other."""

    question: Question
    clauses: Sequence[SpecClause]
    examples: Mapping[str, Sequence[Example]]
    conflicts: Sequence[Conflict] = ()


def specification(sections: Sequence[Section], *, ideas: Iterable[str], simulated: bool) -> str:
    """The text of `spec.md`.

    Raises:
        ExportError: read back, it does not hold exactly the headings and footnotes that it should.
    """
    parts = [_overview(sorted(set(ideas)), simulated=simulated)]
    names = _footnotes(sections)
    wanted: list[tuple[str | None, str | None]] = [("rulings", None)]
    for section in sections:
        active = [c for c in section.clauses if c.standing == "active"]
        wanted += [(section.question.id, None), *((c.id, c.authority) for c in active)]
        parts.append(_question(section.question))
        parts.extend(_clause(c, section.examples.get(c.id, ()), names) for c in active)
        parts.extend(_others(section))
    text = "\n".join(parts).rstrip() + "\n"
    document = read(text)
    found = [(h.id, h.authority) for h in document.headings]
    if found != wanted:
        raise ExportError(f"spec.md would not say what was ruled: {sorted(set(map(str, {*found} ^ {*wanted})))[:1]}")
    if {mark.name for mark in document.footnotes} != set(names.values()) or document.open_fence is not None:
        raise ExportError("spec.md would have footnotes or fences that were not meant")
    return text


_BEGIN = "<!-- rulings: made by deliberate, do not edit below -->\n"
_END = "<!-- rulings: end -->\n"


def made_part(text: str) -> str:
    """The part of a specification that was made from clause files; empty where there is none."""
    return text.partition(_BEGIN)[2].partition(_END)[0]


def placed(before: bytes, spec: str) -> str:
    """The specification within what stands in `spec.md` already: what people wrote there is kept, ours is replaced.

    Raises:
        ExportError: the file is not UTF-8, or what people wrote there has a heading of an id that ours needs.
    """
    try:
        text = before.decode()
    except UnicodeDecodeError as error:
        raise ExportError(f"spec.md: not UTF-8 at byte {error.start}") from error
    head, begin, rest = text.partition(_BEGIN)
    tail = rest.partition(_END)[2]
    if not begin and head and not head.endswith("\n\n"):
        head = head.rstrip("\n") + "\n\n"
    theirs, ours = ({h.id for h in read(part).headings if h.id} for part in (head + tail, spec))
    if theirs & ours:
        raise ExportError(f"spec.md: the heading {{#{min(theirs & ours)}}} stands there already, outside the rulings")
    return f"{head}{_BEGIN}{spec}{_END}{tail}"


def example_files(sections: Iterable[Section]) -> dict[str, str]:
    """`examples/abcd.md` for each footnote of the specification."""
    sections = list(sections)
    names = _footnotes(sections)
    files = {}
    for section in sections:
        for example in _shown(section):
            name = names[example.key]
            head = f"Examples for [^{name}] in Section: {escaped(section.question.title)}\n\n"
            files[f"examples/{name}.md"] = head + _example(example)
    return files


def _shown(section: Section) -> list[Example]:
    return [e for c in section.clauses if c.standing == "active" for e in section.examples.get(c.id, ())]


def _footnotes(sections: Iterable[Section]) -> dict[tuple[str, str, str], str]:
    """A footnote of four characters for each example, drawn from its content; where two meet, one is drawn again."""
    found: dict[tuple[str, str, str], str] = {}
    for key in sorted({e.key for section in sections for e in _shown(section)}):
        taken = set(found.values())
        names = (_four(short_hash("example", *key, number)) for number in count())
        found[key] = next(name for name in names if name not in taken)
    return found


def _four(hexadecimal: str) -> str:
    rest, name = int(hexadecimal, 16), ""
    for _ in range(4):
        rest, place = divmod(rest, 36)
        name += (ascii_lowercase + digits)[place]
    return name


def _overview(ideas: Sequence[str], *, simulated: bool) -> str:
    warning = (
        "Every clause below was set by simulated people. It is not the opinion of any public."
        if simulated
        else "Some clauses below were set by people, others may be simulated; each says which."
    )
    return f"""# Rulings {{#rulings}}

This specification starts from: {"; ".join(escaped(idea) for idea in ideas)}.

It is written from the files in `clauses/`; change those by a ruling, not this page by hand. How each clause was reached
stands in `provenance/`, and what can be trained or tested on it in `encoding/`.

!!! meta "Commentary"
    {warning}
"""


def _question(question: Question) -> str:
    generated = " Its argument map was generated, not researched." if question.origin == "generated" else ""
    source = question.source
    return f"""# {titled(question.title)} {{#{question.id}}}

!!! meta "Commentary"
    The question put to the assemblies: {escaped(question.text)}{generated}
    Source: {escaped(source.process)}, {source.year}.
"""


def _clause(clause: SpecClause, examples: Sequence[Example], names: Mapping[tuple[str, str, str], str]) -> str:
    notes = "".join(f"[^{names[example.key]}]" for example in examples)
    lines = [f"## {_title(clause)} {{#{clause.id} authority={clause.authority}}}", ""]
    text = escaped(clause.text)
    apart = " " if text.endswith("\\") else ""  # else some would read that the footnote is escaped
    lines += [f"{text}{apart}{notes}", ""]
    lines += ['!!! meta "Commentary"', f"    {escaped(clause.rationale)}", f"    {_standing(clause)}"]
    lines += [f"    Against it: {escaped(reason)}" for reason in clause.dissent]
    lines += [f"    It replaces `{old}`." for old in clause.supersedes]
    lines.append("")
    lines += [_example(example) for example in examples]
    return "\n".join(lines)


def _standing(clause: SpecClause) -> str:
    who = "simulated members" if clause.simulated else "people"
    if clause.support is None or clause.interval is None:
        return f"No support figure. Ruling `{clause.ruling}`, `{clause.run}`."
    low, high = clause.interval
    return (
        f"Support {clause.support:.0%} of {who} who decided (interval {low:.0%} to {high:.0%}, "
        f"turnout {clause.turnout:.0%}). "
        f"Ruling `{clause.ruling}`, `{clause.run}`."
    )


def _title(clause: SpecClause) -> str:
    words = plain(clause.text).removeprefix("The assistant ").rstrip(".")
    if len(words) > _TITLE:
        words = words[:_TITLE].rsplit(" ", 1)[0] + " ..."
    return titled(words[:1].upper() + words[1:])


def _example(example: Example) -> str:
    share = f"{example.share:.0%}"
    return f"""**Example**: {escaped(example.case.id.removeprefix("case-").replace("-", " "))}

~~~xml
<user>
{quoted(example.case.prompt)}
</user>
<comparison>
<assistant> <!-- GOOD: put first, and the other last, by {share} of those who judged by this clause -->
{quoted(example.good)}
</assistant>
<assistant> <!-- BAD: put last -->
{quoted(example.bad)}
</assistant>
</comparison>
~~~
"""


def _others(section: Section) -> Iterable[str]:
    clauses, pairs = section.clauses, section.conflicts
    if pairs:
        yield '!!! meta "Commentary"\n    These clauses pull against each other:'
        yield "".join(f"    - [{a}](#{a}) and [{b}](#{b}): {escaped(why)}\n" for a, b, why in pairs)
    for standing, words in (
        ("contested", "Put to the vote and contested; they bind nobody:"),
        ("superseded", "Replaced by later wordings:"),
        ("withdrawn", "Withdrawn:"),
    ):
        found = [c for c in clauses if c.standing == standing]
        if found:
            yield f'!!! meta "Commentary"\n    {words}'
            yield "".join(f"    - `{c.id}` {escaped(c.text)} ({escaped(c.reason)})\n" for c in found)
