"""Output after SIGKILL, a full disk and two processes at once, with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from textkit.errors import TextkitError
from textkit_corpora.compression import pack
from textkit_corpora.sinks import open_sink

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")

# arguments: the output, the input, after how many blocks to die, "--resume" or nothing
CHILD = """
import os, signal, sys
from pathlib import Path
from textkit_corpora import partial
from textkit_corpora.blocks import read_blocks
from textkit_corpora.compression import pack, split_suffix
from textkit_corpora.sinks import open_sink

partial.WORTH_KEEPING = 0
out, source, at, *resume = sys.argv[1:]
kind, suffix = split_suffix(out)

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def rows(lines):
    import pyarrow
    schema = pyarrow.schema([("text", pyarrow.string())])
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, schema) as writer:
        if lines:
            writer.write_table(pyarrow.table({"text": lines}, schema))
    return sink.getvalue().to_pybytes()

def render(lines):
    if kind == ".parquet":
        return rows(lines)
    return pack("".join(line.upper() + "\\n" for line in lines).encode(), suffix)

if at == "middle":  # of a block: half of it is on the disk
    whole = partial.PartialFile._append
    def append(self, data):
        if self.journal.blocks == 5 if hasattr(self, "journal") else False:
            whole(self, data[: len(data) // 2])
            die()
        whole(self, data)
    partial.PartialFile._append = append
if at in ("5", "middle"):
    partial.INTERVAL = 0  # the journal is up to date, in the other cases it lags
if at == "end":  # all is written, but has not its name yet
    Path.replace = lambda self, target: die() if target == Path(out).resolve() else os.replace(self, target)
if at == "name":  # it has its name, but the folder is still there
    partial.PartialFile._remove = die
blocks = read_blocks([source], field=None, errors="strict", size=1000)
head = rows([]) if kind == ".parquet" else b""
with open_sink(out, signature="s", resume=bool(resume), head=head, inputs=[source]) as sink:
    for number, block in enumerate(blocks):
        if str(number) == at:
            die()
        if number >= sink.done:
            sink.write(render(block.strings()[0]))
        if at == "hold":
            print("writing", flush=True)
            sys.stdin.read()
        if at == "full":
            import resource
            resource.setrlimit(resource.RLIMIT_FSIZE, (2500, resource.RLIM_INFINITY))
print(sink.done)
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.txt"
    path.write_text("".join(f"line {number} 中\n" for number in range(1000)))
    return path


def child(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", CHILD, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("name", "moments"),
    [
        ("out.txt", ["0", "3", "5", "middle", "end"]),
        ("out.txt.gz", ["3", "5", "middle", "end"]),
        ("out.parquet", ["5", "middle", "end"]),
    ],
)
def test_resumed_after_sigkill_the_bytes_are_the_same(
    tmp_path: Path, source: Path, name: str, moments: list[str]
) -> None:
    out, folder = tmp_path / name, tmp_path / f"{name}.partial"
    whole = child(out, source, "never")
    assert (whole.stdout, whole.stderr) == ("0\n", "")
    expected = out.read_bytes()
    done = {}
    for at in moments:
        out.unlink()
        assert child(out, source, at).returncode == -signal.SIGKILL
        assert not out.exists()
        again = child(out, source, "never", "--resume")
        assert again.returncode == 0, again.stderr
        done[at] = int(again.stdout)
        assert out.read_bytes() == expected
        assert not folder.exists()
    assert (done.get("0", 0), done["5"], done["middle"]) == (0, 5, 5)
    assert child(out, source, "name").returncode == -signal.SIGKILL
    assert out.read_bytes() == expected  # it had its name already
    assert child(out, source, "never", "--resume").returncode == 0
    assert not folder.exists()


def test_a_second_process_is_refused_and_a_dead_one_is_not_waited_for(tmp_path: Path, source: Path) -> None:
    out = tmp_path / "out.txt"
    command = [sys.executable, "-c", CHILD, str(out), str(source), "hold"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "writing\n"
        busy = rf"^{out}.partial: is being written by another process; wait for it or name another file$"
        for resume in (False, True):
            with (
                pytest.raises(TextkitError, match=busy),
                open_sink(str(out), signature="s", resume=resume, inputs=[str(source)]),
            ):
                pass
        first.kill()
    with pytest.raises(TextkitError, match=r"holds an unfinished run"):
        open_sink(str(out), signature="s", inputs=[str(source)]).__enter__()
    assert child(out, source, "never", "--resume").returncode == 0
    assert out.read_text() == source.read_text().upper()


def test_a_limit_of_the_system_is_one_line(tmp_path: Path, source: Path) -> None:
    out = tmp_path / "out.txt"
    ran = child(out, source, "full")
    assert (
        ran.stderr.splitlines()[-1]
        == f"textkit.errors.TextkitError: {out}: cannot be written: file too large"
    )
    assert not out.exists()
    assert len((tmp_path / "out.txt.partial" / "data").read_bytes()) <= 2500
    assert child(out, source, "never", "--resume").returncode == 0
    assert out.read_text() == source.read_text().upper()


def test_what_a_killed_run_took_from_a_pipe_is_no_obstacle(tmp_path: Path, source: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    out = tmp_path / "out.txt"
    command = [sys.executable, "-c", CHILD, str(out), str(tmp_path / "pipe"), "3"]
    with subprocess.Popen(command) as dying:
        (tmp_path / "pipe").write_bytes(source.read_bytes())
    assert dying.returncode == -signal.SIGKILL
    assert (tmp_path / "out.txt.partial").exists()
    with open_sink(str(out), signature="other", inputs=[str(source)]) as sink:
        sink.write(pack(b"anew\n", ""))
    assert out.read_bytes() == b"anew\n"
