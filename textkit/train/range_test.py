"""The learning-rate range test (Smith 2017, arXiv:1506.01186): which rates let the loss fall."""

from __future__ import annotations

import contextlib
import copy
import logging
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from textkit import atomic
from textkit.errors import InputError, UsageError
from textkit.train.clipping import clip_gradients
from textkit.train.guard import update
from textkit.train.objective import B, Batches, Objective

SMOOTHING = 0.9  # share of the past in the smoothed loss
TOO_HIGH = 4.0  # stop when the smoothed loss is so many times the best


@dataclass(frozen=True)
class RangeTest:
    """What was seen: at each of `rates` the smoothed loss, in nats.

    `suggestion` is a tenth of the rate where the smoothed loss was lowest. It stands for the largest rate
    that is still stable; the point of the steepest fall, which others take, depends on the noise of a
    derivative and moves by a factor of several from seed to seed.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]

    @property
    def suggestion(self) -> float:
        """The learning rate to begin with.

        >>> RangeTest((0.01, 0.1, 1.0), (3.0, 2.0, 4.0)).suggestion
        0.01
        """
        return self.rates[min(range(len(self.losses)), key=self.losses.__getitem__)] / 10

    @property
    def at_edge(self) -> bool:
        """Whether the loss was lowest at the last rate of all, so that higher ones may be better still."""
        return min(self.losses) == self.losses[-1]


def range_test(
    module: nn.Module,
    objective: Objective[B],
    *,
    batches: Batches[B],
    make_optimizer: Callable[[float], torch.optim.Optimizer],
    lowest: float = 1e-6,
    highest: float = 100.0,
    steps: int = 120,
    clip: float = math.inf,
) -> RangeTest:
    """Train for `steps` at rates that grow exponentially from `lowest` to `highest`, or until it diverges.

    `make_optimizer` gives an optimiser of the module's parameters for a learning rate. The module, the
    objective, the sampler and torch's generator are afterwards what they were before. The losses are
    smoothed exponentially, without bias. Raises UsageError for rates that do not grow, InputError when
    not even the first steps have a finite loss.
    """
    if not 0 < lowest < highest < math.inf or steps < 10:
        raise UsageError(
            f"a range test needs 0 < lowest < highest and 10 steps, not {lowest:g}, {highest:g} and {steps}"
        )
    rates: list[float] = []
    losses: list[float] = []
    mean = 0.0
    with _kept(module, objective, batches):
        module.train()
        optimizer = make_optimizer(lowest)
        for step, batch in zip(range(steps), _endless(batches), strict=False):
            rate = lowest * (highest / lowest) ** (step / (steps - 1))
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.zero_grad(set_to_none=True)
            loss, entropy, _ = objective(batch)
            loss.backward()  # type: ignore[no-untyped-call]
            norm = float(clip_gradients(module.parameters(), clip))
            mean = SMOOTHING * mean + (1 - SMOOTHING) * float(entropy.detach())
            smoothed = mean / (1 - SMOOTHING ** (step + 1))
            if not math.isfinite(smoothed + norm) or smoothed > TOO_HIGH * min([*losses, smoothed]):
                break
            rates.append(rate)
            losses.append(smoothed)
            if not update(optimizer):
                break
    if not rates:
        raise InputError(f"the loss is not finite at a learning rate of {lowest:g}; there is nothing to test")
    return RangeTest(tuple(rates), tuple(losses))


def draw_range_test(result: RangeTest, path: Path) -> None:
    """The smoothed loss over the learning rate, and the suggestion, as a PNG."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it warns of a home it cannot write to
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.plot(result.rates, result.losses, linewidth=1.4)
    label = f"suggested: {result.suggestion:.2g}"
    axes.axvline(result.suggestion, linestyle="--", linewidth=1, color="tab:red", label=label)
    low, high = min(result.losses), result.losses[0]
    top = high + 0.5 * max(high - low, 0.1)  # what diverges would flatten everything else
    axes.set(xscale="log", xlabel="learning rate", ylabel="smoothed loss (nats)", ylim=(None, top))
    axes.grid(visible=True, alpha=0.25)
    axes.legend()
    with atomic.writing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=130)


def _endless(batches: Batches[B]) -> Iterator[B]:
    while True:
        yield from batches


@contextlib.contextmanager
def _kept(module: nn.Module, objective: Objective[B], batches: Batches[B]) -> Iterator[None]:
    """Whatever happens in the block, afterwards all is as it was."""
    weights, training = copy.deepcopy(module.state_dict()), module.training
    carried, position = copy.deepcopy(objective.state_dict()), batches.state_dict()
    devices = {weight.device for weight in module.parameters() if weight.device.type == "cuda"}
    try:
        with torch.random.fork_rng(devices):
            yield
    finally:
        module.load_state_dict(weights)
        module.train(training)
        module.zero_grad(set_to_none=True)
        objective.load_state_dict(carried)
        batches.load_state_dict(position)
