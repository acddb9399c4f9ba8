"""Named pipelines of cleaning stages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from textkit.errors import unknown_name
from textkit.text.clean.characters import FoldWidth, RemoveControls, UnicodeNormalize
from textkit.text.clean.encoding import RepairEncoding
from textkit.text.clean.letters import Lowercase, Simplify
from textkit.text.clean.markup import StripHtml
from textkit.text.clean.punctuation import FilterPunctuation
from textkit.text.clean.urls import RemoveEmails, RemoveUrls
from textkit.text.clean.whitespace import CollapseWhitespace
from textkit.text.pipeline import Pipeline

# The normal form comes last, or cleaning twice would be more than cleaning once: what cannot be seen may
# stand between a letter and its accent, and a wide letter or a capital may compose with none, as Ａ or H̱.
_NFC = UnicodeNormalize("NFC")
_REPAIR = (RepairEncoding(), RemoveControls())
_WEB = (RepairEncoding(), StripHtml(), RemoveUrls(), RemoveEmails(), RemoveControls())

# none       the text as it is
# basic      repairs what is broken and changes nothing that can be seen but white space: safe for any text
# web        basic, and without markup and addresses
# zh         basic, full-width letters and digits made narrow, traditional characters simplified
# en         basic, compatibility characters made plain (NFKC), small letters
# sentiment  for bags of words: all of web, narrow, simplified, small letters, and no punctuation
PRESETS: Mapping[str, Pipeline[str, str]] = MappingProxyType(
    {
        "none": Pipeline(),
        "basic": Pipeline((*_REPAIR, _NFC, CollapseWhitespace())),
        "web": Pipeline((*_WEB, _NFC, CollapseWhitespace())),
        "zh": Pipeline((*_REPAIR, FoldWidth(punctuation=False), _NFC, Simplify(), CollapseWhitespace())),
        "en": Pipeline((*_REPAIR, UnicodeNormalize("NFKC"), Lowercase(), _NFC, CollapseWhitespace())),
        "sentiment": Pipeline(
            (
                *_WEB,
                FoldWidth(),
                _NFC,
                Simplify(),
                Lowercase(),
                _NFC,
                FilterPunctuation(),
                CollapseWhitespace(),
            )
        ),
    }
)


def preset(name: str) -> Pipeline[str, str]:
    """The named preset: none, basic, web, zh, en or sentiment. Raises UsageError for another name.

    >>> preset("basic")("ä½\\xa0å¥½  \\ufeffcafe\\u0301 ")
    '你好 café'
    >>> preset("sentiment")("<b>物流很快</b>！！ 質量 GOOD&nbsp;http://a.cn")
    '物流很快 质量 good'
    """
    if name not in PRESETS:
        raise unknown_name("preset", name, PRESETS)
    return PRESETS[name]
