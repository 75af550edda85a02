"""A specification in the Model Spec's Markdown. Model-written words are escaped, and what is written is read back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from deliberation.errors import ExportError
from deliberation.export.grammar import escaped, quoted, read
from deliberation.export.state import SpecClause, conflicts
from deliberation.records.agenda import Case, Question
from deliberation.records.base import plain, short_hash

_TITLE = 70


class Example(NamedTuple):
    """A case under a clause: the answer ranked first and the one ranked last, with the share that preferred it."""

    case: Case
    good: str
    bad: str
    share: float

    @property
    def name(self) -> str:
        """The four characters of the footnote."""
        return short_hash("example", self.case.id, self.case.prompt, size=2)


class Section(NamedTuple):
    """One question with its clauses, and the examples under each."""

    question: Question
    clauses: Sequence[SpecClause]
    examples: Mapping[str, Sequence[Example]]


def specification(sections: Sequence[Section], *, ideas: Iterable[str], simulated: bool) -> str:
    """The text of `spec.md`.

    Raises:
        ExportError: read back, it does not hold exactly the clauses that it should.
    """
    parts = [_overview(sorted(set(ideas)), simulated=simulated)]
    wanted: set[tuple[str, str]] = set()
    for section in sections:
        active = [c for c in section.clauses if c.standing == "active"]
        wanted |= {(c.id, c.authority) for c in active}
        parts.append(_question(section.question))
        parts.extend(_clause(c, section.examples.get(c.id, ())) for c in active)
        parts.extend(_others(section.clauses))
    text = "\n".join(parts).rstrip() + "\n"
    found = read(text).clauses()
    if found != wanted:
        raise ExportError(f"spec.md would not say what was ruled: {min(found ^ wanted)}")
    return text


def example_files(sections: Iterable[Section]) -> dict[str, str]:
    """`examples/abcd.md` for each footnote of the specification."""
    files = {}
    for section in sections:
        for clause in section.clauses:
            for example in section.examples.get(clause.id, ()) if clause.standing == "active" else ():
                title = escaped(section.question.title)
                head = f"Examples for [^{example.name}] in Section: {title}\n\n"
                files[f"examples/{example.name}.md"] = head + _example(example)
    return files


def _overview(ideas: Sequence[str], *, simulated: bool) -> str:
    warning = (
        "Every clause below was set by simulated people. It is not the opinion of any public."
        if simulated
        else "Some clauses below were set by people, others may be simulated; each says which."
    )
    return f"""# Overview {{#overview}}

This specification starts from: {"; ".join(escaped(idea) for idea in ideas)}.

It is written from the files in `clauses/`; change those by a ruling, not this page by hand. How each clause was reached
stands in `provenance/`, and what can be trained or tested on it in `encoding/`.

!!! meta "Commentary"
    {warning}
"""


def _question(question: Question) -> str:
    generated = " Its argument map was generated, not researched." if question.origin == "generated" else ""
    source = question.source
    return f"""# {escaped(question.title)} {{#{question.id}}}

!!! meta "Commentary"
    The question put to the assemblies: {escaped(question.text)}{generated}
    Source: {escaped(source.process)}, {source.year}.
"""


def _clause(clause: SpecClause, examples: Sequence[Example]) -> str:
    notes = "".join(f"[^{example.name}]" for example in examples)
    lines = [f"## {_title(clause)} {{#{clause.id} authority={clause.authority}}}", ""]
    lines += [f"{escaped(clause.text)}{notes}", ""]
    lines += [f"Not where {escaped(exception)}.\n" for exception in clause.exceptions]
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
    return escaped(words[:1].upper() + words[1:])


def _example(example: Example) -> str:
    share = f"{example.share:.0%}"
    return f"""**Example**: {escaped(example.case.id.removeprefix("case-").replace("-", " "))}

~~~xml
<user>
{quoted(example.case.prompt)}
</user>
<comparison>
<assistant> <!-- GOOD: ranked above the other by {share} of those who judged -->
{quoted(example.good)}
</assistant>
<assistant> <!-- BAD: ranked below the other -->
{quoted(example.bad)}
</assistant>
</comparison>
~~~
"""


def _others(clauses: Sequence[SpecClause]) -> Iterable[str]:
    pairs = conflicts(clauses)
    if pairs:
        yield '!!! meta "Commentary"\n    These clauses pull against each other:'
        yield "".join(f"    - [{a}](#{a}) and [{b}](#{b})\n" for a, b in pairs)
    for standing, words in (
        ("contested", "Put to the vote and contested; they bind nobody:"),
        ("superseded", "Replaced by later wordings:"),
        ("withdrawn", "Withdrawn:"),
    ):
        found = [c for c in clauses if c.standing == standing]
        if found:
            yield f'!!! meta "Commentary"\n    {words}'
            yield "".join(f"    - `{c.id}` {escaped(c.text)} ({escaped(c.reason)})\n" for c in found)
