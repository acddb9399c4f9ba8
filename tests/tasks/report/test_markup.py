"""Text never becomes markup, and never turns or breaks what stands around it."""

from __future__ import annotations

from html import unescape

import pytest

from textkit.tasks.report.markup import data, tag, words

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style><b>",
    "<!-- -->",
    "&lt;script&gt;",
    "]]>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_stays_text(text: str) -> None:
    for made in (words(text), data(text)):
        assert not set(made) & set("<>\"'")
        assert unescape(made) == text
    element = tag("a", title=text)
    assert [element.count(each) for each in "\"<>'"] == [2, 2, 2, 0]


@pytest.mark.parametrize(
    "letter", [*"\x00\x07\x1b\x7f\x85\u200b\u200e\u202e\u2028\u2066\ufeff\ufffe", "\ud800"]
)
def test_what_cannot_be_seen_is_spelled_out(letter: str) -> None:
    for made in (words(f"a{letter}b"), words(f"a{letter}b", lines=True), data(f"a{letter}b")):
        assert letter not in made
        assert "\\" in made
    made.encode("utf-8")


def test_line_ends_stay_only_where_they_are_wanted() -> None:
    assert words("a\nb\tc", lines=True) == "a\nb\tc"
    assert words("a\nb") == "a\\nb"
    assert words("a\rb", lines=True) == "a\\rb"


@pytest.mark.parametrize("text", ["早上\u3000好", "👩\u200d🔬", "نامه\u200cای", "a\u00a0b"])
def test_letters_that_people_write_stay(text: str) -> None:
    assert words(text) == text


def test_what_is_written_from_right_to_left_stands_apart() -> None:
    assert data("שלום (1)") == "<bdi>שלום (1)</bdi>"
    assert "bdi" not in data("早上好 ok")
    assert "bdi" not in words("שלום")  # within a picture there is no such element


def test_attributes_that_are_none_are_left_out() -> None:
    assert tag("p", class_=None, data_x=0) == '<p data-x="0"></p>'
    assert tag("br") == "<br>"
