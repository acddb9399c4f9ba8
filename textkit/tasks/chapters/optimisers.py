"""Ten optimisers: on surfaces of two weights, where one sees their ways, and on a network."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from textkit.models.optimizers.adabound import AdaBound
from textkit.models.optimizers.adagrad import Adagrad
from textkit.models.optimizers.adam import Adam
from textkit.models.optimizers.amsgrad import AMSGrad
from textkit.models.optimizers.radam import RAdam
from textkit.models.optimizers.rmsprop import RMSprop
from textkit.models.optimizers.sgd import SGD
from textkit.models.optimizers.surfaces import descend, rosenbrock, valley
from textkit.models.optimizers.swats import SWATS
from textkit.models.perceptrons.multilayer import MultilayerPerceptron
from textkit.tasks.chapters.card import Card, Fact
from textkit.tasks.chapters.judging import accuracy
from textkit.tasks.chapters.small_digits import flat_digits
from textkit.tasks.chapters.study import Study
from textkit.train.fit import Curve, fit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Make = Callable[..., Optimizer]


@dataclass(frozen=True)
class Entrant:
    """An optimiser, torch's where it has it, and settings that suit the bent valley and the digits."""

    name: str
    ours: Make
    torchs: Make | None
    bent: dict[str, float]
    digits: dict[str, float]


_T = torch.optim
_OURS, _TORCHS = partial(SGD, momentum=0.9), partial(_T.SGD, momentum=0.9)
_N_OURS, _N_TORCHS = partial(_OURS, nesterov=True), partial(_TORCHS, nesterov=True)
ENTRANTS = (
    Entrant("SGD", SGD, _T.SGD, {"lr": 0.001}, {"lr": 0.3}),
    Entrant("momentum", _OURS, _TORCHS, {"lr": 0.001}, {"lr": 0.1}),
    Entrant("Nesterov", _N_OURS, _N_TORCHS, {"lr": 0.001}, {"lr": 0.1}),
    Entrant("Adagrad", Adagrad, _T.Adagrad, {"lr": 0.5}, {"lr": 0.1}),
    Entrant("RMSprop", RMSprop, _T.RMSprop, {"lr": 0.02}, {"lr": 0.01}),
    Entrant("Adam", Adam, _T.Adam, {"lr": 0.1}, {"lr": 0.01}),
    Entrant("AMSGrad", AMSGrad, partial(_T.Adam, amsgrad=True), {"lr": 0.1}, {"lr": 0.01}),
    Entrant(
        "AdaBound",
        AdaBound,
        None,
        {"lr": 0.1, "final_lr": 0.005, "gamma": 0.01},
        {"lr": 0.01, "final_lr": 0.5, "gamma": 0.01},
    ),
    # The tolerance of the paper, 1e-9, is next to never met in so few steps.
    Entrant("SWATS", SWATS, None, {"lr": 0.1, "tolerance": 1e-5}, {"lr": 0.01, "tolerance": 3e-3}),
    Entrant("RAdam", RAdam, _T.RAdam, {"lr": 0.01}, {"lr": 0.03}),
)
EPOCHS, BATCH, HIDDEN = 12, 64, 32
STEEPNESS, REACHED = 100.0, 1e-8  # of the valley; share of the first value that counts as its floor
START, BENT_STEPS = (-1.5, 2.0), 300  # in the bent valley

CARD = Card(
    title="Optimisers",
    title_zh="优化算法",
    claim=(
        "Momentum needs several times fewer steps than plain descent in a long valley; those of the ten "
        "optimisers that torch has make torch's steps; and each of them fits a small network to digits."
    ),
    facts=(
        Fact("largest difference from torch", 1e-12, "<="),
        Fact("valley: steps of plain descent", 461),
        Fact("valley: steps of plain descent / with momentum", 5.0, ">="),
        *(Fact(f"training loss: {entrant.name}", 0.15, "<=") for entrant in ENTRANTS),
        Fact("step at which SWATS turned to SGD", 270, "<="),
    ),
    source=(
        "Polyak 1964; Sutskever et al. 2013; Duchi et al. 2011; Kingma and Ba 2015, arXiv:1412.6980; "
        "Reddi et al. 2018, arXiv:1904.09237; Luo et al. 2019, arXiv:1902.09843; Keskar and Socher 2017, "
        "arXiv:1712.07628; Liu et al. 2020, arXiv:1908.03265"
    ),
    seconds=10,
    data_text="scikit-learn's 8x8 digits, four fifths of them; two surfaces of two weights",
)


def run(study: Study) -> dict[str, float]:
    """Down a straight valley, down a bent one beside torch, and on the digits from one start."""
    ways = _straight_valley(study)
    steps = {name: _steps(way) for name, way in ways.items()}
    return {
        "largest difference from torch": _bent_valley(study),
        "valley: steps of plain descent": steps["plain"],
        "valley: steps of plain descent / with momentum": steps["plain"] / steps["momentum"],
        **_digits(study),
    }


def _straight_valley(study: Study) -> dict[str, Tensor]:
    """Each with the rate, and the momentum, that a quadratic of this steepness is fastest with.

    Polyak 1964: with L and l the largest and smallest curvature, plain descent shrinks the distance by
    (k - 1) / (k + 1) a step, k = L / l, and momentum by (sqrt(k) - 1) / (sqrt(k) + 1) in the long run.
    """
    root = math.sqrt(STEEPNESS)
    rates = {"plain": 2 / (1 + STEEPNESS), "momentum": 4 / (1 + root) ** 2}
    momenta = {"plain": 0.0, "momentum": ((root - 1) / (root + 1)) ** 2}
    surface = partial(valley, steepness=STEEPNESS)
    ways = {
        name: descend(
            surface, (1.0, 0.1), make_optimizer=partial(SGD, lr=rate, momentum=momenta[name]), steps=600
        )
        for name, rate in rates.items()
    }

    def paint(figure: Figure) -> None:
        left, right = figure.subplots(1, 2)
        for (name, way), colour in zip(ways.items(), ("tab:gray", "tab:red"), strict=True):
            left.plot(*way.T, ".-", color=colour, linewidth=1, markersize=4, label=name)
            right.semilogy(valley(way, steepness=STEEPNESS), color=colour, label=name)
        left.set(xlabel="flat weight", ylabel="steep weight", title="the way from (1, 0.1)")
        right.set(xlabel="step", ylabel="height", ylim=(1e-9, 50), title="how high it is")
        left.legend()

    study.draw("optimisers-valley", paint, size=(9, 4))
    return ways


def _steps(way: Tensor) -> int:
    """How many steps bring the height to a share of REACHED for good."""
    heights = valley(way, steepness=STEEPNESS)
    above = (heights > REACHED * heights[0]).nonzero()
    return int(above[-1]) + 1


def _bent_valley(study: Study) -> float:
    """All ten from one start; the largest difference between a step of ours and of torch."""
    ways, differences = {}, []
    for entrant in ENTRANTS:
        go = partial(descend, rosenbrock, START, steps=BENT_STEPS)
        way = ways[entrant.name] = go(make_optimizer=partial(entrant.ours, **entrant.bent))
        if entrant.torchs is not None:
            beside = go(make_optimizer=partial(entrant.torchs, **entrant.bent))
            differences.append((way - beside).abs().max())

    def paint(figure: Figure) -> None:
        grid = figure.subplots(2, 5, sharex=True, sharey=True)
        for axes, (name, way) in zip(grid.flat, ways.items(), strict=True):
            _contours(axes)
            axes.plot(*way.T, ".-", color="tab:red", linewidth=1, markersize=3)
            axes.plot(1, 1, "*", color="black", markersize=8)
            axes.set_title(f"{name}: {rosenbrock(way[-1]):.2g}", fontsize=10)
        figure.supxlabel("first weight", fontsize=10)
        figure.supylabel("second weight", fontsize=10)
        figure.suptitle(f"{BENT_STEPS} steps, and the height at the end; the lowest point is the star")

    study.draw("optimisers-paths", paint, size=(12, 5.4))
    return float(torch.stack(differences).max())  # not a number where any of them is none


def _contours(axes: Axes) -> None:
    x, y = torch.meshgrid(torch.linspace(-2, 2, 120), torch.linspace(-1, 3, 120), indexing="xy")
    heights = rosenbrock(torch.stack([x, y], dim=-1))
    axes.contourf(x, y, heights.log10(), levels=12, cmap="Blues_r")


def _digits(study: Study) -> dict[str, float]:
    """All ten fit one network from one start, in the same minibatches; what is held out only gets a note."""
    examples, unseen = flat_digits(study.seed)
    start = perceptron_of(study.seed)
    curves: dict[str, Curve] = {}
    switched = math.nan
    for entrant in ENTRANTS:
        network = copy.deepcopy(start)
        optimizer = entrant.ours(network.parameters(), **entrant.digits)
        curves[entrant.name] = fit(
            network,
            nn.functional.cross_entropy,
            examples=examples,
            optimizer=optimizer,
            epochs=EPOCHS,
            batch_size=BATCH,
            seed=study.seed,
        )
        share = accuracy(network, unseen)
        study.note(f"{entrant.name}: {share:.1%} of the digits held out are right after {EPOCHS} epochs")
        if isinstance(optimizer, SWATS) and optimizer.rates[0] is not None:
            switched = optimizer.param_groups[0]["steps"]
            study.note(f"SWATS turned to SGD at step {switched}, with a rate of {optimizer.rates[0]:.2g}")
    study.draw("optimisers-digits", partial(_paint_curves, curves))
    losses = {f"training loss: {name}": curve.train[-1] for name, curve in curves.items()}
    return {**losses, "step at which SWATS turned to SGD": switched}


def perceptron_of(seed: int, *, activation: str = "relu") -> MultilayerPerceptron:
    """An untrained network for the small digits."""
    return MultilayerPerceptron([64, HIDDEN, 10], activation, generator=torch.Generator().manual_seed(seed))


def _paint_curves(curves: dict[str, Curve], figure: Figure) -> None:
    axes = figure.subplots()
    for number, (name, curve) in enumerate(curves.items()):
        style = "--" if number % 2 else "-"  # neighbours that would lie on each other can be told apart
        axes.semilogy(range(1, EPOCHS + 1), curve.train, style, color=f"C{number}", label=name)
    axes.set(xlabel="epoch", ylabel="training loss (nats)", title="8x8 digits, one hidden layer, one start")
    axes.legend(ncols=2, fontsize=9)
    axes.grid(visible=True, which="both", alpha=0.25)
