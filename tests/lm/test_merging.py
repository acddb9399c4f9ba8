"""Counting in parts and in files gives what counting at once in memory gives; so do estimates."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.data.encoded import EncodedCorpus
from textkit.lm.counts import NgramCounts
from textkit.lm.counts import ngram_counts as counting
from textkit.lm.counts import parts as counting_parts
from textkit.lm.counts.merging import merged
from textkit.lm.counts.parts import cuts
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


@given(TEXTS, st.integers(1, 7), st.integers(1, 60), st.integers(1, 20), st.booleans())
@settings(max_examples=60, deadline=None)
def test_parts_and_files_change_nothing(
    text: list[list[int]], order: int, at_once: int, piece: int, in_files: bool
) -> None:
    corpus = corpus_of(text)
    whole = NgramCounts.count(corpus, order=order, vocab_size=V)
    scratch = Scratch(Path(tempfile.gettempdir())) if in_files else IN_MEMORY
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "_FEWEST", at_once)
        patch.setattr(counting, "_AT_ONCE", piece)
        patch.setattr(counting_parts, "_AT_ONCE", piece)
        parts = NgramCounts.count(corpus, order=order, vocab_size=V, scratch=scratch, memory=1)
    assert_same(whole, parts)
    ours, theirs = (ModifiedKneserNey().estimate(c, VOCAB) for c in (whole, parts))
    tables = zip((*ours.log_prob, *ours.log_backoff), (*theirs.log_prob, *theirs.log_backoff), strict=True)
    assert all(np.array_equal(mine.values, other.values) for mine, other in tables)


@given(TEXTS, TEXTS, st.integers(1, 5), st.integers(1, 30))
@settings(max_examples=40, deadline=None)
def test_counts_merge_in_parts(
    one: list[list[int]], other: list[list[int]], order: int, largest: int
) -> None:
    runs = [NgramCounts.count(corpus_of(text), order=order, vocab_size=V) for text in (one, other)]
    whole = NgramCounts.count(corpus_of(one + other), order=order, vocab_size=V)
    trie, raw = merged([(run.trie, run.raw) for run in runs], scratch=IN_MEMORY, jobs=1, largest=largest)
    assert_same(whole, NgramCounts(trie, raw, whole.first_seen))


@given(st.lists(st.integers(0, 9), min_size=1, max_size=9), st.integers(1, 12), st.randoms())
def test_cuts_hold_what_they_say(sizes: list[int], largest: int, random: Random) -> None:
    pairs = {word: [word] * size for word, size in enumerate(sizes)}
    seconds = {word: sorted(random.randrange(4) for _ in words) for word, words in pairs.items()}

    def followers(word: int) -> np.ndarray:
        return np.bincount(seconds[word], minlength=4)

    bounds, held = cuts(np.array(sizes), followers, largest=largest)
    all_pairs = [(word, second) for word, others in seconds.items() for second in others]
    assert bounds[0] == (0, 0)
    assert bounds[-1] == (len(sizes), 0)
    assert held == [sum(low <= pair < high for pair in all_pairs) for low, high in pairwise(bounds)]
    for number, low, high in zip(held, bounds, bounds[1:], strict=False):
        inside = {pair for pair in all_pairs if low <= pair < high}
        assert number <= largest or len(inside) == 1


def test_progress_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "_FEWEST", 5)
    done: list[int] = []
    corpus = corpus_of([[2, 3, 4], [2, 3], [5, 5]])
    NgramCounts.count(corpus, order=3, vocab_size=V, memory=1, scratch=Scratch(tmp_path), watch=done.append)
    assert done[-1] == 13
    assert done == sorted(set(done))
    assert len(done) > 2
    assert list(tmp_path.iterdir()) == []


def test_many_counts_merge_at_once() -> None:
    texts = [[[2, 3, 4], [2]], [[2, 3]], [[], [5, 2, 3, 4]]]
    parts = [NgramCounts.count(corpus_of(text), order=3, vocab_size=V) for text in texts]
    whole = NgramCounts.count(corpus_of([line for text in texts for line in text]), order=3, vocab_size=V)
    assert_same(whole, parts[0].merge(*parts[1:]))
