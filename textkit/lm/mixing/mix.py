"""Mixing n-gram models into one: a mixture that is an n-gram model again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np

from textkit.errors import InputError
from textkit.lm.backoff import check_backoff, known, log_probs_of, renormalised
from textkit.lm.mixing.mixture import check_weights
from textkit.lm.mixing.shared_vocab import SharedVocab
from textkit.lm.ngram.log_table import LogTable
from textkit.lm.ngram.model import Floats, NgramModel
from textkit.lm.stream import Bools, Ints
from textkit.lm.trie import NgramTrie


def mix(models: Sequence[NgramModel], weights: Sequence[float]) -> NgramModel:
    """The n-gram model of all the n-grams of `models`, each with its interpolated probability.

    For every n-gram h w that any of them has, p(w | h) is the sum over models i of weight_i p_i(w | h);
    back-off weights are computed so that each history's distribution sums to one. Of other n-grams the
    probability comes near that of `Mixture`, but differs: one weight for a history stands for those of
    several models. SRILM's static `ngram -mix-lm` is defined so; Stolcke, SRILM, 2002. The vocabulary is
    the union, and words that a model lacks are treated as in `Mixture`. Orders may differ. Models of
    weight 0 are left out.

    Raises UsageError for weights that do not fit, and for smoothings that do not give back-off
    distributions (add-k, stupid backoff); InputError for more n-grams than 63-bit keys can number.

    >>> from textkit.data.encoded import EncodedCorpus
    >>> from textkit.lm.counts import NgramCounts
    >>> from textkit.lm.smoothing.witten_bell import WittenBell
    >>> from textkit.text.vocab import Vocab
    >>> models = []
    >>> for word in "ab":
    ...     vocab, corpus = Vocab(("<unk>", "</s>", word), (0, 1, 1)), EncodedCorpus.from_sequences([[2, 1]])
    ...     models.append(WittenBell().estimate(NgramCounts.count(corpus, order=2, vocab_size=3), vocab))
    >>> mixed = mix(models, [0.5, 0.5])
    >>> mixed.vocab.tokens, mixed.trie.ngrams(2, np.arange(4)).tolist()
    (('<unk>', '</s>', 'a', 'b'), [[2, 1], [3, 1], [4, 2], [4, 3]])
    """
    check_weights(weights, len(models))
    for model in models:
        check_backoff(model, "mixed")
    models, weights = zip(*((m, w) for m, w in zip(models, weights, strict=True) if w > 0), strict=True)
    shared = SharedVocab.of([model.vocab for model in models])
    trie = _union([model.trie for model in models], shared)
    sources = [_Source(*each) for each in zip(models, weights, shared.own, shared.lacks, strict=True)]
    log_prob: list[LogTable] = []
    plausible: list[Floats] = []
    for order in range(1, trie.order + 1):
        total = np.full(trie.size(order), -np.inf)
        averaged = np.zeros(trie.size(order))
        for source in sources:
            total = np.logaddexp(total, np.log(source.weight) + source.longer(trie, order))
            averaged += source.weight * np.exp(source.log_weights())
        if order == 1:
            total[-1] = 0.0
        log_prob.append(LogTable.of_natural(total))
        with np.errstate(divide="ignore"):  # log 0 = -inf is meant
            plausible.append(np.log(averaged))
    smoothing = " + ".join(f"{w:.4g} * ({m.smoothing})" for m, w in zip(models, weights, strict=True))
    notes = tuple(dict.fromkeys(chain.from_iterable(model.notes for model in models)))
    log_backoff = renormalised(trie, log_prob, plausible)
    return NgramModel(shared.vocab, trie, tuple(log_prob), log_backoff, smoothing, notes=notes)


def _union(tries: Sequence[NgramTrie], shared: SharedVocab) -> NgramTrie:
    """The trie of all the n-grams of all tries, in the ids of the union."""
    base = len(shared.vocab) + 1
    trie = NgramTrie.of(len(shared.vocab), [])
    rows = list(shared.joint)  # of each trie's n-grams in the union
    for order in range(2, max(each.order for each in tries) + 1):
        if trie.size(order - 1) * base >= 2**63:
            raise InputError(
                f"{trie.size(order - 1)} n-grams of {base} words are too many to mix; prune first"
            )
        pairs = {
            i: (rows[i][each.prefixes(order)], shared.joint[i][each.words[order - 1]])
            for i, each in enumerate(tries)
            if each.order >= order
        }
        keys = _distinct([prefixes * base + words for prefixes, words in pairs.values()])
        words = (keys % base).astype(np.int32)
        first = np.searchsorted(keys, np.arange(trie.size(order - 1) + 1) * base)
        trie = NgramTrie(trie.vocab_size, (*trie.words, words), (*trie.first, first))
        for i, (prefixes, last) in pairs.items():
            rows[i] = trie.find(order, prefixes, last)
    return trie


def _distinct(parts: Sequence[Ints]) -> Ints:
    """All the numbers of all parts, each once, ascending."""
    keys = np.concatenate(parts)
    keys.sort(
        kind="stable"
    )  # merges what ascends already; np.unique would hash, and took 30 s for 13 million
    distinct: Ints = keys[np.diff(keys, prepend=-1) != 0]
    return distinct


@dataclass
class _Source:
    """One of the models, which follows the orders of the union upwards.

    `own` and `lacks`: as in `SharedVocab`. `rows`: of the union's n-grams in the model, -1 where it lacks
    them; `log_probs`: what it makes of their last words. Both of the order that was asked for last.
    """

    model: NgramModel
    weight: float
    own: Ints
    lacks: Bools
    order: int = 0
    rows: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    log_probs: Floats = field(default_factory=lambda: np.empty(0))

    def longer(self, trie: NgramTrie, order: int) -> Floats:
        """The model's natural log probability of each n-gram of `order` of the union, (rows,)."""
        model, words = self.model, trie.words[order - 1]
        if order == 1:
            self.rows = self.own
            log_probs = model.log_prob[0].natural(self.rows)
        else:
            prefixes, links = trie.prefixes(order), trie.suffixes[order - 1]
            log_probs = self.log_probs[links] + self.log_weights()[prefixes]
            pruned = np.flatnonzero(links < 0)
            if len(pruned):
                ngrams = self.own[trie.ngrams(order, pruned)]
                log_probs[pruned] = self._of(ngrams)
            if order > model.order:
                self.rows = np.full(len(words), -1, dtype=np.int64)
            else:
                self.rows = model.trie.find(order, self.rows[prefixes], self.own[words])
                log_probs = known(model.log_prob[order - 1], self.rows, otherwise=log_probs)
        log_probs[self.lacks[words]] = -np.inf
        self.order, self.log_probs = order, log_probs
        return log_probs

    def _of(self, ngrams: Ints) -> Floats:
        model = self.model
        return log_probs_of(model.trie, ngrams[:, -model.order :], model.log_prob, model.log_backoff)

    def log_weights(self) -> Floats:
        """Log weights of the union's n-grams of the last order as histories; 0 where the model lacks them."""
        if self.order >= self.model.order:
            return np.zeros(len(self.rows))
        return known(self.model.log_backoff[self.order - 1], self.rows, otherwise=0.0)
