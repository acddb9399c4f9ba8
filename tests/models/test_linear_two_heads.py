"""Two heads against their formulas written out; scikit-learn's parts are asked in tests/oracle."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

from textkit.models.sparse_linear.two_heads import TwoHeads, fit_two_heads

Array = npt.NDArray[np.float64]


class Rows(NamedTuple):
    offsets: npt.NDArray[np.int64]
    columns: npt.NDArray[np.int32]
    counts: npt.NDArray[np.float32]
    width: int


def rows_of(dense: Array) -> Rows:
    offsets = np.append(0, np.cumsum((dense != 0).sum(1)))
    return Rows(
        offsets, np.nonzero(dense)[1].astype(np.int32), dense[dense != 0].astype(np.float32), dense.shape[1]
    )


def make_counts(seed: int, rows: int = 80, width: int = 50) -> Array:
    generator = np.random.default_rng(seed)
    dense = generator.poisson(generator.uniform(0, 0.4, width), (rows, width)).astype(float)
    dense[5] = 0
    return dense


def scores_by_hand(heads: TwoHeads, row: Array) -> Array:
    """One row's machines, written out from what `table` is said to hold."""
    m, here = heads.machines, row > 0
    table, factors = heads.table.astype(np.float64)[here], 1 + np.log(row[here])
    found = []
    for machine in range(m):
        first = table[:, machine].sum() / max(np.sqrt(table[:, m + machine].sum()), 1e-30)
        norm = np.sqrt((factors**2 * table[:, 3 * m]).sum())
        second = (factors * table[:, 2 * m + machine]).sum() / max(norm, 1e-30)
        found.append((first + second) / 2 + heads.intercepts[machine])
    return np.array(found)


@pytest.mark.parametrize("size", [2, 3, 5])
def test_scores_and_contributions_follow_the_formula(size: int) -> None:
    dense = make_counts(size)
    classes = np.random.default_rng(1).integers(0, size, len(dense))
    rows = rows_of(dense)
    heads = fit_two_heads(rows, classes, size=size, cost=0.5, weights=np.ones(80), seed=0).heads
    scores = heads.scores(rows)
    assert scores.shape == (80, size)
    for row, score in zip(dense, scores, strict=True):
        by_hand = scores_by_hand(heads, row)
        np.testing.assert_allclose(score, [-by_hand[0], by_hand[0]] if size == 2 else by_hand, atol=1e-6)
        columns = np.flatnonzero(row)
        parts = heads.contributions(columns, row[columns])
        assert parts.shape == (len(columns), size)
        np.testing.assert_allclose(parts.sum(0) + heads.intercept, score, atol=1e-6)
    some = np.array([7, 5, 7])
    np.testing.assert_array_equal(heads.scores(rows, which=some), scores[some])


def test_a_row_without_features_scores_the_intercept() -> None:
    dense = make_counts(0)
    rows = rows_of(dense)
    heads = fit_two_heads(rows, np.arange(80) % 3, size=3, cost=0.5, weights=np.ones(80), seed=0).heads
    np.testing.assert_array_equal(heads.scores(rows)[5], heads.intercept)
    assert heads.contributions(np.zeros(0, np.int64), np.zeros(0)).shape == (0, 3)


def test_rare_features_count_no_more_than_if_they_were_not_there() -> None:
    dense, classes = make_counts(3), np.arange(80) % 2
    kept = (dense > 0).sum(0) >= 8
    given = {"size": 2, "cost": 0.5, "weights": np.ones(80), "seed": 0}
    masked = fit_two_heads(rows_of(dense), classes, min_df=8, **given).heads  # type: ignore[arg-type]
    without = fit_two_heads(rows_of(dense[:, kept]), classes, **given).heads  # type: ignore[arg-type]
    assert not masked.table[~kept].any()
    np.testing.assert_allclose(masked.table[kept], without.table, rtol=1e-5, atol=1e-6)


def test_only_some_rows_are_learnt_from() -> None:
    dense, classes, some = make_counts(4), np.arange(80) % 2, np.arange(10, 70)
    weights = np.random.default_rng(0).uniform(0.5, 2, 80)
    within = fit_two_heads(rows_of(dense), classes, size=2, cost=0.5, weights=weights, seed=0, which=some)
    alone = fit_two_heads(
        rows_of(dense[some]), classes[some], size=2, cost=0.5, weights=weights[some], seed=0
    )
    # Columns that are only in rows left out score nothing.
    seen = (dense[some] > 0).any(0)
    np.testing.assert_allclose(
        within.heads.table[seen][:, [0, 2]], alone.heads.table[seen][:, [0, 2]], atol=0.02
    )
    assert within.alphas.shape == (1, 2, 80)
    assert not within.alphas[:, :, :10].any()
