"""Maps from cleaned text back to raw text: composition, comparison, and those of whole pipelines."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textkit.errors import StageError, UsageError
from textkit.text import Pipeline
from textkit.text.alignment import Alignment, substituted
from textkit.text.clean import Lowercase, Simplify, preset
from textkit.text.tokenizers.whitespace import WhitespaceTokenizer


def check(raw: str, cleaned: str, alignment: Alignment) -> None:
    """Spans are monotone, ordered and inside the text, and every cleaned character has one."""
    assert len(alignment) == len(alignment.starts) == len(alignment.ends) == len(cleaned)
    spans = list(zip(alignment.starts, alignment.ends, strict=True))
    assert all(0 <= start <= end <= len(raw) for start, end in spans)
    assert all(a <= c and b <= d for (a, b), (c, d) in pairwise(spans))


def test_the_whole_pipeline_leads_back_to_the_raw_text():
    raw = "<p>臺灣　ＡＢＣ&hellip;&hellip;</p>看http://a.cn，cafÃ© 好"
    cleaned, alignment = preset("sentiment").aligned(raw)
    assert cleaned == "台湾 abc 看 café 好"
    found = {
        word: raw[slice(*alignment.span(cleaned.index(word), cleaned.index(word) + len(word)))]
        for word in cleaned.split()
    }
    assert found == {"台湾": "臺灣", "abc": "ＡＢＣ", "看": "看", "café": "cafÃ©", "好": "好"}


def test_a_stage_without_a_map_is_named():
    with pytest.raises(
        UsageError, match=r"stage 2 \(WhitespaceTokenizer\) keeps no map back to the raw text; "
    ):
        Pipeline.of(Lowercase()).then(WhitespaceTokenizer()).aligned("a")


def test_a_failing_stage_is_named():
    with pytest.raises(StageError, match=r"stage 2 \(Simplify\) failed: UnicodeEncodeError: "):
        Pipeline.of(Lowercase()).then(Simplify()).aligned("頭\ud800")


@st.composite
def alignments(draw, length=None):
    length = draw(st.integers(0, 12)) if length is None else length
    bounds = sorted(draw(st.lists(st.integers(0, length), max_size=6, unique=True)))
    edits = [(a, b, draw(st.integers(0, 3))) for a, b in zip(bounds[::2], bounds[1::2], strict=False)]
    return Alignment.of_edits(length, edits)


@given(data=st.data())
def test_composition_is_the_span_of_the_span_and_associative(data):
    a = data.draw(alignments())
    b = data.draw(alignments(len(a)))
    c = data.draw(alignments(len(b)))
    both = a.then(b)
    for i in range(len(b)):
        assert both.span(i, i + 1) == a.span(*b.span(i, i + 1))
    assert a.then(b).then(c) == a.then(b.then(c))
    assert Alignment.identity(len(a)).then(b) == b == b.then(Alignment.identity(len(b)))


@given(text=st.text("ab1 ", max_size=20))
def test_substitution_is_that_of_re(text):
    pattern = re.compile("[0-9a]+| ")
    new, alignment = substituted(pattern, lambda match: match.group()[::-1] * 2, text)
    assert new == pattern.sub(lambda match: match.group()[::-1] * 2, text)
    check(text, new, alignment)


@given(raw=st.text("abc", max_size=12), cleaned=st.text("abc", max_size=12))
def test_comparison_keeps_common_ends_and_equal_parts(raw, cleaned):
    alignment = Alignment.compared(raw, cleaned)
    check(raw, cleaned, alignment)
    for i, character in enumerate(cleaned):
        if raw == cleaned:
            assert raw[slice(*alignment.span(i, i + 1))] == character
    both = Alignment.compared("x" + raw + "y", "x" + cleaned + "y")
    assert both.span(0, 1) == (0, 1)
    assert both.span(len(cleaned) + 1, len(cleaned) + 2) == (len(raw) + 1, len(raw) + 2)


def test_long_texts_are_compared_in_time():
    alignment = Alignment.compared("<" + "ab" * 5000 + "c>", "<" + "ba" * 5000 + "d>")
    assert alignment.span(1, 2) == (1, 10002)


def test_empty_spans_and_empty_texts():
    alignment = Alignment.of_edits(6, [(1, 3, 0), (5, 6, 0)])  # a__bc_
    assert [alignment.span(i, i) for i in range(4)] == [(0, 0), (3, 3), (4, 4), (5, 5)]
    assert Alignment.of_edits(3, [(0, 3, 0)]).span(0, 0) == (0, 0)
    assert Alignment.identity(0) == Alignment.joined([]) == Alignment((), ())
    assert len({Alignment.identity(2), Alignment((0, 1), (1, 2))}) == 1


@pytest.mark.parametrize("span", [(-1, 0), (2, 1), (0, 4)])
def test_spans_outside_of_the_text_are_refused(span):
    message = f"span {span[0]}:{span[1]} is outside of the cleaned text's 3 characters"
    with pytest.raises(UsageError, match=message):
        Alignment.identity(3).span(*span)
