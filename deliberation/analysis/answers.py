"""Answer keys: what people really said. For analysis after the fact; nothing that takes part in a run imports this."""

from __future__ import annotations

from pydantic import ValidationError

from deliberation import assets
from deliberation.errors import DataError
from deliberation.records.agenda import AnswerKey
from deliberation.records.files import first_problem
from deliberation.settings.reading import read_yaml


def human_results(question: str | None = None) -> list[AnswerKey]:
    """All answer keys, or those of one question by its id, sorted by question and year.

    Raises:
        DataError: an entry is not one; names it.
    """
    path = assets.folder("answers") / "human_results.yaml"
    found = []
    for number, plain in enumerate(read_yaml(path)):
        try:
            found.append(AnswerKey.model_validate(plain))
        except ValidationError as error:
            raise DataError(f"{path}: entry {number + 1}: {first_problem(error)}") from error
    return [key for key in found if question is None or key.question == question]
