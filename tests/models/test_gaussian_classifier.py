"""Gaussian classifiers against Bayes' rule with the densities, and scikit-learn's discriminant analyses."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt
import pytest

from textkit.errors import InputError
from textkit.models.classification.gaussian import GaussianClassifier, fit_gaussians
from textkit.models.classification.logistic import sigmoid

Doubles = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]


def make_rows(seed: int, size: int = 3) -> tuple[Doubles, Longs]:
    generator = np.random.default_rng(seed)
    classes = generator.choice(size, 400, p=np.arange(1, size + 1) / np.arange(1, size + 1).sum())
    turned = generator.normal(size=(size, 3, 3))
    rows = np.einsum("bf,bfg->bg", generator.normal(size=(400, 3)), turned[classes])
    return rows + 2 * generator.normal(size=(size, 3))[classes], classes


def by_bayes(model: GaussianClassifier, rows: Doubles) -> Doubles:
    from scipy.stats import multivariate_normal

    joint = np.stack(
        [
            prior * multivariate_normal(mean, covariance).pdf(rows)
            for prior, mean, covariance in zip(model.priors, model.means, model.covariances, strict=True)
        ],
        axis=1,
    )
    return joint / joint.sum(1, keepdims=True)


@pytest.mark.parametrize("shared", [True, False])
def test_probabilities_follow_bayes_rule(shared: bool) -> None:
    from scipy.stats import multivariate_normal

    rows, classes = make_rows(0)
    model = fit_gaussians(rows, classes, shared=shared)
    np.testing.assert_allclose(model.probabilities(rows), by_bayes(model, rows), rtol=1e-8, atol=1e-12)
    joint = np.exp(model.log_joint(rows[:5]))  # densities, not up to a factor: they integrate to the priors
    densities = [
        multivariate_normal(m, c).pdf(rows[:5]) for m, c in zip(model.means, model.covariances, strict=True)
    ]
    np.testing.assert_allclose(joint, model.priors * np.stack(densities, axis=1), rtol=1e-8)
    assert model.classes(rows).tolist() == by_bayes(model, rows).argmax(1).tolist()


def test_a_shared_covariance_gives_a_sigmoid_of_a_linear_function() -> None:
    rows, classes = make_rows(1, size=2)
    model = fit_gaussians(rows, classes)
    linear = model.linear()
    scores = rows @ (linear.weights[:, 1] - linear.weights[:, 0]) + linear.biases[1] - linear.biases[0]
    np.testing.assert_allclose(sigmoid(scores), model.probabilities(rows)[:, 1], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(linear.probabilities(rows), model.probabilities(rows), rtol=1e-9, atol=1e-12)


def test_boundaries_are_flat_or_curved() -> None:
    """Second differences of the log odds along a line: none, or the same everywhere."""
    rows, classes = make_rows(2, size=2)
    line = np.linspace(-5, 5, 9)[:, None] * np.array([1.0, -0.5, 2.0])
    for shared in (True, False):
        joint = fit_gaussians(rows, classes, shared=shared).log_joint(line)
        curves = np.diff(joint[:, 1] - joint[:, 0], 2)
        np.testing.assert_allclose(curves, curves[0], atol=1e-9)
        assert (abs(curves[0]) < 1e-9) == shared


def test_shared_covariance_is_linear_discriminant_analysis() -> None:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    rows, classes = make_rows(3)
    theirs = LinearDiscriminantAnalysis(solver="lsqr", store_covariance=True).fit(rows, classes)
    model = fit_gaussians(rows, classes)
    np.testing.assert_allclose(model.covariances[0], theirs.covariance_, rtol=1e-10)
    np.testing.assert_allclose(model.means, theirs.means_, rtol=1e-10)
    np.testing.assert_allclose(model.probabilities(rows), theirs.predict_proba(rows), rtol=1e-8, atol=1e-12)


def test_own_covariances_are_quadratic_discriminant_analysis() -> None:
    from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis

    rows, classes = make_rows(4)
    theirs = QuadraticDiscriminantAnalysis(store_covariance=True).fit(rows, classes)
    model = fit_gaussians(rows, classes, shared=False)
    counts = np.bincount(classes)
    found = np.array(theirs.covariance_)
    ratios = found / model.covariances
    np.testing.assert_allclose(ratios, np.broadcast_to(ratios[:, :1, :1], ratios.shape), rtol=1e-9)
    for ratio, count in zip(ratios[:, 0, 0], counts, strict=True):  # some releases of theirs divide by n - 1
        assert min(abs(ratio - 1), abs(ratio - count / (count - 1))) < 1e-9
    alike = dataclasses.replace(model, covariances=found)
    np.testing.assert_allclose(alike.probabilities(rows), theirs.predict_proba(rows), rtol=1e-7, atol=1e-10)


def test_many_features_do_not_underflow() -> None:
    generator = np.random.default_rng(5)
    rows, classes = 1e-4 * generator.normal(size=(900, 200)), np.arange(900) % 2
    rows[classes == 1] += 1e-4
    model = fit_gaussians(rows, classes)
    assert np.isfinite(model.log_joint(rows)).all()
    assert np.mean(model.classes(rows) == classes) > 0.99


def test_units_of_features_do_not_matter() -> None:
    rows, classes = make_rows(7)
    for shared in (True, False):
        plain, scaled = (
            fit_gaussians(rows * sizes, classes, shared=shared).probabilities(rows * sizes)
            for sizes in (np.ones(3), np.array([1e-6, 1.0, 1e8]))
        )
        np.testing.assert_allclose(scaled, plain, rtol=1e-6, atol=1e-9)
    with pytest.raises(InputError, match="leave out features that depend on others"):
        fit_gaussians(np.column_stack([rows, np.full(400, 1e-3)]), classes)


def test_what_cannot_be_fitted_is_said() -> None:
    rows, classes = make_rows(6)
    with pytest.raises(InputError, match="2 rows in the smallest class give 3 features no covariance"):
        fit_gaussians(np.concatenate([rows, rows[:2] + 9]), np.append(classes, [3, 3]), shared=False)
    with pytest.raises(InputError, match="leave out features that depend on others"):
        fit_gaussians(np.hstack([rows, rows[:, :1]]), classes)
    for bad in (np.zeros(400, np.int64), classes * 2):
        with pytest.raises(InputError, match="rows of every class from 0 to"):
            fit_gaussians(rows, bad)
    with pytest.raises(InputError, match=r"not linear unless .* share a covariance.*shared=True"):
        fit_gaussians(rows, classes, shared=False).linear()
