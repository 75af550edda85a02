"""Whether what a witness says stands in the exhibits it cites. Read from the words and the points; asks nobody.

Three checks, none of which needs a model: a figure or a quotation must stand in an exhibit cited; a point must not be
the contrary of what the exhibits cited bear out; a sentence that shares next to no words with any of them is uncited. A
sentence can say the contrary of an exhibit in its own words and pass the last of them: it is a floor, not a proof.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from deliberation.records.agenda import Consideration, Exhibit
from deliberation.records.base import normalised
from deliberation.records.events import Mark, Point

_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
_QUOTED = re.compile(r'["“]([^"”]{8,})["”]')
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\[\"“])")
_CITED = re.compile(r"\[[^\]]*\]")
_FRAMING = re.compile(r"\b(I|me|my|we|us|our|you|your)\b", re.IGNORECASE)
"""Words between the witness and those who listen, which say how it speaks and not what is so."""
_LEAST_WORDS = 6
"""A shorter sentence claims nothing that an exhibit could hold."""
_LEAST_SHARED = 0.3
_LETTERS = 4
"""Words with fewer letters tie nothing to an exhibit."""
_STEM = 5


def checked(
    text: str,
    points: Iterable[Point],
    refs: Iterable[str],
    *,
    exhibits: Sequence[Exhibit],
    considerations: Iterable[Consideration],
) -> tuple[Mark, ...]:
    """What is wanting in a testimony or an answer.

    Args:
        text: what was said.
        points: the considerations that it claims to bear out or to undercut.
        refs: what it cites; ids that are no exhibits are passed over.
        exhibits: the dossier.
        considerations: the question's, for their words.

    Returns:
        Marks in the order of the text, then those on points. None where nothing was cited and nothing claimed.
    """
    by_id = {e.id: e for e in exhibits}
    cited = [by_id[ref] for ref in refs if ref in by_id]
    claims = {c.id: c for c in considerations}
    known = [e.text + " " + e.title + " " + e.author + " " + str(e.year) + " " + e.date for e in cited]
    allowed = [*known, *(f"{claims[p.consideration].claim}" for p in points if p.consideration in claims)]
    ids = tuple(e.id for e in cited)
    found: list[Mark] = []
    for sentence in sentences(text):
        if _not_held(sentence, known):
            found.append(Mark(problem="not_in_exhibit", text=sentence, exhibits=ids))
        elif not _FRAMING.search(sentence) and not _rests_on(sentence, allowed):
            found.append(Mark(problem="uncited", text=sentence))
    found += [mark for point in points for mark in _contradicted(point, cited, claims)]
    return tuple(found)


def sentences(text: str) -> list[str]:
    """A text's sentences, without the ids in square brackets that cite."""
    return [s for s in (_CITED.sub("", part).strip(" .") for part in _SENTENCE.split(text)) if s]


def _not_held(sentence: str, known: Sequence[str]) -> bool:
    figures = {figure.rstrip(".,") for figure in _FIGURE.findall(sentence)}
    held = {figure.rstrip(".,") for text in known for figure in _FIGURE.findall(text)}
    if figures - held:
        return True
    whole = [normalised(text) for text in known]
    return any(not any(normalised(words) in text for text in whole) for words in _QUOTED.findall(sentence))


def _rests_on(sentence: str, texts: Sequence[str]) -> bool:
    said = _stems(sentence)
    if len(said) < _LEAST_WORDS:
        return True
    return any(len(said & _stems(text)) >= _LEAST_SHARED * len(said) for text in texts)


def _stems(text: str) -> set[str]:
    return {word[:_STEM] for word in normalised(text).split() if len(word) >= _LETTERS}


def _contradicted(point: Point, cited: Sequence[Exhibit], claims: Mapping[str, Consideration]) -> Iterable[Mark]:
    bearing = [(e.id, e.bears[point.consideration]) for e in cited if point.consideration in e.bears]
    if bearing and sum(sign for _, sign in bearing) * point.stance < 0:
        claim = claims[point.consideration].claim
        told = claim if point.stance > 0 else f"It is not so: {claim}"
        yield Mark(problem="contradicted", text=told, exhibits=tuple(id_ for id_, _ in bearing))
