"""Functions of nodes, beside the operators that nodes have: each with its derivative."""

from __future__ import annotations

import numpy as np

from textkit.errors import UsageError
from textkit.models.autodiff.node import Doubles, Node


def exp(x: Node) -> Node:
    """e^x: d/dx = e^x.

    >>> exp(Node(0.0))
    Node(1.)
    """
    value: Doubles = np.exp(x.value)
    return Node(value, (x, lambda g: g * value), operation="exp")


def log(x: Node) -> Node:
    """The natural logarithm: d/dx = 1 / x."""
    return Node(np.log(x.value), (x, lambda g: g / x.value), operation="log")


def tanh(x: Node) -> Node:
    """d/dx = 1 - tanh(x)^2."""
    value: Doubles = np.tanh(x.value)
    return Node(value, (x, lambda g: g * (1 - value**2)), operation="tanh")


def sigmoid(x: Node) -> Node:
    """1 / (1 + e^-x), computed as (1 + tanh(x / 2)) / 2: d/dx = s (1 - s)."""
    value: Doubles = 0.5 * (1 + np.tanh(0.5 * x.value))
    return Node(value, (x, lambda g: g * value * (1 - value)), operation="sigmoid")


def relu(x: Node) -> Node:
    """max(x, 0): d/dx = 1 above 0, else 0 (at 0 too, as in torch)."""
    return Node(np.maximum(x.value, 0), (x, lambda g: g * (x.value > 0)), operation="relu")


def total(x: Node, *, axis: int | None = None) -> Node:
    """The sum, of all elements or along `axis`, which stays with length 1: each element's d/dx is 1.

    Raises UsageError for an axis that x does not have.

    >>> total(Node([[1.0, 2.0], [3.0, 4.0]]), axis=1)
    Node([[3.] [7.]])
    """
    if axis is not None and not -x.value.ndim <= axis < x.value.ndim:
        raise UsageError(f"there is no axis {axis} in the shape {x.shape}")
    value: Doubles = np.asarray(x.value.sum(axis=axis, keepdims=axis is not None))
    return Node(value, (x, lambda g: np.broadcast_to(g, x.shape)), operation="sum")


def broadcast(x: Node, shape: tuple[int, ...]) -> Node:
    """x repeated to `shape`, by numpy's rules; its gradient is the sum over the copies.

    Raises UsageError when it does not fit.

    >>> broadcast(Node([1.0, 2.0]), (2, 2))
    Node([[1. 2.] [1. 2.]])
    """
    try:
        value = np.broadcast_to(x.value, shape)
    except ValueError:
        raise UsageError(f"the shape {x.shape} cannot be repeated to {shape}") from None
    return Node(value, (x, lambda g: g), operation="broadcast")


def log_sum_exp(x: Node) -> Node:
    """log sum e^x along the last axis, which stays: d/dx = softmax(x). No overflow, as the largest is apart.

    A composition of the other operations: the largest is taken for a constant, which changes nothing, as
    the result does not depend on it.

    >>> log_sum_exp(Node([1000.0, 1000.0]) - np.log(2))
    Node([1000.])
    """
    largest: Doubles = x.value.max(axis=-1, keepdims=True)
    return log(total(exp(x - largest), axis=-1)) + largest
