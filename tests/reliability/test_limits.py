"""Few files, little memory, closed and broken streams: one line, the usual status, nothing half-written."""

from __future__ import annotations

from pathlib import Path

import pytest
from resource_inputs import TRAININGS
from resource_server import Server, one_line

NETWORK = "--model lstm --embedding 8 --hidden 8"
# Commands that write data to standard output; tests/cli/test_main.py holds `tokenize` from a shell.
TO_STDOUT = {
    "tokenize": "tokenize text.txt",
    "score": "score MODELS/ngram text.txt --per-token",
    "compare": "compare MODELS/ngram MODELS/lstm --test text.txt",
    "filter": "filter --lm MODELS/ngram --keep 0.5 text.txt -q",
    "generate": "generate MODELS/ngram --seed 1 --length 5",
    "lm-info": "lm-info MODELS/ngram",
    "lr-range": f"lr-range text.txt {NETWORK} -q",
    "classify": "classify MODELS/linear text.txt",
    "evaluate": "evaluate MODELS/linear labelled.tsv",
    "explain": "explain MODELS/linear --text cat",
    "attack": "attack MODELS/linear labelled.tsv",
    "audit": "audit labelled.tsv",
    "tag": "tag MODELS/tagger text.txt",
    "translate": "translate MODELS/nmt text.txt --beam 1 --max-ratio 1",
    "bleu": "bleu --ref text.txt text.txt",
    "graph": "graph MODELS/textcnn",
    "chapter": "chapter show xor",
    "corpora": "corpora list",
    "help": "--help",
}


def words(command: str, models: Path) -> list[str]:
    return [word.replace("MODELS", str(models)) for word in command.split()]


@pytest.mark.parametrize("name", TO_STDOUT)
def test_standard_output(server: Server, models: Path, name: str) -> None:
    arguments = words(TO_STDOUT[name], models)
    full = server.run(*arguments, cwd=models, stdout="/dev/full")
    assert "no space left on device" in full.err
    assert (full.status, full.err.count("\n")) == (1, 1)
    broken = server.run(*arguments, cwd=models, stdout="broken")
    assert (broken.status, "error" in broken.err) == (141, False)
    closed = server.run(*arguments, cwd=models, stdout=None)
    assert one_line(closed, names=["standard output: is closed"]), closed


@pytest.mark.parametrize("name", ["tokenize", "evaluate", "translate"])
def test_the_other_streams_may_be_closed(server: Server, models: Path, name: str) -> None:
    arguments = words(TO_STDOUT[name], models)
    whole = server.run(*arguments, cwd=models)
    for stdin, stderr in ((None, ""), (b"", None), (b"", "/dev/full"), (b"", "broken")):
        ran = server.run(*arguments, cwd=models, stdin=stdin, stderr=stderr)
        assert (ran.status, ran.out) == (0, whole.out)
    missing = server.run("tokenize", cwd=models, stdin=None)
    assert one_line(missing, names=["standard input: is closed"])


@pytest.mark.parametrize("name", ["ngram", "lstm"])
def test_few_open_files(server: Server, folder: Path, name: str) -> None:
    before = {path.name for path in folder.iterdir()}
    for limit in (5, 7):
        ran = server.run(*TRAININGS[name], "-o", "run", cwd=folder, limits={"RLIMIT_NOFILE": limit})
        if ran.status == 0:
            return
        assert one_line(ran, names=["too many open files"]), ran
        if not (folder / "run").exists():
            assert {path.name for path in folder.iterdir()} == before


def test_little_memory(server: Server, folder: Path) -> None:
    """The address space may grow by 64 MB, and a text of one line takes more."""
    (folder / "long.txt").write_bytes(b"word " * 30_000_000)
    before = {path.name for path in folder.iterdir()}
    limit = (
        "import pathlib, resource\n"
        "size = int(pathlib.Path('/proc/self/statm').read_text().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (size + (64 << 20),) * 2)\n"
    )
    for command in ("tokenize long.txt -o out.txt", "vocab long.txt -o out.txt"):
        ran = server.run(*command.split(), cwd=folder, before=limit)
        assert one_line(ran, names=["memory"]), ran
        assert {path.name for path in folder.iterdir()} == before
