"""One character for another: Unicode normal forms, full width to half width, invisible characters."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal, cast

from textkit.errors import unknown_name

FORMS = ("NFC", "NFD", "NFKC", "NFKD")


@dataclass(frozen=True)
class UnicodeNormalize:
    """A Unicode normal form (Unicode Standard Annex 15): NFC, NFD, NFKC or NFKD.

    NFC only composes and is safe for any text. NFKC also replaces compatibility characters, which
    loses distinctions: full width becomes half width, 10³ becomes 103, … becomes three dots.
    Raises UsageError for another form.

    >>> UnicodeNormalize("NFKC")("ﬁne ＡＢＣ ①")
    'fine ABC 1'
    """

    form: str = "NFKC"

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            raise unknown_name("Unicode normal form", self.form, FORMS)

    def __call__(self, text: str) -> str:
        return unicodedata.normalize(cast(Literal["NFC", "NFD", "NFKC", "NFKD"], self.form), text)


# Full-width forms of Unicode (UAX 11: <wide> decompositions), the ideographic space included.
_WIDE = {
    code: int(unicodedata.decomposition(chr(code)).split()[1], 16)
    for code in (0x3000, *range(0xFF01, 0xFFE7))
    if unicodedata.decomposition(chr(code)).startswith("<wide>")
}
# The full-width marks that are the ordinary punctuation of Chinese text; 。、「」《》“” are not wide forms.
CHINESE_MARKS = "！（），：；？～"
_WIDE_LESS_MARKS = {code: narrow for code, narrow in _WIDE.items() if chr(code) not in CHINESE_MARKS}


@dataclass(frozen=True)
class FoldWidth:
    """Full width to half width: letters, digits, signs and the ideographic space.

    With `punctuation` false the marks ！（），：；？～ stay, as they are what Chinese text is punctuated
    with. 。 、 《 》 “ ” have no half-width form of their own and stay in any case. Half-width
    katakana is left alone: making it wide is the other direction.

    >>> FoldWidth()("Ｔ恤，１００％　棉。"), FoldWidth(punctuation=False)("Ｔ恤，１００％　棉。")
    ('T恤,100% 棉。', 'T恤，100% 棉。')
    """

    punctuation: bool = True

    def __call__(self, text: str) -> str:
        if text.isascii():
            return text
        return text.translate(_WIDE if self.punctuation else _WIDE_LESS_MARKS)


# Soft hyphen, zero-width space, direction marks, invisible operators, byte order mark, annotation marks,
# lone surrogates, and the control codes that are not white space.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]+"
)
_JOINERS = re.compile("[\u200c\u200d]+")
_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")


@dataclass(frozen=True)
class RemoveControls:
    """Remove control codes, zero-width characters, direction marks, byte order marks and lone surrogates.

    Separators that some programs take for the end of a line (carriage return, vertical tab, form
    feed, U+0085, U+2028, U+2029) become a space, so words are not joined and lines not split. Tab and
    newline stay. The joiners U+200C and U+200D stay too, since Persian, Hindi and emoji are written
    with them, unless `joiners` is true.

    >>> RemoveControls()("\\ufeffzero\\u200b-width\\x00 and\\x0cfeed")
    'zero-width and feed'
    """

    joiners: bool = False

    def __call__(self, text: str) -> str:
        if text.isprintable():
            return text
        text = _INVISIBLE.sub("", _BREAKS.sub(" ", text))
        return _JOINERS.sub("", text) if self.joiners else text
