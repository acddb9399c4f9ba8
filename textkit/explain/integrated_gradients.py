"""Integrated gradients (Sundararajan, Taly and Yan 2017, arXiv:1703.01365), to a wanted exactness.

    attribution of word t = (x_t - b_t) . integral over a in [0, 1] of df/dx_t at b + a (x - b)

which sum to f(x) - f(b): completeness. The same holds for every part of the path, so that each part tells
by itself how exactly it was integrated; of a text that is not exact enough the parts that miss most are
halved, until it is. Where a network is piecewise linear (max pooling, ReLU), this finds its kinks. Parts
are integrated by Simpson's rule, of which a half needs one new gradient.

B rows, T steps, E embedding width, N parts of paths.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from textkit.errors import TextkitError
from textkit.explain.gradients import value_and_gradient
from textkit.explain.target import Target
from textkit.models.text_network import TextNetwork

PARTS = 4  # of a path at first
MOST = 4096  # parts of one path: a network that needs more has jumps, or numbers too large for the tolerance
LEEWAY = 10  # times the tolerance that parts may miss, their signs left out: some of it cancels
NARROW = 8  # times what numbers near 1 are rounded by: the ends of shorter parts are one place to a network
CHUNK = 1 << 21  # numbers of embedded words at once


class IntegratedGradients(NamedTuple):
    """`scores` (B, T); the target's `value` and its `baseline` value (B,); `gap` (B,), the part unexplained.

    `evaluations` (B,) says how many gradients each row took.
    """

    scores: Tensor
    value: Tensor
    baseline: Tensor
    gap: Tensor
    evaluations: Tensor


class _Points(NamedTuple):
    """Places on paths (N,), the target there (N,) and its slope by word (N, T)."""

    place: Tensor
    value: Tensor
    slope: Tensor

    def keep(self, chosen: Tensor) -> _Points:
        return _Points(*(column[chosen] for column in self))

    @staticmethod
    def joined(several: list[_Points]) -> _Points:
        return _Points(*(torch.cat(columns) for columns in zip(*several, strict=True)))


class _Parts(NamedTuple):
    """Parts of paths, each of a `row` (N,): where they begin, their middle, where they end."""

    row: Tensor
    start: _Points
    middle: _Points
    end: _Points

    def keep(self, chosen: Tensor) -> _Parts:
        return _Parts(self.row[chosen], *(points.keep(chosen) for points in self[1:]))

    @staticmethod
    def joined(several: list[_Parts]) -> _Parts:
        points = (_Points.joined(list(columns)) for columns in list(zip(*several, strict=True))[1:])
        return _Parts(torch.cat([parts.row for parts in several]), *points)

    def scores(self) -> Tensor:
        """The integrals of the slopes (N, T), float64."""
        width = (self.end.place - self.start.place)[:, None]
        return width * (self.start.slope + 4 * self.middle.slope + self.end.slope) / 6

    def errors(self) -> Tensor:
        """What the integrals miss of the difference between the ends (N,)."""
        return self.end.value - self.start.value - self.scores().sum(1)


@dataclass(frozen=True, eq=False)
class _Path:
    """The straight line from the baseline to the words of each row."""

    network: TextNetwork
    start: Tensor  # (1, 1, E)
    along: Tensor  # (B, T, E), from start to the words
    lengths: Tensor
    target: Target

    def at(self, row: Tensor, place: Tensor) -> _Points:
        """The target at `place` (N,) between 0 and 1 of the paths of `row` (N,)."""
        size = max(1, CHUNK // max(1, self.along[0].numel()))
        values, slopes = [], []
        for rows, places in zip(torch.split(row, size), torch.split(place, size), strict=True):
            along = self.along[rows]
            embedded = self.start + places[:, None, None].to(along.dtype) * along
            value, gradient = value_and_gradient(
                self.network, embedded, self.lengths[rows], target=self.target.rows(rows)
            )
            values.append(value.double())
            slopes.append((gradient * along).sum(2).double())
        return _Points(place, torch.cat(values), torch.cat(slopes))

    def parts(self, count: int) -> _Parts:
        """Every path in PARTS."""
        rows = torch.arange(count, device=self.along.device)
        steps = torch.arange(2 * PARTS + 1, device=rows.device, dtype=torch.float64) / (2 * PARTS)
        points = [self.at(rows, step.expand(count)) for step in steps]
        return _Parts.joined([_Parts(rows, *points[n : n + 3]) for n in range(0, 2 * PARTS, 2)])

    def halved(self, parts: _Parts) -> _Parts:
        """Two parts in the place of each."""
        row, start, middle, end = parts
        left = self.at(row, (start.place + middle.place) / 2)
        right = self.at(row, (middle.place + end.place) / 2)
        return _Parts.joined([_Parts(row, start, left, middle), _Parts(row, middle, right, end)])


def integrated_gradients(
    network: TextNetwork,
    ids: Tensor,
    lengths: Tensor,
    *,
    target: Target,
    baseline: Tensor | None = None,
    tolerance: float = 5e-4,
) -> IntegratedGradients:
    """What each word of `ids` (B, T) adds to the target, from `baseline` (E,) in every place; zeros if None.

    Attributions sum to the difference of the target within `tolerance`. Raises TextkitError for a network
    that allows no such exactness: where its value jumps, or its numbers are not finite.
    """
    embedded = network.embed(ids).detach()
    start = embedded.new_zeros(1, 1, embedded.shape[2]) if baseline is None else baseline.view(1, 1, -1)
    path = _Path(network, start, embedded - start, lengths, target)
    count = len(ids)
    parts = path.parts(count)
    ends = parts.start.value[:count], parts.end.value[-count:]
    evaluations = torch.full((count,), 2 * PARTS + 1, device=ids.device)
    narrow = NARROW * torch.finfo(embedded.dtype).eps
    while (chosen := _inexact(parts, count, tolerance, narrow=narrow)).any():
        if int(torch.bincount(parts.row).max()) > MOST or not parts.errors().isfinite().all():
            break
        evaluations += 2 * torch.bincount(parts.row[chosen], minlength=count)
        parts = _Parts.joined([parts.keep(~chosen), path.halved(parts.keep(chosen))])
    scores = torch.zeros(count, ids.shape[1], dtype=torch.float64, device=ids.device)
    scores.index_add_(0, parts.row, parts.scores())
    gap = ends[1] - ends[0] - scores.sum(1)
    _check(gap, tolerance)
    return IntegratedGradients(scores, ends[1], ends[0], gap, evaluations)


def _inexact(parts: _Parts, count: int, tolerance: float, *, narrow: float) -> Tensor:
    """Which parts (N,) to halve: of rows that are not exact enough, those that miss most.

    Parts as `narrow` as that are not halved: where they miss most, the value jumps.
    """
    errors = parts.errors()
    zeros = torch.zeros(count, dtype=errors.dtype, device=errors.device)
    gap = zeros.index_add(0, parts.row, errors).abs()
    missed = zeros.index_add(0, parts.row, errors.abs())
    most = zeros.scatter_reduce(0, parts.row, errors.abs(), "amax")
    open_rows = ~((gap <= tolerance) & (missed <= LEEWAY * tolerance))  # not finite: open too
    wide = parts.end.place - parts.start.place > narrow
    return open_rows[parts.row] & ~(errors.abs() < most[parts.row] / 2) & wide


def _check(gap: Tensor, tolerance: float) -> None:
    worst = gap.abs().max().item() if len(gap) else 0.0
    if not worst <= tolerance:
        raise TextkitError(
            f"integrated gradients miss {worst:.2g} of the difference from the baseline, more than "
            f"{tolerance:g}: the network's value jumps, or is not finite; take another method"
        )
