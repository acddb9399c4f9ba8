"""Where blocks of output go, in order: a file that can be resumed, standard output, a pipe or device."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

from textkit import atomic
from textkit.errors import TextkitError, UsageError
from textkit_corpora.compression import is_standard, split_suffix
from textkit_corpora.journal import begin
from textkit_corpora.partial import PartialFile


class Sink(Protocol):
    """Takes blocks of output. `done` of them were written by an earlier run: leave that many out."""

    done: int

    def write(self, data: bytes) -> None:
        """Add a block: bytes as they are to stand in the output, already packed."""

    @property
    def hint(self) -> str | None:
        """The sentence for the user whose work stops here, None when nothing would be kept."""


class StreamSink:
    """Blocks written straight to an open stream, each at once."""

    done = 0
    hint = None

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream

    def write(self, data: bytes) -> None:
        """Write a block and flush, so that a reader at the other end need not wait for the next."""
        self.stream.write(data)
        self.stream.flush()


@contextlib.contextmanager
def open_sink(
    path: str | None,
    *,
    signature: str,
    resume: bool = False,
    head: bytes = b"",
    inputs: Sequence[str] = (),
) -> Iterator[Sink]:
    r"""A sink for the blocks of the file `path`, or of standard output for None or "-".

    A file takes its name when the block ends well, replacing what had it. Until then its data lie in
    the folder `path`.partial, which stays when work of a second or more stops, so that a later call
    with `resume` goes on after it: same `signature` (a line that says all settings), same `inputs`,
    unchanged. When an input cannot be read again (standard input, a pipe), nothing stays. `head` is
    written before the first block. What goes to a .parquet file are Arrow IPC streams, one a block;
    `head` is the stream of their schema, without rows.

    Raises TextkitError when the file cannot be written, another process writes it, an unfinished run is
    there and `resume` was not asked for, or it cannot be resumed; UsageError for what cannot be asked.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "f.txt")
    >>> with open_sink(str(path), signature="settings") as sink:
    ...     sink.write(b"to be\n")
    >>> path.read_bytes()
    b'to be\n'
    """
    if path is None or is_standard(path):
        if resume:
            raise UsageError("only a file can be resumed, not standard output; name one with --output")
        yield _standard_output(head)
        return
    if Path(path).is_dir():
        raise TextkitError(f"{path}: is a folder; name a file to write")
    kind, suffix = split_suffix(path)
    if kind == ".parquet" and suffix:
        raise UsageError(f"{path}: Parquet packs itself; leave out {suffix}")
    target = atomic.followed(Path(path))
    if target.exists() and not target.is_file():  # /dev/null, a pipe
        if resume or kind == ".parquet":
            what = "resumed" if resume else "Parquet"
            raise UsageError(f"{path}: is a pipe or device, which cannot be {what}; name a file")
        with atomic.writing(path) as place, place.open("wb") as stream:
            sink = StreamSink(stream)
            sink.write(head)
            yield sink
        return
    with PartialFile(path, start=begin(signature, inputs), resume=resume, head=head) as partial:
        yield partial


def _standard_output(head: bytes) -> StreamSink:
    if sys.stdout is None:
        raise TextkitError("standard output: is closed; name a file with --output")
    sys.stdout.flush()
    sink = StreamSink(sys.stdout.buffer)
    sink.write(head)
    return sink
