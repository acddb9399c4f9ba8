"""`textkit tokenize` on whole blocks: the same bytes as line by line, for every tokenizer and form."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from textkit.engine import Processes
from textkit.errors import TextkitError
from textkit.text import Vocab
from textkit.text.catalog import TOKENIZERS, make_tokenizer
from textkit.text.clean import PRESETS, preset
from textkit.text.tokenizers.jieba import JiebaTokenizer
from textkit.text.tokenizers.sentencepiece import train_sentencepiece
from textkit.text.tokenizers.whitespace import WhitespaceTokenizer
from textkit_cli.engines import run_blocks
from textkit_cli.rendering import FORMS, Rendering
from textkit_cli.tokenizing import Cleaning, Tokenizing
from textkit_corpora.blocks import Block
from textkit_corpora.compression import SUFFIXES, pack

Textkit = Callable[..., Any]
LINES = [
    'Hello,  world! It\'s 3.50 “quoted” "straight" \\ back',
    "",
    "我来到北京清华大学ABC 1.5%，很好。",
    "tab\there\u2028and\x0cthere\rnow\x1f\u3000",
    "  ",
    "<b>GOOD</b>&nbsp;質量 http://a.cn/b \U00020000😀 e\u0301",
    "Mr. Chen doesn't agree.",
]
TEXT = "\n".join(LINES).encode() + b"\r\n" + "尾行 last".encode()


def tokenizers() -> dict[str, Any]:
    made = {name: make_tokenizer(name) for name in TOKENIZERS if name != "sentencepiece"}
    return made | {"sentencepiece": train_sentencepiece([*LINES, "a b c d e f"] * 3, vocab_size=80)}


@pytest.mark.parametrize("name", sorted(TOKENIZERS))
def test_the_same_bytes_as_line_by_line(name: str) -> None:
    tokenizer = tokenizers()[name]
    tokens = [token for line in LINES for token in tokenizer(line)]
    vocab = Vocab.build([tokens[::2]])
    for clean in PRESETS:
        tokenizing = Tokenizing(Cleaning(preset(clean)), tokenizer)
        for form in FORMS:
            for words in (None, vocab):
                work = Rendering(tokenizing, form, words)
                whole = Rendering(tokenizing, form, words, batched=True)
                for block in (Block("f", 1, TEXT), Block("f", 1, LINES), Block("f", 1, b"")):
                    assert whole(block).data == work(block).data, (clean, form)


@pytest.mark.parametrize("name", sorted(TOKENIZERS))
def test_the_same_places_as_line_by_line(name: str) -> None:
    tokenizer = tokenizers()[name]
    vocab = Vocab.build([tokenizer(line) for line in LINES], unknown=None)
    for clean in PRESETS:
        tokenizing = Tokenizing(Cleaning(preset(clean)), tokenizer)
        for form in ("jsonl", "parquet"):
            for words in (None, vocab) if clean == "none" else (None,):
                work = Rendering(tokenizing, form, words, offsets=True)
                whole = Rendering(tokenizing, form, words, offsets=True, batched=True)
                for block in (Block("f", 1, TEXT[:-12]), Block("f", 1, LINES), Block("f", 1, b"")):
                    assert whole(block).data == work(block).data, (clean, form)
    plain = Tokenizing(Cleaning(preset("none")), tokenizer)
    with pytest.raises(TextkitError, match=r"^f:1: "):
        Rendering(plain, "jsonl", vocab, offsets=True, batched=True)(Block("f", 1, b"never seen"))


@pytest.mark.parametrize("clean", ["none", "zh"])
def test_places_are_found_in_batches(clean: str, monkeypatch: pytest.MonkeyPatch) -> None:
    work = Rendering(
        Tokenizing(Cleaning(preset(clean)), make_tokenizer("jieba")), "jsonl", offsets=True, batched=True
    )
    slowly = replace(work, batched=False)(Block("f", 1, TEXT)).data

    def called(*_: Any) -> Any:
        raise AssertionError("line by line")

    monkeypatch.setattr(JiebaTokenizer, "offsets", called)
    assert work(Block("f", 1, TEXT)).data == slowly


def test_places_of_bad_lines() -> None:
    block = Block("f", 7, b"one\n\xff two\nthree four\n")
    for batched in (True, False):
        for clean in ("none", "basic"):
            tokenizing = Tokenizing(Cleaning(preset(clean)), WhitespaceTokenizer())
            with pytest.raises(TextkitError, match=r"f:8: not valid UTF-8"):
                Rendering(tokenizing, "jsonl", offsets=True, batched=batched)(block)
            skip = Tokenizing(Cleaning(preset(clean), skip=True), WhitespaceTokenizer())
            skipped = Rendering(skip, "jsonl", offsets=True, batched=batched)(block)
            assert skipped.data.splitlines()[1:] == [
                b'{"tokens": [], "offsets": []}',
                b'{"tokens": ["three", "four"], "offsets": [[0, 5], [6, 10]]}',
            ]
            assert [fault.split(": ")[0] for fault in skipped.faults] == ["f:8"]


def test_bad_bytes_in_a_batch() -> None:
    block = Block("f", 7, b"one\n\xff two\nthree\0\n")
    for batched in (True, False):
        strict = Rendering(Tokenizing(Cleaning(preset("none")), WhitespaceTokenizer()), batched=batched)
        with pytest.raises(TextkitError, match=r"f:8: not valid UTF-8 \(byte 0xff at column 1\)"):
            strict(block)
        replace = Tokenizing(Cleaning(preset("none"), "replace"), WhitespaceTokenizer())
        assert Rendering(replace, batched=batched)(block).data == "one\n\ufffd two\nthree\ufffd\n".encode()
        skip = Tokenizing(Cleaning(preset("none"), skip=True), WhitespaceTokenizer())
        skipped = Rendering(skip, batched=batched)(block)
        assert skipped.data == b"one\n\n\n"
        assert [fault.split(": ")[0] for fault in skipped.faults] == ["f:8", "f:9"]


@pytest.fixture
def fragile(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A tokenizer that some lines break, under a name by which worker processes find it too."""
    monkeypatch.syspath_prepend(Path(__file__).parent)
    return importlib.import_module("fragile_tokenizer").Fragile()


@pytest.mark.parametrize("batched", [True, False])
def test_a_line_that_fails(batched: bool, fragile: Any) -> None:
    block = Block("f", 1, b"a b\nerror\nc\n")
    fail = Rendering(Tokenizing(Cleaning(preset("none")), fragile), batched=batched)
    with pytest.raises(TextkitError, match="f:2: ValueError: no"):
        fail(block)
    skip = Rendering(Tokenizing(Cleaning(preset("none"), skip=True), fragile), batched=batched)
    assert skip(block).data == b"a b\n\nc\n"
    assert skip(block).faults == ("f:2: ValueError: no",)


def test_a_line_that_kills_its_worker(fragile: Any) -> None:
    blocks = [Block("f", 1 + 2 * i, f"a {i}\nb\n".encode()) for i in range(6)]
    blocks[3] = Block("f", 7, b"x\nbomb\ny\n")
    skip = Rendering(Tokenizing(Cleaning(preset("none"), skip=True), fragile))
    with Processes(2) as engine:
        results = list(run_blocks(skip, blocks, engine=engine, skip=True))
    assert [result.data for result in results] == [
        b"x\n\ny\n" if i == 3 else f"a {i}\nb\n".encode() for i in range(6)
    ]
    (fault,) = results[3].faults
    assert fault.startswith("f:8: killed the worker process")
    with Processes(2) as engine, pytest.raises(TextkitError, match="f:8: kills the worker"):
        list(run_blocks(skip, blocks, engine=engine, skip=False))


@pytest.mark.parametrize("suffix", ["", *SUFFIXES])
def test_forms_by_the_name_of_the_output(textkit: Textkit, tmp_path: Path, suffix: str) -> None:
    (tmp_path / "f.txt").write_bytes(TEXT)
    for form in ("txt", "jsonl", "csv", "tsv"):
        out = tmp_path / f"out.{form}{suffix}"
        assert textkit("tokenize", tmp_path / "f.txt", "-o", out) == (0, "", "")
        work = Rendering(
            Tokenizing(Cleaning(preset("none")), make_tokenizer("regex")), "text" if form == "txt" else form
        )
        plain = work.head + work(Block("f", 1, TEXT)).data
        packed = pack(work.head, suffix) if work.head else b""
        assert out.read_bytes() == packed + pack(plain[len(work.head) :], suffix)


def test_parquet(textkit: Textkit, tmp_path: Path) -> None:
    import pyarrow.parquet

    (tmp_path / "f.txt").write_bytes(TEXT)
    tokenizer = make_tokenizer("regex")
    lines = [*LINES, "尾行 last"]
    out = tmp_path / "out.parquet"
    assert textkit("tokenize", tmp_path / "f.txt", "-o", out, "--offsets") == (0, "", "")
    table = pyarrow.parquet.read_table(out).to_pydict()
    assert table["tokens"] == [tokenizer(line) for line in lines]
    assert table["offsets"] == [[[t.start, t.end] for t in tokenizer.offsets(line)] for line in lines]
    vocab = Vocab.build(map(tokenizer, lines))
    vocab.save(tmp_path / "v.txt")
    ran = textkit("tokenize", tmp_path / "f.txt", "-o", out, "--format", "ids", "--vocab", tmp_path / "v.txt")
    assert ran == (0, "", "")
    assert pyarrow.parquet.read_table(out)["ids"].to_pylist() == [vocab.encode(tokenizer(x)) for x in lines]
    ran = textkit("tokenize", out, "--field", "ids")
    assert "holds a value of type list, not a string" in ran.err
    ran = textkit("tokenize", tmp_path / "f.txt", "--format", "parquet")
    assert (ran.status, ran.err) == (
        2,
        "textkit: error: --format parquet and --output FILE.parquet go together "
        "(try 'textkit tokenize --help')\n",
    )


def test_much_text_from_standard_input_turns_to_batches(textkit: Textkit, tmp_path: Path) -> None:
    random = Random(1)
    lines = [random.choice(LINES).replace("\r", " ") * random.randint(0, 3) for _ in range(40_000)]
    data = ("\n".join(lines) + "\n").encode()
    assert len(data) > 3 << 19
    (tmp_path / "f.txt").write_bytes(data)
    ran = textkit("tokenize", "--tokenizer", "jieba", stdin=data)
    assert ran.status == 0
    for jobs in ("1", "2"):
        ran_on_file = textkit("tokenize", "--tokenizer", "jieba", "-j", jobs, tmp_path / "f.txt")
        assert ran_on_file.out == ran.out
    tokenizer = make_tokenizer("jieba")
    assert ran.out.split("\n")[:2000] == [" ".join(tokenizer(line)) for line in lines[:2000]]


def test_without_numba_it_goes_on_line_by_line(tmp_path: Path) -> None:
    (tmp_path / "numba.py").write_text("raise ImportError('no numba for this Python')")
    (tmp_path / "f.txt").write_text("我来到北京清华大学\n" * 38_000, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "textkit_cli", "tokenize", "--tokenizer", "jieba", str(tmp_path / "f.txt")],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        check=False,
    )
    assert ran.stderr.decode() == (
        "textkit: compiled loops cannot be had (no numba for this Python); "
        "going on line by line, which is slower\n"
    )
    assert ran.stdout.decode() == "我 来到 北京 清华大学\n" * 38_000
