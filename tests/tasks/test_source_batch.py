"""Sentences to translate, in batches by their length."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from textkit.tasks.translation.source_batch import by_length


@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=60),
    st.integers(1, 3),
    st.integers(1, 200),
    st.integers(1, 9),
)
def test_batches_hold_each_sentence_once_within_their_bounds(
    lengths: list[int], rows: int, tokens: int, parts: int
) -> None:
    sizes = np.array(lengths)
    batches = list(by_length(sizes, rows=rows, tokens=tokens, parts=parts))
    assert sorted(number for batch in batches for number in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or rows * len(batch) * sizes[batch].max() <= tokens
        # More than a share only by the sentence that crosses into the next.
        assert sizes[batch[:-1]].sum() < -(-sizes.sum() // parts)
