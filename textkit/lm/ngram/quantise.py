"""n-gram models with logarithms of 8 bits instead of 32, and nearly the same perplexity."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textkit.errors import UsageError
from textkit.lm.ngram.log_table import CENTRES, Floats32, LogTable
from textkit.lm.ngram.model import NgramModel

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_BINS = 1 << 16  # of the histogram that stands for a table: some 1e-4 wide
_ROUNDS = 1000
_GAIN = 1e-3
_PIECE = 1 << 18  # rows looked at together


def quantise(model: NgramModel, bits: int = 8) -> NgramModel:
    """The model with each table's logarithms replaced by the nearest of 2**`bits` centres of its own.

    Logarithms of exactly 0 (a back-off weight of one) and minus infinity (probability zero) keep centres to
    themselves; the others' are those of least squared error (Lloyd 1982, Least squares quantization in PCM),
    from bins of equal population, as KenLM's, to begin with. Each history's probabilities sum to one only
    nearly from then on. Tables that are quantised already stay as they are. Raises UsageError for fewer than
    2 bits or more than 8.

    >>> from textkit.data.encoded import EncodedCorpus
    >>> from textkit.lm.counts import NgramCounts
    >>> from textkit.lm.smoothing.witten_bell import WittenBell
    >>> from textkit.text.vocab import Vocab
    >>> vocab = Vocab(("<unk>", "</s>", "a"), (0, 0, 0), specials=2)
    >>> counts = NgramCounts.count(EncodedCorpus.from_sequences([[2, 2, 1]]), order=2, vocab_size=3)
    >>> quantise(WittenBell().estimate(counts, vocab)).log_prob[1].values.dtype
    dtype('uint8')
    """
    if not 2 <= bits <= 8:
        raise UsageError(f"a model is quantised to 2 to 8 bits, not {bits}")

    def table(old: LogTable) -> LogTable:
        return old if old.quantised else quantise_table(old.values, room=1 << bits)

    log_prob, log_backoff = tuple(map(table, model.log_prob)), tuple(map(table, model.log_backoff))
    return dataclasses.replace(model, log_prob=log_prob, log_backoff=log_backoff)


def quantise_table(values: Floats32, *, room: int = CENTRES) -> LogTable:
    """Codes for float32 logarithms (rows,), which may be larger than memory, and at most `room` centres."""
    exact = [
        special for special in (-np.inf, 0.0) if any((piece == special).any() for piece in _pieces(values))
    ]
    centres = np.zeros(CENTRES, dtype=np.float32)
    centres[: len(exact)] = exact
    found = _centres(values, room - len(exact)).astype(np.float32)
    centres[len(exact) : len(exact) + len(found)] = found
    codes = np.empty(len(values), dtype=np.uint8)
    between = (found[1:] + found[:-1]) / 2
    for piece, out in zip(_pieces(values), _pieces(codes), strict=True):
        out[:] = np.searchsorted(between, piece) + len(exact)
        for code, special in enumerate(exact):
            out[piece == special] = code
    return LogTable(codes, centres)


def _pieces(table: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
    return (table[start : start + _PIECE] for start in range(0, len(table), _PIECE))


def _ordinary(values: Floats32) -> Iterator[Floats32]:
    """What has no centre to itself, piece by piece."""
    return (piece[(piece != 0) & (piece > -np.inf)] for piece in _pieces(values))


def _centres(values: Floats32, room: int) -> Doubles:
    """At most `room` values, ascending, of least squared distance to those of a table."""
    ends = [(piece.min(), piece.max()) for piece in _ordinary(values) if len(piece)]
    if not ends:
        return np.empty(0)
    low, high = float(min(least for least, _ in ends)), float(max(most for _, most in ends))
    scale = (_BINS - 1) / (high - low) if high > low else 0.0
    sizes, sums = np.zeros(_BINS), np.zeros(_BINS)
    for piece in _ordinary(values):
        exact = piece.astype(np.float64)
        bins = ((exact - low) * scale).astype(np.int64)
        sizes += np.bincount(bins, minlength=_BINS)
        sums += np.bincount(bins, weights=exact, minlength=_BINS)
    used = sizes > 0
    return _lloyd(sums[used] / sizes[used], sizes[used], room)


@dataclass(frozen=True)
class _Points:
    """Points that ascend, each standing for many values: running sums of the values' powers 0, 1 and 2."""

    points: Doubles
    sums: tuple[Doubles, Doubles, Doubles]

    @staticmethod
    def of(points: Doubles, sizes: Doubles) -> _Points:
        """Each point with the number of its values."""
        mass, moment, square = (_running(points**power * sizes) for power in range(3))
        return _Points(points, (mass, moment, square))

    def parts(self, bounds: Ints) -> tuple[Doubles, Doubles, Doubles]:
        """How many values the points between bounds stand for, their mean and their squared errors."""
        mass, moment, square = (np.diff(sums[bounds]) for sums in self.sums)
        return mass, moment / mass, square - moment**2 / mass

    def settled(self, bounds: Ints, room: int) -> Ints:
        """Bounds of `room` parts from any bounds: to and fro between means and what is nearest to them."""
        for _ in range(_ROUNDS):
            _, centres, error = self.parts(bounds)
            moved = np.searchsorted(self.points, (centres[1:] + centres[:-1]) / 2)
            if lacking := room - len(centres):  # the parts of most error are halved
                worst = np.argsort(np.where(np.diff(bounds) > 1, -error, np.inf), kind="stable")[:lacking]
                moved = np.append(moved, np.searchsorted(self.points, centres[worst]))
            moved = np.unique(np.concatenate([[0], moved, [len(self.points)]]))
            if np.array_equal(moved, bounds):
                break
            bounds = moved
        return bounds


def _lloyd(points: Doubles, sizes: Doubles, room: int) -> Doubles:
    """`room` centres of points that ascend, each of which stands for `sizes` values.

    Lloyd's method stops at the next best place; it is begun again with those neighbours made one that differ
    least and other parts halved, for as long as the error falls.
    """
    if len(points) <= room:
        return points
    all_points = _Points.of(points, sizes)
    mass = all_points.sums[0]
    bounds = np.searchsorted(mass, mass[-1] * np.arange(1, room) / room)  # equal populations
    best = all_points.settled(np.unique(np.concatenate([[0], bounds, [len(points)]])), room)
    changes = max(1, room // 8)
    while changes:
        mass, centres, error = all_points.parts(best)
        cost = np.diff(centres) ** 2 * mass[1:] * mass[:-1] / (mass[1:] + mass[:-1])
        tried = all_points.settled(np.delete(best, np.argsort(cost, kind="stable")[:changes] + 1), room)
        if all_points.parts(tried)[2].sum() < error.sum() * (1 - _GAIN):
            best = tried
        else:
            changes //= 2
    return all_points.parts(best)[1]


def _running(values: Doubles) -> Doubles:
    """The sums of the first 0, 1, 2, ... values."""
    return np.concatenate([[0.0], np.cumsum(values)])
