"""Vocabulary: order, round trips, escapes, specials that no text can spell, damage that is told."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from textkit.errors import CheckpointError, InputError, UsageError
from textkit.text import vocab_file
from textkit.text.token_batch import TokenBatch
from textkit.text.vocab import Vocab
from textkit.text.vocab_arena import VocabArena, _all_single

tokens = st.text(alphabet="ab中\n\r\t\\ <>", max_size=4)
texts = st.lists(st.lists(tokens, max_size=8), max_size=6)


def reference(sequences: list[list[str]], min_count: int) -> list[str]:
    """Count descending, then first seen, in the plainest way."""
    flat = [token for sequence in sequences for token in sequence if token != "<unk>"]
    counts = Counter(flat)
    return sorted((t for t in counts if counts[t] >= min_count), key=lambda t: (-counts[t], flat.index(t)))


@given(texts, st.integers(1, 3))
def test_order_is_count_then_first_seen(sequences: list[list[str]], min_count: int) -> None:
    vocab = Vocab.build(iter(sequences), min_count=min_count)
    assert list(vocab.tokens) == ["<unk>", *reference(sequences, min_count)]
    flat = [token for sequence in sequences for token in sequence]
    assert sum(vocab.counts) == len(flat)
    assert [vocab.counts[vocab.id(t)] for t in vocab.tokens[1:]] == [flat.count(t) for t in vocab.tokens[1:]]


@given(texts)
def test_ids_come_back_as_tokens(sequences: list[list[str]]) -> None:
    vocab = Vocab.build(sequences)
    assert vocab.decode_batch(vocab.encode_batch(sequences)) == sequences


special_texts = st.lists(st.lists(st.sampled_from(["a", "b", "", "<unk>", "</s>", "<pad>", "\0", "中"])))


@given(special_texts, special_texts, st.integers(1, 3))
def test_a_batch_is_encoded_as_its_tokens_are(
    text: list[list[str]], other: list[list[str]], min_count: int
) -> None:
    vocab = Vocab.build(text, min_count=min_count, specials=("<pad>", "<unk>", "</s>"))
    ids = vocab.encode_flat(TokenBatch.of(other))
    assert ids.dtype == np.int32
    assert ids.tolist() == [i for line in other for i in vocab.encode(line)]


@given(texts)
def test_a_plain_list_encodes_batches_too(text: list[list[str]]) -> None:
    names = tuple(dict.fromkeys(token for line in text for token in line))
    half = "\ud800"  # which no batch can hold
    vocab = Vocab((*names, half), (0,) * (len(names) + 1), specials=0, unknown=None)
    ids = vocab.encode_flat(TokenBatch.of(text)).tolist()
    assert ids == [vocab.encode([token])[0] for line in text for token in line]
    with pytest.raises(InputError, match="the token 'new 词' is not in this vocabulary without unknown"):
        vocab.encode_flat(TokenBatch.of([*text, ["new 词", "other"]]))


def test_what_is_made_for_encoding_is_not_sent_along() -> None:
    vocab = Vocab.build([["a"]])
    before = pickle.dumps(vocab)
    vocab.encode_flat(TokenBatch.of([["a"]]))
    assert pickle.dumps(vocab) == before
    assert pickle.loads(before).encode_flat(TokenBatch.of([["a", "b"]])).tolist() == [1, 0]


def test_the_total_tells_how_many_fell_to_the_unknown_word() -> None:
    assert Vocab.from_counts({"a": 2}, total=5).counts == (3, 2)


@given(texts)
def test_files_hold_any_token(tmp_path_factory: pytest.TempPathFactory, sequences: list[list[str]]) -> None:
    path = tmp_path_factory.mktemp("vocab") / "v.txt"
    vocab = Vocab.build(sequences, specials=("<pad>", "<unk>"))
    vocab.save(path)
    assert Vocab.load(path) == vocab
    assert path.read_bytes().count(b"\n") == len(vocab) + 1  # one token a line, and the header
    assert pickle.loads(pickle.dumps(vocab)) == vocab


@given(texts, st.integers(2, 9))
def test_max_size_keeps_the_first(sequences: list[list[str]], size: int) -> None:
    whole = Vocab.build(sequences, specials=("<s>", "<unk>"))
    small = Vocab.build(sequences, specials=("<s>", "<unk>"), max_size=size)
    assert small.tokens == whole.tokens[:size]
    assert sum(small.counts) == sum(whole.counts)
    assert whole.prune(max_size=size) == small


@given(texts, st.integers(1, 3))
def test_pruning_equals_building_with_the_threshold(sequences: list[list[str]], min_count: int) -> None:
    assert Vocab.build(sequences).prune(min_count=min_count) == Vocab.build(sequences, min_count=min_count)


@given(texts, texts)
def test_merging_equals_building_from_both(one: list[list[str]], two: list[list[str]]) -> None:
    merged = Vocab.build(one).merge(Vocab.build(two))
    both = Vocab.build([*one, *two])
    assert dict(zip(merged.tokens, merged.counts, strict=True)) == dict(
        zip(both.tokens, both.counts, strict=True)
    )
    assert list(merged.counts[1:]) == sorted(merged.counts[1:], reverse=True)


def test_the_order_does_not_depend_on_the_process() -> None:
    generator = random.Random(0)
    sequences = [[generator.choice("abcdefgh") for _ in range(9)] for _ in range(20)]
    assert Vocab.build(sequences).digest() == "671e1d2b6fc7"


def test_text_cannot_spell_a_special() -> None:
    vocab = Vocab.build([["</s>", "a", "<unk>"]], specials=("<unk>", "</s>"))
    assert vocab.tokens == ("<unk>", "</s>", "a")
    assert vocab.encode(["</s>", "<unk>", "a"]) == [0, 0, 2]
    assert vocab.id("</s>") == 1
    assert vocab.counts == (2, 0, 1)


def test_unknown_tokens_without_an_unknown_word_are_an_error() -> None:
    vocab = Vocab.build([["a"]], specials=(), unknown=None)
    assert vocab.tokens == ("a",)
    with pytest.raises(InputError, match="the token 'b' is not in this vocabulary"):
        vocab.encode(["b"])
    with pytest.raises(InputError, match="ids run from 0 to 0 in this vocabulary, not -1"):
        vocab.decode([-1])
    with pytest.raises(UsageError, match="the token 'b' is not in the vocabulary"):
        vocab.id("b")


def test_plain_lists_are_vocabularies_too(tmp_path: Path) -> None:
    (tmp_path / "v.txt").write_text("<unk>\nthe\ncat\n")
    vocab = Vocab.load(tmp_path / "v.txt")
    assert vocab.encode(["cat", "dog"]) == [2, 0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("cat", "cow"), "the tokens do not match the header's digest"),
        (lambda text: text[:-6], "v.txt"),
        (
            lambda text: text.replace("cat\t1", "cat"),
            "v.txt:4: a line is a token, a tab and a count, not 'cat'",
        ),
        (
            lambda text: text.replace('"format": 1', '"format": 7'),
            "v.txt:1: format 7; this version reads format 1",
        ),
        (lambda text: text.replace('"specials": 1', '"specials'), "v.txt:1: not a vocabulary header"),
        (lambda text: "", "not a vocabulary: the file is empty"),
    ],
)
def test_damage_is_told_with_its_line(change, message: str, tmp_path: Path) -> None:
    path = tmp_path / "v.txt"
    Vocab.build([["the", "cat", "the"]]).save(path)
    path.write_text(change(path.read_text()))
    with pytest.raises(CheckpointError) as error:
        Vocab.load(path)
    assert message in str(error.value)


def test_other_bad_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be read: no such file or directory"):
        Vocab.load(tmp_path / "none")
    (tmp_path / "v").write_bytes(b"\xff\xfe")
    with pytest.raises(CheckpointError, match="not valid UTF-8 at byte 0"):
        Vocab.load(tmp_path / "v")


@given(texts, st.booleans())
def test_a_vocabulary_from_a_file_is_used_before_its_strings_are_made(
    tmp_path_factory: pytest.TempPathFactory, sequences: list[list[str]], with_unknown: bool
) -> None:
    specials, unknown = (("<pad>", "<unk>"), "<unk>") if with_unknown else ((), None)
    vocab = Vocab.build(sequences, specials=specials, unknown=unknown)
    path = tmp_path_factory.mktemp("vocab") / "v.txt"
    vocab.save(path)

    def load() -> Vocab:
        return Vocab.load(path)

    assert len(load()) == len(vocab)
    assert load().digest() == vocab.digest()
    assert [load().id(token) for token in vocab.tokens] == list(range(len(vocab)))
    asked = [*sequences, [*vocab.tokens]] if with_unknown else sequences
    assert load().encode_flat(TokenBatch.of(asked)).tolist() == [i for s in asked for i in vocab.encode(s)]
    assert (load().counts, load().tokens) == (vocab.counts, vocab.tokens)
    assert (hash(load()), repr(load())) == (hash(vocab), repr(vocab))
    assert pickle.loads(pickle.dumps(load())) == copy.copy(load()) == dataclasses.replace(load()) == vocab


def test_a_vocabulary_from_a_file_cannot_be_changed(tmp_path: Path) -> None:
    Vocab.build([["a"]]).save(tmp_path / "v.txt")
    vocab = Vocab.load(tmp_path / "v.txt")
    with pytest.raises(dataclasses.FrozenInstanceError):
        vocab.tokens = ("b",)  # type: ignore[misc]
    with pytest.raises(AttributeError, match="'Vocab' object has no attribute 'words'"):
        vocab.words  # type: ignore[attr-defined] # noqa: B018
    assert vocab.tokens is vocab.tokens


@pytest.mark.parametrize("piece", [1, 7, 64])
def test_files_are_read_in_pieces(piece: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textkit.text.vocab_arena._PIECE", piece)
    tokens = ("<unk>", "", "a", "\\", "\\n", "\n\t", *(str(i) * i for i in range(1, 60)), "中文" * 99)
    vocab = Vocab(tokens, tuple(10 ** (i % 18) for i in range(len(tokens))))
    vocab.save(tmp_path / "v.txt")
    assert VocabArena.of((tmp_path / "v.txt").read_bytes().partition(b"\n")[2]) is not None
    assert Vocab.load(tmp_path / "v.txt") == vocab


line = st.builds(
    lambda token, tab, count, end: token + tab + count + end,
    st.sampled_from(
        ["a", "b", "bb", "", "\\\\", "\\n", "\\q", "\\", "\r", "中", "longer than eight", "<unk>"]
    ),
    st.sampled_from(["\t"] * 9 + ["", "\t\t"]),
    st.sampled_from(["0", "17", "9" * 18] * 3 + ["", "9" * 19, "1_0", "-1", "٣", " 1"]),
    st.sampled_from(["\n"] * 9 + ["", "\n\n", "\r\n"]),
)


@given(st.lists(line, max_size=6))
@example(["a\t0", "a\t0\n"])
def test_the_quick_way_into_a_file_takes_only_what_the_other_takes_alike(lines: list[str]) -> None:
    body = "".join(lines)
    arena = VocabArena.of(body.encode())
    header = '#textkit-vocab {"format": 1, "specials": 0, "unknown": null, "digest": null}\n'
    try:
        file = vocab_file.parse((header + body).encode(), source="v", unknown="<unk>")
    except CheckpointError:
        assert arena is None
        return
    one_tab = all(each.count("\t") == 1 for each in body.split("\n") if each)  # an end may be lacking between
    plain = body.endswith("\n") and not any(odd in body for odd in ("\r", "\\q", "\\\t", "\t\t", "٣"))
    if len(set(file.tokens)) < len(file.tokens) or not body:
        assert arena is None
    elif plain and one_tab:
        assert arena is not None
    if arena is not None:
        assert (arena.tokens(), tuple(arena.counts.tolist())) == (file.tokens, file.counts)
        assert list(map(arena.token, range(len(arena)))) == list(file.tokens)
        assert arena.digest == vocab_file.digest(file.tokens)


def test_hashes_that_meet_are_told() -> None:
    keys = np.random.default_rng(0).integers(0, 2**64, 1000, dtype=np.uint64)
    assert _all_single(keys)
    for one, other in ((0, 1), (3, 900), (998, 999)):
        twice = keys.copy()
        twice[one] = twice[other]
        assert not _all_single(twice)
    near = np.arange(1000, dtype=np.uint64)  # all want one place
    assert _all_single(near)
    assert not _all_single(np.append(near, np.uint64(5)))
