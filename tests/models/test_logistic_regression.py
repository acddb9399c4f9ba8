"""Logistic and softmax regression against scikit-learn, torch and finite differences."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch.nn import functional

from textkit.errors import InputError, UsageError
from textkit.models.classification.logistic import Logistic, binary_cross_entropy, fit_logistic, sigmoid
from textkit.models.classification.softmax import (
    Softmax,
    cross_entropy,
    log_sum_exp,
    score_gradient,
    softmax,
)
from textkit.models.classification.units import LogisticUnit, SoftmaxUnits
from textkit.train.fit import fit

Doubles = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]


def make_rows(seed: int, rows: int = 300) -> tuple[Doubles, Longs]:
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(rows, 4)) * [1, 3, 0.2, 1] + [0, 5, 0, -1]
    scores = features @ [1.0, -0.5, 2.0, 0.3] + 2.5
    return features, (generator.uniform(size=rows) < sigmoid(scores)).astype(np.int64)


def objective(point: Doubles, features: Doubles, classes: Longs, penalty: float) -> float:
    losses = binary_cross_entropy(features @ point[:-1] + point[-1], classes)
    return float(losses.mean() + penalty / 2 * point[:-1] @ point[:-1])


@pytest.mark.parametrize("penalty", [0.0, 0.01, 1.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_newton_reaches_scikit_learns_weights(penalty: float, weighted: bool) -> None:
    from sklearn.linear_model import LogisticRegression

    features, classes = make_rows(0)
    weights = np.random.default_rng(1).uniform(0.1, 3, 300) if weighted else None
    ours = fit_logistic(features, classes, penalty=penalty, weights=weights)
    total = len(classes) if weights is None else weights.sum()
    cost = 1 / (total * penalty) if penalty else np.inf
    theirs = LogisticRegression(C=cost, tol=1e-10, max_iter=10_000, solver="newton-cholesky")
    theirs.fit(features, classes, sample_weight=weights)
    np.testing.assert_allclose(ours.weights, theirs.coef_[0], rtol=1e-5, atol=1e-6)
    assert ours.bias == pytest.approx(theirs.intercept_[0], rel=1e-5, abs=1e-6)
    np.testing.assert_allclose(ours.probabilities(features), theirs.predict_proba(features)[:, 1], atol=1e-6)
    np.testing.assert_array_equal(ours.classes(features), theirs.predict(features))


def test_gradient_is_that_of_the_loss() -> None:
    features, classes = make_rows(2)
    point, step = np.array([0.3, -0.2, 1.0, 0.1, 0.5]), 1e-6
    found = Logistic(point[:-1], point[-1]).gradient(features, classes)
    for each, direction in enumerate(np.eye(5)):
        ahead, behind = (objective(point + sign * step * direction, features, classes, 0) for sign in (1, -1))
        assert found[each] == pytest.approx((ahead - behind) / (2 * step), abs=1e-7)
    shares = np.arange(300) / np.arange(300).sum()
    doubled = np.repeat(np.arange(300), np.arange(300))
    np.testing.assert_allclose(
        Logistic(point[:-1], point[-1]).gradient(features, classes, shares=shares),
        Logistic(point[:-1], point[-1]).gradient(features[doubled], classes[doubled]),
    )


def test_losses_are_torchs_and_stay_finite_where_probabilities_are_0_or_1() -> None:
    scores, classes = np.array([-1e4, -40.0, 0.0, 3.0, 40.0, 1e4] * 2), np.repeat([0, 1], 6)
    theirs = functional.binary_cross_entropy_with_logits(
        torch.tensor(scores), torch.tensor(classes, dtype=torch.float64), reduction="none"
    )
    np.testing.assert_allclose(binary_cross_entropy(scores, classes), theirs.numpy(), rtol=1e-12, atol=1e-15)
    assert binary_cross_entropy(scores, classes)[4 + 6] == pytest.approx(np.exp(-40), rel=1e-12)
    np.testing.assert_allclose(sigmoid(scores), torch.sigmoid(torch.tensor(scores)).numpy(), rtol=1e-12)


def test_columns_of_very_different_size_do_no_harm() -> None:
    features, classes = make_rows(3)
    sizes = np.array([1e7, 1.0, 1e-7, 1e3])
    alone, stretched = fit_logistic(features, classes), fit_logistic(features * sizes, classes)
    np.testing.assert_allclose(stretched.weights * sizes, alone.weights, rtol=1e-6)


def test_columns_that_depend_on_each_other_do_no_harm() -> None:
    features, classes = make_rows(3)
    alone, twice = (fit_logistic(rows, classes) for rows in (features, np.hstack([features, features])))
    np.testing.assert_allclose(
        alone.scores(features), twice.scores(np.hstack([features, features])), atol=1e-5
    )


def test_classes_that_a_plane_parts_need_a_penalty() -> None:
    features = np.array([[0.0, 1.0], [1.0, 0.5], [3.0, 1.0], [4.0, 0.0]])
    classes = np.array([0, 0, 1, 1])
    with pytest.raises(InputError, match=r"a plane parts the two classes.*give a penalty"):
        fit_logistic(features, classes)
    assert fit_logistic(features, classes, penalty=1e-6).classes(features).tolist() == [0, 0, 1, 1]
    # Parted, but for rows on the plane itself.
    with pytest.raises(InputError, match="a plane parts"):
        fit_logistic(np.array([[0.0], [1.0], [1.0], [2.0]]), np.array([0, 0, 1, 1]))


def test_what_cannot_be_fitted_is_said() -> None:
    features, classes = make_rows(4)
    with pytest.raises(InputError, match="both classes, 0 and 1"):
        fit_logistic(features, np.zeros(300, np.int64))
    with pytest.raises(InputError, match="of no other"):
        fit_logistic(features, classes * 2)
    with pytest.raises(InputError, match="features must be finite numbers"):
        fit_logistic(np.where(features > 6, np.nan, features), classes)
    for weights in (np.zeros(300), np.append(np.ones(299), -1), np.append(np.ones(299), np.inf)):
        with pytest.raises(InputError, match="finite, none negative and not all zero"):
            fit_logistic(features, classes, weights=weights)
    with pytest.raises(UsageError, match="penalty must not be negative, not -1"):
        fit_logistic(features, classes, penalty=-1)


def test_minibatches_reach_the_same_weights() -> None:
    features, classes = make_rows(5, 200)
    scaled = (features - features.mean(0)) / features.std(0)
    newton = fit_logistic(scaled, classes, penalty=0.02)
    unit = LogisticUnit(4)
    fit(
        unit,
        functional.binary_cross_entropy_with_logits,
        examples=(torch.tensor(scaled, dtype=torch.float32), torch.tensor(classes, dtype=torch.float32)),
        optimizer=torch.optim.SGD(unit.parameters(), lr=2.0),
        epochs=40,
        batch_size=50,
        penalty=lambda: 0.01 * (unit.weights**2).sum(),
        schedule=lambda step, total: 1 - step / total,
    )
    learnt = unit.learnt()
    np.testing.assert_allclose(learnt.weights, newton.weights, atol=0.02)
    assert learnt.bias == pytest.approx(newton.bias, abs=0.02)


def test_softmax_is_stable_and_its_rows_sum_to_one() -> None:
    generator = np.random.default_rng(0)
    scores = np.concatenate([generator.normal(size=(50, 7)) * 5, [[1e4, -1e4, 0, 0, 1e4, 3, 2]]])
    classes = generator.integers(0, 7, len(scores))
    tensor = torch.tensor(scores, requires_grad=True)
    np.testing.assert_allclose(softmax(scores), torch.softmax(tensor, 1).detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(softmax(scores).sum(1), 1, rtol=1e-14)
    np.testing.assert_allclose(softmax(scores + 1000), softmax(scores), rtol=1e-9)
    np.testing.assert_allclose(log_sum_exp(scores), torch.logsumexp(tensor, 1).detach().numpy(), rtol=1e-12)
    losses = functional.cross_entropy(tensor, torch.tensor(classes), reduction="none")
    np.testing.assert_allclose(
        cross_entropy(scores, classes), losses.detach().numpy(), rtol=1e-12, atol=1e-14
    )
    losses.sum().backward()
    assert tensor.grad is not None
    np.testing.assert_allclose(score_gradient(scores, classes), tensor.grad.numpy(), atol=1e-15)
    assert score_gradient(scores, classes).sum(1) == pytest.approx(0, abs=1e-12)


def test_softmax_of_two_is_the_sigmoid_of_the_difference() -> None:
    scores = np.random.default_rng(1).normal(size=(20, 2)) * 10
    np.testing.assert_allclose(softmax(scores)[:, 1], sigmoid(scores[:, 1] - scores[:, 0]), rtol=1e-12)


def test_softmax_regressions_gradient_by_finite_differences() -> None:
    generator = np.random.default_rng(2)
    features, classes = generator.normal(size=(30, 3)), generator.integers(0, 4, 30)
    weights, biases, step = generator.normal(size=(3, 4)), generator.normal(size=4), 1e-6
    found = Softmax(weights, biases).gradient(features, classes)

    def loss(weights: Doubles, biases: Doubles) -> float:
        return float(cross_entropy(Softmax(weights, biases).scores(features), classes).mean())

    for place in np.ndindex(3, 4):
        moved = np.zeros((3, 4))
        moved[place] = step
        slope = (loss(weights + moved, biases) - loss(weights - moved, biases)) / (2 * step)
        assert found[0][place] == pytest.approx(slope, abs=1e-8)
    for place, moved in enumerate(step * np.eye(4)):
        slope = (loss(weights, biases + moved) - loss(weights, biases - moved)) / (2 * step)
        assert found[1][place] == pytest.approx(slope, abs=1e-8)


def test_softmax_units_reach_scikit_learns_probabilities() -> None:
    from sklearn.linear_model import LogisticRegression

    generator = np.random.default_rng(3)
    classes = generator.integers(0, 3, 240)
    features = generator.normal(size=(240, 2)) + np.array([[0, 0], [2, 0], [0, 2]])[classes]
    units = SoftmaxUnits(2, 3)
    assert units(torch.ones(5, 2)).tolist() == [[0, 0, 0]] * 5
    fit(
        units,
        functional.cross_entropy,
        examples=(torch.tensor(features, dtype=torch.float32), torch.tensor(classes)),
        optimizer=torch.optim.SGD(units.parameters(), lr=1.0),
        epochs=60,
        batch_size=60,
        penalty=lambda: 0.005 * (units.weights**2).sum(),
        schedule=lambda step, total: 1 - step / total,
    )
    theirs = LogisticRegression(C=1 / 2.4, tol=1e-8).fit(features, classes)
    learnt = units.learnt()
    np.testing.assert_allclose(learnt.probabilities(features), theirs.predict_proba(features), atol=0.02)
    assert np.mean(learnt.classes(features) == theirs.predict(features)) > 0.98
