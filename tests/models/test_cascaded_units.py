"""Cascaded units, and how many points a line can get right."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from textkit.errors import UsageError
from textkit.models.classification.best_line import most_right
from textkit.models.classification.units import CascadedUnits

CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


def test_of_sixteen_ways_to_name_four_corners_lines_part_all_but_two() -> None:
    found = {way: most_right(CORNERS, np.array(way)) for way in itertools.product([0, 1], repeat=4)}
    assert {way for way, most in found.items() if most < 4} == {(0, 1, 1, 0), (1, 0, 0, 1)}
    assert min(found.values()) == 3


@pytest.mark.parametrize("seed", range(6))
def test_no_line_of_many_gets_more_right(seed: int) -> None:
    generator = np.random.default_rng(seed)
    points = generator.integers(0, 4, (9, 2)).astype(float)  # on a grid: many are level, some are equal
    classes = generator.integers(0, 2, 9)
    most = most_right(points, classes)
    angles, places = generator.uniform(0, np.pi, 400), np.linspace(-6, 6, 97)
    along = points @ np.stack([np.cos(angles), np.sin(angles)])  # (B, A)
    right = ((along[:, :, None] > places) == classes[:, None, None]).sum(0)
    assert max(right.max(), 9 - right.min()) == most


def test_a_point_alone_and_none_apart() -> None:
    assert most_right(np.zeros((1, 2)), np.array([1])) == 1
    assert most_right(np.zeros((3, 2)), np.array([0, 1, 1])) == 2


def test_each_unit_sees_the_features_and_the_units_before_it() -> None:
    units = CascadedUnits(3, 3, generator=torch.Generator().manual_seed(0))
    rows = torch.randn(5, 3, generator=torch.Generator().manual_seed(1))
    first, second, third = units.weights
    h1 = torch.sigmoid(rows @ first + units.biases[0])
    h2 = torch.sigmoid(rows @ second[:3] + second[3] * h1 + units.biases[1])
    score = rows @ third[:3] + third[3] * h1 + third[4] * h2 + units.biases[2]
    torch.testing.assert_close(units(rows), score)
    torch.testing.assert_close(units.hidden(rows), torch.stack([h1, h2], 1))


def test_two_units_can_be_xor_by_hand() -> None:
    """One says "both"; the other says "any", and not where the first does."""
    units = CascadedUnits(2, 2, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        units.weights[0].copy_(torch.tensor([20.0, 20.0]))
        units.weights[1].copy_(torch.tensor([20.0, 20.0, -40.0]))
        units.biases.copy_(torch.tensor([-30.0, -10.0]))
    said = units(torch.tensor(CORNERS, dtype=torch.float32)) > 0
    assert said.tolist() == [False, True, True, False]


def test_weights_come_from_the_generator_alone() -> None:
    drawn = [CascadedUnits(2, 2, generator=torch.Generator().manual_seed(3)) for _ in range(2)]
    torch.testing.assert_close(*(torch.cat([part.flatten() for part in each.parameters()]) for each in drawn))
    with pytest.raises(UsageError, match="units must be at least 1, not 0"):
        CascadedUnits(2, 0, generator=torch.Generator())
