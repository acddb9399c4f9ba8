from __future__ import annotations

import os
import signal
import threading

import pytest

from textkit.errors import Interrupted
from textkit.train import interrupt
from textkit.train.interrupt import going_on, stop_requests


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


def test_how_to_go_on_can_be_pasted_into_a_shell() -> None:
    with (
        pytest.raises(Interrupted, match=r"stopped; go on with: textkit train-nmt --resume 'my run'$"),
        going_on("train-nmt", "--resume", "my run"),
    ):
        raise Interrupted("stopped", signal.SIGINT)
