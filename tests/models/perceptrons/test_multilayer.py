"""Perceptrons of any depth: against torch.nn.Sequential, and what zero weights do."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from textkit.errors import UsageError
from textkit.models.perceptrons.activations import ACTIVATIONS
from textkit.models.perceptrons.maxout import Maxout
from textkit.models.perceptrons.multilayer import MultilayerPerceptron
from textkit.models.perceptrons.signals import signals

THEIRS = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}


def numbers(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("activation", list(THEIRS))
@pytest.mark.parametrize("widths", [(5, 3), (5, 7, 3), (5, 7, 6, 4, 3)])
def test_values_and_gradients_are_those_of_torch(
    widths: tuple[int, ...], activation: str, dropout: float
) -> None:
    ours = MultilayerPerceptron(widths, activation, dropout=dropout, generator=numbers())
    layers: list[nn.Module] = []
    for layer in ours.hidden:
        linear = nn.Linear(layer.in_features, layer.out_features)
        linear.load_state_dict(layer.state_dict())
        layers += [linear, THEIRS[activation](), nn.Dropout(dropout)]
    last = nn.Linear(widths[-2], widths[-1])
    last.load_state_dict(ours.output.state_dict())
    theirs = nn.Sequential(*layers, last)
    x = torch.randn(11, 5, generator=numbers(2))
    gradients = []
    for network in (ours, theirs):
        torch.manual_seed(3)  # one mask for both
        inputs = x.clone().requires_grad_()
        output = network(inputs)
        gradients.append([output, *torch.autograd.grad(output.pow(2).sum(), [inputs, *network.parameters()])])
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(ours.eval()(x), theirs.eval()(x), atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_activations_and_their_derivatives_are_torchs(name: str) -> None:
    z = torch.tensor([-200.0, -3.0, -0.5, 0.0, 0.1, 2.0, 200.0], dtype=torch.float64, requires_grad=True)
    ours, theirs = ACTIVATIONS[name](z), getattr(torch, name)(z)
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(*(torch.autograd.grad(made.sum(), z)[0] for made in (ours, theirs)))


def test_maxout_is_the_largest_piece_by_brute_force() -> None:
    torch.manual_seed(1)
    layer = Maxout(4, 5, pieces=3)
    x = torch.randn(2, 6, 4)
    expected = torch.empty(2, 6, 5)
    for unit in range(5):
        pieces = [x @ layer.linear.weight[unit * 3 + j] + layer.linear.bias[unit * 3 + j] for j in range(3)]
        expected[..., unit] = torch.stack(pieces).amax(0)
    torch.testing.assert_close(layer(x), expected)
    assert Maxout(4, 5, pieces=1)(x).shape == (2, 6, 5)


def test_maxout_can_be_relu() -> None:
    relu, maxout = (MultilayerPerceptron([3, 4, 2], name, generator=numbers()) for name in ("relu", "maxout"))
    with torch.no_grad():
        maxout.hidden[0].linear.weight[0::2] = relu.hidden[0].weight
        maxout.hidden[0].linear.weight[1::2] = 0
        maxout.output.load_state_dict(relu.output.state_dict())
    x = torch.randn(9, 3, generator=numbers(2))
    torch.testing.assert_close(maxout(x), relu(x))


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh", "maxout"])
def test_from_zero_the_units_of_a_layer_stay_identical_through_training(activation: str) -> None:
    network = MultilayerPerceptron([3, 16, 16, 2], activation, initialisation="zero").double()
    x = torch.randn(20, 3, generator=numbers()).double()
    targets = (x[:, 0] > 0.3).long()
    optimizer = torch.optim.Adam(network.parameters(), lr=0.05)
    for _ in range(30):
        optimizer.zero_grad()
        functional.cross_entropy(network(x), targets).backward()
        optimizer.step()
    for units in network.layers(x)[:-1]:
        # Equal but for the order in which a product of matrices sums, which may differ from column to column.
        torch.testing.assert_close(units, units[:, :1].expand_as(units), atol=0, rtol=1e-12)
    assert network.output.bias.abs().min() > 0  # it did train


def test_zero_is_left_only_by_sigmoid_whose_units_begin_at_a_half() -> None:
    """With relu and tanh hidden units are 0, and with them the gradient of every weight."""
    x, targets = torch.randn(8, 3, generator=numbers()), torch.tensor([0, 1, 1, 1] * 2)
    for activation, moves in (("relu", False), ("tanh", False), ("sigmoid", True)):
        network = MultilayerPerceptron([3, 4, 2], activation, initialisation="zero")
        functional.cross_entropy(network(x), targets).backward()
        assert bool(network.output.weight.grad.abs().sum() > 0) is moves


def test_signals_are_those_of_a_linear_chain_by_hand() -> None:
    """Tiny inputs leave tanh linear: units are products of the weights, gradients those of the rest."""
    network = MultilayerPerceptron([1, 1, 1, 1], "tanh", generator=numbers())
    with torch.no_grad():
        for layer, weight in zip((*network.hidden, network.output), (0.5, 3.0, 7.0), strict=True):
            layer.weight.fill_(weight)
    x = torch.full((4, 1), 1e-4)
    found = signals(network, lambda output, _: output.sum(), examples=(x, x))
    assert found.units == pytest.approx((0.5e-4, 1.5e-4), rel=1e-5)
    assert found.gradients == pytest.approx((21.0, 7.0), rel=1e-5)
    assert network.training
    assert all(p.grad is None for p in network.parameters())
    dropping = MultilayerPerceptron([1, 1, 1, 1], "tanh", dropout=0.5).eval()
    dropping.load_state_dict(network.state_dict())
    for mode in (True, False):
        assert signals(dropping.train(mode), lambda output, _: output.sum(), examples=(x, x)) == found
        assert dropping.training is mode


def test_the_start_comes_from_the_generator() -> None:
    def weights(seed: int) -> Tensor:
        return MultilayerPerceptron([3, 4, 2], generator=numbers(seed)).hidden[0].weight

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))


def test_settings_that_make_no_sense_are_refused() -> None:
    for widths in ([3], [3, 0, 2]):
        with pytest.raises(UsageError, match=r"widths are those of input, hidden layers and output"):
            MultilayerPerceptron(widths)
    with pytest.raises(UsageError, match="unknown activation 'tahn': did you mean 'tanh'"):
        MultilayerPerceptron([3, 2], "tahn")
    with pytest.raises(UsageError, match="unknown initialisation 'xavir': did you mean 'xavier'"):
        MultilayerPerceptron([3, 2], initialisation="xavir")
    with pytest.raises(UsageError, match=r"dropout must lie in \[0, 1\), not 1"):
        MultilayerPerceptron([3, 2], dropout=1.0)
    with pytest.raises(
        UsageError, match="Maxout needs inputs, outputs and pieces of at least 1, not 3, 2 and 0"
    ):
        MultilayerPerceptron([3, 2, 2], "maxout", pieces=0)
