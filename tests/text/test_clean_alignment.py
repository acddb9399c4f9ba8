"""Every cleaning stage's map back to the raw text: hand-written spans, and what holds of all of them."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textkit.text.alignment import Alignment
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
)

STAGES = [
    CollapseWhitespace(),
    FilterPunctuation(),
    FilterPunctuation(" "),
    FoldWidth(),
    FoldWidth(punctuation=False),
    Lowercase(),
    RemoveControls(),
    RemoveControls(joiners=True),
    RemoveEmails(),
    RemoveEmails(""),
    RemoveUrls(),
    RemoveUrls("<网址>"),
    RepairEncoding(),
    Simplify(),
    Simplify("tw2sp"),
    Simplify("hk2s"),
    StripHtml(),
    UnicodeNormalize("NFC"),
    UnicodeNormalize("NFD"),
    UnicodeNormalize("NFKC"),
    UnicodeNormalize("NFKD"),
]
PIECES = [
    *(
        "<br>",
        "<p class='a>b'>",
        "</b>",
        "<b>",
        "<!--",
        "-->",
        "<script>",
        "</script>",
        "<svg/>",
        "<!doctype x>",
    ),
    *("&amp;", "&#10;", "&hellip;", "&amp;hellip;", "&nosuch;", "&notit;", "<", "&", "\r\n", "\x00", "\n"),
    *("Ã©", "â€¦", "å¥½", "cafÃ", "â€œ", "Ã ", "À€", "í\xa0½í¸\x80", "Ã\x83Â©", "\x96", "\ufeff", "\u2028"),
    *("頭髮", "乾隆", "滑鼠", "記憶體", "印表機", "很好", "裏面", "𠮷", "著名", "豈"),
    *(
        "e\u0301",
        "\u0301\u0323",
        "각",
        "ᄀ",
        "ᅡ",
        "ᆨ",
        "ﬁ",
        "…",
        "①",
        "ｶﾞ",
        "Å",
        "\u0958",
        "\u0344",
        "İ",
        "ΑΣ",
        "Ａ",
    ),
    *(
        "http://a.cn/b",
        "www.a.cn",
        "a@b.org",
        "\u200b",
        "\u200d",
        "\u3000",
        "\t",
        " ",
        "😀",
        "👍🏽",
        "n't",
        "3.5",
    ),
    *("！", "，", "a", "b ", '"', "'", "=", ">"),
]
MIXED = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join)


def check(raw: str, cleaned: str, alignment: Alignment) -> None:
    """Spans are monotone, ordered and inside the text, and every cleaned character has one."""
    assert len(alignment) == len(alignment.starts) == len(alignment.ends) == len(cleaned)
    spans = list(zip(alignment.starts, alignment.ends, strict=True))
    assert all(0 <= start <= end <= len(raw) for start, end in spans)
    assert all(a <= c and b <= d for (a, b), (c, d) in pairwise(spans))


@pytest.mark.parametrize("stage", STAGES, ids=repr)
@given(text=MIXED)
def test_the_text_is_that_of_the_stage_and_the_spans_are_in_order(stage, text):
    cleaned, alignment = stage.aligned(text)
    assert cleaned == stage(text)
    check(text, cleaned, alignment)


@pytest.mark.parametrize("name", PRESETS)
@given(text=MIXED)
def test_presets_are_aligned(name, text):
    cleaned, alignment = preset(name).aligned(text)
    assert cleaned == preset(name)(text)
    check(text, cleaned, alignment)


def regions(alignment: Alignment) -> list[tuple[int, int, int, int]]:
    """The cleaned text cut where the raw spans are disjoint: (start, end, raw start, raw end)."""
    cuts = [0, *(i for i in range(1, len(alignment)) if alignment.starts[i] >= alignment.ends[i - 1])]
    bounds = pairwise([*cuts, len(alignment)])
    return [(a, b, *alignment.span(a, b)) for a, b in bounds if a < b]


@pytest.mark.parametrize(
    "stage", [FoldWidth(), *(UnicodeNormalize(form) for form in ("NFC", "NFD", "NFKC", "NFKD"))], ids=repr
)
@given(text=MIXED | st.text())
def test_what_a_region_stands_for_is_cleaned_to_it(stage, text):
    cleaned, alignment = stage.aligned(text)
    for start, end, raw_start, raw_end in regions(alignment):
        assert stage(text[raw_start:raw_end]) == cleaned[start:end]


@pytest.mark.parametrize(
    "stage", [RemoveUrls(), RemoveEmails(), RemoveControls(), FilterPunctuation()], ids=repr
)
@given(text=MIXED)
def test_what_is_left_alone_maps_to_itself(stage, text):
    cleaned, alignment = stage.aligned(text)
    for character, start, end in zip(cleaned, alignment.starts, alignment.ends, strict=True):
        assert text[start:end] == character or character == " "  # nothing else is put in


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_marks_are_sought_in_all_planes_that_have_any(form):
    # The oracle: whatever changes or moves when it follows another character, over all of Unicode.
    from textkit.text.clean.characters import _unstable

    joining, changing = _unstable(form)
    for code in (*range(0x20000, 0xE0000), *range(0xE1000, 0x110000)):
        if unicodedata.category(chr(code)) != "Cn":
            decomposed = unicodedata.normalize("NFKD", chr(code))
            assert unicodedata.combining(decomposed[0]) == 0
    for character in map(chr, range(0x20000)):
        for before in ("a\u0345", "가", "각"):
            whole = unicodedata.normalize(form, before + character)
            apart = unicodedata.normalize(form, before) + unicodedata.normalize(form, character)
            assert whole == apart or character in joining
    changed = {c for c in map(chr, range(0x110000)) if unicodedata.normalize(form, c) != c}
    assert changed == changing
