"""Files made of sound ones: a few small changes each, as damage, haste and malice make them."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

# What stands where JSON is read and something else was meant: other kinds, depth, numbers beyond bounds.
JSON_WORDS = (
    b"null",
    b"[" * 2000,
    b"1e400",
    b"NaN",
    b"-1",
    b"9" * 5000,
    b"{}",
    b"true",
    b'"\\ud800"',
)
_NUMBERS = (
    b"0",
    b"-1",
    b"1",
    b"255",
    b"65536",
    b"2147483648",
    b"9223372036854775808",
    b"1e999",
    b"0.5",
    b"nan",
)
_BYTES = (0, 9, 10, 13, 32, 34, 44, 92, 127, 128, 255)


def mutated(data: bytes, chance: random.Random, *, words: Sequence[bytes], longest: int) -> bytes:
    """`data` after one to eight changes, at most `longest` bytes of it."""
    for _ in range(chance.choice((1, 1, 2, 3, 5, 8))):
        data = chance.choice(_CHANGES)(data, chance, words)
    return data[: max(longest, 1)]


def _place(data: bytes, chance: random.Random) -> int:
    return chance.randint(0, len(data))


def _flip(data: bytes, chance: random.Random, words: Sequence[bytes]) -> bytes:
    if not data:
        return b"\0"
    place = chance.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :]


def _set(data: bytes, chance: random.Random, words: Sequence[bytes]) -> bytes:
    place = _place(data, chance)
    return data[:place] + bytes([chance.choice((*_BYTES, chance.randrange(256)))]) + data[place + 1 :]


def _insert_word(data: bytes, chance: random.Random, words: Sequence[bytes]) -> bytes:
    place = _place(data, chance)
    return data[:place] + chance.choice(words or _NUMBERS) + data[place:]


def _put_word(data: bytes, chance: random.Random, words: Sequence[bytes]) -> bytes:
    place, word = _place(data, chance), chance.choice(words or _NUMBERS)
    return data[:place] + word + data[place + len(word) :]


def _random_bytes(data: bytes, chance: random.Random, words: Sequence[bytes]) -> bytes:
    place = _place(data, chance)
    return data[:place] + chance.randbytes(chance.randint(1, 8)) + data[place:]


def _cut(data: bytes, chance: random.Random, words: Sequence[bytes]) -> bytes:
    begin = _place(data, chance)
    return data[:begin] + data[begin + chance.choice((1, 2, 4, 16, len(data))) :]


def _double(data: bytes, chance: random.Random, words: Sequence[bytes]) -> bytes:
    begin = _place(data, chance)
    piece = data[begin : begin + chance.choice((1, 2, 8, 64))]
    return data[:begin] + piece * chance.choice((2, 3, 20)) + data[begin:]


def _swap_lines(data: bytes, chance: random.Random, words: Sequence[bytes]) -> bytes:
    lines = data.split(b"\n")
    one, other = (chance.randrange(len(lines)) for _ in range(2))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def _change_line(data: bytes, chance: random.Random, words: Sequence[bytes]) -> bytes:
    lines = data.split(b"\n")
    place = chance.randrange(len(lines))
    lines[place : place + 1] = chance.choice(([], [lines[place]] * 2, [b""], [lines[place][::-1]]))
    return b"\n".join(lines)


def _change_number(data: bytes, chance: random.Random, words: Sequence[bytes]) -> bytes:
    found = list(re.finditer(rb"-?[0-9]+(?:\.[0-9]+)?", data))
    if not found:
        return _insert_word(data, chance, _NUMBERS)
    place = chance.choice(found)
    return data[: place.start()] + chance.choice(_NUMBERS) + data[place.end() :]


def _change_value(data: bytes, chance: random.Random, words: Sequence[bytes]) -> bytes:
    """A string, a list or an object of JSON or TOML becomes another value."""
    found = list(re.finditer(rb'"[^"\n]*"|\[[^\[\]\n]*\]|\{[^{}\n]*\}|true|false|null', data))
    if not found:
        return _put_word(data, chance, words)
    place, other = chance.choice(found), chance.choice((*found, None))
    value = chance.choice((b"null", b"3", b"[]", b"{}", b'""', b"1.5")) if other is None else other[0]
    return data[: place.start()] + value + data[place.end() :]


_CHANGES = (
    *(_flip, _set, _insert_word, _put_word, _random_bytes, _cut, _double),
    *(_swap_lines, _change_line, _change_number, _change_value),
)
