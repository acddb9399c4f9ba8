"""`textkit vocab`: the vocabulary of text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textkit.text import Vocab
from textkit.text.catalog import make_tokenizer

Textkit = Callable[..., Any]
LINES = [f"word{i % 50} word{i % 7} 中文, and Word{i % 3}" for i in range(4000)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "f.txt"
    path.write_text("\n".join(LINES), encoding="utf-8")
    return path


@pytest.mark.parametrize("jobs", [1, 2])
def test_equals_the_librarys(textkit: Textkit, file: Path, tmp_path: Path, jobs: int) -> None:
    assert textkit("vocab", file, "-o", tmp_path / "v.txt", "-j", jobs) == (0, "", "")
    assert Vocab.load(tmp_path / "v.txt") == Vocab.build(map(make_tokenizer("regex"), LINES))


def test_options(textkit: Textkit, file: Path, tmp_path: Path) -> None:
    out = tmp_path / "v.txt"
    options = ["--tokenizer", "whitespace", "--clean", "en", "--min-count", "100", "--max-size", "9"]
    ran = textkit("vocab", file, "-o", out, *options, "--special", "<s>", "--special", "</s>")
    assert ran == (0, "", "")
    expected = Vocab.build(
        (line.lower().split() for line in LINES),
        min_count=100,
        max_size=9,
        specials=("<unk>", "<s>", "</s>"),
    )
    assert Vocab.load(out) == expected
    assert expected.tokens[:3] == ("<unk>", "<s>", "</s>")


def test_from_standard_input(textkit: Textkit, tmp_path: Path) -> None:
    assert textkit("vocab", "-o", tmp_path / "v.txt", stdin="a b a\n").status == 0
    assert Vocab.load(tmp_path / "v.txt").tokens == ("<unk>", "a", "b")


def test_bad_usage(textkit: Textkit, file: Path, tmp_path: Path) -> None:
    ran = textkit("vocab", file, "-o", "-")
    assert ran.status == 2
    assert ran.err.startswith(
        "textkit: error: a vocabulary is written to a file: name it with --output (try "
    )
    ran = textkit("vocab", file, "-o", tmp_path / "v.txt", "--max-size", "1", "--special", "<s>")
    assert ran.err.startswith("textkit: error: max_size must leave room for the 2 specials, not 1")
    assert not (tmp_path / "v.txt").exists()


def test_a_vocabulary_is_a_file(textkit: Textkit, file: Path) -> None:
    for name in ("-", "/dev/stdout"):
        ran = textkit("vocab", file, "-o", name)
        assert ran.status == 2
        assert "a vocabulary is written to a file" in ran.err


def test_specials_can_be_seen(textkit: Textkit, file: Path, tmp_path: Path) -> None:
    for token in ("", " ", "\udcff", "a\tb"):
        ran = textkit("vocab", file, "-o", tmp_path / "v", "--special", token)
        assert (ran.status, "--special needs a token that can be seen" in ran.err) == (2, True)
