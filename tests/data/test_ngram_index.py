"""The index of n-grams against a plain count with strings and dicts: features, columns, streams, places."""

from __future__ import annotations

import pickle
import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.data.bag_of_words import NgramIndex, documents, ngram_table
from textkit.errors import InputError, StageError, TextkitError, UsageError
from textkit.text.clean import preset
from textkit.text.pipeline import Pipeline
from textkit.text.token_batch import TokenBatch
from textkit.text.tokenizer import Token
from textkit.text.tokenizers.characters import CharacterTokenizer
from textkit.text.tokenizers.jieba import JiebaTokenizer
from textkit.text.tokenizers.whitespace import WhitespaceTokenizer

WORDS = WhitespaceTokenizer()
# Words of one and several characters, of eight bytes and more that begin alike; white space of all kinds.
words = st.sampled_from(
    ["a", "b", "ab", "好", "好看", "不", "🙂", "é", "abcdefgh", "abcdefghi", "abcdefghij", "!"]
)
blanks = st.text(alphabet=" \t\n\u3000\xa0\x1c", max_size=3)
texts = st.lists(st.lists(st.one_of(words, blanks), max_size=9).map("".join), max_size=8)
token_lists = st.lists(st.lists(st.one_of(words, blanks), max_size=9), max_size=8)
ranges = st.sampled_from([(1, 1), (1, 2), (2, 2), (1, 3), (2, 4), (3, 3)])

examples = settings(deadline=None, max_examples=50)  # the first loads the compiled loops


@pytest.fixture(autouse=True)
def _tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables that grow at every boundary, and parts of few texts."""
    monkeypatch.setattr(ngram_table, "_FIRST_SLOTS", 2)
    monkeypatch.setattr(documents, "_AT_ONCE", 7)


def ngrams(symbols, reach, separator):
    """All n-grams of a sequence of strings."""
    lowest, highest = reach
    return [
        separator.join(symbols[i : i + n])
        for n in range(lowest, highest + 1)
        for i in range(len(symbols) - n + 1)
    ]


def word_ngrams(tokens, reach):
    return ngrams([token for token in tokens if token.strip()], reach, " ")


def character_ngrams(text, reach):
    return ngrams(re.sub(r"\s\s+", " ", text), reach, "")


def plain(counters):
    """The names and the dense matrix of counted features, by code points."""
    names = sorted(set().union(*counters))
    return names, [[counter[name] for name in names] for counter in counters]


def dense(counts):
    """The matrix, its form checked."""
    assert counts.offsets.dtype == np.int64
    assert (counts.columns.dtype, counts.counts.dtype) == (np.int32, np.float32)
    assert all((np.diff(row) > 0).all() for row in np.split(counts.columns, counts.offsets[1:-1]))
    return counts.csr().toarray().astype(int).tolist()


def try_fit(index, given_texts):
    """The counts; None where no feature is left."""
    try:
        return index.fit(given_texts)
    except InputError:
        return None


@examples
@given(token_lists, ranges)
def test_word_features_are_those_of_a_counter(given_tokens, reach):
    index = NgramIndex(None, words=reach)
    names, matrix = plain([Counter(word_ngrams(tokens, reach)) for tokens in given_tokens])
    counts = try_fit(index, given_tokens)
    if counts is None:
        assert not names
    else:
        assert (index.names(), dense(counts)) == (names, matrix)
        assert index.document_frequency.tolist() == (np.array(matrix) > 0).sum(axis=0).tolist()
        assert (index.width, index.documents) == (len(names), len(given_tokens))
        assert dense(index.fit(TokenBatch.of(given_tokens))) == matrix


@examples
@given(texts, ranges)
def test_character_features_are_those_of_a_counter(given_texts, reach):
    index = NgramIndex(WORDS, words=None, characters=reach)
    names, matrix = plain([Counter(character_ngrams(text, reach)) for text in given_texts])
    counts = try_fit(index, given_texts)
    if counts is None:
        assert not names
    else:
        assert (index.names(), dense(counts)) == (names, matrix)


@examples
@given(texts, texts, ranges, ranges)
def test_both_kinds_of_texts_seen_and_unseen(fitted, others, reach, long):
    index = NgramIndex(WORDS, words=reach, characters=long)
    if try_fit(index, fitted) is None:
        return
    word_names = sorted({name for text in fitted for name in word_ngrams(text.split(), reach)})
    names = sorted({name for text in fitted for name in character_ngrams(text, long)})
    assert index.names() == [*word_names, *names]
    assert index.kinds().tolist() == [0] * len(word_names) + [1] * len(names)
    expected = []
    for text in others:
        tokens, characters = Counter(word_ngrams(text.split(), reach)), Counter(character_ngrams(text, long))
        expected.append([tokens[name] for name in word_names] + [characters[name] for name in names])
    assert dense(index.transform(others)) == expected


@examples
@given(st.lists(texts, min_size=1, max_size=4), ranges, st.sampled_from([{}, {"min_df": 2}, {"max_df": 0.5}]))
def test_a_stream_gives_the_features_of_all_at_once(chunks, reach, limits):
    everything = [text for chunk in chunks for text in chunk]
    whole, stream = (NgramIndex(WORDS, words=reach, characters=(1, 2), **limits) for _ in range(2))
    try:
        counts = whole.fit(everything)
    except (InputError, UsageError):
        return
    for chunk in chunks:
        stream.partial_fit(chunk)
    assert stream.names() == whole.names()
    assert stream.document_frequency.tolist() == whole.document_frequency.tolist()
    assert dense(stream.transform(everything)) == dense(counts)
    stream.partial_fit(chunks[0])  # it may go on
    assert stream.documents == len(everything) + len(chunks[0])


def test_fitting_may_be_followed_by_more_texts_if_nothing_was_left_out():
    index = NgramIndex(WORDS, words=(2, 3), characters=(1, 2))
    index.fit(["to be or", "not to be"])
    index.partial_fit(["be or not"])
    whole = NgramIndex(WORDS, words=(2, 3), characters=(1, 2))
    whole.fit(["to be or", "not to be", "be or not"])
    assert index.names() == whole.names()
    assert index.document_frequency.tolist() == whole.document_frequency.tolist()
    pruned = NgramIndex(WORDS, min_df=2)
    pruned.fit(["to be or", "not to be"])
    with pytest.raises(UsageError, match="fit left features out"):
        pruned.partial_fit(["be"])


@examples
@given(texts, texts, ranges)
def test_saved_and_read_again(fitted, others, reach):
    index = NgramIndex(WORDS, words=reach, characters=(2, 3), max_df=0.9)
    try:
        index.fit(fitted)
    except (InputError, UsageError):
        return
    arrays = {name: array.copy() for name, array in index.arrays().items()}
    for copy in (
        NgramIndex.from_arrays(arrays, WORDS, index.settings()),
        pickle.loads(pickle.dumps(index)),
    ):
        assert copy.names() == index.names()
        assert copy.document_frequency.tolist() == index.document_frequency.tolist()
        assert dense(copy.transform(others)) == dense(index.transform(others))
        assert copy.arrays().keys() == arrays.keys()
        assert all((copy.arrays()[name] == arrays[name]).all() for name in arrays)


@examples
@given(texts, texts, ranges)
def test_occurrences_are_the_slices_that_are_counted(fitted, others, reach):
    index = NgramIndex(WORDS, words=reach, characters=(1, 3))
    if try_fit(index, fitted) is None:
        return
    names, kinds = index.names(), index.kinds()
    for text in others:
        columns, starts, ends = index.occurrences(text)
        row = dense(index.transform([text]))[0]
        assert np.bincount(columns, minlength=index.width).tolist() == row
        assert starts.tolist() == sorted(starts)
        for column, start, end in zip(columns, starts, ends, strict=True):
            form = r"\s+" if kinds[column] == 0 else r"\s\s+"
            assert re.sub(form, " ", text[start:end]) == names[column]


def test_occurrences_in_the_raw_text_through_cleaning():
    index = NgramIndex(preset("sentiment").then(JiebaTokenizer()), words=(1, 2), characters=(2, 2))
    index.fit(["物流很快", "质量不好"])
    raw = "<b>物流</b>，很快！！ 質 量"
    columns, starts, ends = index.occurrences(raw)
    names = index.names()
    found = {(names[c], raw[s:e]) for c, s, e in zip(columns, starts, ends, strict=True)}
    assert ("物流", "物流") in found
    assert ("物流 很快", "物流</b>，很快") in found
    assert ("很快", "很快") in found
    assert np.bincount(columns, minlength=index.width).tolist() == dense(index.transform([raw]))[0]


def test_occurrences_of_words_that_overlap():
    index = NgramIndex(JiebaTokenizer(mode="search"), words=(1, 2))
    text = "我来到北京清华大学"
    index.fit([text])
    names = index.names()
    columns, starts, ends = index.occurrences(text)
    found = {(names[c], text[s:e]) for c, s, e in zip(columns, starts, ends, strict=True)}
    assert {("清华", "清华"), ("清华大学", "清华大学"), ("大学 清华大学", "清华大学")} <= found


@examples
@given(texts, ranges)
def test_hashed_features_are_the_counts_of_exact_ones_put_together(given_texts, reach):
    exact, hashed, few = (
        NgramIndex(WORDS, words=reach, characters=(1, 3), buckets=buckets) for buckets in (None, 1 << 18, 3)
    )
    if (counts := try_fit(exact, given_texts)) is None:
        return
    wide = hashed.transform(given_texts)
    assert len(set(wide.columns.tolist())) == exact.width  # so many buckets that none is shared
    assert sorted(wide.counts.tolist()) == sorted(counts.counts.tolist())
    totals = [sum(row) for row in dense(counts)]
    assert [sum(row) for row in dense(few.transform(given_texts))] == totals
    assert all((one == other).all() for one, other in zip(hashed.fit(given_texts)[:3], wide[:3], strict=True))
    assert hashed.document_frequency.sum() == len(wide.columns)
    copy = NgramIndex.from_arrays(hashed.arrays(), WORDS, hashed.settings())
    assert copy.documents == len(given_texts)
    assert (copy.document_frequency == hashed.document_frequency).all()


def test_a_word_and_characters_that_look_alike_hash_apart():
    index = NgramIndex(CharacterTokenizer(), words=(1, 2), characters=(1, 2), buckets=1 << 20)
    columns, starts, ends = index.occurrences("好看")
    assert len(set(columns.tolist())) == 6  # 好, 看 and 好看, twice
    assert (
        sorted(zip(starts.tolist(), ends.tolist(), strict=True)) == [(0, 1)] * 2 + [(0, 2)] * 2 + [(1, 2)] * 2
    )
    assert np.bincount(columns, minlength=1 << 20).tolist() == dense(index.transform(["好看"]))[0]


def test_a_row_of_many_features_is_sorted():
    random = np.random.default_rng(1)
    texts = [" ".join(map(str, random.integers(0, 3000, size))) for size in (0, 1, 31, 32, 33, 5000)]
    index = NgramIndex(WORDS, words=(1, 2))
    names, matrix = plain([Counter(word_ngrams(text.split(), (1, 2))) for text in texts])
    assert (dense(index.fit(texts)), index.names()) == (matrix, names)
    assert dense(index.transform(texts)) == matrix


@dataclass(frozen=True)
class Fragile:
    """A tokenizer that is no batch tokenizer, and fails at times."""

    def __call__(self, text):
        if "?" in text:
            raise InputError("a question")
        if "!" in text:
            raise ValueError("too loud")
        return text.split()

    def offsets(self, text):
        return [Token(match.group(), *match.span()) for match in re.finditer(r"\S+", text)]

    def detokenize(self, tokens):
        return " ".join(tokens)


def test_any_tokenizer_will_do_and_its_errors_name_the_text():
    index = NgramIndex(Pipeline.of(Fragile()))
    assert dense(index.fit(["b a", "a a"])) == [[1, 1], [2, 0]]
    with pytest.raises(InputError, match="text 3: a question"):
        index.transform(["a", "b", "?", "!"])
    with pytest.raises(StageError, match="text 2: the tokenizer failed: ValueError"):
        index.transform(["a", "!"])
    cleaned = NgramIndex(preset("en").then(WORDS))
    assert dense(cleaned.fit(["A a  b"])) == [[2, 1]]


def test_a_token_with_a_blank_is_not_two_words():
    index = NgramIndex(None, words=(1, 2))
    counts = index.fit([["a b", "c"], ["a", "b"]])
    assert index.names() == ["a", "a b", "a b", "a b c", "b", "c"]
    assert sorted(map(sum, dense(counts))) == [3, 3]


def test_a_table_has_an_end(monkeypatch):
    monkeypatch.setattr(ngram_table, "_MOST", 8)
    with pytest.raises(TextkitError, match="more than 5 different n-grams"):
        NgramIndex(WORDS, words=(1, 2)).fit([" ".join(map(str, range(20)))])
