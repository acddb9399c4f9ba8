"""Files that stand alone, damaged: refused in one line, or read as they were; caches are made anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from damage_mutations import ACCIDENTS

from textkit.data.bag_of_words import saved
from textkit.errors import CheckpointError, TextkitError
from textkit.tasks.sweep.trials import Journal, Outcome
from textkit.text.tokenizers import jieba_dictionary, jieba_model
from textkit.text.vocab import Vocab

PLAN = {"command": "train-lm", "measure": "perplexity", "set of trials": {"trial-001": {"hidden": 3}}}
TRIES = 150


def _vocab(folder: Path) -> Any:
    vocab = Vocab.load(folder / "vocab.txt")
    return vocab.tokens, vocab.counts, vocab.specials, vocab.unknown


def _save_vocab(folder: Path) -> None:
    Vocab.build([["the", "cat", "sat", "猫"], ["the", "cat"], ["tab\t"]] * 7).save(folder / "vocab.txt")


def _sweep(folder: Path) -> Any:
    return Journal.read(folder).outcomes


def _save_sweep(folder: Path) -> None:
    journal = Journal.open(folder, PLAN)
    journal.put("trial-001", Outcome("finished", 12.75, 3.0))
    journal.put("trial-002", Outcome("failed", message="no room"))


def _bag(folder: Path) -> Any:
    found = saved.read(folder / "bag")
    return found.settings, {name: array.tolist() for name, array in found.arrays.items()}


def _save_bag(folder: Path) -> None:
    settings = {"words": [1, 2], "min_df": 2, "lowercase": True}
    saved.write(folder / "bag", saved.Saved(None, settings, {"keys": np.arange(300), "idf": np.ones(30)}))


@pytest.mark.parametrize(
    ("save", "read"),
    [(_save_vocab, _vocab), (_save_sweep, _sweep), (_save_bag, _bag)],
    ids=["vocabulary", "sweep", "bag-of-words"],
)
def test_a_damaged_file_is_refused_or_says_the_same(
    save: Callable[[Path], None], read: Callable[[Path], Any], tmp_path: Path
) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    save(whole)
    right, refused = read(whole), 0
    content = {path: path.read_bytes() for path in whole.rglob("*") if path.is_file()}
    for number in range(TRIES):
        name = list(ACCIDENTS)[number % len(ACCIDENTS)]
        work = tmp_path / str(number)
        for path, data in content.items():
            copy = work / path.relative_to(whole)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(data)
        ACCIDENTS[name](Random(number), work, whole)
        try:
            assert read(work) == right, (name, number)
        except TextkitError as error:
            assert "\n" not in str(error)
            refused += 1
    assert refused > TRIES / 3


def test_a_vocabulary_that_lost_its_header_is_no_plain_list(tmp_path: Path) -> None:
    _save_vocab(tmp_path)
    path = tmp_path / "vocab.txt"
    path.write_bytes(path.read_bytes().replace(b"#textkit-vocab", b"#textkiv-vocab"))
    with pytest.raises(CheckpointError, match=r"vocab.txt:1: the header of a vocabulary is damaged or gone"):
        Vocab.load(path)


def test_of_vocabularies_without_a_sum_counts_may_be_edited(tmp_path: Path) -> None:
    _save_vocab(tmp_path)
    path = tmp_path / "vocab.txt"
    text = path.read_text().replace("the\t14", "the\t15")
    path.write_text(text)
    with pytest.raises(CheckpointError, match="the counts or the specials do not match"):
        Vocab.load(path)
    head, _, rest = text.partition(', "crc32"')
    path.write_text(head + "}\n" + rest.partition("\n")[2])
    assert Vocab.load(path).counts[Vocab.load(path).id("the")] == 15


def test_a_damaged_cache_of_jieba_is_never_used(tmp_path: Path) -> None:
    path = tmp_path / "jieba.trie"
    model = jieba_model.JiebaModel(
        np.arange(40, dtype=np.uint64), np.arange(9.0), np.arange(99, dtype=np.uint16), np.ones((5, 4)),
        np.arange(12.0), forbidding=False,
    )  # fmt: skip
    data = jieba_model._content(model, "digest")
    path.write_bytes(data)
    assert jieba_model._read(path, "digest") is not None
    assert jieba_model._read(path, "another") is None
    dice = Random(1)
    end = data.index(b"}") + 1
    for place in [*range(end), *(dice.randrange(jieba_model.HEADER, len(data)) for _ in range(200))]:
        path.write_bytes(data[:place] + bytes([data[place] ^ 1 << dice.randrange(8)]) + data[place + 1 :])
        assert jieba_model._read(path, "digest") is None, place
    for size in range(0, len(data), 97):
        path.write_bytes(data[:size])
        assert jieba_model._read(path, "digest") is None


def test_the_cache_of_another_dictionary_is_not_taken(tmp_path: Path) -> None:
    path, data = tmp_path / "jieba.prefixes", "上\n上海".encode()
    path.write_bytes(jieba_dictionary._cache_sum("one", data) + data)
    assert jieba_dictionary._read_cache(path, "one") == ["上", "上海"]
    assert jieba_dictionary._read_cache(path, "two") is None
    path.write_bytes(path.read_bytes()[:-1])
    assert jieba_dictionary._read_cache(path, "one") is None
