"""Every smoothing against its formula on dictionaries; distributions sum to one; tuned weights."""

from __future__ import annotations

import functools
import itertools
import os
from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.data.encoded import EncodedCorpus
from textkit.errors import InputError
from textkit.lm.counts import NgramCounts
from textkit.lm.history import History
from textkit.lm.ngram import NgramModel
from textkit.lm.smoothing.absolute_discounting import AbsoluteDiscounting
from textkit.lm.smoothing.add_k import AddK
from textkit.lm.smoothing.good_turing import GoodTuring
from textkit.lm.smoothing.jelinek_mercer import JelinekMercer, tune_jelinek_mercer
from textkit.lm.smoothing.katz import Katz
from textkit.lm.smoothing.kneser_ney import KneserNey
from textkit.lm.smoothing.maximum_likelihood import MaximumLikelihood
from textkit.lm.smoothing.modified_kneser_ney import ModifiedKneserNey
from textkit.lm.smoothing.protocol import Smoothing
from textkit.lm.smoothing.stupid_backoff import StupidBackoff
from textkit.lm.smoothing.witten_bell import WittenBell
from textkit.text.vocab import Vocab

V = 6  # <unk> 0, </s> 1, four words of which 5 is rare; <s> is 6
VOCAB = Vocab(("<unk>", "</s>", "a", "b", "c", "d"), (0,) * V, specials=2)
TEXTS = st.lists(st.lists(st.sampled_from([0, 2, 2, 3, 3, 4, 5]), max_size=8), min_size=1, max_size=10)
ORDERS = st.integers(1, 5)
Ngram = tuple[int, ...]


def estimate(smoothing: Smoothing, text: list[list[int]], order: int) -> NgramModel:
    corpus = EncodedCorpus.from_sequences([*sentence, 1] for sentence in text)
    return smoothing.estimate(NgramCounts.count(corpus, order=order, vocab_size=V), VOCAB)


def distributions(model: NgramModel, histories: Sequence[Ngram]) -> np.ndarray:
    """p(w | history) for every w of each of equally long histories, through the model's own stepping.

    <s> is V and begins a history.
    """
    state = History.empty(len(histories), order=model.order)
    for words in zip(*histories, strict=True):
        state = model.trie.advance(state, np.array([1 if word == V else word for word in words]), end=1)
    return np.exp(model.distribution(state))


class Reference:
    """Raw and adjusted counts in dictionaries, and the formulas written out for one word at a time."""

    def __init__(self, text: list[list[int]], order: int) -> None:
        self.order = order
        self.raw: Counter[Ngram] = Counter()
        self.appearance: dict[int, int] = {}
        for sentence in text:
            words = [V, *sentence, 1]
            for word in sentence:
                self.appearance.setdefault(word, len(self.appearance))
            for k in range(1, order + 1):
                self.raw.update(tuple(words[i : i + k]) for i in range(len(words) - k + 1))
        del self.raw[(V,)]
        self.adjusted: Counter[Ngram] = Counter()
        longer = Counter(ngram[1:] for ngram in self.raw)
        for ngram in self.raw:
            raw = len(ngram) == order or ngram[0] == V
            self.adjusted[ngram] = self.raw[ngram] if raw else longer[ngram]
        self.followers: dict[int, dict[Ngram, dict[int, int]]] = {}
        for counts in (self.raw, self.adjusted):
            following = self.followers[id(counts)] = {}
            for ngram, count in counts.items():
                following.setdefault(ngram[:-1], {})[ngram[-1]] = count
        self.discounts_of = functools.cache(self.kenlm_discounts)

    def after(self, counts: Counter[Ngram], history: Ngram) -> dict[int, int]:
        return self.followers[id(counts)].get(history, {})

    def histories(self) -> list[Ngram]:
        """Histories that were seen and some that were not; none longer than order - 1."""
        seen = {n[:-1] for n in self.raw}
        made = {h for k in range(3) for h in itertools.product([0, 5], repeat=k)}
        made |= {(V, *h) for h in made}
        return sorted(h for h in seen | made if len(h) < self.order)

    def interpolated(
        self, counts: Counter[Ngram], take: Callable[[Ngram], float], history: Ngram | None, word: int
    ) -> float:
        """(c - take) / total + taken / total * the shorter history's, down to 1 / V."""
        if history is None:
            return 1 / V
        shorter = history[1:] if history else None
        following = self.after(counts, history)
        lower = self.interpolated(counts, take, shorter, word)
        if not following:
            return lower
        total = sum(following.values())
        own = following.get(word, 0) - (take((*history, word)) if word in following else 0)
        return own / total + sum(take((*history, v)) for v in following) / total * lower

    def maximum_likelihood(self, history: Ngram, word: int) -> float:
        following = self.after(self.raw, history)
        if not following:
            return self.maximum_likelihood(history[1:], word)
        return following.get(word, 0) / sum(following.values())

    def add_k(self, history: Ngram, word: int, k: float) -> float:
        following = self.after(self.raw, history)
        return (following.get(word, 0) + k) / (sum(following.values()) + k * V)

    def jelinek_mercer(self, history: Ngram | None, word: int, weights: tuple[float, ...]) -> float:
        if history is None:
            return 1 / V
        lower = self.jelinek_mercer(history[1:] if history else None, word, weights)
        following = self.after(self.raw, history)
        if not following:
            return lower
        weight = weights[min(len(history), len(weights) - 1)]
        return weight * following.get(word, 0) / sum(following.values()) + (1 - weight) * lower

    def witten_bell(self, history: Ngram | None, word: int) -> float:
        if history is None:
            return 1 / V
        lower = self.witten_bell(history[1:] if history else None, word)
        following = self.after(self.raw, history)
        return (following.get(word, 0) + len(following) * lower) / (
            sum(following.values()) + len(following)
        ) if following else lower  # fmt: skip

    def stupid_backoff(self, history: Ngram, word: int, alpha: float) -> float:
        following = self.after(self.raw, history)
        if not history or word in following:
            return following.get(word, 0) / sum(following.values())
        return alpha * self.stupid_backoff(history[1:], word, alpha)

    def one_discount(self, counts: Counter[Ngram], order: int) -> float:
        n = Counter(c for ngram, c in counts.items() if len(ngram) == order)
        return n[1] / (n[1] + 2 * n[2]) if n[1] and n[2] else 0.5

    def kenlm_discounts(self, order: int) -> tuple[Fraction, Fraction, Fraction]:
        """lmplz's three, with its fall-back and its way with the last n-gram in suffix order."""
        n = Counter(c for ngram, c in self.adjusted.items() if len(ngram) == order)
        rank = {0: -3, V: -2, 1: -1} | {w: r for w, r in self.appearance.items() if w}

        def suffix_order(ngram: Ngram) -> list[int]:
            return [rank[word] for word in reversed(ngram)] + [-2] * (self.order - len(ngram))

        whole = [g for g in self.raw if len(g) == self.order or g[0] == V]
        last = max(whole, key=suffix_order)
        if order < self.order and order <= len(last):
            n[self.adjusted[last[-order:]]] -= 1
            n[self.raw[last[-order:]]] += 1
        if not (n[1] and n[2] and n[3]):
            return Fraction(1, 2), Fraction(1), Fraction(3, 2)
        y = Fraction(n[1], n[1] + 2 * n[2])
        one, two, three = (j - (j + 1) * y * Fraction(n[j + 1], n[j]) for j in (1, 2, 3))
        in_range = 0 <= one <= 1 and 0 <= two <= 2 and 0 <= three <= 3
        return (one, two, three) if in_range else (Fraction(1, 2), Fraction(1), Fraction(3, 2))

    def kenlm(self, history: Ngram, word: int) -> float:
        discounts = {k: self.discounts_of(k) for k in range(1, len(history) + 2)}

        def take(ngram: Ngram) -> float:
            return float(discounts[len(ngram)][min(self.adjusted[ngram], 3) - 1])

        return self.interpolated(self.adjusted, take, history, word)

    def discounted(self, counts: Counter[Ngram], history: Ngram, word: int) -> float:
        discounts = {k: self.one_discount(counts, k) for k in range(1, len(history) + 2)}
        return self.interpolated(counts, lambda ngram: discounts[len(ngram)], history, word)


FORMULAS: list[tuple[Smoothing, Callable[[Reference, Ngram, int], float]]] = [
    (MaximumLikelihood(), lambda r, h, w: r.maximum_likelihood(h, w)),
    (AddK(0.3), lambda r, h, w: r.add_k(h, w, 0.3)),
    (JelinekMercer((0.9, 0.7, 0.6)), lambda r, h, w: r.jelinek_mercer(h, w, (0.9, 0.7, 0.6))),
    (WittenBell(), lambda r, h, w: r.witten_bell(h, w)),
    (AbsoluteDiscounting(), lambda r, h, w: r.discounted(r.raw, h, w)),
    (KneserNey(), lambda r, h, w: r.discounted(r.adjusted, h, w)),
    (ModifiedKneserNey(), lambda r, h, w: r.kenlm(h, w)),
    (StupidBackoff(0.4), lambda r, h, w: r.stupid_backoff(h, w, 0.4)),
]


@pytest.mark.parametrize(("smoothing", "formula"), FORMULAS, ids=[repr(s) for s, _ in FORMULAS])
@given(text=TEXTS, order=st.integers(1, 4))
@settings(max_examples=30, deadline=None)
def test_probabilities_follow_the_formula(
    smoothing: Smoothing,
    formula: Callable[[Reference, Ngram, int], float],
    text: list[list[int]],
    order: int,
) -> None:
    model, reference = estimate(smoothing, text, order), Reference(text, order)
    for _, each in itertools.groupby(sorted(reference.histories(), key=len), key=len):
        histories = list(each)
        for history, found in zip(histories, distributions(model, histories), strict=True):
            expected = [formula(reference, history, word) for word in range(V)]
            assert found == pytest.approx(expected, rel=1e-6, abs=1e-12), history


PROPER = [smoothing for smoothing, _ in FORMULAS if not isinstance(smoothing, StupidBackoff)]
PROPER += [GoodTuring(), Katz()]  # test_good_turing.py has their formulas


@pytest.mark.parametrize("smoothing", PROPER, ids=repr)
@given(text=TEXTS, order=ORDERS)
@settings(max_examples=25, deadline=None)
def test_distributions_sum_to_one(smoothing: Smoothing, text: list[list[int]], order: int) -> None:
    model = estimate(smoothing, text, order)
    for k in range(order):
        histories = list(itertools.product([0, 2, 5], repeat=k))
        for begun in (histories, [(V, *history) for history in histories]):
            np.testing.assert_allclose(distributions(model, begun).sum(axis=1), 1, atol=1e-6)


@pytest.mark.data
@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("smoothing", PROPER, ids=repr)
def test_distributions_of_real_text_sum_to_one(smoothing: Smoothing, order: int) -> None:
    if "TEXTKIT_DATA" not in os.environ:
        pytest.skip("TEXTKIT_DATA is not set")
    path = Path(os.environ["TEXTKIT_DATA"]) / "lm" / "wikitext2-valid.txt"
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines()[:600]]
    vocab = Vocab.build(lines, specials=("<unk>", "</s>"))
    corpus = EncodedCorpus.from_sequences([*vocab.encode(line), 1] for line in lines)
    model = smoothing.estimate(NgramCounts.count(corpus, order=order, vocab_size=len(vocab)), vocab)
    generator = np.random.default_rng(0)
    state = History.empty(40, order=order)
    starts = generator.integers(0, len(corpus.ids) - 6, size=40)
    for step in range(6):  # half of the rows read real text, half words at random
        words = np.asarray(corpus.ids[starts + step], dtype=np.int64)
        words[20:] = generator.integers(0, len(vocab), size=20)
        state = model.trie.advance(state, words, end=1)
        assert np.exp(model.distribution(state)).sum(axis=1) == pytest.approx(np.ones(40), abs=1e-6)


def test_no_weight_on_counts_is_the_uniform_distribution() -> None:
    model = estimate(JelinekMercer((0.0,)), [[2, 3], [2, 2]], order=3)
    corpus = EncodedCorpus.from_sequences([[2, 0, 5, 1], [1]])
    assert np.exp(-model.log_probs(corpus).mean()) == pytest.approx(V)


def test_tuned_weights_beat_a_grid() -> None:
    train = [[2, 3, 4], [2, 3, 3], [4, 2, 3], [2, 4, 5], [3, 4]]
    heldout = [[2, 3, 4, 2], [3, 4, 0], [5, 2, 3]]
    counts = NgramCounts.count(
        EncodedCorpus.from_sequences([*line, 1] for line in train), order=2, vocab_size=V
    )
    corpus = EncodedCorpus.from_sequences([*line, 1] for line in heldout)
    tuned = tune_jelinek_mercer(counts, corpus, rounds=500)

    def likelihood(smoothing: JelinekMercer) -> float:
        return float(smoothing.estimate(counts, VOCAB).log_probs(corpus).mean())

    grid = np.linspace(0.02, 0.98, 33)
    best = max(likelihood(JelinekMercer((one, two))) for one in grid for two in grid)
    assert likelihood(tuned) >= best - 1e-5
    assert likelihood(tuned) > likelihood(JelinekMercer())


def test_tuning_needs_text() -> None:
    counts = NgramCounts.count(EncodedCorpus.from_sequences([[2, 1]]), order=2, vocab_size=V)
    with pytest.raises(InputError, match="tuning needs held-out text, and there is none"):
        tune_jelinek_mercer(counts, EncodedCorpus.from_sequences([]))
