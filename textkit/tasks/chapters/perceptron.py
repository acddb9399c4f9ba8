"""A multilayer perceptron with four activations: on two spirals, and on small handwritten digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn.functional import cross_entropy

from textkit.models.perceptrons.multilayer import MultilayerPerceptron
from textkit.tasks.chapters.card import Card, Fact
from textkit.tasks.chapters.judging import accuracy
from textkit.tasks.chapters.small_digits import flat_digits
from textkit.tasks.chapters.spirals import spirals
from textkit.tasks.chapters.study import Study
from textkit.train.fit import Curve, Examples, fit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CARD = Card(
    title="The multilayer perceptron",
    title_zh="多层感知机",
    claim=(
        "One linear map cannot part two spirals; two hidden layers can, with ReLU, sigmoid, tanh or Maxout "
        "alike, and read 8x8 digits that they have not seen."
    ),
    facts=(
        Fact("spirals held out, one linear map", 0.75, "<="),
        Fact("spirals held out, relu", 0.95, ">="),
        Fact("spirals held out, sigmoid", 0.95, ">="),
        Fact("spirals held out, tanh", 0.95, ">="),
        Fact("spirals held out, maxout", 0.95, ">="),
        Fact("digits held out, relu", 0.95, ">="),
        Fact("digits held out, sigmoid", 0.95, ">="),
        Fact("digits held out, tanh", 0.95, ">="),
        Fact("digits held out, maxout", 0.95, ">="),
    ),
    source="Goodfellow, Bengio and Courville 2016, chapter 6; Goodfellow et al. 2013 (Maxout)",
    seconds=8,
    data_text="600 points of two spirals, 1,000 held out; scikit-learn's 8x8 digits, a random fifth held out",
)
ACTIVATIONS = ("relu", "sigmoid", "tanh", "maxout")


def run(study: Study) -> dict[str, float]:
    """Train a linear map and four perceptrons on spirals, and four on digits; judge all on held-out rows."""
    numbers = torch.Generator().manual_seed(study.seed)
    points, unseen = spirals(600, generator=numbers), spirals(1000, generator=numbers)
    networks = {"one linear map": MultilayerPerceptron([2, 2], generator=numbers)}
    for name in ACTIVATIONS:
        networks[name] = MultilayerPerceptron([2, 24, 24, 2], name, generator=numbers)
    curves = {name: learn_spirals(network, points, seed=study.seed) for name, network in networks.items()}
    reached = {f"spirals held out, {name}": accuracy(network, unseen) for name, network in networks.items()}

    digits, unseen_digits = flat_digits(study.seed)
    for name in ACTIVATIONS:
        network = MultilayerPerceptron([64, 64, 10], name, generator=numbers)
        learn_digits(network, digits, seed=study.seed)
        reached[f"digits held out, {name}"] = accuracy(network, unseen_digits)
        study.note(f"digits, {name}: {accuracy(network, digits):.3f} of those learnt from are right")

    def paint(figure: Figure) -> None:
        figure.suptitle("Two spirals: accuracy on held-out points, and which arm is seen where")
        *regions, last = figure.subplots(2, 3).flat
        for axes, (name, network) in zip(regions, networks.items(), strict=True):
            _regions(axes, network, points=unseen)
            axes.set_title(f"{name}: {reached[f'spirals held out, {name}']:.1%}")
        for name, curve in curves.items():
            last.semilogy(range(1, len(curve.train) + 1), curve.train, label=name)
        last.set(xlabel="epoch", ylabel="training loss", title="Learning the spirals", ylim=(1e-7, 3))
        last.legend(fontsize=8)

    study.draw("perceptron", paint, size=(9.6, 6.4))
    return reached


def learn_spirals(network: MultilayerPerceptron, points: Examples, *, seed: int) -> Curve:
    """Adam, 100 epochs of minibatches of 100."""
    optimizer = torch.optim.Adam(network.parameters(), lr=0.05)
    return fit(
        network, cross_entropy, examples=points, optimizer=optimizer, epochs=100, batch_size=100, seed=seed
    )


def learn_digits(network: MultilayerPerceptron, digits: Examples, *, seed: int) -> Curve:
    """Adam, 15 epochs of minibatches of 64."""
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    return fit(
        network, cross_entropy, examples=digits, optimizer=optimizer, epochs=15, batch_size=64, seed=seed
    )


def _regions(axes: Axes, network: MultilayerPerceptron, *, points: Examples) -> None:
    side = torch.linspace(-2.3, 2.3, 120)
    x, y = torch.meshgrid(side, side, indexing="xy")
    with torch.no_grad():
        chance = network(torch.stack([x, y], dim=-1)).softmax(-1)[..., 1]
    axes.contourf(x, y, chance, levels=10, cmap="RdBu_r", vmin=0, vmax=1, alpha=0.7)
    some, classes = points[0][:300], points[1][:300]
    axes.scatter(some[:, 0], some[:, 1], c=classes, cmap="RdBu_r", s=6, edgecolors="black", linewidths=0.2)
    axes.set(xticks=[], yticks=[], aspect="equal")
