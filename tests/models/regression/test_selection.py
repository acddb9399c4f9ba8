"""Cross-validation against scikit-learn; bias and variance against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_score

from textkit.data.splits import k_fold
from textkit.errors import UsageError
from textkit.models.regression.bias_variance import decompose, resampled_predictions
from textkit.models.regression.linear import Doubles, LinearModel, least_squares
from textkit.models.regression.polynomial import fit_polynomial
from textkit.models.regression.ridge import ridge
from textkit.models.regression.selection import (
    CrossValidation,
    Rows,
    cross_validate,
    errors_by,
    most_correlated,
)


def test_cross_validation_against_scikit_learn() -> None:
    generator = np.random.default_rng(4)
    features = generator.normal(size=(37, 3))
    targets = features @ [1.0, 0.0, -2.0] + generator.normal(size=37)
    folds = list(k_fold(37, 5, seed=2))
    penalties = [0.0, 10.0]
    found = cross_validate(
        lambda penalty, x, y: ridge(x, y, penalty=penalty / len(y)),
        penalties,
        rows=(features, targets),
        folds=folds,
    )
    for penalty, errors in zip(penalties, found.errors, strict=True):
        theirs = cross_val_score(
            Ridge(alpha=penalty), features, targets, cv=folds, scoring="neg_mean_squared_error"
        )
        np.testing.assert_allclose(errors, -theirs, rtol=1e-9)
    np.testing.assert_allclose(found.standard_errors, found.errors.std(1, ddof=1) / np.sqrt(5))


def test_every_row_is_held_out_from_what_judges_it() -> None:
    """A learner that remembers the targets it saw is never asked about them."""

    class Memory:
        def __init__(self, seen: Doubles) -> None:
            self.seen = seen

        def predictions(self, features: Doubles, /) -> Doubles:
            assert not np.isin(features, self.seen).any()
            return np.zeros(len(features))

    rows = (np.arange(10.0), np.ones(10))
    found = cross_validate(lambda _, x, y: Memory(x), ["any"], rows=rows, folds=k_fold(10, 3, seed=0))
    assert found.errors.tolist() == [[1.0] * 3]


def test_the_simplest_within_a_standard_error_is_taken() -> None:
    errors = np.array([[5.0, 6.0], [2.2, 3.0], [1.6, 3.0], [1.6, 3.0]])  # means 5.5, 2.6, 2.3, 2.3
    found = CrossValidation((1, 2, 3, 4), errors)
    assert found.best == 3
    assert found.simplest == 2
    apart = CrossValidation((1, 2), np.array([[5.0, 5.0], [1.0, 1.0]]))
    assert apart.simplest == apart.best == 2
    unsure = CrossValidation((1, 2), np.array([[0.0, 9.0], [1.0, 1.2]]))  # the error is that of the best
    assert unsure.simplest == unsure.best == 2


def test_the_strongest_correlations_are_numpys() -> None:
    generator = np.random.default_rng(4)
    features = generator.normal(size=(30, 6)) * 10.0 ** np.arange(-3, 3) + 5
    targets = features[:, 1] * 100 + generator.normal(size=30)
    strengths = [abs(np.corrcoef(column, targets)[0, 1]) for column in features.T]
    found = most_correlated(np.column_stack([features, np.ones(30)]), targets, count=7)
    assert found.tolist() == [*np.argsort(strengths)[::-1], 6]


def test_training_errors_of_nested_models_never_rise() -> None:
    generator = np.random.default_rng(8)
    train, test = generator.normal(size=(2, 2, 12))
    seen, unseen = errors_by(
        lambda degree, x, y: fit_polynomial(x, y, degree=degree),
        range(8),
        train=(train[0], train[1]),
        held_out=(test[0], test[1]),
    )
    assert (np.diff(seen) <= 1e-12).all()
    assert unseen.shape == (8,)


def test_too_little_to_choose_from_is_said() -> None:
    rows = (np.zeros((4, 1)), np.zeros(4))
    with pytest.raises(UsageError, match="at least two folds and one candidate, not 0 and 1"):
        cross_validate(lambda _, x, y: least_squares(x, y), [0], rows=rows, folds=[])
    with pytest.raises(UsageError, match="not 2 and 0"):
        cross_validate(lambda _, x, y: least_squares(x, y), [], rows=rows, folds=k_fold(4, 2, seed=0))
    with pytest.raises(UsageError, match="at least two learners, not 1"):
        decompose(np.zeros((1, 3)), np.zeros(3), noise=0.0)


PLACES = np.random.default_rng(6).normal(size=(25, 4))
TRUE = LinearModel(np.array([1.0, -1.0, 0.5, 2.0]), 3.0)
NOISE = 0.49


def draw(generator: np.random.Generator) -> Rows:
    return PLACES, TRUE.predictions(PLACES) + np.sqrt(NOISE) * generator.normal(size=25)


def test_of_least_squares_the_bias_is_none_and_the_variance_is_noise_times_weights_over_rows() -> None:
    predicted = resampled_predictions(
        least_squares, draw, places=PLACES, learners=1500, generator=np.random.default_rng(0)
    )
    found = decompose(predicted, TRUE.predictions(PLACES), noise=NOISE)
    assert found.variance == pytest.approx(NOISE * 5 / 25, rel=0.06)
    assert found.bias2 == pytest.approx(0, abs=3e-4)


def test_of_ridge_both_are_those_of_its_closed_form() -> None:
    predicted = resampled_predictions(
        lambda x, y: ridge(x, y, penalty=0.5),
        draw,
        places=PLACES,
        learners=1500,
        generator=np.random.default_rng(0),
    )
    found = decompose(predicted, TRUE.predictions(PLACES), noise=NOISE)
    maps = np.array([ridge(PLACES, unit, penalty=0.5).predictions(PLACES) for unit in np.eye(25)])
    truth = TRUE.predictions(PLACES)
    assert found.bias2 == pytest.approx(np.mean((truth @ maps - truth) ** 2), rel=0.03)
    assert found.variance == pytest.approx(NOISE * (maps**2).sum() / 25, rel=0.06)


def test_the_parts_sum_to_the_error_on_new_targets() -> None:
    generator = np.random.default_rng(1)
    predicted = resampled_predictions(
        lambda x, y: ridge(x, y, penalty=0.5), draw, places=PLACES, learners=1500, generator=generator
    )
    truth = TRUE.predictions(PLACES)
    found = decompose(predicted, truth, noise=NOISE)
    assert found.error - NOISE == pytest.approx(np.mean((predicted - truth) ** 2), rel=1e-12)
    fresh = truth + np.sqrt(NOISE) * generator.normal(size=predicted.shape)
    assert found.error == pytest.approx(np.mean((fresh - predicted) ** 2), rel=0.02)
