"""Batches: for every tokenizer of the catalog the tokens and places of a batch are those one by one."""

from __future__ import annotations

import dataclasses
import functools
import os
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.errors import InputError
from textkit.text.catalog import TOKENIZERS, make_tokenizer
from textkit.text.lines import Lines
from textkit.text.tokenizer import BatchTokenizer
from textkit.text.tokenizers.regular_expression import RegexTokenizer
from textkit.text.tokenizers.sentencepiece import train_sentencepiece

SAMPLE = ["low lower lowest", "new newer newest", "酒店 的 房间 很 好", "wide, wider."] * 20
VARIANTS = {
    "characters": {},
    "characters with space": {"keep_space": True},
    "jieba": {},
    "nltk": {},
    "regex": {},
    "regex of words": {"pattern": r"\b\w+(?=\W|$)|^\s|[好.]+"},
    "regex from the right": {"pattern": r"(?r)\w{1,3}|\s*"},
    "sentencepiece": {"byte_fallback": False},
    "sentencepiece with bytes": {"byte_fallback": True},
    "spacy": {},
    "spacy fr": {"language": "fr"},
    "spacy zh": {"language": "zh"},
    "whitespace": {},
    "whitespace of ASCII": {"unicode": False},
}
PIECES = [
    "to",
    "be",
    "don't",
    "it",
    "'s",
    ":",
    ")",
    "(",
    ":)",
    ":))",
    "-",
    ".",
    "a.m.",
    "8",
    "3.5",
    "1,2.",
    "_",
    "’",
]
PIECES += [
    "好",
    "我爱",
    "酒店",
    "〇",
    "٣",
    "é",
    "e\u0301",
    "👩\u200d👩\u200d👧",
    "\U00020000",
    "\U000e0100",
    "low",
    "newest",
]
SPACES = [" ", "  ", "\t", "\u00a0", "\u3000", "\r", "\n", "\u2028", "\x0b", "\x1c", "\x1f", "\x85", "\ufeff"]
TEXTS = st.lists(st.sampled_from(PIECES) | st.sampled_from(SPACES) | st.text(max_size=3), max_size=14).map(
    "".join
)
RANDOM = random.Random(0)
ODD = [
    "",
    " ",
    *SPACES,
    "\r\r",
    "a\u2028b",
    "👩\u200d👩\u200d👧‍👦 x",
    "\U00020000\U0010ffff\ue000",
    "a\x00b",
    " ".join(RANDOM.choices(PIECES, k=30_000)),
    "to be or not to be, that's the question. 我爱北京! " * 2000,
]


@functools.cache
def tokenizer(variant):
    name, options = variant.split()[0], VARIANTS[variant]
    if name == "sentencepiece":
        return train_sentencepiece(SAMPLE, vocab_size=280 if options["byte_fallback"] else 25, **options)
    return make_tokenizer(name, options)


def check(tokenizer, texts, *, offsets=True):
    batch = tokenizer.batch(texts)
    assert batch.lists() == [tokenizer(text) for text in texts]
    assert len(batch) == len(texts)
    if batch.lines is None or not offsets:
        return
    starts, ends = (places.tolist() for places in batch.character_places())
    placed = [token for text in texts for token in tokenizer.offsets(text)]
    assert list(zip(starts, ends, strict=True)) == [(token.start, token.end) for token in placed]


EVERY = pytest.mark.parametrize("variant", VARIANTS)


def test_every_tokenizer_is_here():
    assert {variant.split()[0] for variant in VARIANTS} == set(TOKENIZERS)


@EVERY
def test_the_protocol_and_the_recipe(variant):
    made = tokenizer(variant)
    assert isinstance(made, BatchTokenizer)
    assert isinstance(made.unlocked, bool)
    assert made.batch_pays > 0
    for name in ("unlocked", "batch_pays"):
        assert name not in repr(made)
        assert name not in {field.name for field in dataclasses.fields(made)}


@EVERY
def test_odd_lines(variant):
    check(tokenizer(variant), ODD[:-2])
    for long in ODD[-2:]:
        # No places: those of one by one are counted anew for each character of a long line by some.
        check(tokenizer(variant), ["before", long, "", "after"], offsets=False)


@EVERY
@pytest.mark.parametrize("texts", [[], [""], ["", ""], ["a"]], ids=str)
def test_nothing_or_next_to_nothing(variant, texts):
    check(tokenizer(variant), texts)


@EVERY
@settings(max_examples=60)
@given(texts=st.lists(TEXTS, max_size=5))
def test_any_lines(variant, texts):
    check(tokenizer(variant), texts)


@EVERY
def test_lines_that_were_split_already(variant):
    texts = ["to be,  or not", "", "我爱北京 3.5"]
    lines = Lines.split("\r\n".join(texts).encode())
    assert tokenizer(variant).batch(lines).lists() == tokenizer(variant).batch(texts).lists()


@EVERY
def test_half_a_character_is_named(variant):
    with pytest.raises(InputError, match="line 2: half a character"):
        tokenizer(variant).batch(["good", "bad \ud800"])


@EVERY
def test_threads_share_a_tokenizer(variant):
    blocks = [RANDOM.choices(ODD[:-2] + PIECES, k=40) for _ in range(6)]
    with ThreadPoolExecutor(3) as threads:
        batches = list(threads.map(tokenizer(variant).batch, blocks))
    assert [batch.lists() for batch in batches] == [[tokenizer(variant)(text) for text in b] for b in blocks]


def test_which_tokenizers_leave_the_lock():
    left = {variant for variant in VARIANTS if variant != "jieba" and tokenizer(variant).unlocked}
    assert left == {
        *("whitespace", "whitespace of ASCII", "characters", "characters with space", "regex"),
        *("sentencepiece", "sentencepiece with bytes"),
    }
    assert not RegexTokenizer("a").unlocked


@pytest.mark.data
@EVERY
def test_real_text(variant):
    if not os.environ.get("TEXTKIT_DATA"):
        pytest.skip("TEXTKIT_DATA is not set")
    folder = Path(os.environ["TEXTKIT_DATA"])
    files = ["lm/wikitext2-valid.txt", "lm/shakespeare.txt", "nmt/multi30k_de_en/valid.de"]
    files += ["nmt/fr-en-small.txt", "sentiment/waimai/dev.tsv", "sentiment/jd/dev.tsv"]
    for file in files:
        lines = (folder / file).read_text(encoding="utf-8").split("\n")
        check(tokenizer(variant), lines[:600], offsets=False)
