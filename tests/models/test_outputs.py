from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional

from textkit.errors import UsageError
from textkit.models.network import PADDING
from textkit.models.outputs import AdaptiveOutput, SoftmaxOutput, default_cutoffs

LAYERS = [SoftmaxOutput(30, 16), AdaptiveOutput(30, 16, cutoffs=[5, 12])]


def example(rows: int = 11) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(rows, 16, generator=generator), torch.randint(30, (rows,), generator=generator)


@pytest.mark.parametrize("output", LAYERS, ids=["softmax", "adaptive"])
def test_the_three_ways_to_ask_agree(output: SoftmaxOutput | AdaptiveOutput) -> None:
    features, targets = example()
    log_probs = output.log_probs(features)
    assert log_probs.shape == (11, 30)
    assert torch.allclose(log_probs.exp().sum(1), torch.ones(11), atol=1e-5)
    chosen = log_probs.gather(1, targets[:, None])[:, 0]
    assert torch.allclose(output.target_log_probs(features, targets), chosen, atol=1e-5)
    assert output.loss(features, targets).item() == pytest.approx(-chosen.mean().item(), rel=1e-5)


@pytest.mark.parametrize("output", LAYERS, ids=["softmax", "adaptive"])
def test_padding_is_left_out(output: SoftmaxOutput | AdaptiveOutput) -> None:
    features, targets = example()
    real = torch.arange(11) % 3 != 0
    features.requires_grad_()
    loss = output.loss(features, torch.where(real, targets, PADDING))
    assert loss.item() == pytest.approx(output.loss(features[real], targets[real]).item(), rel=1e-6)
    (gradient,) = torch.autograd.grad(loss, [features])
    assert bool((gradient[~real] == 0).all())
    assert bool((gradient[real] != 0).any(1).all())


@pytest.mark.parametrize("output", LAYERS, ids=["softmax", "adaptive"])
def test_nothing_but_padding_is_a_zero_loss_with_zero_gradients(
    output: SoftmaxOutput | AdaptiveOutput,
) -> None:
    features, targets = example()
    features.requires_grad_()
    output.zero_grad()
    loss = output.loss(features, torch.full_like(targets, PADDING))
    loss.backward()
    assert loss.item() == 0
    gradients = [features.grad, *(parameter.grad for parameter in output.parameters())]
    assert all(gradient is not None and not gradient.any() for gradient in gradients)


@pytest.mark.parametrize("output", LAYERS, ids=["softmax", "adaptive"])
def test_scores_are_float32_under_autocast(output: SoftmaxOutput | AdaptiveOutput) -> None:
    features, targets = example()
    expected, chosen = output.log_probs(features), output.target_log_probs(features, targets)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(output.log_probs(features), expected)
        assert torch.equal(output.target_log_probs(features, targets), chosen)
        assert output.log_probs(features.bfloat16()).dtype == torch.float32


@pytest.mark.parametrize("output", LAYERS, ids=["softmax", "adaptive"])
def test_all_of_it_learns_in_float32_under_autocast(output: SoftmaxOutput | AdaptiveOutput) -> None:
    features, targets = example()
    output.zero_grad()
    with torch.autocast("cpu", torch.bfloat16):
        loss = output.loss(features, targets)
    loss.backward()
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(output.loss(features, targets).item(), rel=0.01)
    assert all(p.grad is not None and p.grad.dtype == torch.float32 for p in output.parameters())


def test_softmax_is_that_of_torch() -> None:
    output = SoftmaxOutput(30, 16)
    features, targets = example()
    logits = functional.linear(features, output.weight, output.bias)
    assert output.loss(features, targets).item() == pytest.approx(
        functional.cross_entropy(logits, targets).item()
    )
    assert torch.allclose(output.log_probs(features), logits.log_softmax(1), atol=1e-6)


def test_a_tied_weight_is_the_embeddings_own() -> None:
    embedding = nn.Embedding(30, 16)
    network = nn.ModuleDict(
        {"embedding": embedding, "output": SoftmaxOutput(30, 16, weight=embedding.weight)}
    )
    assert network["output"].weight is embedding.weight
    assert len(list(network.parameters())) == 2
    twin = copy.deepcopy(network)
    assert twin["output"].weight is twin["embedding"].weight


def test_a_tied_weight_of_another_shape_is_refused() -> None:
    with pytest.raises(
        UsageError, match=r"must be of shape \(30, 16\), not \(30, 17\): make the embedding as wide"
    ):
        SoftmaxOutput(30, 16, weight=nn.Parameter(torch.empty(30, 17)))


def test_parameters_have_the_names_that_are_saved() -> None:
    assert sorted(SoftmaxOutput(5, 2).state_dict()) == ["bias", "weight"]


@pytest.mark.parametrize("vocab_size", [2, 3, 10, 33278])
def test_cutoffs_chosen_are_ones_that_torch_takes(vocab_size: int) -> None:
    output = AdaptiveOutput(vocab_size, 16)
    assert output.softmax.cutoffs[:-1] == default_cutoffs(vocab_size)
    assert output.log_probs(torch.zeros(1, 16)).exp().sum().item() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("cutoffs", [[12, 5], [0, 4], [30], [4, 4]])
def test_cutoffs_that_make_no_sense_are_refused(cutoffs: list[int]) -> None:
    with pytest.raises(UsageError, match="cutoffs must rise from 1 at least to 29 at most, not"):
        AdaptiveOutput(30, 16, cutoffs=cutoffs)


def test_clusters_of_no_width_are_refused() -> None:
    with pytest.raises(UsageError, match="2 cutoffs need features at least 16 wide, not 8: each cluster"):
        AdaptiveOutput(30, 8)


def test_an_adaptive_softmax_needs_two_ids() -> None:
    with pytest.raises(UsageError, match="needs at least 2 ids, not 1"):
        AdaptiveOutput(1, 16)


def test_a_softmax_without_bias_has_none() -> None:
    output = SoftmaxOutput(30, 16, bias=False)
    features, targets = example()
    assert sorted(output.state_dict()) == ["weight"]
    logits = functional.linear(features, output.weight)
    assert torch.allclose(output.log_probs(features), logits.log_softmax(1), atol=1e-6)
    assert output.loss(features, targets).item() == pytest.approx(
        functional.cross_entropy(logits, targets).item()
    )


def test_smoothed_and_plain_losses_come_together_without_padding() -> None:
    output = SoftmaxOutput(30, 16)
    features, targets = example()
    real = torch.arange(11) % 3 != 0
    losses = output.losses(features, torch.where(real, targets, PADDING), label_smoothing=0.1)
    logits = functional.linear(features, output.weight, output.bias)[real]
    expected = functional.cross_entropy(logits, targets[real], label_smoothing=0.1)
    assert losses.loss.item() == pytest.approx(expected.item(), rel=1e-6)
    assert losses.nats.item() == pytest.approx(functional.cross_entropy(logits, targets[real]).item())
    assert output.loss(features[real], targets[real], label_smoothing=0.1).item() == losses.loss.item()
