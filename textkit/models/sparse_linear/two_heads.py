"""Two linear heads on the same sparse rows, averaged: one weighted by naive Bayes, one by tf-idf."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from textkit.models.sparse_linear.rows import Doubles, Longs, Rows, Values, numbered, unsigned
from textkit.models.sparse_linear.support_vectors import SupportVectors, fit_support_vectors
from textkit.models.sparse_linear.weighting import inverse_document_frequency, naive_bayes_ratio


@dataclass(frozen=True, eq=False)
class TwoHeads:
    """M machines, each one class against the others: of two classes one machine, else one a class.

    The score of machine m for a row is the mean of two decisions (w x + b), x of length one in each:
    x = r_m of the features it has, r the naive Bayes ratio; and x = (1 + ln count) * idf. `table` (W, 3M+1)
    holds all that a feature brings to them, side by side: w_m r_m, r_m^2, w'_m idf, and idf^2.
    `intercepts` (M,) are the means of the two b.
    """

    table: Values
    intercepts: Doubles

    @property
    def machines(self) -> int:
        """M."""
        return len(self.intercepts)

    @property
    def intercept(self) -> Doubles:
        """What is added to the scores of every row, (K,)."""
        return _by_class(self.intercepts)

    def scores(self, rows: Rows, *, which: Longs | None = None) -> Doubles:
        """(B, K); of the rows `which` if given. With two classes a row's scores are -s and s."""
        from textkit.models.kernels.linear_heads import score_rows

        which = numbered(len(rows.offsets) - 1 if which is None else which)
        out = np.empty((len(which), self.machines))
        sums = np.empty(self.table.shape[1])
        score_rows(rows.offsets, unsigned(rows.columns), rows.counts, which, self.table, sums, out)
        return _by_class(out + self.intercepts)

    def contributions(self, columns: Longs, counts: Doubles) -> Doubles:
        """What each feature of one row brings to its scores, (N, K): with `intercept` they sum to them."""
        m, entries = self.machines, self.table[columns].astype(np.float64)
        factors = 1 + np.log(counts)[:, None]
        own = np.sqrt(entries[:, m : 2 * m].sum(0))
        norm = np.sqrt((factors**2 * entries[:, 3 * m :]).sum())
        first = np.divide(entries[:, :m], own, out=np.zeros((len(columns), m)), where=own > 0)
        second = factors * entries[:, 2 * m : 3 * m] / (norm or 1.0)
        return _by_class((first + second) / 2)


class Fit(NamedTuple):
    """Heads, and the multipliers of the rows in each machine, (M, 2, B)."""

    heads: TwoHeads
    alphas: Doubles


def fit_two_heads(
    rows: Rows,
    classes: Longs,
    *,
    size: int,
    cost: float,
    weights: Doubles,
    seed: int,
    which: Longs | None = None,
    min_df: int = 1,
    start: Doubles | None = None,
) -> Fit:
    """Heads for `size` classes, fitted on `rows`, or on those `which`.

    `classes` (B,) are numbers below `size`; each row counts `weights` (B,), positive, in the machines'
    cost and in the naive Bayes ratio. Features that fewer than `min_df` of the rows have do not count.
    `start` (M, 2, B) are multipliers of a similar fit to begin with.
    """
    which = numbered(len(classes) if which is None else which)
    machines = 1 if size == 2 else size
    frequency = _sums(rows, np.ones(len(classes)), which)
    kept = frequency >= min_df
    idf = np.where(kept, inverse_document_frequency(frequency, len(which)), 0.0).astype(np.float32)
    first, second = _weighed(rows, idf, which)
    table = np.empty((rows.width, 3 * machines + 1), np.float32)
    table[:, 3 * machines] = idf * idf
    intercepts, alphas = np.empty(machines), np.zeros((machines, 2, len(classes)))
    everywhere = _sums(rows, weights, which)

    def solve(values: Values, positive: Longs, start: Doubles | None) -> SupportVectors:
        return fit_support_vectors(
            rows.offsets,
            unsigned(rows.columns),
            values=values,
            width=rows.width,
            signs=np.where(positive, 1.0, -1.0),
            costs=cost * weights,
            rows=which,
            seed=seed,
            start=start,
        )

    for machine in range(machines):
        positive = classes == (1 if machines == 1 else machine)
        inside = _sums(rows, weights, which[positive[which]])
        ratio = naive_bayes_ratio(inside, everywhere - inside, kept=kept).astype(np.float32)
        _weigh(rows, np.ones(1, np.float32), ratio, which, first)
        begin = (None, None) if start is None else start[machine]
        bayes, rare = (
            solve(values, positive, each) for values, each in zip((first, second), begin, strict=True)
        )
        table[:, machine] = bayes.weights * ratio
        table[:, machines + machine] = ratio * ratio
        table[:, 2 * machines + machine] = rare.weights * idf
        intercepts[machine] = (bayes.bias + rare.bias) / 2
        alphas[machine] = bayes.alphas, rare.alphas
    return Fit(TwoHeads(rounded(table), intercepts), alphas)


def rounded(table: Values) -> Values:
    """The nearest numbers that half as many bytes hold: a file of float16 has all of them."""
    most = np.finfo(np.float16).max
    return np.clip(table, -most, most).astype(np.float16).astype(np.float32)


def _weighed(rows: Rows, idf: Values, which: Longs) -> tuple[Values, Values]:
    """Room for the values of the first head, and those of the second, (N,) each."""
    from textkit.models.kernels.linear_heads import damp

    factors, values = np.empty_like(rows.counts), np.zeros_like(rows.counts)
    damp(rows.counts, factors)
    _weigh(rows, factors, idf, which, values)
    factors[:] = 0
    return factors, values


def _weigh(rows: Rows, factors: Values, scale: Values, which: Longs, out: Values) -> None:
    from textkit.models.kernels.linear_heads import weigh_rows

    weigh_rows(rows.offsets, unsigned(rows.columns), factors, scale, which, out)


def _sums(rows: Rows, amounts: Doubles, which: Longs) -> Doubles:
    """For each feature the sum of `amounts` over those of `which` that have it, (W,)."""
    from textkit.models.kernels.linear_heads import count_rows

    sums = np.zeros(rows.width)
    count_rows(rows.offsets, unsigned(rows.columns), amounts, which, sums)
    return sums


def _by_class(scores: Doubles) -> Doubles:
    """(..., K) of (..., M): of two classes the first gets the opposite of the second."""
    return np.concatenate([-scores, scores], axis=-1) if scores.shape[-1] == 1 else scores
