"""YAML files that settings are made of, and populations read from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from deliberation import assets
from deliberation.errors import ConfigError, DataError
from deliberation.records.files import first_problem
from deliberation.records.people import Population
from deliberation.settings.respondents import read_survey


def read_population(path: Path) -> Population:
    """A population from its YAML file, and from its survey's file if it has one.

    Raises:
        ConfigError: names the file and what is wrong with it.
    """
    plain = read_yaml(path)
    try:
        if isinstance(plain, dict) and isinstance(plain.get("survey"), dict):
            plain = {**plain, "survey": read_survey(plain["survey"], path.parent)}
        return Population.model_validate(plain)
    except ValidationError as error:
        raise ConfigError(f"panel.population: {path}: {first_problem(error)}") from error
    except DataError as error:
        raise ConfigError(f"panel.population: {error}") from error


def population_path(name: str) -> Path:
    """The file of a population: a shipped one by its name, or any YAML file by its path.

    Raises:
        ConfigError: there is none; lists those that ship.
    """
    shipped = assets.folder("personas") / f"{name}.yaml"
    given = Path(name)
    if given.suffix in {".yaml", ".yml"} and given.is_file():
        return given
    if shipped.is_file():
        return shipped
    known = ", ".join(sorted(path.stem for path in assets.folder("personas").glob("*.yaml")))
    raise ConfigError(f"panel.population: no population {name!r} (there are: {known}; or give a .yaml file)")


def read_yaml(path: Path) -> Any:
    """A YAML file as plain values.

    Raises:
        ConfigError: it cannot be read or is not YAML.
    """
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())}") from error
