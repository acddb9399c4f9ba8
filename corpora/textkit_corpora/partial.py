"""A file in the making: the folder beside it that keeps what is done, so that a run can be resumed.

The folder OUT.partial holds `data`, what has been written so far, `journal.json`, how much of that is
whole (see `journal`), and `lock`, which the process at work holds. The journal is saved about once a
second and when the work stops, so after a crash it may lag behind the data, never run ahead of them.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from textkit.atomic import followed, output_mode
from textkit.errors import TextkitError, UsageError, reason_of
from textkit_corpora.compression import pack, split_suffix
from textkit_corpora.journal import Journal
from textkit_corpora.parquet import write_parquet

INTERVAL = 1.0  # seconds between two journals
WORTH_KEEPING = 1.0  # seconds of work; what took less is sooner done again than resumed
OURS = {"data", "journal.json", "journal.new", "lock", "table"}


class PartialFile:
    """The output `path`, written block by block; see `sinks.open_sink`."""

    def __init__(self, path: str, *, start: Journal, resume: bool, head: bytes) -> None:
        self.path = path
        # Through links: what they point at is replaced, and a rename works within one file system only.
        self.target = followed(Path(path))
        self.folder = Path(f"{self.target if Path(path).is_symlink() else path}.partial")
        if resume and not start.inputs:
            raise UsageError("only work on files can be resumed, not on standard input or a pipe")
        with self._failing_clearly():
            self.lock = _take_folder(self.folder)
            try:
                self.journal = self._begin(start, resume=resume, head=head)
            except BaseException:
                os.close(self.lock)
                if not self._file("data").exists():
                    self._remove()
                raise
        self.done = self.journal.blocks
        self.begun = self.saved = time.monotonic()

    def _begin(self, start: Journal, *, resume: bool, head: bytes) -> Journal:
        """Open the data and return the journal from which the work goes on."""
        old = self._unfinished()
        if old is None:
            self.data: BinaryIO = self._file("data").open("wb", buffering=0)
            try:
                self._append(head)
                journal = start.extended(head, blocks=0)
                journal.save(self._file("journal.json"))
            except BaseException:
                self.data.close()
                self._remove()
                raise
            return journal
        if not resume:
            raise TextkitError(
                f"{self.folder}: holds an unfinished run ({old.blocks} blocks, {old.size} bytes); "
                "add --resume to go on, or remove the folder to start over"
            )
        old.check_same(start, where=self.folder)
        with self._file("data").open("rb") as data:
            old.check_data(data, where=self.folder)
        self.data = self._file("data").open("r+b", buffering=0)
        self.data.truncate(old.size)
        self.data.seek(old.size)
        return old

    def _unfinished(self) -> Journal | None:
        """The journal of an earlier run, None when it left nothing to go on from."""
        if not self._file("journal.json").exists() or not self._file("data").exists():
            return None  # it ended as soon as it began, or after its data had got their name
        old = Journal.load(self._file("journal.json"))
        return old if old.inputs else None  # what came from a pipe cannot be resumed

    def write(self, data: bytes) -> None:
        """Add a block. Raises TextkitError when it cannot be written; earlier blocks stay whole."""
        with self._failing_clearly():
            self._append(data)
            self.journal = self.journal.extended(data)  # one assignment: Ctrl-C comes before or after it
            if time.monotonic() - self.saved >= INTERVAL:
                self.journal.save(self._file("journal.json"))
                self.saved = time.monotonic()

    def _append(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self.data.write(view) :]  # a disk nearly full takes a part

    @property
    def hint(self) -> str | None:
        """How to go on if the work stops here; None when nothing would be kept."""
        whole = self.journal.blocks and self._file("data").exists()  # not yet, or no longer, in the making
        if not whole or not self.journal.inputs:
            return None
        if not self.done and time.monotonic() - self.begun < WORTH_KEEPING:
            return None
        return f"the finished part is kept in {self.folder}; add --resume to go on"

    def __enter__(self) -> PartialFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
        except BaseException:
            self._stop()
            raise
        else:
            if kind is not None:
                self._stop()
        finally:
            self.data.close()
            os.close(self.lock)

    def _finish(self) -> None:
        """Give the data their name."""
        kind, suffix = split_suffix(self.path)
        with self._failing_clearly():
            result = self._file("data")
            if kind == ".parquet":
                result = self._file("table")
                write_parquet(self._file("data"), result)
            elif not self.journal.size:
                self._append(pack(b"", suffix))  # gzip calls a file without a member cut short
            self.data.close()
            with result.open("rb+") as file:
                os.fsync(file.fileno())
            result.chmod(output_mode(self.target))
            result.replace(self.target)
            self._remove()

    def _stop(self) -> None:
        """Keep what is done, where that is of use."""
        if self.hint is None:
            self._remove()
            return
        with contextlib.suppress(OSError):  # the last journal is as true, only older
            os.truncate(self._file("data"), self.journal.size)
            self.journal.save(self._file("journal.json"))

    def _remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _file(self, name: str) -> Path:
        return self.folder / name

    @contextlib.contextmanager
    def _failing_clearly(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = " ".join(reason_of(error).split())
            raise TextkitError(f"{self.path}: cannot be written: {reason}") from error


def _take_folder(folder: Path) -> int:
    """Make the folder, or take the one of an earlier run, and return the lock that no other process has.

    The lock goes with the process, however that ends.
    """
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if not _is_ours(folder):
            raise TextkitError(f"{folder}: is not the folder of an unfinished run; move it away") from None
    if sys.platform == "win32":
        return os.open(os.devnull, os.O_RDWR)  # no locks of this kind there
    try:
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except BaseException:  # a signal too
        with contextlib.suppress(OSError):  # of an earlier run's there is more in it
            folder.rmdir()
        raise
    try:
        if _is_held(lock, folder / "lock"):
            raise TextkitError(
                f"{folder}: is being written by another process; wait for it or name another file"
            )
    except BaseException:
        os.close(lock)
        raise
    return lock


def _is_ours(folder: Path) -> bool:
    """Whether the folder is our own, and has none but our files: a link there would lead to another file."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    if sys.platform != "win32" and folder.stat().st_uid != os.getuid():
        return False
    return all(each.name in OURS and stat.S_ISREG(each.lstat().st_mode) for each in folder.iterdir())


def _is_held(lock: int, path: Path) -> bool:
    """Try to take the lock: whether another process has it, or had it until it removed the folder."""
    import fcntl

    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return not os.path.samestat(os.fstat(lock), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return True
    except OSError as error:
        if error.errno in (errno.ENOLCK, errno.EOPNOTSUPP):  # some network file systems have no locks
            return False
        raise
