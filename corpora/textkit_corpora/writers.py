"""Text out: to a file that appears whole or not at all, packed by its suffix, or to standard output."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from textkit import atomic
from textkit.errors import TextkitError, UsageError
from textkit_corpora.compression import is_standard, packing, split_suffix


@contextlib.contextmanager
def open_output(path: Path | str | None) -> Iterator[TextIO]:
    r"""A writer of UTF-8 text with \n line ends, to a file, or to standard output for None or "-".

    The file takes its name when the block ends well; it is packed when it ends in .gz, .bz2, .xz or
    .zst, and the same text always gives the same bytes.

    Raises TextkitError when the file cannot be written, UsageError for a .parquet file.

    >>> import gzip, tempfile
    >>> path = Path(tempfile.mkdtemp(), "f.txt.gz")
    >>> with open_output(path) as file:
    ...     print("text", file=file)
    >>> gzip.open(path, "rt").read()
    'text\n'
    """
    if is_standard(path):
        with _standard_output() as file:
            yield file
        return
    kind, suffix = split_suffix(str(path))
    if kind == ".parquet":
        raise UsageError(f"{path}: Parquet is read, not written; name a .jsonl file")
    with (
        atomic.writing(str(path)) as temporary,
        temporary.open("wb") as raw,
        packing(raw, suffix) as packed,
        io.TextIOWrapper(packed, "utf-8", errors="backslashreplace", newline="\n") as text,  # of names
    ):
        yield text


@contextlib.contextmanager
def _standard_output() -> Iterator[TextIO]:
    if sys.stdout is None:
        raise TextkitError("standard output: is closed; name a file with --output")
    sys.stdout.flush()
    lively = sys.stdout.isatty()  # a reader at a terminal wants each line as it comes
    text = io.TextIOWrapper(
        sys.stdout.buffer, "utf-8", errors="backslashreplace", newline="\n", line_buffering=lively
    )
    try:
        yield text
        text.flush()
    finally:
        _let_go(text)


def _let_go(text: io.TextIOWrapper) -> None:
    """Part from sys.stdout.buffer without closing it; detaching flushes, which a closed pipe refuses."""
    with contextlib.suppress(OSError, ValueError):
        text.detach()
