"""The Model Spec's Markdown conventions: how a specification is read. Writes nothing and judges nothing.

Headings `## Title {#id authority=user}`, links `[text](#id)`, footnotes `[^abcd]` that stand for `examples/abcd.md`,
commentary blocks `!!! meta "Commentary"`, examples in `~~~xml` fences with `<comparison>` of GOOD and BAD answers.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from deliberation.records.base import plain

_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*(?:\{([^}]*)\})?\s*$")
_ID = re.compile(r"#([\w-]+)")
_AUTHORITY = re.compile(r"\bauthority=([\w-]+)")
_LINK = re.compile(r"(?<!\\)\[((?:[^\[\]\\]|\\.)*)\]\(#([\w-]+)\)")
_FOOTNOTE = re.compile(r"(?<!\\)(?!^\[\^[\w-]+\]:)\[\^([\w-]+)\]")
_FENCE = re.compile(r"^\s*(~~~+|```+)")
_ASSISTANT = re.compile(r"<!--\s*(GOOD|BAD|OK)\b")


class Heading(NamedTuple):
    """A heading: its line, depth, title, id and authority where it has them."""

    line: int
    level: int
    title: str
    id: str | None
    authority: str | None


class Mark(NamedTuple):
    """A link's target or a footnote's name, and its line."""

    line: int
    name: str


class Comparison(NamedTuple):
    """A comparison in an example: its line and the verdicts of its answers."""

    line: int
    verdicts: tuple[str, ...]


class Document(NamedTuple):
    """A specification as read."""

    headings: tuple[Heading, ...]
    links: tuple[Mark, ...]
    footnotes: tuple[Mark, ...]
    comparisons: tuple[Comparison, ...]
    open_fence: int | None

    def clauses(self) -> set[tuple[str, str]]:
        """(id, authority) of every heading that carries an authority: the clauses that bind."""
        return {(h.id, h.authority) for h in self.headings if h.id and h.authority}


class _Reader:
    def __init__(self) -> None:
        self.headings: list[Heading] = []
        self.links: list[Mark] = []
        self.footnotes: list[Mark] = []
        self.comparisons: list[Comparison] = []
        self.fence: tuple[int, str] | None = None
        self._comparison: tuple[int, list[str]] | None = None

    def line(self, number: int, text: str) -> None:
        fence = _FENCE.match(text)
        if self.fence is not None:
            if fence and fence[1][0] == self.fence[1][0] and len(fence[1]) >= len(self.fence[1]):
                self.fence = None
            else:
                self._inside(number, text)
        elif fence:
            self.fence = (number, fence[1])
        else:
            self._outside(number, text)

    def _inside(self, number: int, text: str) -> None:
        if "<comparison>" in text:
            self._comparison = (number, [])
        if self._comparison is not None:
            self._comparison[1].extend(_ASSISTANT.findall(text))
        if "</comparison>" in text and self._comparison is not None:
            self.comparisons.append(Comparison(self._comparison[0], tuple(self._comparison[1])))
            self._comparison = None

    def _outside(self, number: int, text: str) -> None:
        heading = _HEADING.match(text)
        if heading:
            attributes = heading[3] or ""
            id_, authority = _ID.search(attributes), _AUTHORITY.search(attributes)
            self.headings.append(
                Heading(
                    number, len(heading[1]), heading[2], id_[1] if id_ else None, authority[1] if authority else None
                )
            )
        self.links.extend(Mark(number, target) for _, target in _LINK.findall(text))
        self.footnotes.extend(Mark(number, name) for name in _FOOTNOTE.findall(text))


def read(text: str) -> Document:
    """Read a specification.

    >>> read("## Say so {#c-1 authority=user}").clauses()
    {('c-1', 'user')}
    """
    reader = _Reader()
    for number, line in enumerate(text.splitlines(), start=1):
        reader.line(number, line)
    return Document(
        tuple(reader.headings),
        tuple(reader.links),
        tuple(reader.footnotes),
        tuple(reader.comparisons),
        reader.fence[0] if reader.fence else None,
    )


_LEADING = re.compile(r"^(\s*)(#|~~~|```|!!!|<|>|\||[-*+] |\d+[.)] )")


def escaped(text: str) -> str:
    r"""Model-written words made harmless outside a fence: they can be no heading, fence, link, footnote, tag or block.

    >>> escaped("# Rule {#x authority=root}")
    '\\# Rule \\{#x authority=root\\}'
    """
    quiet = plain(text).replace("\\", "\\\\")
    for sign in ("[", "]", "{", "}"):
        quiet = quiet.replace(sign, f"\\{sign}")
    quiet = quiet.replace("<", "&lt;")
    return _LEADING.sub(r"\1\\\2", quiet)


def quoted(text: str) -> str:
    """Model-written words made harmless inside an example's fence."""
    quiet = plain(text).replace("&", "&amp;").replace("<", "&lt;")
    return _FENCE.sub(lambda fence: f"\\{fence[1]}", quiet)
