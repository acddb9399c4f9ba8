"""One training at a time in a run folder."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from textkit.errors import CheckpointError, reason_of

LOCK = ".lock"


@contextlib.contextmanager
def alone_in(run: Path) -> Iterator[int | None]:
    """Within the block no other process, nor this one again, trains in the folder `run`.

    The kernel frees the lock however the process ends; the empty file `.lock` stays, as removing it would
    let two in. Where there are no such locks (Windows, some network file systems) nothing is locked.
    Raises CheckpointError when another training is at work.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with alone_in(folder):
    ...     [path.name for path in folder.iterdir()]
    ['.lock']
    """
    try:
        import fcntl
    except ModuleNotFoundError:
        yield None
        return
    try:
        file = os.open(run / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        reason = reason_of(error)
        raise CheckpointError(f"{run / LOCK}: cannot be written: {reason}") from error
    try:
        with contextlib.suppress(OSError):  # of a file system without locks
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise CheckpointError(
                    f"{run}: another training is at work in this run; wait for it, or end it"
                ) from error
        yield file
    finally:
        os.close(file)
