"""Cleaning: every stage and preset, and the filters of pairs, on any text."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from fuzz_targets.target import Target, holds, refusing, same
from textkit.errors import InputError
from textkit.text import clean
from textkit.text.pairs import Pair, clean_pairs
from textkit.text.pairs.cleaning import PairReport
from textkit.text.pairs.filters import CopiedSource, Duplicates, EmptySide, LengthRatio, TooLong
from textkit.text.pairs.languages import WrongLanguage

STAGES = (
    clean.CollapseWhitespace(),
    clean.FilterPunctuation(),
    clean.FilterPunctuation(" "),
    clean.FoldWidth(),
    clean.FoldWidth(punctuation=False),
    clean.Lowercase(),
    clean.RemoveControls(),
    clean.RemoveControls(joiners=True),
    clean.RemoveEmails(),
    clean.RemoveUrls("<网址>"),
    clean.RepairEncoding(),
    clean.Simplify(),
    clean.Simplify("tw2sp"),
    clean.StripHtml(),
    clean.UnicodeNormalize("NFC"),
    clean.UnicodeNormalize("NFKC"),
    clean.UnicodeNormalize("NFKD"),
)
FILTERS = (
    EmptySide(),
    CopiedSource(),
    TooLong(40),
    LengthRatio(3.0),
    Duplicates(),
    WrongLanguage("en", "zh"),
)
TEXTS = {
    "html": "<p class='a>b'>caf&eacute; &#10;<script>x</script> http://a.cn a@b.org <!-- c --> &notit; ok",
    "mojibake": "Ã©â€¦å¥½cafÃ\xa0À€í\xa0½",
    "chinese": "頭髮乾隆滑鼠，記憶體！！  ＡＢＣ　\u200b\ufeff",
    "marks": "e\u0301\u0323ᄀ\u1161\u11a8ﬁ①ｶﾞ\u0958İΑΣ👍🏽",
    "lines": "one\ntwo\r\n\x0b\u2028three",
}


def text_of(data: bytes) -> str:
    """Any bytes as text: lone surrogates and NULs are none."""
    return data.decode("utf-8", "replace").replace("\0", " ")


def clean_text(data: bytes, folder: Path) -> None:
    """A stage gives one text, called, mapped and in a batch; its spans point into the raw text in order."""
    text = text_of(data)
    lines = text.split("\n")
    for stage in STAGES:
        cleaned, alignment = stage.aligned(text)
        same(cleaned, stage(text), f"{stage!r} aligned")
        spans = list(zip(alignment.starts, alignment.ends, strict=True))
        same(len(spans), len(cleaned), f"{stage!r}: spans for the characters")
        holds(all(0 <= start <= end <= len(text) for start, end in spans), f"{stage!r}: a span outside")
        holds(all(a <= c and b <= d for (a, b), (c, d) in pairwise(spans)), f"{stage!r}: spans out of order")
        if (batch := getattr(stage, "batch", None)) is not None:
            same(batch(lines), [stage(line) for line in lines], f"{stage!r} in a batch")
    for name, preset in clean.PRESETS.items():
        cleaned = preset(text)
        same(preset.aligned(text)[0], cleaned, f"{name} aligned")
        same(preset.batch(lines), list(preset.map(lines)), f"{name} in a batch")


def clean_sentences(data: bytes, folder: Path) -> None:
    """What is left out and what is kept are all pairs."""
    lines = text_of(data).split("\n")
    with refusing(InputError):
        report = PairReport()
        pairs = [Pair(*line.partition("\t")[::2]) for line in lines]
        kept = list(clean_pairs(pairs, FILTERS, report))
        same(report.read, len(pairs), "pairs read")
        same(report.kept + sum(report.dropped.values()), len(pairs), "pairs kept and dropped")
        holds(set(kept) <= set(pairs), "a pair made up")
        holds(all("\n" not in line for line in report.lines()), "a report of several lines")


TARGETS = (
    Target(
        "clean",
        "every stage and preset of cleaning, with its map to the raw text",
        clean_text,
        lambda: {name: text.encode() for name, text in TEXTS.items()},
        (
            b"<",
            b">",
            b"&amp;",
            b"&#x",
            b"<!--",
            b"-->",
            b"<script>",
            "Ã".encode(),
            "\u200d".encode(),
            b"http://",
        ),
        longest=512,
        memory=2000,
    ),
    Target(
        "clean-pairs",
        "the filters of pairs",
        clean_sentences,
        lambda: {"pairs": "one\t一\ntwo\t\nthis is english\t这是中文\nthree\tthree\n".encode()},
        (b"\t", b"\n", "、".encode(), "ß".encode(), "\u0301".encode()),
        longest=1024,
        memory=2000,
    ),
)
