"""Lets the tests of this folder import what stands beside them, and share one server of commands."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = str(Path(__file__).parent)
if HERE not in sys.path:
    sys.path.insert(0, HERE)

from resource_inputs import write_inputs  # noqa: E402
from resource_server import Server  # noqa: E402


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Among several workers (--dist loadgroup) one does them all: servers start and models train once."""
    for item in items:
        if Path(HERE) in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("servers"))


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with small inputs, and, once there is a `server`, a run of each kind. Not to be changed."""
    return write_inputs(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def full_disk(tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    """resource_full_disk.c compiled, None where that cannot be done."""
    library = tmp_path_factory.mktemp("full") / "full_disk.so"
    command = ["cc", "-shared", "-fPIC", "-o", str(library), f"{HERE}/resource_full_disk.c", "-ldl"]
    if sys.platform != "linux" or shutil.which("cc") is None:
        return None
    return None if subprocess.run(command, capture_output=True, check=False).returncode else library


@pytest.fixture(scope="session")
def server(models: Path, full_disk: Path | None) -> Iterator[Server]:
    """Runs `textkit` in processes that need not import torch."""
    if sys.platform == "win32":
        pytest.skip("needs fork")
    preload = {} if full_disk is None else {"LD_PRELOAD": str(full_disk)}
    with Server(models, **preload) as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with small inputs."""
    return write_inputs(tmp_path)
