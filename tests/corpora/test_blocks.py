"""Blocks of input: where they end, what they know of themselves, and what is live in them."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import sys
import threading
import tracemalloc
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textkit.errors import InputError, UsageError
from textkit_corpora.blocks import Block, read_blocks
from textkit_corpora.compression import pack
from textkit_corpora.readers import read_lines

TEXT = st.text(st.sampled_from("ab \n\n\r\u2028\x0b\x0c\x85\x1c中😀"), min_size=1, max_size=200)


def write(folder: Path, name: str, data: bytes | str) -> str:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return str(path)


def blocks(*files: str, **settings: Any) -> list[Block]:
    return list(read_blocks(files, **({"field": None, "errors": "strict"} | settings)))


class Trickle(io.RawIOBase):
    """Standard input that gives a few bytes at a time, as a pipe may."""

    def __init__(self, data: bytes, sizes: Iterable[int]) -> None:
        self.data, self.sizes = data, iter(sizes)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = min(next(self.sizes, 7), len(buffer), len(self.data))
        buffer[:size], self.data = self.data[:size], self.data[size:]
        return size


def reference(data: bytes, size: int) -> list[bytes]:
    """The shortest runs of whole lines that hold `size` bytes, found line by line."""
    found, held = [], b""
    for line in io.BytesIO(data):
        held += line
        if len(held) >= size:
            found.append(held)
            held = b""
    return found + [held] * bool(held)


@given(text=TEXT, size=st.integers(1, 60), suffix=st.sampled_from(["", ".gz", ".zst"]))
def test_blocks_end_where_the_text_says(
    tmp_path_factory: pytest.TempPathFactory, text: str, size: int, suffix: str
) -> None:
    data = text.encode()
    path = write(tmp_path_factory.getbasetemp(), f"f.txt{suffix}", pack(data, suffix))
    read = blocks(path, size=size)
    assert [block.text for block in read] == reference(data, size)
    assert [line for block in read for line in block.strings()[0]] == list(read_lines(path))
    numbers = [block.place(index) for block in read for index in range(len(block))]
    assert numbers == [f"{path}:{number}" for number in range(1, len(numbers) + 1)]
    assert read[-1].read == Path(path).stat().st_size


@given(text=TEXT, size=st.integers(1, 60), sizes=st.lists(st.integers(1, 40)), lively=st.booleans())
def test_blocks_do_not_depend_on_how_the_bytes_come(
    text: str, size: int, sizes: list[int], lively: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        raw = Trickle(text.encode(), sizes)
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(raw, 16)))
        texts = [block.text for block in blocks("-", size=size, lively=lively)]
    assert b"".join(t for t in texts if isinstance(t, bytes)) == text.encode()
    assert all(t.endswith(b"\n") for t in texts[:-1] if isinstance(t, bytes))
    if not lively:
        assert texts == reference(text.encode(), size)


def test_what_has_arrived_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = os.pipe()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(os.fdopen(ours, "rb")))
    os.write(theirs, b"one\ntwo\nthr")
    read = read_blocks(["-"], field=None, errors="strict", lively=True)
    assert next(read) == Block("-", 1, b"one\ntwo\n")
    os.write(theirs, b"ee\n")
    assert next(read) == Block("-", 3, b"three\n")
    os.write(theirs, b"end")
    os.close(theirs)
    assert list(read) == [Block("-", 4, b"end")]
    sys.stdin.close()


def test_live_records_and_pipes_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"a": "x"}\n{"a": "y"}\n')))
    assert [block.text for block in blocks("-", field="a", lively=True)] == [["x"], ["y"]]
    os.mkfifo(tmp_path / "pipe")
    pipe = str(tmp_path / "pipe")
    thread = threading.Thread(target=lambda: Path(pipe).write_bytes(b"a\nb\n"))
    thread.start()
    read = blocks(pipe, lively=True)
    thread.join()
    assert b"".join(bytes(block.text) for block in read) == b"a\nb\n"  # type: ignore[arg-type]
    assert {block.read for block in read} == {0}


def test_records_in_blocks(tmp_path: Path) -> None:
    rows = "".join(f'{{"text": "line {i}"}}\n\n' for i in range(7))
    path = write(tmp_path, "f.jsonl.gz", gzip.compress(rows.encode()))
    read = blocks(path, size=10)
    assert [block.text for block in read] == [
        ["line 0", "line 1"],
        ["line 2", "line 3"],
        ["line 4", "line 5"],
        ["line 6"],
    ]
    assert [block.first for block in read] == [1, 3, 5, 7]
    assert read[1].place(1) == f"{path}: record 4"
    assert read[-1].read == Path(path).stat().st_size
    assert read[1].strings() == (["line 2", "line 3"], ())
    assert len(read[0].part(1, 2)) == 1
    assert read[0].part(1, 2).place(0) == f"{path}: record 2"


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_parts_and_blanks(end: bytes) -> None:
    lines = [b"a\rb\r\n", b"\n", b"c\x0b\n", b"d" + end]
    block = Block("f", 5, b"".join(lines), 99)
    assert len(block) == 4
    for begin in range(5):
        for stop in range(begin, 5):
            part = block.part(begin, stop)
            assert (part.text, part.first, len(part)) == (
                b"".join(lines[begin:stop]),
                5 + begin,
                stop - begin,
            )
    blank = block.blank([3, 0], "too long")
    assert blank.strings() == (["", "", "c\x0b", ""], ("f:5: too long", "f:8: too long"))
    assert (len(blank), blank.read, blank.first) == (4, 99, 5)
    records = Block("-", 1, ["x", "y"], faults=("old",)).blank([1], "kills")
    assert records.strings() == (["x", ""], ("old", "standard input: record 2: kills"))


def test_blocks_can_be_sent_to_a_process() -> None:
    for block in (Block("f", 2, b"a\n", 3), Block("g", 1, ["a"], 0, ("bad",))):
        assert len(block) == 1
        again = pickle.loads(pickle.dumps(block))
        assert again == block
        assert len(again) == 1


def test_bad_lines_raised_or_skipped() -> None:
    block = Block("f.txt", 10, b"\xef\xbb\xbffine\r\n\xff\r\nb\0\ne\xe4\xb8", faults=("earlier",))
    not_utf8 = "not valid UTF-8 (byte 0xff at column 1); pass --errors replace or convert the file"
    cut = "not valid UTF-8 (byte 0xe4 at column 2); pass --errors replace or convert the file"
    nul = "holds a NUL, so it is no text file; convert it or pass --errors replace"
    with pytest.raises(InputError) as caught:
        block.strings()
    assert str(caught.value) == f"f.txt:11: {not_utf8}"
    faults = ("earlier", f"f.txt:11: {not_utf8}", f"f.txt:12: {nul}", f"f.txt:13: {cut}")
    assert block.strings(skip=True) == (["\ufefffine", "", "", ""], faults)
    assert block.strings(errors="replace") == (["\ufefffine", "\ufffd", "b\ufffd", "e\ufffd"], ("earlier",))
    assert block.strings(errors="ignore", skip=True)[0] == ["\ufefffine", "", "b", "e"]
    with pytest.raises(InputError, match=r"^f.txt:10: holds a NUL"):
        Block("f.txt", 10, b"\0").strings()


def test_starts_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marked = write(tmp_path, "m.txt", "\ufeffa\n\ufeffb\n")
    assert [block.text for block in blocks(marked, size=1)] == [b"a\n", "\ufeffb\n".encode()]
    for name, data in (("e.txt", b""), ("b.txt", b"\xef\xbb\xbf"), ("e.jsonl", b"\n"), ("e.txt.gz", b"")):
        with pytest.raises(InputError, match=rf"{name}: is empty; there is no line to read$"):
            blocks(write(tmp_path, name, data))
    wide = write(tmp_path, "w.txt", "a\n".encode("utf-16"))
    with pytest.raises(InputError, match=r"w.txt: is UTF-16, not UTF-8; convert it: iconv"):
        blocks(wide, skip=True)
    assert blocks(wide, errors="replace")[0].strings(errors="replace")[0] == ["\ufffd\ufffda\ufffd", "\ufffd"]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    assert blocks("-", marked, size=99) == [Block(marked, 1, "a\n\ufeffb\n".encode(), 10)]


def test_requests_are_checked_before_the_first_file_is_read(tmp_path: Path) -> None:
    fine = write(tmp_path, "f.txt", "a\n")
    with pytest.raises(InputError, match=r"none: no such file$"):
        read_blocks([fine, str(tmp_path / "none")], field=None, errors="strict")
    with pytest.raises(UsageError, match=r"f.txt: a field can be named in"):
        read_blocks([fine], field="text", errors="strict")
    with pytest.raises(UsageError, match=r"did you mean 'ignore'"):
        read_blocks([fine], field=None, errors="ignor")


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "f.txt.gz", gzip.compress(b"a line of text\n" * 1_000_000, 1))
    tracemalloc.start()
    assert sum(len(block) for block in read_blocks([path], field=None, errors="strict")) == 1_000_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000


@pytest.mark.data
def test_real_text_comes_back_whole() -> None:
    folder = os.environ.get("TEXTKIT_DATA")
    if folder is None:
        pytest.skip("TEXTKIT_DATA is not set: no real data")
    path = Path(folder, "sentiment", "jd", "train.tsv")
    read = blocks(str(path), size=1 << 16)
    assert b"".join(bytes(block.text) for block in read) == path.read_bytes()  # type: ignore[arg-type]
    assert [line for block in read for line in block.strings()[0]] == list(read_lines(path))
