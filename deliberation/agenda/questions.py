"""Questions read from files, and the map generated for a question that a user types. Asks no model.

A generated map is a stock of general reasons whose bearings are drawn from the words of the question. It is no
research into the question, and every record of such a study says so by `origin: generated`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from deliberation.errors import DataError
from deliberation.randomness import stream
from deliberation.records.agenda import Question
from deliberation.records.base import normalised, short_hash
from deliberation.records.files import first_problem
from deliberation.settings.reading import read_yaml

STOCK = "q-typed"
"""Id of the stock from which maps are generated; a generated question has another."""

_JITTER = 0.25


def read_question(path: Path) -> Question:
    """A question from its YAML file.

    Raises:
        DataError: names the file and what is wrong with it.
    """
    try:
        return Question.model_validate(read_yaml(path))
    except ValidationError as error:
        raise DataError(f"{path}: {first_problem(error)}") from error


def generated(stock: dict[str, Any], text: str) -> dict[str, Any]:
    """A question as plain values, for a text that a user typed.

    Each bearing and strength of the stock is moved by a draw named after the normalised text, so the same words
    give the same map.

    Args:
        stock: general positions, considerations and a case, as in `conf/question/typed.yaml`.
        text: the question.
    """
    words = normalised(text)
    draw = stream(0, "generated-map", words)
    considerations = []
    for one in stock["considerations"]:
        moved = {
            option: round(min(1.0, max(-1.0, lean + float(draw.normal(0, _JITTER)))), 2)
            for option, lean in one["direction"].items()
        }
        strength = round(float(one["strength"]) * float(draw.lognormal(0, _JITTER)), 2)
        considerations.append({**one, "direction": moved, "strength": min(5.0, max(0.1, strength))})
    cases = [{**case, "prompt": text} for case in stock["cases"]]
    return {
        **stock,
        "id": f"{STOCK}-{short_hash(words)}",
        "text": text,
        "origin": "generated",
        "considerations": considerations,
        "cases": cases,
    }
