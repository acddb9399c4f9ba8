"""Reverse mode: against torch's autograd and finite differences, on operations and on random graphs."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.errors import UsageError
from textkit.models.autodiff import operations
from textkit.models.autodiff.backward import backward, clear_gradients, gradients_at, ordered, summed_to
from textkit.models.autodiff.finite_differences import finite_differences
from textkit.models.autodiff.node import Node
from textkit.models.autodiff.picture import boxes, picture

SHAPES = [
    ((), ()),
    ((3,), ()),
    ((), (2, 3)),
    ((2, 3), (2, 3)),
    ((2, 3), (3,)),
    ((2, 1), (3,)),
    ((1, 3), (2, 1)),
]
BINARY: dict[str, Callable] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}
UNARY: dict[str, tuple[Callable, Callable]] = {
    "exp": (operations.exp, torch.exp),
    "log": (operations.log, torch.log),
    "tanh": (operations.tanh, torch.tanh),
    "sigmoid": (operations.sigmoid, torch.sigmoid),
    "relu": (operations.relu, torch.relu),
    "negative": (lambda x: -x, lambda x: -x),
    "square": (lambda x: x**2, lambda x: x**2),
    "root": (lambda x: x**0.5, lambda x: x**0.5),
    "inverse": (lambda x: 1 / x, lambda x: 1 / x),
    "from one": (lambda x: 1 - x, lambda x: 1 - x),
    "both sides": (lambda x: 2 + 3 * x - 1 + x * 4, lambda x: 2 + 3 * x - 1 + x * 4),
}


def positive(*shapes: tuple[int, ...], seed: int = 1) -> list[np.ndarray]:
    numbers = np.random.default_rng(seed)
    return [np.asarray(numbers.uniform(0.5, 2.0, shape)) for shape in shapes]


def check(ours: Callable, theirs: Callable, values: list[np.ndarray]) -> None:
    """Value and gradients of the sum of squares; by torch and by differences."""
    nodes = [Node(value) for value in values]
    backward(operations.total(ours(*nodes) ** 2))
    tensors = [torch.tensor(value, requires_grad=True) for value in values]
    expected = torch.autograd.grad((theirs(*tensors) ** 2).sum(), tensors)
    differences = finite_differences(
        lambda *moved: float((ours(*map(Node, moved)).value ** 2).sum()), values, step=1e-5
    )
    for node, tensor, gradient, difference in zip(nodes, tensors, expected, differences, strict=True):
        assert node.gradient.shape == tuple(tensor.shape)
        np.testing.assert_allclose(node.gradient, gradient, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(node.gradient, difference, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("shapes", SHAPES)
@pytest.mark.parametrize("operation", list(BINARY))
def test_elementwise_with_everything_that_numpy_stretches(operation: str, shapes: tuple) -> None:
    check(BINARY[operation], BINARY[operation], positive(*shapes))


@pytest.mark.parametrize("operation", list(UNARY))
def test_functions_of_one_node(operation: str) -> None:
    check(*UNARY[operation], positive((2, 3)))


def test_relu_on_both_sides_of_zero_and_at_it() -> None:
    x = Node([-1.0, 0.0, 2.0])
    backward(operations.total(operations.relu(x)))
    assert x.gradient.tolist() == [0, 0, 1]


@pytest.mark.parametrize("shapes", [((2, 3), (3, 4)), ((3,), (3, 4)), ((2, 3), (3,)), ((3,), (3,))])
def test_products_of_matrices_and_vectors(shapes: tuple) -> None:
    check(lambda a, b: a @ b, lambda a, b: a @ b, positive(*shapes))


def test_powers_at_zero_and_what_is_no_power() -> None:
    for exponent, slopes in ((0, [0, 0]), (1, [1, 1]), (2, [0, 4])):
        x = Node([0.0, 2.0])
        backward(operations.total(x**exponent))
        assert x.gradient.tolist() == slopes
    with pytest.raises(UsageError, match="an exponent must be a number"):
        Node(2.0) ** Node(3.0)


def test_differences_of_whole_numbers_are_not_rounded() -> None:
    found = finite_differences(lambda x: float((x**3).sum() / 7), [np.array([1, 2])])
    np.testing.assert_allclose(found[0], np.array([3, 12]) / 7, rtol=1e-6)


def test_sums_and_repetitions() -> None:
    for axis in (0, 1, -1):
        check(
            lambda x, axis=axis: operations.total(x, axis=axis),
            lambda x, axis=axis: x.sum(axis, keepdim=True),
            positive((2, 3)),
        )
    check(lambda x: operations.total(x), lambda x: x.sum(), positive((2, 3)))
    assert operations.total(Node(np.ones((2, 3)))).shape == ()
    check(lambda x: operations.broadcast(x, (4, 2, 3)), lambda x: x.expand(4, 2, 3), positive((2, 1)))
    check(operations.log_sum_exp, lambda x: torch.logsumexp(x, -1, keepdim=True), positive((2, 5)))


def test_arrays_and_numbers_stand_on_either_side() -> None:
    x = Node([1.0, 2.0])
    made = np.array([3.0, 4.0]) * x + np.array([[1.0], [0.0]]) - 1
    assert isinstance(made, Node)
    assert made.value.tolist() == [[3, 8], [2, 7]]
    assert (np.eye(2) @ x).value.tolist() == [1, 2]


@given(st.integers(0, 2**32 - 1), st.integers(1, 25))
@settings(max_examples=40, deadline=None)
def test_random_graphs_agree_with_autograd(seed: int, size: int) -> None:
    """Operations drawn at random, each of any nodes so far: values are used often, or never."""
    drawn = np.random.default_rng(seed)
    shapes = [(), (3,), (2, 3), (2, 1)]
    values = [drawn.uniform(-1, 1, shapes[drawn.integers(4)]) for _ in range(3)]
    tensors = [torch.tensor(value, requires_grad=True) for value in values]
    nodes = [Node(value) for value in values]
    leaves, ours, theirs = list(nodes), list(nodes), list(tensors)
    for _ in range(size):
        kind, i, j = drawn.integers(6), *drawn.integers(len(ours), size=2)
        for made, floor in ((ours, operations), (theirs, torch)):
            a, b = made[i], made[j]
            bounded = floor.tanh(b)
            new = (a + b, a - bounded, floor.tanh(a) * b, a / (2 + bounded), floor.sigmoid(a) ** 2, -a)[kind]
            made.append(new)
    total = operations.total(ours[-1]) + operations.total(ours[len(ours) // 2])
    backward(total)
    (theirs[-1].sum() + theirs[len(theirs) // 2].sum()).backward()
    for node, tensor in zip(leaves, tensors, strict=True):
        if tensor.grad is None:
            assert node.gradient is None
        else:
            np.testing.assert_allclose(node.gradient, tensor.grad, rtol=1e-9, atol=1e-12)


def test_each_node_is_visited_once_after_its_parents() -> None:
    x = Node(2.0)
    layer = x
    for _ in range(60):  # 2^60 paths
        layer = layer + layer
    order = ordered(layer)
    assert len(order) == 61
    place = {node: number for number, node in enumerate(order)}
    assert all(place[parent] < place[node] for node in order for parent, _ in node.edges)
    backward(layer)
    assert x.gradient == 2.0**60


def test_a_chain_may_be_longer_than_pythons_stack() -> None:
    x = Node(1.0)
    last = x
    for _ in range(10_000):
        last = last * 1.0001
    backward(last)
    assert float(x.gradient) == pytest.approx(1.0001**10_000)


def test_gradients_add_up_until_they_are_cleared() -> None:
    x = Node([1.0, 2.0])
    loss = operations.total(x * x)
    backward(loss)
    backward(loss)
    assert x.gradient.tolist() == [4, 8]
    backward(operations.total(3 * x))  # another loss of the same leaf adds to it, too
    assert x.gradient.tolist() == [7, 11]
    clear_gradients(ordered(loss))
    assert x.gradient is None
    assert [gradient.tolist() for gradient in gradients_at([x])] == [[0, 0]]
    backward(loss)
    assert x.gradient.tolist() == [2, 4]


def test_gradients_are_not_shared_arrays() -> None:
    a, b = Node([1.0, 2.0]), Node([3.0, 4.0])
    loss = operations.total(a + b)
    backward(loss)
    backward(operations.total(a * 1.0))
    assert (a.gradient.tolist(), b.gradient.tolist()) == ([2, 2], [1, 1])


def test_summed_to_is_the_adjoint_of_numpys_stretching() -> None:
    numbers = np.random.default_rng(1)
    for shape in [(), (1,), (4,), (3, 1), (1, 4), (2, 1, 1), (2, 3, 4)]:
        x, g = numbers.normal(size=shape), numbers.normal(size=(2, 3, 4))
        assert summed_to(g, shape).shape == shape
        assert float((np.broadcast_to(x, g.shape) * g).sum()) == pytest.approx(
            (x * summed_to(g, shape)).sum()
        )


def test_what_cannot_be_computed_is_refused() -> None:
    with pytest.raises(UsageError, match=r"gradients are those of one number, not of \(2,\): sum first"):
        backward(Node([1.0, 2.0]))
    with pytest.raises(UsageError, match=r"shapes \(2,\) and \(3,\) do not fit in '\*'"):
        Node([1.0, 2.0]) * np.ones(3)
    for a, b in (((2, 3), (2, 3)), ((), (2,)), ((2, 2, 2), (2,))):
        with pytest.raises(UsageError, match=r"do not fit in '@'"):
            Node(np.ones(a)) @ Node(np.ones(b))
    with pytest.raises(UsageError, match=r"there is no axis 1 in the shape \(2,\)"):
        operations.total(Node([1.0, 2.0]), axis=1)
    with pytest.raises(UsageError, match=r"the shape \(2,\) cannot be repeated to \(3,\)"):
        operations.broadcast(Node([1.0, 2.0]), (3,))


def test_the_picture_has_every_node_with_its_value_and_gradient() -> None:
    w, x = Node([0.5, -1.0], name="w"), Node(np.ones((2, 9)), name="x<>")
    loss = operations.total(operations.tanh(w @ x))
    assert "gradient" not in picture(loss)
    backward(loss)
    nodes, edges = boxes(loss)
    assert [node.label.split("\n")[0] for node in nodes] == ["w", "x<>", "@", "tanh", "sum"]
    assert edges == [("0", "2"), ("1", "2"), ("2", "3"), ("3", "4")]
    assert nodes[0].label == "w\nvalue [0.5, -1]\ngradient [7.08, 7.08]"
    assert nodes[1].label.startswith("x<>\nvalue of 2×9")
    text = picture(loss)
    ElementTree.fromstring(text)
    assert text.count('class="box"') == 5
    assert text.count('class="edge"') == 4
