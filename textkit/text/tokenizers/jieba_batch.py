"""jieba over many lines at once, by compiled loops."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from textkit.text.kernels import jieba as kernel
from textkit.text.kernels import jieba_modes as modes
from textkit.text.lines import Lines
from textkit.text.token_batch import TokenBatch
from textkit.text.tokenizers.jieba_model import JiebaModel


class _Room(NamedTuple):
    """What the loops work in: an element for each byte of the longest stretch, and one more."""

    labels: npt.NDArray[np.uint16]
    places: npt.NDArray[np.uint32]
    lasts: npt.NDArray[np.uint32]
    scores: npt.NDArray[np.float64]
    choices: npt.NDArray[np.uint8]
    cuts: npt.NDArray[np.uint8]

    @staticmethod
    def of(starts: npt.NDArray[np.int32], ends: npt.NDArray[np.int32]) -> _Room:
        size = int((ends - starts).max(initial=0)) + 1
        return _Room(
            labels=np.empty(size, np.uint16),
            places=np.empty(size, np.uint32),
            lasts=np.empty(size, np.uint32),
            scores=np.empty(size, np.float64),
            choices=np.empty(size, np.uint8),
            cuts=np.empty(size, np.uint8),
        )


def accurate(lines: Lines, model: JiebaModel, *, hmm: bool) -> TokenBatch:
    """Accurate mode's words of each line."""
    room = _Room.of(lines.starts, lines.ends)
    starts, ends, offsets = _outputs(lines, 1)
    kernel.accurate_words(
        lines.buffer, lines.starts, lines.ends, model.alphabet, model.units, model.weights,
        model.emission, model.transition, model.forbidding, hmm, room.labels,
        room.places, room.lasts, room.scores, room.choices, room.cuts,
        starts, ends, offsets,
    )  # fmt: skip
    return _batch(lines, starts, ends, offsets)


def search(lines: Lines, model: JiebaModel, *, hmm: bool) -> TokenBatch:
    """Search mode's words of each line."""
    words = accurate(lines, model, hmm=hmm)
    room = _Room.of(words.starts, words.ends)
    starts, ends, offsets = _outputs(lines, 2)
    modes.search_words(
        lines.buffer, words.starts, words.ends, words.offsets, model.alphabet, model.units,
        room.labels, room.places, starts, ends, offsets,
    )  # fmt: skip
    return _batch(lines, starts, ends, offsets)


def full(lines: Lines, model: JiebaModel) -> TokenBatch | None:
    """Full mode's words of each line; None where one of them is no slice of its line."""
    room = _Room.of(lines.starts, lines.ends)
    starts, ends, offsets = _outputs(lines, 2)
    line = 0
    while True:
        line = modes.full_words(
            lines.buffer, lines.starts, lines.ends, model.alphabet, model.units,
            room.labels, room.places, room.lasts, line, starts, ends, offsets,
        )  # fmt: skip
        if line < 0:
            return None
        if line == len(lines):
            return _batch(lines, starts, ends, offsets)
        starts, ends = np.resize(starts, 2 * starts.size), np.resize(ends, 2 * ends.size)


def _outputs(
    lines: Lines, words: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Empty starts, ends and offsets, with room for `words` words a byte; unwritten memory costs nothing."""
    room = words * int((lines.ends - lines.starts).sum(dtype=np.int64)) + 16
    return np.empty(room, np.int32), np.empty(room, np.int32), np.zeros(len(lines) + 1, np.int64)


def _batch(
    lines: Lines,
    starts: npt.NDArray[np.int32],
    ends: npt.NDArray[np.int32],
    offsets: npt.NDArray[np.int64],
) -> TokenBatch:
    """The batch, its arrays cut to what was used (copied: the empty rest must not be kept)."""
    count = int(offsets[-1])
    return TokenBatch(lines.buffer, starts[:count].copy(), ends[:count].copy(), offsets, lines)
