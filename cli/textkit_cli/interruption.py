"""Messages that say how to go on, for work whose finished part is kept."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator

from textkit.errors import Interrupted, TextkitError
from textkit_cli.signals import Terminated


@contextlib.contextmanager
def keeping(hint: Callable[[], str | None]) -> Iterator[None]:
    """Whatever stops the work inside, its message ends with `hint()`, if there is one then."""
    try:
        yield
    except (KeyboardInterrupt, Terminated) as error:
        number = signal.SIGINT if isinstance(error, KeyboardInterrupt) else signal.SIGTERM
        if (remedy := hint()) is None:
            raise
        word = "interrupted" if number == signal.SIGINT else "terminated"
        raise Interrupted(f"{word}; {remedy}", number) from error
    except Interrupted:
        raise
    except TextkitError as error:
        if (remedy := hint()) is None:
            raise
        raise type(error)(f"{error} ({remedy})") from error
