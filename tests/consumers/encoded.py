"""The encodings that consumers are tried on, unchanged: of small runs made here, or made before.

Each consumer is tried where it is installed, beside this package:

    pip install datasets mlcroissant inspect-ai
    pytest -rs --noconftest -o addopts= -o filterwarnings=default tests/consumers

or in an environment of its own, without this package, on runs made before (`deliberate run encoding=TARGET
hydra.run.dir=FOLDER/TARGET` for each of `TARGETS`):

    pip install torch trl pytest
    ENCODED=FOLDER pytest -rs --noconftest -o addopts= -o filterwarnings=default tests/consumers/test_trl.py
"""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path

TARGETS = ("standard", "rlhf_hh", "constitutional", "deliberative", "model_spec")


@cache
def encoding(target: str) -> Path:
    """The folder of an encoding as one of the shipped configurations has it."""
    if "ENCODED" in os.environ:
        return Path(os.environ["ENCODED"]) / target / "encoding"
    from deliberation.settings import Settings
    from deliberation.study import run_study

    path = _scratch() / target
    run_study(Settings.bundled(assemblies=3, members=6, truth=0, encoding=target), path)
    return path / "encoding"


@cache
def _scratch() -> Path:
    made = tempfile.TemporaryDirectory(prefix="encoded-")
    _KEPT.append(made)  # it goes when the tests have ended
    return Path(made.name)


_KEPT: list[tempfile.TemporaryDirectory[str]] = []
