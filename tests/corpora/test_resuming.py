"""Output that was interrupted: kept, gone on with by resume, refused where that would be wrong."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from textkit.errors import CheckpointError, InputError, TextkitError, UsageError
from textkit_corpora import partial
from textkit_corpora.journal import Journal
from textkit_corpora.sinks import open_sink

Run = Callable[..., None]

BLOCKS = [b"one\n", b"two\n", b"three\n"]  # what `run` writes when not told otherwise


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# Interrupted and resumed


@pytest.mark.parametrize("stop_after", [1, 2])
def test_what_is_done_is_kept_and_gone_on_with(out: Path, source: str, stop_after: int, run: Run) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(out, [source], stop_after=stop_after, head=b"head\n")
    folder = out.with_name("out.txt.partial")
    assert names(out.parent) == [folder.name]
    held = len(b"head\n" + b"".join(BLOCKS[:stop_after]))
    with pytest.raises(TextkitError) as caught:
        run(out, [source], head=b"head\n")
    unfinished = f"holds an unfinished run ({stop_after} blocks, {held} bytes)"
    remedy = "add --resume to go on, or remove the folder to start over"
    assert str(caught.value) == f"{folder}: {unfinished}; {remedy}"
    with open_sink(str(out), signature="settings", resume=True, head=b"head\n", inputs=[source]) as sink:
        assert sink.done == stop_after
        assert sink.hint == f"the finished part is kept in {folder}; add --resume to go on"
        for block in BLOCKS[stop_after:]:
            sink.write(block)
    assert out.read_bytes() == b"head\n" + b"".join(BLOCKS)
    assert names(out.parent) == ["out.txt"]


def test_nothing_done_or_nothing_to_read_again_leaves_nothing(
    out: Path, source: str, tmp_path: Path, run: Run
) -> None:
    os.mkfifo(tmp_path / "pipe")
    for inputs, stop_after in (([source], 0), ([], 2), (["-"], 2), ([source, str(tmp_path / "pipe")], 2)):
        with pytest.raises(KeyboardInterrupt):
            run(out, inputs, stop_after=stop_after)
        assert names(out.parent) == []
    for inputs in ([], ["-"], [source, "-"]):
        with pytest.raises(UsageError, match=r"only work on files can be resumed, not on standard input or"):
            run(out, inputs, resume=True)


def test_a_failure_of_the_work_keeps_what_is_done(out: Path, source: str, run: Run) -> None:
    def fail() -> None:
        with open_sink(str(out), signature="settings", inputs=[source]) as sink:
            sink.write(BLOCKS[0])
            raise OSError(errno.EIO, "not ours")

    with pytest.raises(OSError, match="not ours"):
        fail()
    run(out, [source], resume=True)
    assert out.read_bytes() == b"".join(BLOCKS)


def test_stopped_again_and_again(out: Path, source: str, run: Run) -> None:
    blocks = [b"%d\n" % number for number in range(20)]
    for stop_after in range(1, 20):
        with pytest.raises(KeyboardInterrupt):
            run(out, [source], blocks=blocks, stop_after=stop_after, resume=True)
    run(out, [source], blocks=blocks, resume=True)
    assert out.read_bytes() == b"".join(blocks)


# What cannot be resumed


@pytest.fixture
def stopped(out: Path, source: str, run: Run) -> Path:
    with pytest.raises(KeyboardInterrupt):
        run(out, [source], stop_after=2)
    return out.with_name("out.txt.partial")


def refused(
    run: Run,
    out: Path,
    inputs: list[str],
    error: type[TextkitError],
    *,
    signature: str = "settings",
) -> str:
    kept = {path: path.read_bytes() for path in out.with_name("out.txt.partial").iterdir()}
    with pytest.raises(error) as caught:
        run(out, inputs, resume=True, signature=signature)
    assert {path: path.read_bytes() for path in out.with_name("out.txt.partial").iterdir()} == kept
    assert not out.exists()
    return str(caught.value)


def test_other_settings(stopped: Path, out: Path, source: str, run: Run) -> None:
    assert refused(run, out, [source], TextkitError, signature="others") == (
        f"{stopped}: was begun with other settings or another version: 'settings', not 'others'; "
        f"repeat those, or remove {stopped} to start over"
    )


def test_other_files(stopped: Path, out: Path, source: str, tmp_path: Path, run: Run) -> None:
    more = tmp_path / "more.txt"
    more.write_text("x\n")
    assert refused(run, out, [source, str(more)], TextkitError) == (
        f"{stopped}: was begun from other files: {source}; not from {source}, {more}; "
        f"remove {stopped} to start over"
    )


@pytest.mark.parametrize("change", [lambda path: path.write_text("raw, changed\n"), os.utime])
def test_changed_input(
    stopped: Path, out: Path, source: str, change: Callable[[Path], object], run: Run
) -> None:
    change(Path(source))
    assert refused(run, out, [source], InputError) == (
        f"{source}: has changed since the run in {stopped} began; remove {stopped} to start over"
    )


@pytest.mark.parametrize(
    "damage", [lambda data: b"\xff" + data[1:], lambda data: data[:-1], lambda data: b""]
)
def test_damaged_data(
    stopped: Path, out: Path, source: str, damage: Callable[[bytes], bytes], run: Run
) -> None:
    data = stopped / "data"
    data.write_bytes(damage(data.read_bytes()))
    assert refused(run, out, [source], CheckpointError) == (
        f"{stopped}: is damaged: its data are not what its journal says; remove {stopped} to start over"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is damaged"),
        ("[1]", "is damaged"),
        ('{"format": 1}', "is damaged"),
        ('{"format": 1, "signature": "s", "inputs": [], "blocks": "1"}', "is damaged"),
        (
            '{"format": 2, "from": "the future"}',
            "format 2; this version reads format 1; it was written by a newer textkit: update textkit",
        ),
    ],
)
def test_damaged_journal(stopped: Path, out: Path, source: str, text: str, message: str, run: Run) -> None:
    (stopped / "journal.json").write_text(text)
    found = refused(run, out, [source], CheckpointError)
    assert found == f"{stopped / 'journal.json'}: {message}; remove {stopped} to start over"


def test_what_a_crash_wrote_after_the_journal_is_cut_off(
    stopped: Path, out: Path, source: str, run: Run
) -> None:
    with (stopped / "data").open("ab") as data:
        data.write(b"half a blo")
    run(out, [source], resume=True)
    assert out.read_bytes() == b"".join(BLOCKS)


@pytest.mark.parametrize("gone", ["journal.json", "data"])
def test_the_rest_of_a_run_that_had_ended_is_no_obstacle(
    stopped: Path, out: Path, source: str, gone: str, run: Run
) -> None:
    (stopped / gone).unlink()
    run(out, [source])
    assert out.read_bytes() == b"".join(BLOCKS)
    assert names(out.parent) == ["out.txt"]


def test_the_journal_says_what_it_is(stopped: Path, source: str) -> None:
    document = json.loads((stopped / "journal.json").read_text())
    status = Path(source).stat()
    inputs = [{"path": source, "size": status.st_size, "mtime_ns": status.st_mtime_ns}]
    journal = Journal.load(stopped / "journal.json")
    assert document["inputs"] == inputs
    assert (journal.signature, journal.blocks, journal.size) == ("settings", 2, 8)


def test_a_lock_whose_folder_is_gone_counts_as_held(tmp_path: Path) -> None:
    (tmp_path / "lock").touch()
    ours = os.open(tmp_path / "lock", os.O_RDWR)
    (tmp_path / "lock").unlink()
    assert partial._is_held(ours, tmp_path / "lock")
    (tmp_path / "lock").touch()  # of a third process
    assert partial._is_held(ours, tmp_path / "lock")
    os.close(ours)


def test_file_systems_without_locks(
    out: Path, source: str, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    fcntl = pytest.importorskip("fcntl")

    def flock(_lock: int, _how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", flock)
    run(out, [source])
    assert out.read_bytes() == b"".join(BLOCKS)
