"""Words drawn from n-gram models come as often as the distributions say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chisquare

from textkit.data.encoded import EncodedCorpus
from textkit.errors import InputError, UsageError
from textkit.lm.counts import NgramCounts
from textkit.lm.ngram import NgramModel
from textkit.lm.ngram.sampling import NgramSampler
from textkit.lm.smoothing.catalog import SMOOTHINGS, make_smoothing
from textkit.text.vocab import Vocab

V = 30
VOCAB = Vocab(("<unk>", "</s>", *(f"w{i}" for i in range(2, V))), (0,) * V, specials=2)
DRAWS = 6_000


def estimate(name: str, order: int, *, text: list[list[int]] | None = None) -> NgramModel:
    random = np.random.default_rng(5)
    weights = 1 / np.arange(1, V - 1)
    words = [0, *range(2, V - 4)]  # the last four words were never seen
    weights = weights[: len(words)] / weights[: len(words)].sum()
    text = text or [random.choice(words, size=size, p=weights).tolist() for size in random.integers(0, 9, 80)]
    corpus = EncodedCorpus.from_sequences([*sentence, 1] for sentence in text)
    counts = NgramCounts.count(corpus, order=order, vocab_size=V)
    return make_smoothing(name).estimate(counts, VOCAB)


def probabilities(model: NgramModel, prompt: list[int], *, temperature: float) -> np.ndarray:
    history = model.start(1)
    for i in prompt:
        history = model.trie.advance(history, np.array([i]), end=1)
    probs = np.exp(model.distribution(history)[0] / temperature)
    probs[0] = 0
    return probs / probs.sum()


def assert_drawn_from(drawn: list[int], probs: np.ndarray) -> None:
    observed = np.bincount(drawn, minlength=len(probs))
    assert not observed[probs == 0].any()
    often = probs * len(drawn) >= 5
    seldom = (~often) & (probs > 0)
    expected = np.append(probs[often], probs[seldom].sum()) * len(drawn)
    observed = np.append(observed[often], observed[seldom].sum())
    kept = expected > 0
    assert chisquare(observed[kept], expected[kept]).pvalue > 1e-4


@pytest.mark.parametrize("temperature", [1.0, 0.6, 2.5])
@pytest.mark.parametrize("name", list(SMOOTHINGS))
def test_words_come_as_often_as_they_should(name: str, temperature: float) -> None:
    model = estimate(name, 3)
    sampler, generator = NgramSampler(model, temperature=temperature), np.random.default_rng(6)
    # the begin of a sentence, seen histories, one never seen, none at all
    for prompt in ([1], [1, 2], [3, 2], [V - 1, V - 2], []):
        drawn = sampler.sample(prompt, length=1, rows=DRAWS, generator=generator)
        assert_drawn_from([row[0] for row in drawn], probabilities(model, prompt, temperature=temperature))


@pytest.mark.parametrize("order", [1, 2, 4])
def test_sentences_follow_each_other(order: int) -> None:
    model = estimate("modified-kneser-ney", order)
    sampler = NgramSampler(model)
    rows = sampler.sample([1], length=300, rows=100, generator=np.random.default_rng(7))
    after: dict[tuple[int, ...], list[int]] = {}
    for row in rows:
        assert len(row) == 300
        words = [1, *row]
        for i in range(1, len(words)):
            sentence = words[:i][-2:]
            after.setdefault(tuple(sentence if 1 not in sentence[1:] else [1]), []).append(words[i])
    often = sorted(after, key=lambda history: -len(after[history]))[:5]
    for history in often if order < 4 else [(1,)]:
        assert_drawn_from(after[history], probabilities(model, list(history), temperature=1.0))


def test_rows_end_before_the_stop() -> None:
    sampler = NgramSampler(estimate("modified-kneser-ney", 3))
    rows = sampler.sample([1], length=10, rows=500, generator=np.random.default_rng(8), stop=1)
    assert not any(1 in row for row in rows)
    assert {len(row) for row in rows} >= {0, 1, 5, 10}
    with pytest.raises(UsageError, match="draws can only end at </s>, id 1, not at 5"):
        sampler.sample([1], length=1, rows=1, generator=np.random.default_rng(8), stop=5)


def test_seeds_decide_and_threads_do_not() -> None:
    sampler = NgramSampler(estimate("modified-kneser-ney", 3))

    def rows(seed: int, jobs: int) -> list[list[int]]:
        return sampler.sample([1], length=20, rows=200, generator=np.random.default_rng(seed), jobs=jobs)

    assert rows(1, 1) == rows(1, 3) != rows(2, 1)


@pytest.mark.parametrize("name", ["modified-kneser-ney", "mle", "add-k"])
def test_where_nearly_all_words_are_known(name: str) -> None:
    """Draws from shorter histories are all refused, and the whole distribution has to be made."""
    text = [[2, i] for i in range(2, V) for _ in range(1 + i % 3)] * 3
    model = estimate(name, 3, text=text)
    drawn = NgramSampler(model).sample([1, 2], length=1, rows=DRAWS, generator=np.random.default_rng(9))
    assert_drawn_from([row[0] for row in drawn], probabilities(model, [1, 2], temperature=1.0))


@pytest.mark.parametrize("name", list(SMOOTHINGS))
@pytest.mark.parametrize("temperature", [0.01, 0.002, 1e-4, 1e-9])
def test_cold_draws_take_the_most_probable_word(name: str, temperature: float) -> None:
    model = estimate(name, 3)
    sampler, generator = NgramSampler(model, temperature=temperature), np.random.default_rng(6)
    for prompt in ([1], [1, 2], [3, 2], [V - 1, V - 2], []):
        history = model.start(1)
        for i in prompt:
            history = model.trie.advance(history, np.array([i]), end=1)
        logs = model.distribution(history)[0, 1:]
        drawn = {row[0] for row in sampler.sample(prompt, length=1, rows=50, generator=generator)}
        assert drawn <= set(1 + np.flatnonzero(logs > logs.max() - 30 * temperature))


def test_nothing_can_follow() -> None:
    model = estimate("mle", 2, text=[[0, 0]])
    with pytest.raises(InputError, match="no probability to any token allowed here; use a smoothed model"):
        NgramSampler(model).sample([1], length=1, rows=1, generator=np.random.default_rng(1))


def test_wrong_settings() -> None:
    model = estimate("mle", 2)
    with pytest.raises(UsageError, match="the temperature of draws must be above 0 and finite, not 0"):
        NgramSampler(model, temperature=0)
    with pytest.raises(UsageError, match="the temperature of draws must be above 0 and finite, not inf"):
        NgramSampler(model, temperature=float("inf"))
    with pytest.raises(InputError, match="ids run from 0 to 29 in this vocabulary, not 30"):
        NgramSampler(model).sample([30], length=1, rows=1, generator=np.random.default_rng(1))
