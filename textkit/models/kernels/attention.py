"""Attention of single queries to what is kept of each sentence, row by row, without copying any of it.

R rows of C sentences, R / C of each side by side; H heads of width d; P places for sentences, of M slots.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from textkit.models.kernels.exponential import exponential
from textkit.text.kernels.compiled import compiled, summing

Floats = npt.NDArray[np.float32]
Longs = npt.NDArray[np.int64]


@summing
def _dot(a: Floats, b: Floats) -> Any:
    total = np.float32(0)
    for i in range(len(a)):
        total += a[i] * b[i]
    return total


@summing
def _sum(numbers: Floats) -> Any:
    total = np.float32(0)
    for i in range(len(numbers)):
        total += numbers[i]
    return total


@compiled
def _highest(numbers: Floats) -> Any:
    """The highest, by four comparisons side by side; nan if the first is."""
    a = b = c = d = numbers[0]
    i = 0
    while i + 4 <= len(numbers):
        a, b, c, d = (
            max(a, numbers[i]),
            max(b, numbers[i + 1]),
            max(c, numbers[i + 2]),
            max(d, numbers[i + 3]),
        )
        i += 4
    while i < len(numbers):
        a = max(a, numbers[i])
        i += 1
    return max(max(a, b), max(c, d))


@compiled
def _exponentiate(numbers: Floats, highest: Any) -> None:
    for i in range(len(numbers)):
        numbers[i] = exponential(numbers[i] - highest)


@compiled
def _add(to: Floats, times: Any, added: Floats) -> None:
    for i in range(len(to)):
        to[i] += times * added[i]


@compiled
def _add_four(to: Floats, p: Any, q: Any, r: Any, s: Any, a: Floats, b: Floats, c: Floats, d: Floats) -> None:
    for i in range(len(to)):
        to[i] += (p * a[i] + q * b[i]) + (r * c[i] + s * d[i])


@compiled
def _mix(kept: Floats, at: Longs, weights: Floats, share: Any, head: int, found: Floats) -> None:
    """Put the values of `head` in the slots `at`, `weights` times `share` of each, into `found` (d,)."""
    found[:] = 0
    i, count = 0, len(at)
    while i + 4 <= count:
        _add_four(
            found,
            weights[i] * share,
            weights[i + 1] * share,
            weights[i + 2] * share,
            weights[i + 3] * share,
            kept[at[i], 1, head],
            kept[at[i + 1], 1, head],
            kept[at[i + 2], 1, head],
            kept[at[i + 3], 1, head],
        )
        i += 4
    while i < count:
        _add(found, weights[i] * share, kept[at[i], 1, head])
        i += 1


@compiled
def _attend(query: Floats, kept: Floats, at: Longs, weights: Floats, found: Floats) -> None:
    """What `query` (H, d) finds in the slots `at` of `kept` (M, 2, H, d), into `found` (H, d)."""
    weights = weights[: len(at)]
    scale = np.float32(1 / math.sqrt(query.shape[1]))
    for head in range(len(query)):
        for i in range(len(at)):
            weights[i] = scale * _dot(query[head], kept[at[i], 0, head])
        _exponentiate(weights, _highest(weights))
        _mix(kept, at, weights, np.float32(1) / _sum(weights), head, found[head])


@compiled
def look_back(
    inputs: Floats, places: Longs, past: Longs, kept: Floats, weights: Floats, found: Floats
) -> None:
    """What each row finds in its past, into `found` (R, H, d).

    `inputs` (R, 3, H, d) are queries, keys and values; keys and values go into the last slot of the row's
    `past` (R, T) in `kept` (P, M, 2, H, d), at the place of its sentence, of `places` (C,). `weights` (T,)
    is for passing use.
    """
    rows, (heads, width) = len(inputs) // len(places), inputs.shape[2:]
    for row in range(len(inputs)):
        own = kept[places[row // rows], past[row, past.shape[1] - 1]]
        for part in range(2):
            for head in range(heads):
                for i in range(width):
                    own[part, head, i] = inputs[row, 1 + part, head, i]
    for row in range(len(inputs)):
        _attend(inputs[row, 0], kept[places[row // rows]], past[row], weights, found[row])


@compiled
def look_at(
    queries: Floats, places: Longs, lengths: Longs, steps: Longs, kept: Floats, weights: Floats, found: Floats
) -> None:
    """What `queries` (R, H, d) find in the first `lengths` (P,) slots of their sentences, into `found`.

    `found` is (R, H, d). `kept` (P, M, 2, H, d) holds keys and values, `places` (C,) says where those of a
    sentence are. `steps` (M,) are 0, 1, ..., and `weights` (M,) is for passing use.
    """
    rows = len(queries) // len(places)
    for row in range(len(queries)):
        place = places[row // rows]
        _attend(queries[row], kept[place], steps[: lengths[place]], weights, found[row])
