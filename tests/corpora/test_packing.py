"""Packing block by block: members one after the other are one file, for us and for everybody else."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textkit.errors import InputError
from textkit_corpora.blocks import read_blocks
from textkit_corpora.compression import SUFFIXES, pack, reading
from textkit_corpora.readers import read_lines

TOOLS = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd"}


@pytest.mark.parametrize("suffix", ["", *SUFFIXES])
@given(parts=st.lists(st.binary(max_size=300), min_size=1, max_size=6))
def test_members_read_as_one(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, parts: list[bytes]
) -> None:
    path = tmp_path_factory.getbasetemp() / f"f{suffix}"
    path.write_bytes(b"".join(pack(part, suffix) for part in parts))
    with reading(path) as source:
        assert source.stream.read() == b"".join(parts)
        assert source.position() == path.stat().st_size
    assert [pack(part, suffix) for part in parts] == [pack(part, suffix) for part in parts]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_many_members_and_one_cut_short(tmp_path: Path, suffix: str) -> None:
    lines = [f"line {i} 中" for i in range(20_000)]
    members = [
        pack("".join(f"{line}\n" for line in lines[i : i + 50]).encode(), suffix)
        for i in range(0, 20_000, 50)
    ]
    path = tmp_path / f"f.txt{suffix}"
    path.write_bytes(b"".join(members))
    assert list(read_lines(path)) == lines
    blocks = list(read_blocks([str(path)], field=None, errors="strict", size=10_000))
    assert [line for block in blocks for line in block.strings()[0]] == lines
    reached = [block.read for block in blocks]
    assert reached == sorted(reached)
    assert reached[-1] == path.stat().st_size
    for cut in (len(members[-1]) // 2, len(members[-1]) - 1, 3):
        path.write_bytes(b"".join(members[:-1]) + members[-1][:cut])
        with pytest.raises(InputError, match=r": is cut short: its packed data has no end"):
            list(read_lines(path))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_usual_tools_unpack_them(tmp_path: Path, suffix: str) -> None:
    tool = shutil.which(TOOLS[suffix])
    if tool is None:
        pytest.skip(f"{TOOLS[suffix]} is not installed")
    parts = [os.urandom(1000) + b"a" * 100_000, b"", b"end\n"]
    path = tmp_path / f"f{suffix}"
    path.write_bytes(b"".join(pack(part, suffix) for part in parts))
    done = subprocess.run([tool, "-dc", str(path)], capture_output=True, check=True)
    assert done.stdout == b"".join(parts)


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst"])
def test_a_damaged_later_member_is_no_quiet_end(tmp_path: Path, suffix: str) -> None:
    second = bytearray(pack(b"two\n", suffix))
    second[1] ^= 0xFF
    for later in (bytes(second), b"junk"):
        (tmp_path / f"f.txt{suffix}").write_bytes(pack(b"one\n", suffix) + later)
        with pytest.raises(InputError):
            list(read_lines(tmp_path / f"f.txt{suffix}"))


def test_zeros_after_an_xz_member_are_let_pass(tmp_path: Path) -> None:
    data = pack(b"one\n", ".xz") + bytes(8) + pack(b"two\n", ".xz") + bytes(4)
    (tmp_path / "f.txt.xz").write_bytes(data)
    assert list(read_lines(tmp_path / "f.txt.xz")) == ["one", "two"]
