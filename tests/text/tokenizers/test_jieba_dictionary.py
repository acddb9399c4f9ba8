"""Where jieba's dictionary is cached, and that nobody else's cache is read."""

from __future__ import annotations

import marshal
import os
import stat
import subprocess
import sys
import tempfile

import platformdirs
import pytest

from textkit.text.tokenizers import jieba_dictionary
from textkit.text.tokenizers.jieba import JiebaTokenizer

POISON = marshal.dumps(({"来到北京": 10**9}, 10**9))


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """A fresh process's view: nothing loaded, with a cache folder and a temporary folder of its own."""
    home, temporary = tmp_path / "cache" / "textkit", tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda _: str(home))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    forget()
    yield home, temporary
    forget()


def forget():
    jieba_dictionary.base_frequencies.cache_clear()
    jieba_dictionary.segmenter.cache_clear()


def segmented():
    forget()
    return JiebaTokenizer()("我来到北京")


def test_the_cache_is_private_and_used(folders):
    home, temporary = folders
    assert segmented() == ["我", "来到", "北京"]
    (cache,) = home.iterdir()
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert not list(temporary.iterdir())
    written = cache.stat().st_mtime_ns
    assert segmented() == ["我", "来到", "北京"]
    assert cache.stat().st_mtime_ns == written


def test_it_is_what_the_package_makes_of_it(folders):
    with (jieba_dictionary.package_folder() / "dict.txt").open("rb") as file:
        expected = jieba_dictionary.jieba_package().Tokenizer.gen_pfdict(file)
    assert jieba_dictionary.base_frequencies() == expected
    jieba_dictionary.base_frequencies.cache_clear()
    assert jieba_dictionary.base_frequencies() == expected  # from the cache


def test_a_damaged_cache_is_made_anew(folders):
    home, _ = folders
    segmented()
    (cache,) = home.iterdir()
    good = cache.read_bytes()
    for damaged in (b"short", b"\0" * 32 + POISON, good[:-100]):
        cache.write_bytes(damaged)
        assert segmented() == ["我", "来到", "北京"]
        assert cache.read_bytes() == good


def test_the_shared_cache_of_the_package_is_not_read(folders):
    _, temporary = folders
    (temporary / "jieba.cache").write_bytes(POISON)
    assert segmented() == ["我", "来到", "北京"]
    assert (temporary / "jieba.cache").read_bytes() == POISON


def test_without_a_home_the_cache_goes_to_a_private_temporary_folder(folders):
    home, temporary = folders
    home.parent.write_text("a file, where the folder should be")
    assert segmented() == ["我", "来到", "北京"]
    (folder,) = temporary.iterdir()
    assert folder.name == f"textkit-{os.getuid()}"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert list(folder.iterdir())


def test_an_open_folder_of_ours_is_closed(folders):
    home, _ = folders
    home.mkdir(parents=True)
    home.chmod(0o777)
    assert jieba_dictionary.private_folder() == home
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_another_users_folder_and_links_are_not_used(folders, monkeypatch):
    home, temporary = folders
    elsewhere = temporary.parent / "elsewhere"
    elsewhere.mkdir()
    home.parent.mkdir()
    home.symlink_to(elsewhere)
    assert jieba_dictionary.private_folder() == temporary / f"textkit-{os.getuid()}"
    owner = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    assert jieba_dictionary.private_folder() is None
    assert segmented() == ["我", "来到", "北京"]
    assert not list(elsewhere.iterdir())


def test_nothing_is_printed_and_nothing_warned(tmp_path):
    """In a fresh process that compiles jieba anew, with every warning an error."""
    code = "from textkit.text.tokenizers.jieba import JiebaTokenizer; print(*JiebaTokenizer()('我来到北京'))"
    environment = os.environ | {
        "PYTHONPYCACHEPREFIX": str(tmp_path / "compiled"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PYTHONIOENCODING": "utf-8",
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "我 来到 北京\n", "")
