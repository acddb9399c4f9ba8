"""What an expected error is made of: bias, variance and noise, by learning from many samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from textkit.errors import UsageError
from textkit.models.regression.linear import Doubles
from textkit.models.regression.selection import Predictor, Rows


@dataclass(frozen=True)
class BiasVariance:
    """Means over the places at which predictions were made.

    `bias2` is the square of the mean prediction's distance from the truth, `variance` that of predictions
    about their mean, `noise` the variance of targets about the truth. No model can have less error than
    the noise.
    """

    bias2: float
    variance: float
    noise: float

    @property
    def error(self) -> float:
        """The expected squared error on a new target: the sum of the three."""
        return self.bias2 + self.variance + self.noise


def decompose(predictions: Doubles, truth: Doubles, *, noise: float) -> BiasVariance:
    """The parts of the expected error of R learners at N places.

    E (y - f)^2 = (E f - truth)^2 + E (f - E f)^2 + noise, for y of mean `truth` (N,) and variance `noise`,
    and f from another sample (Geman, Bienenstock and Doursat 1992, Neural networks and the bias/variance
    dilemma; The elements of statistical learning, 7.3). `predictions` (R, N) are those of learners from R
    independent samples. Both parts are estimated without bias: the mean of R predictions strays from the
    expected one by variance / R, which is not the learner's bias. Their sum is exactly the mean of
    (f - truth)^2.

    Raises UsageError when there are fewer than two learners.

    >>> found = decompose(np.array([[1.0], [3.0]]), np.array([0.0]), noise=0.5)
    >>> found, found.error
    (BiasVariance(bias2=3.0, variance=2.0, noise=0.5), 5.5)
    """
    learners = len(predictions)
    if learners < 2:
        raise UsageError(f"a variance needs at least two learners, not {learners}")
    variance = float(predictions.var(0, ddof=1).mean())
    distance2 = float(np.mean((predictions.mean(0) - truth) ** 2))
    return BiasVariance(distance2 - variance / learners, variance, noise)


def resampled_predictions(
    fit: Callable[[Doubles, Doubles], Predictor],
    draw: Callable[[np.random.Generator], Rows],
    *,
    places: Doubles,
    learners: int,
    generator: np.random.Generator,
) -> Doubles:
    """What `learners` models, each from a sample of its own, predict at the same places (N, ...): (R, N).

    `draw` gives a sample: features and targets.
    """
    return np.stack([fit(*draw(generator)).predictions(places) for _ in range(learners)])
