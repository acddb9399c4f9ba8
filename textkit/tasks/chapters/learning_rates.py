"""Which learning rate, and how it should go: schedules, and the range test."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.optim import lr_scheduler

from textkit.data.row_batches import RowBatches
from textkit.errors import TextkitError
from textkit.models.optimizers.sgd import SGD
from textkit.models.schedules import (
    SCHEDULES,
    Schedule,
    constant,
    cosine,
    cosine_restarts,
    make_schedule,
    one_cycle,
    step_decay,
    triangular2,
)
from textkit.tasks.chapters.card import Card, Fact
from textkit.tasks.chapters.optimisers import perceptron_of
from textkit.tasks.chapters.small_digits import flat_digits
from textkit.tasks.chapters.study import Study
from textkit.train.fit import ArraysObjective, Curve, Examples, fit
from textkit.train.range_test import RangeTest, range_test

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STEPS = 350  # of the schedules that are looked at
FIRST = 50  # steps of the first fall with restarts: 50 + 100 + 200
BATCH, EPOCHS, TIMES = 64, 5, 30
HIGH, LONGER = 5, 7  # times the suggestion, and epochs, for one cycle beside a constant rate

CARD = Card(
    title="Learning rates",
    title_zh="学习率",
    claim=(
        "A range test of a few epochs finds a rate that trains well: thirty times less is slow, thirty times "
        "more diverges. At a high rate one cycle ends lower than a constant rate. The schedules are torch's."
    ),
    facts=(
        Fact("largest difference from torch's schedules", 1e-12, "<="),
        Fact(
            "restarts: factor a step before the first", (1 + math.cos(math.pi * 49 / 50)) / 2, tolerance=1e-9
        ),
        Fact("restarts: factor at the first", 1.0),
        Fact("one cycle: step with the highest rate", 0.3 * STEPS - 1),
        Fact("suggested rate: training loss", 0.25, "<="),
        Fact("thirtieth of it: times as much loss", 5.0, ">="),
        Fact("thirty times it: times as much loss", 10.0, ">="),
        Fact("high rate: loss, constant / one cycle", 1.2, ">="),
    ),
    source=(
        "Smith 2017, arXiv:1506.01186; Loshchilov and Hutter 2017, arXiv:1608.03983; "
        "Smith and Topin 2017, arXiv:1708.07120"
    ),
    seconds=5,
    data_text="scikit-learn's 8x8 digits, four fifths of them",
)


@dataclass(frozen=True)
class Training:
    """A network's start, what it learns from, and in which order."""

    start: nn.Module
    examples: Examples
    seed: int

    def curve(self, rate: float, *, epochs: int = EPOCHS, schedule: Schedule = constant) -> Curve | None:
        """SGD with momentum from the start; None when the loss becomes infinite whatever is tried."""
        network = copy.deepcopy(self.start)
        try:
            return fit(
                network,
                nn.functional.cross_entropy,
                examples=self.examples,
                optimizer=SGD(network.parameters(), rate, momentum=0.9),
                epochs=epochs,
                batch_size=BATCH,
                seed=self.seed,
                schedule=schedule,
            )
        except TextkitError:
            return None

    def tested(self) -> RangeTest:
        """The range test of the same."""
        module, inputs = self.start, self.examples[0]
        return range_test(
            module,
            ArraysObjective(module, self.examples, loss=nn.functional.cross_entropy),
            batches=RowBatches(len(inputs), batch_size=BATCH, seed=self.seed),
            make_optimizer=lambda rate: SGD(module.parameters(), rate, momentum=0.9),
            lowest=1e-4,
            steps=150,
        )


def run(study: Study) -> dict[str, float]:
    """Look at the schedules, test which rates a small network can stand, and try what the test says."""
    study.draw("learning-rates-schedules", _paint_schedules, size=(12, 5))
    restarts = [cosine_restarts(step, STEPS, first=FIRST) for step in range(STEPS)]
    cycle = [one_cycle(step, STEPS) for step in range(STEPS)]

    training = Training(perceptron_of(study.seed, activation="tanh"), flat_digits(study.seed)[0], study.seed)
    tested = training.tested()
    rate = tested.suggestion
    study.note(f"the range test suggests {rate:.3g}; the loss was lowest at ten times that")
    curves = {factor: training.curve(rate * factor) for factor in (1 / TIMES, 1.0, TIMES)}
    study.draw("learning-rates-range-test", partial(_paint_range_test, tested, curves), size=(10, 4.2))
    slow, suggested, diverged = (_last(curve) for curve in curves.values())
    steady = _last(training.curve(HIGH * rate, epochs=LONGER))
    cycled = _last(training.curve(HIGH * rate, epochs=LONGER, schedule=one_cycle))
    return {
        "largest difference from torch's schedules": _difference_from_torch(),
        "restarts: factor a step before the first": restarts[FIRST - 1],
        "restarts: factor at the first": restarts[FIRST],
        "one cycle: step with the highest rate": float(cycle.index(max(cycle))),
        "suggested rate: training loss": suggested,
        "thirtieth of it: times as much loss": slow / suggested,
        "thirty times it: times as much loss": diverged / suggested,
        "high rate: loss, constant / one cycle": steady / cycled,
    }


def _last(curve: Curve | None) -> float:
    return math.inf if curve is None else curve.train[-1]


def _difference_from_torch() -> float:
    """The largest over all steps of five schedules."""
    Make = Callable[[torch.optim.Optimizer], lr_scheduler.LRScheduler]  # noqa: N806 - a type
    pairs: tuple[tuple[Schedule, Make], ...] = (
        (partial(step_decay, every=90), lambda o: lr_scheduler.StepLR(o, 90, 0.1)),
        (cosine, lambda o: lr_scheduler.CosineAnnealingLR(o, STEPS)),
        (
            partial(cosine_restarts, first=FIRST),
            lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, FIRST, 2),
        ),
        (
            partial(triangular2, warmup=40),
            lambda o: lr_scheduler.CyclicLR(o, 0.1, 1.0, 40, mode="triangular2", cycle_momentum=False),
        ),
        (one_cycle, lambda o: lr_scheduler.OneCycleLR(o, 1.0, STEPS, cycle_momentum=False)),
    )
    furthest = 0.0
    for schedule, make in pairs:
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
        scheduler = make(optimizer)
        for step in range(STEPS):
            furthest = max(furthest, abs(schedule(step, STEPS) - float(optimizer.param_groups[0]["lr"])))
            optimizer.step()
            if step < STEPS - 1:
                scheduler.step()
    return furthest


def _paint_schedules(figure: Figure) -> None:
    grid = figure.subplots(2, math.ceil(len(SCHEDULES) / 2), sharex=True, sharey=True)
    for axes, name in zip(grid.flat, SCHEDULES, strict=True):
        schedule = make_schedule(name, warmup=35)
        axes.plot([schedule(step, STEPS) for step in range(STEPS)])
        axes.set_title(name, fontsize=10)
        axes.grid(visible=True, alpha=0.25)
    figure.supxlabel("step", fontsize=10)
    figure.supylabel("factor of the highest rate", fontsize=10)
    figure.suptitle("Ten schedules, each with a warm-up or a first rise of 35 steps")


def _paint_range_test(tested: RangeTest, curves: dict[float, Curve | None], figure: Figure) -> None:
    left, right = figure.subplots(1, 2)
    left.semilogx(tested.rates, tested.losses)
    left.axvline(
        tested.suggestion, linestyle="--", color="tab:red", label=f"{tested.suggestion:.2g}, suggested"
    )
    left.set(xlabel="learning rate", ylabel="smoothed loss (nats)", title="Range test")
    left.set_ylim(0, 1.3 * tested.losses[0])  # what diverges would flatten everything else
    left.legend(fontsize=9)
    for factor, curve in curves.items():
        if curve is not None:
            label = f"rate {tested.suggestion * factor:.2g}"
            right.semilogy(range(1, EPOCHS + 1), curve.train, ".-", label=label)
    right.set_xticks(range(1, EPOCHS + 1))
    right.set(xlabel="epoch", ylabel="training loss (nats)", title=f"1/{TIMES}, 1 and {TIMES} times as much")
    right.legend(fontsize=9)
