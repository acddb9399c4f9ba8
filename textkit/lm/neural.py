"""A recurrent network as a language model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from textkit.data.encoded import EncodedCorpus
from textkit.lm.language_model import END
from textkit.models.recurrent import Hidden, RecurrentNetwork
from textkit.text.vocab import Vocab

# Steps scored at once: bounds the (steps, V) logits without changing any result.
CHUNK = 256
# Padded tokens read at once when lines are scored apart.
LINE_BUDGET = 4096


def stream(corpus: EncodedCorpus, end: int) -> npt.NDArray[np.int32]:
    """The corpus as one stream that begins with a line end: every token of it is a target once, (N+1,)."""
    return np.concatenate([np.array([end], dtype=np.int32), corpus.ids])


@dataclass(frozen=True, eq=False)
class NeuralLanguageModel:
    """A `LanguageModel` over a recurrent network.

    `context` says what a token may depend on when a corpus is scored: "stream" carries the state over
    line ends, as in training; "line" begins anew at each line, as an n-gram model does.
    """

    vocab: Vocab
    network: RecurrentNetwork
    context: Literal["stream", "line"] = "stream"

    def log_probs(self, corpus: EncodedCorpus) -> npt.NDArray[np.float64]:
        """Natural log probability of every token, (N,); each is scored exactly once."""
        training = self.network.training
        self.network.eval()
        try:
            with torch.inference_mode():
                return self._stream(corpus) if self.context == "stream" else self._lines(corpus)
        finally:
            self.network.train(training)

    def _stream(self, corpus: EncodedCorpus) -> npt.NDArray[np.float64]:
        ids = torch.from_numpy(stream(corpus, self.vocab.id(END)).astype(np.int64))
        state, parts = self.network.zero_state(1), []
        for begin in range(0, len(corpus.ids), CHUNK):
            chunk = ids[begin : begin + CHUNK + 1]
            features, state = self.network.features(chunk[None, :-1], state)
            parts.append(self._gather(features[0], chunk[1:]))
        return np.concatenate(parts) if parts else np.empty(0)

    def _lines(self, corpus: EncodedCorpus) -> npt.NDArray[np.float64]:
        result, end = np.empty(len(corpus.ids)), self.vocab.id(END)
        for rows in _by_length(corpus.lengths):
            begins, lengths = corpus.offsets[rows], corpus.lengths[rows]
            state = self.network.zero_state(len(rows))
            previous = np.full((len(rows), 1), end, dtype=np.int64)
            width = max(LINE_BUDGET // len(rows), 1)  # a longer line is read piece by piece
            for at in range(0, int(lengths.max()), width):
                steps = np.arange(at, min(at + width, int(lengths.max())))
                real = steps < lengths[:, None]  # (rows, steps); what lies beyond a line is padding
                places = np.where(real, begins[:, None] + steps, 0)
                targets = np.where(real, corpus.ids[places], end).astype(np.int64)
                inputs = np.concatenate([previous, targets[:, :-1]], axis=1)
                features, state = self.network.features(torch.from_numpy(inputs), state)
                result[places[real]] = self._gather(
                    features[torch.from_numpy(real)], torch.from_numpy(targets[real])
                )
                previous = targets[:, -1:]
        return result

    def _gather(self, features: Tensor, targets: Tensor) -> npt.NDArray[np.float64]:
        """Log probabilities (N,) of `targets` (N,) after `features` (N, hidden)."""
        result = np.empty(len(targets))
        for at in range(0, len(targets), CHUNK):
            logits = self.network.logits(features[at : at + CHUNK])
            losses = functional.cross_entropy(logits, targets[at : at + CHUNK], reduction="none")
            result[at : at + CHUNK] = -losses.double().numpy()
        return result

    def start(self, rows: int) -> Hidden:
        """The state before anything was read."""
        return self.network.zero_state(rows)

    def step(self, ids: Tensor, state: Hidden) -> tuple[Tensor, Hidden]:
        """Read `ids` (R,); log probabilities (R, V) of what follows. The network should be in eval mode."""
        with torch.inference_mode():
            logits, after = self.network(ids[:, None], state)
            return torch.log_softmax(logits[:, 0], dim=-1), after

    def reorder(self, state: Hidden, rows: Tensor) -> Hidden:
        """The state whose row i is the old row `rows[i]`."""
        return tuple(part.index_select(1, rows) for part in state)


def _by_length(lengths: npt.NDArray[np.int64]) -> Iterator[npt.NDArray[np.int64]]:
    """Rows in batches of similar length, LINE_BUDGET padded tokens at most (or one line)."""
    order = np.argsort(lengths, kind="stable")
    begin = 0
    while begin < len(order):
        stop = begin + 1
        while stop < len(order) and (stop + 1 - begin) * lengths[order[stop]] <= LINE_BUDGET:
            stop += 1
        yield order[begin:stop]
        begin = stop
