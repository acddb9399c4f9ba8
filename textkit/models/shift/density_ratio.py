"""How much more often rows like this one are in the second sample than in the first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from textkit.errors import InputError
from textkit.models.classification.logistic import Logistic, fit_logistic
from textkit.models.sparse_linear.rows import Doubles

_PENALTY = 1e-4  # enough for samples that a plane parts
_HIGHEST = 300.0  # of a score


@dataclass(frozen=True, eq=False)
class DensityRatio:
    """q(x) / p(x) for first rows from p and second rows from q, by a classifier of the two.

    P(second | x) = sigmoid(score), so q(x) / p(x) = exp(score) N / M with N first and M second rows
    (Bickel, Brueckner and Scheffer 2009, section 3). The score is linear in x, or `quadratic`: exact for
    Gaussians of one covariance, or of two. `centre` and `scale` (F,) are of both samples.
    """

    classifier: Logistic
    log_sizes: float  # ln(N / M)
    centre: Doubles
    scale: Doubles
    quadratic: bool

    def scores(self, features: Doubles) -> Doubles:
        """ln q(x) - ln p(x) of features (B, F): (B,)."""
        return self.classifier.scores(self._seen(features)) + self.log_sizes

    def weights(self, features: Doubles) -> Doubles:
        """q(x) / p(x), (B,): what rows of the first sample count so that they stand for the second.

        At most e^300, so that sums of them and of their squares stay finite.
        """
        return np.exp(np.minimum(self.scores(features), _HIGHEST))

    def _seen(self, features: Doubles) -> Doubles:
        scaled: Doubles = (features - self.centre) / self.scale
        return with_products(scaled) if self.quadratic else scaled


def fit_density_ratio(
    first: Doubles, second: Doubles, *, quadratic: bool = False, penalty: float = _PENALTY
) -> DensityRatio:
    """The ratio of second (M, F) to first (N, F), by penalised logistic regression.

    Raises InputError for samples without rows, or of different features.

    >>> generator = np.random.default_rng(0)
    >>> made = fit_density_ratio(generator.normal(0, 1, (4000, 1)), generator.normal(1, 1, (4000, 1)))
    >>> made.scores(np.array([[2.5]])).round(1).tolist()  # x - 1/2 is exact
    [2.0]
    """
    rows = joined(first, second)
    centre, spread = rows.mean(0), rows.std(0)
    scale = np.where(spread > 0, spread, 1.0)
    scaled = (rows - centre) / scale
    second_sample = np.repeat([0, 1], [len(first), len(second)])
    seen = with_products(scaled) if quadratic else scaled
    classifier = fit_logistic(seen, second_sample, penalty=penalty)
    return DensityRatio(classifier, float(np.log(len(first) / len(second))), centre, scale, quadratic)


def joined(first: Doubles, second: Doubles) -> Doubles:
    """Both samples below each other, (N + M, F); raises InputError where they cannot be compared."""
    if not len(first) or not len(second):
        raise InputError("two samples are compared: give rows of both")
    if first.ndim != 2 or first.shape[1:] != second.shape[1:]:
        raise InputError(f"samples must be (N, F) and (M, F), not {first.shape} and {second.shape}")
    return np.concatenate([first, second])


def with_products(features: Doubles) -> Doubles:
    """Features and all products of two of them, squares included: (B, F + F (F + 1) / 2).

    >>> with_products(np.array([[2.0, 3.0]])).tolist()
    [[2.0, 3.0, 4.0, 6.0, 9.0]]
    """
    left, right = np.triu_indices(features.shape[1])
    return np.hstack([features, features[:, left] * features[:, right]])


def effective_rows(weights: Doubles) -> float:
    """(sum w)^2 / sum w^2: how many rows of equal weight give a mean that is as sure (Kish 1965).

    >>> effective_rows(np.array([1.0, 1.0, 0.0])), effective_rows(np.array([3.0, 3.0]))
    (2.0, 2.0)
    """
    return float(weights.sum() ** 2 / (weights**2).sum())
