from __future__ import annotations

import math

import pytest
import torch

from textkit.decode.highest import highest


@pytest.mark.parametrize("vocab_size", [1, 5, 63, 64, 65, 200])
@pytest.mark.parametrize("count", [1, 2, 10])
def test_the_highest_of_each_row_the_lower_of_equal_ones_first(vocab_size: int, count: int) -> None:
    generator = torch.Generator().manual_seed(vocab_size)
    for levels in (2, 8, 1000):
        scores = torch.randint(levels, (20, vocab_size), generator=generator).float()
        scores[torch.rand(scores.shape, generator=generator) < 0.3] = -math.inf
        scores[0] = -math.inf
        values, ids = highest(scores, count)
        assert values.shape == (20, min(count, vocab_size))
        for row, found, at in zip(scores.tolist(), values.tolist(), ids.tolist(), strict=True):
            expected = sorted(range(vocab_size), key=lambda i, row=row: (-row[i], i))[:count]
            assert found == [row[i] for i in expected]
            live = [i for i, value in zip(at, found, strict=True) if value > -math.inf]
            assert live == [i for i in expected if row[i] > -math.inf]


def test_nan_is_never_high_and_other_types_and_layouts_are_taken() -> None:
    scores = torch.tensor([[math.nan, 1.0, -math.inf, 2.0], [math.nan] * 4])
    values, ids = highest(scores, 3)
    assert values.tolist() == [[2, 1, -math.inf], [-math.inf] * 3]
    assert ids[0, :2].tolist() == [3, 1]
    turned = torch.arange(12.0, dtype=torch.float64).view(4, 3).T
    assert highest(turned, 2)[1].tolist() == [[3, 2]] * 3
    assert highest(turned.bfloat16(), 1)[0].tolist() == [[9], [10], [11]]
