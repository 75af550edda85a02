"""Check a specification in the Model Spec's conventions: names every defect, mends none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from deliberation.errors import ExportError
from deliberation.export.grammar import Document, read
from deliberation.records.specification import AUTHORITIES

SPECS = ("spec.md", "model_spec.md")
"""Names under which a repository keeps its specification, the first that is there being read."""


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
        files: text of each Markdown file by its path in the repository.

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
    for comparison in document.comparisons:
        if not comparison.verdicts:
            yield Defect(name, comparison.line, "comparison without GOOD, BAD or OK", "<comparison>")
