"""Where the page's run comes from, and how to make it again: ids, hashes, versions, seed, licence."""

from __future__ import annotations

from typing import NamedTuple

from deliberation.records.manifest import Manifest
from deliberation.settings import Settings


class Origins(NamedTuple):
    """All of it. `files`: path in the run folder and its SHA-256; `commands`: what makes the run again."""

    facts: tuple[tuple[str, str], ...]
    software: tuple[tuple[str, str], ...]
    commands: tuple[str, ...]
    files: tuple[tuple[str, str], ...]
    licences: tuple[str, ...]


def origins(manifest: Manifest, settings: Settings, licences: set[str]) -> Origins:
    """Read them from the manifest; without its times and places, which are no part of what the run is."""
    content = manifest.content
    models = ", ".join(dict.fromkeys(content.models.values()))
    return Origins(
        facts=(
            ("Run", content.run),
            ("Study", content.study),
            ("SHA-256 of the configuration", content.config_sha256),
            ("Seed", str(content.seed)),
            ("Who answered", models),
            ("Schema of the records", str(content.schema_version)),
            ("Status", manifest.circumstances.status.replace("_", " ")),
            ("Replies asked for", f"{manifest.circumstances.usage.calls:,}"),
            ("Question", f"{settings.question.id}, {settings.question.origin}"),
        ),
        software=tuple(manifest.circumstances.software.items()),
        commands=()
        if settings.imported
        else (
            "deliberate validate RUN",
            "deliberate run --config-dir RUN/.hydra --config-name config hydra.run.dir=AGAIN",
        ),
        files=tuple(content.files.items()),
        licences=tuple(sorted(licences)),
    )
