"""train-lm of n-gram models: pruning, memory in files, and what happens on bad days."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

WORDS = [f"w{i}" for i in range(60)]


@pytest.fixture
def text(tmp_path: Path) -> Path:
    random.seed(4)
    path = tmp_path / "text.txt"
    lines = (" ".join(random.choices(WORDS, [1 / (i + 1) for i in range(60)], k=9)) for _ in range(400))
    path.write_text("".join(line + "\n" for line in lines))
    return path


def sections(arpa: Path) -> dict[int, int]:
    """How many n-grams an ARPA file announces for each order."""
    lines = arpa.read_text().splitlines()
    announced = (line.removeprefix("ngram ").split("=") for line in lines if line.startswith("ngram "))
    return {int(order): int(size) for order, size in announced}


@pytest.mark.parametrize("prune", [["--prune", "0", "0", "1"], ["--prune", "0,0,1"], ["--prune=0 0 1"]])
def test_pruning_leaves_out_what_is_rare(prune: list[str], text: Path, tmp_path: Path, textkit: Run) -> None:
    for name, more in (("all", []), ("some", prune)):
        arpa = tmp_path / f"{name}.arpa"
        ran = textkit(
            "train-lm", *more, text, "--order", 4, "-o", tmp_path / name, "--arpa", arpa, "--test", text
        )
        assert ran.status == 0, ran.err
        assert ran.out.splitlines()[1].startswith("test")
    whole, pruned = (sections(tmp_path / f"{name}.arpa") for name in ("all", "some"))
    assert (whole[1], whole[2]) == (pruned[1], pruned[2])
    assert pruned[3] < whole[3]
    assert pruned[4] < whole[4]
    assert "prune = [\n    0,\n    0,\n    1,\n]" in (tmp_path / "some" / "config.toml").read_text()


def test_pruned_words_become_unknown_words(text: Path, tmp_path: Path, textkit: Run) -> None:
    words = tmp_path / "words.txt"
    words.write_text("w0 w1\nw2 never")
    held_out = tmp_path / "test.txt"
    held_out.write_text("w0 w9 w1\n")
    ran = textkit(
        "train-lm", text, "--order", 2, "--limit-vocab", words, "-o", tmp_path / "run", "--test", held_out
    )
    assert ran.status == 0, ran.err
    assert ran.out.splitlines()[1].split()[-3:] == ["4", "1", "(33.3%)"]
    assert (tmp_path / "run" / "vocab.txt").read_text().count("\n") == 1 + 5  # specials and three words
    again = textkit("score", tmp_path / "run", held_out)
    assert again.out.splitlines()[1].split()[-3:] == ["4", "1", "(33.3%)"]
    assert again.out.splitlines()[1].split()[0] == ran.out.splitlines()[1].split()[1]


def test_a_bound_on_memory_gives_the_same_model(text: Path, tmp_path: Path, textkit: Run) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    bounded = ["--memory", "1M", "--tmp", folder, "-j", 1]
    for name, more in (("free", []), ("bounded", bounded)):
        ran = textkit(
            "train-lm", text, "--order", 3, "-o", tmp_path / name, "--arpa", tmp_path / f"{name}.arpa", *more
        )
        assert ran.status == 0, ran.err
    assert (tmp_path / "free.arpa").read_bytes() == (tmp_path / "bounded.arpa").read_bytes()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--prune", "1", "0"], "thresholds of the orders are counts that never fall, as 0 0 1, not 1 0"),
        (["--prune", "x"], "--prune takes a count for each order, as 0 0 1, not 'x'"),
        (["--prune", "1", "--smoothing", "katz"], "the smoothing 'katz' keeps every n-gram"),
        (["--tmp", "."], "--tmp is where the files of --memory are kept; give both"),
        (["--memory", "1M", "--tmp", "nowhere"], "--tmp nowhere: no such folder"),
        (["--memory", "12"], "a size must be 1M at least, not '12'"),
        (["--memory", "1M", "--model", "lstm"], "--memory is for n-gram models"),
        (["--limit-vocab", "nowhere", "--smoothing", "mle"], "limit_vocab is for the smoothing modified"),
    ],
)
def test_bad_requests(arguments: list[str], message: str, text: Path, tmp_path: Path, textkit: Run) -> None:
    ran = textkit("train-lm", text, "-o", tmp_path / "run", *arguments)
    assert ran.status == 2
    assert message in ran.err
    assert ran.err.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_a_missing_list_of_words_is_named(text: Path, tmp_path: Path, textkit: Run) -> None:
    ran = textkit("train-lm", text, "--order", 2, "-o", tmp_path / "run", "--limit-vocab", "nowhere")
    assert ran.status == 1
    assert "nowhere: the words to keep cannot be read: no such file or directory" in ran.err
    assert not (tmp_path / "run").exists()


def started(*arguments: object, before: Callable[[], object] | None = None) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "textkit_cli", "train-lm", *map(str, arguments)]
    return subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=before,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_run_leaves_nothing(number: signal.Signals, tmp_path: Path) -> None:
    random.seed(1)
    text, folder = tmp_path / "text.txt", tmp_path / "files"
    folder.mkdir()
    with text.open("w") as file:
        for _ in range(30_000):
            file.write(" ".join(f"w{int(random.paretovariate(0.4)) % 30000}" for _ in range(12)) + "\n")
    with started(text, "--order", 5, "-o", tmp_path / "run", "--memory", "1M", "--tmp", folder) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "counted" in line:
                break
        else:
            pytest.fail("it ended too soon")
        time.sleep(0.05)
        process.send_signal(number)
        process.communicate(timeout=60)
    assert process.returncode in (-number, 128 + number)
    assert list(folder.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["files", "text.txt"]


def _no_room() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 13, 1 << 13))


def test_a_full_disk_is_told_and_leaves_nothing(text: Path, tmp_path: Path) -> None:
    with started(
        text, "--order", 5, "-o", tmp_path / "run", "--memory", "1M", "--tmp", tmp_path, before=_no_room
    ) as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "no temporary files for" in err.splitlines()[-1]
    assert "file too large" in err.splitlines()[-1]
    assert [path.name for path in tmp_path.iterdir()] == ["text.txt"]


def test_pruning_works_where_no_sentence_is_as_long_as_the_order(tmp_path: Path, textkit: Run) -> None:
    ran = textkit(
        "train-lm", "--order", 5, "--prune", 0, 1, "--arpa", tmp_path / "m.arpa", stdin="a b\na b\nb a\na\n"
    )
    assert ran.status == 0, ran.err
    assert sections(tmp_path / "m.arpa") == {1: 5, 2: 4, 3: 2, 4: 1, 5: 0}  # as lmplz has it


def test_counts_are_written_and_taken_in_place_of_a_text(text: Path, tmp_path: Path, textkit: Run) -> None:
    one, counts, other = tmp_path / "one.arpa", tmp_path / "counts.gz", tmp_path / "other.arpa"
    assert textkit("train-lm", text, "--order", 3, "--arpa", one, "--write-counts", counts).status == 0
    ran = textkit("train-lm", "--counts", counts, "--order", 3, "--arpa", other, "--test", text)
    assert ran.status == 0, ran.err
    assert sections(one) == sections(other)
    short = tmp_path / "short.txt"
    short.write_text("a b\na b\n")
    assert textkit("train-lm", short, "--arpa", one, "--write-counts", counts).status == 0
    assert textkit("train-lm", "--counts", counts, "--arpa", other).status == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["text.txt", "--arpa", "text.txt"],
            "--arpa text.txt would replace the input text.txt; name another",
        ),
        (["text.txt", "--arpa", "x", "--write-counts", "x"], "would replace the output of --arpa"),
        (
            ["text.txt", "--limit-vocab", "w", "--write-counts", "w", "-o", "x"],
            "--write-counts w would replace the input w; name another",
        ),
        (["text.txt", "-o", "-"], "a run is a folder, and cannot go to standard output"),
        (["text.txt", "--counts", "c", "-o", "x"], "--counts are taken in place of a text; leave out FILES"),
    ],
)
def test_outputs_replace_nothing_that_is_read(
    arguments: list[str], message: str, text: Path, textkit: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(text.parent)
    before = text.read_bytes()
    ran = textkit("train-lm", *arguments)
    assert ran.status == 2
    assert message in ran.err
    assert text.read_bytes() == before
