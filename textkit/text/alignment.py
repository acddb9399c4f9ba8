"""The way back: which span of the raw text each character of a cleaned text stands for."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

from textkit.errors import UsageError

COMPARED = 1 << 20  # pairs of characters: beyond, a comparison would take seconds


@dataclass(frozen=True, eq=False)
class Alignment:
    """Character i of the cleaned text stands for `raw[starts[i]:ends[i]]`.

    `starts` and `ends` (N,) in characters, neither ever decreasing. Several characters can share a span
    (… became three dots), and a span can be empty (nothing in the raw text gave rise to it). Of a text
    that was not changed they are ranges, which cost nothing; two alignments are equal when their spans are.

    >>> import re
    >>> text, alignment = substituted(re.compile("http:[a-z/.]+"), lambda match: " ", "看http://a.cn/b b")
    >>> text, alignment.span(2, 3), alignment.span(3, 4)
    ('看  b', (14, 15), (15, 16))
    """

    starts: Sequence[int]
    ends: Sequence[int]

    @staticmethod
    def identity(length: int) -> Alignment:
        """That of a text of `length` characters in which each stands for itself."""
        return Alignment(range(length), range(1, length + 1))

    @staticmethod
    def of_edits(length: int, edits: Iterable[tuple[int, int, int]]) -> Alignment:
        """That of a raw text of `length` characters in which `raw[start:end]` became `size` new characters.

        `edits` are (start, end, size) in order, not overlapping; each new character stands for all of
        `raw[start:end]`, and what lies between edits for itself.

        >>> Alignment.of_edits(4, [(1, 3, 1)])
        Alignment(starts=(0, 1, 3), ends=(1, 3, 4))
        """
        starts: list[Iterable[int]] = []
        ends: list[Iterable[int]] = []
        done = 0
        for start, end, size in edits:
            starts += range(done, start), (start,) * size
            ends += range(done + 1, start + 1), (end,) * size
            done = end
        if not starts:
            return Alignment.identity(length)
        starts.append(range(done, length))
        ends.append(range(done + 1, length + 1))
        return Alignment(tuple(chain(*starts)), tuple(chain(*ends)))

    @staticmethod
    def joined(parts: Iterable[tuple[int, Alignment]]) -> Alignment:
        """That of texts laid end to end, each given by its raw length and its own alignment."""
        starts: list[int] = []
        ends: list[int] = []
        done = 0
        for length, part in parts:
            starts += [done + start for start in part.starts]
            ends += [done + end for end in part.ends]
            done += length
        return Alignment(tuple(starts), tuple(ends))

    @staticmethod
    def compared(raw: str, cleaned: str) -> Alignment:
        """A likely one when it is not known how `raw` became `cleaned`: by their longest common parts.

        What has no counterpart maps to the whole of what stood in its place (Ratcliff and Obershelp's
        pattern matching, by difflib). Between the common ends of very long texts that is all of it.

        >>> Alignment.compared("ab&lt;cd", "ab<cd").span(2, 3)
        (2, 6)
        """
        shorter = min(len(raw), len(cleaned))
        head = next((i for i in range(shorter) if raw[i] != cleaned[i]), shorter)
        rest = shorter - head
        tail = next((i for i in range(rest) if raw[-1 - i] != cleaned[-1 - i]), rest)
        old, new = raw[head : len(raw) - tail], cleaned[head : len(cleaned) - tail]
        if len(old) * len(new) > COMPARED:
            return Alignment.of_edits(len(raw), [(head, head + len(old), len(new))])
        matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
        return Alignment.of_edits(
            len(raw),
            [
                (head + start, head + end, new_end - new_start)
                for tag, start, end, new_start, new_end in matcher.get_opcodes()
                if tag != "equal"
            ],
        )

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The raw span that `cleaned[start:end]` stands for.

        An empty span maps to the empty span before the character that follows it, at the end of the
        text to the one after the last. Raises UsageError for a span outside of the cleaned text.
        """
        if not 0 <= start <= end <= len(self):
            raise UsageError(f"span {start}:{end} is outside of the cleaned text's {len(self)} characters")
        if start < end:
            return self.starts[start], self.ends[end - 1]
        place = self.starts[start] if start < len(self) else self._last
        return place, place

    def then(self, following: Alignment) -> Alignment:
        """This and then `following`, an alignment of what was made of this one's cleaned text."""
        if isinstance(following.starts, range):
            return self
        if isinstance(self.starts, range):
            return following
        opening = (*self.starts, self._last)
        return Alignment(
            tuple([opening[start] for start in following.starts]),
            tuple(
                [
                    self.ends[end - 1] if start < end else opening[start]
                    for start, end in zip(following.starts, following.ends, strict=True)
                ]
            ),
        )

    @property
    def _last(self) -> int:
        return self.ends[-1] if self.ends else 0

    def __len__(self) -> int:
        """Characters of the cleaned text."""
        return len(self.starts)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Alignment):
            return NotImplemented
        return (tuple(self.starts), tuple(self.ends)) == (tuple(other.starts), tuple(other.ends))

    def __hash__(self) -> int:
        return hash((tuple(self.starts), tuple(self.ends)))


class Pattern(Protocol):
    """A compiled regular expression, of `re` or of `regex`."""

    def finditer(self, string: str, /) -> Iterable[Any]: ...


def substituted(pattern: Pattern, replace: Callable[[Any], str], text: str) -> tuple[str, Alignment]:
    """`pattern.sub(replace, text)` and its alignment: each replacement stands for its whole match.

    A replacement that equals its match is no change: its characters stand for themselves.

    >>> import re
    >>> substituted(re.compile("[0-9]+"), lambda match: "#", "a12b")
    ('a#b', Alignment(starts=(0, 1, 3), ends=(1, 3, 4)))
    """
    pieces: list[str] = []
    edits: list[tuple[int, int, int]] = []
    done = 0
    for match in pattern.finditer(text):
        new = replace(match)
        if new != match.group():
            start, end = match.span()
            pieces += text[done:start], new
            edits.append((start, end, len(new)))
            done = end
    if not edits:
        return text, Alignment.identity(len(text))
    pieces.append(text[done:])
    return "".join(pieces), Alignment.of_edits(len(text), edits)
