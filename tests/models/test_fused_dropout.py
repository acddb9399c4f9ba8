"""Masks that are right statistically, and the same forwards and backwards."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from textkit.models.fused_dropout import add_dropped, dropout, rectified_dropout
from textkit.models.kernels.dropout import BLOCK, drop

MANY = 1 << 20


def kept(p: float, count: int = MANY) -> Tensor:
    """1.0 where an element was kept."""
    return (dropout(torch.ones(count), p) != 0).float()


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5, 0.9])
def test_shares_and_means_are_right(p: float) -> None:
    torch.manual_seed(0)
    result = dropout(torch.ones(MANY), p)
    deviation = (p * (1 - p) / MANY) ** 0.5
    assert abs(float((result == 0).float().mean()) - p) < 4 * deviation
    assert result.unique().tolist() == pytest.approx([0, 1 / (1 - p)], rel=2e-4)
    blocks = (result != 0).float().view(-1, 1024).sum(1)  # binomial, their variance too
    assert float(blocks.var()) == pytest.approx(1024 * p * (1 - p), rel=0.15)


def test_elements_are_independent_of_neighbours_rows_and_other_calls() -> None:
    torch.manual_seed(1)
    one, other = kept(0.5), kept(0.5)
    pairs = [(one, other)] + [(one[:-lag], one[lag:]) for lag in (1, 2, 16, 256, 1024, 2048, 4096)]
    pairs += [(one[:-lag], other[lag:]) for lag in (1, 2048)]
    for first, second in pairs:
        correlation = float(((first - 0.5) * (second - 0.5)).mean()) * 4
        assert abs(correlation) < 4.5 / len(first) ** 0.5


def test_no_mask_is_another_one_shifted() -> None:
    def mask(low: int, high: int) -> Tensor:
        out = np.empty(BLOCK, np.float32)
        key = np.uint32(low % 2**32), np.uint32(high)
        drop(np.ones(BLOCK, np.float32), out, 0, *key, np.uint32(1 << 15), np.float32(1))
        return torch.from_numpy(out)[: BLOCK // 2]

    one, shifted = mask(12345, 6), mask(12345 + 5 * 0x9E3779B9, 6)
    assert torch.equal(one[5:], shifted[:-5])  # places and the key's low half are added,
    other = mask(12345 + 5 * 0x9E3779B9, 0x9D3F72A1)  # what the high half is there for
    correlation = float(((one[5:] - 0.5) * (other[:-5] - 0.5)).mean()) * 4
    assert abs(correlation) < 4.5 / len(one) ** 0.5


def test_the_generator_says_all() -> None:
    def draw(seed: int) -> Tensor:
        torch.manual_seed(seed)
        return torch.stack([kept(0.3, 5000), kept(0.3, 5000)])

    assert torch.equal(draw(5), draw(5))
    assert not torch.equal(draw(5), draw(6))
    assert not torch.equal(*draw(5))


@pytest.mark.parametrize("count", [1, 2, 3, 4095, 4097, 300_001])
def test_threads_change_nothing(count: int) -> None:
    before = torch.get_num_threads()
    results = []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        torch.manual_seed(3)
        results.append(kept(0.3, count))
    torch.set_num_threads(before)
    assert torch.equal(results[0], results[1])
    assert torch.equal(results[0], results[2])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("dropped", [dropout, rectified_dropout])
def test_the_gradient_uses_the_same_mask(
    dropped: Callable[[Tensor, float], Tensor], dtype: torch.dtype
) -> None:
    x = torch.randn(7, 900).to(dtype).requires_grad_()
    result = dropped(x, 0.4)
    upstream = torch.randn(7, 900).to(dtype)
    (gradient,) = torch.autograd.grad(result, [x], upstream)
    factors = torch.where(result != 0, 1 / 0.6, 0.0)
    assert gradient.dtype == result.dtype == dtype
    tolerance = 1e-4 if dtype == torch.float32 else 0.01
    assert torch.allclose(gradient.float(), upstream.float() * factors, rtol=tolerance)
    assert torch.allclose(result.float(), x.float() * factors, rtol=tolerance)


@pytest.mark.parametrize("x_type", [torch.float32, torch.bfloat16])
def test_what_is_added_is_dropped_alone(x_type: torch.dtype) -> None:
    x, residual = torch.randn(30, 333).to(x_type).requires_grad_(), torch.randn(30, 333, requires_grad=True)
    torch.manual_seed(9)
    found = add_dropped(residual, x, 0.2)
    torch.manual_seed(9)
    alone = dropout(x.float(), 0.2)
    assert torch.allclose(found, residual + alone, atol=1e-6)
    upstream = torch.randn(30, 333)
    of_residual, of_x = torch.autograd.grad(found, [residual, x], upstream)
    assert torch.equal(of_residual, upstream)
    assert of_x.dtype == x_type
    assert torch.allclose(
        of_x.float(), upstream * (alone != 0) / 0.8, rtol=1e-4 if x_type.itemsize == 4 else 0.01
    )


def test_rectified_dropout_is_relu_and_dropout() -> None:
    x = torch.randn(5000)
    torch.manual_seed(9)
    found = rectified_dropout(x, 0.2)
    torch.manual_seed(9)
    assert torch.equal(found, dropout(functional.relu(x), 0.2))


def test_strided_parts_are_taken_as_they_read() -> None:
    x = torch.randn(40, 60).T.requires_grad_()
    torch.manual_seed(2)
    found = dropout(x, 0.5)
    torch.manual_seed(2)
    assert torch.equal(found, dropout(x.detach().contiguous(), 0.5))
    (gradient,) = torch.autograd.grad(found.sum(), [x])
    assert torch.equal(gradient != 0, found != 0)


def test_what_is_not_a_number_stays_so() -> None:
    x = torch.full((100,), float("nan"))
    assert bool(rectified_dropout(x, 0.1).isnan().all())
    assert bool(add_dropped(torch.zeros(100), x, 0.1).isnan().all())


def test_nothing_is_dropped_in_evaluation_or_without_a_share() -> None:
    x, residual = torch.randn(50), torch.randn(50)
    for p, training in ((0.5, False), (0.0, True)):
        assert dropout(x, p, training=training) is x
        assert torch.equal(rectified_dropout(x, p, training=training), functional.relu(x))
        assert torch.equal(add_dropped(residual, x, p, training=training), residual + x)


def test_other_types_are_left_to_torch() -> None:
    x = torch.randn(1000, dtype=torch.float64, requires_grad=True)
    for result in (dropout(x, 0.5), rectified_dropout(x, 0.5), add_dropped(torch.zeros(1000), x, 0.5)):
        assert result.dtype == torch.float64
        (gradient,) = torch.autograd.grad(result.sum(), [x])
        assert torch.equal(gradient != 0, result != 0)
