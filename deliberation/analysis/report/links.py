"""Places inside the page and addresses outside it. Only http and https addresses ever become links."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote, urlsplit

_PLAIN = re.compile(r"[!-~]+")


class Link(NamedTuple):
    """Words that lead somewhere; `href` is null where there is nowhere to go."""

    text: str
    href: str | None


def within(anchor: str) -> str:
    """The address of an element of this page, by its id.

    >>> within("e-a 1")
    '#e-a%201'
    """
    return "#" + quote(anchor, safe="")


def outside(url: str) -> str | None:
    """An address on the web, or null where it is anything else: another scheme, spaces or control characters in it.

    >>> outside("https://example.org/a"), outside("javascript:alert(1)"), outside("https:x"), outside("//example.org")
    ('https://example.org/a', None, None, None)
    """
    if not _PLAIN.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and named and "@" not in parts.netloc else None


def person(assembly: str, member: str) -> str:
    """The id of a member's card in its assembly's transcript."""
    return f"card-{assembly}-{member}"
