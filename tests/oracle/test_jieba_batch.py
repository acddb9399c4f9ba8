"""The compiled jieba against the jieba package: every token of every mode, on real and on generated text."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from textkit.text.lines import Lines
from textkit.text.tokenizers.jieba import JiebaTokenizer
from textkit.text.tokenizers.jieba_dictionary import jieba_package

ODD = [
    *"abzAZ09+#&._%-  \t\r\n\x0b\x1c\x1f\x7f\x85\xa0\u3000\u2028\u200b，。！？、《》“”",
    *"é\u0300ß٣Ⅷ𠀀🙂\u9fd6\u9fff\u3400",
    *("\r\n", "1.5%", "a.1", "08.2.9", "T恤", "B超", "3G", "AT&T", "C++", "\ufeff", "--", "1.", ".5", "%%"),
]
COMMON = "的一是在不了有和人这中大为上个国我以要他"
MODES = [("accurate", True), ("accurate", False), ("full", True), ("search", True), ("search", False)]


def odd_text(random: Random, words: list[str]) -> str:
    """Dictionary words, rare and common characters, and whatever is no word; now and then a long one."""
    size = random.randint(0, 12) if random.random() < 0.95 else random.randint(50, 400)
    parts = []
    for _ in range(size):
        kind = random.random()
        if kind < 0.45:
            parts.append(random.choice(words))
        elif kind < 0.65:
            parts.append(chr(random.randint(0x4E00, 0x9FD5)))
        elif kind < 0.75:
            parts.append(random.choice(COMMON))
        else:
            parts.append(random.choice(ODD))
    return "".join(parts)


@pytest.fixture(scope="module")
def peer(tmp_path_factory):
    tokenizer = jieba_package().Tokenizer()
    tokenizer.tmp_dir = str(tmp_path_factory.mktemp("jieba"))  # its cache stays out of the shared folder
    tokenizer.initialize()
    return tokenizer


@pytest.fixture
def fresh_peer(peer, monkeypatch):
    """A peer whose dictionary may be changed; jieba keeps forbidden words in a set of the whole process."""
    tokenizer = jieba_package().Tokenizer()
    tokenizer.FREQ, tokenizer.total, tokenizer.initialized = peer.FREQ.copy(), peer.total, True
    monkeypatch.setattr(jieba_package().finalseg, "Force_Split_Words", set())
    return tokenizer


def words_of(peer, mode, hmm):
    if mode == "full":
        return lambda text: list(peer.cut(text, cut_all=True))
    cut = peer.cut_for_search if mode == "search" else peer.cut
    return lambda text: list(cut(text, HMM=hmm))


def assert_same(texts, tokenizer, peer):
    expected = words_of(peer, tokenizer.mode, tokenizer.hmm)
    for text, words in zip(texts, tokenizer.batch(texts).lists(), strict=True):
        assert words == expected(text), text


@pytest.mark.data
@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("mode", "hmm"), MODES)
def test_every_line_of_the_real_text(peer, mode, hmm, step):
    if "TEXTKIT_DATA" not in os.environ:
        pytest.skip("TEXTKIT_DATA is not set")
    data = Path(os.environ["TEXTKIT_DATA"])
    texts = [
        line
        for path in [*sorted(data.glob("sentiment/*/*.tsv")), data / "nmt" / "fr-en-small.txt"]
        for line in path.read_bytes().decode().split("\n")
    ]
    assert len(texts) > 20_000
    assert_same(texts[::step], JiebaTokenizer(mode=mode, hmm=hmm), peer)


@pytest.mark.parametrize(("mode", "hmm"), MODES)
def test_generated_strings(peer, mode, hmm):
    random, words = Random(3), list(peer.FREQ)
    texts = [odd_text(random, words) for _ in range(4000)]
    assert_same(texts, JiebaTokenizer(mode=mode, hmm=hmm), peer)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("mode", "hmm"), MODES)
def test_a_million_generated_strings(peer, mode, hmm):
    random, words = Random(4), list(peer.FREQ)
    for _ in range(20):
        texts = [odd_text(random, words) for _ in range(10_000)]
        assert_same(texts, JiebaTokenizer(mode=mode, hmm=hmm), peer)


@pytest.mark.parametrize("seed", range(3))
def test_user_dictionaries(peer, fresh_peer, seed):
    random, words = Random(seed), list(peer.FREQ)
    entries = []
    for _ in range(60):
        kind = random.random()
        word = (
            random.choice(words)
            if kind < 0.4
            else "".join(random.choice(words)[:2] for _ in range(2))
            if kind < 0.8
            else "".join(random.choices("abAB12甲乙丙·é😀", k=random.randint(1, 5)))
        )
        entries.append((word, random.choice([None, 0, 1, 5, 3000, 10**9, 10**30])))
    tokenizer = JiebaTokenizer()
    for word, frequency in entries:
        fresh_peer.add_word(word, frequency)
        tokenizer = tokenizer.add_word(word, frequency)
    texts = ["".join(random.choices([word for word, _ in entries], k=4)) for _ in range(300)]
    texts += [odd_text(random, words) + random.choice(entries)[0] for _ in range(300)]
    for mode, hmm in MODES:
        tokenizer = JiebaTokenizer(mode=mode, hmm=hmm, user_dictionary=tokenizer.user_dictionary)
        assert_same(texts, tokenizer, fresh_peer)


def test_adding_deleting_and_suggesting(fresh_peer):
    tokenizer = JiebaTokenizer()
    texts = ["李小福是创新办主任也是云计算方面的专家", "如果放到post中将出错。", "「台中」正确应该不会被切开"]
    assert tokenizer.suggest_frequency("台中") == fresh_peer.suggest_freq("台中")
    assert tokenizer.suggest_frequency(("中", "将")) == fresh_peer.suggest_freq(("中", "将"))
    fresh_peer.add_word("创新办")
    fresh_peer.add_word("云计算", 20)
    fresh_peer.suggest_freq(("中", "将"), tune=True)
    fresh_peer.del_word("台中")
    changed = tokenizer.add_word("创新办").add_word("云计算", 20)
    changed = changed.add_word("中将", changed.suggest_frequency(("中", "将"))).delete_word("台中")
    assert_same(texts, changed, fresh_peer)
    assert changed.batch(texts).lists() == [changed(text) for text in texts]
    assert tokenizer.batch(["云计算"]).lists() == [["云", "计算"]]  # the first one is as it was


def test_letters_that_are_no_neighbours_still_join(fresh_peer):
    """jieba joins letters across a word between them; no slice of the line says that, hence a detour."""
    tokenizer = JiebaTokenizer(mode="full")
    for word in ("ab", "bxyz", "6"):
        fresh_peer.add_word(word, 10)
        tokenizer = tokenizer.add_word(word, 10)
    assert_same(["我abxyz6你", "b", ""], tokenizer, fresh_peer)


@pytest.mark.parametrize("mode", ["accurate", "search", "full"])
def test_places_are_those_of_offsets(mode):
    random = Random(5)
    texts = [odd_text(random, ["中国科学院", "清华大学", "的"]) for _ in range(300)]
    tokenizer = JiebaTokenizer(mode=mode)
    batch = tokenizer.batch(texts)
    starts, ends = batch.character_places()
    for line, text in enumerate(texts):
        part = slice(batch.offsets[line], batch.offsets[line + 1])
        places = list(zip(starts[part].tolist(), ends[part].tolist(), strict=True))
        assert places == [(token.start, token.end) for token in tokenizer.offsets(text)]


def test_nothing_is_read_or_written_out_of_bounds(tmp_path):
    """The same strings with numba's checks of every index compiled in, which raise IndexError."""
    random = Random(6)
    texts = ["", "\u9fd5", "a" * 5000, "龘" * 5000, "\r"]
    texts += [odd_text(random, ["中国", "清华大学", "T恤", "的"]) for _ in range(2000)]
    (tmp_path / "texts.json").write_text(json.dumps(texts))
    program = """
import json, sys
from pathlib import Path
from textkit.text.tokenizers.jieba import JiebaTokenizer
texts = json.loads(Path(sys.argv[1]).read_text())
for mode in ("accurate", "search", "full"):
    for text in texts[:200]:  # alone, so that each text's end is the buffer's
        JiebaTokenizer(mode=mode).batch([text])
    assert JiebaTokenizer(mode=mode).batch(texts).lists() == list(map(JiebaTokenizer(mode=mode), texts))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "texts.json")],
        env=os.environ | {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_very_long_line(peer):
    text = "小明硕士毕业于中国科学院计算所，后在日本京都大学深造。" * 2000
    assert JiebaTokenizer().batch([text]).lists() == [list(peer.cut(text))]
    assert JiebaTokenizer().batch(Lines.split(text.encode())).lists() == [list(peer.cut(text))]
