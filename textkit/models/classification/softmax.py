"""Softmax regression, in the formulas: scores to probabilities of many classes. B rows, K classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from textkit.models.sparse_linear.rows import Doubles, Longs


def log_sum_exp(scores: Doubles) -> Doubles:
    """ln of the sum of exp(scores) over the last axis: m + ln sum exp(scores - m), m the largest.

    >>> log_sum_exp(np.array([[1000.0, 1000.0]])).round(3).tolist()
    [1000.693]
    """
    largest = scores.max(-1, keepdims=True)
    summed: Doubles = np.log(np.exp(scores - largest).sum(-1)) + largest[..., 0]
    return summed


def softmax(scores: Doubles) -> Doubles:
    """exp(scores) over their sum, along the last axis: each row sums to one.

    >>> softmax(np.array([[0.0, 0.0, -1000.0]])).tolist()
    [[0.5, 0.5, 0.0]]
    """
    likely: Doubles = np.exp(scores - scores.max(-1, keepdims=True))
    likely /= likely.sum(-1, keepdims=True)
    return likely


def cross_entropy(scores: Doubles, classes: Longs) -> Doubles:
    """-ln softmax(scores) at each row's class, (B,), from scores (B, K): log_sum_exp minus the score.

    >>> cross_entropy(np.zeros((1, 4)), np.array([2])).round(4).tolist()
    [1.3863]
    """
    losses: Doubles = log_sum_exp(scores) - np.take_along_axis(scores, classes[:, None], 1)[:, 0]
    return losses


def score_gradient(scores: Doubles, classes: Longs) -> Doubles:
    """The gradient of each row's cross-entropy at its scores, (B, K): p - y, y one at the class, else zero.

    Bishop 2006, equation 4.109.

    >>> score_gradient(np.zeros((1, 2)), np.array([0])).tolist()
    [[-0.5, 0.5]]
    """
    gradient = softmax(scores)
    gradient[np.arange(len(classes)), classes] -= 1
    return gradient


@dataclass(frozen=True, eq=False)
class Softmax:
    """P(class | x) = softmax(x W + b), with `weights` W (F, K) and `biases` b (K,)."""

    weights: Doubles
    biases: Doubles

    def scores(self, features: Doubles) -> Doubles:
        """x W + b of features (B, F): (B, K)."""
        scores: Doubles = features @ self.weights + self.biases
        return scores

    def probabilities(self, features: Doubles) -> Doubles:
        """(B, K)."""
        return softmax(self.scores(features))

    def classes(self, features: Doubles) -> Longs:
        """The likeliest class of each row, (B,)."""
        likeliest: Longs = self.scores(features).argmax(1)
        return likeliest

    def gradient(self, features: Doubles, classes: Longs) -> tuple[Doubles, Doubles]:
        """Of the mean cross-entropy at W (F, K) and b (K,): X' (p - y) / B, and the mean of p - y."""
        errors = score_gradient(self.scores(features), classes) / len(classes)
        return features.T @ errors, errors.sum(0)
