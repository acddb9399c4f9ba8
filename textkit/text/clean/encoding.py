"""Text that was decoded with the wrong encoding."""

from __future__ import annotations

import codecs
import functools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from textkit.text.alignment import Alignment


@functools.lru_cache(maxsize=2)
def _config(*, lossy: bool = False) -> Any:
    from ftfy import TextFixerConfig

    # The lossy repair would put U+FFFD where bytes are missing; what cannot be restored should stay as it is.
    return TextFixerConfig(replace_lossy_sequences=lossy, explain=False)


# Each of the juxtapositions that ftfy takes for mojibake has a character that is neither ASCII nor Chinese
# or full width, and ends at most so many characters beside a run of such.
_FOREIGN = re.compile("[^\x00-\x7f\u3001-\u9fff\uff01-\uffef]+")
_REACH = 3
_SHORT = 8


@functools.lru_cache(maxsize=1)
def _bad() -> tuple[Callable[[str], bool], Callable[[str], bool]]:
    """ftfy's test for mojibake, and the same remembering: the same few marks come again and again."""
    from ftfy.badness import is_bad

    return is_bad, functools.lru_cache(maxsize=1 << 14)(is_bad)


@dataclass(frozen=True)
class RepairEncoding:
    """Undo mojibake: UTF-8 that was read as Latin-1, Windows-1252 and the like, by ftfy.

    Only ftfy's repair of encodings runs. Width, quotes, ligatures, entities, control characters and
    normal forms are left to other stages. UTF-8 read as GBK (浣犲ソ for 你好) is beyond ftfy.

    >>> RepairEncoding()("cafÃ© â€“ ä½\xa0å¥½")
    'café – 你好'
    >>> RepairEncoding()("“ＡＢ” ﬁ &amp;")
    '“ＡＢ” ﬁ &amp;'
    """

    def __call__(self, text: str) -> str:
        if text.isascii() or not _suspicious(text):
            return text
        import ftfy

        return ftfy.fix_encoding(text, _config())

    def batch(self, lines: Sequence[str]) -> list[str]:
        """Each line cleaned."""
        # `_suspicious` for each line, without a call for each.
        (anew, again), runs = _bad(), _FOREIGN.finditer
        suspects = {
            index
            for index, line in enumerate(lines)
            if not line.isascii()
            for match in runs(line)
            if (again if match.end() - match.start() < _SHORT else anew)(
                line[max(match.start() - _REACH, 0) : match.end() + _REACH]
            )
        }
        return [self(line) if index in suspects else line for index, line in enumerate(lines)]

    def aligned(self, text: str) -> tuple[str, Alignment]:
        """The cleaned text and its alignment: a repaired character stands for the ones it was broken into.

        Exact for the steps that ftfy says it took, byte for character; should these not lead to what it
        returned, or a step of another version be unknown here, the text is mapped by comparison.
        """
        if text.isascii() or not _suspicious(text):
            return text, Alignment.identity(len(text))
        return _repaired(text, _config())


def _suspicious(text: str) -> bool:
    """Whether ftfy could find anything bad in `text`, at a tenth of the time that ftfy needs for it."""
    anew, again = _bad()
    return any(
        (again if match.end() - match.start() < _SHORT else anew)(
            text[max(match.start() - _REACH, 0) : match.end() + _REACH]
        )
        for match in _FOREIGN.finditer(text)
    )


def _repaired(text: str, config: Any) -> tuple[str, Alignment]:
    """What ftfy.fix_encoding makes of `text`, by following the steps that ftfy explains."""
    import ftfy

    fixed, steps = ftfy.fix_encoding_and_explain(text, config)
    value, alignment = text, Alignment.identity(len(text))
    for operation, name in steps or ():
        value, step = _step(value, operation, name)
        alignment = alignment.then(step)
    return fixed, alignment if value == fixed else Alignment.compared(text, fixed)


def _step(text: str, operation: str, name: str) -> tuple[str, Alignment]:
    """One of ftfy's steps and its alignment; bytes are held as characters U+0000 to U+00FF."""
    import ftfy

    if operation == "encode":  # into one byte a character
        return text.encode(name).decode("latin-1"), Alignment.identity(len(text))
    if operation == "decode":
        return _decoded(text.encode("latin-1"), name)
    if name == "decode_inconsistent_utf8":
        return _inconsistent(text)
    if name == "restore_byte_a0":
        data = text.encode("latin-1")
        restored = ftfy.fixes.restore_byte_a0(data).decode("latin-1")
        # Where an "à" has lost its second byte before a space, that byte is put in; others replace a space.
        places = [match.start() for match in ftfy.fixes.A_GRAVE_WORD_RE.finditer(data)]
        alignment = Alignment.of_edits(len(text), [(place, place + 1, 2) for place in places])
    else:
        restored = ftfy.apply_plan(text, [(operation, name)])
        alignment = Alignment.identity(len(text))
    same = len(restored) == len(alignment)
    return restored, alignment if same else Alignment.compared(text, restored)


def _decoded(data: bytes, encoding: str) -> tuple[str, Alignment]:
    """`data` decoded; the characters that a byte completes stand for the bytes since the last that did."""
    decoder = codecs.getincrementaldecoder(encoding)()
    pieces: list[str] = []
    edits: list[tuple[int, int, int]] = []
    start = 0
    for end in range(1, len(data) + 1):
        piece = decoder.decode(data[end - 1 : end], end == len(data))
        if piece:
            pieces.append(piece)
            if (len(piece), end - start) != (1, 1):
                edits.append((start, end, len(piece)))
            start = end
    return "".join(pieces), Alignment.of_edits(len(data), edits)


def _inconsistent(text: str) -> tuple[str, Alignment]:
    """ftfy's repair of the sequences in `text` that look like UTF-8, each on its own."""
    pieces = list(_sequences(text))
    return "".join(piece for _, piece, _ in pieces), Alignment.joined(
        (length, alignment) for length, _, alignment in pieces
    )


def _sequences(text: str) -> Iterator[tuple[int, str, Alignment]]:
    from ftfy.badness import is_bad
    from ftfy.chardata import UTF8_DETECTOR_RE

    done = 0
    for match in UTF8_DETECTOR_RE.finditer(text):
        start, end = match.span()
        if end - start < len(text) and is_bad(match.group()):
            yield start - done, text[done:start], Alignment.identity(start - done)
            yield end - start, *_repaired(match.group(), _config(lossy=True))
            done = end
    yield len(text) - done, text[done:], Alignment.identity(len(text) - done)
