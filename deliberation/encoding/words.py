"""Clauses as words in rows: excerpts of the specification, rubrics, whole documents. Pure; decides nothing.

Model-written words are made harmless by whoever calls, so that an excerpt holds no heading but its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from deliberation.encoding.sources import Quiet, Ruled
from deliberation.records.base import plain
from deliberation.records.encoding import WorkedExample
from deliberation.records.specification import Clause, Ruling

_TITLE = 70


def title(clause: Clause) -> str:
    """A clause's first words."""
    words = plain(clause.text).removeprefix("The assistant ").rstrip(".")
    if len(words) > _TITLE:
        words = words[:_TITLE].rsplit(" ", 1)[0] + " ..."
    return words[:1].upper() + words[1:]


def excerpt(clauses: Iterable[Clause], ruled: Ruled) -> str:
    """What the specification says of these clauses, in the Model Spec's grammar."""
    return "\n".join(_section(clause, ruled.rulings[clause.id], ruled.quiet) for clause in clauses)


def _section(clause: Clause, ruling: Ruling, quiet: Quiet) -> str:
    outside = quiet.outside
    return f"""## {outside(title(clause))} {{#{clause.id} authority={clause.authority}}}

{outside(clause.text)}

!!! meta "Commentary"
    {outside(clause.rationale)}
    {standing(ruling)}
"""


def standing(ruling: Ruling) -> str:
    """How a clause was ruled on, in a sentence."""
    support = "no support figure" if ruling.support is None else f"the support of {ruling.support:.0%}"
    binds = "" if ruling.status == "adopted" else " It binds nobody."
    return f"{ruling.status.capitalize()}, with {support}.{binds}"


def rubric(clauses: Sequence[Clause]) -> str:
    """What a reply is judged by; how many were for a clause is no matter of a judge."""
    told = [f"{plain(c.text)} Why: {plain(c.rationale)}" for c in clauses]
    if len(told) == 1:
        return f"The reply complies with this clause of the specification: {told[0]}"
    listed = "\n".join(f"{number}. {one}" for number, one in enumerate(told, start=1))
    return f"The reply complies with each of these clauses of the specification, as far as they bear on it:\n{listed}"


def comparison(clauses: Sequence[Clause]) -> str:
    """What a choice between two replies is made by."""
    if len(clauses) == 1:
        return f"Please choose the response that follows this principle better: {plain(clauses[0].text)}"
    listed = " ".join(f"({number}) {plain(c.text)}" for number, c in enumerate(clauses, start=1))
    return f"Please choose the response that follows these principles better, taken together: {listed}"


def critique(clause: Clause) -> str:
    """What asks for the faults of a reply."""
    return (
        "Identify the specific ways in which the assistant's last response does not follow this principle: "
        f"{plain(clause.text)}"
    )


def revision(clause: Clause) -> str:
    """What asks for a better reply."""
    return f"Please rewrite the assistant's response so that it follows this principle: {plain(clause.text)}"


def document(clause: Clause, ruled: Ruled, examples: Iterable[WorkedExample]) -> str:
    """A clause with its reasons, its scope, what was said against it, and its examples."""
    outside, ruling = ruled.quiet.outside, ruled.rulings[clause.id]
    parts = [_section(clause, ruling, ruled.quiet)]
    scope = [f"- It holds provided that {outside(one)}." for one in clause.applies_when]
    scope += [f"- It does not hold where {outside(one)}." for one in clause.exceptions]
    parts += ["**Guidance**:\n\n" + "\n".join(scope) + "\n"] if scope else []
    against = [f"- {outside(one.reason)} ({one.share:.0%})" for one in ruling.dissent]
    parts += ["**Against it**:\n\n" + "\n".join(against) + "\n"] if against else []
    parts += [_example(one, ruled.quiet) for one in examples]
    return "\n".join(parts)


def _example(example: WorkedExample, quiet: Quiet) -> str:
    return f"""**Example**: {quiet.outside(example.id)}

~~~xml
<user>
{quiet.inside(example.prompt)}
</user>
<comparison>
<assistant> <!-- GOOD: complies -->
{quiet.inside(example.complies)}
</assistant>
<assistant> <!-- BAD: violates -->
{quiet.inside(example.violates)}
</assistant>
</comparison>
~~~
"""
