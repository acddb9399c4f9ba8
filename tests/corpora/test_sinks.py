"""Output block by block: whole or not at all, to files, standard output, pipes and devices."""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from textkit.errors import InputError, TextkitError, UsageError
from textkit_corpora import partial
from textkit_corpora.compression import pack
from textkit_corpora.journal import Journal
from textkit_corpora.readers import read_lines
from textkit_corpora.sinks import open_sink

Run = Callable[..., None]

BLOCKS = [b"one\n", b"two\n", b"three\n"]  # what `run` writes when not told otherwise


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# Whole or not at all


def test_a_file_appears_whole_with_ordinary_permissions(out: Path, source: str) -> None:
    before = os.umask(0o027)
    try:
        with open_sink(str(out), signature="s", inputs=[source], head=b"head\n") as sink:
            for block in BLOCKS:
                sink.write(block)
            assert not out.exists()
            folder = out.with_name("out.txt.partial")
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    finally:
        os.umask(before)
    assert out.read_bytes() == b"head\none\ntwo\nthree\n"
    assert stat.S_IMODE(out.stat().st_mode) == 0o640
    assert names(out.parent) == ["out.txt"]
    assert sink.hint is None


def test_an_old_file_is_replaced_at_the_end_only(out: Path, source: str, run: Run) -> None:
    out.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        run(out, [source], stop_after=2)
    assert out.read_bytes() == b"old"
    run(out, [source], resume=True)
    assert out.read_bytes() == b"".join(BLOCKS)
    run(out, [source], blocks=[b"again\n"], resume=True)  # nothing to go on from: begins anew
    assert out.read_bytes() == b"again\n"


def test_a_file_may_replace_its_own_input(out: Path, run: Run) -> None:
    out.write_bytes(b"raw\n")
    run(out, [str(out)])
    assert out.read_bytes() == b"".join(BLOCKS)


def test_the_work_of_a_moment_is_not_kept(
    out: Path, source: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partial, "WORTH_KEEPING", 60)
    with pytest.raises(KeyboardInterrupt):
        run(out, [source], stop_after=2)
    assert names(out.parent) == []


@pytest.mark.skipif(sys.platform == "win32", reason="no lock there")
def test_ctrl_c_before_the_lock_leaves_no_folder(
    out: Path, source: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(path: Path, *_: int) -> int:
        assert path.name == "lock"
        raise KeyboardInterrupt

    monkeypatch.setattr("os.open", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(out, [source])
    assert names(out.parent) == []


def test_links_are_followed(out: Path, source: str, tmp_path: Path, run: Run) -> None:
    link = tmp_path / "link.txt"
    link.symlink_to(out)
    with pytest.raises(KeyboardInterrupt):
        run(link, [source], stop_after=1)
    assert names(out.parent) == ["out.txt.partial"]
    run(link, [source], resume=True)
    assert link.is_symlink()
    assert out.read_bytes() == b"".join(BLOCKS)


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst"])
def test_no_block_gives_a_whole_packed_file(tmp_path: Path, source: str, suffix: str, run: Run) -> None:
    out = tmp_path / f"out.txt{suffix}"
    run(out, [source], blocks=[])
    assert out.read_bytes() == pack(b"", suffix)
    run(out, [source], blocks=[pack(block, suffix) for block in BLOCKS])
    assert list(read_lines(out)) == ["one", "two", "three"]


def test_what_cannot_be_written(tmp_path: Path, source: str, run: Run) -> None:
    with pytest.raises(TextkitError, match=r"none/f: cannot be written: no such file or directory$"):
        run(tmp_path / "none" / "f", [source])
    with pytest.raises(TextkitError, match=r": is a folder; name a file to write$"):
        run(tmp_path, [source])
    with pytest.raises(UsageError, match=r"f.parquet.gz: Parquet packs itself; leave out .gz$"):
        run(tmp_path / "f.parquet.gz", [source])
    with pytest.raises(InputError, match=r"gone.txt: no such file$"):
        run(tmp_path / "f", [str(tmp_path / "gone.txt")])
    (tmp_path / "f.partial").mkdir()
    (tmp_path / "f.partial" / "thesis.tex").write_text("mine")
    with pytest.raises(TextkitError, match=r"f.partial: is not the folder of an unfinished run; move it"):
        run(tmp_path / "f", [source])
    (tmp_path / "g.partial").symlink_to(tmp_path)
    with pytest.raises(TextkitError, match=r"g.partial: is not the folder of an unfinished run; move it"):
        run(tmp_path / "g", [source])


# A full disk


@pytest.mark.parametrize("room", [0, 2])
def test_a_full_disk(out: Path, source: str, monkeypatch: pytest.MonkeyPatch, room: int, run: Run) -> None:
    out.write_bytes(b"old")

    class Full(io.FileIO):
        def write(self, data: object) -> int:
            left = len(BLOCKS[0]) + room - self.tell()
            if not left:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(bytes(data)[:left])  # type: ignore[call-overload]

    real = Path.open

    def opened(path: Path, mode: str = "r", *rest: int, **settings: int) -> object:
        if path.name == "data" and mode == "wb":
            return Full(path, "wb")
        return real(path, mode, *rest, **settings)  # type: ignore[call-overload]

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", opened)
        with pytest.raises(TextkitError) as caught:
            run(out, [source])
    assert str(caught.value) == f"{out}: cannot be written: no space left on device"
    assert out.read_bytes() == b"old"
    folder = out.with_name("out.txt.partial")
    assert (folder / "data").read_bytes() == BLOCKS[0]
    assert Journal.load(folder / "journal.json").blocks == 1
    run(out, [source], resume=True)
    assert out.read_bytes() == b"".join(BLOCKS)


def test_a_journal_that_cannot_be_saved_is_only_older(
    out: Path, source: str, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    def full(journal: Journal, path: Path) -> None:
        if journal.blocks:
            raise OSError(errno.ENOSPC, "No space left on device")
        save(journal, path)

    save = Journal.save
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "save", full)
        patch.setattr(partial, "INTERVAL", 0)
        with pytest.raises(TextkitError, match=r"out.txt: cannot be written: no space left on device$"):
            run(out, [source])
    with pytest.raises(TextkitError, match=r"holds an unfinished run \(0 blocks, 0 bytes\)"):
        run(out, [source])
    run(out, [source], resume=True)
    assert out.read_bytes() == b"".join(BLOCKS)


# Standard output, devices, pipes


@pytest.mark.parametrize("name", [None, "-", "/dev/stdout"])
def test_standard_output_stays_open(capsys: pytest.CaptureFixture[str], name: str | None) -> None:
    for _ in range(2):
        with open_sink(name, signature="s", head="头\n".encode()) as sink:
            sink.write("中\n".encode())
            assert capsys.readouterr().out == "头\n中\n"  # at once
            assert (sink.done, sink.hint) == (0, None)
    sys.stdout.write("after\n")
    assert capsys.readouterr().out == "after\n"
    with pytest.raises(UsageError, match=r"^only a file can be resumed, not standard output; name one with"):
        open_sink(name, signature="s", resume=True).__enter__()


def test_no_standard_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(TextkitError, match=r"^standard output: is closed; name a file with --output$"):
        open_sink(None, signature="s").__enter__()


def test_pipes_are_written_and_may_break(tmp_path: Path, source: str, run: Run) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    run(pipe, [source])
    assert os.read(reader, 100) == b"".join(BLOCKS)

    def unread() -> None:
        with open_sink(str(pipe), signature="s") as sink:
            os.close(reader)
            sink.write(b"x")

    with pytest.raises(BrokenPipeError):
        unread()
    with pytest.raises(UsageError, match=r"pipe: is a pipe or device, which cannot be resumed; name a file$"):
        run(pipe, [source], resume=True)
    assert names(tmp_path) == ["pipe", "source.txt"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_devices(source: str, run: Run) -> None:
    run(Path("/dev/null"), [source])
    assert not Path("/dev/null").is_file()
    with pytest.raises(TextkitError, match=r"^/dev/full: cannot be written: no space left on device$"):
        run(Path("/dev/full"), [source])
