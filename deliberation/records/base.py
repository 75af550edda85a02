"""What every record shares, and how ids are made. Knows no particular record.

Ids are short hashes of content or addresses, never counters of arrival, and carry a letter prefix so that no
tool takes one for a number. `frozen` does not freeze a dict inside a record: treat such fields as read-only.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

SCHEMA = 1
"""Version of the run folder and of every record in it; readers refuse a later one."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$", max_length=80)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Record(BaseModel):
    """A frozen record that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    def line(self) -> str:
        """The record as one line of JSON, fields in their declared order, without the newline."""
        return self.model_dump_json()


def canonical(value: Any) -> str:
    """A JSON value as text that is the same for equal values: sorted keys, no spaces.

    >>> canonical({"b": 1, "a": [1.0, None]})
    '{"a":[1.0,null],"b":1}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def short_hash(*parts: str | int, size: int = 6) -> str:
    """Hexadecimal digest of the parts in order, `2 * size` characters (blake2b)."""
    text = "\x1f".join(map(str, parts))
    return hashlib.blake2b(text.encode(), digest_size=size).hexdigest()


def new_id(prefix: str, *parts: str | int) -> str:
    """An id from content or address.

    >>> new_id("c", "q-x", "text") == new_id("c", "q-x", "text")
    True
    """
    return f"{prefix}-{short_hash(*parts)}"


_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def plain(text: str) -> str:
    """One paragraph of visible text: NFC, white space folded, control and direction marks removed.

    >>> plain("  one" + chr(10) + "two" + chr(0x202E))
    'one two'
    """
    folded = " ".join(text.split())
    if not folded.isprintable():
        folded = "".join(c for c in folded if c == " " or unicodedata.category(c) not in _INVISIBLE)
    return " ".join(unicodedata.normalize("NFC", folded).split())


_TRIVIAL = re.compile(r"[^\w\s]+")


def normalised(text: str) -> str:
    """What counts as the same wording: case, punctuation and white space aside.

    >>> normalised("It should,  say so.") == normalised("it should say so")
    True
    """
    return " ".join(_TRIVIAL.sub(" ", plain(text).casefold()).split())


def clause_id(question: str, text: str) -> str:
    """A clause's id: a short hash of its question and its normalised text."""
    return new_id("c", question, normalised(text))
