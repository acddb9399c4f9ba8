"""How good a translator is while it is trained: its loss, and BLEU of greedy translations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from textkit.data.encoded import EncodedCorpus
from textkit.data.pair_batches import PairBatches
from textkit.data.windows import PADDING
from textkit.decode.beam import beam_searches
from textkit.models.encoder_decoder import EncoderDecoder
from textkit.tasks.translation.scoring import bleu
from textkit.tasks.translation.sides import END_ID, Sides
from textkit.tasks.translation.source_batch import SourceBatch, by_length
from textkit.text.pairs import Pair

_TOKENS = 4096  # of the longer side of pairs that are looked at together, padded
_FITTING = 0.99  # of the references fit into the room that a translation has
_LEAST_ROOM = 5  # ids more than the source's length lets expect


@dataclass(frozen=True)
class Validation:
    """Pairs that are held out: their texts and the ids of both sides, each ended by `</s>`."""

    pairs: Sequence[Pair]
    source: EncodedCorpus
    target: EncodedCorpus

    @staticmethod
    def of(pairs: Sequence[Pair], sides: Sides) -> Validation:
        """`pairs` in the ids of `sides`."""
        return Validation(
            pairs,
            sides.encode_source(pair.source for pair in pairs),
            sides.encode_target(pair.target for pair in pairs),
        )

    @torch.no_grad()
    def loss(self, network: EncoderDecoder, device: torch.device) -> float:
        """The mean negative log probability of a target token, in nats; always the same batches."""
        cast(nn.Module, network).eval()
        total, count = 0.0, 0
        for batch in PairBatches(self.source, self.target, end=END_ID, tokens=_TOKENS):
            source, lengths, inputs, targets = (torch.from_numpy(each).to(device) for each in batch[:4])
            features = network(SourceBatch(source, lengths), inputs)
            real = targets != PADDING
            total -= float(network.output.target_log_probs(features[real], targets[real]).double().sum())
            count += batch.predictions
        return total / count

    def bleu(
        self, network: EncoderDecoder, device: torch.device, *, sides: Sides, count: int, language: str
    ) -> float:
        """That of the first `count` pairs, translated greedily."""
        pairs = self.pairs[:count]
        longest = self.room()[: len(pairs)]
        translated = greedy_translations(network, self.source, longest=longest, device=device)
        texts = [sides.decode_target(ids) for ids in translated]
        return bleu(texts, [pair.target for pair in pairs], language=language)

    def room(self) -> npt.NDArray[np.int64]:
        """The most ids of the translation of each source, (N,).

        A network that has learnt little does not end its translations. They get no more ids than the mean
        ratio of the sides and the spread about it let expect of a source, whatever its own reference.
        """
        sources, targets = self.source.lengths, self.target.lengths
        expected = sources * (targets.sum() / sources.sum())
        spread = np.quantile(targets - expected, _FITTING)
        room: npt.NDArray[np.int64] = np.ceil(expected + max(spread, _LEAST_ROOM)).astype(np.int64)
        return room


@torch.no_grad()
def greedy_translations(
    network: EncoderDecoder,
    source: EncodedCorpus,
    *,
    longest: npt.NDArray[np.int64],
    device: torch.device,
) -> list[list[int]]:
    """The ids chosen for each of the first N sources, without `</s>`; at most `longest` (N,) of them."""
    cast(nn.Module, network).eval()
    found: list[list[int]] = [[] for _ in longest]
    for numbers in by_length(source.lengths[: len(longest)], rows=1, tokens=_TOKENS):
        ids, lengths = SourceBatch.of(source, numbers)
        results = beam_searches(
            network.decoding(SourceBatch(ids.to(device), lengths.to(device))),
            torch.full((len(numbers), 1), END_ID, device=device),
            width=1,
            lengths=longest[numbers].tolist(),
            stop=END_ID,
        )
        for number, hypotheses in zip(numbers, results, strict=True):
            found[number] = list(hypotheses[0].ids)
    return found
