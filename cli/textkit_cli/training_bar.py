"""A progress bar over the steps of a training, on standard error, for people only."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from textkit.train.measure import PERPLEXITY, Measure

if TYPE_CHECKING:
    from textkit.train.progress import Progress

SHAPE = "{desc}{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} [{elapsed}, {remaining} left{postfix}]"


@contextlib.contextmanager
def training_bar(*, quiet: bool, measure: Measure = PERPLEXITY) -> Iterator[Callable[[Progress, int], None]]:
    """A function to call after each step with the progress and the steps of the epoch.

    The bar is that of the whole training, should nothing stop it early: how much is done, time so far and
    time left, tokens a second, the measure since the last log record. Nothing is shown when `quiet` or
    when standard error is no terminal.
    """
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield lambda _progress, _steps: None
        return
    from tqdm import tqdm

    from textkit.train.progress import UNKNOWN

    bar: Any = None

    def watch(progress: Progress, steps: int) -> None:
        nonlocal bar
        place = f"epoch {progress.epoch + progress.step_in_epoch / steps:.2f}"
        if bar is None:  # at the first step, perhaps of a resumed training
            bar = tqdm(
                desc=f"{place}: ",
                initial=progress.step - 1,
                leave=False,
                miniters=1,
                file=sys.stderr,
                bar_format=SHAPE,
            )
        if progress.total < UNKNOWN:  # which changes where the time is given
            bar.total = progress.total
        bar.set_description(place, refresh=False)
        notes = [f"{progress.tokens_per_second():,.0f} {measure.unit}/s"]
        if progress.loss_count:
            notes.append(measure.text(progress.loss_sum / progress.loss_count))
        bar.set_postfix_str(", ".join(notes), refresh=False)
        bar.update(progress.step - bar.n)  # backwards when training went back

    try:
        yield watch
    finally:
        if bar is not None:
            bar.close()
