"""Weights of mixtures: tuned as a search over a grid finds them, and what they cannot be tuned on."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.errors import InputError, UsageError
from textkit.lm.mixing.weights import tune_weights


@given(table=st.lists(st.tuples(*[st.floats(1e-6, 1.0, exclude_min=True)] * 2), min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_tuned_weights_against_a_search_over_a_grid(table: list[tuple[float, float]]) -> None:
    likelihoods = np.array(table).T
    tuned = tune_weights(list(np.log(likelihoods)))
    grid = np.linspace(0, 1, 2001)
    means = np.log(np.outer(grid, likelihoods[0]) + np.outer(1 - grid, likelihoods[1])).mean(axis=1)
    assert sum(tuned.weights) == pytest.approx(1.0)
    assert -math.log(tuned.perplexity) >= means.max() - 2e-7
    reached = float(np.log(np.array(tuned.weights) @ likelihoods).mean())
    assert -math.log(tuned.perplexity) == pytest.approx(reached, abs=1e-9)


def test_impossible_tokens_tell_nothing_but_are_not_forgotten() -> None:
    parts = [np.log([0.5, 0.1, 0.1, 1.0]), np.log([0.1, 0.5, 0.5, 1.0])]
    for part in parts:
        part[3] = -np.inf
    tuned = tune_weights(parts)
    assert tuned.weights == pytest.approx((0.25, 0.75), abs=1e-4)
    assert tuned.perplexity == math.inf
    one_sided = tune_weights([np.array([-np.inf, -1.0]), np.array([-1.0, -np.inf])])
    assert one_sided.weights == pytest.approx((0.5, 0.5))
    assert tune_weights([np.array([-1e5, -2e5])]).weights == (1.0,)  # no underflow


def test_nothing_to_tune_on() -> None:
    with pytest.raises(InputError, match="no model gives any token of the held-out text a probability"):
        tune_weights([np.array([-np.inf]), np.array([-np.inf])])
    with pytest.raises(InputError, match="no model gives any token"):
        tune_weights([np.empty(0), np.empty(0)])
    for parts in ([], [np.zeros(2), np.zeros(3)]):
        with pytest.raises(UsageError, match="the same tokens under each model"):
            tune_weights(parts)
