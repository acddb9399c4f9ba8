"""Scoring with a cache or with dynamic evaluation, from a saved model: what is chosen and what is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from textkit.errors import UsageError
from textkit.lm.continuous_cache import ContinuousCache
from textkit.lm.dynamic_evaluation import DynamicEvaluation, gradient_scales
from textkit.lm.score import total
from textkit.tasks.language_model import load_model
from textkit.tasks.language_model.adaptation import (
    Adapted,
    CacheSettings,
    DynamicSettings,
    with_cache,
    with_dynamic_evaluation,
)

TEST = ["the cat saw the dog", "the cat saw the mat"] * 6
Make = Callable[..., Path]


def log_prob(adapted: Adapted) -> float:
    text = adapted.saved.measure(TEST)
    return total(adapted.saved.model.log_probs(text.corpus), text, unknown=0).log_prob


def test_a_cache_is_the_librarys(make_run: Make) -> None:
    saved = load_model(make_run("run"))
    adapted = with_cache(saved, CacheSettings(window=7, theta=0.5, weight=0.2))
    model: Any = saved.model
    expected = ContinuousCache(model, window=7, theta=0.5, weight=0.2).log_probs(saved.measure(TEST).corpus)
    assert log_prob(adapted) == pytest.approx(expected.sum())
    assert adapted.method == {
        "name": "continuous cache", "window": 7, "theta": 0.5, "weight": 0.2, "tuned": False
    }  # fmt: skip
    assert adapted.label() == "continuous cache: window 7, theta 0.5, weight 0.2"
    tuned = with_cache(saved, CacheSettings(window=7), tune=TEST)
    assert tuned.label().endswith(", tuned")
    assert log_prob(tuned) >= log_prob(adapted)


def test_dynamic_evaluation_is_the_librarys(make_run: Make) -> None:
    run = make_run("run")
    saved = load_model(run)
    model: Any = saved.model
    corpus = saved.measure(TEST).corpus
    plain = with_dynamic_evaluation(saved, DynamicSettings(0.2, steps=3, decay=0.01))
    expected = DynamicEvaluation(model, 0.2, steps=3, decay=0.01).log_probs(corpus)
    assert log_prob(plain) == pytest.approx(expected.sum())
    assert plain.label() == "dynamic evaluation: rate 0.2, steps 3, decay 0.01, update sgd"
    text = load_model(run).measure(["the cat sat on the mat", "a dog sat on a log", "", "the dog saw the cat",
                                    "a cat saw a dog"] * 8)  # fmt: skip
    scales = gradient_scales(model, text.corpus)
    rms = with_dynamic_evaluation(saved, DynamicSettings(0.001, rms=True), run=run)
    assert rms.method["update"] == "rms"
    expected = DynamicEvaluation(model, 0.001, scales=scales).log_probs(corpus)
    np.testing.assert_allclose(rms.saved.model.log_probs(corpus), expected, atol=1e-6)
    tuned = with_dynamic_evaluation(saved, DynamicSettings(0.2), tune=TEST)
    assert log_prob(tuned) >= log_prob(with_dynamic_evaluation(saved, DynamicSettings(0.2)))
    assert tuned.method["rate"] in (0.0, 0.02, 0.06, 0.2, 0.6, 2.0)


def test_what_cannot_adapt_is_said(make_run: Make, make_ngrams: Make, tmp_path: Path) -> None:
    ngrams, run = load_model(make_ngrams("ngrams")), make_run("run")
    network = load_model(run)
    for adapt in (
        lambda saved: with_cache(saved),
        lambda saved: with_dynamic_evaluation(saved, DynamicSettings(0.1)),
    ):
        with pytest.raises(UsageError, match="only neural models adapt to what they read; this one is an n-"):
            adapt(ngrams)
        with pytest.raises(UsageError, match="it needs the context 'stream', not 'line'"):
            adapt(network.in_context("line"))
    message = "none: the root mean squares need the training text, which is not there; take the plain update"
    with pytest.raises(UsageError, match=message):
        with_dynamic_evaluation(network, DynamicSettings(0.1, rms=True), run=tmp_path / "none")
    with pytest.raises(UsageError, match="the model: the root mean squares need the training text"):
        with_dynamic_evaluation(replace(network), DynamicSettings(0.1, rms=True))
