"""The fused cross entropy with label smoothing against torch in float64."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from textkit.models.fused_cross_entropy import fused_cross_entropy, smoothed_cross_entropy

from .cross_entropy_example import assert_close, example

pytestmark = pytest.mark.usefixtures("fused_however_few")


def smoothed(
    *arrays: Tensor | None, targets: Tensor, label_smoothing: float
) -> tuple[list[Tensor], list[Tensor]]:
    """Loss and gradients of ours, and those of torch in float64, whose last is the plain loss."""
    leaves = [part if part is None else part.detach().clone().requires_grad_() for part in arrays]
    ours = smoothed_cross_entropy(
        leaves[0], leaves[1], bias=leaves[2], targets=targets, label_smoothing=label_smoothing
    )
    given = [part for part in leaves if part is not None]
    found = [ours.loss.detach(), *torch.autograd.grad(ours.loss, given), ours.nats]
    assert not ours.nats.requires_grad
    wide = [part if part is None else part.detach().double().requires_grad_() for part in arrays]
    logits = functional.linear(*wide)
    loss = functional.cross_entropy(logits, targets, label_smoothing=label_smoothing)
    gradients = torch.autograd.grad(loss, [part for part in wide if part is not None], retain_graph=True)
    return found, [loss.detach(), *gradients, functional.cross_entropy(logits, targets).detach()]


@pytest.mark.parametrize(("rows", "vocab"), [(1, 2), (7, 300), (20, 1000), (29, 517)])
@pytest.mark.parametrize("with_bias", [True, False])
@pytest.mark.parametrize("smoothing", [0.1, 0.5, 1.0])
@pytest.mark.usefixtures("small_chunks")
def test_label_smoothing_is_that_of_torch(rows: int, vocab: int, with_bias: bool, smoothing: float) -> None:
    features, weight, bias, targets = example(rows, vocab)
    arrays = (features, weight, bias if with_bias else None)
    assert_close(*smoothed(*arrays, targets=targets, label_smoothing=smoothing), 3e-6)
    wide = [part if part is None else part.double() for part in arrays]
    assert_close(*smoothed(*wide, targets=targets, label_smoothing=smoothing), 1e-12)


@pytest.mark.usefixtures("left_to_torch")
def test_label_smoothing_of_few_logits_is_that_of_torch() -> None:
    features, weight, bias, targets = example(29, 517)
    assert_close(*smoothed(features, weight, bias, targets=targets, label_smoothing=0.2), 2e-6)


@pytest.mark.usefixtures("small_chunks")
def test_label_smoothing_under_autocast_differs_by_rounding_only() -> None:
    features, weight, bias, targets = example(40, 300)
    with torch.autocast("cpu", torch.bfloat16):
        found, expected = smoothed(features, weight, bias, targets=targets, label_smoothing=0.1)
    assert_close(found, expected, 0.02)
    assert [part.dtype for part in found] == [torch.float32] * 5


def test_without_label_smoothing_both_losses_are_one() -> None:
    features, weight, bias, targets = example(10, 30)
    both = smoothed_cross_entropy(features, weight, bias=bias, targets=targets, label_smoothing=0.0)
    assert both.loss.item() == both.nats.item()
    alone = fused_cross_entropy(features, weight, bias=bias, targets=targets)
    assert both.loss.item() == alone.item()
