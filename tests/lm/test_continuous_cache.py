"""The continuous cache against the formula written out, and what it must never do."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from textkit.data.encoded import EncodedCorpus
from textkit.errors import UsageError
from textkit.lm import continuous_cache, neural
from textkit.lm.continuous_cache import ContinuousCache
from textkit.lm.language_model import language_model_vocab
from textkit.lm.neural import NeuralLanguageModel
from textkit.models.recurrent import RecurrentNetwork, RecurrentSettings
from textkit.models.transformer import TransformerNetwork, TransformerSettings

VOCAB = language_model_vocab(dict.fromkeys("abcdefg", 1))
KINDS = ("lstm", "transformer")


def model(kind: str = "lstm", context: str = "stream") -> NeuralLanguageModel:
    torch.manual_seed(3)
    network: torch.nn.Module
    if kind == "transformer":
        network = TransformerNetwork(
            TransformerSettings(len(VOCAB), width=8, layers=2, heads=2, context=6, dropout=0.5)
        )
    else:
        network = RecurrentNetwork(RecurrentSettings(kind, len(VOCAB), embedding=8, hidden=8, layers=2))
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return NeuralLanguageModel(VOCAB, network.eval(), context=context)


def corpus(seed: int = 0, lines: int = 12) -> EncodedCorpus:
    generator = np.random.default_rng(seed)
    return EncodedCorpus.from_sequences(
        [[*generator.integers(2, len(VOCAB), generator.integers(0, 9)).tolist(), 1] for _ in range(lines)]
    )


def written_out(cache: ContinuousCache, text: EncodedCorpus) -> list[np.ndarray]:
    """The distribution (V,) before every token, from the definition, in float64."""
    ids = [1, *text.ids.tolist()]
    network, state, features = cache.model.network, cache.model.network.zero_state(1), []
    plain = []
    with torch.no_grad():
        for i in ids[:-1]:
            reading = network.read(torch.tensor([[i]]), state)
            state = reading.state
            features.append(reading.features[0, 0].double().numpy())
            plain.append(network.output.log_probs(reading.features[0])[0].double().exp().numpy())
    result = []
    for t, (query, p) in enumerate(zip(features, plain, strict=True)):
        memory = range(max(0, t - cache.window), t)
        if not memory:
            result.append(p)
            continue
        masses = np.zeros(len(VOCAB))
        for i in memory:
            masses[ids[i + 1]] += np.exp(cache.theta * query @ features[i])
        result.append((1 - cache.weight) * p + cache.weight * masses / masses.sum())
    return result


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("window", [1, 5, 1000])
def test_scores_are_those_of_the_formula_however_the_text_is_cut(
    kind: str, window: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = corpus()
    cache = ContinuousCache(model(kind), window=window, theta=0.7, weight=0.3)
    distributions = written_out(cache, text)
    for distribution in distributions:
        assert distribution.sum() == pytest.approx(1, abs=1e-6)
    expected = [np.log(p[i]) for p, i in zip(distributions, text.ids.tolist(), strict=True)]
    for chunk, queries in ((4096, 256), (7, 256), (4096, 3), (5, 2)):
        monkeypatch.setattr(neural, "CHUNK", chunk)
        monkeypatch.setattr(continuous_cache, "QUERIES", queries)
        np.testing.assert_allclose(cache.log_probs(text), expected, atol=2e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_steps_give_distributions_that_agree_with_the_scores(kind: str) -> None:
    text = corpus(1)
    cache = ContinuousCache(model(kind), window=4, theta=0.5, weight=0.4)
    state, previous, scores = cache.start(2), [1, 1], []
    for i in text.ids.tolist():
        log_probs, state = cache.step(torch.tensor(previous), state)
        torch.testing.assert_close(log_probs.exp().sum(1), torch.ones(2))
        scores.append(log_probs[0, i].item())
        previous = [i, 2 + i % 3]
        state = cache.reorder(cache.reorder(state, torch.tensor([1, 0])), torch.tensor([1, 0]))
    np.testing.assert_allclose(scores, cache.log_probs(text), atol=2e-5)
    both, _ = cache.step(torch.tensor([3, 3]), cache.reorder(state, torch.tensor([0, 0])))
    torch.testing.assert_close(both[0], both[1])


def test_without_weight_it_is_the_network_and_with_all_the_weight_a_memory() -> None:
    lm, text = model(), corpus()
    plain = lm.log_probs(text)
    np.testing.assert_allclose(ContinuousCache(lm, weight=0.0).log_probs(text), plain, atol=1e-6)
    memory = ContinuousCache(lm, weight=1.0, theta=0.0).log_probs(text)
    ids = text.ids.tolist()  # with theta 0 the share of a word is how often it was read
    expected = [ids[:t].count(ids[t]) / t for t in range(1, len(ids))]
    np.testing.assert_allclose(np.exp(memory[1:]), expected, atol=1e-6)
    assert memory[0] == pytest.approx(plain[0])


def test_it_helps_where_words_repeat_and_the_tuned_one_is_best() -> None:
    lm = model()
    text = EncodedCorpus.from_sequences([[3, 4, 3, 4, 3, 1]] * 20)
    tuned = ContinuousCache.tuned(lm, text, window=50)
    best = tuned.log_probs(text).mean()
    assert best > lm.log_probs(text).mean() + 0.5
    for theta in continuous_cache.THETAS:
        for weight in (0.1, 0.5, 0.9, tuned.weight):
            other = ContinuousCache(lm, window=50, theta=theta, weight=weight)
            assert other.log_probs(text).mean() <= best + 1e-6


def test_scoring_leaves_the_training_mode_alone_and_an_empty_text_is_no_fault() -> None:
    lm = model("transformer")
    lm.module.train()
    cache = ContinuousCache(lm)
    np.testing.assert_array_equal(cache.log_probs(corpus()), cache.log_probs(corpus()))
    assert lm.module.training
    assert cache.log_probs(EncodedCorpus.from_sequences([])).shape == (0,)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"window": 0}, "the window of a cache must be at least 1 token, not 0"),
        ({"weight": 1.5}, "the weight of a cache must lie between 0 and 1, not 1.5"),
        ({"weight": float("nan")}, "the weight of a cache must lie between 0 and 1, not nan"),
        ({"theta": -1.0}, "theta of a cache must lie between 0 and 1000000, not -1.0"),
    ],
)
def test_settings_out_of_range(settings: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ContinuousCache(model(), **settings)


def test_lines_scored_apart_leave_nothing_to_remember() -> None:
    with pytest.raises(UsageError, match="it needs the context 'stream', not 'line'"):
        ContinuousCache(model(context="line"))
