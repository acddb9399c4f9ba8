"""Minibatches of sentences whose every token has a target of its own."""

from __future__ import annotations

import numpy as np

from textkit.data.encoded import EncodedCorpus
from textkit.data.line_batches import LineBatches
from textkit.data.windows import PADDING, Window
from textkit.errors import InputError


class TaggedBatches(LineBatches):
    """Every sentence of `tokens` that is not empty once an epoch, whole, beside others of similar length.

    Row b of a batch has the ids of a sentence, and as targets those of its `tags`, PADDING beyond its
    length; there the inputs are 0. Raises InputError when the two do not fit together.

    >>> tokens = EncodedCorpus.from_sequences([[5, 6, 7], [8]])
    >>> batches = TaggedBatches(tokens, EncodedCorpus.from_sequences([[0, 1, 2], [1]]), batch_size=2)
    >>> for batch in batches:
    ...     print(batch.inputs.tolist(), batch.targets.tolist())
    [[5, 6, 7], [8, 0, 0]] [[0, 1, 2], [1, -1, -1]]
    """

    def __init__(self, tokens: EncodedCorpus, tags: EncodedCorpus, *, batch_size: int, seed: int = 0) -> None:
        if not np.array_equal(tokens.offsets, tags.offsets):
            raise InputError("each token needs one tag: sentences and tags differ in number or length")
        self.tags = tags
        super().__init__(tokens, end=0, batch_size=batch_size, seed=seed)

    def _batch(self, index: int) -> Window:
        pieces = self._batches[index]
        begins, lengths = self._begins[pieces], self._lengths[pieces]
        steps = np.arange(int(lengths.max()))
        real = steps < lengths[:, None]  # (B, T)
        places = np.where(real, begins[:, None] + steps, 0)
        inputs = np.where(real, self.corpus.ids[places], 0).astype(np.int64)
        targets = np.where(real, self.tags.ids[places], PADDING).astype(np.int64)
        return Window(inputs, targets, False)
