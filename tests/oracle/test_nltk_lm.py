"""Against nltk.lm, where it has the same formula.

nltk counts are given one `<s>` a sentence, as ours are, and `<s>` itself is not counted. What differs:

- MLE and its relatives: after a history never seen nltk gives 0; we ask the next shorter history.
- Witten-Bell, absolute discounting, Kneser-Ney: nltk's words alone are plain relative frequencies; ours are
  discounted and interpolated with 1 / V. What the longer n-grams add on top is the same and is compared.
- Kneser-Ney: nltk has one discount for all orders, and cannot score after `<s>` (its continuation counts
  there are zero); we keep raw counts for n-grams that begin with `<s>`, as KenLM does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from textkit.data.encoded import EncodedCorpus
from textkit.lm.counts import NgramCounts
from textkit.lm.history import History
from textkit.lm.ngram import NgramModel
from textkit.lm.smoothing.absolute_discounting import AbsoluteDiscounting
from textkit.lm.smoothing.add_k import AddK
from textkit.lm.smoothing.kneser_ney import KneserNey
from textkit.lm.smoothing.maximum_likelihood import MaximumLikelihood
from textkit.lm.smoothing.protocol import Smoothing
from textkit.lm.smoothing.stupid_backoff import StupidBackoff
from textkit.lm.smoothing.witten_bell import WittenBell
from textkit.text.vocab import Vocab

nltk_lm = pytest.importorskip("nltk.lm")

LINES = [
    line.split()
    for line in (
        "the cat sat on the mat",
        "the dog sat on the cat",
        "a dog and a cat sat",
        "the mat and the dog",
        "a cat on a mat",
        "on the mat the dog sat",
    )
]
VOCAB = Vocab.build(LINES, specials=("<unk>", "</s>"))


def ours(smoothing: Smoothing, order: int) -> NgramModel:
    corpus = EncodedCorpus.from_sequences([*VOCAB.encode(line), 1] for line in LINES)
    return smoothing.estimate(NgramCounts.count(corpus, order=order, vocab_size=len(VOCAB)), VOCAB)


def theirs(order: int) -> dict[str, Any]:
    """Vocabulary and counts for an nltk model; through `fit` it would take `<s>` for an unknown word."""
    from nltk.util import everygrams

    sentences = [everygrams(["<s>", *line, "</s>"], max_len=order) for line in LINES]
    counter = nltk_lm.NgramCounter([gram for gram in grams if gram != ("<s>",)] for grams in sentences)
    vocabulary = nltk_lm.Vocabulary(VOCAB.tokens[1:], unk_label="<unk>")
    assert len(vocabulary) == len(VOCAB)
    return {"vocabulary": vocabulary, "counter": counter}


def histories(order: int, *, begin: bool = True) -> Iterator[tuple[str, ...]]:
    """Every history of the text that is as long as it can be, and some that never occurred."""
    seen = set()
    for line in LINES:
        words = ["<s>", *line]
        seen |= {tuple(words[max(0, i - order + 1) : i]) for i in range(1, len(words) + 1)}
    seen |= {("mat", "cat")[: order - 1], ("<s>", "and")[: order - 1], ("zebra", "the")[-order + 1 :]}
    return (h for h in sorted(seen) if begin or (h[0] != "<s>" and len(h) == order - 1))


def state(model: NgramModel, history: tuple[str, ...]) -> History:
    after = History.empty(1, order=model.order)
    for word in history:
        ids = [1] if word == "<s>" else VOCAB.encode([word])
        after = model.trie.advance(after, np.array(ids), end=1)
    return after


def probabilities(model: NgramModel, history: tuple[str, ...]) -> np.ndarray:
    return np.exp(model.distribution(state(model, history))[0])


@pytest.mark.parametrize("order", [2, 3])
def test_maximum_likelihood(order: int) -> None:
    model, peer = ours(MaximumLikelihood(), order), nltk_lm.MLE(order, **theirs(order))
    compared = 0
    for history in histories(order):
        if peer.counts[history].N():
            expected = [peer.unmasked_score(word, history) for word in VOCAB.tokens]
            assert probabilities(model, history) == pytest.approx(expected, rel=1e-6, abs=1e-12)
            compared += 1
    assert compared >= 8


@pytest.mark.parametrize("order", [2, 3])
def test_lidstone(order: int) -> None:
    model, peer = ours(AddK(0.2), order), nltk_lm.Lidstone(0.2, order, **theirs(order))
    for history in histories(order):
        expected = [peer.unmasked_score(word, history) for word in VOCAB.tokens]
        assert probabilities(model, history) == pytest.approx(expected, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("order", [2, 3])
def test_stupid_backoff(order: int) -> None:
    model = ours(StupidBackoff(0.3), order)
    peer = nltk_lm.StupidBackoff(0.3, order, **theirs(order))
    for history in histories(order):
        expected = [peer.unmasked_score(word, history) for word in VOCAB.tokens]
        assert probabilities(model, history) == pytest.approx(expected, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("order", [2, 3])
@pytest.mark.parametrize(
    ("smoothing", "peer_name", "settings"),
    [
        (WittenBell(), "WittenBellInterpolated", {}),
        (AbsoluteDiscounting(0.6), "AbsoluteDiscountingInterpolated", {"discount": 0.6}),
        (KneserNey(0.1), "KneserNeyInterpolated", {"discount": 0.1}),
    ],
)
def test_what_longer_ngrams_add(
    smoothing: Smoothing, peer_name: str, settings: dict[str, float], order: int
) -> None:
    model = ours(smoothing, order)
    peer = getattr(nltk_lm, peer_name)(order, **settings, **theirs(order))
    alone = 10.0 ** model.log_prob[0].all()[:-1]
    peer_alone = np.array([peer.unmasked_score(word) for word in VOCAB.tokens])
    for history in histories(order, begin=not isinstance(smoothing, KneserNey)):
        after = state(model, history)
        rows = [(k, int(after.rows[0, k - 1])) for k in range(1, order)]
        weight = 10.0 ** sum(float(model.log_backoff[k - 1].all()[row]) for k, row in rows if row >= 0)
        expected = np.array([peer.unmasked_score(word, history) for word in VOCAB.tokens])
        added = probabilities(model, history) - weight * alone
        assert added == pytest.approx(expected - weight * peer_alone, rel=1e-6, abs=1e-7), history
