"""Where a training stands, as plain numbers."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from textkit.train.guard import Guard
from textkit.train.measure import Measure

UNKNOWN = 2**62  # steps: nothing is known of the speed yet


@dataclass
class Progress:
    """Saved and restored as a whole. Steps that were skipped count; those that were undone do not."""

    step: int = 0
    total: int = 0  # steps when all is done, unless validation stops it
    epoch: int = 0  # epochs done
    step_in_epoch: int = 0
    validating: bool = False  # a validation is due
    validated: int = 0  # the step of the last one
    best: float = math.inf  # the lowest validation loss, or the highest of another goal, negative
    best_loss: float = math.inf  # the loss there: of equal ones the best is the one with the lower
    best_step: int = 0
    worse: int = 0  # validations since the best
    plateau: float = 1.0  # factor of the learning rate after validations that were no better
    learning_rate: float = 0.0  # of the last step
    tokens: int = 0  # predicted so far
    seconds: float = 0.0  # spent on steps so far, over all sittings
    validation_seconds: float = 0.0  # the same on validations
    guard: Guard = field(default_factory=Guard)
    loss_sum: float = 0.0  # this and the next three: since the last log record
    loss_count: int = 0
    norm_sum: float = 0.0
    norm_count: int = 0
    logged_seconds: float = 0.0  # `seconds` at the last log record
    records: int = 0  # in the log

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers, for `from_dict`."""
        return asdict(self)

    @staticmethod
    def from_dict(numbers: dict[str, Any]) -> Progress:
        """What `as_dict` gave; raises ValueError for anything else.

        >>> Progress.from_dict(Progress(step=3).as_dict()).step
        3
        """
        _check(numbers, Progress().as_dict())
        return Progress(**{**numbers, "guard": Guard(**numbers["guard"])})

    @property
    def spent(self) -> float:
        """Seconds of steps and validations."""
        return self.seconds + self.validation_seconds

    def projected(self, seconds: float) -> int:
        """How many steps there will be after so many `seconds`, at the speed so far.

        >>> Progress(step=10, seconds=2.0).projected(60)
        300
        """
        return max(round(self.step * seconds / self.spent), 1) if self.spent else UNKNOWN

    def improved_by(self, cost: float, loss: float, *, digits: int | None) -> bool:
        """Whether a validation is the best so far; of costs that agree to so many `digits` by its loss.

        >>> Progress(best=-0.03, best_loss=5.0).improved_by(-0.01, 4.0, digits=1)
        True
        """
        best = self.best
        if digits is not None:
            cost, best = round(cost, digits), round(best, digits)
        return (cost, loss) < (best, self.best_loss)

    def add(self, loss: float, count: int, *, norm: float) -> None:
        """Count a step of `count` predictions with the mean `loss` and the gradient's `norm`."""
        self.loss_sum += loss * count
        self.loss_count += count
        self.norm_sum += norm
        self.norm_count += 1
        self.tokens += count

    def record(self, measure: Measure) -> dict[str, float]:
        """A log record of the steps since the last one; who asks for it writes it."""
        record: dict[str, float] = {"step": self.step, "epoch": self.epoch}
        if self.loss_count:
            mean = self.loss_sum / self.loss_count
            record |= {"loss": mean, measure.name: measure.of(mean)}
            record["gradient_norm"] = self.norm_sum / self.norm_count
        record |= {"learning_rate": self.learning_rate, "seconds": round(self.seconds, 3)}
        if self.loss_count and self.seconds > self.logged_seconds:
            record[f"{measure.unit}_per_second"] = round(
                self.loss_count / (self.seconds - self.logged_seconds), 1
            )
        if self.guard.skipped:
            record |= {"skipped": self.guard.skipped, "roll_backs": self.guard.roll_backs}
        self.loss_sum, self.loss_count, self.norm_sum, self.norm_count = 0.0, 0, 0.0, 0
        self.logged_seconds = self.seconds
        self.records += 1
        return record

    def tokens_per_second(self) -> float:
        """Predictions a second since the last log record; over the whole training just after one."""
        seconds = self.seconds - self.logged_seconds
        if self.loss_count and seconds > 0:
            return self.loss_count / seconds
        return self.tokens / self.seconds if self.seconds else 0.0

    def summary(self, seconds: float, measure: Measure, *, goal: str = "") -> str:
        """One line for the end of a training that took `seconds` this time.

        The best is the highest of a `goal` by name, or else the lowest loss.
        """
        rate = self.tokens / self.seconds if self.seconds else 0.0
        best = f"{goal} {-self.best:.2f}" if goal else measure.text(self.best)
        return (
            f"trained to step {self.step} in {seconds / 60:.1f} min, {rate:,.0f} {measure.unit}/s; "
            f"best validation {best} at step {self.best_step}"
        )


def _check(numbers: Any, like: dict[str, Any]) -> None:
    """Raise ValueError unless `numbers` has the names and kinds of `like`, and counts are counts."""
    if not isinstance(numbers, dict) or numbers.keys() != like.keys():
        raise ValueError(f"the progress needs just {', '.join(like)}")
    for name, value in numbers.items():
        expected = like[name]
        if isinstance(expected, dict):
            _check(value, expected)
        elif isinstance(expected, bool):
            if not isinstance(value, bool):
                raise ValueError(f"'{name}' must be true or false, not {value!r}")
        elif isinstance(expected, int):
            if not (isinstance(value, int) and 0 <= value < 2**63):
                raise ValueError(f"'{name}' must be a count, not {value!r}")
        elif not (isinstance(value, (int, float)) and abs(value) <= math.inf):
            raise ValueError(f"'{name}' must be a number, not {value!r}")
