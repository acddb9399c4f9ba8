"""A classifier from one Gaussian a class, in closed form. B rows, F features, K classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from textkit.errors import InputError
from textkit.models.classification.softmax import Softmax, softmax
from textkit.models.sparse_linear.rows import Doubles, Longs


@dataclass(frozen=True, eq=False)
class GaussianClassifier:
    """P(class k | x) in proportion to priors_k N(x | means_k, covariances_k).

    `priors` (K,), `means` (K, F), `covariances` (K, F, F), all alike where they are `shared`.
    """

    priors: Doubles
    means: Doubles
    covariances: Doubles
    shared: bool

    def log_joint(self, features: Doubles) -> Doubles:
        """ln of priors_k N(x | means_k, covariances_k) for features (B, F): (B, K).

        By Cholesky factors, L L' = covariance: |L^-1 (x - mean)|^2 needs no inverse and no determinant that
        underflows.
        """
        columns = []
        for prior, mean, covariance in zip(self.priors, self.means, self.covariances, strict=True):
            factor = np.linalg.cholesky(covariance)
            away = np.linalg.solve(factor, (features - mean).T)
            size = np.log(2 * np.pi) * len(mean) + 2 * np.log(np.diag(factor)).sum()
            columns.append(np.log(prior) - 0.5 * (size + (away**2).sum(0)))
        return np.stack(columns, axis=1)

    def probabilities(self, features: Doubles) -> Doubles:
        """By Bayes' rule, (B, K)."""
        return softmax(self.log_joint(features))

    def classes(self, features: Doubles) -> Longs:
        """The likeliest class of each row, (B,)."""
        likeliest: Longs = self.log_joint(features).argmax(1)
        return likeliest

    def linear(self) -> Softmax:
        """The softmax regression that gives the same probabilities; with two classes it is a sigmoid.

        With one covariance S the squares of x are the same for every class and cancel. What is left is
        w_k = S^-1 mean_k and b_k = ln prior_k - mean_k' S^-1 mean_k / 2 (Bishop 2006, equations 4.68-4.70).

        Raises InputError where each class has a covariance of its own: the boundary is quadratic then.
        """
        if not self.shared:
            raise InputError(
                "the boundary is not linear unless classes share a covariance: fit with shared=True"
            )
        weights = np.linalg.solve(self.covariances[0], self.means.T)
        biases = np.log(self.priors) - 0.5 * np.einsum("kf,fk->k", self.means, weights)
        return Softmax(weights, biases)


def fit_gaussians(features: Doubles, classes: Longs, *, shared: bool = True) -> GaussianClassifier:
    """The likeliest Gaussians of features (B, F) of `classes` (B,) from 0 to K-1.

    A prior is the class's share of rows, a mean the mean of its rows, a covariance the mean of
    (x - mean)(x - mean)': over its own rows, or with `shared` over all rows, each from its class's mean
    (Bishop 2006, equations 4.75-4.80).

    Raises InputError where a covariance cannot be inverted: too few rows, or features that depend on others.

    >>> rows = np.array([[0.0], [2.0], [4.0], [6.0]])
    >>> made = fit_gaussians(rows, np.array([0, 0, 1, 1]))
    >>> made.means.tolist(), made.covariances[0].tolist()
    ([[1.0], [5.0]], [[1.0]])
    >>> made.probabilities(np.array([[3.0]])).tolist()
    [[0.5, 0.5]]
    """
    counts = np.bincount(classes)
    if len(counts) < 2 or not counts.all():
        raise InputError(f"rows of every class from 0 to {len(counts) - 1} are needed, and of two at least")
    means = np.stack([features[classes == each].mean(0) for each in range(len(counts))])
    away = features - means[classes]
    if shared:
        covariances = np.stack([away.T @ away / len(away)] * len(counts))
    else:
        parts = [away[classes == each] for each in range(len(counts))]
        covariances = np.stack([part.T @ part / len(part) for part in parts])
    correlations = _correlations(covariances, np.abs(features).max(0))
    if np.linalg.matrix_rank(correlations, hermitian=True).min() < features.shape[1]:
        raise InputError(
            f"{counts.min()} rows in the smallest class give {features.shape[1]} features no covariance that "
            "can be inverted: give more rows, share it, or leave out features that depend on others"
        )
    return GaussianClassifier(counts / len(classes), means, covariances, shared)


def _correlations(covariances: Doubles, sizes: Doubles) -> Doubles:
    """Covariances (K, F, F) without the units of features, which have no part in what depends on what.

    A deviation that is nothing but the rounding of features of these `sizes` (F,) counts as none.
    """
    deviations = np.sqrt(np.einsum("kff->kf", covariances))
    deviations = np.where(deviations > 1e-12 * sizes, deviations, np.inf)
    correlations: Doubles = covariances / deviations[:, :, None] / deviations[:, None, :]
    return correlations
