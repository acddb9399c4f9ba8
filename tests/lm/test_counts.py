"""Counts against dictionaries of tuples."""

from __future__ import annotations

import functools
import os
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.data.encoded import EncodedCorpus
from textkit.errors import InputError, UsageError
from textkit.lm.counts import NgramCounts, counts_of_counts, ngram_counts
from textkit.lm.counts.windows import Windows, tables
from textkit.lm.stream import Stream

V = 6  # <unk> 0, </s> 1, four words; <s> is 6
WORDS = st.sampled_from([0, 2, 3, 4, 5])
TEXTS = st.lists(st.lists(WORDS, max_size=7), min_size=1, max_size=8)


def corpus_of(text: list[list[int]]) -> EncodedCorpus:
    return EncodedCorpus.from_sequences([*sentence, 1] for sentence in text)


def by_hand(text: list[list[int]], order: int) -> Counter[tuple[int, ...]]:
    counter: Counter[tuple[int, ...]] = Counter()
    for sentence in text:
        words = [V, *sentence, 1]
        counter.update(tuple(words[i : i + order]) for i in range(len(words) - order + 1))
    counter.pop((V,), None)
    return counter


def table(counts: NgramCounts, order: int, values: np.ndarray) -> dict[tuple[int, ...], int]:
    ngrams = counts.trie.ngrams(order, np.arange(counts.trie.size(order)))
    return {tuple(n): int(v) for n, v in zip(ngrams.tolist(), values, strict=True) if order > 1 or v}


@given(TEXTS, st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_counts_equal_a_dictionary(text: list[list[int]], order: int) -> None:
    counts = NgramCounts.count(corpus_of(text), order=order, vocab_size=V)
    for k in range(1, order + 1):
        assert table(counts, k, counts.raw[k - 1]) == by_hand(text, k)


@given(TEXTS, st.integers(1, 5), st.data())
@settings(max_examples=40, deadline=None)
def test_truncated_counts_are_those_of_the_shorter_order(
    text: list[list[int]], order: int, data: st.DataObject
) -> None:
    counts = NgramCounts.count(corpus_of(text), order=order, vocab_size=V)
    shorter = data.draw(st.integers(1, order))
    found = counts.truncated(shorter)
    expected = NgramCounts.count(corpus_of(text), order=shorter, vocab_size=V)
    assert found.order == shorter
    assert np.array_equal(found.first_seen, expected.first_seen)
    for k in range(1, shorter + 1):
        assert found.raw[k - 1] is counts.raw[k - 1]
        assert np.array_equal(found.raw[k - 1], expected.raw[k - 1])
        assert np.array_equal(found.adjusted(k), expected.adjusted(k))
        assert np.array_equal(found.trie.suffixes[k - 1], expected.trie.suffixes[k - 1])


@given(TEXTS, st.lists(st.integers(0, V), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_the_count_of_one_ngram(text: list[list[int]], other: list[int]) -> None:
    counts = NgramCounts.count(corpus_of(text), order=4, vocab_size=V)
    for k in range(1, 5):
        assert all(counts.of(ngram) == count for ngram, count in by_hand(text, k).items())
    assert counts.of(other) == by_hand(text, len(other))[tuple(other)]


def test_what_is_no_ngram_of_the_counts() -> None:
    counts = NgramCounts.count(corpus_of([[2, 3]]), order=2, vocab_size=V)
    with pytest.raises(UsageError, match="n-grams of 1 to 2 words are counted here, not of 3"):
        counts.of([2, 3, 1])
    with pytest.raises(UsageError, match="n-grams of 1 to 2 words are counted here, not of 0"):
        counts.of([])
    with pytest.raises(InputError, match="ids run from 0 to 6, that of <s>, here, not 7"):
        counts.of([7])
    for order in (0, 3):
        with pytest.raises(UsageError, match=f"counts of order 2 hold those of orders 1 to 2, not {order}"):
            counts.truncated(order)


@given(TEXTS, st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_adjusted_counts_are_left_extensions(text: list[list[int]], order: int) -> None:
    counts = NgramCounts.count(corpus_of(text), order=order, vocab_size=V)
    for k in range(1, order + 1):
        extensions: dict[tuple[int, ...], set[int]] = defaultdict(set)
        for ngram in by_hand(text, k + 1):
            extensions[ngram[1:]].add(ngram[0])
        expected = {
            ngram: count if k == order or ngram[0] == V else len(extensions[ngram])
            for ngram, count in by_hand(text, k).items()
        }
        assert table(counts, k, counts.adjusted(k)) == expected


@given(TEXTS, st.integers(2, 4))
@settings(max_examples=60, deadline=None)
def test_suffixes_and_prefixes_are_rows_of_the_shorter_ngrams(text: list[list[int]], order: int) -> None:
    trie = (counts := NgramCounts.count(corpus_of(text), order=order, vocab_size=V)).trie
    for k in range(2, order + 1):
        ngrams = trie.ngrams(k, np.arange(trie.size(k)))
        assert np.array_equal(trie.ngrams(k - 1, counts.trie.suffixes[k - 1]), ngrams[:, 1:])
        assert np.array_equal(trie.ngrams(k - 1, trie.prefixes(k)), ngrams[:, :-1])
        assert np.array_equal(trie.find(k, trie.prefixes(k), trie.words[k - 1]), np.arange(trie.size(k)))


@given(TEXTS, st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_last_in_suffix_order_equals_sorting(text: list[list[int]], order: int) -> None:
    counts = NgramCounts.count(corpus_of(text), order=order, vocab_size=V)
    appearance = list(dict.fromkeys(word for sentence in text for word in sentence if word))
    rank = {word: i for i, word in enumerate([0, V, 1, *appearance])}
    # as KenLM sees the text: every position has an n-gram of full length, filled up with <s>
    full = []
    for sentence in text:
        words = [V] * (order - 1) + [*sentence, 1]
        full += [words[i : i + order] for i in range(len(words) - order + 1)]
    last = max(full, key=lambda ngram: [rank[word] for word in reversed(ngram)])
    while last[:2] == [V, V]:
        last = last[1:]
    expected = [tuple(last[-k:]) for k in range(1, len(last) + 1)]
    rows: list[int] = []
    for k, links in enumerate(counts.trie.suffixes, 1):
        row = counts.last_in_suffix_order(k, links, rows[-1] if rows else None)
        if row is None:
            break
        rows.append(row)
    found = [tuple(counts.trie.ngrams(k, np.array([row]))[0].tolist()) for k, row in enumerate(rows, 1)]
    assert found == expected


@given(TEXTS)
@settings(max_examples=60, deadline=None)
def test_a_stream_is_the_text_with_its_sentence_starts(text: list[list[int]]) -> None:
    stream = Stream.of(corpus_of(text), V)
    assert stream.words.tolist() == [word for sentence in text for word in (V, *sentence, 1)]
    assert stream.places.tolist() == [place for sentence in text for place in range(len(sentence) + 2)]
    assert np.array_equal(stream.is_token(), stream.words != V)


def test_counts_of_counts() -> None:
    assert counts_of_counts(np.array([0, 4, 4, 5, 1, 2, 3, 99])).tolist() == [1, 1, 1, 1, 2]


@pytest.mark.parametrize("at_once", [1 << 22, 2, 3])
@pytest.mark.parametrize(
    ("sequences", "order", "error", "message"),
    [
        ([[2, 1]], 0, UsageError, "the order of an n-gram model is 1 or more, not 0"),
        ([], 2, InputError, "the corpus is empty: there are no n-grams to count"),
        ([[2, 1], [3]], 2, UsageError, "each sequence .* ends with </s> \\(id 1\\), and only there"),
        ([[2, 1, 3, 1]], 2, UsageError, "ends with </s>"),
        ([[2, 3, 1], [2, 1, 3, 1]], 2, UsageError, "ends with </s>"),
        ([[2, 1], [2, 3, 9, 1]], 2, InputError, "not 9"),
        ([[9, 1]], 2, InputError, "ids run from 0 to 5 in this vocabulary, not 9"),
        ([[-3, 1]], 2, InputError, "ids run from 0 to 5 in this vocabulary, not -3"),
    ],
)
def test_what_cannot_be_counted(
    sequences: list[list[int]],
    order: int,
    error: type[Exception],
    message: str,
    at_once: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ngram_counts, "_AT_ONCE", at_once)
    with pytest.raises(error, match=message):
        NgramCounts.count(EncodedCorpus.from_sequences(sequences), order=order, vocab_size=V)


def test_more_words_than_places_can_number_are_refused() -> None:
    windows = Windows(np.zeros(4, dtype=np.int32), 2**31, 1, np.empty(0, dtype=np.int32))
    with pytest.raises(InputError, match="2,147,483,648 words are too many to be sorted at once"):
        tables(windows, order=2, vocab_size=V, jobs=1)


@pytest.mark.data
def test_real_text_is_counted_as_a_dictionary_counts() -> None:
    if "TEXTKIT_DATA" not in os.environ:
        pytest.skip("TEXTKIT_DATA is not set")
    path = Path(os.environ["TEXTKIT_DATA"]) / "lm" / "wikitext2-valid.txt"
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    ids = {word: i + 2 for i, word in enumerate(dict.fromkeys(word for line in lines for word in line))}
    text = [[ids[word] for word in line] for line in lines]
    size = len(ids) + 2
    counts = NgramCounts.count(corpus_of(text), order=3, vocab_size=size)
    expected = Counter(
        gram for line in text for gram in zip(line, line[1:], [*line, 1][2:], strict=False)
    )  # fmt: skip
    ngrams = counts.trie.ngrams(3, np.arange(counts.trie.size(3)))
    inner = ngrams[:, 0] != size
    found = dict(zip(map(tuple, ngrams[inner].tolist()), counts.raw[2][inner].tolist(), strict=True))
    assert {gram: n for gram, n in found.items() if gram[0] != size} == expected


def same(one: NgramCounts, other: NgramCounts) -> bool:
    pairs = zip(
        (*one.trie.words, *one.trie.first, *one.raw, one.first_seen),
        (*other.trie.words, *other.trie.first, *other.raw, other.first_seen),
        strict=True,
    )
    return all(np.array_equal(a, b) for a, b in pairs)


@settings(deadline=None)
@given(text=TEXTS, more=TEXTS, order=st.integers(1, 5))
def test_merged_counts_are_those_of_the_whole(text, more, order):
    parts = [NgramCounts.count(corpus_of(part), order=order, vocab_size=V) for part in (text, more)]
    whole = NgramCounts.count(corpus_of(text + more), order=order, vocab_size=V)
    assert same(parts[0].merge(parts[1]), whole)


@pytest.mark.parametrize("kind", ["processes", "dask"])
def test_counts_of_workers_merge_to_those_of_the_whole(kind):
    from textkit.engine import Dask, Processes, map_blocks

    if kind == "dask":
        pytest.importorskip("distributed")
    random = np.random.default_rng(1)
    text = [random.choice([0, 2, 3, 4, 5], size=random.integers(0, 9)).tolist() for _ in range(300)]
    parts = [corpus_of(text[i : i + 40]) for i in range(0, len(text), 40)]
    work = functools.partial(NgramCounts.count, order=3, vocab_size=V)
    with Processes(2) if kind == "processes" else Dask(2) as engine:
        counts = functools.reduce(NgramCounts.merge, map_blocks(work, parts, engine=engine))
    assert same(counts, NgramCounts.count(corpus_of(text), order=3, vocab_size=V))


def test_counts_of_other_orders_do_not_merge():
    corpus = corpus_of([[2]])
    with pytest.raises(UsageError, match="only counts of the same order and vocabulary can be merged"):
        NgramCounts.count(corpus, order=2, vocab_size=V).merge(
            NgramCounts.count(corpus, order=3, vocab_size=V)
        )
