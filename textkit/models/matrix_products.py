"""Products of many random matrices: how fast they vanish or explode. D is the size of the matrices."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from textkit.errors import UsageError


def log_norms(count: int, size: int, *, deviation: float, generator: torch.Generator) -> Tensor:
    """log ||A_n ... A_1 / sqrt(D)||, the Frobenius norm, for n = 1..`count`: (count,) float64.

    The entries of each A, D = `size` by D, are normal with mean 0 and the given `deviation`. The logarithm
    is kept apart from the product, which is scaled to norm one at each step: nothing overflows. Divided by
    the norm sqrt(D) of the identity, the product of no matrices is at 0. Raises UsageError for sizes below 1.

    >>> ones = log_norms(3, 1, deviation=1.0, generator=torch.Generator().manual_seed(1))
    >>> numbers = torch.randn(3, 1, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    >>> torch.allclose(ones, numbers.flatten().abs().log().cumsum(0))
    True
    """
    if min(count, size) < 1 or deviation <= 0:
        raise UsageError(
            "log_norms needs a count and a size of at least 1 and a deviation above 0, "
            f"not {count}, {size} and {deviation}"
        )
    product = torch.eye(size, dtype=torch.float64) / math.sqrt(size)
    summed, logs = 0.0, []
    for _ in range(count):
        factor = torch.randn(size, size, dtype=torch.float64, generator=generator)
        product = deviation * factor @ product
        norm = float(product.norm())
        product = product / norm
        summed += math.log(norm)
        logs.append(summed)
    return torch.tensor(logs, dtype=torch.float64)


def lyapunov_exponent(size: int, deviation: float) -> float:
    """(log 2 + log s^2 + digamma(D / 2)) / 2: what log ||A_n ... A_1|| grows by with each factor.

    s is `deviation`. A Gaussian A turns any unit vector into one of independent normal entries, whose
    squared norm over s^2 is chi-squared with D degrees of freedom: the logarithm's mean is log 2 +
    digamma(D / 2) (Newman 1986, Communications in Mathematical Physics 103, the largest exponent). For
    large D it is log(s sqrt(D)): 0 at s = 1 / sqrt(D), where the product neither vanishes nor explodes.

    >>> round(lyapunov_exponent(4, 1.0), 4), round(lyapunov_exponent(10_000, 0.01), 4)
    (0.558, -0.0001)
    """
    return 0.5 * (
        math.log(2 * deviation**2) + float(torch.special.digamma(torch.tensor(size / 2.0).double()))
    )


def growth_deviation(size: int, count: int) -> float:
    """sqrt(trigamma(D / 2) / count) / 2: the standard deviation of the mean growth over `count` factors.

    Of a vector, whose growths by each factor are independent; a product's is that but for its beginning.

    >>> round(growth_deviation(4, 100), 4)
    0.0402
    """
    return 0.5 * math.sqrt(float(torch.special.polygamma(1, torch.tensor(size / 2.0).double())) / count)
