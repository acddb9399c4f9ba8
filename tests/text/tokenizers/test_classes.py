"""The compiled scanners beside Python's and regex's own idea of every character."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.text.tokenizers.characters import CharacterTokenizer
from textkit.text.tokenizers.regular_expression import WORDS_AND_PUNCTUATION, RegexTokenizer
from textkit.text.tokenizers.whitespace import WhitespaceTokenizer

CHARACTERS = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
# All in the lower planes' beginning, and a part of the others.
SOME = CHARACTERS[:0x3400] + CHARACTERS[0x3400::29]
SETTINGS = ["a{}b", "1{}2", "好{}.", "a'{}", "1,{}", "'{}’a"]
NUMBERS = st.lists(st.sampled_from([*"12.,'’ab_-好é٣", "\u0301", " ", "\x1d", "٫"]), max_size=12).map("".join)


def test_every_character():
    text = "\n".join(CHARACTERS)
    assert RegexTokenizer().batch([text]).lists() == [regex.findall(WORDS_AND_PUNCTUATION, text)]


@pytest.mark.parametrize("setting", SETTINGS)
def test_characters_in_words_and_numbers(setting):
    text = "\n".join(setting.format(character) for character in SOME)
    assert RegexTokenizer().batch([text]).lists() == [regex.findall(WORDS_AND_PUNCTUATION, text)]


def test_every_character_as_white_space():
    text = "a".join(CHARACTERS)
    assert WhitespaceTokenizer().batch([text]).lists() == [text.split()]
    of_ascii = WhitespaceTokenizer(unicode=False)
    assert of_ascii.batch([text]).lists() == [[word.decode() for word in text.encode().split()]]
    for keep_space in (True, False):
        expected = [character for character in text if keep_space or not character.isspace()]
        assert CharacterTokenizer(keep_space=keep_space).batch([text]).lists() == [expected]


@settings(max_examples=400)
@given(texts=st.lists(NUMBERS | st.text(), max_size=4))
def test_the_usual_pattern_is_that_of_regex(texts):
    expected = [regex.findall(WORDS_AND_PUNCTUATION, text) for text in texts]
    assert RegexTokenizer().batch(texts).lists() == expected


@pytest.mark.data
def test_all_real_text():
    if not os.environ.get("TEXTKIT_DATA"):
        pytest.skip("TEXTKIT_DATA is not set")
    files = [
        path
        for suffix in ("txt", "en", "de", "tsv")
        for path in Path(os.environ["TEXTKIT_DATA"]).rglob(f"*.{suffix}")
    ]
    assert files
    for path in files:
        lines = re.split("\r?\n", path.read_text(encoding="utf-8"))
        assert RegexTokenizer().batch(lines).lists() == [
            regex.findall(WORDS_AND_PUNCTUATION, line) for line in lines
        ]
        assert WhitespaceTokenizer().batch(lines).lists() == [line.split() for line in lines]
