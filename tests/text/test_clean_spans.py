"""What single words and characters of cleaned text stand for: written by hand, or counted."""

from __future__ import annotations

import html
import re
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textkit.text.clean import (
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
)

SPACE = (" ", " ")


def spans(stage, text):
    """The cleaned words with the raw text of each."""
    cleaned, alignment = stage.aligned(text)
    return [(m.group(), text[slice(*alignment.span(*m.span()))]) for m in re.finditer(r"\S+|\s+", cleaned)]


@pytest.mark.parametrize(
    ("stage", "text", "words"),
    [
        (RemoveUrls(), "看http://a.cn/b b", [("看", "看"), ("  ", "http://a.cn/b "), ("b", "b")]),
        (RemoveEmails(""), "问a@b.org吧", [("问吧", "问a@b.org吧")]),
        (CollapseWhitespace(), " \ta \u3000b\n", [("a", "a"), (" ", " \u3000"), ("b", "b")]),
        (FilterPunctuation(), "“好”，good,bad!", [("好good", "好”，good"), (" ", ","), ("bad", "bad")]),
        (RemoveControls(), "a\r\nb\u200bc", [("a", "a"), (" ", "\r\n"), ("bc", "b\u200bc")]),
        (FoldWidth(), "Ｔ恤　１", [("T恤", "Ｔ恤"), (" ", "　"), ("1", "１")]),
        (Lowercase(), "İİ ΌΣ", [("i̇i̇", "İİ"), (" ", " "), ("ός", "ΌΣ")]),
        (
            UnicodeNormalize("NFKC"),
            "cafe\u0301 ①… ﬁ",
            [("café", "cafe\u0301"), SPACE, ("1...", "①…"), SPACE, ("fi", "ﬁ")],
        ),
        (
            StripHtml(),
            "<p>A &amp; <b>c</b>d<br/>e",
            [
                (" ", "<p"),
                ("A", "A"),
                SPACE,
                ("&", "&amp;"),
                SPACE,
                ("cd", "c</b>d"),
                (" ", "<br"),
                ("e", "e"),
            ],
        ),
        (
            StripHtml(),
            "a&amp;hellip;b <3 x<script>if(a<b)</script>y",
            [("a…b", "a&amp;hellip;b"), SPACE, ("<3", "<3"), SPACE, ("x", "x"), (" ", "<script"), ("y", "y")],
        ),
        (
            RepairEncoding(),
            "cafÃ© â€“ ä½\xa0å¥½",
            [("café", "cafÃ©"), SPACE, ("–", "â€“"), SPACE, ("你好", "ä½\xa0å¥½")],
        ),
        (RepairEncoding(), "好 cafÃ©", [("好", "好"), SPACE, ("café", "cafÃ©")]),
        (
            Simplify("tw2sp"),
            "滑鼠 記憶體 乾隆",
            [("鼠标", "滑鼠"), SPACE, ("内存", "記憶體"), SPACE, ("乾隆", "乾隆")],
        ),
    ],
)
def test_words_map_to_what_they_were_made_of(stage, text, words):
    assert spans(stage, text) == words


def ends_of(lengths):
    return tuple(accumulate(lengths))


@given(text=st.text("éàüñ你好的，。😀œ€", min_size=1, max_size=12))
def test_repaired_characters_stand_for_their_bytes(text):
    broken = text.encode().decode("latin-1")
    cleaned, alignment = RepairEncoding().aligned(broken)
    if cleaned == text:
        assert tuple(alignment.ends) == ends_of(len(character.encode()) for character in text)


@given(text=st.text("a好 <>&\"'é", max_size=12))
def test_characters_stand_for_their_references(text):
    if re.search("&[A-Za-z0-9#]+;", text):
        return
    cleaned, alignment = StripHtml().aligned("<p class='a>b'>" + html.escape(text))
    assert cleaned == " " + text
    assert (
        tuple(alignment.ends)[1:] == ends_of([15, *(len(html.escape(character)) for character in text)])[1:]
    )


@given(words=st.lists(st.text("ab好", min_size=1, max_size=3), min_size=1, max_size=8))
def test_words_between_tags_map_to_themselves(words):
    raw = "".join(f"<b>{word}</b><!-- x --><br/><script>if (a<b)</script>" for word in words)
    cleaned, alignment = StripHtml().aligned(raw)
    found = [
        (match.group(), raw[slice(*alignment.span(*match.span()))]) for match in re.finditer(r"\S+", cleaned)
    ]
    assert found == [(word, word) for word in words]


def test_many_attributes_are_read_in_time():
    raw = (
        "完<p a='x' "
        + 'b="y" ' * 3000
        + ">好"
        + ("<svg a='x' " + 'b="y" ' * 3000 + ">") * 2
        + "<b a=\"'" * 3000
    )
    cleaned, alignment = StripHtml().aligned(raw)
    assert cleaned == "完 好 "
    assert [raw[slice(*alignment.span(i, i + 1))] for i in range(4)] == ["完", "<p", "好", "<svg"]


def characters(stage, text):
    cleaned, alignment = stage.aligned(text)
    return [
        (character, text[start:end])
        for character, start, end in zip(cleaned, alignment.starts, alignment.ends, strict=True)
    ]


def test_each_character_of_a_repaired_sequence_has_its_own_span():
    assert characters(RepairEncoding(), "ä½\xa0å¥½") == [("你", "ä½\xa0"), ("好", "å¥½")]
    assert characters(RepairEncoding(), "好Ã©Ã¨") == [
        ("好", "好"),
        ("é", "Ã©"),
        ("è", "Ã¨"),
    ]  # in Chinese text
    assert characters(RepairEncoding(), "Ã\x83Â©") == [("é", "Ã\x83Â©")]  # broken twice
    assert characters(RepairEncoding(), "voilÃ le cafÃ©")[4:7] == [("à", "Ã"), (" ", " "), ("l", "l")]
    assert characters(RepairEncoding(), "lÃ  bas, Ã la")[1:3] == [("à", "Ã "), (" ", " ")]


def test_a_phrase_that_changes_its_length_is_mapped_whole():
    assert characters(Simplify("tw2sp"), "新記憶體頭") == [
        *[("新", "新"), ("内", "記憶體"), ("存", "記憶體"), ("头", "頭")],
    ]


@given(
    words=st.lists(
        st.sampled_from(["滑鼠", "記憶體", "印表機", "頭", "乾隆", "的", "軟體", "a"]), max_size=30
    )
)
def test_phrases_are_found_in_running_text(words):
    stage, text = Simplify("tw2sp"), "，".join(words)
    _, alignment = stage.aligned(text)
    place = new_place = 0
    for word in words:
        length = len(stage(word))
        assert alignment.span(new_place, new_place + length) == (place, place + len(word))
        place, new_place = place + len(word) + 1, new_place + length + 1


@given(before=st.text(max_size=8), after=st.text(max_size=8))
def test_html_far_from_a_reference_is_exact_even_when_broken(before, after):
    text = "好<svg><svg></svg>" + before + "</svg>，完" + after
    cleaned, alignment = StripHtml().aligned(text)
    assert len(alignment) == len(cleaned)
    assert alignment.span(0, 1) == (0, 1)
