"""Which consideration a text puts forward, and whether for or against: read from the words alone.

For texts that come without points, such as a language model's or a person's. Nearest consideration by the words that
it shares with the text, rare ones counting more; its stance from words of doubt outside those of the claim itself. It
knows no phrase of the synthetic voice. It is a reading, and can be wrong: an utterance far from every consideration
is read as none.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import NamedTuple

from deliberation.records.agenda import Consideration, Question
from deliberation.records.base import normalised
from deliberation.records.events import Point

_LEAST = 0.2
_CLAIM = 3
_DOUBT = re.compile(
    r"\b(doubt\w*|disagree\w*|deny|reject\w*|unconvinced|unpersuaded|disbelieve|mistaken|untrue|false"
    r"|question whether|far from (sure|clear)|hard to believe|(do|does|did|would|is|are|am|was) not "
    r"(\w+ )?(believe|convinced|persuade\w*|persuaded|see it|so|true|accept|buy|take it|build|agree|think|hold|what)"
    r"|don t (believe|see|think|accept|buy|agree)|cannot (accept|agree|believe|go along)|isn t (so|true))\b"
)


class Reader:
    """Reads texts on one question.

    Args:
        question: whose considerations are looked for.
    """

    def __init__(self, question: Question) -> None:
        self._all = [_Words.of(one) for one in question.considerations]
        found = Counter(word for words in self._all for word in words.every)
        self._rarity = {word: math.log(1 + len(self._all) / times) for word, times in found.items()}

    def points(self, text: str) -> tuple[Point, ...]:
        """The one consideration that a text puts forward, or none."""
        said = normalised(text).split()
        best = max(self._all, key=lambda words: self._likeness(said, words))
        if self._likeness(said, best) < _LEAST:
            return ()
        doubted = _DOUBT.search(" ".join(_without(said, best)))
        return (Point(consideration=best.id, stance=-1 if doubted else 1),)

    def _likeness(self, said: list[str], words: _Words) -> float:
        """Share of a consideration's words, by rarity, that the text holds; its claim counts more than its reason."""
        heard = set(said)
        claim, because = (self._share(part, heard) for part in (words.claim, words.because))
        return (_CLAIM * claim + because) / (_CLAIM + 1)

    def _share(self, part: tuple[str, ...], heard: set[str]) -> float:
        whole = sum(self._rarity[w] for w in set(part))
        return sum(self._rarity[w] for w in set(part) & heard) / whole if whole else 0.0


class _Words(NamedTuple):
    id: str
    claim: tuple[str, ...]
    because: tuple[str, ...]

    @property
    def every(self) -> set[str]:
        return {*self.claim, *self.because}

    @classmethod
    def of(cls, one: Consideration) -> _Words:
        return cls(one.id, tuple(normalised(one.claim).split()), tuple(normalised(one.because).split()))


def _without(said: list[str], words: _Words) -> list[str]:
    """The text without the longest runs that it shares with the consideration's own sentences."""
    left = list(said)
    for part in (words.claim, words.because):
        for size in range(len(part), 2, -1):
            runs = [part[i : i + size] for i in range(len(part) - size + 1)]
            at = next((i for i in range(len(left) - size + 1) if tuple(left[i : i + size]) in runs), None)
            if at is not None:
                left[at : at + size] = ["…"]
                break
    return left
