"""The dual solver: its duality gap and the KKT conditions; LinearSVC is asked in tests/oracle."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

from textkit.models.sparse_linear.support_vectors import SupportVectors, fit_support_vectors

Array = npt.NDArray[np.float64]


class Problem(NamedTuple):
    dense: Array
    signs: Array
    costs: Array
    offsets: npt.NDArray[np.int64]
    columns: npt.NDArray[np.uint32]
    values: npt.NDArray[np.float32]

    def fit(self, *, tolerance: float = 1e-9, **given: object) -> SupportVectors:
        rows = given.pop("rows", np.arange(len(self.signs)))
        return fit_support_vectors(
            self.offsets, self.columns, values=self.values, width=self.dense.shape[1], signs=self.signs,
            costs=self.costs, rows=rows, seed=0, tolerance=tolerance, **given,  # type: ignore[arg-type]
        )  # fmt: skip

    def primal(self, weights: Array, bias: float) -> float:
        slack = np.maximum(0, 1 - self.signs * (self.dense @ weights + bias))
        return float(0.5 * (weights @ weights + bias**2) + self.costs @ slack**2)

    def dual(self, alphas: Array) -> float:
        signed = alphas * self.signs
        weights, bias = self.dense.T @ signed, signed.sum()
        return float(alphas.sum() - 0.5 * (weights @ weights + bias**2) - (alphas**2 / self.costs).sum() / 4)


def make_problem(seed: int, rows: int = 60, width: int = 40, *, dense: Array | None = None) -> Problem:
    generator = np.random.default_rng(seed)
    if dense is None:
        dense = np.where(generator.random((rows, width)) < 0.2, generator.random((rows, width)), 0.0)
        dense[3] = 0  # a text without features
    dense = dense.astype(np.float32).astype(np.float64)
    signs = np.where(
        dense @ generator.normal(size=dense.shape[1]) + generator.normal(size=len(dense)) > 0, 1.0, -1.0
    )
    offsets = np.append(0, np.cumsum((dense != 0).sum(1)))
    columns = np.nonzero(dense)[1].astype(np.uint32)
    costs = generator.uniform(0.1, 2, len(dense))
    return Problem(dense, signs, costs, offsets, columns, dense[dense != 0].astype(np.float32))


@pytest.mark.parametrize("seed", range(5))
def test_the_duality_gap_closes_and_the_conditions_of_the_optimum_hold(seed: int) -> None:
    problem = make_problem(seed)
    fit = problem.fit()
    assert problem.primal(fit.weights, fit.bias) == pytest.approx(problem.dual(fit.alphas), abs=1e-8)
    margins = problem.signs * (problem.dense @ fit.weights + fit.bias)
    # alpha = 2 C max(0, 1 - margin), and the weights are the sum of the rows by their multipliers.
    np.testing.assert_allclose(fit.alphas, 2 * problem.costs * np.maximum(0, 1 - margins), atol=1e-7)
    np.testing.assert_allclose(fit.weights, problem.dense.T @ (fit.alphas * problem.signs), atol=1e-9)
    assert fit.bias == pytest.approx(fit.alphas @ problem.signs)


def test_the_usual_tolerance_is_near_the_optimum() -> None:
    problem = make_problem(1, rows=400, width=300)
    rough, exact = problem.fit(tolerance=0.1), problem.fit()
    least = problem.primal(exact.weights, exact.bias)
    assert least <= problem.primal(rough.weights, rough.bias) <= least * 1.001
    assert rough.epochs < exact.epochs


def test_only_the_rows_given_are_learnt_from() -> None:
    problem = make_problem(2)
    some = np.arange(0, 60, 2)
    fit = problem.fit(rows=some)
    alone = make_problem(2, dense=problem.dense[some])._replace(
        signs=problem.signs[some], costs=problem.costs[some]
    )
    np.testing.assert_allclose(fit.weights, alone.fit().weights, atol=1e-7)
    assert not fit.alphas[1::2].any()
    assert some.tolist() == list(range(0, 60, 2)), "the caller's rows were shuffled"


def test_a_fit_that_starts_near_its_end_takes_fewer_epochs_to_the_same_place() -> None:
    problem = make_problem(3, rows=300, width=200)
    whole = problem.fit()
    most = np.arange(240)
    cold, warm = problem.fit(rows=most), problem.fit(rows=most, start=whole.alphas)
    np.testing.assert_allclose(warm.weights, cold.weights, atol=1e-6)
    assert problem.fit(start=whole.alphas, tolerance=1e-6).epochs < problem.fit(tolerance=1e-6).epochs


def test_twice_the_cost_is_the_row_twice() -> None:
    problem = make_problem(4, rows=30)
    twice = make_problem(4, dense=np.concatenate([problem.dense, problem.dense]))._replace(
        signs=np.tile(problem.signs, 2), costs=np.tile(problem.costs, 2)
    )
    doubled = problem._replace(costs=2 * problem.costs)
    np.testing.assert_allclose(doubled.fit().weights, twice.fit().weights, atol=1e-7)


def test_rows_of_one_sign_and_no_features_at_all() -> None:
    problem = make_problem(5)._replace(signs=np.ones(60))
    fit = problem.fit()
    assert fit.bias > 0
    assert (problem.dense @ fit.weights + fit.bias > 0).all()
    empty = make_problem(6, dense=np.zeros((4, 3)))
    assert not empty.fit().weights.any()
