"""A progress bar on standard error, for people: none where nobody watches, or with --quiet."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from textkit_corpora.blocks import Block
from textkit_corpora.compression import regular_size


@contextlib.contextmanager
def progress(*, total: int | None, quiet: bool, to_stdout: bool = False) -> Iterator[Callable[[int], object]]:
    """A function that counts: call it with how many more bytes of input are done.

    The rate is shown, and when the `total` is known the time left. Nothing is shown when `quiet`, when
    standard error is no terminal, or when the output itself goes to the terminal (`to_stdout`), where
    the bar would run into it.
    """
    watched = sys.stderr is not None and sys.stderr.isatty()
    if quiet or not watched or (to_stdout and sys.stdout.isatty()):
        yield lambda _more: None
        return
    from tqdm import tqdm

    with tqdm(total=total, unit="B", unit_scale=True, leave=False, delay=1, file=sys.stderr) as bar:
        yield bar.update


def total_size(files: Sequence[str]) -> int | None:
    """The bytes of all files together, None when one of them is standard input or a pipe."""
    sizes = [regular_size(file) for file in files]
    return None if None in sizes else sum(size for size in sizes if size is not None)


def strides(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks, `read` being the bytes since the block before, as a progress bar counts."""
    file, read = "", 0
    for block in blocks:
        before = read if block.file == file else 0
        file, read = block.file, block.read
        yield replace(block, read=max(read - before, 0))
