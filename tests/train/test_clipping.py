from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from textkit.train.clipping import clip_gradients


def gradients(sparse: bool) -> list[nn.Parameter]:
    """Parameters with gradients; ids occur more than once in the embedding's."""
    generator = torch.Generator().manual_seed(3)
    table = nn.Parameter(torch.randn(20, 4, generator=generator))
    weight = nn.Parameter(torch.randn(4, 4, generator=generator))
    unused = nn.Parameter(torch.zeros(3))
    ids = torch.tensor([3, 3, 3, 7, 0, 7])
    embedded = functional.embedding(ids, table, sparse=sparse)
    ((embedded @ weight).pow(2).sum() + embedded.sum()).backward()
    return [table, weight, unused]


def dense(parameter: nn.Parameter) -> torch.Tensor:
    assert parameter.grad is not None
    return parameter.grad.to_dense()


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("max_norm", [0.25, 1e9])
def test_norm_and_gradients_are_those_of_torch_on_dense_ones(sparse: bool, max_norm: float) -> None:
    found, expected = gradients(sparse), gradients(sparse=False)
    norm = clip_gradients(found, max_norm)
    right = nn.utils.clip_grad_norm_(expected, max_norm)
    assert norm.item() == pytest.approx(right.item(), rel=1e-6)
    for one, other in zip(found[:2], expected[:2], strict=True):
        assert one.grad is not None
        assert one.grad.is_sparse == (sparse and one is found[0])
        assert torch.allclose(dense(one), dense(other), rtol=1e-5, atol=1e-7)
    assert found[2].grad is None


def test_gradients_within_the_bound_stay_bit_for_bit() -> None:
    found, expected = gradients(sparse=True), gradients(sparse=True)
    clip_gradients(found, 1e9)
    assert torch.equal(dense(found[0]), dense(expected[0]))
    assert torch.equal(dense(found[1]), dense(expected[1]))


def test_a_clipped_sparse_gradient_moves_weights_as_a_dense_one() -> None:
    moved = []
    for sparse in (True, False):
        parameters = gradients(sparse)
        clip_gradients(parameters, 0.25)
        torch.optim.SGD(parameters, lr=20.0).step()
        moved.append(parameters[0].detach())
    assert torch.allclose(*moved, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_norm_that_is_not_finite_is_reported_and_changes_nothing(bad: float) -> None:
    weight = nn.Parameter(torch.zeros(3))
    weight.grad = torch.tensor([bad, 1.0, 2.0])
    assert not torch.isfinite(clip_gradients([weight], 0.1))
    assert weight.grad[1:].tolist() == [1.0, 2.0]


def test_without_gradients_the_norm_is_zero() -> None:
    assert clip_gradients([nn.Parameter(torch.zeros(3))], 1.0).item() == 0
