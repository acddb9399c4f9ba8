"""Mixtures against sums written out on dictionaries: word by word, merged into one model, weights tuned."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.data.encoded import EncodedCorpus
from textkit.errors import UsageError
from textkit.lm.counts import NgramCounts
from textkit.lm.history import History
from textkit.lm.mixing.mix import mix
from textkit.lm.mixing.mixture import Mixture
from textkit.lm.mixing.shared_vocab import SharedVocab
from textkit.lm.mixing.weights import tune_weights
from textkit.lm.ngram import NgramModel
from textkit.lm.pruning import prune_entropy
from textkit.lm.smoothing.catalog import make_smoothing
from textkit.text.vocab import Vocab

ONE = [["a", "b", "c"], ["a", "b"], [], ["c", "c", "a", "b"], ["a", "b", "c", "c"], ["b", "b", "?"]]
TWO = [["b", "a", "d"], ["d", "d"], ["?", "a", "b", "d"], ["c", "b"], ["d", "b", "a", "b"]]
SENTENCES = st.lists(st.lists(st.sampled_from("aabbcd?"), max_size=6), min_size=1, max_size=8)
NAMES = st.sampled_from(["mle", "katz", "witten-bell", "absolute", "modified-kneser-ney"])
History_ = tuple[str, ...]


def vocab_of(words: str) -> Vocab:
    return Vocab(("<unk>", "</s>", *words), (0,) * (len(words) + 2), specials=2)


def encode(text: Sequence[Sequence[str]], vocab: Vocab) -> EncodedCorpus:
    return EncodedCorpus.from_sequences([*vocab.encode(sentence), 1] for sentence in text)


def estimate(
    text: Sequence[Sequence[str]], words: str = "abcd", *, order: int = 3, name: str = "witten-bell"
) -> NgramModel:
    vocab = vocab_of(words)
    counts = NgramCounts.count(encode(text, vocab), order=order, vocab_size=len(vocab))
    return make_smoothing(name).estimate(counts, vocab)


class Reference:
    """A back-off model in words, as dictionaries; what it has no word for is <unk> in histories."""

    def __init__(self, model: NgramModel) -> None:
        self.tokens = [*model.vocab.tokens, "<s>"]
        self.order = model.order
        self.p: dict[History_, float] = {}
        self.weight: dict[History_, float] = {}
        for k in range(1, model.order + 1):
            ngrams = model.trie.ngrams(k, np.arange(model.trie.size(k))).tolist()
            for row, ngram in enumerate(tuple(self.tokens[i] for i in ids) for ids in ngrams):
                if ngram != ("<s>",):
                    self.p[ngram] = 10.0 ** float(model.log_prob[k - 1].all()[row])
                if k < model.order:
                    self.weight[ngram] = 10.0 ** float(model.log_backoff[k - 1].all()[row])

    def prob(self, history: History_, word: str) -> float:
        """p(word | history), nothing for a word it lacks."""
        if word not in self.tokens:
            return 0.0
        known = tuple(w if w in self.tokens else "<unk>" for w in history[-self.order + 1 :])
        return self._backed_off(known if self.order > 1 else (), word)

    def _backed_off(self, history: History_, word: str) -> float:
        if (*history, word) in self.p:
            return self.p[*history, word]
        return self.weight.get(history, 1.0) * self._backed_off(history[1:], word)


def interpolated(
    models: Sequence[NgramModel], weights: Sequence[float], history: History_, word: str
) -> float:
    return sum(w * Reference(m).prob(history, word) for m, w in zip(models, weights, strict=True))


def sums(model: NgramModel) -> list[float]:
    """What the probabilities after histories of all lengths come to, by the model's own stepping."""
    totals = []
    size = len(model.vocab)
    for words in (h for k in range(model.order) for h in itertools.product(range(2, size + 1), repeat=k)):
        if size not in words[1:]:
            state = History.empty(1, order=model.order)
            for word in words:
                state = model.trie.advance(state, np.array([1 if word == size else word]), end=1)
            totals.append(float(np.exp(model.distribution(state)).sum()))
    return totals


def check_merged(models: Sequence[NgramModel], weights: Sequence[float]) -> None:
    merged = mix(models, weights)
    parts = [Reference(model) for model in models]
    found = Reference(merged)
    union = set().union(*(part.p for part, weight in zip(parts, weights, strict=True) if weight))
    assert set(found.p) == union
    for ngram, p in found.p.items():
        expected = sum(w * part.prob(ngram[:-1], ngram[-1]) for part, w in zip(parts, weights, strict=True))
        assert p == pytest.approx(expected, rel=2e-6), ngram
    np.testing.assert_allclose(sums(merged), 1.0, atol=3e-6)


@given(
    one=SENTENCES, two=SENTENCES, names=st.tuples(NAMES, NAMES), orders=st.tuples(*[st.integers(1, 4)] * 2)
)
@settings(max_examples=25, deadline=None)
def test_merged_ngrams_have_the_interpolated_probability_and_histories_sum_to_one(
    one: list[list[str]], two: list[list[str]], names: tuple[str, str], orders: tuple[int, int]
) -> None:
    models = [
        estimate(text, order=order, name=name)
        for text, name, order in zip((one, two), names, orders, strict=True)
    ]
    check_merged(models, (0.3, 0.7))


@given(one=SENTENCES, two=SENTENCES, words=st.sampled_from(["bd", "ab", "d", "dcba", ""]))
@settings(max_examples=20, deadline=None)
def test_other_vocabularies_are_brought_to_their_union(
    one: list[list[str]], two: list[list[str]], words: str
) -> None:
    models = [estimate(one, "abc"), estimate(two, words)]
    check_merged(models, (0.4, 0.6))
    mixture = Mixture(tuple(models), (0.4, 0.6))
    assert set(mixture.vocab.tokens) == {"<unk>", "</s>", *"abc", *words}
    assert mixture.vocab.tokens[:2] == ("<unk>", "</s>")


def test_pruned_models_of_three_kinds_are_merged() -> None:
    models = [
        prune_entropy(estimate(ONE + TWO, order=4, name="modified-kneser-ney"), 1e-3),
        prune_entropy(estimate(TWO, "dbx", order=3), 3e-3),
        estimate(ONE, "cba", order=2),
    ]
    lacking = [n for n in Reference(models[0]).p if len(n) > 2 and n[1:] not in Reference(models[0]).p]
    assert lacking  # n-grams whose shorter forms are gone, or the test shows nothing
    check_merged(models, (0.5, 0.2, 0.3))


def test_a_model_mixed_with_itself_is_itself() -> None:
    model = estimate(ONE, order=4, name="modified-kneser-ney")
    merged = mix([model, model], (0.25, 0.75))
    assert merged.vocab is model.vocab
    for k in range(4):
        assert np.array_equal(merged.trie.words[k], model.trie.words[k])
        np.testing.assert_allclose(merged.log_prob[k].all(), model.log_prob[k].all(), atol=1e-6)
    corpus = encode(TWO, model.vocab)
    np.testing.assert_allclose(merged.log_probs(corpus), model.log_probs(corpus), atol=1e-5)


def test_what_has_no_weight_leaves_no_trace() -> None:
    one, two = estimate(ONE, "abc"), estimate(TWO, "abcd", order=4)
    merged = mix([one, two], (1.0, 0.0))
    assert (merged.order, merged.vocab.tokens) == (3, one.vocab.tokens)
    assert Reference(merged).p.keys() == Reference(one).p.keys()


def test_what_a_merged_model_says_of_itself() -> None:
    merged = mix([estimate(ONE), estimate(TWO, name="absolute")], (0.25, 0.75))
    assert merged.smoothing == "0.25 * (WittenBell()) + 0.75 * (AbsoluteDiscounting())"


@given(one=SENTENCES, two=SENTENCES, text=SENTENCES, words=st.sampled_from(["abcd", "db", "dcxba"]))
@settings(max_examples=15, deadline=None)
def test_a_mixture_is_the_weighted_sum_word_by_word(
    one: list[list[str]], two: list[list[str]], text: list[list[str]], words: str
) -> None:
    models = (estimate(one, "abc"), estimate(two, words, order=2))
    mixture = Mixture(models, (0.3, 0.7))
    vocab = mixture.vocab
    corpus = encode(text, vocab)
    expected, state, word, stepped = [], mixture.start(1), 1, []
    for sentence in text:
        history: History_ = ("<s>",)
        for following in [*sentence, "</s>"]:
            named = following if following in vocab.tokens else "<unk>"
            expected.append(interpolated(models, (0.3, 0.7), history, named))
            history = (*history, named)
            log_probs, state = mixture.step(torch.tensor([word]), state)
            assert float(log_probs.exp().sum()) == pytest.approx(1.0, abs=1e-5)
            word = vocab.tokens.index(named)
            stepped.append(float(log_probs[0, word]))
    np.testing.assert_allclose(np.exp(mixture.log_probs(corpus)), expected, rtol=1e-5)
    np.testing.assert_allclose(np.exp(stepped), expected, rtol=1e-4)


def test_rows_of_a_mixture_are_reordered_together() -> None:
    mixture = Mixture((estimate(ONE), estimate(TWO)), (0.5, 0.5))
    _, state = mixture.step(torch.tensor([2, 3]), mixture.step(torch.tensor([1, 1]), mixture.start(2))[1])
    swapped = mixture.reorder(state, torch.tensor([1, 0, 1]))
    plain, _ = mixture.step(torch.tensor([4, 4]), state)
    after, _ = mixture.step(torch.tensor([4, 4, 4]), swapped)
    assert torch.equal(after, plain[[1, 0, 1]])


def test_a_weight_of_zero_is_no_logarithm_of_zero() -> None:
    one, two = estimate(ONE), estimate(TWO)
    mixture = Mixture((one, two), (0.0, 1.0))
    corpus = encode(ONE, two.vocab)
    np.testing.assert_allclose(mixture.log_probs(corpus), two.log_probs(corpus))
    log_probs, _ = mixture.step(torch.tensor([1]), mixture.start(1))
    torch.testing.assert_close(log_probs, two.step(torch.tensor([1]), two.start(1))[0])


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ((0.5,), "a mixture has a weight for each of its models: 2, not 1"),
        ((0.5, 0.6), "the weights of a mixture are 0 or more and sum to one, not 0.5, 0.6"),
        ((1.5, -0.5), "0 or more"),
        ((math.nan, 0.5), "0 or more"),
    ],
)
def test_weights_that_do_not_fit(weights: tuple[float, ...], message: str) -> None:
    models = (estimate(ONE), estimate(TWO))
    for make in (Mixture, mix):
        with pytest.raises(UsageError, match=message):
            make(models, weights)


@pytest.mark.parametrize("name", ["add-k", "stupid-backoff"])
def test_models_that_are_no_backoff_distributions_are_mixed_word_by_word_only(name: str) -> None:
    models = (estimate(ONE), estimate(TWO, name=name))
    with pytest.raises(UsageError, match=r"smoothed by \w+\(.*\) cannot be mixed: .* train with another"):
        mix(models, (0.5, 0.5))
    assert np.isfinite(Mixture(models, (0.5, 0.5)).log_probs(encode(ONE, models[0].vocab))).all()


def test_a_vocabulary_without_the_specials() -> None:
    with pytest.raises(UsageError, match="begins with <unk> and </s>, not with <unk> a"):
        SharedVocab.of([vocab_of("ab"), Vocab(("<unk>", "a"), (0, 0))])


def test_the_union_is_sorted_by_summed_count_then_by_appearance() -> None:
    one = Vocab(("<unk>", "</s>", "a", "b"), (0, 2, 5, 1), specials=2)
    two = Vocab(("<unk>", "</s>", "c", "b", "d"), (3, 2, 6, 6, 5), specials=2)
    union = SharedVocab.of([one, two]).vocab
    assert union.tokens == ("<unk>", "</s>", "b", "c", "a", "d")
    assert union.counts == (3, 4, 7, 6, 5, 5)


def test_three_models_are_weighed_at_once() -> None:
    texts = [ONE, TWO, [["d", "c"], ["a"]]]
    mixture = Mixture(tuple(estimate(text) for text in texts), (0.2, 0.3, 0.5))
    parts = mixture.parts(encode([*ONE, *TWO, ["d", "c", "a"]], mixture.vocab))
    tuned = tune_weights(parts)
    generator = np.random.default_rng(1)
    for weights in [*np.eye(3), *generator.dirichlet(np.ones(3), size=500)]:
        perplexity = math.exp(-np.log(weights @ np.exp(parts)).mean())
        assert tuned.perplexity <= perplexity * (1 + 1e-6)


def test_a_tuned_mixture_is_as_good_as_said() -> None:
    models = [estimate(ONE), estimate(TWO)]
    equal = Mixture(tuple(models), (0.5, 0.5))
    corpus = encode([*ONE, *ONE, *TWO], equal.vocab)
    tuned = Mixture.tuned(models, corpus)
    weights, perplexity = tune_weights(equal.parts(corpus))
    assert tuned.weights == weights != (0.5, 0.5)
    assert math.exp(-tuned.log_probs(corpus).mean()) == pytest.approx(perplexity)
    assert perplexity < math.exp(-equal.log_probs(corpus).mean())
    with pytest.raises(UsageError, match="a weight for each of its models: 0, not 0"):
        Mixture.tuned([], corpus)
