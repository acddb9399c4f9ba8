"""Jelinek-Mercer: fixed weights between each history and the next shorter one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from textkit.data.encoded import EncodedCorpus
from textkit.errors import InputError, UsageError
from textkit.lm.counts import NgramCounts
from textkit.lm.ngram.model import Floats, NgramModel
from textkit.lm.smoothing.interpolation import Level, interpolate
from textkit.lm.smoothing.recipe import recipe
from textkit.lm.stream import Bools, Stream
from textkit.text.vocab import Vocab

_EDGE = 1e-6  # tuned weights stay this far from 0 and 1, so that no word becomes impossible


@dataclass(frozen=True)
class JelinekMercer:
    """p(w | h) = weight * c(h w) / c(h) + (1 - weight) * p(w | shorter h), down to the uniform 1 / V.

    `weights` are those of the orders from 1 up; the last serves all higher orders too. Jelinek and
    Mercer 1980; Chen and Goodman 1999, equation 12.
    """

    weights: tuple[float, ...] = (0.5,)

    def __post_init__(self) -> None:
        if not self.weights or not all(0 <= weight <= 1 for weight in self.weights):
            raise UsageError(
                f"Jelinek-Mercer weights are one or more numbers from 0 to 1, not {self.weights}"
            )

    def estimate(self, counts: NgramCounts, vocab: Vocab) -> NgramModel:
        """The interpolated model."""
        levels = (self._level(counts, k) for k in range(1, counts.order + 1))
        return interpolate(counts, vocab, levels, smoothing=recipe(self))

    def _level(self, counts: NgramCounts, order: int) -> Level:
        weight, raw = self.weights[min(order, len(self.weights)) - 1], counts.raw[order - 1]
        reserved = (1 - weight) * counts.trie.sum_by_prefix(order, raw)
        return Level.of(counts, order, values=weight * raw, reserved=reserved)


def tune_jelinek_mercer(counts: NgramCounts, heldout: EncodedCorpus, *, rounds: int = 50) -> JelinekMercer:
    """Weights, one an order, that make held-out text likeliest: expectation maximisation.

    Stops when a round gains less than 1e-6 nats a token. Takes 9 bytes a token and order. Raises
    InputError when there is no held-out text.
    """
    if not len(heldout.ids):
        raise InputError("tuning needs held-out text, and there is none")
    frequency, seen = _frequencies(counts, heldout)
    weights = np.full(counts.order, 0.5)
    before = -np.inf
    for _ in range(rounds):
        likelihood, weights = _maximise(weights, frequency, seen, uniform=1.0 / counts.vocab_size)
        if likelihood - before < 1e-6:
            break
        before = likelihood
    return JelinekMercer(tuple(float(weight) for weight in weights))


def _frequencies(counts: NgramCounts, heldout: EncodedCorpus) -> tuple[Floats, Bools]:
    """Relative frequencies of each token after histories of 0, 1, ... words, and which were seen, (n, N)."""
    stream = Stream.of(heldout, counts.vocab_size)
    tokens = stream.is_token()
    frequency = np.zeros((counts.order, len(stream.words)))
    seen = np.zeros(frequency.shape, dtype=np.bool_)
    before = np.zeros(len(stream.words), dtype=np.int64)
    for k, rows in enumerate(counts.trie.walk(stream), 1):
        totals = counts.trie.sum_by_prefix(k, counts.raw[k - 1])
        history = before if k == 1 else np.concatenate([[-1], before[:-1]])
        seen[k - 1] = (history >= 0) & (stream.places >= k - 1) & (totals[history] > 0)
        found = tokens & (rows >= 0)
        frequency[k - 1, found] = counts.raw[k - 1][rows[found]] / totals[history[found]]
        before = rows
    return frequency[:, tokens], seen[:, tokens]


def _maximise(
    weights: Floats,
    frequency: Floats,
    seen: Bools,
    *,
    uniform: float,
) -> tuple[float, Floats]:
    """One round: the mean log likelihood under `weights`, and better weights."""
    reach = np.ones(frequency.shape[1])
    parts = np.zeros_like(frequency)
    for k in range(len(weights) - 1, -1, -1):
        weight = np.where(seen[k], weights[k], 0.0)
        parts[k] = reach * weight * frequency[k]
        reach = reach * (1 - weight)
    down = np.cumsum(np.vstack([reach * uniform, parts]), axis=0)  # of orders up to k, the uniform first
    total = down[-1]
    better = np.empty_like(weights)
    for k in range(len(weights)):
        chosen = (parts[k] / total)[seen[k]].sum()
        reached = (down[k + 1] / total)[seen[k]].sum()
        better[k] = chosen / reached if reached > 0 else weights[k]
    return float(np.log(total).mean()), np.clip(better, _EDGE, 1 - _EDGE)
