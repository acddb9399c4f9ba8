"""Which of our weights are which of CTranslate2's: matrices are (out, in), and q, k and v fused, in both."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from textkit.models.translators.transformer import TranslatorTransformer


def fill(spec: Any, network: TranslatorTransformer, places: npt.NDArray[np.float32]) -> None:
    """Put the weights of `network` into a `ctranslate2.specs.TransformerSpec` of its shape.

    `places` (T, D) are the positions: its own have all sines first, ours sines and cosines in turn.
    """
    for side, embedding in (
        (spec.encoder, network.source_embedding),
        (spec.decoder, network.target_embedding),
    ):
        own = side.embeddings[0] if isinstance(side.embeddings, list) else side.embeddings
        own.weight = _array(embedding.weight)
        own.multiply_by_sqrt_depth = True
        side.position_encodings.encodings = places
    for side, layers, norm in (
        (spec.encoder, network.encoder, network.encoder_norm),
        (spec.decoder, network.decoder, network.decoder_norm),
    ):
        for there, here in zip(side.layer, layers, strict=True):
            _fill_layer(there, here)
        if norm is not None:
            _norm(side.layer_norm, norm)
    spec.decoder.projection.weight = _array(network.output.weight)


def _fill_layer(there: Any, here: Any) -> None:
    _norm(there.self_attention.layer_norm, here.attention_norm)
    _linear(there.self_attention.linear[0], here.attention.inputs)
    _linear(there.self_attention.linear[1], here.attention.output)
    if hasattr(there, "attention"):  # a decoder's, to the source
        _norm(there.attention.layer_norm, here.memory_norm)
        _linear(there.attention.linear[0], here.memory_attention.queries)
        _linear(there.attention.linear[1], here.memory_attention.memory)
        _linear(there.attention.linear[2], here.memory_attention.output)
    _norm(there.ffn.layer_norm, here.feed_forward_norm)
    _linear(there.ffn.linear_0, here.feed_forward.input)
    _linear(there.ffn.linear_1, here.feed_forward.output)


def _linear(there: Any, here: nn.Linear) -> None:
    there.weight = _array(here.weight)
    there.bias = _array(here.bias)


def _norm(there: Any, here: nn.LayerNorm) -> None:
    there.gamma, there.beta = _array(here.weight), _array(here.bias)


def _array(weight: Tensor) -> npt.NDArray[np.float32]:
    array: npt.NDArray[np.float32] = weight.detach().cpu().numpy()
    return array.copy()  # CTranslate2 rounds in place, and the network is to be compared with
