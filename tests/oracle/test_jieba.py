"""textkit's jieba tokenizer against the jieba package, on the lines of the reviews."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from textkit.text.tokenizers.jieba import JiebaTokenizer
from textkit.text.tokenizers.jieba_dictionary import jieba_package

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def lines():
    if "TEXTKIT_DATA" not in os.environ:
        pytest.skip("TEXTKIT_DATA is not set")
    paths = sorted((Path(os.environ["TEXTKIT_DATA"]) / "sentiment").glob("*/*.tsv"))
    return [line for path in paths for line in path.read_bytes().decode().split("\n")]


@pytest.fixture(scope="module")
def peer(tmp_path_factory):
    tokenizer = jieba_package().Tokenizer()
    tokenizer.tmp_dir = str(tmp_path_factory.mktemp("jieba"))  # its cache stays out of the shared folder
    return tokenizer


@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.slow)])
def test_accurate_mode_on_every_line(lines, peer, step):
    tokenizer = JiebaTokenizer()
    assert len(lines) > 20_000
    for line in lines[::step]:
        assert " ".join(tokenizer(line)) == " ".join(peer.cut(line))


@pytest.mark.parametrize("hmm", [True, False])
def test_every_mode_on_a_sample(lines, peer, hmm):
    accurate, search = JiebaTokenizer(hmm=hmm), JiebaTokenizer(mode="search", hmm=hmm)
    full = JiebaTokenizer(mode="full", hmm=hmm)
    for line in lines[::16]:
        assert accurate(line) == list(peer.cut(line, HMM=hmm))
        assert search(line) == list(peer.cut_for_search(line, HMM=hmm))
        assert full(line) == list(peer.cut(line, cut_all=True, HMM=hmm))


@pytest.mark.parametrize("hmm", [True, False])
def test_places_on_a_sample(lines, peer, hmm):
    accurate, search = JiebaTokenizer(hmm=hmm), JiebaTokenizer(mode="search", hmm=hmm)
    full = JiebaTokenizer(mode="full")
    for line in lines[::16]:
        assert accurate.offsets(line) == list(peer.tokenize(line, HMM=hmm))
        assert search.offsets(line) == list(peer.tokenize(line, mode="search", HMM=hmm))
        for token in full.offsets(line):
            assert line[token.start : token.end] == token.text
