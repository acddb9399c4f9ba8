"""Ctrl-C and SIGTERM as exceptions that unwind a command, and that nothing swallows."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType

RETRY = 0.01  # seconds


class Terminated(BaseException):
    """The process was asked to end by SIGTERM."""


@contextlib.contextmanager
def heeding_signals() -> Iterator[None]:
    """While it lasts, SIGTERM unwinds as Ctrl-C does, and both wait where an exception would be lost.

    Only the main thread may handle signals; a Ctrl-C that is ignored, as in the background, stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    retries: dict[int, threading.Timer] = {}

    def heed(number: int, frame: FrameType | None) -> None:
        if sys.platform != "win32" and _is_deaf(frame):
            main = threading.get_ident()  # handlers run in it, and a read in it must be broken off
            retries[number] = threading.Timer(RETRY, signal.pthread_kill, (main, number))
            retries[number].daemon = True
            retries[number].start()
            return
        raise KeyboardInterrupt if number == signal.SIGINT else Terminated

    previous = {signal.SIGTERM: signal.signal(signal.SIGTERM, heed)}
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        previous[signal.SIGINT] = signal.signal(signal.SIGINT, heed)
    try:
        yield
    finally:
        for retry in retries.values():
            retry.cancel()
        for number, handler in previous.items():
            signal.signal(number, handler)


def _is_deaf(frame: FrameType | None) -> bool:
    """Whether Python or C code swallows what is raised in a frame: in a finalizer, or in llvmlite.

    That loads compiled loops through functions which C calls, and ends half-made objects in finalizers.
    """
    while frame is not None:
        module = frame.f_globals.get("__name__") or ""
        if frame.f_code.co_name == "__del__" or module.startswith("llvmlite."):
            return True
        frame = frame.f_back
    return False
