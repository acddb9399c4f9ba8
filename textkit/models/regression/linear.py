"""Linear regression: the model, its squared error with the gradient, and least squares in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textkit.errors import InputError

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LinearModel:
    """Predicts features @ weights + bias: `weights` (F,), one for each feature."""

    weights: Doubles
    bias: float

    def predictions(self, features: Doubles) -> Doubles:
        """(N,) of features (N, F).

        >>> LinearModel(np.array([2.0]), 0.5).predictions(np.array([[4.0], [5.0]])).tolist()
        [8.5, 10.5]
        """
        predicted: Doubles = features @ self.weights + self.bias
        return predicted


def mean_squared_error(predictions: Doubles, targets: Doubles) -> float:
    """The mean of (prediction - target)^2, both (N,).

    >>> mean_squared_error(np.array([1.0, 2.0]), np.array([1.0, 4.0]))
    2.0
    """
    return float(np.mean((predictions - targets) ** 2))


def squared_loss(model: LinearModel, features: Doubles, targets: Doubles) -> float:
    """Half the mean squared error, 1/2N |Xw + b - y|^2: the half leaves the gradient without a factor."""
    return mean_squared_error(model.predictions(features), targets) / 2


def gradient(model: LinearModel, features: Doubles, targets: Doubles) -> tuple[Doubles, float]:
    """The gradient of `squared_loss` in the weights, X'(Xw + b - y)/N (F,), and in the bias.

    All rows at once: a product of matrices instead of a loop over examples.

    >>> slope, shift = gradient(LinearModel(np.zeros(1), 0.0), np.array([[1.0], [3.0]]), np.array([2.0, 4.0]))
    >>> slope.tolist(), shift
    ([-7.0], -3.0)
    """
    residuals = model.predictions(features) - targets
    return features.T @ residuals / len(targets), float(residuals.mean())


def least_squares(features: Doubles, targets: Doubles) -> LinearModel:
    """The weights and the bias of least squared error, in closed form.

    Where the gradient is zero the normal equations hold, X'X w = X'y, with a column of ones in X for the
    bias (Hastie, Tibshirani and Friedman 2009, The elements of statistical learning, 3.6). They are solved
    without X'X and without its inverse: X'X squares the condition number of X, so that of sixteen digits
    nothing is left where X has lost eight, and it has no inverse where features depend on each other. The
    singular value decomposition of the centred X does neither; of many equally good weights it gives the
    smallest.

    Raises InputError when features (N, F) and targets (N,) do not fit, are empty or are not finite.

    >>> line = least_squares(np.array([[1.0], [2.0], [3.0]]), np.array([2.5, 4.5, 6.5]))
    >>> line.weights.round(6).tolist(), round(line.bias, 6)
    ([2.0], 0.5)
    """
    centred = Centred.of(features, targets)
    weights = np.linalg.lstsq(centred.features, centred.targets)[0]
    return centred.model(np.asarray(weights, np.float64))


@dataclass(frozen=True, eq=False)
class Centred:
    """Features (N, F) and targets (N,) without their means: what is left to the weights alone.

    Whatever the weights, the best bias is mean(y) - mean(X) w; so the bias needs no column of its own, and
    a penalty on the weights does not touch it.
    """

    features: Doubles
    targets: Doubles
    feature_means: Doubles
    target_mean: float

    @staticmethod
    def of(features: Doubles, targets: Doubles) -> Centred:
        """Raises InputError when features and targets do not fit, are empty or are not finite."""
        check_rows(features, targets)
        means, mean = features.mean(0), float(targets.mean())
        return Centred(features - means, targets - mean, means, mean)

    def model(self, weights: Doubles) -> LinearModel:
        """These weights, (F,), with the bias that goes with them."""
        return LinearModel(weights, self.target_mean - float(self.feature_means @ weights))


def check_rows(features: Doubles, targets: Doubles) -> None:
    """Raises InputError unless features are (N, F) and targets (N,), all finite, with N at least 1."""
    if features.ndim != 2 or targets.shape != features.shape[:1] or not len(targets):
        raise InputError(
            "features must be (N, F) and targets (N,) with N at least 1, "
            f"not {features.shape} and {targets.shape}"
        )
    for name, given in (("features", features), ("targets", targets)):
        if not np.isfinite(given).all():
            row = int(np.argmin(np.isfinite(given.reshape(len(given), -1)).all(1)))
            raise InputError(f"{name} must be finite numbers; row {row} has another: mend or drop it")
