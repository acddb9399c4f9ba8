"""What killed processes leave is removed by the next one, and nothing else is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from textkit import atomic

fcntl = pytest.importorskip("fcntl", reason="no locks of this kind")

KILLED = """
import os, signal, sys
from textkit import atomic
with atomic.writing({path!r}) as one, atomic.writing_folder({folder!r}) as two:
    with atomic.temporary_folder("pairs", {parent!r}) as three:
        print(one.name, two.name, three.name, flush=True)
        (two / "part").write_text("half")
        if sys.stdin.readline():
            os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_living_process_writes_stays_and_what_a_killed_one_left_goes(tmp_path: Path) -> None:
    path, folder = tmp_path / "f", tmp_path / "d"
    code = KILLED.format(path=str(path), folder=str(folder), parent=str(tmp_path))

    def use() -> None:
        """What the next command does."""
        atomic.write_text(path, "whole")
        with atomic.writing_folder(folder), atomic.temporary_folder("pairs", tmp_path):
            pass
        folder.rmdir()

    with subprocess.Popen([sys.executable, "-c", code], stdin=-1, stdout=-1, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        names = set(process.stdout.readline().split())
        use()
        assert {each.name for each in tmp_path.iterdir()} == {"f", *names}
        process.stdin.write("die\n")
    assert {each.name for each in tmp_path.iterdir()} == {"f", *names}
    use()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "name", [".f.settings", ".f.0123abcd", ".f.0123abcd.textkit.bak", ".ff.0123abcd.textkit"]
)
def test_files_of_other_names_stay(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    atomic.write_text(tmp_path / "f", "new")
    assert (tmp_path / name).read_text() == "mine"


def test_links_are_not_followed(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter").write_text("dear")
    (tmp_path / ".f.0123abcd.textkit").symlink_to(mine)
    atomic.write_text(tmp_path / "f", "new")
    with atomic.writing_folder(tmp_path / "d"):
        pass
    assert (mine / "letter").read_text() == "dear"


def test_a_pipe_under_such_a_name_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".f.0123abcd.textkit")
    atomic.write_text(tmp_path / "f", "new")
    assert (tmp_path / "f").read_text() == "new"


def test_the_disk_has_a_file_before_it_takes_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    sync, replace = os.fsync, Path.replace

    def synced(file: int) -> None:
        told.append(f"sync {Path(f'/proc/self/fd/{file}').readlink().name.split('.')[-1]}")
        sync(file)

    def replaced(path: Path, target: Path) -> Path:
        told.append(f"name {target.name}")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    atomic.write_text(tmp_path / "f", "x")
    with atomic.writing_folder(tmp_path / "d") as folder:
        (folder / "part").write_text("y")
    own = tmp_path.name.split(".")[-1]
    assert told == [
        "sync textkit",
        "name f",
        f"sync {own}",
        "sync part",
        "sync textkit",
        "name d",
        f"sync {own}",
    ]
