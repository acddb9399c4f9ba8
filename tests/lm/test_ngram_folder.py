"""The folder of a model: everything comes back, and no damage, honest or forged, gets in."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from textkit.data.encoded import EncodedCorpus
from textkit.errors import CheckpointError, TextkitError
from textkit.lm.counts import NgramCounts
from textkit.lm.ngram import NgramModel
from textkit.lm.ngram.folder import _digest, fill_ngram, load_ngram, read_header, save_ngram
from textkit.lm.ngram.quantise import quantise
from textkit.lm.ngram.table_file import SUFFIXES, write_table
from textkit.lm.smoothing.catalog import SMOOTHINGS, make_smoothing
from textkit.text.vocab import Vocab

ODD = ("tab\there", "line\nend", "back\\slash", "\\n", "a b", "\x85", "\u2028", "\r", "", "中文", "🎉")
TOKENS = ("<unk>", "</s>", "a", "b", "c", "d")
VOCAB = Vocab(TOKENS, (0, 5, 4, 3, 2, 1), specials=2)
TRAIN = [[2, 3, 4], [2, 3], [], [4, 4, 2, 3], [2, 3, 4, 4]]


def estimate(name: str = "witten-bell", *, order: int = 3, vocab: Vocab = VOCAB) -> NgramModel:
    corpus = EncodedCorpus.from_sequences([*sentence, 1] for sentence in TRAIN)
    counts = NgramCounts.count(corpus, order=order, vocab_size=len(vocab))
    return make_smoothing(name).estimate(counts, vocab)


def assert_equal(one: NgramModel, other: NgramModel) -> None:
    for name in ("vocab", "smoothing", "miss", "notes"):
        assert getattr(one, name) == getattr(other, name)
    pairs = [(one.trie.words, other.trie.words), (one.trie.first, other.trie.first)]
    columns = zip(one.log_prob + one.log_backoff, other.log_prob + other.log_backoff, strict=True)
    pairs += [((column.values, column.centres), (again.values, again.centres)) for column, again in columns]
    for arrays, others in pairs:
        assert len(arrays) == len(others)
        for array, again in zip(arrays, others, strict=True):
            assert array.dtype == again.dtype
            np.testing.assert_array_equal(array, again)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_ngram(estimate(), tmp_path / "model")
    return tmp_path / "model"


@pytest.mark.parametrize("name", list(SMOOTHINGS))
@pytest.mark.parametrize("order", [1, 2, 4, 7])  # of order 7 there is not one n-gram
def test_every_model_comes_back(name: str, order: int, tmp_path: Path) -> None:
    model = estimate(name, order=order)
    save_ngram(model, tmp_path / "m")
    loaded = load_ngram(tmp_path / "m")
    assert_equal(loaded, model)
    text = EncodedCorpus.from_sequences([[2, 3, 4, 0, 1], [5, 5, 4, 1]])
    np.testing.assert_array_equal(loaded.log_probs(text), model.log_probs(text))


def test_quantised_models_come_back(tmp_path: Path) -> None:
    model = quantise(estimate(order=4))
    save_ngram(model, tmp_path / "m")
    loaded = load_ngram(tmp_path / "m")
    assert all(table.quantised for table in loaded.log_prob + loaded.log_backoff)
    assert_equal(loaded, model)


def test_tables_are_mapped_and_cannot_be_written_to(folder: Path) -> None:
    model = load_ngram(folder)
    for array in (*model.trie.words[1:], *model.trie.first, *(t.values for t in model.log_prob)):
        assert type(array) is np.ndarray
        assert not array.flags.owndata
        assert not array.flags.writeable


def test_a_loaded_model_is_saved_again_alike(folder: Path, tmp_path: Path) -> None:
    save_ngram(load_ngram(folder), tmp_path / "again")
    assert [p.name for p in sorted(folder.iterdir())] == [
        p.name for p in sorted((tmp_path / "again").iterdir())
    ]
    for file in folder.iterdir():
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes()


@pytest.mark.parametrize("more", [ODD, ("plain",)])
def test_words_of_every_kind_come_back(more: tuple[str, ...], tmp_path: Path) -> None:
    vocab = Vocab((*TOKENS, *more), tuple(range(len(TOKENS) + len(more))), specials=2)
    save_ngram(estimate(vocab=vocab), tmp_path / "m")
    assert load_ngram(tmp_path / "m").vocab == vocab == Vocab.load(tmp_path / "m" / "vocab.txt")


def test_a_taken_folder_is_kept_and_a_failure_leaves_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(TextkitError, match="already exists; remove it or choose another name"):
        save_ngram(estimate(), folder)
    assert_equal(load_ngram(folder), estimate())

    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("textkit.lm.ngram.folder.write_table", full)
    with pytest.raises(TextkitError, match="new: cannot be written: no space left on device"):
        save_ngram(estimate(), tmp_path / "new")
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_any_flipped_bit_is_found(folder: Path) -> None:
    generator = np.random.default_rng(3)
    for file in sorted(folder.iterdir()):
        data = file.read_bytes()
        for place in range(len(data)):
            damaged = bytearray(data)
            damaged[place] ^= 1 << int(generator.integers(8))
            file.write_bytes(damaged)
            with pytest.raises(CheckpointError) as error:
                load_ngram(folder)
            assert str(folder) in str(error.value)
            assert "\n" not in str(error.value)
        file.write_bytes(data)
    load_ngram(folder)


@pytest.mark.parametrize("damage", ["remove", "empty", "shorten", "lengthen", "folder"])
def test_files_that_are_missing_or_of_another_size(folder: Path, damage: str) -> None:
    for file in sorted(folder.iterdir()):
        data = file.read_bytes()
        if damage in ("remove", "folder"):
            file.unlink()
            if damage == "folder":
                file.mkdir()
        else:
            file.write_bytes({"empty": b"", "shorten": data[:-1], "lengthen": data + b"\1"}[damage])
        if not (file.name == "header.json" and damage == "shorten"):  # its last byte is a line end
            with pytest.raises(CheckpointError) as error:
                load_ngram(folder)
            assert str(file) in str(error.value)
            assert "\n" not in str(error.value)
        if damage == "folder":
            file.rmdir()
        file.write_bytes(data)
    load_ngram(folder)


def test_files_of_one_model_do_not_pass_for_those_of_another(folder: Path, tmp_path: Path) -> None:
    save_ngram(estimate("absolute"), tmp_path / "other")
    for name in ("log_prob.2.f32", "log_backoff.1.f32"):
        kept = (folder / name).read_bytes()
        shutil.copy(tmp_path / "other" / name, folder / name)
        with pytest.raises(
            CheckpointError, match=rf"{name}: damaged: its numbers are not those of header.json"
        ):
            load_ngram(folder)
        (folder / name).write_bytes(kept)
    one, two = folder / "log_prob.2.f32", folder / "log_backoff.2.f32"
    one_data, two_data = one.read_bytes(), two.read_bytes()
    assert len(one_data) == len(two_data)
    one.write_bytes(two_data)
    two.write_bytes(one_data)
    with pytest.raises(CheckpointError, match=r"log_prob.2.f32: damaged"):
        load_ngram(folder)


def forge(folder: Path, name: str, change: Any) -> None:
    """Change a table and make all digests fit, as an attacker would."""
    header = json.loads((folder / "header.json").read_text())
    kind = header["tables"][name]["kind"]
    file = folder / f"{name}{SUFFIXES[kind]}"
    table = np.fromfile(file, kind)
    change(table)
    header["tables"][name]["digest"] = write_table(file, table)
    seal(folder, header)


def seal(folder: Path, header: dict[str, Any]) -> None:
    header.pop("digest", None)
    header["digest"] = _digest(header)
    (folder / "header.json").write_text(json.dumps(header))


@pytest.mark.parametrize(
    ("name", "place", "value", "message"),
    [
        ("words.2", 0, 6, "words.2.i32: damaged: a word is out of range"),  # <s> is never last
        ("words.3", -1, 2**31 - 1, "words.3.i32: damaged: a word is out of range"),
        ("words.3", 1, -1, "words.3.i32: damaged: a word is out of range"),
        ("first.1", 0, 1, "first.1.i64: damaged: the places of the continuations are out of order or range"),
        ("first.1", 0, -1, "first.1.i64: damaged: the places of the continuations are out of order"),
        ("first.1", -1, 10**6, "first.1.i64: damaged: the places of the continuations are out of order"),
        ("first.2", 3, 2**62, "first.2.i64: damaged: the places of the continuations are out of order"),
        ("first.2", 3, -(2**62), "first.2.i64: damaged: the places of the continuations are out of order"),
        ("log_prob.2", 0, np.nan, "log_prob.2.f32: damaged: a logarithm is no number below infinity"),
        ("log_backoff.1", 2, np.inf, "log_backoff.1.f32: damaged: a logarithm is no number below infinity"),
    ],
)
def test_forged_tables_lead_nowhere(folder: Path, name: str, place: int, value: Any, message: str) -> None:
    def change(table: np.ndarray) -> None:
        table[place] = value

    forge(folder, name, change)
    with pytest.raises(CheckpointError, match=message):
        load_ngram(folder)


def test_a_fall_between_two_pieces_is_seen(tmp_path: Path) -> None:
    """Places are looked at in pieces; the last of one must not be above the first of the next."""
    model = estimate(order=2)
    step = (256 * 4096) // 8
    vocab = Vocab((*TOKENS, *map(str, range(2 * step))), (0,) * (len(TOKENS) + 2 * step), specials=2)
    save_ngram(estimate(order=2, vocab=vocab), tmp_path / "m")

    def change(first: np.ndarray) -> None:
        first[:step] = first[-1] - 1  # never falls within a piece
        first[0] = 0
        first[1:step] = model.trie.size(2)
        first[step:-1] = 0

    forge(tmp_path / "m", "first.1", change)
    with pytest.raises(CheckpointError, match="the places of the continuations are out of order"):
        load_ngram(tmp_path / "m")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda h: h.update(format=9), "header.json: format 9; this version reads 1"),
        (lambda h: h.pop("format"), "header.json: damaged: it lacks 'format'"),
        (lambda h: h.pop("sizes"), "header.json: damaged: it lacks 'sizes'"),
        (lambda h: h.pop("smoothing"), "header.json: damaged: it lacks 'smoothing'"),
        (lambda h: h["miss"].pop("unseen"), "header.json: damaged: it lacks 'unseen'"),
        (
            lambda h: h["miss"].update(unseen="much"),
            "header.json: damaged: could not convert string to float",
        ),
        (lambda h: h.update(sizes=[]), "header.json: damaged: 6 words and <s> need as many rows in 'sizes'"),
        (lambda h: h.update(sizes=None), "header.json: damaged: 'NoneType' object is not iterable"),
        (lambda h: h["sizes"].__setitem__(0, 8), "header.json: damaged: 6 words and <s> need as many rows"),
        (lambda h: h["sizes"].__setitem__(1, 8), "words.2.i32: damaged: it has .* bytes, not the 32 of"),
        (lambda h: h["sizes"].__setitem__(1, -8), "words.2.i32: damaged: it has .* bytes, not the -32 of"),
        (lambda h: h["sizes"].append(3), "header.json: damaged: table words.4 of int32 is due, not of none"),
        (lambda h: h["tables"].pop("first.1"), "damaged: table first.1 of int64 is due, not of none"),
        (
            lambda h: h["tables"]["words.2"].update(kind="float32"),
            "damaged: table words.2 of int32 is due, not of float32",
        ),
        (
            lambda h: h["tables"]["log_prob.1"].update(kind="object"),
            "damaged: table log_prob.1 of float32 or uint8 is due, not of object",
        ),
        (lambda h: h.update(tables=[]), "header.json: damaged: 'list' object has no attribute 'items'"),
    ],
)
def test_forged_headers_are_refused(folder: Path, change: Any, message: str) -> None:
    header = json.loads((folder / "header.json").read_text())
    change(header)
    seal(folder, header)
    with pytest.raises(CheckpointError, match=message) as error:
        load_ngram(folder)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "3", '"x"', "[" * 100_000, b"\xff\xfe"])
def test_headers_that_are_none(folder: Path, text: str | bytes) -> None:
    (folder / "header.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(CheckpointError, match=r"header.json: damaged: "):
        load_ngram(folder)


def test_a_forged_vocabulary_is_refused(folder: Path) -> None:
    import hashlib

    path = folder / "vocab.txt"
    lines = path.read_text().splitlines()
    for changed, message in [
        ([*lines[:3], "a\tb\t1", *lines[4:]], "vocab.txt: the tokens do not match|vocab.txt:4"),
        ([*lines[:3], "no count", *lines[4:]], "vocab.txt:4: a line is a token, a tab and a count"),
        ([lines[0], *lines[1:3], lines[2], *lines[4:]], "vocab.txt: a vocabulary holds each token once"),
        (lines[:-1], "vocab.txt: the tokens do not match the header's digest|header.json: damaged: 5 words"),
    ]:
        path.write_text("\n".join(changed) + "\n")
        header = json.loads((folder / "header.json").read_text())
        header["vocab"] = hashlib.sha256(path.read_bytes()).hexdigest()
        seal(folder, header)
        with pytest.raises(CheckpointError, match=message):
            load_ngram(folder)


def test_the_header_can_be_had_alone(tmp_path: Path) -> None:
    fill_ngram(estimate(order=2), tmp_path / "m", pipeline="abc")
    header = read_header(tmp_path / "m")
    assert (header.pipeline, header.sizes) == ("abc", (7, estimate(order=2).trie.size(2)))
