"""Shared by all tests: small studies, one finished run, and a wall against the network."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from handmade import make  # noqa: F401  a fixture, for whoever asks for it by name
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from deliberation.records.folder import RunFolder
from deliberation.settings import Settings
from deliberation.study import run_study

collect_ignore = ["consumers/tiny.py"]  # no test; what it needs is installed only where .ci/run tries it

# machines are noisy: no test is timed, and the examples are the same every time
hypothesis_settings.register_profile(
    "steady", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("steady")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A real call, paid or not, is an error: only loopback and local sockets may be connected to."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    """The planted key of every chat model on loopback."""
    monkeypatch.setenv("PLANTED_KEY", "sk-planted-0123456789")
    return "sk-planted-0123456789"


@pytest.fixture(scope="session")
def small() -> Settings:
    """A study of three assemblies of six."""
    return Settings.bundled(assemblies=3, members=6, truth=40)


@pytest.fixture(scope="session")
def run(small: Settings, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A finished run of `small`; tests read it and leave it as it is."""
    path = tmp_path_factory.mktemp("finished") / "run"
    run_study(small, path)
    return RunFolder(path)


@pytest.fixture
def content() -> Callable[[Path], dict[str, bytes]]:
    """All that must be the same in every copy of a run, as bytes by path."""

    def read(path: Path) -> dict[str, bytes]:
        folder = RunFolder(path)
        found = {name: (path / name).read_bytes() for name in folder.hashes()}
        found["manifest.content"] = folder.manifest().content.model_dump_json(by_alias=True).encode()
        return found

    return read


@pytest.fixture
def shared() -> Path:
    """Real data to check against, where it stands beside the checkout; it is no part of the project."""
    path = Path(__file__).parents[2] / "shared" / "data"
    if not path.is_dir():
        pytest.skip("the folder of real data is not beside this checkout")
    return path
