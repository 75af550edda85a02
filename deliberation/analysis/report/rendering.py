"""A gathered run as one HTML file. Whatever a run holds is words to it: all of it is escaped, none of it is markup.

The policy in the head lets the page run its own script and style, named by their hashes, and nothing else, and lets it
ask nobody for anything.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from deliberation.analysis.report import words
from deliberation.analysis.report.drawing import number
from deliberation.analysis.report.gathering import ASSEMBLIES, Page, gather
from deliberation.analysis.report.opinions import LEVELS
from deliberation.records.files import write_whole
from deliberation.records.folder import RunFolder
from deliberation.settings import Settings

REPORT = "report.html"
_PARTS = Path(__file__).parent / "page"


def render(page: Page) -> str:
    """The page as HTML, UTF-8; the same page gives the same text."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(_PARTS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": lambda share: f"{share:.0%}",
        "number": number,
        "counted": words.counted,
        "spaced": words.spaced,
    }
    script = _read("page.js")
    style = _read("page.css") + (_read("simulated.css") if page.simulated else "")
    return environment.get_template("page.html.j2").render(
        page=page,
        policy=_policy(script, style),
        script=Markup(script),  # noqa: S704  our own files, with nothing of a run in them
        style=Markup(style),  # noqa: S704  the same
        levels=LEVELS,
    )


def write_report(
    folder: RunFolder, settings: Settings, *, to: Path | None = None, assemblies: int = ASSEMBLIES
) -> tuple[Path, Page]:
    """Write a run's page.

    Args:
        folder: the run.
        settings: those it was made with.
        to: the file; by default `report.html` in the run folder, where it belongs to no hash.
        assemblies: how many transcripts it is to hold.

    Returns:
        Where it lies, and what it shows.

    Raises:
        ConfigError: `assemblies` is negative.
        DataError: a file of the run is not what it should be.
        StorageError: the disk would not take it.
    """
    page = gather(folder, settings, assemblies=assemblies)
    path = folder.path / REPORT if to is None else to
    write_whole(path, render(page))
    return path, page


def _read(name: str) -> str:
    return (_PARTS / name).read_text(encoding="utf-8")


def _policy(script: str, style: str) -> str:
    return (
        f"default-src 'none'; script-src '{_sha256(script)}'; style-src '{_sha256(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _sha256(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"sha256-{digest}"
