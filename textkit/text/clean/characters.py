"""One character for another: Unicode normal forms, full width to half width, invisible characters."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from textkit.errors import unknown_name
from textkit.text.alignment import Alignment, substituted
from textkit.text.clean.joined import codes_of, joined, text_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
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
        return unicodedata.normalize(cast(_Form, self.form), text)

    def aligned(self, text: str) -> tuple[str, Alignment]:
        """The cleaned text and its exact alignment: by character and the marks that follow it.

        All characters that a cluster becomes stand for the whole cluster, unless it does not change.
        """
        cleaned = self(text)
        if cleaned == text:
            return text, Alignment.identity(len(text))
        pieces = _clusters(text, *_unstable(self.form))
        changed = ((start, end, self(text[start:end])) for start, end in pieces)
        edits = [(start, end, len(new)) for start, end, new in changed if new != text[start:end]]
        return cleaned, Alignment.of_edits(len(text), edits)

    def batch(self, lines: Sequence[str]) -> list[str]:
        """Each line cleaned."""
        if self.form in ("NFKC", "NFKD"):
            # Full-width marks, by far the most frequent compatibility characters, would each send their
            # line the slow way; they fold to what they decompose to.
            lines = FoldWidth().batch(lines)
        form, normalize = cast(_Form, self.form), unicodedata.normalize
        return [normalize(form, line) for line in lines]


@functools.lru_cache(maxsize=len(FORMS))
def _unstable(form: str) -> tuple[frozenset[str], frozenset[str]]:
    """The characters that a normal form can join to what stands before them, and those that it changes.

    It composes or reorders those whose decomposition begins with a mark of combining class other than
    0, or with the second half of a composition. The planes left out have neither kind.
    """
    normalize = functools.partial(unicodedata.normalize, cast(_Form, form))
    decompose = functools.partial(unicodedata.normalize, "NFKD" if form in ("NFKC", "NFKD") else "NFD")
    known = [chr(code) for code in (*range(0x20000), *range(0x2F800, 0x2FA20), *range(0xE0000, 0xE1000))]
    seconds = {chr(code) for code in (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3))}  # of Hangul
    for character in known:
        parts = unicodedata.decomposition(character).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            seconds.add(chr(int(parts[1], 16)))
    firsts = ((character, decompose(character)[0]) for character in known)
    joining = (character for character, first in firsts if first in seconds or unicodedata.combining(first))
    return frozenset(joining), frozenset(
        character for character in known if normalize(character) != character
    )


def _clusters(text: str, joining: frozenset[str], changing: frozenset[str]) -> Iterator[tuple[int, int]]:
    """The places of all characters with what joins them, but those of single ones that do not change."""
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or text[end] not in joining:
            if end - start > 1 or text[start] in changing:
                yield start, end
            start = end


# Full-width forms of Unicode (UAX 11: <wide> decompositions), the ideographic space included.
_WIDE = {
    code: int(unicodedata.decomposition(chr(code)).split()[1], 16)
    for code in (0x3000, *range(0xFF01, 0xFFE7))
    if unicodedata.decomposition(chr(code)).startswith("<wide>")
}
# The full-width marks that are the ordinary punctuation of Chinese text; 。、「」《》“” are not wide forms.
CHINESE_MARKS = "！（），：；？～"
_WIDE_LESS_MARKS = {code: narrow for code, narrow in _WIDE.items() if chr(code) not in CHINESE_MARKS}


@functools.lru_cache(maxsize=2)
def _narrowing(*, punctuation: bool) -> npt.NDArray[np.uint32]:
    """The narrow code point of each, (0x110000,)."""
    import numpy as np

    table = np.arange(0x110000, dtype=np.uint32)
    for wide, narrow in (_WIDE if punctuation else _WIDE_LESS_MARKS).items():
        table[wide] = narrow
    return table


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

    def batch(self, lines: Sequence[str]) -> list[str]:
        """Each line cleaned."""
        return joined(self._fold, lines)

    def _fold(self, text: str) -> str:
        return text if text.isascii() else text_of(_narrowing(punctuation=self.punctuation)[codes_of(text)])

    def aligned(self, text: str) -> tuple[str, Alignment]:
        """The cleaned text and its exact alignment: one character for one."""
        return self(text), Alignment.identity(len(text))


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

    def batch(self, lines: Sequence[str]) -> list[str]:
        """Each line cleaned."""
        return [line if line.isprintable() else self(line) for line in lines]

    def aligned(self, text: str) -> tuple[str, Alignment]:
        """The cleaned text and its exact alignment: a space stands for the separator that it replaced."""
        if text.isprintable():
            return text, Alignment.identity(len(text))
        text, alignment = substituted(_BREAKS, lambda _: " ", text)
        for pattern in (_INVISIBLE, _JOINERS) if self.joiners else (_INVISIBLE,):
            text, removal = substituted(pattern, lambda _: "", text)
            alignment = alignment.then(removal)
        return text, alignment
