"""Some of the n-grams of a model, the rest left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from textkit.lm.ngram import NgramModel
from textkit.lm.ngram.log_table import LogTable
from textkit.lm.stream import Bools
from textkit.lm.trie import NgramTrie
from textkit.text.vocab import Vocab


def select(model: NgramModel, keep: Sequence[Bools]) -> NgramModel:
    """The model of the n-grams that `keep` marks, (rows,) bool for each order, with the values they had.

    An n-gram is kept only with its prefix. Words that are not kept leave the vocabulary.
    """
    trie = model.trie
    ids = np.cumsum(keep[0]) - 1  # new ids of old words; `<s>` comes last in both
    words, first = [np.arange(int(keep[0].sum()), dtype=np.int32)], []
    for k in range(1, trie.order):
        places = np.concatenate([[0], np.cumsum(keep[k])])  # of old rows among those kept
        bounds = places[trie.first[k - 1]]
        first.append(np.concatenate([bounds[:-1][keep[k - 1]], bounds[-1:]]))
        words.append(ids[trie.words[k][keep[k]]].astype(np.int32))
    smaller = NgramTrie(len(words[0]) - 1, tuple(words), tuple(first))

    def kept(tables: Sequence[LogTable]) -> tuple[LogTable, ...]:
        return tuple(
            LogTable(table.values[mask], table.centres) for table, mask in zip(tables, keep, strict=False)
        )

    vocab = _part(model.vocab, keep[0][:-1])
    return replace(
        model, vocab=vocab, trie=smaller, log_prob=kept(model.log_prob), log_backoff=kept(model.log_backoff)
    )


def _part(vocab: Vocab, keep: Bools) -> Vocab:
    """The words that are kept, in order; the counts of the others become the unknown word's."""
    if keep.all():
        return vocab
    places = np.flatnonzero(keep).tolist()
    counts = [vocab.counts[i] for i in places]
    counts[0] += sum(vocab.counts) - sum(counts)
    return Vocab(
        tuple(vocab.tokens[i] for i in places), tuple(counts), specials=vocab.specials, unknown=vocab.unknown
    )
