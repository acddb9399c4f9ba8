"""The compiled jieba's cache: private, checked, rebuilt when it is not whole."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from textkit.text.tokenizers import jieba_dictionary, jieba_model
from textkit.text.tokenizers.jieba_model import HEADER, load_model

TOKENIZE = """
from textkit.text.tokenizers.jieba import JiebaTokenizer
print(JiebaTokenizer().batch(["我来到北京清华大学"]).lists())
"""
EXPECTED = "[['我', '来到', '北京', '清华大学']]\n"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    load_model.cache_clear()
    yield tmp_path / "textkit"
    load_model.cache_clear()


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """jieba's own dictionary compiled, and the file in which that was kept."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("whole")))
        load_model.cache_clear()
        model = load_model(b"")
        load_model.cache_clear()
        return model, *Path(os.environ["XDG_CACHE_HOME"]).glob("textkit/*.trie")


def same(one, other):
    return one.units.tolist() == other.units.tolist() and one.emission.tolist() == other.emission.tolist()


def test_it_is_private_and_mapped_afterwards(cache, monkeypatch):
    built = load_model(b"")
    (path,) = cache.glob("*.trie")
    assert jieba_dictionary.package_version() in path.name
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    load_model.cache_clear()
    monkeypatch.setattr(jieba_model, "build_model", None)  # cannot be called
    assert same(load_model(b""), built)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data[:10],
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data[:HEADER] + bytes([data[HEADER] ^ 1]) + data[HEADER + 1 :],
        lambda data: b"[]".ljust(HEADER) + data[HEADER:],
        lambda data: data.replace(b'"sizes": [', b'"sizes": [9', 1),
    ],
)
def test_a_damaged_one_is_built_anew(cache, built, damage):
    model, kept = built
    whole = kept.read_bytes()
    cache.mkdir(mode=0o700)
    path = cache / kept.name
    path.write_bytes(damage(whole))
    assert same(load_model(b""), model)
    assert path.read_bytes() == whole


def test_each_dictionary_has_its_own(cache):
    load_model(b"")
    assert load_model("云计算 5\n".encode()).units.size != 0
    assert len(list(cache.glob("*.trie"))) == 2


def test_where_nothing_can_be_kept_it_still_works(tmp_path, monkeypatch):
    monkeypatch.setattr(jieba_model, "private_folder", lambda: None)
    load_model.cache_clear()
    assert load_model(b"").units.size > 0
    load_model.cache_clear()


def test_processes_may_build_it_at_once(tmp_path):
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path)}
    running = [
        subprocess.Popen([sys.executable, "-c", TOKENIZE], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert [process.communicate()[0] for process in running] == [EXPECTED] * 2
    assert len(list((tmp_path / "textkit").glob("*.trie"))) == 1


def test_the_cache_does_not_grow_for_ever(cache, monkeypatch):
    monkeypatch.setattr(jieba_model, "KEPT", 2)
    for frequency in range(3):
        load_model(f"云计算 {frequency}\n".encode())
    assert len(list(cache.glob("jieba-*"))) == 2
