"""Least squares against scikit-learn and its own conditions; descent against least squares."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from textkit.errors import InputError, TextkitError, UsageError
from textkit.models.regression.descent import descend, largest_rate
from textkit.models.regression.linear import (
    Doubles,
    LinearModel,
    gradient,
    least_squares,
    mean_squared_error,
    squared_loss,
)
from textkit.models.schedules import linear

POINTS = np.array([[1.0], [2.0], [3.0]])
HEIGHTS = np.array([2.5, 4.5, 6.5])


def drawn(rows: int = 60, columns: int = 4, *, noise: float = 0.3) -> tuple[Doubles, Doubles]:
    generator = np.random.default_rng(5)
    features = generator.normal(size=(rows, columns)) * [1, 3, 0.5, 1][:columns] + 2
    return features, features @ np.arange(1.0, columns + 1) - 4.2 + noise * generator.normal(size=rows)


@pytest.mark.parametrize(
    "found",
    [
        least_squares(POINTS, HEIGHTS),
        descend(POINTS, HEIGHTS, rate=0.3, epochs=800).model,
        descend(POINTS, HEIGHTS, rate=0.1, epochs=400, batch_size=1, seed=3).model,
        descend(POINTS, HEIGHTS, rate=0.2, epochs=400, batch_size=2, seed=3).model,
    ],
    ids=["closed form", "gradient", "stochastic", "minibatch"],
)
def test_four_ways_lead_to_the_line_through_three_points(found: LinearModel) -> None:
    assert found.weights == pytest.approx([2.0], abs=1e-4)
    assert found.bias == pytest.approx(0.5, abs=1e-4)
    assert found.predictions(np.array([[4.0]])) == pytest.approx([8.5], abs=1e-3)


def test_least_squares_against_scikit_learn() -> None:
    features, targets = drawn()
    found, theirs = least_squares(features, targets), LinearRegression().fit(features, targets)
    np.testing.assert_allclose(found.weights, theirs.coef_, rtol=1e-10)
    assert found.bias == pytest.approx(theirs.intercept_, rel=1e-10)
    slope, shift = gradient(found, features, targets)
    np.testing.assert_allclose([*slope, shift], 0, atol=1e-12)


def test_of_equally_good_weights_least_squares_gives_the_smallest() -> None:
    features, targets = drawn(columns=2)
    doubled = np.column_stack([features, features[:, 0]])
    once, found = least_squares(features, targets), least_squares(doubled, targets)
    np.testing.assert_allclose(found.weights, [once.weights[0] / 2, once.weights[1], once.weights[0] / 2])
    wide = least_squares(features[:2], targets[:2])  # as many unknowns as rows, and the bias
    np.testing.assert_allclose(wide.predictions(features[:2]), targets[:2])


def test_the_closed_form_keeps_digits_that_the_inverse_loses() -> None:
    generator = np.random.default_rng(0)
    one = generator.normal(size=200)
    features = np.column_stack([one, one + 1e-7 * generator.normal(size=200)])
    true = LinearModel(np.array([1.0, 1.0]), 0.0)
    targets = true.predictions(features)
    by_inverse = np.linalg.inv(features.T @ features) @ features.T @ targets
    assert np.abs(least_squares(features, targets).weights - 1).max() < 1e-6
    assert np.abs(by_inverse - 1).max() > 1e-3


def test_the_gradient_is_that_of_finite_differences() -> None:
    features, targets = drawn()
    model = LinearModel(np.array([0.5, -1.0, 2.0, 0.1]), 0.7)
    slope, shift = gradient(model, features, targets)
    for j, step in enumerate(1e-5 * np.eye(5)):
        there, back = (
            squared_loss(
                LinearModel(model.weights + s * step[:4], model.bias + s * step[4]), features, targets
            )
            for s in (1, -1)
        )
        assert (there - back) / 2e-5 == pytest.approx([*slope, shift][j], rel=1e-6)


def test_descent_comes_to_least_squares_and_its_losses_are_those_of_its_models() -> None:
    features, targets = drawn()
    features = features - features.mean(0)  # far from zero, the bias and the weights would hang together
    found = descend(features, targets, rate=0.9 * largest_rate(features), epochs=800)
    closed = least_squares(features, targets)
    np.testing.assert_allclose(found.model.weights, closed.weights, atol=1e-6)
    assert found.losses[0] == pytest.approx(np.mean(targets**2) / 2)
    assert found.losses[-1] == squared_loss(found.model, features, targets)
    assert all(
        later <= earlier * (1 + 1e-12) for earlier, later in zip(found.losses, found.losses[1:], strict=False)
    )


def test_each_step_goes_by_its_rate_against_the_gradient_of_its_rows() -> None:
    features, targets = drawn(5)
    asked, models = [], [LinearModel(np.zeros(4), 0.0)]

    def schedule(step: int, total: int) -> float:
        asked.append((step, total))
        return 1 / (1 + step)

    descend(features, targets, rate=0.01, epochs=3, schedule=schedule, watch=models.append)
    assert asked == [(0, 3), (1, 3), (2, 3)]
    for step, (before, after) in enumerate(itertools.pairwise(models)):
        slope, shift = gradient(before, features, targets)
        np.testing.assert_allclose(after.weights, before.weights - 0.01 / (1 + step) * slope, rtol=1e-12)
        assert after.bias == pytest.approx(before.bias - 0.01 / (1 + step) * shift, rel=1e-12)
    asked.clear()
    descend(features, targets, rate=0.01, epochs=2, batch_size=2, schedule=schedule)
    assert asked == [(step, 6) for step in range(6)]  # the last minibatch of an epoch has one row


def test_a_stochastic_descent_wanders_unless_its_rate_falls() -> None:
    generator = np.random.default_rng(2)
    features = generator.normal(size=(60, 3))
    targets = features @ [1.0, -2.0, 3.0] + 2 * generator.normal(size=60)
    least = squared_loss(least_squares(features, targets), features, targets)
    settings = {"rate": 0.1, "epochs": 60, "batch_size": 5, "seed": 1}
    held = descend(features, targets, **settings).losses[-1]
    falling = descend(features, targets, **settings, schedule=linear).losses[-1]
    assert falling - least < (held - least) / 10


def test_every_row_is_seen_once_an_epoch_and_a_seed_repeats() -> None:
    seen: list[LinearModel] = []
    first = descend(POINTS, HEIGHTS, rate=0.1, epochs=4, batch_size=2, seed=7, watch=seen.append)
    assert len(seen) == 8
    again = descend(POINTS, HEIGHTS, rate=0.1, epochs=4, batch_size=2, seed=7)
    other = descend(POINTS, HEIGHTS, rate=0.1, epochs=4, batch_size=2, seed=8)
    assert first.losses == again.losses != other.losses
    assert seen[-1].bias == first.model.bias


def test_the_largest_rate_parts_convergence_from_divergence() -> None:
    rate = largest_rate(POINTS)
    below = descend(POINTS, HEIGHTS, rate=0.98 * rate, epochs=200).losses
    assert below[-1] < below[-2]
    above = descend(POINTS, HEIGHTS, rate=1.02 * rate, epochs=200).losses
    assert above[-1] > above[-2]
    with pytest.raises(TextkitError, match=r"loss grew without bound until epoch \d+: take a rate below 1$"):
        descend(POINTS, HEIGHTS, rate=1.0, epochs=2000)


@pytest.mark.parametrize(
    ("features", "targets", "message"),
    [
        (POINTS[:, 0], HEIGHTS, r"not \(3,\) and \(3,\)"),
        (POINTS, HEIGHTS[:2], r"not \(3, 1\) and \(2,\)"),
        (POINTS[:0], HEIGHTS[:0], "N at least 1"),
        (np.array([[1.0], [np.nan]]), HEIGHTS[:2], "features must be finite numbers; row 1 has another"),
        (POINTS[:2], np.array([np.inf, 1.0]), "targets must be finite numbers; row 0 has another"),
    ],
)
def test_rows_that_cannot_be_learnt_from_are_said(features: Doubles, targets: Doubles, message: str) -> None:
    with pytest.raises(InputError, match=message):
        least_squares(features, targets)
    with pytest.raises(InputError, match=message):
        descend(features, targets, rate=0.1, epochs=1)


@pytest.mark.parametrize("wrong", [{"rate": 0.0}, {"rate": float("nan")}, {"epochs": -1}, {"batch_size": 0}])
def test_settings_that_make_no_sense_are_said(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="a rate above 0, epochs of at least 0 and batches of at least 1"):
        descend(POINTS, HEIGHTS, **({"rate": 0.1, "epochs": 1} | wrong))  # type: ignore[arg-type]


def test_mean_squared_error() -> None:
    assert mean_squared_error(np.array([1.0, 3.0]), np.array([2.0, 0.0])) == 5.0
