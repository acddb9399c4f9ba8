"""Training text in blocks against the same files line by line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from textkit.errors import InputError
from textkit_cli import reading
from textkit_cli.options import read_all
from textkit_cli.reading import read_text

LINES = ["to be", "", "或 不\u2028是", "last\rof all", "  x "] * 40


def write_all(folder: Path) -> list[str]:
    plain, packed, records = (folder / name for name in ("a.txt", "b.txt.gz", "c.jsonl"))
    plain.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(LINES).encode())
    packed.write_bytes(gzip.compress("\n".join(LINES).encode()))
    records.write_text("".join(json.dumps({"text": line}) + "\n" for line in LINES))
    return [str(path) for path in (plain, packed, records)]


@pytest.mark.parametrize("size", [1, 100, 1 << 18])
def test_blocks_hold_the_lines_of_all_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    files = write_all(tmp_path)
    monkeypatch.setattr(reading, "_SIZE", size)
    expected = list(read_all(files, field=None, errors="strict"))
    assert list(read_text(files, field=None, errors="strict")) == expected
    blocks = list(read_text(files, field=None, errors="strict").blocks)
    assert [line for block in blocks for line in block.lines()] == expected
    assert all(block.size >= sum(map(len, block.strings())) for block in blocks)
    assert len(blocks) > 3 or size > 100


def test_bytes_that_are_no_text_are_named_or_replaced(tmp_path: Path) -> None:
    path = tmp_path / "f.txt"
    path.write_bytes(b"fine\nb\xffd\nx\0y\n")
    (strict,) = read_text([str(path)], field=None, errors="strict").blocks
    for read in (strict.strings, strict.lines):
        with pytest.raises(InputError, match=r"f\.txt:2: "):
            read()
    (replaced,) = read_text([str(path)], field=None, errors="replace").blocks
    assert list(replaced.lines()) == list(replaced.strings()) == ["fine", "b\ufffdd", "x\ufffdy"]


def test_every_file_is_looked_for_at_once(tmp_path: Path) -> None:
    path = tmp_path / "f.txt"
    path.write_text("a\n")
    with pytest.raises(InputError, match="none"):
        read_text([str(path), str(tmp_path / "none.txt")], field=None, errors="strict")
