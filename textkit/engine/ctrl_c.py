"""Deafness to Ctrl-C, which a terminal sends to every process: only ours should act on it."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from multiprocessing import resource_tracker


def deafen() -> None:
    """From now on this thread, and the threads and processes it starts, never see Ctrl-C."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def start_tracker() -> None:
    """Start what cleans up after multiprocessing, now: starting it makes its thread hear again."""
    if hasattr(signal, "pthread_sigmask"):
        resource_tracker.ensure_running()


@contextlib.contextmanager
def deaf_to_ctrl_c() -> Iterator[None]:
    """Threads and processes started meanwhile never see Ctrl-C; one for this thread is kept for after."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    start_tracker()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
