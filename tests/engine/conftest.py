"""What the tests of engines share: works that processes can import, and a look at who is left."""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def works(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module `deadly_works`, under a name by which worker processes find it too."""
    monkeypatch.syspath_prepend(Path(__file__).parent)
    return importlib.import_module("deadly_works")


@pytest.fixture
def children() -> Callable[[], set[int]]:
    """A function: the processes this one started and that live, but multiprocessing's own tracker."""

    def living() -> set[int]:
        found = set()
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                state, parent = status.read_text().rpartition(")")[2].split()[:2]
                command = (status.parent / "cmdline").read_text()
            except OSError:
                continue
            if int(parent) == os.getpid() and state != "Z" and "resource_tracker" not in command:
                found.add(int(status.parent.name))
        return found

    return living


@pytest.fixture
def wait_until() -> Callable[[Callable[[], bool]], None]:
    """A function: wait until something is so, ten seconds at most."""

    def wait(happened: Callable[[], bool]) -> None:
        for _ in range(200):
            if happened():
                return
            time.sleep(0.05)
        pytest.fail("it did not happen within ten seconds")

    return wait
