"""ARPA text at full length: logarithms to the last digit, any order of entries, blocks, threads, damage."""

from __future__ import annotations

import gzip
import random
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from textkit.errors import InputError, TextkitError
from textkit.lm import ngram_text
from textkit.lm.arpa import lines as arpa_lines
from textkit.lm.arpa import section as arpa_section
from textkit.lm.arpa.writer import read_arpa, write_arpa
from textkit.lm.ngram import NgramModel
from textkit.lm.ngram.log_table import LogTable
from textkit.lm.trie import NgramTrie
from textkit.text.vocab import Vocab

SPECIALS = ("<unk>", "</s>")


def made_up(order: int, *, seed: int, words: int = 40, size: int = 300) -> NgramModel:
    """A model of random n-grams, each with its prefix, and random logarithms of all magnitudes."""
    rng = np.random.default_rng(seed)
    tokens = (*SPECIALS, *(f"w{i}" * rng.integers(1, 9) + "语" * (i % 3) for i in range(words)))
    higher: list[tuple[np.ndarray, np.ndarray]] = []  # type: ignore[type-arg]
    rows = len(tokens) + 1
    for _ in range(order - 1):
        keys = np.unique(rng.integers(0, rows * len(tokens), size))
        higher.append((keys // len(tokens), keys % len(tokens)))
        rows = len(keys)
    trie = NgramTrie.of(len(tokens), higher)

    def logs(k: int, *, top: float) -> LogTable:
        sign = rng.choice([-1.0, -1.0, -1.0, top], trie.size(k))
        values = sign * 10 ** rng.uniform(-9, 1.99, trie.size(k))
        values[rng.random(trie.size(k)) < 0.1] = 0.0
        values[rng.random(trie.size(k)) < 0.05] = -np.inf
        return LogTable(values.astype(np.float32))

    return NgramModel(
        Vocab(tokens, (0,) * len(tokens), specials=2),
        trie,
        tuple(logs(k, top=-1.0) for k in range(1, order + 1)),
        tuple(logs(k, top=0.03) for k in range(1, order)),
        "made up",
    )


def assert_same(one: NgramModel, other: NgramModel) -> None:
    assert one.vocab.tokens == other.vocab.tokens
    assert one.order == other.order
    for mine, theirs in (
        (one.trie.words, other.trie.words),
        (one.trie.first, other.trie.first),
        ([table.all() for table in one.log_prob], [table.all() for table in other.log_prob]),
        ([table.all() for table in one.log_backoff], [table.all() for table in other.log_backoff]),
    ):
        assert len(mine) == len(theirs)
        for a, b in zip(mine, theirs, strict=True):
            assert a.dtype == b.dtype
            assert np.array_equal(a, b)


@pytest.mark.parametrize("suffix", [".arpa", ".arpa.gz"])
@pytest.mark.parametrize("order", [1, 2, 3, 6])
def test_every_table_comes_back_as_it_was(order: int, suffix: str, tmp_path: Path) -> None:
    model = made_up(order, seed=order)
    write_arpa(model, tmp_path / f"m{suffix}")
    restored = read_arpa(tmp_path / f"m{suffix}")
    assert_same(restored, model)
    assert restored.notes == ()


FLOATS = st.floats(width=32, min_value=-98, max_value=np.float32(3), allow_subnormal=True)


@given(st.lists(FLOATS, min_size=1, max_size=50))
@example([-1e-7, -0.0, -98.0, -0.99999994, -0.1, -0.099999994, -9.9999997e-6, 1e-5, -1.0000001, 2.5])
@example([float(np.float32(x)) for x in (-1e-45, -1.1754944e-38, -9.999999e-8, 3, -16777.217e-7)])
@settings(max_examples=150, deadline=None)
def test_decimals_read_back_as_the_same_float32(values: list[float]) -> None:
    from textkit.lm.kernels.arpa_text import format_entries

    logs = np.array(values, np.float32)
    arena, out = np.frombuffer(b"a" + bytes(8), np.uint8), np.empty(64 * len(logs) + 100, np.uint8)
    done, size = format_entries(
        np.zeros((len(logs), 1), np.int32), 0, logs, logs, arena, np.array([0, 1]), 100, out
    )
    lines = out[:size].tobytes().decode().splitlines()
    assert done == len(lines) == len(logs)
    for line, value in zip(lines, logs, strict=True):
        log, word, backoff = line.split("\t")
        assert (log, word) == (backoff, "a")
        assert np.float32(float(log)) == value
        assert abs(float(log) - float(value)) <= 5.0001e-8
        assert re.fullmatch(r"0|-?\d+(\.\d*[1-9])?(e-?\d+)?", log)
        if value == 0 or abs(value) >= 1e-4:
            assert len(log) <= 14


def test_what_no_table_should_hold_is_still_a_number(tmp_path: Path) -> None:
    from textkit.lm.kernels.arpa_text import format_entries

    logs = np.array([-np.inf, np.nan, -1e30, np.inf, 3e38, 1e8, -98.5], np.float32)
    arena, out = np.frombuffer(b"a" + bytes(8), np.uint8), np.empty(1000, np.uint8)
    empty = np.empty(0, np.float32)
    _, size = format_entries(np.zeros((7, 1), np.int32), 0, logs, empty, arena, np.array([0, 1]), 100, out)
    written = [line.split("\t")[0] for line in out[:size].tobytes().decode().splitlines()]
    assert written[:3] == ["-99", "-99", "-99"]
    assert [float(text) for text in written[3:]] == pytest.approx([3.4028235e38, 3e38, 1e8, -98.5])


def unigrams(tmp_path: Path, logs: list[tuple[str, str]]) -> NgramModel:
    lines = "".join(f"{p}\tw{i}\t{b}\n" for i, (p, b) in enumerate(logs))
    text = f"\\data\\\nngram 1={len(logs)}\nngram 2=0\n\n\\1-grams:\n{lines}\n\\2-grams:\n\n\\end\\\n"
    path = tmp_path / "m.arpa"
    path.write_text(text, encoding="utf-8")
    return read_arpa(path)


NUMBERS = [
    *("-0", "+.5", "0.", "-1e-7", "-1E2", "1.5e+01", "-inf", "-infinity", "1_0", "-1e-999", "1e-30", "٣"),
    *("-99", "-98.99999", "3.4028235e38", "-00.1e00000000001", "0000000000000000000000000000001"),
    *("-123456789012345678901234567890e-29", "0.00000000000000000000000000000000000000001"),
    *("-1.23456789012345678901234567890", "1.000000059604644775390625"),
    "1.00000005960464477539062500000000000001",
]


@given(st.lists(st.tuples(st.floats(-200, 0), st.floats(-200, 5), st.integers(0, 20)), max_size=20))
@settings(max_examples=30, deadline=None)
def test_numbers_mean_what_python_says(
    tmp_path_factory: pytest.TempPathFactory, values: list[tuple[float, float, int]]
) -> None:
    logs = [(f"{p:.{n}{kind}}", f"{b:.{n}{kind}}") for p, b, n in values for kind in "efg"]
    logs += [(text if text.startswith("-") else f"-{text.lstrip('+')}", text) for text in NUMBERS]
    model = unigrams(tmp_path_factory.mktemp("arpa"), logs)
    expected = np.array([(float(p), float(b)) for p, b in logs]).astype(np.float32)
    expected[expected <= -99] = -np.inf
    assert np.array_equal(model.log_prob[0].all()[2:-1], expected[:, 0])
    assert np.array_equal(model.log_backoff[0].all()[2:-1], expected[:, 1])


@pytest.mark.parametrize("seed", range(5))
def test_entries_may_stand_in_any_order(seed: int, tmp_path: Path) -> None:
    model = made_up(4, seed=seed)
    write_arpa(model, tmp_path / "m.arpa")
    head, ones, *sections = (tmp_path / "m.arpa").read_text(encoding="utf-8").split("\n\n")
    for i, section in enumerate(sections[:-1]):
        title, *entries = section.split("\n")
        if seed == 0:  # as KenLM sorts them: by the words from the last but one to the first, then the last
            entries.sort(key=lambda entry: (*entry.split("\t")[1].split(" ")[-2::-1], entry.split("\t")[1]))
        else:
            random.Random(seed).shuffle(entries)
        sections[i] = "\n".join([title, *entries])
    (tmp_path / "m.arpa").write_text("\n\n".join([head, ones, *sections]), encoding="utf-8")
    assert_same(read_arpa(tmp_path / "m.arpa"), model)


def test_blocks_pieces_and_threads_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = made_up(4, seed=9)
    write_arpa(model, tmp_path / "whole.arpa", jobs=1)
    write_arpa(model, tmp_path / "whole.gz", jobs=1)
    whole = (tmp_path / "whole.arpa").read_bytes()
    assert gzip.decompress((tmp_path / "whole.gz").read_bytes()) == whole
    monkeypatch.setattr(ngram_text, "_BUFFER", 300)
    write_arpa(model, tmp_path / "buffers.arpa", jobs=1)
    monkeypatch.setattr(ngram_text, "PIECE", 7)
    write_arpa(model, tmp_path / "pieces.arpa", jobs=3)
    write_arpa(model, tmp_path / "members.gz", jobs=3)
    assert (tmp_path / "buffers.arpa").read_bytes() == (tmp_path / "pieces.arpa").read_bytes() == whole
    assert gzip.decompress((tmp_path / "members.gz").read_bytes()) == whole
    monkeypatch.setattr(arpa_lines, "_BLOCK", 50)
    monkeypatch.setattr(arpa_section, "_CHUNK", 11)
    for name in ("whole.arpa", "members.gz"):
        for jobs in (1, 3):
            assert_same(read_arpa(tmp_path / name, jobs=jobs), model)


def test_mapped_and_quantised_tables_are_written(tmp_path: Path) -> None:
    model = made_up(3, seed=4)

    def mapped(name: str, array: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        np.save(tmp_path / f"{name}.npy", array)
        return np.load(tmp_path / f"{name}.npy", mmap_mode="r")  # type: ignore[no-any-return]

    trie = NgramTrie(
        model.trie.vocab_size,
        tuple(mapped(f"w{k}", words) for k, words in enumerate(model.trie.words)),
        tuple(mapped(f"f{k}", first) for k, first in enumerate(model.trie.first)),
    )
    tables = []
    for k, table in enumerate(model.log_prob):
        centres, codes = np.unique(table.all()[:200], return_inverse=True)
        codes = np.resize(codes, len(table)).astype(np.uint8)
        tables.append(LogTable(mapped(f"p{k}", codes), np.pad(centres, (0, 256 - len(centres)))))
    backoffs = tuple(LogTable(mapped(f"b{k}", table.all())) for k, table in enumerate(model.log_backoff))
    other = NgramModel(model.vocab, trie, tuple(tables), backoffs, "mapped")
    write_arpa(other, tmp_path / "m.arpa")
    assert_same(read_arpa(tmp_path / "m.arpa"), other)


def test_missing_suffixes_are_legal(tmp_path: Path) -> None:
    """Pruning as SRILM does it may keep "a b" "c" and drop "b c"."""
    text = (
        "\\data\\\nngram 1=6\nngram 2=2\nngram 3=1\n\n"
        "\\1-grams:\n-1 <unk>\n0 <s>\n-1 </s>\n-1 a -0.5\n-1 b -0.25\n-1 c\n\n"
        "\\2-grams:\n-0.5 a b -0.125\n-0.5 c a\n\n\\3-grams:\n-0.0625 a b c\n\n\\end\\\n"
    )
    (tmp_path / "m.arpa").write_text(text, encoding="utf-8")
    model = read_arpa(tmp_path / "m.arpa")
    assert [model.trie.size(k) for k in (1, 2, 3)] == [6, 2, 1]
    assert model.log_prob[2].all().tolist() == [-0.0625]
    assert model.trie.suffixes[2].tolist() == [-1]


def test_the_first_of_several_faults_is_told(tmp_path: Path) -> None:
    write_arpa(made_up(3, seed=1), tmp_path / "m.arpa")
    lines = (tmp_path / "m.arpa").read_text(encoding="utf-8").split("\n")
    start = lines.index("\\3-grams:") + 1
    for at, fault in (
        (200, "x y z"),
        (50, "-1\t</s> </s> no"),
        (100, "-1\t</s> </s> none"),
        (51, "1\t</s> </s> </s>"),
    ):
        lines[start + at] = fault
    (tmp_path / "m.arpa").write_text("\n".join(lines), encoding="utf-8")
    for jobs in (1, 3):
        with pytest.raises(InputError, match=f":{start + 51}: the word 'no' is not among the 1-grams"):
            read_arpa(tmp_path / "m.arpa", jobs=jobs)


def test_a_line_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arpa_lines, "_LONGEST", 1 << 20)
    monkeypatch.setattr(arpa_lines, "_BLOCK", 1 << 16)
    (tmp_path / "m.arpa").write_bytes(bytes(1 << 21))
    with pytest.raises(InputError, match=r":1: a line of more than \d+ bytes: no file of n-grams"):
        read_arpa(tmp_path / "m.arpa")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_told_in_one_line() -> None:
    for jobs in (1, 2):
        with pytest.raises(TextkitError, match="/dev/full: cannot be written: no space left on device"):
            write_arpa(made_up(2, seed=1), "/dev/full", jobs=jobs)


@pytest.mark.parametrize("suffix", [".arpa", ".arpa.gz"])
def test_kenlm_reads_what_we_write(suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kenlm = pytest.importorskip("kenlm")
    monkeypatch.setattr(ngram_text, "PIECE", 50)  # several gzip members
    model = made_up(2, seed=3)
    write_arpa(model, tmp_path / f"m{suffix}")
    peer, state, after = kenlm.Model(str(tmp_path / f"m{suffix}")), kenlm.State(), kenlm.State()
    assert peer.order == 2
    for word in range(2, len(model.vocab)):
        peer.NullContextWrite(state)
        expected = max(float(model.log_prob[0].all()[word]), -99.0)
        assert peer.BaseScore(state, model.vocab.tokens[word], after) == pytest.approx(expected, abs=1e-6)


TOKENS = [b"-", b"e", b"inf", b"nan", b"0", b"9" * 30, b"<s>", b"</s>", b"end", b"1e999", b"1_0", b"."]
TOKENS += [b"\t", b" ", b"\n", b"\r", b"\xff", b"\0", b"\n\n", b"ngram 9=9\n", b"a b", b"\xc2\xa0", b""]


@pytest.mark.parametrize("seed", range(4))
def test_random_damage_is_told_with_a_line(seed: int, tmp_path: Path) -> None:
    write_arpa(made_up(3, seed=seed, words=4, size=5), tmp_path / "m.arpa")
    good, rng = (tmp_path / "m.arpa").read_bytes(), random.Random(seed)
    told = rf"{re.escape(str(tmp_path / 'm.arpa'))}:\d+: [^\n]+|[^\n]+: cannot be read: a damaged [^\n]+"
    for turn in range(250):
        data = bytearray(gzip.compress(good) if turn % 10 == 0 else good)
        for _ in range(rng.choice([1, 1, 2, 5])):
            begin = rng.randrange(len(data))
            end = begin + rng.choice([0, 1, 1, 3, 30])
            data[begin:end] = rng.choice([rng.choice(TOKENS), bytes(data[begin:end]) * 2, rng.randbytes(1)])
        (tmp_path / "m.arpa").write_bytes(data)
        try:
            read_arpa(tmp_path / "m.arpa", jobs=rng.choice([1, 2]))
        except InputError as error:
            assert re.fullmatch(told, str(error)), (str(error), data)
