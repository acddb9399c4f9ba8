"""A value that remembers what it was computed from: one node of a graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, Union

import numpy as np
import numpy.typing as npt

from textkit.errors import UsageError

Doubles: TypeAlias = npt.NDArray[np.float64]
Pull: TypeAlias = Callable[[Doubles], Doubles]
Number: TypeAlias = Union["Node", float, npt.NDArray[np.generic]]


class Node:
    """`value`, a float64 array of any shape, and `edges` to the nodes it was computed from, none for a leaf.

    An edge is a parent and its pull: from dL/d(value), of some number L, to what that adds to dL/d(parent).
    That is the chain rule, one factor at a time (Baydin et al. 2018, JMLR 18, section 3.2). `gradient`, of
    the shape of `value`, is what `backward` has added up so far; None before it. What numpy warns of, such
    as the logarithm of 0, it warns of here.

    >>> x = Node(3.0, name="x")
    >>> y = x * x + 1
    >>> y, y.operation, [parent.operation for parent, _ in y.edges]
    (Node(10.), '+', ['*', ''])
    """

    __array_ufunc__ = None  # so that an array times a node is a node, not an array of nodes

    def __init__(
        self,
        value: npt.ArrayLike,
        *edges: tuple[Node, Pull],
        operation: str = "",
        name: str = "",
    ) -> None:
        self.value: Doubles = np.asarray(value, dtype=np.float64)
        self.edges, self.operation, self.name = edges, operation, name
        self.gradient: Doubles | None = None

    def __repr__(self) -> str:
        return f"Node({np.array2string(self.value)}{f', name={self.name!r}' if self.name else ''})"

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the value."""
        return self.value.shape

    def __add__(self, other: Number) -> Node:
        return add(self, node_of(other))

    def __radd__(self, other: Number) -> Node:
        return add(node_of(other), self)

    def __sub__(self, other: Number) -> Node:
        return subtract(self, node_of(other))

    def __rsub__(self, other: Number) -> Node:
        return subtract(node_of(other), self)

    def __mul__(self, other: Number) -> Node:
        return multiply(self, node_of(other))

    def __rmul__(self, other: Number) -> Node:
        return multiply(node_of(other), self)

    def __truediv__(self, other: Number) -> Node:
        return divide(self, node_of(other))

    def __rtruediv__(self, other: Number) -> Node:
        return divide(node_of(other), self)

    def __neg__(self) -> Node:
        return Node(-self.value, (self, lambda g: -g), operation="-")

    def __pow__(self, exponent: float) -> Node:
        return power(self, exponent)

    def __matmul__(self, other: Number) -> Node:
        return matmul(self, node_of(other))

    def __rmatmul__(self, other: Number) -> Node:
        return matmul(node_of(other), self)


def node_of(value: Number) -> Node:
    """A leaf for what is no node yet."""
    return value if isinstance(value, Node) else Node(value)


def add(a: Node, b: Node) -> Node:
    """a + b: d/da = 1, d/db = 1."""
    return Node(_combined("+", a, b), (a, lambda g: g), (b, lambda g: g), operation="+")


def subtract(a: Node, b: Node) -> Node:
    """a - b: d/da = 1, d/db = -1."""
    return Node(_combined("-", a, b), (a, lambda g: g), (b, lambda g: -g), operation="-")


def multiply(a: Node, b: Node) -> Node:
    """a b: d/da = b, d/db = a."""
    value = _combined("*", a, b)
    return Node(value, (a, lambda g: g * b.value), (b, lambda g: g * a.value), operation="*")


def divide(a: Node, b: Node) -> Node:
    """a / b: d/da = 1 / b, d/db = -a / b^2."""
    value = _combined("/", a, b)
    return Node(value, (a, lambda g: g / b.value), (b, lambda g: -g * value / b.value), operation="/")


def power(a: Node, exponent: float) -> Node:
    """a^n, n a number: d/da = n a^(n-1); of n = 0 that is 0 everywhere. Raises UsageError for another n."""
    if not isinstance(exponent, (int, float)):
        raise UsageError("an exponent must be a number: a^b of two nodes is exp(b log(a))")
    made: Doubles = a.value**exponent

    def of_base(g: Doubles) -> Doubles:
        return g * exponent * a.value ** (exponent - 1) if exponent else 0 * g

    return Node(made, (a, of_base), operation=f"^{exponent:g}")


def matmul(a: Node, b: Node) -> Node:
    """A B of matrices: d/dA = G B^T, d/dB = A^T G. A vector is a row on the left, a column on the right.

    Raises UsageError for shapes that do not fit, and for what is neither a vector nor a matrix.
    """
    if not {a.value.ndim, b.value.ndim} <= {1, 2} or a.shape[-1] != b.shape[0]:
        raise _unfitting("@", a, b)
    left = np.atleast_2d(a.value)
    right = b.value if b.value.ndim == 2 else b.value[:, None]

    def of_left(g: Doubles) -> Doubles:
        return (g.reshape(len(left), -1) @ right.T).reshape(a.shape)

    def of_right(g: Doubles) -> Doubles:
        return (left.T @ g.reshape(len(left), -1)).reshape(b.shape)

    return Node(a.value @ b.value, (a, of_left), (b, of_right), operation="@")


_FUNCTIONS = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}


def _combined(operation: str, a: Node, b: Node) -> Doubles:
    """Element by element; numpy stretches what is smaller, and `backward` sums over the copies."""
    try:
        made: Doubles = _FUNCTIONS[operation](a.value, b.value)
    except ValueError:
        raise _unfitting(operation, a, b) from None
    return made


def _unfitting(operation: str, a: Node, b: Node) -> UsageError:
    return UsageError(f"shapes {a.shape} and {b.shape} do not fit in '{operation}': reshape one of them")
