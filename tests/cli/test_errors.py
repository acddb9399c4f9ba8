"""Bad input and bad output: one clear line, the right status, nothing half-written."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textkit_corpora import partial

Textkit = Callable[..., Any]

# name, content, message after the file's name
BAD_FILES: list[tuple[str, bytes, str]] = [
    ("empty.txt", b"", ": is empty; there is no line to read"),
    ("empty.txt.gz", gzip.compress(b""), ": is empty; there is no line to read"),
    (
        "latin.txt",
        "fine\ncaf\xe9\n".encode("latin-1"),
        ":2: not valid UTF-8 (byte 0xe9 at column 4); pass --errors replace or convert the file",
    ),
    ("nul.txt", b"a\n\0b\n", ":2: holds a NUL, so it is no text file; convert it or pass --errors replace"),
    ("wide.txt", "wide".encode("utf-16"), ": is UTF-16, not UTF-8; convert it: iconv -f UTF-16 -t UTF-8"),
    (
        "cut.txt.gz",
        gzip.compress(os.urandom(10_000).hex().encode())[:-8000],
        ": is cut short: its packed data has no end; copy or make it again",
    ),
    ("none.txt.gz", b"not packed", ": cannot be read: not a gzipped file (b'no')"),
    ("rows.jsonl", b'{"text": "a"}\n{"text": b}\n', ":2: not valid JSON (Expecting value at column 10)"),
    ("keys.jsonl", b'{"txt": "a"}\n', ":1: has no field 'text'; did you mean 'txt'? (fields: txt)"),
    ("values.jsonl", b'{"text": 1}\n', ":1: field 'text': holds a value of type int, not a string"),
    (
        "f.parquet",
        b"PAR1",
        ": not a whole Parquet file (Parquet file size is 4 bytes",
    ),
]
COMMANDS = [["tokenize"], ["tokenize", "-j", "2"], ["vocab"], ["train-tokenizer"]]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(("name", "content", "message"), BAD_FILES, ids=[name for name, _, _ in BAD_FILES])
def test_bad_files(
    textkit: Textkit,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: list[str],
    name: str,
    content: bytes,
    message: str,
) -> None:
    monkeypatch.setattr(partial, "WORTH_KEEPING", 60)  # on a busy machine a second passes here too
    path = tmp_path / name
    path.write_bytes(content)
    (tmp_path / "good.txt").write_text("some text\n" * 100)
    ran = textkit(*command, tmp_path / "good.txt", path, "-o", tmp_path / "out")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith(f"textkit: error: {path}{message}")
    assert ran.err.count("\n") == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([name, "good.txt"])


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_files_that_are_not_there(textkit: Textkit, tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "good.txt").write_text("a\n")
    for bad, message in [
        (tmp_path / "none.txt", "no such file"),
        (tmp_path, "is a folder; name the files in it"),
        (tmp_path / "good.txt" / "x", "cannot be read: not a directory"),
    ]:
        ran = textkit(*command, tmp_path / "good.txt", bad, "-o", tmp_path / "out")
        assert ran == (1, "", f"textkit: error: {bad}: {message}\n")
    assert [p.name for p in tmp_path.iterdir()] == ["good.txt"]


def test_nothing_is_printed_before_every_file_was_looked_for(textkit: Textkit, tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text("a\n")
    ran = textkit("tokenize", tmp_path / "good.txt", tmp_path / "none.txt")
    assert ran == (1, "", f"textkit: error: {tmp_path / 'none.txt'}: no such file\n")


def test_bad_bytes_by_request(textkit: Textkit, tmp_path: Path) -> None:
    path = tmp_path / "f.txt"
    path.write_bytes(b"a\xff b\0c\n")
    for errors, out in [("replace", "a\ufffd b\ufffdc\n"), ("ignore", "a bc\n")]:
        ran = textkit("tokenize", "--tokenizer", "whitespace", "--errors", errors, path)
        assert ran == (0, out, "")


def test_standard_input_is_named(textkit: Textkit) -> None:
    ran = textkit("tokenize", stdin=b"a\n\xff\n")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith("textkit: error: standard input:2: not valid UTF-8 (byte 0xff at column 1)")


@pytest.mark.parametrize("name", ["regex", "whitespace", "characters", "jieba"])
def test_a_line_of_megabytes(textkit: Textkit, name: str) -> None:
    size = 3_000_000 if name != "jieba" else 500_000
    ran = textkit("tokenize", "--tokenizer", name, stdin="word " * (size // 5) + "\nend\n")
    assert ran.status == 0
    assert ran.out.endswith("\nend\n") or name == "characters"
    assert ran.out.count("\n") == 2


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_output_that_cannot_be_written(textkit: Textkit, tmp_path: Path, command: list[str]) -> None:
    path = tmp_path / "f.txt"
    path.write_text("some words of text, and more of it\n" * 20)
    size = ["--vocab-size", "30"] if command == ["train-tokenizer"] else []
    for out, message in [
        (tmp_path / "none" / "out", "cannot be written: no such file or directory"),
        (path / "out", "cannot be written: not a directory"),
        (tmp_path, "is a folder; name a file to write"),
        (Path("/proc/out"), "cannot be written: "),
    ]:
        ran = textkit(*command, *size, path, "-o", out)
        assert (ran.status, ran.out) == (1, "")
        assert ran.err.startswith(f"textkit: error: {out}: {message}")
        assert ran.err.count("\n") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["f.txt"]


@pytest.mark.parametrize("content", [b"", b"\xff", b"#textkit-vocab {}\na\t1\n"])
def test_a_bad_vocabulary(textkit: Textkit, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "v.txt").write_bytes(content)
    ran = textkit("tokenize", "--format", "ids", "--vocab", tmp_path / "v.txt", stdin="a\n")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith(f"textkit: error: {tmp_path / 'v.txt'}:")
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    "command",
    [
        ["tokenize", "other.txt", "--format", "ids", "--vocab", "text.txt"],
        ["vocab", "other.txt", "text.txt"],
        ["train-tokenizer", "text.txt"],
        ["score", "lm", "text.txt"],
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_what_is_read_is_not_replaced(
    textkit: Any, command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But where the output is the input's lines anew: `tokenize` and `filter` may write over their input."""
    monkeypatch.chdir(tmp_path)
    for name in ("text.txt", "other.txt"):
        Path(name).write_text("to be or not to be\n")
    status, _, err = textkit(*command, "-o", "./text.txt")
    assert (status, "--output ./text.txt would replace the input text.txt; name another" in err) == (2, True)
    assert Path("text.txt").read_text() == "to be or not to be\n"
