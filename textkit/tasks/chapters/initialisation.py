"""Where weights begin: zero keeps units alike, small numbers vanish with depth, Xavier and Kaiming do not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch.nn.functional import cross_entropy

from textkit.models.perceptrons.multilayer import MultilayerPerceptron
from textkit.models.perceptrons.signals import Signals, signals
from textkit.tasks.chapters.card import Card, Fact
from textkit.tasks.chapters.judging import accuracy
from textkit.tasks.chapters.spirals import spirals
from textkit.tasks.chapters.study import Study
from textkit.train.fit import fit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CARD = Card(
    title="Initialisation",
    title_zh="参数初始化",
    claim=(
        "From zero the units of a layer stay identical through training, and are worth one unit. Through 20 "
        "layers of ReLU small random weights lose the signal, Xavier's halve its square at each layer, and "
        "Kaiming's keep it; Xavier's are for tanh."
    ),
    facts=(
        Fact("spread of a layer's units, trained from zero", 0.0, tolerance=1e-6),
        Fact("spread of a layer's units, trained from Xavier", 0.1, ">="),
        Fact("accuracy held out, Xavier less zero", 0.2, ">="),
        # Each of 19 layers multiplies E[units^2] by fan_in s^2 / 2, which is 1, 1/2 and 512 / 20,000; the
        # logarithm has a variance of about 5 / width a layer, 0.19 in all: four deviations are 2.5 in log2.
        Fact("log2 of the square's growth, relu and Kaiming", 0.0, tolerance=2.5),
        Fact("log2 of the square's growth, relu and Xavier", -19.0, tolerance=2.5),
        Fact("log2 of the square's growth, relu and small", 19 * math.log2(512 / 20_000), tolerance=2.5),
        Fact("log2 of the square's growth, tanh and Xavier", -5.0, ">="),
        # While tanh is the identity the factor is fan_in s^2, and what small weights leave is small.
        Fact("log2 of the square's growth, tanh and small", 19 * math.log2(512 / 10_000), tolerance=2.5),
    ),
    source="Glorot and Bengio 2010; He et al. 2015 (arXiv:1502.01852)",
    seconds=5,
    data_text="two spirals; normal numbers",
)
WIDTH, DEPTH = 512, 20
SHOWN = ("small", "xavier", "kaiming")


def run(study: Study) -> dict[str, float]:
    """Train from zero and from Xavier's weights; then send numbers through 20 layers that nobody trained."""
    numbers = torch.Generator().manual_seed(study.seed)
    points, unseen = spirals(600, generator=numbers), spirals(1000, generator=numbers)
    spread, right = {}, {}
    for name in ("zero", "xavier"):
        network = MultilayerPerceptron([2, 16, 16, 2], "sigmoid", initialisation=name, generator=numbers)
        optimizer = torch.optim.Adam(network.parameters(), lr=0.05)
        fit(network, cross_entropy, examples=points, optimizer=optimizer, epochs=100, batch_size=100)
        with torch.no_grad():
            hidden = network.layers(unseen[0])[:-1]
        spread[name] = max(float((units.amax(1) - units.amin(1)).max()) for units in hidden)
        right[name] = accuracy(network, unseen)
        study.note(f"trained from {name}: {right[name]:.3f} of the held-out points are right")

    study.note("through 20 layers of tanh Xavier's signals shrink slowly, Kaiming's saturate")
    flow = {}
    given = (torch.randn(128, WIDTH, generator=numbers), torch.randint(10, (128,), generator=numbers))
    for activation in ("relu", "tanh"):
        for name in SHOWN:
            deep = MultilayerPerceptron(
                [*[WIDTH] * (DEPTH + 1), 10], activation, initialisation=name, generator=numbers
            )
            flow[activation, name] = signals(deep, cross_entropy, examples=given)

    def growth(activation: str, name: str) -> float:
        first, *_, last = flow[activation, name].units
        return 2 * math.log2(last / first)

    def paint(figure: Figure) -> None:
        for axes, activation in zip(figure.subplots(1, 2), ("relu", "tanh"), strict=True):
            _sizes(axes, {name: flow[activation, name] for name in SHOWN})
            axes.set_title(f"{activation}, before training")

    study.draw("initialisation", paint, size=(8.4, 3.8))
    return {
        "spread of a layer's units, trained from zero": spread["zero"],
        "spread of a layer's units, trained from Xavier": spread["xavier"],
        "accuracy held out, Xavier less zero": right["xavier"] - right["zero"],
        "log2 of the square's growth, relu and Kaiming": growth("relu", "kaiming"),
        "log2 of the square's growth, relu and Xavier": growth("relu", "xavier"),
        "log2 of the square's growth, relu and small": growth("relu", "small"),
        "log2 of the square's growth, tanh and Xavier": growth("tanh", "xavier"),
        "log2 of the square's growth, tanh and small": growth("tanh", "small"),
    }


def _sizes(axes: Axes, flow: dict[str, Signals]) -> None:
    for name, (units, _) in flow.items():
        axes.semilogy(range(1, len(units) + 1), units, marker=".", label=name)
    axes.set(xlabel="layer", ylabel="root mean square of the units", xlim=(1, DEPTH), xticks=range(2, 21, 2))
    axes.grid(alpha=0.3)
    axes.legend()
