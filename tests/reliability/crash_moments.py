"""The steps by which a process changes files, counted, and its end at one of them."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

CHANGES = {
    "os.chmod",
    "os.link",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.truncate",
}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
STEPS = "steps"  # the file in which they are listed, a line each


def watch(place: Path, *, at: int | None, number: int) -> None:
    """List each change to files below `place` in STEPS; send this process `number` just before the `at`-th.

    What is written to an open file is no step of its own: the next step finds it all there, or, when a
    buffer was not flushed, not.
    """
    log = os.open(place / STEPS, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    owner, count, homes = os.getpid(), 0, (f"{place}/work", f"{place}/tmp")

    def step(event: str, path: str) -> None:
        nonlocal count
        if os.getpid() != owner or not path.startswith(homes):
            return
        os.write(log, f"{event} {os.path.relpath(path, place)}\n".encode())
        count += 1
        if count - 1 == at:
            os.kill(owner, number)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if isinstance(path, str) and isinstance(flags, int) and flags & WRITES:
                step(event, str(Path(path).absolute()))
        elif event in CHANGES:
            path = os.fsdecode(arguments[0]) if not isinstance(arguments[0], int) else _path(arguments[0])
            folder = arguments[-1] if isinstance(arguments[-1], int) and event != "os.truncate" else -1
            step(event, str((Path(_path(folder)) if folder >= 0 else Path()).absolute() / path))

    sync = os.fsync

    def fsync(file: Any) -> None:
        step("os.fsync", _path(file if isinstance(file, int) else file.fileno()))
        sync(file)

    os.fsync = fsync
    sys.addaudithook(hook)


def _path(file: int) -> str:
    try:
        return str(Path(f"/proc/self/fd/{file}").readlink())
    except OSError:
        return ""


def kinds(steps: list[str]) -> dict[str, list[int]]:
    """Where steps of the same kind stand: those that differ in digits and made-up letters only.

    >>> kinds(["open work/.a.x1b2c3d4.textkit", "open work/best-000001.pt", "open work/best-000002.pt"])
    {'open work/.a.~': [0], 'open work/best-#.pt': [1, 2]}
    """
    found: dict[str, list[int]] = {}
    for index, line in enumerate(steps):
        name = re.sub(r"\.[a-z0-9_]{8}(\.textkit)?(?=/|$)", ".~", line)
        name = re.sub(r"-[a-z0-9_]{8}(?=/|$)", "-~", name)
        found.setdefault(re.sub(r"\d+", "#", name), []).append(index)
    return found
