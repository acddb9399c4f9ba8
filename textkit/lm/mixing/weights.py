"""The weights with which a mixture of models fits a held-out text best."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from textkit.errors import InputError, UsageError
from textkit.lm.ngram.model import Floats

CLOSE = 1e-7  # nats a token that the best weights can still be better by
_STEPS = 10_000


class TunedWeights(NamedTuple):
    """Weights that sum to one, and the perplexity they give the text they were tuned on."""

    weights: tuple[float, ...]
    perplexity: float


def tune_weights(log_probs: Sequence[Floats]) -> TunedWeights:
    """The weights l that make sum over tokens of log(sum over models i of l_i p_i(token)) greatest.

    `log_probs[i]` (N,): natural logarithms under model i of the same tokens. By expectation maximisation
    from equal weights: l_i becomes the mean of l_i p_i / (sum over j of l_j p_j). The sum is concave in
    l, and the best is never above the present mean by more than max_i mean(p_i / mixture) - 1; it stops
    when that is below 1e-7. Dempster, Laird and Rubin 1977; Jelinek and Mercer 1980.

    A token that no model gives a probability tells nothing about weights and makes the perplexity
    infinite. Raises UsageError unless there are models and as many logarithms from each, InputError when
    no token can be told from.

    >>> tuned = tune_weights([np.log([0.5, 0.1, 0.1]), np.log([0.1, 0.5, 0.5])])
    >>> [round(weight, 5) for weight in tuned.weights]
    [0.25, 0.75]
    """
    if not log_probs or len({len(each) for each in log_probs}) != 1:
        raise UsageError("weights are tuned on the log probabilities of the same tokens under each model")
    table = np.stack(log_probs)
    peaks = table.max(axis=0, initial=-math.inf)
    possible = np.isfinite(peaks)
    if not possible.any():
        raise InputError("no model gives any token of the held-out text a probability; take another text")
    likelihoods = np.exp(table[:, possible] - peaks[possible])
    weights = np.full(len(table), 1 / len(table))
    for _ in range(_STEPS):
        gains = (likelihoods / (weights @ likelihoods)).mean(axis=1)
        if gains.max() - 1 < CLOSE:
            break
        weights = weights * gains
        weights /= weights.sum()
    mean = float((np.log(weights @ likelihoods) + peaks[possible]).mean())
    with np.errstate(over="ignore"):
        perplexity = float(np.exp(-mean)) if possible.all() else math.inf
    return TunedWeights(tuple(weights.tolist()), perplexity)
