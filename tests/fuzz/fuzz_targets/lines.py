"""Lines of text: plain and packed, and all the ways to undecodable bytes."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Mapping
from pathlib import Path

import pyarrow

from fuzz_targets.target import Target, holds, placed, refusing, same
from textkit.errors import InputError
from textkit_corpora.blocks import read_blocks
from textkit_corpora.decoding import ERRORS
from textkit_corpora.encodings import foreign_encoding
from textkit_corpora.readers import read_lines

TEXT = "one\ntwo \u2028half\r\n三，四\n\n\ufeffé😀\tlast".encode()


def read_plain(data: bytes, folder: Path) -> None:
    """A line holds no line end; blocks of any size hold the same lines; --errors replace refuses nothing."""
    path = placed(folder, "plain.txt", data)
    whole: dict[str, list[str]] = {}
    for errors in ERRORS:
        with refusing(InputError):
            whole[errors] = list(read_lines(path, errors=errors))
            holds(not any("\n" in line or "\0" in line for line in whole[errors]), "a line end in a line")
            "".join(whole[errors]).encode()
            for size in (1, 7, 1 << 20):
                blocks = read_blocks([str(path)], field=None, errors=errors, size=size)
                lines = [line for block in blocks for line in block.strings(errors=errors)[0]]
                same(lines, whole[errors], f"lines in blocks of {size}")
        holds(
            errors == "strict" or errors in whole or not data.strip(b"\xef\xbb\xbf"), f"refused by {errors}"
        )
    if "strict" in whole:
        same(whole["replace"], whole["strict"], "lines of sound text")
    with refusing(InputError):
        encoding = foreign_encoding(path)
        holds(encoding is not None or data.decode() is not None, "a wrong guess")


def read_packed(data: bytes, folder: Path) -> None:
    """Whatever is inside, text comes out, or an error that names the file; of sound files all of it."""
    for suffix in (".gz", ".bz2", ".xz", ".zst"):
        path = placed(folder, f"packed.txt{suffix}", data)
        with refusing(InputError):
            lines = list(read_lines(path, errors="replace"))
            holds(lines, "no line")
        with refusing(InputError):
            foreign_encoding(path)


def _packed() -> Mapping[str, bytes]:
    zstd = pyarrow.compress(TEXT, codec="zstd", asbytes=True)
    packed = {"gz": gzip.compress(TEXT, mtime=0), "bz2": bz2.compress(TEXT), "xz": lzma.compress(TEXT)}
    packed |= {"zst": zstd, "two.gz": 2 * packed["gz"], "padded.xz": packed["xz"] + bytes(8) + packed["xz"]}
    return packed | {"empty.gz": gzip.compress(b"", mtime=0), "two.zst": 2 * zstd}


def _plain() -> Mapping[str, bytes]:
    foreign = {name: "这个的确是很好的，没有什么可说。\n".encode(name) for name in ("gb18030", "utf-16")}
    return {"text": TEXT, "marked": b"\xef\xbb\xbf" + TEXT, **foreign, "latin": "déjà vu\n".encode("latin-1")}


TARGETS = (
    Target(
        "lines",
        "lines of plain text: --errors, blocks, the guess of an encoding",
        read_plain,
        _plain,
        (b"\r\n", b"\xef\xbb\xbf", b"\xff\xfe", b"\0", "\u2028".encode(), b"\xed\xa0\x80"),
    ),
    Target(
        "packed",
        "packed text: .gz, .bz2, .xz, .zst",
        read_packed,
        _packed,
        (b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", bytes(8)),
        memory=2000,
    ),
)
