"""The one training loop: step, clip, validate, keep the best, stop early, save so that nothing is lost.

A task passes what differs: the module, the objective, the batches, the optimiser and how to validate.
The state saved with "last" is complete: training resumed from it, in the middle of an epoch too,
gives the same weights bit for bit as training that never stopped (same machine and thread count).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import torch
from torch import Tensor, nn

from textkit.errors import CheckpointError, Interrupted, TextkitError
from textkit.train.checkpoint import RunFolder
from textkit.train.interrupt import StopRequest
from textkit.train.log import Log, draw_curve

Batch = TypeVar("Batch", covariant=True)
BatchContra = TypeVar("BatchContra", contravariant=True)


class Batches(Protocol[Batch]):
    """A sampler that knows where it stands: iterating gives the rest of the current epoch."""

    def __iter__(self) -> Iterator[Batch]: ...

    def __len__(self) -> int: ...

    def state_dict(self) -> dict[str, int]: ...

    def load_state_dict(self, state: dict[str, int]) -> None: ...


class Objective(Protocol[BatchContra]):
    """From a batch to the mean loss of a prediction (nats) and how many predictions there were.

    What it carries from batch to batch (a recurrent state) is part of `state_dict`.
    """

    def __call__(self, batch: BatchContra, /) -> tuple[Tensor, int]: ...

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: dict[str, Any]) -> None: ...


@dataclass(frozen=True)
class TrainerSettings:
    """When to stop, clip and save.

    `clip` bounds the norm of the whole gradient (Pascanu et al. 2013, arXiv:1211.5063). After an epoch
    that does not improve the validation loss the learning rate is multiplied by `decay`; after
    `patience` such epochs in a row training stops.
    """

    epochs: int
    clip: float = 1.0
    decay: float = 0.5
    patience: int = 3
    log_every: int = 50
    save_seconds: float = 300.0


@dataclass
class Progress:
    """Where training stands: plain numbers, saved and restored as a whole."""

    step: int = 0
    epoch: int = 0
    step_in_epoch: int = 0
    validating: bool = False  # an epoch's steps are done, its validation is not
    best: float = math.inf
    worse: int = 0  # validations since the best
    loss_sum: float = 0.0  # since the last log record
    loss_count: int = 0
    seconds: float = 0.0  # spent so far, over all sittings


@dataclass
class Trainer(Generic[Batch]):
    """Trains `module` in place, leaving "best" and "last" in `run`; `validate` gives a mean loss in nats."""

    module: nn.Module
    objective: Objective[Batch]
    batches: Batches[Batch]
    optimizer: torch.optim.Optimizer
    settings: TrainerSettings
    validate: Callable[[], float]
    run: RunFolder
    log: Log
    watch: Callable[[Progress, int], None] = lambda progress, steps: None  # noqa: ARG005
    say: Callable[[str], None] = lambda message: None  # noqa: ARG005
    progress: Progress = field(default_factory=Progress)

    @property
    def done(self) -> bool:
        """Whether the epochs are over or validation has stopped improving."""
        return self.progress.epoch >= self.settings.epochs or self.progress.worse >= self.settings.patience

    def resume(self) -> None:
        """Go back to where "last" was saved: weights, optimiser, sampler, carried state, generator."""
        state = self.run.state()
        load_arrays(self.module, self.run, "last")
        self.optimizer.load_state_dict(state["optimizer"])
        self.batches.load_state_dict(state["batches"])
        self.objective.load_state_dict(state["objective"])
        self.progress = Progress(**state["progress"])
        torch.set_rng_state(state["generator"])
        self.log.rewind(self.progress.step)

    def fit(self, stop: StopRequest) -> None:
        """Train until the epochs are done or validation stops improving.

        Raises Interrupted once everything is saved when `stop` is requested, and TextkitError when
        the loss is no longer finite.
        """
        if not self.run.has("last"):
            self.log.rewind(0)  # of a start that came to nothing
        while not self.done:
            if not self.progress.validating:
                self._epoch(stop)
            self._validate()
            self._pause(stop)

    def _epoch(self, stop: StopRequest) -> None:
        self.module.train()
        saved = time.monotonic()
        for batch in self.batches:
            began = time.monotonic()
            self._step(batch)
            self.progress.seconds += time.monotonic() - began
            self.watch(self.progress, len(self.batches))
            if time.monotonic() - saved > self.settings.save_seconds:
                self._save_last()
                saved = time.monotonic()
            self._pause(stop)
        self.progress.validating = True

    def _step(self, batch: Batch) -> None:  # type: ignore[misc]
        loss, count = self.objective(batch)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.module.parameters(), self.settings.clip)
        if not (math.isfinite(loss.item()) and math.isfinite(norm.item())):
            raise TextkitError(self._diverged(f"at step {self.progress.step + 1}"))
        self.optimizer.step()
        progress = self.progress
        progress.step += 1
        progress.step_in_epoch += 1
        progress.loss_sum += loss.item() * count
        progress.loss_count += count
        if progress.step % self.settings.log_every == 0:
            self._log_training()

    def _log_training(self, **more: float) -> None:
        progress = self.progress
        record: dict[str, float] = {"step": progress.step, "epoch": progress.epoch}
        if progress.loss_count:
            mean = progress.loss_sum / progress.loss_count
            record |= {"loss": mean, "perplexity": math.exp(min(mean, 700.0))}
        record |= {
            "learning_rate": self.optimizer.param_groups[0]["lr"],
            "seconds": round(progress.seconds, 3),
        }
        self.log.write(record | more)
        progress.loss_sum, progress.loss_count = 0.0, 0

    def _validate(self) -> None:
        progress = self.progress
        loss = self.validate()
        if not math.isfinite(loss):
            raise TextkitError(self._diverged(f"in the validation of epoch {progress.epoch + 1}"))
        self._log_training(valid_loss=loss, valid_perplexity=math.exp(min(loss, 700.0)))
        progress.epoch += 1
        progress.step_in_epoch, progress.validating = 0, False
        if loss < progress.best:
            progress.best, progress.worse = loss, 0
            info = {"epoch": progress.epoch, "valid_loss": loss}
            self.run.save("best", arrays(self.module), step=progress.step, info=info)
        else:
            progress.worse += 1
            for group in self.optimizer.param_groups:
                group["lr"] *= self.settings.decay
        self._save_last()
        self.say(f"epoch {progress.epoch}: validation perplexity {math.exp(min(loss, 700.0)):.2f}")
        draw_curve(self.log, self.run.path / "curve.png")

    def _diverged(self, where: str) -> str:
        return f"the loss is not finite {where}; train again with a lower learning rate or clip"

    def _pause(self, stop: StopRequest) -> None:
        if stop:
            self._save_last()
            raise Interrupted(f"stopped at step {self.progress.step}; nothing is lost", stop.signal)

    def _save_last(self) -> None:
        state = {
            "optimizer": self.optimizer.state_dict(),
            "batches": self.batches.state_dict(),
            "objective": self.objective.state_dict(),
            "progress": asdict(self.progress),
            "generator": torch.get_rng_state(),
        }
        info = {"epoch": self.progress.epoch}
        self.run.save("last", arrays(self.module), step=self.progress.step, info=info, state=state)


def arrays(module: nn.Module) -> dict[str, Any]:
    """The module's parameters and buffers as numpy arrays."""
    return {name: tensor.detach().cpu().numpy() for name, tensor in module.state_dict().items()}


def load_arrays(module: nn.Module, run: RunFolder, role: str) -> None:
    """Put the weights saved as `role` into `module`; raises CheckpointError when they do not fit."""
    tensors = {name: torch.from_numpy(array) for name, array in run.arrays(role).items()}
    try:
        module.load_state_dict(tensors)
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise CheckpointError(f"{run.path}: the weights do not fit the settings: {reason}") from error
