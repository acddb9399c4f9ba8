"""Files and folders that appear whole or not at all.

Everything textkit writes goes to a temporary name beside its destination and is renamed when
complete, so that a crash, a full disk or Ctrl-C never leaves half an output or destroys the old one.

A process that is killed (SIGKILL) leaves its temporary file, `.NAME.xxxxxxxx.textkit`. The next one that
writes NAME removes it: a lock, which goes with the process however that ends, tells what is left from what
is being written.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from textkit.errors import TextkitError, reason_of

try:
    import fcntl
except ModuleNotFoundError:  # Windows: nothing is locked there, and nothing left is removed
    fcntl = None  # type: ignore[assignment]

SUFFIX = ".textkit"  # ends the names of what is temporary


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


def followed(path: Path) -> Path:
    """What `path` stands for, through links.

    Raises TextkitError for a link that another user put into a folder open to all, such as /tmp: who writes
    through it would replace a file of the other's choice. Linux refuses those too, to who opens them by name.
    """
    with contextlib.suppress(OSError, AttributeError):  # Windows has no geteuid
        link, folder = path.lstat(), path.parent.stat()
        shared = folder.st_mode & stat.S_ISVTX and folder.st_mode & stat.S_IWOTH
        if stat.S_ISLNK(link.st_mode) and shared and link.st_uid not in (os.geteuid(), folder.st_uid):
            raise TextkitError(f"{path}: is a link that another user put there; name another file")
    try:
        return Path(os.path.realpath(path))
    except OSError as error:  # a relative name, and the current folder is gone
        raise TextkitError(f"{path}: cannot be written: {reason_of(error)}") from error


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
    target = followed(path)
    if target.exists() and not target.is_file():  # /dev/null, a pipe: nothing to keep whole, never replace it
        try:
            yield path
        except BrokenPipeError:
            raise
        except OSError as error:
            raise TextkitError(f"{path}: cannot be written: {reason_of(error)}") from error
        return
    try:
        with _temporary(f".{target.name}.", target.parent) as temporary:
            yield temporary
            if durable:
                _sync(temporary)
            temporary.chmod(output_mode(target))
            temporary.replace(target)
            if durable:
                _sync(target.parent)
    except OSError as error:
        raise TextkitError(f"{path}: cannot be written: {reason_of(error)}") from error


def write_text(path: Path | str, text: str) -> None:
    """Write `text` as UTF-8, atomically."""
    with writing(path) as temporary:
        temporary.write_bytes(text.encode("utf-8"))


def write_json(path: Path | str, document: object) -> None:
    """Write `json_text` of a document, atomically."""
    write_text(path, json_text(document))


def json_text(document: object) -> str:
    r"""JSON to be read by people, characters as they are; half of one, which UTF-8 cannot say, is escaped.

    Names of files that are not UTF-8 hold such halves (lone surrogates).

    >>> print(json_text({"file": "茶\udc80"}), end="")
    {
     "file": "茶\udc80"
    }
    """
    text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    return re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", text)


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
        with _temporary(f".{path.name}.", path.parent, folder=True) as temporary:
            try:
                yield temporary
            except TextkitError as error:  # that a file in it cannot be written: by the name it was to have
                error.args = (str(error).replace(str(temporary), str(path)),)
                raise
            for each in [*temporary.rglob("*"), temporary]:
                _sync(each)
            temporary.chmod(_umask_mode(0o777))
            temporary.replace(path)
            _sync(path.parent)
    except OSError as error:
        raise TextkitError(f"{path}: cannot be written: {reason_of(error)}") from error


@contextlib.contextmanager
def temporary_folder(kind: str, parent: Path | str | None = None) -> Iterator[Path]:
    """A private folder for work of a `kind`, in `parent` or where the system keeps such, removed at the end.

    What processes that were killed left of that kind is removed too. Raises OSError where it cannot be made.

    >>> with temporary_folder("pairs") as folder:
    ...     folder.name.startswith("textkit-pairs.")
    True
    """
    with _temporary(f"textkit-{kind}.", Path(parent or tempfile.gettempdir()), folder=True) as temporary:
        yield temporary


@contextlib.contextmanager
def _temporary(prefix: str, parent: Path, *, folder: bool = False) -> Iterator[Path]:
    """A new file or folder, locked, and removed at the end where it is still there."""
    _remove_left(prefix, parent)
    # Named before it is made: a signal in between would leave what nobody knows.
    temporary, lock = _named(prefix, parent), None
    try:
        while (lock := _made(temporary, folder=folder)) is None:
            temporary = _named(prefix, parent)
        yield temporary
    finally:
        if lock is not None:
            os.close(lock)  # first: where few files may be open, removing needs it
        _remove(temporary)


def _named(prefix: str, parent: Path) -> Path:
    return parent / f"{prefix}{secrets.token_hex(4)}{SUFFIX}"


def _made(path: Path, *, folder: bool) -> int | None:
    """Make it and return the lock on it; None where there is one, or another process took it for left."""
    try:
        if folder:
            path.mkdir(mode=0o700)
            try:
                lock = os.open(path if fcntl else os.devnull, os.O_RDONLY)
            except OSError:  # too many are open: too many to remove it as `_remove` does
                path.rmdir()
                raise
        else:
            lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return None
    if fcntl:
        with contextlib.suppress(OSError):  # of a file system without locks
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not (path.exists() and os.path.samestat(os.fstat(lock), path.stat())):
            os.close(lock)
            return None
    return lock


def _remove_left(prefix: str, parent: Path) -> None:
    """Remove what processes that are no more left: ours, of that prefix, and locked by none."""
    left = re.compile(rf"{re.escape(prefix)}[0-9a-f]{{8}}{re.escape(SUFFIX)}")
    with contextlib.suppress(OSError):  # of a folder that cannot be listed
        for path in [each for each in parent.iterdir() if left.fullmatch(each.name)] if fcntl else []:
            with contextlib.suppress(OSError):
                lock = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    if os.fstat(lock).st_uid == os.geteuid():
                        _remove(path)
                finally:
                    os.close(lock)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Have the disk hold a file, or the names in a folder, so that a power cut does not take it."""
    if path.is_symlink() or (path.is_dir() and not fcntl):  # Windows cannot open a folder
        return
    file = os.open(path, os.O_RDONLY if fcntl else os.O_RDWR)
    try:
        # Some network file systems cannot do that of a folder; they hold names without being asked.
        with contextlib.suppress(OSError) if path.is_dir() else contextlib.nullcontext():
            os.fsync(file)
    finally:
        os.close(file)
