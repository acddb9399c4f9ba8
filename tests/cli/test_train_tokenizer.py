"""`textkit train-tokenizer`: a subword model that `textkit tokenize` can use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textkit.text.tokenizers.sentencepiece import SentencePieceTokenizer, train_sentencepiece

Textkit = Callable[..., Any]
STEMS = ("low", "new", "wide", "small", "great", "bright", "dark", "slow", "quick", "cold")
LINES = [f"{stem}{end} 新{high}的 {stem}" for stem in STEMS for end in ("er", "est") for high in "高低宽大小"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "f.txt"
    path.write_text("\n".join(LINES), encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_train_and_tokenize(textkit: Textkit, file: Path, tmp_path: Path, kind: str) -> None:
    out = tmp_path / "m.model"
    assert textkit("train-tokenizer", file, "--type", kind, "--vocab-size", 45, "-o", out) == (0, "", "")
    assert out.read_bytes() == train_sentencepiece(LINES, vocab_size=45, model_type=kind).model
    ran = textkit("tokenize", file, "--tokenizer", "sentencepiece", "-t", f"model={out}")
    rows = ran.out.split("\n")[:-1]
    assert len(rows) == len(LINES)
    tokenizer = SentencePieceTokenizer(out.read_bytes())
    assert [tokenizer.detokenize(row.split(" ")) for row in rows] == LINES


def test_options(textkit: Textkit, file: Path, tmp_path: Path) -> None:
    out = tmp_path / "m.model"
    options = ["--byte-fallback", "--vocab-size", "300", "--character-coverage", "0.98", "--clean", "zh"]
    assert textkit("train-tokenizer", file, *options, "-o", out, "-q") == (0, "", "")
    assert SentencePieceTokenizer(out.read_bytes())("€")[-3:] == ["<0xE2>", "<0x82>", "<0xAC>"]


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        (["--vocab-size", "5000"], 2, "vocab_size 5000 is too large for this text: give at most "),
        (["--vocab-size", "5"], 2, "vocab_size 5 is too small for this text: its characters alone need "),
        (["--type", "bp"], 2, "unknown type 'bp': did you mean 'bpe'? (known: bpe, unigram)"),
        (["--character-coverage", "2"], 2, "Invalid value for '--character-coverage': "),
    ],
)
def test_bad_usage(
    textkit: Textkit, file: Path, tmp_path: Path, options: list[str], status: int, message: str
) -> None:
    ran = textkit("train-tokenizer", file, "-o", tmp_path / "m.model", *options)
    assert (ran.status, ran.out) == (status, "")
    assert ran.err.startswith(f"textkit: error: {message}")
    assert [p.name for p in tmp_path.iterdir()] == ["f.txt"]


def test_bad_text(textkit: Textkit, tmp_path: Path) -> None:
    ran = textkit("train-tokenizer", "-o", tmp_path / "m.model", stdin="  \n\n")
    assert ran == (1, "", "textkit: error: sentencepiece cannot be trained: the text is empty\n")
    ran = textkit("train-tokenizer", "-o", "-", stdin="a")
    assert ran.err.startswith("textkit: error: a model is written to a file: name it with --output (try ")
    assert list(tmp_path.iterdir()) == []
