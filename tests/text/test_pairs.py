"""Filters of pairs: what each leaves out, what it keeps, and how that is counted."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import NamedTuple

import pytest

from textkit.errors import UsageError
from textkit.text.pairs import (
    CopiedSource,
    Duplicates,
    EmptySide,
    LengthRatio,
    Pair,
    PairFilter,
    PairReport,
    TooLong,
    WrongLanguage,
    clean_pairs,
)
from textkit.text.pairs.scripts import LANGUAGES, in_another_script

FRENCH = "Le vieux chien dort devant la porte de la maison."
ENGLISH = "The old dog is sleeping in front of the door."
GERMAN = "Der alte Hund schläft vor der Tür des Hauses."


@pytest.mark.parametrize(
    ("each", "source", "target", "out"),
    [
        (EmptySide(), "a", "b", False),
        (EmptySide(), "\u3000 ", "b", True),
        (EmptySide(), "a", "", True),
        (CopiedSource(), "a b", " a b\n", True),
        (CopiedSource(), "a b", "A b", False),
        (TooLong(3), "abc", "一二三", False),
        (TooLong(3), "abc", "abcd", True),
        (TooLong(2, str.split), "a b", "a  bbbbbb", False),
        (TooLong(2, str.split), "a b c", "a", True),
        (TooLong(3, list), "abcd", "a", True),
        (LengthRatio(2), "a" * 21, "a" * 11, False),
        (LengthRatio(2), "a" * 23, "a" * 11, True),
        (LengthRatio(2), "a" * 11, "a" * 23, True),
        (LengthRatio(2), "", "a" * 20, False),
        (LengthRatio(2), "a" * 36, "一" * 6, False),
        (LengthRatio(2), "a" * 37, "一" * 6, True),
        (LengthRatio(2, str.split), "a b c", "a b c d e f", False),
        (LengthRatio(2, str.split), "a b c", "a b c d e f g", True),
        (LengthRatio(2, str.split), "aaaaaaaaaaaaaaaaaaaaaaaaa", "b", False),
    ],
)
def test_what_is_left_out(each: PairFilter, source: str, target: str, out: bool) -> None:
    assert each.test()(source, target) is out
    assert each == pickle.loads(pickle.dumps(each))
    assert each.reason


def test_duplicates_are_pairs_and_each_pass_starts_anew() -> None:
    each = Duplicates()
    pairs = [("a", "b"), ("ab", ""), ("a", "c"), ("", "ab"), ("a", "b"), ("a", "c"), ("1 a", ""), ("1", "a")]
    for _ in range(2):
        test = each.test()
        assert [test(*pair) for pair in pairs] == [False] * 4 + [True] * 2 + [False] * 2


@pytest.mark.parametrize(
    ("text", "language", "out"),
    [
        ("房间很干净。", "zh", False),
        ("它是 IBM 和 Apple 的产品", "zh", False),
        ("我用 Microsoft Excel", "zh", False),
        ("Not translated at all", "zh", True),
        ("Microsoft Excel", "zh", False),  # two words may be names
        ("とてもきれいな部屋でした", "zh", True),
        ("とてもきれいな部屋でした", "ja", False),
        ("房间很干净，服务员的态度也不错", "ja", True),
        ("東京都", "ja", False),
        ("房间很干净。", "en", True),
        ("The word 你好 means hello.", "en", False),
        ("Где моя книга?", "de", True),
        ("Где моя книга?", "ru", False),
        ("Where is my book?", "ru", True),
        ("Πού είναι το βιβλίο;", "el", False),
        ("방이 아주 깨끗합니다", "ko", False),
        ("मेरी किताब कहाँ है", "hi", False),
        ("मेरी किताब कहाँ है", "en", True),
        ("12:30, 7 + 5 = 12!", "zh", False),
        ("", "zh", False),
    ],
)
def test_scripts(text: str, language: str, out: bool) -> None:
    assert in_another_script(text, language) is out
    other = "el" if language != "el" else "he"
    assert WrongLanguage(language, other, script_only=True).test()(text, "") is out
    assert WrongLanguage(other, language, script_only=True).test()("", text) is out


@pytest.mark.parametrize(
    ("source", "target", "out"),
    [
        (FRENCH, ENGLISH, False),
        (ENGLISH, FRENCH, True),
        (FRENCH, GERMAN, True),
        (FRENCH, FRENCH, True),
        ("Oui.", "Oui, oui, oui.", False),  # too short to be judged
        (FRENCH, "12 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", False),
        (FRENCH.upper(), ENGLISH.upper(), False),
        (FRENCH, "Berlin, Paris, London, Madrid, Oslo", False),
    ],
)
def test_languages_of_one_script(source: str, target: str, out: bool) -> None:
    assert WrongLanguage("fr", "en").test()(source, target) is out
    assert not WrongLanguage("fr", "en", script_only=True).test()(source, target)


def test_the_guesser_knows_the_languages() -> None:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    assert set(LANGUAGES) <= set(LanguageIdentifier.from_model_file(MODEL_FILE).labels)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: TooLong(0), "limit of lengths must be at least 1, not 0"),
        (lambda: LengthRatio(1), "must be above 1, not 1"),
        (lambda: LengthRatio(float("nan")), "must be above 1, not nan"),
        (lambda: WrongLanguage("fr", "xx"), "unknown language 'xx'"),
        (lambda: WrongLanguage("zh-CN", "en"), "languages go by two letters: 'zh', not 'zh-CN'"),
    ],
)
def test_settings_that_make_no_sense(make, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make()


class Placed(NamedTuple):
    source: str
    target: str
    where: str


def test_reasons_are_counted_with_their_first_places() -> None:
    texts = [(FRENCH, ENGLISH), ("", "b"), ("c", "c"), (FRENCH, ENGLISH), *[("d", "")] * 4, ("e", "f")]
    pairs = [Placed(*pair, f"f.tsv:{number}") for number, pair in enumerate(texts, 1)]
    filters, report = [EmptySide(), CopiedSource(), Duplicates()], PairReport()
    cleaned = clean_pairs(iter(pairs), filters, report)
    assert next(cleaned) == Pair(FRENCH, ENGLISH)
    assert (report.read, report.kept) == (1, 1)  # one at a time
    assert list(cleaned) == [Pair("e", "f")]
    assert report.lines() == [
        "left out 5 of 9 pairs: a side is empty (f.tsv:2, f.tsv:5, f.tsv:6, ...)",
        "left out 1 of 9 pairs: the target is a copy of the source (f.tsv:3)",
        "left out 1 of 9 pairs: the pair came before (f.tsv:4)",
    ]
    assert report.read == report.kept + sum(report.dropped.values())
    unplaced = PairReport()
    assert list(clean_pairs([Pair("a", "")], [EmptySide()], unplaced)) == []
    assert unplaced.places == {"a side is empty": ["pair 1"]}


@pytest.mark.data
def test_good_pairs_stay_and_swapped_ones_do_not() -> None:
    if "TEXTKIT_DATA" not in os.environ:
        pytest.skip("TEXTKIT_DATA does not name a folder of data")
    folder = Path(os.environ["TEXTKIT_DATA"]) / "nmt" / "multi30k_de_en"
    german, english = (
        (folder / f"train.{each}").read_text("utf-8").split("\n")[:-1:20] for each in ("de", "en")
    )
    report = PairReport()
    kept = list(clean_pairs(map(Pair, german, english), [LengthRatio(), WrongLanguage("de", "en")], report))
    assert len(kept) >= 0.999 * len(german)
    swapped = [Pair(e, g) for g, e in zip(german, english, strict=True) if min(len(g), len(e)) > 30]
    assert len(list(clean_pairs(swapped, [WrongLanguage("de", "en")], report))) < 0.1 * len(swapped)
