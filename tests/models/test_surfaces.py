"""Surfaces against what is known of them: where they are lowest, their slopes, how fast one gets down."""

from __future__ import annotations

from functools import partial

import pytest
import torch

from textkit.models.optimizers.sgd import SGD
from textkit.models.optimizers.surfaces import descend, rosenbrock, valley


@pytest.mark.parametrize("surface", [valley, rosenbrock])
def test_slopes_are_finite_differences(surface: object) -> None:
    points = torch.randn(5, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    assert torch.autograd.gradcheck(surface, points.requires_grad_())


def test_lowest_points() -> None:
    points = torch.randn(1000, 2, generator=torch.Generator().manual_seed(1))
    assert valley(torch.zeros(2)) == rosenbrock(torch.ones(2)) == 0
    assert (valley(points) > 0).all()
    assert (rosenbrock(points) > 0).all()


@pytest.mark.parametrize("steepness", [4.0, 100.0])
def test_plain_descent_shrinks_by_the_factor_of_the_closed_form(steepness: float) -> None:
    """With the best rate 2 / (1 + k) both coordinates shrink by (k - 1) / (k + 1) at each step."""
    path = descend(
        partial(valley, steepness=steepness),
        (1.0, 1.0),
        make_optimizer=lambda point: SGD(point, 2 / (1 + steepness)),
        steps=20,
    )
    assert path.shape == (21, 2)
    factor = (steepness - 1) / (steepness + 1)
    expected = torch.tensor([factor**step for step in range(21)], dtype=torch.float64)
    torch.testing.assert_close(path.abs(), expected[:, None].expand(-1, 2))
