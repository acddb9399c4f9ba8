"""What `textkit doctor` finds: a line for each thing it looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "fault"]


@dataclass(frozen=True)
class Finding:
    """`what` was looked at, what it `is`, and, unless all is well, what to `do`."""

    state: State
    what: str
    found: str
    do: str = ""

    def line(self) -> str:
        """For people.

        >>> Finding("fault", "torch", "not installed", "pip install torch").line()
        'fault    torch: not installed: pip install torch'
        """
        return f"{self.state:<8} {self.what}: {self.found}{f': {self.do}' if self.do else ''}"


class DoubtError(Exception):
    """Raised by a check for what works but is not as it should be: what was found, what to do."""

    def __init__(self, found: str, do: str) -> None:
        super().__init__(found)
        self.found, self.do = found, do


REINSTALL = "install it again: pip install --force-reinstall --no-deps"


def checked(what: str, check: Callable[[], str], *, package: str = "") -> Finding:
    """What a check says; a fault, whatever it raises. `package` is what may have to be installed again."""
    do = f"{REINSTALL} {package}" if package else "see TEXTKIT_DEBUG=1, and report it"
    try:
        return Finding("ok", what, check())
    except DoubtError as doubt:
        return Finding("warning", what, doubt.found, doubt.do)
    except (Exception, SystemExit) as error:
        reason = (str(error).strip().splitlines() or [""])[0][:200]
        return Finding(
            "fault", what, f"{type(error).__name__}: {reason}" if reason else type(error).__name__, do
        )
