"""Decoding with an encoder-decoder Transformer, one step at a time, with keys and values kept.

C sentences are decoded in R = C k rows, k rows each; H heads of width d, D = H d; S source steps; M slots.

A slot holds the keys and values of one step of one row. Slots belong to sentences, and a row says which of
its sentence's slots are its past: where beams fork and die only that is reordered. Slots are copied when they
are full and when a sentence is dropped, and then without those that no row sees. The rows of a sentence share
its keys: their queries stand side by side in one product.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from textkit.errors import UsageError
from textkit.models.attention import mix
from textkit.models.translators.layers import attention_weights, heads_of

if TYPE_CHECKING:
    from textkit.models.translators.layers import DecoderLayer, Seen
    from textkit.models.translators.transformer import TranslatorTransformer

_SLOTS = 8  # free at first and after a copy, for each row of a sentence: to get memory for more takes longer


class Memory(NamedTuple):
    """The encoded sources: `keys` and `values` of each layer, (C, H, S, d), and what is added to scores."""

    keys: tuple[Tensor, ...]
    values: tuple[Tensor, ...]
    bias: Tensor | None

    @classmethod
    def of(cls, network: TranslatorTransformer, encoded: Tensor, seen: Seen, *, sentences: int) -> Memory:
        """What the decoder's layers make of the `encoded` rows, of which `seen` says where they stand."""
        heads = network.settings.heads
        pairs = [
            heads_of(seen.padded(layer.memory_attention.memory(encoded)), 2, heads=heads, batch=sentences)
            for layer in network.decoder_layers
        ]
        keys, values = zip(*((keys.contiguous(), values.contiguous()) for keys, values in pairs), strict=True)
        return cls(keys, values, seen.bias)

    def select(self, sentences: Tensor) -> Memory:
        """That of `sentences` (C',) only."""
        keys, values = (tuple(part[sentences] for part in parts) for parts in (self.keys, self.values))
        return Memory(keys, values, None if self.bias is None else self.bias[sentences])


class Slots:
    """Keys and values of all layers, (layers, 2, C, capacity, D); the first `filled` slots are in use.

    States share them; a state writes behind its own slots if nobody did before, and into a copy else.
    """

    def __init__(self, kept: Tensor, filled: int) -> None:
        self.kept, self.filled = kept, filled

    def room(self, filled: int, more: int) -> bool:
        """Whether a state that uses the first `filled` slots may write `more` behind them."""
        return self.filled == filled and filled + more <= self.kept.shape[3]

    def copy(self, sentences: Tensor, at: Tensor, *, room: int) -> Slots:
        """Of each of `sentences` (C',) the slots `at` (C', M), with `room` for more."""
        layers, two, _, _, width = self.kept.shape
        count, filled = at.shape
        kept = self.kept.new_empty(layers, two, count, filled + room, width)
        for place, (sentence, slots) in enumerate(zip(sentences.tolist(), at, strict=True)):
            kept[:, :, place, :filled] = self.kept[:, :, sentence].index_select(2, slots)
        return Slots(kept, filled)


@dataclass(frozen=True)
class TransformerState:
    """What was read so far by R = C k rows.

    `seen` (C, k, M) is 0 for the slots that are a row's past and -inf for others; None while each row has all
    slots of its sentence. `queries` (C, H, k, d) are those of the last step to the source in the last layer.
    """

    memory: Memory
    slots: Slots
    filled: int
    steps: int
    rows: int
    seen: Tensor | None = None
    queries: Tensor | None = None

    @property
    def sentences(self) -> int:
        """C."""
        return self.memory.keys[0].shape[0]


class TransformerDecoding:
    """An `AttendingModel` for the sentences of one batch. Its states share memory but are values."""

    def __init__(self, network: TranslatorTransformer, memory: Memory) -> None:
        self._network, self._memory = network, memory

    def start(self, rows: int) -> TransformerState:
        """The state of `rows` = n C rows, n for each sentence in turn; raises UsageError for others."""
        memory, settings = self._memory, self._network.settings
        sentences = memory.keys[0].shape[0]
        if rows < 1 or rows % sentences:
            raise UsageError(f"{sentences} sentences are decoded in as many rows each, not in {rows} rows")
        shape = (settings.layers, 2, sentences, _SLOTS * (rows // sentences), settings.width)
        return TransformerState(memory, Slots(memory.keys[0].new_empty(shape), 0), 0, 0, rows)

    @torch.inference_mode()
    def step(self, ids: Tensor, state: TransformerState) -> tuple[Tensor, TransformerState]:
        """Read `ids` (R,) int64: log probabilities (R, V) of what follows, and the next state."""
        network, of_each = self._network, state.rows // state.sentences
        state = _with_room(state, of_each)
        x = network.embed(ids[:, None], network.target_embedding, begin=state.steps)
        seen = _and_own(state, of_each)
        bias = None if seen is None else seen[:, None]
        queries = x
        for number, layer in enumerate(network.decoder_layers):
            x = self._look_back(x, layer, state, number, bias)
            x, queries = self._look_at_source(x, layer, state.memory, number)
            x = layer.reason(x)
        features = x if network.decoder_norm is None else network.decoder_norm(x)
        filled = state.slots.filled = state.filled + of_each
        next_state = replace(state, filled=filled, steps=state.steps + 1, seen=seen, queries=queries)
        return network.output.log_probs(features), next_state

    def _look_back(
        self, x: Tensor, layer: DecoderLayer, state: TransformerState, number: int, bias: Tensor | None
    ) -> Tensor:
        """Attention to the target read so far; what this step adds to it goes into the slots."""
        norm, sentences, heads = layer.attention_norm, state.sentences, self._network.settings.heads
        of_each = state.rows // sentences
        inputs = layer.attention.inputs(layer.before(x, norm))
        (queries, *_) = heads_of(inputs, 3, heads=heads, batch=sentences)
        filled = state.filled + of_each
        kept = state.slots.kept[number]  # (2, C, capacity, D)
        new = inputs.view(sentences, of_each, 3, -1)[:, :, 1:].permute(2, 0, 1, 3)
        kept[:, :, state.filled : filled] = new
        keys, values = kept[:, :, :filled].view(2, sentences, filled, heads, -1).transpose(2, 3)
        found = mix(queries, keys, values, seen=None if bias is None else bias.to(queries.dtype))
        return layer.after(x, layer.attention.output(found.transpose(1, 2).reshape(x.shape)), norm)

    def _look_at_source(
        self, x: Tensor, layer: DecoderLayer, memory: Memory, number: int
    ) -> tuple[Tensor, Tensor]:
        """Attention to the source, and its queries."""
        norm, keys = layer.memory_norm, memory.keys[number]
        part = layer.memory_attention
        read = layer.before(x, norm)
        (queries,) = heads_of(part.queries(read), 1, heads=keys.shape[1], batch=keys.shape[0])
        seen = None if memory.bias is None else memory.bias.to(queries.dtype)
        found = mix(queries, keys, memory.values[number], seen=seen)
        return layer.after(x, part.output(found.transpose(1, 2).reshape(x.shape)), norm), queries

    @torch.inference_mode()
    def reorder(self, state: TransformerState, rows: Tensor) -> TransformerState:
        """The state whose row i is the old row `rows[i]`, (R',) int64.

        Rows of one sentence that stand together, as many for each, share its memory; however rows stand,
        the result is right.
        """
        if len(rows) == state.rows and torch.equal(rows, torch.arange(state.rows, device=rows.device)):
            return state
        of_sentence = rows // (state.rows // state.sentences)
        sentences, counts = torch.unique_consecutive(of_sentence, return_counts=True)
        if not bool((counts == counts[0]).all()):
            sentences, counts = of_sentence, torch.ones_like(rows)
        of_each, seen = len(rows) // len(sentences), state.seen
        if seen is not None:
            seen = seen.flatten(0, 1).index_select(0, rows).view(len(sentences), of_each, state.filled)
        elif of_each > 1:
            seen = rows.new_zeros(len(sentences), of_each, state.filled, dtype=torch.float32)
        queries = state.queries
        if queries is not None:
            flat = queries.transpose(1, 2).flatten(0, 1).index_select(0, rows)  # (R', H, d)
            queries = flat.view(len(sentences), of_each, *flat.shape[1:]).transpose(1, 2)
        state = replace(state, rows=len(rows), seen=seen, queries=queries)
        if torch.equal(sentences, torch.arange(state.sentences, device=rows.device)):
            return state
        return replace(_copied(state, sentences), memory=state.memory.select(sentences))

    @torch.inference_mode()
    def attention(self, state: TransformerState) -> Tensor:
        """Weights (R, S) of the last step in the last layer, the mean over heads; they sum to 1.

        Raises UsageError before the first step.
        """
        if state.queries is None:
            raise UsageError("nothing was read yet: there is attention after the first step")
        weights = attention_weights(state.queries, state.memory.keys[-1], state.memory.bias)
        return weights.mean(dim=1).flatten(0, 1)


def _and_own(state: TransformerState, of_each: int) -> Tensor | None:
    """What rows see when each has a slot more: `seen` (C, k, M + k), or None."""
    if state.seen is None and of_each == 1:
        return None
    device = state.memory.keys[0].device
    seen = state.seen
    if seen is None:  # nothing was read, or the rows of a sentence were one until now
        seen = torch.zeros(state.sentences, of_each, state.filled, device=device)
    own = torch.full((of_each, of_each), -math.inf, device=device).fill_diagonal_(0)
    return torch.cat((seen, own.expand(state.sentences, -1, -1)), dim=2)


def _with_room(state: TransformerState, more: int) -> TransformerState:
    """The state with slots for `more` steps."""
    if state.slots.room(state.filled, more):
        return state
    return _copied(state, torch.arange(state.sentences, device=state.memory.keys[0].device))


def _copied(state: TransformerState, sentences: Tensor) -> TransformerState:
    """The state whose slots, room included, are a copy of those of `sentences` (C,) that a row still sees.

    `seen` and the rows are those of the `sentences` already.
    """
    seen, filled = state.seen, state.filled
    if seen is None:
        at = torch.arange(filled, device=sentences.device).expand(len(sentences), -1)
    else:
        used = (seen == 0).any(dim=1)  # (C, M)
        filled = int(used.sum(dim=1).max())
        at = torch.argsort(~used, dim=1, stable=True)[:, :filled]
        seen = seen.gather(2, at[:, None].expand(-1, seen.shape[1], -1))
    # At least a share of what is there, so that long texts are not copied time and again.
    room = max(_SLOTS * (state.rows // len(sentences)), filled // 4)
    return replace(state, slots=state.slots.copy(sentences, at, room=room), filled=filled, seen=seen)
