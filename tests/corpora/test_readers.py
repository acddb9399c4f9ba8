"""Reading lines: what a line is, packed files, standard input, and a message for everything bad."""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import lzma
import os
import random
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textkit.errors import InputError, UsageError
from textkit_corpora.compression import reading
from textkit_corpora.readers import read_lines

ODD = "one\u2028still\u2029one\x85and\x0bmore\x0cof\x1cit\rhere"


def zstd(data: bytes) -> bytes:
    return pyarrow.compress(data, codec="zstd", asbytes=True)


PACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstd,
}


def write(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    def put(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return put


# What a line is


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        ("a\nb\n", ["a", "b"]),
        ("a\nb", ["a", "b"]),
        ("a\r\nb\r\n", ["a", "b"]),
        ("\n", [""]),
        ("a\n\n", ["a", ""]),
        ("\r\n", [""]),
        ("a\r\r\nb\r", ["a\r", "b\r"]),
        (ODD + "\n" + ODD, [ODD, ODD]),
        ("\ufeffa\n\ufeffb\n", ["a", "\ufeffb"]),
        ("\ufeff\na\n", ["", "a"]),
    ],
)
def test_a_line_ends_at_newline_and_nowhere_else(tmp_path: Path, data: str, lines: list[str]) -> None:
    assert list(read_lines(write(tmp_path, "f.txt", data))) == lines


@given(st.text(st.sampled_from("ab \n\r\u2028\x0b\x0c\x85\x1c中😀"), min_size=1))
def test_as_many_lines_as_splitting_gives(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = write(tmp_path_factory.getbasetemp(), "g.txt", text)
    expected = text.split("\n")
    if expected[-1] == "":
        expected.pop()
    ended = len(expected) if text.endswith("\n") else len(expected) - 1
    expected = [line.removesuffix("\r") if number < ended else line for number, line in enumerate(expected)]
    assert list(read_lines(path)) == expected


@pytest.mark.parametrize("suffix", PACK)
def test_packed_by_suffix(tmp_path: Path, suffix: str) -> None:
    lines = [f"行 {i} {ODD}" for i in range(5000)]
    path = write(tmp_path, f"f.txt{suffix}", PACK[suffix]("\n".join(lines).encode()))
    assert list(read_lines(path)) == lines
    twice = write(tmp_path, f"t.TXT{suffix.upper()}", PACK[suffix](b"a\n") + PACK[suffix](b"b\n"))
    assert list(read_lines(twice)) == ["a", "b"]  # members after one another, as cat makes them


@pytest.mark.parametrize("suffix", [s for s in PACK if s])
def test_packed_data_cut_short_or_damaged(tmp_path: Path, suffix: str) -> None:
    rng = random.Random(1)
    whole = PACK[suffix](bytes(rng.choices(b"abcdefgh \n", k=100_000)))
    for size in (10, len(whole) // 2, len(whole) - 3):
        path = write(tmp_path, f"cut.txt{suffix}", whole[:size])
        with pytest.raises(InputError, match=rf"cut.txt{suffix}: is cut short: its packed data has no end"):
            list(read_lines(path))
    path = write(tmp_path, f"bad.txt{suffix}", b"no such thing" * 20)
    with pytest.raises(InputError, match=rf"bad.txt{suffix}: (cannot be read: |is damaged, or not)"):
        list(read_lines(path))


def test_standard_input(stdin: Callable[[bytes], None]) -> None:
    for name in (None, "-"):
        stdin("\ufeffa\r\n中".encode())
        assert list(read_lines(name)) == ["a", "中"]
    stdin(b"")
    assert list(read_lines("-")) == []
    stdin(b'{"body": "a\\nb"}\n{"body": ""}\n')
    assert list(read_lines("-", field="body")) == ["a b", ""]
    stdin(b"a\n\xff\n")
    with pytest.raises(InputError, match=r"^standard input:2: not valid UTF-8 \(byte 0xff at column 1\)"):
        list(read_lines(None))


def test_a_long_line_and_constant_memory(tmp_path: Path) -> None:
    long = "中" * (10_000_000 // 3)
    assert list(read_lines(write(tmp_path, "f.txt", f"a\n{long}\nb"))) == ["a", long, "b"]
    path = write(tmp_path, "many.txt.gz", gzip.compress(b"a line of text\n" * 200_000))
    tracemalloc.start()
    assert sum(1 for _ in read_lines(path)) == 200_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


# What is wrong with a file of text


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "f.txt: is empty; there is no line to read"),
        (b"\xef\xbb\xbf", "f.txt: is empty; there is no line to read"),
        (
            "a\n中文".encode() + b"\xff\n",
            "f.txt:2: not valid UTF-8 (byte 0xff at column 3); pass --errors replace or convert the file",
        ),
        (
            "中".encode("gbk") + b"\n",
            "f.txt:1: not valid UTF-8 (byte 0xd6 at column 1), it seems to be GB18030; "
            "convert it: iconv -f GB18030 -t UTF-8",
        ),
        ("a".encode("utf-16"), "f.txt: is UTF-16, not UTF-8; convert it: iconv -f UTF-16 -t UTF-8"),
        (
            b"a\nb\0c\n",
            "f.txt:2: holds a NUL, so it is no text file; convert it or pass --errors replace",
        ),
    ],
)
def test_bad_text_is_named(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(InputError) as caught:
        list(read_lines(write(tmp_path, "f.txt", data)))
    assert str(caught.value) == f"{tmp_path}/{message}"


def test_bad_bytes_replaced_or_ignored(tmp_path: Path) -> None:
    path = write(tmp_path, "f.txt", b"a\xffb\0c\n\xe4\xb8\n")
    assert list(read_lines(path, errors="replace")) == ["a\ufffdb\ufffdc", "\ufffd"]
    assert list(read_lines(path, errors="ignore")) == ["abc", ""]
    with pytest.raises(UsageError, match="did you mean 'ignore'"):
        read_lines(path, errors="ignor")


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none.txt: no such file$"):
        read_lines(tmp_path / "none.txt")
    with pytest.raises(InputError, match=r": is a folder; name the files in it$"):
        read_lines(tmp_path)
    file = write(tmp_path, "f.txt", "a")
    with pytest.raises(InputError, match=r"f.txt/g.txt: cannot be read: not a directory$"):
        read_lines(file / "g.txt")
    with pytest.raises(InputError, match=r"cannot be read: its name holds a NUL$"):
        read_lines("a\0b")
    with pytest.raises(
        UsageError, match=r"f.txt: a field can be named in .jsonl, .csv, .tsv and .parquet files only$"
    ):
        read_lines(file, field="text")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path: Path) -> None:
    path = write(tmp_path, "f.txt", "a")
    path.chmod(0)
    with pytest.raises(InputError, match=r"f.txt: cannot be read: permission denied$"):
        list(read_lines(path))


def test_a_full_disk_is_not_the_fault_of_what_is_read(tmp_path: Path) -> None:
    (tmp_path / "f.txt").write_text("a\n")
    full = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(OSError, match="No space left"), reading(tmp_path / "f.txt"):
        raise full
