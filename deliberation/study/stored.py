"""The settings of a run that stands on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from deliberation.agenda.questions import STOCK, generated
from deliberation.errors import RunError
from deliberation.records.files import write_whole
from deliberation.records.folder import RunFolder
from deliberation.settings import Settings, read_settings
from deliberation.settings.reading import read_yaml


def store_settings(settings: Settings, folder: RunFolder) -> None:
    """Write a run's whole configuration, populations and all, so that it can be read from any folder later."""
    plain = settings.model_dump(mode="json")
    write_whole(folder.config, yaml.safe_dump(plain, sort_keys=False, allow_unicode=True))


def stored_plain(path: Path | str) -> dict[str, Any]:
    """The composed configuration of a run, as plain values.

    Raises:
        RunError: the folder holds none.
    """
    folder = RunFolder.existing(path)
    plain = read_yaml(folder.config) if folder.config.is_file() else None
    if not isinstance(plain, dict):
        raise RunError(f"{folder.config}: the run's configuration is missing")
    return plain


def stored_settings(path: Path | str) -> Settings:
    """The settings of a run.

    Raises:
        RunError: the folder holds none.
        ConfigError: they cannot be right.
    """
    return settings_from(stored_plain(path))


def settings_from(plain: dict[str, Any]) -> Settings:
    """Settings from a composed configuration, in which a typed question may still want its map.

    Raises:
        ConfigError: they cannot be right.
    """
    question = plain.get("question")
    if isinstance(question, dict) and question.get("id") == STOCK and isinstance(question.get("text"), str):
        plain = {**plain, "question": generated(question, question["text"])}
    return read_settings(plain)
