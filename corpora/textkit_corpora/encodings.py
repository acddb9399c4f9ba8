"""Which encoding a file that is not UTF-8 is likely to be in."""

from __future__ import annotations

import codecs
from pathlib import Path

from textkit_corpora.compression import CHUNK, reading

LOOKED_AT = 1 << 20  # bytes of a file from which its encoding is guessed

# Frequent signs of each writing: what is decoded rightly is full of them.
FREQUENT = {
    "GB18030": "的一是不了在有我他这个们来到时大地为子中你说生国年着就那和要出也得里后以会好还很没都么，。！",
    "Big5": "的一是不了在有我他這個們來到時大地為子中你說生國年著就那和要出也得裡後以會好還很沒都麼，。！",
    "Shift_JIS": "のにはをたがでとしれさあるいすこもなくてまかりんらきよっどアイウエオカーンスルトリ、。",
    "EUC-JP": "のにはをたがでとしれさあるいすこもなくてまかりんらきよっどアイウエオカーンスルトリ、。",
    "EUC-KR": "이다는의에가을를하고은지도한로기사나어그리자아서대들인게수있것해제시",
}
_LEAST = 0.1  # of the signs beyond ASCII must be frequent ones


def foreign_encoding(path: Path | str | None) -> str | None:
    """The likely encoding of a file that is not UTF-8, "unknown" where none fits; None for UTF-8.

    Raises InputError when the file cannot be read.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "f.txt")
    >>> _ = path.write_bytes("这个的确是很好的，没有什么可说。".encode("gb18030"))
    >>> foreign_encoding(path)
    'GB18030'
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    start = b""
    with reading(path) as source:
        while piece := source.stream.read(CHUNK):
            start += piece[: max(LOOKED_AT - len(start), 0)]
            try:
                decoder.decode(piece)
            except UnicodeDecodeError:
                break
        else:
            try:
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                return guessed(start)
            return "UTF-16" if _many_nul(start) else None
        start += source.stream.read(max(LOOKED_AT - len(start), 0))
    return guessed(start)


def guessed(data: bytes) -> str:
    """The likely encoding of bytes that are not UTF-8."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _many_nul(data):
        return "UTF-16"
    scores = {encoding: _share(data, encoding, frequent) for encoding, frequent in FREQUENT.items()}
    best = max(scores, key=lambda encoding: scores[encoding])
    if scores[best] >= _LEAST:
        return best
    beyond = sum(byte >= 0x80 for byte in data) / max(len(data), 1)
    return "Windows-1252" if beyond < 0.2 else "unknown"


def _many_nul(data: bytes) -> bool:
    return data.count(0) > len(data) / 5


def _share(data: bytes, encoding: str, frequent: str) -> float:
    """Of the signs beyond ASCII the share that is `frequent`; nothing where much cannot be decoded."""
    text = data.decode(encoding, "replace")
    beyond = [sign for sign in text if sign > "\x7f"]
    if not beyond or text.count("\ufffd") > 0.02 * len(beyond) + 2:
        return 0.0
    known = frozenset(frequent)
    return sum(sign in known for sign in beyond) / len(beyond)
