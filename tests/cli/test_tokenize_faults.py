"""`textkit tokenize` and `vocab` on a bad day: killed, interrupted, resumed, workers shot."""

from __future__ import annotations

import gzip
import importlib.metadata
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textkit.text.catalog import make_tokenizer
from textkit_corpora.blocks import read_blocks

Textkit = Callable[..., Any]
TEXTKIT = [sys.executable, "-m", "textkit_cli"]
# The command with blocks of 128 KiB: enough to stop it between two of them, a third of the work.
SMALL_BLOCKS = [
    sys.executable,
    "-c",
    "import sys; from textkit_corpora.blocks import read_blocks; from textkit_cli.main import main; "
    "read_blocks.__kwdefaults__['size'] = 1 << 17; sys.exit(main())",
]
LINE = "Mr. Chen doesn't agree (he said so, twice); it's “odd”, isn't it? 我来到北京。\n"


def start(*arguments: object) -> subprocess.Popen[bytes]:
    command = [*SMALL_BLOCKS, *(str(argument) for argument in arguments)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE)


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Until the running `process` has come so far."""
    end = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, "it was done before it could be stopped"
        assert time.monotonic() < end
        time.sleep(0.005)


def children(process: subprocess.Popen[bytes]) -> list[int]:
    """The processes that a process has started and that work for it."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
            command = status.with_name("cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == process.pid and b"resource_tracker" not in command:
            found.append(int(status.parent.name))
    return found


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A dozen small blocks, which NLTK needs some seconds for, and what comes out."""
    folder = tmp_path_factory.mktemp("faults")
    source = folder / "f.txt"
    source.write_text("".join(f"{i} {LINE}" for i in range(15_000)), encoding="utf-8")
    tokenizer = make_tokenizer("nltk")
    lines = source.read_text(encoding="utf-8").splitlines()
    return source, "".join(" ".join(tokenizer(line)) + "\n" for line in lines).encode()


@pytest.mark.parametrize(("jobs", "number"), [(1, signal.SIGINT), (2, signal.SIGTERM), (2, signal.SIGKILL)])
def test_stopped_and_resumed_it_is_the_same(
    textkit: Textkit,
    work: tuple[Path, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    jobs: int,
    number: signal.Signals,
) -> None:
    source, whole = work
    out = tmp_path / "out.txt.gz"
    arguments = ["tokenize", "--tokenizer", "nltk", "-j", jobs, source, "-o", out]
    journal = tmp_path / "out.txt.gz.partial" / "journal.json"
    process = start(*arguments)
    wait_until(lambda: journal.exists() and json.loads(journal.read_bytes())["blocks"] > 0, process)
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert not out.exists()
    if number == signal.SIGKILL:
        assert process.returncode == -number
    else:
        assert process.returncode == 128 + number
        word = "interrupted" if number == signal.SIGINT else "terminated"
        assert errors.decode() == (
            f"textkit: {word}; the finished part is kept in {out}.partial; add --resume to go on\n"
        )
    done = json.loads(journal.read_bytes())
    assert textkit(*arguments) == (
        1,
        "",
        f"textkit: error: {out}.partial: holds an unfinished run "
        f"({done['blocks']} blocks, {done['size']} bytes); "
        "add --resume to go on, or remove the folder to start over\n",
    )
    assert "was begun with other settings" in textkit(*arguments, "--resume", "--clean", "en").err
    with monkeypatch.context() as patch:
        patch.setattr(importlib.metadata, "version", lambda _: "9.9")
        assert "was begun with other settings or another version: " in textkit(*arguments, "--resume").err
    monkeypatch.setitem(read_blocks.__kwdefaults__, "size", 1 << 17)
    resumed = ["tokenize", "--tokenizer", "nltk", "-j", 3 - jobs, source, "-o", out, "--resume"]
    assert textkit(*resumed) == (0, "", "")
    assert gzip.decompress(out.read_bytes()) == whole
    assert [path.name for path in tmp_path.iterdir()] == ["out.txt.gz"]


def test_a_worker_that_is_shot_is_replaced(work: tuple[Path, bytes], tmp_path: Path) -> None:
    source, whole = work
    process = start("tokenize", "--tokenizer", "nltk", "-j", "2", source, "-o", tmp_path / "out.txt")
    data = tmp_path / "out.txt.partial" / "data"
    wait_until(lambda: data.exists() and data.stat().st_size > 0, process)
    os.kill(children(process)[0], signal.SIGKILL)
    assert (process.communicate()[1], process.returncode) == (b"", 0)
    assert (tmp_path / "out.txt").read_bytes() == whole


def test_on_a_cluster_whose_worker_is_shot(work: tuple[Path, bytes], tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    source, whole = work
    arguments = ["--tokenizer", "nltk", "--engine", "dask", "-j", "2", source, "-o"]
    process = start("tokenize", *arguments, tmp_path / "out.txt")
    data = tmp_path / "out.txt.partial" / "data"
    wait_until(lambda: data.exists() and data.stat().st_size > 0, process)
    os.kill(children(process)[0], signal.SIGKILL)
    assert (process.communicate()[1], process.returncode) == (b"", 0)
    assert (tmp_path / "out.txt").read_bytes() == whole


def test_counts_are_the_same_however_they_are_made(textkit: Textkit, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    source = tmp_path / "f.txt"
    source.write_text("".join(f"{i} {i % 977} {LINE}" for i in range(30_000)), encoding="utf-8")
    settings = ["vocab", "--tokenizer", "whitespace", source]
    assert textkit(*settings, "-o", tmp_path / "plain") == (0, "", "")
    for number, more in enumerate(
        (["-j", 2], ["--memory", "1M"], ["--memory", "2M", "-j", 2], ["--engine", "dask", "-j", 2])
    ):
        assert textkit(*settings, *more, "-o", tmp_path / str(number)) == (0, "", "")
        assert (tmp_path / str(number)).read_bytes() == (tmp_path / "plain").read_bytes(), more
    assert textkit("vocab", "-o", tmp_path / "stdin", "--tokenizer", "whitespace", stdin=source.read_bytes())
    assert (tmp_path / "stdin").read_bytes() == (tmp_path / "plain").read_bytes()


def test_bad_records_are_skipped_by_request(textkit: Textkit, tmp_path: Path) -> None:
    (tmp_path / "f.txt").write_bytes(b"one two\n\xff three\nfour\n")
    (tmp_path / "f.jsonl").write_text('{"text": "one two"}\n{"text": 3}\nnot json\n{"text": "four"}\n')
    for name, faults in (
        ("f.txt", ["f.txt:2: not valid UTF-8"]),
        ("f.jsonl", ["f.jsonl:2: field 'text': holds a value of type int", "f.jsonl:3: not valid JSON"]),
    ):
        path = tmp_path / name
        for jobs in ("1", "2"):
            ran = textkit("tokenize", "--on-error", "skip", "-j", jobs, path)
            assert (ran.status, ran.out) == (0, "one two\n" + "\n" * len(faults) + "four\n")
            lines = ran.err.splitlines()
            assert len(lines) == len(faults)
            for line, fault in zip(lines, faults, strict=True):
                assert line.startswith(f"textkit: skipped {tmp_path / fault}")
            ran = textkit("vocab", "--on-error", "skip", "-j", jobs, path, "-o", tmp_path / "v")
            assert (ran.status, len(ran.err.splitlines())) == (0, len(faults))
            assert "four\t1" in (tmp_path / "v").read_text()
        assert textkit("tokenize", path).status == 1
    ran = textkit("tokenize", "--on-error", "skop", tmp_path / "f.txt")
    assert "unknown way with bad records 'skop': did you mean 'skip'? (known: fail, skip)" in ran.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--scheduler", "tcp://localhost:1"], "--scheduler needs --engine dask"),
        (["--engine", "dusk"], "unknown engine 'dusk': did you mean 'dask'? (known: dask, local)"),
        (
            ["--engine", "dask", "--scheduler", "tcp://localhost:x"],
            "tcp://localhost:x: not the address of a Dask scheduler, as tcp://HOST:8786",
        ),
        (["--resume"], "only a file can be resumed, not standard output; name one with --output"),
        (["--format", "csv", "-o", "x.parquet"], "--format parquet and --output FILE.parquet go together"),
    ],
)
def test_bad_usage(textkit: Textkit, tmp_path: Path, arguments: list[str], message: str) -> None:
    (tmp_path / "f.txt").write_text("a\n")
    ran = textkit("tokenize", tmp_path / "f.txt", *arguments)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == f"textkit: error: {message} (try 'textkit tokenize --help')\n"


@pytest.mark.parametrize("command", [["tokenize"], ["vocab", "-o", "v"]])
def test_standard_input_goes_to_the_cluster_that_is_named(
    textkit: Textkit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    pytest.importorskip("distributed")
    from textkit.engine import dask

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(dask, "CONNECT", 1)
    ran = textkit(*command, "--engine", "dask", "--scheduler", "tcp://127.0.0.1:9", stdin="a b\n")
    assert (ran.status, ran.out) == (1, "")
    assert "tcp://127.0.0.1:9: no Dask scheduler answers there" in ran.err


def test_an_empty_file_among_others(textkit: Textkit, tmp_path: Path) -> None:
    for name, text in (("a.txt", "one\n"), ("empty.txt", ""), ("b.txt", "two\n")):
        (tmp_path / name).write_text(text)
    files = [tmp_path / name for name in ("a.txt", "empty.txt", "b.txt")]
    fault = f"{files[1]}: is empty; there is no line to read"
    assert textkit("tokenize", *files).err == f"textkit: error: {fault}\n"
    assert textkit("tokenize", *files, "--on-error", "skip") == (
        0,
        "one\ntwo\n",
        f"textkit: skipped {fault}\n",
    )


def test_an_output_keeps_the_permissions_of_what_it_replaces(textkit: Textkit, tmp_path: Path) -> None:
    (tmp_path / "f.txt").write_text("one\n")
    (tmp_path / "out").write_text("private")
    (tmp_path / "out").chmod(0o600)
    assert textkit("tokenize", tmp_path / "f.txt", "-o", tmp_path / "out") == (0, "", "")
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o600


def test_without_standard_error_no_message_goes_to_standard_output(tmp_path: Path) -> None:
    command = f"{' '.join(TEXTKIT)} tokenize {tmp_path}/none 2>&-"
    ran = subprocess.run(["bash", "-c", command], stdout=subprocess.PIPE, check=False)
    assert (ran.returncode, ran.stdout) == (1, b"")


def peak(*arguments: object) -> float:
    """The megabytes that a command took at most."""
    program = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [sys.executable, "-c", program, *TEXTKIT, *(str(argument) for argument in arguments)]
    return int(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout) / 1024


def test_memory_does_not_grow_with_the_input(tmp_path: Path) -> None:
    peaks = []
    for megabytes in (16, 96):
        path = tmp_path / f"{megabytes}.txt"
        line = ("我来到北京清华大学 to be or not " * 4).encode() + b"\n"
        path.write_bytes(line * (megabytes * 1_000_000 // len(line)))
        peaks.append(peak("tokenize", "--tokenizer", "jieba", "-j", "2", path, "-o", tmp_path / "out.txt"))
    assert peaks[1] < peaks[0] * 1.15
