"""Where the data that ships with the package is: `conf/`, `personas/` and `answers/`, in a checkout or in a wheel.

Nothing here reads them.
"""

from __future__ import annotations

from pathlib import Path


def folder(name: str) -> Path:
    """The shipped folder of that name.

    In a checkout it stands beside the package, in a wheel inside it.

    Raises:
        FileNotFoundError: the installation is broken; names the folder looked for.
    """
    package = Path(__file__).resolve().parent
    inside = package / name
    found = inside if inside.is_dir() else package.parent / name
    if not found.is_dir():
        raise FileNotFoundError(f"the installation lacks its {name}/ folder (looked for {found})")
    return found
