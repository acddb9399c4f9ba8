"""Writing text: whole or not at all, packed by suffix, the same bytes each time."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from textkit.errors import TextkitError, UsageError
from textkit_corpora.readers import read_lines
from textkit_corpora.writers import open_output

LINES = ["a", "", "中文 😀", "x\u2028y\x85z"]


def put(path: Path) -> None:
    with open_output(path) as file:
        for line in LINES:
            file.write(line + "\n")


@pytest.mark.parametrize("suffix", ["", ".gz", ".bz2", ".xz", ".zst"])
def test_what_is_written_can_be_read_and_is_the_same_each_time(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"f.txt{suffix}"
    put(path)
    assert list(read_lines(path)) == LINES
    first = path.read_bytes()
    monkeypatch.setattr(time, "time", lambda: 1e9)
    put(other := tmp_path / f"g.txt{suffix}")
    assert other.read_bytes() == first
    assert sorted(p.name for p in tmp_path.iterdir()) == [path.name, other.name]


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_a_failure_leaves_the_old_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"f.txt{suffix}"
    path.write_bytes(b"old")

    def fail() -> None:
        with open_output(path) as file:
            file.write("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_what_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(TextkitError, match=r"none/f.txt: cannot be written: no such file or directory$"):
        put(tmp_path / "none" / "f.txt")
    with pytest.raises(TextkitError, match=r": is a folder; name a file to write$"):
        put(tmp_path)
    with pytest.raises(UsageError, match=r"f.parquet: Parquet is read, not written; name a .jsonl file$"):
        put(tmp_path / "f.parquet")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_devices_are_written_not_replaced() -> None:
    put(Path("/dev/null"))
    assert not Path("/dev/null").is_file()
    with pytest.raises(TextkitError, match=r"^/dev/full: cannot be written: no space left on device$"):
        put(Path("/dev/full"))
    assert not Path("/dev/full").is_file()


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    put(tmp_path / "link.txt")
    assert (tmp_path / "link.txt").is_symlink()
    assert list(read_lines(tmp_path / "real.txt")) == LINES


def test_pipes_are_written(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    put(tmp_path / "pipe")
    assert os.read(reader, 1000).decode().split("\n")[:-1] == LINES
    os.close(reader)


@pytest.mark.parametrize("name", [None, "-"])
def test_standard_output_stays_open(capsys: pytest.CaptureFixture[str], name: str | None) -> None:
    for _ in range(2):
        with open_output(name) as file:
            file.write("中\n")
    sys.stdout.write("after\n")
    assert capsys.readouterr().out == "中\n中\nafter\n"
