from __future__ import annotations

import os
import signal
import threading

import pytest

from textkit.train.interrupt import stop_requests


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_and_the_second_acts(number: signal.Signals) -> None:
    class Acted(BaseException):
        pass

    def act(_number: int, _frame: object) -> None:
        raise Acted

    before = signal.signal(number, act)
    try:
        with stop_requests() as stop:
            assert not stop
            os.kill(os.getpid(), number)
            assert stop
            assert stop.signal == number
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
