"""A Transformer translator's weights as JoeyNMT names and orders them."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

# Ids: JoeyNMT's begin with <unk>, <pad>, <s>, </s>, textkit's with <unk>, </s>. Nothing reads <pad>, and
# textkit's </s> stands for <s> too.
_ROWS = [0, 0, 1, 1]
_LACKING = [1, 2]  # JoeyNMT's ids that textkit never predicts
_NEVER = -1e9


def joey_weights(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same network (pre-norm) with apart embeddings, and a bias that lets no id through that it lacks."""
    size = len(weights["target_embedding.weight"])
    rows = torch.tensor([*_ROWS, *range(2, size)])
    bias = torch.zeros(len(rows))
    bias[_LACKING] = _NEVER
    found = {
        "src_embed.lut.weight": weights["source_embedding.weight"][rows],
        "trg_embed.lut.weight": weights["target_embedding.weight"][rows],
        "decoder.output_layer.weight": weights["output.weight"][rows],
        "decoder.output_layer.bias": bias,
    }
    for name, tensor in weights.items():
        side, _, rest = name.partition(".")
        if side in ("encoder", "decoder"):
            layer, _, part = rest.partition(".")
            names = _SELF[side] | _CROSS | _FEED_FORWARD
            found |= _named(part, tensor, f"{side}.layers.{layer}", names)
        elif side in ("encoder_norm", "decoder_norm"):
            found[f"{side.removesuffix('_norm')}.layer_norm.{rest}"] = tensor
    width = weights["target_embedding.weight"].shape[1]
    table = _positions(5000, width)
    return found | {"encoder.pe.pe": table, "decoder.pe.pe": table}


_SELF = {
    "encoder": {
        "attention_norm": ["layer_norm"],
        "attention.inputs": [f"src_src_att.{part}_layer" for part in "qkv"],
        "attention.output": ["src_src_att.output_layer"],
    },
    "decoder": {
        "attention_norm": ["x_layer_norm"],
        "attention.inputs": [f"trg_trg_att.{part}_layer" for part in "qkv"],
        "attention.output": ["trg_trg_att.output_layer"],
    },
}
_CROSS = {
    "memory_norm": ["dec_layer_norm"],
    "memory_attention.queries": ["src_trg_att.q_layer"],
    "memory_attention.memory": ["src_trg_att.k_layer", "src_trg_att.v_layer"],
    "memory_attention.output": ["src_trg_att.output_layer"],
}
_FEED_FORWARD = {
    "feed_forward_norm": ["feed_forward.layer_norm"],
    "feed_forward.input": ["feed_forward.pwff_layer.0"],
    "feed_forward.output": ["feed_forward.pwff_layer.3"],
}


def _named(part: str, tensor: Tensor, prefix: str, names: Mapping[str, list[str]]) -> dict[str, Tensor]:
    """A tensor in the pieces that JoeyNMT has of it."""
    layer, _, end = part.rpartition(".")
    theirs = names[layer]
    pieces = tensor.chunk(len(theirs))
    return {f"{prefix}.{name}.{end}": piece.clone() for name, piece in zip(theirs, pieces, strict=True)}


def _positions(count: int, width: int) -> Tensor:
    """JoeyNMT's own table, which its state holds: (1, count, width)."""
    place = torch.arange(count, dtype=torch.float)[:, None]
    rates = torch.exp(torch.arange(0, width, 2, dtype=torch.float) * -(torch.tensor(10000.0).log() / width))
    return torch.stack([torch.sin(place * rates), torch.cos(place * rates)], dim=-1).view(1, count, width)
