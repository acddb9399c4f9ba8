"""One query a row to what is kept of its sentence: on the CPU read where it lies, elsewhere gathered.

R rows of C sentences, R / C of each side by side; H heads of width d, D = H d; P places for sentences with M
slots each, a slot for the keys and values of one step of one row.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from textkit.models.attention import mix


def look_back(inputs: Tensor, kept: Tensor, *, places: Tensor, past: Tensor) -> Tensor:
    """What each row finds in its past and itself, (R, D).

    `inputs` (R, 3 D) are the rows' queries, keys and values. The last two are written into the last slot of
    the row's `past` (R, T) in `kept` (P, M, 2, H, d), at the place of its sentence, of `places` (C,).
    """
    inputs = inputs.to(kept.dtype).view(len(inputs), 3, *kept.shape[3:])
    if kept.device.type != "cpu":
        return _gathered_back(inputs, kept, places=places, past=past)
    from textkit.models.kernels.attention import look_back as look

    found, weights = inputs.new_empty(inputs[:, 0].shape), np.empty(past.shape[1], np.float32)
    look(inputs.numpy(), places.numpy(), past.numpy(), kept.numpy(), weights, found.numpy())
    return found.flatten(1)


def _gathered_back(inputs: Tensor, kept: Tensor, *, places: Tensor, past: Tensor) -> Tensor:
    at = places.repeat_interleave(len(inputs) // len(places))
    kept[at, past[:, -1]] = inputs[:, 1:]
    keys, values = kept[at[:, None], past].unbind(2)  # (R, T, H, d) each
    return _mixed(inputs[:, :1], keys, values)


def look_at(queries: Tensor, kept: Tensor, *, places: Tensor, lengths: Tensor) -> Tensor:
    """What `queries` (R, D) find in the first `lengths` (P,) slots of their sentences, (R, D).

    `kept` (P, M, 2, H, d) holds keys and values, at the `places` (C,) of sentences.
    """
    queries = queries.to(kept.dtype).view(len(queries), *kept.shape[3:])
    if kept.device.type != "cpu":
        return _gathered_at(queries, kept, places=places, lengths=lengths)
    from textkit.models.kernels.attention import look_at as look

    found, weights = torch.empty_like(queries), np.empty(kept.shape[1], np.float32)
    steps = np.arange(kept.shape[1])
    look(queries.numpy(), places.numpy(), lengths.numpy(), steps, kept.numpy(), weights, found.numpy())
    return found.flatten(1)


def _gathered_at(queries: Tensor, kept: Tensor, *, places: Tensor, lengths: Tensor) -> Tensor:
    keys, values = kept.index_select(0, places).unbind(2)
    real = torch.arange(kept.shape[1], device=kept.device) < lengths[places][:, None]
    rows = queries.view(len(places), -1, *kept.shape[3:])
    return _mixed(rows, keys, values, seen=real[:, None, None])


def _mixed(queries: Tensor, keys: Tensor, values: Tensor, *, seen: Tensor | None = None) -> Tensor:
    """What `queries` (B, K, H, d) find among `keys` and `values` (B, T, H, d), as rows (B K, D)."""
    found = mix(queries.transpose(1, 2), keys.transpose(1, 2), values.transpose(1, 2), seen=seen)
    return found.transpose(1, 2).flatten(2).flatten(0, 1)
