"""Gradients over time: against closed forms, and what gates and clipping do about them."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from textkit.errors import UsageError
from textkit.models.from_scratch import clip_by_norm
from textkit.models.gradient_flow import gradient_norms
from textkit.models.recurrent import RecurrentNetwork, RecurrentSettings
from textkit.train.gradient_plot import draw_gradient_norms


def network_of(cell: str, hidden: int = 16, **options: object) -> RecurrentNetwork:
    torch.manual_seed(0)
    return RecurrentNetwork(RecurrentSettings(cell, 20, embedding=8, hidden=hidden, **options))


def test_one_unit_follows_the_closed_form() -> None:
    """d loss / d h_t = d loss / d h_T * prod over s > t of w (1 - h_s^2)."""
    network = network_of("rnn", hidden=1)
    nn.init.constant_(network.layers[0].weight_hh, 0.9)
    ids = torch.randint(0, 20, (1, 13))
    hidden = network.read(ids[:, :-1], network.zero_state(1)).features.detach().flatten()
    weight, bias = network.output.weight.detach(), network.output.bias.detach()
    probabilities = torch.softmax(weight[:, 0] * hidden[-1] + bias, dim=0)
    expected = [float((weight[:, 0] * (probabilities - nn.functional.one_hot(ids[0, -1], 20))).sum())]
    for h in hidden.flip(0)[:-1].tolist():
        expected.append(expected[-1] * 0.9 * (1 - h**2))
    norms = gradient_norms(network, ids)
    assert norms.tolist() == pytest.approx([abs(value) for value in reversed(expected)], rel=1e-4)


@pytest.mark.parametrize("backend", ["torch", "scratch"])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_norms_are_those_of_the_loss_as_a_function_of_each_state(cell: str, backend: str) -> None:
    """Started anew from s_t, the rest of the window gives the same gradient."""
    network = network_of(cell, layers=2, backend=backend)
    ids = torch.randint(0, 20, (3, 7))
    expected = torch.zeros(6)
    for t in range(1, 7):
        state = network.read(ids[:, :t], network.zero_state(3)).state
        parts = 2 if cell == "lstm" else 1
        last = [part.detach().requires_grad_() for part in state[-parts:]]
        state = (*(part.detach() for part in state[:-parts]), *last)
        top = last[0] if t == 6 else network.read(ids[:, t:-1], state).features[:, -1]
        loss = nn.functional.cross_entropy(
            top @ network.output.weight.T + network.output.bias, ids[:, -1], reduction="sum"
        )
        gradients = torch.autograd.grad(loss, last, allow_unused=True, materialize_grads=True)
        expected[t - 1] = torch.cat(gradients, dim=1).norm(dim=1).mean()
    torch.testing.assert_close(gradient_norms(network, ids), expected, atol=1e-6, rtol=1e-4)


def test_the_plain_rnn_forgets_where_the_lstm_with_an_open_forget_gate_does_not() -> None:
    ids = torch.randint(0, 20, (4, 51), generator=torch.Generator().manual_seed(1))
    fall = {}
    for cell in ("rnn", "lstm"):
        network = network_of(cell, hidden=32)
        if cell == "lstm":
            nn.init.constant_(network.layers[0].bias_hh[32:64], 4.0)
        norms = gradient_norms(network, ids)
        fall[cell] = float(norms[0] / norms[-1])
    assert fall["rnn"] < 1e-6
    assert fall["lstm"] > 0.1


def test_with_large_weights_the_rnn_explodes_and_clipping_bounds_the_step() -> None:
    network = network_of("rnn", hidden=32)
    nn.init.orthogonal_(network.layers[0].weight_hh, gain=1.5)
    nn.init.uniform_(network.embedding.weight, -0.001, 0.001)  # near zero tanh does not hold it back
    for bias in (network.layers[0].bias_ih, network.layers[0].bias_hh):
        nn.init.zeros_(bias)
    ids = torch.randint(0, 20, (2, 13))
    norms = gradient_norms(network, ids)
    assert norms[0] > 20 * norms[-1]
    inputs, targets = ids[:, :-1], ids[:, 1:]
    features = network.read(inputs, network.zero_state(2)).features
    network.output.loss(features.flatten(0, 1), targets.flatten()).backward()
    before = [p.detach().clone() for p in network.parameters()]
    gradients = [p.grad for p in network.parameters()]
    assert clip_by_norm(gradients, 0.1) > 0.1
    torch.optim.SGD(network.parameters(), lr=2.0).step()
    moved = [p.detach() - was for p, was in zip(network.parameters(), before, strict=True)]
    assert math.sqrt(sum(float(step.pow(2).sum()) for step in moved)) == pytest.approx(0.2, rel=1e-3)


def test_the_network_is_left_as_it_was() -> None:
    network = network_of("gru")
    gradient_norms(network, torch.zeros(1, 5, dtype=torch.long))
    assert network.training
    assert all(p.grad is None for p in network.parameters())
    with torch.no_grad():
        assert gradient_norms(network.eval(), torch.zeros(1, 5, dtype=torch.long)).shape == (4,)
    assert not network.training


@pytest.mark.parametrize("shape", [(5,), (2, 1), (0, 5)])
def test_ids_without_anything_to_read_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match="gradient_norms needs rows of at least two ids"):
        gradient_norms(network_of("rnn"), torch.zeros(shape, dtype=torch.long))


def test_the_picture_is_a_png(tmp_path: Path) -> None:
    norms: dict[str, Tensor] = {"rnn": torch.logspace(-8, 0, 50), "lstm": torch.full((50,), 0.5)}
    draw_gradient_norms({name: values.tolist() for name, values in norms.items()}, tmp_path / "flow.png")
    assert (tmp_path / "flow.png").read_bytes().startswith(b"\x89PNG")
