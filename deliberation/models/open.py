"""The one place that knows every kind of model."""

from __future__ import annotations

from typing import assert_never

from deliberation.models.requests import Answerer
from deliberation.models.synthetic import SyntheticPublic
from deliberation.settings import ModelSettings, Synthetic


def open_answerer(settings: ModelSettings) -> Answerer:
    """The answerer that the settings describe.

    Raises:
        ConfigError: its own settings cannot be right.
    """
    match settings:
        case Synthetic():
            return SyntheticPublic(settings)
        case never:
            assert_never(never)
