"""The position-wise feed-forward network against two convolutions of kernel size 1."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from textkit.errors import UsageError
from textkit.models.position_wise import PositionWise


def test_it_equals_two_convolutions_forward_and_backward() -> None:
    torch.manual_seed(0)
    network = PositionWise(6, 16)
    first, second = nn.Conv1d(6, 16, 1), nn.Conv1d(16, 6, 1)
    for convolution, layer in ((first, network.input), (second, network.output)):
        convolution.weight = nn.Parameter(layer.weight.detach()[:, :, None].clone())
        convolution.bias = nn.Parameter(layer.bias.detach().clone())
    x = torch.randn(2, 5, 6, requires_grad=True)
    outputs = network(x)
    wanted = second(torch.relu(first(x.transpose(1, 2)))).transpose(1, 2)
    torch.testing.assert_close(outputs, wanted)
    factor = torch.randn_like(outputs)
    got = torch.autograd.grad((outputs * factor).sum(), [x, *network.parameters()])
    weights = [x, *first.parameters(), *second.parameters()]
    expected = torch.autograd.grad((wanted * factor).sum(), weights)
    for one, other in zip(got, expected, strict=True):
        torch.testing.assert_close(one, other.view_as(one), atol=1e-5, rtol=1e-4)


def test_positions_do_not_know_of_each_other() -> None:
    torch.manual_seed(1)
    network, x = PositionWise(4, 8), torch.randn(3, 6, 4)
    order = torch.randperm(6)
    torch.testing.assert_close(network(x[:, order]), network(x)[:, order])


def test_widths_must_be_positive() -> None:
    with pytest.raises(UsageError, match="needs widths of at least 1, not 4 and 0"):
        PositionWise(4, 0)
