"""Cleaning many lines at once gives what cleaning each of them gives."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textkit.errors import InputError, StageError
from textkit.text import Pipeline
from textkit.text.clean import (
    PRESETS,
    CollapseWhitespace,
    FilterPunctuation,
    FoldWidth,
    Lowercase,
    RemoveControls,
    RemoveEmails,
    RemoveUrls,
    RepairEncoding,
    Simplify,
    StripHtml,
    UnicodeNormalize,
    preset,
    punctuation,
)
from textkit.text.clean.joined import codes_of, joined, text_of
from textkit.text.tokenizers.regular_expression import RegexTokenizer

STAGES = [
    CollapseWhitespace(),
    FilterPunctuation(),
    FilterPunctuation(" "),
    FilterPunctuation("   "),
    FoldWidth(),
    FoldWidth(punctuation=False),
    Lowercase(),
    RemoveControls(),
    RemoveControls(joiners=True),
    RemoveEmails(),
    RemoveUrls("<a>"),
    RepairEncoding(),
    Simplify(),
    Simplify("tw2sp"),
    StripHtml(),
    UnicodeNormalize("NFC"),
    UnicodeNormalize("NFD"),
    UnicodeNormalize("NFKC"),
    UnicodeNormalize("NFKD"),
]
PIECES = [
    *("\n", "\r", "\r\n", "\u2028", "\x85", "\t", " ", "  ", "\u3000", "\x00", "\u200b", "\ufeff", ""),
    *("<br>", "<unk>", "<p", ">", "&amp;", "&#10;", "&", "<!--", "-->"),
    *("http://a.cn/b", "WWW.a.cn", "a@b.org", "@"),
    *("Ã©", "â€¦", "å¥½", "Â ", "Ã ", "“", "”", "’", "…", "é", "œ", "£"),
    *("ΑΣ", "İ", "e\u0301", "\u0301", "ᄀ", "ᅡ"),
    *("頭髮", "乾", "隆", "滑", "鼠", "很好", "𠮷", "😀", "👍🏽", "！", "，", "Ａ", "￣"),
    *("ｶﾞ", "①", "ﬁ", "n't", "3.5", ".", "a", "好,"),
]
LINES = st.lists(st.lists(st.sampled_from(PIECES) | st.text(max_size=2), max_size=8).map("".join), max_size=6)
WITHOUT_BREAKS = LINES.map(lambda lines: [line.replace("\n", "") for line in lines])


def each(function, lines):
    """The result for each line, or None where any of them fails (half characters have no UTF-8)."""
    try:
        return [function(line) for line in lines]
    except (UnicodeEncodeError, StageError):
        return None


@pytest.mark.parametrize("stage", STAGES, ids=repr)
@given(lines=LINES | WITHOUT_BREAKS)
def test_a_stage_cleans_lines_as_it_cleans_each(stage, lines):
    expected = each(stage, lines)
    if expected is not None:
        assert stage.batch(lines) == expected


@pytest.mark.parametrize("replacement", ["", " "])
@given(lines=LINES | WITHOUT_BREAKS)
def test_punctuation_is_filtered_by_the_table_as_by_the_pattern(replacement, lines):
    stage = FilterPunctuation(replacement)
    with mock.patch.object(punctuation, "_FEW", 0):
        assert stage.batch(lines) == [stage(line) for line in lines]


@pytest.mark.parametrize("name", PRESETS)
@given(lines=LINES | WITHOUT_BREAKS)
def test_a_preset_cleans_lines_as_it_cleans_each(name, lines):
    expected = each(preset(name), lines)
    if expected is not None:
        assert preset(name).batch(lines) == expected


@pytest.mark.parametrize("stage", STAGES, ids=repr)
def test_no_lines_and_empty_lines(stage):
    assert stage.batch([]) == []
    assert stage.batch([""]) == [""]
    assert stage.batch(["", "", "a"]) == ["", "", "a"]
    assert stage.batch(("好", "")) == ["好", ""]


def foreign_text():
    """Strings of the characters in which ftfy sees mojibake, among Chinese and plain ones."""
    from ftfy.badness import MOJIBAKE_CATEGORIES

    ranges = "".join(MOJIBAKE_CATEGORIES.values())
    members = [c for c in map(chr, range(0x80, 0x10000)) if re.match(f"[{ranges}]", c)]
    common = [*"aZ 1.,ÃÂâ€“”œžà °±²\u3000\t很好，。Ａ１！", "\xa0", "вЂ", "Рў", "ГўВЂВ", "√", "‚Ä"]
    return st.lists(st.sampled_from(common) | st.sampled_from(members), max_size=9).map("".join)


@given(text=foreign_text())
def test_the_short_way_past_ftfy_misses_nothing(text):
    import ftfy

    config = ftfy.TextFixerConfig(replace_lossy_sequences=False, explain=False)
    expected = ftfy.fix_encoding(text, config)
    assert RepairEncoding()(text) == expected
    assert RepairEncoding().batch([text, "很好", text + "好"])[0] == expected


@given(text=st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_the_short_way_past_the_parser_misses_nothing(text):
    from textkit.text.clean.markup import _LINE_BREAKS, _MARKUP, _parsed, _unambiguous

    if "<" in text or "&" in text:  # nothing else is parsed
        assert StripHtml()(text) == _LINE_BREAKS.sub(" ", _parsed(_MARKUP.sub(_unambiguous(text), text)))


def test_the_table_of_punctuation_is_what_the_patterns_say():
    import regex

    from textkit.text.clean.punctuation import _DIGIT, _LETTER, _MARK, _SPACED, _kinds, _pattern, _spaced

    kinds = _kinds()
    every = text_of(codes_of("".join(map(chr, range(0x110000)))))
    for flag, pattern in (
        (_MARK, _pattern()),
        (_LETTER, regex.compile(r"(?V1)[\p{L}--\p{Han}]")),
        (_DIGIT, regex.compile(r"\d")),
        (_SPACED, _spaced()),
    ):
        found = {code for match in pattern.finditer(every) for code in range(*match.span())}
        assert found == set((kinds & flag).nonzero()[0].tolist())


def calls_of_python(pipeline, lines):
    calls = []
    sys.setprofile(lambda frame, event, argument: calls.append(event) if event == "call" else None)
    try:
        pipeline.batch(lines)
    finally:
        sys.setprofile(None)
    return len(calls)


def test_clean_lines_cost_no_call_of_python_each():
    lines = ["很好 都 喜欢 plain words"] * 1000
    for name in PRESETS:
        preset(name).batch(lines)  # tables are made once
        assert calls_of_python(preset(name), lines) < 100


@pytest.mark.parametrize("lines", [[], ["a"], ["a", ""], ["a\nb", "c"], ["\n"], ["", ""]])
def test_joined_lines_come_apart_again(lines):
    assert joined(str.upper, lines) == [line.upper() for line in lines]


@dataclass(frozen=True)
class Failing:
    """Fails on a given text, as a user's own stage might; at once it fails on every batch."""

    on: str = "bad"

    def __call__(self, text: str) -> str:
        if text == self.on:
            raise InputError("the text is bad")
        return text

    def batch(self, lines: list[str]) -> list[str]:
        raise ValueError("not today")


def test_errors_name_stage_and_record_as_map_does():
    pipeline = Pipeline.of(Lowercase()).then(Failing()).then(Simplify())
    with pytest.raises(InputError, match=r"^stage 2 \(Failing\) failed on record 3: the text is bad$"):
        pipeline.batch(["good", "fine", "BAD", "\ud800"])
    with pytest.raises(InputError, match=r"^stage 2 \(Failing\) failed on a\.txt:17: the text is bad$"):
        pipeline.batch(["good", "BAD"], place=lambda index: f"a.txt:{16 + index}")
    with pytest.raises(StageError, match=r"^stage 3 \(Simplify\) failed on record 2: UnicodeEncodeError: "):
        pipeline.batch(["good", "\ud800", "BAD"])


def test_the_record_named_is_the_first_in_order_whatever_its_stage():
    pipeline = Pipeline.of(Failing("first")).then(Failing("second"))
    lines = ["", "second", "first"]
    with pytest.raises(InputError) as at_once:
        pipeline.batch(lines)
    with pytest.raises(InputError) as one_by_one:
        list(pipeline.map(lines))
    assert str(at_once.value) == str(one_by_one.value)


def test_a_batch_that_fails_where_no_line_does_is_done_line_by_line():
    assert Pipeline.of(Failing()).then(Lowercase()).batch(["A", "B"]) == ["a", "b"]


def test_a_tokenizer_at_the_end_gives_a_batch_of_tokens_in_any_case(monkeypatch):
    pipeline = preset("basic").then(RegexTokenizer())
    lines = ["It's  3.5 km", "", "好 a\ud800"]
    expected = [pipeline(line) for line in lines]
    assert pipeline.batch(lines).lists() == expected

    def missing(*_):
        raise ImportError("no numba")

    monkeypatch.setattr(RegexTokenizer, "batch", missing)
    assert pipeline.batch(lines).lists() == expected
    assert pipeline.batch([]).lists() == []
    with pytest.raises(InputError, match=r"^line 3: half a character \(a lone surrogate\) is no text"):
        Pipeline.of(RegexTokenizer()).batch(lines)


def test_stages_without_a_batch_of_their_own_run_line_by_line():
    assert Pipeline.of(str.upper).then(Lowercase()).batch(["A", "b"]) == ["a", "b"]


@pytest.mark.data
@pytest.mark.parametrize("name", PRESETS)
def test_real_reviews_are_cleaned_the_same_at_once_and_aligned(name):
    if "TEXTKIT_DATA" not in os.environ:
        pytest.skip("TEXTKIT_DATA is not set")
    text = (Path(os.environ["TEXTKIT_DATA"]) / "sentiment/jd/train.tsv").read_text(encoding="utf-8")
    lines = text.split("\n")[:2000]
    expected = list(preset(name).map(lines))
    assert preset(name).batch(lines) == expected
    for line, cleaned in zip(lines[:500], expected, strict=False):
        assert preset(name).aligned(line)[0] == cleaned
