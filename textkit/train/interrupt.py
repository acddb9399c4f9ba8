"""Ctrl-C and SIGTERM as a wish to stop at the next safe point, so that no work is lost."""

from __future__ import annotations

import contextlib
import shlex
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType

from textkit.errors import CheckpointError, Interrupted, TextkitError

SIGNALS = (signal.SIGINT, signal.SIGTERM)
ECHO_SECONDS = 2.0  # a terminal and a launcher both pass on one Ctrl-C


@dataclass
class StopRequest:
    """`signal` is 0 until one arrives; code that can stop safely looks at it between steps."""

    signal: int = 0

    def __bool__(self) -> bool:
        return self.signal != 0


@contextlib.contextmanager
def stop_requests() -> Iterator[StopRequest]:
    """Within the block the first SIGINT or SIGTERM only sets the request; a second acts as usual, unless
    it comes within `ECHO_SECONDS` of the first: that is the same wish.

    Outside the main thread signals cannot be caught, and the request never comes.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    asked = 0.0

    def ask(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        nonlocal asked
        if not request:
            request.signal, asked = number, time.monotonic()
        elif time.monotonic() - asked > ECHO_SECONDS:
            for each, handler in before.items():
                signal.signal(each, handler)
            signal.raise_signal(number)

    for number in SIGNALS:
        signal.signal(number, ask)
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def going_on(*arguments: str, aloud: bool = True) -> Iterator[None]:
    """Within the block an interruption says, if `aloud`, that textkit with these `arguments` goes on, as a
    shell takes them; so does a full disk.

    So does what comes while nothing can stop safely, KeyboardInterrupt say: in a note.
    """
    remedy = f"go on with: {shlex.join(['textkit', *arguments])}"
    try:
        yield
    except Interrupted as interruption:
        raise Interrupted(f"{interruption}; {remedy}" if aloud else "", interruption.status - 128) from None
    except TextkitError as error:
        if isinstance(error, CheckpointError) or not isinstance(error.__cause__, OSError):
            raise
        raise TextkitError(f"{error}; {remedy}") from error  # what was saved is whole
    except BaseException as stop:
        if aloud and not isinstance(stop, Exception):
            stop.add_note(remedy)
        raise
