"""Having the trials of a sweep done, several at a time, each in a process of its own.

A process is what the training command alone would be: it has its own memory, threads and signals, so that
a trial gives the weights that the command gives, and one that crashes ends nothing but itself.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from textkit.errors import CheckpointError, Interrupted, TextkitError
from textkit.tasks.sweep.plan import Trial
from textkit.tasks.sweep.trials import Journal, Measure, Outcome, can_resume, figure_of
from textkit.train.interrupt import StopRequest, stop_requests
from textkit.train.lock import alone_in

POLL_SECONDS = 0.05
WAIT_SECONDS = 30.0  # for trials of a killed sweep: they notice, save and end
_STOPPED = {128 + signal.SIGINT, 128 + signal.SIGTERM, -signal.SIGINT, -signal.SIGTERM}

Say = Callable[[str], None]


@dataclass
class Running:
    """The trials of a sweep on their way.

    `command(trial, resume)` is what trains one into its run folder, or goes on; it must save and end when
    SIGTERM comes, and when its standard input does. `environment` are variables for it. `done` is called
    after each trial.
    """

    journal: Journal
    measure: Measure
    command: Callable[[Trial, bool], Sequence[str]]
    environment: Mapping[str, str] = field(default_factory=dict)
    done: Callable[[], object] = lambda: None
    say: Say = lambda message: None  # noqa: ARG005

    def run(self, trials: Sequence[Trial], *, jobs: int = 1, again: bool = False) -> None:
        """Do what is not yet finished, `jobs` at a time; with `again` also what failed.

        Raises Interrupted, every trial saved, when SIGINT or SIGTERM comes, and CheckpointError when
        another sweep is at work in the folder.
        """
        with _alone(self.journal.folder, say=self.say) as lock:
            self.journal.refresh()
            waiting = [trial for trial in trials if self._is_due(trial, again=again)]
            at_work: list[_Process] = []
            with stop_requests() as stop, _ended(at_work):
                while (waiting and not stop) or at_work:
                    while waiting and len(at_work) < jobs and not stop:
                        at_work += self._started(waiting.pop(0), lock)
                    time.sleep(POLL_SECONDS)
                    _pass_on(stop, at_work)
                    for process in [each for each in at_work if each.popen.poll() is not None]:
                        at_work.remove(process)
                        self._settle(process)
            if stop:
                left = [each for each in trials if self._outcome(each).state == "interrupted"]
                raise Interrupted(
                    f"stopped with {len(left)} of {len(trials)} trials to go; nothing is lost", stop.signal
                )

    def _is_due(self, trial: Trial, *, again: bool) -> bool:
        """Whether there is work to do; what a killed sweep did not write down is written down."""
        outcome = self._outcome(trial)
        if outcome.state == "failed":
            return again
        if outcome.state == "finished":
            return False
        try:
            figure = figure_of(self._run(trial), self.measure)
        except TextkitError:  # it is tried, and fails with this reason
            return True
        if figure is not None:
            self.journal.put(trial.name, Outcome("finished", figure, outcome.seconds))
        return figure is None

    def _outcome(self, trial: Trial) -> Outcome:
        return self.journal.outcomes.get(trial.name, _NEVER)

    def _run(self, trial: Trial) -> Path:
        return self.journal.folder / trial.name

    def _started(self, trial: Trial, lock: int | None) -> list[_Process]:
        """The process of a trial; none where its run is damaged, which is how it failed then."""
        try:
            return [self._start(trial, lock)]
        except CheckpointError as error:
            self.journal.put(trial.name, Outcome("failed", message=str(error)))
            self.say(f"{trial.name} failed: {error}")
            self.done()
            return []

    def _start(self, trial: Trial, lock: int | None) -> _Process:
        folder, run = self.journal.folder, self._run(trial)
        resume = can_resume(run)
        if not resume:
            for left in (run, *folder.glob(f".{trial.name}.*")):
                shutil.rmtree(left, ignore_errors=True)
        self.say(f"{trial.name} {'goes on' if resume else 'begins'}: {trial.describe()}")
        log = folder / f"{trial.name}.log"
        with log.open("ab") as file:
            begun = file.tell()
            process = subprocess.Popen(
                list(self.command(trial, resume)),
                stdin=subprocess.PIPE,  # ends when we do, however that may be
                stdout=file,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment},
                start_new_session=True,  # Ctrl-C comes to us alone, and we pass it on
                pass_fds=() if lock is None else (lock,),
            )
        return _Process(trial, process, log, begun)

    def _settle(self, process: _Process) -> None:
        """Write down how a trial ended."""
        trial = process.trial
        if process.popen.stdin is not None:
            process.popen.stdin.close()
        before = self._outcome(trial)
        seconds = round(before.seconds + process.seconds, 1)
        status = process.popen.returncode
        try:
            figure = figure_of(self._run(trial), self.measure) if status == 0 else None
            reason = "ended without results" if status == 0 else process.last_words()
        except TextkitError as error:
            figure, reason = None, str(error)
        if figure is not None:
            outcome = Outcome("finished", figure, seconds)
            self.say(f"{trial.name}: {self.measure.texts} {self.measure.name} {figure:.4f}, {seconds:.0f} s")
        elif status in _STOPPED:
            outcome = Outcome("interrupted", seconds=seconds)
        else:
            outcome = Outcome("failed", seconds=seconds, message=reason)
            self.say(f"{trial.name} failed: {reason}")
        self.journal.put(trial.name, outcome)
        self.done()


_NEVER = Outcome("interrupted")  # of a trial that never ran


class _Process:
    """A trial's process, and where what it says begins in its log."""

    def __init__(self, trial: Trial, popen: subprocess.Popen[bytes], log: Path, begun: int) -> None:
        self.trial, self.popen, self.log, self.begun = trial, popen, log, begun
        self.started = time.monotonic()
        self.told = False

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    def last_words(self) -> str:
        """Why it failed: its last line."""
        with self.log.open("rb") as file:
            file.seek(self.begun)
            lines = file.read().decode("utf-8", errors="replace").split("\n")
        said = [line for line in lines if line.strip()]
        if said:
            return said[-1].removeprefix("textkit: ").removeprefix("error: ")
        status = self.popen.returncode
        return f"killed by signal {-status}" if status < 0 else f"ended with status {status}, saying nothing"


def _pass_on(stop: StopRequest, at_work: Sequence[_Process]) -> None:
    """Tell every trial once that it is to save and end."""
    for process in at_work if stop else ():
        if not process.told:
            process.told = True
            process.popen.send_signal(signal.SIGTERM)


@contextlib.contextmanager
def _ended(at_work: Sequence[_Process]) -> Iterator[None]:
    """After it none of the processes is left, whatever happened."""
    try:
        yield
    finally:
        for process in at_work:
            process.popen.kill()
            process.popen.wait()


@contextlib.contextmanager
def _alone(folder: Path, *, say: Say) -> Iterator[int | None]:
    """Within it no other sweep is at work in the folder, nor a trial that outlived one."""
    until, waiting = time.monotonic() + WAIT_SECONDS, False
    with contextlib.ExitStack() as stack:
        while True:
            try:
                lock = stack.enter_context(alone_in(folder))
                break
            except CheckpointError as error:
                if time.monotonic() > until or not isinstance(error.__cause__, BlockingIOError):
                    raise CheckpointError(
                        f"{folder}: another sweep is at work in this folder; wait for it, or end it"
                    ) from error
            if not waiting:
                say(f"{folder}: waiting for trials of a sweep that was killed, or another sweep")
            waiting = True
            time.sleep(0.5)
        yield lock
