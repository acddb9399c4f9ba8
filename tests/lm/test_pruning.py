"""Entropy pruning against the definition on dictionaries: what goes, what stays, and that all sums to one."""

from __future__ import annotations

import itertools
import math
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.data.encoded import EncodedCorpus
from textkit.errors import UsageError
from textkit.lm.arpa import write_arpa
from textkit.lm.counts import NgramCounts
from textkit.lm.history import History
from textkit.lm.ngram import NgramModel
from textkit.lm.ngram.log_table import LogTable
from textkit.lm.pruning import prune_entropy, removal_costs
from textkit.lm.smoothing.catalog import make_smoothing
from textkit.text.vocab import Vocab

V = 6  # <unk> 0, </s> 1, four words; <s> is 6
VOCAB = Vocab(("<unk>", "</s>", "a", "b", "c", "d"), (0,) * V, specials=2)
TEXTS = st.lists(st.lists(st.sampled_from([0, 2, 2, 3, 3, 4, 5]), max_size=8), min_size=1, max_size=10)
TRAIN = [[2, 3, 4], [2, 3], [], [4, 4, 2, 3], [2, 3, 4, 4], [3, 3, 2, 5], [2, 2, 3], [4, 2, 3]]
BACKOFF = ["mle", "jelinek-mercer", "witten-bell", "absolute", "kneser-ney", "modified-kneser-ney", "katz"]
THRESHOLDS = st.sampled_from([1e-9, 1e-4, 1e-3, 3e-3, 1e-2, 0.1])
Ngram = tuple[int, ...]


def estimate(name: str, text: list[list[int]], order: int) -> NgramModel:
    corpus = EncodedCorpus.from_sequences([*sentence, 1] for sentence in text)
    return make_smoothing(name).estimate(NgramCounts.count(corpus, order=order, vocab_size=V), VOCAB)


class Reference:
    """A back-off model as two dictionaries."""

    def __init__(self, model: NgramModel) -> None:
        self.order = model.order
        self.p: dict[Ngram, float] = {}
        self.weight: dict[Ngram, float] = {}
        for k in range(1, model.order + 1):
            ngrams = model.trie.ngrams(k, np.arange(model.trie.size(k)))
            for row, ngram in enumerate(map(tuple, ngrams.tolist())):
                if ngram != (V,):
                    self.p[ngram] = 10.0 ** float(model.log_prob[k - 1].all()[row])
                if k < model.order:
                    self.weight[ngram] = 10.0 ** float(model.log_backoff[k - 1].all()[row])

    def prob(self, history: Ngram, word: int) -> float:
        """p(word | history) by backing off."""
        if (*history, word) in self.p:
            return self.p[*history, word]
        return self.weight.get(history, 1.0) * self.prob(history[1:], word)

    def following(self, history: Ngram) -> list[int]:
        return [w for w in range(V) if (*history, w) in self.p]

    def chance(self, history: Ngram) -> float:
        """The probability of meeting a history; `<s>` is as frequent as `</s>`."""
        product = 1.0
        for i, word in enumerate(history):
            product *= self.p[1,] if i == 0 and word == V else self.prob(history[:i], word)
        return product

    def cost(self, history: Ngram, word: int) -> float:
        """The relative entropy when one n-gram goes and the weight of its history is made anew."""
        kept = [w for w in self.following(history) if w != word]
        lower = [self.prob(history[1:], w) for w in range(V)]
        weight = (1 - sum(self.p[*history, w] for w in kept)) / (1 - sum(lower[w] for w in kept))
        total = 0.0
        for w in range(V):
            before = self.prob(history, w)
            after = before if w in kept else weight * lower[w]
            total += before * math.log(before / after) if before > 0 else 0.0
        return self.chance(history) * total


def histories(order: int) -> list[Ngram]:
    words = range(2, V)
    inner = [h for k in range(order) for h in itertools.product(words, repeat=k)]
    return [h for h in [*inner, *((V, *h) for h in inner)] if len(h) < order]


def sums(model: NgramModel) -> list[float]:
    """What the probabilities after each history come to, by the model's own stepping."""
    totals = []
    for history in histories(model.order):
        state = History.empty(1, order=model.order)
        for word in history:
            state = model.trie.advance(state, np.array([1 if word == V else word]), end=1)
        totals.append(float(np.exp(model.distribution(state)).sum()))
    return totals


def ngrams_of(model: NgramModel) -> set[Ngram]:
    return set(Reference(model).p)


@pytest.mark.parametrize("name", ["jelinek-mercer", "witten-bell", "kneser-ney", "modified-kneser-ney"])
@given(text=TEXTS, order=st.integers(2, 4))
@settings(max_examples=10, deadline=None)
def test_costs_are_the_relative_entropies(name: str, text: list[list[int]], order: int) -> None:
    model = estimate(name, text, order)
    reference = Reference(model)
    for k, costs in enumerate(removal_costs(model), 2):
        ngrams = map(tuple, model.trie.ngrams(k, np.arange(model.trie.size(k))).tolist())
        expected = [reference.cost(ngram[:-1], ngram[-1]) for ngram in ngrams]
        np.testing.assert_allclose(costs, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["witten-bell", "modified-kneser-ney"])
def test_what_goes_is_worth_less_than_the_threshold_and_begins_nothing_that_stays(name: str) -> None:
    model = estimate(name, TRAIN, 4)
    reference = Reference(model)
    costs = {n: reference.cost(n[:-1], n[-1]) for n in reference.p if len(n) > 1}
    ranked = sorted(costs.values())
    tried = 0
    for low, high in itertools.pairwise(ranked):
        if high - low < 1e-4:
            continue
        threshold = math.expm1((low + high) / 2)
        kept = {n for n in reference.p if len(n) == 1 or math.expm1(costs[n]) >= threshold}
        kept |= {n[:i] for n in kept for i in range(1, len(n)) if n[:i] != (V,)}
        assert ngrams_of(prune_entropy(model, threshold)) == kept
        tried += 1
    assert tried > 3


@pytest.mark.parametrize("name", BACKOFF)
@given(text=TEXTS, order=st.integers(2, 4), threshold=THRESHOLDS)
@settings(max_examples=15, deadline=None)
def test_a_pruned_model_keeps_its_probabilities_and_sums_to_one(
    name: str, text: list[list[int]], order: int, threshold: float
) -> None:
    model = estimate(name, text, order)
    once = prune_entropy(model, threshold)
    twice = prune_entropy(once, 2 * threshold)  # with n-grams in it whose shorter forms are gone
    for pruned in (once, twice):
        before, after = Reference(model).p, Reference(pruned).p
        assert all(after[n] == before[n] for n in after)
        np.testing.assert_allclose(sums(pruned), 1.0, atol=3e-6)


def test_weights_are_exact_where_shorter_ngrams_are_gone() -> None:
    model = prune_entropy(estimate("modified-kneser-ney", TRAIN, 4), 2e-3)
    reference = Reference(model)
    lacking = [n for n in reference.p if len(n) > 2 and n[1:] not in reference.p]
    assert lacking  # else the test shows nothing
    for history, weight in reference.weight.items():
        following = reference.following(history)
        mass = 1 - sum(reference.p[*history, w] for w in following)
        below = 1 - sum(reference.prob(history[1:], w) for w in following)
        assert weight == pytest.approx(mass / below, rel=1e-5)


@pytest.mark.parametrize("name", BACKOFF)
def test_a_higher_threshold_never_keeps_more(name: str) -> None:
    model = estimate(name, TRAIN, 4)
    kept = ngrams_of(model)
    for threshold in (1e-9, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 10.0):
        fewer = ngrams_of(prune_entropy(model, threshold))
        assert fewer <= kept
        kept = fewer


def test_nothing_goes_at_zero_and_all_but_the_words_at_a_great_threshold() -> None:
    model = estimate("witten-bell", TRAIN, 3)
    assert prune_entropy(model, 0.0) is model
    words = prune_entropy(model, 1e9)
    assert (words.order, words.trie.size(1)) == (1, V + 1)
    assert prune_entropy(words, 1.0) is words
    assert words.smoothing == "WittenBell(), entropy pruning at 1e+09"


def test_an_ngram_that_says_what_backing_off_says_goes_first() -> None:
    """All words equally likely after everything: no n-gram is worth anything."""
    model = estimate("jelinek-mercer", [[2, 3, 4, 5, 0, 2, 3, 4, 5, 0]] * 3, 2)
    uniform = np.full(V, -math.log(V))
    pairs = np.full(model.trie.size(2), -math.log(V))
    log_prob = (LogTable.of_natural(np.append(uniform, 0.0)), LogTable.of_natural(pairs))
    table = NgramModel(VOCAB, model.trie, log_prob, (LogTable.of_natural(np.zeros(V + 1)),), "uniform")
    assert prune_entropy(table, 1e-6).order == 1


@pytest.mark.parametrize("threshold", [-1e-9, math.nan, math.inf])
def test_a_threshold_that_is_none(threshold: float) -> None:
    with pytest.raises(UsageError, match="the threshold of pruning is 0 or more, such as 1e-8, not "):
        prune_entropy(estimate("witten-bell", TRAIN, 2), threshold)


@pytest.mark.parametrize("name", ["add-k", "stupid-backoff"])
def test_models_that_are_no_backoff_distributions_cannot_be_pruned(name: str) -> None:
    with pytest.raises(UsageError, match=r"smoothed by \w+\(.*\) cannot be pruned: .* train with another"):
        prune_entropy(estimate(name, TRAIN, 3), 1e-8)


def test_kenlm_scores_a_pruned_model_as_we_do(tmp_path: Path) -> None:
    """Also where an n-gram stayed whose own end is gone."""
    kenlm = pytest.importorskip("kenlm")
    model = prune_entropy(estimate("modified-kneser-ney", TRAIN, 4), 2e-3)
    write_arpa(model, tmp_path / "m.arpa")
    peer = kenlm.Model(str(tmp_path / "m.arpa"))
    text = [*TRAIN, [2, 4, 3, 3], [4, 2, 3, 4, 4], [5, 5]]
    corpus = EncodedCorpus.from_sequences([*sentence, 1] for sentence in text)
    lines = (" ".join(VOCAB.tokens[w] for w in sentence) for sentence in text)
    expected = [log10 for line in lines for log10, _, _ in peer.full_scores(line)]
    np.testing.assert_allclose(model.log_probs(corpus) / math.log(10), expected, atol=1e-5)


@pytest.mark.data
def test_perplexity_rises_with_the_threshold() -> None:
    if "TEXTKIT_DATA" not in os.environ:
        pytest.skip("TEXTKIT_DATA is not set")
    folder = Path(os.environ["TEXTKIT_DATA"]) / "lm"
    train, test = (
        [line.split() for line in (folder / name).read_text(encoding="utf-8").splitlines()]
        for name in ("wikitext2-valid.txt", "wikitext2-test.txt")
    )
    vocab = Vocab.build(train, min_count=2, specials=("<unk>", "</s>"))
    corpora = [
        EncodedCorpus.from_sequences([*vocab.encode(line), 1] for line in text) for text in (train, test)
    ]
    counts = NgramCounts.count(corpora[0], order=3, vocab_size=len(vocab))
    model = make_smoothing("modified-kneser-ney").estimate(counts, vocab)
    perplexities, sizes = [], []
    for threshold in (0.0, 1e-8, 1e-7, 1e-6, 1e-5):
        pruned = prune_entropy(model, threshold)
        perplexities.append(math.exp(-pruned.log_probs(corpora[1]).mean()))
        sizes.append(sum(map(len, pruned.trie.words)))
    assert sizes == sorted(sizes, reverse=True)
    assert perplexities == sorted(perplexities)
    assert perplexities[1] < 1.02 * perplexities[0]
