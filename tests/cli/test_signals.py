"""Signals unwind a command wherever they come."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import ModuleType

import pytest

from textkit_cli.__main__ import main
from textkit_cli.signals import Terminated, heeding_signals

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no signal can be sent to oneself there")
ENDS = [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated)]


def in_the_open(send: Callable[[], None]) -> None:
    send()


def in_a_finalizer(send: Callable[[], None]) -> None:
    class Last:
        def __del__(self) -> None:
            send()

    Last()


def in_a_callback_of_llvmlite(send: Callable[[], None]) -> None:
    names = {"__name__": "llvmlite.binding.executionengine", "send": send}
    exec("def notify(): send()", names)
    ctypes.CFUNCTYPE(None)(names["notify"])()  # type: ignore[arg-type]


@pytest.mark.parametrize("where", [in_the_open, in_a_finalizer, in_a_callback_of_llvmlite])
@pytest.mark.parametrize(("number", "exception"), ENDS)
def test_none_is_swallowed(
    where: Callable[[Callable[[], None]], None],
    number: signal.Signals,
    exception: type[BaseException],
    capsys: pytest.CaptureFixture[str],
) -> None:
    handlers = [signal.getsignal(each) for each, _ in ENDS]

    def send() -> None:
        os.kill(os.getpid(), number)

    began = time.monotonic()
    with pytest.raises(exception), heeding_signals():
        where(send)
        time.sleep(30)  # is broken off
    assert time.monotonic() - began < 20
    assert capsys.readouterr().err == ""
    assert [signal.getsignal(each) for each, _ in ENDS] == handlers


def test_what_comes_too_late_is_forgotten() -> None:
    with heeding_signals():
        in_a_finalizer(lambda: os.kill(os.getpid(), signal.SIGINT))
    time.sleep(0.1)


def test_ctrl_c_while_the_command_line_is_imported_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_name: str) -> None:
        raise KeyboardInterrupt

    unfinished = ModuleType("textkit_cli.main")
    monkeypatch.setattr(unfinished, "__getattr__", interrupted, raising=False)
    monkeypatch.setitem(sys.modules, "textkit_cli.main", unfinished)
    assert main() == 130
    assert capsys.readouterr().err == "textkit: interrupted\n"


def test_ignored_stays_ignored_and_threads_handle_none() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with heeding_signals():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)

    def elsewhere() -> None:
        with heeding_signals():
            seen.append(signal.getsignal(signal.SIGTERM))

    seen: list[object] = []
    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGTERM)]
