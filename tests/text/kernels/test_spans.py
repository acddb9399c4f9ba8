"""Words eight bytes at once, lines eight bytes at once, tokens seen lately: against str and dict."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.errors import InputError
from textkit.text.lines import Lines
from textkit.text.token_batch import TokenBatch
from textkit.text.token_table import TokenTable
from textkit.text.tokenizers.whitespace import WhitespaceTokenizer

# All kinds of space, what looks like one to hurried arithmetic, and the lengths of UTF-8.
ALPHABET = "ab~!\x7f  \t\n\r\x0b\x0c\x1c\x1f\x01\x1b\x85\xa0\u1680\u2003\u2028\u205f\u3000\u200b中é😀"

lines = st.lists(st.text(alphabet=ALPHABET, max_size=40), max_size=10)


@settings(deadline=None)  # the first example waits for the compiler
@given(lines)
def test_runs_are_what_split_finds(texts: list[str]) -> None:
    batch = WhitespaceTokenizer().batch(texts)
    assert batch.lists() == [text.split() for text in texts]


@settings(deadline=None)
@given(st.integers(0, 40), st.sampled_from([" ", "é", "\u3000", "\x01"]), st.integers(0, 9))
def test_runs_end_where_they_should_at_every_place(before: int, odd: str, after: int) -> None:
    texts = ["x" * before + odd + "y" * after, "z", " " * before + "w"]
    assert WhitespaceTokenizer().batch(texts).lists() == [text.split() for text in texts]


@settings(deadline=None)
@given(st.binary(max_size=60) | st.text(alphabet=ALPHABET + "\0", max_size=60).map(str.encode))
def test_lines_are_cut_and_checked_as_python_does(data: bytes) -> None:
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        whole, bad = "", error.start
    else:
        bad = -1
    nul = data.find(b"\0")
    if bad >= 0 or nul >= 0:
        place = min(n for n in (bad, nul) if n >= 0)
        number = data[:place].count(b"\n") + 1
        with pytest.raises(InputError, match=rf"^line {number}: "):
            Lines.split(data)
        return
    expected = [line.removesuffix("\r") if ended else line for line, ended in _lines(whole)]
    assert list(Lines.split(data)) == expected


def _lines(whole: str) -> list[tuple[str, bool]]:
    return [
        (line.removesuffix("\n"), line.endswith("\n")) for line in re.findall(r"[^\n]*\n|[^\n]+\Z", whole)
    ]


tokens = st.lists(st.text(alphabet="ab\0中", max_size=20), max_size=60)


@settings(deadline=None)
@given(st.lists(tokens, max_size=4), st.booleans())
def test_tokens_of_every_length_keep_their_codes(parts: list[list[str]], cleared: bool) -> None:
    table, index = TokenTable(), dict[str, int]()
    for part in parts:
        expected = [index.setdefault(token, len(index)) for token in part]
        assert table.add(TokenBatch.of([part])).tolist() == expected
    assert table.tokens() == list(index)
    if cleared:  # nothing seen lately may be found again
        table.clear()
        assert table.add(TokenBatch.of([["ab", "b", "ab"]])).tolist() == [0, 1, 0]
        assert table.tokens() == ["ab", "b"]
