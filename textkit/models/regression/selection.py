"""Choosing among models: errors on rows not learnt from, by folds, and the one-standard-error rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from textkit.errors import UsageError
from textkit.models.regression.linear import Doubles, mean_squared_error

Rows = tuple[Doubles, Doubles]  # features (N, ...) and targets (N,)
Indices = npt.NDArray[np.int64]
Candidate = TypeVar("Candidate")


class Predictor(Protocol):
    """Whatever predicts (N,) from features (N, ...)."""

    def predictions(self, features: Doubles, /) -> Doubles:
        """(N,)."""
        ...


Fit = Callable[[Candidate, Doubles, Doubles], Predictor]
"""What learns from a candidate (a degree, a penalty), features and targets."""


def errors_by(
    fit: Fit[Candidate], candidates: Sequence[Candidate], *, train: Rows, held_out: Rows
) -> tuple[Doubles, Doubles]:
    """Mean squared errors of each candidate on the rows learnt from, and on those held out: two (C,).

    >>> from textkit.models.regression.polynomial import fit_polynomial
    >>> line = np.arange(4.0)
    >>> seen, unseen = errors_by(lambda degree, x, y: fit_polynomial(x, y, degree=degree), [0, 1],
    ...                          train=(line, line), held_out=(line + 1, line + 1))
    >>> seen.round(6).tolist(), unseen.round(6).tolist()
    ([1.25, 0.0], [2.25, 0.0])
    """
    models = [fit(candidate, *train) for candidate in candidates]
    seen, unseen = (
        np.array([mean_squared_error(model.predictions(rows[0]), rows[1]) for model in models])
        for rows in (train, held_out)
    )
    return seen, unseen


@dataclass(frozen=True, eq=False)
class CrossValidation(Generic[Candidate]):
    """`errors` (C, K): the mean squared error of each of C candidates on each of K folds.

    The candidates stand in order, the simplest first.

    >>> found = CrossValidation((1, 2, 3), np.array([[9.0, 8.0], [4.0, 3.0], [3.0, 2.8]]))
    >>> found.means.tolist(), found.best, found.simplest
    ([8.5, 3.5, 2.9], 3, 3)
    >>> CrossValidation((1, 2, 3), np.array([[9.0, 8.0], [4.0, 2.0], [1.9, 3.9]])).simplest
    2
    """

    candidates: tuple[Candidate, ...]
    errors: Doubles

    @property
    def means(self) -> Doubles:
        """(C,)."""
        means: Doubles = self.errors.mean(1)
        return means

    @property
    def standard_errors(self) -> Doubles:
        """Of the means, (C,): the deviation between folds over the root of their number.

        Folds share most of what is learnt from, so this is a guide rather than an estimate without bias
        (Bengio and Grandvalet 2004, No unbiased estimator of the variance of k-fold cross-validation).
        """
        spread: Doubles = self.errors.std(1, ddof=1) / np.sqrt(self.errors.shape[1])
        return spread

    @property
    def best(self) -> Candidate:
        """The candidate of the least mean error; the simplest of several."""
        return self.candidates[int(np.argmin(self.means))]

    @property
    def simplest(self) -> Candidate:
        """The simplest candidate within one standard error of the best.

        Breiman et al. 1984, Classification and regression trees, 3.4.3; The elements of statistical
        learning, 7.10.
        """
        least = int(np.argmin(self.means))
        good = self.means <= self.means[least] + self.standard_errors[least]
        return self.candidates[int(np.argmax(good))]


def cross_validate(
    fit: Fit[Candidate],
    candidates: Sequence[Candidate],
    *,
    rows: Rows,
    folds: Iterable[tuple[Indices, Indices]],
) -> CrossValidation[Candidate]:
    """Learn each candidate from the first rows of each fold, and measure it on the second.

    `folds` are pairs of indices, as from textkit.data.splits.k_fold. Everything that looks at the targets
    has to happen in `fit`, choosing features too: what is done beforehand has seen the rows held out.

    Raises UsageError where there are fewer than two folds, or no candidates.
    """
    pairs = list(folds)
    if len(pairs) < 2 or not candidates:
        raise UsageError(
            "cross-validation needs at least two folds and one candidate, "
            f"not {len(pairs)} and {len(candidates)}"
        )
    features, targets = rows
    errors = np.empty((len(candidates), len(pairs)))
    for column, (learn, test) in enumerate(pairs):
        for row, candidate in enumerate(candidates):
            model = fit(candidate, features[learn], targets[learn])
            errors[row, column] = mean_squared_error(model.predictions(features[test]), targets[test])
    return CrossValidation(tuple(candidates), errors)


def most_correlated(features: Doubles, targets: Doubles, *, count: int) -> Indices:
    """The `count` columns of features (N, F) whose correlation with the targets is strongest, in order.

    >>> columns = np.array([[1.0, 0, 3], [1, 1, 2], [1, 0, 1]])
    >>> most_correlated(columns, np.array([1.0, 2, 4]), count=2).tolist()
    [2, 1]
    """
    columns = features - features.mean(0)
    lengths = np.sqrt((columns**2).sum(0))
    lengths[lengths == 0] = 1.0  # a constant column goes with nothing
    along = np.abs(columns.T @ (targets - targets.mean())) / lengths
    return np.argsort(-along, kind="stable")[:count]
