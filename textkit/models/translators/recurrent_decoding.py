"""A recurrent translator as a step model: what was read of the sources stays one for each sentence.

B sentences, R = n B rows (n of each sentence in turn), S source steps, W width, V ids.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from textkit.errors import UsageError
from textkit.models import network
from textkit.models.cells import project
from textkit.models.outputs import SoftmaxOutput
from textkit.models.translators.recurrent_decoder import Memory, RecurrentDecoder


@dataclass(frozen=True)
class TranslationState:
    """R rows over the `memory` of B sentences: the layers' `hidden` states, and the last step's `features`
    (R, W) and weights (R, S).
    """

    memory: Memory
    hidden: network.State
    features: Tensor
    weights: Tensor


@dataclass(frozen=True, eq=False)
class RecurrentDecoding:
    """An `AttendingModel` over B encoded sources, whose rows start from the states `hidden` (B, W)."""

    embedding: nn.Embedding
    decoder: RecurrentDecoder
    output: SoftmaxOutput
    memory: Memory
    hidden: network.State

    @torch.inference_mode()
    def start(self, rows: int) -> TranslationState:
        """The state before anything was written: rows / B rows for each sentence. Raises UsageError."""
        sentences, steps = self.memory.values.shape[:2]
        if rows < sentences or rows % sentences:
            raise UsageError(f"{sentences} sentences need as many rows each, not {rows} together")
        hidden = tuple(part.repeat_interleave(rows // sentences, dim=0) for part in self.hidden)
        nothing = self.memory.values.new_zeros(rows, self.decoder.width)
        return TranslationState(self.memory, hidden, nothing, nothing.new_zeros(rows, steps))

    @torch.inference_mode()
    def step(self, ids: Tensor, state: TranslationState) -> tuple[Tensor, TranslationState]:
        """Read `ids` (R,) int64; log probabilities (R, V) of what follows, and the state after."""
        weights = self.decoder.step_weights()
        words = project(self.embedding(ids.to(state.features.device)), weights.layers[0])
        features, hidden, looked = self.decoder.step(
            words, state.hidden, state.memory, fed=state.features, weights=weights
        )
        return self.output.log_probs(features), TranslationState(state.memory, hidden, features, looked)

    @torch.inference_mode()
    def reorder(self, state: TranslationState, rows: Tensor) -> TranslationState:
        """The state whose row i is the old row `rows[i]`; sentences of which no row is left are forgotten.

        Where the rows of a sentence no longer stand together, as many for each, rows have their own memory.
        """
        rows = rows.to(state.features.device)
        sentences = len(state.memory.values)
        of = rows // (len(state.features) // sentences)  # the sentence of each new row
        kept, counts = torch.unique_consecutive(of, return_counts=True)
        if len(of) and bool((counts != counts[0]).any()):
            kept = of
        memory = state.memory
        if len(kept) != sentences or bool((kept != torch.arange(sentences, device=kept.device)).any()):
            memory = memory.select(kept)
        moved = network.select((state.features, state.weights, *state.hidden), rows)
        return replace(state, memory=memory, hidden=moved[2:], features=moved[0], weights=moved[1])

    def attention(self, state: TranslationState) -> Tensor:
        """Weights (R, S) of the last step. Raises UsageError for a translator without attention."""
        if self.decoder.attention is None:
            raise UsageError("a translator without attention looks nowhere: train one with attention")
        return state.weights
