"""The cache belongs to its user: what others could put there is not used."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from textkit import atomic
from textkit.text.tokenizers.jieba_dictionary import private_folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda _name: str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_what_others_put_into_an_open_cache_is_removed(cache: Path) -> None:
    """Its checksum would fit, and compiled code rely on it."""
    cache.mkdir()
    cache.chmod(0o777)
    for name in ("planted.trie", "ours.trie"):
        (cache / name).write_bytes(b"x")
    os.chown(cache / "planted.trie", 65534, 65534)
    assert private_folder() == cache
    assert [path.name for path in cache.iterdir()] == ["ours.trie"]
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700


def test_caches_and_temporary_files_are_private(cache: Path, tmp_path: Path) -> None:
    previous = os.umask(0)
    try:
        folder = private_folder()
        assert folder is not None
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        names = set()
        for _ in range(2):
            with atomic.writing(tmp_path / "out.txt") as temporary:
                assert stat.S_IMODE(temporary.stat().st_mode) == 0o600
                names.add(temporary.name)
            with atomic.temporary_folder("test", tmp_path) as temporary:
                assert stat.S_IMODE(temporary.stat().st_mode) == 0o700
                names.add(temporary.name)
        assert len(names) == 4
    finally:
        os.umask(previous)
