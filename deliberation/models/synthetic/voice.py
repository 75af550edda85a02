"""The synthetic public's words: phrases from the configuration, filled with the argument map's own sentences.

Plain English with some variety, and not to be mistaken for human language. Participants' words enter as values of
slots and are never read as templates.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Template

from numpy.random import Generator

from deliberation.errors import ConfigError
from deliberation.records.agenda import Consideration, Exhibit

SLOTS: Mapping[str, frozenset[str]] = {
    "assert": frozenset({"claim", "claim_low", "because", "because_low"}),
    "reject": frozenset({"claim_low", "because_low"}),
    "reply_with": frozenset({"name"}),
    "reply_against": frozenset({"name"}),
    "open": frozenset(),
    "life": frozenset({"care"}),
    "life_age": frozenset({"care", "age"}),
    "cite": frozenset({"title"}),
    "stance": frozenset({"action"}),
    "ask": frozenset({"claim_low"}),
    "answer": frozenset({"facts"}),
    "no_answer": frozenset(),
    "testify": frozenset({"facts"}),
    "inert": frozenset(),
    "rebut": frozenset({"facts"}),
    "nothing_to_add": frozenset(),
    "explain": frozenset({"facts"}),
    "reflect": frozenset({"points"}),
    "wish": frozenset({"care"}),
    "facilitate": frozenset({"name"}),
    "report": frozenset({"points"}),
    "support": frozenset({"claim_low"}),
    "oppose": frozenset({"claim_low"}),
    "abstain": frozenset({"claim_low"}),
    "amend": frozenset({"proviso"}),
    "rationale": frozenset({"claim_low", "objection"}),
    "acknowledge": frozenset(),
    "conduct": frozenset({"conduct"}),
    "closing": frozenset(),
}
"""Every phrase kind and the slots that its phrases may use."""

CARES: Mapping[str, str] = {
    "self_direction": "deciding for oneself",
    "stimulation": "trying new things",
    "hedonism": "enjoying life",
    "achievement": "getting things done well",
    "power": "having a say",
    "security": "being safe",
    "conformity": "not letting people down",
    "tradition": "what we were taught",
    "benevolence": "the people around me",
    "universalism": "being fair to everyone",
}


class Voice:
    """Speaks from a bank of phrases.

    Args:
        bank: phrases by kind, as in `conf/model/synthetic.yaml`.

    Raises:
        ConfigError: a kind is missing, empty or unknown, or a phrase has a slot it may not have.
    """

    def __init__(self, bank: Mapping[str, tuple[str, ...]]) -> None:
        _check(bank)
        self._bank = {kind: tuple(Template(phrase) for phrase in phrases) for kind, phrases in bank.items()}

    def say(self, kind: str, draw: Generator, **slots: str) -> str:
        """One phrase of this kind, filled."""
        phrases = self._bank[kind]
        return phrases[int(draw.integers(len(phrases)))].substitute(slots)

    def every(self, kind: str) -> tuple[str, ...]:
        """All phrases of a kind without slots."""
        return tuple(phrase.template for phrase in self._bank[kind])

    def argue(self, one: Consideration, stance: int, draw: Generator) -> str:
        """A consideration asserted or rejected."""
        return self.say("assert" if stance > 0 else "reject", draw, **sentences(one))


def sentences(one: Consideration) -> dict[str, str]:
    """A consideration's sentences, ready to stand alone or inside another sentence."""
    claim, because = _stop(one.claim), _stop(one.because)
    return {
        "claim": claim,
        "claim_low": _inside(claim),
        "because": because,
        "because_low": _inside(because),
    }


def held(one: Consideration, stance: int) -> str:
    """A consideration asserted or rejected, ready to stand inside another sentence."""
    low = sentences(one)["claim_low"]
    return low if stance > 0 else f"it is not so that {low}"


def facts(exhibits: list[Exhibit]) -> str:
    """Exhibits in the witness's mouth, each with its id."""
    return " ".join(f"{_stop(e.text)} [{e.id}: {e.author}, {e.year}]" for e in exhibits)


def contrary(points: Mapping[str, int], exhibits: list[Exhibit], considerations: tuple[Consideration, ...]) -> str:
    """False claims in a witness's mouth: each point as a sentence, with the exhibits that show the contrary."""
    told = []
    for one in considerations:
        if one.id in points:
            sources = ", ".join(e.id for e in exhibits if one.id in e.bears)
            words = held(one, points[one.id])
            told.append(f"{words[:1].upper()}{words[1:]} [{sources}].")
    return " ".join(told)


def _stop(text: str) -> str:
    flat = " ".join(text.split())
    return flat if flat.endswith((".", "?", "!")) else f"{flat}."


def _inside(sentence: str) -> str:
    """A sentence without its full stop and, unless it begins with a name or `I`, its capital."""
    words = sentence.rstrip(".").split(" ", 1)
    first = words[0]
    if first != "I" and first[:1].isupper() and first[1:].islower():
        first = first.lower()
    elif first == "A":
        first = "a"
    return " ".join((first, *words[1:]))


LEAST = 12
"""Phrases of each kind, at least, in what ships."""


def _check(bank: Mapping[str, tuple[str, ...]]) -> None:
    for kind in sorted(SLOTS.keys() | bank.keys()):
        if kind not in SLOTS:
            raise ConfigError(f"model.voice: unknown kind of phrase {kind!r}")
        if not bank.get(kind):
            raise ConfigError(f"model.voice: no phrases of kind {kind!r}")
        for phrase in bank[kind]:
            used = set(Template(phrase).get_identifiers())
            if not Template(phrase).is_valid() or not used <= SLOTS[kind]:
                raise ConfigError(f"model.voice.{kind}: {phrase!r} may use only {sorted(SLOTS[kind])}")
