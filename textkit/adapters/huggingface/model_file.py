"""What a sentencepiece model's file says: pieces, scores, kinds, and how text is made ready.

The file is a protocol buffer, ModelProto of sentencepiece_model.proto; only what is used here is read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from textkit.errors import CheckpointError

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6
UNIGRAM, BPE = 1, 2


class Piece(NamedTuple):
    """A piece, the logarithm of its probability (or minus its rank), and what it is."""

    text: str
    score: float
    kind: int


class ModelFile(NamedTuple):
    """A model: its pieces by id, and its settings."""

    pieces: tuple[Piece, ...]
    kind: int
    byte_fallback: bool
    space_as_suffix: bool
    characters: bytes  # the table of normalisation, empty for none
    prefix: bool
    single_spaces: bool
    written_spaces: bool


def read_model(data: bytes) -> ModelFile:
    """The model of a file's content; raises CheckpointError when it is damaged."""
    try:
        pieces, trainer, normalizer = [], b"", b""
        for number, value in _fields(data):
            if number == 1:
                pieces.append(_piece(_bytes(value)))
            elif number == 2:
                trainer = _bytes(value)
            elif number == 3:
                normalizer = _bytes(value)
        settings, making = dict(_fields(trainer)), dict(_fields(normalizer))
        return ModelFile(
            tuple(pieces),
            kind=int(settings.get(3, UNIGRAM)),
            byte_fallback=bool(settings.get(35, 0)),
            space_as_suffix=bool(settings.get(24, 0)),
            characters=_bytes(making.get(2, b"")),
            prefix=bool(making.get(3, 1)),
            single_spaces=bool(making.get(4, 1)),
            written_spaces=bool(making.get(5, 1)),
        )
    except (LookupError, TypeError, ValueError, struct.error) as error:
        raise CheckpointError("not a sentencepiece model, or a damaged one") from error


def _piece(data: bytes) -> Piece:
    fields = dict(_fields(data))
    (score,) = struct.unpack("<f", _bytes(fields.get(2, bytes(4))))
    return Piece(_bytes(fields[1]).decode(), score, int(fields.get(3, NORMAL)))


def _bytes(value: int | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError("a number where text should be")
    return value


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Numbers and values of a message's fields: integers, and the bytes of everything else.

    >>> list(_fields(bytes([8, 150, 1, 18, 2, 104, 105])))
    [(1, 150), (2, b'hi')]
    """
    place = 0
    while place < len(data):
        key, place = _number(data, place)
        kind = key & 7
        if kind == 0:
            value, place = _number(data, place)
            yield key >> 3, value
            continue
        if kind == 2:
            size, place = _number(data, place)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise ValueError(f"a field of the kind {kind}")
        if place + size > len(data):
            raise ValueError("ends within a field")
        yield key >> 3, data[place : place + size]
        place += size


def _number(data: bytes, place: int) -> tuple[int, int]:
    """A number in seven bits a byte, and where it ends."""
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return value, place
        if shift > 63:
            raise ValueError("a number of more than 64 bits")
