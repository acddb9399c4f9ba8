"""Discounts and Kneser-Ney figures: worked by hand, by their formulas, and as KenLM's lmplz gives them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from textkit.data.encoded import EncodedCorpus
from textkit.lm.counts import NgramCounts
from textkit.lm.ngram import NgramModel
from textkit.lm.smoothing.absolute_discounting import AbsoluteDiscounting
from textkit.lm.smoothing.discounts import single_discount, three_discounts
from textkit.lm.smoothing.modified_kneser_ney import ModifiedKneserNey
from textkit.lm.smoothing.protocol import Smoothing
from textkit.text.vocab import Vocab

VOCAB = Vocab(("<unk>", "</s>", "a", "b", "c", "d"), (0,) * 6, specials=2)


def estimate(smoothing: Smoothing, lines: list[str], order: int) -> NgramModel:
    corpus = EncodedCorpus.from_sequences([*VOCAB.encode(line.split()), 1] for line in lines)
    return smoothing.estimate(NgramCounts.count(corpus, order=order, vocab_size=len(VOCAB)), VOCAB)


def after(model: NgramModel, word: int) -> np.ndarray:
    """p(. | word); 1, the end of a sentence, stands for the beginning of the next."""
    state = model.trie.advance(model.start(1), np.array([word]), end=1)
    return np.exp(model.distribution(state)[0])


def test_modified_kneser_ney_worked_by_hand() -> None:
    """The text "a b" / "a a b" / "a c".

    Bigrams: <s> a 3, a b 2, b </s> 2, a a 1, a c 1, c </s> 1, so n1 = 3, n2 = 2, n3 = 1, n4 = 0, Y = 3/7,
    D1 = 1 - 2 * 3/7 * 2/3 = 3/7, D2 = 2 - 3 * 3/7 * 1/2 = 19/14, D3+ = 3.
    Unigrams, counted by the words before them: a 2 (<s>, a), b 1, c 1, </s> 2 (b, c); n3 = 0, so that
    0.5, 1 and 1.5 serve: they take 1 + .5 + .5 + 1 = 3 of 6, and half goes to the uniform 1/6.
    """
    model = estimate(ModifiedKneserNey(), ["a b", "a a b", "a c"], order=2)
    a = end = (2 - 1) / 6 + 1 / 12
    b = c = (1 - 0.5) / 6 + 1 / 12
    unknown = 1 / 12
    assert 10.0 ** model.log_prob[0].all()[:-1] == pytest.approx([unknown, end, a, b, c, unknown])
    # after a: b 2, a 1, c 1, together 4, of which the discounts take 19/14 + 3/7 + 3/7
    weight = (19 / 14 + 6 / 7) / 4
    one, two = (1 - 3 / 7) / 4, (2 - 19 / 14) / 4
    expected = [weight * unknown, weight * end, one + weight * a, two + weight * b, one + weight * c]
    assert after(model, 2) == pytest.approx([*expected, weight * unknown])
    # after <s>: a 3, and D3+ takes it all
    assert after(model, 1) == pytest.approx(10.0 ** model.log_prob[0].all()[:-1])
    assert model.notes == (
        "order 1: there is no 1-gram with adjusted count 3 (small or artificial text), so the discounts are "
        "not estimated: D1, D2, D3+ = 0.5, 1.0, 1.5",
    )


def made_text(lines: int) -> list[list[str]]:
    """A text that is the same everywhere; it ends in a new phrase that comes three times."""
    state, text = 1, []
    for number in range(lines):
        words = []
        for _ in range(3 + number % 7):
            state = state * 48271 % 2147483647
            words.append(f"w{2 + int(60 * (state / 2147483647) ** 2.5)}")
        text.append(words)
    return [*text, *[["w2", "w62", "w63"]] * 3]


# From `lmplz -o 3` of KenLM on made_text(100): log10 p and back-off. Its last unigram in suffix order is
# w63, counted 3 but after one word only: the discounts of order 1 show how lmplz enters it.
LMPLZ = """
-2.4423943|<unk>|0
-1.004555|</s>|0
-1.0686338|w2|-0.31809315
-2.28176|w62|-0.14463945
-2.28176|w63|-0.14463945
-1.0511117|w3 </s>|0
-0.45076644|w63 </s>|0
-0.53814036|<s> w2|-0.1257698
-0.7484127|w2 w2|-0.15960927
-0.5421059|w62 w63|-0.09798885
-0.3145879|w62 w63 </s>|
-0.64459985|<s> w2 w2|
-0.72009766|w2 w2 w2|
-1.0071675|w2 w3 w2|
-1.5910382|<s> w2 w62|
"""


def test_modified_kneser_ney_gives_the_figures_of_lmplz() -> None:
    lines = made_text(100)
    vocab = Vocab.build(lines, specials=("<unk>", "</s>"))
    corpus = EncodedCorpus.from_sequences([*vocab.encode(line), 1] for line in lines)
    counts = NgramCounts.count(corpus, order=3, vocab_size=len(vocab))
    model = ModifiedKneserNey().estimate(counts, vocab)
    assert [counts.trie.size(k) for k in (1, 2, 3)] == [65, 442, 554]
    assert model.notes == ()
    ids = {token: i for i, token in enumerate((*vocab.tokens, "<s>"))}
    for line in LMPLZ.split("\n")[1:-1]:
        log10, words, backoff = line.split("|")
        ngram = [ids[word] for word in words.split()]
        row = np.array([ngram[0]])
        for k, word in enumerate(ngram[1:], 2):
            row = model.trie.find(k, row, np.array([word]))
        order = len(ngram)
        assert model.log_prob[order - 1].at(row) == pytest.approx(float(log10), abs=1e-6), words
        if backoff:
            weight = model.log_backoff[order - 1].at(row)
            assert weight == pytest.approx(float(backoff), abs=1e-6), words


@pytest.mark.parametrize("order", [1, 2, 4])
def test_discounts_are_those_that_the_model_was_estimated_with(order: int) -> None:
    lines = made_text(100)
    vocab = Vocab.build(lines, specials=("<unk>", "</s>"))
    corpus = EncodedCorpus.from_sequences([*vocab.encode(line), 1] for line in lines)
    counts = NgramCounts.count(corpus, order=order, vocab_size=len(vocab))
    discounts = ModifiedKneserNey().discounts(counts)
    assert discounts.shape == (order, 4)
    assert (discounts[:, 0] == 0).all()
    whole = ModifiedKneserNey().estimate(counts, vocab)
    for k in range(2, order + 1):
        adjusted = counts.adjusted(k)
        sums = counts.trie.sum_by_prefix(k, adjusted)
        freed = counts.trie.sum_by_prefix(k, discounts[k - 1][np.minimum(adjusted, 3)])
        continued = np.flatnonzero(sums)
        found = whole.log_backoff[k - 2].at(continued)
        np.testing.assert_allclose(found, np.log10((freed / np.maximum(sums, 1))[continued]), atol=1e-6)
    assert whole.smoothing == "ModifiedKneserNey()"


def test_discounts_by_their_formulas() -> None:
    assert single_discount(np.array([0, 10, 5, 0, 0]), order=1) == (0.5, None)
    discounts, note = three_discounts(np.array([9, 100, 40, 20, 12]), order=3)
    y = Fraction(100, 180)
    expected = [0, 1 - 2 * y * Fraction(40, 100), 2 - 3 * y * Fraction(20, 40), 3 - 4 * y * Fraction(12, 20)]
    assert discounts == pytest.approx([float(d) for d in expected])
    assert note is None


@pytest.mark.parametrize(
    ("n", "reason"),
    [
        ([0, 0, 1, 1, 1], "there is no 2-gram with adjusted count 1"),
        ([0, 1, 0, 1, 1], "there is no 2-gram with adjusted count 2"),
        ([0, 1, 1, 0, 1], "there is no 2-gram with adjusted count 3"),
        ([0, 9, 1, 3, 1], "the discount of count 2 would be -5.364, outside 0 to 2"),
    ],
)
def test_discounts_that_cannot_be_estimated_are_replaced_and_noted(n: list[int], reason: str) -> None:
    discounts, note = three_discounts(np.array(n), order=2)
    assert discounts.tolist() == [0, 0.5, 1, 1.5]
    assert note == (
        f"order 2: {reason} (small or artificial text), so the discounts are not estimated: "
        "D1, D2, D3+ = 0.5, 1.0, 1.5"
    )


def test_a_single_discount_that_cannot_be_estimated_is_replaced_and_noted() -> None:
    model = estimate(AbsoluteDiscounting(), ["a b"], order=2)
    assert model.notes[0].startswith("order 1: there is no 1-gram with count 2")
    assert model.notes[1].endswith("so the discounts are not estimated: D = 0.5")
