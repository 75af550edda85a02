"""The words on a `deliberate run` command line before Hydra sees them. Composes nothing."""

from __future__ import annotations

import re
from pathlib import Path

from deliberation import assets
from deliberation.errors import ConfigError

TALK = {"-h", "--help", "--hydra-help", "-c", "--cfg", "-i", "--info", "-sc", "--shell-completion", "--version"}
"""Flags that only make Hydra say something."""

MANY = {"-m", "--multirun"}
"""Flags that ask for one job for each combination."""

_FREE_TEXT = ("question.text", "idea")


def prepared(arguments: list[str]) -> list[str]:
    """Free text quoted for Hydra's grammar; a typed question is given its stock."""
    typed = any(a.startswith("question.text=") for a in arguments)
    if typed and any(a.startswith("question=") and a != "question=typed" for a in arguments):
        chosen = next(a for a in arguments if a.startswith("question="))
        raise ConfigError(f"question.text and {chosen} contradict each other: a typed question has its own map")
    many = bool(MANY & set(arguments))
    found = [a if many else _quoted(a) for a in arguments]
    return ["question=typed", *(a for a in found if a != "question=typed")] if typed else found


def _quoted(argument: str) -> str:
    name, equals, value = argument.partition("=")
    if not equals or name not in _FREE_TEXT or value[:1] in {'"', "'"}:
        return argument
    # in Hydra's quotes a backslash means itself unless a quote or the end follows it
    escaped = re.sub(r'(\\*)("|$)', lambda found: found[1] * 2 + ("\\" + found[2] if found[2] else ""), value)
    plain = escaped.replace("${", "\\${")
    return f'{name}="{plain}"'


def flags(arguments: list[str]) -> list[str]:
    """The flags among the words, without their values."""
    return [a.split("=")[0] for a in arguments if a.startswith("-")]


_TAKE_VALUE = {"--config-dir", "-cd", "--config-name", "-cn", "--config-path", "-cp", "--package", "-p"}


def stray(arguments: list[str]) -> str | None:
    """The first word that is neither an override nor a flag nor a flag's value."""
    before = ""
    for argument in arguments:
        if not argument.startswith(("-", "~")) and "=" not in argument and before not in _TAKE_VALUE:
            return argument
        before = argument
    return None


def flags_first(arguments: list[str]) -> list[str]:
    """Flags with their values before overrides: Hydra's own parser takes overrides only in one stretch."""
    flags, others, takes = list[str](), list[str](), False
    for argument in arguments:
        is_flag = argument.startswith("-")
        (flags if is_flag or takes else others).append(argument)
        takes = is_flag and argument in {*_TAKE_VALUE, *_CHOICES}
    return [*flags, *others]


_FLAGS = {*TALK, *MANY, *_TAKE_VALUE, "-r", "--run", "--experimental-rerun", "-n"}
_CHOICES = {"--cfg": ("job", "hydra", "all"), "-c": ("job", "hydra", "all")}


def check_flags(arguments: list[str]) -> None:
    """See that every flag is one that Hydra knows, with a value where it takes one.

    Raises:
        ConfigError: names the flag.
    """
    for place, argument in enumerate(arguments):
        flag, equals, value = argument.partition("=")
        if not flag.startswith("-"):
            continue
        if flag not in _FLAGS and not flag.startswith("--info"):
            raise ConfigError(f"unknown flag {flag!r} (see deliberate run --help)")
        following = value if equals else next(iter(arguments[place + 1 :]), "")
        if flag in _CHOICES and following not in _CHOICES[flag]:
            raise ConfigError(f"{flag} {following}: it takes one of {', '.join(_CHOICES[flag])}")
        if flag in _TAKE_VALUE and not following:
            raise ConfigError(f"{flag} wants a value")


def config_dir(arguments: list[str]) -> str | None:
    """The user's own configuration folder, if one is given.

    Raises:
        ConfigError: there is no such folder, or an option in it has the name of a bundled one, which would be taken.
    """
    given = _given_dir(arguments)
    if given is not None and not Path(given).is_dir():
        raise ConfigError(f"--config-dir {given}: no such folder")
    bundled = assets.folder("conf")
    for own in sorted(Path(given).glob("*/*.yaml")) if given is not None else ():
        other = bundled / own.relative_to(given or "")
        if other.is_file() and other.read_bytes() != own.read_bytes():
            raise ConfigError(f"{own}: a bundled option has that name and would be taken; give yours another")
    return given


def _given_dir(arguments: list[str]) -> str | None:
    for place, argument in enumerate(arguments):
        if argument in {"--config-dir", "-cd"} and place + 1 < len(arguments):
            return arguments[place + 1]
        if argument.startswith("--config-dir="):
            return argument.partition("=")[2]
    return None
