"""What the tests of the cross entropy share: an example, and a comparison."""

from __future__ import annotations

import torch
from torch import Tensor


def example(
    rows: int, vocab: int, width: int = 16, *, seed: int = 0, spread: float = 1.0
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Features, weight, bias and targets."""
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(rows, width, generator=generator) * spread
    weight = torch.randn(vocab, width, generator=generator)
    bias = torch.randn(vocab, generator=generator)
    return features, weight, bias, torch.randint(vocab, (rows,), generator=generator)


def assert_close(found: list[Tensor], expected: list[Tensor], tolerance: float) -> None:
    for one, other in zip(found, expected, strict=True):
        assert one.dtype in (torch.float32, torch.float64)
        assert float((one - other).abs().max()) <= tolerance * float(other.abs().max() + 1e-30)
