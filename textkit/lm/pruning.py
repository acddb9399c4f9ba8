"""Entropy pruning: an n-gram model made smaller by what each n-gram is worth to it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from textkit.errors import UsageError
from textkit.lm.backoff import backed_off, check_backoff, every_natural, renormalised, unseen_mass
from textkit.lm.ngram.log_table import LogTable
from textkit.lm.ngram.model import Floats, NgramModel
from textkit.lm.stream import Bools
from textkit.lm.trie import END_ID, NgramTrie


def prune_entropy(model: NgramModel, threshold: float) -> NgramModel:
    """The model without the n-grams, of two words and more, that raise its perplexity by little.

    An n-gram h w goes if, with it alone gone and the weight of h computed anew, the perplexity of the
    model's own distribution would rise by less than the share `threshold` (1e-8 and 1e-7 are usual): if
    exp(D) - 1 < threshold, D being the relative entropy

        D = -P(h) (p(w|h) (log p(w|h') + log weight'(h) - log p(w|h))
                   + (1 - sum over v of p(v|h)) (log weight'(h) - log weight(h)))

    with h' = h less its first word, v the words that follow h in the model, and P(h) the product of the
    model's own probabilities, that of `<s>` being taken as that of `</s>`. Stolcke, Entropy-based Pruning
    of Backoff Language Models, 1998; SRILM's `ngram -prune` is defined so. All n-grams are weighed in the
    model as given. Those that begin a longer one that stays, stay. Back-off weights are then computed
    anew, so that every history's distribution sums to one.

    A `threshold` of 0 drops nothing. Orders left without n-grams are dropped too. In Kneser-Ney models the
    probabilities after short histories are made for backing off, and P(h) with them is a rough guess:
    they lose more perplexity by pruning than others do (Chelba et al., 2010). Pruning by counts is part
    of training, since a trained model has no counts.

    Raises UsageError for a threshold that is not a number of 0 or more, and for a smoothing that does not
    give back-off distributions (add-k, stupid backoff).

    >>> from textkit.data.encoded import EncodedCorpus
    >>> from textkit.lm.counts import NgramCounts
    >>> from textkit.lm.smoothing.witten_bell import WittenBell
    >>> from textkit.text.vocab import Vocab
    >>> corpus = EncodedCorpus.from_sequences([[2, 3, 1], [2, 3, 1], [3, 1]])  # "a b </s>", ...
    >>> vocab = Vocab(("<unk>", "</s>", "a", "b"), (0, 3, 2, 3), specials=2)
    >>> model = WittenBell().estimate(NgramCounts.count(corpus, order=3, vocab_size=4), vocab)
    >>> [[m.trie.size(k) for k in range(1, m.order + 1)] for m in (model, prune_entropy(model, 0.01))]
    [[5, 4, 3], [5, 4, 2]]
    """
    if not (threshold >= 0 and math.isfinite(threshold)):
        raise UsageError(f"the threshold of pruning is 0 or more, such as 1e-8, not {threshold}")
    check_backoff(model, "pruned")
    keep = _kept(model.trie, [np.expm1(cost) >= threshold for cost in removal_costs(model)])
    if all(kept.all() for kept in keep):
        return model
    order = max(k for k, kept in enumerate(keep, 1) if kept.any())
    trie = _filtered(model.trie, keep[:order])
    log_prob = [LogTable(t.all()[kept]) for t, kept in zip(model.log_prob, keep[:order], strict=False)]
    old = [every_natural(t)[kept] for t, kept in zip(model.log_backoff, keep[: order - 1], strict=False)]
    smoothing = f"{model.smoothing}, entropy pruning at {threshold:g}"
    weights = renormalised(trie, log_prob, old)
    return NgramModel(model.vocab, trie, tuple(log_prob), weights, smoothing, notes=model.notes)


def removal_costs(model: NgramModel) -> Iterator[Floats]:
    """D of `prune_entropy`, in nats, for each n-gram of order 2, then 3, up to n: each (rows,)."""
    joint = every_natural(model.log_prob[0])  # log P of each n-gram as a history
    joint[-1] = joint[END_ID]
    for order in range(2, model.order + 1):
        prefixes = model.trie.prefixes(order)
        log_probs = every_natural(model.log_prob[order - 1])
        lower = backed_off(model.trie, order, model.log_prob, model.log_backoff)
        weights = every_natural(model.log_backoff[order - 2])
        # A history with the weight 0 leaves nothing to unseen words; the difference would be noise.
        mass = np.where(weights > -np.inf, np.maximum(unseen_mass(model.trie, order, log_probs), 0), 0.0)
        below = np.maximum(unseen_mass(model.trie, order, lower), 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            seen, backed = np.exp(log_probs), np.exp(lower)
            after = np.log(mass[prefixes] + seen) - np.log(below[prefixes] + backed)
            own = np.where(seen > 0, seen * (log_probs - lower - after), 0.0)
            others = np.where(mass[prefixes] > 0, mass[prefixes] * (weights[prefixes] - after), 0.0)
            cost = np.exp(joint[prefixes]) * np.maximum(own + others, 0.0)  # below 0 by rounding only
        cost[np.isneginf(joint)[prefixes]] = 0.0
        cost[(seen > 0) & (backed == 0)] = np.inf  # nothing to back off to
        yield cost
        joint = joint[prefixes] + log_probs


def _kept(trie: NgramTrie, worth: Sequence[Bools]) -> list[Bools]:
    """For each order the n-grams that stay: all single words, those of worth, prefixes of those that stay."""
    keep = [np.ones(trie.base, dtype=np.bool_), *worth]
    for k in range(trie.order, 2, -1):
        keep[k - 2][trie.prefixes(k)[keep[k - 1]]] = True
    return keep


def _filtered(trie: NgramTrie, keep: Sequence[Bools]) -> NgramTrie:
    """The trie of the rows to keep, of as many orders as are given."""
    higher = []
    for k in range(2, len(keep) + 1):
        rows = np.cumsum(keep[k - 2]) - 1  # of each prefix that is kept, in the new trie
        higher.append((rows[trie.prefixes(k)[keep[k - 1]]], trie.words[k - 1][keep[k - 1]]))
    return NgramTrie.of(trie.vocab_size, higher)
