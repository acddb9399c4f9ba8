"""The n-gram model: probabilities of n-grams, and what becomes of those that were never seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from textkit.data.encoded import EncodedCorpus
from textkit.errors import CheckpointError
from textkit.lm.counts import END_ID
from textkit.lm.history import History
from textkit.lm.stream import Ints, Stream
from textkit.lm.trie import NgramTrie, trie_of
from textkit.text.vocab import Vocab

if TYPE_CHECKING:
    from torch import Tensor

Floats: TypeAlias = npt.NDArray[np.float64]

_CHUNK = 1 << 18  # positions scored at once: some 20 MB


@dataclass(frozen=True)
class Miss:
    """What a word costs that was never seen after a history.

    With `shorter`, the history's weight times the probability after the next shorter history: back-off
    and interpolated models. Without, the weight is itself the probability: add-k. `unseen` is the
    natural log weight of a history that was never seen.
    """

    shorter: bool = True
    unseen: float = 0.0


@dataclass(frozen=True, eq=False)
class NgramModel:
    """A smoothed n-gram model over the ids 0 to V-1 of `vocab`; V stands for `<s>` in histories.

    `log_prob[k-1]` (rows of `trie`'s order k,) holds natural log probabilities of the n-grams' last
    words, `log_backoff[k-1]`, for the orders below the longest, natural log weights of n-grams as
    histories. `smoothing` says how they came about, `notes` what had to be replaced.
    """

    vocab: Vocab
    trie: NgramTrie
    log_prob: tuple[Floats, ...]
    log_backoff: tuple[Floats, ...]
    smoothing: str
    miss: Miss = Miss()
    notes: tuple[str, ...] = ()

    @property
    def order(self) -> int:
        """The length of the longest n-grams: one word and order - 1 words of history."""
        return self.trie.order

    def log_probs(self, corpus: EncodedCorpus) -> Floats:
        """The natural log probability of every token given the words before it in its sentence, (N,).

        A token with probability zero has -inf. Raises InputError for ids outside the vocabulary.
        """
        result = np.empty(len(corpus.ids))
        at = 0
        for stream in Stream.chunks(corpus, len(self.vocab), lead=self.order - 1, size=_CHUNK):
            scores = self._score(stream)[stream.is_token()]
            result[at : at + len(scores)] = scores
            at += len(scores)
        return result

    def ngram_lengths(self, corpus: EncodedCorpus) -> Ints:
        """The length of the longest n-gram of the model that ends at each token, (N,), 1 to order."""
        lengths = []
        for stream in Stream.chunks(corpus, len(self.vocab), lead=self.order - 1, size=_CHUNK):
            longest = np.ones(len(stream.words), dtype=np.int64)
            for k, rows in enumerate(self.trie.walk(stream), 1):
                longest[rows >= 0] = k
            lengths.append(longest[stream.is_token()])
        return np.concatenate(lengths) if lengths else np.empty(0, dtype=np.int64)

    def _score(self, stream: Stream) -> Floats:
        """Log probabilities at each position, shorter histories first: what is found replaces them."""
        walk = self.trie.walk(stream)
        before = next(walk)
        scores = self.log_prob[0][before]
        for k, rows in enumerate(walk, 2):
            missed = np.flatnonzero((stream.places[1:] >= k - 1) & (rows[1:] < 0)) + 1
            weights = self._weights(k - 1, before[missed - 1])
            scores[missed] = scores[missed] + weights if self.miss.shorter else weights
            found = rows >= 0
            scores[found] = self.log_prob[k - 1][rows[found]]
            before = rows
        return scores

    def _weights(self, length: int, rows: Ints) -> Floats:
        """Log weights of histories of `length` words, given by row, -1 where never seen."""
        weights = np.full(len(rows), self.miss.unseen)
        known = rows >= 0
        weights[known] = self.log_backoff[length - 1][rows[known]]
        return weights

    def distribution(self, history: History) -> Floats:
        """Natural log probabilities of every word after each history, (R, V)."""
        weights = np.zeros((len(history), self.order))
        for k in range(1, self.order):
            reaches = history.lengths >= k
            weights[reaches, k - 1] = self._weights(k, history.rows[reaches, k - 1])
        if self.miss.shorter:
            # fallen[:, k]: what it costs that only the last k words of the history were of use
            fallen = np.cumsum(weights[:, ::-1], axis=1)[:, ::-1]
            result = self.log_prob[0][:-1] + fallen[:, :1]
        else:
            fallen = np.zeros_like(weights)
            longest = weights[np.arange(len(history)), np.maximum(history.lengths, 1) - 1]
            result = np.where(history.lengths[:, None] > 0, longest[:, None], self.log_prob[0][:-1])
        for k in range(1, self.order):
            rows = history.rows[:, k - 1]
            useful = np.flatnonzero((rows >= 0) & (self.miss.shorter | (history.lengths == k)))
            owner, children = self._children(k, rows[useful])
            words = self.trie.keys[k][children] - rows[useful][owner] * self.trie.base
            result[useful[owner], words] = self.log_prob[k][children] + fallen[useful[owner], k]
        return result

    def _children(self, order: int, rows: Ints) -> tuple[Ints, Ints]:
        """The rows, in order + 1, of all continuations of `rows`, each with the index of its owner."""
        first, end = self.trie.children(order, rows)
        sizes = end - first
        owner = np.repeat(np.arange(len(rows)), sizes)
        within = np.arange(len(owner)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return owner, first[owner] + within

    def start(self, rows: int) -> History:
        """The state of `rows` sequences of which nothing was read; feed `</s>` to begin a sentence."""
        return History.empty(rows, order=self.order)

    def step(self, ids: Tensor, state: History) -> tuple[Tensor, History]:
        """Read `ids` (R,) int64 and give float32 natural log probabilities (R, V) of what follows.

        Every row reads one id; `</s>` (1) begins a new sentence.
        """
        import torch

        after = self.trie.advance(state, ids.cpu().numpy(), end=END_ID)
        return torch.from_numpy(self.distribution(after)).to(ids.device, torch.float32), after

    def reorder(self, state: History, rows: Tensor) -> History:
        """The state whose row i is the old row `rows[i]`; `rows` (R',) int64 may repeat and drop rows."""
        return state.select(rows.cpu().numpy())

    def settings(self) -> dict[str, Any]:
        """What `from_arrays` needs besides vocabulary and arrays, as plain data."""
        return {
            "order": self.order,
            "smoothing": self.smoothing,
            "miss_shorter": self.miss.shorter,
            "miss_unseen": self.miss.unseen,
            "notes": list(self.notes),
        }

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The tables by name: `keys.2` and up int64, `log_prob.1` and up, `log_backoff.1` and up float64."""
        return (
            {f"keys.{k}": keys for k, keys in enumerate(self.trie.keys, 1) if k > 1}
            | {f"log_prob.{k}": values for k, values in enumerate(self.log_prob, 1)}
            | {f"log_backoff.{k}": values for k, values in enumerate(self.log_backoff, 1)}
        )

    @staticmethod
    def from_arrays(
        vocab: Vocab, arrays: Mapping[str, npt.NDArray[Any]], settings: Mapping[str, Any]
    ) -> NgramModel:
        """The model whose `arrays()` and `settings()` these are.

        Raises CheckpointError when they do not fit together.
        """
        try:
            order = int(settings["order"])
            miss = Miss(bool(settings["miss_shorter"]), float(settings["miss_unseen"]))
            smoothing, notes = str(settings["smoothing"]), tuple(map(str, settings["notes"]))
            trie = trie_of(len(vocab), [arrays[f"keys.{k}"] for k in range(2, order + 1)])
            log_prob = tuple(arrays[f"log_prob.{k}"] for k in range(1, order + 1))
            log_backoff = tuple(arrays[f"log_backoff.{k}"] for k in range(1, order))
        except KeyError as error:
            raise CheckpointError(f"the n-gram model lacks {error.args[0]!r}: it is incomplete") from error
        except (TypeError, ValueError) as error:
            raise CheckpointError(f"the n-gram model's settings are damaged: {error}") from error
        for fault in _faults(trie, log_prob, log_backoff):
            raise CheckpointError(f"the n-gram model is damaged: {fault}")
        return NgramModel(vocab, trie, log_prob, log_backoff, smoothing, miss, notes)


def _faults(trie: NgramTrie, log_prob: tuple[Floats, ...], log_backoff: tuple[Floats, ...]) -> Iterator[str]:
    """What is wrong with the tables of a model, if anything."""
    if not log_prob:
        yield "it has no order"
    for k in range(1, trie.order + 1):
        keys, size = trie.keys[k - 1], trie.size(k)
        if np.any(keys[1:] <= keys[:-1]) or (
            size and not 0 <= keys[0] <= keys[-1] < trie.size(k - 1) * trie.base
        ):
            yield f"the keys of order {k} are out of order or range"
        if len(log_prob[k - 1]) != size or (k < trie.order and len(log_backoff[k - 1]) != size):
            yield f"order {k} has {size} n-grams but another number of probabilities or back-off weights"
