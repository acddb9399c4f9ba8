"""The continuous cache: what was read lately is likelier to come again.

Grave et al. 2017, Improving Neural Language Models with a Continuous Cache, arXiv:1612.04426.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from textkit.data.encoded import EncodedCorpus
from textkit.errors import UsageError
from textkit.lm.mixing.weights import tune_weights
from textkit.lm.neural import NeuralLanguageModel
from textkit.models.network import State
from textkit.text.vocab import Vocab

Floats = npt.NDArray[np.float64]

THETAS = (0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.8)  # what `tuned` tries
HIGHEST_THETA = 1_000_000  # already the one most similar feature alone; products stay finite
QUERIES = 256  # features compared with the cache at once


class CacheState(NamedTuple):
    """R rows in generation: the network's state and M remembered pairs.

    `features` (R, M, D) and the `targets` (R, M) that followed them; `pending` (R, 0 or 1, D): the
    feature whose target is not known yet.
    """

    network: State
    features: Tensor
    targets: Tensor
    pending: Tensor


@dataclass(frozen=True, eq=False)
class ContinuousCache:
    """A `LanguageModel` that mixes a network with a memory of the last `window` features and targets.

        p(w | h_t) = (1 - weight) p_network(w | h_t) + weight p_cache(w | h_t)
        p_cache(w | h_t)  proportional to  sum over i = t-window .. t-1 with target_i = w
                                           of exp(theta h_t . h_i)

    h are the features that the output layer reads. Grave et al. 2017, equations (3) and (4). While
    the cache is empty the network speaks alone. Nothing is learnt: only the memory grows.

    Raises UsageError for settings out of range and for a model that scores lines apart, which has
    nothing to remember.
    """

    model: NeuralLanguageModel
    window: int = 2000
    theta: float = 0.3
    weight: float = 0.1

    def __post_init__(self) -> None:
        if self.window < 1:
            raise UsageError(f"the window of a cache must be at least 1 token, not {self.window}")
        if not 0 <= self.weight <= 1:
            raise UsageError(f"the weight of a cache must lie between 0 and 1, not {self.weight}")
        if not 0 <= self.theta <= HIGHEST_THETA:
            raise UsageError(f"theta of a cache must lie between 0 and {HIGHEST_THETA}, not {self.theta}")
        if self.model.context != "stream":
            raise UsageError("a cache remembers across lines: it needs the context 'stream', not 'line'")

    @staticmethod
    def tuned(
        model: NeuralLanguageModel,
        corpus: EncodedCorpus,
        *,
        window: int = 2000,
        thetas: Sequence[float] = THETAS,
    ) -> ContinuousCache:
        """The cache that foresees `corpus`, a held-out text, best.

        The best of `thetas`, each with its best weight, which expectation maximisation finds.
        """
        plain, remembered = ContinuousCache(model, window=window).parts(corpus, thetas)
        tunings = [tune_weights([plain, part]) for part in remembered]
        best = min(range(len(thetas)), key=lambda i: tunings[i].perplexity)
        return ContinuousCache(model, window=window, theta=thetas[best], weight=tunings[best].weights[1])

    @property
    def vocab(self) -> Vocab:
        """The ids this model speaks of."""
        return self.model.vocab

    @property
    def context(self) -> Literal["stream"]:
        """A text is read as one stream."""
        return "stream"

    def log_probs(self, corpus: EncodedCorpus) -> Floats:
        """The natural log probability of every token of `corpus`, (N,)."""
        plain, (remembered,) = self.parts(corpus, [self.theta])
        with np.errstate(divide="ignore"):  # a weight of 0 or 1 is meant
            logs = np.log([1 - self.weight, self.weight])
        mixed: Floats = np.logaddexp(plain + logs[0], remembered + logs[1])
        return mixed

    def parts(self, corpus: EncodedCorpus, thetas: Sequence[float]) -> tuple[Floats, list[Floats]]:
        """Log probabilities (N,) of every token under the network, and under the cache for each theta.

        Where the cache is empty it gives what the network gives; a word that it does not hold has -inf.
        """
        module = self.model.module
        training = module.training
        module.eval()
        plain: list[Floats] = [np.empty(0)]
        cached: list[Floats] = [np.empty((len(thetas), 0))]
        memory: tuple[Tensor, Tensor] | None = None
        try:
            with torch.inference_mode():
                for features, targets in self.model.chunks(corpus):
                    part = self.model.network.output.target_log_probs(features, targets)
                    plain.append(_array(part))
                    memory, table = self._remembered(features, targets, memory, thetas)
                    cached.append(table)
        finally:
            module.train(training)
        log_probs, table = np.concatenate(plain), np.concatenate(cached, axis=1)
        table[:, :1] = log_probs[:1]  # nothing was read before the first token
        return log_probs, list(table)

    def _remembered(
        self,
        features: Tensor,
        targets: Tensor,
        memory: tuple[Tensor, Tensor] | None,
        thetas: Sequence[float],
    ) -> tuple[tuple[Tensor, Tensor], Floats]:
        """For one chunk (n, D), (n,): the memory after it, and the cache's log probabilities (thetas, n)."""
        before = 0 if memory is None else len(memory[1])
        if memory is not None:
            features, targets = torch.cat([memory[0], features]), torch.cat([memory[1], targets])
        parts: list[Floats] = []
        for begin in range(before, len(targets), QUERIES):
            end = min(begin + QUERIES, len(targets))
            first = max(begin - self.window, 0)
            places = torch.arange(first, end, device=targets.device)
            ages = torch.arange(begin, end, device=targets.device)[:, None] - places  # (queries, keys)
            held = (ages >= 1) & (ages <= self.window)
            hits = held & (targets[first:end] == targets[begin:end, None])
            products = features[begin:end] @ features[first:end].T
            parts.append(np.stack([_array(_log_share(theta * products, hits, held)) for theta in thetas]))
        last = slice(-self.window, None)
        return (features[last], targets[last]), np.concatenate(parts, axis=1)

    def start(self, rows: int) -> CacheState:
        """The state before anything was read."""
        state = self.model.start(rows)
        features = next(self.model.module.parameters()).new_empty(rows, 0, 0)
        return CacheState(state, features, features.new_empty(rows, 0, dtype=torch.int64), features)

    def step(self, ids: Tensor, state: CacheState) -> tuple[Tensor, CacheState]:
        """Read `ids` (R,); log probabilities (R, V) of what follows. The network should be in eval mode."""
        with torch.inference_mode():
            ids = ids.to(self.model.device)
            reading = self.model.network.read(ids[:, None], state.network)
            query = reading.features[:, 0]  # (R, D)
            features, targets = state.features, state.targets
            if state.pending.shape[1]:
                features = torch.cat([features.reshape(len(ids), -1, query.shape[1]), state.pending], dim=1)
                targets = torch.cat([targets, ids[:, None]], dim=1)
                features, targets = features[:, -self.window :], targets[:, -self.window :]
            after = CacheState(reading.state, features, targets, query[:, None])
            log_probs = self.model.network.output.log_probs(query)
            if not targets.shape[1]:
                return log_probs.cpu(), after
            shares = torch.softmax(self.theta * (features @ query[:, :, None])[:, :, 0].double(), dim=1)
            mixed = (1 - self.weight) * log_probs.double().exp()
            mixed.scatter_add_(1, targets, self.weight * shares)
            return mixed.log().float().cpu(), after

    def reorder(self, state: CacheState, rows: Tensor) -> CacheState:
        """The state whose row i is the old row `rows[i]`; `rows` (R',) int64 may repeat and drop rows."""
        rows = rows.to(self.model.device)
        memory = (part.index_select(0, rows) for part in state[1:])
        return CacheState(self.model.reorder(state.network, rows), *memory)


def _log_share(scores: Tensor, hits: Tensor, held: Tensor) -> Tensor:
    """Log of the share (n,) that the keys marked in `hits` (n, k) have of exp(`scores`) over `held`."""
    share = scores.masked_fill(~hits, -math.inf).logsumexp(1)
    return share - scores.masked_fill(~held, -math.inf).logsumexp(1)


def _array(values: Tensor) -> Floats:
    """On the processor, float64."""
    result: Floats = values.double().cpu().numpy()
    return result
