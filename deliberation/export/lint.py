"""Check a specification in the Model Spec's conventions: names every defect, mends none.

An example file begins with `Examples for [^abcd]`, its own name, and holds at least one example; an example is a line
`**Example**: title` and one fence, in which whatever a role begins to say also ends.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from deliberation.errors import ExportError
from deliberation.export.grammar import Document, read
from deliberation.records.specification import AUTHORITIES

SPECS = ("spec.md", "model_spec.md")
"""Names under which a repository keeps its specification, the first that is there being read."""
_UNPARSED = "example file that does not parse"
_HALF = re.compile("[\ud800-\udfff]")


class Defect(NamedTuple):
    """One thing that is wrong: where, which rule, and the offending value."""

    file: str
    line: int
    rule: str
    value: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rule}: {self.value}"


def lint(files: Mapping[str, str]) -> list[Defect]:
    """Every defect of a repository, by file and line.

    Args:
        files: text of each Markdown file by its path in the repository; bytes of an example file that are not UTF-8
            are half characters in it (`surrogateescape`).

    Raises:
        ExportError: there is no specification.
    """
    name = next((spec for spec in SPECS if spec in files), None)
    if name is None:
        raise ExportError(f"no specification here ({' or '.join(SPECS)})")
    document = read(files[name])
    found = [
        *([] if document.headings else [Defect(name, 1, "no heading", name)]),
        *_headings(name, document),
        *_links(name, document),
        *_footnotes(name, document, files),
        *_examples(name, document),
        *(defect for path in files if path.startswith("examples/") for defect in _example_file(path, files[path])),
    ]
    return sorted(found)


def _headings(name: str, document: Document) -> Iterator[Defect]:
    times = Counter(h.id for h in document.headings if h.id)
    for heading in document.headings:
        if heading.authority is not None and heading.id is None:
            yield Defect(name, heading.line, "clause without id", heading.title)
        if heading.authority is not None and heading.authority not in AUTHORITIES:
            yield Defect(name, heading.line, "unknown authority", heading.authority)
        if heading.id is not None and times[heading.id] > 1:
            yield Defect(name, heading.line, "id stands twice", heading.id)


def _links(name: str, document: Document) -> Iterator[Defect]:
    known = {h.id for h in document.headings}
    for link in document.links:
        if link.name not in known:
            yield Defect(name, link.line, "link to no heading", link.name)


def _footnotes(name: str, document: Document, files: Mapping[str, str]) -> Iterator[Defect]:
    examples = {path.removeprefix("examples/").removesuffix(".md") for path in files if path.startswith("examples/")}
    for mark in document.footnotes:
        if mark.name not in examples:
            yield Defect(name, mark.line, "footnote without example file", mark.name)
    for unused in sorted(examples - {mark.name for mark in document.footnotes}):
        yield Defect(f"examples/{unused}.md", 1, "example file without footnote", unused)


def _examples(name: str, document: Document) -> Iterator[Defect]:
    if document.open_fence is not None:
        yield Defect(name, document.open_fence, "fence without end", "~~~")
    for mark in document.unpaired:
        yield Defect(name, mark.line, "tag without its other half", mark.name)
    for comparison in document.comparisons:
        if not {"GOOD", "BAD"} & set(comparison.verdicts):
            said = ", ".join(comparison.verdicts) or "<comparison>"
            yield Defect(name, comparison.line, "comparison without a GOOD or a BAD", said)


def _example_file(path: str, text: str) -> Iterator[Defect]:
    document, name = read(text), path.removeprefix("examples/").removesuffix(".md")
    if half := _HALF.search(text):
        yield Defect(path, text.count("\n", 0, half.start()) + 1, _UNPARSED, "not UTF-8")
    head = next(iter(text.splitlines()), "")
    if not head.startswith(f"Examples for [^{name}]"):
        shown = head.encode(errors="replace").decode()[:60]
        yield Defect(path, 1, _UNPARSED, f"no line 'Examples for [^{name}]' but {shown!r}")
    if not document.examples:
        yield Defect(path, 1, _UNPARSED, "no line '**Example**: ...'")
    ends = [*(mark.line for mark in document.examples[1:]), len(text.splitlines()) + 1]
    for mark, end in zip(document.examples, ends, strict=False):
        if not any(mark.line < line < end for line in document.fences):
            yield Defect(path, mark.line, _UNPARSED, f"no fence under example {mark.name!r}")
    yield from (defect._replace(rule=f"{_UNPARSED}: {defect.rule}") for defect in _examples(path, document))
