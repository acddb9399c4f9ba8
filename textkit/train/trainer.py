"""The one training loop: step, clip, validate, keep the best, stop early, save so that nothing is lost.

A task passes what differs: the module, the objective, the batches, the optimiser and how to validate.
The state saved with "last" is complete: training resumed from it, in the middle of an epoch too,
gives the same weights bit for bit as training that never stopped (same machine and thread count).
What stood at the last validation is kept as "anchor", to which training returns from an infinite loss.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Generic

import torch
from torch import nn

from textkit.errors import Interrupted
from textkit.models.schedules import Schedule, constant, rise
from textkit.train.accumulation import accumulate
from textkit.train.averaging import averages, observe
from textkit.train.checkpoint import RunFolder
from textkit.train.distributed import World
from textkit.train.generators import generator_states, set_generators
from textkit.train.goal import Goal
from textkit.train.guard import SKIPS, update
from textkit.train.interrupt import StopRequest
from textkit.train.log import Log, draw_curve
from textkit.train.measure import PERPLEXITY, Measure
from textkit.train.objective import B, Batches, Objective
from textkit.train.progress import Progress
from textkit.train.settings import TrainerSettings
from textkit.train.times import read_times, without_times, write_times
from textkit.train.training_state import TrainingState, fitting
from textkit.train.weights import arrays, load_arrays

DRAW_SECONDS = 60.0  # between drawings of the curve; the last one is always made


@dataclass
class Trainer(Generic[B]):
    """Trains `module` in place, leaving "best" and "last" in `run`; `validate` gives a mean loss in nats.

    The best weights are those with the lowest of these, or with the highest `goal` if there is one; of equal
    goals, that with the lower loss.

    The learning rate of a step is what the optimiser was made with, times `schedule`, times what
    validations and the guard against infinite losses have made of it, times the batch's scale.
    """

    module: nn.Module
    objective: Objective[B]
    batches: Batches[B]
    optimizer: torch.optim.Optimizer
    settings: TrainerSettings
    validate: Callable[[], float]
    run: RunFolder
    log: Log
    schedule: Schedule = constant
    world: World = field(default_factory=World)
    measure: Measure = PERPLEXITY
    goal: Goal | None = None
    watch: Callable[[Progress, int], None] = lambda progress, steps: None  # noqa: ARG005
    say: Callable[[str], None] = lambda message: None  # noqa: ARG005
    progress: Progress = field(default_factory=Progress)

    def __post_init__(self) -> None:
        self._rates = [float(group["lr"]) for group in self.optimizer.param_groups]
        self._proving: Callable[[], AbstractContextManager[None]] = nullcontext
        self._nothing_carried = self.objective.state_dict()
        self._saved = self._drawn = time.monotonic()
        self._limit = self.progress.total = self.settings.steps(self.batches)
        if not self.world.first:
            self.watch, self.say = lambda _progress, _steps: None, lambda _message: None

    @property
    def done(self) -> str:
        """Why there is nothing left to train, and what can be done; nothing while there is."""
        return "" if self.progress.validating else self._ending()

    def _ending(self) -> str:
        return self.settings.ending(self.progress)

    def resume(self) -> None:
        """Go back to where "last" was saved: weights, optimiser, sampler, carried state, generators.

        Raises CheckpointError when the run was trained by another number of processes.
        """
        if self.world.first:
            self.run.sweep()
        self._restore("last")

    def fit(self, stop: StopRequest) -> None:
        """Train until the steps are done or validation stops improving.

        Raises Interrupted once everything is saved when `stop` is requested, and TextkitError when the
        loss is not finite whatever is tried, or another process of the training ends.
        """
        began, at = time.monotonic(), self.progress.step
        with self.world.explaining():
            self._saved = time.monotonic()
            if self.world.from_first(lambda: not self.run.has("last")):
                self._save(anchor=True)
            while not self.done:
                if not self.progress.validating:
                    self._train(stop)
                if self.progress.validating:
                    self._validate()
                    self._pause(stop)
        if self.progress.step > at:
            self._draw()
            goal = self.goal.name if self.goal else ""
            self.say(self.progress.summary(time.monotonic() - began, self.measure, goal=goal))
            risen = rise(self.schedule, self.progress.step, self.progress.total)
            if risen > self.progress.step / 2:
                self.say(f"the learning rate rose for {risen} steps: train longer, or warm up for fewer")

    def _train(self, stop: StopRequest) -> None:
        """Make steps until it is time for a validation, the epoch ends, or training went back."""
        self.module.train()
        progress, settings = self.progress, self.settings
        for batch in self.batches:
            if not self._step(batch):
                return
            self.watch(progress, len(self.batches))
            every = settings.validate_every
            progress.validating = (
                progress.step == settings.max_steps
                or (every is not None and progress.step % every == 0)
                or settings.late(progress) != ""
            )
            self._pause(stop)
            if progress.validating:
                return
        progress.epoch += 1
        progress.step_in_epoch = 0
        due = settings.validate_every is None or self._ending() != ""
        progress.validating = due and progress.validated < progress.step

    def _step(self, batch: B) -> bool:
        """One update, unless it would not be finite. False when training went back to the anchor."""
        progress, began = self.progress, time.monotonic()
        if self.settings.max_seconds is not None:
            progress.total = min(self._limit, progress.projected(self.settings.max_seconds))
        factor = self.schedule(progress.step, progress.total) * progress.plateau * progress.guard.factor
        progress.learning_rate = self._rates[0] * factor
        for group, rate in zip(self.optimizer.param_groups, self._rates, strict=True):
            group["lr"] = rate * factor * batch.scale
        self.optimizer.zero_grad(set_to_none=True)
        with self._proving():
            loss, count, norm = accumulate(
                batch,
                self.objective,
                self.module,
                parts=self.settings.accumulate,
                clip=self.settings.clip,
                world=self.world,
            )
        progress.step += 1
        progress.step_in_epoch += 1
        finite = math.isfinite(loss) and math.isfinite(norm)
        updated = finite and self._update()
        if updated:
            progress.guard.passed()
            progress.add(loss, count, norm=norm)
        progress.seconds += self._taken(began)
        if not updated:
            self.objective.load_state_dict(self._nothing_carried)  # it may not be finite either
            what = "loss" if not math.isfinite(loss) else "gradient"
            if progress.guard.skip() or finite:  # what was updated in part cannot be kept
                self._go_back(f"at step {progress.step}")
                return False
            self.say(
                f"step {progress.step}: the {what} is not finite; "
                f"update skipped ({progress.guard.skips} of {SKIPS} in a row)"
            )
        if progress.step % self.settings.log_every == 0:
            self._log()
        return True

    def _taken(self, began: float) -> float:
        """Seconds since then, the same for all processes where anything depends on them."""
        taken = time.monotonic() - began
        return taken if self.settings.max_seconds is None else self.world.most(taken)[0]

    def _update(self) -> bool:
        with self._proving():
            updated = update(self.optimizer)
        self._proving = nullcontext
        return updated

    def _go_back(self, where: str) -> None:
        self.progress.guard.go_back(where)
        before = self.progress
        self._restore("anchor")
        self.progress.guard, self.progress.seconds = before.guard, before.seconds
        self.progress.validation_seconds = before.validation_seconds
        self.progress.logged_seconds = before.seconds
        self.say(
            f"the loss is not finite {where}: back to step {self.progress.step}, "
            f"at {before.guard.factor:g} of the learning rate"
        )
        self._save()

    def _log(self, **more: float) -> None:
        record = self.progress.record(self.measure)
        if self.world.first:
            self.log.write(record | more)

    def _validate(self) -> None:
        progress, began = self.progress, time.monotonic()
        figures = {}
        with averages(self.optimizer):
            loss = cost = self.world.from_first(self.validate)
            if self.goal is not None and math.isfinite(loss):
                reached = self.world.from_first(self.goal.of)
                figures[f"valid_{self.goal.name}"] = reached
                cost = -reached
            better = progress.improved_by(cost, loss, digits=self.goal.digits if self.goal else None)
            if better and self.world.first:
                info = {"epoch": progress.epoch, "valid_loss": loss, **figures}
                self.run.save("best", arrays(self.module), step=progress.step, info=info)
        progress.validation_seconds += self._taken(began)
        progress.validating, progress.validated = False, progress.step
        if not math.isfinite(loss):
            self._go_back(f"in the validation at step {progress.step}")
            return
        self._log(**{"valid_loss": loss, f"valid_{self.measure.name}": self.measure.of(loss), **figures})
        if better:
            progress.best, progress.best_loss, progress.best_step = cost, loss, progress.step
            progress.worse = 0
        else:
            progress.worse += 1
            progress.plateau *= self.settings.decay
        observe(self.optimizer, cost)
        self._save(anchor=True)
        by_step = self.settings.validate_every is not None or progress.step_in_epoch > 0
        where = f"step {progress.step}" if by_step else f"epoch {progress.epoch}"
        also = "".join(f", {name.removeprefix('valid_')} {value:.2f}" for name, value in figures.items())
        self.say(f"{where}: validation {self.measure.text(loss)}{also}")
        if time.monotonic() - self._drawn > DRAW_SECONDS:
            self._draw()

    def _draw(self) -> None:
        if self.world.first and self.settings.draws:
            draw_curve(self.log, self.run.path / "curve.png", measure=self.measure)
        self._drawn = time.monotonic()

    def _pause(self, stop: StopRequest) -> None:
        """Save when it is time or someone asks to stop."""
        late = time.monotonic() - self._saved > self.settings.save_seconds
        signal, due = self.world.most(stop.signal, late)
        if signal or due:
            self._save()
        if signal:
            raise Interrupted(f"stopped at step {self.progress.step}; nothing is lost", int(signal))

    def _save(self, *, anchor: bool = False) -> None:
        own = {
            "objective": self.objective.state_dict(),
            "generators": generator_states(self.world.device),
        }
        state: dict[str, Any] = {
            "processes": self.world.gather(own),
            "optimizer": self.optimizer.state_dict(),
            "batches": self.batches.state_dict(),
            "progress": self.progress.as_dict(),
        }
        if self.settings.max_seconds is None:  # times decide nothing, and are kept elsewhere
            state["progress"] = without_times(state["progress"])
        if self.world.first:
            write_times(self.run.path, self.progress.as_dict())
            info = {"epoch": self.progress.epoch}
            step, also = self.progress.step, ("anchor",) if anchor else ()
            self.run.save("last", arrays(self.module), step=step, info=info, state=state, also=also)
        self.world.barrier()  # nobody reads, or ends, before all is written
        self._saved = time.monotonic()

    def _restore(self, role: str) -> None:
        run = self.run if self.world.first else RunFolder.open(self.run.path)
        state = TrainingState.read(run, role, rank=self.world.rank, size=self.world.size)
        load_arrays(self.module, run, role)
        with fitting(state.path):
            self.optimizer.load_state_dict(state.optimizer)
            self.batches.load_state_dict(state.batches)
            self.objective.load_state_dict(state.own["objective"])
            set_generators(state.own["generators"], device=self.world.device)
        self._proving = partial(fitting, state.path)  # what is carried is looked at in a step only
        self.progress = replace(state.progress, total=self._limit)
        if self.settings.max_seconds is None or not self.progress.spent:  # no time ended it until now
            for name, value in read_times(self.run.path).items():
                setattr(self.progress, name, value)
        if self.world.first:
            self.log.rewind(self.progress.records)
