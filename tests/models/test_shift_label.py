"""Label shift: shares of classes from answers alone, on priors that are known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from textkit.errors import InputError
from textkit.models.classification.gaussian import GaussianClassifier
from textkit.models.shift.label_shift import answers_test, class_weights, corrected, shifted_priors

Doubles = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

OLD, NEW = np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.2, 0.7])
MEANS = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]])
MODEL = GaussianClassifier(OLD, MEANS, np.stack([np.eye(2)] * 3), True)  # the truth, so it is calibrated


def draw(seed: int, priors: Doubles, count: int) -> tuple[Doubles, Longs]:
    generator = np.random.default_rng(seed)
    classes = generator.choice(3, count, p=priors)
    return generator.normal(size=(count, 2)) + MEANS[classes], classes


def test_weights_solve_the_equation_exactly_where_shares_are_exact() -> None:
    """Answers dealt out so that P(answer | class) is the same in old and new rows."""
    table = np.array([[8, 1, 1], [2, 7, 1], [0, 3, 7]])  # answers to ten rows of each class

    def dealt(copies: list[int]) -> tuple[Longs, Longs]:
        classes = np.repeat([0, 1, 2], np.array(copies) * 10)
        answers = np.concatenate([np.repeat([0, 1, 2], table[k] * copies[k]) for k in range(3)])
        return classes, answers

    classes, answers = dealt([5, 3, 2])
    new_classes, new_answers = dealt([1, 2, 7])
    weights = class_weights(classes, answers, new_answers=new_answers, size=3)
    np.testing.assert_allclose(weights, np.bincount(new_classes) / np.bincount(classes), rtol=1e-12)


def test_both_find_known_priors_and_the_optimal_classifier() -> None:
    rows, classes = draw(0, OLD, 5000)
    new_rows, _ = draw(1, NEW, 5000)
    weights = class_weights(classes, MODEL.classes(rows), new_answers=MODEL.classes(new_rows), size=3)
    np.testing.assert_allclose(weights * OLD, NEW, atol=0.04)
    priors = shifted_priors(MODEL.probabilities(new_rows), OLD)
    np.testing.assert_allclose(priors, NEW, atol=0.03)
    assert priors.sum() == pytest.approx(1)
    optimal = GaussianClassifier(NEW, MEANS, MODEL.covariances, True).probabilities(new_rows)
    np.testing.assert_allclose(corrected(MODEL.probabilities(new_rows), NEW / OLD), optimal, rtol=1e-9)


def test_expectation_maximisation_is_where_the_likelihood_is_highest() -> None:
    probabilities = MODEL.probabilities(draw(2, NEW, 300)[0])
    found = shifted_priors(probabilities, OLD)

    def likelihood(priors: Doubles) -> float:
        return float(np.log(probabilities @ (priors / OLD)).sum())

    generator = np.random.default_rng(0)
    for other in generator.dirichlet(np.ones(3), 200):
        near = 0.99 * found + 0.01 * other
        assert likelihood(found) >= likelihood(other)
        assert likelihood(found) >= likelihood(near)


def test_negative_weights_become_zero_and_new_shares_sum_to_one() -> None:
    classes, answers = np.repeat([0, 1], 50), np.repeat([0, 1, 0, 1], [40, 10, 10, 40])
    weights = class_weights(classes, answers, new_answers=np.ones(30, np.int64), size=2)
    assert weights.tolist() == pytest.approx([0, 2])


def test_answers_that_say_nothing_are_refused() -> None:
    classes = np.arange(100) % 2
    with pytest.raises(InputError, match=r"do not tell the 2 classes apart.*held-out rows"):
        class_weights(classes, np.zeros(100, np.int64), new_answers=np.zeros(10, np.int64), size=2)


def test_classes_beyond_the_size_and_shares_of_nothing_are_refused() -> None:
    two, three = np.array([0, 1]), np.array([0, 2])
    for classes, answers, new in ((three, two, two), (two, three, two), (two, two, three)):
        with pytest.raises(InputError, match="classes are from 0 to 1, not 2: give a larger size"):
            class_weights(classes, answers, new_answers=new, size=2)
    below = np.array([0, -1])
    for classes, answers, new in ((below, two, two), (two, below, two), (two, two, below)):
        with pytest.raises(InputError, match="classes are from 0 to 1, not -1: number them from 0"):
            class_weights(classes, answers, new_answers=new, size=2)
    with pytest.raises(InputError, match="every class needs an old share above 0"):
        shifted_priors(np.array([[1.0, 0.0]]), np.array([1.0, 0.0]))


def test_a_row_of_a_class_that_is_gone_keeps_its_probabilities() -> None:
    rows = np.array([[1.0, 0.0], [0.5, 0.5]])
    assert corrected(rows, np.array([0.0, 2.0])).tolist() == [[1, 0], [0, 1]]


def test_no_rows_are_refused() -> None:
    some, none = np.array([0, 1]), np.zeros(0, np.int64)
    for old, new in ((some, none), (none, some)):
        with pytest.raises(InputError, match="give rows of both"):
            answers_test(old, new)
        with pytest.raises(InputError, match="give rows of both"):
            class_weights(old, old, new_answers=new, size=2)


def test_answers_are_compared_by_chi_squared() -> None:
    from scipy.stats import binom, norm

    answers = np.repeat([0, 1, 3], [50, 30, 20])  # nobody answered 2
    assert answers_test(answers, answers) == pytest.approx(1)
    assert answers_test(answers, np.full(100, 3)) < 1e-10
    assert answers_test(np.zeros(9, np.int64), np.zeros(4, np.int64)) == 1
    # Of two answers: z^2 of the pooled test of two shares, 0.5 and 0.3, has one degree of freedom.
    z = 0.2 / np.sqrt(0.4 * 0.6 * (1 / 50 + 1 / 50))
    assert answers_test(np.repeat([0, 1], [25, 25]), np.repeat([0, 1], [15, 35])) == pytest.approx(
        2 * norm.sf(z)
    )
    values = [
        answers_test(*(MODEL.classes(draw(seed * 2 + part, OLD, 150)[0]) for part in (0, 1)))
        for seed in range(400)
    ]
    alarms = int(sum(value <= 0.05 for value in values))
    assert binom.ppf(0.001, 400, 0.05) <= alarms <= binom.ppf(0.999, 400, 0.05)
