"""The one place that knows every kind of model."""

from __future__ import annotations

from typing import assert_never

from deliberation.models.requests import Answerer, Identity
from deliberation.models.synthetic import SyntheticPublic
from deliberation.settings import Chat, Settings, Synthetic


def open_answerer(settings: Settings) -> Answerer:
    """The answerer that the settings describe.

    Raises:
        ConfigError: its own settings cannot be right, or a key is missing.
    """
    match settings.model:
        case Synthetic():
            return SyntheticPublic(settings.model)
        case Chat():
            from deliberation.models.chat.providers import open_chat

            return open_chat(settings.model, settings.prompts)
        case never:
            assert_never(never)


def identity_of(settings: Settings) -> Identity:
    """Who would answer; needs no key."""
    match settings.model:
        case Synthetic():
            return SyntheticPublic(settings.model).identity
        case Chat():
            from deliberation.models.chat.answerer import identity_of as of_chat

            return of_chat(settings.model, settings.prompts)
        case never:
            assert_never(never)
