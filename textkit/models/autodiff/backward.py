"""Reverse mode: the gradient of one number with respect to everything it was computed from, in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from textkit.errors import UsageError
from textkit.models.autodiff.node import Doubles, Node, Pull


def backward(last: Node) -> None:
    """Add d(last)/d(node) to the `gradient` of every node of the graph of `last`, which is one number.

    From `last` to the leaves each node is visited once, when all that is computed from it has been: the
    gradient of a node is the sum over its edges (Griewank and Walther 2008, section 3.2). A second pass
    adds to the first, so that losses may be summed one by one; what has been used must be cleared. Raises
    UsageError when `last` is not one number.

    >>> x = Node(3.0)
    >>> backward(x * x + 2 * x)
    >>> x.gradient
    array(8.)
    """
    if last.value.size != 1:
        raise UsageError(f"gradients are those of one number, not of {last.shape}: sum first")
    found: dict[Node, Doubles] = {last: np.ones_like(last.value)}
    for node in reversed(ordered(last)):
        gradient = found[node]
        node.gradient = np.asarray(gradient if node.gradient is None else node.gradient + gradient)
        for parent, pull in node.edges:
            part = summed_to(pull(gradient), parent.shape)
            found[parent] = found[parent] + part if parent in found else part


def gradients_at(nodes: Iterable[Node]) -> list[Doubles]:
    """What has been added up at each of `nodes`; zeros at one that nothing depends on."""
    return [np.zeros(node.shape) if node.gradient is None else node.gradient for node in nodes]


def clear_gradients(nodes: Iterable[Node]) -> None:
    """Forget the gradients of `nodes`, before the next pass."""
    for node in nodes:
        node.gradient = None


def ordered(last: Node) -> list[Node]:
    """Every node that `last` was computed from, once, each after its parents; `last` is last.

    Depth first with a stack of its own: the depth of a graph is not bounded by Python's.

    >>> x = Node(1.0, name="x")
    >>> [node.operation or node.name for node in ordered((x + x) * x)]
    ['x', '+', '*']
    """
    made: list[Node] = []
    seen = {last}
    waiting: list[tuple[Node, Iterator[tuple[Node, Pull]]]] = [(last, iter(last.edges))]
    while waiting:
        node, edges = waiting[-1]
        parent = next((parent for parent, _ in edges if parent not in seen), None)
        if parent is None:
            made.append(node)
            waiting.pop()
        else:
            seen.add(parent)
            waiting.append((parent, iter(parent.edges)))
    return made


def summed_to(gradient: Doubles, shape: tuple[int, ...]) -> Doubles:
    """`gradient` summed over what numpy had stretched: to `shape`.

    Axes that were put in front are summed away, those of length 1 are summed to length 1.

    >>> summed_to(np.ones((2, 3, 4)), (3, 1)).tolist()
    [[8.0], [8.0], [8.0]]
    """
    if gradient.shape == shape:
        return gradient
    summed = gradient.sum(axis=tuple(range(gradient.ndim - len(shape))))
    stretched = tuple(axis for axis, length in enumerate(shape) if length == 1)
    return np.asarray(summed.sum(axis=stretched, keepdims=True)).reshape(shape)
