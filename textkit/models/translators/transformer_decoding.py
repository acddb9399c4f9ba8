"""Decoding with an encoder-decoder Transformer, one step at a time, with keys and values kept.

C sentences are decoded in R = C k rows, k rows each; H heads of width d, D = H d; S source steps; M slots.

A slot holds the keys and values of one step of one row. Slots belong to sentences, and a row says which of
its sentence's slots are its past: where beams fork and die only that is reordered. What is kept of a sentence
stays at its place when others are dropped. It is copied when slots are full, without those that no row sees,
and when more than half of the sentences are gone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from textkit.errors import UsageError
from textkit.models.translators.layers import attention_weights, padding_bias
from textkit.models.translators.slot_attention import look_at, look_back

if TYPE_CHECKING:
    from textkit.models.encoder_decoder import Source
    from textkit.models.translators.layers import DecoderLayer
    from textkit.models.translators.transformer import TranslatorTransformer

_SLOTS = 16  # free at first and after a copy, for each row of a sentence: to get memory for more takes longer


class Memory(NamedTuple):
    """The encoded sources: keys and values for each layer, (P, S, 2, H, d), and their `lengths` (P,)."""

    kept: tuple[Tensor, ...]
    lengths: Tensor

    @classmethod
    def of(cls, network: TranslatorTransformer, source: Source) -> Memory:
        """What the decoder's layers make of `source`."""
        sentences, steps = source.ids.shape
        encoded, seen = network.encode(source, padded=False)
        shape = (sentences, steps, 2, network.settings.heads, -1)
        kept = (layer.memory_attention.memory(encoded) for layer in network.decoder_layers)
        return cls(tuple(seen.padded(rows).float().view(shape) for rows in kept), source.lengths)

    def select(self, places: Tensor) -> Memory:
        """That of the sentences at `places` (C,) only."""
        if torch.equal(places, torch.arange(len(self.lengths), device=places.device)):
            return self
        return Memory(tuple(part.index_select(0, places) for part in self.kept), self.lengths[places])


class Slots:
    """Keys and values of all layers, (layers, P, capacity, 2, H, d); the first `filled` slots are in use.

    States share them; a state writes behind its own slots if nobody did before, and into a copy else.
    """

    def __init__(self, kept: Tensor, filled: int) -> None:
        self.kept, self.filled = kept, filled

    def room(self, filled: int, more: int) -> bool:
        """Whether a state that uses the first `filled` slots may write `more` behind them."""
        return self.filled == filled and filled + more <= self.kept.shape[2]

    def copy(self, places: Tensor, at: Tensor, *, room: int) -> Slots:
        """Of the sentence at each of `places` (C,) the slots `at` (C, M), with `room` for more."""
        layers, _, capacity, *shape = self.kept.shape
        count, filled = at.shape
        kept = self.kept.new_empty(layers, count, filled + room, *shape)
        rows = (at + capacity * places[:, None]).flatten()
        for old, new in zip(self.kept, kept, strict=True):
            new[:, :filled] = old.flatten(0, 1).index_select(0, rows).view(count, filled, *shape)
        return Slots(kept, filled)


@dataclass(frozen=True)
class TransformerState:
    """What was read so far by R = C k rows.

    `places` (C,) are where the sentences' memory and slots are. `past` (R, T) are the slots of a row's
    steps. `queries` (R, D) are those of the last step to the source in the last layer.
    """

    memory: Memory
    slots: Slots
    filled: int
    places: Tensor
    past: Tensor
    queries: Tensor | None = None

    @property
    def sentences(self) -> int:
        """C."""
        return len(self.places)

    @property
    def of_each(self) -> int:
        """k."""
        return len(self.past) // len(self.places)


class TransformerDecoding:
    """An `AttendingModel` for the sentences of one batch. Its states share memory but are values."""

    def __init__(self, network: TranslatorTransformer, memory: Memory) -> None:
        self._network, self._memory = network, memory

    def start(self, rows: int) -> TransformerState:
        """The state of `rows` = n C rows, n for each sentence in turn; raises UsageError for others."""
        sentences = len(self._memory.lengths)
        if rows < 1 or rows % sentences:
            raise UsageError(f"{sentences} sentences are decoded in as many rows each, not in {rows} rows")
        first = self._memory.kept[0]
        shape = (len(self._memory.kept), sentences, _SLOTS * (rows // sentences), *first.shape[2:])
        places = torch.arange(sentences, device=first.device)
        past = places.new_empty(rows, 0)
        return TransformerState(self._memory, Slots(first.new_empty(shape), 0), 0, places, past)

    @torch.inference_mode()
    def step(self, ids: Tensor, state: TransformerState) -> tuple[Tensor, TransformerState]:
        """Read `ids` (R,) int64: log probabilities (R, V) of what follows, and the next state."""
        network, of_each = self._network, state.of_each
        state = _with_room(state, of_each)
        x = network.embed(ids[:, None], network.target_embedding, begin=state.past.shape[1])
        own = torch.arange(len(ids), device=ids.device) % of_each + state.filled
        past = torch.cat((state.past, own[:, None]), dim=1)
        queries = x
        for number, layer in enumerate(network.decoder_layers):
            x = _look_back(x, layer, state.slots.kept[number], places=state.places, past=past)
            x, queries = _look_at_source(x, layer, state, number)
            x = layer.reason(x)
        features = x if network.decoder_norm is None else network.decoder_norm(x)
        filled = state.slots.filled = state.filled + of_each
        return network.output.log_probs(features), replace(state, filled=filled, past=past, queries=queries)

    @torch.inference_mode()
    def reorder(self, state: TransformerState, rows: Tensor) -> TransformerState:
        """The state whose row i is the old row `rows[i]`, (R',) int64.

        Rows of one sentence that stand together, as many for each, share its memory; however rows stand,
        the result is right.
        """
        if torch.equal(rows, torch.arange(len(state.past), device=rows.device)):
            return state
        of_sentence = rows // state.of_each
        sentences, counts = torch.unique_consecutive(of_sentence, return_counts=True)
        if not bool((counts == counts[0]).all()):
            sentences = of_sentence
        queries = None if state.queries is None else state.queries.index_select(0, rows)
        places = state.places[sentences]
        state = replace(state, places=places, past=state.past.index_select(0, rows), queries=queries)
        if len(set(places.tolist())) < len(places) or 2 * len(places) <= len(state.memory.lengths):
            return _copied(state)
        return state

    @torch.inference_mode()
    def attention(self, state: TransformerState) -> Tensor:
        """Weights (R, S) of the last step in the last layer, the mean over heads; they sum to 1.

        Raises UsageError before the first step.
        """
        return self.attention_of_heads(state).mean(dim=1)

    @torch.inference_mode()
    def attention_of_heads(self, state: TransformerState) -> Tensor:
        """Weights (R, H, S) of the last step in the last layer; raises UsageError before the first step."""
        if state.queries is None:
            raise UsageError("nothing was read yet: there is attention after the first step")
        memory = Memory(state.memory.kept[-1:], state.memory.lengths).select(state.places)
        keys = memory.kept[0][:, :, 0].transpose(1, 2)
        queries = state.queries.view(state.sentences, -1, *keys.shape[1::2]).transpose(1, 2)
        weights = attention_weights(queries, keys, padding_bias(memory.lengths, keys.shape[2]))
        return weights.transpose(1, 2).flatten(0, 1)


def _look_back(x: Tensor, layer: DecoderLayer, kept: Tensor, *, places: Tensor, past: Tensor) -> Tensor:
    """Attention to the target read so far; what this step adds to it goes into the slots."""
    norm = layer.attention_norm
    found = look_back(layer.attention.inputs(layer.before(x, norm)), kept, places=places, past=past)
    return layer.after(x, layer.attention.output(found), norm)


def _look_at_source(
    x: Tensor, layer: DecoderLayer, state: TransformerState, number: int
) -> tuple[Tensor, Tensor]:
    """Attention to the source, and its queries."""
    norm, part, memory = layer.memory_norm, layer.memory_attention, state.memory
    queries = part.queries(layer.before(x, norm))
    found = look_at(queries, memory.kept[number], places=state.places, lengths=memory.lengths)
    return layer.after(x, part.output(found), norm), queries


def _with_room(state: TransformerState, more: int) -> TransformerState:
    """The state with slots for `more` steps."""
    return state if state.slots.room(state.filled, more) else _copied(state)


def _copied(state: TransformerState) -> TransformerState:
    """The state with memory and slots of its own: those of its sentences that a row still sees, and room."""
    past = state.past.view(state.sentences, -1)  # (C, k T)
    used = torch.zeros(state.sentences, state.filled, dtype=torch.bool, device=past.device)
    used.scatter_(1, past, value=True)
    filled = int(used.sum(dim=1).max())
    at = torch.argsort(~used, dim=1, stable=True)[:, :filled]
    past = (used.cumsum(dim=1) - 1).gather(1, past).view_as(state.past)
    # At least as much as is there, so that long texts are not copied time and again.
    room = max(_SLOTS * state.of_each, filled)
    return replace(
        state,
        memory=state.memory.select(state.places),
        slots=state.slots.copy(state.places, at, room=room),
        filled=filled,
        places=torch.arange(state.sentences, device=past.device),
        past=past,
    )
