from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "analysis").glob("[0-9]*.py"))

RUN = """
import sys, jupytext
from nbclient import NotebookClient
notebook = jupytext.read(sys.argv[1], fmt="py:percent")
NotebookClient(notebook, timeout=280, kernel_name="python3", resources={"metadata": {"path": sys.argv[2]}}).execute()
figures = sum("image/png" in out.get("data", {}) for cell in notebook.cells for out in cell.get("outputs", []))
words = sum(len(cell.source.split()) for cell in notebook.cells if cell.cell_type == "markdown")
print("figures", figures, "words", words)
"""
"""Executes a notebook in a kernel of its own, in the folder it lies in, as Jupyter would."""


def test_there_are_six_notebooks_in_order() -> None:
    assert [path.stem[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04", "05", "06"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_on_the_golden_runs_and_tells_a_story(path: Path, tmp_path: Path) -> None:
    # `deliberate` is the one beside this Python, as in an environment that was activated
    path_ = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    own = {"IPYTHONDIR": str(tmp_path), "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"), "PATH": path_}
    surroundings = {**os.environ, **own}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RUN, str(path), str(path.parent)],
        capture_output=True, text=True, check=False, env=surroundings,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    told = done.stdout.split()
    assert int(told[-3]) >= 1
    assert int(told[-1]) >= 250
