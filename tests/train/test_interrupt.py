from __future__ import annotations

import os
import signal
import threading

import pytest

from textkit.train import interrupt
from textkit.train.interrupt import stop_requests


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_its_echoes_do_nothing_and_a_later_one_acts(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Acted(BaseException):
        pass

    def act(_number: int, _frame: object) -> None:
        raise Acted

    now = [50.0]
    monkeypatch.setattr(interrupt.time, "monotonic", lambda: now[0])
    before = signal.signal(number, act)
    try:
        with stop_requests() as stop:
            assert not stop
            os.kill(os.getpid(), number)
            assert stop
            assert stop.signal == number
            for later in (0.0, 0.1, 1.9):  # the launcher passes on what the terminal has sent too
                now[0] = 50.0 + later
                os.kill(os.getpid(), number)
            now[0] = 52.1
            with pytest.raises(Acted):
                os.kill(os.getpid(), number)
        with pytest.raises(Acted):  # handlers are back
            os.kill(os.getpid(), number)
    finally:
        signal.signal(number, before)


def test_other_threads_get_a_request_that_never_comes() -> None:
    seen = []

    def work() -> None:
        with stop_requests() as stop:
            seen.append(bool(stop))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [False]
