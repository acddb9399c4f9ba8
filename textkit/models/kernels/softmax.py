"""From logits to the gradient of the cross-entropy at them, in place, each row while it is in the cache."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from textkit.models.kernels.exponential import exponential
from textkit.models.kernels.floats import narrowed, widened
from textkit.text.kernels.compiled import compiled

# Sums and maxima of a row are kept in so many lanes, side by side: one sum from left to right would let the
# processor add one number at a time, and its rounding errors grow with the whole row.
LANES = 256
Lanes = npt.NDArray[np.float32]


@compiled
def _raise_maxima(logits: npt.NDArray[Any], bias: npt.NDArray[np.float32], lanes: Lanes) -> None:
    for i in range(len(logits)):
        value, most = widened(logits[i]) + bias[i], lanes[i]
        lanes[i] = value if value > most else most


@compiled
def _exponentiate(logits: npt.NDArray[Any], bias: npt.NDArray[np.float32], most: Any, lanes: Lanes) -> None:
    for i in range(len(logits)):
        value = exponential(widened(logits[i]) + bias[i] - most)
        lanes[i] += value
        logits[i] = narrowed(value, logits[i])


@compiled
def differentiate(
    logits: npt.NDArray[Any],
    bias: npt.NDArray[np.float32],
    lanes: Lanes,
    smoothing: float,
    targets: npt.NDArray[np.int64],
    log_probs: npt.NDArray[np.float32],
    sums: npt.NDArray[np.float32],
    normalisers: npt.NDArray[np.float32],
) -> None:
    """Turn `logits` (R, V) into the gradient of -log softmax(logits + bias)[target] at them, in place.

    Row r of the result is to be divided by `sums[r]`, which is given back. `logits` are float32, or
    bfloat16 seen as uint16; `bias` (V,); `targets` (R,); `log_probs` (R,) gets the log probabilities of
    the targets, `normalisers` (R,) log sum exp(logits + bias); `lanes`, at most V,
    is scratch. With `smoothing` the target's -1 in the gradient is `smoothing` - 1.
    """
    rows, columns = logits.shape
    width = len(lanes)
    for row in range(rows):
        lanes[:] = -np.inf
        for begin in range(0, columns, width):
            end = min(begin + width, columns)
            _raise_maxima(logits[row, begin:end], bias[begin:end], lanes[: end - begin])
        most = lanes[0]
        for lane in range(1, width):
            most = max(most, lanes[lane])
        target = targets[row]
        score = widened(logits[row, target]) + bias[target]
        lanes[:] = 0
        for begin in range(0, columns, width):
            end = min(begin + width, columns)
            _exponentiate(logits[row, begin:end], bias[begin:end], most, lanes[: end - begin])
        total = 0.0
        for lane in range(width):
            total += lanes[lane]
        log_prob = score - most - math.log(total)
        # p - 1 as exp(log p) - 1: right to the last digit where p is nearly 1.
        logits[row, target] = narrowed(
            np.float32((math.expm1(log_prob) + smoothing) * total), logits[row, target]
        )
        sums[row], log_probs[row], normalisers[row] = total, log_prob, most + math.log(total)
