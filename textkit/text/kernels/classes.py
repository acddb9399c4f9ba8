"""What each character is, as the regular expressions installed here see it: a byte for each code point."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from textkit.text.kernels.spans import DIGIT, HAN, MARK, SPACE, WORD

Classes = npt.NDArray[np.uint8]
_CODE_POINTS = 0x110000


@functools.cache
def spaces(*, unicode: bool = True) -> Classes:
    r"""SPACE for each code point that `str.isspace` calls white space, or `bytes.isspace`, (0x110000,).

    >>> [hex(code) for code in spaces().nonzero()[0][:6]]
    ['0x9', '0xa', '0xb', '0xc', '0xd', '0x1c']
    >>> [hex(code) for code in spaces(unicode=False).nonzero()[0]]
    ['0x9', '0xa', '0xb', '0xc', '0xd', '0x20']
    """
    import re

    classes = np.zeros(_CODE_POINTS, np.uint8)
    _mark(classes, re.compile(r"\s+", 0 if unicode else re.ASCII), SPACE)
    return classes


@functools.cache
def word_classes() -> Classes:
    r"""HAN, DIGIT, WORD and MARK of each code point, (0x110000,), for the usual pattern of words.

    The classes are those of the `regex` package, whatever version of Unicode it knows.

    >>> [int(word_classes()[ord(character)]) for character in "好3a!"] == [HAN, DIGIT | WORD, WORD, MARK]
    True
    """
    import regex

    classes = np.zeros(_CODE_POINTS, np.uint8)
    for pattern, kind in (
        (r"\p{Han}+", HAN),
        (r"\d+", DIGIT),
        (r"[^\W\p{Han}]+", WORD),
        (r"[^\w\s\x1c-\x1f]+", MARK),
    ):
        _mark(classes, regex.compile(pattern), kind)
    return classes


def _mark(classes: Classes, pattern: Any, kind: int) -> None:
    for match in pattern.finditer(_alphabet()):
        classes[match.start() : match.end()] |= kind


def _alphabet() -> str:
    """Every code point, each at its own place."""
    return np.arange(_CODE_POINTS, dtype="<u4").tobytes().decode("utf-32-le", "surrogatepass")
