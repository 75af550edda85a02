"""Hydra, and nothing else: from overrides to plain settings, and from a composed study to its run folder.

Hydra makes the run folder before it calls us, so a study is composed and checked once beforehand: a rejected
configuration leaves no folder behind.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from itertools import product
from pathlib import Path
from typing import Any

import hydra
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException
from yaml import YAMLError

from deliberation import assets
from deliberation.cli import words
from deliberation.errors import ConfigError, DeliberationError, RunError, StorageError
from deliberation.settings import Chat, Settings
from deliberation.study import settings_from

_CONFIG = "study"
_SWEEP = "multirun.yaml"


def settings_for(overrides: list[str]) -> Settings:
    """Compose and check a study, without making anything.

    Raises:
        ConfigError: an override or a setting cannot be right.
    """
    return _checked(_composed(words.prepared(overrides)))


def studies_for(overrides: list[str]) -> dict[tuple[str, ...], Settings]:
    """Every study that these words ask for, by the settings that a sweep gives it; a single one by no name.

    Raises:
        ConfigError: an override or a setting cannot be right.
    """
    swept = _swept(overrides)
    if swept is None and not words.MANY & set(overrides):
        return {(): settings_for(overrides)}
    prepared = words.prepared(["--multirun", *overrides])
    given = [a for a in prepared if not a.startswith("-") and "=" in a]
    flags = [a for a in prepared if a not in given]
    with _one_line():
        # as Hydra has it, what is given takes the place of what an experiment sweeps
        parsed = OverridesParser.create().parse_overrides([*(swept or ()), *given])
        found = {override.get_key_element(): _values(override) for override in parsed}
    fixed = [words_[0] for words_ in found.values() if len(words_) == 1]
    varied = [words_ for words_ in found.values() if len(words_) > 1]
    return {job: _checked(_composed([*flags, *fixed, *job])) for job in product(*varied)}


def _values(override: Override) -> list[str]:
    """An override as those that it stands for, one for each value that it gives."""
    name = override.get_key_element()
    if not override.is_sweep_override():
        return [f"{name}={override.get_value_element_as_str()}"]
    if not override.is_discrete_sweep():
        raise ConfigError(f"{override.input_line}: a sweep lists its values")
    return [f"{name}={value}" for value in override.sweep_string_iterator()]


def _swept(arguments: list[str]) -> list[str] | None:
    """What the experiment that is chosen sweeps, as overrides; null where it is a single study."""
    chosen = _one_experiment(arguments)
    if not chosen:
        return None
    with _one_line(), _composing():
        sweep = compose(_CONFIG, [*chosen, *_searched(arguments)], return_hydra_config=True).hydra
    if sweep.mode != RunMode.MULTIRUN:
        return None
    return [f"{name}={value}" for name, value in (sweep.sweeper.params or {}).items()]


def _one_experiment(arguments: list[str]) -> list[str]:
    """The words that choose an experiment, unless several are to be swept."""
    return [a for a in arguments if a.startswith(("experiment=", "hydra.mode=")) and "," not in a]


def carry_out(arguments: list[str], task: Callable[[Settings, Path], int]) -> int:
    """Compose as Hydra does, with its own flags, and call `task` with each study and its run folder.

    Returns:
        The highest exit status of the tasks.

    Raises:
        ConfigError: an override or a setting cannot be right; no folder is left behind.
        RunError: the run folder is there already.
        StorageError: the run folder cannot be made.
    """
    words.check_flags(words.flags_first(arguments))
    if not (words.TALK | words.MANY) & set(words.flags(arguments)) and _swept(arguments) is not None:
        arguments = ["--multirun", *arguments]
    prepared = words.flags_first(words.prepared(arguments))
    if words.TALK & set(words.flags(prepared)):
        return _hydra(prepared, task)
    if words.MANY & set(prepared):
        composed = _composed([a for a in prepared if a not in words.MANY], sweeping=True)
        out = _claimed(composed, prepared, key="sweep")
        try:
            return _hydra([*prepared, _named("sweep", out)], task)
        except ConfigError:
            if out.is_dir() and {path.name for path in out.iterdir()} <= {_SWEEP}:  # no job was ever composed
                _forget(out)
            raise
    composed = _composed(prepared)
    _checked(composed)
    return _hydra([*prepared, _named("run", _claimed(composed, prepared, key="run"))], task)


def changed(
    plain: dict[str, Any], overrides: list[str], *, allowed: tuple[str, ...], what: str, own: Path | None = None
) -> dict[str, Any]:  # fmt: skip
    """A stored configuration with overrides put on it, where they touch nothing but what is allowed.

    `own` is the user's own configuration folder, whose options are found too.

    Raises:
        ConfigError: an override names something else, or cannot be read.
    """
    more = [] if own is None else _searched(["--config-dir", str(own)])
    with _one_line():
        config = OmegaConf.create(plain)
        parsed = OverridesParser.create().parse_overrides(overrides)
        for override in sorted(parsed, key=lambda one: "." in one.key_or_group):  # groups first, as Hydra has it
            name = override.key_or_group
            if override.is_sweep_override():
                raise ConfigError(f"{override.input_line}: {what} takes one value, not several")
            if name.split(".")[0] not in allowed:
                raise ConfigError(f"{what} cannot change {name!r}, only {', '.join(allowed)}")
            if "." in name:
                if OmegaConf.select(config, name, default=_NOTHING) is _NOTHING:
                    raise ConfigError(f"unknown setting {name!r}")
                OmegaConf.update(config, name, override.value())
            elif isinstance(config.get(name), DictConfig):
                config[name] = _group(override, more)
            else:
                config[name] = override.value()
        return _container(config)


_NOTHING = object()


def _group(override: Override, more: list[str]) -> DictConfig:
    with _composing():
        whole = compose(_CONFIG, [f"{override.key_or_group}={override.get_value_element_as_str()}", *more])
    found = whole[override.key_or_group]
    assert isinstance(found, DictConfig)  # noqa: S101  a group is a dictionary
    return found


def _hydra(arguments: list[str], task: Callable[[Settings, Path], int]) -> int:
    worst = 0
    problems: list[DeliberationError] = []

    def job(config: DictConfig) -> None:
        nonlocal worst
        out = Path(HydraConfig.get().runtime.output_dir)
        try:
            worst = max(worst, task(_checked(_container(config)), out))
        except DeliberationError as error:  # raised here, Hydra would print two lines of its own
            if isinstance(error, ConfigError):
                _forget(out)
            problems.append(error)

    before = sys.argv, os.environ.get("HYDRA_FULL_ERROR")
    sys.argv = ["deliberate run", *arguments]
    os.environ["HYDRA_FULL_ERROR"] = "1"  # let errors through to us instead of printing a traceback
    try:
        with _one_line():
            hydra.main(version_base="1.3", config_path=str(assets.folder("conf")), config_name=_CONFIG)(job)()
    except OSError as error:
        raise StorageError(f"{error.filename or 'the run folder'}: {error.strerror or error}") from error
    finally:
        sys.argv = before[0]
        if before[1] is None:
            os.environ.pop("HYDRA_FULL_ERROR", None)
        else:
            os.environ["HYDRA_FULL_ERROR"] = before[1]
    if problems:
        raise problems[0]
    return worst


def _forget(out: Path) -> None:
    """Remove the folder that Hydra made for a rejected job, in which nobody has been seated, and what held only it."""
    if (out / "panels.jsonl").exists():
        return
    shutil.rmtree(out, ignore_errors=True)
    for above in out.parents:
        rest = [path.name for path in above.iterdir()] if above.is_dir() else []
        if above == Path.cwd() or (rest and rest != [_SWEEP]):
            return
        with suppress(OSError):
            (above / _SWEEP).unlink(missing_ok=True)
            above.rmdir()


def _composed(arguments: list[str], *, sweeping: bool = False) -> dict[str, Any]:
    """The whole composition as plain values, `hydra` included. Of a sweep, only what hydra itself needs."""
    overrides = [a for a in arguments if not a.startswith("-") and "=" in a]
    if sweeping:
        overrides = [*(a for a in overrides if a.startswith("hydra.")), *_one_experiment(overrides)]
    stray = words.stray(arguments)
    if stray is not None:
        raise ConfigError(f"not an override: {stray!r} (overrides look like name=value)")
    overrides += _searched(arguments)
    with _one_line(), _composing():
        config = compose(_CONFIG, overrides, return_hydra_config=True)
        hydra_ = {"run": config.hydra.run.dir, "sweep": config.hydra.sweep.dir}
        OmegaConf.set_struct(config, False)
        del config["hydra"]
        if sweeping:
            return {"hydra": hydra_}
        return {**_container(config), "hydra": hydra_}


def _searched(arguments: list[str]) -> list[str]:
    """The user's own configuration folder as an override, if one is given."""
    more = words.config_dir(arguments)
    return [] if more is None else [f"hydra.searchpath=['file://{Path(more).resolve()}']"]


@contextmanager
def _composing() -> Iterator[None]:
    with initialize_config_dir(config_dir=str(assets.folder("conf")), version_base="1.3"):
        yield


def _container(config: DictConfig) -> dict[str, Any]:
    plain = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    assert isinstance(plain, dict)  # noqa: S101  a configuration is a dictionary
    return {str(k): v for k, v in plain.items()}


def _checked(plain: dict[str, Any]) -> Settings:
    return settings_from({k: v for k, v in plain.items() if k not in {"hydra", "experiment", "arm"}})


_BEGINNINGS = frozenset({".hydra"})
"""What a run that was killed before its manifest was written may have left."""


def _claimed(composed: dict[str, Any], arguments: list[str], *, key: str) -> Path:
    """Make the output folder, so that no other start can have it."""
    given = any(a.startswith(f"hydra.{key}.dir=") for a in arguments)
    wanted = Path(composed["hydra"][key])
    number = 1
    while True:
        path = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            if given and path.is_dir() and {p.name for p in path.iterdir()} <= _BEGINNINGS:
                break
            if given:
                raise RunError(f"{path}: the folder is there already; choose another hydra.{key}.dir") from None
            number += 1
            continue
        except OSError as error:
            raise StorageError(f"{path}: {error.strerror or error}") from error
        break
    return path


def _named(key: str, path: Path) -> str:
    """The folder as an override for Hydra."""
    escaped = str(path).replace("\\", "\\\\").replace("'", "\\'")
    return f"hydra.{key}.dir='{escaped}'"


@contextmanager
def _one_line() -> Iterator[None]:
    try:
        yield
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigError(_told(error)) from error
    except (YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"a configuration file is not YAML: {' '.join(str(error).split())}") from error


def _known_settings() -> list[str]:
    with _composing():
        plain = OmegaConf.to_container(compose(_CONFIG), resolve=False)
    assert isinstance(plain, dict)  # noqa: S101  a configuration is a dictionary
    inside = [f"{k!s}.{name!s}" for k, v in plain.items() if isinstance(v, dict) for name in v]
    return [*map(str, plain), *inside, *(f"model.{name}" for name in Chat.model_fields)]


def _told(error: Exception) -> str:
    if isinstance(error, MissingMandatoryValue):
        return f"{error.full_key} is missing; give it as '{error.full_key}=...'"
    said = str(error)
    unknown = re.match(r"Could not override '([^']+)'", said)
    if unknown:
        name = unknown.group(1)
        near = [one for one in get_close_matches(name, _known_settings(), n=1) if one != name]
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return f"unknown setting {name!r}{hint}"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    kept = [
        x
        for x in lines
        if not x.startswith(("full_key:", "object_type=", "Set the environment", "Config search path", "provider="))
    ]
    return " ".join(kept).replace("\t", " ") or type(error).__name__
