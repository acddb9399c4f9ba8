"""A full disk, at every call that takes room: one line, nothing lost, and once there is room it goes on.

By default a few of the calls of some commands fail. TEXTKIT_EVERY_FAULT=1 lets each call of each command
fail, one after the other, which takes some minutes.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from resource_inputs import TRAININGS, write_inputs
from resource_server import Ran, Server, one_line

from textkit.train.checkpoint import MANIFEST, RunFolder

EVERY = os.environ.get("TEXTKIT_EVERY_FAULT") == "1"
FULL = "no space left on device"
# What each command writes is named out.SOMETHING; MODELS is the folder of the trained runs.
OUTPUTS = {
    "tokenize": "tokenize text.txt -o out.txt",
    "tokenize to gzip": "tokenize text.txt -o out.txt.gz",
    "tokenize to zstd": "tokenize text.txt -o out.jsonl.zst",
    "tokenize to Parquet": "tokenize text.txt -o out.parquet",
    "vocab": "vocab text.txt -o out.txt",
    "train-tokenizer": "train-tokenizer text.txt --vocab-size 28 -q -o out.model",
    "filter": "filter --lm MODELS/ngram --keep 0.5 text.txt -q -o out.txt --scores out.tsv",
    "ARPA text": "lm-convert MODELS/ngram out.arpa",
    "ARPA text, packed": "lm-convert MODELS/ngram out.arpa.gz",
    "a model folder": "lm-convert MODELS/ngram out.folder",
    "ONNX": "lm-convert MODELS/lstm out.onnx",
    "lm-mix": "lm-mix MODELS/ngram MODELS/ngram --tune text.txt -o out.arpa",
    "translate": "translate MODELS/nmt text.txt --beam 1 --max-ratio 1 -q -o out.txt",
    "translate to Parquet": "translate MODELS/nmt text.txt --beam 1 --max-ratio 1 -q -o out.parquet",
    "classify": "classify MODELS/linear text.txt -o out.csv",
    "tag": "tag MODELS/tagger text.txt -o out.jsonl",
    "score": "score MODELS/ngram text.txt --per-line -o out.tsv",
    "generate": "generate MODELS/ngram --seed 1 --length 5 -o out.txt",
    "audit": "audit labelled.tsv -o out.txt",
    "a confusion matrix": "evaluate MODELS/linear labelled.tsv --plot out.png",
    "an explanation": "explain MODELS/linear --text cat --html out.html",
    "a graph": "graph MODELS/textcnn -o out.svg",
    "a report": "report MODELS/linear -o out.html",
}
SOME = (
    "tokenize",
    "tokenize to Parquet",
    "vocab",
    "filter",
    "a model folder",
    "ARPA text, packed",
    "translate",
)


def filling(folder: Path, first: int, calls: Path, preload: Path) -> str:
    """Python that has the disk full from the `first` call below `folder` on, and writes how many came."""
    return (
        "import atexit, ctypes, pathlib\n"
        f"loaded = ctypes.CDLL({str(preload)!r})\n"
        "loaded.full_disk_calls.restype = ctypes.c_long\n"
        "loaded.full_disk.argtypes = [ctypes.c_char_p, ctypes.c_long]\n"
        f"loaded.full_disk({str(folder).encode()!r}, {first})\n"
        f"atexit.register(lambda: pathlib.Path({str(calls)!r}).write_text(str(loaded.full_disk_calls())))\n"
    )


class Disk:
    """A folder whose disk is full from a certain call on."""

    def __init__(self, server: Server, models: Path, folder: Path, preload: Path | None) -> None:
        if preload is None:
            pytest.skip("needs Linux and a C compiler")
        self.server, self.models, self.top, self.preload = server, models, folder, preload
        self.folder = folder / "disk"

    def fresh(self) -> dict[str, bytes]:
        """The inputs, and nothing else; what is there."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        write_inputs(self.folder)
        return self.content()

    def content(self) -> dict[str, bytes]:
        files = (path for path in self.folder.rglob("*") if not path.is_dir())
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in files}

    def run(self, *arguments: str, first: int = 0) -> tuple[Ran, int]:
        """What came of a command, and how many calls took room."""
        calls = self.top / "calls"
        before = filling(self.folder, first, calls, self.preload)
        words = [word.replace("MODELS", str(self.models)) for word in arguments]
        ran = self.server.run(*words, cwd=self.folder, before=before)
        return ran, int(calls.read_text())


@pytest.fixture
def disk(server: Server, models: Path, tmp_path: Path, full_disk: Path | None) -> Disk:
    return Disk(server, models, tmp_path, full_disk)


def chosen(calls: int) -> list[int]:
    """Which call is the first to fail, each in its turn."""
    return list(range(1, calls + 1)) if EVERY else sorted({2, calls // 2, calls - 1} - {0})


@pytest.mark.parametrize("name", OUTPUTS if EVERY else SOME)
def test_outputs(disk: Disk, name: str) -> None:
    disk.fresh()
    arguments = OUTPUTS[name].split()
    outs = [word for word in arguments if word.startswith("out.")]
    ran, calls = disk.run(*arguments)
    assert (ran.status, calls > 2) == (0, True), ran.err
    for first in chosen(calls):
        disk.fresh()
        for out in outs:
            if out != "out.folder":
                (disk.folder / out).write_text("old")
        before = disk.content()
        ran, _ = disk.run(*arguments, first=first)
        if ran.status == 0:  # what failed last was to outlive a power cut, and what is there is whole
            assert first >= calls - len(outs)
            continue
        assert one_line(ran, names=[FULL, "; free some room"]), (first, ran)
        assert any(f" {out}{end}" in ran.err for out in outs for end in ":/"), (first, ran)
        after = disk.content()
        last = {out for out in outs if after.get(out) != before.get(out)}
        assert not last or (len(outs) > 1 and len(last) == 1), first  # of two outputs one may be whole
        assert {key: after[key] for key in after if key not in last} == {
            k: before[k] for k in before if k not in last
        }


@pytest.mark.parametrize("name", TRAININGS if EVERY else ("lstm", "linear"))
def test_trainings(disk: Disk, models: Path, name: str) -> None:
    before = disk.fresh()
    arguments = [*TRAININGS[name], "-o", "run"]
    ran, calls = disk.run(*arguments)
    assert ran.status == 0, ran.err
    points = chosen(calls)
    for first in points if EVERY else points[1:2]:
        disk.fresh()
        ran, _ = disk.run(*arguments, first=first)
        if ran.status == 0:
            assert first >= calls - 1
            continue
        assert one_line(ran, names=["run", FULL]), (first, ran)
        if not (disk.folder / "run").exists():
            assert disk.content() == before, first
            continue
        if (disk.folder / "run" / MANIFEST).exists() and name not in ("ngram", "linear"):
            if "--resume run" not in ran.err:  # the disk was full before the first step, or after the last
                assert "--resume run" in disk.run(*arguments)[0].err, (first, ran)
            assert disk.run(arguments[0], "--resume", "run", "-q")[0].status == 0, first
        assert weights(disk.folder / "run") == weights(models / name), first


def weights(path: Path) -> dict[str, bytes]:
    run = RunFolder.open(path)
    if not run.has("best"):
        return {
            name: (path / name).read_bytes()
            for name in sorted(run.document["files"])
            if name != "config.toml"
        }
    return {name: array.tobytes() for name, array in run.arrays("best").items()}


# Files that may not grow, as with `ulimit -f`


@pytest.mark.parametrize("out", ["out.txt", "out.parquet"])
def test_a_limit_on_the_size_of_files(server: Server, folder: Path, out: str) -> None:
    (folder / out).write_text("old")
    before = {path.name for path in folder.iterdir()}
    ran = server.run("tokenize", "text.txt", "-o", out, cwd=folder, limits={"RLIMIT_FSIZE": 1000})
    assert one_line(ran, names=[out, "file too large"])
    assert (folder / out).read_text() == "old"
    assert {path.name for path in folder.iterdir()} == before


def test_a_training_under_a_limit_goes_on_without_it(server: Server, models: Path, folder: Path) -> None:
    limit = next((models / "lstm").glob("*.state.pt")).stat().st_size - 1
    arguments = [*TRAININGS["lstm"], "-o", "run"]
    ran = server.run(*arguments, cwd=folder, limits={"RLIMIT_FSIZE": limit})
    assert one_line(ran, names=["run", "file too large", "go on with: textkit train-lm --resume run"])
    assert server.run("train-lm", "--resume", "run", "-q", cwd=folder).status == 0
    assert weights(folder / "run") == weights(models / "lstm")


# Room for temporary files


@pytest.mark.parametrize(
    "arguments",
    [
        "vocab many.txt --tokenizer whitespace --memory 1M -o v",
        "train-lm many.txt --order 3 --memory 10M -q -o run",
    ],
)
def test_no_room_for_temporary_files(disk: Disk, arguments: str) -> None:
    before = disk.fresh()
    many = disk.top / "many.txt"
    many.write_text("".join(f"{i} word{i * 7919 % 100_003} w{i % 977}\n" for i in range(60_000)))
    words = [str(many) if word == "many.txt" else word for word in arguments.split()]
    out = str(disk.top / words[-1])
    spills = {"TMPDIR": str(disk.folder)}
    calls = disk.top / "calls"
    ran = disk.server.run(
        *words[:-1], out, variables=spills, before=filling(disk.folder, 0, calls, disk.preload)
    )
    total = int(calls.read_text())
    assert ran.status == 0, ran.err
    assert total > 2
    assert disk.content() == before
    remove(Path(out))
    for first in (
        range(4, total + 1) if EVERY else (total // 2, total)
    ):  # three calls try whether it can be used
        ran = disk.server.run(
            *words[:-1], out, variables=spills, before=filling(disk.folder, first, calls, disk.preload)
        )
        assert one_line(ran, names=[disk.folder, FULL]), (first, ran)
        assert disk.content() == before, first
        assert sorted(path.name for path in disk.top.iterdir()) == ["calls", "disk", "many.txt"], first


def remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()


# A disk that is really full


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system in memory, where that is permitted."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("may not mount a file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_real_disk(server: Server, models: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", "128k") as disk:
        write_inputs(disk)
        ballast = disk / "ballast"
        arguments = [*TRAININGS["lstm"], "-o", "run"]
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        names = sorted(path.name for path in disk.iterdir())
        for out in ("out.txt", "out.txt.gz", "out.parquet"):
            ran = server.run("tokenize", "text.txt", "-o", out, cwd=disk)
            assert one_line(ran, names=[out, FULL]), ran
        assert one_line(server.run(*arguments, cwd=disk), names=["run", FULL])
        assert sorted(path.name for path in disk.iterdir()) == names
        os.truncate(ballast, ballast.stat().st_size - 48 * 1024)  # enough to begin in
        ran = server.run(*arguments, cwd=disk)
        assert one_line(ran, names=["run", FULL, "go on with: textkit train-lm --resume run"]), ran
        ballast.unlink()
        subprocess.run(["mount", "-o", "remount,size=4m", str(disk)], check=True)
        assert server.run("train-lm", "--resume", "run", "-q", cwd=disk).status == 0
        assert weights(disk / "run") == weights(models / "lstm")
