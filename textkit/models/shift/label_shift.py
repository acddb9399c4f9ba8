"""Label shift: classes are more or less frequent than in training, each class looks as it did. K classes.

All that is needed of new rows is a classifier's answers, or its probabilities; not one label.
"""

from __future__ import annotations

import numpy as np

from textkit.errors import InputError
from textkit.models.sparse_linear.rows import Doubles, Longs

_SINGULAR, _ROUNDS, _STILL = 1e-3, 10_000, 1e-9


def class_weights(classes: Longs, answers: Longs, *, new_answers: Longs, size: int) -> Doubles:
    """w_k = new share of class k over its old one, (K,), from a classifier's answers alone.

    `classes` (N,) and `answers` (N,) are of held-out rows of the old data, `new_answers` (M,) of new rows.
    With C[i, j] = P(answer i and class j) and mu[i] = P(new answer i), C w = mu (black-box shift
    estimation, Lipton, Wang and Smola 2018, arXiv:1802.03916, proposition 2). What comes out negative is
    made zero.

    Raises InputError where there are no rows, where classes or answers are not from 0 to `size` - 1, or where
    answers do not tell classes apart, so that C cannot be inverted.

    >>> old = np.array([0, 0, 1, 1])
    >>> class_weights(old, old, new_answers=np.array([0, 1, 1, 1]), size=2).tolist()
    [0.5, 1.5]
    """
    _need_rows(answers, new_answers)
    given = np.concatenate([classes, answers, new_answers])
    lowest, largest = int(given.min()), int(given.max())
    if lowest < 0:  # numpy would count them from the end
        raise InputError(f"classes are from 0 to {size - 1}, not {lowest}: number them from 0")
    if largest >= size:
        raise InputError(f"classes are from 0 to {size - 1}, not {largest}: give a larger size")
    joint = np.zeros((size, size))
    np.add.at(joint, (answers, classes), 1 / len(classes))
    shares = np.bincount(new_answers, minlength=size) / len(new_answers)
    smallest = float(np.linalg.svd(joint, compute_uv=False)[-1])
    if smallest < _SINGULAR / size:
        raise InputError(
            f"the answers do not tell the {size} classes apart (smallest singular value {smallest:.1g}): "
            "give more held-out rows of each class, or a better classifier"
        )
    weights: Doubles = np.maximum(np.linalg.solve(joint, shares), 0.0)
    weights /= weights @ joint.sum(0)  # new shares sum to one
    return weights


def shifted_priors(probabilities: Doubles, priors: Doubles) -> Doubles:
    """The new shares of classes, (K,), from probabilities (M, K) of new rows and the old shares (K,).

    Expectation: p'(k | x) in proportion to p(k | x) new_k / old_k. Maximisation: new_k = mean of p'(k | x).
    Repeated until nothing moves, this is the likeliest for calibrated probabilities (Saerens, Latinne and
    Decaestecker 2002, equation 2.9).

    Raises InputError for an old share of 0: what such a class looks like nobody knows.

    >>> shifted_priors(np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [0.0, 1.0]]), np.full(2, 0.5)).tolist()
    [0.25, 0.75]
    """
    if not (priors > 0).all():
        raise InputError(
            f"every class needs an old share above 0, not {priors.tolist()}: leave out the others"
        )
    shares = priors
    for _ in range(_ROUNDS):
        moved: Doubles = corrected(probabilities, shares / priors).mean(0)
        if np.abs(moved - shares).max() < _STILL:
            return moved
        shares = moved
    return shares


def corrected(probabilities: Doubles, weights: Doubles) -> Doubles:
    """Probabilities (B, K) where class k has become `weights` (K,) times as frequent: (B, K).

    p'(k | x) = w_k p(k | x) over the sum of that: Bayes' rule, since p(x | k) is what it was.
    A row that is certain to be of a class of weight 0 stays as it is.

    >>> corrected(np.array([[0.5, 0.5]]), np.array([0.5, 1.5])).tolist()
    [[0.25, 0.75]]
    """
    likely = probabilities * weights
    sums = likely.sum(1, keepdims=True)
    kept: Doubles = np.where(sums > 0, likely / np.where(sums > 0, sums, 1.0), probabilities)
    return kept


def answers_test(answers: Longs, new_answers: Longs) -> float:
    """The p-value of the same answers being as frequent in both, by the chi-squared test of homogeneity.

    `answers` (N,) are of held-out rows of the old data, `new_answers` (M,) of new ones. Raises
    InputError where there are none.

    >>> answers_test(np.repeat([0, 1], [50, 50]), np.repeat([0, 1], [20, 80])) < 0.001
    True
    """
    from scipy.stats import chi2_contingency

    _need_rows(answers, new_answers)
    size = int(max(answers.max(), new_answers.max())) + 1
    counts = np.stack([np.bincount(each, minlength=size) for each in (answers, new_answers)])
    given = counts[:, counts.any(0)]
    return 1.0 if given.shape[1] < 2 else float(chi2_contingency(given, correction=False).pvalue)


def _need_rows(answers: Longs, new_answers: Longs) -> None:
    if not len(answers) or not len(new_answers):
        raise InputError("old and new answers are compared: give rows of both")
