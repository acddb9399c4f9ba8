"""Covariate shift: two-sample tests hold their level and see what they should; density ratios are right."""

from __future__ import annotations

import numpy as np
import pytest

from textkit.errors import InputError
from textkit.models.classification.logistic import fit_logistic, sigmoid
from textkit.models.shift.density_ratio import effective_rows, fit_density_ratio, with_products
from textkit.models.shift.two_samples import domain_test, marginal_tests


def test_log_ratio_of_two_gaussians_is_that_of_the_densities() -> None:
    generator = np.random.default_rng(0)
    first = generator.normal(size=(6000, 2)) @ np.diag([1.0, 2.0]) + [0, 10]
    second = generator.normal(size=(3000, 2)) @ np.diag([1.0, 2.0]) + [1, 9]
    ratio = fit_density_ratio(first, second)
    grid = np.array([[0.0, 10.0], [1.0, 9.0], [2.0, 8.0], [-1.0, 11.0]])
    exact = (grid[:, 0] - 0.5) - (grid[:, 1] - 9.5) / 4
    np.testing.assert_allclose(ratio.scores(grid), exact, atol=0.25)
    np.testing.assert_allclose(ratio.weights(grid), np.exp(ratio.scores(grid)))
    # Weighed, the mean of the first sample is that of the second.
    weights = ratio.weights(first)
    assert weights.mean() == pytest.approx(1, abs=0.05)
    np.testing.assert_allclose(np.average(first, axis=0, weights=weights), second.mean(0), atol=0.15)


def test_other_spreads_need_the_quadratic_ratio() -> None:
    generator = np.random.default_rng(1)
    first, second = generator.normal(size=(4000, 1)), generator.normal(size=(4000, 1)) * 2
    grid = np.array([[-2.0], [0.0], [1.0], [3.0]])
    exact = -np.log(2) + grid[:, 0] ** 2 * (1 / 2 - 1 / 8)
    np.testing.assert_allclose(
        fit_density_ratio(first, second, quadratic=True).scores(grid), exact, atol=0.25
    )
    assert np.abs(fit_density_ratio(first, second).scores(grid)).max() < 0.2


def test_samples_that_a_plane_parts_give_finite_weights() -> None:
    first = np.arange(20.0)[:, None]
    assert np.isfinite(fit_density_ratio(first, first + 100).weights(first)).all()


def test_a_row_where_only_the_second_sample_is_has_a_finite_weight_that_outweighs_all() -> None:
    generator = np.random.default_rng(8)
    first, second = generator.normal(size=(500, 1)), 3 * generator.normal(size=(500, 1))
    ratio = fit_density_ratio(first, second, quadratic=True)
    weights = ratio.weights(np.append(first, [[1000.0]], axis=0))
    assert np.isfinite(weights).all()
    assert effective_rows(weights) == pytest.approx(1)


def test_products_and_effective_rows() -> None:
    rows = np.random.default_rng(2).normal(size=(5, 3))
    made = with_products(rows)
    pairs = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]
    np.testing.assert_array_equal(made, np.hstack([rows, *(rows[:, [a]] * rows[:, [b]] for a, b in pairs)]))
    assert effective_rows(np.array([5.0, 0, 0])) == 1


def test_weighing_finds_the_best_line_of_the_new_region() -> None:
    """The truth is curved, the model straight: which line is best depends on where the rows are."""
    generator = np.random.default_rng(3)
    first, second = generator.normal(-1, 1, (4000, 1)), generator.normal(1.5, 0.7, (4000, 1))

    def classes(rows: np.ndarray) -> np.ndarray:
        wave = sigmoid(4 * (rows[:, 0] + 1.2) * (rows[:, 0] - 1.5))
        return (generator.uniform(size=len(rows)) < wave).astype(np.int64)

    old, new = classes(first), classes(second)
    weights = fit_density_ratio(first, second, quadratic=True).weights(first)
    plain, weighed = fit_logistic(first, old), fit_logistic(first, old, weights=weights)
    reached = [np.mean(model.classes(second) == new) for model in (plain, weighed)]
    assert reached[1] > reached[0] + 0.2
    assert reached[1] > np.mean(fit_logistic(second, new).classes(second) == new) - 0.03


@pytest.mark.parametrize("test", ["domain", "marginal"])
def test_false_alarms_are_as_rare_as_promised(test: str) -> None:
    from scipy.stats import binom

    generator = np.random.default_rng(4)
    alarms, rounds = 0, 300
    for _ in range(rounds):
        first, second = generator.exponential(size=(60, 2)), generator.exponential(size=(50, 2))
        if test == "domain":
            value = domain_test(first, second, generator=generator, permutations=59)
        else:
            value = marginal_tests(first, second).min()
        alarms += value <= 0.05
    assert alarms <= binom.ppf(0.999, rounds, 0.05)
    if test == "domain":  # exact: no fewer either
        assert alarms >= binom.ppf(0.001, rounds, 0.05)


def test_each_test_sees_what_it_is_for() -> None:
    generator = np.random.default_rng(5)
    first = generator.normal(size=(300, 2))
    moved = generator.normal([0.6, 0], size=(300, 2))
    turned = generator.normal(size=(300, 2)) @ np.linalg.cholesky([[1, 0.7], [0.7, 1]]).T
    assert marginal_tests(first, moved)[0] < 0.001
    assert domain_test(first, moved, generator=generator) == 0.001
    # Each feature alone is as it was; only together do they differ, and not by a linear function.
    assert marginal_tests(first, turned).min() > 0.01
    assert domain_test(first, turned, generator=generator) < 0.01
    assert domain_test(first, turned, generator=generator, quadratic=False) > 0.01


def test_marginal_tests_are_scipys_times_the_number_of_features() -> None:
    from scipy.stats import ks_2samp

    generator = np.random.default_rng(6)
    first, second = generator.normal(size=(30, 3)), generator.normal([0, 0, 0.5], size=(40, 3))
    alone = [ks_2samp(first[:, each], second[:, each]).pvalue for each in range(3)]
    np.testing.assert_allclose(marginal_tests(first, second), np.minimum(3 * np.array(alone), 1))


def test_samples_that_cannot_be_compared_are_refused() -> None:
    generator = np.random.default_rng(7)
    some, none, other = np.zeros((5, 2)), np.zeros((0, 2)), np.zeros((5, 3))
    with pytest.raises(InputError, match="give rows of both"):
        marginal_tests(some, none)
    with pytest.raises(InputError, match=r"samples must be .*, not \(5, 2\) and \(5, 3\)"):
        fit_density_ratio(some, other)
    with pytest.raises(InputError, match="four rows of each sample are needed, not 5 and 3"):
        domain_test(some, some[:3], generator=generator)
    # Rows that are all alike differ in nothing.
    assert domain_test(some, some, generator=generator, permutations=19) == 1
