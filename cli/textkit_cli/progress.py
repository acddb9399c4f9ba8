"""A progress bar on standard error, for people: none where nobody watches, or with --quiet."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def progress(*, unit: str, quiet: bool, to_stdout: bool = False) -> Iterator[Callable[[int], object]]:
    """A function that counts: call it with how many more units are done.

    Nothing is shown when `quiet`, when standard error is no terminal, or when the output itself goes
    to the terminal (`to_stdout`), where the bar would run into it.
    """
    watched = sys.stderr is not None and sys.stderr.isatty()
    if quiet or not watched or (to_stdout and sys.stdout.isatty()):
        yield lambda _more: None
        return
    from tqdm import tqdm

    with tqdm(unit=f" {unit}", unit_scale=True, leave=False, delay=1, file=sys.stderr) as bar:
        yield bar.update
