"""Outputs appear whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from textkit import atomic
from textkit.errors import TextkitError


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), atomic.writing(path) as temporary:
        temporary.write_text("half")
        assert path.read_text() == "old"
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    atomic.write_text(path, "new")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_new_files_have_ordinary_permissions_and_temporary_ones_are_private(tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        with atomic.writing(tmp_path / "f") as temporary:
            assert stat.S_IMODE(temporary.stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o644
        with atomic.writing_folder(tmp_path / "d") as folder:
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((tmp_path / "d").stat().st_mode) == 0o755
    finally:
        os.umask(mask)


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(TextkitError, match="cannot be written: no such file or directory"):
        atomic.write_text(tmp_path / "nowhere" / "f", "x")
    with pytest.raises(TextkitError, match="is a folder; name a file to write"):
        atomic.write_text(tmp_path, "x")
    (tmp_path / "f").write_text("x")
    with pytest.raises(TextkitError, match="cannot be written"), atomic.writing_folder(tmp_path / "f" / "g"):
        pass


def test_a_folder_with_content_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "f").write_text("x")
    with pytest.raises(TextkitError, match="already exists"), atomic.writing_folder(tmp_path / "d"):
        pass
    assert (tmp_path / "d" / "f").read_text() == "x"
    (tmp_path / "empty").mkdir()
    with atomic.writing_folder(tmp_path / "empty") as folder:
        (folder / "g").write_text("y")
    assert (tmp_path / "empty" / "g").read_text() == "y"


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with pytest.raises(TextkitError, match="no space left on device"), atomic.writing(tmp_path / "f"):
        Path("/dev/full").write_text("x" * 10)
    assert list(tmp_path.iterdir()) == []


def test_the_permissions_of_a_replaced_file_stay(tmp_path):
    (tmp_path / "f").write_text("old")
    (tmp_path / "f").chmod(0o600)
    atomic.write_text(tmp_path / "f", "new")
    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o600
