"""Ridge, lasso and polynomials against scikit-learn, numpy and what makes an optimum one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import Lasso, Ridge

from textkit.errors import TextkitError, UsageError
from textkit.models.kernels import lasso as kernel
from textkit.models.regression import lasso as lasso_module
from textkit.models.regression.lasso import largest_penalty, lasso, lasso_path, soft_threshold
from textkit.models.regression.linear import Doubles, LinearModel, gradient, least_squares, mean_squared_error
from textkit.models.regression.penalties import l1_penalty, l2_penalty
from textkit.models.regression.polynomial import fit_polynomial, powers
from textkit.models.regression.ridge import degrees_of_freedom, ridge, ridge_path
from textkit.train.fit import fit

PENALTIES = [1e-3, 0.03, 0.5, 4.0]


def drawn(rows: int = 40, columns: int = 8) -> tuple[Doubles, Doubles]:
    """Features that hang together, of which three count."""
    generator = np.random.default_rng(3)
    features = generator.normal(size=(rows, columns)) @ generator.normal(size=(columns, columns)) + 1.5
    return features, features[:, :3] @ [2.0, -3.0, 1.0] + 7 + generator.normal(size=rows)


WIDE = drawn(15, 30)


@pytest.mark.parametrize("rows", [drawn(), WIDE], ids=["tall", "wide"])
@pytest.mark.parametrize("penalty", PENALTIES)
def test_ridge_against_scikit_learn(rows: tuple[Doubles, Doubles], penalty: float) -> None:
    found, theirs = ridge(*rows, penalty=penalty), Ridge(alpha=penalty * len(rows[1])).fit(*rows)
    np.testing.assert_allclose(found.weights, theirs.coef_, rtol=1e-8, atol=1e-10)
    assert found.bias == pytest.approx(theirs.intercept_, rel=1e-8)


def test_ridge_without_a_penalty_is_least_squares_and_a_constant_feature_gets_no_weight() -> None:
    features, targets = drawn()
    np.testing.assert_allclose(
        ridge(features, targets, penalty=0).weights, least_squares(features, targets).weights
    )
    padded = ridge(np.column_stack([features, np.full(len(features), 3.0)]), targets, penalty=0)
    assert padded.weights[-1] == pytest.approx(0, abs=1e-12)
    alone = ridge(np.ones((4, 1)), np.arange(4.0), penalty=0.0)
    assert (alone.weights.tolist(), alone.bias) == ([0.0], 1.5)


def test_along_the_path_weights_shrink_the_error_rises_and_freedom_falls() -> None:
    features, targets = drawn()
    path = ridge_path(features, targets, penalties=PENALTIES)
    sizes = [float(np.linalg.norm(model.weights)) for model in path]
    errors = [mean_squared_error(model.predictions(features), targets) for model in path]
    freedoms = [degrees_of_freedom(features, penalty) for penalty in [0.0, *PENALTIES]]
    assert sizes == sorted(sizes, reverse=True)
    assert errors == sorted(errors)
    assert freedoms == sorted(freedoms, reverse=True)
    assert freedoms[0] == pytest.approx(8)
    np.testing.assert_array_equal(path[1].weights, ridge(features, targets, penalty=PENALTIES[1]).weights)


def test_freedom_is_the_trace_of_what_maps_targets_to_predictions() -> None:
    features, _ = drawn()
    columns = [ridge(features, unit, penalty=0.5).predictions(features) for unit in np.eye(len(features))]
    assert np.trace(np.array(columns)) == pytest.approx(degrees_of_freedom(features, 0.5) + 1)  # and the bias


@pytest.mark.parametrize("rows", [drawn(), WIDE], ids=["tall", "wide"])
@pytest.mark.parametrize("penalty", [0.05, 0.5, 4.0])
def test_lasso_against_scikit_learn(rows: tuple[Doubles, Doubles], penalty: float) -> None:
    theirs = Lasso(alpha=penalty, tol=1e-12, max_iter=1_000_000).fit(*rows)
    found = lasso(*rows, penalty=penalty)
    np.testing.assert_allclose(found.weights, theirs.coef_, atol=1e-4)
    np.testing.assert_array_equal(found.weights == 0, theirs.coef_ == 0)
    assert found.bias == pytest.approx(theirs.intercept_, abs=1e-3)


def test_a_lasso_is_an_optimum() -> None:
    features, targets = drawn()
    model = lasso(features, targets, penalty=0.5)
    slope, shift = gradient(model, features, targets)
    used = model.weights != 0
    assert shift == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(slope[used], -0.5 * np.sign(model.weights[used]), atol=1e-4)
    assert (np.abs(slope[~used]) < 0.5).all()


@pytest.mark.parametrize("rows", [drawn(), WIDE], ids=["tall", "wide"])
def test_a_path_ends_each_descent_as_near_to_the_least_loss_as_it_says(rows: tuple[Doubles, Doubles]) -> None:
    features, targets = rows
    count, square = len(targets), float(((targets - targets.mean()) ** 2).mean())
    penalties = [1.0, 0.3, 0.05]
    for penalty, model in zip(penalties, lasso_path(*rows, penalties=penalties), strict=True):
        left = targets - model.predictions(features)
        loss = left @ left / count / 2 + penalty * np.abs(model.weights).sum()
        # Any point of the dual lies below the least loss; this one is the residual, shrunk until it may.
        steepest = np.abs((features - features.mean(0)).T @ left).max() / count
        point = left * min(1, penalty / steepest)
        below = point @ (targets - targets.mean()) / count - point @ point / count / 2
        assert 0 <= loss - below <= lasso_module.TOLERANCE * square * 1.001


def test_on_features_at_right_angles_a_lasso_is_the_soft_threshold_of_least_squares() -> None:
    generator = np.random.default_rng(1)
    square, _ = np.linalg.qr(generator.normal(size=(30, 5)) - 0.0)
    centred = square - square.mean(0)
    features = np.linalg.qr(centred)[0] * np.sqrt(30)
    targets = generator.normal(size=30) * 3
    free = least_squares(features, targets).weights
    np.testing.assert_allclose(
        lasso(features, targets, penalty=0.4).weights, soft_threshold(free, 0.4), atol=1e-9
    )
    np.testing.assert_allclose(ridge(features, targets, penalty=0.4).weights, free / 1.4, atol=1e-9)


def test_the_path_ends_where_all_weights_are_zero() -> None:
    features, targets = drawn()
    top = largest_penalty(features, targets)
    above, below = lasso_path(features, targets, penalties=[top * 1.0001, top * 0.99])
    assert not above.weights.any()
    assert above.bias == pytest.approx(targets.mean())
    assert np.count_nonzero(below.weights) == 1
    constant = lasso(np.ones((4, 1)), np.arange(4.0), penalty=0.1)
    assert (constant.weights.tolist(), constant.bias) == ([0.0], 1.5)


def test_a_lasso_that_does_not_settle_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lasso_module, "_SWEEPS", 1)
    with pytest.raises(
        TextkitError, match=r"did not settle in 1 sweeps at penalty 0.001: scale the features"
    ):
        lasso(*drawn(), penalty=1e-3)


def test_the_kernel_says_when_it_has_arrived() -> None:
    weights = np.zeros(1)
    along = np.array([2.0])
    assert kernel.descend(np.eye(1), along, along.copy(), weights, 0.5, 4.0, 1e-12, 5) == 1
    assert weights.tolist() == [1.5]


def test_penalties_that_make_no_sense_are_said() -> None:
    for wrong in (-1, float("nan"), float("inf")):
        with pytest.raises(UsageError, match=f"penalty must be a finite number of at least 0, not {wrong}"):
            ridge(*drawn(), penalty=wrong)
    for wrong in (0, float("nan"), float("inf")):
        with pytest.raises(
            UsageError, match=f"must be a finite number above 0, not {wrong}; use least_squares"
        ):
            lasso(*drawn(), penalty=wrong)


def trained(features: Doubles, targets: Doubles, *, decay: float = 0.0, strength: float = 0.0) -> LinearModel:
    line = torch.nn.Linear(features.shape[1], 1, dtype=torch.float64)
    for parameter in line.parameters():
        torch.nn.init.zeros_(parameter)
    groups = [{"params": [line.weight], "weight_decay": decay}, {"params": [line.bias]}]
    fit(
        line,
        lambda outputs, wanted: (outputs - wanted).square().mean() / 2,
        examples=(torch.from_numpy(features), torch.from_numpy(targets)[:, None]),
        optimizer=torch.optim.SGD(groups, lr=0.8),
        epochs=60,
        penalty=l2_penalty([line.weight], strength) if strength else None,
    )
    return LinearModel(line.weight.detach().numpy()[0], line.bias.item())


def test_weight_decay_is_the_l2_penalty_is_ridge() -> None:
    features, targets = np.random.default_rng(0).normal(size=(2, 30, 3))[0], np.arange(30.0) / 10
    decayed, penalised = trained(features, targets, decay=0.4), trained(features, targets, strength=0.4)
    np.testing.assert_allclose(decayed.weights, penalised.weights, atol=1e-12)
    closed = ridge(features, targets, penalty=0.4)
    np.testing.assert_allclose(decayed.weights, closed.weights, atol=1e-6)
    assert decayed.bias == pytest.approx(closed.bias, abs=1e-6)


def test_penalties_and_their_gradients() -> None:
    weights = [torch.tensor([[1.0, -2.0]], requires_grad=True), torch.tensor([3.0], requires_grad=True)]
    l2, l1 = l2_penalty(iter(weights), 0.5), l1_penalty(iter(weights), 0.5)
    assert (l2().item(), l1().item()) == (3.5, 3.0)
    l2().backward()
    assert weights[0].grad is not None
    assert weights[0].grad.tolist() == [[0.5, -1.0]]
    with torch.no_grad():
        weights[1].fill_(-1.0)
    assert l1().item() == 2.0  # of the weights as they are


@pytest.mark.parametrize("degree", range(6))
def test_polynomials_against_numpy(degree: int) -> None:
    generator = np.random.default_rng(2)
    values, targets = generator.uniform(40, 900, size=20), generator.normal(size=20)
    found = fit_polynomial(values, targets, degree=degree)
    theirs = np.polynomial.Polynomial.fit(values, targets, degree)
    np.testing.assert_allclose(found.predictions(values), theirs(values), atol=1e-9)
    ends = np.array([values.min(), values.max()])
    np.testing.assert_allclose((ends - found.centre) / found.scale, [-1, 1], atol=1e-12)


def test_a_penalty_flattens_a_polynomial_to_its_mean() -> None:
    values, targets = np.linspace(0, 1, 9), np.sin(np.arange(9.0))
    flat = fit_polynomial(values, targets, degree=5, penalty=1e9)
    np.testing.assert_allclose(flat.predictions(values), targets.mean(), atol=1e-6)


def test_a_degree_below_zero_is_said() -> None:
    with pytest.raises(UsageError, match="degree must be at least 0, not -1"):
        powers(np.ones(3), -1)
