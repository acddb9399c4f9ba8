"""Back-off weights that make a set of n-gram probabilities a distribution after every history."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from textkit.errors import UsageError
from textkit.lm.ngram.log_table import LN10, LogTable
from textkit.lm.ngram.model import Floats, Miss, NgramModel
from textkit.lm.stream import Ints
from textkit.lm.trie import NgramTrie

TINY = 1e-6  # what is left of 1 after a sum of rounded probabilities says nothing below this


def check_backoff(model: NgramModel, what: str) -> None:
    """Raise UsageError unless words that a history never met cost its weight and the shorter history.

    `what` is what cannot be done with such a model: "pruned", say.
    """
    if model.order > 1 and model.miss != Miss():
        raise UsageError(
            f"a model smoothed by {model.smoothing} cannot be {what}: what it gives are not probabilities "
            "with back-off weights; train with another smoothing, such as modified-kneser-ney"
        )


def log_probs_of(
    trie: NgramTrie, ngrams: Ints, log_prob: Sequence[LogTable], log_backoff: Sequence[LogTable]
) -> Floats:
    """The natural log probability of the last word of each of `ngrams` (R, k) given the others, (R,).

    k is at most the trie's order; the n-grams need not be in it. Only the weights of histories shorter
    than k words are asked for.
    """
    length = ngrams.shape[1]
    histories: list[Ints] = []  # rows of the last 1, 2, ... words before the last one
    for column in range(length - 1):
        words = ngrams[:, column]
        longer = [trie.find(k, histories[k - 2], words) for k in range(2, column + 2)]
        histories = [words, *longer]
    last = ngrams[:, -1]
    result = log_prob[0].natural(last)
    for k, history in enumerate(histories, 1):
        shorter = result + known(log_backoff[k - 1], history, otherwise=0.0)
        result = known(log_prob[k], trie.find(k + 1, history, last), otherwise=shorter)
    return result


def known(table: LogTable, rows: Ints, *, otherwise: Floats | float) -> Floats:
    """The natural logarithms of `rows` (R,), and `otherwise` for those that are -1."""
    result = np.empty(len(rows))
    result[:] = otherwise
    found = np.flatnonzero(rows >= 0)
    result[found] = table.natural(rows[found])
    return result


def backed_off(
    trie: NgramTrie, order: int, log_prob: Sequence[LogTable], log_backoff: Sequence[LogTable]
) -> Floats:
    """log p(w | h less its first word), natural, for each n-gram h w of `order`, 2 or more.

    Most are n-grams of the order below. Those that were pruned away back off in their turn: only the
    weights of histories shorter than h are asked for.
    """
    links = trie.suffixes[order - 1]
    result = known(log_prob[order - 2], links, otherwise=0.0)
    pruned = np.flatnonzero(links < 0)
    if len(pruned):
        result[pruned] = log_probs_of(trie, trie.ngrams(order, pruned)[:, 1:], log_prob, log_backoff)
    return result


def unseen_mass(trie: NgramTrie, order: int, log_probs: Floats) -> Floats:
    """What `log_probs`, of the n-grams of `order`, leave of 1 after each history, (histories,).

    It is a small difference of large numbers: uncertain by some 1e-7, and so may be below 0.
    """
    return 1.0 - trie.sum_by_prefix(order, np.exp(log_probs))


def renormalised(
    trie: NgramTrie, log_prob: Sequence[LogTable], plausible: Sequence[Floats]
) -> tuple[LogTable, ...]:
    """Back-off weights for any probabilities: with them each history's distribution sums to one.

        weight(h) = (1 - sum of p(w | h)) / (1 - sum of p(w | h less its first word)),

    the sums over the words w that follow h in the trie. Shortest histories first, since the second sum
    backs off too where an n-gram was pruned. Katz, Estimation of Probabilities from Sparse Data, 1987.

    `plausible[k-1]` (histories of k words,): weights in natural logarithms, for histories of which either
    difference is below 1e-6, where rounding has eaten what it could say. They are lessened where the sum
    would go above one by more.
    """
    result: list[LogTable] = []
    for k in range(1, trie.order):
        mass = unseen_mass(trie, k + 1, every_natural(log_prob[k]))
        below = unseen_mass(trie, k + 1, backed_off(trie, k + 1, log_prob, result))
        result.append(LogTable.of_natural(_weights(mass, below, plausible[k - 1])))
    return tuple(result)


def every_natural(table: LogTable) -> Floats:
    """All natural logarithms of a table, (rows,)."""
    return table.all().astype(np.float64) * LN10


def _weights(mass: Floats, below: Floats, plausible: Floats) -> Floats:
    """The logarithms of mass / below, where that means something."""
    clear = (mass > TINY) & (below > TINY)
    with np.errstate(divide="ignore", invalid="ignore"):
        bound = np.where(below > 0, np.log(np.maximum(mass, 0) + TINY) - np.log(np.maximum(below, 0)), np.inf)
        return np.where(clear, np.log(mass / below), np.minimum(plausible, bound))
