"""Training on arrays in memory: the one loop, with a run folder that is gone afterwards."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from textkit import atomic
from textkit.data.row_batches import RowBatch, RowBatches
from textkit.errors import InputError, TextkitError, UsageError
from textkit.models.schedules import Schedule, constant
from textkit.text.pipeline import Pipeline
from textkit.train.checkpoint import RunFolder
from textkit.train.interrupt import StopRequest
from textkit.train.log import Log
from textkit.train.measure import LOSS
from textkit.train.settings import NEVER, TrainerSettings
from textkit.train.trainer import Trainer
from textkit.train.weights import load_arrays

Loss = Callable[[Tensor, Tensor], Tensor]
Examples = tuple[Tensor, Tensor]
_ROWS = 4096  # of a validation's minibatch


@dataclass(frozen=True)
class Curve:
    """What `fit` saw: the mean training loss of each epoch, and the validation losses, if there were any.

    The training loss of an epoch is the mean over its minibatches as they came, penalty left out.
    `best_epoch` is that of the lowest validation loss, whose weights the module has; without validation
    it is the last.
    """

    train: tuple[float, ...]
    valid: tuple[float, ...]
    best_epoch: int
    steps: int


class ArraysObjective:
    """The loss of a module on rows of two tensors, and a penalty to be learnt with it: an Objective."""

    def __init__(
        self,
        module: nn.Module,
        examples: Examples,
        *,
        loss: Loss,
        penalty: Callable[[], Tensor] | None = None,
    ) -> None:
        self.module, self._examples, self._loss, self._penalty = module, examples, loss, penalty

    def __call__(self, batch: RowBatch, /) -> tuple[Tensor, Tensor, int]:
        rows = torch.from_numpy(batch.rows)
        inputs, targets = self._examples
        mean = self._loss(self.module(inputs[rows]), targets[rows])
        learnt = mean if self._penalty is None else mean + self._penalty()
        return learnt, mean, len(rows)

    def state_dict(self) -> dict[str, Any]:
        """Nothing is carried from batch to batch."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Nothing to do."""


def fit(
    module: nn.Module,
    loss: Loss,
    *,
    examples: Examples,
    optimizer: torch.optim.Optimizer,
    epochs: int,
    batch_size: int | None = None,
    seed: int = 0,
    valid: Examples | None = None,
    patience: int | None = None,
    penalty: Callable[[], Tensor] | None = None,
    schedule: Schedule = constant,
    clip: float = math.inf,
    watch: Callable[[int], None] | None = None,
) -> Curve:
    """Train `module` in place on `examples`, inputs (N, ...) and targets (N, ...), for `epochs` epochs.

    `loss` maps outputs and targets of a minibatch to their mean loss; `penalty` is added to it in learning
    only. A minibatch has `batch_size` rows, shuffled anew each epoch by `seed`; None takes all of them at
    once. With `valid` the loss on these is measured after each epoch, the module ends with its best weights,
    and `patience` epochs in a row that are no better end the training (early stopping; Prechelt 1998).
    `watch` is told the number of each step that was made. Dropout draws from torch's own generator: seed
    that for a run that can be repeated.

    Raises UsageError for settings that make no sense, InputError where there are no rows or numbers that are
    not finite, TextkitError when the loss does not stay finite.

    >>> line = nn.Linear(1, 1)
    >>> points = torch.tensor([[1.0], [2.0], [3.0]])
    >>> made = fit(line, nn.functional.mse_loss, examples=(points, 2 * points + 0.5),
    ...            optimizer=torch.optim.SGD(line.parameters(), lr=0.1), epochs=500)
    >>> round(line.weight.item(), 2), round(line.bias.item(), 2), len(made.train)
    (2.0, 0.5, 500)
    """
    if patience is not None and valid is None:
        raise UsageError("patience needs validation examples: give valid, or leave patience out")
    for name, number in {"epochs": epochs, "patience": patience}.items():
        if number is not None and number < 1:
            raise UsageError(f"{name} must be at least 1, not {number}")
    if not clip > 0:
        raise UsageError(f"clip must be above 0, not {clip}; leave it out for no bound")
    if seed < 0:
        raise UsageError(f"a seed is at least 0, not {seed}")
    for part in (examples, valid or examples):
        _check_examples(part)
    batches = RowBatches(len(examples[0]), batch_size=batch_size, seed=seed)
    objective = ArraysObjective(module, examples, loss=loss, penalty=penalty)
    with atomic.temporary_folder("fit") as folder:
        run = RunFolder.create(folder / "fit", kind="fit", config="", pipeline=Pipeline())
        log = Log(run.path / "log.jsonl")
        trainer = Trainer(
            module=module,
            objective=objective,
            batches=batches,
            optimizer=optimizer,
            settings=TrainerSettings(
                epochs=epochs,
                # Without anything to validate on, the one validation that ends a training is enough.
                validate_every=NEVER if valid is None else None,
                clip=clip,
                decay=1.0,
                patience=patience or NEVER,
                log_every=len(batches),
                save_seconds=math.inf,
                draws=False,
            ),
            validate=lambda: 0.0 if valid is None else mean_loss(module, loss, examples=valid),
            run=run,
            log=log,
            schedule=schedule,
            measure=LOSS,
            watch=lambda progress, _steps: None if watch is None else watch(progress.step),
        )
        trainer.fit(StopRequest())
        if skips := trainer.progress.guard.skips:
            raise TextkitError(
                f"the loss or its gradient is not finite in the last {skips} of {trainer.progress.step} "
                "steps; train again with a lower learning rate or clip"
            )
        if valid is not None:
            load_arrays(module, run, "best")
        records = log.records()
    return Curve(
        tuple(record["loss"] for record in records if "loss" in record),
        () if valid is None else tuple(record["valid_loss"] for record in records if "valid_loss" in record),
        trainer.progress.best_step // len(batches),
        trainer.progress.step,
    )


def _check_examples(examples: Examples) -> None:
    inputs, targets = examples
    if len(inputs) != len(targets):
        raise UsageError(f"{len(inputs)} inputs need as many targets, not {len(targets)}")
    if not len(inputs):
        raise InputError("there are no rows to learn from, or to validate on; give at least one")
    for name, values in {"inputs": inputs, "targets": targets}.items():
        finite = torch.isfinite(values)
        if not finite.all():
            row = int((~finite).nonzero()[0, 0])
            raise InputError(f"the {name} of row {row} are not all finite numbers; mend or remove it")


@torch.no_grad()
def mean_loss(module: nn.Module, loss: Loss, *, examples: Examples) -> float:
    """The mean loss over `examples`, in evaluation mode (no dropout); the module is left as it was.

    >>> mean_loss(nn.Identity(), nn.functional.mse_loss, examples=(torch.zeros(4), torch.ones(4)))
    1.0
    """
    inputs, targets = examples
    training = module.training
    module.eval()
    try:
        summed = 0.0
        for rows, wanted in zip(torch.split(inputs, _ROWS), torch.split(targets, _ROWS), strict=True):
            summed += float(loss(module(rows), wanted)) * len(rows)
    finally:
        module.train(training)
    return summed / len(inputs)
