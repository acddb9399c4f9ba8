"""Small files that unpack to more than there is room for: one line or record without an end."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow
import pytest

from textkit.errors import InputError, UsageError
from textkit_corpora.blocks import read_blocks
from textkit_corpora.compression import reading
from textkit_corpora.line_limit import USUAL, VARIABLE, longest_line
from textkit_corpora.readers import read_lines
from textkit_corpora.records import record_blocks

PACK: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: pyarrow.compress(data, codec="zstd", asbytes=True),
}
PIECE = b"a" * (1 << 22)
REMEDY = "if that is meant, allow more with TEXTKIT_MAX_LINE=2G, say"

# Reads a file with little memory to spare, and says how it ended.
READ = """
import resource, sys
from textkit.errors import InputError
from textkit_corpora.blocks import read_blocks
from textkit_corpora.compression import reading
from textkit_corpora import readers
import gzip, bz2, lzma, pyarrow, json, csv
kept = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (kept + int(sys.argv[3]),) * 2)
try:
    for block in read_blocks([sys.argv[1]], field=sys.argv[2] or None, errors="strict"):
        pass
except InputError as error:
    print(error)
"""


def unpacking_to(path: Path, start: bytes, count: int) -> Path:
    """A file of members that unpack to `start` and `count` pieces."""
    pack = PACK[path.suffix]
    path.write_bytes(pack(start) + pack(PIECE) * count)
    return path


def read(path: Path, field: str, *, room: int, **environment: str) -> str:
    """What a process says that reads it with `room` bytes of memory more than it has at its start."""
    command = [sys.executable, "-c", READ, str(path), field, str(room)]
    ran = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, timeout=300)
    assert not ran.stderr, ran.stderr[-500:]
    return ran.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded in Linux's way")
@pytest.mark.parametrize("suffix", PACK)
def test_one_line_without_an_end(suffix: str, tmp_path: Path) -> None:
    """Half a gigabyte, where there is room for a quarter."""
    path = unpacking_to(tmp_path / f"t.txt{suffix}", b"", 128)
    assert path.stat().st_size < PIECE.__len__()
    said = read(path, "", room=1 << 28, TEXTKIT_MAX_LINE="16M")
    assert said == f"{path}:1: a line of more than 16,777,216 bytes; {REMEDY}\n"


@pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded in Linux's way")
@pytest.mark.slow
@pytest.mark.parametrize("suffix", PACK)
def test_the_usual_limit(suffix: str, tmp_path: Path) -> None:
    """Eight gigabytes."""
    path = unpacking_to(tmp_path / f"t.txt{suffix}", b"", 2048)
    assert f"a line of more than {USUAL:,} bytes" in read(path, "", room=1 << 30)


@pytest.mark.parametrize(
    ("name", "start", "field", "what"),
    [
        ("t.jsonl.gz", b'{"text": "', "text", "t.jsonl.gz:1: a line"),
        ("t.csv.gz", b'text\n"', "text", "t.csv.gz:2: a line"),
        ("t.tsv.gz", b"text\n", "text", "t.tsv.gz:2: a line"),
        ("t.txt.gz", b"", None, "t.txt.gz:1: a line"),
    ],
)
def test_records(
    name: str, start: bytes, field: str | None, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "2M")
    path = unpacking_to(tmp_path / name, start, 2)
    with pytest.raises(InputError) as caught:
        list(read_lines(path, field=field))
    assert str(caught.value) == f"{path.parent}/{what} of more than 2,097,152 bytes; {REMEDY}"


def test_a_record_of_many_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "100K")
    path = tmp_path / "t.csv"
    path.write_text("text\n" + '"a\n",' * 100_000)
    with pytest.raises(InputError, match=r"t\.csv:[0-9]+: a record of more than 102,400 bytes"):
        list(read_lines(path, field="text"))
    path.write_text("text\n" + '"a\n"\n' * 100_000)  # as much, in many records
    assert len(list(read_lines(path, field="text"))) == 100_000


@pytest.mark.parametrize("limit", ["3K", "2M"])  # in the middle of a block, and over its end
def test_blocks_of_lines_have_the_same_limit(
    limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = {"3K": 3 << 10, "2M": 2 << 20}[limit]
    path = tmp_path / "t.txt"
    monkeypatch.setenv(VARIABLE, limit)
    path.write_bytes(b"short\n" * 2 + b"a" * (most - 1) + b"\nshort\n")
    assert both_ways(path) == [4, 4]
    path.write_bytes(b"short\n" * 2 + b"a" * most + b"\nshort\n")
    said = rf"t\.txt:3: a line of more than {most:,} bytes"
    with pytest.raises(InputError, match=said):
        both_ways(path)
    with pytest.raises(InputError, match=said):
        records(path)


def both_ways(path: Path) -> list[int]:
    """How many lines there are, for commands that take them and for those that keep or drop them whole."""
    return [sum(map(len, read_blocks([str(path)], field=None, errors="strict"))), records(path)]


def records(path: Path) -> int:
    with reading(str(path)) as source:
        return sum(map(len, record_blocks(source, file=str(path), kind="text", field=None, errors="strict")))


def test_a_limit_that_is_no_size_is_told_of_short_lines_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "1e6")
    (tmp_path / "t.txt").write_text("short\n")
    with pytest.raises(UsageError, match="TEXTKIT_MAX_LINE=1e6: not a size"):
        list(read_blocks([str(tmp_path / "t.txt")], field=None, errors="strict"))


def test_the_limit_can_be_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.txt"
    path.write_text("a" * 4000 + "\nb\n")
    monkeypatch.setenv(VARIABLE, "1K")
    with pytest.raises(InputError, match=r"t\.txt:1: a line of more than 1,024 bytes"):
        list(read_lines(path))
    monkeypatch.setenv(VARIABLE, "4k")
    assert [len(line) for line in read_lines(path)] == [4000, 1]
    for wrong in ("0", "x", "1T", "-1", "1.5G"):
        monkeypatch.setenv(VARIABLE, wrong)
        with pytest.raises(UsageError, match="not a size; write 500M or 2G, say"):
            longest_line()
    monkeypatch.delenv(VARIABLE)
    assert longest_line() == USUAL


def test_a_dictionary_of_gigabytes_is_refused(tmp_path: Path) -> None:
    """An .xz file says how much memory its reader needs; 4 GB is the most it may ask for."""
    path = tmp_path / "t.txt.xz"
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 1, "dict_size": 3 << 26}]
    path.write_bytes(lzma.compress(b"ok\n", filters=filters))
    assert list(read_lines(path)) == ["ok"]
    data = bytearray(path.read_bytes())
    place = data.index(0x21, 12)  # the filter; its properties: one byte, the size of the dictionary
    data[place + 2] = 40  # 4 GB less one byte
    import struct
    import zlib

    size = (data[12] + 1) * 4
    data[12 + size - 4 : 12 + size] = struct.pack("<I", zlib.crc32(bytes(data[12 : 12 + size - 4])))
    path.write_bytes(bytes(data))
    with pytest.raises(InputError, match="Memory usage limit exceeded"):
        list(read_lines(path))
