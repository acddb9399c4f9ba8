"""One damaged copy of a folder, asked what the undamaged one was asked: what came of it."""

from __future__ import annotations

import contextlib
import resource
import shutil
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from damage_mutations import Damage
from damage_runs import Use

from textkit.errors import TextkitError

SECONDS = 10  # of work
PATIENCE = 90  # seconds by the clock: other tests may be at work
ROOM = 1 << 31  # bytes that a folder of some kilobytes may ask for at most


class TooLongError(Exception):
    """Longer than SECONDS, or PATIENCE."""


@contextlib.contextmanager
def bounded() -> Iterator[None]:
    """Within it SECONDS of work may be done and ROOM be asked for."""

    def stop(_number: int, _frame: object) -> None:
        raise TooLongError

    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    used = pages * resource.getpagesize()
    handlers = {number: signal.signal(number, stop) for number in (signal.SIGALRM, signal.SIGPROF)}
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    resource.setrlimit(resource.RLIMIT_AS, (used + ROOM, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)
        for number, handler in handlers.items():
            signal.signal(number, handler)


class Trials:
    """Damaged copies of the folder `whole`, made in `work`; what `uses` give of it undamaged is right."""

    def __init__(self, whole: Path, other: Path, work: Path, uses: Sequence[Use]) -> None:
        self.whole, self.other, self.work = whole, other, work
        self.faults: list[str] = []
        self._right = [(use, use(self._copy())) for use in uses]

    def _copy(self) -> Path:
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.copytree(self.whole, self.work)
        return self.work

    def attempt(self, damage: Damage, seed: str, *, forged: bool = False) -> str:
        """Damage a copy and use it: "refused", "same" or, of a `forged` one, "used"; else a fault."""
        dice, work = Random(seed), self._copy()
        use, right = dice.choice(self._right)
        what = damage(dice, work, self.other)
        try:
            with bounded():
                answer = use(work)
        except TextkitError as error:
            if str(error).strip() and "\n" not in str(error):
                return "refused"
            return self._fault(seed, what, f"not one line: {str(error)!r}")
        except Exception as error:
            return self._fault(seed, what, f"{type(error).__name__}: {error}")
        if answer == right:
            return "same"
        return "used" if forged else self._fault(seed, what, "another answer than the undamaged one's")

    def _fault(self, seed: str, what: str, fault: str) -> str:
        self.faults.append(f"{seed}: {what}: {fault}")
        return "fault"
