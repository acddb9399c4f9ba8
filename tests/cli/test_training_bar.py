"""The bar of a training: all of it, how fast, how long still; for people only."""

from __future__ import annotations

import io
import sys
import time

import pytest

from textkit.train.progress import Progress
from textkit_cli.training_bar import training_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def steps(progress: Progress, count: int) -> None:
    progress.step += count
    progress.step_in_epoch += count
    progress.seconds += 0.5 * count
    progress.add(2.0, 100 * count, norm=1.0)


def test_it_shows_the_whole_training(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    progress = Progress(step=40, total=200, epoch=1, step_in_epoch=15)  # a resumed one
    with training_bar(quiet=False) as watch:
        for _ in range(3):
            steps(progress, 1)
            watch(progress, 25)
            time.sleep(0.12)  # it is drawn ten times a second at most
        steps(progress, -10)  # training went back
        watch(progress, 25)
        time.sleep(0.12)
        steps(progress, 1)
        watch(progress, 25)
    shown = terminal.getvalue()
    assert "epoch 1.72:  22%|" in shown
    assert "43/200" in shown
    assert "34/200" in shown
    assert " left, 200 tokens/s, perplexity 7.39]" in shown


def test_it_is_silent_for_those_who_do_not_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream, quiet in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        with training_bar(quiet=quiet) as watch:
            watch(Progress(step=1, total=2), 2)
        assert stream.getvalue() == ""
