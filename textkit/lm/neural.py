"""A network as a language model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from textkit.data.encoded import EncodedCorpus
from textkit.lm.language_model import END
from textkit.models.network import Network, State, select
from textkit.text.vocab import Vocab

# Ids read at once: bounds the (ids, D) features without changing any result.
CHUNK = 4096
# Padded tokens read at once when lines are scored apart.
LINE_BUDGET = 4096


def stream(corpus: EncodedCorpus, end: int) -> npt.NDArray[np.int32]:
    """The corpus as one stream that begins with a line end: every token of it is a target once, (N+1,)."""
    return np.concatenate([np.array([end], dtype=np.int32), corpus.ids])


@dataclass(frozen=True, eq=False)
class NeuralLanguageModel:
    """A `LanguageModel` over a network.

    `context` says what a token may depend on when a corpus is scored or text is generated: "stream" carries
    the state over line ends, as in training; "line" begins anew at each line, as an n-gram model does. Single
    steps carry the state on; `textkit.lm.stepping` has those that begin anew.
    """

    vocab: Vocab
    network: Network
    context: Literal["stream", "line"] = "stream"

    @property
    def module(self) -> nn.Module:
        """The network as the torch module that it is."""
        assert isinstance(self.network, nn.Module)
        return self.network

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.module.parameters()).device

    def log_probs(self, corpus: EncodedCorpus) -> npt.NDArray[np.float64]:
        """Natural log probability of every token, (N,); each is scored exactly once."""
        training = self.module.training
        self.module.eval()
        try:
            with torch.inference_mode():
                return self._stream(corpus) if self.context == "stream" else self._lines(corpus)
        finally:
            self.module.train(training)

    def chunks(self, corpus: EncodedCorpus) -> Iterator[tuple[Tensor, Tensor]]:
        """The corpus as one stream: features (n, D) and the targets (n,) that follow, piece by piece.

        The network should be in eval mode.
        """
        ids = torch.from_numpy(stream(corpus, self.vocab.id(END)).astype(np.int64)).to(self.device)
        state = self.network.zero_state(1)
        for begin in range(0, len(corpus.ids), CHUNK):
            chunk = ids[begin : begin + CHUNK + 1]
            features, _, state = self.network.read(chunk[None, :-1], state)
            yield features[0], chunk[1:]

    def _stream(self, corpus: EncodedCorpus) -> npt.NDArray[np.float64]:
        parts = [self._gather(features, targets) for features, targets in self.chunks(corpus)]
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
                features, _, state = self.network.read(torch.from_numpy(inputs).to(self.device), state)
                result[places[real]] = self._gather(
                    features[torch.from_numpy(real).to(self.device)],
                    torch.from_numpy(targets[real]).to(self.device),
                )
                previous = targets[:, -1:]
        return result

    def _gather(self, features: Tensor, targets: Tensor) -> npt.NDArray[np.float64]:
        """Log probabilities (N,) of `targets` (N,) after `features` (N, D)."""
        return self.network.output.target_log_probs(features, targets).double().cpu().numpy()

    def start(self, rows: int) -> State:
        """The state before anything was read."""
        return self.network.zero_state(rows)

    def step(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        """Read `ids` (R,); log probabilities (R, V) of what follows. The network should be in eval mode."""
        with torch.inference_mode():
            features, _, after = self.network.read(ids[:, None].to(self.device), state)
            return self.network.output.log_probs(features[:, 0]).cpu(), after

    def reorder(self, state: State, rows: Tensor) -> State:
        """The state whose row i is the old row `rows[i]`."""
        return select(state, rows.to(self.device))


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
