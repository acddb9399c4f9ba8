"""`textkit vocab`: the vocabulary of text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textkit.text import Vocab, vocabulary_counter
from textkit.text.catalog import make_tokenizer
from textkit_cli.commands import vocab as command

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
    assert ran.err.startswith("textkit: error: --max-size must leave room for the 2 specials, not 1")
    assert not (tmp_path / "v.txt").exists()


def test_what_cannot_be_written_is_said_before_the_counting(
    textkit: Textkit, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def counted(*_: Any, **__: Any) -> Any:
        raise AssertionError("the text was read")
        yield  # a generator, as what it stands for

    monkeypatch.setattr(command, "read_blocks", counted)
    ran = textkit("vocab", file, "-o", tmp_path / "nowhere" / "v.txt")
    assert (ran.status, "v.txt: cannot be written: no such file or directory" in ran.err) == (1, True)
    ran = textkit("vocab", file, "-o", tmp_path)
    assert "is a folder; name a file to write" in ran.err
    ran = textkit("vocab", file, "-o", tmp_path / "v.txt", "--max-size", "1", "--special", "<s>")
    assert "--max-size must leave room for the 2 specials, not 1" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["f.txt"]


def test_work_that_fails_leaves_the_old_vocabulary(textkit: Textkit, tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_bytes(b"fine\n\xff\n")
    (tmp_path / "v.txt").write_text("old")
    assert textkit("vocab", tmp_path / "bad.txt", "-o", tmp_path / "v.txt").status == 1
    assert {path.name for path in tmp_path.iterdir()} == {"bad.txt", "v.txt"}
    assert (tmp_path / "v.txt").read_text() == "old"


def test_files_beyond_the_memory_go_where_tmp_says(
    textkit: Textkit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    folder = vocabulary_counter.atomic.temporary_folder

    def noted(kind: str, parent: Path | None) -> Any:
        made.append(parent)
        return folder(kind, parent)

    monkeypatch.setattr(vocabulary_counter.atomic, "temporary_folder", noted)
    words = [f"word{number}" for number in range(60_000)]
    (tmp_path / "f.txt").write_text("\n".join(words))
    (tmp_path / "room").mkdir()
    options = ["-o", tmp_path / "v.txt", "--tokenizer", "whitespace", "--memory", "1M"]
    assert textkit("vocab", tmp_path / "f.txt", *options, "--tmp", tmp_path / "room") == (0, "", "")
    assert made == [tmp_path / "room"]
    assert not list((tmp_path / "room").iterdir())
    assert Vocab.load(tmp_path / "v.txt").tokens == ("<unk>", *words)
    ran = textkit("vocab", tmp_path / "f.txt", *options, "--tmp", tmp_path / "none")
    assert (ran.status, f"--tmp {tmp_path / 'none'}: no such folder" in ran.err) == (2, True)
    ran = textkit("vocab", tmp_path / "f.txt", "-o", tmp_path / "v.txt", "--tmp", tmp_path)
    assert (ran.status, "the files of --memory are kept; give both" in ran.err) == (2, True)


def test_a_vocabulary_is_a_file(textkit: Textkit, file: Path) -> None:
    for name in ("-", "/dev/stdout"):
        ran = textkit("vocab", file, "-o", name)
        assert ran.status == 2
        assert "a vocabulary is written to a file" in ran.err


def test_specials_can_be_seen(textkit: Textkit, file: Path, tmp_path: Path) -> None:
    for token in ("", " ", "\udcff", "a\tb"):
        ran = textkit("vocab", file, "-o", tmp_path / "v", "--special", token)
        assert (ran.status, "--special needs a token that can be seen" in ran.err) == (2, True)
