"""Each cleaning stage on a table of input and output, and what all of them promise."""

from __future__ import annotations

import pickle
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textkit.errors import UsageError
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
    RemoveUrls(),
    RepairEncoding(),
    Simplify(),
    StripHtml(),
    UnicodeNormalize("NFC"),
    UnicodeNormalize("NFKC"),
]
PIECES = [
    "&#10;",
    "&NewLine;",
    "&#x2028;",
    "<br>",
    "<p>",
    "</b>",
    "<!--",
    "-->",
    "&amp;",
    "Ã©",
    "â€¦",
    "“",
    "！",
    "𠮷",
]
PIECES += [
    "http://a.cn",
    "www.",
    "a@b.org",
    "漢",
    "\u200b",
    "\u3000",
    "\t",
    "\x00",
    "😀",
    "e\u0301",
    "n't",
    "3.5",
]
MIXED = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join)


@pytest.mark.parametrize("stage", STAGES, ids=repr)
@given(text=MIXED)
def test_no_stage_makes_a_line_break(stage, text):
    one_line = "".join(text.splitlines())
    assert len(stage(one_line).splitlines()) <= 1


@pytest.mark.parametrize("stage", [s for s in STAGES if not isinstance(s, StripHtml)], ids=repr)
@given(text=MIXED)
def test_a_second_pass_changes_nothing(stage, text):
    once = stage(text)
    # Removing an address can join what stood around it into another one only when nothing takes its place.
    assert stage(once) == once


@pytest.mark.parametrize("stage", STAGES, ids=repr)
def test_plain_words_and_the_empty_text_stay(stage):
    assert stage("") == ""
    assert stage("plain words 很好") == "plain words 很好"


@pytest.mark.parametrize("stage", STAGES, ids=repr)
def test_stages_are_values(stage):
    copy = pickle.loads(pickle.dumps(stage))
    assert copy == stage
    assert hash(copy) == hash(stage)
    assert eval(repr(stage)) == stage  # the repr is the recipe


@given(text=st.text())
def test_normal_forms_are_those_of_unicode(text):
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert UnicodeNormalize(form)(text) == unicodedata.normalize(form, text)


@given(text=st.text(st.characters(min_codepoint=0xFF01, max_codepoint=0xFF5E), max_size=20))
def test_full_width_ascii_folds_as_nfkc_does(text):
    assert FoldWidth()(text) == unicodedata.normalize("NFKC", text)


def test_fold_width_leaves_what_has_no_half_width_form():
    assert FoldWidth()("。、《》“”……ｶﾞ") == "。、《》“”……ｶﾞ"
    assert FoldWidth()("　￥５，（Ａ）！") == " ¥5,(A)!"
    assert FoldWidth(punctuation=False)("　￥５，（Ａ）！％") == " ¥5，（A）！%"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("\ufeffbyte order mark", "byte order mark"),
        ("zero\u200bwidth \u200esoft\u00adhyphen", "zerowidth softhyphen"),
        ("a\x00b\x07c\x1b[0m", "abc[0m"),
        ("a\rb\x0bc\x0cd\x85e\u2028f\u2029g\r\nh", "a b c d e f g h"),
        ("tab\tand\nnewline", "tab\tand\nnewline"),
        ("می\u200cخواهم 👨\u200d👩\u200d👧", "می\u200cخواهم 👨\u200d👩\u200d👧"),
        ("lone \ud800 surrogate", "lone  surrogate"),
    ],
)
def test_remove_controls(text, cleaned):
    assert RemoveControls()(text) == cleaned


def test_joiners_are_removed_on_request():
    assert RemoveControls(joiners=True)("می\u200cخواهم 👨\u200d👩") == "میخواهم 👨👩"


def test_lowercase_is_not_casefold():
    assert Lowercase()("ΌΣΟΣ Straße ÀÉ 我") == "όσος straße àé 我"


@pytest.mark.parametrize(
    ("conversion", "text", "cleaned"),
    [
        ("t2s", "頭髮發芽，皇后後來", "头发发芽，皇后后来"),
        ("t2s", "乾隆與乾淨", "乾隆与干净"),
        ("tw2sp", "滑鼠與軟體", "鼠标与软件"),
        ("hk2s", "裏面", "里面"),
        ("tw2s", "頭\0頭\0", "头\0头\0"),
    ],
)
def test_simplify(conversion, text, cleaned):
    assert Simplify(conversion)(text) == cleaned


@given(text=st.text(st.characters(min_codepoint=0xA0, max_codepoint=0x2122), min_size=1, max_size=8))
def test_repair_undoes_what_a_wrong_decoding_did(text):
    broken = ("好" + text).encode().decode("latin-1")
    assert RepairEncoding()(broken) in {"好" + text, RepairEncoding()("好" + text)}


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("voilÃ\xa0 lâ€™Ã©tÃ©", "voilà l’été"),
        ("å¥½å\x90\x83", "好吃"),
        ("“curly” ‘quotes’ ＡＢＣ ﬁ &amp; \x1b[0m \ufeff e\u0301", None),
        ("Ümläüte, naïve, São, £5, ½, ±", None),
        ("很好吃，推荐！￥５", None),
    ],
)
def test_repair_touches_nothing_but_mojibake(text, cleaned):
    assert RepairEncoding()(text) == (text if cleaned is None else cleaned)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("see http://a.cn/x?y=1&z=2#f, ok", "see U, ok"),
        ("见https://例.cn", "见https://例.cn"),
        ("好https://a.cn/b很好", "好U很好"),
        ("WWW.Example.ORG/path.", "U."),
        ("ftp://h/f http:// www. wwww.x", "U http:// www. wwww.x"),
    ],
)
def test_remove_urls(text, cleaned):
    assert RemoveUrls("U")(text) == cleaned


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("mail a.b+c@mail.example.org.", "mail E."),
        ("联系me@a.com吧", "联系E吧"),
        ("mailto:x@y.org", "E"),
        ("@user a@b x@y.c a @ b.com", "@user a@b x@y.c a @ b.com"),
    ],
)
def test_remove_emails(text, cleaned):
    assert RemoveEmails("E")(text) == cleaned


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("很好！！“推荐”，《书》——真的……", "很好推荐书真的"),
        ("good,bad...really?yes", "good bad really yes"),
        ("don't 'quote' O’Neil", "don't quote O’Neil"),
        ("3.5元，5%。2.", "3.5元5 2"),
        ("😀👍🏽!", "😀👍🏽"),
        ("#话题# @user a_b C++ ￥5 a=b", "话题 user a b C 5 a b"),
    ],
)
def test_filter_punctuation(text, cleaned):
    assert FilterPunctuation()(text) == cleaned


def test_filter_punctuation_with_spaces():
    assert FilterPunctuation(" ")("很好，推荐。") == "很好 推荐 "


@given(text=st.text())
def test_collapse_leaves_single_spaces_and_bare_ends(text):
    words = CollapseWhitespace()(text).split(" ")
    assert words == (text.split() or [""])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: UnicodeNormalize("NKFC"), "unknown Unicode normal form 'NKFC': did you mean 'NFC'?"),
        (lambda: Simplify("s2t"), "unknown conversion 's2t'"),
        (lambda: RemoveUrls("\n"), r"a replacement must not hold a line break: '\n'"),
        (lambda: RemoveEmails("a\u2028b"), "a replacement must not hold a line break"),
        (lambda: FilterPunctuation("-"), "punctuation is replaced by spaces or nothing, not by '-'"),
    ],
)
def test_wrong_settings_say_what_is_wrong(make, message):
    with pytest.raises(UsageError) as caught:
        make()
    assert message in str(caught.value)
