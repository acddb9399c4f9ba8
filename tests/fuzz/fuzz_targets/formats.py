"""Other formats of the corpora: images, cards, the journal of an unfinished output."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fuzz_targets.target import Target, holds, placed, refusing, same
from textkit.errors import CheckpointError, InputError
from textkit_corpora.cards import read_card
from textkit_corpora.idx import read_idx, read_images
from textkit_corpora.journal import Input, Journal

CARD = """name = "x"
title = "t"
description = "d"
made = "m"
languages = ["en"]
task = "k"
licence = "MIT"
columns = "c"
format = "f"
limits = "l"

[splits.train]
file = "train.txt"
rows = 3
bytes = 20
sha256 = "0"
"""


def idx(*shape: int, kind: int = 8) -> bytes:
    """A sound idx file of zeros."""
    return bytes([0, 0, kind, len(shape)]) + np.array(shape, ">u4").tobytes() + bytes(int(np.prod(shape)))


def read_pictures(data: bytes, folder: Path) -> None:
    """An array of the size of its bytes; a folder where it stands for the images, and for the classes."""
    with refusing(InputError):
        array = read_idx(placed(folder, "x-idx", data))
        holds(array.size < len(data) and array.dtype == np.uint8, "more than the file holds")
    images, labels = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
    for contents in ((data, idx(2)), (idx(2, 2, 2), data)):
        for name, content in zip((images, labels), contents, strict=True):
            placed(folder, name, content)
        with refusing(InputError):
            found = read_images(folder / images)
            same(len(found.pixels), len(found.classes), "a class for each image")


def read_corpus_card(data: bytes, folder: Path) -> None:
    """A card, its splits numbers and names."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return  # the reader of the file says so
    with refusing(CheckpointError):
        card = read_card(text, where="card.toml")
        holds(all(isinstance(split.rows, int) for split in card.splits.values()), "rows are no number")


def read_journal(data: bytes, folder: Path) -> None:
    """What was read is written, and read, the same."""
    path = placed(folder, "journal.json", data)
    with refusing(CheckpointError):
        journal = Journal.load(path)
        journal.save(path)
        same(Journal.load(path), journal, "a journal written")
        journal.check_same(journal, where=folder)


def _journal() -> dict[str, bytes]:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "journal.json")
        Journal("settings", (Input("/a", 3, 5),), 1, 6, 99).save(path)
        return {"one": path.read_bytes()}


TARGETS = (
    Target(
        "idx",
        "images and classes in idx files",
        read_pictures,
        lambda: {"images": idx(2, 2, 2), "classes": idx(2), "floats": idx(1, kind=13), "none": idx(0, 3, 3)},
        (b"\0\0\x08\x03", b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"),
    ),
    Target(
        "card",
        "the card of a corpus",
        read_corpus_card,
        lambda: {"card": CARD.encode()},
        (b"[splits.a]", b"0x" + b"f" * 5000, b"[" * 2000, b"=", b'"""', b"1979-05-27", b"inf"),
    ),
    Target(
        "journal",
        "the journal of an unfinished output",
        read_journal,
        _journal,
        (b"[" * 2000, b"null", b"1e400", b"-1", b'"inputs"', b'"crc32"', b"NaN", b"9" * 5000),
    ),
)
