"""What a feature counts: how rare it is, and how much more frequent in one class than in the others."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textkit.models.sparse_linear.rows import Doubles

SMOOTHING = 1.0


def inverse_document_frequency(frequency: Doubles, texts: int) -> Doubles:
    """ln((texts + 1) / (frequency + 1)) + 1: (W,) from how many texts have each feature, (W,).

    As if one text more had every feature once.

    >>> inverse_document_frequency(np.array([0.0, 9.0]), 9).round(3).tolist()
    [3.303, 1.0]
    """
    idf: Doubles = np.log((texts + 1) / (frequency + 1)) + 1
    return idf


def naive_bayes_ratio(
    inside: Doubles, outside: Doubles, *, kept: npt.NDArray[np.bool_], smoothing: float = SMOOTHING
) -> Doubles:
    """ln(p / |p|) - ln(q / |q|) with p = inside + smoothing, q = outside + smoothing: (W,).

    `inside` and `outside` (W,) are how many texts of a class, and of all others, have each feature; |p| is
    the sum of p over the features `kept`, the others get 0. Wang and Manning 2012, Baselines and bigrams,
    section 2.1.

    >>> ratio = naive_bayes_ratio(np.array([3.0, 0, 1]), np.array([0.0, 3, 1]), kept=np.full(3, True))
    >>> ratio.round(3).tolist()
    [1.386, -1.386, 0.0]
    """
    p, q = inside + smoothing, outside + smoothing
    shift = np.log(q[kept].sum()) - np.log(p[kept].sum()) if kept.any() else 0.0
    return np.where(kept, np.log(p / q) + shift, 0.0)
