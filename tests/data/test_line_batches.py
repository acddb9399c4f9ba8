"""Every line once an epoch, with its own start and end, beside others of its length."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.data.encoded import EncodedCorpus
from textkit.data.line_batches import LineBatches
from textkit.data.windows import PADDING
from textkit.errors import InputError, UsageError

END = 0
lines = st.lists(st.lists(st.integers(1, 9), max_size=12), min_size=1, max_size=40)


def corpus(texts: list[list[int]]) -> EncodedCorpus:
    return EncodedCorpus.from_sequences([[*text, END] for text in texts])


def rows(batches: LineBatches) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """What is read and predicted in each row, without padding."""
    found = []
    for window in batches:
        assert not window.continues
        for inputs, targets in zip(window.inputs, window.targets, strict=True):
            real = targets != PADDING
            count = int(real.sum())
            assert count
            assert real[:count].all()  # padding comes last
            found.append((tuple(inputs[:count].tolist()), tuple(targets[:count].tolist())))
    return found


@given(texts=lines, batch=st.integers(1, 9), seed=st.integers(0, 3))
@settings(max_examples=100, deadline=None)
def test_every_line_comes_once_an_epoch(texts: list[list[int]], batch: int, seed: int) -> None:
    expected = Counter(((END, *text), (*text, END)) for text in texts)
    batches = LineBatches(corpus(texts), end=END, batch_size=batch, seed=seed)
    for _ in range(2):
        assert Counter(rows(batches)) == expected
    assert sum(w.predictions for w in batches) == sum(len(text) + 1 for text in texts)


@given(texts=lines, limit=st.integers(1, 6))
@settings(max_examples=100, deadline=None)
def test_long_lines_come_in_pieces(texts: list[list[int]], limit: int) -> None:
    expected: Counter[Any] = Counter()
    for text in texts:
        line = [END, *text, END]
        for a in range(0, len(line) - 1, limit):
            b = min(a + limit, len(line) - 1)
            expected[tuple(line[a:b]), tuple(line[a + 1 : b + 1])] += 1
    assert Counter(rows(LineBatches(corpus(texts), end=END, tokens=12, length=limit))) == expected


@given(texts=lines, budget=st.integers(1, 60))
@settings(max_examples=100, deadline=None)
def test_the_budget_counts_padding(texts: list[list[int]], budget: int) -> None:
    for window in LineBatches(corpus(texts), end=END, tokens=budget):
        assert window.inputs.size <= budget or len(window.inputs) == 1


def test_lines_that_do_not_end_with_the_end_are_read_as_they_are() -> None:
    found = rows(LineBatches(EncodedCorpus.from_sequences([[5, 6], [], [7]]), end=END, batch_size=9))
    assert sorted(found) == [((END,), (7,)), ((END, 5), (5, 6))]


def test_there_is_little_padding_and_much_chance() -> None:
    generator = np.random.default_rng(0)
    texts = [[1] * int(n) for n in generator.integers(0, 60, 3000)]
    batches = LineBatches(corpus(texts), end=END, batch_size=16, seed=2)
    windows = list(batches)
    padded = sum(w.inputs.size for w in windows)
    assert padded < 1.05 * sum(w.predictions for w in windows)
    widths = [w.inputs.shape[1] for w in windows]
    assert abs(np.corrcoef(widths[:-1], widths[1:])[0, 1]) < 0.2  # neighbours are strangers
    assert widths != [w.inputs.shape[1] for w in batches]  # another epoch, another order


def test_bad_settings_are_told() -> None:
    some = corpus([[1]])
    with pytest.raises(UsageError, match="by a number of lines or by a number of tokens: give one"):
        LineBatches(some, end=END)
    with pytest.raises(UsageError, match="must be at least 1"):
        LineBatches(some, end=END, batch_size=2, length=0)
    with pytest.raises(InputError, match="a batch needs a line, and there is none"):
        LineBatches(EncodedCorpus.from_sequences([[], []]), end=END, batch_size=2)
