"""How probable given translations are, all tokens of a batch at once."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from textkit.models.encoder_decoder import EncoderDecoder
from textkit.tasks.translation.sides import END_ID, Sides
from textkit.tasks.translation.source_batch import SourceBatch, by_length

_TOKENS = 4096  # padded, of a batch's longer side


@dataclass(frozen=True)
class ScoredPair:
    """A given translation: its `tokens`, and of each the natural log probability given those before it.

    The last of `token_log_probs` is that of the end of the sentence.
    """

    tokens: tuple[str, ...]
    token_log_probs: tuple[float, ...]

    @property
    def log_prob(self) -> float:
        """Of the whole translation."""
        return math.fsum(self.token_log_probs)

    @property
    def perplexity(self) -> float:
        """Of its tokens, the end included."""
        return math.exp(-self.log_prob / len(self.token_log_probs))


@torch.inference_mode()
def score_pairs(network: EncoderDecoder, sides: Sides, pairs: Sequence[tuple[str, str]]) -> list[ScoredPair]:
    """Each of the (source, target) `pairs`, scored."""
    sources = sides.encode_source(source for source, _ in pairs)
    targets = sides.encode_target(target for _, target in pairs)
    scored: dict[int, ScoredPair] = {}
    longer = np.maximum(sources.lengths, targets.lengths)
    for numbers in by_length(longer, rows=1, tokens=_TOKENS):
        wanted = SourceBatch.of(targets, numbers)
        inputs = torch.cat([torch.full((len(numbers), 1), END_ID), wanted.ids[:, :-1]], dim=1)  # (B, T)
        features = network(SourceBatch.of(sources, numbers), inputs)  # (B, T, D)
        real = torch.arange(wanted.ids.shape[1]) < wanted.lengths[:, None]
        log_probs = iter(network.output.target_log_probs(features[real], wanted.ids[real]).tolist())
        for number in numbers:
            ids = targets[number].tolist()
            scored[number] = ScoredPair(
                tuple(sides.target_tokens(ids)), tuple(itertools.islice(log_probs, len(ids)))
            )
    return [scored[number] for number in range(len(pairs))]
