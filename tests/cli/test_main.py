"""The command as a whole: help, what it imports, exit statuses, signals and pipes."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textkit import __version__
from textkit.errors import Interrupted, TextkitError, UsageError
from textkit_cli.main import COMMANDS, main
from textkit_cli.progress import progress

TEXTKIT = [sys.executable, "-m", "textkit_cli"]
HEAVY = (
    "torch",
    "spacy",
    "nltk",
    "datasets",
    "sklearn",
    "numpy",
    "pandas",
    "pyarrow",
    "jieba",
    "rich",
    "pydantic",
)


def run(*arguments: object, stdin: bytes = b"", **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TEXTKIT, *map(str, arguments)],
        input=stdin.decode(),
        capture_output=True,
        text=True,
        env=os.environ | variables,
        timeout=60,
        check=False,
    )


def wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(400):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("waited for 20 seconds in vain")


def group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


# Help


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], []])
def test_help_lists_every_command(textkit: Callable[..., Any], arguments: list[str]) -> None:
    ran = textkit(*arguments)
    assert (ran.status, ran.err) == (0, "")
    for name, help_line in COMMANDS.items():
        assert f"  {name} " in ran.out
        assert help_line in " ".join(ran.out.split())
    assert max(map(len, ran.out.splitlines())) <= 80


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_every_command_has_help(textkit: Callable[..., Any], name: str, flag: str) -> None:
    ran = textkit(name, flag)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith(f"Usage: textkit {name} ")
    assert max(map(len, ran.out.splitlines())) <= 80


def test_version(textkit: Callable[..., Any]) -> None:
    assert textkit("--version") == (0, f"textkit {__version__}\n", "")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from textkit_cli.main import main\n"
        "for arguments in (['--help'], ['--version'], *([name, '--help'] for name in sys.argv[1:])):\n"
        f"    print(main(arguments), *arguments, [name for name in {HEAVY} if name in sys.modules], "
        "file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code, *COMMANDS], capture_output=True, text=True, check=True)
    whole, version, *lines = ran.stderr.splitlines()
    assert (whole, version) == ("0 --help []", "0 --version []")
    assert len(lines) == len(COMMANDS)
    for name, line in zip(COMMANDS, lines, strict=True):  # some need pydantic, and then it stays
        assert line in (f"0 {name} --help []", f"0 {name} --help ['pydantic']")


def test_help_of_the_whole_imports_no_command() -> None:
    code = "import sys, textkit_cli.main as m; m.main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", code, "-h"], capture_output=True, text=True, check=True)
    assert not [name for name in ran.stderr.split() if name.startswith("textkit_cli.commands")]


def test_shell_completion() -> None:
    ran = run(_TEXTKIT_COMPLETE="complete_bash", COMP_WORDS="textkit tok", COMP_CWORD="1")
    assert ran.stdout.split() == ["tokenize"]
    ran = run(_TEXTKIT_COMPLETE="complete_bash", COMP_WORDS="textkit tokenize --cl", COMP_CWORD="2")
    assert ran.stdout.split() == ["--clean"]


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("watched", [True, False])
def test_progress_is_for_people(monkeypatch: pytest.MonkeyPatch, watched: bool) -> None:
    screen = Screen() if watched else io.StringIO()
    for quiet in (True, False):
        assert screen.getvalue() == ""
        monkeypatch.setattr(sys, "stderr", screen)
        with progress(total=12, quiet=quiet) as advance:
            advance(1)
            time.sleep(1.2 if watched and not quiet else 0)
            advance(5)
        monkeypatch.undo()
    assert ("6.00/12.0" in screen.getvalue()) is watched


# Errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["tokenise"],
            "unknown command 'tokenise': did you mean 'tokenize'? (known: attack, audit, bleu, chapter, ",
        ),
        (
            ["tokenize", "--jbos", "2"],
            "No such option: --jbos (Possible options: --jobs) (try 'textkit tokenize --help')",
        ),
        (["--verison"], "No such option: --verison (Possible options: --version) (try 'textkit --help')"),
        (["tokenize", "-j", "0"], "Invalid value for '--jobs' / '-j': "),
        (["tokenize", "-j"], "Option '-j' requires an argument (try 'textkit tokenize --help')"),
        (["vocab"], "Missing option '--output' / '-o' (try 'textkit vocab --help')"),
    ],
)
def test_bad_usage_is_one_line_and_status_2(
    textkit: Callable[..., Any], arguments: list[str], message: str
) -> None:
    ran = textkit(*arguments)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith(f"textkit: error: {message}")
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (TextkitError("f.txt: bad\n\x1b[31mred"), 1, "error: f.txt: bad \\x1b[31mred"),
        (UsageError("no"), 2, "error: no (try 'textkit tokenize --help')"),
        (Interrupted("stopped; go on with --resume", signal.SIGINT), 130, "stopped; go on with --resume"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (BrokenPipeError(32, "Broken pipe"), 141, None),
        (OSError(28, "No space left on device"), 1, "error: output: no space left on device"),
        (PermissionError(13, "Permission denied", "f"), 1, "error: f: permission denied"),
        (MemoryError(), 1, "error: out of memory; use shorter lines, a smaller model or fewer jobs"),
        (
            ValueError("odd"),
            1,
            "internal error: ValueError: odd; please report it; TEXTKIT_DEBUG=1 shows the traceback",
        ),
    ],
)
def test_every_error_is_one_line(
    textkit: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    status: int,
    line: str | None,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("textkit_cli.commands.tokenize.read_blocks", fail)
    ran = textkit("tokenize")
    assert ran == (status, "", "" if line is None else f"textkit: {line}\n")


def test_traceback_on_request(tmp_path: Path) -> None:
    assert "Traceback" in run("tokenize", tmp_path, TEXTKIT_DEBUG="1").stderr
    assert "Traceback" not in run("tokenize", tmp_path).stderr


def test_main_leaves_the_signal_handler_as_it_was(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    assert main(["tokenize", str(tmp_path / "none")]) == 1
    assert signal.getsignal(signal.SIGTERM) is before


# Pipes and signals, in processes of their own


def test_standard_input_to_standard_output() -> None:
    ran = run("tokenize", stdin="a b\r\n中文\u2028x\nlast".encode())
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "a b\n中 文 x\nlast\n", "")


@pytest.mark.parametrize("jobs", [1, 2])
def test_reader_that_goes_away(tmp_path: Path, jobs: int) -> None:
    path = tmp_path / "f.txt"
    path.write_text("a line of text\n" * 200_000)
    command = f"{' '.join(TEXTKIT)} tokenize -j {jobs} {path} | head -1; exit ${{PIPESTATUS[0]}}"
    ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (141, "a line of text\n", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", ["--help", "tokenize"])
def test_full_disk(arguments: str) -> None:
    command = f"echo text | {' '.join(TEXTKIT)} {arguments} > /dev/full"
    ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stderr) == (1, "textkit: error: output: no space left on device\n")


@pytest.mark.parametrize("redirection", [">&-", "<&-"])
def test_closed_streams(redirection: str) -> None:
    command = f"{' '.join(TEXTKIT)} tokenize {redirection}"
    ran = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, input="a\n", timeout=60, check=False
    )
    assert ran.returncode == 1
    assert ran.stderr.startswith("textkit: error: standard ")
    assert ran.stderr.count("\n") == 1


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize(
    ("number", "status", "line"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
def test_signals_end_it_cleanly(
    tmp_path: Path, jobs: int, number: signal.Signals, status: int, line: str
) -> None:
    out = tmp_path / "out" / "tokens.txt"
    out.parent.mkdir()
    command = [*TEXTKIT, "tokenize", "-j", str(jobs), "-o", str(out)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdin is not None
    process.stdin.write("a line of text\n" * 20_000)
    process.stdin.flush()  # and left open: the command waits for more
    wait_until(lambda: bool(list(out.parent.iterdir())))
    time.sleep(0.3)
    os.killpg(process.pid, number)  # as a terminal does: the workers get it too
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (status, f"textkit: {line}\n")
    assert list(out.parent.iterdir()) == []
    wait_until(lambda: not group_lives(process.pid))


def test_workers_do_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    command = [*TEXTKIT, "tokenize", "-j", "2", "-o", str(tmp_path / "tokens.txt")]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdin is not None
    process.stdin.write("a line of text\n" * 20_000)
    process.stdin.flush()
    wait_until(lambda: bool(list(tmp_path.iterdir())))
    time.sleep(0.5)  # the workers are up
    process.kill()
    process.wait()
    wait_until(lambda: not group_lives(process.pid))
    process.stdin.close()
