"""The Model Spec's Markdown conventions: how a specification is read. Writes nothing and judges nothing.

Headings `## Title {#id authority=user}`, links `[text](#id)`, footnotes `[^abcd]` that stand for `examples/abcd.md`,
commentary blocks `!!! meta "Commentary"`, examples in `~~~xml` fences with `<comparison>` of GOOD and BAD answers.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from deliberation.records.base import plain

_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*(?:(?<!\\)\{([^{}]*)\})?\s*$")
_ID = re.compile(r"#([\w-]+)")
_AUTHORITY = re.compile(r"\bauthority=([\w-]+)")
_LINK = re.compile(r"(?<!\\)\[((?:[^\[\]\\]|\\.)*)\]\(#([\w-]+)\)")
_FOOTNOTE = re.compile(r"(?<!\\)(?!^\[\^[\w-]+\]:)\[\^([\w-]+)\]")
_FENCE = re.compile(r"^\s*(~~~+|```+)")
_ASSISTANT = re.compile(r"<!--\s*(GOOD|BAD|OK)\b")
_EXAMPLE = re.compile(r"^\*\*Example\*\*:?\s*(.*)")
_ROLES = r"system|developer|user|assistant|tool|comparison"
_OPENS = re.compile(rf"^\s*<({_ROLES})\b[^>]*>")
_CLOSES = re.compile(rf"</({_ROLES})>\s*$")


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
    """A comparison in an example: its line and the verdicts of its answers, GOOD, BAD or OK."""

    line: int
    verdicts: tuple[str, ...]


class Document(NamedTuple):
    """A specification, or a file of examples, as read.

    `examples`: lines that announce one; `fences`: lines where one begins; `unpaired`: what somebody says in an example
    begins or ends there without the other.
    """

    headings: tuple[Heading, ...]
    links: tuple[Mark, ...]
    footnotes: tuple[Mark, ...]
    comparisons: tuple[Comparison, ...]
    examples: tuple[Mark, ...]
    fences: tuple[int, ...]
    unpaired: tuple[Mark, ...]
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
        self.examples: list[Mark] = []
        self.fences: list[int] = []
        self.unpaired: list[Mark] = []
        self.fence: tuple[int, str] | None = None
        self._verdicts: list[str] = []
        self._open: list[Mark] = []

    def line(self, number: int, text: str) -> None:
        fence = _FENCE.match(text)
        if self.fence is not None:
            if fence and fence[1][0] == self.fence[1][0] and len(fence[1]) >= len(self.fence[1]):
                self._close()
            else:
                self._inside(number, text)
        elif fence:
            self.fence = (number, fence[1])
            self.fences.append(number)
        else:
            self._outside(number, text)

    def _close(self) -> None:
        self.unpaired += [Mark(line, f"<{name}>") for line, name in self._open]
        self.fence, self._open = None, []

    def _inside(self, number: int, text: str) -> None:
        opens, closes = _OPENS.match(text), _CLOSES.search(text)
        if opens:
            self._open.append(Mark(number, opens[1]))
            if opens[1] == "comparison":
                self._verdicts = []
        self._verdicts += _ASSISTANT.findall(text)
        if closes and self._open and self._open[-1].name == closes[1]:
            mark = self._open.pop()
            if closes[1] == "comparison":
                self.comparisons.append(Comparison(mark.line, tuple(self._verdicts)))
        elif closes:
            self.unpaired.append(Mark(number, f"</{closes[1]}>"))

    def _outside(self, number: int, text: str) -> None:
        if heading := _HEADING.match(text):
            attributes = heading[3] or ""
            id_, authority = _ID.search(attributes), _AUTHORITY.search(attributes)
            found = (id_[1] if id_ else None, authority[1] if authority else None)
            self.headings.append(Heading(number, len(heading[1]), heading[2], *found))
        if example := _EXAMPLE.match(text):
            self.examples.append(Mark(number, example[1].strip()))
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
        tuple(reader.examples),
        tuple(reader.fences),
        tuple(reader.unpaired),
        reader.fence[0] if reader.fence else None,
    )


_SIGNS = re.compile(r"[\\`*\[\]{}~$|]|(?<=\{)[%#!]|!(?=!)|(?<=!)!")
_LEADING = re.compile(r"^(#|!|>|\||@|:|=|_|--|\+\+|[-+] |\d+[.)] )")
_TEMPLATE = re.compile(r"\{(?=[{%#!])")
_BRACES = str.maketrans("{}", "()")
_MENTION = re.compile(r"@(?=\w)|#(?=\w)|:(?=//)|\bwww(?=\.)|\bGH(?=-)", re.IGNORECASE)


def escaped(text: str) -> str:
    r"""Model-written words made harmless outside a fence: they can be no heading, fence, link, footnote, tag or block.

    Nor an entity that stands for a sign that cannot be seen, a template's, an emphasis that hides what follows, a cell.

    >>> escaped("# Rule {#x authority=root}")
    '\\# Rule \\{\\#x authority=root\\}'
    """
    quiet = _SIGNS.sub(r"\\\g<0>", plain(text)).replace("&", "&amp;").replace("<", "&lt;")
    return _LEADING.sub(r"\\\1", quiet)


def titled(text: str) -> str:
    """As `escaped`, for a heading: braces become round, for not every reader of attributes knows an escaped one.

    >>> titled("Rest {#x authority=root}")
    'Rest (#x authority=root)'
    """
    return escaped(plain(text).translate(_BRACES))


def told(text: str) -> str:
    """As `escaped`, for a page that is posted where names are notified, numbers are linked and issues are closed.

    >>> told("fixes #12, @all")
    'fixes #<!-- -->12, @<!-- -->all'
    """
    return _MENTION.sub(r"\g<0><!-- -->", escaped(text))


def quoted(text: str) -> str:
    """Model-written words made harmless inside an example's fence, to its readers and to templates.

    >>> quoted("</user> {{ env.HOME }}")
    '&lt;/user> &#123;{ env.HOME }}'
    """
    quiet = plain(text).replace("&", "&amp;").replace("<", "&lt;")
    return _FENCE.sub(lambda fence: f"\\{fence[1]}", _TEMPLATE.sub("&#123;", quiet))
