"""When a training stops, validates, clips and saves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from textkit.train.objective import Batches
from textkit.train.progress import Progress

NEVER = 2**62  # steps
COUNTED = 1000  # epochs


@dataclass(frozen=True)
class TrainerSettings:
    """Training ends after `epochs`, `max_steps` or `max_seconds`, of which one at least is given, or after
    `patience` validations in a row that did not improve; each of those multiplies the learning rate by
    `decay`.

    Seconds are those of steps and validations over all sittings; the step at which they are over is done,
    and the validation that ends the training comes on top. It is validated after each epoch, or every
    `validate_every` steps and at the end. `clip` bounds the norm of the whole gradient (Pascanu et al. 2013,
    arXiv:1211.5063). Minibatches are taken in `accumulate` parts, to save memory: the step is the same.
    """

    epochs: int | None
    max_steps: int | None = None
    max_seconds: float | None = None
    validate_every: int | None = None
    clip: float = 1.0
    accumulate: int = 1
    decay: float = 0.5
    patience: int = 3
    log_every: int = 50
    save_seconds: float = 300.0
    draws: bool = True  # the curve, a picture in the run folder

    def steps(self, batches: Batches[Any]) -> int:
        """How many steps there will be at most, whatever time they take.

        Where the time may be over first, those of the epochs beyond COUNTED are an estimate, since to count
        them takes time itself.
        """
        most = self.max_steps or NEVER
        if self.epochs is None:
            return most
        counted = self.epochs if self.max_seconds is None else min(self.epochs, COUNTED)
        return min(batches.steps(counted, self.max_steps) * self.epochs // counted, most)

    def ending(self, progress: Progress) -> str:
        """Why training is over, and what would let it go on; nothing while it is not.

        >>> TrainerSettings(epochs=3).ending(Progress(epoch=3))
        'all 3 epochs are done; give more --epochs to go on'
        """
        if progress.worse >= self.patience:
            return (
                f"validation has not improved {progress.worse} times in a row, which is the patience; "
                "train a new run with a larger --patience to go on longer"
            )
        if self.max_steps is not None and progress.step >= self.max_steps:
            return f"all {self.max_steps} steps are done; give more --max-steps to go on"
        if self.epochs is not None and progress.epoch >= self.epochs:
            return f"all {self.epochs} epochs are done; give more --epochs to go on"
        return self.late(progress)

    def late(self, progress: Progress) -> str:
        """Whether the time is over, in words; nothing while it is not."""
        if self.max_seconds is None or progress.spent < self.max_seconds:
            return ""
        return f"the {self.max_seconds / 60:g} minutes are over; give a longer --budget to go on"
