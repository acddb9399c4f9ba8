"""Good-Turing and Katz against their papers' formulas on dictionaries, one word at a time; and nltk's fit."""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from textkit.data.encoded import EncodedCorpus
from textkit.errors import UsageError
from textkit.lm.counts import NgramCounts
from textkit.lm.ngram import NgramModel
from textkit.lm.smoothing.catalog import make_smoothing
from textkit.lm.smoothing.good_turing import GoodTuring, adjusted_counts, distinct_counts
from textkit.lm.smoothing.katz import Katz, katz_discounts
from textkit.lm.smoothing.protocol import Smoothing
from textkit.text.vocab import Vocab

V = 24  # <unk> 0, </s> 1, words; <s> is 24
VOCAB = Vocab(("<unk>", "</s>", *(f"w{i}" for i in range(2, V))), (0,) * V, specials=2)
Ngram = tuple[int, ...]
Text = list[list[int]]


def made_text(seed: int, sentences: int) -> Text:
    """Words of very unequal frequency; some are never used."""
    generator = np.random.default_rng(seed)
    lengths = generator.integers(0, 9, size=sentences)
    return [[2 + int((V - 3) * x**3) for x in generator.random(size=length)] for length in lengths]


TINY = st.lists(st.lists(st.sampled_from([0, 2, 2, 3, 3, 4, 5]), max_size=8), min_size=1, max_size=10)
LARGER = st.builds(made_text, st.integers(0, 2**32), st.integers(20, 120))
FULL = st.just([[w for i in range(V) for w in (i, j) if w != 1] for j in (0, *range(2, V))])  # every pair
TEXTS = st.one_of(TINY, LARGER, FULL)


def count(text: Text, order: int) -> NgramCounts:
    corpus = EncodedCorpus.from_sequences([*sentence, 1] for sentence in text)
    return NgramCounts.count(corpus, order=order, vocab_size=V)


def distribution(model: NgramModel, history: Ngram) -> np.ndarray:
    state = model.start(1)
    for word in history:
        state = model.trie.advance(state, np.array([1 if word == V else word]), end=1)
    return np.exp(model.distribution(state)[0])


class Reference:
    """Counts in dictionaries: `following[h][w]`, histories of all lengths below `order`."""

    def __init__(self, text: Text, order: int) -> None:
        self.following: dict[Ngram, Counter[int]] = defaultdict(Counter)
        for sentence in text:
            words = [V, *sentence, 1]
            for end, length in itertools.product(range(1, len(words)), range(order)):
                if end >= length:
                    self.following[tuple(words[end - length : end])][words[end]] += 1
        self.counts_of_counts = {
            k: Counter(c for h, f in self.following.items() if len(h) == k - 1 for c in f.values())
            for k in range(1, order + 1)
        }

    def histories(self, order: int) -> list[Ngram]:
        """Some histories that were seen, and some that were not."""
        seen = sorted(self.following, key=lambda h: (len(h), sum(self.following[h].values())))
        made = [h for k in range(order) for h in itertools.product([0, 3], repeat=k)]
        begun = [(V, *h) for h in made if len(h) + 1 < order]
        return [*seen[:20], *seen[20 :: len(seen) // 20 + 1], *made, *begun]

    def discounts(self, order: int, k: int) -> list[Fraction]:
        """Katz 1987: d(r) up to k, or a smaller k for which all are in (0, 1]; else (r - 1/2) / r."""
        n = self.counts_of_counts[order]
        for most in range(k, 1, -1):
            if all(n[i] for i in range(1, most + 2)) and (most + 1) * n[most + 1] < n[1]:
                beyond = Fraction((most + 1) * n[most + 1], n[1])
                stars = [Fraction((i + 1) * n[i + 1], n[i]) for i in range(1, most + 1)]
                estimated = [(star / i - beyond) / (1 - beyond) for i, star in enumerate(stars, 1)]
                if all(0 < d <= 1 for d in estimated):
                    return estimated
        return [1 - Fraction(1, 2 * r) for r in range(1, k + 1)]

    def katz(self, history: Ngram | None, k: int) -> list[Fraction]:
        """p(w | history) for every w, exactly."""
        if history is None:
            return [Fraction(1, V)] * V
        lower = self.katz(history[1:] if history else None, k)
        following = self.following.get(history)
        if not following:
            return lower
        total = sum(following.values())
        discounts = self.discounts(len(history) + 1, k)
        discounted = {w: c * discounts[c - 1] if c <= len(discounts) else c for w, c in following.items()}
        if len(following) == V:
            kept = sum(discounted.values())
            return [discounted[w] / kept for w in range(V)]
        if sum(discounted.values()) == total:
            total += 1
        alpha = (1 - sum(discounted.values()) / Fraction(total)) / (1 - sum(lower[w] for w in following))
        return [discounted[w] / total if w in following else alpha * lower[w] for w in range(V)]


@given(text=TEXTS, order=st.integers(1, 4), k=st.sampled_from([2, 3, 5]))
@settings(max_examples=60, deadline=None)
def test_katz_follows_the_paper(text: Text, order: int, k: int) -> None:
    model, reference = Katz(k).estimate(count(text, order), VOCAB), Reference(text, order)
    for history in reference.histories(order):
        expected = [float(p) for p in reference.katz(history, k)]
        assert sum(expected) == pytest.approx(1, abs=1e-12)
        assert distribution(model, history) == pytest.approx(expected, rel=2e-6, abs=1e-12), history


@given(text=TEXTS, order=st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_good_turing_is_the_joint_estimate_made_conditional(text: Text, order: int) -> None:
    model, reference = GoodTuring().estimate(count(text, order), VOCAB), Reference(text, order)
    for history in reference.histories(order):
        n = reference.counts_of_counts[len(history) + 1]
        following = reference.following.get(history)
        if not following:
            assert distribution(model, history) == pytest.approx([1 / V] * V, rel=1e-6)
            continue
        r = sorted(n)
        stars, unseen, _ = adjusted_counts(np.array(r), np.array([n[c] for c in r]), order=1)
        continued = sum(len(h) == len(history) for h in reference.following)
        never = continued * V - sum(n.values())
        star = {0: unseen / never if never else 0.0} | dict(zip(r, stars.tolist(), strict=True))
        joint = [star[following[w]] for w in range(V)]
        assert distribution(model, history) == pytest.approx(np.array(joint) / sum(joint), rel=1e-6), history


@pytest.mark.parametrize("smoothing", [GoodTuring(), Katz(), Katz(2)], ids=repr)
@given(text=TEXTS, order=st.integers(1, 5))
@settings(max_examples=25, deadline=None)
def test_distributions_sum_to_one(smoothing: Smoothing, text: Text, order: int) -> None:
    model = smoothing.estimate(count(text, order), VOCAB)
    for history in Reference(text, order).histories(order):
        assert distribution(model, history).sum() == pytest.approx(1, abs=2e-6)


@given(
    st.lists(st.floats(0.3, 2), min_size=2, max_size=40),
    st.integers(20, 3000),
    st.lists(st.integers(40, 500), max_size=5),
)
@settings(max_examples=100, deadline=None)
def test_adjusted_counts_are_those_of_nltk(noise: list[float], once: int, rare: list[int]) -> None:
    probability = pytest.importorskip("nltk.probability")
    tallied = Counter({c: int(once * factor / c**2) for c, factor in enumerate(noise, 1)})
    tallied.update(rare)
    r = np.array(sorted(c for c in tallied if tallied[c]))
    n = np.array([tallied[int(c)] for c in r])
    stars, unseen, note = adjusted_counts(r, n, order=2)
    assume(note is None)  # there nltk warns and goes on
    seen = {(int(c), i): int(c) for c in r for i in range(tallied[int(c)])}
    peer = probability.SimpleGoodTuringProbDist(probability.FreqDist(seen), bins=len(seen) + 7)
    total = sum(seen.values())
    assert stars / total == pytest.approx([peer.prob((int(c), 0)) for c in r], rel=1e-9)
    assert unseen / total == pytest.approx(7 * peer.prob("never seen"))


def test_counts_far_apart_are_tallied() -> None:
    counts = np.array([0, 0, 1, 3, 1, 3, 3, 2**40, 70_000, 70_000])
    assert [column.tolist() for column in distinct_counts(counts)] == [[1, 3, 70_000, 2**40], [2, 3, 2, 1]]
    assert [len(column) for column in distinct_counts(np.array([], dtype=np.int64))] == [0, 0]


@pytest.mark.parametrize(
    ("r", "n", "reason"),
    [
        ([], [], "there is no 3-gram with count 1"),
        ([2, 3], [4, 1], "there is no 3-gram with count 1"),
        ([1], [9], "every 3-gram has the count 1"),
        ([1, 2], [5, 5], "the counts of counts fall with slope 0, not below -1"),
    ],
)
def test_adjusted_counts_that_cannot_be_estimated_are_replaced_and_noted(
    r: list[int], n: list[int], reason: str
) -> None:
    stars, unseen, note = adjusted_counts(np.array(r, dtype=np.int64), np.array(n, dtype=np.int64), order=3)
    assert stars.tolist() == [c - 0.5 for c in r]
    assert unseen == 0.5 * sum(n)
    assert note == (
        f"order 3: {reason} (small or artificial text), so adjusted counts are not estimated: r - 0.5"
    )


@pytest.mark.parametrize(
    ("n", "reason"),
    [
        ([0, 0, 1, 1], "there is no 2-gram with count 1"),
        ([0, 1, 1, 0], "there is no 2-gram with count 3"),
        ([0, 9, 5, 3], "3 n(3) is 9, not below n(1) = 9"),
        ([0, 100, 20, 60, 5], "the discount of count 2 would be 5.375, not above 0 and at most 1"),
        ([0, 40, 14, 10], "the discount of count 1 would be -0.2, not above 0 and at most 1"),
    ],
)
def test_katz_discounts_that_cannot_be_estimated_are_replaced_and_noted(n: list[int], reason: str) -> None:
    discounts, note = katz_discounts(np.array(n), order=2)
    assert discounts.tolist() == [0, *((r - 0.5) / r for r in range(1, len(n) - 1)), 1]
    assert note == (
        f"order 2: {reason} (small or artificial text), so the discounts are not estimated: "
        "d(r) = (r - 0.5) / r"
    )


def test_katz_discounts_fewer_counts_before_it_gives_up() -> None:
    n = np.array([0, 100, 20, 8, 7, 2])
    discounts, note = katz_discounts(n, order=1)
    assert discounts.tolist() == [*katz_discounts(n[:4], order=1)[0].tolist(), 1, 1]
    assert note == (
        "order 1: the discount of count 3 would be 1.185, not above 0 and at most 1 (small or artificial "
        "text), so only counts up to 2 are discounted"
    )


def test_katz_worked_by_hand() -> None:
    """ "w2 w3" / "w2 w2 w3" / "w2 w4": too small a text, so half a count goes from counts up to 5.

    Words: w2 4, </s> 3, w3 2, w4 1, of 10; 2 are free for the other 20 words, a tenth of a count each.
    After w2: w3 2, w2 1, w4 1, of 4; 1.5 are free for the words that have 1 - (3.5 + 1.5 + 0.5) / 10 alone.
    """
    model = Katz().estimate(count([[2, 3], [2, 2, 3], [2, 4]], 2), VOCAB)
    words = np.array([0.1, 2.5, 3.5, 1.5, 0.5] + [0.1] * (V - 5)) / 10
    assert distribution(model, ()) == pytest.approx(words)
    alpha = (1.5 / 4) / (1 - 5.5 / 10)
    expected = np.where(np.isin(np.arange(V), [2, 3, 4]), 0, alpha * words)
    expected[2:5] = np.array([0.5, 1.5, 0.5]) / 4
    assert distribution(model, (2,)) == pytest.approx(expected)
    assert [note.split(":")[0] for note in model.notes] == ["order 1", "order 2"]


def test_counts_of_any_integers_give_the_same_model() -> None:
    counts = count(made_text(5, 200), 3)
    narrow = NgramCounts(counts.trie, tuple(raw.astype(np.int32) for raw in counts.raw), counts.first_seen)
    for name in ("good-turing", "katz", "witten-bell", "absolute", "kneser-ney", "add-k", "mle"):
        one, other = (make_smoothing(name).estimate(c, VOCAB) for c in (counts, narrow))
        for a, b in zip(one.log_prob + one.log_backoff, other.log_prob + other.log_backoff, strict=True):
            assert np.array_equal(a.all(), b.all()), name


def test_large_counts_do_not_overflow() -> None:
    counts = count([[2, 3], [2, 4], [3, 2]], 2)
    most = tuple(np.where(raw > 0, 2**31 - 1, 0).astype(np.int32) for raw in counts.raw)
    counts = NgramCounts(counts.trie, most, counts.first_seen)
    for name in ("good-turing", "katz", "witten-bell", "absolute", "jelinek-mercer", "add-k", "mle"):
        model = make_smoothing(name).estimate(counts, VOCAB)
        for history in ((), (V,), (2,)):
            assert distribution(model, history).sum() == pytest.approx(1, abs=1e-6), name


@pytest.mark.parametrize("value", [1.0, 2.5, math.inf])
def test_katz_takes_a_whole_number(value: float) -> None:
    with pytest.raises(UsageError, match=f"up to k, a whole number of 2 or more, not {value:g}"):
        make_smoothing("katz", value=value)
    assert make_smoothing("katz", value=7) == Katz(7)
