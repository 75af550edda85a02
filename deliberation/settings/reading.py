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


def read_option(group: Path, name: str) -> Any:
    """One option of a configuration group, laid over those that it names in its `defaults`, as Hydra does."""
    plain = read_yaml(group / f"{name}.yaml")
    below: dict[str, Any] = {}
    for other in plain.pop("defaults", []):
        if isinstance(other, dict):  # `/group@package: option`, laid at that place
            [(place, chosen)] = other.items()
            there, _, package = place.lstrip("/").partition("@")
            part = read_option(group.parent / there, chosen)
            for step in reversed(package.split(".")):
                part = {step: part}
            below = _over(below, part)
        elif other != "_self_":
            below = _over(below, read_option(group, other))
    return _over(below, plain)


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    both = {
        k: _over(below[k], v) if isinstance(v, dict) and isinstance(below.get(k), dict) else v for k, v in above.items()
    }
    return {**below, **both}
