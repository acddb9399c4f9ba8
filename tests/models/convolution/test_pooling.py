"""Pooling written out, against torch."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from textkit.errors import UsageError
from textkit.models.convolution.pooling import average_pool, max_pool

PAIRS = [(max_pool, functional.max_pool2d), (average_pool, functional.avg_pool2d)]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=["max", "average"])
@pytest.mark.parametrize(
    ("size", "stride", "padding"), [(2, None, 0), (3, 2, 1), (2, 3, 1), (3, 1, 0), (1, 1, 0)]
)
def test_it_equals_torch_forward_and_backward(
    ours: object, theirs: object, size: int, stride: int | None, padding: int
) -> None:
    assert callable(ours)
    assert callable(theirs)
    generator = torch.Generator().manual_seed(size)
    images = (torch.randn(2, 3, 7, 8, generator=generator) - 3).requires_grad_()  # below what pads
    got, wanted = (
        ours(images, size, stride=stride, padding=padding),
        theirs(images, size, stride=stride, padding=padding),
    )
    torch.testing.assert_close(got, wanted)
    factor = torch.randn(wanted.shape, generator=generator)
    (one,) = torch.autograd.grad((got * factor).sum(), images)
    (other,) = torch.autograd.grad((wanted * factor).sum(), images)
    torch.testing.assert_close(one, other)


def test_a_tie_gives_the_gradient_to_one_pixel() -> None:
    images = torch.zeros(1, 1, 2, 2, requires_grad=True)
    (gradient,) = torch.autograd.grad(max_pool(images, 2).sum(), images)
    assert sorted(gradient.flatten().tolist()) == [0, 0, 0, 1]


@pytest.mark.parametrize("pool", [max_pool, average_pool])
def test_a_window_never_lies_outside(pool: object) -> None:
    assert callable(pool)
    with pytest.raises(UsageError, match="between 0 and half of the window, 1, not 2"):
        pool(torch.zeros(1, 1, 4, 4), 2, padding=2)
    with pytest.raises(UsageError, match="does not fit into 2"):
        pool(torch.zeros(1, 1, 2, 2), 3)
