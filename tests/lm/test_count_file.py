"""Count files: what is written is read back, parts add up, and damage raises nothing but input errors."""

from __future__ import annotations

import gzip
import random
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.data.encoded import EncodedCorpus
from textkit.errors import InputError, TextkitError, UsageError
from textkit.lm.counts import NgramCounts
from textkit.lm.counts.file import read_counts, write_counts
from textkit.lm.language_model import language_model_vocab
from textkit.lm.ngram import NgramModel
from textkit.lm.smoothing.catalog import make_smoothing
from textkit.text.vocab import Vocab

WORDS = st.sampled_from(["a", "b", "中文", "d", "<unk>"])
TEXTS = st.lists(st.lists(WORDS, max_size=7), min_size=1, max_size=8)
Text = list[list[str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all examples of a test."""
    return tmp_path_factory.mktemp("counts")


@st.composite
def orders(draw: st.DrawFn, low: int, high: int) -> tuple[Text, int]:
    """A text and an order that it has n-grams of."""
    text = draw(TEXTS)
    longest = max(len(line) for line in text) + 2
    return text, draw(st.integers(low, min(high, longest)))


def count(text: Text, order: int, vocab: Vocab | None = None) -> tuple[NgramCounts, Vocab]:
    vocab = vocab or language_model_vocab(Counter(word for line in text for word in line))
    corpus = EncodedCorpus.from_sequences([*vocab.encode(line), 1] for line in text)
    return NgramCounts.count(corpus, order=order, vocab_size=len(vocab)), vocab


def by_hand(text: Text, order: int) -> Counter[tuple[str, ...]]:
    counter: Counter[tuple[str, ...]] = Counter()
    for line in text:
        words = ["<s>", *line, "</s>"]
        for k in range(1, order + 1):
            counter.update(tuple(words[i : i + k]) for i in range(len(words) - k + 1))
    return counter


def table(counts: NgramCounts, vocab: Vocab) -> Counter[tuple[str, ...]]:
    """What is in counts, in words; `<s>` alone and words that never were left out."""
    spelled = [*vocab.tokens, "<s>"]
    found = {}
    for k in range(1, counts.order + 1):
        for row, ngram in enumerate(counts.trie.ngrams(k, np.arange(counts.trie.size(k))).tolist()):
            found[tuple(spelled[i] for i in ngram)] = int(counts.raw[k - 1][row])
    return +Counter(found)


def save(path: Path, table: Counter[tuple[str, ...]]) -> Path:
    path.write_text("".join(f"{' '.join(ngram)}\t{n}\n" for ngram, n in table.items()), encoding="utf-8")
    return path


def without_begin(table: Counter[tuple[str, ...]]) -> Counter[tuple[str, ...]]:
    return Counter({ngram: n for ngram, n in table.items() if ngram != ("<s>",)})


def test_a_byte_order_mark_is_no_part_of_a_word(tmp_path: Path) -> None:
    lines = "b </s>\t2\na b\t2\n<s> a\t2\nb\t2\na\t2\n</s>\t2\n"
    for name, text in (("plain", lines), ("marked", "\ufeff" + lines)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    one, other = (read_counts([tmp_path / name]) for name in ("plain", "marked"))
    assert one[1].tokens == other[1].tokens
    same(one[0], other[0])


def same(one: NgramCounts, other: NgramCounts) -> None:
    assert one.order == other.order
    mine, theirs = ((*c.raw, *c.trie.words, *c.trie.first) for c in (one, other))
    assert all(np.array_equal(a, b) for a, b in zip(mine, theirs, strict=True))


@given(case=orders(1, 5), name=st.sampled_from(["x.counts", "x.counts.gz"]))
@settings(max_examples=40, deadline=None)
def test_what_is_written_is_read_back(folder: Path, case: tuple[Text, int], name: str) -> None:
    text, order = case
    counts, vocab = count(text, order)
    path = folder / name
    write_counts(counts, vocab, path)
    read, found = read_counts([path])
    assert found == vocab
    same(read, counts)


@given(case=orders(1, 4))
@settings(max_examples=30, deadline=None)
def test_the_file_says_what_a_dictionary_counts(folder: Path, case: tuple[Text, int]) -> None:
    text, order = case
    path = folder / "x"
    write_counts(*count(text, order), path)
    lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    found = {tuple(words.split(" ")): int(n) for words, n in lines}
    assert len(found) == len(lines)
    assert +Counter(found) == by_hand(text, order)


@given(case=orders(1, 4), cut=st.integers(1, 7), seed=st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_parts_add_up_whatever_the_order_of_lines(
    folder: Path, case: tuple[Text, int], cut: int, seed: int
) -> None:
    text, order = case
    paths: list[Path] = []
    for part in filter(None, (text[:cut], text[cut:])):
        counts = list(by_hand(part, order).items())
        random.Random(seed).shuffle(counts)
        paths.append(save(folder / str(len(paths)), Counter(dict(counts))))
    read, vocab = read_counts(paths)
    assert table(read, vocab) == without_begin(by_hand(text, order))
    same(read, count(text, order, vocab)[0])


@given(case=orders(2, 4), data=st.data())
@settings(max_examples=60, deadline=None)
def test_shorter_ngrams_follow_from_the_longer_ones(
    folder: Path, case: tuple[Text, int], data: st.DataObject
) -> None:
    text, order = case
    whole = by_hand(text, order)
    derived = [ngram for ngram in whole if len(ngram) < order and ngram[-1] != "</s>"]
    missing = set(data.draw(st.lists(st.sampled_from(derived)))) if derived else set()
    path = folder / "x"
    save(path, Counter({ngram: n for ngram, n in whole.items() if ngram not in missing}))
    read, vocab = read_counts([path])
    assert table(read, vocab) == without_begin(whole)
    shorter, vocab = read_counts([path], order=order - 1)
    assert table(shorter, vocab) == without_begin(by_hand(text, order - 1))
    assert list(vocab.counts[2:]) == sorted(vocab.counts[2:], reverse=True)
    assert np.array_equal(np.delete(shorter.raw[0][:-1], 1), np.delete(vocab.counts, 1))


def estimate(counts: NgramCounts, vocab: Vocab, name: str) -> NgramModel:
    return make_smoothing(name).estimate(counts, vocab)


def agree(one: NgramModel, other: NgramModel) -> None:
    assert one.vocab == other.vocab
    for mine, theirs in ((one.log_prob, other.log_prob), (one.log_backoff, other.log_backoff)):
        for a, b in zip(mine, theirs, strict=True):
            np.testing.assert_allclose(a.all(), b.all(), atol=1e-6, rtol=0)


@given(case=orders(1, 4))
@settings(max_examples=25, deadline=None)
def test_models_from_counts_are_those_from_the_text(folder: Path, case: tuple[Text, int]) -> None:
    text, order = case
    # Words first seen in the order of their ids, since count files tell no other.
    ranked = [w for w, _ in Counter(w for line in text for w in line if w != "<unk>").most_common()]
    counts, vocab = count([ranked, *text], order)
    path = folder / "x"
    write_counts(counts, vocab, path)
    for name in ("modified-kneser-ney", "witten-bell", "mle"):
        agree(estimate(*read_counts([path]), name), estimate(counts, vocab, name))


def test_another_order_of_first_appearance_changes_nothing_else(tmp_path: Path) -> None:
    generator = np.random.default_rng(5)
    text = [[f"w{i}" for i in generator.zipf(1.5, size=12) if i < 200] for _ in range(400)]
    counts, vocab = count(text, 3)
    write_counts(counts, vocab, tmp_path / "x")
    read, found = read_counts([tmp_path / "x"])
    alike = replace(counts, first_seen=read.first_seen)
    agree(estimate(read, found, "modified-kneser-ney"), estimate(alike, vocab, "modified-kneser-ney"))
    seen = read.first_seen[2:-1]
    assert seen.min() >= 1
    assert (np.diff(seen) > 0).all()


def test_counts_larger_than_their_continuations_are_kept(tmp_path: Path) -> None:
    counted = {"a": 50, "b": 20, "</s>": 60, "<s>": 60, "a b": 12, "b a": 3, "b </s>": 7, "a b </s>": 5}
    path = save(tmp_path / "x", Counter({tuple(k.split()): n for k, n in counted.items()}))
    counts, vocab = read_counts([path])
    assert table(counts, vocab) == {tuple(k.split()): n for k, n in counted.items() if k != "<s>"}
    model = estimate(counts, vocab, "witten-bell")
    assert np.isfinite(model.log_prob[2].all()).all()


def test_counts_beyond_four_bytes(tmp_path: Path) -> None:
    most = 10**15
    (tmp_path / "x").write_text(f"a b\t{most}\na b\t{most}\nb\t{3 * 10**9}\n</s> 1\n")
    counts, vocab = read_counts([tmp_path / "x"])
    assert table(counts, vocab) == {("a", "b"): 2 * most, ("a",): 2 * most, ("b",): 3 * 10**9, ("</s>",): 1}
    write_counts(counts, vocab, tmp_path / "y")
    again, _ = read_counts([tmp_path / "y"])
    same(again, counts)


@pytest.mark.parametrize(
    "text",
    [
        "a b 2\nb </s> 2\n</s> 2",  # blanks, no line end
        "a\tb\t2\n\n  b  </s>\t 2 \n</s>\t2\n",  # tabs, more blanks, an empty line
        "\r\na b\t2\r\nb </s>\t2\r\n</s>\t2\r\n",  # line ends of Windows
        "b </s>\t1\na b\t002\n</s>\t2\nb </s>\t1\n",  # not sorted, and in two parts
        "a b\t2\nb </s>\t2\nb a\t0\n</s>\t2\n<s>\t7\n",  # never counted, and <s> alone
    ],
)
def test_other_ways_to_write_the_same(tmp_path: Path, text: str) -> None:
    (tmp_path / "x").write_bytes(text.encode())
    counts, vocab = read_counts([tmp_path / "x"])
    expected = {("a",): 2, ("b",): 2, ("</s>",): 2, ("a", "b"): 2, ("b", "</s>"): 2}
    assert table(counts, vocab) == expected
    assert counts.raw[0].tolist() == [0, 2, 2, 2, 0]


def test_words_that_never_were_stay_in_the_vocabulary(tmp_path: Path) -> None:
    vocab = language_model_vocab({"a": 2, "b": 1}, always=["z"])
    counts, _ = count([["a", "b"], ["a"]], 2, vocab)
    write_counts(counts, vocab, tmp_path / "x")
    read, found = read_counts([tmp_path / "x"])
    assert found.tokens == ("<unk>", "</s>", "a", "b", "z")
    same(read, counts)
    assert read.first_seen.tolist() == [-1, 0, 1, 2, -1, 0]


def test_what_cannot_be_written(tmp_path: Path) -> None:
    for word in ("a b", "a\tb", "", "<s>", "a\ud800"):
        counts, vocab = count([[word]], 1, Vocab(("<unk>", "</s>", word), (0, 0, 1), specials=2))
        with pytest.raises(UsageError, match=r"x: the word .* \(id 2\) cannot stand in a count file"):
            write_counts(counts, vocab, tmp_path / "x")
    counts, vocab = count([["a"]], 1)
    with pytest.raises(UsageError, match="counts are of 3 words, the vocabulary has 2"):
        write_counts(counts, language_model_vocab({}), tmp_path / "x")
    with pytest.raises(TextkitError, match="cannot be written"):
        write_counts(counts, vocab, tmp_path / "none" / "x")
    assert not list(tmp_path.iterdir())


def test_the_file_depends_on_neither_threads_nor_time(tmp_path: Path) -> None:
    generator = np.random.default_rng(3)
    text = [[f"w{i}" for i in generator.integers(0, 5000, 400)] for _ in range(200)]
    counts, vocab = count(text, 3)
    for name in ("a.gz", "b.gz", "c"):
        write_counts(counts, vocab, tmp_path / name, jobs=1 if name == "a.gz" else 3)
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()
    assert gzip.decompress((tmp_path / "a.gz").read_bytes()) == (tmp_path / "c").read_bytes()
    for jobs in (1, 3):
        read, found = read_counts([tmp_path / "a.gz"], jobs=jobs)
        assert found == vocab
        same(read, counts)


def test_damage_raises_nothing_but_input_errors(tmp_path: Path) -> None:
    path = tmp_path / "x"
    write_counts(*count([["a", "b", "中文"], ["b", "a"], ["a"]], 3), path)
    whole, generator = path.read_bytes(), random.Random(11)
    faults = 0
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(generator.randint(1, 4)):
            place = generator.randrange(len(damaged))
            kind = generator.randrange(3)
            if kind == 0:
                damaged[place] = generator.choice(b"\n\t \r<s>/09a\xff\x00")
            elif kind == 1:
                del damaged[place : place + generator.randint(1, 9)]
            else:
                damaged[place:place] = damaged[: generator.randint(1, 20)]
        path.write_bytes(bytes(damaged))
        try:
            read_counts([path])
        except InputError as error:
            assert re.match(rf"{re.escape(str(path))}:\d+: [^\n]+$", str(error))
            faults += 1
    assert faults > 100
