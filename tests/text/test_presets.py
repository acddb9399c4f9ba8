"""The named pipelines of cleaning stages."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from textkit.errors import UsageError
from textkit.text.clean import PRESETS, preset

RAW = "\ufeff<p>這家酒店的ＷｉＦｉ&nbsp;很快！</p>  Café â€“ see http://a.cn or a@b.org"


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("none", RAW),
        ("basic", "<p>這家酒店的ＷｉＦｉ&nbsp;很快！</p> Café – see http://a.cn or a@b.org"),
        ("web", "這家酒店的ＷｉＦｉ 很快！ Café – see or"),
        ("zh", "<p>这家酒店的WiFi&nbsp;很快！</p> Café – see http://a.cn or a@b.org"),
        ("en", "<p>這家酒店的wifi&nbsp;很快!</p> café – see http://a.cn or a@b.org"),
        ("sentiment", "这家酒店的wifi 很快 café see or"),
    ],
)
def test_what_each_preset_does(name, cleaned):
    assert preset(name)(RAW) == cleaned


def test_every_preset_is_in_the_table_above():
    assert set(PRESETS) == {"none", "basic", "web", "zh", "en", "sentiment"}


@pytest.mark.parametrize("name", PRESETS)
@given(text=st.text(max_size=60))
def test_presets_keep_lines_lines(name, text):
    assert len(preset(name)("".join(text.splitlines())).splitlines()) <= 1


@pytest.mark.parametrize("name", [name for name in PRESETS if name != "none"])
@pytest.mark.parametrize(
    "text", ["e\u200b\u0301", "e\u00ad\u0301", "\u1100\ufeff\u1161", "a\u0323\x07\u0302"]
)
def test_what_cannot_be_seen_does_not_hide_a_composition(name, text):
    once = preset(name)(text)
    assert len(once) == 1
    assert preset(name)(once) == once
    assert unicodedata.is_normalized("NFC", once)


# Without markup, whose escapes may be escaped twice. OpenCC takes 薴 for 苧, and 苧 for 苎.
@pytest.mark.parametrize("name", ["basic", "zh", "en"])
@given(
    text=st.text(st.characters() | st.sampled_from("HTWYJＡｋ\u0331\u0308\u030a\u030c\u200b苧"), max_size=40)
)
@example(text="Ａ\u0301")
@example(text="H\u0331")
def test_cleaned_twice_is_cleaned_once(name, text):
    once = preset(name)(text.replace("薴", ""))
    assert preset(name)(once) == once


@pytest.mark.parametrize(("text", "cleaned"), [("Ａ\u0301", "á"), ("H\u0331", "ẖ"), ("\uff37\u030a", "ẘ")])
def test_bags_of_words_know_composed_letters(text, cleaned):
    assert preset("sentiment")(text) == cleaned


def test_an_unknown_preset_names_the_nearest():
    with pytest.raises(UsageError, match=r"unknown preset 'sentimant': did you mean 'sentiment'\?"):
        preset("sentimant")


@pytest.mark.data
@pytest.mark.parametrize("name", PRESETS)
def test_a_second_pass_changes_no_real_line(name):
    if "TEXTKIT_DATA" not in os.environ:
        pytest.skip("TEXTKIT_DATA is not set")
    data = Path(os.environ["TEXTKIT_DATA"])
    lines = [
        line
        for path in (data / "sentiment" / "jd" / "train.tsv", data / "lm" / "wikitext2-valid.txt")
        for line in path.read_text(encoding="utf-8").split("\n")
    ]
    clean = preset(name)
    for line in lines:
        once = clean(line)
        assert clean(once) == once
        assert "\n" not in once
