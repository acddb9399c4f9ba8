"""Filters for pairs that look at the two texts and nothing else."""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from textkit.errors import UsageError
from textkit.text.pairs.pair import Test

Tokenize = Callable[[str], Sequence[str]]

_LETTERS = 3  # of an alphabet say about as much as one Chinese or Korean character
_SHORT = 20  # up to so many letters the ratio of lengths says nothing: "Yes." may become "Oui, bien sûr."


@dataclass(frozen=True)
class EmptySide:
    """Pairs of which a side is empty or white space.

    >>> EmptySide().test()("Bonjour.", " ")
    True
    """

    reason = "a side is empty"

    def test(self) -> Test:
        """The test, which remembers nothing."""
        return lambda source, target: not source.strip() or not target.strip()


@dataclass(frozen=True)
class CopiedSource:
    """Pairs whose target is the source: nobody translated them. White space at the ends does not count.

    >>> CopiedSource().test()("Bonjour.", "Bonjour. ")
    True
    """

    reason = "the target is a copy of the source"

    def test(self) -> Test:
        """The test, which remembers nothing."""
        return lambda source, target: source.strip() == target.strip()


@dataclass(frozen=True)
class TooLong:
    """Pairs with a side of more than `limit` characters, or tokens where a tokenizer is given.

    >>> TooLong(5).test()("six 6s", "ok"), TooLong(2, str.split).test()("six 6s", "ok")
    (True, False)
    """

    limit: int
    tokenize: Tokenize | None = None

    def __post_init__(self) -> None:
        if self.limit < 1:
            raise UsageError(f"the limit of lengths must be at least 1, not {self.limit}")

    @property
    def reason(self) -> str:
        """Why a pair is left out."""
        return f"a side is longer than {self.limit} {'tokens' if self.tokenize else 'characters'}"

    def test(self) -> Test:
        """The test, which remembers nothing."""
        limit, tokenize = self.limit, self.tokenize
        if tokenize is None:
            return lambda source, target: len(source) > limit or len(target) > limit
        return lambda source, target: any(len(tokenize(side)) > limit for side in (source, target))


@dataclass(frozen=True)
class LengthRatio:
    """Pairs of which one side is more than `limit` times as long as the other: mostly badly aligned.

    Length is counted in tokens where a tokenizer is given, else in letters, of which a Chinese character,
    kana or Korean syllable counts for three. Texts of up to 20 letters, or 5 tokens, are never judged.

    >>> test = LengthRatio(3).test()
    >>> test("我昨天买了一本书。", "I bought a book yesterday."), test("好", "Yes, that is fine.")
    (False, False)
    >>> test("Non.", "I bought a book yesterday.")
    True
    """

    limit: float = 3.0
    tokenize: Tokenize | None = None

    def __post_init__(self) -> None:
        if not self.limit > 1 or math.isinf(self.limit):
            raise UsageError(f"the limit of the ratio of lengths must be above 1, not {self.limit}")

    @property
    def reason(self) -> str:
        """Why a pair is left out."""
        return f"one side is more than {self.limit:g} times as long as the other"

    def test(self) -> Test:
        """The test, which remembers nothing."""
        tokenize = self.tokenize
        size = letters if tokenize is None else lambda text: len(tokenize(text))
        least = _SHORT if tokenize is None else 5

        def disproportionate(source: str, target: str) -> bool:
            shorter, longer = sorted((size(source), size(target)))
            return longer > least and longer > self.limit * shorter

        return disproportionate


@dataclass(frozen=True)
class Duplicates:
    """Pairs that came before, both sides equal; the first is kept. Memory is some 100 bytes a pair.

    Pairs are known by 64 bits of their digest: of ten million different ones, some two are taken for
    the same in a million corpora.

    >>> test = Duplicates().test()
    >>> test("oui", "yes"), test("oui", "yeah"), test("oui", "yes")
    (False, False, True)
    """

    reason = "the pair came before"

    def test(self) -> Test:
        """A test that remembers the pairs it was asked about."""
        seen: set[int] = set()

        def known(source: str, target: str) -> bool:
            # The length of the source says where the target begins.
            data = f"{len(source)} {source}{target}".encode("utf-8", "surrogatepass")
            digest = int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little")
            before = len(seen)
            seen.add(digest)
            return len(seen) == before

        return known


def letters(text: str) -> int:
    """The length of a text as if it were written in an alphabet.

    >>> letters("book"), letters("书本")
    (4, 6)
    """
    if text.isascii():
        return len(text)
    return len(text) + (_LETTERS - 1) * len(_syllables().findall(text))


@functools.lru_cache(maxsize=1)
def _syllables() -> Any:
    import regex

    return regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")
