"""Locales, folders that are not there, odd names, clocks: the same bytes, or one line."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from resource_inputs import TRAININGS, write_inputs
from resource_server import Server, one_line

# Runs several commands in one process that Python starts: locales are read when it does.
DRIVER = (
    "import json, os, sys\nfrom textkit_cli.main import main\n"
    "for words in json.loads(sys.argv[1]):\n"
    "    status = main([os.fsdecode(word.encode('latin-1')) for word in words])\n"
    "    print(status, file=sys.stderr)\n"
)
COMMANDS = [
    "tokenize 中文.txt --tokenizer characters",
    "tokenize -",
    "tokenize 中文.txt -o 出.txt",
    "vocab 中文.txt -o 词.txt",
    "train-lm 中文.txt --model ngram --order 2 -q -o 模型 --test 中文.txt",
    "generate 模型 --seed 1 --length 5",
    "filter --lm 模型 --keep 0.5 中文.txt -q",
    "bleu --ref 中文.txt 中文.txt",
    "corpora show prose-zh",
    "evaluate 没有 没有.tsv",
]
LOCALES: dict[str, dict[str, str]] = {
    "C": {"LC_ALL": "C"},
    "POSIX without UTF-8": {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "latin-1 streams": {"LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "latin-1"},
    "GBK": {"LC_ALL": "zh_CN.GBK"},
    "ISO-8859-1": {"LC_ALL": "en_US.ISO-8859-1"},
}


def in_locale(folder: Path, **variables: str) -> tuple[bytes, list[bytes], dict[str, bytes]]:
    """Standard output, the statuses, and the files that the commands made."""
    folder.mkdir()
    (write_inputs(folder) / "text.txt").rename(folder / "中文.txt")
    (folder / "空.md").touch()
    plain = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "LANG", "PYTHON"))}
    commands = [[word.encode().decode("latin-1") for word in command.split()] for command in COMMANDS]
    ran = subprocess.run(
        [sys.executable, "-c", DRIVER, json.dumps(commands)],
        cwd=folder, env=plain | variables, input="我来到北京\n".encode(), capture_output=True, check=True,
    )  # fmt: skip
    files = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    assert b"Traceback" not in ran.stderr
    assert b"internal error" not in ran.stderr
    return ran.stdout, [line for line in ran.stderr.splitlines() if line.isdigit()], files


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[bytes], dict[str, bytes]]:
    found = in_locale(tmp_path_factory.mktemp("utf-8") / "f", LC_ALL="C.UTF-8")
    assert found[1] == [b"0"] * (len(COMMANDS) - 1) + [b"1"]
    assert "我 来 到 北 京".encode() in found[0] or "我来到北京".encode() in found[0]
    return found


@pytest.mark.parametrize("name", LOCALES)
def test_the_locale_changes_nothing(
    usual: tuple[bytes, list[bytes], dict[str, bytes]], tmp_path: Path, name: str
) -> None:
    variables = dict(LOCALES[name])
    language, _, charset = variables["LC_ALL"].partition(".")
    if charset not in ("", "UTF-8"):
        made = tmp_path / "locales" / variables["LC_ALL"]
        made.parent.mkdir()
        try:
            subprocess.run(
                ["localedef", "-i", language, "-f", charset, made], capture_output=True, check=True
            )
        except (OSError, subprocess.CalledProcessError):
            pytest.skip(f"cannot make the locale {variables['LC_ALL']}")
        variables["LOCPATH"] = str(made.parent)
    assert in_locale(tmp_path / "f", **variables) == usual


GONE = "/nonexistent/folder"
PLACES: dict[str, dict[str, str | None]] = {
    "no home": {"HOME": None, "XDG_CACHE_HOME": None},
    "a home that is a file": {"HOME": "FILE", "XDG_CACHE_HOME": None},
    "no folder for temporary files": {"HOME": GONE, "XDG_CACHE_HOME": GONE, "TMPDIR": GONE},
    "read-only": {"HOME": "/proc", "XDG_CACHE_HOME": "/proc/none", "TMPDIR": "/proc"},
}


@pytest.mark.parametrize("name", PLACES)
def test_folders_that_are_not_there(server: Server, models: Path, folder: Path, name: str) -> None:
    (folder / "file").touch()
    variables = {
        key: str(folder / "file") if value == "FILE" else value for key, value in PLACES[name].items()
    }
    for command in (
        ["tokenize", "text.txt", "--tokenizer", "jieba", "-o", "o.txt"],
        ["vocab", "text.txt", "--memory", "1M", "-o", "v.txt"],
        ["evaluate", str(models / "linear"), "labelled.tsv", "--plot", "o.png"],
        [*TRAININGS["nmt"], "-o", "nmt"],
    ):
        ran = server.run(*command, cwd=folder, variables=variables)
        assert (ran.status, ran.err) == (0, ""), (command, ran)


def test_the_current_folder_is_gone(server: Server, models: Path, folder: Path, tmp_path: Path) -> None:
    gone = "import os, pathlib; p = pathlib.Path('gone'); p.mkdir(); os.chdir(p); os.rmdir('../gone')"
    source, out = str(models / "text.txt"), str(tmp_path / "out.txt")
    ran = server.run("tokenize", source, "-o", out, cwd=folder, before=gone)
    assert (ran.status, ran.err) == (0, "")
    ran = server.run("tokenize", "text.txt", cwd=folder, before=gone)
    assert one_line(ran, names=["text.txt: no such file"])
    ran = server.run("tokenize", source, "-o", "out.txt", cwd=folder, before=gone)
    assert one_line(ran, names=["out.txt"]), ran


@pytest.mark.parametrize(
    "name", [b"a b", b"new\nline", b"\xff\xfe", b"./-dash", b"x" * 200], ids=lambda n: repr(n[:8])
)
def test_names(server: Server, models: Path, folder: Path, name: bytes) -> None:
    stem = os.fsdecode(name)
    (folder / "text.txt").rename(folder / f"{stem}.txt")
    (folder / "labelled.tsv").rename(folder / f"{stem}.tsv")
    train = [f"{stem}.txt" if word == "text.txt" else word for word in TRAININGS["ngram"]]
    for command in (
        ["tokenize", f"{stem}.txt", "-o", f"{stem}.out"],
        [*train, "-o", stem, "--test", f"{stem}.txt"],
        ["lm-info", stem],
        ["score", stem, f"{stem}.txt"],
        ["lm-convert", stem, f"{stem}.arpa"],
        ["audit", f"{stem}.tsv"],
        ["audit", f"{stem}.tsv", "--json", "-o", f"{stem}.json"],
        ["attack", str(models / "linear"), f"{stem}.tsv", "--json"],
    ):
        ran = server.run(*command, cwd=folder)
        assert ran.status == 0, (command, ran)
        assert "internal error" not in ran.err
    assert one_line(server.run("tokenize", f"{stem}.none", cwd=folder), names=["no such file"])


def test_privacy_by_umask(server: Server, folder: Path) -> None:
    for command in (["tokenize", "text.txt", "-o", "out.txt"], [*TRAININGS["ngram"], "-o", "run"]):
        assert server.run(*command, cwd=folder, before="import os; os.umask(0o077)").status == 0
    for path in [folder / "out.txt", folder / "run", *(folder / "run").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


@pytest.mark.parametrize("when", [0, 4_102_444_800])
def test_times_of_files_and_clocks_that_jump(server: Server, models: Path, folder: Path, when: int) -> None:
    for path in folder.iterdir():
        os.utime(path, (when, when))
    jumping = (
        "import itertools, os, time\nos.environ['TZ'] = 'Pacific/Kiritimati'\ntime.tzset()\n"
        "back = itertools.count(4_000_000_000, -86_400)\ntime.time = lambda: float(next(back))\n"
    )
    arguments = [*TRAININGS["nmt"], "--budget", "10m", "-o", "run"]
    ran = server.run(*arguments, cwd=folder, before=jumping)
    assert (ran.status, ran.err) == (0, "")
    log, usual = ((each / "log.jsonl").read_text().splitlines() for each in (folder / "run", models / "nmt"))
    assert [json.loads(line)["step"] for line in log] == [json.loads(line)["step"] for line in usual]
