"""A tiny Transformer for translation that the tests share, and sentences for it."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from textkit.models.multi_head_attention import MultiHeadAttention
from textkit.models.translators.transformer import TranslatorTransformer, TranslatorTransformerSettings

SMALL: dict[str, Any] = {"source_size": 13, "target_size": 11, "width": 12, "layers": 2, "heads": 3}


class Sources(NamedTuple):
    ids: Tensor
    lengths: Tensor

    def rows(self, rows: Tensor) -> Sources:
        return Sources(self.ids[rows], self.lengths[rows])


def make(**changes: Any) -> TranslatorTransformer:
    torch.manual_seed(0)
    network = TranslatorTransformer(TranslatorTransformerSettings(**{**SMALL, **changes}))
    with torch.no_grad():  # biases and norms that matter, so that mistakes show
        for parameter in network.parameters():
            if parameter.dim() == 1:
                parameter.add_(torch.randn(parameter.shape) * 0.3)
    return network.eval()


def example(lengths: tuple[int, ...] = (6, 3, 1), steps: int = 5) -> tuple[Sources, Tensor]:
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(13, (len(lengths), max(lengths)), generator=generator)
    inputs = torch.randint(11, (len(lengths), steps), generator=generator)
    return Sources(ids, torch.tensor(lengths)), inputs


def log_probs(network: TranslatorTransformer, source: Sources, inputs: Tensor) -> Tensor:
    with torch.no_grad():
        return network.output.log_probs(network(source, inputs).flatten(0, 1)).view(*inputs.shape, -1)


def written_out(part: Any, *, memory: bool, width: int) -> MultiHeadAttention:
    course = MultiHeadAttention(width, part.heads)
    sources = (part.queries, part.memory) if memory else (part.inputs,)
    for kind in ("weight", "bias"):
        thirds = torch.cat([getattr(source, kind).detach() for source in sources]).chunk(3)
        for layer, third in zip((course.queries, course.keys, course.values), thirds, strict=True):
            getattr(layer, kind).data = third
    course.output = part.output
    return course
