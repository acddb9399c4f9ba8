"""Products of random matrices: by brute force while they fit in a float, and their growth from theory."""

from __future__ import annotations

import math

import pytest
import torch
from scipy.special import digamma

from textkit.errors import UsageError
from textkit.models.matrix_products import growth_deviation, log_norms, lyapunov_exponent


def numbers(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_same_as_the_plain_product() -> None:
    generator, product = numbers(), torch.eye(3, dtype=torch.float64)
    expected = []
    for _ in range(12):
        product = 0.7 * torch.randn(3, 3, dtype=torch.float64, generator=generator) @ product
        expected.append(math.log(float(product.norm()) / math.sqrt(3)))
    made = log_norms(12, 3, deviation=0.7, generator=numbers())
    assert made.tolist() == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize(("size", "deviation"), [(1, 1.0), (4, 1.0), (4, 0.3), (16, 0.25)])
def test_the_slope_is_the_exponent(size: int, deviation: float) -> None:
    """Within 5 standard deviations; the beginning, of about log sqrt(D) / 1000, beside."""
    count = 1000
    slope = float(log_norms(count, size, deviation=deviation, generator=numbers(2))[-1]) / count
    bound = 5 * growth_deviation(size, count) + math.log(size) / count
    assert slope == pytest.approx(lyapunov_exponent(size, deviation), abs=bound)


def test_the_exponent_is_the_mean_logarithm_of_a_chi_by_simulation() -> None:
    drawn = torch.randn(200_000, 5, generator=numbers(3)).norm(dim=1).mul(0.4).log()
    assert lyapunov_exponent(5, 0.4) == pytest.approx(float(drawn.mean()), abs=0.005)
    assert growth_deviation(5, 1) == pytest.approx(float(drawn.std()), rel=0.01)
    assert lyapunov_exponent(5, 0.4) == pytest.approx((math.log(2 * 0.16) + digamma(2.5)) / 2)


@pytest.mark.parametrize(("count", "size", "deviation"), [(0, 3, 1.0), (3, 0, 1.0), (3, 3, 0.0)])
def test_sizes_that_make_no_product_are_refused(count: int, size: int, deviation: float) -> None:
    with pytest.raises(UsageError, match=r"log_norms needs a count and a size of at least 1"):
        log_norms(count, size, deviation=deviation, generator=numbers())
