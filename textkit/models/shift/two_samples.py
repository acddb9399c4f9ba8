"""Tests whether two samples of rows come from one distribution."""

from __future__ import annotations

import numpy as np

from textkit.errors import InputError
from textkit.models.shift.density_ratio import fit_density_ratio, joined
from textkit.models.sparse_linear.rows import Doubles


def domain_test(
    first: Doubles,
    second: Doubles,
    *,
    generator: np.random.Generator,
    permutations: int = 999,
    quadratic: bool = True,
) -> float:
    """The p-value of a classifier that tells first (N, F) from second (M, F); small where they differ.

    It learns from a random half of each; on the other halves, the mean score of second less that of first
    is compared with what it is when their rows are dealt out anew, `permutations` times: of all of these,
    the share that is as large. Whatever the classifier, without a difference that is at most alpha with
    probability alpha (a classifier two-sample test: Lopez-Paz and Oquab 2017, arXiv:1610.06545, with a
    permutation test on held-out rows).

    Raises InputError for samples of fewer than four rows, or of different features.
    """
    joined(first, second)
    if min(len(first), len(second)) < 4:
        raise InputError(f"four rows of each sample are needed, not {len(first)} and {len(second)}")
    learn, held = zip(*(_halves(sample, generator) for sample in (first, second)), strict=True)
    ratio = fit_density_ratio(*learn, quadratic=quadratic, penalty=0.01)
    scores = np.concatenate([ratio.scores(part) for part in held])
    count, total = len(held[1]), scores.sum()

    def difference(of_second: float) -> float:
        return float(of_second / count - (total - of_second) / (len(scores) - count))

    found = difference(scores[len(held[0]) :].sum())
    rounding = 1e-12 * (np.abs(scores).sum() + 1)
    as_large = 1  # the sample as it is, is one way of dealing
    for _ in range(permutations):
        as_large += difference(generator.permutation(scores)[:count].sum()) >= found - rounding
    return float(as_large / (permutations + 1))


def marginal_tests(first: Doubles, second: Doubles) -> Doubles:
    """A p-value a feature, (F,), of first (N, F) and second (M, F): the largest gap between their shares.

    The two-sample test of Kolmogorov and Smirnov on each feature alone, times F (Bonferroni), so that the
    smallest of all is at most alpha with probability alpha where nothing differs. It does not see
    what differs only in how features go together.

    Raises InputError for samples without rows, or of different features.

    >>> marginal_tests(np.arange(20.0)[:, None], np.arange(20.0)[:, None] + 10).round(4).tolist()
    [0.0123]
    """
    from scipy.stats import ks_2samp

    joined(first, second)
    features = first.shape[1]
    values = [ks_2samp(first[:, each], second[:, each]).pvalue for each in range(features)]
    corrected: Doubles = np.minimum(features * np.array(values, np.float64), 1.0)
    return corrected


def _halves(sample: Doubles, generator: np.random.Generator) -> tuple[Doubles, Doubles]:
    order = generator.permutation(len(sample))
    return sample[order[: len(sample) // 2]], sample[order[len(sample) // 2 :]]
