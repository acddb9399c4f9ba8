"""What may lie in a folder that somebody else has made: plain files and folders, and nothing else.

A link in a run folder could lead anywhere: training that goes on there would write through it, and replace
a file of its user's. A named pipe or a device would keep its reader waiting, or feed it without end.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from textkit.errors import CheckpointError


def check_regular(path: Path) -> None:
    """Raise CheckpointError for a pipe, a device or a socket, which to open would wait or never end.

    What is missing, or a folder, is left to the reader to complain of; links are followed.

    >>> check_regular(Path(os.devnull))
    Traceback (most recent call last):
    textkit.errors.CheckpointError: ...: is a device, not a plain file; restore it
    """
    with contextlib.suppress(OSError, ValueError):  # ValueError: a NUL in the name
        kind = _kind(path.stat().st_mode)
        if kind:
            raise CheckpointError(f"{path}: is a {kind}, not a plain file; restore it")


def check_plain(folder: Path) -> None:
    """Raise CheckpointError unless `folder` holds plain files and folders only, at any depth.

    The folder itself may be reached through a link.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / "curve.png").symlink_to("/etc/passwd")
    >>> check_plain(folder)
    Traceback (most recent call last):
    textkit.errors.CheckpointError: .../curve.png: is a link; ...
    """
    for entry in _entries(folder):
        if entry.is_file(follow_symlinks=False):
            continue
        kind = "link" if entry.is_symlink() else _kind(_mode(entry))
        if kind:
            raise CheckpointError(
                f"{entry.path}: is a {kind}; a run holds plain files and folders only: put a copy in its "
                "place, or remove it"
            )


def _entries(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    with (
        contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError),
        os.scandir(folder) as all_,
    ):
        for entry in all_:
            yield entry
            if entry.is_dir(follow_symlinks=False):
                yield from _entries(entry.path)


def _mode(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_mode
    except OSError:  # another process has removed it
        return stat.S_IFREG


def _kind(mode: int) -> str:
    """What is neither a plain file nor a folder is called."""
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return ""
    if stat.S_ISFIFO(mode):
        return "named pipe"
    return "socket" if stat.S_ISSOCK(mode) else "device"
