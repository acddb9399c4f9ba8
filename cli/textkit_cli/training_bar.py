"""A progress bar over the steps of an epoch, on standard error, for people only."""

from __future__ import annotations

import contextlib
import math
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textkit.train.trainer import Progress


@contextlib.contextmanager
def training_bar(*, quiet: bool) -> Iterator[Callable[[Progress, int], None]]:
    """A function to call after each step with the progress and the steps of an epoch.

    Nothing is shown when `quiet` or when standard error is no terminal.
    """
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield lambda _progress, _steps: None
        return
    from tqdm import tqdm

    bar: Any = tqdm(unit="step", leave=False, file=sys.stderr)

    def watch(progress: Progress, steps: int) -> None:
        done = progress.step_in_epoch
        if done < bar.n or bar.total != steps:  # a new epoch
            bar.reset(total=steps)
        bar.set_description(f"epoch {progress.epoch + 1}", refresh=False)
        if progress.loss_count:
            perplexity = math.exp(min(progress.loss_sum / progress.loss_count, 700.0))
            bar.set_postfix_str(f"perplexity {perplexity:.1f}", refresh=False)
        bar.update(done - bar.n)

    try:
        yield watch
    finally:
        bar.close()
