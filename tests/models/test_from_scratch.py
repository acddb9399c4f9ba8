"""The parts written out by hand, against torch's, and a whole run made of nothing else."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from textkit.errors import UsageError
from textkit.models.cells import uniform_weights, unroll
from textkit.models.from_scratch import clip_by_norm, continue_prefix
from textkit.models.recurrent import RecurrentNetwork, RecurrentSettings


@pytest.mark.parametrize("max_norm", [0.01, 1e6])
def test_clipping_equals_torchs(max_norm: float) -> None:
    torch.manual_seed(0)
    parameters = [torch.zeros(shape, requires_grad=True) for shape in ((3, 4), (5,), ())]
    for parameter in parameters:
        parameter.grad = torch.randn_like(parameter)
    ours = [parameter.grad.clone() for parameter in parameters]
    norm = clip_by_norm(ours, max_norm)
    assert norm == pytest.approx(float(torch.nn.utils.clip_grad_norm_(parameters, max_norm)))
    for got, parameter in zip(ours, parameters, strict=True):
        torch.testing.assert_close(got, parameter.grad, atol=1e-6, rtol=1e-4)


def test_a_prefix_is_continued_by_the_likeliest_ids() -> None:
    torch.manual_seed(1)
    network = RecurrentNetwork(RecurrentSettings("gru", 12, embedding=6, hidden=6)).eval()
    network.embedding.weight.data *= 20
    prefix = [3, 1, 4]
    ids = list(prefix)
    for _ in range(5):  # the whole text read anew for every id
        features = network.read(torch.tensor([ids]), network.zero_state(1)).features
        ids.append(int((features[0, -1] @ network.output.weight.T + network.output.bias).argmax()))
    assert continue_prefix(network, prefix, count=5) == ids[3:]
    assert continue_prefix(network, prefix, count=0) == []
    with pytest.raises(UsageError, match="continue_prefix needs at least one id"):
        continue_prefix(network, [], count=1)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_a_network_of_nothing_but_these_parts_learns_to_count(cell: str) -> None:
    """Weights, one-hot inputs, the cells, softmax, clipping, and steps of plain descent."""
    generator = torch.Generator().manual_seed(2)
    weights = uniform_weights(cell, 5, hidden=16, generator=generator)
    output = torch.empty(5, 16).uniform_(-0.25, 0.25, generator=generator)
    parameters: list[Tensor] = [weight.requires_grad_() for weight in (*weights, output)]
    ids = torch.arange(33).remainder(5)[:, None]  # (T+1, 1)
    inputs = functional.one_hot(ids[:-1], 5).float()  # (T, 1, 5)
    zeros = tuple(torch.zeros(1, 16) for _ in range(2 if cell == "lstm" else 1))
    losses = []
    for _ in range(60):
        outputs, _ = unroll(cell, inputs, state=zeros, weights=weights)
        log_probs = torch.log_softmax(outputs @ output.T, dim=-1)
        loss = -log_probs.gather(2, ids[1:, :, None]).mean()
        gradients = [gradient.clone() for gradient in torch.autograd.grad(loss, parameters)]
        clip_by_norm(gradients, 1.0)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter -= 2.0 * gradient
        losses.append(float(loss.detach()))
    assert losses[0] == pytest.approx(1.6, abs=0.15)  # log 5
    assert losses[-1] < 0.1


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_both_backends_take_the_same_training_steps(cell: str) -> None:
    torch.manual_seed(3)
    ours = RecurrentNetwork(RecurrentSettings(cell, 9, embedding=6, hidden=8, layers=2, backend="scratch"))
    theirs = RecurrentNetwork(RecurrentSettings(cell, 9, embedding=6, hidden=8, layers=2))
    theirs.load_state_dict(copy.deepcopy(ours.state_dict()))
    ids = torch.randint(0, 9, (4, 13))
    losses: list[list[float]] = []
    for network in (ours, theirs):
        optimizer = torch.optim.SGD(network.parameters(), lr=1.0)
        losses.append([])
        for _ in range(10):
            optimizer.zero_grad()
            features = network.read(ids[:, :-1], network.zero_state(4)).features
            loss = network.output.loss(features.flatten(0, 1), ids[:, 1:].flatten())
            loss.backward()
            clip_by_norm([p.grad for p in network.parameters()], 0.25)
            optimizer.step()
            losses[-1].append(float(loss.detach()))
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    assert losses[0][-1] < losses[0][0]
