"""Tiny n-gram models of four words, and the texts they are estimated from."""

from __future__ import annotations

from hypothesis import strategies as st

from textkit.data.encoded import EncodedCorpus
from textkit.lm.counts import NgramCounts
from textkit.lm.ngram import NgramModel
from textkit.lm.smoothing.catalog import SMOOTHINGS, make_smoothing
from textkit.text.vocab import Vocab

V = 6
VOCAB = Vocab(("<unk>", "</s>", "a", "b", "c", "d"), (0,) * V, specials=2)
TEXTS = st.lists(st.lists(st.sampled_from([0, 2, 2, 3, 3, 4, 5]), max_size=8), min_size=1, max_size=8)
TRAIN = [[2, 3, 4], [2, 3], [], [4, 4, 2, 3], [2, 3, 4, 4]]
ALL = list(SMOOTHINGS)


def corpus_of(text: list[list[int]]) -> EncodedCorpus:
    return EncodedCorpus.from_sequences([*sentence, 1] for sentence in text)


def estimate(name: str, text: list[list[int]], order: int) -> NgramModel:
    counts = NgramCounts.count(corpus_of(text), order=order, vocab_size=V)
    return make_smoothing(name).estimate(counts, VOCAB)
