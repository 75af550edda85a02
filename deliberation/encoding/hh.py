r"""The format of HH-RLHF: one JSON object a line, `chosen` and `rejected`, each a whole dialogue.

`\n\nHuman: ...\n\nAssistant: ...`, ending in the assistant's turn; the two share every turn but the last. Some
published lines do not: those are reported by line and never stop a reader. Knows no runs and no rulings.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, TextIO

from deliberation.encoding.sources import NotAPair, Pair
from deliberation.errors import DataError
from deliberation.records.encoding import Message

_TURN = re.compile(r"\n\n(Human|Assistant):")
_SPEAKERS: dict[str, Literal["user", "assistant"]] = {"Human": "user", "Assistant": "assistant"}
_NAMES = {role: name for name, role in _SPEAKERS.items()}


def read_pairs(path: Path) -> Iterator[Pair | NotAPair]:
    """Read a file of pairs, `.jsonl` or `.jsonl.gz`.

    Raises:
        DataError: it cannot be read, or is not UTF-8.
    """
    try:
        with _opened(path) as source:
            for number, line in enumerate(source, start=1):
                if line.strip():
                    yield pair_of(number, line)
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 at byte {error.start}") from error
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: {getattr(error, 'strerror', None) or error}") from error


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="\n")
    return path.open(encoding="utf-8", newline="\n")


def pair_of(number: int, line: str) -> Pair | NotAPair:
    r"""One line as a pair.

    >>> asked = "\n\nHuman: hi\n\nAssistant:"
    >>> pair_of(1, json.dumps({"chosen": f"{asked} hello", "rejected": f"{asked} no"})).chosen
    'hello'
    >>> pair_of(2, '{"chosen": "\\n\\nHuman: hi", "rejected": "\\n\\nHuman: hi"}').problem
    'chosen does not end in a turn of the assistant'
    """
    try:
        plain = json.loads(line)
    except (ValueError, RecursionError):
        return NotAPair(number, "not JSON")
    both = []
    for name in ("chosen", "rejected"):
        text = plain.get(name) if isinstance(plain, dict) else None
        if not isinstance(text, str):
            return NotAPair(number, f"{name} is no text")
        if any("\ud800" <= sign <= "\udfff" for sign in text):
            return NotAPair(number, f"{name} holds half a character")
        turns = turns_of(text)
        problem = _problem(turns)
        if problem:
            return NotAPair(number, f"{name} {problem}")
        both.append(turns)
    chosen, rejected = both
    if chosen[:-1] != rejected[:-1]:
        return NotAPair(number, "the two differ before the last turn")
    return Pair(number, tuple(chosen[:-1]), chosen[-1].content, rejected[-1].content)


def turns_of(text: str) -> list[Message]:
    """The turns of a dialogue; none where something stands before the first."""
    head, *rest = _TURN.split(text)
    if head.strip():
        return []
    return [
        Message(role=_SPEAKERS[name], content=said.removeprefix(" "))
        for name, said in zip(rest[::2], rest[1::2], strict=True)
    ]


def _problem(turns: Sequence[Message]) -> str:
    if not turns or turns[0].role != "user":
        return "does not begin with a turn of the human"
    if turns[-1].role != "assistant":
        return "does not end in a turn of the assistant"
    return ""


def told(prompt: Sequence[Message], answer: str) -> str:
    r"""A dialogue in this format; it knows no system prompt, so that is left out.

    >>> told([Message(role="user", content="hi")], "hello")
    '\n\nHuman: hi\n\nAssistant: hello'
    """
    turns = [*prompt, Message(role="assistant", content=answer)]
    return "".join(f"\n\n{_NAMES[turn.role]}: {turn.content}" for turn in turns if turn.role != "system")


def can_tell(texts: Iterable[str]) -> bool:
    """Whether no turn's words could be taken for the start of another turn.

    >>> can_tell(["Human: hi"]), can_tell([chr(10) * 2 + "Human: hi"])
    (True, False)
    """
    return not any(_TURN.search(text) for text in texts)
