"""Back-propagation: the derivative of one number by all others, in one pass through a small graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import cross_entropy

from textkit.models.autodiff.backward import backward, clear_gradients, gradients_at, ordered
from textkit.models.autodiff.finite_differences import finite_differences
from textkit.models.autodiff.node import Doubles, Node
from textkit.models.autodiff.operations import log_sum_exp, sigmoid, tanh, total
from textkit.models.autodiff.picture import boxes
from textkit.models.graph.layout import lay_out
from textkit.tasks.chapters.card import Card, Fact
from textkit.tasks.chapters.study import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CARD = Card(
    title="Back-propagation",
    title_zh="反向传播",
    claim=(
        "Each operation knows its own derivative; one pass from the loss back to the leaves multiplies and "
        "adds them, and comes to what torch and finite differences come to. Gradients add up, so they are "
        "cleared before each step."
    ),
    facts=(
        Fact("largest difference from autograd", 0.0, tolerance=1e-12),
        # Central differences of step 1e-5 are exact to about 1e-10; numbers here are about 1.
        Fact("largest difference from finite differences", 0.0, tolerance=1e-8),
        Fact("relative error through a chain of 10,000 nodes", 0.0, tolerance=1e-9),
        Fact("gradient after two passes over that after one", 2.0, tolerance=1e-12),
        Fact("distance from the minimum, gradients cleared", 1e-3, "<="),
        Fact("distance from the minimum, gradients not cleared", 1.0, ">="),
    ),
    source="Rumelhart, Hinton and Williams 1986; Griewank and Walther 2008, chapter 3",
    seconds=1,
    data_text="numbers drawn at random",
)
STEPS, LAST = 60, 20
Longs = npt.NDArray[np.int64]


def run(study: Study) -> dict[str, float]:
    """Differentiate one unit, which is drawn, then a network, a long chain, and see what clearing is for."""
    unit = one_unit()
    backward(unit)

    numbers = np.random.default_rng(study.seed)
    inputs, classes = numbers.normal(size=(8, 5)), numbers.integers(0, 3, 8)
    weights = [numbers.normal(0, 0.5, size) for size in ((5, 7), (7,), (7, 3), (3,))]
    nodes = [Node(value) for value in weights]
    loss = network_loss(inputs, classes, weights=nodes)
    backward(loss)
    found = gradients_at(nodes)
    differences = finite_differences(
        lambda *moved: float(network_loss(inputs, classes, weights=[Node(m) for m in moved]).value),
        weights,
        step=1e-5,
    )
    backward(loss)
    twice = gradients_at(nodes)
    study.note(
        f"the network's loss, {float(loss.value):.4f}, is a graph of {len(ordered(loss))} nodes; its "
        f"{sum(w.size for w in weights)} derivatives took one pass back, by differences "
        f"{2 * sum(w.size for w in weights)} passes forth"
    )

    ways = {"cleared before each step": descend(cleared=True), "not cleared": descend(cleared=False)}

    def paint(figure: Figure) -> None:
        graph, descent = figure.subplots(1, 2, width_ratios=[1.5, 1])
        draw_graph(graph, unit)
        for name, distances in ways.items():
            descent.plot(distances, label=name)
        descent.set(xlabel="step", ylabel="distance from the minimum", title="Gradient descent")
        descent.set_ylim(-0.2, 4)
        descent.grid(alpha=0.3)
        descent.legend(title="gradients are", loc="upper right")

    study.draw("backpropagation", paint, size=(10, 6))
    return {
        "largest difference from autograd": _largest(found, autograd(inputs, classes, weights=weights)),
        "largest difference from finite differences": _largest(found, differences),
        "relative error through a chain of 10,000 nodes": chain_error(10_000),
        "gradient after two passes over that after one": float(np.mean(twice[0] / found[0])),
        "distance from the minimum, gradients cleared": max(ways["cleared before each step"][-LAST:]),
        "distance from the minimum, gradients not cleared": max(ways["not cleared"][-LAST:]),
    }


def one_unit() -> Node:
    """(sigmoid(w x + b) - y)^2, the squared error of one unit with two inputs."""
    w1, w2, b = Node(0.5, name="w1"), Node(-1.0, name="w2"), Node(0.1, name="b")
    x1, x2, y = Node(2.0, name="x1"), Node(1.0, name="x2"), Node(1.0, name="y")
    p = sigmoid(w1 * x1 + w2 * x2 + b)
    p.name = "p"
    error: Node = (p - y) ** 2
    error.name = "loss"
    return error


def network_loss(inputs: Doubles, classes: Longs, *, weights: Sequence[Node]) -> Node:
    """The mean cross-entropy of a hidden layer of tanh and a softmax: log sum e^z less the right z."""
    first, first_bias, second, second_bias = weights
    scores = tanh(inputs @ first + first_bias) @ second + second_bias
    right = np.eye(scores.shape[1])[classes]
    return total(log_sum_exp(scores) - total(scores * right, axis=1)) / len(inputs)


def autograd(inputs: Doubles, classes: Longs, *, weights: Sequence[Doubles]) -> list[Doubles]:
    """The same gradients by torch."""
    tensors = [torch.tensor(value, requires_grad=True) for value in weights]
    hidden = torch.tanh(torch.tensor(inputs) @ tensors[0] + tensors[1])
    loss = cross_entropy(hidden @ tensors[2] + tensors[3], torch.tensor(classes))
    return [gradient.numpy() for gradient in torch.autograd.grad(loss, tensors)]


def chain_error(length: int) -> float:
    """d/dx of x 1.0001^n is 1.0001^n: how far off that is, through so many nodes."""
    x = last = Node(1.0)
    for _ in range(length):
        last = last * 1.0001
    backward(last)
    (gradient,) = gradients_at([x])
    return abs(float(gradient) / 1.0001**length - 1)


def descend(*, cleared: bool) -> list[float]:
    """How far w is from 3, the minimum of (w - 3)^2, at each step of gradient descent with rate 0.1."""
    w, distances = Node(0.0), []
    for _ in range(STEPS):
        if cleared:
            clear_gradients([w])
        backward((w - 3.0) ** 2)
        w.value = w.value - 0.1 * gradients_at([w])[0]
        distances.append(abs(float(w.value) - 3))
    return distances


def draw_graph(axes: Axes, last: Node) -> None:
    """The boxes of the graph with their labels, and an arrow for each edge."""
    nodes, edges = boxes(last)
    sizes = {node.name: (110.0, 15.0 * (1 + node.label.count("\n"))) for node in nodes}
    layout = lay_out(sizes, edges)
    for start, end in edges:
        (x, y), (to, below) = layout.centres[start], layout.centres[end]
        foot, head = y + sizes[start][1] / 2, below - sizes[end][1] / 2
        arrow = {"arrowstyle": "-|>", "color": "grey", "shrinkA": 1, "shrinkB": 1}
        axes.annotate("", xy=(to, head), xytext=(x, foot), arrowprops=arrow)
    for node in nodes:
        box = {"boxstyle": "round", "facecolor": "#eef3fa", "edgecolor": "#445566"}
        axes.text(*layout.centres[node.name], node.label, ha="center", va="center", fontsize=7, bbox=box)
    axes.set(xlim=(-10, layout.size[0] + 10), ylim=(layout.size[1] + 20, -20), title="Values and gradients")
    axes.axis("off")


def _largest(some: Sequence[Doubles], others: Sequence[Doubles]) -> float:
    return max(float(np.abs(one - other).max()) for one, other in zip(some, others, strict=True))
