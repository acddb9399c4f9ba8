"""Counting in parts and in files gives what counting at once in memory gives; so do estimates."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.data.encoded import EncodedCorpus
from textkit.lm import counts as counting
from textkit.lm.counts import NgramCounts
from textkit.lm.merging import Plan, pieces
from textkit.lm.smoothing.modified_kneser_ney import ModifiedKneserNey
from textkit.scratch import IN_MEMORY, Scratch
from textkit.text.vocab import Vocab

V = 6
VOCAB = Vocab(("<unk>", "</s>", "a", "b", "c", "d"), (0,) * V, specials=2)
TEXTS = st.lists(st.lists(st.sampled_from([0, 2, 2, 3, 4, 5]), max_size=9), min_size=1, max_size=20)


def corpus_of(text: list[list[int]]) -> EncodedCorpus:
    return EncodedCorpus.from_sequences([*sentence, 1] for sentence in text)


def assert_same(one: NgramCounts, other: NgramCounts) -> None:
    for mine, theirs in zip(
        (*one.trie.words, *one.trie.first, *one.raw, one.first_seen),
        (*other.trie.words, *other.trie.first, *other.raw, other.first_seen),
        strict=True,
    ):
        assert np.array_equal(mine, theirs)


@given(TEXTS, st.integers(1, 7), st.integers(2, 60), st.integers(1, 40), st.booleans())
@settings(max_examples=60, deadline=None)
def test_parts_and_files_change_nothing(
    text: list[list[int]], order: int, at_once: int, largest: int, in_files: bool
) -> None:
    corpus = corpus_of(text)
    whole = NgramCounts.count(corpus, order=order, vocab_size=V)
    scratch = Scratch(Path(tempfile.gettempdir())) if in_files else IN_MEMORY
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting.Plan, "of", lambda memory, order: Plan(at_once, largest))
        parts = NgramCounts.count(corpus, order=order, vocab_size=V, scratch=scratch, memory=1)
    assert_same(whole, parts)
    ours, theirs = (ModifiedKneserNey().estimate(c, VOCAB) for c in (whole, parts))
    tables = zip((*ours.log_prob, *ours.log_backoff), (*theirs.log_prob, *theirs.log_backoff), strict=True)
    assert all(np.array_equal(mine.values, other.values) for mine, other in tables)


def test_a_bound_on_memory_is_a_bound_on_what_is_sorted_at_once() -> None:
    plan = Plan.of(100_000_000, order=5)
    assert plan.text * 16 * 5 <= 100_000_000
    assert plan.merge < plan.text
    assert list(pieces(10, 4)) == [(0, 4), (4, 8), (8, 10)]


def test_progress_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting.Plan, "of", lambda memory, order: Plan(8, 8))
    done: list[int] = []
    corpus = corpus_of([[2, 3, 4], [2, 3], [5, 5]])
    NgramCounts.count(corpus, order=3, vocab_size=V, memory=1, scratch=Scratch(tmp_path), watch=done.append)
    assert done == [4, 8, 10]
    assert list(tmp_path.iterdir()) == []


def test_many_counts_merge_at_once() -> None:
    texts = [[[2, 3, 4], [2]], [[2, 3]], [[], [5, 2, 3, 4]]]
    parts = [NgramCounts.count(corpus_of(text), order=3, vocab_size=V) for text in texts]
    whole = NgramCounts.count(corpus_of([line for text in texts for line in text]), order=3, vocab_size=V)
    assert_same(whole, parts[0].merge(*parts[1:]))
