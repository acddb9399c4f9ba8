"""Numerical stability: products of many factors vanish or explode, those of matrices and those of layers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch.nn.functional import cross_entropy

from textkit.models.matrix_products import growth_deviation, log_norms, lyapunov_exponent
from textkit.models.perceptrons.multilayer import MultilayerPerceptron
from textkit.models.perceptrons.signals import signals
from textkit.tasks.chapters.card import Card, Fact
from textkit.tasks.chapters.study import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE, COUNT = 4, 2000
CARD = Card(
    title="Numerical stability",
    title_zh="数值稳定性",
    claim=(
        "The logarithm of the norm of a product of random matrices grows, or falls, linearly, as fast as "
        "theory says. So do gradients through many layers: sigmoid's vanish, and ReLU keeps them only with "
        "the initialisation that was made for it."
    ),
    facts=(
        # (log 2 + log s^2 + digamma(D / 2)) / 2; over 2,000 factors four standard deviations are 0.036.
        Fact("growth of log norm per 4x4 matrix, deviation 1", 0.5580, tolerance=0.036),
        Fact("growth of log norm per 4x4 matrix, deviation 0.3", -0.6460, tolerance=0.036),
        Fact("growth of log norm per 64x64 matrix, deviation 1/8", -0.0079, tolerance=0.008),
        # 100 factors, of four deviations 7: as in the book, which prints the product itself.
        Fact("log10 of the norm of 100 4x4 matrices' product", 24.5, tolerance=7),
        Fact("log10 of the gradient's change over 20 layers, sigmoid", -8.0, "<="),
        Fact("log10 of the gradient's change over 20 layers, relu, small", -10.0, "<="),
        Fact("log10 of the gradient's change over 20 layers, relu, Kaiming", 0.0, tolerance=0.5),
        Fact("log10 of the gradient's change over 20 layers, tanh, Xavier", 0.0, tolerance=1.0),
    ),
    source="Newman 1986 (Lyapunov exponents); Glorot and Bengio 2010; He et al. 2015",
    seconds=3,
    data_text="normal numbers",
)
WIDTH, DEPTH = 256, 20
LAYERS = (
    ("sigmoid", "xavier"),
    ("tanh", "xavier"),
    ("relu", "small"),
    ("relu", "xavier"),
    ("relu", "kaiming"),
)


def run(study: Study) -> dict[str, float]:
    """Multiply many matrices, three kinds of them, then send a gradient back through 20 layers."""
    numbers = torch.Generator().manual_seed(study.seed)
    kinds = ((SIZE, 1.0), (SIZE, 0.3), (64, 0.125))
    products = {kind: log_norms(COUNT, kind[0], deviation=kind[1], generator=numbers) for kind in kinds}
    slopes = {kind: float(logs[-1]) / COUNT for kind, logs in products.items()}
    for (size, deviation), slope in slopes.items():
        study.note(
            f"{size}x{size}, deviation {deviation:g}: growth {slope:+.4f}, by theory "
            f"{lyapunov_exponent(size, deviation):+.4f} ± {growth_deviation(size, COUNT):.4f}"
        )

    given = (torch.randn(128, WIDTH, generator=numbers), torch.randint(10, (128,), generator=numbers))
    gradients = {}
    for activation, name in LAYERS:
        network = MultilayerPerceptron(
            [*[WIDTH] * (DEPTH + 1), 10], activation, initialisation=name, generator=numbers
        )
        gradients[activation, name] = signals(network, cross_entropy, examples=given).gradients

    def change(activation: str, name: str) -> float:
        first, *_, last = gradients[activation, name]
        return math.log10(first / last)

    def paint(figure: Figure) -> None:
        left, right = figure.subplots(1, 2)
        for (size, deviation), logs in products.items():
            _growth(left, logs[:100] / math.log(10), size=size, deviation=deviation)
        left.set(
            xlabel="matrices in the product", ylabel="log10 of its norm", title="Products (dashed: theory)"
        )
        for (activation, name), sizes in gradients.items():
            right.semilogy(range(1, DEPTH + 1), sizes, marker=".", label=f"{activation}, {name}")
        right.set(
            xlabel="layer",
            ylabel="root mean square of the gradient",
            title="From the last layer to the first",
        )
        right.set_xticks(range(2, DEPTH + 1, 2))
        for axes in (left, right):
            axes.grid(alpha=0.3)
            axes.legend(fontsize=8)

    study.draw("numerical-stability", paint, size=(9.2, 4))
    book = products[SIZE, 1.0][99] / math.log(10)
    return {
        "growth of log norm per 4x4 matrix, deviation 1": slopes[SIZE, 1.0],
        "growth of log norm per 4x4 matrix, deviation 0.3": slopes[SIZE, 0.3],
        "growth of log norm per 64x64 matrix, deviation 1/8": slopes[64, 0.125],
        "log10 of the norm of 100 4x4 matrices' product": float(book),
        "log10 of the gradient's change over 20 layers, sigmoid": change("sigmoid", "xavier"),
        "log10 of the gradient's change over 20 layers, relu, small": change("relu", "small"),
        "log10 of the gradient's change over 20 layers, relu, Kaiming": change("relu", "kaiming"),
        "log10 of the gradient's change over 20 layers, tanh, Xavier": change("tanh", "xavier"),
    }


def _growth(axes: Axes, logs: torch.Tensor, *, size: int, deviation: float) -> None:
    (line,) = axes.plot(range(1, len(logs) + 1), logs, label=f"{size}×{size}, deviation {deviation:g}")
    slope = lyapunov_exponent(size, deviation) / math.log(10)
    axes.plot([0, len(logs)], [0, slope * len(logs)], color=line.get_color(), linestyle="--", linewidth=1)
