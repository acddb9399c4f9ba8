"""HTML and what only looks like it."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from textkit.text.clean import StripHtml


@pytest.mark.parametrize(
    "text",
    [
        "a < b and c > d",
        "a<b",
        "I <3 you, </3",
        "<unk> <eos> <|im_start|>",
        "<someone@example.org> <http://example.org>",
        "if (x<y && y>z) {}",
        "AT&T R&D ?a=1&copy=2&lang=en",
        "<!-- never closed",
        "(ฅ>ω<*ฅ) (>﹏<) <_<",
        "<b",
        "《书名》<第1章>",
    ],
)
def test_plain_text_survives(text):
    assert StripHtml()(text) == text


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("<b>bo</b>ld and <a href='x>y' title=\"<b>\">link</a>", "bold and link"),
        ("a<br>b<BR/>c<p>d</p>e<hr>f", "a b c d e f"),
        ("<td>a</td><td>b</td> <table>c<tr><td>d", "a b c d"),
        ("<ul><li>one<li>two</ul>", "one two"),
        ("a<img src=x>b", "a b"),
        ("x<script>if (a<b) alert('<b>')</script>y<style>p{}</style>z", "x y z"),
        ("x<svg><title>icon</title><path d='M0'/></svg>y", "x y"),
        ("a<!-- <b>hidden</b> -->b", "ab"),
        ("<!DOCTYPE html><html><head><title>T</title></head><body>B</body></html>", "T B"),
        ("<?xml version='1.0'?>a", "a"),
        ("<my-tag>a</my-tag>b<o:p>c</o:p>", "a b c"),
        ("&lt;b&gt; &amp; &quot;&hellip;&#20320;&#x597D;", '<b> & "…你好'),
        ("&amp;hellip;&amp;amp;nbsp;&amp;#20320;&amp;nosuch;", "… 你&nosuch;"),
        ("不错&hellip;&hellip;满意&nbsp;", "不错……满意"),
        ("&#10;a&#13;b&NewLine;c&#x2028;d&#x85;", "a b c d…"),
        ("&nosuch; &#0; &#xD800;", "&nosuch; \ufffd \ufffd"),
    ],
)
def test_markup_goes(text, cleaned):
    assert " ".join(StripHtml()(text).split()) == cleaned


@given(text=st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=40))
def test_escaping_is_undone(text):
    assume(not re.search("&[A-Za-z0-9#]+;", text))  # a reference that is escaped again is resolved to the end
    assert StripHtml()(html.escape(text)) == text


@given(
    words=st.lists(st.text("abc好", min_size=1, max_size=4), min_size=1, max_size=6),
    tags=st.lists(
        st.sampled_from(["<br>", "<p>", "</p>", "</div><div class='x'>", "<td>", "<li>"]),
        min_size=5,
        max_size=5,
    ),
)
def test_tags_of_blocks_never_join_words(words, tags):
    text = "".join(word + tag for word, tag in zip(words, tags * 2, strict=False))
    assert StripHtml()(text).split() == words


def test_a_deep_tree_takes_linear_time():
    # A tree of real <div> elements takes minutes at this depth.
    assert StripHtml()("<div class=x>" * 200_000 + "deep").strip() == "deep"
