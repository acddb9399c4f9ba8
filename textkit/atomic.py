"""Files and folders that appear whole or not at all.

Everything textkit writes goes to a temporary name beside its destination and is renamed when
complete, so that a crash, a full disk or Ctrl-C never leaves half an output or destroys the old one.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from textkit.errors import TextkitError


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _umask_mode(bits: int) -> int:
    """`bits` less the process's umask: mkstemp makes private files, outputs should be ordinary ones."""
    mask = os.umask(0)
    os.umask(mask)
    return bits & ~mask


def output_mode(target: Path) -> int:
    """The permissions of an output: those of the file that it replaces, else what the umask leaves."""
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except OSError:
        return _umask_mode(0o666)


@contextlib.contextmanager
def writing(path: Path | str, *, durable: bool = True) -> Iterator[Path]:
    """A temporary path to write to; it replaces `path` when the block ends well, else it is removed.

    What is not `durable`, a cache, may be lost or damaged by a power cut soon after.

    Raises TextkitError when the folder is missing or cannot be written, or the disk is full.

    >>> folder = Path(tempfile.mkdtemp())
    >>> with writing(folder / "a.txt") as temporary:
    ...     _ = temporary.write_text("whole")
    >>> [p.name for p in folder.iterdir()]
    ['a.txt']
    """
    path = Path(path)
    if path.is_dir():
        raise TextkitError(f"{path}: is a folder; name a file to write")
    # Through links: renaming over /dev/stdout would replace the link in /dev, not the file behind it.
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():  # /dev/null, a pipe: nothing to keep whole, never replace it
        try:
            yield path
        except BrokenPipeError:
            raise
        except OSError as error:
            raise TextkitError(f"{path}: cannot be written: {_reason(error)}") from error
        return
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        os.close(handle)
    except OSError as error:
        raise TextkitError(f"{path}: cannot be written: {_reason(error)}") from error
    temporary = Path(name)
    try:
        yield temporary
        if durable:
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
        temporary.chmod(output_mode(target))
        temporary.replace(target)
    except OSError as error:
        raise TextkitError(f"{path}: cannot be written: {_reason(error)}") from error
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path | str, text: str) -> None:
    """Write `text` as UTF-8, atomically."""
    with writing(path) as temporary:
        temporary.write_bytes(text.encode("utf-8"))


def write_bytes(path: Path | str, data: bytes, *, durable: bool = True) -> None:
    """Write `data`, atomically."""
    with writing(path, durable=durable) as temporary:
        temporary.write_bytes(data)


@contextlib.contextmanager
def writing_folder(path: Path | str) -> Iterator[Path]:
    """A temporary folder that becomes `path` when the block ends well.

    Raises TextkitError when `path` exists already and is not an empty folder, or cannot be made.
    """
    path = Path(path)
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise TextkitError(f"{path}: already exists; remove it or choose another name")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as error:
        raise TextkitError(f"{path}: cannot be written: {_reason(error)}") from error
    try:
        yield temporary
        temporary.chmod(_umask_mode(0o777))
        temporary.replace(path)
    except OSError as error:
        raise TextkitError(f"{path}: cannot be written: {_reason(error)}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
