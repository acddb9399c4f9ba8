"""Calibration: known parameters are found again, optima are optima, and probabilities are ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.errors import InputError
from textkit.models.calibration import Calibration

Array = npt.NDArray[np.float64]


def drawn(true: Calibration, rows: int, *, seed: int = 0) -> tuple[Array, npt.NDArray[np.int64]]:
    """Scores, and classes drawn from what `true` makes of them."""
    generator = np.random.default_rng(seed)
    scores = generator.normal(size=(rows, len(true.biases)))
    chances = true.probabilities(scores).cumsum(1)
    return scores, (generator.random((rows, 1)) > chances).sum(1)


@pytest.mark.parametrize(
    "true",
    [
        Calibration(2.0, np.array([0.3, -0.3]), 0.1),
        Calibration(0.7, np.array([-0.5, 0.5]), 0.0),
        Calibration(3.0, np.array([0.5, 0.1, -0.6]), 0.05),
        Calibration(1.5, np.linspace(-1, 1, 6), 0.0),
    ],
)
def test_the_parameters_of_drawn_classes_are_found_again(true: Calibration) -> None:
    found = Calibration.of(*drawn(true, 20_000))
    assert found.slope == pytest.approx(true.slope, rel=0.06)
    np.testing.assert_allclose(found.biases, true.biases, atol=0.15)
    assert found.noise == pytest.approx(true.noise, abs=0.02)


def test_of_many_classes_the_slope_and_the_noise_are_found() -> None:
    true = Calibration(3.0, np.zeros(80), 0.1)
    found = Calibration.of(*drawn(true, 8000))
    assert found.slope == pytest.approx(3.0, rel=0.05)
    assert found.noise == pytest.approx(0.1, abs=0.02)
    assert not found.biases.any()


def test_no_small_change_makes_the_labels_likelier() -> None:
    scores, classes = drawn(Calibration(2.0, np.array([0.2, 0.3, -0.5]), 0.08), 4000)

    def loss(c: Calibration) -> float:
        return float(-np.log(c.probabilities(scores)[np.arange(4000), classes]).sum())

    found = Calibration.of(scores, classes)
    least = loss(found) - 1  # the priors' pull
    for slope in (0.8, 1.25):
        assert loss(Calibration(found.slope * slope, found.biases, found.noise)) > least
    for change in (np.array([0.3, 0, 0]), np.array([0, -0.3, 0])):
        assert loss(Calibration(found.slope, found.biases + change, found.noise)) > least
    for noise in (found.noise / 2, found.noise * 1.5):
        assert loss(Calibration(found.slope, found.biases, noise)) > least


def test_temperature_is_the_slope_alone() -> None:
    true = Calibration(0.4, np.zeros(4))
    scores, classes = drawn(true, 20_000)
    found = Calibration.temperature(scores, classes)
    assert found.slope == pytest.approx(0.4, rel=0.05)
    assert not found.biases.any()
    assert found.noise == 0
    assert (found.probabilities(scores).argmax(1) == scores.argmax(1)).all()


def test_weights_are_copies() -> None:
    scores, classes = drawn(Calibration(2.0, np.array([0.4, -0.4])), 500)
    weights = np.where(classes == 1, 3.0, 1.0)
    copied = np.repeat(np.arange(500), weights.astype(int))
    one, other = (
        Calibration.of(scores, classes, weights=weights),
        Calibration.of(scores[copied], classes[copied]),
    )
    assert one.slope == pytest.approx(other.slope, rel=1e-3)
    np.testing.assert_allclose(one.biases, other.biases, atol=1e-3)


@pytest.mark.parametrize("gap", [1e-12, 1.0, 1e6])
@pytest.mark.parametrize("rows", [1, 2, 300])
def test_scores_that_are_never_wrong_do_not_make_probabilities_certain(gap: float, rows: int) -> None:
    classes = np.arange(rows) % 2
    scores = np.where(np.arange(2) == classes[:, None], gap, -gap)
    found = Calibration.of(scores, classes).probabilities(scores)
    assert np.isfinite(found).all()
    sure = found[np.arange(rows), classes]
    assert (sure >= 0.5).all()
    assert (sure < 1 - 1e-7).all()


def test_scores_that_say_nothing_get_the_shares_of_the_classes() -> None:
    classes = np.repeat([0, 1, 2], [6000, 3000, 1000])
    found = Calibration.of(np.zeros((10_000, 3)), classes).probabilities(np.zeros((1, 3)))
    np.testing.assert_allclose(found[0], [0.6, 0.3, 0.1], atol=0.01)


def test_scores_worse_than_chance_are_hardly_believed() -> None:
    scores = np.random.default_rng(0).normal(size=(2000, 2))
    found = Calibration.of(scores, scores.argmin(1)).probabilities(scores)
    assert np.isfinite(found).all()
    assert found.max() < 0.7


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.lists(st.floats(-1e9, 1e9), min_size=3, max_size=3), min_size=1, max_size=8),
    st.floats(1e-6, 1e6),
    st.floats(0, 0.5),
)
def test_probabilities_are_probabilities(scores: list[list[float]], slope: float, noise: float) -> None:
    found = Calibration(slope, np.array([0.1, -0.2, 0.1]), noise).probabilities(scores)
    assert (found >= 0).all()
    np.testing.assert_allclose(found.sum(1), 1)


def test_what_cannot_be_calibrated_with_is_said() -> None:
    with pytest.raises(InputError, match="no texts to calibrate with"):
        Calibration.of(np.zeros((0, 2)), np.zeros(0, np.int64))
    with pytest.raises(InputError, match="must be finite"):
        Calibration.temperature([[np.nan, 0.0]], np.zeros(1, np.int64))
