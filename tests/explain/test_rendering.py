"""Explanations as escapes, as a page and as a picture; fonts that are there and fonts that are not."""

from __future__ import annotations

import re
import sys
import warnings
from html.parser import HTMLParser
from pathlib import Path

import pytest

from textkit.errors import TextkitError
from textkit.explain import fonts
from textkit.explain.attribution import Attribution, Word
from textkit.explain.html import page
from textkit.explain.picture import draw
from textkit.explain.terminal import coloured, level, marked, printable, width

TEXT = "<b>很好</b> & $x$ $y$👍\x1b[2J，太贵"
EXAMPLE = Attribution(
    TEXT,
    (Word("很好", 3, 5, 2.0), Word("$x$", 12, 15, 0.01), Word("👍", 19, 20, 0.5), Word("太贵", 25, 27, -1.0)),
    "$好评^$",
    "差评",
    "contributions",
    1.25,
    0.1,
)


def test_colours_and_marks_show_the_same_text() -> None:
    plain = printable(TEXT)
    assert "\x1b" not in plain
    shown = coloured(EXAMPLE)
    assert re.sub("\x1b\\[[0-9;]*m", "", shown) == plain
    assert "\x1b[48;5;83m\x1b[38;5;16m很好\x1b[0m" in shown
    assert "\x1b[48;5;210m\x1b[38;5;16m太贵\x1b[0m" in shown
    assert re.sub(r"\[[+-]+([^]]*)\]", r"\1", marked(EXAMPLE)) == plain
    assert "[++++很好]" in marked(EXAMPLE)
    assert "[---太贵]" in marked(EXAMPLE)
    assert "[" not in marked(Attribution("一般", (Word("一般", 0, 2, 0.0),), "1", None, "m", 0.0))


@pytest.mark.parametrize(("score", "expected"), [(2.0, 4), (1.99, 4), (1.0, 3), (-0.99, -2), (0.19, 0)])
def test_level(score: float, expected: int) -> None:
    assert level(score, 2.0) == expected


def test_width() -> None:
    assert width("好e\u0301a") == 4


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_page_is_whole_and_escaped() -> None:
    made = page([EXAMPLE, EXAMPLE], title="a <script>alert(1)</script>")
    reader = Reader()
    reader.feed(made)
    assert not {"script", "b", "img", "link"} & set(reader.tags)
    assert reader.text.count(TEXT) == 2
    assert "http" not in made
    assert "rgba(46, 160, 67, 0.85)" in made
    assert 'title="-1.0000"' in made


@pytest.mark.parametrize("installed", [True, False])
def test_picture_is_drawn_without_a_missing_glyph(
    installed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("textkit.explain.picture.LINES", 3)
    if not installed:
        monkeypatch.setattr("textkit.explain.picture.chinese_font", lambda: None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of an empty box
        draw(EXAMPLE, tmp_path / "a.png")
        draw(Attribution("", (), "1", None, "m", 0.0), tmp_path / "b.png")
        draw(Attribution("很长" * 2000, (), "1", None, "m", 0.0), tmp_path / "c.png")
    for name in "abc":
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(TextkitError, match="cannot be written"):
        draw(EXAMPLE, tmp_path / "none" / "a.png")


def test_no_font_is_found_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matplotlib.font_manager.get_font_names", lambda: ["DejaVu Sans"])
    monkeypatch.setattr("matplotlib.font_manager.findSystemFonts", list)
    monkeypatch.setitem(sys.modules, "mplfonts", None)
    fonts.chinese_font.cache_clear()
    try:
        assert fonts.chinese_font() is None
    finally:
        fonts.chinese_font.cache_clear()
    assert fonts.drawable("好a👍", None) == "\\u597da\\U0001f44d"


def test_an_installed_font_is_found_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matplotlib.font_manager.get_font_names", lambda: ["DejaVu Sans", "SimHei"])
    fonts.chinese_font.cache_clear()
    try:
        assert fonts.chinese_font() == "SimHei"
    finally:
        fonts.chinese_font.cache_clear()
