"""Initialisations: torch's numbers from torch's seed, the deviations they promise, and what these keep."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from textkit.errors import UsageError
from textkit.models.perceptrons.initialisation import INITIALISATIONS, initialise
from textkit.models.perceptrons.multilayer import MultilayerPerceptron
from textkit.models.perceptrons.signals import signals


def numbers(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("shape", [(7, 5), (3, 40)])
def test_the_same_numbers_as_torch_draws(shape: tuple[int, int]) -> None:
    for name, distribution, theirs in (
        ("xavier", "uniform", nn.init.xavier_uniform_),
        ("xavier", "normal", nn.init.xavier_normal_),
        (
            "kaiming",
            "uniform",
            lambda w, generator: nn.init.kaiming_uniform_(w, 0, "fan_in", "relu", generator),
        ),
        (
            "kaiming",
            "normal",
            lambda w, generator: nn.init.kaiming_normal_(w, 0, "fan_in", "relu", generator),
        ),
    ):
        ours, expected = torch.empty(shape), torch.empty(shape)
        initialise(ours, name, distribution=distribution, generator=numbers())
        theirs(expected, generator=numbers())
        torch.testing.assert_close(ours, expected, atol=0, rtol=1e-6)


@pytest.mark.parametrize("distribution", ["uniform", "normal"])
@pytest.mark.parametrize("name", list(INITIALISATIONS))
def test_deviations_are_those_of_the_formulas(name: str, distribution: str) -> None:
    weight = torch.empty(300, 200)
    initialise(weight, name, distribution=distribution, generator=numbers())
    expected = {"zero": 0.0, "small": 0.01, "xavier": math.sqrt(2 / 500), "kaiming": math.sqrt(2 / 200)}[name]
    assert float(weight.std()) == pytest.approx(expected, rel=0.02)
    if distribution == "uniform":
        assert float(weight.abs().max()) <= math.sqrt(3) * expected * (1 + 1e-6)


def test_a_layer_of_maxout_counts_units_and_not_pieces() -> None:
    network = MultilayerPerceptron([100, 400, 2], "maxout", initialisation="xavier", generator=numbers())
    deviation = float(network.hidden[0].linear.weight.detach().std())
    assert deviation == pytest.approx(math.sqrt(2 / 500), rel=0.02)


def test_kaiming_keeps_the_size_of_relu_and_xavier_halves_its_square() -> None:
    x, targets = torch.randn(64, 300, generator=numbers()), torch.zeros(64, dtype=torch.long)
    for name, factor in (("kaiming", 1.0), ("xavier", 0.5)):
        network = MultilayerPerceptron([300] * 11 + [2], initialisation=name, generator=numbers(2))
        units, gradients = signals(network, functional.cross_entropy, examples=(x, targets))
        # The logarithm over 9 layers has a deviation of about sqrt(5 * 9 / 300) = 0.4.
        for size in (units[-1] / units[0], gradients[0] / gradients[-1]):
            assert 2 * math.log(size) == pytest.approx(9 * math.log(factor), abs=1.6)


@pytest.mark.parametrize(
    ("activation", "start"),
    [("relu", "kaiming"), ("maxout", "xavier"), ("tanh", "xavier"), ("sigmoid", "xavier")],
)
def test_each_activation_has_its_start(activation: str, start: str) -> None:
    unsaid, said = (
        MultilayerPerceptron([5, 4, 3], activation, initialisation=name, generator=numbers())
        for name in (None, start)
    )
    for one, other in zip(unsaid.parameters(), said.parameters(), strict=True):
        assert torch.equal(one, other)


def test_maxout_of_two_pieces_begins_such_that_its_signals_keep_their_size() -> None:
    """E[max(a, b)^2] = 1 for independent normal a and b: nothing is halved, so nothing must be doubled."""
    x, targets = torch.randn(64, 300, generator=numbers()), torch.zeros(64, dtype=torch.long)
    network = MultilayerPerceptron([300] * 11 + [2], "maxout", generator=numbers(2))
    units, gradients = signals(network, functional.cross_entropy, examples=(x, targets))
    for size in (units[-1] / units[0], gradients[0] / gradients[-1]):
        assert 2 * math.log(size) == pytest.approx(0, abs=1.6)


def test_what_cannot_be_initialised_is_refused() -> None:
    with pytest.raises(UsageError, match=r"needs a matrix \(fan_out, fan_in\), not \(3,\)"):
        initialise(torch.empty(3), "xavier")
    with pytest.raises(UsageError, match="unknown initialisation 'kaimin': did you mean 'kaiming'"):
        initialise(torch.empty(3, 3), "kaimin")
